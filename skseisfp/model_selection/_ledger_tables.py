"""Content of a ledger as tables and for reports."""

import zlib

import numpy as np
import pandas as pd

from ._ledger_registry import RECORDED, find_overlaps, find_set, looks_at, read_events


def read_set(connection, name, file):
    """Return the events of a set, its looks as dicts, and the sets sharing events."""
    row = find_set(connection, name)
    event_set = read_events(connection, row, file)
    looks = [dict(look) for look in looks_at(connection, row)]
    for look in looks:
        look["event_scores"] = _read_scores(look, event_set, file)
    overlaps = [
        (other["name"], other["n_shared"], other["n_looks"])
        for other in find_overlaps(connection, row)
    ]
    return event_set, looks, overlaps


def _read_scores(look, event_set, file):
    """Return the event scores of a look, None if it has none."""
    if (blob := look["event_scores"]) is None:
        return None
    shape = len(event_set.events), len(event_set.classes)
    if zlib.crc32(blob) != look["checksum"] or len(blob) != 8 * np.prod(shape):
        raise file.damaged(f"the event scores of look {look['id']} have changed")
    return np.frombuffer(blob, dtype="<f8").reshape(shape)


def tabulate_looks(connection, name):
    """Return the looks at a set, or all, as a table."""
    columns = (
        "sets.name AS 'set', metric, score, label, opened, recorded, "
        "(SELECT count(*) FROM members WHERE set_id = sets.id) AS n_events, "
        "n_records, held_out, data, folds, pipeline, version, "
        "event_scores IS NOT NULL AS has_event_scores"
    )
    found = connection.execute(
        f"SELECT {columns} FROM looks JOIN sets ON sets.id = set_id "
        "WHERE ? IS NULL OR sets.name = ? ORDER BY looks.id",
        [name, name],
    )
    table = pd.DataFrame(found.fetchall(), columns=[c[0] for c in found.description])
    return table.astype({"score": float, "held_out": bool, "has_event_scores": bool})


def tabulate_sets(connection):
    """Return the sets as a table."""
    columns = (
        f"name, (SELECT count(*) FROM looks WHERE set_id = sets.id AND {RECORDED}) "
        "AS n_looks, sealed, "
        "(SELECT min(recorded) FROM looks WHERE set_id = sets.id) AS first_look, "
        "(SELECT max(recorded) FROM looks WHERE set_id = sets.id) AS last_look, digest"
    )
    found = connection.execute(f"SELECT {columns} FROM sets ORDER BY id")
    table = pd.DataFrame(found.fetchall(), columns=[c[0] for c in found.description])
    classes = [_class_counts(connection, name) for name in table["name"]]
    table.insert(1, "n_events", [sum(counts.values()) for counts in classes])
    table.insert(2, "classes", pd.Series(classes, dtype=object))
    return table.astype({"sealed": bool})


def _class_counts(connection, name):
    """Return the number of events of each label of a set."""
    found = connection.execute(
        "SELECT label, count(*) FROM members JOIN sets ON sets.id = set_id "
        "WHERE name = ? GROUP BY label",
        [name],
    )
    return dict(map(tuple, found))

"""Transactions that store events, picks, recordings, labels and stations."""

from hashlib import sha256
from io import BytesIO

import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from ..io.reading_notes import keep_notes
from ..io.times import in_nanoseconds
from ._database import documents, events, labels, picks, recordings
from ._segments import write_segment

EVENT_FACTS = tuple(
    column.name
    for column in events.columns
    if column.name not in ("event_id", "origin_ns")
)
JUDGEMENTS = ("evaluation_mode", "evaluation_status", "associated")  # of a pick
# Seconds between origin times that one event cannot have: agencies relocate events by
# seconds, while numbers such as "smi:local/event/1" come back in other bulletins.
OTHER_EVENT = 600.0
# in one query; SQLite before 3.32 takes at most 999 variables in a statement
MOST_DIGESTS = 500
STORED_BEFORE = "it is stored already"


def store(archive, new, *, event_table=None, pick_table=None, copy=True):
    """Store recordings with their events and picks in one transaction.

    Parameters
    ----------
    archive : SeismicArchive
        The archive.
    new : list of Recording
        Recordings; those that the archive has already are not stored again.
    event_table, pick_table : DataFrame or None
        Their events and picks.
    copy : bool, default=True
        Whether waveforms are copied, or stay in the files that they came from.

    Returns
    -------
    dict
        By checksum, "" for recordings that were stored, else the reason why not.
    """
    new = {recording.digest: recording for recording in new}
    with archive.database.reading() as connection:
        known = _known_digests(connection, list(new))
    fresh = [recording for digest, recording in new.items() if digest not in known]
    segment = write_segment(archive.waveforms, fresh) if copy and fresh else None
    with archive.database.writing() as connection:
        reasons = other_events(connection, event_table)
        if reasons:
            raise ValueError("; ".join(reasons.values()) + ".")
        put_events(connection, event_table, new.values())
        put_picks(connection, pick_table)
        outcomes = {}
        for digest, recording in new.items():
            held = {"copied": copy, "files": [segment] if copy else recording.files}
            outcomes[digest] = _put_recording(connection, recording, held)
    if segment is not None and all(outcomes.values()):
        (archive.waveforms / segment).unlink()
    return outcomes


def _known_digests(connection, digests):
    """Return the checksums that the archive has already."""
    found = set()
    for start in range(0, len(digests), MOST_DIGESTS):
        part = recordings.c.digest.in_(digests[start : start + MOST_DIGESTS])
        found.update(
            connection.execute(select(recordings.c.digest).where(part)).scalars()
        )
    return found


def _put_recording(connection, recording, held):
    """Store the facts of a recording; return "" or why it was not stored."""
    row = {**recording.row, **held}
    statement = insert(recordings).values(row).on_conflict_do_nothing()
    if connection.execute(statement).rowcount:
        return ""
    there = recordings.c.digest == recording.digest
    event_id = connection.execute(select(recordings.c.event_id).where(there)).scalar()
    if event_id is None and recording.event_id is not None:
        connection.execute(
            recordings.update().where(there).values(event_id=recording.event_id)
        )
    elif recording.event_id not in (None, event_id):
        return (
            f"{recording.record_id} is of the event {event_id} already, and cannot be "
            f"of {recording.event_id} also"
        )
    return STORED_BEFORE


def put_events(connection, table, new=()):
    """Store events; facts that are known replace those that are stored."""
    for event_id in {recording.event_id for recording in new} - {None}:
        statement = insert(events).values(event_id=event_id).on_conflict_do_nothing()
        connection.execute(statement)
    if table is None:
        return
    for row in table.to_dict("records"):
        facts = {name: row[name] for name in EVENT_FACTS if pd.notna(row.get(name))}
        facts = {
            name: str(value) if events.c[name].type.python_type is str else float(value)
            for name, value in facts.items()
        }
        if pd.notna(row.get("origin_time")):
            facts["origin_ns"] = in_nanoseconds(row["origin_time"])
        statement = insert(events).values(event_id=str(row["event_id"]), **facts)
        if facts:
            statement = statement.on_conflict_do_update(["event_id"], set_=facts)
        else:
            statement = statement.on_conflict_do_nothing()
        connection.execute(statement)


def other_events(connection, table):
    """Return why events with the ids of stored ones are others: by their times.

    Returns
    -------
    dict
        Reasons by event.
    """
    if table is None or "origin_time" not in table:
        return {}
    query = select(events.c.event_id, events.c.origin_ns)
    stored = dict(map(tuple, connection.execute(query)))
    reasons = {}
    for event_id, time in zip(table["event_id"], table["origin_time"], strict=True):
        before = stored.get(str(event_id))
        if before is None or pd.isna(time):
            continue
        seconds = abs(in_nanoseconds(time) - before) / 1e9
        if seconds > OTHER_EVENT:
            reasons[str(event_id)] = (
                f"the event {event_id} is not the stored one of this id: their origin "
                f"times differ by {seconds:.0f} s; give it an id of its own"
            )
    return reasons


def add_tables(archive, event_table, pick_table):
    """Store events and picks, but those of other events with the ids of stored ones."""
    with archive.database.writing() as connection:
        reasons = other_events(connection, event_table)
        if reasons:
            event_table = event_table[~event_table["event_id"].isin(list(reasons))]
        if reasons and pick_table is not None:
            pick_table = pick_table[~pick_table["event_id"].isin(list(reasons))]
        put_events(connection, event_table)
        put_picks(connection, pick_table)
    keep_notes(archive.folder, list(reasons.values()))


def put_picks(connection, table):
    """Store picks and the events that they need, and renew what is said of old ones."""
    if table is None or not len(table):
        return
    rows = [
        {
            "event_id": str(row["event_id"]),
            "station": str(row["station"]),
            "location": str(row.get("location") or ""),
            "channel": str(row.get("channel") or ""),
            "phase": str(row["phase"] or ""),
            "time_ns": in_nanoseconds(row["time"]),
            "evaluation_mode": str(row.get("evaluation_mode") or ""),
            "evaluation_status": str(row.get("evaluation_status") or ""),
            "associated": int(row.get("associated") is True),
        }
        for row in table.to_dict("records")
    ]
    ids = {row["event_id"] for row in rows}
    for event_id in ids:
        statement = insert(events).values(event_id=event_id).on_conflict_do_nothing()
        connection.execute(statement)
    statement = insert(picks)
    renewed = {name: statement.excluded[name] for name in JUDGEMENTS}
    key = [column.name for column in picks.primary_key]
    connection.execute(statement.on_conflict_do_update(key, set_=renewed), rows)


def put_label(connection, event_id, label, source):
    """Store a label; those given before are kept."""
    row = {"event_id": event_id, "label": label, "source": source}
    connection.execute(labels.insert().values(row))


def put_stations(connection, inventory):
    """Store an inventory as a document, once."""
    content = BytesIO()
    inventory.write(content, format="STATIONXML")
    content = content.getvalue()
    row = {"sha256": sha256(content).hexdigest(), "content": content}
    connection.execute(insert(documents).values(row).on_conflict_do_nothing())

"""Looks at sets of events, opened and recorded in the tables of a ledger."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np

from .._utils.checks import check_real
from .._utils.digest import digest
from .._utils.versions import installed_version
from ..metrics.weighted import METRICS
from ._ledger_registry import RECORDED, check_seals, enter_set, read_events

SAME_SCORE = 1e-12  # scores of one look may differ by the rounding of 64-bit floats
KEY = ("metric", "data", "folds", "pipeline")
SAME_KEY = "set_id = ? AND " + " AND ".join(f"{name} IS ?" for name in KEY)


@dataclass(frozen=True)
class LookKey:
    """Key of a look at a set: two looks with the same key are the same look."""

    metric: str
    data: str | None
    folds: str | None
    pipeline: str | None

    @property
    def values(self):
        """Values in the order of `KEY`."""
        return [self.metric, self.data, self.folds, self.pipeline]

    @property
    def is_complete(self):
        """Whether data, folds and pipeline are all known."""
        return None not in self.values


@dataclass(frozen=True)
class LookTicket:
    """A look that is open, as `EvaluationLedger.record` takes it."""

    set: str
    metric: str
    label: str
    token: str


def make_key(metric, data, folds, pipeline):
    """Return the key of a look from digests, or from the objects to be digested."""
    if not isinstance(metric, str):
        raise ValueError(f"metric must be the name of a score; got {metric!r}.")
    if isinstance(folds, list | tuple):
        folds = [[np.asarray(part).astype(np.int64) for part in pair] for pair in folds]
    return LookKey(metric, *map(_digest, (data, folds, pipeline)))


def _digest(value):
    """Return the digest of an object; a string or None is one already."""
    return value if value is None or isinstance(value, str) else digest(value)


def open_looks(connection, event_set, looks, *, name=None, **facts):
    """Open looks at a set, or raise if a seal does not allow them.

    Parameters
    ----------
    connection : sqlite3.Connection
        Connection that writes.
    event_set : EventSet
        The events.
    looks : list of (LookKey, str)
        The looks with their labels.
    name : str, default=None
        Name of the set.
    **facts : dict
        ``n_records`` and ``held_out``.

    Returns
    -------
    list of LookTicket
        A ticket for each look.
    """
    row = enter_set(connection, event_set, name)
    check_seals(connection, row, [key for key, _ in looks])
    return [
        _open_look(connection, row, key, label=label, **facts) for key, label in looks
    ]


def _open_look(connection, row, key, **facts):
    """Return the ticket of a look; a known look is opened again."""
    known, values = SAME_KEY, [row["id"], *key.values]
    if row["sealed"]:  # its only look, which the seal has let through
        known, values = "set_id = ?", [row["id"]]
    found = None
    if row["sealed"] or key.is_complete:
        query = f"SELECT token FROM looks WHERE {known} ORDER BY {RECORDED}, id"
        found = connection.execute(query, values).fetchone()
    token = found["token"] if found else uuid4().hex
    if not found:
        _insert_look(
            connection,
            token=token,
            set_id=row["id"],
            opened=_now(),
            **facts,
            **dict(zip(KEY, key.values, strict=True)),
        )
    return LookTicket(row["name"], key.metric, facts["label"], token)


def _insert_look(connection, **values):
    """Insert a look."""
    values |= {"version": installed_version("skseisfp") or "unknown"}
    names, places = ", ".join(values), ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO looks ({names}) VALUES ({places})", list(values.values())
    )


def check_score(ticket, score):
    """Raise if the ticket or the score, a value of its metric, is not valid."""
    if not isinstance(ticket, LookTicket):
        raise ValueError(f"ticket must be a return value of open; got {ticket!r}.")
    check_real("score", score)
    low, high = (0, 1) if ticket.metric in METRICS else (-np.inf, np.inf)
    if not low <= score <= high or np.isinf(score):
        limits = f"between {low} and {high}" if ticket.metric in METRICS else "finite"
        raise ValueError(f"score must be {limits}, a {ticket.metric}; got {score}.")


def record_look(connection, file, ticket, score, event_scores=None):
    """Record a look; one that repeats a recorded look adds nothing.

    Parameters
    ----------
    connection : sqlite3.Connection
        Connection that writes.
    file : LedgerFile
        The ledger.
    ticket : LookTicket
        The look.
    score : float
        The score.
    event_scores : DataFrame or array-like, default=None
        Scores of the events.
    """
    look, row = _find_look(connection, ticket, file)
    blob = None
    if event_scores is not None:
        event_set = read_events(connection, row, file)
        blob = event_set.align(event_scores).tobytes()
    values = {
        "score": float(score),
        "recorded": _now(),
        "event_scores": blob,
        "checksum": None if blob is None else zlib.crc32(blob),
    }
    if (same := _find_same(connection, look, score, blob)) is not None:
        if same["event_scores"] is None and blob is not None:
            _update_look(connection, same, values | {"recorded": same["recorded"]})
        if look["recorded"] is None:
            connection.execute("DELETE FROM looks WHERE id = ?", [look["id"]])
    elif look["recorded"] is None:
        _update_look(connection, look, values)
    else:
        check_seals(connection, row, [_key_of(look)])
        kept = ("set_id", "label", "n_records", "held_out", *KEY)
        values |= {name: look[name] for name in kept}
        _insert_look(connection, token=uuid4().hex, opened=_now(), **values)


def _find_look(connection, ticket, file):
    """Return the look of a ticket and its set; raise if the ledger has none."""
    query = "SELECT * FROM looks WHERE token = ?"
    look = connection.execute(query, [ticket.token]).fetchone()
    if look is None:
        raise ValueError(
            f"ticket is not of the ledger {file.path}: it has no such look at the set "
            f"{ticket.set!r}. Use the ledger that opened it."
        )
    query = "SELECT * FROM sets WHERE id = ?"
    return look, connection.execute(query, [look["set_id"]]).fetchone()


def _key_of(look):
    """Return the key of a look."""
    return LookKey(*(look[name] for name in KEY))


def _find_same(connection, look, score, blob):
    """Return the recorded look that a look repeats, None if it is a new one.

    The key and the score must be the same: a pipeline without a fixed seed has another
    look with each repetition. If a part of the key is not known, the scores of the
    events must be the same.
    """
    key = _key_of(look)
    found = connection.execute(
        f"SELECT * FROM looks WHERE {SAME_KEY} AND {RECORDED} ORDER BY id",
        [look["set_id"], *key.values],
    )
    for other in found:
        known = key.is_complete or other["id"] == look["id"]
        known = known or (blob is not None and blob == other["event_scores"])
        if known and abs(other["score"] - score) <= SAME_SCORE:
            return other
    return None


def _update_look(connection, look, values):
    """Set columns of a look."""
    assignments = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE looks SET {assignments} WHERE id = ?", [*values.values(), look["id"]]
    )


def discard_looks(connection, tickets):
    """Forget looks that are open and have no score, except those of sealed sets."""
    connection.executemany(
        "DELETE FROM looks WHERE token = ? AND recorded IS NULL AND set_id IN "
        "(SELECT id FROM sets WHERE NOT sealed)",
        [(ticket.token,) for ticket in tickets],
    )


def _now():
    """Return the time, as a string that sorts."""
    return datetime.now(UTC).isoformat(timespec="microseconds")

"""Sets of events in the tables of a ledger, and their seals."""

from ._ledger_sets import EventSet

RECORDED = "recorded IS NOT NULL"


class SealedSetError(RuntimeError):
    """Error of a look at a sealed set of events that has had its look.

    Parameters
    ----------
    message : str
        Name of the set, and the look that has been used.

    See Also
    --------
    EvaluationLedger.register : Seal a set.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from skseisfp.model_selection import EvaluationLedger, SealedSetError
    >>> event_id, y = ["e1", "e2", "e3", "e4"], [0, 0, 1, 1]
    >>> with TemporaryDirectory() as folder:
    ...     ledger = EvaluationLedger(Path(folder) / "looks.db")
    ...     _ = ledger.register("kept", y, event_id, seal=True)
    ...     print(ledger.look(y, [0.1, 0.6, 0.4, 0.8], event_id, label="trees"))
    ...     try:
    ...         ledger.open(y, event_id, label="network")
    ...     except SealedSetError as error:
    ...         print(str(error)[:56])
    0.75
    The set 'kept' is sealed for one look, and it was looked
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)


def check_names(name, label=""):
    """Raise if the name of a set or a label is not a string."""
    if name is not None and not (isinstance(name, str) and name):
        raise ValueError(f"name must be a string that is not empty; got {name!r}.")
    if not isinstance(label, str):
        raise ValueError(f"label must be a string; got {label!r}.")


def find_set(connection, name):
    """Return the row of a set; raise if no set has that name."""
    row = connection.execute("SELECT * FROM sets WHERE name = ?", [name]).fetchone()
    if row is None:
        names = [row["name"] for row in connection.execute("SELECT name FROM sets")]
        known = ", ".join(map(repr, sorted(names))) or "none"
        raise ValueError(f"The ledger has no set {name!r}; it has: {known}.")
    return row


def read_events(connection, row, file):
    """Return the events of a set; raise if they have changed since registration."""
    pairs = connection.execute(
        "SELECT event_id, label FROM members WHERE set_id = ?", [row["id"]]
    ).fetchall()
    event_set = EventSet.from_pairs(map(tuple, pairs)) if pairs else None
    if event_set is None or event_set.digest != row["digest"]:
        raise file.damaged(f"the events of the set {row['name']!r} have changed")
    return event_set


def enter_set(connection, event_set, name=None):
    """Return the row of a set, which is registered if it is new."""
    query = "SELECT * FROM sets WHERE {} = ?"
    row = connection.execute(query.format("digest"), [event_set.digest]).fetchone()
    if name is not None:
        other = connection.execute(query.format("name"), [name]).fetchone()
        _check_name(connection, event_set, row, name, other)
    if row is None:
        _insert_set(connection, event_set, name)
    elif name is not None and not row["named"]:
        connection.execute(
            "UPDATE sets SET name = ?, named = 1 WHERE id = ?", [name, row["id"]]
        )
    return connection.execute(query.format("digest"), [event_set.digest]).fetchone()


def _check_name(connection, event_set, row, name, other):
    """Raise if a name belongs to other data, or the data have another name."""
    if other is not None and other["digest"] != event_set.digest:
        count = "SELECT count(*) FROM members WHERE set_id = ?"
        n_events = connection.execute(count, [other["id"]]).fetchone()[0]
        raise ValueError(
            f"The set {name!r} of the ledger belongs to other data: {n_events} events "
            f"with digest {other['digest']}; got {len(event_set.events)} events with "
            f"digest {event_set.digest}. The digest is that of all event ids with "
            "their labels."
        )
    if row is not None and row["named"] and row["name"] != name:
        raise ValueError(
            f"These events with these labels are the set {row['name']!r} of the "
            f"ledger already; got the name {name!r}. Their looks count together."
        )


def _insert_set(connection, event_set, name):
    """Register a set; one without a name is named after its digest."""
    cursor = connection.execute(
        "INSERT INTO sets (name, digest, named, sealed) VALUES (?, ?, ?, 0)",
        [name or f"set-{event_set.digest[:8]}", event_set.digest, name is not None],
    )
    connection.executemany(
        "INSERT INTO members (set_id, event_id, label) VALUES (?, ?, ?)",
        [
            (cursor.lastrowid, event, label)
            for event, label in zip(event_set.events, event_set.labels, strict=True)
        ],
    )


def find_overlaps(connection, row):
    """Return the sets that share events with a set: names, numbers, and seals."""
    return connection.execute(
        f"""
        SELECT sets.*, count(*) AS n_shared,
            (SELECT count(*) FROM looks WHERE set_id = sets.id) AS n_opened,
            (SELECT count(*) FROM looks WHERE set_id = sets.id AND {RECORDED})
                AS n_looks
        FROM members AS mine JOIN members AS theirs USING (event_id)
            JOIN sets ON sets.id = theirs.set_id
        WHERE mine.set_id = ? AND theirs.set_id != mine.set_id
        GROUP BY sets.id ORDER BY sets.id
        """,
        [row["id"]],
    ).fetchall()


def seal_set(connection, row):
    """Seal a set; raise if any of its events has been looked at."""
    if row["sealed"]:
        return
    opened = "SELECT count(*) FROM looks WHERE set_id = ?"
    n_opened = connection.execute(opened, [row["id"]]).fetchone()[0]
    others = find_overlaps(connection, row)
    spoilt = [(row["name"], n_opened)] if n_opened else []
    spoilt += [(other["name"], other["n_opened"]) for other in others]
    for name, n_opened in spoilt:
        if n_opened:
            raise ValueError(
                f"The set {row['name']!r} cannot be sealed: the set {name!r} holds "
                f"events of it and has been opened for {n_opened} looks. Seal a set "
                "before the first look at any of its events."
            )
    for other in others:
        if other["sealed"]:
            raise ValueError(
                f"The set {row['name']!r} cannot be sealed: it shares "
                f"{other['n_shared']} events with the sealed set {other['name']!r}."
            )
    connection.execute("UPDATE sets SET sealed = 1 WHERE id = ?", [row["id"]])


def check_seals(connection, row, keys):
    """Raise if looks at a set violate its seal, or that of a set that shares events.

    Parameters
    ----------
    connection : sqlite3.Connection
        Connection to the ledger.
    row : sqlite3.Row
        The set.
    keys : list of LookKey
        The looks; None stands for a number of looks that is not known in advance.
    """
    for other in find_overlaps(connection, row):
        if other["sealed"]:
            state = _seal_state(other, looks_at(connection, other))
            raise SealedSetError(
                f"The set {row['name']!r} shares {other['n_shared']} events with the "
                f"sealed set {other['name']!r}, {state}. A look at any event of a "
                "sealed set is its look: leave these events out."
            )
    if not row["sealed"]:
        return
    looks = looks_at(connection, row)
    if keys is None or len(keys) > 1:
        raise SealedSetError(
            f"The set {row['name']!r} is sealed for one look, "
            f"{_seal_state(row, looks)}; several looks at once were "
            "asked for, such as those of a search over its candidates."
        )
    if looks and not (_is_open(looks) and _is_same(looks[0], keys[0])):
        raise SealedSetError(
            f"The set {row['name']!r} is sealed for one look, "
            f"{_seal_state(row, looks)}. Looks at sets that share events with it "
            "count, too."
        )


def looks_at(connection, row):
    """Return all looks at a set, those that are open too."""
    query = "SELECT * FROM looks WHERE set_id = ? ORDER BY recorded IS NULL, id"
    return connection.execute(query, [row["id"]]).fetchall()


def _is_open(looks):
    """Return whether none of some looks is recorded."""
    return all(look["recorded"] is None for look in looks)


def _is_same(look, key):
    """Return whether a look is by the pipeline, folds and metric of a key."""
    mine = look["pipeline"], look["folds"], look["metric"]
    return mine == (key.pipeline, key.folds, key.metric) and None not in mine


def _seal_state(row, looks):
    """Return in words whether and by which look a sealed set has been used."""
    if not looks:
        return "and its look is not used"
    look, what = looks[0], f"{looks[0]['label']!r}" if looks[0]["label"] else "no label"
    if _is_open(looks):
        return (
            f"and its look was opened at {look['opened'][:19]} UTC ({what}) and never "
            "recorded; only the same pipeline on the same folds by the same metric "
            "may open it again"
        )
    return (
        f"and it was looked at on {look['recorded'][:19]} UTC ({what}): "
        f"{look['metric']} {look['score']:.3f}"
    )

"""An archive as a notebook shows it: what it holds, counted in its database."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, func, select

from .._utils.html import box, counted, fact_table, paragraph, with_numbers
from ._database import (
    documents,
    events,
    fingerprints,
    labels,
    models,
    picks,
    recordings,
)


def archive_html(archive: Any) -> str:
    """Return the folder and the numbers of events, recordings and all else.

    A folder that is gone or damaged is said to be so; a representation never raises.
    """
    title = f"SeismicArchive {archive.folder}"
    try:
        with archive.database.reading() as connection:
            return box(title, fact_table(_facts(connection)))
    except (OSError, ValueError) as error:
        return box(title, paragraph(f"It cannot be read: {error}"))


def _facts(connection: Connection) -> dict[str, str]:
    """Return the facts by name."""
    stations = func.count(recordings.c.station.distinct())
    first, last = func.min(recordings.c.start_ns), func.max(recordings.c.start_ns)
    n_stations, start, end = connection.execute(select(stations, first, last)).one()
    found = {
        "Events": _describe_events(connection),
        "Recordings": f"{_count(connection, recordings):,}",
    }
    if n_stations:
        found["Recordings"] += f" of {counted(n_stations, 'station')}"
        found["Starts of recordings"] = f"{_day(start)} to {_day(end)}"
    counts = {
        "Picks": picks,
        "Fingerprints": fingerprints,
        "StationXML documents": documents,
        "Models": models,
    }
    return found | {n: f"{_count(connection, t):,}" for n, t in counts.items()}


def _describe_events(connection):
    """Return the number of events, and how many there are of each label."""
    last = select(func.max(labels.c.id)).group_by(labels.c.event_id)
    given = select(labels).where(labels.c.id.in_(last)).subquery()
    kind = func.coalesce(given.c.label, events.c.event_type)
    joined = events.outerjoin(given, given.c.event_id == events.c.event_id)
    query = select(kind, func.count()).select_from(joined).group_by(kind)
    rows = [(label, number) for label, number in connection.execute(query)]
    rows.sort(key=lambda row: (row[0] is None, -row[1], row[0]))
    named = [(label or "without a type", number) for label, number in rows]
    total = sum(number for _, number in rows)
    return f"{total:,}: {with_numbers(named)}" if named else "0"


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _day(nanoseconds):
    """Return the day (UTC) of a time in nanoseconds since 1970."""
    return str(np.datetime64(nanoseconds, "ns").astype("datetime64[D]"))

"""The content of an archive as data frames."""

import pandas as pd
from sqlalchemy import select

from ._database import documents, events, labels, picks, recordings


def read_events(database):
    """Return the events, with the last label that was given in place of the type."""
    with database.reading() as connection:
        table = _frame(connection, select(events), events.columns.keys())
        given = connection.execute(
            select(labels.c.event_id, labels.c.label).order_by(labels.c.id)
        ).all()
    numbers = ["latitude", "longitude", "depth_km", "magnitude"]
    table[numbers] = table[numbers].astype(float)
    last = dict(map(tuple, given))
    relabelled = pd.Series(
        [last.get(event_id) for event_id in table["event_id"]], table.index, object
    )
    table["event_type"] = relabelled.where(relabelled.notna(), table["event_type"])
    return _with_time(table, "origin_ns", "origin_time")


def read_picks(database):
    """Return the picks."""
    with database.reading() as connection:
        table = _frame(connection, select(picks), picks.columns.keys())
    table["associated"] = table["associated"].fillna(0).astype(bool)
    return _with_time(table, "time_ns", "time")


def read_recordings(database):
    """Return the recordings."""
    query = select(recordings).order_by(recordings.c.id)
    with database.reading() as connection:
        table = _frame(connection, query, recordings.columns.keys())
    return _with_time(table, "start_ns", "start_time")


def read_documents(database):
    """Return the contents of the StationXML documents."""
    with database.reading() as connection:
        return list(connection.execute(select(documents.c.content)).scalars())


def _frame(connection, query, columns):
    """Return the rows of a query as a data frame."""
    return pd.DataFrame(connection.execute(query).all(), columns=list(columns))


def _with_time(table, column, name):
    """Replace a column of nanoseconds by one of times in UTC."""
    values = table[column].astype("Int64")
    times = pd.to_datetime(values, unit="ns", utc=True)
    place = table.columns.get_loc(column)
    table = table.drop(columns=column)
    table.insert(place, name, times)
    return table

"""What an archive tells of its content, as data frames."""

import numpy as np
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
    given = pd.Series(dict(map(tuple, given)), dtype=object)
    relabelled = table["event_id"].map(given)
    table["event_type"] = relabelled.where(relabelled.notna(), table["event_type"])
    return _with_time(table, "origin_ns", "origin_time")


def read_picks(database):
    """Return the picks."""
    with database.reading() as connection:
        table = _frame(connection, select(picks), picks.columns.keys())
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


def reference_times(database):
    """Return origin times by event, and first P picks by event and station."""
    table = read_events(database).dropna(subset="origin_time")
    origins = dict(zip(table["event_id"], table["origin_time"], strict=True))
    table = read_picks(database)
    table = table[table["phase"].str.startswith("P")]
    return origins, table.groupby(["event_id", "station"])["time"].min().to_dict()


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


def choose(frame, expression):
    """Return the rows that an expression selects."""
    try:
        chosen = np.asarray(frame.eval(expression))
        if chosen.shape != (len(frame),) or chosen.dtype != bool:
            raise ValueError("it is no condition on the columns")
    except Exception as error:
        raise ValueError(
            f"expression {expression!r} failed: {error}; the columns are "
            f"{', '.join(frame)}."
        ) from error
    return frame[chosen]

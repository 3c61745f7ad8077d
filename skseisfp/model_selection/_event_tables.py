"""Origin times, coordinates and stations of events, from a table of their records."""

import numpy as np
import pandas as pd

# column names of the readers of this package, then those of SeisBench
TIME_COLUMNS = ("origin_time", "origin_time_utc", "source_origin_time")
COORDINATE_COLUMNS = (
    ("latitude", "longitude"),
    ("source_latitude_deg", "source_longitude_deg"),
)
STATION_COLUMNS = (
    "network",
    "station",
    "location",
    "channel",
    "channels",
    "components",
    "original_sampling_rate_hz",
)
LABEL_COLUMNS = ("label_source", "label_confidence")


def find_column(frame, names):
    """Return the first of the columns that is in a table, or None."""
    return next((name for name in names if name in frame), None)


def find_coordinates(frame):
    """Return the names of latitude and longitude, or None."""
    return next(
        (pair for pair in COORDINATE_COLUMNS if set(pair) <= set(frame.columns)), None
    )


def event_times(frame):
    """Return the origin time of the event of each record, NaT where it is not known."""
    name = find_column(frame, TIME_COLUMNS)
    try:
        times = pd.to_datetime(frame[name], utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The column {name} of frame must hold datetimes or ISO 8601 strings: "
            f"{error}."
        ) from error
    return times.groupby(frame["event_id"].to_numpy()).transform("min")


def count_stations(frame):
    """Return the number of stations of the event of each record, else of records."""
    events = frame["event_id"].to_numpy()
    if "station" in frame:
        return frame["station"].groupby(events).transform("nunique").to_numpy()
    return pd.Series(np.ones(len(frame))).groupby(events).transform("size").to_numpy()

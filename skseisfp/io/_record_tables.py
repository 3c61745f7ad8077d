"""The tables of records and of what was left out."""

import numpy as np
import pandas as pd

from .read_stationxml import read_stationxml
from .source_paths import PATH_COLUMNS
from .station_epochs import paths_at_times

REJECTED_COLUMNS = ["record_id", "event_id", "source", "reason"]
COLUMNS = {  # in their order, with the value of what is not known
    "record_id": "",
    "event_id": "",
    "station": "",
    "source": "",
    "origin_time": pd.NaT,
    "event_type": None,
    "location": "",
    "channels": "",
    "sampling_rate_hz": np.nan,
    "p_arrival": np.nan,
    "s_arrival": np.nan,
    "filled": np.nan,
    "start_time": pd.NaT,
}
TIMES = ("origin_time", "start_time")
NUMBERS = ("sampling_rate_hz", "p_arrival", "s_arrival", "filled")


def record_table(facts, events, inventory):
    """Return the table of records from the facts of each.

    Parameters
    ----------
    facts : list of dict
        What is known of each record, by columns.
    events : DataFrame or None
        Events; without `event_type` the table has no such column.
    inventory : obspy Inventory or None
        Stations.
    """
    frame = pd.DataFrame(
        {
            name: pd.Series([row.get(name, unknown) for row in facts], dtype=object)
            for name, unknown in COLUMNS.items()
        }
    )
    if events is None or "event_type" not in events:
        frame = frame.drop(columns="event_type")
    for name in TIMES:
        times = pd.to_datetime(frame[name].to_numpy(), utc=True)
        frame[name] = pd.Series(times, frame.index).dt.as_unit("ns")
    frame = frame.astype(dict.fromkeys(NUMBERS, float))
    return pd.concat([frame, _paths(frame, events, inventory)], axis=1)


def _paths(frame, events, inventory):
    """Return distances and azimuths, NaN where a place is not known."""
    if (
        events is None
        or inventory is None
        or not {"latitude", "longitude"} <= set(events)
    ):
        return pd.DataFrame(np.nan, index=frame.index, columns=PATH_COLUMNS)
    return paths_at_times(frame, events, read_stationxml(inventory).stations)


def rejected_records(rejected, failures):
    """Return the table of what was left out: inputs first, then records."""
    rows = [
        dict(zip(REJECTED_COLUMNS, (name, event, name, reason), strict=True))
        for name, event, reason in failures
    ]
    rows += rejected[REJECTED_COLUMNS].to_dict("records")
    return pd.DataFrame(rows, columns=REJECTED_COLUMNS)

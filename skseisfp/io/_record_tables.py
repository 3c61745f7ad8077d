"""The table of records before they are read: events, picks and places of stations."""

import numpy as np
import pandas as pd

from .event_tables import first_picks
from .merging import station_of
from .read_stationxml import read_stationxml
from .source_paths import PATH_COLUMNS, source_paths

REJECTED_COLUMNS = ["record_id", "event_id", "source", "reason"]


def describe_records(records, events, picks, inventory):
    """Return the facts of records that are known before they are read, a row each."""
    frame = pd.DataFrame(
        {
            "record_id": [record.record_id for record in records],
            "event_id": [record.event_id for record in records],
            "station": [station_of(record.instrument) for record in records],
            "source": [
                " ".join(part.name for part in record.inputs) for record in records
            ],
        },
        dtype=object,
    )
    frame["origin_time"] = _no_times(frame)
    if events is not None:
        by_event = events.set_index("event_id").reindex(frame["event_id"])
        frame["origin_time"] = by_event["origin_time"].array
        if "event_type" in events:
            frame["event_type"] = by_event["event_type"].to_numpy(dtype=object)
    for phase in "PS":
        frame[f"{phase.lower()}_time"] = _pick_times(frame, picks, phase)
    for name in ("location", "channels"):
        frame[name] = ""
    for name in ("sampling_rate_hz", "p_arrival", "s_arrival", "filled"):
        frame[name] = np.nan
    frame["start_time"] = _no_times(frame)
    paths = _paths(frame, events, inventory)
    return pd.concat([frame, paths], axis=1)


def _no_times(frame):
    """Return a column of unknown times."""
    return pd.Series(pd.NaT, frame.index, dtype="datetime64[ns, UTC]")


def _pick_times(frame, picks, phase):
    """Return the first pick of a phase for each record, NaT where there is none."""
    times = first_picks(picks, phase)
    if not times or frame.empty:
        return _no_times(frame)
    keys = zip(frame["event_id"], frame["station"], strict=True)
    return pd.to_datetime([times.get(key, pd.NaT) for key in keys], utc=True)


def _paths(frame, events, inventory):
    """Return distances and azimuths, NaN where a place is not known."""
    if (
        events is None
        or inventory is None
        or not {"latitude", "longitude"} <= set(events)
    ):
        return pd.DataFrame(np.nan, index=frame.index, columns=PATH_COLUMNS)
    stations = read_stationxml(inventory).stations
    return source_paths(frame, events, stations)


def rejected_records(rejected, failures):
    """Return the table of what was left out: inputs first, then records."""
    rows = [
        dict(zip(REJECTED_COLUMNS, (name, event, name, reason), strict=True))
        for name, event, reason in failures
    ]
    rows += rejected[REJECTED_COLUMNS].to_dict("records")
    return pd.DataFrame(rows, columns=REJECTED_COLUMNS)

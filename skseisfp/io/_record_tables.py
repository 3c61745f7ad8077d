"""Tables around records: events, picks, and what was taken or left out."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from .read_stationxml import read_stationxml
from .source_paths import source_paths

REJECTED_COLUMNS = ["record_id", "event_id", "source", "reason"]


def describe_records(records, events, picks, inventory):
    """Return what is known of records before they are read, one row each."""
    frame = pd.DataFrame(
        {
            "record_id": [record.record_id for record in records],
            "event_id": [record.event_id for record in records],
            "station": [
                ".".join(record.instrument.split(".")[:2]) for record in records
            ],
            "source": [
                " ".join(source.name for source in record.sources) for record in records
            ],
        },
        dtype=object,
    )
    frame["origin_time"] = pd.Series(pd.NaT, frame.index, dtype="datetime64[ns, UTC]")
    if events is not None:
        by_event = events.set_index("event_id").reindex(frame["event_id"])
        frame["origin_time"] = by_event["origin_time"].array
        if "event_type" in events:
            frame["event_type"] = by_event["event_type"].to_numpy(dtype=object)
    for phase in "PS":
        frame[f"{phase.lower()}_time"] = _first_picks(frame, picks, phase)
    for name in ("location", "channels"):
        frame[name] = ""
    for name in ("sampling_rate_hz", "arrival_sample", "s_sample", "filled"):
        frame[name] = np.nan
    frame["start_time"] = pd.Series(pd.NaT, frame.index, dtype="datetime64[ns, UTC]")
    paths = _paths(frame, events, inventory)
    return pd.concat([frame, paths], axis=1)


def _first_picks(frame, picks, phase):
    """Return the earliest pick of a phase for each record, NaT where there is none."""
    nothing = pd.Series(pd.NaT, frame.index, dtype="datetime64[ns, UTC]")
    if picks is None:
        return nothing
    chosen = picks[picks["phase"].fillna("").astype(str).str.startswith(phase)]
    first = chosen.groupby(["event_id", "station"])["time"].min()
    keys = zip(frame["event_id"], frame["station"], strict=True)
    found = [first.get(key, pd.NaT) for key in keys]
    return nothing if not found else pd.to_datetime(pd.Series(found), utc=True)


def _paths(frame, events, inventory):
    """Return distances and azimuths, NaN where a place is not known."""
    placed = events is not None and {"latitude", "longitude"} <= set(events)
    if not placed or inventory is None:
        names = ["distance_km", "azimuth", "back_azimuth"]
        return pd.DataFrame(np.nan, index=frame.index, columns=names)
    stations = read_stationxml(inventory).stations
    return source_paths(frame, events, stations)


def make_bunch(reader, frame, taken, reasons, failures):
    """Collect the records that were taken, and list those that were not."""
    rows = sorted(taken)
    rejected = frame.iloc[sorted(reasons)].assign(
        reason=[reasons[row] for row in sorted(reasons)]
    )
    unread = [
        dict(zip(REJECTED_COLUMNS, (name, event, name, reason), strict=True))
        for name, event, reason in failures
    ]
    rejected = pd.DataFrame(
        [*unread, *rejected[REJECTED_COLUMNS].to_dict("records")],
        columns=REJECTED_COLUMNS,
    )
    if not rows:
        counts = Counter(rejected["reason"]).most_common(5)
        raise ValueError(
            "No record was taken: "
            + ("; ".join(f"{n} x {why}" for why, n in counts) or "no source was given")
        )
    data = np.stack([taken[row].samples for row in rows])
    rate = taken[rows[0]].sampling_rate
    frame = frame.iloc[rows].reset_index(drop=True)
    target = None
    if "event_type" in frame:
        target = np.array(frame["event_type"].tolist())
    return Bunch(
        data=data[:, 0] if data.shape[1] == 1 else data,
        target=target,
        target_names=[] if target is None else np.unique(target).tolist(),
        groups=frame["event_id"].to_numpy(str),
        frame=frame.drop(columns=["p_time", "s_time"]),
        sampling_rate=rate,
        components=reader.components,
        stations=frame["station"].to_numpy(str),
        rejected=rejected,
        DESCR=(
            f"{len(rows)} records of {frame['event_id'].nunique()} events, components "
            f"{reader.components}, {data.shape[-1]} samples at {rate:g} Hz; "
            f"{len(rejected)} recordings were left out."
        ),
    )

"""Records of one event, for sections of records."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._utils.checks import check_option
from ..io.source_paths import source_paths
from ..neural.lazy_fingerprints import is_lazy
from ..signal import bandpass

DISTANCES = ("distance_km", "path_ep_distance_km")
SOURCE_PLACE = ("source_latitude_deg", "source_longitude_deg")
STATION_PLACE = ("station_latitude_deg", "station_longitude_deg")
MOST_NAMED = 10  # events that a message names


class EventRecords(NamedTuple):
    """Records of an event, sorted by distance or the time of P.

    `table` has `record_id`, `station`, `distance_km`, `snr_db`, the `row` in the bunch,
    and the seconds of `start_time`, `p_time` and `s_time` after the `reference`.
    """

    event_id: str
    label: object
    traces: npt.NDArray
    table: pd.DataFrame
    sampling_rate: float
    reference: str

    @property
    def title(self):
        """Event and label."""
        return self.event_id if self.label is None else f"{self.event_id}, {self.label}"


def number_of_component(bunch, component):
    """Return the index of a component of a bunch; None stands for the first."""
    components = list(bunch["components"]) if "components" in bunch else [None]
    if component is None:
        return 0
    check_option("component", component, components)
    return components.index(component)


def rows_of_event(bunch, event_id):
    """Return the rows of an event of a bunch."""
    rows = np.flatnonzero(np.asarray(bunch.groups).astype(str) == str(event_id))
    if not len(rows):
        known = list(dict.fromkeys(map(str, bunch.groups)))
        some = ", ".join(known[:MOST_NAMED]) + ", ..." * (len(known) > MOST_NAMED)
        raise ValueError(f"The bunch has no event {event_id!r}; it has {some}.")
    return rows


def filtered(traces, sampling_rate, f_min, f_max):
    """Return traces through a filter without delay; gaps, which are NaN, stay."""
    if f_min is None and f_max is None:
        return traces
    gaps = np.isnan(traces)
    traces = bandpass(
        np.where(gaps, 0.0, traces),
        sampling_rate=sampling_rate,
        f_min=f_min,
        f_max=f_max,
    )
    return np.where(gaps, np.nan, traces)


def band_in_words(f_min, f_max):
    """Return the band of a filter in words, "" without one."""
    if f_min is None and f_max is None:
        return ""
    if f_max is None:
        return f"above {f_min:g} Hz"
    return f"below {f_max:g} Hz" if f_min is None else f"{f_min:g} to {f_max:g} Hz"


def records_of(bunch, rows, channel):
    """Return the records of an event in some rows of a bunch."""
    frame = bunch.frame.iloc[rows].reset_index(drop=True)
    rate = float(bunch.sampling_rate)
    starts, reference = _start_times(frame)
    table = pd.DataFrame(
        {
            "record_id": _ids(frame, rows),
            "station": np.asarray(bunch.stations)[rows].astype(str),
            "distance_km": _distances(frame),
            "snr_db": _numbers(frame, "snr_db"),
            "row": rows,
            "start_time": starts,
            "p_time": starts + _numbers(frame, "p_arrival"),
            "s_time": starts + _numbers(frame, "s_arrival"),
        }
    )
    table = table.sort_values(["distance_km", "p_time"], kind="stable")
    label = None if bunch.get("target") is None else np.asarray(bunch.target)[rows[0]]
    known = label is not None and label == label  # NaN is not equal to itself
    return EventRecords(
        str(bunch.groups[rows[0]]),
        label if known else None,
        _read(bunch.data, rows[table.index], channel),
        table.reset_index(drop=True),
        rate,
        reference,
    )


def _ids(frame, rows):
    """Return the names of records."""
    return frame["record_id"].astype(str) if "record_id" in frame else rows.astype(str)


def _read(data, rows, channel):
    """Return the samples of one component; references are read."""
    records = [record.read() for record in data[rows]] if is_lazy(data) else data[rows]
    traces = np.stack([np.atleast_2d(record)[channel] for record in records])
    n_known = np.isfinite(traces).sum(axis=1, keepdims=True)
    return traces - np.nansum(traces, axis=1, keepdims=True) / np.maximum(n_known, 1)


def _numbers(frame, name):
    """Return a column of numbers, NaN if the table lacks it."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return frame[name].to_numpy(float, na_value=np.nan)


def _times(frame, name):
    """Return a column of times, NaT if the table lacks it."""
    times = frame.get(name, pd.Series(pd.NaT, frame.index))
    return pd.to_datetime(times, utc=True, errors="coerce", format="ISO8601")


def _start_times(frame):
    """Return the seconds of first samples after a reference, and its name."""
    starts, origins = _times(frame, "start_time"), _times(frame, "origin_time")
    if starts.isna().any():
        return np.zeros(len(frame)), "first sample"
    reference, zero = "first sample", starts.min()
    if origins.notna().all():
        reference, zero = "origin", origins.iloc[0]
    return (starts - zero).dt.total_seconds().to_numpy(float), reference


def _distances(frame):
    """Return distances in km from their column or from coordinates, else NaN."""
    for name in DISTANCES:
        if name in frame and frame[name].notna().any():
            return frame[name].to_numpy(float)
    if not {*SOURCE_PLACE, *STATION_PLACE} <= set(frame):
        return np.full(len(frame), np.nan)
    ends = {"event_id": SOURCE_PLACE, "station": STATION_PLACE}
    places = [
        frame[list(names)]
        .set_axis(["latitude", "longitude"], axis=1)
        .assign(**{key: frame.index})
        for key, names in ends.items()
    ]
    rows = pd.DataFrame(dict.fromkeys(ends, frame.index))
    return source_paths(rows, *places)["distance_km"].to_numpy(float)

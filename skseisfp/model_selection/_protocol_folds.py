"""Folds of each evaluation protocol, and those of splitters from elsewhere."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from ._event_tables import (
    COORDINATE_COLUMNS,
    TIME_COLUMNS,
    event_times,
    find_column,
    find_coordinates,
)
from .check_folds import requested_by, split_events
from .event_regions import event_regions
from .event_station_split import EventStationSplit
from .temporal_event_split import TemporalEventSplit

# later events: the third and the last quarter, each after training on all before it
N_BLOCKS, BLOCK_SIZE = 2, 0.25


def check_class_sizes(labels, n_splits, *, name="n_splits"):
    """Raise if a class has fewer events than there are folds."""
    counts = labels.value_counts()
    if counts.min() < n_splits:
        raise ValueError(
            f"{name}={n_splits} event folds need {n_splits} events or more of every "
            f"class; class {counts.index[-1]!r} has {counts.min()}."
        )


def _lacks_columns(frame, name, *wanted):
    """Return the error of a protocol whose columns are missing."""
    return ValueError(
        f"Protocol {name!r} needs {' or '.join(wanted)}; the columns of frame are "
        f"{', '.join(map(str, frame.columns))}."
    )


def _event_folds(frame, y, labels, n_splits, seed):
    """Return folds of events with the classes in equal shares."""
    check_class_sizes(labels, n_splits)
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    return list(splitter.split(y, y, frame["event_id"].to_numpy()))


def _station_folds(frame, y, labels, n_splits, seed):
    """Return folds of new events at new stations."""
    if "station" not in frame:
        raise _lacks_columns(frame, "new_stations", "a column station")
    check_class_sizes(labels, n_splits)
    if (n_stations := frame["station"].nunique()) < n_splits:
        raise ValueError(
            f"n_splits={n_splits} station folds need as many stations; there are "
            f"{n_stations}."
        )
    splitter = EventStationSplit(
        n_event_splits=n_splits,
        n_station_splits=n_splits,
        stations=frame["station"],
        random_state=seed,
    )
    return list(splitter.split(y, y, frame["event_id"].to_numpy()))


def _time_folds(frame, y, labels, n_splits, seed):
    """Return the folds of later events."""
    if find_column(frame, TIME_COLUMNS) is None:
        wanted = (f"a column {name}" for name in TIME_COLUMNS)
        raise _lacks_columns(frame, "later_events", *wanted)
    times = event_times(frame)
    if times.isna().any():
        record = int(times.isna().to_numpy().argmax())
        raise ValueError(
            f"Protocol 'later_events' needs the origin time of every event; that of "
            f"record {record} is missing."
        )
    splitter = TemporalEventSplit(N_BLOCKS, test_size=BLOCK_SIZE, times=times)
    return list(splitter.split(y, groups=frame["event_id"].to_numpy()))


def _region_folds(frame, y, labels, n_splits, seed):
    """Return folds that leave out one region each."""
    regions = _find_regions(frame, n_splits, seed)
    known = regions >= 0
    numbers = np.unique(regions[known])
    if len(numbers) < 2:
        raise ValueError("Protocol 'new_region' needs two regions or more.")
    return [
        (np.flatnonzero(known & (regions != k)), np.flatnonzero(regions == k))
        for k in numbers
    ]


def _find_regions(frame, n_splits, seed):
    """Return the number of the region of each record, -1 where it is not known."""
    events = frame["event_id"].to_numpy()
    if "region" in frame:
        regions = pd.factorize(frame["region"])[0]
        _check_one_region(regions, events)
        return regions
    columns = find_coordinates(frame)
    if columns is None:
        pairs = (" and ".join(pair) for pair in COORDINATE_COLUMNS)
        raise _lacks_columns(frame, "new_region", "a column region", *pairs)
    latitude, longitude = (frame[name] for name in columns)
    return event_regions(
        latitude, longitude, events, n_regions=n_splits, random_state=seed
    )


def _check_one_region(regions, events):
    """Raise if the records of an event have several regions."""
    counts = pd.Series(regions).groupby(events).agg("nunique")
    several = counts.index[counts.to_numpy() > 1]
    if len(several):
        raise ValueError(
            f"Every event needs one region; event {several[0]!r} has several."
        )


def folds_of(splitter, frame, y):
    """Return the folds of a splitter, which gets the columns that it requests.

    Parameters
    ----------
    splitter : cross-validation splitter
        The splitter; metadata that its `split` requests in addition to ``groups`` are
        columns of the table.
    frame : DataFrame of shape (n_records, ...)
        Table of the records.
    y : ndarray of shape (n_records,)
        Labels.

    Returns
    -------
    list of (ndarray, ndarray)
        Row numbers of training and test.

    Raises
    ------
    ValueError
        If there are no folds, an event is in training and in test of a fold, or a
        record is tested twice.
    """
    events = frame["event_id"].to_numpy()
    columns = requested_by(splitter, frame.columns.drop("groups", errors="ignore"))
    metadata = {name: frame[name].to_numpy() for name in columns}
    folds = split_events(splitter, y, y, events, **metadata)
    if not folds:
        raise ValueError(f"{splitter} gives no folds.")
    for number, (train, test) in enumerate(folds):
        if shared := np.intersect1d(events[train], events[test]).tolist():
            raise ValueError(
                f"fold {number}: {len(shared)} events in training and in test, first "
                f"{shared[0]!r}."
            )
    tested, counts = np.unique(
        np.concatenate([test for _, test in folds]), return_counts=True
    )
    if (counts > 1).any():
        raise ValueError(
            f"record {tested[counts > 1][0]} is tested in several folds; predictions "
            "are pooled, so that each record may be tested once."
        )
    return folds


FOLDS = {
    "event": _event_folds,
    "new_stations": _station_folds,
    "later_events": _time_folds,
    "new_region": _region_folds,
}

"""Evaluation protocols: new events, new stations, later events, new regions."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils import check_consistent_length, check_scalar, column_or_1d

from .._utils.checks import check_option
from ..metrics import event_labels
from ._event_tables import (
    COORDINATE_COLUMNS,
    TIME_COLUMNS,
    event_times,
    find_column,
    find_coordinates,
)
from .event_regions import event_regions
from .event_station_split import EventStationSplit
from .temporal_event_split import TemporalEventSplit

PROTOCOLS = ("event", "new_stations", "later_events", "new_region")
# later events: the third and the last quarter, each after training on all before it
N_BLOCKS, BLOCK_SIZE = 2, 0.25


class EvaluationProtocol(NamedTuple):
    """Folds of an evaluation, and the records whose predictions are scored.

    Parameters
    ----------
    name : str
        Name of the protocol.
    folds : list of (ndarray, ndarray)
        Row numbers of training and test.
    scored : ndarray of bool of shape (n_records,)
        Records that are tested in one of the folds.
    """

    name: str
    folds: list
    scored: np.ndarray


def make_protocols(frame, y, *, protocols=None, n_splits=5, random_state=0):
    """Make the folds of evaluation protocols.

    Parameters
    ----------
    frame : DataFrame of shape (n_records, ...)
        Column ``event_id`` and, as the protocols need them, ``station``, an origin
        time and coordinates.
    y : array-like of shape (n_records,)
        Labels, one per event.
    protocols : str or sequence of str, default=None
        None takes those that the columns of `frame` allow, of

        ``"event"``
            Folds by event, with the classes in equal shares.
        ``"new_stations"``
            Event folds times station folds, see :class:`EventStationSplit`: neither
            event nor station of a test record is trained on. Needs ``station``.
        ``"later_events"``
            The third and the last quarter of the events in time, each after training
            on all events before it. Needs ``origin_time``, ``origin_time_utc`` or
            ``source_origin_time``.
        ``"new_region"``
            One region is left out after the other: `n_splits` regions by the
            coordinates of the events, see :func:`event_regions`, or those of a column
            ``region``. Needs ``latitude`` and ``longitude`` (or SeisBench's
            ``source_latitude_deg`` and ``source_longitude_deg``); events without
            coordinates are neither trained on nor tested.
    n_splits : int, default=5
        Number of event folds, of station folds and of regions.
    random_state : int, default=0
        Seed of the folds.

    Returns
    -------
    list of EvaluationProtocol
        One for each name, with ``name``, ``folds`` and ``scored``.

    Raises
    ------
    TypeError
        If `frame` is not a table.
    ValueError
        If a column is missing, an event straddles labels, a class has too few events
        for the folds, or a class is missing in the training set of a fold.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from skseisfp.model_selection import make_protocols
    >>> event_id = np.repeat(np.arange(20), 6)
    >>> frame = pd.DataFrame(
    ...     {"event_id": event_id, "station": np.tile(np.arange(6), 20)}
    ... )
    >>> for protocol in make_protocols(frame, event_id % 2):
    ...     print(protocol.name, len(protocol.folds), protocol.scored.sum())
    event 5 120
    new_stations 25 120
    """
    made, reasons = plan_protocols(
        frame, y, protocols=protocols, n_splits=n_splits, random_state=random_state
    )
    if not made:
        raise ValueError(f"No protocol is possible: {'; '.join(reasons.values())}")
    return made


def plan_protocols(frame, y, *, protocols, n_splits, random_state):
    """Return the protocols that are possible, and why others are not.

    Protocols that are asked for by name raise where they are not possible.
    """
    check_frame(frame)
    check_scalar(n_splits, "n_splits", Integral, min_val=2)
    check_consistent_length(frame, y)
    y = column_or_1d(y)
    labels = event_labels(y, frame["event_id"].to_numpy())
    if labels.nunique() < 2:
        raise ValueError(f"y must hold two classes or more; got {labels.iloc[0]!r}.")
    made, reasons = [], {}
    for name in _check_names(protocols):
        try:
            folds = _FOLDS[name](frame, y, labels, n_splits, random_state)
            _check_training(name, folds, y)
        except ValueError as error:
            if protocols is not None:
                raise
            reasons[name] = str(error)
            continue
        scored = np.zeros(len(y), dtype=bool)
        scored[np.concatenate([test for _, test in folds])] = True
        made.append(EvaluationProtocol(name, folds, scored))
    return made, reasons


def check_frame(frame):
    """Raise if something is not a table of records with their events."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            "frame must be a DataFrame with the column event_id and those that the "
            f"protocols need; got {type(frame).__name__}."
        )
    if "event_id" not in frame:
        raise ValueError(
            "frame lacks the column event_id; it has "
            f"{', '.join(map(str, frame.columns))}."
        )


def _check_names(protocols):
    """Return the names of protocols, all of them for None."""
    if protocols is None:
        return PROTOCOLS
    names = [protocols] if isinstance(protocols, str) else list(protocols)
    if not names:
        raise ValueError("protocols must hold one name or more; got none.")
    for name in names:
        check_option("protocols", name, PROTOCOLS)
    return names


def _check_training(name, folds, y):
    """Raise if a class is missing in the training set of a fold."""
    for i, (train, _) in enumerate(folds):
        if len(missing := np.setdiff1d(y, y[train])):
            raise ValueError(
                f"Protocol {name!r}, fold {i}: no "
                f"{', '.join(map(repr, missing.tolist()))} in training."
            )


def check_class_sizes(labels, n_splits, *, name="n_splits"):
    """Raise if a class has fewer events than there are folds."""
    counts = labels.value_counts()
    if counts.min() < n_splits:
        raise ValueError(
            f"{name}={n_splits} event folds need {n_splits} events or more of every "
            f"class; class {counts.index[-1]!r} has {counts.min()}."
        )


def _require(frame, name, *wanted):
    """Raise if a protocol lacks its columns."""
    raise ValueError(
        f"Protocol {name!r} needs {' or '.join(wanted)}; the columns of frame are "
        f"{', '.join(map(str, frame.columns))}."
    )


def _event_folds(frame, y, labels, n_splits, seed):
    check_class_sizes(labels, n_splits)
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    return list(splitter.split(y, y, frame["event_id"].to_numpy()))


def _station_folds(frame, y, labels, n_splits, seed):
    if "station" not in frame:
        _require(frame, "new_stations", "a column station")
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
    if find_column(frame, TIME_COLUMNS) is None:
        _require(frame, "later_events", *(f"a column {name}" for name in TIME_COLUMNS))
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
    events = frame["event_id"].to_numpy()
    if "region" in frame:
        regions = pd.factorize(frame["region"])[0]
        _check_one_region(regions, events)
    elif (columns := find_coordinates(frame)) is not None:
        latitude, longitude = (frame[name] for name in columns)
        regions = event_regions(
            latitude, longitude, events, n_regions=n_splits, random_state=seed
        )
    else:
        pairs = (" and ".join(pair) for pair in COORDINATE_COLUMNS)
        _require(frame, "new_region", "a column region", *pairs)
    numbers = np.unique(regions[regions >= 0])
    if len(numbers) < 2:
        raise ValueError("Protocol 'new_region' needs two regions or more.")
    known = regions >= 0
    return [
        (np.flatnonzero(known & (regions != k)), np.flatnonzero(regions == k))
        for k in numbers
    ]


def _check_one_region(regions, events):
    """Raise if the records of an event have several regions."""
    counts = pd.Series(regions).groupby(events).nunique()
    if (counts > 1).any():
        raise ValueError(
            f"Every event needs one region; event {counts.index[counts > 1][0]!r} has "
            "several."
        )


_FOLDS = {
    "event": _event_folds,
    "new_stations": _station_folds,
    "later_events": _time_folds,
    "new_region": _region_folds,
}

"""Evaluation protocols: new events, new stations, later events, new regions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d

from .._utils.checks import check_option
from ..metrics import event_labels
from ._options import AT_LEAST_TWO, check_options
from ._protocol_folds import FOLDS, folds_of

PROTOCOLS = tuple(FOLDS)
OPTIONS = {"n_splits": [AT_LEAST_TWO], "random_state": ["random_state"]}


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
    folds: list[tuple[npt.NDArray, npt.NDArray]]
    scored: npt.NDArray[np.bool_]


def make_protocols(
    frame: pd.DataFrame,
    y: npt.ArrayLike,
    *,
    protocols: str | tuple[str, Any] | Iterable[str | tuple[str, Any]] | None = None,
    n_splits: int = 5,
    random_state: int | None = 0,
) -> list[EvaluationProtocol]:
    """Make the folds of evaluation protocols.

    Parameters
    ----------
    frame : DataFrame of shape (n_records, ...)
        Column ``event_id`` and, as the protocols need them, ``station``, an origin
        time and coordinates.
    y : array-like of shape (n_records,)
        Labels, one per event.
    protocols : str, (str, splitter) or sequence of these, default=None
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
            Each region is left out once: `n_splits` regions by the coordinates of the
            events, see :func:`event_regions`, or those of a column
            ``region``. Needs ``latitude`` and ``longitude`` (or SeisBench's
            ``source_latitude_deg`` and ``source_longitude_deg``); events without
            coordinates are neither trained on nor tested.

        Another protocol is a pair of its name and a cross-validation splitter, which
        gets the events as ``groups`` and the columns of `frame` that its `split`
        requests as metadata. It keeps its own number of folds and its own seed.
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
        for the folds, a class is missing in the training set of a fold, or a splitter
        has an event in training and in test, or tests a record twice.

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


def plan_protocols(
    frame: pd.DataFrame,
    y: npt.ArrayLike,
    *,
    protocols: str | tuple[str, Any] | Iterable[str | tuple[str, Any]] | None,
    n_splits: int,
    random_state: int | None,
) -> tuple[list[EvaluationProtocol], dict[str, str]]:
    """Return the protocols that are possible, and why others are not.

    Protocols that are asked for by name raise where they are not possible.
    """
    check_frame(frame)
    check_options(OPTIONS, n_splits=n_splits, random_state=random_state)
    check_consistent_length(frame, y)
    y = np.asarray(column_or_1d(y))
    labels = event_labels(y, frame["event_id"].to_numpy())
    if len(classes := np.unique(y).tolist()) < 2:
        raise ValueError(f"y must hold two classes or more; got {classes[0]!r}.")
    made, reasons = [], {}
    for name, splitter in find_protocols(protocols).items():
        try:
            folds = _make_folds(
                name, splitter, frame, y, labels, n_splits, random_state
            )
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


def _make_folds(name, splitter, frame, y, labels, n_splits, random_state):
    """Return the folds of a protocol of this package, or of a splitter."""
    if splitter is None:
        return FOLDS[name](frame, y, labels, n_splits, random_state)
    try:
        return folds_of(splitter, frame, y)
    except ValueError as error:
        raise ValueError(f"Protocol {name!r}, {error}") from error


def check_frame(frame: Any) -> None:
    """Raise if `frame` is not a table of records with their events."""
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


def find_protocols(
    protocols: str | tuple[str, Any] | Iterable[str | tuple[str, Any]] | None,
) -> dict[str, Any]:
    """Return the splitter of each protocol by its name, None for those of `FOLDS`."""
    if protocols is None:
        return dict.fromkeys(FOLDS)
    is_one = isinstance(protocols, str) or is_own_protocol(protocols)
    items = [protocols] if is_one else list(protocols)
    if not items:
        raise ValueError("protocols must hold one name or more; got none.")
    found = {}
    for item in items:
        name, splitter = item if is_own_protocol(item) else (item, None)
        if splitter is None:
            check_option("protocols", name, PROTOCOLS)
        elif name in PROTOCOLS or name in found:
            raise ValueError(f"protocols: {name!r} is the name of another protocol.")
        found[name] = splitter
    return found


def is_own_protocol(item: Any) -> bool:
    """Return whether an item is a pair of a name and a cross-validation splitter."""
    if not isinstance(item, tuple) or len(item) != 2:
        return False
    name, splitter = item
    is_splitter = hasattr(splitter, "split") and not isinstance(splitter, str | type)
    return isinstance(name, str) and is_splitter


def _check_training(name, folds, y):
    """Raise if a class is missing in the training set of a fold."""
    for i, (train, _) in enumerate(folds):
        if len(missing := np.setdiff1d(y, y[train])):
            raise ValueError(
                f"Protocol {name!r}, fold {i}: no "
                f"{', '.join(map(repr, missing.tolist()))} in training."
            )

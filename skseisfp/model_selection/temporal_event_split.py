"""Folds in time: train on earlier events, test on later ones."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import BaseCrossValidator

from .._compat import Interval, num_samples
from .._parameters import COUNT
from ..events import resolve_groups
from ._per_record import check_splitter, per_record


class TemporalEventSplit(BaseCrossValidator):
    """Train on earlier events and test on later ones.

    The events, in order of time, are cut into blocks; each of the last `n_splits`
    blocks is tested once, after training on the events before it.

    Parameters
    ----------
    n_splits : int in [1, inf), default=5
        Number of splits.
    test_size : int in [1, inf) or float in (0, 1), default=None
        Number or share of the events in a test block; None takes
        ``n_events // (n_splits + 1)``.
    times : array-like of shape (n_records,), default=None
        Time of each record, such as the origin time: numbers, datetimes or ISO 8601
        strings. An event has the earliest time of its records. Metadata of the same
        name take precedence; nested cross-validation needs them.

    Notes
    -----
    The training set holds the events that are earlier than every test event. Blocks of
    time cannot be stratified: see :func:`check_folds` for those that lack a class.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.model_selection import TemporalEventSplit
    >>> event_id = np.repeat(np.arange(6), 2)
    >>> splitter = TemporalEventSplit(n_splits=2, times=100 - event_id)
    >>> for train, test in splitter.split(np.zeros(12), groups=event_id):
    ...     print(sorted(set(event_id[train])), sorted(set(event_id[test])))
    [np.int64(4), np.int64(5)] [np.int64(2), np.int64(3)]
    [np.int64(2), np.int64(3), np.int64(4), np.int64(5)] [np.int64(0), np.int64(1)]
    """

    __metadata_request__split: ClassVar[dict] = {"groups": True, "times": True}
    _parameter_constraints: ClassVar[dict] = {
        "n_splits": [COUNT],
        "test_size": [COUNT, Interval(Real, 0, 1, closed="neither"), None],
        "times": ["array-like", None],
    }

    def __init__(
        self,
        n_splits: int = 5,
        *,
        test_size: float | None = None,
        times: npt.ArrayLike | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.test_size = test_size
        self.times = times

    def split(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        times: npt.ArrayLike | None = None,
    ) -> Iterator[tuple[npt.NDArray, npt.NDArray]]:
        """Yield the rows of each training and test set.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records; only their number counts.
        y : array-like of shape (n_records,), default=None
            Labels; only their index ``event_id`` is used.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes the index ``event_id`` of `y` or `X`.
        times : array-like of shape (n_records,), default=None
            Time of each record; None takes the parameter of the constructor.

        Yields
        ------
        train, test : ndarray
            Row numbers.

        Raises
        ------
        ValueError
            If events or times are missing or do not fit, or nothing is left to train
            on.
        """
        check_splitter(self)
        n_records = num_samples(X)
        groups = resolve_groups(y, groups, X=X, needed_by=type(self).__name__)
        by_event = _as_times(per_record("times", self, times, n_records)).groupby(
            groups
        )
        event_times = np.asarray(by_event.transform("min"))
        starts = np.sort(np.asarray(by_event.agg("min")))
        size = self._block_size(len(starts))
        order = pd.Series(event_times).rank(method="min").to_numpy()
        codes = _event_order(groups, event_times)
        for k in range(self.n_splits, 0, -1):
            first = len(starts) - k * size
            test = (codes >= first) & (codes < first + size)
            train = order < order[test].min()
            if not train.any():
                raise ValueError(
                    f"No event is earlier than the test block of {size} events that "
                    f"begins at {starts[first]}: fewer splits or a smaller test_size."
                )
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _block_size(self, n_events):
        """Return the number of events in a test block."""
        size = self.test_size
        if size is None:
            size = n_events // (self.n_splits + 1)
        elif not isinstance(size, Integral):
            size = int(np.ceil(size * n_events))
        size = int(size)
        if size < 1 or size * self.n_splits >= n_events:
            raise ValueError(
                f"{n_events} events are too few for n_splits={self.n_splits} test "
                f"blocks of {max(size, 1)} events after a training set."
            )
        return size

    def get_n_splits(
        self, X: Any = None, y: Any = None, groups: Any = None, times: Any = None
    ) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, y, groups, times : object, default=None
            Not used.

        Returns
        -------
        int
            Number of splits.
        """
        return self.n_splits


def _as_times(values):
    """Read strings as ISO 8601 times; leave numbers and datetimes."""
    if pd.api.types.is_numeric_dtype(values) or not (
        pd.api.types.is_string_dtype(values) or values.dtype == object
    ):
        return values
    return pd.to_datetime(values, utc=True, format="ISO8601")


def _event_order(groups, event_times):
    """Return the place of each record's event in time, 0 to n_events - 1."""
    events = pd.DataFrame({"event": groups, "time": event_times})
    ordered = events.drop_duplicates("event").sort_values("time", kind="stable")
    return pd.Index(ordered["event"]).get_indexer(groups)

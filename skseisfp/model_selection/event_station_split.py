"""Folds in which neither the event nor the station of a test record was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import BaseCrossValidator, StratifiedGroupKFold

from .._compat import num_samples
from ..events import resolve_groups
from ._options import AT_LEAST_TWO, SEED
from ._per_record import check_splitter, per_record


class EventStationSplit(BaseCrossValidator):
    """Test on new events at new stations.

    Events are distributed over folds, and stations over other folds. Every pair of an
    event fold and a station fold is one split: the records of both folds are tested,
    those of neither are trained on. Each record is tested once.

    Parameters
    ----------
    n_event_splits : int in [2, inf), default=5
        Number of event folds.
    n_station_splits : int in [2, inf), default=5
        Number of station folds.
    stations : array-like of shape (n_records,), default=None
        Station of each record. Metadata of the same name take precedence; nested
        cross-validation needs them.
    random_state : int in [0, inf), default=None
        Seed by which events and stations are shuffled before they are distributed; an
        int, so that the folds are the same when they are counted and when they are
        used. None does not shuffle.

    See Also
    --------
    check_folds : Names the splits that lack a class.

    Notes
    -----
    Both kinds of folds are those of
    :class:`~sklearn.model_selection.StratifiedGroupKFold`. Pairs without a record are
    left out, so that there may be fewer splits than pairs. A split is small and may
    lack a class: pool the predictions of all splits before scoring, as
    :func:`evaluate_protocols` does.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.model_selection import EventStationSplit
    >>> event_id = np.repeat(np.arange(20), 6)
    >>> station = np.tile(np.arange(6), 20)
    >>> splitter = EventStationSplit(stations=station, n_station_splits=3)
    >>> splits = list(splitter.split(np.zeros(120), event_id % 2, event_id))
    >>> len(splits), [len(rows) for rows in splits[0]]
    (15, [64, 8])
    """

    __metadata_request__split: ClassVar[dict] = {"groups": True, "stations": True}
    _parameter_constraints: ClassVar[dict] = {
        "n_event_splits": [AT_LEAST_TWO],
        "n_station_splits": [AT_LEAST_TWO],
        "stations": ["array-like", None],
        "random_state": [SEED, None],
    }

    def __init__(
        self,
        *,
        n_event_splits: int = 5,
        n_station_splits: int = 5,
        stations: npt.ArrayLike | None = None,
        random_state: int | None = None,
    ) -> None:
        self.n_event_splits = n_event_splits
        self.n_station_splits = n_station_splits
        self.stations = stations
        self.random_state = random_state

    def split(
        self,
        X: Any,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        stations: npt.ArrayLike | None = None,
    ) -> Iterator[tuple[npt.NDArray, npt.NDArray]]:
        """Yield the rows of each training and test set.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records; only their number counts.
        y : array-like of shape (n_records,), default=None
            Labels to stratify by; None balances the numbers of records in the folds.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes the index ``event_id`` of `y` or `X`.
        stations : array-like of shape (n_records,), default=None
            Station of each record; None takes the parameter of the constructor.

        Yields
        ------
        train, test : ndarray
            Row numbers.

        Raises
        ------
        ValueError
            If events or stations are missing, do not fit or are too few.
        """
        check_splitter(self)
        n_records = num_samples(X)
        groups = resolve_groups(y, groups, X=X, needed_by=type(self).__name__)
        stations = per_record("stations", self, stations, n_records).to_numpy()
        y = np.zeros(n_records) if y is None else y
        event_folds = self._distribute(y, groups, self.n_event_splits)
        station_folds = self._distribute(y, stations, self.n_station_splits)
        for event_fold in range(self.n_event_splits):
            for station_fold in range(self.n_station_splits):
                same_event = event_folds == event_fold
                same_station = station_folds == station_fold
                test = np.flatnonzero(same_event & same_station)
                if len(test):
                    yield np.flatnonzero(~same_event & ~same_station), test

    def _distribute(self, y, units, n_splits):
        """Return the fold of each record; the records of a unit stay together."""
        seed = self.random_state
        folds = np.empty(len(units), dtype=int)
        splitter = StratifiedGroupKFold(
            n_splits, shuffle=seed is not None, random_state=seed
        )
        for fold, (_, test) in enumerate(splitter.split(folds, y, units)):
            folds[test] = fold
        return folds

    def get_n_splits(
        self,
        X: Any = None,
        y: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        stations: npt.ArrayLike | None = None,
    ) -> int:
        """Return the number of splits: the pairs of folds that hold a record.

        Parameters
        ----------
        X : array-like of shape (n_records, ...), default=None
            Records; None takes their number from `groups`.
        y : array-like of shape (n_records,), default=None
            Labels.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; None takes the index ``event_id`` of `y` or `X`.
        stations : array-like of shape (n_records,), default=None
            Station of each record; None takes the parameter of the constructor.

        Returns
        -------
        int
            Number of splits.
        """
        if X is None:
            groups = X = resolve_groups(y, groups, needed_by=type(self).__name__)
        return sum(1 for _ in self.split(X, y, groups, stations))

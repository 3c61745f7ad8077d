"""The trials of a search as looks at its events, for searches of other packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._ledger_looks import make_key

if TYPE_CHECKING:
    from .evaluation_ledger import EvaluationLedger


class TrialLooks:
    """The trials of a search, each of which is a look at the same events.

    Parameters
    ----------
    ledger : EvaluationLedger
        The ledger.
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,)
        Event of each record.
    metric : str
        The ledger's name of the score that ranks the trials.
    data : str or array-like
        The records, or a digest of them.
    folds : str or list of (train, test)
        The folds, or a digest of them.
    """

    def __init__(
        self,
        ledger: EvaluationLedger,
        y: npt.ArrayLike,
        groups: npt.ArrayLike,
        *,
        metric: str,
        data: Any,
        folds: Any,
    ):
        self._ledger, self._records = ledger, (y, groups)
        key = make_key(metric, data, folds, None)  # of all trials, made once
        self._facts = key.metric, key.data, key.folds
        self._tickets: list = []

    def check(self) -> None:
        """Raise if any number of looks at the events would be against a seal.

        Raises
        ------
        SealedSetError
            If the events are sealed, or shared with a sealed set.
        """
        self._ledger._check_open(*self._records)

    def open(self, trials: Iterable[tuple[Any, str]]) -> None:
        """Open a look for each trial, all or none.

        Parameters
        ----------
        trials : iterable of (object, str)
            The pipeline of each trial, or a digest of it, and its label.

        Raises
        ------
        SealedSetError
            As :meth:`EvaluationLedger.open`.
        """
        looks = [(make_key(*self._facts, part), label) for part, label in trials]
        self._tickets = self._ledger._open_all(*self._records, looks)

    def record(self, scores: npt.NDArray) -> None:
        """Record the scores of the open looks; one of NaN is not a look.

        Parameters
        ----------
        scores : ndarray of shape (n_trials,)
            The score of each trial, NaN for one that failed.
        """
        looks = zip(self._tickets, scores, strict=True)
        scored = [
            (ticket, score, None) for ticket, score in looks if np.isfinite(score)
        ]
        self._ledger._record_all(scored)
        self._ledger._discard(self._tickets)

"""Trials that compete: each fit is made once, and halving drops the worse ones."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.digest import digest

if TYPE_CHECKING:
    import numpy.typing as npt


class Race:
    """Fits of all trials so far; runs those that are missing.

    Parameters
    ----------
    run : callable
        Takes a list of trials and one of folds; returns the fits, a list over trials
        of lists over these folds.
    folds : list of int
        All folds in the order in which halving takes them.
    factor : int or None
        Factor of halving; None gives every trial all folds.
    score : callable
        Returns the score of a fit.
    """

    params: list[dict[str, Any]]
    fits: list[list[dict[str, Any] | None]]
    n_fits: int

    def __init__(
        self,
        run: Callable[[list[dict], list[int]], list[list[dict | None]]],
        folds: list[int],
        factor: int | None,
        score: Callable[[dict], float],
    ):
        self._run, self._folds, self._score = run, folds, score
        self._factor = factor or 1
        self._numbers = {}
        self.params, self.fits = [], []
        self.n_fits = 0

    @property
    def rungs(self) -> list[int]:
        """Numbers of folds, step by step."""
        n_folds, rungs = len(self._folds), []
        rung = 1 if self._factor > 1 else n_folds
        while rung < n_folds:
            rungs.append(rung)
            rung *= self._factor
        return [*rungs, n_folds]

    def compete(self, trials: list[dict]) -> tuple[list[int], npt.NDArray, list[int]]:
        """Run trials, on all folds those that halving leaves.

        Parameters
        ----------
        trials : list of dict
            Parameters of the trials; those of an earlier call are not run again.

        Returns
        -------
        numbers : list of int
            Numbers of the trials in `params` and `fits`.
        first : ndarray of shape (n_trials,)
            Mean scores on the folds that all trials have seen.
        finalists : list of int
            Numbers of those with all folds, the best by mean first.
        """
        numbers = [self._enter(trial) for trial in trials]
        alive, first = list(dict.fromkeys(numbers)), np.empty(0)
        for rung in self.rungs:
            folds = self._folds[:rung]
            self._fill(alive, folds)
            means = {number: self._mean(number, folds) for number in alive}
            if rung == self.rungs[0]:
                first = np.array([means[number] for number in numbers])
            alive = sorted(alive, key=lambda number: _worst_last(means[number]))
            if rung < len(self._folds):
                alive = alive[: ceil(len(alive) / self._factor)]
        return numbers, first, alive

    def _enter(self, params):
        """Return the number of a trial, a new one for a new trial."""
        key = digest(params)
        if key not in self._numbers:
            self._numbers[key] = len(self.params)
            self.params.append(params)
            self.fits.append([None] * len(self._folds))
        return self._numbers[key]

    def _fill(self, numbers, folds):
        """Run what is missing; trials that lack the same folds run together."""
        lacking = {}
        for number in numbers:
            missing = [fold for fold in folds if self.fits[number][fold] is None]
            lacking.setdefault(tuple(sorted(missing)), []).append(number)
        lacking.pop((), None)
        for missing, group in lacking.items():
            found = self._run([self.params[number] for number in group], list(missing))
            self.n_fits += len(missing) * len(group)
            for number, fits in zip(group, found, strict=True):
                for fold, fit in zip(missing, fits, strict=True):
                    self.fits[number][fold] = fit

    def _mean(self, number, folds):
        return float(np.mean([self._score(self.fits[number][fold]) for fold in folds]))


def _worst_last(score):
    """Return a key that sorts high scores first and NaN last."""
    return np.inf if np.isnan(score) else -score

"""Trials that compete: each fit is made once, and halving drops the worse ones."""

from math import ceil

import numpy as np

from .._utils.digest import digest


class Race:
    """Results of all trials so far, and what runs those that are missing.

    Parameters
    ----------
    run : callable
        Takes a list of trials and one of folds; returns a list over trials of lists
        over these folds of cells.
    folds : list of int
        All folds in the order in which halving takes them.
    factor : int or None
        Factor of halving; None gives every trial all folds.
    score : callable
        Returns the score of a cell.
    """

    def __init__(self, run, folds, factor, score):
        self._run, self._folds, self._factor = run, folds, factor
        self._score = score
        self._numbers = {}
        self.params, self.cells = [], []
        self.n_fits = 0

    @property
    def rungs(self):
        """Numbers of folds, step by step."""
        n_folds, rungs = len(self._folds), []
        reach = 1 if self._factor else n_folds
        while reach < n_folds:
            rungs.append(reach)
            reach *= self._factor
        return [*rungs, n_folds]

    def compete(self, trials):
        """Run trials, on all folds those that halving leaves.

        Returns
        -------
        numbers : list of int
            Numbers of the trials in `params` and `cells`.
        first : ndarray of shape (n_trials,)
            Mean scores on the folds that all trials have seen.
        finalists : list of int
            Numbers of those with all folds, the best by mean first.
        """
        numbers = [self._enter(trial) for trial in trials]
        alive, first = list(dict.fromkeys(numbers)), None
        for reach in self.rungs:
            folds = self._folds[:reach]
            self._fill(alive, folds)
            means = {number: self._mean(number, folds) for number in alive}
            if first is None:
                first = np.array([means[number] for number in numbers])
            alive = sorted(alive, key=lambda number: _worst_last(means[number]))
            if reach < len(self._folds):
                alive = alive[: ceil(len(alive) / self._factor)]
        return numbers, first, alive

    def _enter(self, params):
        """Return the number of a trial, a new one for a new trial."""
        key = digest(params)
        if key not in self._numbers:
            self._numbers[key] = len(self.params)
            self.params.append(params)
            self.cells.append([None] * len(self._folds))
        return self._numbers[key]

    def _fill(self, numbers, folds):
        """Run what is missing; trials that lack the same folds run together."""
        lacking = {}
        for number in numbers:
            missing = [fold for fold in folds if self.cells[number][fold] is None]
            lacking.setdefault(tuple(sorted(missing)), []).append(number)
        lacking.pop((), None)
        for missing, group in lacking.items():
            found = self._run([self.params[number] for number in group], list(missing))
            self.n_fits += len(missing) * len(group)
            for number, cells in zip(group, found, strict=True):
                for fold, cell in zip(missing, cells, strict=True):
                    self.cells[number][fold] = cell

    def _mean(self, number, folds):
        return float(np.mean([self._score(self.cells[number][fold]) for fold in folds]))


def _worst_last(score):
    """Return a key that sorts high scores first and NaN last."""
    return np.inf if np.isnan(score) else -score

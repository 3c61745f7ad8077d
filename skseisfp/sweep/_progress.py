"""The progress of a sweep, in a terminal or notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from .._utils.progress import progress


@contextmanager
def show_progress(
    verbose: int,
    fits: dict[tuple[int, int], dict],
    n_candidates: int,
    n_splits: int,
    metric: str | None,
) -> Iterator[Callable[[], None]]:
    """Show the progress of a sweep.

    Parameters
    ----------
    verbose : int
        Whether to show it: if positive, and in a terminal or notebook.
    fits : dict
        Fits by (candidate, fold); those of earlier runs count as done.
    n_candidates, n_splits : int
        Size of the sweep.
    metric : str or None
        Score by which the best is shown; None takes the first.

    Yields
    ------
    callable
        To be called after each change of `fits`.
    """
    best = _Best(fits, n_splits, metric)
    done = len(fits)
    total = n_candidates * n_splits
    with progress(total, "fits", verbose, by="Sweep", done=done) as advance:

        def report():
            nonlocal done
            found, done = len(fits) - done, len(fits)
            advance(found, note=lambda: best.describe(n_candidates))

        report()
        yield report


class _Best:
    """Counts the finished trials and finds the best score among them."""

    def __init__(self, fits, n_splits, metric):
        self._fits = fits
        self._n_splits = n_splits
        self._metric = metric
        self._seen = set()
        self._counts = {}
        self._best = -np.inf

    def describe(self, n_candidates):
        """Return how many trials are finished, and the best score among them."""
        for candidate, fold in self._fits.keys() - self._seen:
            self._seen.add((candidate, fold))
            self._counts[candidate] = self._counts.get(candidate, 0) + 1
            if self._counts[candidate] == self._n_splits:
                self._best = max(self._best, self._mean(candidate))
        finished = sum(count == self._n_splits for count in self._counts.values())
        best = f"{self._best:.4g}" if np.isfinite(self._best) else "-"
        return f"{finished} of {n_candidates} trials, best {best}"

    def _mean(self, candidate):
        """Return the mean score of a trial, -inf if a fold has none."""
        values = []
        for fold in range(self._n_splits):
            scores = self._fits[candidate, fold]["scores"]
            name = self._metric if self._metric in scores else next(iter(scores), None)
            values.append(scores.get(name, np.nan))
        mean = np.mean(values)
        return mean if np.isfinite(mean) else -np.inf

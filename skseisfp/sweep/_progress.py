"""What a person sees of a sweep at work."""

from contextlib import contextmanager

import numpy as np

from .._utils.optional import import_optional


@contextmanager
def show_progress(shown, cells, n_candidates, n_splits, metric):
    """Show the progress of a sweep.

    Parameters
    ----------
    shown : bool
        Whether there is anything to see.
    cells : dict
        Results by (candidate, fold); those of earlier runs count as done.
    n_candidates, n_splits : int
        Size of the sweep.
    metric : str or None
        Score that makes the best; None takes the first.

    Yields
    ------
    callable
        To be called after each change of `cells`.
    """
    if not shown:
        yield lambda: None
        return
    rich = import_optional("rich.progress", extra="sweep")
    columns = (
        rich.TextColumn("{task.fields[trials]} of {task.fields[n_candidates]} trials"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("fits, best {task.fields[best]},"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("left"),
    )
    total = n_candidates * n_splits
    best = _Best(cells, n_splits, metric)
    with rich.Progress(*columns) as bar:
        task = bar.add_task(
            "", total=total, completed=len(cells), n_candidates=n_candidates, **best()
        )
        yield lambda: bar.update(task, completed=len(cells), **best())


class _Best:
    """Count the finished trials and find the best among them."""

    def __init__(self, cells, n_splits, metric):
        self._cells = cells
        self._n_splits = n_splits
        self._metric = metric
        self._seen = set()
        self._counts = {}
        self._best = -np.inf

    def __call__(self):
        for candidate, fold in self._cells.keys() - self._seen:
            self._seen.add((candidate, fold))
            self._counts[candidate] = self._counts.get(candidate, 0) + 1
            if self._counts[candidate] == self._n_splits:
                self._best = max(self._best, self._mean(candidate))
        finished = sum(count == self._n_splits for count in self._counts.values())
        best = f"{self._best:.4g}" if np.isfinite(self._best) else "-"
        return {"trials": finished, "best": best}

    def _mean(self, candidate):
        """Return the mean score of a trial, -inf if a fold has none."""
        values = []
        for fold in range(self._n_splits):
            scores = self._cells[candidate, fold]["scores"]
            name = self._metric if self._metric in scores else next(iter(scores), None)
            values.append(scores.get(name, np.nan))
        mean = np.mean(values)
        return mean if np.isfinite(mean) else -np.inf

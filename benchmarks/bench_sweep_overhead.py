"""What a sweep adds to the time of its fits.

Every fit takes 0.5 s, the shortest for which the promise of less than 5 % holds. The
overhead is all that the search does in addition: proposing trials, distributing them,
confusion matrices by record and by event, storing. Opening the store takes time once a
search, which is listed separately. Times are of the processor, with one thread, and so
do not count other work of the machine; those of the wall clock stand below. Fails where
the overhead exceeds 5 %.

Run: python benchmarks/bench_sweep_overhead.py
"""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from measuring import Figure, conclude
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, GroupKFold
from threadpoolctl import threadpool_limits

from skseisfp.sweep import ExperimentPlan, SweepSearchCV

FIT_TIME = 0.5
LIMIT = 5.0  # %
N_FITS = 40
N_FOLDS = (5, 1)


class Working(ClassifierMixin, BaseEstimator):
    """A classifier that works for a given time and leaves a history of 30 epochs."""

    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        """Multiply matrices until the time is over."""
        end = time.process_time() + FIT_TIME
        matrix = np.eye(64)
        while time.process_time() < end:
            matrix = matrix @ matrix
        self.classes_ = np.unique(y)
        self.history_ = {"train_loss": [0.1] * 30, "valid_loss": [0.2] * 30}
        return self

    def predict(self, X):
        """Guess."""
        return self.classes_[(X[:, 0] > 0).astype(int)]


def one_split(n_records):
    """Return a single fold."""
    rows = np.arange(n_records)
    return [(rows[: n_records // 2], rows[n_records // 2 :])]


def measure(search, X, y, groups):
    """Return the seconds that a search takes, of the processor and by the clock."""
    wall, processor = time.perf_counter(), time.process_time()
    search.fit(X, y, groups=groups)
    return np.array([time.process_time() - processor, time.perf_counter() - wall])


def share(seconds, search):
    """Return the time of a search in addition to its fits, as shares."""
    walls = search.n_splits_ * search.cv_results_["mean_fit_time"].sum()
    return seconds / [N_FITS * FIT_TIME, walls] - 1


def measure_folds(n_folds, store, X, y, groups):
    """Return the figures of searches with some folds."""
    plan = ExperimentPlan({"number": f"1:1:{N_FITS // n_folds}"})
    cv = GroupKFold(n_folds) if n_folds > 1 else one_split(len(X))
    searches = {
        "GridSearchCV": GridSearchCV(Working(), plan.param_grid, cv=cv, refit=False),
        "SweepSearchCV": SweepSearchCV(Working(), plan, cv=cv, refit=False),
        "with store": SweepSearchCV(Working(), plan, cv=cv, refit=False, store=store),
    }
    seconds = {name: measure(search, X, y, groups) for name, search in searches.items()}
    opening = measure(searches["with store"], X, y, groups)  # nothing is left to fit
    seconds["with store"] -= opening
    figures = []
    for name, search in searches.items():
        processor, clock = 100 * share(seconds[name], search)
        bar = {"at_most": LIMIT} if name == "with store" else {}
        case = f"{n_folds} folds, {name}"
        figures.append(Figure(case, np.array([processor]), "%", **bar))
        figures.append(Figure(f"{case}, by the clock", np.array([clock]), "%"))
    opened = Figure(f"{n_folds} folds, opening the store", opening[:1], "s")
    return [*figures, opened]


def main():
    """Print the overhead of searches; return whether that of a sweep is too high."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(716, 64)), np.repeat(np.arange(358) % 3, 2)
    groups = np.repeat(np.arange(358), 2)
    print(f"{N_FITS} fits of {FIT_TIME} s; what is added to the time of fits")
    figures = []
    with TemporaryDirectory() as folder, threadpool_limits(1):
        store = Path(folder, "study.db")
        SweepSearchCV(Working(), {"number": [0]}, store=store, refit=False).fit(X, y)
        for n_folds in N_FOLDS:
            figures += measure_folds(n_folds, store, X, y, groups)
    return conclude("sweep_overhead", figures)


if __name__ == "__main__":
    sys.exit(main())

"""What one store takes from several processes, and what a trial costs there.

Processes share a study whose fits take no time, so that nothing is measured but
claiming and storing; trials are of five folds. Printed are fits a second of all
processes together, processor time and bytes of the store for a fit; then the same for a
study of ten times as many trials, which shows what grows with their number.
``docs/guide/scale.md`` extrapolates from these constants.

Run: python benchmarks/store_limits.py [--storage URL] [--trials 60]
"""

import argparse
import multiprocessing
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GroupKFold

from skseisfp.sweep import SweepSearchCV

N_FOLDS = 5
PROCESSES = (1, 2, 4)


class Instant(ClassifierMixin, BaseEstimator):
    """A classifier that learns nothing, with a history of 30 epochs."""

    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        """Learn nothing."""
        self.classes_ = np.unique(y)
        self.history_ = {"train_loss": [0.1] * 30, "valid_loss": [0.2] * 30}
        return self

    def predict(self, X):
        """Guess."""
        return self.classes_[(X[:, 0] > 0).astype(int)]


def share_study(store, name, n_trials, barrier, seconds):
    """Take part in a study; put its processor and wall-clock time into a queue."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 4)), np.arange(100) % 2
    search = SweepSearchCV(
        Instant(),
        {"number": list(range(n_trials))},
        cv=GroupKFold(N_FOLDS),
        store=store,
        study_name=name,
        refit=False,
    )
    barrier.wait()
    start, used = time.perf_counter(), time.process_time()
    search.fit(X, y, groups=np.arange(100))
    seconds.put((time.process_time() - used, time.perf_counter() - start))


def measure(store, name, n_trials, n_processes):
    """Return fits a second, and milliseconds of a process for each of all fits."""
    context = multiprocessing.get_context("spawn")
    barrier, seconds = context.Barrier(n_processes), context.Queue()
    arguments = (store, name, n_trials, barrier, seconds)
    processes = [
        context.Process(target=share_study, args=arguments) for _ in range(n_processes)
    ]
    for process in processes:
        process.start()
    processor, wall = np.array([seconds.get() for _ in processes]).T
    for process in processes:
        process.join()
    n_fits = n_trials * N_FOLDS
    return n_fits / wall.max(), 1e3 * processor.sum() / n_fits


def main():
    """Show rates by number of processes and of trials."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--storage", help="URL of a server; a file of SQLite otherwise")
    parser.add_argument("--trials", type=int, default=60)
    options = parser.parse_args()
    print("processes trials  fits/s  ms of a processor a fit   bytes a fit  memory GB")
    with TemporaryDirectory() as folder:
        for factor in (1, 10):
            n_trials = factor * options.trials
            for n_processes in PROCESSES:
                name = f"{n_processes} x {n_trials}, {time.time_ns()}"
                file = Path(folder, f"{n_processes}_{n_trials}.db")
                rate, cost = measure(
                    options.storage or str(file), name, n_trials, n_processes
                )
                size = "" if options.storage else file.stat().st_size
                size = size and f"{size / n_trials / N_FOLDS:.0f}"
                memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
                print(
                    f"{n_processes:9} {n_trials:6} {rate:7.1f} {cost:24.1f} {size:>13}"
                    f" {memory:10.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()

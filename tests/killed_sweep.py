"""A sweep that is killed at random moments and resumed; run by test_sweep_store.

It prints what happened as JSON: for each attempt the fits that were stored after it and
those that it started, then the fits at the end and those of an undisturbed sweep. Every
attempt is a fork of this process.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

import numpy as np
import optuna  # noqa: F401
from sklearn.model_selection import GroupKFold

from skseisfp._utils.digest import digest
from skseisfp.neural import FingerprintClassifier
from skseisfp.sweep import ExperimentPlan, SweepSearchCV
from skseisfp.sweep._read_study import read_study

N_KILLS = 20
PLAN = ExperimentPlan(
    {"module__conv1_filter_size": "2:1:4", "module__conv1_n_filters": "1:1:4"},
    fixed={"module__conv2_n_filters": 3, "module__conv2_filter_size": 3},
)


class Log:
    """The file of an attempt, which no result belongs to."""

    path = None

    def __reduce__(self):
        return "LOG"


LOG = Log()


class LoggingClassifier(FingerprintClassifier):
    """Notes in a file which fits were started."""

    def fit(self, X, y, groups=None):
        """Note the fit, then train."""
        if LOG.path is not None:
            with open(LOG.path, "a") as file:
                file.write(digest(self.get_params(deep=False), X) + "\n")
        return super().fit(X, y, groups)


def make_search(store):
    """Return the search and the data that it is fitted on."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (48, 16, 16)).astype(np.uint8)
    y = np.where(X[:, :4, :4].sum(axis=(1, 2)) > 7, "blast", "quake")
    classifier = LoggingClassifier(max_epochs=8, device="cpu", random_state=3)
    search = SweepSearchCV(
        classifier,
        PLAN,
        store=store,
        cv=GroupKFold(6),
        refit=False,
        scoring={"accuracy": "accuracy", "auc": "roc_auc"},
    )
    return search, X, y, np.arange(48) // 2


def run_attempt(store, log):
    """Run the search in a fork and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        LOG.path = log
        search, X, y, groups = make_search(store)
        search.fit(X, y, groups=groups)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def stored_fits(store):
    """Return the numbers of the stored fits, and the fits."""
    try:
        table = read_study(store)["fits"]
    except (FileNotFoundError, ValueError):  # killed before there was anything
        return [], []
    flat = [fit for row in table for fit in row]
    return [number for number, fit in enumerate(flat) if fit is not None], flat


def main(folder, seed):
    """Sweep undisturbed, then kill and resume until the last attempt may end."""
    search, X, y, groups = make_search(None)
    search.fit(X, y, groups=groups)
    undisturbed = [fit for row in search.fit_results_ for fit in row]
    fit_time = float(np.median([fit["fit_time"] for fit in undisturbed]))
    draw = random.Random(seed)
    store = str(Path(folder, "killed.db"))
    stored, fits = [], []
    while True:
        log = Path(folder, f"log-{len(stored)}")
        pid = run_attempt(store, log)
        if len(stored) < N_KILLS:
            while len(stored) % 5 and not log.exists():  # one in five dies at its start
                time.sleep(0.001)
            time.sleep(draw.uniform(0, 6 * fit_time))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        fits.append(log.read_text().split() if log.exists() else [])
        numbers, kept = stored_fits(store)
        stored.append(numbers)
        if not os.WIFSIGNALED(status):
            break
    json.dump(
        {"stored": stored, "fits": fits, "kept": kept, "undisturbed": undisturbed},
        sys.stdout,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

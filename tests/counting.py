"""A classifier that notes its fits, for tests of stores."""

import time
from contextlib import contextmanager
from numbers import Real

import numpy as np
import optuna
from sklearn.base import BaseEstimator, ClassifierMixin


class Settings:
    """What tests change between runs of a sweep, and no result belongs to."""

    log = None
    interrupt_at = None
    delay = 0.0
    before_fit = None

    def __reduce__(self):
        return "SETTINGS"


SETTINGS = Settings()


class Counting(ClassifierMixin, BaseEstimator):
    """A classifier that notes its fits in a file; some are interrupted or slow."""

    def __init__(self, number=0, model=None, sizes=()):
        self.number = number
        self.model = model
        self.sizes = sizes

    def fit(self, X, y):
        """Note the fit."""
        if self.number == SETTINGS.interrupt_at:
            raise KeyboardInterrupt
        if SETTINGS.log is not None:
            with open(SETTINGS.log, "a") as file:
                file.write(f"{self.number}\n")
        time.sleep(SETTINGS.delay)
        if SETTINGS.before_fit is not None:
            SETTINGS.before_fit(self.number)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Predict something that depends on the number."""
        number = self.number if isinstance(self.number, Real) else 0
        return self.classes_[(X[:, 0] * 10 + number).astype(int) % 3]


def without_times(fits):
    """Return fits as far as they do not differ between runs."""
    return [{k: v for k, v in fit.items() if "time" not in k} for fit in fits]


def flat(search):
    """Return all fits of a search in a row."""
    return without_times([fit for row in search.fit_results_ for fit in row])


def read_log(log):
    """Return the numbers of the candidates in a log, and empty it."""
    numbers = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return numbers


@contextmanager
def opened(store):
    """Give Optuna's storage of a file, and close it."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{store}")
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def study_names(store):
    """Return the names of the studies in a file."""
    with opened(store) as storage:
        return optuna.get_all_study_names(storage)


def read_trials(store, name=None):
    """Return a study of a file and its trials, as Optuna reads them."""
    with opened(store) as storage:
        study = optuna.load_study(study_name=name, storage=storage)
        return study.metric_names, study.trials, study.best_trials

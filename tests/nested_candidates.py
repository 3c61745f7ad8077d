"""Candidates of a choice and their records, for the tests of nested evaluations."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

FAST = {"n_splits": 3, "n_inner_splits": 2, "n_resamples": 50}


class OneFeature(ClassifierMixin, BaseEstimator):
    """Look at one column: the class whose mean is nearer."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        column = X[:, self.column]
        self.means_ = np.array([column[y == label].mean() for label in self.classes_])
        return self

    def predict_proba(self, X):
        far = np.abs(X[:, [self.column]] - self.means_)
        weights = np.exp(-far)
        return weights / weights.sum(axis=1, keepdims=True)


class Diary(OneFeature):
    """Note the events of every fit and of every prediction; they are column 0."""

    pages = []

    def fit(self, X, y):
        self.pages.append([set(X[:, 0]), None])
        return super().fit(X, y)

    def predict_proba(self, X):
        self.pages[-1][1] = set(X[:, 0])
        return super().predict_proba(X)


class Scaled(OneFeature):
    """The same order of the records, on another scale of probabilities."""

    def __init__(self, column=0, factor=1.0):
        self.column = column
        self.factor = factor

    def predict_proba(self, X):
        second = self.factor * super().predict_proba(X)[:, 1]
        return np.column_stack([1 - second, second])


class Failing(OneFeature):
    """Fail, always or where an event is in training."""

    def __init__(self, column=0, event=None):
        self.column = column
        self.event = event

    def fit(self, X, y):
        if self.event is None or self.event in set(y.index):
            raise RuntimeError("out of luck")
        return super().fit(X, y)


class NaNs(OneFeature):
    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


class Unfitted(OneFeature):
    def fit(self, X, y):
        raise AssertionError("fitted before the input was checked")


def make_catalogue():
    """Forty events at up to eight stations."""
    rng = np.random.default_rng(0)
    event, station = np.nonzero(rng.random((40, 8)) < 0.6)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in event],
            "station": [f"s{i}" for i in station],
        },
        index=[f"record {i}" for i in range(len(event))],
    )
    return frame, np.where(event % 4 == 0, "blast", "quake")


def noisy(y, size=1.0, n_features=4, seed=0):
    X = np.random.default_rng(seed).normal(0, size, (len(y), n_features))
    X[:, 0] += y == "quake"
    return X


def columns(n_features=4, estimator=None):
    return {"feature": (estimator or OneFeature(), {"column": list(range(n_features))})}

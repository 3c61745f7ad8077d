"""Records of events, and classifiers that remember what they have seen."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


def make_records(n_events=40, seed=0, *, every=4, shift=1.2):
    """Records whose first feature is their event; every fourth event is a blast."""
    rng = np.random.default_rng(seed)
    event_id = np.repeat(np.arange(n_events), rng.integers(1, 5, n_events))
    event_id = rng.permutation(event_id)
    y = np.where(event_id % every == 0, "blast", "quake")
    X = rng.normal(shift * (y == "quake")[:, None], 1.0, (len(y), 3))
    return np.column_stack([event_id, X]), y, event_id


class Memory(ClassifierMixin, BaseEstimator):
    """Know the labels of events that it has seen, and note each that it meets again."""

    overlaps = []  # one set of events per prediction, of all instances

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.known_ = dict(zip(np.asarray(X)[:, 0], codes, strict=True))
        return self

    def predict_proba(self, X):
        events = np.asarray(X)[:, 0]
        Memory.overlaps.append(set(events) & self.known_.keys())
        even = 1 / len(self.classes_)
        probabilities = np.full((len(X), len(self.classes_)), even)
        for row, event in enumerate(events):
            if event in self.known_:
                probabilities[row] = np.eye(len(self.classes_))[self.known_[event]]
        return probabilities

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Spy(LogisticRegression):
    """Note the events that arrive in each fit: by name, and as the index of labels."""

    fits = []  # (events of the records, groups, index), of all instances

    def fit(self, X, y, sample_weight=None, groups=None):
        index = y.index.to_numpy() if getattr(y, "index", None) is not None else None
        Spy.fits.append((np.asarray(X)[:, 0], groups, index))
        return super().fit(np.asarray(X)[:, 1:], y, sample_weight=sample_weight)

    def decision_function(self, X):
        return super().decision_function(np.asarray(X)[:, 1:])

    def predict_proba(self, X):
        scores = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.column_stack([1 - scores, scores])

"""Records of events in a catalogue, for the tests of evaluations by protocols."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression

from skseisfp.model_selection import evaluate_protocols

QUICK = {
    "seeds": [0],
    "n_splits": 3,
    "n_resamples": 50,
    "controls": ["prior"],
    "by": [],
}


def make_catalogue():
    """Forty events at up to ten stations, in three places, over two years."""
    rng = np.random.default_rng(0)
    event, station = np.nonzero(rng.random((40, 10)) < 0.6)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in event],
            "station": [f"s{i}" for i in station],
            "origin_time": pd.Timestamp("2020-01-01", tz="UTC")
            + pd.to_timedelta(event * 17.3, "D"),
            "latitude": 45.0 + event % 3,
            "longitude": -120.0 - event % 3,
            "label_source": np.where(event % 8 == 1, "night", "list"),
            "label_confidence": np.where(event % 3 == 0, "medium", "high"),
        }
    )
    return frame, np.where(event % 4 != 0, "quake", "blast")


def noisy(y, size=1.0, seed=0):
    X = np.random.default_rng(seed).normal(0, size, (len(y), 3))
    X[:, 0] += y == "quake"
    return X


def evaluate(catalogue, estimators=None, X=None, **options):
    frame, y = catalogue
    estimators = estimators or {"model": LogisticRegression()}
    X = noisy(y) if X is None else X
    return evaluate_protocols(estimators, X, y, frame, **{**QUICK, **options})


class Unfitted(ClassifierMixin, BaseEstimator):
    """Must not be fitted."""

    def fit(self, X, y):
        raise AssertionError("fitted")

"""No record of a test event, and no view of it, is seen in `fit`."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from skseisfp.ensemble import EventVoteClassifier, MultiViewClassifier
from skseisfp.metrics import event_accuracy, event_roc_auc
from skseisfp.model_selection import (
    EventStationSplit,
    TemporalEventSplit,
    event_train_test_split,
)

EVENTS, STATIONS = (axis.ravel() for axis in np.mgrid[:24, :6])
Y = np.where(EVENTS % 3 == 0, "blast", "quake")
X = np.column_stack([EVENTS, np.random.default_rng(0).normal(size=(len(Y), 3))])
SPLITTERS = [
    GroupKFold(4),
    StratifiedGroupKFold(4, shuffle=True, random_state=0),
    TemporalEventSplit(3, times=-EVENTS),
    EventStationSplit(stations=STATIONS, n_station_splits=3, random_state=0),
]


class Memoriser(ClassifierMixin, BaseEstimator):
    """Remember events, which the first feature tells; the answer says who is known."""

    def __init__(self, unused=0):
        self.unused = unused

    def fit(self, X, y):
        self.classes_ = np.array(["new", "known"])
        self.events_ = np.unique(X[:, 0])
        return self

    def predict_proba(self, X):
        known = np.isin(X[:, 0], self.events_).astype(float)
        return np.column_stack([1 - known, known])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Views(TransformerMixin, BaseEstimator):
    """Give each record three views, all of which carry its event."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        noise = np.random.default_rng(0).normal(size=(len(X), 3, X.shape[1]))
        noise[:, :, 0] = 0
        return X[:, None] + noise

    def __sklearn_is_fitted__(self):
        return True


def leaked(estimator, X, y):
    """Score by the share of test records of which something is known."""
    return np.mean(estimator.predict_proba(X)[:, 1] > 0)


@pytest.fixture
def pipeline(tmp_path):
    steps = [("views", Views()), ("classifier", MultiViewClassifier(Memoriser()))]
    return Pipeline(steps, memory=str(tmp_path / "cache"))


@pytest.mark.parametrize("cv", SPLITTERS, ids=lambda cv: type(cv).__name__)
def test_cross_validation(pipeline, cv):
    scores = cross_validate(
        pipeline,
        X,
        Y,
        groups=EVENTS,
        cv=cv,
        scoring=leaked,
        return_train_score=True,
        error_score="raise",
    )
    assert (scores["test_score"] == 0).all()
    assert (scores["train_score"] == 1).all()


def test_folds_of_records_leak_and_are_seen_to(pipeline):
    folds = KFold(4, shuffle=True, random_state=0)
    assert (cross_val_score(pipeline, X, Y, cv=folds, scoring=leaked) > 0.9).all()


def test_search(pipeline):
    search = GridSearchCV(
        EventVoteClassifier(pipeline, vote="mean"),
        {"estimator__classifier__estimator__unused": [0, 1]},
        cv=SPLITTERS[1],
        scoring=leaked,
        error_score="raise",
    ).fit(X, Y, groups=EVENTS)
    folds = [search.cv_results_[f"split{i}_test_score"] for i in range(4)]
    assert not np.any(folds)


@pytest.mark.parametrize("inner", [SPLITTERS[1], EventStationSplit(n_station_splits=2)])
def test_nested_cross_validation(pipeline, inner):
    """Nothing leaks in the inner folds, which a refusal would show, or in the outer."""

    def strict(estimator, X, y):
        score = leaked(estimator, X, y)
        assert score == 0
        return score

    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            pipeline,
            {"classifier__estimator__unused": [0, 1]},
            cv=inner,
            scoring=strict,
            error_score="raise",
        )
        params = {"groups": EVENTS}
        if isinstance(inner, EventStationSplit):
            params["stations"] = STATIONS
        scores = cross_val_score(
            search,
            X,
            Y,
            params=params,
            cv=GroupKFold(3),
            scoring=strict,
            error_score="raise",
        )
    assert (scores == 0).all()


def test_single_split(pipeline):
    X_train, X_test, y_train, y_test, *_ = event_train_test_split(
        X, Y, EVENTS, random_state=0
    )
    model = pipeline.fit(X_train, y_train)
    assert leaked(model, X_test, y_test) == 0
    assert leaked(model, X_train, y_train) == 1


def test_labels_shuffled_by_event_are_chance():
    """A nearest neighbour knows the event of a record: by event that is no help."""
    rng = np.random.default_rng(0)
    signature = rng.normal(size=(24, 5))[EVENTS] + rng.normal(0, 0.05, (len(Y), 5))
    by_event, by_record = [], []
    for _ in range(20):
        labels = rng.permutation(np.arange(24) % 2)[EVENTS]
        y = pd.Series(labels, index=pd.Index(EVENTS, name="event_id"))
        folds = GroupKFold(4, shuffle=True, random_state=0)
        by_event.extend(
            cross_val_score(
                KNeighborsClassifier(1),
                signature,
                y,
                groups=EVENTS,
                cv=folds,
                scoring=event_accuracy,
            )
        )
        folds = KFold(4, shuffle=True, random_state=0)
        by_record.extend(
            cross_val_score(
                KNeighborsClassifier(1), signature, y, cv=folds, scoring=event_roc_auc
            )
        )
    assert abs(np.mean(by_event) - 0.5) < 3 * np.std(by_event) / np.sqrt(80) + 0.03
    assert np.mean(by_record) > 0.99

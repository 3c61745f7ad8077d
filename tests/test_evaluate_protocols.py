"""Scores of models by protocols follow from predictions that saw no tested event."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from protocol_records import evaluate, make_catalogue, noisy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skseisfp.ensemble.out_of_fold import score_rows, seeded
from skseisfp.metrics import bootstrap_interval, event_labels, paired_bootstrap
from skseisfp.model_selection import PROTOCOLS
from skseisfp.model_selection._event_threshold import best_threshold


@pytest.fixture
def catalogue():
    return make_catalogue()


class Detective(ClassifierMixin, BaseEstimator):
    """Compare what is tested with what was trained on: (event, station) rows."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.events_, self.stations_ = set(X[:, 0]), set(X[:, 1])
        return self

    def predict_proba(self, X):
        known = (
            np.isin(X[:, 0], list(self.events_)),
            np.isin(X[:, 1], list(self.stations_)),
        )
        return np.column_stack(known).astype(float)


def test_nothing_that_is_tested_was_trained_on_nor_set_a_threshold(catalogue):
    frame, _ = catalogue
    rows = np.column_stack([pd.factorize(frame[c])[0] for c in ("event_id", "station")])
    result = evaluate(catalogue, {"detective": Detective()}, rows).probabilities
    result = result[result["estimator"] == "detective"].groupby("protocol")
    assert set(result.groups) == set(PROTOCOLS)
    assert (result["score_blast"].max() == 0).all()
    assert result["score_quake"].max()["new_stations"] == 0
    assert result["score_quake"].max()["event"] == 1
    # an inner fold would show a known event as a margin of -1
    assert (result["threshold"].min() >= 0).all()


def test_tables_follow_from_the_predictions(catalogue):
    _, y = catalogue
    X = {"good": noisy(y, 0.5), "poor": noisy(y, 3)}
    models = dict.fromkeys(X, LogisticRegression(class_weight="balanced"))
    result = evaluate(catalogue, models, X, seeds=[3, 5])
    options = {"n_resamples": 50, "random_state": 5, "classes": ["blast", "quake"]}
    columns = ["score_blast", "score_quake"]
    chosen = result.probabilities.query("protocol == 'new_stations' and seed == 5")
    good, poor = (chosen[chosen["estimator"] == name] for name in X)
    truth = good["label"].to_numpy(), good["event_id"].to_numpy()
    scores = result.scores.query("protocol == 'new_stations' and seed == 5")
    scores = scores[scores["estimator"] == "good"].set_index("metric")
    for metric in ("roc_auc", "brier_score", "calibration_error"):
        expected = bootstrap_interval(
            truth[0], good[columns], truth[1], metric=metric, **options
        )
        assert tuple(scores.loc[metric, ["score", "low", "high"]]) == expected
    assert scores.loc["roc_auc", ["n_events", "n_records"]].tolist() == [40, len(y)]
    pair = result.differences.query("protocol == 'new_stations' and seed == 5").iloc[0]
    assert (pair["a"], pair["b"]) == ("good", "poor")
    assert tuple(pair[["difference", "low", "high"]]) == paired_bootstrap(
        truth[0], good[columns], poor[columns], truth[1], **options
    )


def test_balanced_accuracy_is_that_at_the_threshold_of_the_training_events(catalogue):
    frame, y = catalogue
    result = evaluate(catalogue, protocols="event")
    given = result.probabilities.query("estimator == 'model'")
    assert given["threshold"].nunique() == 3
    margin = given["score_quake"] - given["score_blast"] - given["threshold"]
    events = margin.groupby(given["event_id"]).mean() > 0
    truth = event_labels(y, frame["event_id"])[events.index] == "quake"
    expected = (events[truth].mean() + (~events[~truth]).mean()) / 2
    scores = result.scores.set_index(["estimator", "metric"])["score"]
    assert scores["model", "balanced_accuracy"] == pytest.approx(expected)
    without = evaluate(catalogue, protocols="event", threshold_splits=None)
    without = without.scores.set_index(["estimator", "metric"])["score"]
    # three quarters are quakes, and the even threshold gives nearly all events to them
    assert scores["model", "balanced_accuracy"] > without["model", "balanced_accuracy"]
    assert scores["model", "roc_auc"] == without["model", "roc_auc"]


def test_best_threshold_is_the_middle_of_the_best():
    positive = np.array([False, False, True, False, True, True])
    margin = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0])
    # cuts at -1.5 (3/3 + 2/3) and 0.5 (2/3 + 3/3) are as good: the later one of two
    assert best_threshold(positive, margin) == 0.5
    assert best_threshold(positive[[0, 2]], margin[[0, 2]]) == -2.0
    assert best_threshold(positive[[0, 2]], np.zeros(2)) == 0.0


def test_scores_are_broken_down_by_stations_and_label_columns(catalogue):
    frame, _ = catalogue
    result = evaluate(catalogue, protocols="event", by=None)
    table = result.breakdown.set_index(["column", "value"])
    high = (frame["label_confidence"] == "high").to_numpy()
    line = table.loc["label_confidence", "high"].squeeze()
    assert line["n_records"] == high.sum()
    given = result.probabilities.query("estimator == 'model'").set_index("record")
    given = given.loc[np.flatnonzero(high)]
    expected = bootstrap_interval(
        given["label"],
        given[["score_blast", "score_quake"]],
        given["event_id"].to_numpy(),
        n_resamples=50,
        random_state=0,
    )
    assert tuple(line[["score", "low", "high"]]) == expected
    stations = table.loc["stations"]
    assert stations["n_events"].sum() == 40
    assert np.isnan(table.loc["label_source", "night"].squeeze()["score"])
    assert ("label_source", "all but night") not in table.index  # five events only
    assert "night" not in str(result)


def test_without_a_large_source_of_one_class_is_scored_too(catalogue):
    frame, y = catalogue
    night = frame["event_id"].str[1:].astype(int) % 4 == 1
    frame = frame.assign(label_source=np.where(night, "night", "list"))
    result = evaluate((frame, y), protocols="event", by=None)
    table = result.breakdown.set_index(["column", "value"])
    rest = table.loc["label_source", "all but night"].squeeze()
    assert rest["n_events"] == 30
    assert rest["score"] == table.loc["label_source", "list"].squeeze()["score"]


def test_columns_by_choice(catalogue):
    frame, y = catalogue
    frame = frame.assign(zone=np.where(frame["latitude"] > 45.5, "north", "south"))
    result = evaluate((frame, y), protocols="event", by="zone")
    assert set(result.breakdown["column"]) == {"stations", "zone"}


def test_same_seed_same_result_on_one_job_or_two(catalogue):
    first = evaluate(catalogue, protocols="event")
    again = evaluate(catalogue, protocols="event", n_jobs=2)
    pd.testing.assert_frame_equal(first.probabilities, again.probabilities)
    pd.testing.assert_frame_equal(first.scores, again.scores)
    assert str(first) == str(again)


def test_classifier_without_probabilities_and_another_metric(catalogue):
    result = evaluate(
        catalogue,
        {"svc": SVC(class_weight="balanced")},
        noisy(catalogue[1], 0.3),
        metric="balanced_accuracy",
    )
    model = result.scores.query("kind == 'model'")
    assert set(model["metric"]) == {"balanced_accuracy"}
    assert (model["score"] > 0.8).all()
    assert result.differences.empty
    assert result.table().columns.tolist() == ["balanced accuracy", "above control"]


def test_three_classes_take_the_likeliest(catalogue):
    frame, y = catalogue
    number = frame["event_id"].str[1:].astype(int).to_numpy()
    y = np.array(["blast", "quake", "slide"])[number % 3]
    X = np.random.default_rng(0).normal(0, 0.5, (len(y), 3)) + np.eye(3)[number % 3]
    result = evaluate((frame, y), X=X, protocols="event")
    scores = result.scores.query("kind == 'model'").set_index("metric")["score"]
    assert scores["balanced_accuracy"] > 0.8
    assert result.constants["event"] == pytest.approx(2 / 3, abs=0.01)
    assert result.probabilities["threshold"].isna().all()


def test_a_class_that_a_fitted_model_does_not_know_has_no_probability():
    fitted = KNeighborsClassifier(1).fit([[0.0], [1.0]], ["a", "c"])
    scores = score_rows(
        fitted,
        np.array([[0.0], [1.0]]),
        [0, 1],
        np.array(list("abc")),
        {"groups": np.arange(2)},
    )
    assert scores.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_metadata_are_routed_to_those_that_request_them(catalogue, routing):
    _, y = catalogue

    class Asking(LogisticRegression):
        def fit(self, X, y, groups=None, snr=None):
            assert len(groups) == len(snr) == len(y)
            assert not set(groups) - set(y.index)
            return super().fit(X, y)

        def predict_proba(self, X, snr=None):
            assert len(snr) == len(X)
            return super().predict_proba(X)

    asking = Asking().set_fit_request(groups=True, snr=True)
    asking.set_predict_proba_request(snr=True)
    result = evaluate(
        catalogue,
        {"asking": asking, "plain": LogisticRegression()},
        params={"snr": np.zeros(len(y))},
        protocols="event",
    )
    assert result.differences["difference"].item() == 0


def test_seed_goes_to_every_random_state():
    pipeline = sklearn.pipeline.make_pipeline(SVC(), DummyClassifier())
    params = seeded(pipeline, 7).get_params()
    assert params["svc__random_state"] == params["dummyclassifier__random_state"] == 7
    assert pipeline.get_params()["svc__random_state"] is None

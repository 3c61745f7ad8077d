import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skseisfp.metrics import bootstrap_interval, event_labels, paired_bootstrap
from skseisfp.model_selection import (
    PROTOCOLS,
    EvaluationLedger,
    SealedSetError,
    evaluate_protocols,
)
from skseisfp.model_selection._controls import (
    CONTROLS,
    noise_levels,
    shuffle_labels,
)
from skseisfp.model_selection._event_threshold import best_threshold
from skseisfp.model_selection._out_of_fold import score_rows, seeded

QUICK = {"seeds": [0], "n_splits": 3, "n_resamples": 50, "controls": ["prior"]}


@pytest.fixture
def catalogue():
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


class Unfitted(ClassifierMixin, BaseEstimator):
    """Must not be fitted."""

    def fit(self, X, y):
        raise AssertionError("fitted")


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


# controls


def test_controls_find_the_shortcuts_that_are_there(catalogue):
    frame, y = catalogue
    rng = np.random.default_rng(1)
    blast = y == "blast"
    noise = rng.normal(size=(len(y), 2, 300)) * np.where(blast, 3, 1)[:, None, None]
    hour = np.where(blast, 12, 2)
    frame = frame.assign(
        origin_time=frame["origin_time"].dt.normalize() + pd.to_timedelta(hour, "h"),
        channel=np.where(blast, "EHZ", "HHZ"),
    )
    X = rng.normal(size=(len(y), 3))
    result = evaluate(
        (frame, y), X=X, protocols="event", noise=noise, controls=CONTROLS
    )
    scores = result.scores.query("metric == 'roc_auc'").set_index("estimator")["score"]
    for name in ("station", "noise", "time"):
        assert scores[f"control: {name}"] > 0.95
    assert scores["control: prior"] < 0.7
    line = result.against_controls.iloc[0]
    assert not line["above"]
    assert line["control_score"] > 0.95
    assert "NO: " in str(result)


def test_a_model_above_the_best_control_is_marked(catalogue):
    result = evaluate(catalogue, X=noisy(catalogue[1], 0.3), protocols="event")
    line = result.against_controls.iloc[0]
    assert line["above"]
    assert line["low"] > 0
    assert result.table()["above control"].tolist()[0] == "yes"
    assert result.table().index[0] == ("event", "model")


def test_shuffled_labels_are_those_of_other_events(catalogue):
    frame, y = catalogue
    events = frame["event_id"].to_numpy()
    shuffled = shuffle_labels(y, events, 3)
    labels = event_labels(shuffled, events)
    assert (labels == "blast").sum() == (event_labels(y, events) == "blast").sum()
    assert (shuffled != y).mean() > 0.2


def test_shuffled_labels_are_at_chance_over_draws(catalogue):
    result = evaluate(
        catalogue,
        {"model": LogisticRegression(class_weight="balanced")},
        X=noisy(catalogue[1], 0.3),
        protocols=["event", "new_stations"],
        controls="shuffled",
        seeds=range(20),
        threshold_splits=None,
    )
    shuffled = result.scores.query("kind == 'shuffled'").groupby("protocol")
    mean, error = shuffled["score"].mean(), shuffled["score"].sem()
    # pooled folds, whose training sets lack what is tested, lower chance a little
    assert (mean < 0.5 + 3 * error).all()
    assert (mean > 0.38).all()
    covered = (shuffled["low"].min() <= 0.5) & (shuffled["high"].max() >= 0.5)
    assert covered.all()


def test_a_leak_through_the_features_is_seen_in_shuffled_labels(catalogue):
    """Features that hold the labels of the fit betray themselves."""

    class Oracle(ClassifierMixin, BaseEstimator):
        labels = None

        def fit(self, X, y):
            self.classes_ = np.array(["blast", "quake"])
            return self

        def predict_proba(self, X):
            truth = (Oracle.labels[X[:, 0].astype(int)] == "quake").astype(float)
            return np.column_stack([1 - truth, truth])

    frame, y = catalogue
    Oracle.labels = shuffle_labels(y, frame["event_id"].to_numpy(), 0)
    options = {"protocols": "event", "controls": ["shuffled"]}
    rows = np.arange(len(y))[:, None]
    result = evaluate(catalogue, {"oracle": Oracle()}, rows, **options)
    assert "control: shuffled labels, oracle is above chance" in str(result)
    assert "above chance" not in str(evaluate(catalogue, **options))


def test_what_is_not_run_is_said(catalogue):
    frame, y = catalogue
    bare = frame[["event_id"]]
    result = evaluate((bare, y), controls=CONTROLS)
    assert result.not_run["name"].tolist() == [
        "new_stations",
        "later_events",
        "new_region",
        "control: station",
        "control: noise",
        "control: time",
    ]
    text = str(result)
    assert (
        "not run: control: noise: noise, the records before the event, is not" in text
    )
    assert "not run: control: station: frame has no column station" in text
    assert "not run: new_stations: Protocol 'new_stations' needs a column" in text


def test_levels_of_noise_keep_the_scale_and_take_any_form():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(4, 3, 200))
    levels = noise_levels(noise)
    assert levels.shape == (4, 33)
    np.testing.assert_allclose(noise_levels(10 * noise), levels + 2)
    np.testing.assert_allclose(
        noise_levels(noise[:, :1]), noise_levels(noise[:, 0]), rtol=1e-12
    )
    assert np.isfinite(noise_levels(np.zeros((2, 200)))).all()
    assert noise_levels(noise[..., :20]).shape == (4, 11)


# subsets


def test_scores_are_broken_down_by_stations_and_label_columns(catalogue):
    frame, _ = catalogue
    result = evaluate(catalogue, protocols="event")
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
    result = evaluate((frame, y), protocols="event")
    table = result.breakdown.set_index(["column", "value"])
    rest = table.loc["label_source", "all but night"].squeeze()
    assert rest["n_events"] == 30
    assert rest["score"] == table.loc["label_source", "list"].squeeze()["score"]


def test_columns_by_choice(catalogue):
    frame, y = catalogue
    frame = frame.assign(zone=np.where(frame["latitude"] > 45.5, "north", "south"))
    result = evaluate((frame, y), protocols="event", by="zone")
    assert set(result.breakdown["column"]) == {"stations", "zone"}


# ledger


def test_each_model_under_each_protocol_is_a_look(catalogue, tmp_path):
    ledger = EvaluationLedger(tmp_path / "looks.db")
    models = {"a": LogisticRegression(), "b": LogisticRegression(C=0.01)}
    options = {"protocols": ["event", "later_events"], "seeds": [0, 1]}
    result = evaluate(catalogue, models, ledger=ledger, **options)
    looks = ledger.looks()
    assert looks["label"].tolist() == [
        "a, event",
        "b, event",
        "a, later_events",
        "b, later_events",
    ]
    means = result.scores.query("metric == 'roc_auc' and kind == 'model'")
    means = means.groupby(["estimator", "protocol"])["score"].mean()
    np.testing.assert_allclose(
        looks["score"], [means[tuple(label.split(", "))] for label in looks["label"]]
    )
    assert looks["has_event_scores"].all()
    assert looks["n_events"].tolist() == [40, 40, 20, 20]
    assert "Look 2 at these events" in str(result)
    evaluate(catalogue, models, ledger=ledger, **options)
    assert len(ledger.looks()) == 4  # the same looks again
    evaluate(catalogue, {"a": SVC()}, ledger=ledger, **options)
    assert len(ledger.looks()) == 6


def test_a_sealed_set_has_one_look_and_refuses_before_any_fit(catalogue, tmp_path):
    frame, y = catalogue
    ledger = EvaluationLedger(tmp_path / "looks.db")
    ledger.register("kept", y, frame["event_id"], seal=True)
    options = {"ledger": ledger, "protocols": "event"}
    with pytest.raises(SealedSetError, match="sealed"):
        evaluate(catalogue, {"a": Unfitted(), "b": Unfitted()}, **options)
    with pytest.raises(SealedSetError, match="several looks"):
        evaluate(catalogue, {"a": Unfitted()}, ledger=ledger)
    both = {"ledger": ledger, "protocols": ["event", "later_events"]}
    with pytest.raises(SealedSetError, match="shares 20 events"):
        evaluate(catalogue, {"a": Unfitted()}, **both)
    assert ledger.looks().empty
    evaluate(catalogue, **options)
    with pytest.raises(SealedSetError, match="sealed"):
        evaluate(catalogue, {"again": Unfitted()}, **options)
    assert len(ledger.looks()) == 1


def test_a_ledger_must_be_one(catalogue, tmp_path):
    with pytest.raises(TypeError, match="ledger must be an EvaluationLedger"):
        evaluate(catalogue, {"a": Unfitted()}, ledger=tmp_path / "looks.db")


# other classifiers, other calls


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
        fitted, np.array([[0.0], [1.0]]), [0, 1], np.array(list("abc")), {}
    )
    assert scores.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_metadata_reach_those_that_ask(catalogue, routing):
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


def test_input_is_not_changed(catalogue):
    frame, y = catalogue
    copies = frame.copy(), y.copy()
    evaluate(catalogue, protocols="event")
    pd.testing.assert_frame_equal(frame, copies[0])
    np.testing.assert_array_equal(y, copies[1])


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"seeds": 0}, TypeError, "seeds must be a sequence"),
        ({"seeds": []}, ValueError, "seeds must hold one"),
        ({"seeds": [0.5]}, TypeError, "seeds must be an instance of int"),
        ({"estimators": SVC()}, TypeError, "estimators must be a dict .*; got SVC"),
        ({"estimators": [SVC()]}, TypeError, "estimators must be a dict .*; got list"),
        ({"estimators": {}}, ValueError, "estimators must hold one"),
        ({"estimators": {"a": SVC}}, TypeError, r"estimators\['a'\] must be a class"),
        (
            {"estimators": {"control: time": Unfitted()}},
            ValueError,
            "is the name of a control",
        ),
        ({"X": {"b": np.zeros((3, 2))}}, ValueError, "X lacks the estimators a"),
        ({"X": np.zeros((3, 2))}, ValueError, "inconsistent numbers"),
        ({"noise": np.zeros((3, 200))}, ValueError, "inconsistent numbers"),
        ({"protocols": []}, ValueError, "protocols must hold one"),
        ({"protocols": ["high"]}, ValueError, "protocols must be one of"),
        ({"controls": ["station", "luck"]}, ValueError, "controls must be one of"),
        ({"metric": "auc"}, ValueError, "metric must be one of"),
        ({"metric": "brier_score"}, ValueError, "metric must be one of"),
        ({"n_resamples": 0}, ValueError, "n_resamples == 0"),
        ({"threshold_splits": 1}, ValueError, "threshold_splits == 1"),
        (
            {"threshold_splits": 9},
            ValueError,
            "Training set of protocol 'event': threshold_splits=9 .* 'blast' has",
        ),
        ({"by": "author"}, ValueError, "by: frame lacks the columns author"),
        ({"params": {"snr": [1]}}, ValueError, "params need metadata routing"),
        ({"n_splits": 11}, ValueError, "No protocol is possible: n_splits=11"),
    ],
)
def test_bad_arguments_are_named_before_any_fit(catalogue, changed, error, message):
    frame, y = catalogue
    arguments = {"estimators": {"a": Unfitted()}, "X": noisy(y), "y": y, "frame": frame}
    frame = frame.drop(columns=["origin_time", "latitude"])
    arguments["frame"] = frame
    with pytest.raises(error, match=message):
        evaluate_protocols(**{**arguments, **changed})


def test_too_few_events_of_a_class_are_named(catalogue):
    frame, y = catalogue
    few = np.flatnonzero((y == "quake") | frame["event_id"].isin(["e0", "e4"]))
    with pytest.raises(ValueError, match="class 'blast' has 2"):
        evaluate((frame.iloc[few], y[few]), protocols="event")


DATA = os.environ.get("SKSEISFP_DATA")


@pytest.mark.skipif(not DATA, reason="SKSEISFP_DATA is not set")
def test_controls_bite_on_real_records():
    """Stations and times score without a seismogram, stations only if known."""
    frame = pd.read_csv(Path(DATA) / "pnw" / "metadata.csv")
    frame = frame.query("snr_db > 6 and label_confidence != 'low'")
    frame = frame.reset_index(drop=True)
    result = evaluate_protocols(
        {"model": DummyClassifier()},
        np.zeros((len(frame), 1)),
        frame["event_type"],
        frame,
        protocols=["event", "new_stations"],
        controls=["station", "time"],
        threshold_splits=None,
        seeds=[0],
        n_resamples=50,
    )
    scores = result.scores.query("metric == 'roc_auc'")
    scores = scores.set_index(["protocol", "estimator"])
    assert (scores["n_events"] == 229).all()
    scores = scores["score"]
    assert scores["event", "control: station"] > 0.7
    known, new = scores["event"], scores["new_stations"]
    assert new["control: station"] < known["control: station"] - 0.05
    assert known["control: time"] > 0.7

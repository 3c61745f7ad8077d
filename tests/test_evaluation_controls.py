"""Controls find what can be predicted without a seismogram, and leaks."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from protocol_records import evaluate, make_catalogue, noisy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp.metrics import event_labels
from skseisfp.model_selection import evaluate_protocols
from skseisfp.model_selection._controls import CONTROLS, noise_levels, shuffle_labels

DATA = os.environ.get("SKSEISFP_DATA")


@pytest.fixture
def catalogue():
    return make_catalogue()


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


def test_controls_and_protocols_not_run_are_reported(catalogue):
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
        n_splits=3,
        by=[],
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

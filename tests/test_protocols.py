import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.model_selection import PROTOCOLS, evaluate_protocols, make_protocols
from skseisfp.model_selection.protocols import seeded


@pytest.fixture
def catalogue():
    """Forty events at up to ten stations, with labels of mixed origin."""
    rng = np.random.default_rng(0)
    event, station = np.nonzero(rng.random((40, 10)) < 0.6)
    quake = event % 4 != 0
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in event],
            "station": [f"s{i}" for i in station],
            "label_source": np.where(
                quake & (event % 5 == 0), "inferred_night", "list"
            ),
            "label_confidence": np.where(event % 3 == 0, "medium", "high"),
        }
    )
    return frame, np.where(quake, "quake", "blast")


def noisy(y, size=1.0, seed=0):
    X = np.random.default_rng(seed).normal(0, size, (len(y), 3))
    X[:, 0] += y == "quake"
    return X


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


def test_protocols_are_what_they_say(catalogue):
    frame, y = catalogue
    made = {p.name: p for p in make_protocols(frame, y, random_state=0)}
    assert tuple(made) == PROTOCOLS
    assert made["no_night"].folds is made["event"].folds
    assert made["no_night"].fits == "event"
    night = (frame["label_source"] == "inferred_night").to_numpy()
    np.testing.assert_array_equal(made["no_night"].scored, ~night)
    high = (frame["label_confidence"] == "high").to_numpy()
    np.testing.assert_array_equal(made["high"].scored, high)
    for train, test in made["high"].folds:
        assert high[train].all()
        assert high[test].all()
    for name in ("event", "new_stations"):
        tested = np.concatenate([test for _, test in made[name].folds])
        assert sorted(tested) == list(range(len(y)))
        assert made[name].scored.all()
    assert len(made["event"].folds) == 5
    assert len(made["new_stations"].folds) == 25


def test_nothing_that_is_tested_was_trained_on(catalogue):
    frame, y = catalogue
    rows = np.column_stack([pd.factorize(frame[c])[0] for c in ("event_id", "station")])
    result = evaluate_protocols(
        {"detective": Detective()}, rows, y, frame, seeds=[0], n_resamples=10
    ).probabilities
    known_event = result.groupby("fits")["score_blast"].max()
    known_station = result.groupby("fits")["score_quake"].max()
    assert (known_event == 0).all()
    assert known_station.to_dict() == {"event": 1, "high": 1, "new_stations": 0}


def test_tables_follow_from_the_answers(catalogue):
    frame, y = catalogue
    X = {"good": noisy(y, 0.5), "poor": noisy(y, 3)}
    trees = ExtraTreesClassifier(10)
    result = evaluate_protocols(
        dict.fromkeys(X, trees), X, y, frame, seeds=[3, 5], n_resamples=100
    )
    assert len(result.scores) == 4 * 2 * 2
    assert len(result.differences) == 4 * 2
    assert (result.scores["low"] <= result.scores["score"]).all()
    assert (result.scores["score"] <= result.scores["high"]).all()
    assert len(result.probabilities) == 2 * 2 * (
        2 * len(y) + (frame["label_confidence"] == "high").sum()
    )
    answers = result.probabilities.query("fits == 'new_stations' and seed == 5")
    good, poor = (answers[answers["estimator"] == name] for name in X)
    options = {"n_resamples": 100, "random_state": 5}
    columns = ["score_blast", "score_quake"]
    line = result.scores.query("protocol == 'new_stations' and seed == 5").iloc[0]
    assert tuple(line[["score", "low", "high"]]) == bootstrap_interval(
        good["label"], good[columns], good["event_id"], **options
    )
    assert line["n_events"] == frame["event_id"].nunique()
    pair = result.differences.query("protocol == 'new_stations' and seed == 5").iloc[0]
    assert (pair["a"], pair["b"]) == ("good", "poor")
    assert tuple(pair[["difference", "low", "high"]]) == paired_bootstrap(
        good["label"], good[columns], poor[columns], good["event_id"], **options
    )


def test_same_seed_same_result_on_one_job_or_two(catalogue):
    frame, y = catalogue
    arguments = ({"trees": ExtraTreesClassifier(5)}, noisy(y), y, frame)
    options = {"seeds": [1], "protocols": ["event"], "n_resamples": 20}
    first = evaluate_protocols(*arguments, **options)
    again = evaluate_protocols(*arguments, n_jobs=2, **options)
    pd.testing.assert_frame_equal(first.probabilities, again.probabilities)
    pd.testing.assert_frame_equal(first.scores, again.scores)


def test_no_signal_is_chance(catalogue):
    frame, y = catalogue
    rng = np.random.default_rng(0)
    draws = {f"draw {i}": rng.normal(size=(len(y), 3)) for i in range(10)}
    scores = evaluate_protocols(
        dict.fromkeys(draws, LogisticRegression(class_weight="balanced")),
        draws,
        y,
        frame,
        seeds=[0],
        protocols=["event", "new_stations"],
        n_resamples=5,
    ).scores.groupby("protocol")["score"]
    assert (abs(scores.mean() - 0.5) < 3 * scores.sem() + 0.02).all()


def test_classifier_without_probabilities_and_another_metric(catalogue):
    frame, y = catalogue
    result = evaluate_protocols(
        {"svc": SVC(class_weight="balanced")},
        noisy(y, 0.3),
        y,
        frame,
        seeds=[0],
        metric="balanced_accuracy",
        n_resamples=20,
    )
    assert (result.scores["score"] > 0.8).all()
    assert result.differences.empty


def test_metadata_reach_those_that_ask(catalogue):
    frame, y = catalogue

    class Asking(LogisticRegression):
        def fit(self, X, y, groups=None, snr=None):
            assert len(groups) == len(snr) == len(y)
            assert not set(groups) - set(y.index)
            return super().fit(X, y)

        def predict_proba(self, X, snr=None):
            assert len(snr) == len(X)
            return super().predict_proba(X)

    snr = np.zeros(len(y))
    options = {"seeds": [0], "protocols": ["event"], "n_resamples": 5}
    with sklearn.config_context(enable_metadata_routing=True):
        asking = Asking().set_fit_request(groups=True, snr=True)
        asking.set_predict_proba_request(snr=True)
        result = evaluate_protocols(
            {"asking": asking, "plain": LogisticRegression()},
            noisy(y),
            y,
            frame,
            params={"snr": snr},
            **options,
        )
    assert result.differences["difference"].item() == 0
    with pytest.raises(ValueError, match="params need metadata routing"):
        evaluate_protocols(
            {"plain": LogisticRegression()},
            noisy(y),
            y,
            frame,
            params={"snr": snr},
            **options,
        )


def test_seed_goes_to_every_random_state():
    pipeline = sklearn.pipeline.make_pipeline(SVC(), ExtraTreesClassifier())
    params = seeded(pipeline, 7).get_params()
    assert (
        params["svc__random_state"] == params["extratreesclassifier__random_state"] == 7
    )
    assert pipeline.get_params()["svc__random_state"] is None


def test_bad_input_is_named(catalogue):
    frame, y = catalogue
    with pytest.raises(
        ValueError, match="frame lacks the columns label_source, station"
    ):
        make_protocols(frame[["event_id", "label_confidence"]], y)
    with pytest.raises(ValueError, match="protocols must be one of"):
        make_protocols(frame, y, protocols=["night"])
    with pytest.raises(ValueError, match="straddle labels"):
        make_protocols(frame, np.where(frame["station"] == "s1", "blast", "quake"))
    rare = np.where(frame["event_id"] == frame["event_id"][0], "blast", "quake")
    with (
        pytest.warns(UserWarning, match="least populated class"),
        pytest.raises(ValueError, match=r"Protocol 'event', fold \d+: no 'blast'"),
    ):
        make_protocols(
            frame, rare, protocols=["event"], n_splits=len(frame["event_id"].unique())
        )
    with pytest.raises(ValueError, match="X lacks the estimators b"):
        evaluate_protocols({"a": SVC(), "b": SVC()}, {"a": noisy(y)}, y, frame)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate_protocols({"a": SVC()}, noisy(y)[:-1], y, frame)


def test_the_protocols_that_remain_are_named(catalogue):
    frame, y = catalogue
    with pytest.raises(ValueError, match=r"=\['event', 'new_stations'\] remains"):
        make_protocols(frame[["event_id", "station"]], y)
    with pytest.raises(ValueError, match=r"event_id; .* no protocol remains possible"):
        make_protocols(frame[["station"]], y, protocols=["event"])


def test_one_protocol_may_be_given_by_its_name(catalogue):
    frame, y = catalogue
    (protocol,) = make_protocols(frame, y, protocols="event")
    assert protocol.name == "event"
    with pytest.raises(ValueError, match=r"protocols must be one of .*; got 'night'"):
        make_protocols(frame, y, protocols="night")


class Unfitted(SVC):
    def fit(self, X, y):
        raise AssertionError("fitted before the input was checked")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"seeds": 0}, TypeError, "seeds must be a sequence of int"),
        ({"seeds": []}, ValueError, "seeds must hold one"),
        ({"seeds": [0.5]}, TypeError, "seeds must be an instance of int"),
        ({"estimators": SVC()}, TypeError, "estimators must be a dict .*; got SVC"),
        ({"estimators": [SVC()]}, TypeError, "estimators must be a dict .*; got list"),
        ({"estimators": {}}, ValueError, "estimators must hold one"),
        ({"estimators": {"a": SVC}}, TypeError, r"estimators\['a'\] must be a class"),
        ({"protocols": []}, ValueError, "protocols must hold one"),
        ({"metric": "auc"}, ValueError, "metric must be one of"),
        ({"n_resamples": 0}, ValueError, "n_resamples == 0"),
    ],
)
def test_bad_arguments_are_named_before_any_fit(catalogue, changed, error, message):
    frame, y = catalogue
    arguments = {"estimators": {"a": Unfitted()}, "X": noisy(y), "y": y, "frame": frame}
    with pytest.raises(error, match=message):
        evaluate_protocols(**{**arguments, **changed})


def test_frame_must_be_a_table_with_events(catalogue):
    frame, y = catalogue
    arguments = {"a": Unfitted()}, noisy(y), y
    with pytest.raises(TypeError, match=r"frame must be a DataFrame .* got ndarray"):
        evaluate_protocols(*arguments, frame["event_id"].to_numpy())
    with pytest.raises(ValueError, match="frame lacks the columns event_id"):
        evaluate_protocols(*arguments, frame.drop(columns="event_id"))


DATA = os.environ.get("SKSEISFP_DATA")


@pytest.mark.skipif(not DATA, reason="SKSEISFP_DATA is not set")
def test_stations_alone_score_on_real_records_unless_they_are_new():
    """The shortcut of the labels, and the protocol that takes it away."""
    frame = pd.read_csv(Path(DATA) / "pnw" / "metadata.csv")
    frame = frame[frame["snr_db"] > 6].reset_index(drop=True)
    columns = ["station", "channel", "original_sampling_rate_hz"]
    X = OneHotEncoder(sparse_output=False).fit_transform(frame[columns])
    result = evaluate_protocols(
        {"where": LogisticRegression()},
        X,
        frame["event_type"],
        frame,
        protocols=["event", "new_stations"],
        seeds=[0],
    )
    known, new = result.scores["score"]
    assert result.scores["n_events"].tolist() == [236, 236]
    assert known > 0.7
    assert new < known - 0.1

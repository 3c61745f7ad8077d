"""Bad input of a nested evaluation is named, and candidates that fail are reported."""

import numpy as np
import pandas as pd
import pytest
from nested_candidates import (
    FAST,
    Failing,
    NaNs,
    OneFeature,
    Unfitted,
    columns,
    make_catalogue,
    noisy,
)
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from skseisfp.model_selection import make_protocols, nested_evaluation


@pytest.fixture
def catalogue():
    return make_catalogue()


def test_a_failing_candidate_is_reported_and_not_chosen(catalogue):
    frame, y = catalogue
    space = {"good": OneFeature(1), "bad": Failing(), "nan": NaNs()}
    with pytest.warns(FitFailedWarning, match=r"2 of 3 .* bad: RuntimeError: out of"):
        result = nested_evaluation(space, noisy(y), y, frame, **FAST)
    assert result.choices["candidate"].tolist() == ["good"] * 3
    table = result.candidates
    assert table.loc["bad", "error"] == "RuntimeError: out of luck"
    assert "predictions of NaNs hold NaN" in table.loc["nan", "error"]
    assert table.loc[["bad", "nan"], "score"].isna().all()
    assert table.index[0] == "good"
    assert "2 candidates, first bad: RuntimeError: out of luck" in str(result)
    assert np.isnan(result.rank_correlation)


def test_a_candidate_that_fails_somewhere_may_be_chosen_elsewhere(catalogue):
    frame, y = catalogue
    space = {"shaky": Failing(0, event="e0"), "poor": OneFeature(1)}
    with pytest.warns(FitFailedWarning, match="1 of 2"):
        result = nested_evaluation(space, noisy(y, 0.5), y, frame, **FAST)
    # fitted without e0 in the one fold that tests it
    assert sorted(result.choices["name"]) == ["poor", "poor", "shaky"]
    assert result.naive.score == result.candidates.loc["poor", "score"]


def test_no_candidate_succeeds_everywhere(catalogue):
    frame, y = catalogue
    space = {name: Failing(0, event="e0") for name in ("a", "b")}
    with pytest.raises(ValueError, match=r"All candidates failed .* RuntimeError: out"):
        nested_evaluation(space, noisy(y), y, frame, **FAST)
    options = {**FAST, "n_splits": 2}
    (protocol,) = make_protocols(
        frame.reset_index(), y, protocols=["event"], n_splits=2, random_state=0
    )
    first, second = (frame["event_id"].iloc[test[0]] for _, test in protocol.folds)
    space = {"a": Failing(0, event=first), "b": Failing(0, event=second)}
    with pytest.warns(FitFailedWarning, match="2 of 2"):
        result = nested_evaluation(space, noisy(y), y, frame, **options)
    assert result.choices["name"].tolist() == ["a", "b"]
    assert np.isnan(result.naive.score)
    assert np.isnan(result.optimism.score)
    assert np.isfinite(result.score.score)


def test_metadata_are_routed(catalogue, routing):
    frame, y = catalogue

    class Asking(LogisticRegression):
        def fit(self, X, y, groups=None, snr=None):
            assert len(groups) == len(snr) == len(y)
            assert list(groups) == list(y.index)
            return super().fit(X, y)

        def predict_proba(self, X, snr=None):
            assert len(snr) == len(X)
            return super().predict_proba(X)

    asking = Asking().set_fit_request(groups=True, snr=True)
    asking.set_predict_proba_request(snr=True)
    result = nested_evaluation(
        {"asking": asking, "plain": LogisticRegression()},
        noisy(y),
        y,
        frame,
        params={"snr": np.zeros(len(y))},
        **FAST,
    )
    assert (result.candidates["error"] == "").all()
    assert result.candidates["score"].nunique() == 1
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        nested_evaluation(columns(), noisy(y), y, frame, params={"snr": [0]})


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"search_space": [Unfitted()]}, TypeError, "search_space must be a dict"),
        ({"search_space": {}}, ValueError, "search_space must hold one classifier"),
        ({"search_space": {"a": Unfitted()}}, ValueError, "nothing to choose"),
        (
            {"search_space": {"a": (Unfitted(), {"column": [1]})}},
            ValueError,
            "nothing to choose",
        ),
        (
            {"search_space": {"a": Unfitted, "b": Unfitted()}},
            TypeError,
            r"search_space\['a'\] must be a classifier",
        ),
        (
            {"search_space": {"a": Unfitted(), ("b", "c"): Unfitted()}},
            ValueError,
            "names of one form",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"row": [1, 2]})}},
            ValueError,
            r"search_space\['a'\]: Invalid parameter 'row'",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"column": 1})}},
            TypeError,
            r"search_space\['a'\]: ",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"column": []})}},
            ValueError,
            r"search_space\['a'\]: ",
        ),
        (
            {"search_space": {"a": Unfitted(), "svc": LinearSVC()}},
            ValueError,
            "mixes classifiers with and without predict_proba, such as a and svc",
        ),
        ({"X": {"b": np.zeros(3)}}, ValueError, "X lacks the names 'feature'"),
        ({"X": np.zeros((3, 4))}, ValueError, "inconsistent numbers of samples"),
        ({"protocol": "night"}, ValueError, "^protocol must be one of 'event'"),
        ({"protocol": ["event"]}, TypeError, r"protocol must be one of .* a pair of"),
        (
            {"protocol": ("night", 5)},
            TypeError,
            r"protocol must be one of .* a pair of",
        ),
        (
            {"inner_protocol": "night"},
            ValueError,
            "inner_protocol must be one of 'event'",
        ),
        ({"metric": "auc"}, ValueError, "metric must be one of"),
        ({"metric": "brier_score"}, ValueError, "metric must be one of"),
        ({"n_iter": 1}, ValueError, r"n_iter must be an int .*; got 1\."),
        ({"n_iter": 9}, ValueError, "n_iter must be between 2 and 4"),
        ({"n_splits": 1}, ValueError, r"n_splits must be an int .*; got 1\."),
        ({"n_splits": 11}, ValueError, "n_splits=11 needs 11 .* 10 of 'blast'"),
        (
            {"n_inner_splits": 9},
            ValueError,
            r"Outer fold 0, inner folds: n_inner_splits=9 .* 8 of 'blast'",
        ),
        ({"n_resamples": 0}, ValueError, r"n_resamples must be an int .*; got 0\."),
        ({"params": {"snr": [0]}}, ValueError, "params need metadata routing"),
        ({"frame": None}, TypeError, "frame must be a DataFrame"),
        ({"random_state": -1}, ValueError, r"random_state must be an int .*; got -1\."),
    ],
)
def test_bad_arguments_are_named_before_any_fit(catalogue, changed, error, message):
    frame, y = catalogue
    arguments = {
        "search_space": columns(4, Unfitted()),
        "X": noisy(y),
        "y": y,
        "frame": frame,
    }
    with pytest.raises(error, match=message):
        nested_evaluation(**{**arguments, **changed})


def test_bad_frames_and_labels_are_named(catalogue):
    frame, y = catalogue
    space, X = columns(4, Unfitted()), noisy(y)
    with pytest.raises(ValueError, match="frame lacks the column event_id"):
        nested_evaluation(space, X, y, frame.drop(columns="event_id"))
    with pytest.raises(ValueError, match="station"):
        nested_evaluation(
            space, X, y, frame.drop(columns="station"), protocol="new_stations"
        )
    with pytest.raises(ValueError, match="straddle labels"):
        nested_evaluation(space, X, np.where(X[:, 1] > 0, "blast", "quake"), frame)
    with pytest.raises(ValueError, match="y is missing for record 0"):
        nested_evaluation(space, X, np.array([None, *y[1:]], object), frame)


def test_inner_folds_that_lack_a_class_are_named():
    """Later events: all blasts of the first half are in its last quarter."""
    events = np.arange(80)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(events, unit="D")
    frame = pd.DataFrame({"event_id": events, "origin_time": times.astype(str)})
    y = np.where((events >= 35) & (events % 3 == 0), "blast", "quake")
    X = np.zeros((80, 4))
    with pytest.raises(ValueError, match=r"Outer fold 0, inner folds: .*blast"):
        nested_evaluation(columns(4, Unfitted()), X, y, frame, protocol="later_events")
    y = np.where(events % 3 == 0, "blast", "quake")
    X = np.random.default_rng(0).normal(size=(80, 4)) + 2 * (y == "quake")[:, None]
    result = nested_evaluation(
        columns(), X, y, frame, protocol="later_events", n_resamples=50
    )
    assert len(result.choices) == 2
    assert result.probabilities["event_id"].min() == 40
    assert result.score.score > 0.7

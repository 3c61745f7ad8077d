"""Bad input of an evaluation by protocols is named before any fit; none is changed."""

import numpy as np
import pandas as pd
import pytest
from protocol_records import Unfitted, evaluate, make_catalogue, noisy
from sklearn.svm import SVC

from skseisfp.model_selection import evaluate_protocols


@pytest.fixture
def catalogue():
    return make_catalogue()


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
        ({"seeds": [0.5]}, TypeError, r"seeds must be an int .*; got 0\.5"),
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
        ({"protocols": ["night"]}, ValueError, "protocols must be one of"),
        ({"controls": ["station", "luck"]}, ValueError, "controls must be one of"),
        ({"metric": "auc"}, ValueError, "metric must be one of"),
        ({"metric": "brier_score"}, ValueError, "metric must be one of"),
        ({"n_resamples": 0}, ValueError, r"n_resamples must be an int .*; got 0\."),
        (
            {"threshold_splits": 1},
            ValueError,
            r"threshold_splits must be an int .*; got 1\.",
        ),
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

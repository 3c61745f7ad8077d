"""The curve over the threshold is that of a loop; the best is in the middle."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
)

from skseisfp.metrics.threshold_curve import middle_of_best, threshold_curve

LOOPED = {
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "f1": lambda true, found: f1_score(true, found, average="macro", zero_division=0),
}


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    positive = rng.random(80) < 0.2
    return positive, (positive + rng.normal(0, 1, 80)).round(1)  # with ties


@pytest.mark.parametrize("metric", LOOPED)
def test_scores_are_those_of_a_loop(rows, metric):
    positive, score = rows
    thresholds, scores = threshold_curve(positive, score, metric)
    expected = [LOOPED[metric](positive, score >= at) for at in thresholds]
    np.testing.assert_allclose(scores, expected)
    by_call = threshold_curve(positive, score, LOOPED[metric])
    np.testing.assert_allclose(by_call, (thresholds, scores))


@pytest.mark.parametrize("rate", [0.0, 0.1, 1.0])
def test_sensitivity_is_undefined_where_false_alarms_are_too_many(rows, rate):
    positive, score = rows
    thresholds, scores = threshold_curve(
        positive, score, "sensitivity", max_false_alarm_rate=rate
    )
    for at, value in zip(thresholds, scores, strict=True):
        false_alarms = np.mean(score[~positive] >= at)
        assert np.isnan(value) == (false_alarms > rate)
        if not np.isnan(value):
            assert value == pytest.approx(np.mean(score[positive] >= at))


def test_cost_is_the_mean_of_a_row(rows):
    positive, score = rows
    thresholds, scores = threshold_curve(positive, score, "cost", costs=(1.0, 7.0))
    for at, value in zip(thresholds, scores, strict=True):
        (_, alarms), (missed, _) = confusion_matrix(positive, score >= at)
        assert value == pytest.approx(-(alarms + 7 * missed) / len(score))


def test_every_prediction_has_one_threshold(rows):
    positive, score = rows
    thresholds, _ = threshold_curve(positive, score)
    assert (np.diff(thresholds) > 0).all()
    assert list(thresholds[[0, -1]]) == [-np.inf, np.inf]
    found = {tuple(score >= at) for at in thresholds}
    assert len(found) == len(thresholds) == len(np.unique(score)) + 1


def test_a_threshold_lies_between_neighbouring_floats():
    low = 0.1
    high = np.nextafter(low, 1)
    thresholds, scores = threshold_curve(np.array([False, True]), np.array([low, high]))
    assert low < thresholds[1] <= high
    assert scores[1] == 1.0


def test_an_unknown_metric_is_named(rows):
    with pytest.raises(ValueError, match=r"metric must be one of .* got 'recall'"):
        threshold_curve(*rows, "recall")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0, 1, 0, 1, 1, 1, 0], 4),
        ([0, 1, 1, 0, 1, 0, 0], 2),
        ([0, 0, 1, 1, 1, 1, 0], 4),
        ([1, 0, 0, 0.5, 0, 0, 0], 0),
        ([1, 1, 0, 0, 0, 0, 0], 1),
        ([np.nan, np.nan, 0.2, 0.2 + 1e-15, 0.2, 0.1, 0], 3),
    ],
)
def test_the_middle_of_the_longest_run_is_chosen(scores, expected):
    thresholds = np.array([-np.inf, 1, 2, 3, 4, 5, np.inf])
    assert middle_of_best(thresholds, np.asarray(scores, dtype=float)) == expected

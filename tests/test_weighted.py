from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

from skseisfp.metrics import make_event_scorer
from skseisfp.metrics.weighted import (
    METRICS,
    CallableMetric,
    Rows,
    brier_score,
    calibration_error,
    class_score,
    encode,
    get_metric,
    get_score,
    metric_name,
)


@st.composite
def scored(draw, max_classes=4):
    """Rows in which every class occurs, and two sets of bootstrap counts."""
    n_classes = draw(st.integers(2, max_classes))
    n_rows = draw(st.integers(n_classes, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    true = np.concatenate(
        [np.arange(n_classes), rng.integers(0, n_classes, n_rows - n_classes)]
    )
    scores = rng.integers(0, 5, (n_rows, n_classes)) + 0.5  # with ties
    scores /= scores.sum(axis=1, keepdims=True)
    counts = np.vstack([np.ones(n_rows), rng.integers(1, 4, n_rows)])
    return Rows(true, scores.argmax(axis=1), scores), counts


@settings(max_examples=50, deadline=None)
@given(scored())
def test_scores_are_those_of_scikit_learn(case):
    rows, counts = case
    recall = {"average": "macro", "zero_division": 0}
    for i, weight in enumerate(counts):
        common = {"sample_weight": weight}
        expected = {
            "accuracy": accuracy_score(rows.true, rows.predicted, **common),
            "balanced_accuracy": recall_score(
                rows.true, rows.predicted, **common, **recall
            ),
            "f1": f1_score(
                rows.true, rows.predicted, average="macro", zero_division=0, **common
            ),
            "roc_auc": np.mean(
                [
                    roc_auc_score(rows.true == k, rows.scores[:, k], **common)
                    for k in range(rows.scores.shape[1])
                ]
            ),
        }
        if rows.scores.shape[1] == 2:
            expected["roc_auc"] = roc_auc_score(rows.true, rows.scores[:, 1], **common)
        for name, metric in METRICS.items():
            assert metric(rows, counts)[i] == pytest.approx(expected[name]), name


@settings(deadline=None)
@given(scored())
def test_counts_are_repeated_rows(case):
    rows, counts = case
    repeated = np.repeat(np.arange(len(rows.true)), counts[1].astype(int))
    again = Rows(*(part[repeated] for part in rows[:3]))
    for metric in METRICS.values():
        assert metric(rows, counts)[1] == pytest.approx(
            metric(again, np.ones((1, len(repeated))))[0]
        )


@settings(deadline=None)
@given(scored())
def test_callables_are_called_with_the_rows_that_are_drawn(case):
    rows, counts = case
    labels = np.array(["a", "b", "c", "d"])[: rows.scores.shape[1]]
    rows = rows._replace(classes=labels)
    own = get_metric(accuracy_score)(rows, counts)
    assert own == pytest.approx(get_metric("accuracy")(rows, counts))
    recall = CallableMetric(
        recall_score, kwargs={"labels": ["b"], "average": "macro", "zero_division": 0}
    )
    np.testing.assert_allclose(
        recall(rows, counts), class_score("recall", rows, counts)[:, 1]
    )
    if len(labels) == 2:
        auc = CallableMetric(roc_auc_score, "predict_proba", -1)
        np.testing.assert_allclose(
            auc(rows, counts), -get_score("roc_auc")(rows, counts)
        )


def test_rows_without_labels_are_scored_by_class_numbers():
    rows = Rows(np.array([0, 1, 1]), np.array([0, 0, 1]), np.eye(2)[[0, 0, 1]])
    recall = CallableMetric(recall_score, kwargs={"pos_label": 1})
    assert recall(rows, np.ones((1, 3))).tolist() == [0.5]


def test_metrics_have_names():
    assert metric_name("f1") == "f1"
    assert metric_name(accuracy_score) == "accuracy_score"
    assert metric_name(make_event_scorer("f1")) == "f1"
    assert metric_name(make_event_scorer(f1_score, average="macro")) == "f1_score"
    part = partial(f1_score, average="macro")
    assert metric_name(part) == repr(part)

    def f1(y_true, y_pred):
        return 0.5

    assert metric_name(f1) == "own f1"


@settings(max_examples=50, deadline=None)
@given(scored())
def test_class_scores_are_those_of_scikit_learn(case):
    rows, counts = case
    for k in range(rows.scores.shape[1]):
        true, predicted = rows.true == k, rows.predicted == k
        for name, score, positive in (
            ("precision", precision_score, True),
            ("recall", recall_score, True),
            ("negative_predictive_value", precision_score, False),
            ("specificity", recall_score, False),
        ):
            expected = score(
                true,
                predicted,
                pos_label=positive,
                sample_weight=counts[1],
                zero_division=np.nan,
            )
            assert class_score(name, rows, counts)[1, k] == pytest.approx(
                expected, nan_ok=True
            ), name


def test_auc_of_a_missing_class_is_nan_with_a_warning():
    rows = Rows(np.array([0, 0]), np.array([0, 1]), np.eye(2))
    with pytest.warns(UndefinedMetricWarning, match="no row is of class number 1"):
        assert np.isnan(get_metric("roc_auc")(rows, np.ones((1, 2)))).all()


def test_balanced_accuracy_of_a_missing_class_is_over_the_others():
    rows = Rows(np.array([0, 0]), np.array([0, 2]), np.eye(3)[[0, 2]])
    assert get_metric("balanced_accuracy")(rows, np.ones((1, 2))) == 0.5


def test_unknown_labels_and_metrics_are_named():
    with pytest.raises(ValueError, match="holds 'rock', which is none of the classes"):
        encode(["blast", "rock"], ["blast", "quake"])
    with pytest.raises(ValueError, match="metric must be one of 'accuracy'"):
        get_metric("kappa")
    with pytest.raises(ValueError, match=r"must be one of 'accuracy'.*'roc_auc'; got"):
        get_score("brier_score")
    with pytest.raises(ValueError, match="metric must be a scorer of one metric; got"):
        get_score(make_event_scorer(["accuracy", "f1"]))


@settings(deadline=None)
@given(scored())
def test_brier_score_is_that_of_scikit_learn(case):
    rows, counts = case
    for i, weight in enumerate(counts):
        expected = brier_score_loss(
            rows.true,
            rows.scores[:, 1] if rows.scores.shape[1] == 2 else rows.scores,
            sample_weight=weight,
            labels=np.arange(rows.scores.shape[1]),
        )
        assert brier_score(rows, counts)[i] == pytest.approx(expected)


def test_calibration_error_by_hand():
    second = np.array([0.05, 0.05, 0.05, 0.05, 0.72, 0.78, 0.75, 1.0])
    true = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    rows = Rows(true, second.round().astype(int), np.column_stack([1 - second, second]))
    # bins 0-0.1: 0.05 against 1/4; 0.7-0.8: 0.75 against 2/3; 0.9-1: exact
    expected = (4 * 0.2 + 3 * (0.75 - 2 / 3)) / 8
    assert calibration_error(rows, np.ones((1, 8)))[0] == pytest.approx(expected)
    only_first_bin = np.array([[1, 1, 1, 1, 0, 0, 0, 0.0]])
    assert calibration_error(rows, only_first_bin)[0] == pytest.approx(0.2)


def test_calibration_error_of_several_classes_is_of_the_most_probable_one():
    scores = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]])
    rows = Rows(np.array([0, 0, 2]), scores.argmax(axis=1), scores)
    # 0.8 against 1 twice in one bin, 0.6 against 0
    assert calibration_error(rows, np.ones((1, 3)))[0] == pytest.approx(1.0 / 3)


def test_true_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    second = rng.random(20_000)
    true = (rng.random(20_000) < second).astype(int)
    rows = Rows(true, true, np.column_stack([1 - second, second]))
    assert calibration_error(rows, np.ones((1, 20_000)))[0] < 0.02


@pytest.mark.parametrize("name", ["brier_score", "calibration_error"])
@pytest.mark.parametrize("scores", [[[-1.0, 1.0]], [[0.5, 0.9]], [[2.0, -1.0]]])
def test_losses_need_probabilities(name, scores):
    rows = Rows(np.array([1]), np.array([1]), np.array(scores))
    with pytest.raises(ValueError, match="need probabilities"):
        get_metric(name)(rows, np.ones((1, 1)))

"""Scores of weighted rows, for many sets of weights at once.

Each score is a function of rows and of weights of shape (n_resamples, n_rows). With
weights of one it is the ordinary score; with the counts of a bootstrap it is the score
of every resample, in one go.
"""

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import column_or_1d

from .._utils.checks import check_option

# equal bins of the probability; Guo et al. (2017) use 15 for thousands of images, but
# events are fewer
N_BINS = 10


class Rows(NamedTuple):
    """Rows to be scored: true and predicted class numbers, scores of the classes."""

    true: np.ndarray
    predicted: np.ndarray
    scores: np.ndarray


def encode(y, classes, *, name="y_true"):
    """Return class numbers, refusing labels that are not among the classes."""
    y, classes = column_or_1d(y), np.asarray(classes)
    codes = np.full(len(y), -1)
    for code, label in enumerate(classes):
        codes[y == label] = code
    if (codes < 0).any():
        raise ValueError(
            f"{name} holds {y[codes < 0].tolist()[0]!r}, which is none of the classes "
            f"{', '.join(map(str, classes))}: was the class missing in training?"
        )
    return codes


def confusion(rows, weights):
    """Return confusion matrices of shape (n_resamples, n_classes, n_classes)."""
    n_classes = rows.scores.shape[1]
    cells = np.eye(n_classes**2)[rows.true * n_classes + rows.predicted]
    return (weights @ cells).reshape(-1, n_classes, n_classes)


def _ratio(part, whole):
    """Divide, with NaN where the whole is zero."""
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def class_counts(matrix):
    """Return (part, whole) of every one-vs-rest proportion of confusion matrices."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    support, predicted = matrix.sum(axis=-1), matrix.sum(axis=-2)
    total = matrix.sum(axis=(-2, -1))[..., None]
    rejected = total - support - predicted + hits
    return {
        "precision": (hits, predicted),
        "recall": (hits, support),
        "specificity": (rejected, total - support),
        "negative_predictive_value": (rejected, total - predicted),
    }


def class_score(name, rows, weights):
    """Return a one-vs-rest proportion of every class, (n_resamples, n_classes)."""
    return _ratio(*class_counts(confusion(rows, weights))[name])


def accuracy(rows, weights):
    """Share of the rows that are right."""
    return _ratio(weights @ (rows.true == rows.predicted), weights.sum(axis=1))


def balanced_accuracy(rows, weights):
    """Mean recall over the classes that occur."""
    recall = class_score("recall", rows, weights)
    return np.nanmean(recall, axis=1)


def f1(rows, weights):
    """Mean F1 over the classes that occur in truth or prediction."""
    matrix = confusion(rows, weights)
    hits = np.diagonal(matrix, axis1=1, axis2=2)
    return np.nanmean(_ratio(2 * hits, matrix.sum(axis=1) + matrix.sum(axis=2)), axis=1)


def roc_auc(rows, weights):
    """Area under the ROC curve; its one-vs-rest mean where classes are several."""
    n_classes = rows.scores.shape[1]
    columns = [1] if n_classes == 2 else range(n_classes)
    missing = set(range(n_classes)) - set(rows.true)
    if missing:
        warnings.warn(
            f"The AUC is undefined: no row is of class number {min(missing)}.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return np.full(len(weights), np.nan)
    areas = [_auc(rows.true == k, rows.scores[:, k], weights) for k in columns]
    return np.mean(areas, axis=0)


def _auc(positive, score, weights):
    """Return the weighted Mann-Whitney probability, ties counting half."""
    order = np.argsort(score, kind="stable")
    positive, score, weights = positive[order], score[order], weights[:, order]
    below = np.cumsum(weights * ~positive, axis=1)
    below = np.column_stack([np.zeros(len(weights)), below])
    first = np.searchsorted(score, score, side="left")
    last = np.searchsorted(score, score, side="right")
    wins = (weights * positive * (below[:, first] + below[:, last]) / 2).sum(axis=1)
    return _ratio(wins, (weights @ positive) * below[:, -1])


def brier_score(rows, weights):
    """Mean squared error of the probabilities; of two classes, of the second one."""
    scores = check_probabilities(rows.scores)
    n_classes = scores.shape[1]
    errors = ((scores - np.eye(n_classes)[rows.true]) ** 2).sum(axis=1)
    if n_classes == 2:
        errors = errors / 2
    return _ratio(weights @ errors, weights.sum(axis=1))


def calibration_error(rows, weights):
    """Mean distance of probability and frequency over bins of the probability.

    Of two classes it is the probability of the second one, of several that of the
    likeliest.
    """
    scores = check_probabilities(rows.scores)
    if scores.shape[1] == 2:
        probability, hit = scores[:, 1], rows.true == 1
    else:
        probability, hit = scores.max(axis=1), rows.true == scores.argmax(axis=1)
    bins = np.minimum((probability * N_BINS).astype(int), N_BINS - 1)
    gaps = (weights * (probability - hit)) @ np.eye(N_BINS)[bins]
    return _ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))


def are_probabilities(scores):
    """Return whether scores lie between 0 and 1 and sum to 1 over the classes."""
    in_range = ((scores >= 0) & (scores <= 1)).all()
    return bool(in_range and np.allclose(scores.sum(axis=1), 1, atol=1e-6))


def check_probabilities(scores):
    """Return scores, or raise if they are not probabilities."""
    if not are_probabilities(scores):
        raise ValueError(
            "brier_score and calibration_error need probabilities, between 0 and 1 and "
            "with a sum of 1 over the classes; y_score holds other scores."
        )
    return scores


METRICS = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "roc_auc": roc_auc,
}
LOSSES = {"brier_score": brier_score, "calibration_error": calibration_error}


def get_metric(name):
    """Return the score or the loss of that name."""
    known = METRICS | LOSSES
    check_option("metric", name, tuple(known))
    return known[name]


def get_score(name):
    """Return the score of that name, of which more is better."""
    check_option("metric", name, tuple(METRICS))
    return METRICS[name]

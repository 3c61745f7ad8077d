"""Scores of weighted rows, for many sets of weights at once.

Each score is a function of rows and of weights of shape (n_resamples, n_rows). With
weights of one it is the ordinary score; with the counts of a bootstrap it is the score
of every resample, in one go.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import column_or_1d

from .._utils.checks import check_option

# equal bins of the probability; Guo et al. (2017) use 15 for thousands of images, but
# events are fewer
N_BINS = 10

FloatArray = npt.NDArray[np.float64]
WeightedMetric = Callable[["Rows", npt.NDArray], npt.NDArray]


class Rows(NamedTuple):
    """Rows to be scored: true and predicted class numbers, scores of the classes.

    `classes` are the labels of the numbers, for metrics that need them; None takes the
    numbers.
    """

    true: npt.NDArray
    predicted: npt.NDArray
    scores: npt.NDArray
    classes: npt.NDArray | None = None


def encode(y: Any, classes: npt.ArrayLike, *, name: str = "y_true") -> npt.NDArray:
    """Return class numbers; raise for labels that are not among the classes."""
    labels, names = column_or_1d(y), np.asarray(classes)
    codes = np.full(len(labels), -1)
    for code, label in enumerate(names):
        codes[labels == label] = code
    if (codes < 0).any():
        raise ValueError(
            f"{name} holds {labels[codes < 0].tolist()[0]!r}, which is none of the "
            f"classes {', '.join(map(str, names))}: was the class missing in training?"
        )
    return codes


def confusion(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Return confusion matrices of shape (n_resamples, n_classes, n_classes)."""
    n_classes = rows.scores.shape[1]
    cells = np.eye(n_classes**2)[rows.true * n_classes + rows.predicted]
    return (weights @ cells).reshape(-1, n_classes, n_classes)


def _ratio(part, whole):
    """Divide, with NaN where the whole is zero."""
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def class_counts(matrix: npt.NDArray) -> dict[str, tuple[npt.NDArray, npt.NDArray]]:
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


def class_score(name: str, rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Return a one-vs-rest proportion of every class, (n_resamples, n_classes)."""
    return _ratio(*class_counts(confusion(rows, weights))[name])


def accuracy(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Share of the rows that are predicted correctly."""
    return _ratio(weights @ (rows.true == rows.predicted), weights.sum(axis=1))


def balanced_accuracy(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Mean recall over the classes that occur."""
    recall = class_score("recall", rows, weights)
    return np.nanmean(recall, axis=1)


def f1(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Mean F1 over the classes that occur among labels or predictions."""
    matrix = confusion(rows, weights)
    hits = np.diagonal(matrix, axis1=1, axis2=2)
    return np.nanmean(_ratio(2 * hits, matrix.sum(axis=1) + matrix.sum(axis=2)), axis=1)


def roc_auc(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Area under the ROC curve; of several classes its one-vs-rest mean."""
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
    mean: FloatArray = np.mean(areas, axis=0)
    return mean


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


def brier_score(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Mean squared error of the probabilities; of two classes, of the second one."""
    scores = check_probabilities(rows.scores)
    n_classes = scores.shape[1]
    errors = ((scores - np.eye(n_classes)[rows.true]) ** 2).sum(axis=1)
    if n_classes == 2:
        errors = errors / 2
    return _ratio(weights @ errors, weights.sum(axis=1))


def calibration_error(rows: Rows, weights: npt.NDArray) -> FloatArray:
    """Mean distance of probability and frequency over bins of the probability.

    Of two classes it is the probability of the second one, of several that of the
    most probable one.
    """
    scores = check_probabilities(rows.scores)
    if scores.shape[1] == 2:
        probability, hit = scores[:, 1], rows.true == 1
    else:
        probability, hit = scores.max(axis=1), rows.true == scores.argmax(axis=1)
    bins = np.minimum((probability * N_BINS).astype(int), N_BINS - 1)
    gaps = (weights * (probability - hit)) @ np.eye(N_BINS)[bins]
    return _ratio(np.abs(gaps).sum(axis=1), weights.sum(axis=1))


def are_probabilities(scores: npt.NDArray) -> bool:
    """Return whether scores lie between 0 and 1 and sum to 1 over the classes."""
    in_range = ((scores >= 0) & (scores <= 1)).all()
    # probabilities of float32 sum to 1 within some 1e-7
    return bool(in_range and np.allclose(scores.sum(axis=1), 1, atol=1e-6))


def check_probabilities(scores: npt.NDArray) -> npt.NDArray:
    """Return scores, or raise if they are not probabilities."""
    if not are_probabilities(scores):
        raise ValueError(
            "brier_score and calibration_error need probabilities, between 0 and 1 and "
            "with a sum of 1 over the classes; y_score has other scores."
        )
    return scores


@dataclass(frozen=True)
class CallableMetric:
    """A function of labels and predictions, or of labels and scores.

    Parameters
    ----------
    metric : callable
        Called as ``metric(y_true, y_pred, **kwargs)``; returns a number.
    response_method : {"predict", "predict_proba"}, default="predict"
        Whether the metric takes predictions or scores; of two classes the scores are
        those of the second one, 1-D.
    sign : {1, -1}, default=1
        Factor of the returned number, -1 for a loss.
    kwargs : dict, default={}
        Further arguments of the metric.
    """

    metric: Callable[..., Any]
    response_method: str = "predict"
    sign: int = 1
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def of_labels(
        self, y_true: npt.NDArray, y_pred: npt.NDArray, scores: npt.NDArray
    ) -> Any:
        """Return the score of labels, given predictions and scores of all classes."""
        if self.response_method != "predict":
            y_pred = scores[:, 1] if scores.shape[1] == 2 else scores
        return self.sign * self.metric(y_true, y_pred, **self.kwargs)

    def __call__(self, rows: Rows, weights: npt.NDArray) -> npt.NDArray[np.float64]:
        """Return the score of each resample; weights are counts of the rows."""
        n_rows, n_classes = rows.scores.shape
        labels = np.arange(n_classes) if rows.classes is None else rows.classes
        true, predicted = labels[rows.true], labels[rows.predicted]
        found = []
        for counts in weights:
            drawn = np.repeat(np.arange(n_rows), counts.astype(int))
            found.append(
                self.of_labels(true[drawn], predicted[drawn], rows.scores[drawn])
            )
        return np.array(found, dtype=float)


METRICS: dict[str, WeightedMetric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "roc_auc": roc_auc,
}
LOSSES: dict[str, WeightedMetric] = {
    "brier_score": brier_score,
    "calibration_error": calibration_error,
}


def get_metric(metric: Any) -> WeightedMetric:
    """Return a score or a loss as a function of rows and weights.

    Parameters
    ----------
    metric : str, callable or EventScorer
        A name; a function ``metric(y_true, y_pred)`` of labels and predictions; or an
        event scorer of one metric.

    Returns
    -------
    callable
        Takes `Rows` and weights of shape (n_resamples, n_rows), of functions counts,
        and returns scores of shape (n_resamples,).

    Raises
    ------
    ValueError
        If there is no metric of the name, or the scorer has several.
    """
    return _find_metric(metric, METRICS | LOSSES)


def get_score(metric: Any) -> WeightedMetric:
    """Return a score, of which more is better, as a function of rows and weights.

    Parameters
    ----------
    metric : str, callable or EventScorer
        As :func:`get_metric` takes it, without the names of losses.

    Returns
    -------
    callable
        As :func:`get_metric` returns it.

    Raises
    ------
    ValueError
        As :func:`get_metric`.
    """
    return _find_metric(metric, METRICS)


def uses_predictions(metric: Any) -> bool:
    """Return whether a metric depends on what is predicted, not on scores alone.

    Parameters
    ----------
    metric : str, callable or EventScorer
        As :func:`get_metric` takes it.

    Returns
    -------
    bool
        True for shares of correct predictions, False for an AUC or a Brier score.
    """
    found = get_metric(metric)
    if isinstance(found, CallableMetric):
        return found.response_method == "predict"
    return found not in (roc_auc, brier_score, calibration_error)


def _find_metric(metric, known: Mapping[str, WeightedMetric]) -> WeightedMetric:
    """Return the function of a name or of a callable."""
    if not callable(metric):
        check_option("metric", metric, tuple(known))
        return known[metric]
    if hasattr(metric, "_weighted_metric"):  # EventScorer
        return metric._weighted_metric()
    return CallableMetric(metric)


def metric_name(metric: Any) -> str:
    """Return the name of a metric for tables.

    Parameters
    ----------
    metric : str, callable or EventScorer
        As :func:`get_metric` takes it.

    Returns
    -------
    str
        Of a function its own name, after ``own`` if a metric of the package has it.
    """
    metric = getattr(metric, "_metric", metric)  # of EventScorer
    if isinstance(metric, str):
        return metric
    name = getattr(metric, "__name__", None) or repr(metric)
    return f"own {name}" if name in METRICS | LOSSES else name

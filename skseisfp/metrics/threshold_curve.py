"""Scores of a rule over its threshold, and the choice of a threshold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

# Scores of rows are ratios of counts: two that differ at all differ by more than this,
# up to some 10^4 rows of each class; two that do not differ by rounding only.
TOLERANCE = 1e-9

METRICS = ("accuracy", "balanced_accuracy", "cost", "f1", "sensitivity")


def threshold_curve(
    positive: npt.NDArray[np.bool_],
    score: npt.NDArray[np.floating],
    metric: str | Callable[[npt.NDArray, npt.NDArray], float] = "balanced_accuracy",
    *,
    max_false_alarm_rate: float = 0.05,
    costs: tuple[float, float] = (1.0, 1.0),
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Score the rule "positive where the score is at least the threshold".

    Parameters
    ----------
    positive : ndarray of bool of shape (n_rows,)
        Whether a row, an event for example, is of the positive class; some are and
        some are not.
    score : ndarray of shape (n_rows,)
        Score of the positive class.
    metric : {"balanced_accuracy", "accuracy", "f1", "sensitivity", "cost"} or \
            callable, default="balanced_accuracy"
        ``"f1"`` is the mean over both classes; ``"sensitivity"`` is NaN where the
        share of false alarms is above `max_false_alarm_rate`; ``"cost"`` is the mean
        cost of a row, negative. A callable takes true and predicted bools.
    max_false_alarm_rate : float, default=0.05
        Largest share of the other rows that may be predicted as positive.
    costs : (float, float), default=(1.0, 1.0)
        Costs of a false alarm and of a positive row that is missed.

    Returns
    -------
    thresholds : ndarray of shape (n_distinct_scores + 1,)
        All that give different predictions, ascending: half-way between neighbouring
        scores, and minus and plus infinity.
    scores : ndarray of shape (n_distinct_scores + 1,)
        Metric at each of them.
    """
    values, place = np.unique(score, return_inverse=True)
    middle = values[1:] / 2 + values[:-1] / 2
    # between two neighbouring floats there is no number
    middle = np.where(middle > values[:-1], middle, values[1:])
    thresholds = np.concatenate([[-np.inf], middle, [np.inf]])
    if callable(metric):
        scores = [metric(positive, score >= threshold) for threshold in thresholds]
        return thresholds, np.asarray(scores, dtype=float)
    hits, alarms = (
        np.append(np.bincount(place, rows)[::-1].cumsum()[::-1], 0)
        for rows in (positive, ~positive)
    )
    scores = _score_counts(
        metric,
        hits,
        positive.sum() - hits,
        alarms,
        (~positive).sum() - alarms,
        max_false_alarm_rate,
        costs,
    )
    return thresholds, scores


def _score_counts(metric, hits, missed, alarms, rejected, max_false_alarm_rate, costs):
    """Return a named metric of counts of rows."""
    n_rows = hits + missed + alarms + rejected
    sensitivity, false_alarm_rate = hits / (hits + missed), alarms / (alarms + rejected)
    match metric:
        case "accuracy":
            return (hits + rejected) / n_rows
        case "balanced_accuracy":
            return (sensitivity + 1 - false_alarm_rate) / 2
        case "f1":
            wrong = alarms + missed
            return hits / (2 * hits + wrong) + rejected / (2 * rejected + wrong)
        case "sensitivity":
            is_allowed = false_alarm_rate <= max_false_alarm_rate
            return np.where(is_allowed, sensitivity, np.nan)
        case "cost":
            return -(costs[0] * alarms + costs[1] * missed) / n_rows
    raise ValueError(f"metric must be one of {METRICS} or a callable; got {metric!r}.")


def middle_of_best(thresholds: npt.NDArray, scores: npt.NDArray) -> int:
    """Return the number of the middle one of the longest run of best thresholds.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Thresholds, ascending.
    scores : ndarray of shape (n_thresholds,)
        Score at each of them; NaN where it is undefined, but not everywhere.

    Returns
    -------
    int
        Index; the higher one of two in the middle. An infinite threshold is chosen
        only where no other one is as good.
    """
    best = np.isclose(scores, np.nanmax(scores), rtol=TOLERANCE, atol=TOLERANCE)
    is_finite = best & np.isfinite(thresholds)
    places = np.flatnonzero(is_finite if is_finite.any() else best)
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    longest = max(runs, key=len)
    return int(longest[len(longest) // 2])

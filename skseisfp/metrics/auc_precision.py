"""The precision of an AUC by number of events, and the number that separates two."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import norm

from .._utils.checks import check_real

INSIDE: dict[str, Any] = {
    "min_val": 0,
    "max_val": 1,
    "include_boundaries": "neither",
}
MAX_EVENTS = 10**9  # of the rarer class: more than any catalogue has


class EventNumber(NamedTuple):
    """Numbers of events that a comparison needs.

    Parameters
    ----------
    n_events : int
        All events.
    n_rarer : int
        Events of the rarer class among them.
    """

    n_events: int
    n_rarer: int


def auc_half_width(
    auc: float, n_positive: float, n_negative: float, confidence_level: float = 0.95
) -> float:
    """Compute the half-width of the interval of an AUC for given numbers of events.

    Parameters
    ----------
    auc : float
        Area under the ROC curve, between 0 and 1.
    n_positive, n_negative : float
        Numbers of events of the class with the higher scores and of the other one, 1
        or more.
    confidence_level : float, default=0.95
        Probability that the interval covers the true AUC.

    Returns
    -------
    float
        Half of the width of the symmetric normal interval.

    Raises
    ------
    ValueError
        If a number is out of range. For an AUC of 0 or 1 the formula gives a width of
        0, which is wrong.

    Notes
    -----
    The variance is that of [1]_, with the approximations
    :math:`Q_1 = A / (2 - A)` and :math:`Q_2 = 2 A^2 / (1 + A)`, exact for exponential
    scores. The interval is that of one model that was selected without these events; it
    does not include the variance from the events of training.

    References
    ----------
    .. [1] J. A. Hanley and B. J. McNeil, The meaning and use of the area under a
       receiver operating characteristic (ROC) curve, Radiology 143, 29-36, 1982,
       doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> from skseisfp.metrics import auc_half_width
    >>> round(auc_half_width(0.88, 36, 200), 3)
    0.074
    """
    check_real("auc", auc, **INSIDE)
    check_real("n_positive", n_positive, min_val=1)
    check_real("n_negative", n_negative, min_val=1)
    check_real("confidence_level", confidence_level, **INSIDE)
    return float(_two_sided(confidence_level) * _error(auc, n_positive, n_negative))


def events_to_separate(
    auc_a: float,
    auc_b: float,
    *,
    positive_share: float,
    correlation: float = 0.0,
    confidence_level: float = 0.95,
    power: float = 0.8,
) -> EventNumber:
    """Compute the number of events at which two AUC differ significantly.

    Parameters
    ----------
    auc_a, auc_b : float
        True areas under the ROC curve, between 0 and 1.
    positive_share : float
        Share of the events that are of the class with the higher scores.
    correlation : float, default=0.0
        Correlation of the two estimated areas. It is 0 for two sets of events, and
        positive for two models on the same events; table I of [2]_ gives it by the
        correlation of their scores.
    confidence_level : float, default=0.95
        One minus the level of the two-sided test.
    power : float, default=0.8
        Probability that the test finds the difference.

    Returns
    -------
    EventNumber
        ``n_events`` and ``n_rarer``, the events of the rarer class among them: of each
        of the two sets, or of the one that both models are scored on.

    Raises
    ------
    ValueError
        If a number is out of range or the areas are equal.

    Notes
    -----
    The smallest number whose standard error of the difference,
    :math:`SE^2 = SE_a^2 + SE_b^2 - 2 r SE_a SE_b` [2]_ with the errors of [1]_, is at
    most the difference divided by the sum of the normal quantiles of level and power.

    References
    ----------
    .. [1] J. A. Hanley and B. J. McNeil, The meaning and use of the area under a
       receiver operating characteristic (ROC) curve, Radiology 143, 29-36, 1982,
       doi:10.1148/radiology.143.1.7063747.
    .. [2] J. A. Hanley and B. J. McNeil, A method of comparing the areas under
       receiver operating characteristic curves derived from the same cases, Radiology
       148, 839-843, 1983, doi:10.1148/radiology.148.3.6878708.

    Examples
    --------
    >>> from skseisfp.metrics import events_to_separate
    >>> events_to_separate(0.88, 0.83, positive_share=0.15)
    EventNumber(n_events=2494, n_rarer=374)
    """
    check_real("auc_a", auc_a, **INSIDE)
    check_real("auc_b", auc_b, **INSIDE)
    check_real("positive_share", positive_share, **INSIDE)
    check_real("correlation", correlation, min_val=-1, max_val=1)
    check_real("confidence_level", confidence_level, **INSIDE)
    check_real("power", power, **INSIDE)
    if auc_a == auc_b:
        raise ValueError(f"auc_a and auc_b must differ; both are {auc_a}.")
    rarer_share = min(positive_share, 1 - positive_share)
    largest_error = abs(auc_a - auc_b) / (
        _two_sided(confidence_level) + norm.ppf(power)
    )

    def separates(n_rarer):
        counts = _class_counts(n_rarer, positive_share)
        a, b = _error(auc_a, *counts), _error(auc_b, *counts)
        return np.sqrt(a**2 + b**2 - 2 * correlation * a * b) <= largest_error

    n_rarer = _smallest(separates)
    return EventNumber(int(np.ceil(n_rarer / rarer_share)), n_rarer)


def _error(auc, n_positive, n_negative):
    """Return the standard error of an AUC after Hanley and McNeil (1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (n_positive - 1) * (q1 - auc**2)
        + (n_negative - 1) * (q2 - auc**2)
    )
    return np.sqrt(variance / (n_positive * n_negative))


def _two_sided(confidence_level):
    """Return the normal quantile of a two-sided level."""
    return norm.ppf((1 + confidence_level) / 2)


def _class_counts(n_rarer, positive_share):
    """Return the numbers of positive and negative events, not rounded."""
    if positive_share <= 0.5:
        return n_rarer, n_rarer * (1 - positive_share) / positive_share
    return n_rarer * positive_share / (1 - positive_share), n_rarer


def _smallest(is_enough):
    """Return the smallest number, 2 or more, from which on a condition is true."""
    high = 2
    while not is_enough(high):
        high *= 2
        if high > MAX_EVENTS:
            raise ValueError(
                f"More than {MAX_EVENTS} events of the rarer class would be needed."
            )
    low = 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high

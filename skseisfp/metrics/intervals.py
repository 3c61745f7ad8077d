"""Intervals of scores: binomial ones, and bootstraps that draw whole events."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest
from sklearn.utils import check_random_state, check_scalar

from .._utils.checks import check_option
from ..events import resolve_groups
from .aggregation import aggregate_events, check_scores
from .decisions import decide, given_decision
from .event_scorer import event_rows
from .weighted import Rows, encode, get_metric, metric_name

LEVELS = ("event", "record")
# named scores that are 1 for perfect predictions, and for these only
HAVE_A_PERFECT_VALUE = ("accuracy", "balanced_accuracy", "f1", "roc_auc")
MAX_CELLS = 4_000_000  # weights in memory at a time, 32 MB


class Interval(NamedTuple):
    """A score with the ends of its interval, printed as ``0.860 [0.784, 0.921]``.

    Parameters
    ----------
    score : float
        The score.
    low, high : float
        The ends.
    """

    score: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.score:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson_interval(
    n_hits: int, n_trials: int, *, confidence_level: float = 0.95
) -> Interval:
    """Wilson score interval of a proportion.

    Parameters
    ----------
    n_hits : int
        Number of hits.
    n_trials : int
        Number of independent trials; for 0 the score and its ends are NaN.
    confidence_level : float, default=0.95
        Probability that the interval covers the true proportion.

    Returns
    -------
    Interval
        Proportion and ends, ``(score, low, high)``.

    Raises
    ------
    ValueError
        If there are more hits than trials, or a number is out of range.

    Notes
    -----
    Records of one event are not independent trials: count events, or see
    :func:`bootstrap_interval`.

    References
    ----------
    .. [1] E. B. Wilson, Probable inference, the law of succession, and statistical
       inference, J. Am. Stat. Assoc. 22, 209-212, 1927.

    Examples
    --------
    >>> from skseisfp.metrics import wilson_interval
    >>> print(wilson_interval(163, 172))
    0.948 [0.904, 0.972]
    """
    n_trials = check_scalar(n_trials, "n_trials", Integral, min_val=0)
    n_hits = check_scalar(n_hits, "n_hits", Integral, min_val=0, max_val=n_trials)
    _check_level(confidence_level)
    if n_trials == 0:
        return Interval(np.nan, np.nan, np.nan)
    ends = binomtest(int(n_hits), int(n_trials)).proportion_ci(
        confidence_level, method="wilson"
    )
    return Interval(n_hits / n_trials, float(ends.low), float(ends.high))


def _check_level(confidence_level):
    """Raise for a confidence level outside of (0, 1)."""
    check_scalar(
        confidence_level,
        "confidence_level",
        Real,
        min_val=0,
        max_val=1,
        include_boundaries="neither",
    )


def resample_units(
    statistic: Callable[[npt.NDArray], npt.NDArray],
    strata: npt.NDArray,
    *,
    n_resamples: int,
    confidence_level: float,
    random_state: int | np.random.RandomState | None,
    n_rows: int,
) -> Interval:
    """Bootstrap a statistic of how often each unit is drawn, within strata.

    Parameters
    ----------
    statistic : callable
        Maps counts of shape (n_resamples, n_units) to (n_resamples,).
    strata : ndarray of shape (n_units,)
        Stratum of each unit: every resample has as many units of each.
    n_resamples, confidence_level, random_state
        As for :func:`bootstrap_interval`.
    n_rows : int
        Number of rows that the statistic is of, which sets the number of resamples
        at a time.

    Returns
    -------
    Interval
        Statistic of the units as they are, and percentiles of the resamples that have
        a value.
    """
    check_scalar(n_resamples, "n_resamples", Integral, min_val=1)
    _check_level(confidence_level)
    members = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    if alone := [strata[units[0]] for units in members if len(units) < 2]:
        raise ValueError(
            "A bootstrap by event needs two events or more of every class; class "
            f"'{alone[0]}' has one."
        )
    rng = check_random_state(random_state)
    at_a_time = max(1, MAX_CELLS // n_rows)
    drawn = []
    for start in range(0, n_resamples, at_a_time):
        size = min(at_a_time, n_resamples - start)
        counts = np.empty((size, len(strata)))
        for units in members:
            evenly = np.full(len(units), 1 / len(units))
            counts[:, units] = rng.multinomial(len(units), evenly, size)
        drawn.append(statistic(counts))
    tail = (1 - confidence_level) / 2
    low, high = np.nanquantile(np.concatenate(drawn), [tail, 1 - tail])
    return Interval(
        float(statistic(np.ones((1, len(strata))))[0]), float(low), float(high)
    )


def score_interval(
    metric: Any,
    rows: Rows,
    codes: npt.NDArray,
    strata: npt.NDArray,
    *,
    n_resamples: int,
    confidence_level: float,
    random_state: int | np.random.RandomState | None,
) -> tuple[Interval, str]:
    """Return a score of rows whose events are drawn, and the kind of its interval.

    Parameters
    ----------
    metric : str, callable or EventScorer
        See :func:`bootstrap_interval`.
    rows, codes, strata : object
        What `scored_rows` returns.
    n_resamples, confidence_level, random_state
        As for :func:`bootstrap_interval`.

    Returns
    -------
    Interval
        The score and its ends.
    str
        ``"bootstrap"``; of a perfect score ``"wilson"`` or ``"wilson, rarest class"``,
        see the notes of :func:`bootstrap_interval`.
    """
    score = get_metric(metric)
    interval = resample_units(
        lambda counts: score(rows, counts[:, codes]),
        strata,
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
        n_rows=len(codes),
    )
    name = metric_name(metric)
    if interval.low < 1 or name not in HAVE_A_PERFECT_VALUE:
        return interval, "bootstrap"
    n_events = np.unique(strata, return_counts=True)[1]
    is_share = name == "accuracy"
    n_trials = int(n_events.sum() if is_share else n_events.min())
    interval = wilson_interval(n_trials, n_trials, confidence_level=confidence_level)
    return interval, "wilson" if is_share else "wilson, rarest class"


def scored_rows(
    y_true: Any,
    y_score: npt.ArrayLike,
    groups: npt.ArrayLike | None,
    *,
    classes: npt.ArrayLike | None,
    level: str,
    vote: str,
    tie: str,
    threshold: float | None = None,
    pos_label: Any = None,
) -> tuple[Rows, npt.NDArray, npt.NDArray]:
    """Return the rows of a level, the event of each row, and the class of each event.

    At the level of records the rows are the records, and an event has the class of its
    first record.
    """
    check_option("level", level, LEVELS)
    scores = check_scores(y_score)
    events = resolve_groups(y_true, groups, needed_by="A score by event")
    names = np.unique(y_true) if classes is None else np.asarray(classes)
    if len(y_true) != len(scores) or len(names) != scores.shape[1]:
        raise ValueError(
            f"y_score of shape {scores.shape} does not fit {len(y_true)} labels of "
            f"{len(names)} classes ({', '.join(map(str, names))})."
        )
    decision = given_decision(names, threshold, pos_label)
    if level == "event":
        table = aggregate_events(
            scores,
            events,
            classes=names,
            y_true=y_true,
            vote=vote,
            tie=tie,
            decision=decision,
        )
        rows = event_rows(table, names)
        return rows, np.arange(len(table)), names[rows.true]
    rows = Rows(encode(y_true, names), decide(scores, decision), scores, names)
    codes, _ = pd.factorize(events)
    first = np.unique(codes, return_index=True)[1]
    return rows, codes, names[rows.true[first]]


def bootstrap_interval(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    metric: str | Callable[..., Any] = "roc_auc",
    level: str = "event",
    classes: npt.ArrayLike | None = None,
    vote: str = "mean",
    tie: str = "mean",
    threshold: float | None = None,
    pos_label: Any = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = None,
) -> Interval:
    """Return a score with the interval of a bootstrap that draws whole events.

    Parameters
    ----------
    y_true : array-like of shape (n_records,)
        Labels.
    y_score : array-like of shape (n_records, n_classes) or (n_records,)
        Probabilities or other scores; one column is the probability of the second of
        two classes.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index of `y_true`, see
        :func:`make_event_scorer`.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc", "brier_score", \
"calibration_error"} or callable, default="roc_auc"
        Score, see :func:`make_event_scorer`, or loss of the probabilities, of which
        less is better, see the notes. A callable is called as ``metric(y_true,
        y_pred)`` for every resample; one that takes scores, or further arguments, is
        given as an event scorer, ``make_event_scorer(metric, ...)``.
    level : {"event", "record"}, default="event"
        Rows that are scored: events, whose records vote first, or records. The
        resamples are of events for both, since the records of an event are not
        independent.
    classes : array-like of shape (n_classes,), default=None
        Names of the columns of `y_score`; None takes the sorted labels.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event vote, see :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Tie rule of the majority vote.
    threshold : float, default=None
        Score of `pos_label` from which on records, and events, are predicted as it,
        such as ``best_threshold_`` of
        :class:`~skseisfp.ensemble.EventThresholdClassifierCV`, for two classes; None
        takes the largest score. It is taken as given, see the notes.
    pos_label : int, float, bool or str, default=None
        Class of the threshold, such as ``pos_label_`` of that classifier; None is the
        second class.
    n_resamples : int, default=2000
        Number of resamples.
    confidence_level : float, default=0.95
        Probability that the interval covers the true score.
    random_state : int, RandomState instance or None, default=None
        Draws of the resamples.

    Returns
    -------
    Interval
        Score and ends, ``(score, low, high)``.

    Raises
    ------
    ValueError
        If a class has a single event, if the events are not known, if a shape does not
        fit, if there is a threshold and not two classes, or, at the level of events, if
        the records of an event differ in label.

    Notes
    -----
    The ends are percentiles of the resamples [1]_. Events are drawn within their class,
    so that every resample has all classes in the proportion of the data.

    A perfect accuracy, balanced accuracy, F1 or AUC is perfect in all resamples, whose
    percentiles have no width. There the ends are those of :func:`wilson_interval`: of
    the accuracy with all events as trials; of the others with as many as the rarest
    class has events. So many disjoint pairs, of an event of each class, are all in
    order, and each of them is an independent trial that succeeds with the probability
    that is the AUC. The probability that all events of a pair are predicted correctly
    is at most the balanced accuracy, for which the ends are wide. Wilson's interval is
    recommended for few trials [4]_. An interval of a function, or of a score that is
    the same in all resamples and not perfect, is left without width.

    The threshold is the same in all resamples: an interval includes which events were
    drawn for the test, and not how the threshold depends on the events that it was
    chosen by. These must be others; by their own threshold, scores are too high.
    :func:`~skseisfp.model_selection.evaluate_protocols` chooses it again in every fold.

    ``"brier_score"`` is the mean squared error of the probabilities [2]_: of two
    classes that of the second one, of several the sum over the classes. A constant
    that knows the share :math:`p` of the second class has :math:`p (1 - p)`.
    ``"calibration_error"`` is the expected calibration error [3]_: the mean distance
    of probability and frequency over ten equal bins, of the probability of the second
    class or, of several classes, of the most probable one. It is never negative, so
    that few events raise it, and a bootstrap raises it again: its interval may lie
    above it.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, An introduction to the bootstrap, chapter 13,
       Chapman & Hall, 1993.
    .. [2] G. W. Brier, Verification of forecasts expressed in terms of probability,
       Mon. Weather Rev. 78, 1-3, 1950.
    .. [3] M. P. Naeini, G. Cooper and M. Hauskrecht, Obtaining well calibrated
       probabilities using Bayesian binning, AAAI, 2901-2907, 2015.
    .. [4] L. D. Brown, T. T. Cai and A. DasGupta, Interval estimation for a binomial
       proportion, Stat. Sci. 16, 101-133, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.metrics import bootstrap_interval
    >>> event_id = np.repeat(np.arange(40), 3)
    >>> y = event_id % 2
    >>> score = np.random.default_rng(0).normal(y, 1.5)
    >>> print(bootstrap_interval(y, score, event_id, random_state=0))
    0.720 [0.550, 0.863]
    """
    get_metric(metric)
    given = scored_rows(
        y_true,
        y_score,
        groups,
        classes=classes,
        level=level,
        vote=vote,
        tie=tie,
        threshold=threshold,
        pos_label=pos_label,
    )
    interval, _ = score_interval(
        metric,
        *given,
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
    )
    return interval


def paired_bootstrap(
    y_true: npt.ArrayLike,
    y_score_a: npt.ArrayLike,
    y_score_b: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    metric: str | Callable[..., Any] = "roc_auc",
    level: str = "event",
    classes: npt.ArrayLike | None = None,
    vote: str = "mean",
    tie: str = "mean",
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = None,
) -> Interval:
    """Return the difference of two models' scores, on the same drawn events.

    Parameters
    ----------
    y_true : array-like of shape (n_records,)
        Labels.
    y_score_a, y_score_b : array-like of shape (n_records, n_classes) or (n_records,)
        Scores of the two models for the same records.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index of `y_true`, see
        :func:`make_event_scorer`.
    metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc", "brier_score", \
"calibration_error"} or callable, default="roc_auc"
        Score or loss, see :func:`bootstrap_interval`.
    level : {"event", "record"}, default="event"
        Rows that are scored, see :func:`bootstrap_interval`.
    classes : array-like of shape (n_classes,), default=None
        Names of the columns of the scores; None takes the sorted labels.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event vote, see :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Tie rule of the majority vote.
    n_resamples : int, default=2000
        Number of resamples.
    confidence_level : float, default=0.95
        Probability that the interval covers the true difference.
    random_state : int, RandomState instance or None, default=None
        Draws of the resamples.

    Returns
    -------
    Interval
        Score of a minus score of b, and ends; a lower end above 0 means that the score
        of a is higher.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.metrics import paired_bootstrap
    >>> event_id = np.repeat(np.arange(40), 3)
    >>> y = event_id % 2
    >>> rng = np.random.default_rng(0)
    >>> good, poor = rng.normal(y, 0.5), rng.normal(y, 5)
    >>> paired_bootstrap(y, good, poor, event_id, random_state=0).low > 0
    True
    """
    score = get_metric(metric)
    options: dict[str, Any] = {
        "classes": classes,
        "level": level,
        "vote": vote,
        "tie": tie,
    }
    rows_a, codes, strata = scored_rows(y_true, y_score_a, groups, **options)
    rows_b, _, _ = scored_rows(y_true, y_score_b, groups, **options)

    def difference(counts):
        weights = counts[:, codes]
        return score(rows_a, weights) - score(rows_b, weights)

    return resample_units(
        difference,
        strata,
        n_resamples=n_resamples,
        confidence_level=confidence_level,
        random_state=random_state,
        n_rows=len(codes),
    )

"""Tables of scores in which every figure has an interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels

from .._utils.checks import check_option
from .intervals import (
    LEVELS,
    resample_units,
    score_interval,
    scored_rows,
    wilson_interval,
)
from .weighted import (
    LOSSES,
    METRICS,
    Rows,
    class_counts,
    class_score,
    confusion,
    encode,
    metric_name,
)

CLASS_SCORES = ("precision", "recall", "specificity", "negative_predictive_value")
COLUMNS = ("score", "low", "high", "n", "interval")


def _table(lines, names):
    """Return a table with one line for each key."""
    index = pd.MultiIndex.from_tuples(list(lines), names=names)
    return pd.DataFrame(list(lines.values()), index=index, columns=pd.Index(COLUMNS))


def score_table(
    y_true: npt.ArrayLike,
    y_score: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    metrics: str | Callable[..., Any] | Sequence[str | Callable[..., Any]] = tuple(
        METRICS
    ),
    levels: str | Sequence[str] = LEVELS,
    classes: npt.ArrayLike | None = None,
    vote: str = "mean",
    tie: str = "mean",
    threshold: float | None = None,
    pos_label: Any = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = None,
) -> pd.DataFrame:
    """Tabulate scores by event and by record, each with its interval.

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
    metrics : str, callable or sequence of them, default=("accuracy", \
"balanced_accuracy", "f1", "roc_auc")
        Scores, see :func:`bootstrap_interval`; the name of a callable is its own.
    levels : str or sequence of str, default=("event", "record")
        Rows that are scored, see :func:`bootstrap_interval`.
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
        Number of resamples of the bootstrap.
    confidence_level : float, default=0.95
        Probability that an interval covers the true score.
    random_state : int, RandomState instance or None, default=None
        Draws of the resamples.

    Returns
    -------
    DataFrame
        Columns ``score``, ``low``, ``high``, ``n`` (events or records scored) and
        ``interval``: ``"wilson"`` for the accuracy by event, a share of independent
        trials, else ``"bootstrap"`` by event. Of a perfect score a bootstrap has no
        width; its interval is ``"wilson"`` or ``"wilson, rarest class"``, with the
        events of all classes or of the rarest one as trials, see
        :func:`bootstrap_interval`. Indexed by level and metric.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.

    Notes
    -----
    A threshold is taken as given: the intervals do not include how it depends on the
    events that it was chosen by, which must be others than these, see
    :func:`bootstrap_interval`.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.metrics import score_table
    >>> event_id = np.repeat(np.arange(40), 3)
    >>> y = event_id % 2
    >>> score = np.random.default_rng(0).uniform(0.4 * y, 0.6 + 0.4 * y)
    >>> table = score_table(y, score, event_id, metrics=["accuracy"], random_state=0)
    >>> table[["score", "n", "interval"]].round(3)  # doctest: +NORMALIZE_WHITESPACE
                     score    n   interval
    level  metric
    event  accuracy    1.0   40     wilson
    record accuracy    0.8  120  bootstrap
    """
    options = {
        "n_resamples": n_resamples,
        "confidence_level": confidence_level,
        "random_state": random_state,
    }
    scores = _as_list(metrics)
    levels = [levels] if isinstance(levels, str) else levels
    for metric in scores:
        if not callable(metric):
            check_option("metrics", metric, (*METRICS, *LOSSES))
    for level in levels:
        check_option("levels", level, LEVELS)
    lines = {}
    for level in levels:
        rows, codes, strata = scored_rows(
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
        for metric in scores:
            if (level, metric) == ("event", "accuracy"):
                kind, hits = "wilson", int((rows.true == rows.predicted).sum())
                interval = wilson_interval(
                    hits, len(codes), confidence_level=confidence_level
                )
            else:
                interval, kind = score_interval(metric, rows, codes, strata, **options)
            lines[level, metric_name(metric)] = (*interval, len(codes), kind)
    return _table(lines, ["level", "metric"])


def _as_list(metrics) -> list[Any]:
    """Return a list of one metric or of several."""
    if isinstance(metrics, str) or callable(metrics):
        return [metrics]
    return list(metrics)


def class_table(
    y_true: npt.ArrayLike,
    y_pred: npt.ArrayLike,
    *,
    groups: npt.ArrayLike | None = None,
    classes: npt.ArrayLike | None = None,
    n_resamples: int = 2000,
    confidence_level: float = 0.95,
    random_state: int | np.random.RandomState | None = None,
) -> pd.DataFrame:
    """Tabulate precision, recall, specificity and negative predictive value by class.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions, of events or of records.
    groups : array-like of shape (n_rows,), default=None
        Event of each row. None is for independent rows, such as events: the intervals
        are Wilson's. Rows of the same event are not independent: the intervals are
        bootstraps that draw whole events.
    classes : array-like of shape (n_classes,), default=None
        Classes of the table; None takes all that occur, sorted.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap.
    confidence_level : float, default=0.95
        Probability that an interval covers the true score.
    random_state : int, RandomState instance or None, default=None
        Draws of the resamples.

    Returns
    -------
    DataFrame
        Columns ``score``, ``low``, ``high``, ``n`` (number of rows that the proportion
        is of) and ``interval`` (``"wilson"`` or ``"bootstrap"``). With `groups`, a
        proportion that is 0 or 1 in all resamples has ``"wilson over events"``: the
        events of these rows are the trials. Indexed by class and metric. A proportion
        of no rows is NaN.

    Raises
    ------
    ValueError
        If lengths differ, or a label is not one of the `classes`.

    Notes
    -----
    Each class is scored one-vs-rest, over the rows. Precision is the proportion of
    correct rows among those predicted as the class, recall among those of the class;
    specificity is the proportion of correct rows among those of other classes, and the
    negative predictive value among those predicted as other classes.

    Examples
    --------
    >>> from skseisfp.metrics import class_table
    >>> table = class_table(["blast", "blast", "quake"], ["blast", "quake", "quake"])
    >>> table.loc["blast", ["score", "n"]]  # doctest: +NORMALIZE_WHITESPACE
                        score  n
    metric
    precision             1.0  1
    recall                0.5  2
    specificity           1.0  1
    negative_predictive_value    0.5  2
    """
    check_consistent_length(y_true, y_pred, groups)
    labels = unique_labels(y_true, y_pred) if classes is None else np.asarray(classes)
    predicted = encode(y_pred, labels, name="y_pred")
    rows = Rows(encode(y_true, labels), predicted, np.eye(len(labels))[predicted])
    counts = class_counts(confusion(rows, np.ones((1, len(predicted))))[0])
    groups_or_rows = np.arange(len(predicted)) if groups is None else groups
    codes, _ = pd.factorize(np.asarray(groups_or_rows))
    strata = rows.true[np.unique(codes, return_index=True)[1]]
    options = {
        "n_resamples": n_resamples,
        "confidence_level": confidence_level,
        "random_state": random_state,
    }
    lines = {}
    for k, label in enumerate(labels):
        for name in CLASS_SCORES:
            part, whole = (int(count[k]) for count in counts[name])
            if groups is None or whole == 0:
                kind = "wilson"
                interval = wilson_interval(
                    part, whole, confidence_level=confidence_level
                )
            else:
                interval, kind = _class_interval(name, k, rows, codes, strata, options)
            lines[label, name] = (*interval, whole, kind)
    return _table(lines, ["class", "metric"])


def _class_interval(name, k, rows, codes, strata, options):
    """Return a proportion of one class, events drawn, and the kind of its interval."""
    interval = resample_units(
        lambda counts: class_score(name, rows, counts[:, codes])[:, k],
        strata,
        n_rows=len(codes),
        **options,
    )
    if interval.low < interval.high or interval.score not in (0, 1):
        return interval, "bootstrap"
    n_events = len(np.unique(codes[_rows_of(name, k, rows)]))
    n_hits = int(interval.score) * n_events
    level = options["confidence_level"]
    interval = wilson_interval(n_hits, n_events, confidence_level=level)
    return interval, "wilson over events"


def _rows_of(name, k, rows):
    """Return which rows a proportion of one class is of."""
    codes = rows.true if name in ("recall", "specificity") else rows.predicted
    return (codes == k) == (name in ("recall", "precision"))


def specificity_score(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, pos_label: Any
) -> float:
    """Proportion of correct rows among those of other classes than `pos_label`.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions.
    pos_label : object
        The positive class; all others are negative.

    Returns
    -------
    float
        Specificity, NaN if every row is of the class.

    Examples
    --------
    >>> from skseisfp.metrics import specificity_score
    >>> specificity_score(["a", "b", "c"], ["a", "a", "b"], pos_label="a")
    0.5
    """
    return _rest_score("specificity", y_true, y_pred, pos_label)


def negative_predictive_value_score(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, pos_label: Any
) -> float:
    """Proportion of correct rows among those predicted as other classes.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions.
    pos_label : object
        The positive class; all others are negative.

    Returns
    -------
    float
        Negative predictive value, NaN if every row is predicted as `pos_label`.

    Examples
    --------
    >>> from skseisfp.metrics import negative_predictive_value_score
    >>> negative_predictive_value_score(["a", "b", "a"], ["a", "b", "b"], pos_label="a")
    0.5
    """
    return _rest_score("negative_predictive_value", y_true, y_pred, pos_label)


def _rest_score(name, y_true, y_pred, pos_label):
    """Return a one-vs-rest proportion of one class."""
    check_consistent_length(y_true, y_pred)
    classes = unique_labels(y_true, y_pred)
    if pos_label not in classes:
        raise ValueError(
            f"pos_label must be one of the classes {', '.join(map(str, classes))}; got "
            f"{pos_label!r}."
        )
    true, predicted = (np.asarray(y) == pos_label for y in (y_true, y_pred))
    rows = Rows(
        true.astype(int), predicted.astype(int), np.eye(2)[predicted.astype(int)]
    )
    return float(class_score(name, rows, np.ones((1, len(true))))[0, 1])

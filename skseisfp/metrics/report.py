"""Tables of scores in which every figure has an interval."""

from functools import partial

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import unique_labels

from .._utils.checks import check_option
from .intervals import LEVELS, resample_units, scored_rows, wilson_interval
from .weighted import (
    LOSSES,
    METRICS,
    Rows,
    class_counts,
    class_score,
    confusion,
    encode,
    get_metric,
)

CLASS_SCORES = ("precision", "recall", "specificity", "negative_predictive_value")
COLUMNS = ("score", "low", "high", "n", "interval")


def _table(lines, names):
    """Return a table with one line for each key."""
    index = pd.MultiIndex.from_tuples(lines, names=names)
    return pd.DataFrame(list(lines.values()), index=index, columns=COLUMNS)


def score_table(
    y_true,
    y_score,
    groups=None,
    *,
    metrics=tuple(METRICS),
    levels=LEVELS,
    classes=None,
    vote="mean",
    tie="mean",
    n_resamples=2000,
    confidence_level=0.95,
    random_state=None,
):
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
    metrics : str or sequence of str, default=("accuracy", "balanced_accuracy", "f1", \
"roc_auc")
        Names of the scores, see :func:`bootstrap_interval`.
    levels : str or sequence of str, default=("event", "record")
        What is scored, see :func:`bootstrap_interval`.
    classes : array-like of shape (n_classes,), default=None
        Names of the columns of `y_score`; None takes the sorted labels.
    vote : {"mean", "majority"}, default="mean"
        How the records of an event are put together, see :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Tie rule of the majority vote.
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
        trials, else ``"bootstrap"`` by event. Indexed by level and metric.

    Raises
    ------
    ValueError
        As :func:`bootstrap_interval`.

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
    metrics = [metrics] if isinstance(metrics, str) else metrics
    levels = [levels] if isinstance(levels, str) else levels
    for name in metrics:
        check_option("metrics", name, (*METRICS, *LOSSES))
    for level in levels:
        check_option("levels", level, LEVELS)
    lines = {}
    for level in levels:
        rows, codes, strata = scored_rows(
            y_true, y_score, groups, classes=classes, level=level, vote=vote, tie=tie
        )
        for name in metrics:
            if (level, name) == ("event", "accuracy"):
                kind, hits = "wilson", int((rows.true == rows.predicted).sum())
                interval = wilson_interval(
                    hits, len(codes), confidence_level=confidence_level
                )
            else:
                kind = "bootstrap"
                interval = _bootstrap(get_metric(name), rows, codes, strata, options)
            lines[level, name] = (*interval, len(codes), kind)
    return _table(lines, ["level", "metric"])


def _bootstrap(score, rows, codes, strata, options):
    """Return the interval of a score of rows whose events are drawn."""
    return resample_units(
        lambda counts: score(rows, counts[:, codes]),
        strata,
        n_rows=len(codes),
        **options,
    )


def class_table(
    y_true,
    y_pred,
    *,
    groups=None,
    classes=None,
    n_resamples=2000,
    confidence_level=0.95,
    random_state=None,
):
    """Tabulate precision, recall, specificity and negative precision by class.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions, of events or of records.
    groups : array-like of shape (n_rows,), default=None
        Event of each row. None says that rows are independent, as events are: the
        intervals are Wilson's. Rows of the same event are not: the intervals are
        bootstraps that draw whole events.
    classes : array-like of shape (n_classes,), default=None
        Classes to count; None takes all that occur, sorted.
    n_resamples : int, default=2000
        Number of resamples of the bootstrap.
    confidence_level : float, default=0.95
        Probability that an interval covers the true score.
    random_state : int, RandomState instance or None, default=None
        Draws of the resamples.

    Returns
    -------
    DataFrame
        Columns ``score``, ``low``, ``high``, ``n`` (rows that the share is taken of)
        and ``interval`` (``"wilson"`` or ``"bootstrap"``). Indexed by class and
        metric. A share of no rows is NaN.

    Raises
    ------
    ValueError
        If lengths differ, or a label is none of the `classes`.

    Notes
    -----
    Every class stands against the rest. With hits and misses counted over rows,
    precision is the share of right rows among those given to the class, recall among
    those of the class, specificity is the share of right rows among those of other
    classes, and negative precision among those given to other classes.

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
    classes = unique_labels(y_true, y_pred) if classes is None else np.asarray(classes)
    predicted = encode(y_pred, classes, name="y_pred")
    rows = Rows(encode(y_true, classes), predicted, np.eye(len(classes))[predicted])
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
    for k, label in enumerate(classes):
        for name in CLASS_SCORES:
            part, whole = (int(count[k]) for count in counts[name])
            if groups is None or whole == 0:
                kind = "wilson"
                interval = wilson_interval(
                    part, whole, confidence_level=confidence_level
                )
            else:
                kind = "bootstrap"
                score = partial(_of_class, name, k)
                interval = _bootstrap(score, rows, codes, strata, options)
            lines[label, name] = (*interval, whole, kind)
    return _table(lines, ["class", "metric"])


def _of_class(name, k, rows, weights):
    """Return a proportion of one class, (n_resamples,)."""
    return class_score(name, rows, weights)[:, k]


def specificity_score(y_true, y_pred, *, pos_label):
    """Share of right rows among those of other classes than `pos_label`.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions.
    pos_label : object
        The class that stands against the rest.

    Returns
    -------
    float
        Specificity, NaN where every row is of the class.

    Examples
    --------
    >>> from skseisfp.metrics import specificity_score
    >>> specificity_score(["a", "b", "c"], ["a", "a", "b"], pos_label="a")
    0.5
    """
    return _rest_score("specificity", y_true, y_pred, pos_label)


def negative_predictive_value_score(y_true, y_pred, *, pos_label):
    """Share of right rows among those given to other classes than `pos_label`.

    Parameters
    ----------
    y_true, y_pred : array-like of shape (n_rows,)
        Labels and predictions.
    pos_label : object
        The class that stands against the rest.

    Returns
    -------
    float
        Negative precision (negative predictive value), NaN where every row is given
        to the class.

    Examples
    --------
    >>> from skseisfp.metrics import negative_predictive_value_score
    >>> negative_predictive_value_score(["a", "b", "a"], ["a", "b", "b"], pos_label="a")
    0.5
    """
    return _rest_score("negative_predictive_value", y_true, y_pred, pos_label)


def _rest_score(name, y_true, y_pred, pos_label):
    """Return a proportion of one class against the rest."""
    check_consistent_length(y_true, y_pred)
    classes = unique_labels(y_true, y_pred)
    if pos_label not in classes:
        raise ValueError(
            f"pos_label={pos_label!r} is none of the classes "
            f"{', '.join(map(str, classes))}."
        )
    true, predicted = (np.asarray(y) == pos_label for y in (y_true, y_pred))
    rows = Rows(
        true.astype(int), predicted.astype(int), np.eye(2)[predicted.astype(int)]
    )
    return float(class_score(name, rows, np.ones((1, len(true))))[0, 1])

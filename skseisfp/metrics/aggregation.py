"""From records to events: the event of each record, and votes of records."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from sklearn.utils import check_array, column_or_1d

from .._utils.checks import check_option, check_per_record
from .._utils.validation import check_groups
from ..events import EventsUnknownWarning, resolve_groups
from .decisions import Decision, decide

RESPONSES = ("predict_proba", "decision_function", "predict")
VOTES = ("mean", "majority", "snr")
TIES = ("mean", "first")


def event_labels(y: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> pd.Series:
    """Return the label of each event; raise for events of several labels.

    Parameters
    ----------
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`.

    Returns
    -------
    Series of shape (n_events,)
        Labels, indexed by event id, in order of first appearance.

    Raises
    ------
    ValueError
        If the records of an event differ in label; the first such event is named. If
        the events are not known.

    Examples
    --------
    >>> from skseisfp.metrics import event_labels
    >>> event_labels(["blast", "blast", "quake"], ["e1", "e1", "e2"]).to_dict()
    {'e1': 'blast', 'e2': 'quake'}
    """
    labels = column_or_1d(y)
    events = resolve_groups(y, groups, needed_by="event_labels")
    records = pd.DataFrame({"label": labels, "event_id": events})
    by_event: Any = records.groupby("event_id", sort=False)["label"]
    n_labels = by_event.nunique(dropna=False)
    straddling = n_labels.index[n_labels > 1]
    if len(straddling):
        event = straddling[0]
        labels = sorted({str(label) for label in by_event.get_group(event)})
        raise ValueError(
            f"Every event needs one label: the records of {len(straddling)} events "
            f"straddle labels, first event '{event}': {', '.join(labels)}."
        )
    return by_event.first()


def class_scores(
    estimator: Any, X: Any, **params: dict[str, Any]
) -> npt.NDArray[np.float64]:
    """Return the scores of the classes that a fitted classifier gives to records.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier. Its `predict_proba` is preferred, then its
        `decision_function` (``[-d, d]`` for two classes), then its `predict`, as votes
        of 0 and 1.
    X : array-like of shape (n_records, ...)
        Records.
    **params : dict
        Keyword arguments of each of these methods, by its name.

    Returns
    -------
    ndarray of shape (n_records, n_classes)
        Scores.
    """
    method = next(method for method in RESPONSES if hasattr(estimator, method))
    with warnings.catch_warnings():  # scores of records are asked for, not of events
        warnings.simplefilter("ignore", EventsUnknownWarning)
        scores = getattr(estimator, method)(X, **params.get(method, {}))
    if method == "predict":
        scores = np.asarray(scores)[:, None] == np.asarray(estimator.classes_)
    elif scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return np.asarray(scores, dtype=float)


def snr_weights(snr: Any, n_records: int) -> npt.NDArray[np.float64]:
    """Return the share of signal in the power of each record, from its SNR in dB.

    Parameters
    ----------
    snr : array-like of shape (n_records,)
        SNR of each record in dB.
    n_records : int
        Number of records.

    Returns
    -------
    ndarray of shape (n_records,)
        Shares above 0, so that events of noise alone have weights, too.
    """
    snr = check_per_record("snr", snr, n_records, "value in dB").astype(float)
    if np.isnan(snr).any():
        raise ValueError(
            f"snr is missing for record {int(np.flatnonzero(np.isnan(snr))[0])}; "
            "vote='snr' needs it for every record, in dB."
        )
    return np.maximum(expit(snr * np.log(10) / 10), np.finfo(float).tiny)


def vote_events(
    scores: npt.NDArray,
    codes: npt.NDArray,
    *,
    vote: str = "mean",
    tie: str = "mean",
    snr: npt.ArrayLike | None = None,
    decision: Decision | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.integer]]:
    """Let the records of each event vote.

    Parameters
    ----------
    scores : ndarray of shape (n_records, n_classes)
        Scores of the records; a greater score makes a class more probable.
    codes : ndarray of shape (n_records,)
        Number of the event of each record, 0 to n_events - 1.
    vote : {"mean", "majority", "snr"}, default="mean"
        See :func:`aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        See :func:`aggregate_events`.
    snr : array-like of shape (n_records,), default=None
        SNR in dB, for ``vote="snr"``.
    decision : (int, float), default=None
        See :func:`aggregate_events`.

    Returns
    -------
    event_scores : ndarray of shape (n_events, n_classes)
        Mean scores, or shares of the votes.
    event_predictions : ndarray of shape (n_events,)
        Column of the class that wins.
    """
    check_option("vote", vote, VOTES)
    check_option("tie", tie, TIES)
    if vote == "snr" and snr is None:
        raise ValueError("vote='snr' needs snr, the SNR of every record in dB.")
    weights = snr_weights(snr, len(codes)) if vote == "snr" else np.ones(len(codes))
    means = _event_means(scores, codes, weights)
    if vote != "majority":
        return means, decide(means, decision)
    votes = np.eye(scores.shape[1])[decide(scores, decision)]
    shares = _event_means(votes, codes, weights)
    if tie == "first":
        return shares, shares.argmax(axis=1)
    leads = np.isclose(shares, shares.max(axis=1, keepdims=True))
    if decision is None:
        return shares, np.where(leads, means, -np.inf).argmax(axis=1)
    winners = np.where(
        leads.all(axis=1), decide(means, decision), shares.argmax(axis=1)
    )
    return shares, winners


def _event_means(values, codes, weights):
    """Return the weighted mean of the rows of each event."""
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(sums, codes, values * weights[:, None])
    return sums / np.bincount(codes, weights)[:, None]


def aggregate_events(
    y_score: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    classes: npt.ArrayLike | None = None,
    y_true: npt.ArrayLike | None = None,
    vote: str = "mean",
    tie: str = "mean",
    snr: npt.ArrayLike | None = None,
    decision: Decision | None = None,
) -> pd.DataFrame:
    """Turn the scores of records into one event prediction per event.

    Parameters
    ----------
    y_score : array-like of shape (n_records, n_classes) or (n_records,)
        Probabilities or other scores of the classes; one column is the probability
        of the second of two classes.
    groups : array-like of shape (n_records,)
        Event of each record.
    classes : array-like of shape (n_classes,), default=None
        Names of the columns, as in `classes_` of a classifier; None numbers them.
    y_true : array-like of shape (n_records,), default=None
        Labels; adds the label of the event.
    vote : {"mean", "majority", "snr"}, default="mean"
        ``"mean"`` averages the scores; ``"majority"`` gives each record one vote for
        its most probable class; ``"snr"`` averages the scores with the weight
        :math:`r / (1 + r)`, :math:`r = 10^{snr / 10}`: the share of signal in the
        power of the record.
    tie : {"mean", "first"}, default="mean"
        Class that wins among those with equally many votes, for ``vote="majority"``:
        the one of the greatest mean score, or the first of `classes`. Of exactly equal
        scores the first of `classes` wins always.
    snr : array-like of shape (n_records,), default=None
        SNR of each record in dB, for ``vote="snr"``.
    decision : tuple of (int, float), default=None
        Column of the positive one of two classes, and the threshold of its score, by
        which events, and records that vote, are decided; None takes the largest score.

    Returns
    -------
    DataFrame of shape (n_events, ...)
        One row per event, indexed by ``event_id``, in order of first appearance:
        ``n_records``, ``label`` (with `y_true`), ``prediction``, ``agreement`` (share
        of the records whose prediction by themselves is that of the event) and
        ``score_<class>`` (mean score, or share of the votes).

    Raises
    ------
    ValueError
        If the records of an event differ in label, or a length does not fit.

    Examples
    --------
    >>> from skseisfp.metrics import aggregate_events
    >>> table = aggregate_events(
    ...     [0.9, 0.4, 0.2], ["e1", "e1", "e2"], classes=["blast", "quake"]
    ... )
    >>> columns = ["n_records", "prediction", "agreement", "score_quake"]
    >>> table[columns]  # doctest: +NORMALIZE_WHITESPACE
              n_records prediction  agreement  score_quake
    event_id
    e1                2      quake        0.5         0.65
    e2                1      blast        1.0         0.20
    """
    scores = check_scores(y_score)
    names = np.arange(scores.shape[1]) if classes is None else np.asarray(classes)
    if len(names) != scores.shape[1]:
        raise ValueError(
            f"y_score has {scores.shape[1]} columns for {len(names)} classes."
        )
    codes, events = pd.factorize(check_groups(groups, len(scores)))
    event_scores, event_predictions = vote_events(
        scores, codes, vote=vote, tie=tie, snr=snr, decision=decision
    )
    agree = decide(scores, decision) == event_predictions[codes]
    table = pd.DataFrame(
        {
            "n_records": np.bincount(codes),
            "prediction": names[event_predictions],
            "agreement": np.bincount(codes, agree) / np.bincount(codes),
            **{f"score_{c}": event_scores[:, i] for i, c in enumerate(names)},
        },
        index=pd.Index(events, name="event_id"),
    )
    if y_true is not None:
        table.insert(1, "label", event_labels(y_true, groups).to_numpy())
    return table


def check_scores(y_score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return scores as a 2-D float array; one column is that of the second class."""
    try:
        scores = np.asarray(y_score, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "y_score must be probabilities or other scores of the classes, such as "
            f"predict_proba returns, not labels: {error}."
        ) from error
    if scores.ndim == 1 or (scores.ndim == 2 and scores.shape[1] == 1):
        scores = scores.ravel()
        scores = np.column_stack([1 - scores, scores])
    checked: Any = check_array(scores, input_name="y_score")
    return checked

"""Nested folds, and the fits of a candidate on them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..ensemble.out_of_fold import fit_decide, fit_predict, seeded
from ..metrics import event_labels
from ..metrics.aggregation import vote_events
from ..metrics.weighted import Rows, get_score, uses_predictions
from .protocols import make_protocols

STRATIFIED = ("event", "new_stations")  # every class is in every fold of events


class OuterFold(NamedTuple):
    """Rows of an outer fold, its inner folds, and the rows that are scored in those."""

    train: npt.NDArray
    test: npt.NDArray
    inner: list
    inner_rows: npt.NDArray


class NestedDesign(NamedTuple):
    """Candidates, their records, and the folds; `scored` are the rows of the score."""

    candidates: list
    arrays: dict
    y: npt.NDArray
    events: npt.NDArray
    folds: list[OuterFold]
    scored: npt.NDArray


class CandidateFit(NamedTuple):
    """Predictions of a candidate on an outer fold; None where a fit failed."""

    inner: npt.NDArray | None
    outer: npt.NDArray | None
    inner_score: float
    error: str


def event_score(y, scores, events, classes, metric):
    """Return the event score of predictions; NaN where a class has no event."""
    codes, _ = pd.factorize(events)
    event_scores, predicted = vote_events(scores, codes)
    first = np.unique(codes, return_index=True)[1]
    true = np.searchsorted(classes, y[first])
    if len(np.unique(true)) < len(classes):
        return np.nan
    rows = Rows(true, predicted, event_scores, classes)
    return float(get_score(metric)(rows, np.ones((1, len(true))))[0])


def make_nested_folds(frame, y, *, protocols, n_splits, random_state):
    """Return the outer folds with their inner ones, and the rows that are scored.

    Parameters
    ----------
    frame : DataFrame
        Table of the records, see :func:`make_protocols`.
    y : ndarray of shape (n_records,)
        Labels.
    protocols : tuple of str or of (str, splitter)
        Outer and inner protocol.
    n_splits : tuple of int
        Number of outer and of inner folds.
    random_state : int
        Seed of the folds.

    Returns
    -------
    folds : list of OuterFold
        Row numbers are those of the whole table.
    scored : ndarray
        Row numbers of the records that are tested and scored by the outer protocol.
    """
    events, classes = frame["event_id"].to_numpy(), np.unique(y)
    outer, scored = _make_folds(
        frame, y, protocols[0], random_state, {"n_splits": n_splits[0]}
    )
    _check_events(y[scored], events[scored], classes, "Test rows of the outer folds")
    folds = []
    for number, (train, test) in enumerate(outer):
        place = f"Outer fold {number}, inner folds: "
        inner, rows = _make_folds(
            frame.iloc[train].reset_index(drop=True),
            y[train],
            protocols[1],
            random_state,
            {"n_inner_splits": n_splits[1]},
            place,
        )
        rows = train[rows]
        _check_events(y[rows], events[rows], classes, f"{place}test rows")
        pairs = [(train[fit], train[held]) for fit, held in inner]
        folds.append(OuterFold(train, test, pairs, rows))
    return folds, scored


def _make_folds(frame, y, protocol, random_state, n_splits, place=""):
    """Return the folds of a protocol and the rows that are scored.

    Errors name the outer fold in which they occur; `n_splits` maps the name of the
    option to the number of folds.
    """
    ((option, number),) = n_splits.items()
    if protocol in STRATIFIED:
        _check_counts(y, frame["event_id"].to_numpy(), option, number, place)
    try:
        (made,) = make_protocols(
            frame, y, protocols=[protocol], n_splits=number, random_state=random_state
        )
    except ValueError as error:
        raise ValueError(f"{place}{error}") from error
    return made.folds, np.flatnonzero(made.scored)


def _check_counts(y, events, option, number, place):
    """Raise if a class has fewer events than there are folds, with the counts."""
    counts = event_labels(y, events).value_counts()
    if counts.min() < number:
        raise ValueError(
            f"{place}{option}={number} needs {number} events or more of every class; "
            f"there are {_list(counts)}."
        )


def _check_events(y, events, classes, place):
    """Raise if a class has fewer than two events, and so its score no interval."""
    counts = event_labels(y, events).value_counts().reindex(classes, fill_value=0)
    if counts.min() < 2:
        raise ValueError(
            f"{place} must have two events or more of every class; there are "
            f"{_list(counts)}."
        )


def _list(counts):
    """Return counts of events by class as a string."""
    return ", ".join(f"{number} of {label!r}" for label, number in counts.items())


def fit_candidate(estimator, X, y, fold, metadata, *, metric, random_state):
    """Fit a candidate on the inner folds and on all training rows of an outer fold.

    Parameters
    ----------
    estimator : classifier
        Is cloned and seeded for every fit.
    X : array-like of shape (n_records, ...)
        Records.
    y : ndarray of shape (n_records,)
        Labels.
    fold : OuterFold
        The folds.
    metadata : dict
        ``groups`` and other metadata that the steps may request.
    metric : str or callable
        Event score of the predictions pooled over the inner folds.
    random_state : int
        Seed of every fit.

    Returns
    -------
    CandidateFit
        Predictions for ``fold.inner_rows`` and ``fold.test``. If a fit raises, the
        message is kept instead.
    """
    pooled = np.full((len(y), len(np.unique(y))), np.nan)
    predict = fit_decide if uses_predictions(metric) else fit_predict
    args = X, y, metadata, random_state, predict
    try:
        for inner in fold.inner:
            pooled[inner[1]] = _predict(estimator, inner, *args)
        outer = _predict(estimator, (fold.train, fold.test), *args)
    except Exception as error:
        return CandidateFit(None, None, np.nan, f"{type(error).__name__}: {error}")
    rows = fold.inner_rows
    score = event_score(
        y[rows], pooled[rows], metadata["groups"][rows], np.unique(y), metric
    )
    return CandidateFit(pooled[rows], outer, score, "")


def _predict(estimator, fold, X, y, metadata, random_state, predict):
    """Return the predictions of one fit, or raise if they hold NaN."""
    scores = predict(seeded(estimator, random_state), X, y, fold, metadata)
    if np.isnan(scores).any():
        raise ValueError(f"predictions of {type(estimator).__name__} hold NaN.")
    return scores


def pool_outer(fits, folds, shape):
    """Return predictions of shape (n_records, n_classes), NaN where not tested.

    Parameters
    ----------
    fits : list of CandidateFit
        One for each of the `folds`; failed ones leave NaN.
    folds : list of OuterFold
        The folds.
    shape : tuple of int
        Number of records and of classes.

    Returns
    -------
    ndarray
        The predictions.
    """
    pooled = np.full(shape, np.nan)
    for fit, fold in zip(fits, folds, strict=True):
        if not fit.error:
            pooled[fold.test] = fit.outer
    return pooled


def first_error(fits):
    """Return the first error of some fits, an empty string if none failed."""
    return next((fit.error for fit in fits if fit.error), "")

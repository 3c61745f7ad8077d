"""Scores of events that a classifier was not trained on, and the classifier of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from .._utils.progress import progress
from .._utils.recordwise import is_recordwise
from ..ensemble import EventCalibratedClassifierCV
from ..ensemble.event_folds import make_event_folds
from ..ensemble.out_of_fold import fit_predict, fit_rows
from ..metrics.aggregation import event_labels

LEAST_EVENTS = 3  # of a class: one held out, and two for the folds of calibration


def make_folds(
    cv: Any, X: Any, labels: npt.NDArray, events: npt.NDArray, random_state: Any
) -> list[tuple[npt.NDArray, npt.NDArray]]:
    """Return folds of events, stratified by class.

    Raises
    ------
    ValueError
        If a class has fewer than three events, or an event is on both sides.
    """
    counts = event_labels(labels, events).value_counts()
    rarest = int(counts.iloc[-1])
    if rarest < LEAST_EVENTS:
        raise ValueError(
            f"Every class needs {LEAST_EVENTS} events or more; class "
            f"'{counts.index[-1]}' has {rarest}."
        )
    return make_event_folds(cv, X, labels, events, random_state=random_state)


def score_held_out(
    model: Any,
    X: Any,
    labels: npt.NDArray,
    folds: list[tuple[npt.NDArray, npt.NDArray]],
    metadata: dict[str, Any],
    verbose: int = 0,
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return the rows that folds hold out, and their mean scores over the folds."""
    sums = np.zeros((len(labels), len(np.unique(labels))))
    times = np.zeros(len(labels))
    with progress(len(folds), "folds", verbose, by="EventDiscriminator") as advance:
        for fold in folds:
            _, test = fold
            sums[test] += fit_predict(clone(model), X, labels, fold, metadata)
            times[test] += 1
            advance()
    rows = np.flatnonzero(times)
    return rows, sums[rows] / times[rows, None]


def split_steps(estimator: Any, *, split: bool) -> tuple[Pipeline | None, Any]:
    """Return the first steps of a pipeline that look at one record at a time, and rest.

    Parameters
    ----------
    estimator : classifier
        Classifier or pipeline; clones are returned.
    split : bool
        Whether to split it.

    Returns
    -------
    Pipeline or None
        Steps whose results for a record depend on that record alone, so that they are
        computed once before all folds; None where there are none.
    classifier
        The others.
    """
    steps = getattr(estimator, "steps", [])
    size = 0
    while split and size < len(steps) - 1 and is_recordwise(steps[size][1]):
        size += 1
    copy: Any = clone(estimator)
    if not size:
        return None, copy
    rest = copy.steps[size:]
    return Pipeline(copy.steps[:size]), rest[0][1] if len(rest) == 1 else Pipeline(rest)


def calibrated(classifier: Any, method: str | None, random_state: Any) -> Any:
    """Return a classifier whose records are calibrated, where the method is such."""
    if method in (None, "events"):
        return classifier
    return EventCalibratedClassifierCV(
        classifier, method=method, random_state=random_state
    )


def fit_all(
    first: Pipeline | None, model: Any, X: Any, labels: Any, metadata: dict[str, Any]
) -> Any:
    """Return the classifier fitted on all records, after the first steps."""
    fitted = fit_rows(clone(model), X, labels, slice(None), metadata)
    if first is None:
        return fitted
    return Pipeline([*first.steps, ("classifier", fitted)])

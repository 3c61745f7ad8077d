"""Predictions of records by classifiers that were trained on none of their events."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.utils.metadata_routing import get_routing_for_object

from .._compat import check_method_params, safe_indexing
from ..events import attach_events
from ..metrics.aggregation import RESPONSES, class_scores
from ..metrics.decisions import (
    check_decides_by_scores,
    decision_threshold,
    shift_scores,
)
from ._wrapper import is_routing_enabled, name_of_groups


def check_routing(params: dict[str, Any] | None) -> None:
    """Raise if metadata are given that would not reach the steps.

    Parameters
    ----------
    params : dict of str to array-like, or None
        Metadata of the records.

    Raises
    ------
    ValueError
        If there are any, and metadata routing is off.
    """
    if params and not is_routing_enabled():
        raise ValueError(
            "params need metadata routing: "
            "sklearn.set_config(enable_metadata_routing=True)."
        )


def seeded(estimator: Any, seed: Any) -> Any:
    """Return a clone all of whose parameters called ``random_state`` are `seed`.

    Parameters
    ----------
    estimator : estimator
        Any estimator; those that it holds count, too.
    seed : int, RandomState instance or None
        The seed.

    Returns
    -------
    estimator
        The clone.
    """
    names = [
        name
        for name in estimator.get_params(deep=True)
        if name.rpartition("__")[2] == "random_state"
    ]
    copy: Any = clone(estimator)
    return copy.set_params(**dict.fromkeys(names, seed))


def fit_rows(
    estimator: Any,
    X: Any,
    y: npt.NDArray,
    rows: npt.NDArray | slice,
    metadata: dict[str, Any],
) -> Any:
    """Fit an estimator on some rows; return it.

    Parameters
    ----------
    estimator : classifier
        Is fitted itself, not a clone.
    X : array-like of shape (n_records, ...)
        Records.
    y : ndarray of shape (n_records,)
        Labels.
    rows : ndarray or slice
        Row numbers of the training set.
    metadata : dict of str to array-like of shape (n_records,)
        ``groups``, the event of each record, and other parameters of `fit`; under
        metadata routing those that the steps request arrive. The events are the index
        ``event_id`` of the labels, too, and without routing they are given by name
        where the estimator takes them, see `requested`.

    Returns
    -------
    classifier
        The estimator.
    """
    return estimator.fit(
        safe_indexing(X, rows),
        attach_events(y, metadata["groups"]).iloc[rows],
        **requested(estimator, "fit", metadata, rows),
    )


def score_rows(
    estimator: Any,
    X: Any,
    rows: npt.NDArray,
    classes: npt.NDArray,
    metadata: dict[str, Any],
    *,
    check_rule: bool = False,
) -> npt.NDArray[np.float64]:
    """Return the scores of some rows by a fitted classifier.

    Parameters
    ----------
    estimator : classifier
        Fitted classifier.
    X : array-like of shape (n_records, ...)
        Records.
    rows : ndarray
        Row numbers.
    classes : ndarray of shape (n_classes,)
        Labels of the columns, sorted.
    metadata : dict of str to array-like of shape (n_records,)
        As for `fit_rows`.
    check_rule : bool, default=False
        Raise where the classifier predicts by a rule of its own that is not known.

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
        Scores; a class that the classifier does not know has probability 0, or the
        least possible value of a decision function.
    """
    asked = {name: requested(estimator, name, metadata, rows) for name in RESPONSES}
    records = safe_indexing(X, rows)
    scores = class_scores(estimator, records, **asked)
    if check_rule:
        decision = decision_threshold(estimator)
        check_decides_by_scores(estimator, records, scores, decision)
    known = np.asarray(estimator.classes_)
    if np.array_equal(known, classes):
        return scores
    fill = 0.0 if hasattr(estimator, "predict_proba") else -np.inf
    aligned = np.full((len(scores), len(classes)), fill)
    aligned[:, np.searchsorted(classes, known)] = scores
    return aligned


def fit_predict(
    estimator: Any,
    X: Any,
    y: npt.NDArray,
    fold: Any,
    metadata: dict[str, Any],
    *,
    check_rule: bool = False,
) -> npt.NDArray[np.float64]:
    """Fit on the training rows of a fold and return the scores of its test rows.

    Parameters
    ----------
    estimator : classifier
        Is fitted itself, not a clone.
    X : array-like of shape (n_records, ...)
        Records.
    y : ndarray of shape (n_records,)
        Labels.
    fold : tuple of (ndarray, ndarray)
        Row numbers of the training set and of the test set.
    metadata : dict of str to array-like of shape (n_records,)
        As for `fit_rows`.
    check_rule : bool, default=False
        As for `score_rows`.

    Returns
    -------
    ndarray of shape (n_test_rows, n_classes)
        Scores, in the order of the sorted labels.
    """
    train, test = fold
    fitted = fit_rows(estimator, X, y, train, metadata)
    classes = np.unique(y)
    return score_rows(fitted, X, test, classes, metadata, check_rule=check_rule)


def fit_decide(
    estimator: Any, X: Any, y: npt.NDArray, fold: Any, metadata: dict[str, Any]
) -> npt.NDArray[np.float64]:
    """Fit on the training rows of a fold; return scores whose largest one decides.

    Parameters
    ----------
    estimator, X, y, fold, metadata : object
        As for `fit_predict`.

    Returns
    -------
    ndarray of shape (n_test_rows, n_classes)
        Scores, of a classifier with a threshold of its own those of `shift_scores`.

    Raises
    ------
    ValueError
        If the classifier predicts by a rule of its own that is not known.
    """
    scores = fit_predict(estimator, X, y, fold, metadata, check_rule=True)
    decision = decision_threshold(estimator)
    if decision is None or scores.shape[1] > 2:
        return scores
    return shift_scores(scores, decision)


def requested(
    estimator: Any, method: str, metadata: dict[str, Any], rows: npt.NDArray | slice
) -> dict[str, Any]:
    """Return the parameters that a method of an estimator gets, of some rows.

    Parameters
    ----------
    estimator : classifier
        The estimator.
    method : {"fit", "predict_proba", "decision_function", "predict"}
        The method.
    metadata : dict of str to object
        ``groups``, the event of each record, and other parameters, one value a record.
    rows : ndarray or slice
        Row numbers.

    Returns
    -------
    dict of str to object
        Under metadata routing what the estimator requests. Without it `fit` gets all
        of them, the events under the name that it has for them or not at all, and the
        other methods get none.
    """
    if is_routing_enabled():
        consumed = get_routing_for_object(estimator).consumes(method, metadata)
        params = {name: metadata[name] for name in consumed}
    elif method == "fit":
        params = {name: metadata[name] for name in metadata if name != "groups"}
        if (name := name_of_groups(estimator)) is not None:
            params[name] = metadata["groups"]
    else:
        params = {}
    return check_method_params(metadata["groups"], params, indices=rows)

"""Predictions of records by classifiers that were trained on none of their events."""

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.metadata_routing import _routing_enabled, get_routing_for_object

from ..metrics.aggregation import RESPONSES, class_scores


def check_routing(params):
    """Raise if metadata are given that nothing will bring to the steps."""
    if params and not _routing_enabled():
        raise ValueError(
            "params need metadata routing: "
            "sklearn.set_config(enable_metadata_routing=True)."
        )


def seeded(estimator, seed):
    """Return a clone all of whose parameters called ``random_state`` are `seed`."""
    names = [
        name
        for name in estimator.get_params(deep=True)
        if name.rpartition("__")[2] == "random_state"
    ]
    return clone(estimator).set_params(**dict.fromkeys(names, seed))


def fit_rows(estimator, X, y, rows, metadata):
    """Fit an estimator on some rows; return it.

    Parameters
    ----------
    estimator : classifier
        Is fitted itself, not a clone.
    X : array-like of shape (n_records, ...)
        Records.
    y : ndarray of shape (n_records,)
        Labels.
    rows : ndarray
        Row numbers of the training set.
    metadata : dict of str to array-like of shape (n_records,)
        ``groups``, the event of each record, and what else the steps may request by
        metadata routing. The events are the index of the labels, too, so that they
        arrive with metadata routing off.
    """
    labels = pd.Series(y, index=pd.Index(metadata["groups"], name="event_id"))
    return estimator.fit(
        _safe_indexing(X, rows),
        labels.iloc[rows],
        **_requested(estimator, "fit", metadata, rows),
    )


def score_rows(estimator, X, rows, classes, metadata):
    """Return the scores of some rows, of shape (n_rows, n_classes).

    The columns are those of `classes`; a class that the fitted estimator does not know
    has probability 0, or the least possible value of a decision function.
    """
    asked = {name: _requested(estimator, name, metadata, rows) for name in RESPONSES}
    scores = class_scores(estimator, _safe_indexing(X, rows), **asked)
    known = np.asarray(estimator.classes_)
    if np.array_equal(known, classes):
        return scores
    fill = 0.0 if hasattr(estimator, "predict_proba") else -np.inf
    aligned = np.full((len(rows), len(classes)), fill)
    aligned[:, np.searchsorted(classes, known)] = scores
    return aligned


def fit_predict(estimator, X, y, fold, metadata):
    """Fit on the training rows of a fold and return the scores of its test rows."""
    train, test = fold
    fitted = fit_rows(estimator, X, y, train, metadata)
    return score_rows(fitted, X, test, np.unique(y), metadata)


def _requested(estimator, method, metadata, rows):
    """Return the metadata that a method requests, of some rows."""
    if not _routing_enabled():
        return {}
    consumed = get_routing_for_object(estimator).consumes(method, metadata)
    return {name: _safe_indexing(metadata[name], rows) for name in consumed}

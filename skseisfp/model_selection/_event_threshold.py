"""The threshold of a classifier of two classes, found by event in training rows."""

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold

from ..ensemble.out_of_fold import fit_predict
from ..metrics import aggregate_events
from ..metrics.threshold_curve import threshold_curve


def find_threshold(estimator, X, y, train, metadata, *, n_splits, seed):
    """Find the threshold of the best event balanced accuracy in the training rows.

    Parameters
    ----------
    estimator : classifier
        Is cloned for every inner fold.
    X, y, metadata : object
        As for `fit_predict`.
    train : ndarray
        Row numbers of the training set, which is split into inner folds by event.
    n_splits : int
        Number of inner folds.
    seed : int
        Seed of the inner folds.

    Returns
    -------
    float
        Threshold of the margin, the score of the second class less that of the first;
        0 predicts the class of the larger score.
    """
    events = np.asarray(metadata["groups"])[train]
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    scores = np.empty((len(train), 2))
    for inner_train, inner_test in splitter.split(train, y[train], events):
        fold = train[inner_train], train[inner_test]
        scores[inner_test] = fit_predict(clone(estimator), X, y, fold, metadata)
    table = aggregate_events(scores[:, [1]] - scores[:, [0]], events, y_true=y[train])
    positive = table["label"].to_numpy() == np.unique(y)[1]
    return best_threshold(positive, table["score_1"].to_numpy())


def best_threshold(positive, margin):
    """Return the middle one of the thresholds of the best balanced accuracy.

    Parameters
    ----------
    positive : ndarray of bool of shape (n_events,)
        Whether the event is of the second class.
    margin : ndarray of shape (n_events,)
        Score; events above the threshold are predicted as the second class.

    Returns
    -------
    float
        Threshold, half-way between two neighbouring scores.
    """
    thresholds, accuracy = threshold_curve(positive, margin, "balanced_accuracy")
    cuts, accuracy = thresholds[1:-1], accuracy[1:-1]  # the ends are infinite
    if not len(cuts):
        return float(margin[0])
    best = np.flatnonzero(np.isclose(accuracy, accuracy.max()))
    return float(cuts[best[len(best) // 2]])

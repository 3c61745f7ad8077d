"""Calibration of the scores of events by events that were held out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.model_selection import StratifiedKFold

N_SPLITS = 5
LEAST = 1e-3  # probability that counts as none, as forests often say 0


def fit_calibration(
    scores: npt.NDArray, labels: npt.NDArray
) -> tuple[npt.NDArray, npt.NDArray]:
    """Fit probabilities of events to their scores.

    Parameters
    ----------
    scores : ndarray of shape (n_events, n_classes)
        Probabilities of events that were held out.
    labels : ndarray of shape (n_events,)
        Their labels.

    Returns
    -------
    ndarray of shape (1 + n_classes,)
        Slope and offsets, fitted to all events, for `apply_calibration`.
    ndarray of shape (n_events, n_classes)
        Probabilities of each event by a fit to the events of other folds.

    Notes
    -----
    Probabilities are the softmax of a slope times the logarithms of the scores, plus an
    offset for each class: Platt's sigmoid of two classes. The slope is never negative,
    since scores without any skill are below chance as often as above when they are held
    out, and predictions would be turned round. The mean over the records of an event is
    less extreme than the share of such events, which a calibration of records cannot
    see.
    """
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    held_out = np.empty(scores.shape)
    folds = StratifiedKFold(min(N_SPLITS, int(counts.min())))
    for train, test in folds.split(scores, codes):
        parameters = _fit(scores[train], codes[train])
        held_out[test] = apply_calibration(parameters, scores[test])
    return _fit(scores, codes), held_out


def apply_calibration(
    parameters: npt.NDArray | None, scores: npt.NDArray
) -> npt.NDArray[np.float64]:
    """Return calibrated scores, or the scores themselves without parameters."""
    if parameters is None:
        return scores
    return softmax(parameters[0] * _logs(scores) + parameters[1:], axis=1)


def _fit(scores, codes):
    """Return the slope and offsets of the greatest likelihood, of unit prior."""
    logs = _logs(scores)
    hits = np.eye(scores.shape[1])[codes]

    def loss(parameters):
        slope, offsets = parameters[0], parameters[1:]
        logits = slope * logs + offsets
        misses = softmax(logits, axis=1) - hits
        gradient = [np.sum(misses * logs), *misses.sum(axis=0)]
        # as the ridge of LogisticRegression: separable scores have a finite slope
        penalty = np.square(parameters).sum() / 2
        return (
            penalty - np.sum(log_softmax(logits, axis=1) * hits),
            parameters + np.array(gradient),
        )

    start = np.zeros(1 + scores.shape[1])
    bounds: Any = [(0, None)] + [(None, None)] * scores.shape[1]
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def _logs(scores):
    """Return the logarithms of scores, of none those of the least."""
    return np.log(np.clip(scores, LEAST, None))

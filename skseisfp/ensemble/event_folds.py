"""Folds that keep the records of an event together."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)
from sklearn.utils.metadata_routing import get_routing_for_object

from ..events import event_codes, sortable
from ..metrics.aggregation import event_labels

N_SPLITS = 5  # scikit-learn's number of folds, too


def make_event_folds(
    cv: Any,
    X: Any,
    labels: npt.NDArray,
    events: npt.NDArray,
    *,
    random_state: Any = None,
) -> list[tuple[npt.NDArray, npt.NDArray]]:
    """Return folds of events; raise where one would be on both sides.

    Parameters
    ----------
    cv : int, cross-validation generator, iterable or None
        Folds. None and integers are stratified by class, None of five folds or as many
        as there are events of the rarest class.
    X : array-like of shape (n_records, ...)
        Records.
    labels : ndarray of shape (n_records,)
        Labels.
    events : ndarray of shape (n_records,)
        Event of each record.
    random_state : int, RandomState instance or None, default=None
        Shuffle of the events, for ``cv=None`` or an integer; None does not shuffle.

    Returns
    -------
    list of (ndarray, ndarray)
        Row numbers of training and test parts.

    Raises
    ------
    ValueError
        If a class has too few events, an event is on both sides of a fold, or a
        training part lacks a class.
    """
    n_events = _check_counts(cv, labels, events)
    codes, names = event_codes(events)
    splitter: Any
    groups = sortable(events)
    if cv is None or isinstance(cv, Integral):
        # each record its own event: the same folds, without a loop over events
        is_alone = len(names) == len(labels)
        splitter = (StratifiedKFold if is_alone else StratifiedGroupKFold)(
            min(N_SPLITS, n_events) if cv is None else int(cv),
            shuffle=random_state is not None,
            random_state=random_state,
        )
    else:
        splitter = check_cv(cv, labels, classifier=True)
    if not splits_groups(splitter):
        groups = None
    folds = [
        (np.asarray(train), np.asarray(test))
        for train, test in splitter.split(X, labels, groups)
    ]
    _check_folds(folds, labels, codes, names)
    return folds


def splits_groups(splitter: Any, *, unknown: bool = True) -> bool:
    """Return whether a splitter uses groups; one that does not warns of them.

    Parameters
    ----------
    splitter : cross-validation generator
        The splitter.
    unknown : bool, default=True
        What is returned for a splitter that cannot be asked.

    Returns
    -------
    bool
        Whether its `split` takes ``groups``.
    """
    if not hasattr(splitter, "get_metadata_routing"):
        return unknown
    return bool(get_routing_for_object(splitter).consumes("split", ["groups"]))


def _check_counts(cv, labels, events):
    """Return the number of events of the rarest class; raise if it is too small."""
    counts = event_labels(labels, events).value_counts()
    rarest, n_events = counts.index[-1], int(counts.iloc[-1])
    needed = int(cv) if isinstance(cv, Integral) else 2
    if n_events < needed:
        raise ValueError(
            f"cv={cv} needs {needed} events or more of every class; class '{rarest}' "
            f"has {n_events}."
        )
    return n_events


def _check_folds(folds, labels, codes, names):
    """Raise for an event on both sides, and for a class that is not trained on."""
    classes = np.unique(labels)
    for number, (train, test) in enumerate(folds):
        both = np.intersect1d(codes[train], codes[test])
        if len(both):
            raise ValueError(
                f"cv puts the records of event '{names[both[0]]}' on both sides of "
                f"fold {number}. Use folds that keep events together, such as "
                "StratifiedGroupKFold, or leave cv to its default."
            )
        missing = np.setdiff1d(classes, labels[train])
        if len(missing):
            raise ValueError(
                f"cv leaves no event of class '{missing[0]}' in the training part of "
                f"fold {number}."
            )

"""What a fit trains and validates on: events, datasets, samplers, class weights."""

from __future__ import annotations

import numpy as np

from ..events import find_groups, resolve_groups
from ._records import normalise_weights
from .data import BalancedSampler, EventSampler, FingerprintDataset, ShuffleSampler


def find_events(classifier, X, y, groups):
    """Return the event of each record, None where nothing needs it."""
    if classifier.balance == "events":
        needed_by = 'balance="events"'
    elif classifier.early_stopping:
        needed_by = "early_stopping=True"
    else:
        if y is not None:
            find_groups(y, groups, X=X)  # which raises if they do not fit
        return None
    return resolve_groups(y, groups, X=X, needed_by=needed_by)


def make_datasets(classifier, X, y, groups, records, split):
    """Return the datasets of training and validation.

    Parameters
    ----------
    classifier : FingerprintClassifier
        The parameters.
    X : ndarray or LazyFingerprints of shape (n_records, n_views, ...)
        Fingerprints.
    y : ndarray of int64 of shape (n_records,)
        Class numbers.
    groups : ndarray of shape (n_records,) or None
        Event of each record, where the fit needs events.
    records : TrainingRecords
        The records to use.
    split : callable
        Returns the places of training and of validation for class numbers and events.

    Returns
    -------
    train : FingerprintDataset
        What the network is trained on.
    valid : FingerprintDataset or None
        What early stopping looks at; no event is in both.
    """
    train, valid = records, None
    if classifier.early_stopping:
        places, held_out = split(y[records.numbers], groups[records.numbers])
        train, valid = records.take(places), records.take(held_out)
    weights = normalise_weights(train, y, groups, classifier.balance)
    train = FingerprintDataset(X, y, train.numbers, weights=weights)
    if valid is None:
        return train, None
    n_views = 1 if classifier.predict_views == "first" else None
    weights = normalise_weights(valid, y, groups, None)
    return train, FingerprintDataset(X, y, valid.numbers, n_views, weights)


def make_sampler(classifier, train, groups, generator):
    """Return the order in which the items of training are drawn."""
    if classifier.balance == "events":
        return EventSampler(train, groups[train.records], generator)
    sampler = BalancedSampler if classifier.balance == "views" else ShuffleSampler
    return sampler(train, generator)


def weigh_classes(classifier, train):
    """Return weights that balance the sizes of the classes, or None."""
    if classifier.balance != "weights":
        return None
    labels = train.y[train.records]
    sizes = np.bincount(labels, train.weights, minlength=len(classifier.classes_))
    present = sizes > 0  # new events may be of some of the classes only
    sizes = np.where(present, sizes, 1)
    return sizes[present].sum() / (present.sum() * sizes)

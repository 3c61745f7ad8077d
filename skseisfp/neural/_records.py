"""The records that a fit trains on: repeated, left out or weighted by their weights."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from numbers import Number
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_array

from ..events import event_codes
from .lazy_fingerprints import LazyFingerprints

# the order of so many items in an epoch takes about 4 GB as integers of Python
_MOST_ITEMS = 10**8


@dataclass(frozen=True)
class TrainingRecords:
    """Numbers of the records to train on, and their weights in the loss or None."""

    numbers: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64] | None

    def take(self, places: npt.NDArray[np.intp]) -> TrainingRecords:
        """Return those at some places."""
        weights = None if self.weights is None else self.weights[places]
        return TrainingRecords(self.numbers[places], weights)


def check_sample_weight(
    sample_weight: Any, n_records: int
) -> npt.NDArray[np.float64] | None:
    """Return weights as floats, one for each record, or None if none are given.

    Parameters
    ----------
    sample_weight : array-like of shape (n_records,), float or None
        Weights.
    n_records : int
        Number of records.

    Returns
    -------
    ndarray of shape (n_records,) or None
        The weights.

    Raises
    ------
    ValueError
        If one is negative or not finite, or all are zero, or their number is another.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Number):
        sample_weight = np.full(n_records, sample_weight)
    weights = check_array(
        sample_weight,
        dtype="float64",
        ensure_2d=False,
        ensure_non_negative=True,
        input_name="sample_weight",
    )
    if weights.shape != (n_records,):
        raise ValueError(
            f"sample_weight must have one weight per record: got the shape "
            f"{weights.shape} for {n_records} records."
        )
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for every record; at least one weight must be above "
            "zero."
        )
    return weights


def select_records(
    X: npt.NDArray | LazyFingerprints,
    y: npt.NDArray,
    groups: npt.NDArray | None,
    weights: npt.NDArray | None,
) -> TrainingRecords:
    """Return the records to train on.

    Integer weights repeat records. Records that occur repeatedly have no order, so that
    a set with repeats is put into the order of its contents; any other keeps its own.

    Parameters
    ----------
    X : ndarray or LazyFingerprints of shape (n_records, n_views, ...)
        Fingerprints.
    y : ndarray of int of shape (n_records,)
        Class numbers.
    groups : ndarray of shape (n_records,) or None
        Event of each record, where the fit needs events.
    weights : ndarray of shape (n_records,) or None
        Weights.

    Returns
    -------
    TrainingRecords
        The records.
    """
    records = _repeat_or_weigh(len(X), weights)
    numbers = records.numbers
    keys = [y[numbers]]
    if records.weights is not None:
        keys.append(records.weights)
    if groups is not None:
        keys.append(event_codes(groups)[0][numbers])
    if not _has_repeats(X, numbers, keys):
        return records
    # as float32: the order is the same for equal fingerprints of any dtype
    contents = _digests(X, numbers, np.dtype(np.float32))
    return records.take(np.lexsort([*keys, contents]))


def _repeat_or_weigh(n_records, weights):
    """Repeat records by integer weights, and keep others; leave out those of zero."""
    if weights is None:
        return TrainingRecords(np.arange(n_records), None)
    numbers = np.flatnonzero(weights)
    weights = weights[numbers]
    if (weights == np.rint(weights)).all():
        if weights.sum() > _MOST_ITEMS:
            raise ValueError(
                f"sample_weight of integers repeats records, {weights.sum():g} of them "
                f"in an epoch; at most {_MOST_ITEMS:g} are possible. Divide it by its "
                "mean to weight the loss."
            )
        return TrainingRecords(np.repeat(numbers, weights.astype(np.intp)), None)
    return TrainingRecords(numbers, weights if np.ptp(weights) else None)


def _has_repeats(X, numbers, keys):
    """Return whether two records are the same in content and in all keys."""
    if len(np.unique(numbers)) < len(numbers):
        return True
    if isinstance(X, LazyFingerprints):
        contents = X.identities()[numbers]  # reading all of them takes an epoch
    else:
        contents = _digests(X, numbers, X.dtype)
    order = np.lexsort([*keys, contents])
    same = [np.diff(key[order]) == 0 for key in (*keys, contents)]
    return bool(np.logical_and.reduce(same).any())


def _digests(X, numbers, dtype):
    """Return 64 bits for the content of each record, in the order of its views."""
    distinct, places = np.unique(numbers, return_inverse=True)
    views = np.arange(X.shape[1])
    digests = bytearray()
    for number in distinct:
        content = X[np.full(len(views), number), views].astype(dtype, copy=False)
        content = content + dtype.type(0)  # -0.0 is 0.0
        digests += blake2b(content.tobytes(), digest_size=8).digest()
    return np.frombuffer(bytes(digests), dtype="<u8")[places]


def normalise_weights(
    records: TrainingRecords,
    y: npt.NDArray,
    groups: npt.NDArray | None,
    balance: str | None,
) -> npt.NDArray[np.float64] | None:
    """Return weights in the loss whose mean is 1, in each part that `balance` evens.

    Parameters
    ----------
    records : TrainingRecords
        The records.
    y : ndarray of int of shape (n_records,)
        Class numbers.
    groups : ndarray of shape (n_records,) or None
        Event of each record.
    balance : {"weights", "views", "events"} or None
        The classes are parts for ``"views"``, their events for ``"events"``.

    Returns
    -------
    ndarray or None
        One weight for each of the records, None where they have none.
    """
    if records.weights is None:
        return None
    parts = np.zeros(len(records.numbers), dtype=np.intp)
    if balance in ("views", "events"):
        parts = y[records.numbers]
    if balance == "events":
        assert groups is not None
        events = event_codes(groups)[0][records.numbers]
        pairs = np.column_stack([parts, events])
        parts = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
    means = np.bincount(parts, records.weights) / np.maximum(np.bincount(parts), 1)
    return records.weights / means[parts]

"""Labels as class numbers: of a new network, or of one that training goes on with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from .._utils.validation import check_classes, check_labels


def encode_classes(
    estimator: Any, X: Any, y: Any, weights: npt.NDArray | None
) -> tuple[npt.NDArray, npt.NDArray[np.int64]]:
    """Return the classes of all records with a weight, and the class numbers.

    Parameters
    ----------
    estimator : estimator
        The classifier, for the messages.
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels.
    weights : ndarray of shape (n_records,) or None
        Weights; records of weight zero have the number 0.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        Labels, two or more.
    codes : ndarray of int64 of shape (n_records,)
        Class numbers.
    """
    labels = check_classes(estimator, X, y)
    kept = _with_weight(labels, weights)
    encoder: Any = LabelEncoder().fit(labels[kept])
    classes = encoder.classes_
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs two classes or more; sample_weight is "
            f"above zero for 1 class only: {classes[0]}."
        )
    codes = np.zeros(len(labels), dtype=np.int64)
    codes[kept] = encoder.transform(labels[kept])
    return classes, codes


def check_same_classes(classes: npt.NDArray, known: npt.NDArray) -> None:
    """Raise unless the labels have the classes of the network, all of them."""
    if not np.array_equal(classes, known):
        raise ValueError(
            "warm_start=True goes on with a network of the classes "
            f"{known.tolist()}; y has {classes.tolist()}. partial_fit takes records of "
            "some of the classes."
        )


def find_classes(classes: Any, known: npt.NDArray | None) -> npt.NDArray:
    """Return the classes for `partial_fit`: those of the network, or given ones."""
    given = None if classes is None else np.unique(column_or_1d(classes))
    if known is None:
        if given is None:
            raise ValueError("classes must be given in the first call of partial_fit.")
        if len(given) < 2:
            raise ValueError(f"classes must be two or more; got {given.tolist()}.")
        return given
    if given is not None and not np.array_equal(given, known):
        raise ValueError(
            f"classes must be those of the first fit, {known.tolist()}, or None; got "
            f"{given.tolist()}."
        )
    return known


def encode_among(
    X: Any, y: Any, weights: npt.NDArray | None, classes: npt.NDArray
) -> npt.NDArray[np.int64]:
    """Return class numbers of labels that are among known classes.

    Parameters
    ----------
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels.
    weights : ndarray of shape (n_records,) or None
        Weights; records of weight zero have the number 0.
    classes : ndarray of shape (n_classes,)
        The classes.

    Returns
    -------
    ndarray of int64 of shape (n_records,)
        Class numbers.
    """
    labels = column_or_1d(check_labels(y), warn=True)
    keep: Any = None  # the type of labels; the stubs lack it
    labels = check_array(labels, ensure_2d=False, dtype=keep, input_name="y")
    check_consistent_length(X, labels)
    check_classification_targets(labels)
    kept = _with_weight(labels, weights)
    unknown = np.setdiff1d(labels[kept], classes)
    if len(unknown):
        raise ValueError(
            f"y has the labels {unknown.tolist()}; the network has the classes "
            f"{classes.tolist()}."
        )
    codes = np.zeros(len(labels), dtype=np.int64)
    codes[kept] = np.searchsorted(classes, labels[kept])
    return codes


def _with_weight(labels, weights):
    """Return which records have a weight above zero."""
    return np.ones(len(labels), dtype=bool) if weights is None else weights > 0

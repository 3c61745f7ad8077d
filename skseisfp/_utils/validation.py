"""Checks of records, labels and events, with errors that name the record."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from .checks import check_per_record, check_unmasked


def check_groups(
    groups: npt.ArrayLike | None, n_samples: int, *, name: str = "groups"
) -> npt.NDArray:
    """Return event ids as a 1-D array of the right length without missing values.

    Parameters
    ----------
    groups : array-like of shape (n_records,) or None
        The event of each record; None makes every record its own event.
    n_samples : int
        Number of records.
    name : str, default="groups"
        Name for the messages.

    Returns
    -------
    ndarray of shape (n_records,)
        Event ids.
    """
    if groups is None:
        return np.arange(n_samples)
    groups = check_per_record(name, groups, n_samples, "event id")
    _check_none_missing(name, groups, "every record needs an event id")
    return groups


def check_labels(y: Any) -> Any:
    """Return labels as they are; raise if one is missing, naming the record."""
    if y is not None:
        _check_none_missing("y", y, "every record needs a label")
    return y


def check_classes(estimator: Any, X: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray:
    """Return labels as a 1-D array of two classes or more, one label per record.

    Parameters
    ----------
    estimator : estimator
        The classifier, for the messages.
    X : array-like of shape (n_records, ...)
        Records.
    y : array-like of shape (n_records,)
        Labels.

    Returns
    -------
    ndarray of shape (n_records,)
        The labels.
    """
    labels = column_or_1d(check_labels(y), warn=True)
    keep: Any = None  # the type of labels; the stubs lack it
    labels = check_array(labels, ensure_2d=False, dtype=keep, input_name="y")
    check_consistent_length(X, labels)
    check_classification_targets(labels)
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs two classes or more; y has 1 class: "
            f"{classes[0]}."
        )
    return labels


def _check_none_missing(name, values, demand):
    """Raise for None and NaN, naming the first record that has one."""
    missing = np.atleast_1d(pd.isna(np.asarray(values)))
    if missing.any():
        record = int(np.argwhere(missing)[0, 0])
        raise ValueError(f"{name} is missing for record {record}; {demand}.")


def check_records(
    estimator: Any, X: Any, *, reset: bool, max_ndim: int = 4
) -> npt.NDArray:
    """Validate records of shape (n_records, ..., n_samples) for a transformer.

    Parameters
    ----------
    estimator : estimator
        The transformer; `record_shape_` is set on it, or compared.
    X : array-like
        Records, with axes for channels and views before the samples.
    reset : bool
        Whether the shape of `X` is learnt (in fit) or, where it is known, compared.
    max_ndim : int, default=4
        Largest valid number of axes.

    Returns
    -------
    ndarray of float32 or float64
        The records.

    Raises
    ------
    ValueError
        If `X` is masked, empty, not finite, has the wrong number of axes, or its
        records are not of one length or not of the shape seen in fit.
    """
    records = check_record_values(X, max_ndim=max_ndim, estimator=estimator)
    shape = records.shape[1:]
    fitted = shape if reset else getattr(estimator, "record_shape_", shape)
    if fitted != shape and (len(shape), len(fitted)) != (1, 1):
        raise ValueError(
            f"X has records of shape {shape}, but {type(estimator).__name__} "
            f"was fitted on records of shape {fitted}."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if reset:
        estimator.record_shape_ = shape
    return records


def check_record_values(
    X: npt.ArrayLike, *, max_ndim: int, estimator: Any = None
) -> npt.NDArray:
    """Return records as floats; raise for gaps, other axes and infinite samples."""
    check_unmasked(X)
    _check_axes(X, max_ndim)
    floats: Any = [np.float64, np.float32]
    try:
        records = check_array(
            X,
            allow_nd=True,
            dtype=floats,
            ensure_all_finite=False,
            estimator=estimator,
            input_name="X",
        )
    except TypeError as error:
        raise TypeError(f"X must hold real numbers: {error}") from error
    if 0 in records.shape:
        raise ValueError(f"X has an empty axis: shape {records.shape}.")
    _check_finite(records)
    return records


def _check_axes(X, max_ndim):
    """Raise for other numbers of axes, and for records of unequal length."""
    axes = "views, channels" if max_ndim > 3 else "channels"
    allowed = f"2 to {max_ndim} axes (records, [{axes},] samples)"
    try:
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError as error:
        raise ValueError(
            f"X must have {allowed}; its records differ in length. Cut or pad them to "
            "one length, see load_records(n_samples=...)."
        ) from error
    if len(shape) < 2:
        raise ValueError(
            f"Expected 2D array, got {len(shape)}D array instead: X must have "
            f"{allowed}, records of one length; got an array of shape {shape}. Reshape "
            "your data; a single record is X[np.newaxis]."
        )
    if len(shape) > max_ndim:
        raise ValueError(f"X must have {allowed}; got an array of shape {shape}.")


def _check_finite(X):
    """Raise for NaN and infinity, naming the first record that has one."""
    for number, record in enumerate(X):
        if not np.isfinite(record).all():
            kind = "NaN" if np.isnan(record).any() else "infinity"
            raise ValueError(
                f"Input X contains {kind}, first in record {number}; samples must be "
                "finite numbers. Fill or reject such records before."
            )

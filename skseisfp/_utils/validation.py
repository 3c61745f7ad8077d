"""Checks of input and of parameters, with messages that name what was wrong."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils import (
    check_array,
    check_consistent_length,
    check_scalar,
    column_or_1d,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from .checks import check_per_record, check_unmasked


def check_groups(groups, n_samples, *, name="groups"):
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


def check_labels(y):
    """Return labels as they are, refusing missing ones by the record."""
    if y is not None:
        _check_none_missing("y", y, "every record needs a label")
    return y


def check_classes(estimator, X, y):
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
    y = column_or_1d(check_labels(y), warn=True)
    y = check_array(y, ensure_2d=False, dtype=None, input_name="y")
    check_consistent_length(X, y)
    check_classification_targets(y)
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(
            f"{type(estimator).__name__} needs two classes or more; y has 1 class: "
            f"{classes[0]}."
        )
    return y


def _check_none_missing(name, values, demand):
    """Refuse None and NaN, naming the first record that has one."""
    missing = np.atleast_1d(pd.isna(np.asarray(values)))
    if missing.any():
        record = int(np.argwhere(missing)[0, 0])
        raise ValueError(f"{name} is missing for record {record}; {demand}.")


def check_records(estimator, X, *, reset, max_ndim=4):
    """Validate records of shape (n_records, ..., n_samples) for a transformer.

    Parameters
    ----------
    estimator : estimator
        The transformer; `record_shape_` is set on it, or compared.
    X : array-like
        Records, with axes for channels and views before the samples.
    reset : bool
        Whether the shape of `X` is learnt (in fit) or compared, where it is known.
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


def check_record_values(X, *, max_ndim, estimator=None):
    """Return records as floats, refusing gaps, other axes and infinite samples."""
    check_unmasked(X)
    _check_axes(X, max_ndim)
    records = check_array(
        X,
        allow_nd=True,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
        estimator=estimator,
        input_name="X",
    )
    if 0 in records.shape:
        raise ValueError(f"X has an empty axis: shape {records.shape}.")
    _check_finite(records)
    return records


def _check_axes(X, max_ndim):
    """Refuse other numbers of axes, and records of unequal length."""
    axes = "views, channels" if max_ndim > 3 else "channels"
    legal = f"2 to {max_ndim} axes (records, [{axes},] samples)"
    try:
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError as error:
        raise ValueError(
            f"X must have {legal}; its records differ in length. Cut or pad them to "
            "one length, see load_records(n_samples=...)."
        ) from error
    if len(shape) < 2:
        raise ValueError(
            f"Expected 2D array, got {len(shape)}D array instead: X must have {legal}, "
            f"records of one length; got an array of shape {shape}. Reshape your data; "
            "a single record is X[np.newaxis]."
        )
    if len(shape) > max_ndim:
        raise ValueError(f"X must have {legal}; got an array of shape {shape}.")


def _check_finite(X):
    """Refuse NaN and infinity, naming the first record that has one."""
    for number, record in enumerate(X):
        if not np.isfinite(record).all():
            kind = "NaN" if np.isnan(record).any() else "infinity"
            raise ValueError(
                f"Input X contains {kind}, first in record {number}; samples must be "
                "finite numbers. Fill or reject such records before."
            )


def check_rate(sampling_rate):
    """Refuse what is no sampling rate."""
    check_scalar(sampling_rate, "sampling_rate", Real)
    if not 0 < sampling_rate < np.inf:
        raise ValueError(f"sampling_rate must be positive (Hz); got {sampling_rate}.")

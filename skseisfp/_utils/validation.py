"""Checks of input and of parameters, with messages that name what was wrong."""

from numbers import Real

import numpy as np
from sklearn.utils import check_scalar, column_or_1d
from sklearn.utils.validation import validate_data


def check_option(name, value, allowed):
    """Refuse a value that is not one of the allowed ones, naming them."""
    if not any(value is option or value == option for option in allowed):
        options = ", ".join(repr(option) for option in allowed)
        raise ValueError(f"{name} must be one of {options}; got {value!r}.")
    return value


def check_unmasked(X, name="X"):
    """Refuse a masked array that hides values: gaps must be filled by a policy."""
    if np.ma.isMaskedArray(X) and np.ma.count_masked(X):
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(X)} masked values; "
            "fill or reject the gaps before, they are no samples."
        )


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
    groups = column_or_1d(np.asarray(groups), warn=False)
    if len(groups) != n_samples:
        raise ValueError(
            f"{name} must have one event id per record: got {len(groups)} ids "
            f"for {n_samples} records."
        )
    if groups.dtype.kind == "O":
        missing = np.array([value is None or value != value for value in groups])
    else:
        missing = groups != groups
    if missing.any():
        raise ValueError(
            f"{name} is missing for record {int(np.flatnonzero(missing)[0])}; "
            "every record needs an event id."
        )
    return groups


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
        Largest legal number of axes.

    Returns
    -------
    ndarray of float32 or float64
        The records.

    Raises
    ------
    ValueError
        If `X` is masked, empty, not finite, has the wrong number of axes, or its
        records are not of the shape seen in fit.
    """
    check_unmasked(X)
    X = validate_data(
        estimator, X, reset=reset, allow_nd=True, dtype=[np.float64, np.float32]
    )
    if X.ndim > max_ndim:
        raise ValueError(
            f"X must have 2 to {max_ndim} axes (records, [views, channels,] samples); "
            f"got an array of shape {X.shape}."
        )
    if 0 in X.shape:
        raise ValueError(f"X has an empty axis: shape {X.shape}.")
    if reset:
        estimator.record_shape_ = X.shape[1:]
    elif getattr(estimator, "record_shape_", X.shape[1:]) != X.shape[1:]:
        raise ValueError(
            f"X has records of shape {X.shape[1:]}, but {type(estimator).__name__} "
            f"was fitted on records of shape {estimator.record_shape_}."
        )
    return X


def as_float(X):
    """Return an array of float32 as it is, any other as float64."""
    X = np.asarray(X)
    return X if X.dtype == np.float32 else X.astype(float, copy=False)


def check_real(name, value, **limits):
    """Refuse what is no real number within the limits of `check_scalar`, or is NaN."""
    check_scalar(value, name, Real, **limits)
    if value != value:
        raise ValueError(f"{name} must be a number; got {value!r}.")
    return value

"""Checks of options, numbers and arrays, for all layers."""

from numbers import Real

import numpy as np


def check_option(name, value, allowed):
    """Refuse a value that is not one of the allowed ones, naming them."""
    if not any(value is option or value == option for option in allowed):
        options = ", ".join(repr(option) for option in allowed)
        raise ValueError(f"{name} must be one of {options}; got {value!r}.")
    return value


def check_unmasked(X, name="X"):
    """Refuse a masked array that hides values: gaps must be filled by a policy."""
    if np.ma.isMaskedArray(X) and np.ma.count_masked(X):
        record = int(np.argwhere(np.atleast_1d(X.mask))[0, 0])
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(X)} masked values, the "
            f"first in record {record}; fill or reject the gaps before, they are no "
            "samples."
        )


def check_per_record(name, values, n_records, what):
    """Return metadata as a 1-D array of one value per record.

    Parameters
    ----------
    name : str
        Name for the messages.
    values : array-like of shape (n_records,) or (n_records, 1)
        Metadata.
    n_records : int
        Number of records.
    what : str
        What a value is, for the messages.

    Returns
    -------
    ndarray of shape (n_records,)
        The values.
    """
    values = np.asarray(values)
    if values.shape[1:] == (1,):
        values = values[:, 0]
    if values.ndim != 1 or len(values) != n_records:
        shape = values.shape
        got = (
            f"{len(values)} values" if len(shape) == 1 else f"an array of shape {shape}"
        )
        raise ValueError(
            f"{name} must have one {what} per record: got {got} for {n_records} "
            "records."
        )
    return values


def as_float(X):
    """Return an array of float32 as it is, any other as float64."""
    X = np.asarray(X)
    return X if X.dtype == np.float32 else X.astype(float, copy=False)


def check_real(name, value, **limits):
    """Refuse what is no real number within the limits of `check_scalar`, or is NaN."""
    from sklearn.utils import check_scalar  # `signal` is imported without it

    check_scalar(value, name, Real, **limits)
    if value != value:
        raise ValueError(f"{name} must be a number; got {value!r}.")
    return value

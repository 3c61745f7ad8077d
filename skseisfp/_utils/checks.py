"""Checks of options, numbers and arrays that need NumPy only, for all layers."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt


def check_option(name: str, value: Any, allowed: Iterable[Any]) -> Any:
    """Return a value; raise if it is not one of those that are allowed."""
    allowed = list(allowed)
    if not any(value is option or _equal(value, option) for option in allowed):
        options = ", ".join(repr(option) for option in allowed)
        raise ValueError(f"{name} must be one of {options}; got {value!r}.")
    return value


def _equal(value, option):
    """Return whether two values are equal; arrays and missing ones equal none."""
    try:
        return bool(value == option)
    except (TypeError, ValueError):
        return False


def check_unmasked(X: npt.ArrayLike, name: str = "X") -> None:
    """Raise for a masked array that hides values: gaps are filled by a policy."""
    if isinstance(X, np.ma.MaskedArray) and np.ma.count_masked(X):
        record = int(np.argwhere(np.atleast_1d(X.mask))[0, 0])
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(X)} masked values, the "
            f"first in record {record}; fill or reject the gaps before: masked values "
            "are not samples."
        )


def check_per_record(
    name: str, values: npt.ArrayLike, n_records: int, what: str
) -> npt.NDArray:
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
    if isinstance(values, range):  # which may be longer than memory
        values = values[: n_records + 1]
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


def as_float(X: npt.ArrayLike) -> npt.NDArray:
    """Return an array of float32 as it is, any other as float64."""
    X = np.asarray(X)
    try:
        return X if X.dtype == np.float32 else X.astype(float, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X must be an array of numbers: {error}") from error


def check_real(name: str, value: Any, **limits: Any) -> Any:
    """Return a real number; raise beyond the limits of `check_scalar`, and for NaN."""
    from sklearn.utils import check_scalar  # `signal` is imported without it

    check_scalar(value, name, Real, **limits)
    if value != value:
        raise ValueError(f"{name} must be a number; got {value!r}.")
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise ValueError(f"{name} must not be larger than any float.")
    return value

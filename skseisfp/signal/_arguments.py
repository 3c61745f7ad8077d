"""Arguments of functions on arrays: checked, with errors that name them."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.checks import check_real

if TYPE_CHECKING:
    import numpy.typing as npt

HIGHEST_ORDER = 1000  # of a filter: higher ones take memory and are not stable


def check_numbers(name: str, values: Any, *, least_ndim: int = 0) -> npt.NDArray:
    """Return an array of real numbers; raise for other types and too few axes.

    Parameters
    ----------
    name : str
        Name for the message.
    values : array-like
        The values.
    least_ndim : int, default=0
        Smallest valid number of axes.

    Returns
    -------
    ndarray
        The values, of their own type.

    Raises
    ------
    ValueError
        If they are not real numbers, or have too few axes.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of several lengths
        raise ValueError(f"{name} must be an array of numbers: {error}") from error
    if array.dtype.kind not in "biuf" or array.ndim < least_ndim:
        axes = f" of {least_ndim} axes or more" if least_ndim else ""
        raise ValueError(
            f"{name} must be an array of real numbers{axes}; got {array.dtype} of "
            f"shape {array.shape}."
        )
    return array


def check_rate(sampling_rate: Any) -> None:
    """Raise if a sampling rate is not a positive number."""
    check_real("sampling_rate", sampling_rate, min_val=0, include_boundaries="neither")


def check_order(order: Any) -> None:
    """Raise if the order of a filter is not an integer from 1 to `HIGHEST_ORDER`."""
    if not isinstance(order, Integral) or not 1 <= int(order) <= HIGHEST_ORDER:
        raise ValueError(
            f"order must be an int in [1, {HIGHEST_ORDER}]; got {order!r}."
        )


def check_flag(name: str, value: Any) -> None:
    """Raise if a value is neither a bool nor, as in tables of SQL, an integer."""
    if not isinstance(value, (bool, np.bool_, Integral)):
        raise ValueError(f"{name} must be a bool; got {value!r}.")

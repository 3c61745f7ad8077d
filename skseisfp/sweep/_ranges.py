"""Values of a parameter, as an experiment plan writes them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from numbers import Number
from typing import Any

import numpy as np

from .._utils.digest import digest


def expand(name: str, spec: Any) -> list:
    """Return the list of values of a parameter in a plan.

    Parameters
    ----------
    name : str
        The parameter, for the messages.
    spec : object
        ``"min:step:max"``, a list (also a range or an array of one axis) of values,
        or a single value; a tuple is a single value.

    Returns
    -------
    list
        The values, all different, at least one.

    Raises
    ------
    ValueError
        If a range is malformed, empty, of the wrong sign or misses its end, or if
        values repeat.
    """
    if isinstance(spec, str):
        return _expand_range(name, spec) if ":" in spec else [spec]
    if isinstance(spec, np.ndarray):
        if spec.ndim != 1:
            raise ValueError(
                f"{name}: values must be an array of one axis; got {spec.ndim} axes."
            )
        spec = spec.tolist()
    if not isinstance(spec, (list, range)):
        return [_plain(spec)]
    values = [_plain(value) for value in spec]
    if not values:
        raise ValueError(f"{name}: the list of values is empty.")
    seen = set()
    for value in values:
        if _identity(value) in seen:
            raise ValueError(f"{name}: the value {value!r} is given twice.")
        seen.add(_identity(value))
    return values


def _expand_range(name, text):
    """Return the values of ``"min:step:max"``, computed in decimals."""
    first, step, last = numbers = _parse_range(name, text)
    if step <= 0:
        raise ValueError(
            f"{name}: the step of {text!r} must be positive; the smallest value comes "
            "first."
        )
    if last < first:
        raise ValueError(
            f"{name}: the range {text!r} is empty: it begins above its end."
        )
    n_steps, rest = divmod(last - first, step)
    if rest:
        reached = first + n_steps * step
        raise ValueError(
            f"{name}: the range {text!r} misses its end {last}: its last values are "
            f"{reached} and {reached + step}. End it on one of them or change the step."
        )
    integral = all(number == number.to_integral_value() for number in numbers)
    kind = int if integral and not set(text) & set(".eE") else float
    return [kind(first + index * step) for index in range(int(n_steps) + 1)]


def _parse_range(name, text):
    """Return the three numbers of a range."""
    try:
        numbers = [Decimal(part) for part in text.split(":")]
    except InvalidOperation:
        numbers = []
    if len(numbers) != 3 or not all(number.is_finite() for number in numbers):
        raise ValueError(
            f"{name}: a range is 'min:step:max', three finite numbers; got {text!r}. "
            "A string with colons goes into a list."
        )
    return numbers


def _plain(value):
    """Turn NumPy's scalars into Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _identity(value):
    """Return a key that values share which mean the same."""
    if isinstance(value, Number) and not isinstance(value, bool):
        return value
    return digest(value)

"""Values of a parameter, as an experiment plan writes them."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation, localcontext
from math import isfinite
from numbers import Integral, Number
from typing import Any

import numpy as np

from .._utils.digest import digest
from .._utils.plain import plain

MAX_VALUES = 100_000  # of a parameter: no search has as many fits, and they fit memory
# digits between the largest float, 1.8e308, and the last one of the smallest, 4.9e-324
PRECISION = 700


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
        If a range is malformed, empty, of the wrong sign or misses its end, if there
        are more than `MAX_VALUES` values, or if values repeat.
    """
    if isinstance(spec, str):
        return _expand_range(name, spec) if ":" in spec else [spec]
    if isinstance(spec, np.ndarray):
        if spec.ndim != 1:
            raise ValueError(
                f"{name}: values must be an array of one axis; got {spec.ndim} axes."
            )
    elif not isinstance(spec, (list, range)):
        return [plain(spec)]
    _check_number(name, _length(spec))
    values = [plain(value) for value in spec]
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
    with localcontext(Context(prec=PRECISION)):
        return _values_of_range(name, text, _parse_range(name, text))


def _values_of_range(name, text, numbers):
    """Return the values from the first to the last number of a range."""
    first, step, last = numbers
    if step <= 0:
        raise ValueError(
            f"{name}: the step of {text!r} must be positive; the smallest value comes "
            "first."
        )
    if last < first:
        raise ValueError(
            f"{name}: the range {text!r} is empty: it begins above its end."
        )
    _check_number(name, int((last - first) / step) + 1, f" of the range {text!r}")
    n_steps, rest = divmod(last - first, step)
    if rest:
        reached = first + n_steps * step
        raise ValueError(
            f"{name}: the range {text!r} misses its end {last}: its last values are "
            f"{reached} and {reached + step}. End it on one of them or change the step."
        )
    integral = all(number == number.to_integral_value() for number in numbers)
    kind = int if integral and not set(text) & set(".eE") else float
    values = [kind(first + index * step) for index in range(int(n_steps) + 1)]
    if len({*values}) < len(values):
        raise ValueError(f"{name}: the step of {text!r} is too small for floats.")
    return values


def _check_number(name, number, source=""):
    """Raise if a parameter has too many values."""
    if number > MAX_VALUES:
        shown = f"{number:,}" if number < 10**15 else f"{Decimal(number):.1e}"
        raise ValueError(
            f"{name}: the number of values{source} must be at most {MAX_VALUES:,}; "
            f"got {shown}."
        )


def _length(values):
    """Return the number of values, also of a range beyond `sys.maxsize`."""
    if isinstance(values, range):
        return max(0, -((values.start - values.stop) // values.step))
    return len(values)


def _parse_range(name, text):
    """Return the three numbers of a range."""
    try:
        numbers = [Decimal(part) for part in text.split(":")]
    except InvalidOperation:
        numbers = []
    if len(numbers) != 3 or not all(map(_is_float, numbers)):
        raise ValueError(
            f"{name}: a range is 'min:step:max', three finite numbers; got {text!r}. "
            "A string with colons goes into a list."
        )
    return numbers


def _is_float(number):
    """Return whether a float can be near a decimal number."""
    if not (number.is_finite() and isfinite(number)):
        return False
    return not number or float(number) != 0


def _identity(value):
    """Return a key that values share which mean the same; 1 and 1.0 may not."""
    if isinstance(value, Number) and not isinstance(value, bool):
        return isinstance(value, Integral), value
    return digest(value)

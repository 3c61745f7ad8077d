"""Values of NumPy as Python's own, as messages and files show them."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a scalar of NumPy as Python's own, anything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def plain_repr(value: Any) -> str:
    """Return the repr of a value whose containers hold Python's own scalars."""
    return repr(_plain_within(value))


def _plain_within(value):
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_plain_within(item) for item in value)
    if type(value) is dict:
        return {_plain_within(key): _plain_within(v) for key, v in value.items()}
    return plain(value)

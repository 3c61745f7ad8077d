"""Colours by a key: a column of a table, and perhaps colours of the user."""

from collections.abc import Mapping

import pandas as pd

from ..io.tables import require_columns
from ._axes import FAINT, SERIES

UNKNOWN = "no label"


def color_keys(name, table, key):
    """Return the values of a column as strings, None where they are missing.

    Parameters
    ----------
    name : str
        Name of the table, for the message.
    table : DataFrame
        The table.
    key : str
        The column.
    """
    require_columns(name, table, (key,))
    return [None if pd.isna(value) else str(value) for value in table[key]]


def colors_by_key(values, colors=None):
    """Map values to colours: those of the user, then a series that repeats.

    Parameters
    ----------
    values : list of str or None
        As `color_keys` returns them; None has the colour of what is not known.
    colors : mapping, default=None
        Colours of matplotlib by value.

    Returns
    -------
    dict
        Colours by value, sorted; None is the last.
    """
    if colors is not None and not isinstance(colors, Mapping):
        raise ValueError(f"colors must map values to colours; got {colors!r}.")
    given = {str(value): color for value, color in (colors or {}).items()}
    found = {
        value: given.get(value, SERIES[number % len(SERIES)])
        for number, value in enumerate(sorted(set(values) - {None}))
    }
    if None in values:
        found[None] = FAINT
    return found


def title_of(value):
    """Return a value for a legend."""
    return UNKNOWN if value is None else value.replace("_", " ")

"""Tables with one row for each record, event or pick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._utils.expressions import evaluate


def read_table(
    file: str | PathLike[str], string_columns: Iterable[str]
) -> pd.DataFrame:
    """Read a CSV file, some columns as strings."""
    try:
        return pd.read_csv(file, dtype=dict.fromkeys(string_columns, str))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {file}.") from None
    except ValueError as error:  # parse, empty and encoding errors are ValueErrors
        raise ValueError(f"{file} cannot be read: {error}") from error


def require_columns(
    name: str | PathLike[str], frame: pd.DataFrame, columns: Iterable[str]
) -> None:
    """Raise if a table lacks columns, naming them."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(
            f"{name} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(map(str, frame.columns))}."
        )


def rows_that_match(
    name: str,
    frame: pd.DataFrame,
    expression: str,
    params: Mapping[str, Any] | None = None,
) -> npt.NDArray[np.bool_]:
    """Return whether a condition on the columns holds, for each row of a table.

    Parameters
    ----------
    name : str
        Name of the parameter that holds the expression, for the message.
    frame : DataFrame
        The table.
    expression : str
        The condition, in the syntax of :meth:`pandas.DataFrame.eval`: comparisons,
        ``in``, ``and``, ``or``, ``not`` and arithmetic; no calls and attributes.
    params : dict, default=None
        Values of the names that ``@`` precedes.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        The rows for which it holds.

    Raises
    ------
    ValueError
        If the expression is not a condition on the columns.
    """
    try:
        matches = np.asarray(evaluate(frame, expression, params))
        if matches.shape != (len(frame),) or matches.dtype != bool:
            raise ValueError("it is not a condition on the columns")
    except Exception as error:
        raise ValueError(
            f"{name} {expression!r} failed: {error}; the columns are "
            f"{', '.join(map(str, frame.columns))}."
        ) from error
    return matches

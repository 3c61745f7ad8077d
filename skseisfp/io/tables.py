"""Tables with one row for each record, event or pick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._utils.csv_files import read_csv
from .._utils.expressions import evaluate
from .._utils.table_sizes import check_csv, check_table_bytes
from .compressed_files import is_compressed, unpacked

LONGEST_HEAD = 512  # bytes that show whether a file is compressed


def read_table(
    file: str | PathLike[str], string_columns: Iterable[str]
) -> pd.DataFrame:
    """Read a CSV file, also a compressed one, some columns as strings.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or needs more memory than any table of records.
    """
    try:
        source = _csv_source(Path(file))
        check_csv(source)
        types: Any = dict.fromkeys(string_columns, str)
        return read_csv(source, dtype=types, compression=None)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {file}.") from None
    except pd.errors.ParserWarning:
        raise ValueError(f"{file} has rows with more cells than its header.") from None
    except ValueError as error:  # parse, empty and encoding errors are ValueErrors
        raise ValueError(f"{file} cannot be read: {error}") from error


def _csv_source(file):
    """Return a file, or the content of a compressed one, unpacked within a bound."""
    with file.open("rb") as content:
        is_plain = not is_compressed(content.read(LONGEST_HEAD))
    if is_plain:
        return file
    check_table_bytes(file.stat().st_size)
    members = unpacked(file.read_bytes())
    if members is None or len(members) != 1:
        raise ValueError("it holds other files than one table")
    return BytesIO(members[0][1])


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

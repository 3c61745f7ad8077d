"""Tables of cubes and of other programs as CSV, Parquet and Excel files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .._utils.atomic import atomic_file, write_file
from .._utils.csv_files import read_csv
from .._utils.optional import import_optional
from .._utils.plain import plain
from .._utils.table_sizes import (
    check_csv,
    check_excel,
    check_parquet,
    check_table_bytes,
)

KEY = "skseisfp_cube"
RESULTS, ABOUT = "results", "about"
CLASS_AXES = ("true_class", "predicted_class")
MAX_CELL = 32_767  # characters that Excel allows in a cell
SUFFIXES = (".csv", ".parquet", ".xlsx")
SEPARATORS = ";\t,"  # of CSV files of other programs; the first of equally many counts
ESCAPED = "=+-@#\"' "  # first characters of formulas, comments and quotes


@contextmanager
def naming_damage(path: str | PathLike) -> Iterator[None]:
    """Let the errors of a reader name the file, which is opened first."""
    with open(path, "rb"):  # missing and locked files have errors of their own
        pass
    try:
        yield
    except Exception as error:  # the readers' packages raise any on damaged files
        if isinstance(error, ImportError):
            raise
        raise ValueError(f"{path} cannot be read: {_reason(error)}") from error


def _reason(error):
    """Return the reason of an error in one line."""
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    return " ".join(str(error).split()) or type(error).__name__


def write_table(frame: pd.DataFrame, path: str | PathLike) -> Path:
    """Write a table as CSV, Parquet or Excel, by the suffix of the path."""
    path = Path(path)
    about, strings = json.dumps(frame.attrs[KEY]), _string_columns(frame.attrs[KEY])
    frame = frame.assign(**{name: frame[name].map(escape) for name in strings})
    frame.columns = [escape(name) for name in frame.columns]
    if path.suffix == ".csv":
        with atomic_file(path, text=True) as file:
            file.write(f"# {about}\n")
            frame.to_csv(file, index=False, lineterminator="\n")
    elif path.suffix == ".parquet":
        import_optional("pyarrow", extra="tables")
        frame.attrs = {KEY: about}
        write_file(path, frame.to_parquet(None, engine="pyarrow", index=False))
    else:
        _check_lengths(frame[[escape(name) for name in strings]])
        write_file(path, _excel_file(frame, about, path))
    return path


def read_table(path: str | PathLike) -> pd.DataFrame:
    """Read a table by the suffix of its path; one of a cube has it in `attrs`."""
    path = check_suffix(path, *SUFFIXES)
    frame, about = _READERS[path.suffix](path)
    if about is None:
        return frame
    about = json.loads(about)
    frame.columns = [unescape(name) for name in frame.columns]
    frame.attrs = {KEY: about}
    strings = _string_columns(about)
    for name in frame:
        if name in strings:
            frame[name] = frame[name].map(unescape).astype(object)
        elif name in about["axes"] and about["axes"][name]["kind"] == "integer":
            frame[name] = convert(frame[name], integer)
        else:
            frame[name] = convert(frame[name], number).astype(float)
    return frame


def check_suffix(path: str | PathLike, *suffixes: str) -> Path:
    """Return a path; raise if it ends in none of the suffixes."""
    path = Path(path)
    if path.suffix not in suffixes:
        raise ValueError(
            f"path must end in {' or '.join(suffixes)}; got {path.name!r}."
        )
    return path


def convert(column: pd.Series, kind: Callable[[Any], Any]) -> pd.Series:
    """Return a column of numbers; raise with the row of a cell that is not one."""
    try:
        return column.map(kind)
    except (ValueError, TypeError, OverflowError):
        row = next(row for row, cell in enumerate(column) if _fails(kind, cell))
    cell = plain(column.iloc[row])
    fault = f"no {column.name}" if is_empty(cell) else f"{column.name} = {cell!r}"
    wanted = "an integer" if kind is integer else "a number"
    raise ValueError(f"Row {row} of the table has {fault}; it must be {wanted}.")


def _fails(kind, cell):
    try:
        kind(cell)
    except (ValueError, TypeError, OverflowError):
        return True
    return False


def integer(cell: Any) -> int:
    """Return a cell as an integer; raise if it is not one."""
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError
    return int(cell)


def number(cell: Any) -> float:
    """Return a cell as a number, NaN where it is empty."""
    return np.nan if is_empty(cell) else float(cell)


def is_empty(cell: Any) -> bool:
    """Return whether a cell of a table holds nothing."""
    return cell is None or cell is pd.NA or cell != cell or cell == ""


def escape(string: str) -> str:
    """Return a string in a form that any program leaves as it is."""
    plain = string.isprintable() and string[:1] not in ESCAPED and string[-1:] != " "
    return string if not string or plain else json.dumps(string)


def unescape(string: str) -> str:
    """Return the string that `escape` was given."""
    return json.loads(string) if string.startswith('"') else string


def _string_columns(about):
    """Return the names of the columns that hold strings."""
    return [
        name
        for name, axis in about["axes"].items()
        if axis["kind"] == "text" and name not in CLASS_AXES
    ] + [name for name, (_, is_string) in about["variables"].items() if is_string]


def _check_lengths(table):
    """Raise if a string of a table is too long for a cell of Excel."""
    longest = max((len(item) for name in table for item in table[name]), default=0)
    if longest > MAX_CELL:
        raise ValueError(
            f"A string of {longest} characters does not fit a cell of Excel "
            f"({MAX_CELL}); write CSV, Parquet or netCDF."
        )


def _excel_file(frame, about, path):
    """Return a table as the bytes of a workbook."""
    openpyxl = import_optional("openpyxl", extra="tables")
    from lxml.etree import (  # pyright: ignore[reportAttributeAccessIssue]: no stubs
        SerialisationError,
    )

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(RESULTS)
    content = BytesIO()
    try:
        sheet.append(list(frame.columns))
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_excel_cell(sheet, value) for value in row])
        parts = [about[at : at + MAX_CELL] for at in range(0, len(about), MAX_CELL)]
        sheet = book.create_sheet(ABOUT)
        for part in (KEY, *parts):
            sheet.append([part])
        book.save(content)
    except (OSError, SerialisationError) as error:  # sheets are temporary files before
        raise OSError(f"{path} could not be written: {error}") from error
    return content.getvalue()


def _excel_cell(sheet, value):
    """Return a cell; openpyxl itself would write a number with 16 digits only."""
    if isinstance(value, str) or value != value:
        return value if isinstance(value, str) else None
    cell = import_optional("openpyxl.cell", extra="tables").WriteOnlyCell(sheet)
    cell.value = repr(value)
    cell.data_type = "n" if np.isfinite(value) else "s"
    return cell


def _read_csv(path):
    check_table_bytes(path.stat().st_size)
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline()
    is_cube = first.startswith('# {"version"')
    check_csv(path, SEPARATORS, skip_first=is_cube)
    if not is_cube:
        return _read_plain_csv(path, first), None
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read() != b"\n":
            raise ValueError("its last line has no end")
    frame = _parse_csv(path, skiprows=1, dtype=object, keep_default_na=False)
    return frame, first[2:]


def _parse_csv(path, **options):
    """Parse a CSV file; raise for rows that are longer than the header."""
    return read_csv(path, encoding="utf-8-sig", low_memory=False, **options)


def _read_plain_csv(path, header):
    """Read a table of another program, with decimal commas where these give numbers."""
    names = re.sub(r'"[^"]*"', "", header)
    separator = max(SEPARATORS, key=names.count) if {*names} & {*SEPARATORS} else ","
    frames = [
        _parse_csv(path, sep=separator, decimal=point)
        for point in ".,"
        if point != separator
    ]
    return max(frames, key=lambda frame: frame.select_dtypes("number").shape[1])


def _read_parquet(path):
    check_parquet(path)
    frame = pd.read_parquet(path, engine="pyarrow")
    return frame, frame.attrs.get(KEY)


def _read_excel(path):
    check_excel(path)
    options = {"engine": "openpyxl", "keep_default_na": False}
    with pd.ExcelFile(path, engine="openpyxl") as book:
        names = book.sheet_names
    if ABOUT not in names:
        return pd.read_excel(path, engine="openpyxl"), None
    parts = pd.read_excel(path, sheet_name=ABOUT, dtype=str, **options)
    frame = pd.read_excel(path, sheet_name=RESULTS, dtype=object, **options)
    return frame, "".join(parts[KEY])


_READERS: dict[str, Any] = dict(
    zip(SUFFIXES, (_read_csv, _read_parquet, _read_excel), strict=True)
)

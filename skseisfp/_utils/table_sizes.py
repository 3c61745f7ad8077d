"""Sizes that files of tables declare, checked before these are read.

A few kilobytes of CSV, Excel or Parquet can stand for terabytes: one row makes all
others as wide, a zip archive inflates, a repeated value is stored once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from .optional import import_optional

# bytes in memory; the largest metadata of SeisBench, those of INSTANCE with 1.2 million
# rows of 115 columns, take half of it
MAX_TABLE_BYTES = 2**31
CELL = 8  # bytes of a number, or of the address of a string
# bytes of memory for one of XML: a cell is 30 of XML, and 100 as Python objects
MEMORY_OF_XML = 4
MAX_ROWS_OF_EXCEL = 1_048_576  # by its specification
TEXT = "BYTE_ARRAY"  # type of Parquet for values of any length


def check_table_bytes(needed: int) -> None:
    """Raise if a table needs more bytes than any that is read."""
    if needed > MAX_TABLE_BYTES:
        raise ValueError(
            f"it needs {needed:,} bytes of memory or more, and a table may take "
            f"{MAX_TABLE_BYTES:,}"
        )


def check_csv(
    source: Path | BytesIO, separators: str = ",", *, skip_first: bool = False
) -> None:
    """Raise if a CSV file is too large, its rows made as wide as the widest one.

    Parameters
    ----------
    source : Path or BytesIO
        The file.
    separators : str, default=","
        Characters, one of which separates the cells.
    skip_first : bool, default=False
        Leave out the first line, which holds no cells.
    """
    n_rows, width = 0, 1
    with (
        source.open("rb")
        if isinstance(source, Path)
        else BytesIO(source.getbuffer()) as file
    ):
        check_table_bytes(file.seek(0, 2))
        file.seek(0)
        if skip_first:
            file.readline()
        for line in file:
            n_rows += max(1, line.count(b"\r"))
            if b'"' in line:
                line = re.sub(rb'"[^"]*"', b"", line)
            width = max(width, *(1 + line.count(mark.encode()) for mark in separators))
    check_table_bytes(CELL * n_rows * width)


def check_parquet(path: Path) -> None:
    """Raise if a Parquet file has too many values, or strings that are too long."""
    parquet = import_optional("pyarrow.parquet", extra="tables")
    with parquet.ParquetFile(path) as file:
        about = file.metadata
    # row groups as a whole: pyarrow ends the process on damaged facts of a column
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    columns = [about.schema.column(number) for number in range(len(about.schema))]
    if lists := [column.path for column in columns if column.max_repetition_level]:
        raise ValueError(f"{lists[0]} holds lists, of which the length is not known")
    n_rows = max(about.num_rows, sum(group.num_rows for group in groups))
    needed = n_rows * sum(max(CELL, column.length or 0) for column in columns)
    check_table_bytes(needed)
    check_table_bytes(sum(group.total_byte_size for group in groups))
    text = [column.path for column in columns if column.physical_type == TEXT]
    # no string is longer than all of its row group
    longest = sum(group.num_rows * group.total_byte_size for group in groups)
    if needed + len(text) * longest > MAX_TABLE_BYTES:
        check_table_bytes(needed + _text_bytes(parquet, path, text))


def _text_bytes(parquet, path, names):
    """Return the bytes of the strings of some columns, each as often as it occurs."""
    compute = import_optional("pyarrow.compute", extra="tables")
    nested = [name for name in names if "." in name]
    if nested:
        raise ValueError(f"{nested[0]} holds long strings within records")
    total = 0
    with parquet.ParquetFile(path, read_dictionary=names) as file:
        for batch in file.iter_batches(columns=names):
            for column in batch.columns:
                if not hasattr(column, "dictionary"):  # decimals of any length
                    total += column.nbytes
                    continue
                lengths = compute.binary_length(column.dictionary)
                used = compute.take(lengths, column.indices.drop_null())
                total += compute.sum(used).as_py() or 0
            check_table_bytes(total)
    return total


def check_excel(path: Path) -> None:
    """Raise if a workbook inflates too far, or a sheet is too long or wide."""
    with ZipFile(path) as archive:
        check_table_bytes(MEMORY_OF_XML * sum(m.file_size for m in archive.infolist()))
    openpyxl: Any = import_optional("openpyxl", extra="tables")
    with path.open("rb") as file:  # openpyxl leaves open what it fails to read
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # which it only claims to have
            with closing(sheet.iter_rows(values_only=True)) as rows:
                _check_rows(rows)


def _check_rows(rows: Iterable[tuple]) -> None:
    """Raise for rows that are too many, or too wide if all are as the widest."""
    width = text = 0
    for number, row in enumerate(rows, 1):
        if number > MAX_ROWS_OF_EXCEL:
            raise ValueError(f"it has more than {MAX_ROWS_OF_EXCEL:,} rows")
        width = max(width, len(row))
        text += sum(len(cell) for cell in row if isinstance(cell, str))
        check_table_bytes(CELL * number * width + text)

"""Small files that stand for huge tables raise before they are read."""

import gzip
import re
import tracemalloc
from contextlib import suppress
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import pytest

from skseisfp._utils import table_sizes
from skseisfp.io import compressed_files
from skseisfp.io.exclusions import COLUMNS
from skseisfp.io.tables import read_table
from skseisfp.sweep import ResultCube

TABLE = pd.DataFrame({"a": [0.1, 0.2], "auc": [0.5, 0.75]})
TOO_LARGE = r"needs [\d,]+ bytes of memory or more, and a table may take 2,147,483,648"
SHEET = "xl/worksheets/sheet1.xml"


def read(path):
    return ResultCube.from_table(path, parameters=["a"])


def check_rejected(path, reason, read=read):
    """A bomb of less than a megabyte is rejected by name, within 50 MB of memory."""
    assert path.stat().st_size < 10**6
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=reason) as error:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 50 * 10**6
    finally:
        tracemalloc.stop()
    assert str(path) in str(error.value)


def wide_csv(path, n_columns=30_000, n_rows=10_000, place="header"):
    """Write a CSV file with one wide row among many narrow ones."""
    wide, narrow = "," * n_columns + "\n", "1\n" * n_rows
    path.write_text(f"a{wide}{narrow}" if place == "header" else f"a\n{narrow}{wide}")


@pytest.mark.parametrize("place", ["header", "end"])
def test_one_wide_row_of_csv(place, tmp_path):
    wide_csv(tmp_path / "table.csv", place=place)
    check_rejected(tmp_path / "table.csv", TOO_LARGE)
    check_rejected(tmp_path / "table.csv", TOO_LARGE, lambda path: read_table(path, ()))


def test_commas_within_quotes_and_the_line_of_a_cube_make_no_columns(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,auc,note\n" + f'1,0.5,"{"," * 30_000}"\n' * 10)
    table_sizes.check_csv(path)
    path.write_text(f'# {{"version": [{"1," * 30_000}1]}}\na\n' + "1\n" * 10_000)
    table_sizes.check_csv(path, skip_first=True)
    with pytest.raises(ValueError, match=TOO_LARGE):
        table_sizes.check_csv(path)


def test_lines_that_end_in_carriage_returns_count(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a" + b"," * 30_000 + b"\r" + b"1\r" * 10_000)
    check_rejected(path, TOO_LARGE)


def test_compressed_csv_is_read_and_unpacked_within_a_bound(tmp_path, monkeypatch):
    path = tmp_path / "table.csv.gz"
    TABLE.to_csv(path, index=False)
    pd.testing.assert_frame_equal(read_table(path, ()), TABLE)
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 2**20))
    monkeypatch.setattr(compressed_files, "MOST_BYTES", 2**20)
    check_rejected(
        path, "unpacks to more than 1048576", lambda path: read_table(path, ())
    )


def test_archives_of_several_tables_raise(tmp_path):
    path = tmp_path / "table.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a\n")
        archive.writestr("b.csv", "a\n")
    with pytest.raises(ValueError, match=r"table\.zip cannot be read: it holds other"):
        read_table(path, COLUMNS)


def rewrite_sheet(path, change, compression=ZIP_DEFLATED):
    """Change the XML of the sheet of a workbook by a function."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[SHEET] = change(content[SHEET].decode()).encode()
    with ZipFile(path, "w", compression) as archive:
        for name, part in content.items():
            archive.writestr(name, part)


@pytest.fixture
def workbook(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed (extra tables)")
    TABLE.to_excel(tmp_path / "table.xlsx", index=False)
    assert read(tmp_path / "table.xlsx").values().values.tolist() == [0.5, 0.75]
    return tmp_path / "table.xlsx"


def test_a_workbook_that_inflates(workbook, monkeypatch):
    monkeypatch.setattr(table_sizes, "MAX_TABLE_BYTES", 2**26)
    rewrite_sheet(workbook, lambda xml: xml + " " * 2**25)
    check_rejected(workbook, r"needs [\d,]+ bytes .* may take 67,108,864")


def test_a_workbook_whose_directory_declares_terabytes(workbook):
    with ZipFile(workbook, "a") as archive:
        archive.writestr("xl/media/image1.png", b"")
        archive.infolist()[-1].file_size = 10**13
    check_rejected(workbook, TOO_LARGE)


def test_a_cell_far_to_the_right_in_a_late_row(workbook):
    row = '<row r="20000"><c r="XFD20000"><v>1</v></c></row></sheetData>'
    rewrite_sheet(workbook, lambda xml: xml.replace("</sheetData>", row))
    check_rejected(workbook, TOO_LARGE)


def test_a_row_that_no_sheet_has(workbook, monkeypatch):
    monkeypatch.setattr(table_sizes, "MAX_ROWS_OF_EXCEL", 10_000)
    row = '<row r="99999999999"><c><v>1</v></c></row></sheetData>'
    rewrite_sheet(workbook, lambda xml: xml.replace("</sheetData>", row))
    check_rejected(workbook, "more than 10,000 rows")


def test_a_workbook_is_not_trusted_in_its_dimensions(workbook):
    claim = '<dimension ref="A1:XFD1048576"'
    rewrite_sheet(workbook, lambda xml: re.sub('<dimension ref="[^"]*"', claim, xml))
    assert read(workbook).values().values.tolist() == [0.5, 0.75]


def test_a_long_string_that_many_cells_share(workbook):
    name, kind = "xl/sharedStrings.xml", "spreadsheetml.sharedStrings+xml"
    text = f"<si><t>{'x' * 3 * 10**6}</t></si>"
    with ZipFile(workbook) as archive:
        space = re.search(rb'xmlns="([^"]*)"', archive.read(SHEET))[1].decode()
        content = {item: archive.read(item).decode() for item in archive.namelist()}
    rows = '<row><c t="s"><v>0</v></c></row>' * 1000
    content[SHEET] = content[SHEET].replace("</sheetData>", f"{rows}</sheetData>")
    content[name] = f'<sst xmlns="{space}" count="1" uniqueCount="1">{text}</sst>'
    content["[Content_Types].xml"] = content["[Content_Types].xml"].replace(
        "</Types>",
        f'<Override PartName="/{name}" ContentType="application/'
        f'vnd.openxmlformats-officedocument.{kind}"/></Types>',
    )
    with ZipFile(workbook, "w", ZIP_DEFLATED) as archive:
        for item, part in content.items():
            archive.writestr(item, part)
    check_rejected(workbook, TOO_LARGE)


def write_parquet(path, column, n_groups=1):
    """Write a Parquet file of a column, repeated."""
    arrow = pytest.importorskip(
        "pyarrow", reason="pyarrow is not installed (extra tables)"
    )
    parquet = pytest.importorskip("pyarrow.parquet")
    table = arrow.table({"a": column(arrow)})
    with parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(n_groups):
            writer.write_table(table)


def repeated_string(arrow, n_rows, length):
    indices = arrow.array([0] * n_rows, arrow.int32())
    return arrow.DictionaryArray.from_arrays(indices, ["x" * length])


PARQUETS = {
    "values": (lambda arrow: arrow.nulls(3 * 10**6, arrow.int8()), 100, TOO_LARGE),
    "strings": (lambda arrow: repeated_string(arrow, 10**5, 10**5), 1, TOO_LARGE),
    "bytes": (
        lambda arrow: repeated_string(arrow, 10**5, 10**5).cast(
            arrow.dictionary(arrow.int32(), arrow.binary())
        ),
        1,
        TOO_LARGE,
    ),
    "lists": (
        lambda arrow: arrow.ListArray.from_arrays(
            [0, 10**5], repeated_string(arrow, 10**5, 10**5)
        ),
        1,
        r"a\.list\.element holds lists",
    ),
}


@pytest.mark.parametrize("name", PARQUETS)
def test_parquet_that_repeats_values(name, tmp_path):
    column, n_groups, reason = PARQUETS[name]
    write_parquet(tmp_path / "table.parquet", column, n_groups)
    check_rejected(tmp_path / "table.parquet", reason)


def test_parquet_of_many_different_strings_is_within_the_bound(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(path, lambda arrow: arrow.array([f"{n:099}" for n in range(10**4)]))
    table_sizes.check_parquet(path)  # 1 MB of strings; 10 GB if each were all of them


def test_damaged_facts_of_a_column_do_not_end_the_process(tmp_path):
    """Facts of a column that contradict each other end it when they are looked at."""
    path = tmp_path / "table.parquet"
    TABLE.to_parquet(path)
    content = path.read_bytes()
    end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    damaged = tmp_path / "damaged.parquet"
    for place in range(end, len(content) - 8):
        part = bytearray(content)
        part[place] = 0x15
        damaged.write_bytes(part)
        with suppress(ValueError, OSError):
            table_sizes.check_parquet(damaged)


def test_parquet_of_records_and_decimals_is_read(tmp_path):
    path = tmp_path / "table.parquet"
    TABLE.assign(params=[{"a": 1}] * 2, note=["x", None]).to_parquet(path)
    assert read(path).values().values.tolist() == [0.5, 0.75]

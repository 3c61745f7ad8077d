"""Files of cubes that others wrote, changed or damaged."""

import json
import os
import sys
import tempfile

import h5netcdf
import numpy as np
import pandas as pd
import pytest

from skseisfp.sweep import ResultCube

TABLE = pd.DataFrame(
    [
        {"param_a": a, "param_b": b, "split0_test_score": a + b / 10}
        for a in (0.1, 0.2, 0.3)
        for b in (1, 2)
    ]
)
EXPECTED = [[0.2, 0.3], [0.3, 0.4], [0.4, 0.5]]
PLAIN = TABLE.rename(columns={"param_a": "a", "param_b": "b", TABLE.columns[2]: "auc"})
WRITERS = {".csv": "to_csv", ".parquet": "to_parquet", ".xlsx": "to_excel"}


@pytest.fixture
def cube():
    return ResultCube.from_table(TABLE)


def write(cube, suffix, folder):
    return getattr(cube, WRITERS[suffix])(folder / f"cube{suffix}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize(
    ("separator", "decimal"),
    [(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", ".")],
)
def test_csv_of_other_programs(tmp_path, separator, decimal, encoding):
    path = tmp_path / "table.csv"
    frame = PLAIN.assign(**{"note, of it;": "x"})
    frame.to_csv(path, sep=separator, decimal=decimal, index=False, encoding=encoding)
    cube = ResultCube.from_table(path, parameters=["a", "b"])
    assert cube.metrics == ["auc"]
    np.testing.assert_allclose(cube.values(), EXPECTED)


def test_one_column_alone_and_commas_within_names(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("b\n1\n2\n")
    with pytest.raises(ValueError, match="no column has numbers"):
        ResultCube.from_table(path, parameters=["b"])
    path.write_text("b;confusion[0,1]\n1;2,5\n2;3,5\n")
    cube = ResultCube.from_table(path, parameters=["b"])
    assert cube.values().values.tolist() == [2.5, 3.5]


def test_a_cube_with_a_byte_order_mark(cube, tmp_path):
    path = write(cube, ".csv", tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    again = ResultCube.from_table(path)
    assert again.dataset.identical(cube.dataset)


def change(path, function):
    """Change the rows of the file of a cube, each a list of strings."""
    head, names, *rows = path.read_text().splitlines()
    rows = function([row.split(",") for row in rows])
    lines = [head, names, *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def with_cell(column, value):
    return lambda rows: [
        [value if (k, at) == (3, column) else cell for at, cell in enumerate(row)]
        for k, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (with_cell(0, "0.21"), r"Row 3 of the table has a = 0\.21, and its head"),
        (with_cell(0, ""), "Row 3 of the table has no a"),
        (with_cell(1, ""), "Row 3 of the table has no b"),
        (
            with_cell(1, "1.5"),
            "Row 3 of the table has b = '1.5'; it must be an integer",
        ),
        (with_cell(2, "x"), "Row 3 of the table has fold = 'x'"),
        (with_cell(2, "1"), "Row 3 of the table has fold = 1, and its header has 0"),
        (with_cell(3, "good"), "Row 3 of the table has score = 'good'; it must be a n"),
        (
            lambda rows: [*rows, rows[2]],
            "Row 6 .* same trial and fold as row 2",
        ),
        (
            lambda rows: [[*row, "1"] for row in rows],
            "Length of header or names does",
        ),
        (lambda rows: [row[:1] for row in rows], "Row 0 of the table has no b"),
    ],
)
def test_a_changed_table_does_not_fill_other_cells(cube, tmp_path, function, message):
    path = write(cube, ".csv", tmp_path)
    change(path, function)
    with pytest.raises(ValueError, match=message) as caught:
        ResultCube.from_table(path)
    assert str(path) in str(caught.value)


def test_a_table_that_ends_within_a_number_raises(cube, tmp_path):
    path = write(cube, ".csv", tmp_path)
    path.write_text(path.read_text()[:-2])
    with pytest.raises(ValueError, match=f"{path} cannot be read: its last line"):
        ResultCube.from_table(path)


def test_rows_may_move_and_go(cube, tmp_path):
    path = write(cube, ".csv", tmp_path)
    change(path, lambda rows: rows[:0:-1])
    values = ResultCube.from_table(path).values().values
    np.testing.assert_array_equal(np.isnan(values), [[1, 0], [0, 0], [0, 0]])
    np.testing.assert_array_equal(values[1:], cube.values().values[1:])


@pytest.mark.parametrize("suffix", WRITERS)
def test_columns_of_the_header_are_needed(cube, tmp_path, suffix):
    frame = cube.to_frame()
    for name in ("a", "fold", "score"):
        with pytest.raises(ValueError, match=f"lacks the column '{name}'"):
            ResultCube.from_table(frame.drop(columns=name))


def test_a_table_with_a_fraction_in_a_cell_of_integers(cube):
    frame = cube.to_frame()
    frame["b"] = frame["b"].astype(float)
    assert ResultCube.from_table(frame).dataset.equals(cube.dataset)
    frame.loc[3, "b"] = 1.5
    with pytest.raises(ValueError, match=r"Row 3 of the table has b = 1\.5"):
        ResultCube.from_table(frame)
    frame.loc[3, "b"] = np.nan
    with pytest.raises(ValueError, match="Row 3 of the table has no b"):
        ResultCube.from_table(frame)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", ".nc"])
def test_damaged_files_are_named(cube, tmp_path, suffix):
    path = tmp_path / f"cube{suffix}"
    read = ResultCube.from_table
    if suffix == ".nc":
        cube.to_netcdf(path)
        read = ResultCube.from_netcdf
    else:
        write(cube, suffix, tmp_path)
    sound = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [b"", b"\xff\xfe\x00", rng.bytes(500), b"PK\x03\x04" + bytes(90)]
    damaged += [sound[: len(sound) // part] for part in (2, 3, 9)]
    for _ in range(40):
        at, end = sorted(rng.integers(0, len(sound), 2))
        damaged.append(sound[:at] + rng.bytes(min(end - at, 40)) + sound[at + 40 :])
    messages = []
    for content in damaged:
        path.write_bytes(content)
        try:
            read(path)
        except ValueError as error:  # changed strings and numbers are not seen
            messages.append(str(error))
    assert len(messages) > 10
    assert all(str(path) in message for message in messages)
    for missing in (tmp_path / f"no{suffix}", tmp_path / "no" / f"a{suffix}"):
        with pytest.raises(FileNotFoundError, match=str(missing)):
            read(missing)


def changed_header(cube, folder, **parts):
    path = write(cube, ".csv", folder)
    head, _, rest = path.read_text().partition("\n")
    about = json.loads(head[2:])
    for name, value in parts.items():
        about[name] = value
    path.write_text(f"# {json.dumps(about)}\n{rest}")
    return path


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"version": 2}, "is of version 2; this package reads 1"),
        ({"axes": {}}, "it lacks 'a'"),
        ({"axes": []}, "cannot be read"),
        ({"variables": {"score": [["a"], False], "auc": [["a"], False]}}, "'auc'"),
        ({"fixed": [["c", {"no": 1}]]}, "cannot be read"),
        ({"metrics": None}, "cannot be read"),
        ({"main_metric": "auc"}, "cannot be read"),
    ],
)
def test_wrong_headers_name_the_file(cube, tmp_path, parts, message):
    path = changed_header(cube, tmp_path, **parts)
    with pytest.raises(ValueError, match=message) as caught:
        ResultCube.from_table(path)
    assert str(path) in str(caught.value)


def test_large_grids_raise_before_they_are_made(cube, tmp_path):
    axis = {"labels": list(range(1000)), "kind": "integer", "originals": []}
    axes = cube.to_frame().attrs["skseisfp_cube"]["axes"]
    path = changed_header(cube, tmp_path, axes=axes | {"c": axis, "d": axis})
    with pytest.raises(ValueError, match=f"{path} cannot be read: The grid .* cells"):
        ResultCube.from_table(path)


def test_netcdf_that_says_more_than_it_holds_raises(cube, tmp_path):
    path = cube.to_netcdf(tmp_path / "cube.nc")
    with h5netcdf.File(path, "a") as file:
        file.dimensions["x"] = 10**12
        file.create_variable("much", ("x",), float, chunks=(10**6,))
    with pytest.raises(ValueError, match=r"cube\.nc cannot be read: it says that"):
        ResultCube.from_netcdf(path)


def test_netcdf_reads_no_other_files(cube, tmp_path):
    import h5py

    path, other = cube.to_netcdf(tmp_path / "cube.nc"), tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["score"] = np.zeros((3, 2, 1))
    with h5py.File(path, "a") as file:
        del file["score"]
        file["score"] = h5py.ExternalLink(str(other), "/score")
    with pytest.raises(ValueError, match=r"cube\.nc: /score is a link to"):
        ResultCube.from_netcdf(path)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("a", np.nan, "Row 3 of the table has no a"),
        ("b", np.nan, "Row 3 of the table has no b"),
        ("auc", "good", "Row 3 of the table has auc = 'good'; it must be a number"),
        ("fold", np.nan, "Row 3 of the table has no fold"),
        ("fold", 0.5, r"Row 3 of the table has fold = 0\.5; it must be an integer"),
        ("fold", -1, "Row 3 of the table has fold = -1; folds count from 0"),
        ("fold", 10**12, "1000000000001 cells"),
    ],
)
def test_plain_tables_with_wrong_cells_raise(tmp_path, column, value, message):
    frame = PLAIN.assign(fold=0).astype(object)
    frame.loc[3, column] = value
    frame.to_csv(tmp_path / "table.csv", index=False)
    for table in (frame, tmp_path / "table.csv"):
        with pytest.raises(ValueError, match=message):
            ResultCube.from_table(table, parameters=["a", "b"], metrics=["auc"])


def test_missing_scores_are_missing_fits():
    frame = PLAIN.astype(object)
    frame.loc[3, "auc"] = None
    cube = ResultCube.from_table(frame, parameters=["a", "b"], metrics=["auc"])
    np.testing.assert_allclose(cube.values().values[0], EXPECTED[0])
    assert np.isnan(cube.values().values[1, 1])


def test_only_tables_of_several_grids_lack_labels(tmp_path):
    params = [{"a": 1}, {"a": 2, "b": None}, {"b": 3.5}, {"a": 1, "b": 4}]
    frame = pd.DataFrame(
        {
            "param_a": [1, 2, np.nan, 1],
            "param_b": [np.nan, np.nan, 3.5, 4],
            "params": params,
            "split0_test_score": [0.1, 0.2, 0.3, 0.4],
        }
    )
    frame.to_csv(tmp_path / "results.csv", index=False)
    for table in (frame, tmp_path / "results.csv"):
        cube = ResultCube.from_table(table)
        assert sorted(cube.dataset["a"].values) == ["(not set)", "1.0", "2.0"]
    frame.loc[3, "param_a"] = np.nan
    frame.to_csv(tmp_path / "results.csv", index=False)
    for table in (frame, tmp_path / "results.csv", frame.drop(columns="params")):
        with pytest.raises(ValueError, match=r"Row \d of the table has no param_"):
            ResultCube.from_table(table)


@pytest.mark.parametrize(
    ("suffix", "module"),
    [(".parquet", "pyarrow.parquet"), (".xlsx", "openpyxl")],
)
def test_a_missing_package_is_not_taken_for_damage(
    cube, tmp_path, monkeypatch, suffix, module
):
    path = write(cube, suffix, tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"^\w+ is needed here .*skseisfp\[tables\]"):
        ResultCube.from_table(path)


def test_a_workbook_that_cannot_be_written_leaves_the_old_one(
    cube, tmp_path, monkeypatch
):
    path = write(cube, ".xlsx", tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OSError, match=f"{path} could not be written"):
        cube.to_excel(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]

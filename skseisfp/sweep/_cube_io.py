"""Result cubes as tables and files, and back without loss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._utils.optional import import_optional
from ._stored_values import decode, encode

if TYPE_CHECKING:
    import xarray

KEY = "skseisfp_cube"
VERSION = 1
RESULTS, ABOUT = "results", "about"
KINDS = {"i": "integer", "f": "float"}
CLASS_AXES = ("true_class", "predicted_class")
MAX_CELL = 32_767  # characters that Excel allows in a cell
SUFFIXES = (".csv", ".parquet", ".xlsx")
ESCAPED = "=+-@#\"' "  # first characters of formulas, comments and quotes


def to_frame(dataset: xarray.Dataset, parameters: Sequence[str]) -> pd.DataFrame:
    """Return a dataset as a table, one row a trial and fold that has a result.

    Axes other than the parameters and the folds go across: ``train_loss[3]`` is the
    loss of the third epoch, ``confusion[0,1]`` counts the first class predicted as the
    second. What is not in the columns is in ``attrs``.
    """
    outer = (*parameters, "fold")
    columns, empty = {}, np.ones([dataset.sizes[name] for name in outer], dtype=bool)
    for name, variable in dataset.data_vars.items():
        inner = [dim for dim in variable.dims if dim not in outer]
        missing = {dim: dataset.sizes[dim] for dim in outer if dim not in variable.dims}
        array = variable.expand_dims(missing).transpose(*outer, *inner).values
        blank = array == "" if array.dtype == object else np.isnan(array)
        empty &= blank.reshape(*empty.shape, -1).all(axis=-1)
        for place in product(*(range(dataset.sizes[dim]) for dim in inner)):
            columns[_column(name, inner, place)] = array[(..., *place)]
    if both := sorted(columns.keys() & {*outer}):
        raise ValueError(f"{both[0]!r} would name two columns; rename the parameter.")
    kept = np.nonzero(~empty)
    labels = {
        name: dataset[name].values[places]
        for name, places in zip(outer, kept, strict=True)
    }
    frame = pd.DataFrame(
        labels | {name: column[kept] for name, column in columns.items()}
    )
    frame.attrs[KEY] = describe(dataset)
    return frame


def from_frame(frame: pd.DataFrame) -> xarray.Dataset:
    """Return the dataset of a table that `to_frame` has made."""
    about: Any = frame.attrs[KEY]
    if about["version"] != VERSION:
        raise ValueError(
            f"The cube is of version {about['version']}; this package reads {VERSION}."
        )
    coordinates = _coordinates(about)
    outer = [name for name in coordinates if name in frame.columns]
    places = tuple(_find_labels(coordinates[name][1], frame[name]) for name in outer)
    sizes = {name: len(coordinate[1]) for name, coordinate in coordinates.items()}
    variables = {}
    for name, (dims, is_string) in about["variables"].items():
        inner = [dim for dim in dims if dim not in outer]
        empty, dtype = ("", object) if is_string else (np.nan, float)
        array = np.full([sizes[d] for d in [*outer, *inner]], empty, dtype=dtype)
        for place in product(*(range(sizes[dim]) for dim in inner)):
            array[(*places, *place)] = frame[_column(name, inner, place)].to_numpy()
        keep = tuple(slice(None) if d in dims else 0 for d in [*outer, *inner])
        variables[name] = dims, array[keep]
    return _dataset(about, variables, coordinates)


def describe(dataset: xarray.Dataset) -> dict[str, Any]:
    """Return the parts that a table has no columns for, in types of JSON."""
    originals = {
        name: dataset[name].attrs.get("originals", {}) for name in dataset.dims
    }
    return {
        "version": VERSION,
        "main_metric": dataset.attrs["main_metric"],
        "metrics": list(dataset.attrs["metrics"]),
        "fixed": [[key, encode(v)] for key, v in dataset.attrs["fixed"].items()],
        "axes": {
            name: {
                "labels": dataset[name].values.tolist(),
                "kind": KINDS.get(dataset[name].dtype.kind, "text"),
                "originals": [
                    [key, encode(v, place)]
                    for place, (key, v) in enumerate(originals[name].items())
                ],
            }
            for name in dataset.dims
        },
        "variables": {
            name: [list(variable.dims), variable.dtype == object]
            for name, variable in dataset.data_vars.items()
        },
    }


def write_table(frame: pd.DataFrame, path: str | PathLike) -> Path:
    """Write a table as CSV, Parquet or Excel, by the suffix of the path."""
    path = Path(path)
    about, strings = json.dumps(frame.attrs[KEY]), _string_columns(frame.attrs[KEY])
    frame = frame.assign(**{name: frame[name].map(escape) for name in strings})
    frame.columns = [escape(name) for name in frame.columns]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(f"# {about}\n")
            frame.to_csv(file, index=False, lineterminator="\n")
    elif path.suffix == ".parquet":
        import_optional("pyarrow", extra="tables")
        frame.attrs = {KEY: about}
        frame.to_parquet(path, engine="pyarrow", index=False)
    else:
        _check_lengths(frame[[escape(name) for name in strings]])
        _write_excel(frame, about, path)
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
            frame[name] = frame[name].map(int)
        else:
            frame[name] = frame[name].mask(frame[name] == "", "nan").astype(float)
    return frame


def check_suffix(path: str | PathLike, *suffixes: str) -> Path:
    """Return a path; raise if it ends in none of the suffixes."""
    path = Path(path)
    if path.suffix not in suffixes:
        raise ValueError(
            f"path must end in {' or '.join(suffixes)}; got {path.name!r}."
        )
    return path


def write_netcdf(dataset: xarray.Dataset, path: str | PathLike) -> Path:
    """Write a dataset as netCDF, strings escaped and the rest in one attribute."""
    import_optional("h5netcdf", extra="tables")
    about = json.dumps(describe(dataset))
    plain = dataset.drop_attrs()
    strings = {name: v for name, v in plain.variables.items() if v.dtype == object}
    for name, variable in strings.items():
        values = np.array([escape(item) for item in variable.values.ravel()], object)
        plain[name] = variable.dims, values.reshape(variable.shape)
    plain = plain.rename({name: _quote(name) for name in plain.variables})
    plain.attrs = {KEY: about}
    plain.to_netcdf(path, engine="h5netcdf")
    return Path(path)


def read_netcdf(path: str | PathLike) -> xarray.Dataset:
    """Read a dataset that `write_netcdf` has written."""
    xarray = import_optional("xarray", extra="sweep")
    import_optional("h5netcdf", extra="tables")
    with xarray.open_dataset(path, engine="h5netcdf", decode_cf=False) as stored:
        plain = stored.load()
    if KEY not in plain.attrs:
        raise ValueError(f"{path} is not a result cube.")
    about = json.loads(plain.attrs[KEY])
    variables = {}
    for name, (dims, is_string) in about["variables"].items():
        values = plain[_quote(name)].values
        if is_string:
            strings = [unescape(item) for item in values.ravel()]
            values = np.array(strings, object).reshape(values.shape)
        variables[name] = dims, values
    return _dataset(about, variables, _coordinates(about))


def _find_labels(labels, column):
    """Return the places of the labels of a column, all of which an axis must have."""
    places = pd.Index(labels).get_indexer(pd.Index(column))
    if (places < 0).any():
        row = int(np.argmax(places < 0))
        known = ", ".join(map(str, labels))
        raise ValueError(
            f"Row {row} of the table has {column.name} = {column.iloc[row]!r}, and its "
            f"header has {known}. A table that was changed is read without its header: "
            "as a table of another program, with parameters and metrics."
        )
    return places


def escape(string: str) -> str:
    """Return a string in a form that any program leaves as it is."""
    plain = string.isprintable() and string[:1] not in ESCAPED and string[-1:] != " "
    return string if not string or plain else json.dumps(string)


def unescape(string: str) -> str:
    """Return the string that `escape` was given."""
    return json.loads(string) if string.startswith('"') else string


def _column(name, dims, place):
    """Name the column of a place; epochs count from 1 as everywhere."""
    if not dims:
        return name
    shift = 1 if dims == ["epoch"] else 0
    return f"{name}[{','.join(str(index + shift) for index in place)}]"


def _coordinates(about):
    """Return the coordinates that `describe` has noted."""
    found = {}
    for name, axis in about["axes"].items():
        labels = axis["labels"]
        kind = {"integer": int, "float": float, "text": object}[axis["kind"]]
        originals = {key: decode(value) for key, value in axis["originals"]}
        attrs = {"originals": originals} if originals else {}
        found[name] = name, np.array(labels, dtype=kind), attrs
    return found


def _dataset(about, variables, coordinates):
    return import_optional("xarray", extra="sweep").Dataset(
        variables,
        coordinates,
        {
            "main_metric": about["main_metric"],
            "metrics": about["metrics"],
            "fixed": {key: decode(value) for key, value in about["fixed"]},
        },
    )


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


def _write_excel(frame, about, path):
    openpyxl = import_optional("openpyxl", extra="tables")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(RESULTS)
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False, name=None):
        sheet.append([_excel_cell(sheet, value) for value in row])
    parts = [about[at : at + MAX_CELL] for at in range(0, len(about), MAX_CELL)]
    sheet = book.create_sheet(ABOUT)
    for part in (KEY, *parts):
        sheet.append([part])
    book.save(path)


def _excel_cell(sheet, value):
    """Return a cell; openpyxl itself would write a number with 16 digits only."""
    if isinstance(value, str) or value != value:
        return value if isinstance(value, str) else None
    cell = import_optional("openpyxl.cell", extra="tables").WriteOnlyCell(sheet)
    cell.value = repr(value)
    cell.data_type = "n" if np.isfinite(value) else "s"
    return cell


def _read_csv(path):
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.startswith('# {"version"'):
        return pd.read_csv(path), None
    frame = pd.read_csv(path, skiprows=1, dtype=object, keep_default_na=False)
    return frame, first[2:]


def _read_parquet(path):
    import_optional("pyarrow", extra="tables")
    frame = pd.read_parquet(path, engine="pyarrow")
    return frame, frame.attrs.get(KEY)


def _read_excel(path):
    import_optional("openpyxl", extra="tables")
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


def _quote(name):
    """Return a name without the character that netCDF takes for a group."""
    return name.replace("%", "%25").replace("/", "%2F")

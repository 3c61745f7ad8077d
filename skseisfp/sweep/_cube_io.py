"""Result cubes as tables and netCDF files, and back without loss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from itertools import product
from math import prod
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._utils.atomic import write_file
from .._utils.hdf5 import check_hdf5_file
from .._utils.optional import import_optional
from .._utils.plain import plain
from .._utils.provenance import check_provenance
from ._cube_build import PROVENANCE
from ._grid import check_size
from ._stored_values import decode, encode
from ._table_files import CLASS_AXES, KEY, escape, is_empty, unescape

if TYPE_CHECKING:
    import xarray

VERSION = 1
KINDS = {"i": "integer", "f": "float"}
ACROSS = (*CLASS_AXES, "epoch")  # axes that go across in a table
MAX_RATIO = 1032  # of deflate: of what a file holds and its size


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
        empty &= blank.all(axis=tuple(range(empty.ndim, blank.ndim)))
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
    _check_version(about)
    coordinates = _coordinates(about)
    outer = [name for name in coordinates if name not in ACROSS]
    sizes = {name: len(coordinate[1]) for name, coordinate in coordinates.items()}
    check_size([sizes[name] for name in outer])
    cells = _cells_of_rows(frame, {name: coordinates[name][1] for name in outer})
    variables = {}
    for name, (dims, is_string) in about["variables"].items():
        inner = [dim for dim in dims if dim not in outer]
        columns = {
            place: _take(frame, _column(name, inner, place))
            for place in product(*(range(sizes[dim]) for dim in inner))
        }
        empty, dtype = ("", object) if is_string else (np.nan, float)
        array = np.full([sizes[d] for d in [*outer, *inner]], empty, dtype=dtype)
        for place, column in columns.items():
            array[(*cells, *place)] = column.to_numpy()
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
        **_provenance_in(dataset.attrs),
    }


def write_netcdf(dataset: xarray.Dataset, path: str | PathLike) -> Path:
    """Write a dataset as netCDF, strings escaped and the rest in one attribute."""
    h5netcdf = import_optional("h5netcdf", extra="tables")
    backends = import_optional("xarray.backends", extra="sweep")
    about = json.dumps(describe(dataset))
    bare = dataset.drop_attrs()
    strings = {name: v for name, v in bare.variables.items() if v.dtype == object}
    for name, variable in strings.items():
        values = np.array([escape(item) for item in variable.values.ravel()], object)
        bare[name] = variable.dims, values.reshape(variable.shape)
    bare = bare.rename({name: _quote(name) for name in bare.variables})
    bare.attrs = {KEY: about}
    content = BytesIO()  # HDF5 itself ends the process where it cannot write a file
    with h5netcdf.File(content, "w") as file:
        bare.dump_to_store(backends.H5NetCDFStore(file))
    write_file(path, content.getvalue())
    return Path(path)


def read_netcdf(path: str | PathLike) -> xarray.Dataset:
    """Read a dataset that `write_netcdf` has written."""
    xarray = import_optional("xarray", extra="sweep")
    import_optional("h5netcdf", extra="tables")
    check_hdf5_file(path)
    with xarray.open_dataset(
        path, engine="h5netcdf", decode_cf=False, phony_dims="access"
    ) as stored:
        _check_stored(stored, Path(path).stat().st_size)
        loaded = stored.load()
    about = json.loads(loaded.attrs[KEY])
    _check_version(about)
    variables = {}
    for name, (dims, is_string) in about["variables"].items():
        values = loaded[_quote(name)].values
        if is_string:
            strings = [unescape(item) for item in values.ravel()]
            values = np.array(strings, object).reshape(values.shape)
        variables[name] = dims, values
    return _dataset(about, variables, _coordinates(about))


def _check_stored(stored, size):
    """Raise if a file is not a cube, or says that it holds more than it can."""
    if KEY not in stored.attrs:
        raise ValueError("it is not a result cube")
    said = sum(prod(v.shape) * v.dtype.itemsize for v in stored.variables.values())
    if said > MAX_RATIO * size:
        raise ValueError(f"it says that it holds {said} bytes, and it has {size}")


def _check_version(about):
    """Raise if a cube is of another version."""
    if about["version"] != VERSION:
        raise ValueError(
            f"The cube is of version {about['version']}; this package reads {VERSION}."
        )


def _take(frame, name):
    """Return a column of the table of a cube."""
    if name not in frame:
        raise ValueError(f"The table lacks the column {name!r} that its header has.")
    return frame[name]


def _cells_of_rows(frame, axes):
    """Return the place of each row on the axes of a cube, no two in one place."""
    places = tuple(
        _find_labels(labels, _take(frame, name)) for name, labels in axes.items()
    )
    table = pd.DataFrame(dict(enumerate(places)))
    repeated = table.duplicated().to_numpy()
    if repeated.any():
        row = int(np.argmax(repeated))
        first = int(np.argmax((table == table.iloc[row]).all(axis=1).to_numpy()))
        raise ValueError(
            f"Row {row} of the table is of the same trial and fold as row {first}."
        )
    return places


def _find_labels(labels, column):
    """Return the places of the labels of a column, all of which an axis must have."""
    places = pd.Index(labels).get_indexer(pd.Index(column))
    if (places < 0).any():
        row = int(np.argmax(places < 0))
        cell = plain(column.iloc[row])
        fault = f"no {column.name}" if is_empty(cell) else f"{column.name} = {cell!r}"
        known = ", ".join(map(str, labels))
        raise ValueError(
            f"Row {row} of the table has {fault}, and its header has {known}. A table "
            "that was changed is read without its header: as a table of another "
            "program, with parameters and metrics."
        )
    return places


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
            **_read_provenance(about),
        },
    )


def _provenance_in(attributes):
    """Return the provenance as an attribute, none where nothing is known."""
    noted = attributes.get(PROVENANCE)
    return {PROVENANCE: noted} if noted else {}


def _read_provenance(about):
    """Return the provenance of a file as an attribute; raise if it is damaged."""
    found = _provenance_in(about)
    for noted in found.values():
        check_provenance(noted)
    return found


def _quote(name):
    """Return a name without the character that netCDF takes for a group."""
    return name.replace("%", "%25").replace("/", "%2F")

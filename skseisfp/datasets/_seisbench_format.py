"""The SeisBench data format: tables in CSV and buckets of traces in HDF5, in chunks."""

import re
from contextlib import ExitStack, contextmanager
from math import prod

import numpy as np
import pandas as pd

from .._utils.hdf5 import hdf5_member, inner_path
from .._utils.optional import import_optional
from ..io.sampling_rates import check_rate
from ..io.tables import read_table, require_columns
from ..signal.arrivals import arrival_times
from ..signal.waveform import MOST_SAMPLES, RecordError, Waveform, in_order
from ._collection import IN_SAMPLES
from ._labelled_folder import LabelledRecords

EVENT_COLUMNS = ("source_id", "event_id", "source_event_id", "source_origin_time")
FIRST_ARRIVALS = {
    "p_arrival": re.compile(r"trace_p\w*_arrival_sample", re.IGNORECASE),
    "s_arrival": re.compile(r"trace_s\w*_arrival_sample", re.IGNORECASE),
}
STRING_COLUMNS = (
    "trace_name",
    "trace_component_order",
    "station_network_code",
    "station_code",
    "station_location_code",
    *EVENT_COLUMNS,
)


@contextmanager
def open_seisbench(path, target, event):
    """Open a folder in the SeisBench format; its files are closed in any case.

    Yields
    ------
    LabelledRecords
        With the metadata of all chunks as they are, and `record_id`, `event_id`,
        `station`, `sampling_rate_hz`, `p_arrival` and `s_arrival` added.
    """
    with ExitStack() as opened:
        files, formats = {}, {}
        for chunk in _chunks(path):
            file = inner_path(path, f"waveforms{chunk}.hdf5")
            files[chunk] = opened.enter_context(_open_hdf5(file))
            formats[chunk] = _data_format(file, files[chunk])
        frame, events_known = _read_metadata(path, formats, target, event)

        def read(row):
            facts = frame.iloc[row]
            chunk = facts["trace_chunk"]
            samples = _read_trace(files[chunk], facts["trace_name"], formats[chunk])
            check_rate(facts["sampling_rate_hz"])
            return Waveform(
                *in_order(samples, str(facts["trace_component_order"])),
                float(facts["sampling_rate_hz"]),
            )

        yield LabelledRecords(frame, target, read, events_known)


def _chunks(path):
    """Return the names of the chunks, from the file `chunks` or the names of files."""
    listing = path / "chunks"
    if listing.is_file():
        chunks = [line for line in listing.read_text().splitlines() if line.strip()]
    else:
        chunks = [
            file.stem.removeprefix("metadata") for file in path.glob("metadata*.csv")
        ]
    missing = [
        name
        for chunk in chunks
        for name in (f"metadata{chunk}.csv", f"waveforms{chunk}.hdf5")
        if not inner_path(path, name).is_file()
    ]
    if missing or not chunks:
        missing = missing or ["metadata.csv", "waveforms.hdf5"]
        raise FileNotFoundError(f"{path} lacks {', '.join(missing)}.")
    return sorted(chunks)


def _open_hdf5(file):
    """Open an HDF5 file, or name it."""
    try:
        return import_optional("h5py", extra="io").File(file)
    except OSError as error:
        raise ValueError(f"{file} cannot be read as HDF5: {error}") from error


def _data_format(file, content):
    """Return order of dimensions, components and rate of a file, or name it."""
    try:
        return _stated_format(file, content)
    except Exception as error:  # h5py raises any on damaged files
        if isinstance(error, ValueError) and str(file) in str(error):
            raise
        raise ValueError(f"{file} is damaged: {error}") from error


def _stated_format(file, content):
    """Return order of dimensions, components and rate that a file states."""
    if "data" not in list(content):
        raise ValueError(
            f"{file} is not in the SeisBench format: it has no group data, only "
            f"{', '.join(content) or 'nothing'}."
        )
    group = (
        hdf5_member(content, "data_format") if "data_format" in list(content) else {}
    )
    stated = {name: hdf5_member(group, name)[()] for name in group}
    stated = {
        name: item.decode() if isinstance(item, bytes) else item
        for name, item in stated.items()
    }
    order = stated.setdefault("dimension_order", "CW")
    if order not in ("CW", "WC"):
        raise ValueError(f"{file} has the dimension order {order!r}, not CW or WC.")
    return stated


def _read_metadata(path, formats, target, event):
    """Return the tables of all chunks as one, and whether a column has the events."""
    tables = []
    for chunk, stated in formats.items():
        file = path / f"metadata{chunk}.csv"
        table = read_table(file, STRING_COLUMNS)
        require_columns(file, table, ("trace_name", target))
        rate = stated.get("sampling_rate", np.nan)
        table = table.assign(
            trace_chunk=chunk, sampling_rate_hz=_sampling_rates(table, rate)
        )
        if "trace_component_order" not in table:
            table["trace_component_order"] = stated.get("component_order", "")
        tables.append(table)
    frame = pd.concat(tables, ignore_index=True)
    original = "trace_name_original" in frame
    names = frame["trace_name_original" if original else "trace_name"].astype(str)
    repeated = names.duplicated(keep=False)  # chunks count their buckets alike
    frame["record_id"] = names.mask(repeated, frame["trace_chunk"] + "/" + names)
    if event is None:
        event = next((name for name in EVENT_COLUMNS if name in frame), None)
    column = "trace_name" if event is None else event
    frame["event_id"] = _event_ids(path, frame, column)
    codes = [
        frame[name].fillna("") if name in frame else pd.Series("", frame.index)
        for name in ("station_network_code", "station_code")
    ]
    frame["station"] = codes[0] + "." + codes[1]
    for name in filter(IN_SAMPLES.fullmatch, frame):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    rates = frame["sampling_rate_hz"].where(frame["sampling_rate_hz"] > 0)
    for first, pattern in FIRST_ARRIVALS.items():
        columns = frame[list(filter(pattern.fullmatch, frame))]
        samples = columns.apply(_numbers).min(axis=1)  # in letters of any case
        frame[first] = arrival_times(samples, rates)
    return frame, event is not None


def _sampling_rates(table, stated):
    """Return the sampling rate of each trace: its rate, its interval or that stated."""
    rates = pd.Series(np.nan, table.index)
    if "trace_sampling_rate_hz" in table:
        rates = rates.fillna(_numbers(table["trace_sampling_rate_hz"]))
    if "trace_dt_s" in table:
        rates = rates.fillna(1 / _numbers(table["trace_dt_s"]))
    return rates.fillna(float(stated))


def _numbers(column: pd.Series) -> pd.Series:
    """Return a column as floats, NaN for what is not a number."""
    return pd.Series(pd.to_numeric(column, errors="coerce"), column.index, float)


def _event_ids(path, frame, event):
    """Return the event of each trace; a trace without one is its own."""
    require_columns(f"The metadata of {path}", frame, (event,))
    alone = "trace " + frame["trace_chunk"] + frame["trace_name"]
    return frame[event].astype(object).fillna(alone).astype(str)


def _read_trace(file, name, stated):
    """Read the samples of a trace, of shape (n_channels, n_samples)."""
    if not isinstance(name, str):
        raise RecordError("it has no trace_name")
    bucket, _, location = name.partition("$")
    try:
        data = hdf5_member(hdf5_member(file, "data"), bucket)
        index = _parse_location(location)
        if data.dtype.kind not in "fiu" or _n_values(index, data.shape) > MOST_SAMPLES:
            raise ValueError(f"they are {data.dtype} of shape {data.shape}")
        samples = data[index]
    except Exception as error:
        raise RecordError(f"its samples {name} cannot be read: {error}") from error
    if samples.ndim != 2:
        raise RecordError(f"its samples {name} have {samples.ndim} axes, not 2")
    return samples if stated["dimension_order"] == "CW" else samples.T


def _parse_location(location):
    """Return the indices of a trace in its bucket: `3,:2,:6000` is [3, :2, :6000]."""
    index = []
    for part in location.split(",") if location else ():
        numbers = [
            int(number) if number.strip() else None for number in part.split(":")
        ]
        index.append(numbers[0] if len(numbers) == 1 else slice(*numbers))
    return tuple(index)


def _n_values(index, shape):
    """Count the values that indices select."""
    sizes = list(shape)
    for axis, at in enumerate(index):
        sizes[axis] = (
            len(range(*at.indices(shape[axis]))) if isinstance(at, slice) else 1
        )
    return prod(sizes)

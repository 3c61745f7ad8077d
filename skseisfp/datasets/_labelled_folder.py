"""Folders of labelled records: a table with one row per record, and its waveforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from .._utils.hdf5 import hdf5_member
from .._utils.optional import import_optional
from ..io.tables import read_table, require_columns
from ..signal.arrivals import arrival_times, check_arrivals
from ..signal.waveform import RecordError, Waveform, in_order

STRING_COLUMNS = ("record_id", "event_id", "station", "components")
# Columns in samples from which an arrival is taken, the first that is known. Picks of
# analysts are left out: where only one class was picked by hand, a window cut at them
# gives the label away.
SAMPLES = {
    "p_arrival": ("p_arrival_sample", "p_sample_auto", "p_sample"),
    "s_arrival": ("s_arrival_sample", "s_sample"),
}


class LabelledRecords(NamedTuple):
    """A table of records, the column of their labels, and a reader of one row.

    `read` takes a row number and returns a `Waveform` or raises a `RecordError`.
    `events_known` is False where no column of the table has the events.
    """

    frame: pd.DataFrame
    target: str
    read: Callable[[int], Waveform]
    events_known: bool = True


def open_arrays(path, target):
    """Open a folder of `metadata.csv` with `waveforms.npz` or `waveforms.hdf5`."""
    file = path / "metadata.csv"
    frame = read_table(file, STRING_COLUMNS)
    target = target or "event_type"
    columns = ("event_id", "station", "sampling_rate_hz", target)
    require_columns(file, frame, columns)
    phases = (name for phase in SAMPLES.items() for name in (phase[0], *phase[1]))
    for name in ("sampling_rate_hz", *phases):
        if name in frame:
            frame[name] = _to_numbers(file, frame[name])
    X = _read_waveforms(path)
    if len(X) != len(frame):
        raise ValueError(
            f"{path}: metadata.csv has {len(frame)} rows, but there are {len(X)} "
            "waveforms."
        )
    if "record_id" not in frame:
        frame.insert(0, "record_id", [f"row {row}" for row in range(len(frame))])
    for name in SAMPLES:
        times = _known_times(file, frame, name, X.shape[-1])
        if times is not None or name == "p_arrival":
            frame[name] = np.nan if times is None else times

    def read(row):
        samples = np.atleast_2d(X[row])
        components = "ZNE"[: len(samples)]
        if "components" in frame:
            components = str(frame["components"].iloc[row])
        rate = float(frame["sampling_rate_hz"].iloc[row])
        if not 0 < rate < np.inf:
            raise RecordError(f"its sampling rate is {rate}")
        return Waveform(*in_order(samples, components), rate)

    return LabelledRecords(frame, target, read)


def _read_waveforms(path):
    """Read X of waveforms.npz or waveforms.hdf5, whichever there is."""
    files = [path / f"waveforms.{kind}" for kind in ("npz", "hdf5")]
    found = [file for file in files if file.exists()]
    if len(found) != 1:
        raise FileNotFoundError(
            f"{path} must hold one of waveforms.npz and waveforms.hdf5; it holds "
            f"{'both' if found else 'neither'}."
        )
    file = found[0]
    try:
        X = _read_hdf5(file) if file.suffix == ".hdf5" else _read_npz(file)
    except ImportError:
        raise
    except Exception as error:
        raise ValueError(f"X of {file} cannot be read: {error}") from error
    if not isinstance(X, np.ndarray):
        raise ValueError(f"X of {file} is not an array.")
    if X.ndim not in (2, 3) or X.dtype.kind not in "fiu" or 0 in X.shape[1:]:
        raise ValueError(
            f"X of {file} must be numbers of shape (n_records, n_samples) or "
            f"(n_records, n_channels, n_samples); got {X.dtype} of shape {X.shape}."
        )
    return X


def _read_npz(file):
    """Read X of a NumPy archive, never a pickle."""
    with open(file, "rb") as handle, np.load(handle) as content:
        return content["X"]


def _read_hdf5(file):
    """Read X of an HDF5 file."""
    with import_optional("h5py", extra="io").File(file) as content:
        return hdf5_member(content, "X")[...]


def _to_numbers(file, column):
    """Convert a column to numbers, or name it."""
    try:
        return pd.to_numeric(column)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"The column {column.name} of {file} holds no numbers: {error}"
        ) from error


def _known_times(file, frame, name, n_samples):
    """Return the seconds to a phase by the first column that has it; None without any.

    A column in seconds comes first; those in samples hold negative numbers or NaN where
    the phase is not known.
    """
    columns = [column for column in SAMPLES[name] if column in frame]
    if not columns and name not in frame:
        return None
    rates = frame["sampling_rate_hz"].where(frame["sampling_rate_hz"] > 0).to_numpy()
    times = np.full(len(frame), np.nan)
    if name in frame:
        where = f"The column {name} of {file}"
        record = {"n_samples": n_samples, "sampling_rate": rates}
        times = check_arrivals(where, frame[name], len(frame), **record)
    for column in columns:
        samples = frame[column].where(frame[column] >= 0).to_numpy(float)
        if column == f"{name}_sample":
            _check_whole(file, column, samples)
        times = np.where(np.isnan(times), arrival_times(samples, rates), times)
    return times


def _check_whole(file, column, samples):
    """Raise if a column in samples holds fractions, as one in seconds does."""
    wrong = np.flatnonzero(samples % 1 > 0)
    if wrong.size:
        raise ValueError(
            f"The column {column} of {file} must hold whole numbers, samples from the "
            f"first one; record {wrong[0]} has {samples[wrong[0]]:g}. A column in "
            f"seconds is named {column.removesuffix('_sample')}."
        )

"""Archives of labelled records: a table with one row per record, and its waveforms."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from .._utils.optional import import_optional

TEXT_COLUMNS = ("record_id", "event_id", "station", "components")
ARRIVAL_COLUMNS = ("p_sample_analyst", "p_sample_auto", "p_sample")


class RecordError(ValueError):
    """A record that cannot be taken; the message is the reason."""


class Waveform(NamedTuple):
    """Samples of shape (n_channels, n_samples), NaN in gaps, and their components."""

    samples: np.ndarray
    components: str
    sampling_rate: float


class Archive(NamedTuple):
    """A table of records, the column of their labels, and a reader of one row.

    `read` takes a row number and returns a `Waveform` or raises a `RecordError`.
    """

    frame: pd.DataFrame
    target: str
    read: callable


def open_arrays(path, target):
    """Open a folder of `metadata.csv` with `waveforms.npz` or `waveforms.hdf5`."""
    frame = read_table(path / "metadata.csv", TEXT_COLUMNS)
    target = target or "event_type"
    columns = ("event_id", "station", "sampling_rate_hz", target)
    require_columns(path / "metadata.csv", frame, columns)
    X = _read_waveforms(path)
    if X.ndim not in (2, 3):
        raise ValueError(
            f"{path}: X must have shape (n_records, n_samples) or (n_records, "
            f"n_channels, n_samples); got {X.shape}."
        )
    if len(X) != len(frame):
        raise ValueError(
            f"{path}: metadata.csv has {len(frame)} rows, but there are {len(X)} "
            "waveforms."
        )
    if "record_id" not in frame:
        frame.insert(0, "record_id", [f"row {row}" for row in range(len(frame))])
    frame["arrival_sample"] = _known_arrivals(frame)

    def read(row):
        samples = np.atleast_2d(X[row])
        components = "ZNE"[: len(samples)]
        if "components" in frame:
            components = str(frame["components"].iloc[row])
        rate = float(frame["sampling_rate_hz"].iloc[row])
        if not rate > 0:
            raise RecordError(f"its sampling rate is {rate}")
        return Waveform(*in_order(samples, components), rate)

    return Archive(frame, target, read)


def read_table(file, text_columns):
    """Read a CSV file, some columns as text."""
    try:
        return pd.read_csv(file, dtype=dict.fromkeys(text_columns, str))
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {file}.") from None
    except ValueError as error:  # parse, empty and encoding errors are ValueErrors
        raise ValueError(f"{file} cannot be read: {error}") from error


def require_columns(file, frame, columns):
    """Refuse a table that lacks columns, naming them."""
    missing = [name for name in columns if name not in frame]
    if missing:
        raise ValueError(
            f"{file} lacks the columns {', '.join(missing)}; it has "
            f"{', '.join(map(str, frame.columns))}."
        )


def in_order(samples, components):
    """Return samples and component letters in the order Z N E, others refused.

    Horizontal components 1 and 2 count as N and E.
    """
    letters = components.upper().replace("1", "N").replace("2", "E")
    known = len(letters) == len(samples) == len(set(letters))
    if not known or not set(letters) <= set("ZNE"):
        raise RecordError(
            f"its {len(samples)} channels have the components {components!r}, "
            "not each of Z, N (1), E (2) at most once"
        )
    order = sorted(range(len(letters)), key=lambda row: "ZNE".index(letters[row]))
    return samples[order], "".join(letters[row] for row in order)


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
    open_file = np.load
    if file.suffix == ".hdf5":
        open_file = import_optional("h5py", extra="io").File
    try:
        with open_file(file) as content:
            return content["X"][...]
    except Exception as error:
        raise ValueError(f"{file} cannot be read as key 'X': {error}") from error


def _known_arrivals(frame):
    """Return the first known of the arrival columns, NaN where there is none."""
    arrivals = pd.Series(np.nan, index=frame.index)
    for name in ARRIVAL_COLUMNS:
        if name in frame:
            arrivals = arrivals.fillna(frame[name].where(frame[name] >= 0))
    return arrivals

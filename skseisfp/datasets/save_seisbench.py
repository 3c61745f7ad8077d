"""Writer of data sets in the SeisBench format."""

from __future__ import annotations

from numbers import Integral
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch, check_scalar

from .._utils.atomic import atomic_folder
from .._utils.checks import check_unmasked
from .._utils.optional import import_optional
from ..signal.arrivals import arrival_samples

BUCKET = 1024  # traces in one array: the default of the writer of SeisBench
NAMES = {  # columns of this package by their names in the format
    "event_id": "source_id",
    "event_type": "source_type",
    "origin_time": "source_origin_time",
    "latitude": "source_latitude_deg",
    "longitude": "source_longitude_deg",
    "depth_km": "source_depth_km",
    "magnitude": "source_magnitude",
    "distance_km": "path_ep_distance_km",
    "azimuth": "path_azimuth_deg",
    "back_azimuth": "path_back_azimuth_deg",
    "location": "station_location_code",
    "channels": "trace_channel",
    "start_time": "trace_start_time",
    "p_arrival": "trace_P_arrival_sample",
    "s_arrival": "trace_S_arrival_sample",
    "record_id": "trace_name_original",
}
IN_SECONDS = ("p_arrival", "s_arrival")  # that the format has in samples
RECOMPUTED = (  # columns that follow from the records
    "station",
    "sampling_rate_hz",
    "trace_chunk",
    "trace_component_order",
    "trace_dt_s",
    "trace_name",
    "trace_sampling_rate_hz",
)


def save_seisbench(
    bunch: Bunch, path: str | PathLike[str], *, chunk_size: int | None = None
) -> None:
    """Write records in the SeisBench format.

    Parameters
    ----------
    bunch : Bunch
        Records as `load_records`, `load_seisbench` or `skseisfp.io.WaveformReader`
        return them.
    path : str or path-like
        The folder, which must not exist or be empty; it appears when it is complete.
    chunk_size : int, default=None
        Records in one chunk of the set. None writes one pair of files.

    Raises
    ------
    FileExistsError
        If the folder holds anything.
    ValueError
        If a parameter or the records are not valid.
    OSError
        If the folder cannot be written.
    ImportError
        If h5py is not installed.

    See Also
    --------
    load_seisbench : Read this format.

    Notes
    -----
    Columns of `bunch.frame` that have a counterpart in the format are written under
    its name (`event_id` as `source_id`; `p_arrival` as `trace_P_arrival_sample`, which
    is in samples), all others, `split` for example, as they are.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skseisfp.datasets import load_seisbench, make_seismograms, save_seisbench
    >>> bunch = make_seismograms(n_records=6, random_state=0)
    >>> with TemporaryDirectory() as folder:
    ...     save_seisbench(bunch, f"{folder}/mine")
    ...     again = load_seisbench(f"{folder}/mine")
    >>> (again.target == bunch.target).all(), again.data.shape == bunch.data.shape
    (np.True_, True)
    """
    if chunk_size is not None:
        check_scalar(chunk_size, "chunk_size", Integral, min_val=1)
    X = _check_data(bunch)
    path = Path(path)
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(f"{path} is not empty.")
    metadata = _metadata(bunch)
    size = chunk_size or len(X)
    starts = range(0, len(X), size)
    names = [f"{number:04d}" for number in range(len(starts))] if chunk_size else [""]
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_folder(path) as folder:
        for name, start in zip(names, starts, strict=True):
            rows = slice(start, start + size)
            _write_chunk(folder, name, X[rows], metadata.iloc[rows], bunch)
        if chunk_size:
            (folder / "chunks").write_text("\n".join(names) + "\n")


def _check_data(bunch):
    """Return the records of shape (n_records, n_channels, n_samples)."""
    check_unmasked(bunch.data, "bunch.data")
    X = np.asarray(bunch.data)
    X = X[:, np.newaxis] if X.ndim == 2 else X
    if X.ndim != 3 or X.shape[1] != len(bunch.components) or X.dtype.kind not in "fiu":
        raise ValueError(
            "bunch.data must be numbers of shape (n_records, n_samples) or (n_records, "
            f"n_channels, n_samples) with the components {bunch.components!r}; got "
            f"{X.dtype} of shape {X.shape}."
        )
    if len(bunch.frame) != len(X):
        raise ValueError(
            f"bunch.frame has {len(bunch.frame)} rows for {len(X)} records."
        )
    return X


def _metadata(bunch):
    """Return the table of a set, without the places of its traces."""
    frame = bunch.frame
    kept = [name for name in frame if name not in RECOMPUTED]
    renamed = {ours: name for ours, name in NAMES.items() if name not in kept}
    metadata = frame[kept].rename(columns=renamed)
    for ours in IN_SECONDS:
        if ours in kept and ours in renamed:
            samples = arrival_samples(frame[ours], bunch.sampling_rate)
            metadata[renamed[ours]] = samples
    metadata = metadata.loc[:, ~metadata.columns.duplicated()].copy()
    metadata["source_id"] = np.asarray(bunch.groups)
    if bunch.target is not None:
        metadata["source_type"] = np.asarray(bunch.target)
    codes = pd.Series(np.asarray(bunch.stations, dtype=str)).str.partition(".")
    metadata["station_network_code"] = codes[0].to_numpy()
    metadata["station_code"] = codes[2].to_numpy()
    metadata["trace_sampling_rate_hz"] = float(bunch.sampling_rate)
    metadata["trace_component_order"] = bunch.components
    return metadata


def _write_chunk(folder, name, X, metadata, bunch):
    """Write a pair of files."""
    h5py = import_optional("h5py", extra="io")
    places = []
    # by a file of Python: HDF5 itself ends the process where the disk is full
    with (
        open(folder / f"waveforms{name}.hdf5", "x+b") as content,
        h5py.File(content, "w") as file,
    ):
        stated = file.create_group("data_format")
        stated["dimension_order"] = "CW"
        stated["component_order"] = bunch.components
        stated["sampling_rate"] = float(bunch.sampling_rate)
        data = file.create_group("data")
        for number, start in enumerate(range(0, len(X), BUCKET)):
            bucket = X[start : start + BUCKET]
            data[f"bucket{number}"] = bucket
            _, n_channels, n_samples = bucket.shape
            places += [
                f"bucket{number}${row},:{n_channels},:{n_samples}"
                for row in range(len(bucket))
            ]
    metadata.assign(trace_name=places).to_csv(
        folder / f"metadata{name}.csv", index=False
    )

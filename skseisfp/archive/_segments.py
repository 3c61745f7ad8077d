"""Waveforms of an archive: HDF5 files that are written once and never changed."""

import os
from contextlib import contextmanager
from uuid import uuid4

from .._utils.atomic import atomic_file, remove_leftovers
from .._utils.hdf5 import hdf5_member
from .._utils.optional import import_optional
from ..io.merging import nanoseconds

SUFFIX = ".h5"


def write_segment(folder, recordings):
    """Write recordings to a new file, and return its name once it is complete.

    The file gets its name only when all of it is on the disk: a process that is killed
    before leaves a file that no table names.
    """
    h5py = import_optional("h5py", extra="io")
    final = folder / f"{uuid4().hex}{SUFFIX}"
    remove_leftovers(folder)
    # by a file of Python: HDF5 itself ends the process where the disk is full
    with (
        atomic_file(final) as content,
        h5py.File(content, "w", libver="latest") as file,
    ):
        for recording in recordings:
            _write_traces(file.create_group(recording.digest), recording.traces)
    _sync(folder)
    return final.name


def _write_traces(group, traces):
    """Write one data set for each trace."""
    for number, trace in enumerate(traces):
        item = group.create_dataset(str(number), data=trace.data)
        item.attrs["id"] = trace.id
        item.attrs["start_ns"] = nanoseconds(trace.stats.starttime)
        item.attrs["sampling_rate_hz"] = float(trace.stats.sampling_rate)


@contextmanager
def open_segment(file):
    """Open a file of waveforms to read."""
    h5py = import_optional("h5py", extra="io")
    try:
        with h5py.File(file, "r", locking=False) as content:
            yield content
    except FileNotFoundError:
        raise ValueError(f"{file} is missing.") from None
    except OSError as error:
        raise ValueError(f"{file} is damaged: {error}") from error


def read_traces(content, digest):
    """Return the traces of a recording from an open file."""
    from obspy import Trace, UTCDateTime

    traces = []
    group = hdf5_member(content, digest)
    for number in range(len(group)):
        item = hdf5_member(group, str(number))
        network, station, location, channel = item.attrs["id"].split(".")
        header = {
            "network": network,
            "station": station,
            "location": location,
            "channel": channel,
            "starttime": UTCDateTime(ns=int(item.attrs["start_ns"])),
            "sampling_rate": float(item.attrs["sampling_rate_hz"]),
        }
        traces.append(Trace(item[...], header))
    return traces


def _sync(path):
    """Make the system write a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Waveforms of an archive: HDF5 files that are written once and never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

import numpy as np

from .._utils.atomic import atomic_file, remove_leftovers
from .._utils.hdf5 import check_heaps, hdf5_member
from .._utils.optional import import_optional
from ..io.merging import nanoseconds

SUFFIX = ".h5"
MOST_OPEN = 8  # files that a reader of many recordings keeps open; it needs one or two

# the open files of a reader, and what closes them; None outside of `segments_kept_open`
_kept: ContextVar[tuple[dict, ExitStack] | None] = ContextVar("_kept", default=None)


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
def segments_kept_open() -> Iterator[None]:
    """Keep the files that are read within open until the end, in this thread."""
    with ExitStack() as files:
        token = _kept.set(({}, files))
        try:
            yield
        finally:
            _kept.reset(token)


@contextmanager
def open_segment(file):
    """Open a file of waveforms to read; an open one is used again if it is kept."""
    kept = _kept.get()
    if kept is None:
        with _open(file) as content:
            yield content
        return
    opened, stack = kept
    if file not in opened:
        if len(opened) >= MOST_OPEN:
            opened.clear()
            stack.close()
        opened[file] = stack.enter_context(_open(file))
    yield opened[file]


@contextmanager
def _open(file):
    """Open a file of waveforms, and close it in the end."""
    h5py = import_optional("h5py", extra="io")
    try:
        check_heaps(file)
        with h5py.File(file, "r", locking=False) as content:
            yield content
    except FileNotFoundError:
        raise ValueError(f"{file} is missing.") from None
    except OSError as error:
        raise ValueError(f"{file} is damaged: {error}") from error


def read_traces(content, digest):
    """Return the traces of a recording from an open file."""
    from obspy import Trace, UTCDateTime

    text = import_optional("h5py", extra="io").string_dtype()
    traces = []
    group = hdf5_member(content, digest)
    for number in range(len(group)):
        item = _data_set(group, str(number))
        name = _attribute(item, b"id", text).decode()
        network, station, location, channel = name.split(".")
        header = {
            "network": network,
            "station": station,
            "location": location,
            "channel": channel,
            "starttime": UTCDateTime(ns=_attribute(item, b"start_ns", np.int64)),
            "sampling_rate": _attribute(item, b"sampling_rate_hz", np.float64),
        }
        traces.append(Trace(_samples(item), header))
    return traces


def _data_set(group, name):
    """Return the low-level data set of a name, which lies in the file itself.

    This is `hdf5_member` for what `write_segment` writes, at an eighth of its cost.
    """
    h5py = import_optional("h5py", extra="io")
    links, key = group.id.links, name.encode()
    if links.exists(key) and links.get_info(key).type == h5py.h5l.TYPE_HARD:
        item = h5py.h5d.open(group.id, key)
        storage = item.get_create_plist()
        is_virtual = storage.get_layout() == h5py.h5d.VIRTUAL
        if not (is_virtual or storage.get_external_count()):
            return item
    return hdf5_member(group, name).id


def _samples(item):
    """Return the numbers of a low-level data set."""
    h5py = import_optional("h5py", extra="io")
    values = np.empty(item.shape, item.dtype)
    if values.dtype.kind not in "iuf":
        raise ValueError(f"it holds samples of type {values.dtype}")
    item.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    return values


def _attribute(item, name, value_type) -> Any:
    """Return an attribute of a low-level data set as the type that it should have."""
    h5py = import_optional("h5py", extra="io")
    attribute = h5py.h5a.open(item, name)
    if attribute.shape != ():  # more than one value would be written behind the first
        raise ValueError(f"its {name.decode()} is not one value")
    value = np.empty((), value_type)
    attribute.read(value)
    return value.item()


def _sync(path):
    """Make the system write a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

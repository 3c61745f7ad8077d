"""Waveform files read without surprises: two formats, whole records, named errors."""

import io
import os
import re
import struct
import warnings
from glob import has_magic, iglob
from pathlib import Path

from ..signal.waveform import RecordError

MSEED_HEADER = 48
LOWEST_RATE, HIGHEST_RATE = 1e-3, 1e5  # Hz, of any seismometer
SUFFIXES = (".mseed", ".miniseed", ".ms", ".msd", ".seed", ".sac")


def find_files(source):
    """Return the waveform files that a path, a folder or a pattern names, sorted.

    A folder gives all files below it with a suffix of `SUFFIXES`.
    """
    path = Path(os.fspath(source))
    if path.is_dir():
        found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    elif has_magic(str(path)) and not path.exists():
        found = map(Path, iglob(str(path), recursive=True))
    else:
        return [path]
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise FileNotFoundError(f"There is no waveform file in {path}.")
    return files


def event_of(file, event):
    """Return the event that a file is said to be of."""
    if event == "folder":
        return file.parent.name
    return event(file) if callable(event) else event


def read_stream(file, *, headonly=False):
    """Read a miniSEED or SAC file into a Stream, or raise a `RecordError`.

    The format is never guessed by trial: some that obspy tries run code of the file.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise RecordError(f"{file} cannot be read: {error.strerror}") from error
    return parse_stream(data, file, headonly=headonly)


def parse_stream(data, name, *, headonly=False):
    """Parse the bytes of a waveform file; `name` is for the messages."""
    from obspy import read

    kind = "SAC" if Path(name).suffix.lower() == ".sac" else "MSEED"
    if kind == "MSEED":
        _check_records(data, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _ignore_plugin_warnings()
            stream = read(io.BytesIO(data), format=kind, headonly=headonly)
    except Exception as error:
        raise RecordError(f"{name} cannot be read as {kind}: {error}") from error
    _check_traces(stream, name)
    return stream


def _ignore_plugin_warnings():
    """Let obspy list its plug-ins through interfaces that are deprecated."""
    warnings.filterwarnings("ignore", message="SelectableGroups dict interface")
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")


def _check_records(data, name):
    """Refuse what is no chain of whole miniSEED records, or would confuse a parser."""
    if not data:
        raise RecordError(f"{name} is empty")
    position = 0
    while position < len(data):
        length = _record_length(data, position)
        if length is None:
            raise RecordError(
                f"{name} is no miniSEED: there is no record at byte {position}"
            )
        if position + length > len(data):
            raise RecordError(
                f"{name} is truncated: the record at byte {position} has {length} "
                f"bytes, of which {len(data) - position} are there"
            )
        position += length


def _record_length(data, start):
    """Length in bytes of the miniSEED record at a position, None if there is none."""
    header = data[start : start + MSEED_HEADER]
    if not re.match(rb"[0-9 \0]{6}[DRQM][ \0]", header) or len(header) < MSEED_HEADER:
        return None
    year = struct.unpack_from(">H", header, 20)[0]
    order = ">" if 1900 <= year <= 2100 else "<"
    blockette = struct.unpack_from(order + "H", header, 46)[0]
    while blockette >= MSEED_HEADER and start + blockette + 8 <= len(data):
        kind, following = struct.unpack_from(order + "HH", data, start + blockette)
        if kind == 1000:
            exponent = data[start + blockette + 6]
            return 1 << exponent if 7 <= exponent <= 20 else None
        if following <= blockette:
            return None
        blockette = following
    return None


def _check_traces(stream, name):
    """Refuse streams without samples, and samples or rates that no instrument has."""
    if not any(trace.stats.npts for trace in stream):
        raise RecordError(f"{name} holds no samples")
    for trace in stream:
        check_rate(trace.stats.sampling_rate)
        if trace.data.dtype.kind not in "iuf":
            raise RecordError(f"{name} holds samples of type {trace.data.dtype}")


def check_rate(rate):
    """Refuse a sampling rate that no instrument has."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise RecordError(
            f"its sampling rate is {rate:g} Hz, outside {LOWEST_RATE:g} to "
            f"{HIGHEST_RATE:g} Hz"
        )

"""Waveform files read without surprises: two formats, whole records, named errors."""

from __future__ import annotations

import io
import os
import re
import struct
import warnings
from collections.abc import Callable
from glob import has_magic, iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..signal.waveform import RecordError

if TYPE_CHECKING:
    from obspy import Stream

MSEED_HEADER = 48  # bytes of the fixed header (SEED manual 2.4, chapter 8)
# Lengths of records as powers of two, from 128 bytes to 1 MiB: those of libmseed.
SHORTEST_RECORD, LONGEST_RECORD = 7, 20
YEARS = 1900, 2100  # a year in this range shows the byte order, as in libmseed
# Hz; wider than seismometers are recorded: channels from one sample in 1,000 s (VH, UH)
# to laboratory sensors of 100 kHz.
LOWEST_RATE, HIGHEST_RATE = 1e-3, 1e5
SUFFIXES = (".mseed", ".miniseed", ".ms", ".msd", ".seed", ".sac")


def find_files(source: str | os.PathLike[str]) -> list[Path]:
    """Return the waveform files that a path, a folder or a pattern names, sorted.

    A folder stands for all files below it with a suffix of `SUFFIXES`.
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


def event_of(file: Path, event: str | Callable[[Path], Any] | None) -> Any:
    """Return the event of a file, by a function of its path or the name of its folder.

    Anything else than a function or "folder" is the event itself.
    """
    if event == "folder":
        return file.parent.name
    return event(file) if callable(event) else event


def read_stream(file: Path | str, *, headonly: bool = False) -> Stream:
    """Read a miniSEED or SAC file into a Stream, or raise a `RecordError`.

    The format is never guessed by trial: some that obspy tries run code of the file.
    """
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise RecordError(f"{file} cannot be read: {error.strerror}") from error
    return parse_stream(data, file, headonly=headonly)


def parse_stream(data: bytes, name: Path | str, *, headonly: bool = False) -> Stream:
    """Parse the bytes of a waveform file; `name` is for the messages."""
    from obspy import Stream, read

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
    assert isinstance(stream, Stream)  # not every function that obspy wraps says so
    _check_traces(stream, name)
    return stream


def _ignore_plugin_warnings():
    """Let obspy list its plug-ins through interfaces that are deprecated."""
    warnings.filterwarnings("ignore", message="SelectableGroups dict interface")
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")


def _check_records(data, name):
    """Raise unless data are a chain of whole miniSEED records."""
    if not data:
        raise RecordError(f"{name} is empty")
    position = 0
    while position < len(data):
        length = _record_length(data, position)
        if length is None:
            raise RecordError(
                f"{name} is not miniSEED: there is no record at byte {position}"
            )
        if position + length > len(data):
            raise RecordError(
                f"{name} is truncated: the record at byte {position} has {length} "
                f"bytes, of which {len(data) - position} are there"
            )
        position += length


def _record_length(data, start):
    """Return the bytes of the miniSEED record at a position, None if there is none."""
    header = data[start : start + MSEED_HEADER]
    if not re.match(rb"[0-9 \0]{6}[DRQM][ \0]", header) or len(header) < MSEED_HEADER:
        return None
    year = struct.unpack_from(">H", header, 20)[0]
    order = ">" if YEARS[0] <= year <= YEARS[1] else "<"
    blockette = struct.unpack_from(order + "H", header, 46)[0]
    while blockette >= MSEED_HEADER and start + blockette + 8 <= len(data):
        kind, following = struct.unpack_from(order + "HH", data, start + blockette)
        if kind == 1000:  # its seventh byte is the length of the record
            exponent = data[start + blockette + 6]
            known = SHORTEST_RECORD <= exponent <= LONGEST_RECORD
            return 1 << exponent if known else None
        if following <= blockette:
            return None
        blockette = following
    return None


def _check_traces(stream, name):
    """Raise if a stream has no samples, or samples or rates that no instrument has."""
    if not any(trace.stats.npts for trace in stream):
        raise RecordError(f"{name} holds no samples")
    for trace in stream:
        check_rate(trace.stats.sampling_rate)
        if trace.data.dtype.kind not in "iuf":
            raise RecordError(f"{name} holds samples of type {trace.data.dtype}")


def check_rate(rate: float) -> None:
    """Raise if no instrument has a sampling rate."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise RecordError(
            f"its sampling rate is {rate:g} Hz, outside {LOWEST_RATE:g} to "
            f"{HIGHEST_RATE:g} Hz"
        )

"""Waveform files of every format that obspy reads, whole or without what is broken."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..signal.waveform import RecordError
from .compressed_files import is_compressed, unpacked_files
from .mseed_records import check_records
from .obspy_formats import check_content, format_of
from .reading_notes import (
    UNREADABLE,
    import_obspy,
    keep_notes,
    notes_shown_once,
    without_warnings,
)
from .sampling_rates import HIGHEST_RATE, LOWEST_RATE
from .time_limit import limited_time

if TYPE_CHECKING:
    from obspy import Stream, Trace

# What obspy only warns of, though samples or names are not those that were recorded.
HARMFUL = re.compile(
    f"Data integrity check for Steim|Failed to decode station code|{UNREADABLE}"
)
# Channels of the state of a station: log, console, clock and satellites, by name; and
# slow ones of its clock, electronics, temperature and mass positions (SEED manual 2.4,
# appendix A).
LOGS = ("LOG", "ACE", "OCF", "SOH", "GAN", "GEL", "GLA", "GLO", "GNS", "GPL", "GST")
STATE_OF_HEALTH = re.compile(r"[LVUR][CEKM].")
SLOW = 10.0  # Hz; seismograms at a higher rate have band codes of their own
EMPTY = "holds no samples"
# Bytes of the decoded samples of a file: ten days of three components at 200 Hz have as
# many. A miniSEED record of 128 bytes can say that it holds 65,535 samples (SEED manual
# 2.4, chapter 8), of up to 8 bytes.
MOST_DECODED = 1 << 31
MOST_PER_BYTE = 65_535 * 8 // 128
MOST_SKIPPED = 5  # named in a message


class Skipped(NamedTuple):
    """A channel of a file that holds no seismogram, and the reason."""

    trace_id: str
    reason: str


class Waveforms(NamedTuple):
    """The seismograms of a file, and the channels of it that hold none."""

    stream: Stream
    skipped: tuple[Skipped, ...]


def read_waveforms(
    file: str | os.PathLike[str], *, headonly: bool = False
) -> Waveforms:
    """Read a waveform file of any format that obspy reads, by its content.

    Parameters
    ----------
    file : str or path-like
        The file, also compressed or an archive of files (gzip, bzip2, zip, tar).
    headonly : bool, default=False
        Whether headers are enough.

    Returns
    -------
    waveforms : Waveforms
        `stream`, as obspy reads it but for empty channels, text, rates that no
        instrument has, and the state of health of stations, which are `skipped`. Of a
        last record that is not whole the rest is taken. obspy's warnings, and ours on
        what is left out, are shown as one `ReadingWarning`.

    Raises
    ------
    RecordError
        If there is no such file, obspy reads no such format, the file is damaged, takes
        too long or more than 2 GiB, or no channel holds a seismogram. The message names
        the file.

    Examples
    --------
    >>> from skseisfp.io.read_waveforms import read_waveforms
    >>> read_waveforms("XX.A..HHZ.D.2024.001").stream  # doctest: +SKIP
    """
    file = Path(file)
    with notes_shown_once():
        import_obspy()
        stream = _read_any(file, headonly)
        return _without_skipped(stream, file)


def read_stream(file: str | os.PathLike[str], *, headonly: bool = False) -> Stream:
    """Return the seismograms of a file alone; see `read_waveforms`."""
    return read_waveforms(file, headonly=headonly).stream


def parse_stream(data: bytes, name: str) -> Stream:
    """Return the seismograms of miniSEED that came over a network.

    Parameters
    ----------
    data : bytes
        The content. Where it breaks off it raises, since it can be asked for again.
    name : str
        Its name for messages.

    Returns
    -------
    obspy Stream
        As in `read_waveforms`.
    """
    with notes_shown_once():
        import_obspy()
        stream, notes = _read_mseed(data, name, headonly=False)
        if notes:
            raise RecordError(f"{name} is truncated: {notes[0]}")
        return _without_skipped(stream, name).stream


def _read_any(file, headonly):
    """Return the Stream of a file, or of all files in an archive of files."""
    try:
        with file.open("rb") as handle:
            compressed = is_compressed(handle.read(512))
        if not compressed:
            return _read_plain(file, file, headonly)
        with unpacked_files(file.read_bytes(), file.name) as members:
            if members is None:
                return _read_plain(file, file, headonly)
            return _read_members(members, file, headonly)
    except OSError as error:
        reason = error.strerror or error
        raise RecordError(f"{file} cannot be read: {reason}") from error
    except RecordError as error:
        if str(file) in str(error):
            raise
        raise RecordError(f"{file} cannot be read: {error}") from error


def _read_members(members, name, headonly):
    """Return the Stream of the files of an archive; note those that have none."""
    from obspy import Stream

    traces, failures = [], []
    for member in members:
        try:
            traces += _read_plain(member, f"{name}, {member.name}", headonly)
        except RecordError as error:
            failures.append(str(error))
    if not traces:
        raise RecordError(failures[0] if failures else f"{name} is empty")
    keep_notes(name, failures)
    return Stream(traces)


def _read_plain(file, name, headonly):
    """Return the Stream of a file that is not compressed."""
    if not file.stat().st_size:
        raise RecordError(f"{name} is empty")
    with without_warnings(), limited_time(file.stat().st_size):
        kind = format_of(file, "waveform")
    if kind is None:
        raise RecordError(f"{name} is of no waveform format that obspy reads")
    if kind == "MSEED":
        stream, notes = _read_mseed(file.read_bytes(), name, headonly)
        keep_notes(name, notes)
        return stream
    if file.stat().st_size > MOST_DECODED:
        raise RecordError(f"{name} has more than the {MOST_DECODED:,} bytes of a file")
    check_content(file, kind)
    path = glob.escape(str(file.resolve()))
    return _read_with_obspy(path, file.stat().st_size, kind, name, headonly)


def _read_mseed(data, name, headonly):
    """Return the Stream of miniSEED or full SEED, and notes on its end."""
    data, notes = check_records(data, name)
    n_bytes = len(data)
    if not headonly and n_bytes * MOST_PER_BYTE > MOST_DECODED:
        head = _read_with_obspy(io.BytesIO(data), n_bytes, "MSEED", name, True)
        check_decoded(name, decoded_bytes(head))
    return _read_with_obspy(io.BytesIO(data), n_bytes, "MSEED", name, headonly), notes


def decoded_bytes(head: Iterable[Trace]) -> int:
    """Return the bytes of the samples of miniSEED, by their headers."""
    return sum(
        trace.stats.npts * (8 if trace.stats.mseed.encoding == "FLOAT64" else 4)
        for trace in head
    )


def check_decoded(name: object, n_bytes: int) -> None:
    """Raise if samples of a file, by their headers, take more than `MOST_DECODED`."""
    if n_bytes > MOST_DECODED:
        raise RecordError(
            f"{name} has samples of {n_bytes:,} bytes by its headers, more than the "
            f"{MOST_DECODED:,} that are decoded at a time"
        )


def _read_with_obspy(source, n_bytes, kind, name, headonly):
    """Let obspy read a source of a known format; its warnings become notes."""
    from obspy import Stream, read

    options = {"format": kind, "headonly": headonly, "check_compression": False}
    try:
        with without_warnings() as said, limited_time(n_bytes):
            stream = read(source, **options)
    except Exception as error:
        raise RecordError(f"{name} cannot be read as {kind}: {error}") from error
    assert isinstance(stream, Stream)  # not every function that obspy wraps says so
    harmful = [text for text in said if HARMFUL.search(text)]
    if harmful:
        raise RecordError(f"{name} is damaged: {harmful[0]}")
    keep_notes(name, said)
    return stream


def _without_skipped(stream, name):
    """Return the seismograms of a Stream and its other channels."""
    from obspy import Stream

    kept, reasons = [], {}
    for trace in stream:
        reason = _why_no_seismogram(trace)
        if reason is None:
            kept.append(trace)
        else:
            reasons[trace.id] = reason
    names = {trace.id for trace in kept}
    skipped = tuple(
        Skipped(*item)
        for item in reasons.items()
        if item[0] not in names or item[1] != EMPTY
    )
    if not kept:
        raise RecordError(f"{name} holds no seismogram: {_listed(skipped)}")
    return Waveforms(Stream(kept), skipped)


def _listed(skipped: Iterable[Skipped]) -> str:
    """Return channels and reasons as text."""
    named = [f"{item.trace_id} {item.reason}" for item in skipped]
    more = ["..."] if len(named) > MOST_SKIPPED else []
    return ", ".join(named[:MOST_SKIPPED] + more) or "it has no channel"


def _why_no_seismogram(trace: Trace) -> str | None:
    """Return the reason for which a trace is none, else None."""
    stats = trace.stats
    rate = stats.sampling_rate
    encoding = getattr(stats.get("mseed"), "encoding", "")
    if encoding == "ASCII" or trace.data.dtype.kind in "SU":
        return "is text"
    if not stats.npts:
        return EMPTY
    if trace.data.dtype.kind not in "iuf":
        return f"holds samples of type {trace.data.dtype}"
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        return f"has the sampling rate {rate:g} Hz"
    if stats.channel in LOGS or (
        rate <= SLOW and STATE_OF_HEALTH.fullmatch(stats.channel)
    ):
        return "is the state of health of a station"
    return None

"""The chain of records of a miniSEED file: where it breaks off or loses data."""

from __future__ import annotations

import re
import struct

from ..signal.waveform import RecordError

MSEED_HEADER = 48  # bytes of the fixed header (SEED manual 2.4, chapter 8)
# Lengths of records as powers of two, from 128 bytes to 1 MiB: those of libmseed.
SHORTEST_RECORD, LONGEST_RECORD = 7, 20
STEP = 1 << SHORTEST_RECORD  # bytes by which libmseed looks for the next record
YEARS = 1900, 2100  # a year in this range shows the byte order, as in libmseed
DATA_HEADER = re.compile(rb"[0-9 \0]{6}[DRQM][ \0]")
# Records of full SEED that describe volume, stations and time spans (chapter 3)
CONTROL_HEADER = re.compile(rb"[0-9 ]{6}[VAST][ *]")
NOT_BLANK = re.compile(rb"[^ \0]")
NUMBER_ALONE = re.compile(rb"[0-9]{6}[ \0]{42}")  # of a noise record


def check_records(data: bytes, name: object) -> tuple[bytes, list[str]]:
    """Find out whether obspy sees all whole records of a file.

    Parameters
    ----------
    data : bytes
        Content of the file.
    name : path-like or str
        Its name, for messages.

    Returns
    -------
    data : bytes
        The content without blank space at its end.
    notes : list of str
        A note where bytes at the end are no whole record; else nothing. Blank space,
        noise records and the control headers of full SEED are passed over.

    Raises
    ------
    RecordError
        If whole records follow where obspy, which looks every 128 bytes, misses them.
    """
    position, found = 0, 0
    while position < len(data):
        length = _record_length(data, position)
        if length is not None and position + length <= len(data):
            position, found = position + length, found + 1
            continue
        following = _next_header(data, position)
        if following is None:
            return _without_tail(data, position) if found else (data, [])
        if (following - position) % STEP:
            raise RecordError(
                f"{name} is damaged: there is no record at byte {position}, and the "
                f"next at byte {following} is out of step"
            )
        position = following
    return data, []


def _next_header(data, position):
    """Return the place of the next whole record of known length, None if none."""
    blank = NUMBER_ALONE.match(data, position) or CONTROL_HEADER.match(data, position)
    start = position + STEP if blank else position + 1
    for match in DATA_HEADER.finditer(data, start):
        length = _record_length(data, match.start())
        if length is not None and match.start() + length <= len(data):
            return match.start()
    return None


def _without_tail(data, position):
    """Return data without blank bytes behind the last whole record; note others."""
    if NOT_BLANK.search(data, position) is None:
        return data[:position], []
    if NUMBER_ALONE.match(data, position):
        return data, []
    note = (
        f"its last {len(data) - position} bytes, from byte {position}, are no whole "
        "record and are left out"
    )
    return data, [note]


def _record_length(data, start):
    """Return the bytes of the miniSEED record at a position, None if there is none."""
    header = data[start : start + MSEED_HEADER]
    if not DATA_HEADER.match(header) or len(header) < MSEED_HEADER:
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

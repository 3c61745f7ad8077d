"""The formats that obspy reads, found by the content of a file."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from ..signal.waveform import RecordError

# Only to look whether a file is a pickle, obspy runs the code that it holds.
RUN_CODE = ("PICKLE",)
LONGEST_LINE = 82  # bytes with the end of the line (obspy.io.gse2.libgse2)
# Lines before and after packed samples, which may themselves begin with CHK
SAMPLES, CHECKSUMS = (b"DAT1", b"DAT2"), (b"CHK1 ", b"CHK2 ")
# Columns of the folder and of the name of the file with the samples, in a line of a
# table of waveforms (CSS 3.0; NNSA KB Core).
NAMED_FILES = {
    "CSS": (slice(148, 212), slice(213, 245)),
    "NNSA_KB_CORE": (slice(149, 213), slice(214, 246)),
}


Kind = Literal["waveform", "event", "inventory"]


@lru_cache(maxsize=3)
def obspy_formats(kind: Kind) -> dict[str, Callable[[Any], bool]]:
    """Map formats, in the order in which obspy tries them, to their test."""
    from obspy.core.util.base import ENTRY_POINTS

    tests = {}
    for name in ENTRY_POINTS[kind]:
        found = entry_points(group=f"obspy.plugin.{kind}.{name}", name="isFormat")
        if name not in RUN_CODE and len(found) == 1:  # some are written only
            (test,) = found
            tests[name] = test.load()
    return tests


def format_of(file: Path, kind: Kind) -> str | None:
    """Return the format of a file by its content, None if obspy reads no such file."""
    for name, is_format in obspy_formats(kind).items():
        try:
            if is_format(str(file)):
                return name
        except Exception:  # a test that fails is one that does not hold
            continue
    return None


def is_mseed(data: bytes) -> bool:
    """Return whether bytes are miniSEED or full SEED with waveforms."""
    return bool(obspy_formats("waveform")["MSEED"](io.BytesIO(data)))


def check_content(file: Path, kind: str) -> None:
    """Raise for content of a file at which obspy's reader of its format does harm."""
    if kind in NAMED_FILES:
        _check_named_files(file, kind)
    if kind in ("GSE1", "GSE2"):
        _check_lines(file)


def _check_lines(file):
    """Raise if a packed line is longer than the place that obspy copies it to."""
    packed = data = False
    for line in file.read_bytes().splitlines(keepends=True):
        if not packed:
            packed = line.startswith(b"WID") and (b"CM6" in line or b"CMP6" in line)
        elif data and line.startswith(CHECKSUMS):
            packed = data = False
        elif len(line) <= LONGEST_LINE:
            data = data or line.startswith(SAMPLES)
        else:
            raise RecordError(
                f"{file} has a line of {len(line)} bytes among its samples, more than "
                f"the {LONGEST_LINE} of its format"
            )


def _check_named_files(file, kind):
    """Raise if a table of waveforms names a file outside of its own folder."""
    folder = file.parent.resolve()
    for line in file.read_bytes().splitlines():
        parts = (line[place].strip(b" \0") for place in NAMED_FILES[kind])
        named = folder.joinpath(*(part.decode(errors="replace") for part in parts))
        if "\0" in str(named) or not named.resolve().is_relative_to(folder):
            raise RecordError(f"{file} names a file outside of its folder: {named}")

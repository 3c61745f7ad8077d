"""Waveform files: where they are, and which event each is of."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from glob import has_magic, iglob
from pathlib import Path
from typing import Any

from .compressed_files import is_compressed
from .obspy_formats import format_of
from .reading_notes import without_warnings

# Suffixes of files that lie next to waveforms and hold none. Waveforms have any other
# one, or the day of the year in place of it.
OTHER_SUFFIXES = re.compile(
    r"\.(cfg|csv|db|docx?|gif|h5|hdf5|html?|ini|ipynb|jpe?g|json|kml|md|np[yz]|ods"
    r"|parquet|pdf|pickle|pkl|png|ps|pyc?|qml|quakeml|rst|sh|skops|sqlite|svg|tex|toml"
    r"|tsv|xlsx?|xml|ya?ml)",
    re.IGNORECASE,
)

WAVEFORM_SUFFIXES = re.compile(
    r"\.(ah|gcf|gse2?|ms|mseed|msd|miniseed|sac|seed|seg2|segy|sgy|slist|su|wav)",
    re.IGNORECASE,
)


def find_files(source: str | os.PathLike[str]) -> list[Path]:
    """Return the waveform files that a path, a folder or a pattern names, sorted.

    A folder, such as the root of an SDS archive, stands for all files below it but
    hidden ones and those with a suffix of `OTHER_SUFFIXES`.
    """
    path = Path(os.fspath(source))
    if path.is_dir():
        found = (file for file in path.rglob("*") if _may_hold_waveforms(file, path))
    elif has_magic(str(path)) and not path.exists():
        found = map(Path, iglob(str(path), recursive=True))
    else:
        return [path]
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise FileNotFoundError(f"There is no waveform file in {path}.")
    return files


def _may_hold_waveforms(file, folder):
    """Return whether a file of a folder is neither hidden nor of another kind."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and not OTHER_SUFFIXES.fullmatch(file.suffix)


def is_waveform_file(file: Path) -> bool:
    """Return whether a file is of a waveform format by its suffix, else by content."""
    if WAVEFORM_SUFFIXES.fullmatch(file.suffix):
        return True
    if not file.is_file() or not _may_hold_waveforms(file, file.parent):
        return False
    with file.open("rb") as handle:
        if is_compressed(handle.read(512)):
            return True
    with without_warnings():
        return format_of(file, "waveform") is not None


def record_name(file: Path) -> str:
    """Return the name of a file without a suffix that says its format."""
    return file.stem if WAVEFORM_SUFFIXES.fullmatch(file.suffix) else file.name


def event_of(file: Path, event: str | Callable[[Path], Any] | None) -> Any:
    """Return the event of a file, by a function of its path or the name of its folder.

    Anything else than a function or "folder" is the event itself.
    """
    if event == "folder":
        return file.parent.name
    return event(file) if callable(event) else event

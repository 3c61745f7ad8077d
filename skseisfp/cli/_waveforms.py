"""Waveforms that arguments name: an archive, or files, folders and patterns."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from glob import has_magic
from pathlib import Path
from typing import Any

from ._outcome import UsageError
from ._stage import stage, verbosity

DATABASE = "archive.sqlite"  # by which a folder is known as an archive


def is_archive(path: str) -> bool:
    """Return whether a path is a `SeismicArchive`, and not just a folder."""
    return (Path(path) / DATABASE).is_file()


def open_archive(path: str) -> Any:
    """Return an archive that is there."""
    from ..archive import SeismicArchive

    return SeismicArchive(path)


def open_waveforms(inputs: Sequence[str]) -> tuple[Any, list[dict[str, str]]]:
    """Return an archive, or paths that exist, and the inputs that do not.

    Raises
    ------
    FileNotFoundError
        If none of them exists.
    """
    if len(inputs) == 1 and is_archive(inputs[0]):
        return open_archive(inputs[0]), []
    found = [path for path in inputs if has_magic(path) or Path(path).exists()]
    rejected = [
        {"source": path, "reason": "there is no such file or folder"}
        for path in inputs
        if path not in found
    ]
    if not found:
        raise FileNotFoundError(f"There is no file or folder {inputs[0]}.")
    return found, rejected


def read_records(
    options: argparse.Namespace,
    reader: Any,
    inputs: Sequence[str],
    *,
    events: Any = None,
    inventory: Any = None,
) -> tuple[Any, list[dict[str, str]]]:
    """Return records as a Bunch, and inputs that do not exist."""
    source, rejected = open_waveforms(inputs)
    if hasattr(source, "to_bunch"):
        with stage("reading the archive", options):
            return source.to_bunch(reader), rejected
    if reader.align != "start" and events is None:
        raise UsageError(f"--align {reader.align} needs --events FILE.")
    tables = {"events": events, "inventory": inventory}
    return reader.read(source, **tables, verbose=verbosity(options)), rejected

"""Arguments that several commands have, and values of them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ._outcome import UsageError


def add_reading(parser: argparse.ArgumentParser, *, align: str) -> None:
    """Add how recordings become records."""
    group = parser.add_argument_group("records")
    group.add_argument("--events", metavar="FILE", help="catalogue, such as QuakeML")
    group.add_argument("--stations", metavar="FILE", help="stations, as StationXML")
    group.add_argument(
        "--components",
        choices=("Z", "ZNE", "Z12"),
        default="Z",
        help="components of a record (default: Z)",
    )
    group.add_argument(
        "--sampling-rate",
        type=positive,
        metavar="HZ",
        help="rate of the records, to which others are resampled (default: that of "
        "most; others are left out)",
    )
    group.add_argument(
        "--window",
        nargs=2,
        type=float,
        metavar=("START", "END"),
        help="seconds from the reference"
        + (" (default: -5 27)" if align == "P" else " (default: whole recordings)"),
    )
    group.add_argument(
        "--align",
        choices=("start", "origin", "P"),
        default=align,
        help=f"reference of the window (default: {align})",
    )
    group.add_argument(
        "--response",
        choices=("DISP", "VEL", "ACC"),
        help="remove the response of instruments (default: counts); needs --stations",
    )


def make_reader(options: argparse.Namespace) -> Any:
    """Return the reader that the options describe."""
    from ..io import WaveformReader

    window = options.window
    if window is None and options.align == "P":
        window = (-5.0, 27.0)
    if window is None and options.align == "origin":
        raise UsageError("--align origin needs --window START END.")
    if window is not None and not window[0] < window[1]:
        raise UsageError(f"--window must be two increasing times; got {window}.")
    if options.response and not options.stations:
        raise UsageError(f"--response {options.response} needs --stations FILE.")
    return WaveformReader(
        components=options.components,
        sampling_rate=options.sampling_rate,
        window=None if window is None else (window[0], window[1]),
        align=options.align,
        response=options.response,
    )


def positive(text: str) -> float:
    """Return a positive number."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a positive number; got {text}")
    return value


def share(text: str) -> float:
    """Return a number between 0 and 1."""
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1; got {text}")
    return value


def count(text: str) -> int:
    """Return a positive integer."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {text}")
    return value


def output_file(path: str, suffixes: tuple[str, ...], option: str) -> Path:
    """Return a file to write, after a check that it can be, before any work.

    Raises
    ------
    UsageError
        If its suffix is not one of those, or its folder cannot be written to.
    """
    file = Path(path)
    if file.suffix.lower() not in suffixes:
        raise UsageError(f"{option} must end in {' or '.join(suffixes)}; got {path}.")
    if not file.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {file.parent}.")
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{option}: {path} cannot be written.")
    return file


def existing(path: str | None, option: str) -> str | None:
    """Return the path of a file that is there; raise for another one."""
    if path is not None and not Path(path).is_file():
        raise FileNotFoundError(f"{option}: there is no file {path}.")
    return path

"""Progress on a terminal: which stage of the work it is, and for how long."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec


def verbosity(options: argparse.Namespace) -> int:
    """Return 1 if numbers of the progress are shown: on a terminal, without JSON."""
    has_bars = find_spec("rich") is not None  # extra sweep
    return int(has_bars and sys.stderr.isatty() and not options.json)


@contextmanager
def stage(name: str, options: argparse.Namespace) -> Iterator[None]:
    """Show the name of a stage that has no numbers, and its time.

    Without a terminal, with ``--json``, or without rich (extra ``sweep``), nothing is
    written.
    """
    if not verbosity(options):
        yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn(name), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task("", total=None)
        yield

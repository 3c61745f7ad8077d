"""Files of journals, in which Optuna stores studies, too."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

JOURNAL = b'{"op_code":'  # first bytes of every journal of Optuna


def is_journal(path: str | PathLike[str]) -> bool:
    """Return whether a path is that of a journal of Optuna."""
    if not Path(path).is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(JOURNAL)) == JOURNAL

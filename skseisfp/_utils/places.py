"""Where files can be."""

from __future__ import annotations

from os import PathLike
from pathlib import Path


def check_place(path: str | PathLike[str], name: str) -> None:
    """Check that a file is or can be made at a path, before any work.

    Parameters
    ----------
    path : str or path-like
        The path.
    name : str
        What the file is called in messages, such as ``"store"``.

    Raises
    ------
    ValueError
        If it is a folder.
    FileNotFoundError
        If there is no folder for it.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"The {name} must be a file; {path} is a folder.")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"There is no folder {path.parent} for the {name} {path}."
        )

"""Import of optional dependencies."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def import_optional(name: str, *, extra: str) -> Any:
    """Import an optional package, or say which extra installs it.

    Parameters
    ----------
    name : str
        Dotted name of the module.
    extra : str
        The extra of skseisfp that installs it.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the package is missing; the message names the command to install it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{name.partition('.')[0]} is needed here and is not installed: "
            f"pip install 'skseisfp[{extra}]'."
        ) from error

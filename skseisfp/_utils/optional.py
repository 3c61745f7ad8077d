"""The one door to optional dependencies."""

from importlib import import_module


def import_optional(name, *, extra):
    """Import an optional package, or say which extra installs it.

    Parameters
    ----------
    name : str
        Dotted name of the module.
    extra : str
        The extra of skseisfp that brings it.

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

"""Names of parameters and attributes: short forms, suggestions for misspelt ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

LIKENESS = 0.6  # the default of difflib, below which names have little in common
# names of parameters in other packages whose letters are too unlike those here
SYNONYMS = {
    "epochs": ("max_epochs",),
    "fs": ("sampling_rate",),
    "learning_rate": ("lr",),
    "n_jobs": ("n_threads",),
    "num_workers": ("n_jobs", "n_threads"),
    "seed": ("random_state",),
    "sr": ("sampling_rate",),
}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name of the same meaning or else the nearest one, or None."""
    known = list(known)
    step, separator, parameter = name.rpartition("__")
    meant = [step + separator + other for other in SYNONYMS.get(parameter, ())]
    same = [other for other in meant if other in known]
    close = get_close_matches(name, known, n=1, cutoff=LIKENESS)
    return next(iter(same + close), None)


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or nothing."""
    match = nearest(name, known)
    return f" Did you mean {match!r}?" if match else ""


def missing_attribute(module: str, name: str, hint: str) -> Exception:
    """Return the error of a module for a name that it lacks.

    It is an AttributeError. Python drops its message where the name is imported from
    the module, so that it is an ImportError there if there is a hint.

    Parameters
    ----------
    module, name : str
        The module and the name.
    hint : str
        What to write instead, or nothing.

    Returns
    -------
    Exception
        The error, to be raised by ``__getattr__`` of the module.
    """
    # how Python looks for a name to import; then for a module of this name
    asks = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    if asks and hint and find_spec(f"{module}.{name}") is None:
        message = f"cannot import name {name!r} from {module!r}.{hint}"
        return ImportError(message, name=module)
    message = f"module {module!r} has no attribute {name!r}"
    # by its object Python would find and print a name, too
    return AttributeError(f"{message}.{hint}" if hint else message, name=name, obj=None)


def suggest_names(module: str) -> None:
    """Let a module suggest one of its exported names in the place of a misspelt one.

    Type checkers do not see this, and go on to find such names.
    """
    namespace: Any = sys.modules[module]

    def find(name: str) -> Any:
        hint = "" if name.startswith("_") else nearest_name(name, namespace.__all__)
        raise missing_attribute(module, name, hint)

    namespace.__getattr__ = find


def short_names(parameters: Iterable[str]) -> dict[str, str]:
    """Map parameters to their parts after the last ``__``, where these are unique."""
    parameters = list(parameters)
    tails = [name.rpartition("__")[2] for name in parameters]
    return {
        name: tail if tails.count(tail) == 1 else name
        for name, tail in zip(parameters, tails, strict=True)
    }


def find_parameter(parameters: Iterable[str], name: str) -> str:
    """Return the parameter of a full or short name; raise if there is none."""
    parameters = list(parameters)
    by_short_name = {short: full for full, short in short_names(parameters).items()}
    if name in parameters:
        return name
    if name not in by_short_name:
        hint = nearest_name(name, by_short_name)
        known = ", ".join(by_short_name)
        raise ValueError(f"{name!r} is not a parameter of the cube: {known}.{hint}")
    return by_short_name[name]

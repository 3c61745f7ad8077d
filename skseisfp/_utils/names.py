"""Names of parameters: short forms, and suggestions for misspelt ones."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LIKENESS = 0.6  # the default of difflib, below which names have little in common


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest known name, or nothing."""
    matches = get_close_matches(name, list(known), n=1, cutoff=LIKENESS)
    return f" Did you mean {matches[0]!r}?" if matches else ""


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

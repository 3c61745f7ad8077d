"""Suggestions for misspelt names."""

from difflib import get_close_matches


def nearest_name(name, known):
    """Return `` Did you mean 'x'?`` for the nearest known name, or nothing."""
    matches = get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def short_names(parameters):
    """Map parameters to what follows their last ``__``, where that is unambiguous."""
    tails = [name.rpartition("__")[2] for name in parameters]
    return {
        name: tail if tails.count(tail) == 1 else name
        for name, tail in zip(parameters, tails, strict=True)
    }


def find_parameter(parameters, name):
    """Return the parameter of a full or short name, or refuse the name."""
    by_short_name = {short: full for full, short in short_names(parameters).items()}
    if name in parameters:
        return name
    if name not in by_short_name:
        hint = nearest_name(name, by_short_name)
        known = ", ".join(by_short_name)
        raise ValueError(f"{name!r} is no parameter of the cube: {known}.{hint}")
    return by_short_name[name]

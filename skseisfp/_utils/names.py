"""Suggestions for misspelt names."""

from difflib import get_close_matches


def nearest_name(name, known):
    """Return `` Did you mean 'x'?`` for the nearest known name, or nothing."""
    matches = get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean {matches[0]!r}?" if matches else ""

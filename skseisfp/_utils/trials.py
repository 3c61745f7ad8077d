"""The number of trials of grids of parameters, bounded before they are expanded."""

from collections.abc import Mapping, Sequence, Sized
from math import prod

# dicts of as many take 0.4 GB, and fits of a tenth of a second more than a day
MAX_TRIALS = 1_000_000


def count_trials(grids: Sequence[Mapping[str, Sized]]) -> int:
    """Return the number of combinations of all grids; nothing is expanded."""
    return sum(map(_count, grids))


def check_n_trials(
    name: str, grids: Sequence[Mapping[str, Sized]], limit: int = MAX_TRIALS
) -> None:
    """Raise if grids have more combinations than a limit.

    Parameters
    ----------
    name : str
        What they are, for the message.
    grids : list of dict
        Lists of values by parameter.
    limit : int, default=MAX_TRIALS
        Largest number.
    """
    number = count_trials(grids)
    if number <= limit:
        return
    largest = max(grids, key=_count)
    sizes = {key: len(values) for key, values in largest.items() if len(values) > 1}
    axes = ", ".join(f"{key}: {_shown(size)}" for key, size in sizes.items())
    raise ValueError(
        f"{name} must have at most {limit:,} trials; got {_shown(number)} "
        f"(values by parameter: {axes}). Take fewer values, or try a few parameters "
        "at a time, as StagedSearchCV does."
    )


def _count(grid):
    """Return the number of combinations of a grid."""
    return prod(map(len, grid.values()))


def _shown(number):
    """Return a number as text, a long one by its magnitude."""
    text = str(number)
    return f"{number:,}" if len(text) <= 15 else f"{text[0]}.{text[1]}e+{len(text) - 1}"

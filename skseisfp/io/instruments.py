"""Several instruments of one station: which of them makes the record of an event."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any

# Band and instrument code: broad-band at a high rate, short-period, broad-band at a low
# rate, accelerometer (SEED manual 2.4, appendix A).
PREFERRED = ("HH", "EH", "BH", "HN")


def rank_of(instrument: str, preferred: Sequence[str]) -> tuple[int, str]:
    """Return the rank of an instrument among those of its station; the least is first.

    Parameters
    ----------
    instrument : str
        Network, station, location and the first letters of the channel.
    preferred : sequence of str
        First letters of channels in order of preference; others come after them, and
        equal ones by their names.

    Returns
    -------
    (int, str)
        The rank.
    """
    letters = instrument.rpartition(".")[2]
    known = list(preferred)
    return known.index(letters) if letters in known else len(known), instrument


def instruments_by_station(
    items: Iterable[Any],
    preferred: Sequence[str] | None,
    key: Callable[[Any], Hashable],
) -> list[list[Any]]:
    """Return the alternatives of each station, in order of preference.

    Parameters
    ----------
    items : iterable
        Objects with the attribute `instrument`.
    preferred : sequence of str or None
        As `rank_of` takes it; None keeps each item alone.
    key : callable
        Maps an item to the key that the instruments of a station have in common.

    Returns
    -------
    list of list
        The items, those of a station together.
    """
    if preferred is None:
        return [[item] for item in items]
    stations: dict[Hashable, list[Any]] = {}
    for item in items:
        stations.setdefault(key(item), []).append(item)
    rank = partial(_rank, preferred)
    return [sorted(some, key=rank) for some in stations.values()]


def _rank(preferred, item):
    """Return the rank of an item by its instrument."""
    return rank_of(item.instrument, preferred)


def reason_of_preference(instrument: str) -> str:
    """Return why a station's other instruments make no record."""
    return (
        f"its station has a record of {instrument}, which comes first; see instruments"
    )

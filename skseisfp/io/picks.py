"""Picks of phases: those that count, the best of a station, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from .phases import phase_of

DISAGREEMENT = 1.0  # seconds between picks of one phase at one station that are listed
# Manual picks before those of which it is not known, and before automatic ones
MODES = {"manual": 0, "automatic": 2}
KEY = ["event_id", "station"]


def first_picks(
    picks: pd.DataFrame | None,
    phase: str = "P",
    stations: Iterable[str] | None = None,
) -> dict[tuple[str, str], pd.Timestamp]:
    """Map event and station to the time of the pick of a phase.

    Parameters
    ----------
    picks : DataFrame or None
        Picks, as `as_tables` returns them.
    phase : {"P", "S"}, default="P"
        The phase; what counts as it is in `skseisfp.io.phases.PHASES`.
    stations : iterable of str, default=None
        Stations of the recordings. A pick without network code is that of the station
        with its code, and a station without one has the picks of a network, where there
        is one only. None takes the names in the picks as they are.

    Returns
    -------
    dict
        Time by (`event_id`, `station`), empty without picks. Rejected picks are none;
        of several the manual ones come before others, then those that the preferred
        origin was located with, then the earliest.
    """
    if picks is None:
        return {}
    chosen = usable_picks(picks, phase)
    if stations is not None:
        names = matching_stations(chosen["station"].unique(), stations)
        chosen = chosen.assign(station=chosen["station"].map(names.get))
    chosen = chosen.sort_values(["rank", "time"]).drop_duplicates(KEY)
    keys = zip(chosen["event_id"], chosen["station"], strict=True)
    return dict(zip(keys, chosen["time"], strict=True))


def usable_picks(picks: pd.DataFrame, phase: str) -> pd.DataFrame:
    """Return the picks of a phase that are not rejected, with their `rank`, best 0."""
    names = picks["phase"].fillna("").astype(str)
    phases = {name: phase_of(name) for name in names.unique()}
    usable = names.map(phases.get).eq(phase)
    if "evaluation_status" in picks:
        usable &= picks["evaluation_status"].ne("rejected")
    rank = pd.Series(0, picks.index)
    if "evaluation_mode" in picks:
        modes = [MODES.get(mode, 1) for mode in picks["evaluation_mode"]]
        rank += 2 * np.array(modes, dtype=int)
    if "associated" in picks:
        rank += (~picks["associated"].eq(True)).astype(int)
    usable &= picks["time"].notna()
    return picks.assign(rank=rank).loc[usable.to_numpy(bool)]


def pick_disagreements(
    picks: pd.DataFrame | None, *, seconds: float = DISAGREEMENT
) -> pd.DataFrame:
    """List where picks of one phase at one station differ.

    Parameters
    ----------
    picks : DataFrame or None
        Picks, as `as_tables` returns them; rejected ones do not count.
    seconds : float, default=1.0
        Difference above which they are listed.

    Returns
    -------
    DataFrame
        `event_id`, `station`, `phase`, `n_picks`, `first` and `last` (times), and
        `seconds` between these, largest first.
    """
    columns = [*KEY, "phase", "n_picks", "first", "last", "seconds"]
    if picks is None or picks.empty:
        return pd.DataFrame(columns=columns)
    parts = []
    for phase in ("P", "S"):
        times = usable_picks(picks, phase).groupby(KEY, sort=False)["time"]
        part = times.agg(n_picks="count", first="min", last="max").reset_index()
        parts.append(part.assign(phase=phase))
    table = pd.concat(parts, ignore_index=True)
    apart = table["last"] - table["first"]
    table = table.assign(seconds=apart.dt.total_seconds())[columns]
    table = table.loc[table["seconds"] > seconds]
    return table.sort_values("seconds", ascending=False, ignore_index=True)


def matching_stations(picked: Iterable[str], recorded: Iterable[str]) -> dict[str, str]:
    """Map stations of picks to those of recordings.

    Parameters
    ----------
    picked, recorded : iterable of str
        Names of network and station.

    Returns
    -------
    dict
        The recorded station of each that is picked: the one of this name, or that of
        the same code if one of both has no network and no other network has the code;
        else the name itself.
    """
    picked, recorded = list(picked), set(recorded)
    networks, alike = {}, {}
    for name in {*picked, *recorded}:
        network, code = _codes(name)
        networks.setdefault(code, set()).add(network)
    for name in recorded:
        alike.setdefault(_codes(name)[1], []).append(name)
    names = {}
    for name in picked:
        network, code = _codes(name)
        others = alike.get(code, [])
        unique = len(others) == 1 and len(networks[code] - {""}) <= 1
        loose = unique and (not network or not _codes(others[0])[0])
        names[name] = others[0] if loose and name not in recorded else name
    return names


def _codes(name):
    """Return network code, "" where there is none, and station code."""
    network, _, code = name.rpartition(".")
    return network, code

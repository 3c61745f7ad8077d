"""Onsets by a policy: which picks are taken, which are made, and which are doubtful."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.utils import Bunch

from ..io.picks import matching_stations, usable_picks
from ..signal import bandpass, pick_onsets
from ._onset_checks import REASONS, name_reasons, station_picks, status_of
from .picking_policy import LTA, STA, PickingPolicy

PICKED = "picked"  # source of onsets that no catalogue has
F_MIN = 1.0  # Hz, of the high-pass before the search, as of pick_phases
UNKNOWN = "of no known mode"
NOT_TAKEN = "its P pick is {}, and picking takes modes='{}'"


def taken_picks(
    picks: pd.DataFrame | None, policy: PickingPolicy
) -> pd.DataFrame | None:
    """Return the picks of a table whose evaluation modes a policy takes."""
    if picks is None or policy.modes == "all":
        return picks
    modes = _modes(picks)
    manual = policy.modes == "manual"
    taken = modes.eq("manual") if manual else modes.ne("automatic")
    return picks.loc[taken.to_numpy(bool)]


def _modes(picks):
    """Return the evaluation modes of picks, `UNKNOWN` where there is none."""
    if "evaluation_mode" not in picks:
        return pd.Series(UNKNOWN, picks.index, dtype=object)
    modes = picks["evaluation_mode"]
    return modes.where(modes.isin(["manual", "automatic"]), UNKNOWN)


def with_found_onsets(
    reader: Any,
    source: Any,
    events: pd.DataFrame,
    picks: pd.DataFrame | None,
    options: dict[str, Any],
    policy: PickingPolicy,
) -> pd.DataFrame | None:
    """Return picks with onsets that were found where the policy wants them.

    Parameters
    ----------
    reader : WaveformReader
        The policy of records; only windows relative to P need onsets.
    source : object
        Waveforms, as the reader takes them.
    events : DataFrame
        Events: `event_id` and `origin_time`.
    picks : DataFrame or None
        Picks that are taken.
    options : dict
        Further parameters of `WaveformReader.read`.
    policy : PickingPolicy
        What to do without pick.
    """
    if reader.align != "P" or policy.missing == "reject":
        return picks
    given = None if picks is None else usable_picks(picks, "P")
    if given is not None and policy.missing == "events":
        events = events.loc[~events["event_id"].isin(given["event_id"])]
    if events.empty:
        return picks
    found = _find_onsets(reader, source, events, options, policy)
    if given is not None:
        found = found.loc[~_has_pick(found, given)]
    known = [table for table in (picks, found) if table is not None and len(table)]
    return pd.concat(known, ignore_index=True) if known else picks


def _find_onsets(reader, source, events, options, policy):
    """Return the first onset after the origin of each event at each station."""
    wanted = set(events["event_id"])
    if isinstance(source, np.ndarray):  # references of an archive
        source = [one for one in source if one.event_id in wanted]
    finder: Any = clone(reader)
    finder.set_params(
        align="origin",
        window=(-LTA, policy.search),
        pad="noise",
        response=None,
        pre_filter=None,
        clipped="keep",
    )
    try:
        bunch = finder.read(source, events=events, **options)
    except ValueError:  # no record; the reading that follows has the reasons
        return pd.DataFrame(columns=["event_id", "station", "phase", "time"])
    rate = bunch.sampling_rate
    X = bandpass(bunch.data, sampling_rate=rate, f_min=F_MIN, zero_phase=False)
    onsets = pick_onsets(
        X,
        sampling_rate=rate,
        sta=STA,
        lta=LTA,
        threshold=policy.threshold,
    )
    found = np.isfinite(onsets)
    table = bunch.frame.loc[found, ["event_id", "station", "start_time"]]
    late = pd.to_timedelta(onsets[found], unit="s")
    return pd.DataFrame(
        {
            "event_id": table["event_id"].to_numpy(),
            "station": table["station"].to_numpy(),
            "phase": "P",
            "time": pd.DatetimeIndex(table["start_time"]) + late,
            "evaluation_mode": "automatic",
            "pick_source": PICKED,
        }
    )


def _has_pick(found, given):
    """Return which onsets are at stations with a pick of their event."""
    names = matching_stations(given["station"].unique(), found["station"])
    known = set(zip(given["event_id"], given["station"].map(names), strict=True))
    keys = zip(found["event_id"], found["station"], strict=True)
    return np.array([key in known for key in keys], dtype=bool)


def note_onsets(
    bunch: Bunch,
    events: pd.DataFrame,
    picks: tuple[pd.DataFrame | None, pd.DataFrame | None],
    inventory: Any,
    policy: PickingPolicy,
    *,
    align: str,
) -> None:
    """Add to the table of records where each onset is from, and whether it is doubtful.

    Where windows are not relative to P, doubtful onsets become unknown, and their
    records are not flagged.

    Parameters
    ----------
    bunch : Bunch
        Records, as the reader returns them. Their `frame` gets `pick_source`,
        `pick_status` and `doubtful_onset`, and `rejected` the reasons.
    events : DataFrame
        Events: `event_id` and `origin_time`.
    picks : tuple of DataFrame or None
        Picks as they were given, and those that the reader took.
    inventory : obspy Inventory or None
        Places of stations.
    policy : PickingPolicy
        What is done with doubtful picks.
    align : str
        Reference of the windows.
    """
    given, used = picks
    frame = bunch.frame
    sources, status = _facts_of_picks(used, events, set(frame["station"]), inventory)
    keys = list(zip(frame["event_id"], frame["station"], strict=True))
    known = frame["p_arrival"].notna().to_numpy() | (align == "P")
    frame["pick_source"] = _values_at(keys, sources, known)
    frame["pick_status"] = _values_at(keys, status, known)
    doubtful = frame["pick_status"].isin(list(REASONS)).to_numpy(bool)
    doubtful = doubtful & (policy.doubtful == "flag")
    frame["doubtful_onset"] = doubtful & (align == "P")
    if align != "P":
        frame.loc[doubtful, "p_arrival"] = np.nan
    if given is not None and policy.modes != "all":
        bunch["rejected"] = name_reasons(bunch.rejected, _not_taken(given, policy))


def _facts_of_picks(picks, events, stations, inventory):
    """Return source and status of the pick of each event and station."""
    if picks is None:
        return {}, {}
    chosen = station_picks(picks, stations)
    keys = list(zip(chosen["event_id"], chosen["station"], strict=True))
    modes = _modes(chosen).replace(UNKNOWN, "given")
    sources = chosen.get("pick_source", modes).fillna(modes)
    status = status_of(chosen, events, inventory)
    return dict(zip(keys, sources, strict=True)), dict(zip(keys, status, strict=True))


def _values_at(keys, values, known):
    """Return the value of each key, "" where there is none or it is not known."""
    pairs = zip(keys, known, strict=True)
    return [values.get(key, "") if is_known else "" for key, is_known in pairs]


def _not_taken(picks, policy) -> dict[tuple[str, str], str]:
    """Return why picks of P are not taken, by event and station."""
    usable = usable_picks(picks, "P")
    keys = zip(usable["event_id"], usable["station"], strict=True)
    modes = _modes(usable)
    return {
        key: NOT_TAKEN.format(mode, policy.modes)
        for key, mode in zip(keys, modes, strict=True)
    }


def without_doubtful(bunch: Bunch) -> Bunch:
    """Return records without those of doubtful onsets, which are among the rejected."""
    doubtful = bunch.frame["doubtful_onset"].to_numpy(bool)
    if not doubtful.any():
        return bunch
    left_out = bunch.frame.loc[doubtful]
    reasons = left_out["pick_status"].map(REASONS)
    rows = left_out[["record_id", "event_id", "source"]].assign(reason=reasons)
    rejected = pd.concat([bunch.rejected, rows], ignore_index=True)
    kept: dict[str, Any] = {
        name: _rows(bunch[name], ~doubtful)
        for name in ("data", "target", "groups", "stations", "frame")
    }
    return Bunch(**{**bunch, **kept, "rejected": rejected})


def _rows(values: Any, kept: npt.NDArray) -> Any:
    """Return some rows of an array or table, None of None."""
    if values is None:
        return None
    if isinstance(values, pd.DataFrame):
        return values.loc[kept].reset_index(drop=True)
    return values[kept]

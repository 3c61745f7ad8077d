"""Onsets that a machine has picked: which of them may be P of the event."""

import numpy as np
import pandas as pd

from ..io import pick_phases
from ..io.merging import split_instruments, station_of
from ..io.picks import matching_stations, usable_picks
from ..io.read_stationxml import read_stationxml
from ..io.station_epochs import epochs_at_times
from ..io.times import utc_of

EARLY = "before origin"
APART = "no agreement"
ALONE = "one station"
NO_PICK = "it has no P pick"  # as the reader has it
REASONS = {
    EARLY: "its P pick is before the origin",
    APART: "its automatic P pick does not agree with those of other stations",
}
# Chosen here, not published. P does not reach one station later than another by more
# than it needs from there: 5 km/s is slow for it but close to the surface; 2 s are for
# onsets of weak P.
SLOWEST = 5.0  # km/s
TOLERANCE = 2.0  # s
WITHOUT_PLACES = 30.0  # s, between stations 140 km apart
COLUMNS = ["event_id", "station", "phase", "time", "status"]
EARTH_RADIUS = 6371.0  # km


def stations_in(stream):
    """Return the stations of a stream."""
    return {station_of(instrument) for instrument in split_instruments(stream)}


def pick_events(stream, events, options):
    """Pick the first onset of each event at each station, after its origin if known.

    Parameters
    ----------
    stream : obspy Stream
        Recordings.
    events : DataFrame
        Events: `event_id` and `origin_time`; of one without it the whole stream is
        searched, else the part from one long window before it to the next origin.
    options : dict
        Options of `pick_phases`.

    Returns
    -------
    DataFrame
        Picks.
    """
    lta = options.get("lta", 5.0)  # the default of pick_phases
    origins = events["origin_time"].dropna().sort_values()
    tables = []
    for event_id, origin in zip(events["event_id"], events["origin_time"], strict=True):
        part = stream
        if pd.notna(origin):
            later = origins[origins > origin]
            end = utc_of(later.iloc[0]) if len(later) else None
            part = stream.slice(utc_of(origin) - lta, end)
        tables.append(pick_phases(part, event_id=event_id, **options))
    picks = pd.concat(tables, ignore_index=True)
    picks = picks.sort_values("time").drop_duplicates(["event_id", "station"])
    return picks.assign(evaluation_mode="automatic").reset_index(drop=True)


def with_status(picks, events, stations, inventory):
    """Return the P pick of each event and station, with its status.

    Parameters
    ----------
    picks : DataFrame
        Picks, as `as_tables` returns them.
    events : DataFrame
        Events: `event_id` and `origin_time`.
    stations : set of str
        Stations of the recordings.
    inventory : obspy Inventory or None
        Places of stations.

    Returns
    -------
    DataFrame
        `event_id`, `station`, `phase`, `time` and `status`: ``"given"`` or
        ``"automatic"``; ``"one station"`` for an automatic pick without another to
        compare it with; ``"before origin"`` or ``"no agreement"``.
    """
    chosen = station_picks(picks, stations)
    status = status_of(chosen, events, inventory)
    return chosen.assign(phase="P", status=status)[COLUMNS]


def station_picks(picks, stations):
    """Return the pick of P of each event and station that has recordings.

    Parameters
    ----------
    picks : DataFrame
        Picks, as `as_tables` returns them.
    stations : set of str
        Stations of the recordings.
    """
    chosen = usable_picks(picks, "P")
    names = matching_stations(chosen["station"], stations)
    chosen = chosen.assign(station=[names[name] for name in chosen["station"]])
    chosen = chosen.loc[[name in stations for name in chosen["station"]]]
    chosen = chosen.sort_values(by=["rank", "time"])
    return chosen.drop_duplicates(["event_id", "station"]).reset_index(drop=True)


def status_of(chosen, events, inventory):
    """Return the status of picks, one for each event and station; see `with_status`."""
    automatic = np.zeros(len(chosen), dtype=bool)
    if "evaluation_mode" in chosen:
        automatic = chosen["evaluation_mode"].eq("automatic").to_numpy(bool)
    status = np.where(automatic, "automatic", "given").astype(object)
    origins = events.set_index("event_id")["origin_time"]
    origins = pd.to_datetime(origins.reindex(chosen["event_id"]).array, utc=True)
    early = np.asarray(chosen["time"].array < origins)
    places = places_of(inventory, chosen)
    for event_id in chosen["event_id"].unique():
        rows = np.flatnonzero(chosen["event_id"].eq(event_id) & ~early)
        times = chosen["time"].iloc[rows]
        seconds = (times - times.min()).dt.total_seconds().to_numpy(float)
        agreeing = agreement(seconds, places[rows])
        name = ALONE if len(rows) == 1 else APART
        status[rows[~agreeing & automatic[rows]]] = name
    status[early] = EARLY
    return status


def name_reasons(rejected, reasons):
    """Return a table of rejected records with why they have no P pick that is used.

    Parameters
    ----------
    rejected : DataFrame
        Rejected records, as `WaveformReader.read` returns them.
    reasons : dict of (str, str) to str
        Reasons by event and station.
    """
    rejected = rejected.copy()
    for row in rejected.index[rejected["reason"].str.startswith(NO_PICK)]:
        event_id = rejected.at[row, "event_id"]
        instrument = rejected.at[row, "record_id"].removeprefix(f"{event_id}_")
        reason = reasons.get((event_id, station_of(instrument)))
        rejected.at[row, "reason"] = reason or rejected.at[row, "reason"]
    return rejected


def agreement(seconds, places):
    """Return which times at stations can be of one wave.

    Parameters
    ----------
    seconds : ndarray of shape (n_stations,)
        Times.
    places : ndarray of shape (n_stations, 2)
        Latitudes and longitudes in degrees, NaN where not known.

    Returns
    -------
    ndarray of bool, shape (n_stations,)
        The largest set whose times agree with that of one of its stations; no station
        where this is a set of one.
    """
    if len(seconds) < 2:
        return np.zeros(len(seconds), dtype=bool)
    distances = great_circles(places)
    limits = np.where(
        np.isnan(distances), WITHOUT_PLACES, distances / SLOWEST + TOLERANCE
    )
    delays = np.abs(seconds[:, None] - seconds)
    alike = delays <= limits
    spread = np.where(alike, delays, 0.0).sum(axis=1)
    best = np.lexsort([spread, -alike.sum(axis=1)])[0]
    return alike[best] if alike[best].sum() > 1 else np.zeros(len(seconds), dtype=bool)


def great_circles(places):
    """Return the distances in km between places on a sphere."""
    latitude, longitude = np.radians(places.T)
    steps = latitude[:, None] - latitude, longitude[:, None] - longitude
    chord = (
        np.sin(steps[0] / 2) ** 2
        + np.cos(latitude[:, None]) * np.cos(latitude) * np.sin(steps[1] / 2) ** 2
    )
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(chord.clip(0, 1)))


def places_of(inventory, picks):
    """Return latitude and longitude of the station of each pick at its time."""
    places = np.full((len(picks), 2), np.nan)
    if inventory is None:
        return places
    stations = read_stationxml(inventory).stations
    epochs = epochs_at_times(picks.rename(columns={"time": "start_time"}), stations)
    known = stations.iloc[epochs.to_numpy()][["latitude", "longitude"]]
    places[epochs.index] = known.to_numpy(float)
    return places

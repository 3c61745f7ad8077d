"""From a data centre into an archive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils import check_scalar

from .._utils.checks import check_option, check_real
from .._utils.progress import progress
from ..io.merging import split_instruments
from ..io.read_quakeml import read_quakeml
from ..io.read_stationxml import read_stationxml
from ..io.times import utc_of
from ._fdsn_service import Service, ServiceError, TooLargeError

if TYPE_CHECKING:
    from .seismic_archive import SeismicArchive

COLUMNS = ("event_id", "channel", "outcome", "reason")
KM_PER_DEGREE = 111.19  # of a great circle on a sphere of radius 6371 km
ELLIPTICITY = 1.01  # degrees of latitude on WGS84 are up to 0.6 % shorter
POLAR = 85.0  # degrees of latitude; beyond, a box of longitudes is too wide to help
PATIENCE = 3  # requests in a row that fail before the others are given up


def fetch_fdsn(
    client: str | Any,
    archive: SeismicArchive,
    *,
    starttime: Any,
    endtime: Any,
    window: tuple[float, float],
    max_distance_km: float,
    channels: str = "HH?,BH?,EH?",
    networks: str = "*",
    stations: str = "*",
    classes: Iterable[str] | None = None,
    event_types: Mapping[str, str] | None = None,
    event_query: Mapping[str, Any] | None = None,
    level: Literal["channel", "response"] = "channel",
    bulk_size: int = 100,
    attempts: int = 5,
    pause: float = 1.0,
    timeout: float = 60.0,
    verbose: bool | int = False,
) -> pd.DataFrame:
    """Fetch events and waveforms from a data centre into an archive.

    Events come first, then the stations around them, then for each event the waveforms
    of all stations within the distance, in bulk requests. Every answer is stored as it
    comes, and a request that was answered is not made again: call the function again to
    resume after an interruption or a failure.

    Parameters
    ----------
    client : str or obspy Client
        Name or address of an FDSN data centre, or a client of it.
    archive : SeismicArchive
        Where events, picks, stations and waveforms go.
    starttime, endtime : obspy UTCDateTime, Timestamp or str
        Times between which the events are (UTC).
    window : tuple of (float, float)
        Start and end of the waveforms in seconds from the origin time.
    max_distance_km : float
        Largest distance of a station from the epicentre in km.
    channels : str, default="HH?,BH?,EH?"
        Patterns of channels, separated by commas.
    networks, stations : str, default="*"
        Codes or patterns, separated by commas.
    classes : sequence of str, default=None
        Labels of the events to take. None takes all events that have a label.
    event_types : mapping, default=None
        Label by event type of QuakeML; see `read_quakeml`.
    event_query : mapping, default=None
        Further parameters of the event service, such as ``{"minmagnitude": 1.5}``.
    level : {"channel", "response"}, default="channel"
        Whether stations come with the responses of their instruments.
    bulk_size : int, default=100
        Channels in one request, or those of one instrument where they are more.
    attempts : int, default=5
        How often a request is made if it fails for a reason that may pass: time-outs,
        lost connections, truncated answers, errors of the server, too many requests.
    pause : float, default=1.0
        Seconds before the second attempt; each further pause is twice as long.
    timeout : float, default=60.0
        Seconds to wait for an answer; a client that is given keeps its own.
    verbose : bool or int, default=False
        Whether a bar shows the progress in a terminal (needs rich).

    Returns
    -------
    DataFrame
        One row per event and channel: `event_id`, `channel`, `outcome` and `reason`.
        Outcomes are ``"data"``, ``"no data"``, ``"asked before"``, ``"rejected"`` (by
        the archive) and ``"failed"`` with the reason, and ``"not asked"`` after three
        failed requests in a row.

    Raises
    ------
    ValueError
        If a parameter is not valid, or events or stations cannot be fetched.

    See Also
    --------
    SeismicArchive : Where the waveforms go.

    Notes
    -----
    Events without origin time, place or label are left out.

    A truncated answer is detected by its last record, unless it ends between two. What
    lacks at the end of a window is then found by `WaveformReader`.

    Examples
    --------
    >>> from skseisfp.archive import SeismicArchive, fetch_fdsn
    >>> report = fetch_fdsn(
    ...     "EARTHSCOPE",
    ...     SeismicArchive("blasts"),
    ...     starttime="2020-01-01",
    ...     endtime="2020-02-01",
    ...     window=(-20, 95),
    ...     max_distance_km=150,
    ...     classes=["explosion", "earthquake"],
    ...     event_query={"minmagnitude": 1.5},
    ... )  # doctest: +SKIP
    >>> report["outcome"].value_counts()  # doctest: +SKIP
    """
    _check_parameters(window, max_distance_km, level, bulk_size, attempts, pause)
    service = Service(_as_client(client, timeout), attempts=attempts, pause=pause)
    times = {"starttime": utc_of(starttime), "endtime": utc_of(endtime)}
    events = _fetch_events(
        service, archive, {**times, **(event_query or {})}, event_types, classes
    )
    if not len(events):
        return pd.DataFrame(columns=COLUMNS)
    selection = {
        "network": networks,
        "station": stations,
        "channel": channels,
        "level": level,
        **_box(events, max_distance_km),
    }
    inventory = _fetch_stations(service, archive, {**times, **selection})
    lines = _plan(events, inventory, channels, window, max_distance_km)
    return _fetch_waveforms(service, archive, lines, bulk_size, verbose)


def _check_parameters(window, max_distance_km, level, bulk_size, attempts, pause):
    """Raise if a parameter is out of its range."""
    if np.shape(window) != (2,) or not window[0] < window[1]:
        raise ValueError(
            f"window must be two increasing times in seconds; got {window!r}."
        )
    check_real("max_distance_km", max_distance_km, min_val=0)
    check_option("level", level, ("channel", "response"))
    check_scalar(bulk_size, "bulk_size", Integral, min_val=1)
    check_scalar(attempts, "attempts", Integral, min_val=1)
    check_real("pause", pause, min_val=0)


def _as_client(client, timeout):
    """Return an obspy Client."""
    from obspy.clients.fdsn import Client

    if not isinstance(client, str):
        return client
    try:
        return Client(client, timeout=timeout)
    except Exception as error:
        raise ServiceError(f"client {client!r} gives no service: {error}") from error


def _fetch_events(service, archive, query, event_types, classes):
    """Store the events of some classes with their picks, and return them."""
    document = service.events(**query)
    if document is None:
        return pd.DataFrame()
    catalogue = read_quakeml(document, event_types=event_types)
    events = catalogue.events
    known = events[["origin_time", "latitude", "longitude"]].notna().all(axis=1)
    chosen = events["event_type"].notna()
    if classes is not None:
        chosen = events["event_type"].isin(list(classes))
    events = events[known & chosen]
    picks = catalogue.picks
    archive.add_events(events, picks[picks["event_id"].isin(events["event_id"])])
    return events


def _box(events, max_distance_km):
    """Return the limits of latitude, and of longitude far from poles and date line."""
    reach = max_distance_km / KM_PER_DEGREE * ELLIPTICITY
    south, north = events["latitude"].min() - reach, events["latitude"].max() + reach
    box = {"minlatitude": max(south, -90.0), "maxlatitude": min(north, 90.0)}
    if max(abs(south), abs(north)) < POLAR:
        reach /= np.cos(np.deg2rad(max(abs(south), abs(north))))
        west = events["longitude"].min() - reach
        east = events["longitude"].max() + reach
        if west >= -180.0 and east <= 180.0:
            box |= {"minlongitude": west, "maxlongitude": east}
    return box


def _fetch_stations(service, archive, query):
    """Store the stations, and return their inventory, None where there are none."""
    document = service.stations(**query)
    if document is None:
        return None
    inventory = read_stationxml(document).inventory
    archive.add_stations(inventory)
    return inventory


def _plan(events, inventory, channels, window, max_distance_km):
    """Return the lines of all requests: event, channel, start and end."""
    from obspy.geodetics import gps2dist_azimuth

    if inventory is None:
        return []
    lines = []
    for event in events.itertuples():
        origin = utc_of(event.origin_time)
        start, end = origin + window[0], origin + window[1]
        wanted = set()
        for network in inventory:
            for station in network:
                metres, *_ = gps2dist_azimuth(
                    event.latitude, event.longitude, station.latitude, station.longitude
                )
                if metres > 1000 * max_distance_km:
                    continue
                wanted |= {
                    f"{network.code}.{station.code}.{channel.location_code}."
                    f"{channel.code}"
                    for channel in station
                    if any(fnmatch(channel.code, part) for part in channels.split(","))
                    and channel.is_active(starttime=start, endtime=end)
                }
        lines += [(event.event_id, name, start, end) for name in sorted(wanted)]
    return lines


def _fetch_waveforms(service, archive, lines, bulk_size, verbose):
    """Ask for the lines that were not answered yet, event by event."""
    from ._fdsn_requests import answered, unanswered_bulks

    rows = [(*line[:2], "asked before", "") for line in answered(archive, lines)]
    bulks = unanswered_bulks(archive, lines, bulk_size)
    failures = 0
    with progress(len(bulks), "requests", int(verbose), by="fetch_fdsn") as advance:
        for bulk in bulks:
            outcomes = [("not asked", "")] * len(bulk)
            if failures < PATIENCE:
                try:
                    outcomes = _fetch_bulk(service, archive, bulk)
                except ServiceError as error:
                    outcomes = [("failed", str(error))] * len(bulk)
                all_failed = all(outcome == "failed" for outcome, _ in outcomes)
                failures = failures + 1 if all_failed else 0
            rows += [
                (*line[:2], *outcome)
                for line, outcome in zip(bulk, outcomes, strict=True)
            ]
            advance()
    return pd.DataFrame(rows, columns=COLUMNS)


def _fetch_bulk(service, archive, bulk):
    """Ask for some lines of one event and store the answer; return the outcomes."""
    from ._fdsn_requests import put_answers, split_lines

    try:
        stream = service.waveforms(
            [(*name.split("."), start, end) for _, name, start, end in bulk]
        )
    except TooLargeError as error:
        halves = split_lines(bulk, max(len(bulk) // 2, 1))
        if len(halves) == 1:
            return [("failed", str(error))] * len(bulk)
        return [
            outcome
            for half in halves
            for outcome in _fetch_bulk(service, archive, half)
        ]
    reasons = {}
    if stream is not None:
        event_id, _, start, end = bulk[0]
        reasons = _store(archive, stream.trim(start, end), event_id)
    outcomes = [reasons.get(name, ("no data", "")) for _, name, *_ in bulk]
    put_answers(archive, bulk, [outcome for outcome, _ in outcomes])
    return outcomes


def _store(archive, stream, event_id):
    """Store an answer; return the outcome by channel."""
    parts = [type(stream)(traces) for traces in split_instruments(stream).values()]
    outcomes = {trace.id: ("data", "") for trace in stream}
    try:
        archive.add_many([(part, event_id) for part in parts])
    except ValueError:
        for part in parts:
            try:
                archive.add(part, event_id)
            except ValueError as error:
                outcome = "rejected", str(error)
                outcomes |= dict.fromkeys({trace.id for trace in part}, outcome)
    return outcomes

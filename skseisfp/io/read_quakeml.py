"""Reader of catalogues: events with labels, and picks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from .event_catalogues import event_keys, read_catalogue
from .picks import pick_disagreements
from .reading_notes import import_obspy, keep_notes, notes_shown_once
from .times import timestamp_of

EVENT_TYPES: dict[str, str] = {
    "earthquake": "earthquake",
    "induced or triggered event": "earthquake",
    "explosion": "explosion",
    "accidental explosion": "explosion",
    "chemical explosion": "explosion",
    "controlled explosion": "explosion",
    "experimental explosion": "explosion",
    "industrial explosion": "explosion",
    "mining explosion": "explosion",
    "quarry blast": "explosion",
    "road cut": "explosion",
    "blasting levee": "explosion",
    "nuclear explosion": "explosion",
    "collapse": "collapse",
    "cavity collapse": "collapse",
    "mine collapse": "collapse",
    "rock burst": "collapse",
    "landslide": "slide",
    "rockslide": "slide",
    "debris avalanche": "slide",
    "snow avalanche": "slide",
}
EVENT_COLUMNS = (
    "event_id",
    "event_type",
    "quakeml_type",
    "origin_time",
    "latitude",
    "longitude",
    "depth_km",
    "magnitude",
)
PICK_COLUMNS = (
    "event_id",
    "station",
    "location",
    "channel",
    "phase",
    "time",
    "evaluation_mode",
    "evaluation_status",
    "associated",
)
REJECTED_COLUMNS = ("event_id", "reason")


def read_quakeml(source: Any, *, event_types: Mapping[str, str] | None = None) -> Bunch:
    """Read events and picks of QuakeML, or of any catalogue that obspy reads.

    Parameters
    ----------
    source : str, path-like, bytes, file object or obspy Catalog
        The document, its path, or its content as obspy reads it; also compressed. Of
        other formats than QuakeML are SCML, NORDIC, HypoDD, NonLinLoc, GSE2 and ISF.
    event_types : mapping, default=None
        Label by event type of QuakeML, instead of `EVENT_TYPES`; events of a type that
        it lacks have no label (None).

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        events : DataFrame
            One row per event: `event_id` (its resource identifier in full, since those
            of two agencies may end alike; where it has none, its time and place),
            `event_type` (the label), `quakeml_type`, `origin_time` (UTC), `latitude`,
            `longitude`, `depth_km` and `magnitude` of the preferred, else the first
            origin and magnitude; NaN where not given.
        picks : DataFrame
            One row per pick: `event_id`, `station` (network and station code),
            `location`, `channel`, `phase`, `time` (UTC), `evaluation_mode`,
            `evaluation_status` and `associated` (whether the preferred origin was
            located with it).
        disagreements : DataFrame
            Stations with picks of one phase that differ by more than a second:
            `event_id`, `station`, `phase`, `n_picks`, `first`, `last` and `seconds`.
        rejected : DataFrame
            Events that were left out: `event_id` and `reason`. A `ReadingWarning`
            names the first.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the document is of no format that obspy reads, declares a document type, or
        cannot be read.

    See Also
    --------
    read_stationxml : Stations and their instruments.
    skseisfp.io.WaveformReader : Records of these events.

    Examples
    --------
    >>> from skseisfp.io import EVENT_TYPES, read_quakeml
    >>> types = {**EVENT_TYPES, "sonic boom": "sonic boom"}
    >>> catalogue = read_quakeml("events.xml", event_types=types)  # doctest: +SKIP
    >>> catalogue.events["event_type"].value_counts()  # doctest: +SKIP
    """
    labels = EVENT_TYPES if event_types is None else event_types
    with notes_shown_once():
        import_obspy()
        catalogue, name = read_catalogue(source)
        events, picks, rejected = _tables_of(catalogue, labels)
        said = [f"event {name} is left out: {why}" for name, why in rejected]
        keep_notes(name, said)
    picks = pd.DataFrame(picks, columns=PICK_COLUMNS)
    return Bunch(
        events=pd.DataFrame(events, columns=EVENT_COLUMNS),
        picks=picks,
        disagreements=pick_disagreements(picks),
        rejected=pd.DataFrame(rejected, columns=REJECTED_COLUMNS),
    )


def _tables_of(catalogue, labels):
    """Return rows of events and picks, and the ids of events that give none and why."""
    events, picks, rejected = {}, [], []
    for item, event_id in zip(catalogue, event_keys(catalogue), strict=True):
        try:
            if item.event is None:
                raise ValueError(item.reason)
            if event_id in events:
                raise ValueError("it has the id of another event")
            row = _event_row(item.event, event_id, labels)
            picks.extend(list(_pick_rows(item.event, event_id)))
            events[event_id] = row
        except ValueError as error:
            rejected.append((event_id, str(error)))
    return list(events.values()), picks, rejected


def _event_row(event, event_id, labels):
    """Return the facts of an event."""
    origin = _preferred(event.origins, event.preferred_origin_id)
    magnitude = _preferred(event.magnitudes, event.preferred_magnitude_id)
    place = {"latitude": 90.0, "longitude": 180.0}
    for coordinate, limit in place.items():
        value = _number(getattr(origin, coordinate, None))
        if abs(value) > limit:
            raise ValueError(f"it has the {coordinate} {value}")
        place[coordinate] = value
    return {
        "event_id": event_id,
        "event_type": labels.get(event.event_type),
        "quakeml_type": event.event_type,
        "origin_time": timestamp_of(getattr(origin, "time", None)),
        **place,
        "depth_km": _number(getattr(origin, "depth", None)) / 1000.0,
        "magnitude": _number(getattr(magnitude, "mag", None)),
    }


def _pick_rows(event, event_id):
    """Yield the facts of the picks of an event."""
    arrivals = [arrival for origin in event.origins for arrival in origin.arrivals]
    phases = {arrival.pick_id: arrival.phase for arrival in arrivals}
    preferred = _preferred(event.origins, event.preferred_origin_id)
    located = [] if preferred is None else preferred.arrivals
    used = {arrival.pick_id for arrival in located}
    for pick in event.picks:
        code = pick.waveform_id
        if code is None or pick.time is None:
            continue
        yield {
            "event_id": event_id,
            "station": f"{code.network_code or ''}.{code.station_code or ''}",
            "location": code.location_code or "",
            "channel": code.channel_code or "",
            "phase": pick.phase_hint or phases.get(pick.resource_id) or "",
            "time": timestamp_of(pick.time),
            "evaluation_mode": pick.evaluation_mode or "",
            "evaluation_status": pick.evaluation_status or "",
            "associated": pick.resource_id in used,
        }


def _preferred(items, preferred_id):
    """Return the origin or magnitude of an id, else the first, None of none."""
    first = next(iter(items), None)
    if preferred_id is None:
        return first
    return next((item for item in items if item.resource_id == preferred_id), first)


def _number(value):
    """Return a number, NaN for None."""
    return np.nan if value is None else float(value)

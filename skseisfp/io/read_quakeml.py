"""Reader of QuakeML: events with labels, and picks."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from .safe_xml import read_document
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
)


def read_quakeml(source: Any, *, event_types: Mapping[str, str] | None = None) -> Bunch:
    """Read events and picks of a QuakeML document into tables.

    Parameters
    ----------
    source : str, path-like, bytes, file object or obspy Catalog
        The document, its path, or its content as obspy reads it.
    event_types : mapping, default=None
        Label by event type of QuakeML, instead of `EVENT_TYPES`; events of a type that
        it lacks have no label (None).

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        events : DataFrame
            One row per event: `event_id` (the end of its resource identifier, all of
            it where ends are not unique), `event_type` (the label), `quakeml_type`,
            `origin_time` (UTC), `latitude`, `longitude`, `depth_km` and `magnitude`
            of the preferred, else the first origin and magnitude; NaN where not given.
        picks : DataFrame
            One row per pick: `event_id`, `station` (network and station code),
            `location`, `channel`, `phase`, `time` (UTC), `evaluation_mode`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the document is not QuakeML, declares a document type, or has a latitude or
        longitude out of range.

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
    catalog, name = _read_catalog(source)
    ids = _short_ids([event.resource_id.id for event in catalog])
    events, picks = [], []
    for event, event_id in zip(catalog, ids, strict=True):
        try:
            events.append(_event_row(event, event_id, labels))
            picks.extend(_pick_rows(event, event_id))
        except ValueError as error:
            raise ValueError(f"{name}: event {event_id} has {error}.") from error
    return Bunch(
        events=pd.DataFrame(events, columns=EVENT_COLUMNS),
        picks=pd.DataFrame(picks, columns=PICK_COLUMNS),
    )


def _read_catalog(source):
    """Return an obspy Catalog and a name for it."""
    from obspy import read_events
    from obspy.core.event import Catalog

    if isinstance(source, Catalog):
        return source, "the catalogue"
    data, name = read_document(source, "quakeml")
    try:
        return read_events(io.BytesIO(data), format="QUAKEML"), name
    except Exception as error:
        raise ValueError(f"{name} cannot be read as QuakeML: {error}") from error


def _short_ids(ids):
    """Return the ends of resource identifiers, all of them where ends are not unique.

    The end of `quakeml:us.anss.org/event/uw123` is `uw123`.
    """
    short = [re.split(r"[/=]", full)[-1] for full in ids]
    if len(set(short)) == len(short):
        return short
    if len(set(ids)) < len(ids):
        repeated = next(full for full in ids if ids.count(full) > 1)
        raise ValueError(f"The catalogue has two events {repeated}.")
    return ids


def _event_row(event, event_id, labels):
    """Return the facts of an event."""
    origin = event.preferred_origin() or next(iter(event.origins), None)
    magnitude = event.preferred_magnitude() or next(iter(event.magnitudes), None)
    place = {"latitude": 90.0, "longitude": 180.0}
    for coordinate, limit in place.items():
        value = _number(getattr(origin, coordinate, None))
        if abs(value) > limit:
            raise ValueError(f"the {coordinate} {value}")
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
    phases = {
        arrival.pick_id: arrival.phase
        for origin in event.origins
        for arrival in origin.arrivals
    }
    for pick in event.picks:
        code = pick.waveform_id
        if code is None or pick.time is None:
            continue
        yield {
            "event_id": event_id,
            "station": f"{code.network_code}.{code.station_code}",
            "location": code.location_code or "",
            "channel": code.channel_code or "",
            "phase": pick.phase_hint or phases.get(pick.resource_id) or "",
            "time": timestamp_of(pick.time),
            "evaluation_mode": pick.evaluation_mode or "",
        }


def _number(value):
    """Return a number, NaN for None."""
    return np.nan if value is None else float(value)

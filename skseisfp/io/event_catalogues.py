"""Catalogues as obspy reads them, and the keys of their events."""

from __future__ import annotations

import io
import re
import warnings
from collections import Counter
from copy import deepcopy
from typing import Any, NamedTuple

from .documents import read_documents
from .reading_notes import ReadingWarning, without_warnings

# Formats whose events have ids of their own; to others obspy gives random ones, which
# are new at each reading.
WITH_IDS = ("QUAKEML", "SCML", "SC3ML")
RANDOM = re.compile(r"smi:local/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ReadEvent(NamedTuple):
    """An event of a catalogue, or why there is none.

    `own_id` is False where obspy made the id up in reading.
    """

    event: Any
    own_id: bool = True
    event_id: str = ""
    reason: str = ""


def read_catalogue(source: Any) -> tuple[list[ReadEvent], str]:
    """Read a catalogue; an event that obspy cannot read is one with a reason.

    Parameters
    ----------
    source : str, path-like, bytes, file object or obspy Catalog
        The document, its path, or the catalogue itself.

    Returns
    -------
    events : list of ReadEvent
        The events.
    name : str
        Name of the source for messages.
    """
    from obspy.core.event import Catalog

    if isinstance(source, Catalog):
        return [ReadEvent(event) for event in source], "the catalogue"
    documents, name = read_documents(source, "event", _read_events)
    return [event for document in documents for event in document.content], name


def _read_events(path, format, **options):
    """Return the events of a document; those of QuakeML one by one where needed."""
    from obspy import read_events

    own = format in WITH_IDS
    if format != "QUAKEML":
        events = read_events(path, format=format, **options)
        return [ReadEvent(event, own) for event in events]
    parts = _events_of_quakeml(path)
    try:
        with without_warnings() as said:
            events = read_events(path, format=format, **options)
    except Exception:
        if len(parts) < 2:
            raise
        events, said = [], []
    if len(events) < len(parts):
        return [_read_one(*part) for part in parts]
    for text in said:
        warnings.warn(text, ReadingWarning, stacklevel=2)
    return [ReadEvent(event) for event in events]


def _events_of_quakeml(path):
    """Return the id of each event of a QuakeML document, and a document of it alone."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]: no stubs

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    with open(path, "rb") as file:
        root = etree.parse(file, parser).getroot()
    events = root.findall("{*}eventParameters/{*}event")
    for event in events:
        event.getparent().remove(event)
    documents = []
    for event in events:
        alone = deepcopy(root)
        alone.find("{*}eventParameters").append(event)
        documents.append((event.get("publicID", ""), etree.tostring(alone)))
    return documents


def _read_one(event_id, data):
    """Return the event of a document that holds one."""
    from obspy import read_events

    try:
        with without_warnings() as said:
            events = read_events(io.BytesIO(data), format="QUAKEML")
    except Exception as error:
        return ReadEvent(None, event_id=event_id, reason=str(error))
    if len(events):
        return ReadEvent(events[0])
    reason = said[-1] if said else "obspy finds no event in it"
    return ReadEvent(None, event_id=event_id, reason=reason)


def event_keys(events: list[ReadEvent]) -> list[str]:
    """Return the key of each event: its resource id, in full.

    An id that obspy made up in reading is replaced by time and place of the event, so
    that every reading gives the same.
    """
    keys, seen = [], Counter()
    for item in events:
        key = item.event_id
        if item.event is not None and item.event.resource_id is not None:
            key = str(item.event.resource_id.id)
        if not item.own_id:
            key = RANDOM.sub("smi:local", key)
        if key in ("", "smi:local"):
            key = f"smi:local/{_time_and_place(item.event)}"
            seen[key] += 1
            key += f"/{seen[key]}" if seen[key] > 1 else ""
        keys.append(key)
    return keys


def _time_and_place(event):
    """Return time, latitude and longitude of the first origin as text."""
    origin = next(iter(getattr(event, "origins", ())), None)
    time = getattr(origin, "time", None)
    parts = ["no time" if time is None else time.strftime("%Y%m%dT%H%M%S.%f")]
    for name in ("latitude", "longitude"):
        value = getattr(origin, name, None)
        parts.append("unknown" if value is None else f"{value:.4f}")
    return "_".join(parts)

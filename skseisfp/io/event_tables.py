"""Tables of events and picks, and inventories, from what a user gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils import Bunch

from .documents import UnknownDocumentError
from .picks import first_picks, pick_disagreements
from .read_quakeml import read_quakeml
from .read_stationxml import read_stationxml
from .tables import require_columns

if TYPE_CHECKING:
    from obspy import Inventory

__all__ = [
    "as_inventory",
    "as_tables",
    "first_picks",
    "joined",
    "origin_times",
    "pick_disagreements",
    "tables_of_event",
]


def as_tables(events: Any, picks: Any) -> tuple[Any, Any]:
    """Return tables of events and picks from what a user gives, None where nothing."""
    if events is not None and not isinstance(events, (pd.DataFrame, Bunch)):
        events = _read_events(events)
    if isinstance(events, Bunch):
        picks = events.picks if picks is None else picks
        events = events.events
    if events is not None:
        require_columns("events", events, ("event_id",))
        if (missing := events["event_id"].isna().to_numpy()).any():
            raise ValueError(f"events has no event_id in row {missing.argmax()}.")
        events = events.assign(event_id=events["event_id"].astype(str))
        repeated = events["event_id"][events["event_id"].duplicated()]
        if len(repeated):
            raise ValueError(f"events names the event {repeated.iloc[0]} twice.")
        if "origin_time" not in events:
            events = events.assign(origin_time=pd.NaT)
        events = events.assign(origin_time=_as_times("events", events["origin_time"]))
    if picks is not None:
        require_columns("picks", picks, ("event_id", "station", "phase", "time"))
        picks = picks.assign(
            event_id=picks["event_id"].astype(str),
            time=_as_times("picks", picks["time"]),
        )
    return events, picks


def _read_events(source):
    """Return events and picks of a catalogue; raise for anything else."""
    try:
        return read_quakeml(source)
    except (UnknownDocumentError, TypeError) as error:
        raise ValueError(
            "events must be a DataFrame, a Bunch of read_quakeml, or a QuakeML "
            f"document or other catalogue that obspy reads: {error}"
        ) from error


def _as_times(table, column):
    """Return a column of times as such, in UTC and the range of nanoseconds."""
    try:
        times = pd.to_datetime(column, utc=True, format="ISO8601")
        times.dt.as_unit("ns")
        return times
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(
            f"The column {column.name} of {table} holds no times: {error}"
        ) from error


def as_inventory(inventory: Any) -> Inventory | None:
    """Return an obspy Inventory, or None."""
    return None if inventory is None else read_stationxml(inventory).inventory


def origin_times(events: pd.DataFrame | None) -> dict[str, pd.Timestamp]:
    """Map events to their origin times; those without one are left out."""
    if events is None:
        return {}
    events = events.dropna(subset="origin_time")
    return dict(zip(events["event_id"], events["origin_time"], strict=True))


def tables_of_event(event: Any) -> tuple[Any, Any]:
    """Return tables of an event and its picks, None where there is nothing."""
    if event is None:
        return None, None
    if isinstance(event, str):
        event = {"event_id": event}
    if hasattr(event, "origins"):
        from obspy.core.event import Catalog

        return as_tables(Catalog([event]), None)
    return as_tables(pd.DataFrame([dict(event)]), None)


def joined(tables: Iterable[pd.DataFrame | None]) -> pd.DataFrame | None:
    """Return one table of several, None of none."""
    filled = [table for table in tables if table is not None and len(table)]
    return pd.concat(filled, ignore_index=True) if filled else None

"""Records of the events of a catalogue, from whatever holds the waveforms."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..io import pick_phases, read_quakeml
from ..io.event_tables import as_inventory, as_tables
from ._picking import (
    PICKED,
    note_onsets,
    taken_picks,
    with_found_onsets,
    without_doubtful,
)
from .picking_policy import PickingPolicy

if TYPE_CHECKING:
    from obspy.core.event import Catalog
    from sklearn.utils import Bunch

EVENT = "event"  # name of the event of a stream without catalogue
OF_EVENT = ["magnitude", "depth_km"]  # columns of events that records get


def open_catalogue(source: Any) -> tuple[Catalog, list[str | None], Bunch]:
    """Return a catalogue, the ids of its events, and its tables of events and picks.

    The id is None of an event that the tables leave out.

    Raises
    ------
    TypeError
        If it is neither a catalogue nor a path.
    ValueError
        If it is not a catalogue, or declares a document type.
    """
    _check_catalogue(source)
    tables = read_quakeml(source)
    if not hasattr(source, "events"):
        from obspy import read_events

        source = read_events(str(source))
        tables = read_quakeml(source)  # by the ids of this reading
    ids = list(tables.events["event_id"])
    if len(ids) < len(source):
        full = [event.resource_id.id for event in source]
        ids = [name if name in ids else None for name in full]
    return source, ids, tables


def _check_catalogue(source):
    """Raise for what is neither a catalogue nor a path."""
    from obspy.core.event import Catalog

    if not isinstance(source, (Catalog, str, PathLike)):
        raise TypeError(
            "catalogue must be an obspy Catalog, a path or None; got "
            f"{type(source).__name__} (arguments are catalogue, source)."
        )


def read_source(
    reader: Any,
    source: Any,
    tables: Bunch | None,
    picks: Any,
    inventory: Any,
    policy: PickingPolicy,
    verbose: int,
) -> Bunch:
    """Return the records of events, whatever their types.

    Parameters
    ----------
    reader : WaveformReader
        The policy of records.
    source : obspy Stream or client, str, path-like, sequence or SeismicArchive
        The waveforms.
    tables : Bunch or None
        Tables of events and picks; None takes those of an archive, and a stream as one
        event.
    picks : DataFrame or None
        Picks, in place of those of the tables.
    inventory : obspy Inventory, str, path-like or None
        Stations; None takes those of an archive.
    policy : PickingPolicy
        The policy of onsets.
    verbose : int
        Whether the progress is shown in a terminal or notebook.

    Returns
    -------
    Bunch
        As `WaveformReader.read` returns it, with magnitudes and depths, and where the
        onset of each record is from.
    """
    events = None if tables is None else tables.events
    if picks is None and tables is not None and len(tables.picks):
        picks = tables.picks
    if hasattr(source, "to_bunch"):
        events = source.events() if events is None else events
        picks = source.picks() if picks is None else picks
        inventory = source.inventory() if inventory is None else inventory
        source = source.references()
    if events is None:
        return _read_alone(reader, source, picks, inventory, policy, verbose)
    events = events.drop(columns="event_type", errors="ignore")
    known = events, picks
    return _read_events(reader, source, known, inventory, policy, verbose)


def read_archive(
    reader: Any, archive: Any, policy: PickingPolicy, verbose: int = 0
) -> Bunch:
    """Return the labelled records of an archive, without those of doubtful onsets."""
    tables = archive.events(), archive.picks()
    inventory = archive.inventory()
    source = archive.references()
    bunch = _read_events(reader, source, tables, inventory, policy, verbose)
    return without_doubtful(bunch)


def _read_events(reader, source, tables, inventory, policy, verbose):
    """Return the records of events with what is known of their onsets."""
    events, given = as_tables(*tables)
    inventory = as_inventory(inventory)
    used = taken_picks(given, policy)
    places = {"inventory": inventory, "verbose": verbose}
    used = with_found_onsets(reader, source, events, used, places, policy)
    bunch = reader.read(source, events=events, picks=used, **places)
    align = reader.align
    note_onsets(bunch, events, (given, used), inventory, policy, align=align)
    facts = events.set_index("event_id").reindex(columns=OF_EVENT)
    bunch.frame[OF_EVENT] = facts.reindex(bunch.frame["event_id"]).to_numpy()
    return bunch


def _read_alone(reader, source, picks, inventory, policy, verbose):
    """Return the records of waveforms without a catalogue: one event a stream."""
    inventory = as_inventory(inventory)
    is_stream = hasattr(source, "traces")
    if picks is not None:
        picks = pd.DataFrame(picks)
        picks = picks.assign(event_id=EVENT) if is_stream else picks
        _, picks = as_tables(None, picks)
    elif is_stream and reader.align == "P" and policy.missing != "reject":
        picks = pick_phases(source, event_id=EVENT, threshold=policy.threshold)
        picks = picks.assign(evaluation_mode="automatic", pick_source=PICKED)
    used = picks if picks is None else taken_picks(picks, policy)
    bunch = reader.read(
        [source] if is_stream else source,
        picks=used,
        inventory=inventory,
        groups=[EVENT] if is_stream else None,
        verbose=verbose,
    )
    ids = pd.unique(bunch.frame["event_id"])
    events = pd.DataFrame({"event_id": ids, "origin_time": pd.NaT})
    align = reader.align
    note_onsets(bunch, events, (picks, used), inventory, policy, align=align)
    return bunch

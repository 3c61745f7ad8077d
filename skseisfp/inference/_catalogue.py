"""Predictions in catalogues: types of events, and the comments that explain them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .._utils.versions import installed_version
from ._event_table import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obspy.core.event import Catalog

CERTAINTY = "suspected"  # of QuakeML's two, for what no analyst has seen
AUTHOR = "skseisfp"
OPEN_TYPES = (None, "not reported")  # that are no statement of an agency


def types_of_classes(
    classes: Any, event_types: Mapping[Any, str] | None
) -> dict[Any, str]:
    """Return the type of QuakeML of each class; raise where one is not known.

    Raises
    ------
    ValueError
        If a class has no type, or one that is given is not a class.
    """
    from obspy.core.event.header import EventType

    known = EventType.keys()
    given = {} if event_types is None else dict(event_types)
    others = [label for label in given if label not in set(classes)]
    if others:
        raise ValueError(
            f"event_types must be of the classes {', '.join(map(str, classes))}; got "
            f"{others[0]!r}."
        )
    types = {}
    for label in classes:
        name = given.get(label, str(label).replace("_", " "))
        if name not in known:
            raise ValueError(
                f"QuakeML has no event type {name!r} for the class '{label}'; give "
                f"event_types={{{label!r}: ...}} with one of {', '.join(known)}."
            )
        types[label] = name
    return types


def label_catalogue(
    catalogue: Catalog,
    ids: list[str | None],
    table: pd.DataFrame,
    types: Mapping[Any, str],
    *,
    overwrite: bool,
    agency_id: str | None,
    model: str = "",
) -> Catalog:
    """Return a copy of a catalogue with predictions.

    Parameters
    ----------
    catalogue : Catalog
        Events; they are not changed.
    ids : list of str
        Their ids in the table.
    table : DataFrame
        Events with scores, flags and decisions.
    types : mapping
        Type of QuakeML by class.
    overwrite : bool
        Whether a type that the catalogue has is replaced.
    agency_id : str or None
        Agency that predicts.
    model : str, default=""
        What the discriminator is, for the comments.

    Returns
    -------
    Catalog
        With types where there was none, and a comment with the probabilities.
    """
    from obspy import UTCDateTime
    from obspy.core.event import Comment, CreationInfo

    info: dict[str, Any] = {
        "agency_id": agency_id,
        "author": AUTHOR,
        "version": installed_version("skseisfp"),
        "creation_time": UTCDateTime(),
    }
    labelled = catalogue.copy()
    for event, event_id in zip(labelled, ids, strict=True):
        if event_id not in table.index:
            continue
        row = table.loc[event_id]
        event.comments.append(
            Comment(text=comment_of(row, model), creation_info=CreationInfo(**info))
        )
        if event.creation_info is None:
            event.creation_info = CreationInfo(**info)
        if row["decision"] == UNDECIDED:
            continue
        if overwrite or event.event_type in OPEN_TYPES:
            event.event_type = types[row["decision"]]
            event.event_type_certainty = CERTAINTY
    return labelled


def new_catalogue(event_ids: Any) -> Catalog:
    """Return a catalogue of events of which nothing but the id is known."""
    from obspy.core.event import Catalog, Event

    return Catalog([Event(resource_id=_resource_id(str(name))) for name in event_ids])


def _resource_id(event_id):
    """Return an id as QuakeML has it: what is one already stays as it is."""
    if event_id.startswith(("smi:", "quakeml:")):
        return event_id
    return f"smi:local/{AUTHOR}/{event_id}"


def comment_of(row: Any, model: str = "") -> str:
    """Return the prediction of an event in words, with what made it."""
    by = f"EventDiscriminator ({model})" if model else "EventDiscriminator"
    scores = row.filter(regex="^score_").sort_values(ascending=False)
    shares = ", ".join(
        f"{name.removeprefix('score_')} {value:.3f}" for name, value in scores.items()
    )
    flags = f"; flags: {row['flags']}" if row["flags"] else ""
    return (
        f"{by}: {row['decision']}; probabilities: {shares}; "
        f"{row['n_records']} records of {row['n_stations']} stations{flags}"
    )

"""The key of an event: its full resource id; shorter names are for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..signal.waveform import RecordError

MOST_NAMED = 5  # in a message


def short_event_name(event_id: str) -> str:
    """Return the end of the id of an event, to be shown and never to be a key.

    Parameters
    ----------
    event_id : str
        Its resource id, or any other name.

    Returns
    -------
    str
        The last part of it.

    Examples
    --------
    >>> from skseisfp.io.event_names import short_event_name
    >>> short_event_name("quakeml:us.anss.org/event/uw123")
    'uw123'
    """
    query = re.search(r"event_?id=([^&]+)", event_id, re.IGNORECASE)
    return query[1] if query else re.split(r"[/=]", event_id)[-1]


def by_short_name(event_ids: Iterable[str]) -> dict[str, list[str]]:
    """Map short names to the ids that end in them."""
    names: dict[str, list[str]] = {}
    for event_id in dict.fromkeys(event_ids):
        names.setdefault(short_event_name(event_id), []).append(event_id)
    return names


def known_event(name: Any, known: Mapping[str, list[str]]) -> Any:
    """Return the key of the event that a name of a user stands for.

    Parameters
    ----------
    name : str
        An id, or a short name such as that of a folder.
    known : mapping
        Ids by short name, as `by_short_name` returns them.

    Returns
    -------
    str
        The only id that is or ends in the name; the name itself if none does.

    Raises
    ------
    RecordError
        If several do.
    """
    if not isinstance(name, str):
        return name
    ids = known.get(short_event_name(name), [])
    if name in ids or not (ids := known.get(name, [])):
        return name
    if len(ids) > 1:
        named = ", ".join(ids[:MOST_NAMED])
        raise RecordError(f"its event {name} may be any of {named}; name it in full")
    return ids[0]


def with_known_events(inputs: Iterable[Any], event_ids: Iterable[str]) -> list[Any]:
    """Return inputs whose events have their keys, where users named them in short.

    Parameters
    ----------
    inputs : iterable of named tuples
        With the field `event_id`.
    event_ids : iterable of str
        The events that there are.

    Returns
    -------
    list
        The inputs, in the same order.
    """
    known = by_short_name(event_ids)
    return [
        item._replace(event_id=known_event(item.event_id, known)) for item in inputs
    ]

"""What a cube says of its sweep, in words; what was not recorded is said to be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .html import counted, sized, with_numbers

NOT_RECORDED = "not recorded"
MOST_CLASSES = 8


def provenance_facts(provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return facts by name, each in one line.

    Parameters
    ----------
    provenance : dict
        As a result cube has it; parts may be missing or None.

    Returns
    -------
    dict of str to str
        Date, search, events, records, digest, folds, network and versions.
    """
    data, plan = _part(provenance, "data"), _part(provenance, "plan")
    return {
        "Date": describe_date(provenance.get("date")),
        "Plan": plan.get("name") or ("no name" if "search" in plan else NOT_RECORDED),
        "Search": plan.get("search") or NOT_RECORDED,
        "Events": describe_events(data),
        "Records": _describe_records(data),
        "Data digest": data.get("digest") or NOT_RECORDED,
        "Folds": _describe_folds(_part(provenance, "folds")),
        "Network": _describe_network(provenance),
        "Estimator": provenance.get("estimator") or NOT_RECORDED,
        "Versions": _describe_versions(_part(provenance, "versions")),
    }


def check_provenance(provenance: Any) -> None:
    """Raise ValueError if a provenance that was read is not as it was written."""
    try:
        provenance_facts(provenance)
        summary(provenance)
        folds, network = _part(provenance, "folds"), _part(provenance, "network")
        for sizes in folds.get("sizes") or ():
            describe_fold(sizes)
        if network and not isinstance(network["architecture"], dict):
            raise TypeError("architecture")
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError("what it says of its sweep is damaged") from error


def summary(provenance: Mapping[str, Any]) -> str:
    """Return events, records and date in one sentence; empty if none is known."""
    data = _part(provenance, "data")
    parts = [
        counted(data[name], word)
        for name, word in (("n_events", "event"), ("n_records", "record"))
        if data.get(name) is not None
    ]
    if provenance.get("date"):
        parts.append(f"swept on {describe_date(provenance['date'])}")
    return f"{', '.join(parts)}." if parts else ""


def describe_date(date: str | None) -> str:
    """Return a date of ISO 8601 to the minute, in UTC."""
    if date is None:
        return NOT_RECORDED
    return f"{datetime.fromisoformat(date).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def describe_events(data: Mapping[str, Any]) -> str:
    """Return the number of events, and those of each class."""
    if "n_events" not in data:
        return NOT_RECORDED
    if data["n_events"] is None:
        return "not known: the sweep was given no events"
    classes = [(label, events) for label, events, _ in data["classes"] or ()]
    more = f": {with_numbers(classes, MOST_CLASSES)}" if classes else ""
    return f"{data['n_events']:,}{more}"


def describe_fold(sizes: Sequence[int | None]) -> tuple[str, str]:
    """Return the sizes of training and test in words, events first."""
    n_train_events, n_train, n_test_events, n_test = sizes
    return _describe_side(n_train_events, n_train), _describe_side(
        n_test_events, n_test
    )


def _describe_side(n_events, n_records):
    records = counted(n_records, "record")
    return records if n_events is None else f"{counted(n_events, 'event')}, {records}"


def _part(provenance, name):
    """Return a part of a provenance, empty where it is missing."""
    return provenance.get(name) or {}


def _describe_records(data):
    """Return the number of records, those of each class, shape and type."""
    if data.get("n_records") is None:
        return NOT_RECORDED
    classes = [(label, records) for label, _, records in data["classes"] or ()]
    more = f": {with_numbers(classes, MOST_CLASSES)}" if classes else ""
    shape = data.get("shape") or []
    shape = f"; {sized(shape[1:])} each" if len(shape) > 1 else ""
    dtype = f", {data['dtype']}" if data.get("dtype") else ""
    return f"{data['n_records']:,}{more}{shape}{dtype}"


def _describe_folds(folds):
    """Return number, splitter, and whether events are on both sides of a fold."""
    if folds.get("n_splits") is None:
        return NOT_RECORDED
    text = f"{folds['n_splits']:,}"
    if folds.get("splitter"):
        text += f" by {folds['splitter']}"
    shared = folds.get("n_shared_events")
    if shared == 0:
        return f"{text}; no event is in training and test of one fold"
    if shared:
        return f"{text}; {counted(shared, 'event')} in training and test of one fold"
    return text


def _describe_network(provenance):
    """Return module and input of the network."""
    if "network" not in provenance:
        return NOT_RECORDED
    network, shape = provenance["network"], provenance.get("input_shape")
    if network is None:
        return "none of fingerprints"
    name = network["module"] or "the default network of fingerprints"
    return f"{name}, input {sized(shape)}" if shape else name


def _describe_versions(versions):
    """Return packages with their versions."""
    return ", ".join(f"{n} {v}" for n, v in versions.items()) or NOT_RECORDED

"""Contracts, discriminators and explanations as a notebook shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._utils.html import (
    Html,
    box,
    counted,
    fact_table,
    listed,
    paragraph,
    sized,
    table,
    with_numbers,
)

NAMES = {  # of ranges in a contract
    "p_arrival": "P in seconds from the first sample",
    "peak": "largest absolute sample",
    "snr_db": "SNR in dB",
    "density": "part of the fingerprint that is not zero",
    "distance_km": "distance in km",
    "magnitude": "magnitude",
    "depth_km": "depth in km",
}
MOST_RECORDS = 10  # of an explanation
NOT_KNOWN = "not known"


def contract_html(contract: Any) -> str:
    """Return the facts of the records that a contract is about, and the scores."""
    window = contract.window and "{:g} to {:g} s".format(*contract.window)
    rate = contract.sampling_rate and f"{contract.sampling_rate:g} Hz"
    facts = {
        "Events": f"{sum(contract.events.values()):,}: "
        + with_numbers(contract.events.items()),
        "Records": f"{contract.n_records:,} {contract.kind}, "
        f"{sized(contract.record_shape)} each",
        "Sampling rate": rate or NOT_KNOWN,
        "Components": contract.components or NOT_KNOWN,
        "Units": contract.units,
        "Window": f"{window} from {contract.align}" if window else NOT_KNOWN,
        "Onsets": _pairs(contract.picking),
        "Held-out folds": _pairs(contract.folds),
        "Digests": _pairs(contract.digests),
        "Versions": _pairs(contract.versions),
    }
    scores = [
        (name.replace("_", " "), text)
        for name, text in contract.describe_scores().items()
    ]
    ranges = [
        (NAMES.get(name, name), f"{low:.4g}", f"{high:.4g}")
        for name, (low, high) in contract.ranges.items()
    ]
    return box(
        "InputContract: records that the discriminator is made for",
        fact_table({name: value for name, value in facts.items() if value}),
        table(["score by held-out events", "with 95 % interval"], scores)
        if scores
        else paragraph("No scores."),
        table(["range of the records", "from", "to"], ranges) if ranges else "",
    )


def discriminator_html(discriminator: Any, diagram: str) -> str:
    """Return the diagram of a discriminator, with the contract of a fitted one."""
    contract = getattr(discriminator, "contract_", None)
    if contract is None:
        return diagram
    rule = {
        "Classes": listed(list(discriminator.classes_)),
        "Events vote by": discriminator.vote,
        "Decides": discriminator._abstention().in_words(discriminator.classes_),
    }
    return f"{diagram}{fact_table(rule)}{contract_html(contract)}"


def explanation_html(explanation: Any) -> str:
    """Return how an explanation was made, and the strongest cells of some records."""
    n_records, n_bands, n_windows = explanation.contributions.shape
    bands, windows = explanation.band_edges, explanation.window_edges
    facts = {
        "Method": explanation.method,
        "Cells": f"{counted(n_bands, 'band')}, {bands[0]:.3g} to {bands[-1]:.3g} Hz; "
        f"{counted(n_windows, 'window')}, {windows[0]:.3g} to {windows[-1]:.3g} s",
        "Sampling rate": f"{explanation.sampling_rate:g} Hz",
    }
    if explanation.events is not None:
        facts = {"Events": f"{len(set(explanation.events.tolist())):,}"} | facts
    columns = ["record", "event", "class", "log-odds", "strongest cell", "contribution"]
    shown = range(min(n_records, MOST_RECORDS))
    rows = [_explained(explanation, record) for record in shown]
    left = n_records - len(rows)
    return box(
        f"RecordExplanation of {counted(n_records, 'record')}",
        fact_table(facts),
        table(columns, rows),
        paragraph(f"and {counted(left, 'record')} more") if left else "",
    )


def _explained(explanation, record):
    """Return the row of a record: its strongest cell, whichever way it speaks."""
    cells = explanation.contributions[record]
    events = explanation.events
    event = "" if events is None else events[record]
    row = [record, event, explanation.target[record]]
    row.append(f"{explanation.log_odds[record]:.3g}")
    if not cells.size:
        return [*row, "", ""]
    band, window = np.unravel_index(np.argmax(np.abs(cells)), cells.shape)
    low, high = explanation.band_edges[band : band + 2]
    start, stop = explanation.window_edges[window : window + 2]
    place = f"{low:.3g} to {high:.3g} Hz, {start:.3g} to {stop:.3g} s"
    return [*row, place, f"{cells[band, window]:+.3g}"]


def _pairs(facts) -> Html | str:
    """Return facts within a line."""
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in facts.items()
    )

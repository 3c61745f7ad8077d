"""The part of the report page that says what the sweep was made from."""

from __future__ import annotations

from typing import Any

from .._utils.html import Html, as_html, fact_table, listed, paragraph, table
from .._utils.names import short_names
from .._utils.provenance import NOT_RECORDED, describe_fold, provenance_facts
from ._cube_slice import format_value
from ._report_data import score_names

MOST_FOLDS = 20
NOTHING = (
    "This cube does not know what its sweep was made from, as tables and files of "
    "earlier versions do not."
)


def provenance_part(cube: Any) -> Html:
    """Return the plan, the data, events first, the folds and the versions as HTML."""
    parts = [
        _part("Plan", _plan_table(cube)),
        _part("Events and records by class", _class_table(cube)),
        _part("Folds", _fold_table(cube)),
    ]
    note = Html() if cube.provenance else paragraph(NOTHING)
    scores = {"Scores": _list_scores(cube)}
    facts = fact_table(provenance_facts(cube.provenance) | scores)
    return Html(f"{note}{facts}<div class='parts'>{''.join(parts)}</div>")


def _list_scores(cube):
    """Return the score of each metric, the one that ranks the trials first."""
    known = score_names(cube)
    metrics = sorted(cube.metrics, key=lambda metric: metric != cube.main_metric)
    return ", ".join(
        metric
        if known.get(metric, metric) == metric
        else f"{known[metric]} (as {metric})"
        for metric in metrics
    )


def _part(title, content):
    return Html(f"<section><h3>{as_html(title)}</h3>{as_html(content)}</section>")


def _plan_table(cube):
    """Return the values of each parameter, and the range as it was given."""
    given = (cube.provenance.get("plan") or {}).get("ranges") or {}
    names = short_names([*cube.parameters, *cube.fixed])
    rows = [
        (
            names[name],
            listed([format_value(v) for v in cube.dataset[name].values.tolist()]),
            given.get(name, ""),
        )
        for name in cube.parameters
    ]
    rows += [
        (names[name], format_value(value), "fixed")
        for name, value in cube.fixed.items()
    ]
    return table(["parameter", "values", "given as"], rows, most=len(rows))


def _class_table(cube):
    """Return the numbers of events, then of records, of each class."""
    classes = (cube.provenance.get("data") or {}).get("classes")
    if not classes:
        return paragraph(NOT_RECORDED)
    rows = [
        (label, NOT_RECORDED if events is None else f"{events:,}", f"{records:,}")
        for label, events, records in classes
    ]
    return table(["class", "events", "records"], rows)


def _fold_table(cube):
    """Return the numbers of events and records of each fold."""
    sizes = (cube.provenance.get("folds") or {}).get("sizes")
    if not sizes:
        return paragraph(NOT_RECORDED)
    rows = [(number, *describe_fold(row)) for number, row in enumerate(sizes, start=1)]
    return table(["fold", "training", "test"], rows, most=MOST_FOLDS)

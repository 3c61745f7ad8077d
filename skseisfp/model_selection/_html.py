"""Results of evaluations, and ledgers, as a notebook shows them."""

from __future__ import annotations

from typing import Any

from .._utils.html import box, counted, frame_table, lines, paragraph, with_numbers


def protocols_html(evaluation: Any) -> str:
    """Return the tables of an evaluation by protocols, with what was not run."""
    subsets = evaluation.subsets()
    protocols = list(dict.fromkeys(evaluation.scores["protocol"]))
    leaks = [
        paragraph(f"{protocol}: {leak}")
        for protocol in protocols
        for leak in evaluation._leaks(protocol)
    ]
    not_run = [
        paragraph(f"Not run: {name}: {why}") for name, why in evaluation.not_run.values
    ]
    return box(
        f"ProtocolEvaluation: {counted(len(protocols), 'protocol')}",
        frame_table(evaluation.table()),
        *leaks,
        *(
            [paragraph("Subsets of the events"), frame_table(subsets)]
            * bool(len(subsets))
        ),
        *not_run,
        *map(lines, evaluation.looks),
    )


def nested_html(evaluation: Any) -> str:
    """Return the report of a nested evaluation, and the choice of each fold."""
    return box(
        "NestedEvaluation",
        lines(str(evaluation)),
        frame_table(evaluation.choices.round({"inner_score": 3, "outer_score": 3})),
    )


def curve_html(curve: Any) -> str:
    """Return the learning curve as a table, and the precision of its last score."""
    counts = with_numbers(curve.class_counts.items())
    return box(
        f"EventLearningCurve: {curve.metric} by event, {counts}",
        frame_table(curve.summary().round(3)),
        paragraph(curve._describe_precision()),
    )


def ledger_html(ledger: Any) -> str:
    """Return the sets of a ledger with the number of looks at each.

    A file that is damaged is said to be so; a representation never raises.
    """
    title = f"EvaluationLedger {ledger.path}"
    try:
        sets = ledger.sets()
    except (OSError, ValueError) as error:
        return box(title, paragraph(f"It cannot be read: {error}"))
    if sets.empty:
        return box(title, paragraph("No set of events yet."))
    for name in ("first_look", "last_look"):  # to the minute
        sets[name] = sets[name].str.slice(stop=16).str.replace("T", " ")
    return box(title, frame_table(sets.drop(columns="digest").set_index("name")))

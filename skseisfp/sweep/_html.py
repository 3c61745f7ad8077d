"""Plans and cubes as a notebook shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._utils.html import box, counted, fact_table, listed, paragraph, table
from .._utils.plain import plain_repr
from .._utils.provenance import NOT_RECORDED, provenance_facts
from .trial_lookup import originals_of

SHOWN = ("Date", "Plan", "Events", "Records", "Folds", "Network", "Versions")
DIGITS = 4  # of scores


def plan_html(plan: Any) -> str:
    """Return a plan: its trials, and the values of each parameter."""
    name = f" {plan.name!r}" if plan.name is not None else ""
    title = f"ExperimentPlan{name}: {counted(plan.n_trials, 'trial')}"
    rows = [
        (key, len(values), _listed(values), _as_given(plan.ranges.get(key)))
        for key, values in plan.param_grid.items()
        if key not in plan.fixed
    ]
    rows += [(key, "fixed", plain_repr(value), "") for key, value in plan.fixed.items()]
    columns = ["parameter", "number", "values", "range as given"]
    return box(title, table(columns, rows))


def cube_html(cube: Any) -> str:
    """Return a cube: its axes, the best trial, and what is known of its sweep."""
    values = cube.values().values
    n_folds = cube.dataset.sizes["fold"]
    title = (
        f"ResultCube: {counted(values.size, 'trial')} over "
        f"{counted(len(cube.parameters), 'parameter')}, {counted(n_folds, 'fold')}"
    )
    facts = {"Metrics": listed(cube.metrics), "Best trial": _describe_best(cube)}
    if missing := int((~np.isfinite(values)).sum()):
        facts["Without a result"] = counted(missing, "trial")
    if cube.fixed:
        fixed = [f"{name} = {plain_repr(value)}" for name, value in cube.fixed.items()]
        facts["Fixed"] = listed(fixed)
    known = provenance_facts(cube.provenance)
    known = {name: known[name] for name in SHOWN if known[name] != NOT_RECORDED}
    rows = [
        (name, len(labels), _listed(labels))
        for name in cube.parameters
        for labels in [originals_of(cube.dataset[name])]
    ]
    origin = fact_table(known) if known else paragraph(f"Sweep: {NOT_RECORDED}")
    axes = table(["axis", "number", "values"], rows)
    return box(title, axes, fact_table(facts), origin)


def _describe_best(cube):
    """Return the best trial with its score, or that there is none."""
    try:
        trial = cube.best()
    except ValueError as error:
        return str(error)
    mean = float(cube.values().sel(trial))
    std = float(cube.std().sel(trial))
    params = ", ".join(f"{name} = {value}" for name, value in trial.items())
    metric = cube.main_metric.replace("_", " ")
    at = f" at {params}" if params else ""
    return f"{metric} {mean:.{DIGITS}g} \N{PLUS-MINUS SIGN} {std:.2g}{at}"


def _listed(values):
    return listed([plain_repr(value) for value in values])


def _as_given(spec):
    """Return a range that was given as a string."""
    return spec if isinstance(spec, str) and ":" in spec else ""

"""A sweep as it is in a store, read as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from .._utils.trials import check_n_trials
from ._store import Store
from ._stored_studies import find_sweeps, stored_fits
from ._stored_values import decode_grids
from ._study_identity import check_identity


def read_study(store: Any, name: str | None = None) -> dict[str, Any]:
    """Return the sweep of a name, of which there may be one only if it is None.

    Of the plan that was started last these are its ``name``; ``params``, the dict of
    each trial; ``fits``, a list over trials of a list over folds of dicts, None where
    missing; ``classes``; ``metrics``, their names; ``refit_metric``; ``parameters``,
    the names of the parameters in the order of the plan; ``provenance``.
    """
    with Store(store, create=False) as opened:
        sweep = _find_sweep(opened, name)
        found = stored_fits(opened, sweep.name)
    name, description, plan = sweep
    grids = decode_grids(plan["grids"])
    check_n_trials(f"The study {name}", grids)
    folds = range(description["n_splits"])
    fits = [[found.get((key, fold)) for fold in folds] for key in plan["keys"]]
    done = [fit for row in fits for fit in row if fit is not None]
    metrics = list(dict.fromkeys(name for fit in done for name in fit["scores"]))
    metrics = description["metrics"] or metrics
    for fit in done:
        fit["scores"] = {key: fit["scores"].get(key, np.nan) for key in metrics}
    return {
        "name": name,
        "params": list(ParameterGrid(grids)),
        "fits": fits,
        "classes": description["classes"],
        "metrics": metrics,
        "refit_metric": plan["refit_metric"],
        "parameters": plan["parameters"],
        "provenance": sweep.provenance,
    }


def _find_sweep(store, name):
    """Return the sweep asked for."""
    sweeps = {sweep.name: sweep for sweep in find_sweeps(store)}
    names = ", ".join(map(repr, sorted(sweeps))) or "none"
    if name is None and len(sweeps) == 1:
        (name,) = sweeps
    if name is None:
        raise ValueError(f"Name one of the sweeps in the store: {names}.")
    if name not in sweeps:
        raise ValueError(f"There is no sweep {name!r} in the store; there are {names}.")
    check_identity(name, sweeps[name].description, {})
    return sweeps[name]

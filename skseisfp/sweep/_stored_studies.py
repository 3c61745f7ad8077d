"""Sweeps as they are read from their store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from .._utils.trials import check_n_trials
from ._store import Store
from ._stored_values import decode_grids

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

STORE_VERSION = 2
# attributes of a study
DESCRIPTION = "sweep"
PLAN = "plan"
# attributes of a trial
CANDIDATE = "candidate"
FOLD = "fold_"


def read_study(store: Any, name: str | None = None) -> dict[str, Any]:
    """Read a sweep from its store, finished or still running.

    Parameters
    ----------
    store : str, path-like or optuna.storages.BaseStorage
        As `Store` takes it.
    name : str, default=None
        Name of the study; None takes the only one there is.

    Returns
    -------
    dict
        Of the plan that was started last ``name``; ``params``, the dict of each trial;
        ``fits``, a list over trials of a list over folds of dicts, None where missing;
        ``classes``; ``metrics``, their names; ``refit_metric``; ``parameters``, the
        names of the parameters in the order of the plan.

    Raises
    ------
    ValueError
        If there is no such sweep, or several and no name, or one of another version.
    """
    with Store(store, create=False) as opened:
        name, description = _find_sweep(opened, name)
        study_id = opened.call("get_study_id_from_name", name)
        plan = opened.call("get_study_system_attrs", study_id)[PLAN]
        found = fits_of(opened.call("get_all_trials", study_id, False))
    grids = decode_grids(plan["grids"])
    check_n_trials(f"The study {name}", grids)
    fits = [
        [found.get((key, fold)) for fold in range(description["n_splits"])]
        for key in plan["keys"]
    ]
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
    }


def fits_of(trials: Iterable[FrozenTrial]) -> dict[tuple[str, int], dict]:
    """Return the fits in trials of Optuna by (key of the candidate, fold)."""
    return {
        (trial.user_attrs[CANDIDATE], int(name.removeprefix(FOLD))): dict(fit)
        for trial in trials
        for name, fit in trial.user_attrs.items()
        if name.startswith(FOLD)
    }


def check_version(name: str, description: Mapping[str, Any]) -> None:
    """Raise if another version of this package has written a study."""
    version = description.get("store_version")
    if version != STORE_VERSION:
        raise ValueError(
            f"The study {name!r} is of version {version} of the store, and this "
            f"package reads version {STORE_VERSION}: it was written by skseisfp "
            f"{description.get('versions', {}).get('skseisfp', 'of unknown version')}."
        )


def _find_sweep(store, name):
    """Return name and description of the sweep asked for."""
    sweeps = {
        study.study_name: study.user_attrs[DESCRIPTION]
        for study in store.call("get_all_studies")
        if DESCRIPTION in study.user_attrs
    }
    names = ", ".join(map(repr, sorted(sweeps))) or "none"
    if name is None and len(sweeps) == 1:
        (name,) = sweeps
    if name is None:
        raise ValueError(f"Name one of the sweeps in the store: {names}.")
    if name not in sweeps:
        raise ValueError(f"There is no sweep {name!r} in the store; there are {names}.")
    check_version(name, sweeps[name])
    return name, sweeps[name]

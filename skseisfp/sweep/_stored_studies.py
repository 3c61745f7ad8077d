"""The studies of sweeps in a store: found or made, and read as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from .._utils.trials import check_n_trials
from ._provenance import describe_study
from ._store import Store
from ._stored_values import decode_grids

STORE_VERSION = 2
VERSIONS = "versions of packages"  # among the digests of a description
# attributes of a study
DESCRIPTION = "sweep"
PLAN = "plan"
METRIC_NAMES = "study:metric_names"  # where dashboards look for them
# attributes of a trial
CANDIDATE = "candidate"
FOLD = "fold_"


def read_study(store: Any, name: str | None = None) -> dict[str, Any]:
    """Return the sweep of a name, of which there may be one only if it is None.

    Of the plan that was started last these are its ``name``; ``params``, the dict of
    each trial; ``fits``, a list over trials of a list over folds of dicts, None where
    missing; ``classes``; ``metrics``, their names; ``refit_metric``; ``parameters``,
    the names of the parameters in the order of the plan; ``provenance``.
    """
    with Store(store, create=False) as opened:
        name, description = _find_sweep(opened, name)
        study_id = opened.call("get_study_id_from_name", name)
        plan = opened.call("get_study_system_attrs", study_id)[PLAN]
        found = fits_of(opened.call("get_all_trials", study_id, False))
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
        "provenance": plan.get("provenance") or describe_study(description, plan),
    }


def fits_of(trials: Any) -> dict[tuple[str, int], dict]:
    """Return the fits in trials of Optuna by (key of the candidate, fold)."""
    return {
        (trial.user_attrs[CANDIDATE], int(name.removeprefix(FOLD))): dict(fit)
        for trial in trials
        for name, fit in trial.user_attrs.items()
        if name.startswith(FOLD)
    }


def open_study(
    store: Store, name: str, metrics: list[str], description: dict, plan: dict
) -> int:
    """Return the id of the study of a name, made for what its description says."""
    study = store.make_study(name, len(metrics))
    if study is None:
        study = store.call("get_study_id_from_name", name)
    stored = store.call("get_study_user_attrs", study).get(DESCRIPTION)
    if stored is not None:
        _check(name, stored, description)
    elif store.call("get_all_trials", study, False):
        raise ValueError(f"The study {name!r} of the store is not a sweep.")
    else:
        store.call("set_study_system_attr", study, METRIC_NAMES, metrics)
        store.call("set_study_user_attr", study, DESCRIPTION, description)
    store.call("set_study_system_attr", study, PLAN, plan)
    return study


def changed_versions(old: dict[str, str], new: dict[str, str]) -> str:
    """Return the packages whose versions differ, with both."""
    return ", ".join(
        f"{name} (was {old.get(name, 'missing')}, is {new.get(name, 'missing')})"
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def _check(name, stored, description):
    """Raise if a study is of another version, or was made from something else."""
    version = stored.get("store_version")
    if version != STORE_VERSION:
        raise ValueError(
            f"The study {name!r} is of version {version} of the store, and this "
            f"package reads version {STORE_VERSION}: it was written by skseisfp "
            f"{stored.get('versions', {}).get('skseisfp', 'of unknown version')}."
        )
    digests = description.get("digests", {})
    other = [key for key in digests if stored["digests"].get(key) != digests[key]]
    if VERSIONS in other:
        changed = changed_versions(stored.get("versions", {}), description["versions"])
        other[other.index(VERSIONS)] = f"{VERSIONS}: {changed}"
    if other:
        raise ValueError(
            f"The study {name!r} of the store was made from other "
            f"{', '.join(other)}. Give another study_name, or none: then the name "
            "follows from what the sweep is made from."
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
    _check(name, sweeps[name], {})
    return name, sweeps[name]

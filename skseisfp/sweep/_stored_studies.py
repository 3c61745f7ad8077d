"""The studies of sweeps in a store: made or found, and the fits in them."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from .._utils.digest import digest
from .._utils.optional import import_optional
from ._store import Store
from ._study_identity import StoredSweep, check_identity

# it is written 10 ms after the study is made; other processes may write meanwhile
DESCRIPTION_WAITS = (0.1, 0.3, 1.0, 3.0)  # seconds until it is looked for again
# attributes of a study
DESCRIPTION = "sweep"
PLAN = "plan"
MADE_FROM = "made from "  # and the digest of its description
METRIC_NAMES = "study:metric_names"  # where dashboards look for them
# attributes of a trial
CANDIDATE = "candidate"
FOLD = "fold_"


def find_sweeps(store: Store) -> list[StoredSweep]:
    """Return the sweeps of an open store."""
    return [
        StoredSweep(
            study.study_name, study.user_attrs[DESCRIPTION], study.system_attrs[PLAN]
        )
        for study in store.call("get_all_studies")
        if DESCRIPTION in study.user_attrs and PLAN in study.system_attrs
    ]


def stored_fits(store: Store, name: str) -> dict[tuple[str, int], dict]:
    """Return all fits of a study of an open store."""
    study = store.call("get_study_id_from_name", name)
    return fits_of(store.call("get_all_trials", study, False))


def fits_of(trials: Any) -> dict[tuple[str, int], dict]:
    """Return the fits in trials of Optuna by (key of the candidate, fold)."""
    return {
        (trial.user_attrs[CANDIDATE], int(name.removeprefix(FOLD))): dict(fit)
        for trial in trials
        for name, fit in trial.user_attrs.items()
        if name.startswith(FOLD)
    }


def open_study(
    store: Store, sweep: StoredSweep, metrics: list[str]
) -> tuple[int, tuple[str, str]]:
    """Return the id of the study of a name, made for what its description says.

    The second is an attribute that it has as long as it is this study: ids are given
    again. A sweep leaves its own attribute before it looks for others, so that of two
    which find a study without description not both describe it.
    """
    name, description, plan = sweep
    optuna = import_optional("optuna", extra="sweep")
    directions = [optuna.study.StudyDirection.MAXIMIZE] * len(metrics)
    stored = None
    try:
        study = store.call("create_new_study", directions, name)
    except optuna.exceptions.DuplicatedStudyError:
        study = store.call("get_study_id_from_name", name)
        stored = _wait_for_description(store, study)
    if stored is not None:
        check_identity(name, stored, description)
    elif (
        store.call("get_all_trials", study, False)
        or store.call("get_study_directions", study) != directions
    ):
        raise ValueError(f"The study {name!r} of the store is not a sweep.")
    mark = f"{MADE_FROM}{digest(description['digests'])}"
    shown = store.call("get_study_system_attrs", study)
    if mark not in shown:
        store.call("set_study_system_attr", study, mark, uuid4().hex)
        shown = store.call("get_study_system_attrs", study)
    if stored is None and any(MADE_FROM in other for other in shown.keys() - {mark}):
        raise ValueError(f"Two sweeps begin the study {name!r}. Give another name.")
    if stored is None:
        store.call("set_study_system_attr", study, METRIC_NAMES, metrics)
        store.call("set_study_user_attr", study, DESCRIPTION, description)
    store.call("set_study_system_attr", study, PLAN, plan)
    return study, (mark, shown[mark])


def _wait_for_description(store, study):
    """Return the description of a study, None if its maker was killed before it."""
    for wait in (*DESCRIPTION_WAITS, 0):
        stored = store.call("get_study_user_attrs", study).get(DESCRIPTION)
        if stored is not None:
            return stored
        time.sleep(wait)
    return None

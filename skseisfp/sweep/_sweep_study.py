"""One sweep in its store: which fits are there, and which process runs which trial.

A study belongs to records, folds, estimator and scoring; a trial of it to a candidate,
by a key of all its parameters. Plans with candidates in common share their fits.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

import numpy as np

from .._utils.optional import import_optional
from ._store import Store
from ._stored_studies import CANDIDATE, FOLD, fits_of, open_study
from ._stored_values import encode, make_distributions, show_params
from ._study_identity import StoredSweep
from ._sweep_memory import SweepMemory

HEARTBEAT = 10  # seconds between the heartbeats of a process
TIMEOUT = 60  # seconds without any, as a machine may miss some, until others take over
WANTED = "wanted by "  # the attribute of a study with what a process is going to take
OWNER = "owner"  # the attribute of a trial: which process runs it
PARAMS = "parameters"  # the attribute of a trial with all its parameters
SET_ATTRIBUTE, SET_STATE = "set_trial_user_attr", "set_trial_state_values"
NAMESPACE = Path("/proc/self/ns/pid")  # on Linux containers number their processes
MACHINE = f"{platform.node()} {NAMESPACE.readlink() if NAMESPACE.exists() else ''}"


class SweepStudy(SweepMemory):
    """The study of a sweep, which other processes may run, too.

    It is found by its name, or made; one of this name must have been made from what the
    description of the `sweep` says. Of the `candidates` those of one key in its plan
    share their fits. `folds` are the numbers of the folds within the study.
    """

    shared = True

    def __init__(
        self,
        store: Store,
        sweep: StoredSweep,
        candidates: list[dict[str, Any]],
        folds: list[int],
    ):
        super().__init__()
        self._psutil = import_optional("psutil", extra="sweep")
        self._optuna = import_optional("optuna", extra="sweep")
        self._states = self._optuna.trial.TrialState
        self._store, self._candidates, self._folds = store, candidates, folds
        self._keys, facts = sweep.plan["keys"], sweep.description
        self._all_folds = range(facts["n_splits"])
        self._metrics = facts["metrics"] or [facts["refit_metric"]]
        self._owner = f"process {uuid4().hex}"  # the attribute of its heartbeat
        self._found: dict[tuple[str, int], dict] = {}
        self._running: dict[str, tuple] = {}  # numbers of trials, and who runs them
        self._read: set[int] = set()  # numbers of the finished trials that were read
        self._seen: dict[tuple, float] = {}  # when each heartbeat was seen first
        self._known: dict[str, Any] = {}  # distributions of the study
        self._planned = make_distributions(candidates)
        self._places: dict[str, list[int]] = {}
        for candidate, key in enumerate(self._keys):
            self._places.setdefault(key, []).append(candidate)
        self._id = open_study(store, sweep, self._metrics)
        self._refresh()
        for key in list(self._running):
            self._finish(key)  # stopped between its last fold and its end

    def __enter__(self) -> Self:
        self._show(self._owner, [MACHINE, os.getpid(), time.time()])
        self._stop = Event()
        self._thread = Thread(target=self._keep_alive, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let other processes run the trials that this one has not finished."""
        self._stop.set()
        self._thread.join()
        with suppress(*[OSError] * bool(exception[0])):  # of two the first counts
            self._show(self._owner, None)

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Store a fit."""
        key, number = self._keys[candidate], self._folds[fold]
        self._keep(key, number, fit)
        if key not in self._running:
            self._take(key)
        fit = dict(fit)  # the search changes its own
        self._write(SET_ATTRIBUTE, self._running[key][0], f"{FOLD}{number}", fit)
        self._finish(key)

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run.

        It says which it wants, looks, and leaves those that another process wants, too:
        of two that have said so before they look neither takes them, for now. Of
        candidates with one key the first is run.
        """
        keys = dict.fromkeys(self._keys[number] for number in candidates)
        if not (wanted := self._open_ones(keys)):
            return []
        self._show(f"{WANTED}{self._owner}", wanted)
        own = self._open_ones(wanted)
        for key in own:
            self._take(key)
        if own != wanted:
            self._show(f"{WANTED}{self._owner}", own)
            time.sleep(SystemRandom().uniform(0, 0.1))  # until they want other ones
        firsts = {self._places[key][0] for key in own}
        return [number for number in candidates if number in firsts]

    def prune(self) -> None:
        """Mark trials that were left without some folds, for readers of the store."""
        self._refresh()
        for key in self._places.keys() & self._running.keys():
            if self._is_free(key):
                self._end(key, self._states.PRUNED)

    def _write(self, method, number, *args):
        """Write to the trial of a number, unless another process has finished it."""
        place = self._id, number
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            trial = self._store.call("get_trial_id_from_study_id_trial_number", *place)
            self._store.call(method, trial, *args)

    def _refresh(self):
        """Read what the study holds by now: heartbeats, fits, and who runs what."""
        # before the trials: who wants none any more has stored what it wanted
        shown = self._attributes = self._store.call("get_study_system_attrs", self._id)
        self._wanted = {k.removeprefix(WANTED): shown[k] for k in shown if WANTED in k}
        self._running.clear()
        for trial in self._store.call("get_all_trials", self._id, False):
            if trial.number in self._read:
                continue
            self._known = trial.distributions | self._known
            for (key, fold), fit in fits_of([trial]).items():
                self._keep(key, fold, fit)
            if trial.state.is_finished():
                self._read.add(trial.number)
            elif key := trial.user_attrs.get(CANDIDATE):
                place = trial.number, trial.user_attrs.get(OWNER)
                self._running.setdefault(key, place)

    def _has(self, key, folds):
        return all((key, fold) in self._found for fold in folds)

    def _keep(self, key, fold, fit):
        """Keep a fit for all candidates of a key."""
        self._found[key, fold] = fit
        if fold in self._folds:
            for candidate in self._places.get(key, ()):
                self.fits[candidate, self._folds.index(fold)] = fit

    def _open_ones(self, keys):
        """Return the candidates that lack folds and are left to this process."""
        self._refresh()
        return [k for k in keys if not self._has(k, self._folds) and self._is_free(k)]

    def _is_free(self, key):
        """Return whether no other process that lives runs a candidate, or wants it."""
        _, owner = self._running.get(key, (None, None))
        others = {who for who, keys in self._wanted.items() if key in keys} | {owner}
        return not any(map(self._is_alive, others - {self._owner}))

    def _is_alive(self, owner):
        """Return whether a process shows heartbeats."""
        heartbeat = self._attributes.get(owner)
        if heartbeat is None:
            return False
        machine, process, _ = heartbeat
        if machine == MACHINE and not self._psutil.pid_exists(process):
            return False
        seen = self._seen.setdefault((owner, *heartbeat), time.monotonic())
        return time.monotonic() - seen < TIMEOUT

    def _take(self, key):
        """Make the trial of a candidate, or leave the name of this process at it."""
        if key in self._running:
            self._write(SET_ATTRIBUTE, self._running[key][0], OWNER, self._owner)
            return
        params = self._candidates[self._places[key][0]]
        shown, distributions = show_params(params, self._planned, self._known)
        encoded = {name: encode(value) for name, value in params.items()}
        template = self._optuna.trial.create_trial(
            state=self._states.RUNNING,
            params=shown,
            distributions=distributions,
            user_attrs={CANDIDATE: key, OWNER: self._owner, PARAMS: encoded},
        )
        trial = self._store.call("create_new_trial", self._id, template)
        number = self._store.call("get_trial_number_from_id", trial)
        self._running[key] = number, self._owner

    def _finish(self, key):
        """Give a trial with all folds of the study its objectives, their means."""
        if key in self._running and self._has(key, self._all_folds):
            fits = [self._found[key, fold]["scores"] for fold in self._all_folds]
            scores = [[fit.get(name, np.nan) for fit in fits] for name in self._metrics]
            values = np.mean(scores, axis=1).tolist()
            if np.isfinite(values).all():
                self._end(key, self._states.COMPLETE, values)
            else:
                self._end(key, self._states.FAIL)

    def _end(self, key, state, values=None):
        self._write(SET_STATE, self._running.pop(key)[0], state, values)

    def _keep_alive(self):
        while not self._stop.wait(HEARTBEAT):
            with suppress(OSError):
                self._show(self._owner, [MACHINE, os.getpid(), time.time()])

    def _show(self, name, value):
        """Set an attribute of the study, which other processes read."""
        self._store.call("set_study_system_attr", self._id, name, value)

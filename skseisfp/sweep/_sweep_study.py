"""One sweep in its store: which fits are there, and which process runs which trial.

A study belongs to records, folds, estimator and scoring; a trial of it to a candidate,
by a key of all its parameters. Plans with candidates in common share their fits.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from random import SystemRandom
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

import numpy as np

from .._utils.optional import import_optional
from ._store import LOST, Store
from ._stored_studies import CANDIDATE, FOLD, fits_of, open_study
from ._stored_values import encode, make_distributions, show_params
from ._study_identity import StoredSweep
from ._sweep_memory import SweepMemory

HEARTBEAT = 10  # seconds between the heartbeats of a process
TIMEOUT = 60  # seconds without any, as a machine may miss some, until others take over
WANTED = "wanted by "  # the attribute of a study with what a process runs, or will
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
        self._running: dict[str, int] = {}  # numbers of the trials that have not ended
        self._read: set[int] = set()  # numbers of the finished trials that were read
        self._seen: dict[tuple, float] = {}  # when each heartbeat was seen first
        self._known: dict[str, Any] = {}  # distributions of the study
        self._planned = make_distributions(candidates)
        self._places: dict[str, list[int]] = {}
        for candidate, key in enumerate(self._keys):
            self._places.setdefault(key, []).append(candidate)
        self._id, self._mark = open_study(store, sweep, self._metrics)
        self._refresh()
        for key in list(self._running):
            self._finish(key)  # stopped between its last fold and its end

    def __enter__(self) -> Self:
        self._show_heartbeat()
        self._stop = Event()
        self._thread = Thread(target=self._keep_alive, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let other processes run the trials that this one has not finished."""
        self._stop.set()
        self._thread.join()
        # of two errors the first counts
        with suppress(OSError) if exception[0] else nullcontext():
            self._show(self._owner, None)

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Store a fit."""
        super().put(candidate, fold, fit)
        self._look()
        key, number = self._keys[candidate], self._folds[fold]
        attribute = f"{FOLD}{number}", dict(fit)  # the search changes its own
        if not (key in self._running and self._write(SET_ATTRIBUTE, key, *attribute)):
            self._refresh()  # another process has ended the trial, perhaps without it
            if (key, number) not in self._found:
                self._make(key)
                self._write(SET_ATTRIBUTE, key, *attribute)
        self._keep(key, number, fit)
        self._finish(key)

    def give_up(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Keep a fit for this run only, for all candidates of its key."""
        for place in self._places[self._keys[candidate]]:
            super().give_up(place, fold, fit)

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run.

        Of candidates with one key the first is run.
        """
        own = self._secure([self._keys[number] for number in candidates], self._folds)
        for key in own:
            self._make(key)
        firsts = {self._places[key][0] for key in own}
        return [number for number in candidates if number in firsts]

    def prune(self) -> None:
        """Mark trials that were left without some folds, for readers of the store."""
        self._refresh()
        left = [key for key in self._places if key in self._running]
        for key in self._secure(left, self._all_folds):
            if key in self._running:  # another process may have ended it meanwhile
                self._end(key, self._states.PRUNED)

    def _secure(self, keys, folds):
        """Return the candidates that lack folds and are left to this process from now.

        It says which it wants, looks, and leaves those that another process wants, too:
        of two that have said so before they look neither takes them, for now.
        """
        wanted = self._open_ones(keys, folds)
        if wanted or self._wanted.get(self._owner):
            self._show(f"{WANTED}{self._owner}", wanted)
        own = self._open_ones(wanted, folds) if wanted else []
        if own != wanted:
            self._show(f"{WANTED}{self._owner}", own)
            time.sleep(SystemRandom().uniform(0, 0.1))  # until they want other ones
        return own

    def _open_ones(self, keys, folds):
        """Return the candidates that lack folds and that no other process wants."""
        self._refresh()
        lacking = [key for key in dict.fromkeys(keys) if not self._has(key, folds)]
        taken = {
            key
            for who, wanted in self._wanted.items()
            if who != self._owner and self._is_alive(who)
            for key in wanted
        }
        return [key for key in lacking if key not in taken]

    def _write(self, method, key, *args):
        """Write to the trial of a candidate, and return whether it had not ended."""
        place = self._id, self._running[key]
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            trial = self._store.call("get_trial_id_from_study_id_trial_number", *place)
            self._store.call(method, trial, *args)
            return True
        return False

    def _look(self):
        """Read what processes show, if the study has not become another one."""
        shown = self._attributes = self._store.call("get_study_system_attrs", self._id)
        if self._mark not in shown.items():
            raise OSError(f"The store {self._store.name} {LOST}")
        self._wanted = {k.removeprefix(WANTED): shown[k] for k in shown if WANTED in k}

    def _refresh(self):
        """Read what the study holds by now: who runs what, and fits."""
        self._look()  # first: who wants a trial no more has stored it
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
                self._running.setdefault(key, trial.number)

    def _has(self, key, folds):
        return all((key, fold) in self._found for fold in folds)

    def _keep(self, key, fold, fit):
        """Keep a fit for all candidates of a key."""
        self._found[key, fold] = fit
        if fold in self._folds:
            for candidate in self._places.get(key, ()):
                self.fits[candidate, self._folds.index(fold)] = fit

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

    def _make(self, key):
        """Make the trial of a candidate, unless there is one."""
        if key in self._running:
            return
        params = self._candidates[self._places[key][0]]
        shown, distributions = show_params(params, self._planned, self._known)
        encoded = {name: encode(value) for name, value in params.items()}
        template = self._optuna.trial.create_trial(
            state=self._states.RUNNING,
            params=shown,
            distributions=distributions,
            user_attrs={CANDIDATE: key, PARAMS: encoded},
        )
        trial = self._store.call("create_new_trial", self._id, template)
        self._running[key] = self._store.call("get_trial_number_from_id", trial)

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
        self._write(SET_STATE, key, state, values)
        del self._running[key]

    def _keep_alive(self):
        while not self._stop.wait(HEARTBEAT):
            with suppress(OSError):
                self._show_heartbeat()

    def _show_heartbeat(self):
        self._show(self._owner, [MACHINE, os.getpid(), time.time()])

    def _show(self, name, value):
        """Set an attribute of the study, which other processes read."""
        self._store.call("set_study_system_attr", self._id, name, value)

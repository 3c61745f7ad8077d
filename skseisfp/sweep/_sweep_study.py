"""One sweep in its store: which fits are there, and which process runs which trial.

A study belongs to records, folds, estimator and scoring; a trial of it to a candidate,
by a key of all its parameters. A plan with more values, or with the same in another
order, finds the fits that it has in common with an earlier one.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

import numpy as np

from .._utils.optional import import_optional
from ._store import Store
from ._stored_studies import CANDIDATE, FOLD, fits_of, open_study
from ._stored_values import encode, make_distributions, show_params
from ._sweep_memory import SweepMemory

HEARTBEAT = 10  # seconds between the heartbeats of a process
# six heartbeats: a machine under load may miss some
TIMEOUT = 60  # seconds without a heartbeat until others take over the trials
# a claim takes 0.2 s at most on a busy machine; one killed in a claim costs this time
LOCK_LEASE = 5  # seconds until the lock of a process that has gone is broken
LOCK_WAIT = 0.02  # seconds until a lock is asked for again
LAST_HEARTBEAT = "heartbeat "  # the attribute of a study for each process
OWNER = "owner"  # the attribute of a trial: which process runs it
PARAMS = "parameters"  # the attribute of a trial with all its parameters
RUNNING_HERE: set[str] = set()  # owners of this process


class SweepStudy(SweepMemory):
    """The study of a sweep, which other processes may run, too.

    It is found by its `name`, or made; one of this name must have been made from what
    the `description` says. `plan` is for those who read the store: it has the keys of
    the `candidates`, of which those of one key share their fits. `folds` are the
    numbers of the folds within the study.
    """

    shared = True

    def __init__(
        self,
        store: Store,
        name: str,
        description: dict[str, Any],
        plan: dict[str, Any],
        candidates: list[dict[str, Any]],
        folds: Sequence[int],
    ):
        super().__init__()
        self._optuna = import_optional("optuna", extra="sweep")
        self._states = self._optuna.trial.TrialState
        self._store, self._name = store, name
        self._keys, self._candidates, self._folds = plan["keys"], candidates, folds
        self._all_folds = range(description["n_splits"])
        self._metrics = description["metrics"] or [description["refit_metric"]]
        self._owner = uuid4().hex
        self._found: dict[tuple[str, int], dict] = {}
        self._running: dict[str, int] = {}  # trials that are not finished, by key
        self._owners: dict[str, str | None] = {}  # who runs them
        self._read: set[int] = set()  # numbers of the finished trials that were read
        self._seen: dict[tuple, float] = {}  # when each heartbeat was seen first
        self._known: dict[str, Any] = {}  # distributions of the study
        self._planned = make_distributions(candidates)
        self._places: dict[str, list[int]] = {}
        for candidate, key in enumerate(self._keys):
            self._places.setdefault(key, []).append(candidate)
        with self._lock():
            self._id = open_study(store, name, self._metrics, description, plan)
            self._refresh()
        for key in list(self._running):
            self._finish(key)  # stopped between its last fold and its end

    def __enter__(self) -> Self:
        RUNNING_HERE.add(self._owner)
        self._show_heartbeat([_machine(), os.getpid(), time.time()])
        self._stop = Event()
        self._thread = Thread(target=self._keep_alive, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let other processes run the trials that this one has not finished."""
        self._stop.set()
        self._thread.join()
        RUNNING_HERE.discard(self._owner)
        with suppress(OSError):
            self._release()
        if exception[0] is None:
            self._store.check_place()

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Store a fit."""
        key, number = self._keys[candidate], self._folds[fold]
        self._keep(key, number, fit)
        self._store.check_place()
        if key not in self._running:
            self._take(key)
        fit = dict(fit)  # the search changes its own
        self._write("set_trial_user_attr", key, f"{FOLD}{number}", fit)
        self._finish(key)

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run.

        The first process to make the trial of a candidate has it, and loses it when it
        shows no heartbeat any more. Of candidates with one key the first is run.
        """
        keys = {number: self._keys[number] for number in candidates}
        with self._lock():
            self._refresh()
            for key in keys.values():
                is_done = all((key, fold) in self._found for fold in self._folds)
                if not is_done and self._is_free(key):
                    self._take(key)
        return [
            number
            for number, key in keys.items()
            if self._owners.get(key) == self._owner and number == self._places[key][0]
        ]

    def prune(self) -> None:
        """Mark trials that were left without some folds, for readers of the store."""
        with self._lock():
            self._refresh()
            for key in self._places.keys() & self._running.keys():
                if self._is_free(key):
                    self._end(key, self._states.PRUNED)

    def _call(self, method, *args):
        try:
            return self._store.call(method, *args)
        except KeyError as error:
            raise OSError(
                f"The study {self._name!r} was deleted from the store "
                f"{self._store.name} in the meantime. What this run has computed is in "
                "fit_results_; fit again to store it."
            ) from error

    def _write(self, method, key, *args):
        """Write to the trial of a candidate, unless another process has finished it."""
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            self._call(method, self._running[key], *args)

    @contextmanager
    def _lock(self):
        """Keep other processes from claiming; a study of its own name is the lock.

        To make a study is what storages do for one process only. A lock whose process
        was killed is broken; then two may run one trial, which costs time only.
        """
        call, name = self._store.call, f"{self._name} (locked)"
        seen, since = None, 0.0
        while (lock := self._store.make_study(name, 1)) is None:
            with suppress(KeyError):
                other = call("get_study_id_from_name", name)
                if other != seen:
                    seen, since = other, time.monotonic()
                elif time.monotonic() - since > LOCK_LEASE:
                    call("delete_study", other)
            time.sleep(LOCK_WAIT)
        try:
            yield
        finally:
            with suppress(KeyError):
                call("delete_study", lock)

    def _refresh(self):
        """Read what the study holds by now: heartbeats, fits, and who runs what."""
        self._attributes = self._call("get_study_system_attrs", self._id)
        self._running.clear()
        self._owners.clear()
        for trial in self._call("get_all_trials", self._id, False):
            if trial.number in self._read:
                continue
            self._known = trial.distributions | self._known
            for (key, fold), fit in fits_of([trial]).items():
                self._keep(key, fold, fit)
            if trial.state.is_finished():
                self._read.add(trial.number)
            elif key := trial.user_attrs.get(CANDIDATE):
                place = self._id, trial.number
                trial_id = self._call("get_trial_id_from_study_id_trial_number", *place)
                if self._running.setdefault(key, trial_id) == trial_id:  # the first one
                    self._owners[key] = trial.user_attrs.get(OWNER)

    def _keep(self, key, fold, fit):
        """Keep a fit for all candidates of a key."""
        self._found[key, fold] = fit
        if fold in self._folds:
            for candidate in self._places.get(key, ()):
                self.fits[candidate, self._folds.index(fold)] = fit

    def _is_free(self, key):
        """Return whether no other process runs a candidate, or none that is alive."""
        owner = self._owners.get(key)
        heartbeat = self._attributes.get(f"{LAST_HEARTBEAT}{owner}")
        if owner in (None, self._owner) or heartbeat is None:
            return True
        machine, process, _ = heartbeat
        if machine == _machine() and not _is_running(process, owner):
            return True
        seen = self._seen.setdefault((owner, *heartbeat), time.monotonic())
        return time.monotonic() - seen >= TIMEOUT

    def _take(self, key):
        """Make the trial of a candidate, or leave the name of this process at it."""
        if key in self._running:
            self._write("set_trial_user_attr", key, OWNER, self._owner)
        else:
            params = self._candidates[self._places[key][0]]
            shown, distributions = show_params(params, self._planned, self._known)
            encoded = {name: encode(value) for name, value in params.items()}
            template = self._optuna.trial.create_trial(
                state=self._states.RUNNING,
                params=shown,
                distributions=distributions,
                user_attrs={CANDIDATE: key, OWNER: self._owner, PARAMS: encoded},
            )
            self._running[key] = self._call("create_new_trial", self._id, template)
            self._known = distributions | self._known
        self._owners[key] = self._owner

    def _finish(self, key):
        """Give a trial with all folds of the study its objectives, their means."""
        places = [(key, fold) for fold in self._all_folds]
        if key not in self._running or not self._found.keys() >= set(places):
            return
        fits = [self._found[place]["scores"] for place in places]
        scores = [[fit.get(name, np.nan) for fit in fits] for name in self._metrics]
        values = np.mean(scores, axis=1).tolist()
        if np.isfinite(values).all():
            self._end(key, self._states.COMPLETE, values)
        else:
            self._end(key, self._states.FAIL)

    def _end(self, key, state, values=None):
        self._write("set_trial_state_values", key, state, values)
        del self._running[key], self._owners[key]

    def _keep_alive(self):
        while not self._stop.wait(HEARTBEAT):
            with suppress(OSError):
                self._show_heartbeat([_machine(), os.getpid(), time.time()])

    def _release(self):
        self._show_heartbeat(None)

    def _show_heartbeat(self, heartbeat):
        name = f"{LAST_HEARTBEAT}{self._owner}"
        self._call("set_study_system_attr", self._id, name, heartbeat)


def _machine():
    """Return the machine or container that the numbers of processes belong to."""
    with suppress(OSError):  # another system than Linux
        return f"{platform.node()} {Path('/proc/self/ns/pid').readlink()}"
    return f"{platform.node()} "


def _is_running(process, owner):
    """Return whether a process of this machine may still run."""
    if process == os.getpid():
        return owner in RUNNING_HERE
    if os.name != "posix":  # there a signal of number 0 would stop it
        return True
    try:
        os.kill(process, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True

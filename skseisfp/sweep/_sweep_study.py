"""One sweep in its store: which fits are there, and which process runs which trial.

A study belongs to records, folds, estimator and scoring; a trial of it to a candidate,
by a key of all its parameters. A plan with more values, or with the same in another
order, finds the fits that it has in common with an earlier one.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

import numpy as np

from .._utils.optional import import_optional
from ._store import Store, quiet_optuna
from ._stored_studies import CANDIDATE, DESCRIPTION, FOLD, PLAN, check_version, fits_of
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


@dataclass
class Plan:
    """What a search asks of its study.

    Parameters
    ----------
    candidates : list of dict
        Parameters of the trials.
    keys : list of str
        Key of each candidate; two may have the same.
    folds : list of int
        Numbers of the folds within the study.
    record : dict
        The plan for those who read the store.
    """

    candidates: Sequence[dict[str, Any]]
    keys: Sequence[str]
    folds: Sequence[int]
    record: dict[str, Any]


class SweepStudy(SweepMemory):
    """The study of a sweep in a storage of Optuna.

    Parameters
    ----------
    store : Store
        The store.
    name : str
        Name of the study; it is made if it is not there.
    description : dict
        What the study is made from. One of this name must have been made from the same.
    plan : Plan
        What is to be run.

    Attributes
    ----------
    fits : dict
        Fits by (candidate, fold), those of earlier runs included.
    """

    shared = True

    def __init__(
        self, store: Store, name: str, description: dict[str, Any], plan: Plan
    ):
        super().__init__()
        self._optuna = import_optional("optuna", extra="sweep")
        self._store, self._plan = store, plan
        self._name = name
        self._all_folds = range(description["n_splits"])
        self._metrics = description["metrics"] or [description["refit_metric"]]
        self._owner = uuid4().hex
        self._mine: set[str] = set()
        self._found: dict[tuple[str, int], dict] = {}
        self._running: dict[str, tuple[int, str]] = {}  # number and owner by key
        self._read: set[int] = set()  # numbers of the finished trials that were read
        self._ids: dict[int, int] = {}
        self._seen: dict[str, tuple[Any, float]] = {}
        self._known: dict[str, Any] = {}  # distributions of the study
        self._heartbeats: dict[str, Any] = {}
        self._planned = make_distributions(self._optuna.distributions, plan.candidates)
        self._places: dict[str, list[int]] = {}
        for candidate, key in enumerate(plan.keys):
            self._places.setdefault(key, []).append(candidate)
        self._open(description)

    def __enter__(self) -> Self:
        RUNNING_HERE.add(self._owner)
        self._show_heartbeat()
        self._stop = Event()
        self._thread = Thread(target=self._keep_alive, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Let other processes run the trials that this one has not finished."""
        self._stop.set()
        self._thread.join()
        RUNNING_HERE.discard(self._owner)
        with suppress(OSError, KeyError):
            self._release()
        if exception[0] is None:
            self._store.check_place()

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Store a fit."""
        key, number = self._plan.keys[candidate], self._plan.folds[fold]
        self._keep(key, number, fit)
        self._store.check_place()
        if key not in self._running:
            self._create_trial(key)
        trial, _ = self._running[key]
        try:
            with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
                name, kept = f"{FOLD}{number}", dict(fit)  # the search changes its own
                self._call("set_trial_user_attr", self._id_of(trial), name, kept)
                self._finish_if_complete(key)
        except KeyError as error:
            raise OSError(
                f"The study {self._name!r} was deleted from the store "
                f"{self._store.name} in the meantime. What this run has computed is in "
                "fit_results_; fit again to store it."
            ) from error

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run.

        The first process to make the trial of a candidate has it, and loses it when it
        shows no heartbeat any more. Of candidates with one key the first is run.
        """
        with self._lock():
            self._refresh()
            keys = dict.fromkeys(self._plan.keys[number] for number in candidates)
            for key in keys:
                if not self._is_done(key) and self._is_free(key):
                    self._take(key)
        return [
            candidate
            for candidate in candidates
            if self._plan.keys[candidate] in self._mine
            and candidate == self._places[self._plan.keys[candidate]][0]
        ]

    def prune(self) -> None:
        """Mark trials that were left without some folds, for readers of the store."""
        state = self._optuna.trial.TrialState.PRUNED
        with self._lock():
            self._refresh()
            for key in self._places.keys() & self._running.keys():
                if self._is_free(key):
                    self._end(key, state)

    def _call(self, method, *args):
        return self._store.call(method, *args)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other processes from claiming; a study of its own name is the lock.

        To make a study is what storages do for one process only. A lock whose process
        was killed is broken; then two may run one trial, which costs time only.
        """
        directions = [self._optuna.study.StudyDirection.MAXIMIZE]
        name, seen, since = f"{self._name} (locked)", None, time.monotonic()
        while True:
            with suppress(self._optuna.exceptions.DuplicatedStudyError), quiet_optuna():
                lock = self._call("create_new_study", directions, name)
                break
            with suppress(KeyError):
                other = self._call("get_study_id_from_name", name)
                if other != seen:
                    seen, since = other, time.monotonic()
                elif time.monotonic() - since > LOCK_LEASE:
                    self._call("delete_study", other)
            time.sleep(LOCK_WAIT)
        try:
            yield
        finally:
            with suppress(KeyError):
                self._call("delete_study", lock)

    def _open(self, description):
        """Find the study or make it, compare what it is made from, and read it."""
        with self._lock():
            self._id = self._find_or_make(description)
            self._call("set_study_system_attr", self._id, PLAN, self._plan.record)
        for trial in self._call("get_all_trials", self._id, False):
            self._note(trial)
        for key in list(self._running):
            self._finish_if_complete(key)  # stopped between its last fold and its end

    def _find_or_make(self, description):
        """Return the id of the study."""
        directions = [self._optuna.study.StudyDirection.MAXIMIZE] * len(self._metrics)
        try:
            with quiet_optuna():
                study = self._call("create_new_study", directions, self._name)
        except self._optuna.exceptions.DuplicatedStudyError:
            study = self._call("get_study_id_from_name", self._name)
        stored = self._call("get_study_user_attrs", study).get(DESCRIPTION)
        if stored is None and self._call("get_all_trials", study, False):
            raise ValueError(f"The study {self._name!r} of the store is not a sweep.")
        if stored is None:
            self._call(
                "set_study_system_attr", study, "study:metric_names", self._metrics
            )
            self._call("set_study_user_attr", study, DESCRIPTION, description)
        else:
            check_version(self._name, stored)
            _compare(self._name, stored["digests"], description["digests"])
        return study

    def _refresh(self):
        """Read what other processes have stored since, and who of them lives."""
        attributes = self._call("get_study_system_attrs", self._id)
        self._heartbeats = {
            name.removeprefix(LAST_HEARTBEAT): heartbeat
            for name, heartbeat in attributes.items()
            if name.startswith(LAST_HEARTBEAT)
        }
        state = self._optuna.trial.TrialState.RUNNING
        running = self._call("get_all_trials", self._id, False, (state,))
        numbers = {trial.number for trial in running}
        for number, _ in list(self._running.values()):
            if number not in numbers:
                running.append(self._call("get_trial", self._id_of(number)))
        for trial in running:
            self._note(trial)
            numbers.add(trial.number)
        numbers |= self._read
        number = 0
        while number in numbers or self._note_new(number):
            number += 1

    def _note_new(self, number):
        """Read a trial that another process has made; return whether there is one."""
        try:
            self._note(self._call("get_trial", self._id_of(number)))
        except KeyError:
            return False
        return True

    def _note(self, trial):
        """Keep what a trial holds."""
        key = trial.user_attrs.get(CANDIDATE)
        self._known = trial.distributions | self._known
        if trial.state.is_finished():
            self._read.add(trial.number)
        if key is None:
            return
        for (_, fold), fit in fits_of([trial]).items():
            self._keep(key, fold, fit)
        number, _ = self._running.get(key, (trial.number, None))
        if trial.state.is_finished() and number == trial.number:
            self._running.pop(key, None)
            self._mine.discard(key)
        elif not trial.state.is_finished() and trial.number <= number:
            self._running[key] = trial.number, trial.user_attrs.get(OWNER)

    def _keep(self, key, fold, fit):
        """Keep a fit for all candidates of a key."""
        self._found[key, fold] = fit
        if fold in self._plan.folds:
            for candidate in self._places.get(key, ()):
                self.fits[candidate, self._plan.folds.index(fold)] = fit

    def _is_done(self, key):
        """Return whether a candidate has all folds of this plan."""
        return all((key, fold) in self._found for fold in self._plan.folds)

    def _is_free(self, key):
        """Return whether no other process runs a candidate."""
        _, owner = self._running.get(key, (None, None))
        return owner in (None, self._owner) or not self._is_alive(owner)

    def _is_alive(self, owner):
        """Return whether another process has shown a heartbeat lately."""
        heartbeat = self._heartbeats.get(owner)
        if heartbeat is None:
            return False
        machine, process, _ = heartbeat
        if machine == _machine() and not _is_running(process, owner):
            return False
        last, since = self._seen.get(owner, (None, 0.0))
        if heartbeat != last:
            self._seen[owner] = heartbeat, time.monotonic()
            return True
        return time.monotonic() - since < TIMEOUT

    def _take(self, key):
        """Leave the name of this process at a candidate."""
        self._mine.add(key)
        if key not in self._running:
            self._create_trial(key)
        elif self._running[key][1] != self._owner:
            number, _ = self._running[key]
            with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
                self._call(
                    "set_trial_user_attr", self._id_of(number), OWNER, self._owner
                )
            self._running[key] = number, self._owner

    def _create_trial(self, key):
        """Make the trial of a candidate."""
        params = self._plan.candidates[self._places[key][0]]
        shown, distributions = show_params(params, self._planned, self._known)
        template = self._optuna.trial.create_trial(
            state=self._optuna.trial.TrialState.RUNNING,
            params=shown,
            distributions=distributions,
            user_attrs={
                CANDIDATE: key,
                OWNER: self._owner,
                PARAMS: {name: encode(value) for name, value in params.items()},
            },
        )
        trial_id = self._call("create_new_trial", self._id, template)
        number = self._call("get_trial_number_from_id", trial_id)
        self._known = distributions | self._known
        self._ids[number] = trial_id
        self._running[key] = number, self._owner

    def _id_of(self, number):
        """Return the id of a trial, which the methods of its storage take."""
        if number not in self._ids:
            self._ids[number] = self._call(
                "get_trial_id_from_study_id_trial_number", self._id, number
            )
        return self._ids[number]

    def _finish_if_complete(self, key):
        """Give a trial with all folds of the study its objectives, their means."""
        fits = [self._found.get((key, fold)) for fold in self._all_folds]
        if key not in self._running or None in fits:
            return
        scores = [fit["scores"] for fit in fits if fit is not None]
        values = [
            float(np.mean([fold.get(name, np.nan) for fold in scores]))
            for name in self._metrics
        ]
        states = self._optuna.trial.TrialState
        if np.isfinite(values).all():
            self._end(key, states.COMPLETE, values)
        else:
            self._end(key, states.FAIL)

    def _end(self, key, state, values=None):
        number, _ = self._running.pop(key)
        self._mine.discard(key)
        self._read.add(number)
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            self._call("set_trial_state_values", self._id_of(number), state, values)

    def _keep_alive(self):
        while not self._stop.wait(HEARTBEAT):
            with suppress(OSError, KeyError):
                self._show_heartbeat()

    def _show_heartbeat(self):
        self._set_heartbeat([_machine(), os.getpid(), time.time()])

    def _release(self):
        self._set_heartbeat(None)

    def _set_heartbeat(self, heartbeat):
        name = LAST_HEARTBEAT + self._owner
        self._call("set_study_system_attr", self._id, name, heartbeat)


def _compare(name, stored, expected):
    """Raise if a study was made from something else, and say from what."""
    other = [key for key in expected if stored.get(key) != expected[key]]
    if other:
        raise ValueError(
            f"The study {name!r} of the store was made from other "
            f"{', '.join(other)}. Give another study_name, or none: then the name "
            "follows from what the sweep is made from."
        )


def _machine():
    """Return the machine or container that the numbers of processes belong to."""
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:  # another system than Linux
        space = ""
    return f"{platform.node()} {space}"


def _is_running(process, owner):
    """Return whether a process of this machine may still run."""
    if process == os.getpid():
        return owner in RUNNING_HERE
    if os.name != "posix":  # there a signal of number 0 would stop it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

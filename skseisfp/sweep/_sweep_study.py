"""One sweep in its store: which fits are there, and which process runs which trial."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from os import PathLike
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import numpy as np

from .._compat import trial_id
from .._utils.optional import import_optional
from ._optuna_tables import insert_attribute, insert_trial
from ._store import (
    DESCRIPTION,
    check_version,
    checkpoint,
    clear_errors,
    close_store,
    fits_of,
    is_number,
    open_store,
    quiet_optuna,
    store_url,
    string_of,
)
from ._sweep_memory import SweepMemory

HEARTBEAT = 10  # seconds between the heartbeats of a process
# six heartbeats: a machine under load may miss some
TIMEOUT = 60  # seconds without a heartbeat until others take over the trials
CHECKPOINT = 2  # seconds between checkpoints, which keep the log of a file short
LAST_HEARTBEAT = "heartbeat"  # the attribute of a trial that holds the last heartbeat


class SweepStudy(SweepMemory):
    """The study of a sweep in an Optuna storage.

    Parameters
    ----------
    store : str or path-like
        The store.
    name : str
        Name of the study; it is made if it is not there.
    description : dict
        What the sweep is made from. A study of this name must have been made from
        the same.
    candidates : list of dict
        Parameters of the trials.

    Attributes
    ----------
    fits : dict
        Fits by (candidate, fold), those of earlier runs included.
    name : str
        As given.
    shared : bool
        Whether other processes may run the same sweep: in databases on a server.
    """

    def __init__(
        self,
        store: str | PathLike,
        name: str,
        description: dict[str, Any],
        candidates: list[dict[str, Any]],
    ):
        super().__init__()
        self._optuna = import_optional("optuna", extra="sweep")
        self.name = name
        self._store = store
        self._candidates = candidates
        self._n_splits = description["n_splits"]
        self._metrics = description["metrics"] or [description["refit_metric"]]
        self.shared = store_url(store).get_backend_name() != "sqlite"
        self._owner = uuid4().hex
        self._trial_ids = {}
        self._heartbeats = {}
        self._mine = set()
        self._next_checkpoint = 0.0
        self._storage: Any = open_store(store)
        try:
            with clear_errors(store), quiet_optuna():
                self._open(name, description)
                self._refresh()
                self._finish_complete()
        except BaseException:
            close_store(self._storage)
            raise

    def close(self) -> None:
        """Release the trials that are not finished, and the connections."""
        try:
            self._release()
        finally:
            close_store(self._storage)

    def put(self, candidate: int, fold: int, fit: dict[str, Any]) -> None:
        """Store a fit."""
        self.fits[candidate, fold] = fit
        key = f"fold_{fold}"
        complete = self._is_complete(candidate)
        with clear_errors(self._store):
            if candidate not in self._trial_ids:
                self._create_trial(candidate, {key: fit}, complete)
            else:
                self._add(candidate, key, fit, complete)
            if not self.shared and time.monotonic() > self._next_checkpoint:
                checkpoint(self._storage)
                self._next_checkpoint = time.monotonic() + CHECKPOINT

    def _add(self, candidate, key, fit, complete):
        """Add a fold to a trial, which another process may have finished meanwhile."""
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            trial = self._trial_ids[candidate]
            insert_attribute(self._storage.engine, trial, key, fit)
            if complete:
                self._finish(candidate)

    def claim(self, candidates: list[int]) -> list[int]:
        """Return those of some candidates that this process shall run.

        A candidate belongs to the process that has made its trial first, or, if that
        one has no heartbeat any more, to the last one that has left its own.
        """
        if not self.shared:
            return candidates
        with clear_errors(self._store):
            self._refresh()
            mine = [item for item in candidates if self._try_claim(item)]
            made = {item: self._trial_ids[item] for item in mine}
            self._refresh()
            for candidate, trial in made.items():
                if trial != self._trial_ids[candidate]:
                    self._end(trial, "FAIL")
            self._mine |= {item for item in mine if self._is_mine(item)}
        return [item for item in mine if item in self._mine]

    def _try_claim(self, candidate):
        """Leave a heartbeat at a candidate that no process runs; return whether so."""
        if self._is_complete(candidate):
            return False
        trial = self._trial_ids.get(candidate)
        if trial is None:
            self._create_trial(candidate, {}, complete=False)
        elif candidate not in self._mine:
            if not self._is_abandoned(trial):
                return False
            self._renew(trial)
        return True

    def _is_mine(self, candidate):
        heartbeat, _ = self._heartbeats.get(self._trial_ids[candidate], (None, 0.0))
        return heartbeat is not None and heartbeat.startswith(self._owner)

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Return the context in which other processes see that this one runs."""
        if not self.shared:
            yield
            return
        stop = Event()

        def heartbeat():
            while not stop.wait(HEARTBEAT):
                with suppress(OSError), clear_errors(self._store):
                    for candidate in tuple(self._mine):
                        self._renew(self._trial_ids[candidate])

        thread = Thread(target=heartbeat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _open(self, name, description):
        """Find the study or make it, and compare what it is made from."""
        directions = [self._optuna.study.StudyDirection.MAXIMIZE] * len(self._metrics)
        try:
            self._id = self._storage.create_new_study(directions, name)
        except self._optuna.exceptions.DuplicatedStudyError:
            self._id = self._storage.get_study_id_from_name(name)
        stored = self._storage.get_study_user_attrs(self._id).get(DESCRIPTION)
        if stored is None and self._storage.get_n_trials(self._id):
            raise ValueError(f"The study {name!r} of the store is not a sweep.")
        if stored is None:
            self._storage.set_study_user_attr(self._id, DESCRIPTION, description)
            self._storage.set_study_system_attr(
                self._id, "study:metric_names", self._metrics
            )
        else:
            check_version(name, stored)
            _compare(name, stored["digests"], description["digests"])
        self._study = self._optuna.load_study(study_name=name, storage=self._storage)

    def _refresh(self):
        """Read the fits that this and other processes have stored."""
        trials = self._study.get_trials(deepcopy=False)
        self.fits |= fits_of(trials)
        for trial in trials:
            candidate, number = trial.user_attrs["candidate"], trial_id(trial)
            first = self._trial_ids.get(candidate, number)
            self._trial_ids[candidate] = min(first, number)
            heartbeat = trial.user_attrs.get(LAST_HEARTBEAT)
            if heartbeat != self._heartbeats.get(number, (None,))[0]:
                self._heartbeats[number] = heartbeat, time.monotonic()

    def _is_complete(self, candidate):
        return all((candidate, fold) in self.fits for fold in range(self._n_splits))

    def _finish_complete(self):
        """Finish trials that were stopped between their last fold and their end."""
        for trial in self._study.get_trials(deepcopy=False):
            candidate = trial.user_attrs["candidate"]
            if self._is_complete(candidate) and not trial.state.is_finished():
                self._end(trial_id(trial), *self._outcome(candidate))

    def _is_abandoned(self, trial):
        """Return whether the last heartbeat of a trial is long ago."""
        heartbeat, since = self._heartbeats.get(trial, (None, 0.0))
        return heartbeat is None or time.monotonic() - since > TIMEOUT

    def _release(self):
        """Let other processes run the trials that this one has not finished."""
        for candidate in self._mine:
            self._set_heartbeat(self._trial_ids[candidate], None)

    def _renew(self, trial):
        """Leave a heartbeat at a trial."""
        self._set_heartbeat(trial, self._new_heartbeat())

    def _set_heartbeat(self, trial, heartbeat):
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(trial, LAST_HEARTBEAT, heartbeat)

    def _new_heartbeat(self):
        return f"{self._owner} {time.time()}"

    def _create_trial(self, candidate, attributes, complete):
        params, distributions = self._candidates[candidate], self._distributions
        attributes = {"candidate": candidate} | attributes
        if self.shared:
            attributes[LAST_HEARTBEAT] = self._new_heartbeat()
        state, values = self._outcome(candidate) if complete else ("RUNNING", None)
        self._trial_ids[candidate] = insert_trial(
            self._storage.engine,
            self._id,
            state=self._optuna.trial.TrialState[state],
            values=values,
            params={
                key: _shown(distributions[key], value) for key, value in params.items()
            },
            distributions=distributions,
            attributes=attributes,
        )

    def _finish(self, candidate):
        self._mine.discard(candidate)
        self._end(self._trial_ids[candidate], *self._outcome(candidate))

    def _end(self, trial, state, values=None):
        self._storage.set_trial_state_values(
            trial, self._optuna.trial.TrialState[state], values
        )

    def _outcome(self, candidate):
        """Return the state of a finished trial and its objectives."""
        scores = [self.fits[candidate, i]["scores"] for i in range(self._n_splits)]
        values = [
            float(np.mean([fold.get(name, np.nan) for fold in scores]))
            for name in self._metrics
        ]
        return ("COMPLETE", values) if np.isfinite(values).all() else ("FAIL", None)

    @cached_property
    def _distributions(self):
        """Distributions of the parameters, by which a dashboard draws its axes."""
        values = {}
        for params in self._candidates:
            for key, value in params.items():
                values.setdefault(key, []).append(value)
        return {
            key: _distribution(self._optuna.distributions, found)
            for key, found in values.items()
        }


def _compare(name, stored, expected):
    """Raise if a study was made from something else, and say from what."""
    other = [key for key in expected if stored.get(key) != expected[key]]
    if other:
        raise ValueError(
            f"The study {name!r} of the store was made from other "
            f"{', '.join(other)}. Give another study_name, or none: then the name "
            "follows from what the sweep is made from."
        )


def _distribution(kinds, values):
    """Return the distribution of the values of a parameter."""
    values = [
        value.item() if isinstance(value, np.generic) else value for value in values
    ]
    if all(is_number(value) for value in values):
        integral = all(isinstance(value, int) for value in values)
        kind = kinds.IntDistribution if integral else kinds.FloatDistribution
        return kind(min(values), max(values))
    return kinds.CategoricalDistribution(tuple(dict.fromkeys(map(_label, values))))


def _label(value):
    is_shown = value is None or isinstance(value, (bool, str))
    return value if is_shown else string_of(value)


def _shown(distribution, value):
    """Return a value as its distribution has it."""
    return _label(value) if hasattr(distribution, "choices") else value

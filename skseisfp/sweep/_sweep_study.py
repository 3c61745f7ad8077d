"""One sweep in its store: what is done, what is new, who is at what."""

import time
from contextlib import contextmanager, nullcontext, suppress
from threading import Event, Thread
from uuid import uuid4

import numpy as np

from .._utils.optional import import_optional
from ._optuna_tables import insert_attribute, insert_trial
from ._store import (
    DESCRIPTION,
    cells_of,
    check_version,
    checkpoint,
    clear_errors,
    close_store,
    is_number,
    open_store,
    quiet_optuna,
    store_url,
    text_of,
)

BEAT = 10  # seconds between signs of life of a process at work
SYNC = 2  # seconds until what is stored in a file is on the disk for sure
GRACE = 60  # seconds without one until others take over its work


class SweepMemory:
    """The results of a sweep that is not stored.

    Attributes
    ----------
    cells : dict
        Results by (candidate, fold).
    """

    shared = False

    def __init__(self):
        self.cells = {}

    def put(self, candidate, fold, cell):
        """Keep the result of a fit."""
        self.cells[candidate, fold] = cell

    def claim(self, candidates):
        """Return those of some candidates that this process shall compute."""
        return candidates

    def at_work(self):
        """Give signs of life to other processes meanwhile."""
        return nullcontext()

    def close(self):
        """Give the connections back."""


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
        Parameters of the candidates.

    Attributes
    ----------
    cells : dict
        Results by (candidate, fold), those of earlier runs included.
    shared : bool
        Whether other processes may be at the same sweep: in databases on a server.
    """

    def __init__(self, store, name, description, candidates):
        super().__init__()
        self._optuna = import_optional("optuna", extra="sweep")
        self._store = store
        self._candidates = candidates
        self._n_splits = description["n_splits"]
        self._metrics = description["metrics"] or [description["refit_metric"]]
        self.shared = store_url(store).get_backend_name() != "sqlite"
        self._owner = uuid4().hex
        self._trial_ids = {}
        self._beats = {}
        self._mine = set()
        self._next_sync = 0.0
        self._storage = open_store(store)
        with clear_errors(store), quiet_optuna():
            self._open(name, description)
            self._refresh()
            self._finish_complete()

    def close(self):
        """Give back what was claimed and not finished, and the connections."""
        try:
            self._release()
        finally:
            close_store(self._storage)

    def put(self, candidate, fold, cell):
        """Store the result of a fit."""
        self.cells[candidate, fold] = cell
        key, trial_id = f"fold_{fold}", self._trial_ids.get(candidate)
        complete = self._is_complete(candidate)
        with clear_errors(self._store):
            if trial_id is None:
                self._create_trial(candidate, {key: cell}, complete)
            else:
                self._add(candidate, key, cell, complete)
            if not self.shared and time.monotonic() > self._next_sync:
                checkpoint(self._storage)
                self._next_sync = time.monotonic() + SYNC

    def _add(self, candidate, key, cell, complete):
        """Add a fold to a trial, which another process may have finished meanwhile."""
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            trial_id = self._trial_ids[candidate]
            insert_attribute(self._storage.engine, trial_id, key, cell)
            if complete:
                self._finish(candidate)

    def claim(self, candidates):
        """Return those of some candidates that this process shall compute.

        The first to have made the trial of a candidate has it, or, if that one shows
        no sign of life, the last to have left one.
        """
        if not self.shared:
            return candidates
        with clear_errors(self._store):
            self._refresh()
            mine = [item for item in candidates if self._try_claim(item)]
            made = {item: self._trial_ids[item] for item in mine}
            self._refresh()
            for candidate, trial_id in made.items():
                if trial_id != self._trial_ids[candidate]:
                    self._end(trial_id, "FAIL")
            self._mine |= {item for item in mine if self._is_mine(item)}
        return [item for item in mine if item in self._mine]

    def _try_claim(self, candidate):
        """Leave a sign at a candidate that nobody is at; tell whether it was so."""
        if self._is_complete(candidate):
            return False
        trial_id = self._trial_ids.get(candidate)
        if trial_id is None:
            self._create_trial(candidate, {}, complete=False)
        elif candidate not in self._mine:
            if not self._is_abandoned(trial_id):
                return False
            self._beat(trial_id)
        return True

    def _is_mine(self, candidate):
        beat, _ = self._beats.get(self._trial_ids[candidate], (None, 0.0))
        return beat is not None and beat.startswith(self._owner)

    @contextmanager
    def at_work(self):
        """Give signs of life to other processes meanwhile."""
        if not self.shared:
            yield
            return
        stop = Event()

        def beat():
            while not stop.wait(BEAT):
                with suppress(OSError), clear_errors(self._store):
                    for candidate in tuple(self._mine):
                        self._beat(self._trial_ids[candidate])

        thread = Thread(target=beat, daemon=True)
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
            raise ValueError(f"The study {name!r} of the store is no sweep.")
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
        """Read what this and other processes have stored."""
        trials = self._study.get_trials(deepcopy=False)
        self.cells |= cells_of(trials)
        for trial in trials:
            candidate = trial.user_attrs["candidate"]
            first = self._trial_ids.get(candidate, trial._trial_id)
            self._trial_ids[candidate] = min(first, trial._trial_id)
            beat = trial.user_attrs.get("beat")
            if beat != self._beats.get(trial._trial_id, (None,))[0]:
                self._beats[trial._trial_id] = beat, time.monotonic()

    def _is_complete(self, candidate):
        return all((candidate, fold) in self.cells for fold in range(self._n_splits))

    def _finish_complete(self):
        """Finish trials that were stopped between their last fold and their end."""
        for trial in self._study.get_trials(deepcopy=False):
            candidate = trial.user_attrs["candidate"]
            if self._is_complete(candidate) and not trial.state.is_finished():
                self._end(trial._trial_id, *self._outcome(candidate))

    def _is_abandoned(self, trial_id):
        """Tell whether a trial has shown no sign of life for long."""
        beat, since = self._beats.get(trial_id, (None, 0.0))
        return beat is None or time.monotonic() - since > GRACE

    def _release(self):
        for candidate in self._mine:
            self._beat(self._trial_ids[candidate], None)

    def _beat(self, trial_id, sign=""):
        """Leave a sign of life at a trial, None to let it go."""
        sign = self._sign_of_life() if sign == "" else sign
        with suppress(self._optuna.exceptions.UpdateFinishedTrialError):
            self._storage.set_trial_user_attr(trial_id, "beat", sign)

    def _sign_of_life(self):
        return f"{self._owner} {time.time()}"

    def _create_trial(self, candidate, attributes, complete):
        params, distributions = self._candidates[candidate], self._distributions
        attributes = {"candidate": candidate} | attributes
        if self.shared:
            attributes["beat"] = self._sign_of_life()
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

    def _end(self, trial_id, state, values=None):
        self._storage.set_trial_state_values(
            trial_id, self._optuna.trial.TrialState[state], values
        )

    def _outcome(self, candidate):
        """Return the state of a finished trial and its objectives."""
        scores = [self.cells[candidate, i]["scores"] for i in range(self._n_splits)]
        values = [
            float(np.mean([fold.get(name, np.nan) for fold in scores]))
            for name in self._metrics
        ]
        return ("COMPLETE", values) if np.isfinite(values).all() else ("FAIL", None)

    @property
    def _distributions(self):
        """Distributions of the parameters, by which a dashboard draws its axes."""
        if not hasattr(self, "_known_distributions"):
            values = {}
            for params in self._candidates:
                for key, value in params.items():
                    values.setdefault(key, []).append(value)
            self._known_distributions = {
                key: _distribution(self._optuna.distributions, found)
                for key, found in values.items()
            }
        return self._known_distributions


def _compare(name, stored, expected):
    """Refuse a study that was made from something else, and say from what."""
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
    return value if value is None or isinstance(value, (bool, str)) else text_of(value)


def _shown(distribution, value):
    """Return a value as its distribution has it."""
    return _label(value) if hasattr(distribution, "choices") else value

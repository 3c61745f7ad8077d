"""The engine of a sweep: runs the fits that are missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ._fits import LOST, evaluate_fit, failed_fit, lost_fit
from ._prefix import split_candidate
from ._together import join_jobs
from ._transient import lost_worker_errors

if TYPE_CHECKING:
    from ._sweep_memory import SweepMemory

# at the end of a batch workers wait for the last fit: at most an eighth of the time
JOBS_PER_WORKER = 8  # fits of a batch, at least, for each process
# short against the fits for which several machines are used
PATIENCE = 0.5  # seconds until the store is read again for fits of other processes
# a second time costs little then; longer fits are left to the next start
RETRY_WITHIN = 60  # seconds in which a fit failed that is run again at once
# a new worker of Dask is there after 5 s on a busy machine
WORKERS_BACK = 60  # seconds until a cluster must have workers again
KILLED = (
    "A worker process was killed, which the system does when memory runs out: take "
    "fewer n_jobs or smaller trials"
)


@dataclass
class Sweep:
    """Candidates and folds, and how to run them.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    candidates : list of dict
        Parameters of the trials.
    X, y : array-like
        Records and labels.
    splits : list of (ndarray, ndarray)
        Folds.
    scorer : callable
        As searches have it.
    metadata : set of str
        Names of the metadata that go to `fit` and to the scorers.
    options : dict
        Further arguments of `evaluate_fit`.
    n_jobs, pre_dispatch : object
        As joblib takes them.
    together : bool or "auto"
        Whether networks of one shape are trained at the same time.
    """

    estimator: Any
    candidates: list[dict[str, Any]]
    X: Any
    y: Any
    splits: list[tuple]
    scorer: Any
    metadata: set[str]
    options: dict[str, Any]
    n_jobs: Any
    pre_dispatch: Any
    together: bool | str = False

    def __post_init__(self):
        self._parts = [
            split_candidate(self.estimator, params, self.metadata, self.scorer)
            for params in self.candidates
        ]
        self._heads: dict = {}
        self._lost: set[tuple[int, int]] = set()  # fits that were lost once
        self._most_workers = 1

    @property
    def shape(self) -> tuple[int, int]:
        """Number of candidates and of folds."""
        return len(self.candidates), len(self.splits)

    def run(
        self,
        study: SweepMemory,
        contexts: Callable[[int], dict],
        report: Callable[[], None],
    ) -> None:
        """Run the fits that a study lacks, and store each of them when it ends.

        Parameters
        ----------
        study : SweepMemory
            Where the fits are kept.
        contexts : callable
            Gives the callback context and the caller of a fit, by its number.
        report : callable
            Called after each fit.
        """
        while missing := self._missing(study):
            claimed = False
            for batch in self._batches(missing, study):
                claimed = True
                self._run_batch(batch, study, contexts, report)
            if not claimed:
                time.sleep(PATIENCE)
                report()

    def _missing(self, study):
        """Return candidates that lack folds; those of one head are neighbours."""
        n_splits = len(self.splits)
        missing = [
            candidate
            for candidate in range(len(self.candidates))
            if any((candidate, fold) not in study.fits for fold in range(n_splits))
        ]
        firsts = {}
        for candidate in missing:
            firsts.setdefault(self._key(candidate), candidate)
        return sorted(missing, key=lambda candidate: firsts[self._key(candidate)])

    def _key(self, candidate):
        head, _ = self._parts[candidate]
        return None if head is None else head.key

    def _batches(self, missing, study):
        """Yield lists of candidates that this process runs together."""
        for batch in self._chunks(missing, study.shared):
            if claimed := study.claim(batch):
                yield claimed

    def _chunks(self, missing, shared):
        """Yield lists of candidates with work for all workers.

        A list ends where another head begins, or where other processes may take over,
        but not before it is long enough.
        """
        enough = JOBS_PER_WORKER * self._count_workers() / len(self.splits)
        chunk = []
        for candidate in missing:
            changes = chunk and self._key(candidate) != self._key(chunk[-1])
            if (changes or shared) and len(chunk) >= enough:
                yield chunk
                chunk = []
            chunk.append(candidate)
        yield chunk

    def _run_batch(self, batch, study, contexts, report):
        """Run the fits of some candidates together; after a kill one by one."""
        try:
            jobs = self._jobs(batch, study, contexts)
            if self.together:
                jobs = join_jobs(jobs, self.together is True, self._count_workers())
            self._run_jobs(jobs, study, report)
        except lost_worker_errors():
            for job in self._jobs(batch, study, contexts):
                self._run_alone(job, study, report)

    def _run_jobs(self, jobs, study, report):
        for candidate, fold, fit in chain.from_iterable(self._results(jobs)):
            if LOST in fit:
                self._lose(candidate, fold, fit, study)
            else:
                study.put(candidate, fold, fit)
            report()

    def _run_alone(self, job, study, report):
        """Run one fit in a worker process, which may be killed again."""
        try:
            if not self._waited_for_workers():
                raise BrokenProcessPool("No worker process is left.")
            self._run_jobs(iter([job]), study, report)
        except lost_worker_errors() as error:
            if self.options["error_score"] == "raise":
                raise RuntimeError(f"{KILLED}.") from error
            _, (candidate, fold, *_), _ = job
            study.give_up(candidate, fold, lost_fit(failed_fit(KILLED, np.nan)))
            report()

    def _count_workers(self):
        """Return the number of workers, of a cluster those that it has now."""
        try:
            number = effective_n_jobs(self.n_jobs)
        except TimeoutError:  # Dask's, after some seconds without a worker
            number = 0
        self._most_workers = max(self._most_workers, number)
        return number

    def _waited_for_workers(self):
        """Return whether there are workers again; with fewer joblib runs fits here."""
        until = time.monotonic() + WORKERS_BACK
        while (lacks := self._count_workers() < 2) and time.monotonic() < until:
            time.sleep(PATIENCE)
        return not lacks

    def _lose(self, candidate, fold, fit, study):
        """Leave a fit that was lost for another attempt, or give it up for this run."""
        if (candidate, fold) in self._lost or fit["fit_time"] > RETRY_WITHIN:
            study.give_up(candidate, fold, fit)
        self._lost.add((candidate, fold))

    def _results(self, jobs):
        """Yield the results of jobs one by one as they end.

        A backend of joblib that cannot do so, such as multiprocessing or ray, runs one
        job a worker at a time, so that little is lost if the sweep stops.
        """
        options: dict[str, Any] = {
            "n_jobs": self.n_jobs,
            "pre_dispatch": self.pre_dispatch,
            "batch_size": 1,
        }
        if self._most_workers > 1:
            self._waited_for_workers()
        try:
            parallel: Any = Parallel(**options, return_as="generator_unordered")
        except ValueError:
            with Parallel(**options) as parallel:
                while some := list(islice(jobs, effective_n_jobs(self.n_jobs))):
                    yield from parallel(some)
        else:
            yield from parallel(jobs)

    def _jobs(self, batch, study, contexts):
        """Return the fits of a batch, on the records as their heads transform them."""
        heads = {None: None}
        for candidate in batch:
            key = self._key(candidate)
            if key not in heads:
                known = key in self._heads  # of the batch before
                head, _ = self._parts[candidate]
                heads[key] = self._heads[key] if known else self._transform(head)
        self._heads = heads
        return (
            delayed(_run_fit)(
                candidate,
                fold,
                *self._fitted_on(candidate, heads),
                self.y,
                train=self.splits[fold][0],
                test=self.splits[fold][1],
                scorer=self.scorer,
                split_progress=(fold, len(self.splits)),
                candidate_progress=(candidate, len(self.candidates)),
                **contexts(candidate * len(self.splits) + fold),
                **self.options,
            )
            for candidate in batch
            for fold in range(len(self.splits))
            if (candidate, fold) not in study.fits
        )

    def _transform(self, head):
        """Return all records as a head transforms them, None if it fails.

        Then each fit runs the head and fails on its own.
        """
        try:
            return head.transform(self.X)
        except Exception:
            return None

    def _fitted_on(self, candidate, heads):
        """Return a clone for one fit, its own parameters, and its records."""
        head, whole = self._parts[candidate]
        params = self.candidates[candidate]
        X = heads[self._key(candidate)]
        if X is None:
            return clone(whole), params, self.X
        rest = head.rest()
        names = [name for name, _ in rest.steps] + ["memory", "verbose"]
        own = {k: v for k, v in params.items() if k.partition("__")[0] in names}
        return clone(rest), own, X


def _run_fit(candidate, fold, estimator, parameters, X, y, **options):
    fit = evaluate_fit(estimator, X, y, parameters=parameters, **options)
    return [(candidate, fold, fit)]


def fit_table(
    fits: Mapping[tuple[int, int], dict], shape: Sequence[int]
) -> list[list[dict | None]]:
    """Return fits as a list over candidates of lists over folds."""
    n_candidates, n_splits = shape
    return [
        [fits.get((candidate, fold)) for fold in range(n_splits)]
        for candidate in range(n_candidates)
    ]

"""The engine of a sweep: runs the fits that are missing."""

import time
from dataclasses import dataclass

from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ._cells import evaluate_cell
from ._prefix import split_candidate

JOBS_PER_WORKER = 8  # fits of a batch, at least, for each process
PATIENCE = 0.5  # seconds between looks at what other processes do


@dataclass
class Sweep:
    """A grid of candidates and folds, and how to run it.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    candidates : list of dict
        Parameters.
    X, y : array-like
        Records and labels.
    splits : list of (ndarray, ndarray)
        Folds.
    scorer : callable
        As searches have it.
    metadata : set of str
        Names of all that goes to `fit` and to the scorers beside X and y.
    options : dict
        Further arguments of `evaluate_cell`.
    n_jobs, pre_dispatch : object
        As joblib takes them.
    """

    estimator: object
    candidates: list
    X: object
    y: object
    splits: list
    scorer: object
    metadata: set
    options: dict
    n_jobs: object
    pre_dispatch: object

    def __post_init__(self):
        self._parts = [
            split_candidate(self.estimator, params, self.metadata, self.scorer)
            for params in self.candidates
        ]

    @property
    def shape(self):
        """Number of candidates and of folds."""
        return len(self.candidates), len(self.splits)

    def run(self, study, contexts, report):
        """Run the fits that a study lacks, and hand it each result as it comes.

        Parameters
        ----------
        study : SweepMemory
            Where the results go.
        contexts : callable
            Gives the callback context and the caller of a fit, by its number.
        report : callable
            Called after each result.
        """
        with study.at_work():
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
            if any((candidate, fold) not in study.cells for fold in range(n_splits))
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
        enough = JOBS_PER_WORKER * effective_n_jobs(self.n_jobs) / len(self.splits)
        chunk = []
        for candidate in missing:
            changes = chunk and self._key(candidate) != self._key(chunk[-1])
            if (changes or shared) and len(chunk) >= enough:
                yield chunk
                chunk = []
            chunk.append(candidate)
        yield chunk

    def _run_batch(self, batch, study, contexts, report):
        parallel = Parallel(
            n_jobs=self.n_jobs,
            pre_dispatch=self.pre_dispatch,
            batch_size=1,
            return_as="generator_unordered",
        )
        jobs = self._jobs(batch, study, contexts)
        for candidate, fold, cell in parallel(jobs):
            study.put(candidate, fold, cell)
            report()

    def _jobs(self, batch, study, contexts):
        """Return the fits of a batch, with what their heads give."""
        heads = {None: None}
        for candidate in batch:
            if self._key(candidate) not in heads:
                head, _ = self._parts[candidate]
                heads[head.key] = self._transform(head)
        return (
            delayed(_run_cell)(
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
            if (candidate, fold) not in study.cells
        )

    def _transform(self, head):
        """Return what a head makes of all records, None if it cannot.

        Then each fit runs the head itself and fails by itself.
        """
        try:
            return head.transform(self.X)
        except Exception:
            return None

    def _fitted_on(self, candidate, heads):
        """Return a clone for one fit, its own parameters, and what it is fitted on."""
        head, whole = self._parts[candidate]
        params = self.candidates[candidate]
        X = heads[self._key(candidate)]
        if X is None:
            return clone(whole), params, self.X
        rest = head.rest()
        names = [name for name, _ in rest.steps] + ["memory", "verbose"]
        own = {k: v for k, v in params.items() if k.partition("__")[0] in names}
        return clone(rest), own, X


def _run_cell(candidate, fold, estimator, parameters, X, y, **options):
    cell = evaluate_cell(estimator, X, y, parameters=parameters, **options)
    return candidate, fold, cell


def cell_table(cells, shape):
    """Return cells as a list over candidates of lists over folds."""
    n_candidates, n_splits = shape
    return [
        [cells.get((candidate, fold)) for fold in range(n_splits)]
        for candidate in range(n_candidates)
    ]

"""Exhaustive search that keeps all it finds and continues where it stopped."""

import time
from os import PathLike

import numpy as np
from sklearn.base import _fit_context, clone, is_classifier
from sklearn.metrics._scorer import _BaseScorer, _MultimetricScorer, _PassthroughScorer
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures
from sklearn.utils import indexable
from sklearn.utils.validation import _check_method_params

from .._utils.digest import digest, environment
from ..metrics import EventScorer
from ..metrics.aggregation import has_event_index, resolve_groups
from ..model_selection.evaluation_ledger import EvaluationLedger
from ._cells import SINGLE, as_output, fill_scores, fit_error
from ._ledger_search import SearchLooks
from ._progress import show_progress
from ._store import STORE_VERSION, encode
from ._sweep import Sweep, cell_table
from ._sweep_study import SweepMemory, SweepStudy
from .experiment_plan import ExperimentPlan


class SweepSearchCV(GridSearchCV):
    """Exhaustive search that survives, and keeps what it finds of each fit.

    :class:`~sklearn.model_selection.GridSearchCV` with the same results, and beside
    them: every finished fit goes into a store at once, a search that was stopped goes
    on where it was, steps that look at one record at a time are computed once for all
    folds and trials, and each fit leaves its confusion matrices, its history, the
    number of its parameters and the reason of a failure.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    param_grid : ExperimentPlan, dict or list of dict
        The plan, or a grid as :class:`~sklearn.model_selection.GridSearchCV` takes it.
    store : str or path-like, default=None
        Path of an SQLite file or URL of another database, see Notes. None keeps the
        results in memory and writes no file.
    study_name : str, default=None
        Name of the study in the store. None makes it from a digest of all that the
        results depend on. A study of a given name must have been made from the same.
    progress : bool, default=False
        Show trials, fits, the best so far and the time left, by rich.
    ledger : EvaluationLedger, default=None
        Ledger in which each candidate is a look at the events, see Notes.
    scoring : str, callable, list, tuple or dict, default=None
        As :class:`~sklearn.model_selection.GridSearchCV` takes it, as do all
        parameters below.
    n_jobs : int, default=None
        Number of fits at a time.
    refit : bool, str or callable, default=True
        Whether, or by which metric or rule, the best candidate is fitted on all data.
    cv : int, cross-validation generator or iterable, default=None
        Folds.
    verbose : int, default=0
        What each fit fingerprints.
    pre_dispatch : int or str, default="2*n_jobs"
        Number of fits handed to the workers ahead.
    error_score : "raise" or number, default=numpy.nan
        Score of a fit that failed; ``"raise"`` stops the search.
    return_train_score : bool, default=False
        Whether the training records are scored, too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As of :class:`~sklearn.model_selection.GridSearchCV`, and for each candidate
        ``n_parameters`` (NaN for what is no network) and ``error`` (None if all folds
        went well).
    fit_results_ : list of list of dict
        For each candidate and fold ``scores``, ``train_scores``, ``confusion`` and
        ``event_confusion`` (counts, true x predicted, by record and by event),
        ``history`` (a dict an epoch), ``n_parameters``, ``fit_time``, ``score_time``
        and ``error``; None where there is none. After an interrupt the missing fits
        are None.
    cell_classes_ : list
        Labels in the order of the confusion matrices; None for what is no classifier.
    study_name_ : str or None
        Name of the study in the store.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
            refit_time_, multimetric_ : object
        As of :class:`~sklearn.model_selection.GridSearchCV`.

    See Also
    --------
    ExperimentPlan : Ranges of parameters.

    Notes
    -----
    The store is an Optuna storage with one study a search and one trial a candidate,
    so ``optuna-dashboard sqlite:///study.db`` shows it, with one objective a metric.
    Several searches, nested and repeated ones too, share a store. A study belongs to
    the estimator, plan, records, labels, metadata, folds, scorers and the versions of
    the packages, all told by their contents; a search made from anything else is
    another study. A fit that failed counts as finished. Functions and classes count
    by their names, functions also by their code: if you edit a class of your own
    module, name the study again.

    SQLite is for one process at a time; on a server such as PostgreSQL
    (``store="postgresql+psycopg://user@host/database"``) several machines with the same
    data and versions share the work. What a dead one was at is taken over after a
    minute.

    Each fit runs on one thread of BLAS and torch: ``n_jobs`` is for speed, and changes
    no score where `random_state` is an integer. With ``n_jobs`` beyond one machine,
    ``joblib.parallel_config(backend="dask")``.

    Steps at the head of a :class:`~sklearn.pipeline.Pipeline` are computed once where
    they look at one record at a time (`AdaptiveHighpassFilter`, `FilterAugmenter`,
    `FingerprintTransformer` without `standardize`), take no metadata, and all scorers
    are scikit-learn's or this package's, which ask only the estimator about the
    records. Fit times are without them then.

    With a `ledger`, the search opens a look for each candidate before the fits and
    records its mean test score after them, by the metric of `refit` or the first one.
    It needs the events, from ``groups`` or from the index of the labels. A sealed set
    raises before any fit, unless there is one candidate. Fits that failed are not
    looks, and a search that is resumed or repeated with the same results adds none.

    References
    ----------
    .. [1] Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization
       framework, doi:10.1145/3292500.3330701

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skseisfp.sweep import ExperimentPlan, SweepSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> plan = ExperimentPlan({"C": [0.1, 1, 10]}, fixed={"kernel": "linear"})
    >>> search = SweepSearchCV(SVC(), plan, cv=3).fit(X, y)
    >>> search.best_params_
    {'C': 1, 'kernel': 'linear'}
    >>> search.fit_results_[0][1]["confusion"]
    [[17, 0, 0], [0, 15, 1], [0, 0, 17]]
    """

    _parameter_constraints = {
        **GridSearchCV._parameter_constraints,
        "param_grid": [dict, list, ExperimentPlan],
        "store": [str, PathLike, None],
        "study_name": [str, None],
        "progress": ["boolean"],
        "ledger": [EvaluationLedger, None],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        store=None,
        study_name=None,
        progress=False,
        ledger=None,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
    ):
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.store = store
        self.study_name = study_name
        self.progress = progress
        self.ledger = ledger

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Run all fits that the store lacks, then fit the best on all data.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        y : array-like of shape (n_records,), default=None
            Labels.
        **params : dict
            Metadata: ``groups`` for the folds, the event scores and the confusion
            matrices by event, and what the estimator's `fit` and the scorers take, as
            in :class:`~sklearn.model_selection.GridSearchCV`.

        Returns
        -------
        SweepSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If the estimator has no parameter of a name in the plan, if event scores
            lack the events, if all fits failed, if the store is none, is of another
            version, or a named study was made from something else.
        OSError
            If the store cannot be reached or written, or stays locked.
        SealedSetError
            If the ledger has the events sealed.
        """
        scorer, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        context = self._init_callback_context(
            max_subtasks=1 + (self.refit is not False)
        ).call_on_fit_task_begin(estimator=self, X=X, y=y)
        sweep = self._prepare(X, y, params, routed, scorer)
        looks = SearchLooks(self, sweep, sweep.candidates)
        self._run(sweep, context, params)
        self._conclude(sweep.candidates, scorer, refit_metric)
        looks.record(self.cv_results_)
        if self.refit:
            self._refit(X, y, routed.estimator.fit, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _prepare(self, X, y, params, routed, scorer):
        """Freeze folds and candidates and check what can be checked before any fit."""
        grid = self._grid()
        split_params = routed.splitter.split
        self._checked_cv_orig = check_cv(
            self.cv, y, classifier=is_classifier(self.estimator)
        )
        _check_events(scorer, y, routed.scorer.score)
        splits = list(self._checked_cv_orig.split(X, y, **split_params))
        self.n_splits_ = len(splits)
        expected = self._checked_cv_orig.get_n_splits(X, y, **split_params)
        if len(splits) != expected or not splits:
            raise ValueError(f"cv makes {len(splits)} folds and announces {expected}.")
        self.cell_classes_ = self._classes(y)
        return Sweep(
            estimator=self.estimator,
            candidates=list(ParameterGrid(grid)),
            X=X,
            y=y,
            splits=splits,
            scorer=scorer,
            metadata={*routed.estimator.fit, *routed.scorer.score},
            options={
                "classes": self.cell_classes_,
                "groups": _events(params, y),
                "fit_params": routed.estimator.fit,
                "score_params": routed.scorer.score,
                "return_train_score": self.return_train_score,
                "error_score": self.error_score,
                "verbose": self.verbose,
            },
            n_jobs=self.n_jobs,
            pre_dispatch=self.pre_dispatch,
        )

    def _grid(self):
        planned = isinstance(self.param_grid, ExperimentPlan)
        return self.param_grid.param_grid if planned else self.param_grid

    def _classes(self, y):
        """Return the labels, None for what is no classifier of one label a record."""
        if y is None or not is_classifier(self.estimator) or np.ndim(y) != 1:
            return None
        return np.unique(np.asarray(y)).tolist()

    def _run(self, sweep, context, params):
        """Run the sweep; what it has found is kept also if it is stopped."""
        subcontext = context.subcontext(
            task_name="search",
            max_subtasks=len(sweep.candidates) * self.n_splits_,
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self)
        contexts = self._fit_contexts(subcontext, len(sweep.candidates))
        study = self._open_study(sweep, params)
        metric = self.refit if isinstance(self.refit, str) else None
        try:
            with show_progress(
                self.progress, study.cells, *sweep.shape, metric
            ) as report:
                sweep.run(study, contexts, report)
        finally:
            self.fit_results_ = cell_table(study.cells, sweep.shape)
            study.close()
        subcontext.call_on_fit_task_end(estimator=self)

    def _fit_contexts(self, context, n_candidates):
        """Return what gives each fit its context, where there are callbacks."""
        parts = [self, self.estimator, *self.estimator.get_params(deep=True).values()]
        if not any(hasattr(part, "_skl_callbacks") for part in parts):
            return lambda number: {}
        made = [
            context.subcontext(task_name="candidate-split-evaluation", task_id=number)
            for number in range(n_candidates * self.n_splits_)
        ]
        return lambda number: {"callback_ctx": made[number], "caller": self}

    def _open_study(self, sweep, params):
        self.study_name_ = None
        if self.store is None:
            return SweepMemory()
        description = self._describe(sweep, params)
        parts = digest(description["digests"])
        self.study_name_ = self.study_name or f"sweep-{parts}"
        return SweepStudy(self.store, self.study_name_, description, sweep.candidates)

    def _describe(self, sweep, params):
        """Return what the study of this search is made from, for the store."""
        grids = self._grid()
        grids = [grids] if isinstance(grids, dict) else grids
        metrics = _metric_names(sweep.scorer)
        refit_metric = self.refit if isinstance(self.refit, str) else None
        versions = environment()
        return {
            "store_version": STORE_VERSION,
            "plan": getattr(self.param_grid, "name", None),
            "grid": encode([{k: list(v) for k, v in grid.items()} for grid in grids]),
            "parameters": list(dict.fromkeys(key for grid in grids for key in grid)),
            "metrics": metrics,
            "refit_metric": refit_metric or (metrics or [SINGLE])[0],
            "n_splits": self.n_splits_,
            "classes": self.cell_classes_,
            "versions": versions,
            "digests": {
                "estimator": digest(self.estimator),
                "plan": digest(sweep.candidates),
                "records": digest(sweep.X),
                "labels": digest(sweep.y),
                "groups or other metadata": digest(params),
                "folds": digest(sweep.splits),
                "scoring": digest(sweep.scorer, self.return_train_score),
                "versions of packages": digest(versions),
            },
        }

    def _conclude(self, candidates, scorer, refit_metric):
        """Tabulate the cells and choose the best candidate."""
        cells = [cell for row in self.fit_results_ for cell in row]
        _warn_or_raise_about_fit_failures(
            [{"fit_error": fit_error(cell)} for cell in cells], self.error_score
        )
        names = _metric_names(scorer) or next(
            (list(cell["scores"]) for cell in cells if cell["error"] is None), [SINGLE]
        )
        for cell in cells:
            fill_scores(cell, names, self.error_score, self.return_train_score)
        out = [as_output(cell, names) for cell in cells]
        results = self._format_results(candidates, self.n_splits_, out)
        results["n_parameters"] = np.array(
            [_first(row, "n_parameters") for row in self.fit_results_], dtype=float
        )
        results["error"] = np.array(
            [_first(row, "error") for row in self.fit_results_], dtype=object
        )
        self.multimetric_ = names != [SINGLE]
        if self.multimetric_ and callable(self.scoring):
            self._check_refit_for_multimetric(dict.fromkeys(names))
            refit_metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = self._select_best_index(
                self.refit, refit_metric, results
            )
            if not callable(self.refit):
                scores = results[f"mean_test_{refit_metric}"]
                self.best_score_ = scores[self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        several = isinstance(scorer, _MultimetricScorer)
        self.scorer_ = scorer._scorers if several else scorer
        self.cv_results_ = results

    def _refit(self, X, y, fit_params, context):
        """Fit the best candidate on all data."""
        self.best_estimator_ = clone(self.estimator).set_params(
            **clone(self.best_params_, safe=False)
        )
        subcontext = context.subcontext(task_name="refit-with-best-params")
        with subcontext.propagate_callback_context(self.best_estimator_):
            subcontext.call_on_fit_task_begin(estimator=self, X=X, y=y)
            start = time.time()
            labels = () if y is None else (y,)
            self.best_estimator_.fit(X, *labels, **fit_params)
            self.refit_time_ = time.time() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
        subcontext.call_on_fit_task_end(estimator=self, X=X, y=y)


def _metric_names(scorer):
    """Return the names of the metrics, None where only the scores will tell."""
    if isinstance(scorer, _MultimetricScorer):
        return list(scorer._scorers)
    if isinstance(scorer, EventScorer):
        return [SINGLE] if isinstance(scorer._metric, str) else None
    single = isinstance(scorer, (_BaseScorer, _PassthroughScorer))
    return [SINGLE] if single else None


def _check_events(scorer, y, score_params):
    """Refuse event scores without events before any fit."""
    several = isinstance(scorer, _MultimetricScorer)
    scorers = scorer._scorers.values() if several else [scorer]
    if any(type(item) is EventScorer for item in scorers) and not score_params:
        resolve_groups(y)


def _events(params, y):
    """Return the event of each record, None if nothing tells it."""
    if params.get("groups") is not None:
        return np.asarray(params["groups"])
    return y.index.to_numpy() if has_event_index(y) else None


def _first(cells, key):
    """Return the first value of a key in a row of cells that is not None."""
    return next((cell[key] for cell in cells if cell[key] is not None), None)

"""What the searches of this package have in common: a store, progress and looks."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import indexable

from .._compat import (
    BaseSearchCV,
    HasMethods,
    check_method_params,
    check_refit,
    find_scorers,
    fit_callbacks,
    fit_context,
    format_results,
    has_callbacks,
    route_fit_params,
    scorers_by_name,
    select_best_index,
)
from .._parameters import ValidatedParameters
from .._utils.docs import InheritedParameterDocs
from ..ensemble.event_folds import splits_groups
from ..events import find_groups, sortable
from ..model_selection.evaluation_ledger import EvaluationLedger
from ._fits import (
    SINGLE,
    as_output,
    fill_scores,
    made_fits,
    report_failures,
    score_names,
)
from ._ledger_search import SearchLooks
from ._progress import show_progress
from ._scoring import check_events, metric_names
from ._search_store import SearchStore
from ._sweep import Sweep

if TYPE_CHECKING:
    from typing import Self

    import numpy.typing as npt
    from optuna.storages import BaseStorage


class BaseSweepSearchCV(InheritedParameterDocs, ValidatedParameters, BaseSearchCV):
    """Base of searches that store every fit.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    store : str, path-like or optuna.storages.BaseStorage, default=None
        Path of an SQLite file, URL of another database, or any storage of Optuna. None
        keeps the results in memory and writes no file.
    study_name : str, default=None
        Name of the study in the store. None makes it from a digest of all that a fit
        belongs to but the parameters of the trial. A study of a given name must have
        been made from the same.
    ledger : EvaluationLedger, default=None
        Ledger in which each trial is a look at the events.
    scoring : str, callable, list, tuple or dict, default=None
        As :class:`~sklearn.model_selection.GridSearchCV` takes it, as do all
        parameters below.
    n_jobs : int, default=None
        Number of fits at a time.
    refit : bool, str or callable, default=True
        Whether, or by which metric or rule, the best trial is fitted on all data.
    cv : int, cross-validation generator or iterable, default=None
        Folds. Where events are known and some are in training and test of one fold, as
        with None and an integer, a warning says how many.
    verbose : int, default=0
        Positive shows trials, fits, the best so far and the time left in a terminal
        or notebook (needs rich); 2 and more print a line for each fit, too, as in
        :class:`~sklearn.model_selection.GridSearchCV`.
    pre_dispatch : int or str, default="2*n_jobs"
        Number of fits handed to the workers ahead.
    error_score : "raise" or number, default=numpy.nan
        Score of a fit that failed; ``"raise"`` stops the search.
    return_train_score : bool, default=False
        Whether the training records are scored, too.
    """

    cv_results_: dict[str, Any]
    fit_results_: list[list[dict[str, Any] | None]]
    confusion_labels_: list | None
    provenance_: dict[str, Any]
    best_estimator_: Any
    best_score_: float
    best_params_: dict[str, Any]
    best_index_: int
    scorer_: Any
    n_splits_: int
    refit_time_: float
    multimetric_: bool

    _parameter_constraints = {
        **BaseSearchCV._parameter_constraints,
        "store": [str, PathLike, HasMethods(["create_new_study"]), None],
        "study_name": [str, None],
        "ledger": [EvaluationLedger, None],
    }

    @abstractmethod
    def __init__(
        self,
        estimator: BaseEstimator,
        *,
        store: str | PathLike | BaseStorage | None = None,
        study_name: str | None = None,
        ledger: EvaluationLedger | None = None,
        scoring: str | Callable | Iterable | dict | None = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: float | str = np.nan,
        return_train_score: bool = False,
    ):
        options: dict[str, Any] = {
            "scoring": scoring,
            "n_jobs": n_jobs,
            "refit": refit,
            "cv": cv,
            "verbose": verbose,
            "pre_dispatch": pre_dispatch,
            "error_score": error_score,
            "return_train_score": return_train_score,
        }
        # super() of a subclass that is a GridSearchCV, too, would ask for a grid
        BaseSearchCV.__init__(self, estimator, **options)
        self.store = store
        self.study_name = study_name
        self.ledger = ledger

    @abstractmethod
    def _plan(self) -> list[dict] | None:
        """Return the trials, None where they are not known before the fits."""

    @abstractmethod
    def _search(self, sweep: Sweep, params: dict, context: Any) -> list[dict]:
        """Run the fits, keep them in `fit_results_` and return the trials."""

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: npt.ArrayLike | None = None, **params: Any) -> Self:
        """Run all fits that the store lacks, then fit the best trial on all data.

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
        self
            The fitted search.

        Raises
        ------
        ValueError
            If the estimator has no parameter of a name that is tried, if event scores
            lack the events, if all fits failed, if the store is not one, is of another
            version, or a named study was made from something else; of staged searches
            also if a stage varies more than three parameters, or if there are no
            stages and no catalogue to make them from.
        OSError
            If the store cannot be reached or written, stays locked, or was deleted,
            replaced or damaged in the meantime; `fit_results_` has what was computed.
        SealedSetError
            If the ledger has the events sealed.
        """
        scorer, metric = find_scorers(self)
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = route_fit_params(self, params)
        trials = self._plan()
        n_tasks = None if trials is None else 1 + (self.refit is not False)
        context = fit_callbacks(self, n_tasks)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        sweep = self._prepare(X, y, params, routed, scorer, trials or [])
        looks = SearchLooks(self, sweep, trials)
        trials = self._search(sweep, params, context)
        self._conclude(trials, scorer, metric)
        looks.record(self.cv_results_)
        if self.refit:
            self._refit(X, y, routed.estimator.fit, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _prepare(self, X, y, params, routed, scorer, trials):
        """Make the folds, and check what can be checked before any fit."""
        cv: Any = self.cv
        cv = check_cv(cv, y, classifier=is_classifier(self.estimator))
        check_events(scorer, X, y, routed.scorer.score)
        split_params = self._split_params(cv, X, y, params, routed)
        splits = list(cv.split(X, y, **split_params))
        self.n_splits_ = len(splits)
        expected = cv.get_n_splits(X, y, **split_params)
        if len(splits) != expected or not splits:
            raise ValueError(f"cv makes {len(splits)} folds and announces {expected}.")
        self.confusion_labels_ = self._find_labels(y)
        return Sweep(
            estimator=self.estimator,
            candidates=trials,
            X=X,
            y=y,
            splits=splits,
            scorer=scorer,
            metadata={*routed.estimator.fit, *routed.scorer.score},
            options={
                "classes": self.confusion_labels_,
                "groups": find_groups(y, params.get("groups"), X=X),
                "fit_params": routed.estimator.fit,
                "score_params": routed.scorer.score,
                "return_train_score": self.return_train_score,
                "error_score": self.error_score,
                "verbose": self.verbose,
            },
            n_jobs=self.n_jobs,
            pre_dispatch=self.pre_dispatch,
        )

    @staticmethod
    def _split_params(cv, X, y, params, routed):
        """Return the metadata of the folds; splitters of events get those of `y`."""
        split_params = dict(routed.splitter.split)
        takes_groups = splits_groups(cv, unknown="groups" in split_params)
        if takes_groups and split_params.get("groups") is None:
            split_params["groups"] = find_groups(y, params.get("groups"), X=X)
        if "groups" in split_params:
            split_params["groups"] = sortable(split_params["groups"])
        return split_params

    def _find_labels(self, y):
        """Return the labels, None where there is not one label for each record."""
        if y is None or not is_classifier(self.estimator) or np.ndim(y) != 1:
            return None
        return np.unique(np.asarray(y)).tolist()

    def _run(self, sweep, study, context):
        """Run the fits of a sweep that its study lacks."""
        context = context.subcontext(
            task_name="search",
            max_subtasks=len(sweep.candidates) * len(sweep.splits),
            sequential_subtasks=False,
        )
        context.call_on_fit_task_begin(estimator=self)
        contexts = self._fit_contexts(context, sweep.shape)
        metric = self.refit if isinstance(self.refit, str) else None
        n_trials, n_folds = sweep.shape
        with show_progress(
            self.verbose, study.fits, n_trials, n_folds, metric
        ) as report:
            sweep.run(study, contexts, report)
        context.call_on_fit_task_end(estimator=self)

    def _fit_contexts(self, context, shape):
        """Return a function that gives each fit its context, if there are callbacks."""
        parts = [self, self.estimator, *self.estimator.get_params(deep=True).values()]
        if not any(map(has_callbacks, parts)):
            return lambda number: {}
        made = [
            context.subcontext(task_name="candidate-split-evaluation", task_id=number)
            for number in range(shape[0] * shape[1])
        ]
        return lambda number: {"callback_ctx": made[number], "caller": self}

    def _open_store(self, sweep, params):
        """Return the store of this search, open."""
        return SearchStore(self, sweep, params)

    def _conclude(self, trials, scorer, metric):
        """Tabulate the fits and select the best trial."""
        fits = made_fits(self.fit_results_)
        report_failures(fits, self.error_score)
        names = metric_names(scorer) or score_names(fits)
        results = self._tabulate(trials, self.fit_results_, names)
        self.multimetric_ = names != [SINGLE]
        if self.multimetric_ and callable(self.scoring):
            check_refit(self, dict.fromkeys(names))
            metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = self._best_index(metric, results)
            if not callable(self.refit):
                self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        several = scorers_by_name(scorer)
        self.scorer_ = scorer if several is None else several
        self.cv_results_ = results

    def _tabulate(self, trials, table, names):
        """Return trials and a table of their fits as `cv_results_`."""
        fits = made_fits(table)
        for fit in fits:
            fill_scores(fit, names, self.error_score, self.return_train_score)
        out = [as_output(fit, names) for fit in fits]
        results = format_results(self, trials, self.n_splits_, out)
        for name, dtype in (("n_parameters", float), ("error", object)):
            values = [_first(row, name) for row in table]
            results[name] = np.array(values, dtype=dtype)
        return results

    def _best_index(self, metric, results):
        """Return the number of the best trial."""
        return select_best_index(self, metric, results)

    def _refit(self, X, y, fit_params, context):
        """Fit the best trial on all data."""
        best: Any = clone(self.estimator)
        best_params: Any = clone(self.best_params_, safe=False)
        self.best_estimator_ = best.set_params(**best_params)
        context = context.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(best):
            context.call_on_fit_task_begin(estimator=self, X=X, y=y)
            start = time.time()
            labels = () if y is None else (y,)
            best.fit(X, *labels, **fit_params)
            self.refit_time_ = time.time() - start
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_
        context.call_on_fit_task_end(estimator=self, X=X, y=y)


def _first(fits, key):
    """Return the first value of a key in the fits of a trial that is not None."""
    return next((fit[key] for fit in fits if fit[key] is not None), None)

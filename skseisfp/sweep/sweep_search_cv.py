"""Exhaustive search that keeps all its results and resumes where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import GridSearchCV, ParameterGrid

from .._compat import StrOptions
from .._utils.trials import check_n_trials
from ._base_search import BaseSweepSearchCV
from ._sweep import fit_table
from .experiment_plan import ExperimentPlan

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from sklearn.base import BaseEstimator

    from ..model_selection.evaluation_ledger import EvaluationLedger


class SweepSearchCV(BaseSweepSearchCV, GridSearchCV):
    """Exhaustive search that survives, and keeps the results of each fit.

    :class:`~sklearn.model_selection.GridSearchCV` with the same results, and in
    addition: every finished fit goes into a store at once, a search that was stopped
    resumes, steps that look at one record at a time are computed once for all folds
    and trials, and each fit leaves its confusion matrices, its history, the number of
    its parameters and the reason of a failure.

    Parameters
    ----------
    param_grid : ExperimentPlan, dict or list of dict
        The plan, or a grid as :class:`~sklearn.model_selection.GridSearchCV` takes it,
        of at most 1,000,000 trials.
    together : bool or "auto", default=False
        Train networks of one shape at the same time, see the notes. ``"auto"`` does so
        where it is faster, True wherever it is possible.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As of :class:`~sklearn.model_selection.GridSearchCV`, and for each trial
        ``n_parameters`` (NaN for what is not a network) and ``error`` (None if all
        folds went well).
    fit_results_ : list of list of dict
        For each trial and fold ``scores``, ``train_scores``, ``confusion`` and
        ``event_confusion`` (counts, true x predicted, by record and by event),
        ``history`` (a dict an epoch), ``n_parameters``, ``fit_time``, ``score_time``
        and ``error``; None where there is none. ``lost`` marks a fit that failed for a
        reason of the machine and is not in the store. After an interrupt the missing
        fits are None.
    confusion_labels_ : list
        Labels in the order of the confusion matrices; None for what is not a
        classifier.
    provenance_ : dict
        What the sweep was made from, see `ResultCube`.
    study_name_ : str or None
        Name of the study in the store.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
            refit_time_, multimetric_ : object
        As of :class:`~sklearn.model_selection.GridSearchCV`.

    See Also
    --------
    ExperimentPlan : Ranges of parameters.
    StagedSearchCV : A few parameters at a time.

    Notes
    -----
    The store is any storage of Optuna, so ``optuna-dashboard sqlite:///study.db`` shows
    it, with one objective a metric. Several searches, nested and repeated ones too,
    share a store. A study belongs to the estimator, records, labels, metadata, folds,
    scorers and the versions of the packages, all identified by their contents; a search
    made from anything else is another study. Functions and classes count by what they
    do, fitted parts that `clone` keeps by their state. What cannot be identified, such
    as folds drawn without a seed, gives a `NotReusableWarning`. So does a new study
    that computes again what an earlier one of the store has, where only code or
    versions have changed, or its name looks mistyped or was left out.

    Within a study a trial belongs to its parameters. A plan with one value more, with
    values in another order, or with one more parameter at the value that it had anyway
    runs only the trials that are new, also after a search of another kind on the same
    folds. A fit that failed counts as finished, but for failures of the machine (no
    memory, a full disk, a lost connection, a worker that was killed): such a fit is run
    a second time at once if it failed within a minute, else at the next start.

    Several processes that search the same share the work, through an SQLite file, a
    server such as PostgreSQL (``store="postgresql+psycopg://user@host/database"``) or
    an Optuna `JournalStorage`. The trials of a process that was killed are taken over
    at once on the same machine, by others after a minute. Clients of a server wait a
    minute and a half for it to restart. A file that can only be read is read by
    `ResultCube.from_store`.

    Each fit runs on one thread of BLAS and torch: ``n_jobs`` is for speed, and changes
    no score where `random_state` is an integer. With ``n_jobs`` beyond one machine,
    ``joblib.parallel_config(backend="dask")``. A backend of joblib that cannot return
    results one by one, such as ray's, runs ``n_jobs`` fits at a time and stores them
    together.

    Steps at the head of a :class:`~sklearn.pipeline.Pipeline` are computed once where
    they look at one record at a time (`AdaptiveHighpassFilter`, `FilterAugmenter`,
    `FingerprintTransformer` without `standardize`), take no metadata, and all scorers
    are scikit-learn's or this package's, which ask only the estimator about the
    records. Fit times are without them then.

    With `together`, fits of `FingerprintClassifier` are trained up to 16 at a time
    where `skseisfp.neural.fit_together` can: folds and seeds, learning rates, weight
    decays and probabilities of dropout, of an architecture, where nothing but the
    classifier is fitted on a fold. Every fit is scored and stored as otherwise, and its
    time is its share; all others run on their own, and so does one that fails. Scores
    are those of separate fits but for rounding, which may differ with ``n_jobs`` and
    with what the store has already: fits of another `together` are another study, and
    it is an option. A search that is killed loses the fits that are trained at the
    moment. ``"auto"`` trains together on a GPU and, on a CPU, `FingerprintMLP`.

    With a `ledger`, the search opens a look for each trial before the fits and records
    its mean test score after them, by the metric of `refit` or the first one. It needs
    the events, from ``groups`` or from the index of the labels. A sealed set raises
    before any fit, unless there is one trial. Fits that failed are not looks, and a
    search that is resumed or repeated with the same results adds none.

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

    study_name_: str | None

    _parameter_constraints = {
        **BaseSweepSearchCV._parameter_constraints,
        "param_grid": [dict, list, ExperimentPlan],
        "together": ["boolean", StrOptions({"auto"})],
    }
    _earlier_values = {"together": False}

    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: ExperimentPlan | Mapping[str, Any] | Sequence[Mapping[str, Any]],
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
        together: bool | str = False,
    ):
        super().__init__(
            estimator,
            store=store,
            study_name=study_name,
            ledger=ledger,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid
        self.together = together

    def _plan(self):
        grid: Any = ParameterGrid(self._grid())
        check_n_trials("param_grid", grid.param_grid)
        return list(grid)

    def _grid(self) -> Any:
        grid = self.param_grid
        return grid.param_grid if isinstance(grid, ExperimentPlan) else grid

    def _search(self, sweep, params, context):
        """Run the sweep; its results are kept also if it is stopped."""
        grids = self._grid()
        grids = [grids] if isinstance(grids, dict) else grids
        sweep.together = self.together
        with self._open_store(sweep, params) as store:
            self.study_name_ = store.name
            with store.study(sweep, grids, range(len(sweep.splits))) as study:
                try:
                    self._run(sweep, study, context)
                finally:
                    self.fit_results_ = fit_table(study.fits, sweep.shape)
        return sweep.candidates

"""The staged strategy of the Trova paper, with successive halving as an option."""

import warnings
from contextlib import contextmanager
from numbers import Integral

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import ParameterGrid
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import check_random_state, indexable
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_method_params

from .._utils.digest import digest
from ._cells import SINGLE, as_output, fill_scores
from ._competition import Race
from ._cube_build import build_dataset, find_metrics
from ._grid import mean_change, trial_grid
from ._ledger_search import SearchLooks
from ._ranges import expand
from ._stages import FixedFolds, fine_values, make_plans, start_values
from .experiment_plan import set_trial
from .result_cube import ResultCube
from .sweep_search_cv import SweepSearchCV

COARSE, FINE = "coarse", "fine"


class StagedSearchCV(SweepSearchCV):
    """Search over many parameters, a few at a time, then finely over those that matter.

    The six steps of [1]_: wide ranges in coarse steps; at most three parameters a
    stage, the others at their start values; the best trial of the stage is chosen; its
    values are fixed and the next parameters are taken, until all are used up; then a
    joint stage over the parameters that mattered most, around the best trial and in
    smaller steps.

    Parameters
    ----------
    estimator : estimator
        What is searched; its own parameters are the start values.
    stages : list of ExperimentPlan or of dict, default=None
        The coarse stages, each of at most three varied parameters; what a plan fixes
        stays fixed. None makes them from the catalogue of layers for an estimator
        that holds a convolutional `FingerprintClassifier`: the published ranges,
        thinned to four values, in the order of the layers.
    n_refined : int, default=3
        Number of parameters in the fine stage, those of highest sensitivity; 0 for no
        fine stage.
    fine : dict, default=None
        Values for the fine stage by parameter, as a plan writes them; it takes those
        between the neighbours of the best one. Without them steps are halved.
    factor : int, default=None
        Factor of successive halving: all trials of a stage are scored on one fold,
        the best 1 / factor of them on factor folds, and so on until the last ones have
        all. None scores every trial on all folds.
    random_state : int, RandomState instance or None, default=None
        Order in which halving takes the folds; None keeps theirs.
    store : str or path-like, default=None
        As `SweepSearchCV` takes it, as do all parameters below; a study a stage.
    study_name : str, default=None
        Name that the studies in the store begin with.
    progress : bool, default=False
        Show each stage by rich.
    ledger : EvaluationLedger, default=None
        Ledger in which each trial with a score on all folds is a look at the events,
        recorded after all stages; a sealed set raises before any fit.
    scoring : str, callable, list, tuple or dict, default=None
        As :class:`~sklearn.model_selection.GridSearchCV` takes it.
    n_jobs : int, default=None
        Number of fits at a time.
    refit : bool, str or callable, default=True
        The metric or rule that chooses the best trial of each stage and in the end,
        such as :class:`FlattestRefit`: the paper's choice is the best quality at
        the lowest gradient. False chooses, by the first metric, and fits nothing.
    cv : int, cross-validation generator or iterable, default=None
        Folds.
    verbose : int, default=0
        What each fit fingerprints.
    pre_dispatch : int or str, default="2*n_jobs"
        Number of fits handed to the workers ahead.
    error_score : "raise" or number, default=numpy.nan
        Score of a fit that failed.
    return_train_score : bool, default=False
        Whether the training records are scored, too.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As of `SweepSearchCV`, of all trials once, with their ``stage``. Trials that
        halving has dropped have NaN for the folds they did not see, and for the mean.
    fit_results_ : list of list of dict
        As of `SweepSearchCV`; None where halving has spared a fit.
    stages_ : list of dict
        Of each stage ``kind`` (``"coarse"`` or ``"fine"``), ``ranges``, ``trials``
        (their numbers), ``best`` (the parameters chosen), ``sensitivity`` (mean change
        of the metric from one value to the next, by parameter) and ``n_fits``.
    n_fits_ : int
        Number of fits, without the last one on all records.
    cell_classes_, best_estimator_, best_score_, best_params_, best_index_, scorer_, \
            n_splits_, refit_time_, multimetric_ : object
        As of `SweepSearchCV`.

    See Also
    --------
    SweepSearchCV : All combinations at once.

    Notes
    -----
    No trial is fitted twice on a fold, whichever stages it is in. Fewer folds are the
    only budget that halving knows; epochs and records stay as they are.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.
    .. [2] Jamieson, Talwalkar (2016), Non-stochastic best arm identification and
       hyperparameter optimization, arXiv:1502.07943

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.sweep import StagedSearchCV
    >>> stages = [
    ...     {"max_depth": "1:2:7", "criterion": ["gini", "entropy"]},
    ...     {"min_samples_leaf": [1, 9, 17], "min_samples_split": [2, 10]},
    ... ]
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = StagedSearchCV(tree, stages, n_refined=2, cv=3)
    >>> search = search.fit(*load_iris(return_X_y=True))
    >>> [(stage["kind"], len(stage["trials"])) for stage in search.stages_]
    [('coarse', 8), ('coarse', 6), ('fine', 6)]
    >>> search.stage_cube(0)
    ResultCube(max_depth: 4, criterion: 2; 3 folds; score)
    """

    _parameter_constraints = {
        name: rule
        for name, rule in SweepSearchCV._parameter_constraints.items()
        if name != "param_grid"
    } | {
        "stages": [list, tuple, None],
        "n_refined": [Interval(Integral, 0, None, closed="left")],
        "fine": [dict, None],
        "factor": [Interval(Integral, 2, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        stages=None,
        *,
        n_refined=3,
        fine=None,
        factor=None,
        random_state=None,
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
        BaseSearchCV.__init__(
            self,
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.stages = stages
        self.n_refined = n_refined
        self.fine = fine
        self.factor = factor
        self.random_state = random_state
        self.store = store
        self.study_name = study_name
        self.progress = progress
        self.ledger = ledger

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None, **params):
        """Run the stages one after the other, then fit the best trial on all data.

        Parameters
        ----------
        X : array-like of shape (n_records, ...)
            Records.
        y : array-like of shape (n_records,), default=None
            Labels.
        **params : dict
            Metadata, as `SweepSearchCV` takes it.

        Returns
        -------
        StagedSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If a stage varies more than three parameters, if there are no stages and
            no catalogue to make them from, and wherever `SweepSearchCV` raises one.
        """
        scorer, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        plans, finer = make_plans(self.stages, self.estimator)
        if self.fine is not None:
            finer = {name: expand(name, spec) for name, spec in self.fine.items()}
        context = self._init_callback_context(
            max_subtasks=1 + (self.refit is not False)
        ).call_on_fit_task_begin(estimator=self, X=X, y=y)
        _check_names(plans, self.estimator)
        sweep = self._prepare(X, y, params, routed, scorer)
        looks = SearchLooks(self, sweep, None)
        race = self._make_race(X, y, params, sweep.splits)
        self._run_stages(race, plans, finer)
        self._conclude_race(race, scorer, refit_metric)
        looks.record(self.cv_results_)
        if self.refit:
            self._refit(X, y, routed.estimator.fit, context)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def stage_cube(self, stage):
        """Return the cube of a stage.

        Parameters
        ----------
        stage : int
            Number of the stage; -1 is the last.

        Returns
        -------
        ResultCube
            The trials of the stage over the parameters that it varies.
        """
        numbers = list(dict.fromkeys(self.stages_[stage]["trials"]))
        metrics = find_metrics(self.cv_results_)
        return ResultCube(
            build_dataset(
                [self.cv_results_["params"][number] for number in numbers],
                [self.fit_results_[number] for number in numbers],
                metrics=metrics,
                main_metric=self._metric() or metrics[0],
                classes=self.cell_classes_,
                order=self.stages_[stage]["ranges"],
            )
        )

    def _grid(self):
        return {}

    def _metric(self):
        """Return the metric that ranks trials, None for the first or only one."""
        metric = getattr(self.refit, "metric", self.refit)
        return metric if isinstance(metric, str) else None

    def _make_race(self, X, y, params, splits):
        metric = self._metric()

        def score(cell):
            scores = cell["scores"]
            return scores.get(metric or next(iter(scores), None), np.nan)

        def run(trials, folds):
            search = self._make_sweep(trials, [splits[fold] for fold in folds])
            try:
                with _quiet():
                    search.fit(X, y, **params)
            except ValueError as error:
                if not _all_failed(getattr(search, "fit_results_", [[None]])):
                    raise
                warnings.warn(str(error), FitFailedWarning, stacklevel=2)
            return search.fit_results_

        folds = np.arange(len(splits))
        if self.random_state is not None:
            folds = check_random_state(self.random_state).permutation(folds)
        return Race(run, folds.tolist(), self.factor, score)

    def _make_sweep(self, trials, splits):
        """Return the search that runs some trials on some folds."""
        return SweepSearchCV(
            self.estimator,
            [{name: [value] for name, value in trial.items()} for trial in trials],
            store=self.store,
            study_name=self._study_name(trials, splits),
            progress=self.progress,
            scoring=self.scoring,
            n_jobs=self.n_jobs,
            refit=False,
            cv=FixedFolds(splits),
            verbose=self.verbose,
            pre_dispatch=self.pre_dispatch,
            error_score=self.error_score,
            return_train_score=self.return_train_score,
        )

    def _study_name(self, trials, splits):
        """Return a name for the study of some trials on some folds."""
        if self.study_name is None:
            return None
        return f"{self.study_name}-{digest(trials, splits)[:12]}"

    def _run_stages(self, race, plans, finer):
        """Run the coarse stages, then the fine one."""
        current = start_values(plans, self.estimator)
        self.stages_, ranges, sensitivity = [], {}, {}
        for plan in plans:
            current = self._run_stage(race, COARSE, plan.param_grid, current)
            ranges |= plan.param_grid
            sensitivity |= self.stages_[-1]["sensitivity"]
        ranked = sorted(sensitivity, key=sensitivity.get, reverse=True)
        grid = {
            name: fine_values(ranges[name], current[name], finer.get(name))
            for name in ranked
        }
        grid = {name: values for name, values in grid.items() if len(values) > 1}
        chosen = dict(list(grid.items())[: self.n_refined])
        if chosen:
            self._run_stage(race, FINE, chosen, current)

    def _run_stage(self, race, kind, ranges, current):
        """Run a stage and return the parameters of its best trial."""
        trials = [current | trial for trial in ParameterGrid(ranges)]
        n_fits = race.n_fits
        numbers, first, finalists = race.compete(trials)
        if np.isnan(first).all():
            reason = next(
                filter(None, (c and c["error"] for c in race.cells[numbers[0]]))
            )
            raise ValueError(
                f"All trials of stage {len(self.stages_)} failed; the first: {reason}"
            )
        best = finalists[0]
        if callable(self.refit):
            best = numbers[self.refit(self._tabulate(race, numbers))]
        axes, _, values = trial_grid(trials, first)
        self.stages_.append(
            {
                "kind": kind,
                "ranges": ranges,
                "trials": numbers,
                "chosen": best,
                "best": race.params[best],
                "sensitivity": {
                    name: mean_change(values, place, axis)
                    for place, (name, axis) in enumerate(axes.items())
                },
                "n_fits": race.n_fits - n_fits,
            }
        )
        return race.params[best]

    def _tabulate(self, race, numbers):
        """Return some trials as `cv_results_`."""
        cells = self._complete([race.cells[number] for number in numbers])
        names = list(cells[0][0]["scores"])
        with _quiet():
            results = self._format_results(
                [race.params[number] for number in numbers],
                self.n_splits_,
                [as_output(cell, names) for row in cells for cell in row],
            )
        sizes = [[cell["n_parameters"] for cell in row] for row in cells]
        sizes = [next((n for n in row if n is not None), np.nan) for row in sizes]
        return results | {"n_parameters": np.array(sizes, dtype=float)}

    def _complete(self, cells):
        """Return cells with scores everywhere, NaN where halving has spared a fit."""
        names = next(
            (list(c["scores"]) for row in cells for c in row if c and c["scores"]),
            [SINGLE],
        )
        for cell in filter(None, (cell for row in cells for cell in row)):
            fill_scores(cell, names, self.error_score, self.return_train_score)
        nothing = dict.fromkeys(names, np.nan)
        spared = {
            "scores": nothing,
            "train_scores": nothing if self.return_train_score else None,
            "fit_time": np.nan,
            "score_time": np.nan,
            "n_parameters": None,
            "error": None,
        }
        return [[cell or spared for cell in row] for row in cells]

    def _conclude_race(self, race, scorer, refit_metric):
        """Tabulate all trials and choose the best of them."""
        self.fit_results_ = self._complete(race.cells)
        with _quiet():
            self._conclude(race.params, scorer, refit_metric)
        self.fit_results_ = race.cells
        stages = np.full(len(race.params), -1)
        for number, stage in reversed(list(enumerate(self.stages_))):
            stages[stage["trials"]] = number
        self.cv_results_["stage"] = stages
        self.n_fits_ = race.n_fits

    def _select_best_index(self, refit, refit_metric, results):
        """Return the best trial; a rule has chosen it in the last stage."""
        if callable(refit):
            return self.stages_[-1]["chosen"]
        return super()._select_best_index(refit, refit_metric, results)


def _check_names(plans, estimator):
    """Refuse parameters that the estimator lacks, before any fit."""
    for plan in plans:
        for name, values in plan.param_grid.items():
            set_trial(clone(estimator), {name: values[0]})


def _all_failed(cells):
    """Tell whether all fits were made and failed, for a reason that is kept."""
    return all(cell is not None and cell["error"] for row in cells for cell in row)


@contextmanager
def _quiet():
    """Keep quiet about scores that halving has spared, as it is meant to."""
    with warnings.catch_warnings():
        message = "One or more of the (test|train) scores are non-finite"
        warnings.filterwarnings("ignore", message)
        yield

"""The staged strategy of the Trova paper, with successive halving as an option."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from numbers import Integral
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import RandomState
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_random_state

from .._compat import Interval
from ._base_search import BaseSweepSearchCV
from ._competition import Race
from ._cube_build import build_dataset, find_metrics
from ._fits import made_fits, report_failures, score_names
from ._grid import mean_change, trial_grid
from ._ranges import expand
from ._set_trial import set_trial
from ._stages import fine_values, make_plans, start_values
from ._sweep import fit_table
from .experiment_plan import ExperimentPlan
from .result_cube import ResultCube

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from sklearn.base import BaseEstimator

    from ..model_selection.evaluation_ledger import EvaluationLedger

COARSE, FINE = "coarse", "fine"


class StagedSearchCV(BaseSweepSearchCV):
    """Search over many parameters, a few at a time, then finely over those that matter.

    The six steps of [1]_: wide ranges in coarse steps; at most three parameters a
    stage, the others at their start values; the best trial of the stage is selected;
    its values are fixed and the next parameters are taken, until all are used up; then
    a joint stage over the parameters that mattered most, around the best trial and in
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
    n_refined : int in [0, inf), default=3
        Number of parameters in the fine stage, those of highest sensitivity; 0 for no
        fine stage.
    fine : dict, default=None
        Values for the fine stage by parameter, as a plan writes them; it takes those
        between the neighbours of the best one. Without them steps are halved.
    factor : int in [2, inf), default=None
        Factor of successive halving: all trials of a stage are scored on one fold,
        the best 1 / factor of them on factor folds, and so on until the last ones have
        all. None scores every trial on all folds.
    random_state : int, RandomState instance or None, default=None
        Order in which halving takes the folds; None keeps theirs.
    ledger : EvaluationLedger, default=None
        Ledger in which each trial with a score on all folds is a look at the events,
        recorded after all stages; a sealed set raises before any fit.
    refit : bool, str or callable, default=True
        The metric or rule that selects the best trial of each stage and in the end,
        such as :class:`FlattestRefit`: the paper selects the best quality at the
        lowest gradient. False selects by the first metric, and fits nothing.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As of `SweepSearchCV`, of all trials once, with their ``stage``. Trials that
        halving has dropped have NaN for the folds they did not see, and for the mean.
    fit_results_ : list of list of dict
        As of `SweepSearchCV`; None where halving has spared a fit.
    stages_ : list of dict
        Of each stage ``kind`` (``"coarse"`` or ``"fine"``), ``ranges``, ``trials``
        (their numbers), ``best`` (the parameters selected), ``sensitivity`` (mean
        change of the metric from one value to the next, by parameter) and ``n_fits``.
    n_fits_ : int
        Number of fits, without the last one on all records.
    study_name_ : str or None
        Name of the study in the store, None without one.
    confusion_labels_, provenance_, best_estimator_, best_score_, best_params_, \
            best_index_, scorer_, n_splits_, refit_time_, multimetric_ : object
        As of `SweepSearchCV`.

    See Also
    --------
    SweepSearchCV : All combinations at once.

    Notes
    -----
    No trial is fitted twice on a fold, whichever stages it is in. Fewer folds are the
    only budget of halving; epochs and records stay as they are. In the store all
    stages share one study, with that of a `SweepSearchCV` on the same folds; trials
    that halving has dropped are pruned ones there.

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

    study_name_: str | None
    stages_: list[dict[str, Any]]
    n_fits_: int

    _parameter_constraints = {
        **BaseSweepSearchCV._parameter_constraints,
        "stages": [list, tuple, None],
        "n_refined": [Interval(Integral, 0, None, closed="left")],
        "fine": [dict, None],
        "factor": [Interval(Integral, 2, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: BaseEstimator,
        stages: Sequence[ExperimentPlan | dict[str, Any]] | None = None,
        *,
        n_refined: int = 3,
        fine: dict[str, Any] | None = None,
        factor: int | None = None,
        random_state: RandomState | int | None = None,
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
        self.stages = stages
        self.n_refined = n_refined
        self.fine = fine
        self.factor = factor
        self.random_state = random_state

    def stage_cube(self, stage: int) -> ResultCube:
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
                classes=self.confusion_labels_,
                order=self.stages_[stage]["ranges"],
                provenance=self.provenance_,
            )
        )

    def _plan(self):
        """Validate the stages; their trials depend on the results of earlier ones."""
        plans, _ = self._plan_stages()
        for plan in plans:
            for name, values in plan.param_grid.items():
                set_trial(clone(self.estimator), {name: values[0]})
        return None

    def _plan_stages(self):
        """Return the plan of each coarse stage, and the fine values by parameter."""
        plans, finer = make_plans(self.stages, self.estimator)
        if self.fine is not None:
            finer = {name: expand(name, spec) for name, spec in self.fine.items()}
        return plans, finer

    def _metric(self):
        """Return the metric that ranks trials, None for the first or only one."""
        metric = getattr(self.refit, "metric", self.refit)
        return metric if isinstance(metric, str) else None

    def _search(self, sweep, params, context):
        """Run the stages one after the other."""
        with self._open_store(sweep, params) as store:
            self.study_name_ = store.name
            race = self._make_race(sweep, store, context)
            self._run_stages(race, *self._plan_stages())
            whole = replace(sweep, candidates=race.params)
            folds = range(len(sweep.splits))
            with store.study(whole, _as_grids(race.params), folds) as study:
                study.prune()
        self.fit_results_ = race.fits
        self.n_fits_ = race.n_fits
        return race.params

    def _make_race(self, sweep, store, context):
        metric = self._metric()

        def score(fit):
            scores = fit["scores"]
            return scores.get(metric or next(iter(scores), None), np.nan)

        def run(trials, folds):
            splits = [sweep.splits[fold] for fold in folds]
            part = replace(sweep, candidates=trials, splits=splits)
            with store.study(part, _as_grids(trials), folds) as study:
                self._run(part, study, context)
            return self._table(part, study)

        folds = np.arange(len(sweep.splits))
        if self.random_state is not None:
            folds = check_random_state(self.random_state).permutation(folds)
        return Race(run, folds.tolist(), self.factor, score)

    def _table(self, sweep, study):
        """Return the fits of some trials on some folds, and warn of failures."""
        table = fit_table(study.fits, sweep.shape)
        try:
            report_failures(made_fits(table), self.error_score)
        except ValueError as error:  # all failed; the stage has other fits perhaps
            warnings.warn(str(error), FitFailedWarning, stacklevel=2)
        return table

    def _run_stages(self, race, plans, finer):
        """Run the coarse stages, then the fine one."""
        current = start_values(plans, self.estimator)
        self.stages_, ranges, sensitivity = [], {}, {}
        for plan in plans:
            current = self._run_stage(race, COARSE, plan.param_grid, current)
            ranges |= plan.param_grid
            sensitivity |= self.stages_[-1]["sensitivity"]
        ranked = sorted(sensitivity, key=lambda name: sensitivity[name], reverse=True)
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
            errors = (fit and fit["error"] for fit in race.fits[numbers[0]])
            raise ValueError(
                f"All trials of stage {len(self.stages_)} failed; the first: "
                f"{next(filter(None, errors))}"
            )
        best = finalists[0]
        if callable(self.refit):
            best = numbers[self.refit(self._tabulate_some(race, numbers))]
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

    def _tabulate_some(self, race, numbers):
        """Return some trials as `cv_results_`."""
        table = [race.fits[number] for number in numbers]
        params = [race.params[number] for number in numbers]
        return self._tabulate(params, table, score_names(made_fits(table)))

    def _tabulate(self, trials, table, names):
        """Return trials as `cv_results_`, NaN where halving has spared a fit."""
        scores = dict.fromkeys(names, np.nan)
        spared = {
            "scores": scores,
            "train_scores": scores if self.return_train_score else None,
            "fit_time": np.nan,
            "score_time": np.nan,
            "n_parameters": None,
            "error": None,
        }
        table = [[fit or dict(spared) for fit in row] for row in table]
        with warnings.catch_warnings():  # that some scores are NaN
            warnings.simplefilter("ignore", UserWarning)
            return super()._tabulate(trials, table, names)

    def _conclude(self, trials, scorer, metric):
        super()._conclude(trials, scorer, metric)
        stages = np.full(len(trials), -1)
        for number, stage in reversed(list(enumerate(self.stages_))):
            stages[stage["trials"]] = number
        self.cv_results_["stage"] = stages

    def _best_index(self, metric, results):
        """Return the number of the best trial; a rule chose it in the last stage."""
        if callable(self.refit):
            return self.stages_[-1]["chosen"]
        return super()._best_index(metric, results)


def _as_grids(trials):
    """Return trials as grids of one trial each."""
    return [{name: [value] for name, value in trial.items()} for trial in trials]

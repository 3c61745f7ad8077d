"""The results of a search as a labelled cube: one axis per parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._utils.checks import check_option
from .._utils.names import find_parameter
from .._utils.optional import import_optional
from ._cube_build import (
    CONFUSIONS,
    PROVENANCE,
    TRAIN,
    build_dataset,
    is_missing,
    search_results,
)
from ._cube_files import CubeFiles
from ._grid import Axis, mean_change, steepness
from ._html import cube_html
from ._read_study import read_study
from .objectives import lexicographic_argmin, pareto_front
from .trial_lookup import complete_trial, find_place, originals_of

if TYPE_CHECKING:
    from os import PathLike

    import xarray
    from optuna.storages import BaseStorage

MADE_COSTS = ("gradient", "spread")  # from the metric
STORED_COSTS = ("n_parameters", "fit_time")


class ResultCube(CubeFiles):
    """Results of a search over the grid of its parameters.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `from_search` and the other constructors make it: a dimension for each
        parameter that was varied, by its full name, then ``fold`` and, where known,
        ``true_class``, ``predicted_class`` and ``epoch``. Its variables are the
        metrics, on the training records ``<metric>_train``, the counts ``confusion``
        and ``event_confusion``, ``n_parameters``, ``fit_time``, ``score_time``, the
        losses of each epoch (``train_loss``, ``valid_loss``), ``input_shape``, that of
        the networks where trials differ in it, and ``error``, the reason of a failure.
        A missing fit is NaN.

    Attributes
    ----------
    dataset : xarray.Dataset
        As given.
    main_metric : str
        The metric that ranks trials.
    metrics : list of str
        All metrics.
    parameters : list of str
        The parameters that were varied, in the order of the axes.
    fixed : dict
        The parameters of the search that had one value.
    provenance : dict
        What the sweep was made from: ``date`` of the call of `fit`, ``plan``,
        ``estimator``, ``data`` (digest, shape, records and events by class),
        ``folds``, ``network``, ``input_shape`` of the networks and ``versions`` of the
        packages. What was not recorded is not in it, or None.

    See Also
    --------
    skseisfp.sweep.SweepSearchCV : The search that fills all of a cube.

    Notes
    -----
    Values that are not numbers lie on their axis as strings; `params` returns them as
    they were. Wherever parameters are named, what follows the last ``__`` is enough
    if it is unambiguous.

    The gradient over the grid is the second objective of [1]_: how steep the quality
    is around a trial, the same for quality and for its complement, the error. Here
    it is taken from the differences to both neighbours: a central difference would
    be zero on the sharpest peak.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.sweep import ResultCube
    >>> grid = {"max_depth": [1, 2, 3], "criterion": ["gini", "entropy"]}
    >>> search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=3)
    >>> cube = ResultCube.from_search(search.fit(*load_iris(return_X_y=True)))
    >>> cube
    ResultCube(max_depth: 3, criterion: 2; 3 folds; score)
    >>> cube.best()
    {'max_depth': 3, 'criterion': 'gini'}
    >>> cube.values().sel(criterion="gini").round(2).values
    array([0.66, 0.93, 0.96])
    >>> cube.sensitivity().index[0]
    'max_depth'
    """

    main_metric: str
    metrics: list[str]
    fixed: dict[str, Any]
    provenance: dict[str, Any]

    def __init__(self, dataset: xarray.Dataset):
        xarray = import_optional("xarray", extra="sweep")
        if not isinstance(dataset, xarray.Dataset):
            raise TypeError(
                f"dataset must be an xarray.Dataset; got {type(dataset).__name__}."
            )
        self.dataset = dataset
        self.main_metric = dataset.attrs["main_metric"]
        self.metrics = list(dataset.attrs["metrics"])
        self.fixed = dict(dataset.attrs["fixed"])
        self.provenance = dict(dataset.attrs.get(PROVENANCE) or {})
        dims = map(str, dataset[self.main_metric].dims)
        self.parameters = [name for name in dims if name != "fold"]

    @classmethod
    def from_search(cls, search: Any) -> Self:
        """Make the cube of a fitted search.

        Parameters
        ----------
        search : SweepSearchCV, GridSearchCV, RandomizedSearchCV or a halving search
            The search. Where several trials have the same parameters the last counts.

        Returns
        -------
        ResultCube
            The cube. Searches of scikit-learn have scores and mean times only.

        Raises
        ------
        TypeError
            If `search` has no results.
        ValueError
            If its trials span too large a grid, as draws from continuous ranges do.
        """
        return cls(build_dataset(**search_results(search)))

    @classmethod
    def from_store(
        cls, store: str | PathLike | BaseStorage, study: str | None = None
    ) -> Self:
        """Make the cube of a sweep from its store, finished or still running.

        Parameters
        ----------
        store : str, path-like or optuna.storages.BaseStorage
            The store of a :class:`SweepSearchCV`.
        study : str, default=None
            Name of the study; None takes the only one there is.

        Returns
        -------
        ResultCube
            The cube; fits that are not done yet are missing.

        Raises
        ------
        ValueError
            If there is no such study, or several and no name.
        """
        found = read_study(store, study)
        return cls(
            build_dataset(
                found["params"],
                found["fits"],
                metrics=found["metrics"] or ["score"],
                main_metric=found.get("refit_metric"),
                classes=found["classes"],
                order=found.get("parameters", ()),
                provenance=found.get("provenance"),
            )
        )

    def values(
        self, metric: str | None = None, *, partial: bool = False
    ) -> xarray.DataArray:
        """Return the mean of a metric over the folds.

        Parameters
        ----------
        metric : str, default=None
            Metric; None is the main one.
        partial : bool, default=False
            Whether trials of which some folds are missing have the mean of the
            others instead of NaN.

        Returns
        -------
        xarray.DataArray
            Means over the grid.
        """
        return self._metric(metric).mean("fold", skipna=partial)

    def std(
        self, metric: str | None = None, *, partial: bool = False
    ) -> xarray.DataArray:
        """Return the standard deviation of a metric over the folds.

        Parameters
        ----------
        metric : str, default=None
            Metric; None is the main one.
        partial : bool, default=False
            As in `values`.

        Returns
        -------
        xarray.DataArray
            Standard deviations over the grid, as `cv_results_` has them; their squares
            are the variances.
        """
        return self._metric(metric).std("fold", skipna=partial)

    def gradient(
        self, metric: str | None = None, *, per: str = "step"
    ) -> xarray.DataArray:
        """Return how steep a metric is over the grid around each trial.

        Parameters
        ----------
        metric : str, default=None
            Metric; None is the main one.
        per : {"step", "unit"}, default="step"
            Whether differences are per step of the grid or per unit of the parameter.

        Returns
        -------
        xarray.DataArray
            The norm over all numeric axes of the root mean square difference to the
            two neighbours, or to the one at the ends and next to missing trials. NaN
            where a trial is missing or has no neighbour.
        """
        check_option("per", per, ("step", "unit"))
        values = self.values(metric)
        found = steepness(values.values, self._axes(), per_unit=per == "unit")
        return values.copy(data=found)

    def sensitivity(self, metric: str | None = None) -> pd.Series:
        """Return how much each parameter changes a metric.

        Parameters
        ----------
        metric : str, default=None
            Metric; None is the main one.

        Returns
        -------
        Series
            The mean absolute difference from one value to the next, for values that
            are not numbers from each to each, by parameter; the largest first.
        """
        values = self.values(metric).values
        changes = [
            mean_change(values, place, axis) for place, axis in enumerate(self._axes())
        ]
        found = pd.Series(changes, index=self.parameters, name="sensitivity")
        return found.sort_values(ascending=False, kind="stable")

    def best(self, metric: str | None = None) -> dict[str, Any]:
        """Return the trial of the highest mean.

        Parameters
        ----------
        metric : str, default=None
            Metric; None is the main one.

        Returns
        -------
        dict
            Labels of the varied parameters. Of equal trials the one with fewer
            parameters is the best, then the one with the lower gradient. Of a halving
            search only trials with the most resources compete.

        Raises
        ------
        ValueError
            If no trial is complete.
        """
        values = self.values(metric)
        if "n_resources" in self.dataset:
            resources = self.dataset["n_resources"]
            values = values.where(resources == resources.max())
        if not np.isfinite(values.values).any():
            raise ValueError("No trial has a result on all folds.")
        keys = [-values.values, self._cost("n_parameters"), self.gradient(metric)]
        place = lexicographic_argmin([np.asarray(key, float).ravel() for key in keys])
        return self._trial(np.unravel_index(place, values.shape))

    def pareto(
        self, metric: str | None = None, *, cost: str = "gradient"
    ) -> pd.DataFrame:
        """Return the trials that no other one dominates in quality and cost.

        Parameters
        ----------
        metric : str, default=None
            Metric that should be high; None is the main one.
        cost : str, default="gradient"
            What should be low: ``"gradient"`` of the metric over the grid,
            ``"spread"``, its standard deviation over the folds, ``"n_parameters"``,
            the size of the network, ``"fit_time"``, or another metric, taken as it is.

        Returns
        -------
        DataFrame
            One row a trial, the best first: its parameters, the metric and the cost.

        Raises
        ------
        ValueError
            If the cube has no such metric or cost, or both are the same.
        """
        values = self.values(metric)
        check_option("cost", cost, self._known_costs(values.name))
        costs = self._cost(cost, metric)
        front = pareto_front(costs.ravel(), values.values.ravel()).reshape(costs.shape)
        rows = [
            self._trial(place)
            | {values.name: float(values.values[place]), cost: float(costs[place])}
            for place in zip(*np.nonzero(front), strict=True)
        ]
        columns: Any = [*self.parameters, values.name, cost]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values(
            [values.name, cost],
            ascending=[False, True],
            kind="stable",
            ignore_index=True,
        )

    def select(self, **values: Any) -> Self:
        """Return the part of the cube with some values of parameters.

        Parameters
        ----------
        **values : object
            A value of a parameter, whose axis then goes, or a list of some.

        Returns
        -------
        ResultCube
            The part.

        Raises
        ------
        ValueError
            If there is no such parameter or value.
        """
        dataset, fixed = self.dataset, dict(self.fixed)
        for name, wanted in values.items():
            name = find_parameter(self.parameters, name)
            if isinstance(wanted, (list, np.ndarray)):
                places = [find_place(dataset[name], value) for value in wanted]
                dataset = dataset.isel({name: places})
            else:
                place = find_place(dataset[name], wanted)
                fixed[name] = originals_of(dataset[name])[place]
                dataset = dataset.isel({name: place}, drop=True)
        return type(self)(dataset.assign_attrs(fixed=fixed))

    def marginal(
        self, *params: str, metric: str | None = None, how: str = "mean"
    ) -> xarray.DataArray:
        """Return a metric over some parameters, whatever the others are.

        Parameters
        ----------
        *params : str
            Parameters that are kept.
        metric : str, default=None
            Metric; None is the main one.
        how : {"mean", "max"}, default="mean"
            Whether it is the mean or the best over the others.

        Returns
        -------
        xarray.DataArray
            Over the parameters in the order given; missing trials do not count.
        """
        check_option("how", how, ("mean", "max"))
        names = [find_parameter(self.parameters, name) for name in params]
        others = [name for name in self.parameters if name not in names]
        return getattr(self.values(metric), how)(others).transpose(*names)

    def confusion(
        self, *, by: str = "record", fold: int | None = None, **trial: Any
    ) -> pd.DataFrame:
        """Return the confusion matrix of a trial.

        Parameters
        ----------
        by : {"record", "event"}, default="record"
            What is counted.
        fold : int, default=None
            A fold; None adds up all.
        **trial : object
            Values of parameters; what is left out is as in the best trial.

        Returns
        -------
        DataFrame
            Counts, true classes down and predicted ones across.

        Raises
        ------
        ValueError
            If the cube has no confusion matrices, or not of this trial.
        """
        check_option("by", by, ("record", "event"))
        name = CONFUSIONS[by == "event"]
        if name not in self.dataset:
            raise ValueError(f"The cube has no confusion matrices by {by}.")
        place = self._places(trial)
        tables = self.dataset[name].isel(place).transpose("fold", ...)
        tables = tables if fold is None else tables.isel(fold=[fold])
        tables = tables.dropna("fold")
        if not tables.sizes["fold"]:
            raise ValueError(f"The cube has no confusion matrix of {trial}.")
        true, predicted = tables.dims[1:]
        labels = {dim: originals_of(self.dataset[dim]) for dim in (true, predicted)}
        return pd.DataFrame(
            tables.sum("fold").values.astype(int),
            index=pd.Index(labels[true], name=true),
            columns=pd.Index(labels[predicted], name=predicted),
        )

    def params(self, **trial: Any) -> dict[str, Any]:
        """Return all parameters of a trial as the search had them.

        Parameters
        ----------
        **trial : object
            Values of parameters; what is left out is as in the best trial.

        Returns
        -------
        dict
            Parameters for `set_params`, the fixed ones included.
        """
        found = {
            name: originals_of(self.dataset[name])[place]
            for name, place in self._places(trial).items()
        }
        return self.fixed | {
            name: value for name, value in found.items() if not is_missing(value)
        }

    def _repr_html_(self) -> str:
        return cube_html(self)

    def __repr__(self) -> str:
        sizes = self.dataset.sizes
        axes = ", ".join(f"{name}: {sizes[name]}" for name in self.parameters)
        metrics = ", ".join(self.metrics)
        return f"ResultCube({axes}; {sizes['fold']} folds; {metrics})"

    def _metric(self, metric):
        name = self.main_metric if metric is None else metric
        check_option("metric", name, self._known_metrics())
        return self.dataset[name].transpose(*self.parameters, "fold")

    def _known_metrics(self):
        known = [*self.metrics, *(m + TRAIN for m in self.metrics)]
        return [name for name in known if name in self.dataset]

    def _known_costs(self, metric):
        """Return the names of costs where a metric is the quality."""
        stored = [name for name in STORED_COSTS if name in self.dataset]
        others = [name for name in self._known_metrics() if name != metric]
        return [*MADE_COSTS, *stored, *others]

    def _cost(self, cost, metric=None):
        """Return the cost over the grid; NaN where the cube lacks it."""
        if cost == "gradient":
            return self.gradient(metric).values
        if cost == "spread":
            return self.std(metric).values
        if cost not in self.dataset:
            return np.full(self.values(metric).shape, np.nan)
        return self.dataset[cost].transpose(*self.parameters, ...).mean("fold").values

    def _axes(self):
        return [
            Axis(tuple(originals_of(self.dataset[name])), self.dataset[name].values)
            for name in self.parameters
        ]

    def _trial(self, place):
        return {
            name: self.dataset[name].values[index].item()
            if self.dataset[name].dtype.kind in "if"
            else self.dataset[name].values[index]
            for name, index in zip(self.parameters, place, strict=True)
        }

    def _places(self, trial):
        """Return the place of a trial along each axis, completed by the best one."""
        given = {find_parameter(self.parameters, name) for name in trial}
        complete = complete_trial(self, trial, only_given=given == {*self.parameters})
        return {
            name: find_place(self.dataset[name], complete[name])
            for name in self.parameters
        }

"""Rules that select a trial by two objectives, for `refit` of any search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._cube_build import find_metrics
from ._grid import trial_steepness
from .objectives import lexicographic_argmin, pareto_front

GRADIENT = "gradient"


@dataclass(frozen=True)
class FlattestRefit:
    """Select the trial of lowest gradient within one standard error of the best.

    A good trial among good ones: where a step of the grid changes little, the choice
    depends little on chance.

    Parameters
    ----------
    metric : str, default=None
        Metric that should be high; None is the only one.

    See Also
    --------
    ParetoRefit : Weighs quality against gradient over the whole front.
    ResultCube.gradient : The gradient over the grid.

    Notes
    -----
    The standard error is that of the mean over the folds of the best trial. Trials
    without numeric neighbours come last; equal ones are ranked by quality.

    Each rule takes `cv_results_` and returns the number of a trial. It is a `refit` of
    :class:`~sklearn.model_selection.GridSearchCV`, other searches and `SweepSearchCV`,
    and can be pickled.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skseisfp.sweep import FlattestRefit
    >>> grid = {"n_neighbors": [1, 5, 9, 13, 17, 21]}
    >>> search = GridSearchCV(KNeighborsClassifier(), grid, refit=FlattestRefit())
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'n_neighbors': 9}
    """

    metric: str | None = None

    def __call__(self, results: Mapping[str, Any]) -> int:
        """Return the number of the selected trial of `cv_results_`."""
        means, near = _within_one_standard_error(results, self.metric)
        gradient = trial_steepness(results["params"], means)
        return lexicographic_argmin([np.where(near, 0.0, 1.0), gradient, -means])


@dataclass(frozen=True)
class SimplestRefit:
    """Select the simplest trial within one standard error of the best.

    Parameters
    ----------
    metric : str, default=None
        Metric that should be high; None is the only one.
    complexity : str or callable, default="n_parameters"
        What says how complex a trial is: a column of `cv_results_`, also without its
        ``mean_test_``, ``mean_`` or ``param_``, or a function of the parameters. Only
        the searches of this package have the default.

    See Also
    --------
    FlattestRefit : The same for the gradient over the grid.

    Notes
    -----
    Of equally good networks the paper prefers the one with fewer parameters [1]_. The
    rule of one standard error is that of [2]_.

    References
    ----------
    .. [1] Silkin, K. Y. (2024). Russian Journal of Seismology, 6(3), 77-92.
    .. [2] Breiman et al. (1984), Classification and Regression Trees, section 3.4.3.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.sweep import SimplestRefit
    >>> rule = SimplestRefit(complexity="max_depth")
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = GridSearchCV(tree, {"max_depth": [1, 2, 3, 4, 5]}, refit=rule)
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'max_depth': 3}
    """

    metric: str | None = None
    complexity: str | Callable = "n_parameters"

    def __call__(self, results: Mapping[str, Any]) -> int:
        """Return the number of the selected trial of `cv_results_`."""
        means, near = _within_one_standard_error(results, self.metric)
        costs = _costs(results, self.complexity, means)
        return lexicographic_argmin([np.where(near, 0.0, 1.0), costs, -means])


@dataclass(frozen=True)
class ParetoRefit:
    """Select the trial of the Pareto front that is nearest to the ideal.

    Parameters
    ----------
    metric : str, default=None
        Metric that should be high; None is the only one.
    cost : str or callable, default="gradient"
        What should be low: the gradient of the metric over the grid, or anything that
        `SimplestRefit` takes as complexity.

    See Also
    --------
    ResultCube.pareto : The front itself.

    Notes
    -----
    Both objectives are scaled to [0, 1] over the front; the ideal has the best of
    both.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.sweep import ParetoRefit
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> grid = {"max_leaf_nodes": [2, 3, 4, 5, 6, 7, 8]}
    >>> search = GridSearchCV(tree, grid, refit=ParetoRefit(cost="max_leaf_nodes"))
    >>> search.fit(*load_iris(return_X_y=True)).best_params_
    {'max_leaf_nodes': 3}
    """

    metric: str | None = None
    cost: str | Callable = GRADIENT

    def __call__(self, results: Mapping[str, Any]) -> int:
        """Return the number of the selected trial of `cv_results_`."""
        means, _ = _within_one_standard_error(results, self.metric)
        costs = _costs(results, self.cost, means)
        front = pareto_front(costs, means)
        if not front.any():
            raise ValueError(f"No trial has a result and a {self.cost}.")
        distance = np.hypot(_scale(costs, front), _scale(-means, front))
        return lexicographic_argmin([np.where(front, distance, np.inf), -means])


def _within_one_standard_error(results, metric):
    """Return the means and whether each is at most a standard error below the best."""
    metrics = find_metrics(results)
    if metric is None and len(metrics) == 1:
        (metric,) = metrics
    if metric not in metrics:
        raise ValueError(f"metric must be one of {', '.join(metrics)}; got {metric!r}.")
    means = np.asarray(results[f"mean_test_{metric}"], float)
    if not np.isfinite(means).any():
        raise ValueError("No trial has a result on all folds.")
    best = int(np.nanargmax(means))
    scores = [results[f"split{fold}_test_{metric}"][best] for fold in _folds(results)]
    n_folds = len(scores)
    error = np.std(scores, ddof=1) / np.sqrt(n_folds) if n_folds > 1 else 0.0
    return means, means >= means[best] - error


def _folds(results):
    """Return the numbers of the folds."""
    names = {key.partition("_")[0] for key in results if key.startswith("split")}
    return range(len(names))


def _costs(results, cost, means):
    """Return the cost of each trial."""
    if cost == GRADIENT:
        return trial_steepness(results["params"], means)
    if callable(cost):
        return np.array([cost(params) for params in results["params"]], float)
    for name in (cost, f"mean_test_{cost}", f"mean_{cost}", f"param_{cost}"):
        if name in results:
            return np.ma.filled(np.ma.asarray(results[name], float), np.nan)
    raise ValueError(
        f"cv_results_ has no column {cost!r}; searches of scikit-learn have no "
        "n_parameters: name a parameter or a metric, or give a function of the "
        "parameters."
    )


def _scale(values, chosen):
    """Scale values so that the selected ones span [0, 1]."""
    low, high = np.min(values[chosen]), np.max(values[chosen])
    return (values - low) / (high - low if high > low else 1.0)

"""Private names of scikit-learn, skorch, Optuna and torch, each with the reason for it.

Nothing else in the package may import them, or use a private attribute of their
objects. Tried with scikit-learn 1.9 and Optuna 4.3 and 5.0. Some private names are not
here, since classes of this package define them for scikit-learn to read:
`_parameter_constraints` and `_validate_params`, see `_parameters`; and a scorer defines
`_accept_sample_weight`, which searches ask it for, and `_score_func`, for which
`TunedThresholdClassifierCV` asks. Of skorch only public names are used.
"""

from __future__ import annotations

from typing import Any

# Runs `fit` with validated parameters and within the callbacks of scikit-learn.
from sklearn.base import _fit_context as fit_context

# Kinds of scorers: whether one gives one score or several, and whether it knows of the
# records only what the estimator says of them.
from sklearn.metrics._scorer import _BaseScorer as BaseScorer
from sklearn.metrics._scorer import _MultimetricScorer as MultimetricScorer
from sklearn.metrics._scorer import _PassthroughScorer as PassthroughScorer
from sklearn.metrics._scorer import _Scorer as Scorer

# The base of all searches: how they refit and predict. GridSearchCV has a grid, too.
from sklearn.model_selection._search import BaseSearchCV

# One fit of a search, and what a search says of fits that failed: the public
# cross_validate knows neither callbacks nor the numbers of candidates.
from sklearn.model_selection._validation import _fit_and_score as fit_and_score
from sklearn.model_selection._validation import (
    _warn_or_raise_about_fit_failures as report_failed_fits,
)

# Rows of lists, arrays, tables and sparse matrices alike. It is in `__all__` of
# sklearn.utils in spite of its name.
from sklearn.utils import _safe_indexing as safe_indexing

# The public `_parameter_constraints` of scikit-learn's own estimators are written with
# these; there is no public way to declare or to read them.
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    make_constraint,
)
from sklearn.utils._param_validation import _Constraint as Constraint

# What an estimator does with metadata that it is given while routing is off.
from sklearn.utils.metadata_routing import _raise_for_params as raise_for_params

# Rows of a fold, columns too where the estimator takes pairs of records (a kernel).
from sklearn.utils.metaestimators import _safe_split as safe_split

# Metadata as searches check them, and the number of rows: `len` knows no sparse matrix,
# `shape` no list.
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "BaseScorer",
    "BaseSearchCV",
    "Constraint",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "MultimetricScorer",
    "Options",
    "PassthroughScorer",
    "Scorer",
    "StrOptions",
    "check_method_params",
    "check_refit",
    "container_of_results",
    "find_scorers",
    "fit_and_score",
    "fit_callbacks",
    "fit_context",
    "format_results",
    "has_callbacks",
    "has_hooks",
    "make_constraint",
    "num_samples",
    "positive_label",
    "raise_for_params",
    "report_failed_fits",
    "route_fit_params",
    "safe_indexing",
    "safe_split",
    "score_function",
    "scorers_by_name",
    "select_best_index",
]


def scorers_by_name(scorer: Any) -> dict[str, Any] | None:
    """Return the scorers of several metrics by name, None for any other scorer."""
    return scorer._scorers if isinstance(scorer, MultimetricScorer) else None


def score_function(scorer: Any) -> Any:
    """Return the metric of a scorer that has a name for `scoring`."""
    return scorer._score_func


def find_scorers(search: BaseSearchCV) -> tuple[Any, Any]:
    """Return the scorer of a search, and the metric that `refit` names."""
    return search._get_scorers()


def route_fit_params(search: BaseSearchCV, params: dict[str, Any]) -> Any:
    """Return the metadata for the estimator, the folds and the scorers in `fit`."""
    return search._get_routed_params_for_fit(params)


def check_refit(search: BaseSearchCV, names: Any) -> None:
    """Raise if `refit` is not one of the metrics, where it must be."""
    search._check_refit_for_multimetric(names)


def format_results(
    search: BaseSearchCV, candidates: list, n_splits: int, out: list[dict]
) -> dict[str, Any]:
    """Return the results of `fit_and_score` as `cv_results_`."""
    return search._format_results(candidates, n_splits, out)


def select_best_index(search: BaseSearchCV, metric: Any, results: dict) -> Any:
    """Return the number of the best candidate, by `refit` if it is a rule."""
    return search._select_best_index(search.refit, metric, results)


def fit_callbacks(search: Any, n_subtasks: int | None) -> Any:
    """Return the callback context of a fit; None subtasks are not known yet."""
    return search._init_callback_context(max_subtasks=n_subtasks)


def has_callbacks(estimator: Any) -> bool:
    """Return whether an estimator was given callbacks of scikit-learn."""
    return hasattr(estimator, "_skl_callbacks")


def has_hooks(module: Any) -> bool:
    """Return whether a module of torch calls more than its layers say."""
    before = module._forward_pre_hooks, module._backward_pre_hooks
    return any(before) or bool(module._forward_hooks or module._backward_hooks)


def container_of_results(transformer: Any) -> str:
    """Return the container that `set_output` was given, or ``"default"``."""
    config = getattr(transformer, "_sklearn_output_config", {})
    return config.get("transform", "default")


def positive_label(classifier: Any) -> Any:
    """Return the positive class of a fitted `TunedThresholdClassifierCV`."""
    return classifier._curve_scorer._get_pos_label()

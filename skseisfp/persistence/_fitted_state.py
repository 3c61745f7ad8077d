"""Attributes of loaded estimators: checked where compiled code relies on them.

They are looked up by the names that they have in files, private ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from inspect import getattr_static
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ._members import DamagedFileError
from ._schema import TREE, check_random_state
from ._trees import check_boosted_tree

N_WORKERS = 1024  # more threads or processes than any machine gives to one prediction
ATOMS = (
    str,
    bytes,
    int,
    float,
    complex,
    type,
    type(None),
    np.generic,
    np.dtype,
    slice,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    np.ufunc,
)
NETWORKS = ("torch.", "skorch.")  # whose objects come from no file


def check_state(estimator: Any) -> None:
    """Raise if an estimator, or a part of it, would crash when it predicts.

    Raises
    ------
    DamagedFileError
        If arrays do not fit each other, or an attribute hides a method.
    """
    parts = list(_walk(estimator))
    for part in parts:
        _check_attributes(part)
        for check in _checks_of(part):
            check(part)
    for part in parts:  # needs parts that were checked
        if "sklearn.ensemble._gb.BaseGradientBoosting" in _names(part):
            _check_start_of_boosting(part)


def _walk(root: Any) -> Iterator[Any]:
    """Yield an object and all that it holds, each once."""
    seen: dict[int, Any] = {}
    left = [root]
    while left:
        value = left.pop()
        if isinstance(value, ATOMS) or id(value) in seen:
            continue
        seen[id(value)] = value
        yield value
        left.extend(_parts(value))


def _parts(value):
    """Return the objects that an object holds."""
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if isinstance(value, np.ndarray):
        held = np.asarray(value)
        return held.ravel().tolist() if held.dtype == object else []
    if type(value).__module__.startswith(NETWORKS):
        return []
    return list(getattr(value, "__dict__", {}).values())


def _names(value):
    """Return the full names of the classes of an object."""
    return [f"{kind.__module__}.{kind.__qualname__}" for kind in type(value).__mro__]


def _checks_of(value):
    """Return the checks of an object, those of its base classes included."""
    return [CHECKS[name] for name in _names(value) if name in CHECKS]


def _check_attributes(value):
    """Raise if an attribute hides a method, or asks for workers without number."""
    if isinstance(value, (dict, list, tuple, set, np.ndarray)):
        return
    of_sklearn = type(value).__module__.startswith("sklearn.")
    for name, held in getattr(value, "__dict__", {}).items():
        hidden = getattr_static(type(value), name, None)
        is_method = hasattr(hidden, "__get__") and not isinstance(
            hidden, (cached_property, type)
        )
        if is_method or (of_sklearn and hidden is not None):
            _reject(value, f"its {name} hides that of its class")
        if name == "n_jobs" and isinstance(held, int) and held > N_WORKERS:
            _reject(value, f"{name} is {held}")


def _reject(value, reason):
    """Raise for an object."""
    raise DamagedFileError(f"{type(value).__name__} is forged: {reason}")


def _require(value, holds, reason):
    """Raise for an object of which something does not hold."""
    if not holds:
        _reject(value, reason)


def _check_sparse(matrix):
    """Raise unless the indices of a sparse matrix are within it."""
    if hasattr(matrix, "check_format"):
        matrix.check_format(full_check=True)


def _check_decision_tree(estimator):
    """Raise unless a tree takes the features of its estimator."""
    state = vars(estimator)
    if "tree_" not in state:
        return
    tree = state["tree_"]
    _require(estimator, TREE in _names(tree), "tree_ is not a tree")
    n_classes = np.atleast_1d(state.get("n_classes_", 1))
    _require(
        estimator,
        tree.n_features == state["n_features_in_"]
        and tree.n_outputs == state["n_outputs_"]
        and np.array_equal(np.ravel(tree.n_classes), n_classes),
        "tree_ is that of another estimator",
    )


def _check_boosting(estimator):
    """Raise unless all trees of a gradient boosting take the same features."""
    state = vars(estimator)
    if "estimators_" not in state:
        return
    trees = state["estimators_"]
    _require(
        estimator,
        trees.ndim == 2
        and trees.shape[1] == _n_outputs(state) == state["n_trees_per_iteration_"]
        and trees.size > 0,
        "estimators_ has another shape",
    )
    for tree in trees.ravel():
        _check_decision_tree(tree)
        _require(
            estimator,
            tree.n_features_in_ == state["n_features_in_"]
            and tree.tree_.value.shape[1:] == (1, 1),
            "its trees are those of another estimator",
        )


def _n_outputs(state):
    """Return the number of outputs of the loss of a gradient boosting."""
    loss = state["_loss"]
    return loss.n_classes if loss.is_multiclass else 1


def _check_start_of_boosting(estimator):
    """Raise unless the start of a gradient boosting has one column for each tree."""
    state = vars(estimator)
    start = state.get("init_", "zero")
    if isinstance(start, str):
        return
    X = np.zeros((1, state["n_features_in_"]), np.float32)
    if "classes_" in state:
        n_columns = start.predict_proba(X).shape[1] if _n_outputs(state) > 1 else 1
    else:
        n_columns = start.predict(X).size
    _require(
        estimator,
        n_columns == state["n_trees_per_iteration_"],
        "init_ has another number of outputs",
    )


def _check_histogram_boosting(estimator):
    """Raise unless the trees of a histogram gradient boosting are sound."""
    state = vars(estimator)
    if "_predictors" not in state:
        return
    bins, n_features = state["_bin_mapper"], state["n_features_in_"]
    categorical = np.asarray(bins.is_categorical_, bool)
    _require(
        estimator,
        categorical.shape == (n_features,) and len(bins.bin_thresholds_) == n_features,
        "its bins are those of other features",
    )
    for stage in state["_predictors"]:
        for tree in stage:
            check_boosted_tree(tree, n_features, categorical)


def _check_support_vectors(estimator):
    """Raise unless the arrays of a support vector machine fit each other."""
    state = vars(estimator)
    if "support_vectors_" not in state:
        return
    is_classifier = "classes_" in state
    n_classes = len(state["classes_"]) if is_classifier else 2
    n_pairs = n_classes * (n_classes - 1) // 2
    n_records, n_features = state["shape_fit_"]
    support, n_support = state["support_"], state["_n_support"]
    coefficients, n_vectors = state["_dual_coef_"], len(support)
    is_kernel = state["kernel"] == "precomputed" or callable(state["kernel"])
    shapes = {(n_vectors, n_features)} | ({(0, 0)} if is_kernel else set())
    _require(
        estimator,
        n_features == state["n_features_in_"]
        and state["support_vectors_"].shape in shapes
        and coefficients.shape == (n_classes - 1, n_vectors)
        and (not state["_sparse"] or coefficients.nnz == (n_classes - 1) * n_vectors)
        and state["_intercept_"].shape == (n_pairs,),
        "its arrays have other shapes",
    )
    _require(
        estimator,
        np.all(support >= 0)
        and np.all(support < n_records)
        and np.all(n_support >= 0)
        and len(n_support) == n_classes
        and (not is_classifier or n_support.sum() == n_vectors),
        "its numbers of support vectors differ",
    )
    sizes = {n_pairs} if state["_effective_probability"] else {0, n_pairs}
    for name in ("_probA", "_probB"):
        _require(estimator, state[name].size in sizes, f"{name} has another length")


def _check_neighbours(estimator):
    """Raise unless labels and records of nearest neighbours fit each other."""
    state = vars(estimator)
    if "_fit_X" not in state:
        return
    n_records, n_features = state["_fit_X"].shape
    _require(
        estimator,
        state["n_samples_fit_"] == n_records and state["n_features_in_"] == n_features,
        "its records are not those it was fitted on",
    )
    if "_y" not in state:
        return
    labels = state["_y"]
    _require(estimator, len(labels) == n_records, "its labels are of other records")
    if "classes_" not in state:
        return
    outputs = state["classes_"] if labels.ndim == 2 else [state["classes_"]]
    for column, classes in zip(labels.reshape(n_records, -1).T, outputs, strict=True):
        _require(
            estimator,
            column.dtype.kind in "iu"
            and np.all(column >= 0)
            and np.all(column < len(classes)),
            "a label is out of range",
        )


def _check_centres(estimator):
    """Raise unless the centres of clusters have the features of the records."""
    state = vars(estimator)
    if "cluster_centers_" not in state:
        return
    centres = state["cluster_centers_"]
    _require(
        estimator,
        centres.ndim == 2 and centres.shape[1] == state["n_features_in_"],
        "its centres have other features",
    )
    n_threads = state["_n_threads"]  # OpenMP ends the process for less than one
    _require(estimator, 1 <= n_threads <= N_WORKERS, f"_n_threads is {n_threads}")


CHECKS: dict[str, Callable[[Any], None]] = {
    "numpy.random._generator.Generator": check_random_state,
    "numpy.random.mtrand.RandomState": check_random_state,
    "scipy.sparse._base._spbase": _check_sparse,
    "sklearn.cluster._kmeans._BaseKMeans": _check_centres,
    "sklearn.ensemble._gb.BaseGradientBoosting": _check_boosting,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"
    ".BaseHistGradientBoosting": _check_histogram_boosting,
    "sklearn.neighbors._base.NeighborsBase": _check_neighbours,
    "sklearn.svm._base.BaseLibSVM": _check_support_vectors,
    "sklearn.tree._classes.BaseDecisionTree": _check_decision_tree,
}

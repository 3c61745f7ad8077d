"""Trees of scikit-learn: their arrays checked against each other.

scikit-learn follows children and features without a check of bounds, so that a forged
tree crashes the interpreter when it predicts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._members import DamagedFileError

LEAF = -1  # children of a leaf in scikit-learn's `Tree`
N_WORDS = 8  # of 32 bits, for the 256 categories of a feature


def check_tree(arguments: Any, state: dict[str, Any]) -> None:
    """Raise unless a tree can be made of its arguments and its state.

    Parameters
    ----------
    arguments : tuple
        `n_features`, `n_classes` of each output, `n_outputs`.
    state : dict
        `node_count`, `max_depth`, `nodes` and `values`.
    """
    n_features, n_classes, n_outputs = arguments
    nodes, values = state["nodes"], state["values"]
    node_count = state["node_count"]
    _check_count("n_features", n_features)
    _check_count("n_outputs", n_outputs)
    _require(n_classes.shape == (n_outputs,), "n_classes has another length")
    _require(n_classes.dtype.kind in "iu" and n_classes.min() >= 1, "n_classes is low")
    _require(nodes.shape == (node_count,) and node_count >= 1, "nodes are missing")
    _require(
        values.shape == (node_count, n_outputs, n_classes.max())
        and bool(np.isfinite(values).all()),
        "its values are not finite or of another shape",
    )
    inner = nodes["left_child"] != LEAF
    _require(bool((nodes["right_child"][~inner] == LEAF).all()), "a leaf has a child")
    depth = _check_children(inner, nodes["left_child"], nodes["right_child"])
    _check_splits(inner, nodes["feature"], nodes["threshold"], n_features)
    _require(
        type(state["max_depth"]) is int and depth <= state["max_depth"] <= node_count,
        f"its depth is {depth}, not {state['max_depth']!r}",
    )


def check_boosted_tree(tree: Any, n_features: int, categorical: Any) -> None:
    """Raise unless a tree of a histogram gradient boosting is sound.

    Parameters
    ----------
    tree : TreePredictor
        The tree.
    n_features : int
        Number of features of the records that it gets.
    categorical : ndarray of bool, shape (n_features,)
        Which of them hold categories.
    """
    nodes = tree.nodes
    _require(nodes.ndim == 1 and nodes.size >= 1, "nodes are missing")
    inner = nodes["is_leaf"] == 0
    _check_children(inner, nodes["left"], nodes["right"])
    split = inner & (nodes["is_categorical"] == 0)
    _check_splits(split, nodes["feature_idx"], nodes["num_threshold"], n_features)
    _require(bool(np.isfinite(nodes["value"][~inner]).all()), "a value is not finite")
    by_category = nodes[inner & (nodes["is_categorical"] != 0)]
    features = by_category["feature_idx"]
    _check_splits(
        np.ones(len(features), bool), features, np.zeros(len(features)), n_features
    )
    _require(bool(categorical[features].all()), "a feature has no categories")
    for name in ("raw_left_cat_bitsets", "binned_left_cat_bitsets"):
        sets = getattr(tree, name)
        _require(sets.ndim == 2 and sets.shape[1] == N_WORDS, f"{name} is of no shape")
        _require(
            bool((by_category["bitset_idx"] < len(sets)).all()), "a set is missing"
        )


def _check_children(inner, left, right):
    """Raise unless all nodes but the first have a parent before them; return the depth.

    scikit-learn adds children after their parents.
    """
    parents = np.flatnonzero(inner)
    children = np.stack([left[inner], right[inner]]).astype(np.float64)
    _require(
        bool((children > parents).all() and (children < len(inner)).all()),
        "a child is out of range or before its parent",
    )
    children = children.astype(np.intp)
    _require(
        children.size == len(inner) - 1 == np.unique(children).size,
        "its nodes do not form a tree",
    )
    depth = np.zeros(len(inner), np.intp)
    level = np.zeros(1, np.intp)
    while level.size:
        level = level[inner[level]]
        depth_below = depth[level] + 1
        depth[left[level]] = depth_below
        depth[right[level]] = depth_below
        level = np.concatenate([left[level], right[level]]).astype(np.intp)
    return int(depth.max())


def _check_splits(inner, features, thresholds, n_features):
    """Raise unless features exist and thresholds are numbers.

    A threshold is infinite where a split puts records without a value apart.
    """
    features, thresholds = features[inner], thresholds[inner]
    _require(
        bool((features >= 0).all() and (features < n_features).all()),
        f"a feature is not one of {n_features}",
    )
    _require(
        bool((thresholds > -np.inf).all()),
        "a threshold is not finite",
    )


def _check_count(name, value):
    """Raise unless a value is a positive integer."""
    _require(type(value) is int and value >= 1, f"{name} is {value!r}")


def _require(holds, reason):
    """Raise for a tree of which something does not hold."""
    if not holds:
        raise DamagedFileError(f"a tree is forged: {reason}")

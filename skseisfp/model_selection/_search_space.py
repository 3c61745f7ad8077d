"""Candidates of a search space: every combination of names and parameters."""

import sys
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils.random import sample_without_replacement

from .._utils.trials import MAX_TRIALS, check_n_trials

ABSENT = "-"  # value of a dimension that a candidate does not have


class Candidate(NamedTuple):
    """One combination: its label, its key in the space, dimensions and classifier."""

    label: str
    name: object
    values: dict
    estimator: object


def make_candidates(search_space, *, n_iter=None, random_state=0):
    """Return the candidates of a space, and the total number of its combinations.

    Parameters
    ----------
    search_space : dict
        Name to classifier, or to (classifier, grid of parameters).
    n_iter : int, default=None
        Number of candidates to draw; None takes all.
    random_state : int, default=0
        Seed of the draw.

    Returns
    -------
    candidates : list of Candidate
        In the order of the space; all have the same dimensions.
    n_total : int
        Number of combinations of the space.
    """
    grids = _check_space(search_space)
    check_n_trials(
        "search_space without n_iter" if n_iter is None else "search_space",
        [item for _, grid in grids.values() for item in grid.param_grid],
        MAX_TRIALS if n_iter is None else sys.maxsize,
    )
    starts = np.cumsum([0, *(len(grid) for _, grid in grids.values())])
    n_total = int(starts[-1])
    if n_total < 2:
        raise ValueError(
            "search_space must hold two candidates or more; got one, so there is "
            "nothing to choose: use evaluate_protocols for a single classifier."
        )
    chosen = _draw(n_total, n_iter, random_state)
    names, items = list(grids), list(grids.values())
    candidates = []
    for number in chosen:
        at = int(np.searchsorted(starts, number, side="right")) - 1
        estimator, grid = items[at]
        params = grid[int(number - starts[at])]
        candidates.append(_candidate(names[at], estimator, params))
    _check_responses(candidates)
    return _same_dimensions(candidates), n_total


def _check_space(search_space):
    """Return a classifier and a ParameterGrid for every name of a space."""
    if not isinstance(search_space, dict):
        raise TypeError(
            "search_space must be a dict of names and classifiers, or of names and "
            f"(classifier, grid) pairs; got {type(search_space).__name__}."
        )
    if not search_space:
        raise ValueError("search_space must hold one classifier or more; got none.")
    _check_names(list(search_space))
    return {name: _check_item(name, item) for name, item in search_space.items()}


def _check_names(names):
    """Raise if the names are not all strings, or all tuples of one form."""
    forms = {
        (type(name), len(name)) if isinstance(name, tuple) else (type(name), None)
        for name in names
    }
    if len(forms) > 1:
        raise ValueError(
            "search_space must have names of one form, all strings or all tuples of "
            f"the same parts; got {', '.join(map(repr, names[:5]))}."
        )


def _check_item(name, item):
    """Return a classifier and its ParameterGrid."""
    estimator, grid = item if isinstance(item, tuple) and len(item) == 2 else (item, {})
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        raise TypeError(
            f"search_space[{name!r}] must be a classifier or a (classifier, grid) "
            f"pair; got {item!r}."
        )
    if isinstance(grid, dict) and not grid:
        return estimator, ParameterGrid({})
    try:
        return estimator, ParameterGrid(grid)
    except (TypeError, ValueError) as error:
        raise type(error)(f"search_space[{name!r}]: {error}") from error


def _draw(n_total, n_iter, random_state):
    """Return the sorted numbers of the candidates that are evaluated."""
    if n_iter is None:
        return np.arange(n_total)
    if not 2 <= n_iter <= n_total:
        raise ValueError(
            f"n_iter must be between 2 and {n_total}, the number of candidates in "
            f"search_space; got {n_iter}."
        )
    return np.sort(
        sample_without_replacement(n_total, n_iter, random_state=random_state)
    )


def _candidate(name, estimator, params):
    """Return a candidate with its parameters set; an error names it."""
    values = {**_name_dimensions(name), **params}
    parts = name if isinstance(name, tuple) else (name,)
    words = [str(part) for part in parts]
    words += [f"{key}={value}" for key, value in params.items()]
    copy: Any = clone(estimator)
    try:
        copy.set_params(**params)
    except ValueError as error:
        raise ValueError(f"search_space[{name!r}]: {error}") from error
    return Candidate(", ".join(words), name, values, copy)


def _name_dimensions(name):
    """Return the dimensions that a name has: one, or one for each part of a tuple."""
    if not isinstance(name, tuple):
        return {"name": name}
    fields = getattr(name, "_fields", None)
    fields = fields or [f"name_{part}" for part in range(len(name))]
    return dict(zip(fields, name, strict=True))


def _same_dimensions(candidates):
    """Return the candidates with the dimensions of all of them."""
    dimensions = dict.fromkeys(key for one in candidates for key in one.values)
    return [
        one._replace(values={key: one.values.get(key, ABSENT) for key in dimensions})
        for one in candidates
    ]


def check_arrays(X, search_space):
    """Return the array of each name."""
    arrays = X if isinstance(X, dict) else dict.fromkeys(search_space, X)
    if missing := [repr(name) for name in search_space if name not in arrays]:
        raise ValueError(f"X lacks the names {', '.join(missing)} of search_space.")
    return {name: arrays[name] for name in search_space}


def _check_responses(candidates):
    """Raise if probabilities would be pooled with other scores."""
    kinds = {hasattr(one.estimator, "predict_proba"): one.label for one in candidates}
    if len(kinds) > 1:
        raise ValueError(
            "search_space mixes classifiers with and without predict_proba, such as "
            f"{kinds[True]} and {kinds[False]}; their pooled predictions would not be "
            "on one scale."
        )

"""Check of folds before anything is trained on them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import check_cv
from sklearn.utils import column_or_1d
from sklearn.utils.metadata_routing import get_routing_for_object

from .._utils.checks import check_option
from ..events import resolve_groups, sortable


def check_folds(
    cv: Any,
    X: npt.ArrayLike | None,
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    on_problem: str = "raise",
    **split_params: Any,
) -> pd.DataFrame:
    """Check that folds share no event and lack no class.

    Parameters
    ----------
    cv : int, cross-validation splitter or iterable of (train, test)
        The folds.
    X : array-like of shape (n_records, ...) or None
        Records, if the splitter uses them.
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None takes the index ``event_id`` of `y`, see
        :func:`skseisfp.attach_events`. ``"records"`` makes each record an event.
    on_problem : {"raise", "warn", "ignore"}, default="raise"
        Response to bad folds; the table names them in any case.
    **split_params : dict
        Further metadata of the splitter's `split`, such as ``stations``.

    Returns
    -------
    DataFrame of shape (n_folds, 7)
        For each fold ``n_train`` and ``n_test`` (records), ``n_train_events``,
        ``n_test_events``, ``shared_events`` (number in both), ``missing_train`` and
        ``missing_test`` (classes without a record, joined by commas).

    Raises
    ------
    ValueError
        With ``on_problem="raise"``, if a fold shares an event, or lacks a class in
        training or in test; all such folds are named.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import GroupKFold, KFold
    >>> from skseisfp.model_selection import check_folds
    >>> event_id = np.repeat(np.arange(8), 3)
    >>> y = np.where(event_id < 4, "blast", "quake")
    >>> int(check_folds(GroupKFold(2), None, y, event_id)["shared_events"].sum())
    0
    >>> check_folds(KFold(2), None, y, event_id)
    Traceback (most recent call last):
        ...
    ValueError: fold 0: no 'blast' in training; no 'quake' in test
    fold 1: no 'quake' in training; no 'blast' in test
    """
    check_option("on_problem", on_problem, ("raise", "warn", "ignore"))
    groups = resolve_groups(y, groups, X=X, needed_by="check_folds")
    y = np.asarray(column_or_1d(y))
    X = np.empty(len(y)) if X is None else X
    splitter = check_cv(cv, y, classifier=True)
    folds = [
        _describe(y, groups, train, test)
        for train, test in split_events(splitter, X, y, groups, **split_params)
    ]
    problems = "\n".join(
        f"fold {i}: {'; '.join(found)}"
        for i, fold in enumerate(folds)
        if (found := _problems(fold))
    )
    if problems and on_problem == "raise":
        raise ValueError(problems)
    if problems and on_problem == "warn":
        warnings.warn(problems, UserWarning, stacklevel=2)
    table = pd.DataFrame(folds).rename_axis("fold")
    table["shared_events"] = table["shared_events"].map(len)
    for part in ("missing_train", "missing_test"):
        table[part] = table[part].map(lambda labels: ", ".join(map(str, labels)))
    return table


def split_events(
    splitter: Any,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: npt.ArrayLike,
    **split_params: Any,
) -> list[tuple[npt.NDArray, npt.NDArray]]:
    """Return the folds; the splitter gets the events, whether it requests them or not.

    Those of scikit-learn that split by record would warn that they ignore them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The groups parameter is ignored by")
        return list(splitter.split(X, y, sortable(groups), **split_params))


def requested_by(splitter: Any, names: Iterable[str]) -> set[str]:
    """Return the set of those metadata that the `split` of a splitter requests."""
    if not hasattr(splitter, "get_metadata_routing"):
        return set()
    return get_routing_for_object(splitter).consumes("split", names)


def _describe(y, groups, train, test):
    """Return the counts of a fold and what is wrong with it."""
    train_events, test_events = pd.unique(groups[train]), pd.unique(groups[test])
    classes = np.unique(y)
    return {
        "n_train": len(train),
        "n_test": len(test),
        "n_train_events": len(train_events),
        "n_test_events": len(test_events),
        "shared_events": test_events[np.isin(test_events, train_events)].tolist(),
        "missing_train": np.setdiff1d(classes, y[train]).tolist(),
        "missing_test": np.setdiff1d(classes, y[test]).tolist(),
    }


def _problems(fold):
    """Return descriptions of what is wrong with a fold."""
    found = []
    if shared := fold["shared_events"]:
        found.append(
            f"{len(shared)} events in training and in test, first {shared[0]!r}"
        )
    for part, place in (("missing_train", "training"), ("missing_test", "test")):
        if fold[part]:
            found.append(f"no {', '.join(map(repr, fold[part]))} in {place}")
    return found

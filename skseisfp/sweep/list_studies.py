"""The studies in a store of sweeps, and how much of each is done."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from ._store import Store
from ._stored_studies import find_sweeps, stored_fits

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


def list_studies(store: str | PathLike | BaseStorage) -> pd.DataFrame:
    """Return the sweeps in a store, in the order of their last start.

    Parameters
    ----------
    store : str, path-like or optuna.storages.BaseStorage
        The store of a :class:`SweepSearchCV`.

    Returns
    -------
    DataFrame
        One row a study: ``study`` (its name), ``date`` (of the last start, ISO 8601 in
        UTC; None where unknown), ``n_trials`` and ``n_folds`` of the plan that was
        started last, and ``n_fits``, the number of its fits that are stored.

    Raises
    ------
    FileNotFoundError
        If there is no such store.

    See Also
    --------
    ResultCube.from_store : Results of one of them.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skseisfp.sweep import SweepSearchCV, list_studies
    >>> with TemporaryDirectory() as folder:
    ...     store = Path(folder, "store.db")
    ...     search = SweepSearchCV(
    ...         SVC(), {"C": [1, 10]}, cv=2, store=store, study_name="iris"
    ...     ).fit(*load_iris(return_X_y=True))
    ...     list_studies(store)[["study", "n_trials", "n_folds", "n_fits"]]
      study  n_trials  n_folds  n_fits
    0  iris         2        2       4
    """
    with Store(store, create=False) as opened:
        rows = [_row(sweep, opened) for sweep in find_sweeps(opened)]
    rows.sort(key=lambda row: row["date"] or "")
    columns: Any = ["study", "date", "n_trials", "n_folds", "n_fits"]
    return pd.DataFrame(rows, columns=columns)


def _row(sweep, store):
    """Return a sweep of an open store as a row of the table."""
    plan, n_folds = sweep.plan, sweep.description["n_splits"]
    found = stored_fits(store, sweep.name)
    return {
        "study": sweep.name,
        "date": sweep.provenance.get("date"),
        "n_trials": len(plan["keys"]),
        "n_folds": n_folds,
        "n_fits": sum(
            (key, fold) in found for key in plan["keys"] for fold in range(n_folds)
        ),
    }

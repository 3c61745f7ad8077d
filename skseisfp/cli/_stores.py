"""Stores of sweeps that arguments name: files, journals and URLs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .._utils.journals import is_journal
from .._utils.places import check_place
from ._outcome import UsageError

STORE_HELP = "file or URL of Optuna, or a journal that was made in Python"


def find_store(store: str) -> Any:
    """Return a store as the searches take it, after a check of its path.

    Raises
    ------
    UsageError
        If it is a folder, or in a folder that is not there.
    """
    path = Path(store).expanduser()
    if "://" in store:
        return store
    try:
        check_place(path, "store")
    except (ValueError, FileNotFoundError) as error:
        raise UsageError(str(error)) from error
    if not is_journal(path):
        return store
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(path)))


def open_store(store: str) -> Any:
    """Return a store that is there."""
    found = find_store(store)
    if "://" not in store and not Path(store).expanduser().is_file():
        raise FileNotFoundError(f"There is no file {store}.")
    return found


def read_studies(store: Any, name: str, study: str | None) -> Any:
    """Return the studies of an open store, all or the one of a name.

    Raises
    ------
    ValueError
        If there are none, or none of this name.
    """
    from ..sweep import list_studies

    studies = list_studies(store)
    if studies.empty:
        raise ValueError(f"{name} has no sweeps.")
    if study is None:
        return studies
    if study not in set(studies["study"]):
        raise ValueError(
            f"{name} has no study {study!r}; --study can be {in_one_line(studies)}."
        )
    return studies[studies["study"] == study]


def describe_cube(cube: Any) -> dict[str, Any]:
    """Return the facts of a cube; the best trial is None where none is complete."""
    try:
        best = cube.best()
    except ValueError:
        best = None
    return {
        "parameters": {
            name: cube.dataset[name].values.tolist() for name in cube.parameters
        },
        "metrics": cube.metrics,
        "n_trials": int(cube.values(partial=True).size),
        "n_complete": int(cube.values().notnull().sum()),
        "best": best,
    }


def as_lines(studies: Any) -> str:
    """Return studies as lines with their names, dates and fits."""
    width = studies["study"].map(len).max()
    return "\n".join(
        f"{row['study']:<{width}}  {_describe(row)}"
        for row in studies.to_dict("records")
    )


def in_one_line(studies: Any) -> str:
    """Return studies in one line, for messages."""
    return "; ".join(
        f"{row['study']} ({_describe(row)})" for row in studies.to_dict("records")
    )


def _describe(row):
    """Return date, trials and fits of a study in words."""
    from .._utils.provenance import describe_date

    n_fits = row["n_trials"] * row["n_folds"]
    return (
        f"{describe_date(row['date'])}, {row['n_trials']} trials, "
        f"{row['n_fits']} of {n_fits} fits"
    )

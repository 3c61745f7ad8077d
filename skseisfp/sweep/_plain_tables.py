"""Result cubes from tables that other programs have made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ._cube_build import build_dataset, find_metrics, fits_of_results
from ._grid import check_size
from ._table_files import convert, integer, number

if TYPE_CHECKING:
    import xarray

PREFIX = "param_"  # of parameters in `cv_results_`
GIVEN = "['\"]{}['\"]: (?!None|nan)"  # in `params` of `cv_results_`
SCORES = re.compile(r"split\d+_(test|train)_|mean_(fit|score)_time$")


def from_plain_frame(
    frame: Any,
    parameters: Sequence[str] | None,
    metrics: Sequence[str] | None,
    main_metric: str | None,
) -> xarray.Dataset:
    """Return the dataset of a table that another program has made."""
    if parameters is None and find_metrics(frame):
        parameters = [name for name in frame if name.startswith(PREFIX)]
    _check_columns(frame, parameters)
    params = _params_of_rows(frame, [*(parameters or ())])
    tested = find_metrics(frame)
    if tested and metrics is None:
        scores = [name for name in frame if SCORES.match(str(name))]
        numbers = {name: convert(frame[name], number) for name in scores}
        fits = fits_of_results({**frame, **numbers, "params": params}, tested)
        return build_dataset(params, fits, metrics=tested, main_metric=main_metric)
    metrics = _plain_metrics(frame, metrics, [*(parameters or ()), "fold"])
    folds = _folds(frame)
    n_folds = max(folds, default=0) + 1
    check_size((len(params), n_folds))
    fits: list[list[dict | None]] = [[None] * n_folds for _ in params]
    columns = [convert(frame[name], number).astype(float) for name in metrics]
    for row, fold, *scores in zip(fits, folds, *columns, strict=True):
        row[fold] = {"scores": dict(zip(metrics, scores, strict=True))}
    return build_dataset(params, fits, metrics=metrics, main_metric=main_metric)


def _params_of_rows(frame, parameters):
    """Return the parameters of each row; only those of another grid may lack cells."""
    rows = frame[parameters].astype(object).to_dict("records")
    notes = frame["params"] if "params" in frame else [None] * len(rows)
    found = []
    for row, (cells, note) in enumerate(zip(rows, notes, strict=True)):
        params = {}
        for column, cell in cells.items():
            name = column.removeprefix(PREFIX)
            if not _is_missing(cell):
                params[name] = cell
            elif note is None or re.search(GIVEN.format(re.escape(name)), str(note)):
                raise ValueError(f"Row {row} of the table has no {column}.")
        found.append(params)
    return found


def _folds(frame):
    """Return the fold of each row, 0 where the table has none."""
    if "fold" not in frame:
        return [0] * len(frame)
    folds = convert(frame["fold"], integer).tolist()
    negative = [row for row, fold in enumerate(folds) if fold < 0]
    if negative:
        row = negative[0]
        raise ValueError(
            f"Row {row} of the table has fold = {folds[row]}; folds count from 0."
        )
    return folds


def _check_columns(frame, parameters):
    """Raise if parameters are not columns of a table, or none are named."""
    missing = [name for name in (parameters or ()) if name not in frame]
    if parameters and not missing:
        return
    fault = f"{missing[0]!r} is not a column" if missing else "no column is named"
    raise ValueError(
        f"parameters: {fault}; the table has {', '.join(map(str, frame.columns))}. A "
        "table of cv_results_ or of ResultCube.to_frame needs none."
    )


def _plain_metrics(frame, metrics, others):
    """Return the columns of the metrics, those of numbers where none are named."""
    numeric = frame.select_dtypes("number").columns.difference(others, sort=False)
    metrics = list(metrics or numeric)
    absent = [name for name in metrics if name not in frame]
    if absent or not metrics:
        fault = f"{absent[0]!r} is not a column" if absent else "no column has numbers"
        raise ValueError(f"metrics: {fault}.")
    return metrics


def _is_missing(cell):
    """Return whether a cell has no value; None and the empty string are values."""
    return cell is pd.NA or (isinstance(cell, float) and cell != cell)

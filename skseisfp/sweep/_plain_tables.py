"""Result cubes from tables that other programs have made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._cube_build import build_dataset, find_metrics, fits_of_results

if TYPE_CHECKING:
    import pandas as pd
    import xarray


def from_plain_frame(
    frame: pd.DataFrame,
    parameters: Sequence[str] | None,
    metrics: Sequence[str] | None,
    main_metric: str | None,
) -> xarray.Dataset:
    """Return the dataset of a table that another program has made."""
    prefix = "param_"
    if parameters is None and find_metrics(frame):
        parameters = [name for name in frame if name.startswith(prefix)]
    _check_columns(frame, parameters)
    params = [
        {k.removeprefix(prefix): v for k, v in row.items() if not _is_nan(v)}
        for row in _rows(frame, [*(parameters or ())], object)
    ]
    tested = find_metrics(frame)
    if tested and metrics is None:
        fits = fits_of_results({**frame, "params": params}, tested)
        return build_dataset(params, fits, metrics=tested, main_metric=main_metric)
    metrics = _plain_metrics(frame, metrics, [*(parameters or ()), "fold"])
    folds = frame["fold"].astype(int) if "fold" in frame else np.zeros(len(frame), int)
    n_folds = max(folds, default=0) + 1
    fits: list[list[dict | None]] = [[None] * n_folds for _ in params]
    scores = _rows(frame, metrics, float)
    for row, fold, score in zip(fits, folds, scores, strict=True):
        row[fold] = {"scores": score}
    return build_dataset(params, fits, metrics=metrics, main_metric=main_metric)


def _rows(frame: Any, columns: list[str], dtype: type) -> list[dict[str, Any]]:
    """Return some columns of a table row by row."""
    return frame[columns].astype(dtype).to_dict("records")


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


def _is_nan(value):
    return isinstance(value, float) and value != value

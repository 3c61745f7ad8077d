"""Contributions of cells of records by bringing them down to their quiet level."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ._cells import band_parts, changes_to_quiet, window_weights
from ._record_classifier import log_odds, score_records

_HIDDEN = 0.5  # of the cells in a random set, at which each cell is known best


def occlude_records(
    classifier: Any,
    X: npt.NDArray,
    columns: npt.NDArray,
    *,
    band_edges: npt.NDArray,
    window_edges: npt.NDArray,
    sampling_rate: float,
    n_masks: int | None,
    rng: np.random.RandomState,
) -> npt.NDArray[np.float64]:
    """Return the contributions of cells, of shape (n_records, n_bands, n_windows)."""
    weights = window_weights(X.shape[-1], window_edges, band_edges, sampling_rate)
    shape = weights.shape[:2]
    n_cells = shape[0] * shape[1]
    n_masks = 2 * n_cells if n_masks is None else n_masks
    masks = _draw_masks(n_cells, n_masks, rng)
    found = []
    for record, column in zip(X, columns, strict=True):
        parts = band_parts(record.astype(float), band_edges, sampling_rate)
        changes = changes_to_quiet(parts, band_edges, sampling_rate)
        cells = changes[..., None, :] * weights
        flat = (*record.shape[:-1], -1, record.shape[-1])
        cells = np.moveaxis(cells.reshape(flat), -2, 0)
        occluded = record + np.tensordot(masks, cells, axes=1)
        scores, probabilities = score_records(
            classifier, np.concatenate([record[None], occluded]).astype(X.dtype)
        )
        odds = log_odds(scores, column, probabilities=probabilities)
        found.append(_falls(odds, masks, n_masks).reshape(shape))
    return np.array(found)


def _draw_masks(n_cells, n_masks, rng):
    """Return sets of cells as rows of zeros and ones: each cell alone, or at random."""
    if not n_masks:
        return np.eye(n_cells)
    size = max(round(_HIDDEN * n_cells), 1)
    ranks = rng.uniform(size=(n_masks, n_cells)).argsort(axis=1).argsort(axis=1)
    return (ranks < size).astype(float)


def _falls(odds, masks, n_masks):
    """Return by how much each cell lowers the log-odds, the first ones without cells.

    Of random sets this is a ridge regression, with as much weight on no fall at all as
    one more set for each cell would have.
    """
    if not n_masks:
        return odds[0] - odds[1:]
    odds = odds[1:]
    centred = masks - masks.mean(axis=0)
    ridge = masks.shape[1] * _HIDDEN * (1 - _HIDDEN)
    normal = centred.T @ centred + ridge * np.eye(masks.shape[1])
    return -np.linalg.solve(normal, centred.T @ (odds - odds.mean()))

"""Selection of the largest Haar coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def select_top_k(coefficients: npt.NDArray, k: int) -> npt.NDArray[np.int8]:
    """Keep the signs of the k largest coefficients of each image.

    Parameters
    ----------
    coefficients : ndarray of shape (..., rows, columns)
        Haar coefficients, or standardised ones; NaN marks a coefficient that must
        not be selected.
    k : int
        Number of coefficients to keep.

    Returns
    -------
    ndarray of int8, same shape
        1, -1 or 0. The mean of the image, at (0, 0), is never kept, nor is a
        coefficient that is zero up to rounding. Equal magnitudes are kept in the
        order of their index.

    Raises
    ------
    ValueError
        If `k` is not between 1 and the number of coefficients.
    """
    rows, columns = coefficients.shape[-2:]
    if not 1 <= k <= rows * columns:
        raise ValueError(f"k must be from 1 to {rows * columns}; got {k}.")
    flat = coefficients.reshape(-1, rows * columns)
    magnitude = np.abs(flat)
    if not np.isfinite(magnitude.max(initial=0.0)):
        magnitude = np.nan_to_num(magnitude, nan=0.0)
    # rounding leaves differences of up to 0.5 eps of the mean in a constant image
    # (measured for sizes up to 256 x 256); 16 eps is that with a wide margin
    rounding = 16.0 * np.finfo(flat.dtype).eps * magnitude.max(axis=1, keepdims=True)
    magnitude[:, 0] = 0.0
    threshold = np.partition(magnitude, -k, axis=1)[:, -k, None]
    keep = (magnitude >= threshold) & (magnitude > rounding)
    tied = keep.sum(axis=1) > k
    keep[tied] = _first_ties(magnitude[tied], threshold[tied], k)
    signs = (keep & (flat > 0.0)).view(np.int8) - (keep & (flat < 0.0)).view(np.int8)
    return signs.reshape(coefficients.shape)


def _first_ties(magnitude, threshold, k):
    """Return the k largest of each row; of those at the threshold the first ones."""
    keep = magnitude > threshold
    ties = magnitude == threshold
    free = k - keep.sum(axis=1, keepdims=True)
    return keep | (ties & (np.cumsum(ties, axis=1) <= free))

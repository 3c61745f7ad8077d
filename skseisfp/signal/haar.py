"""The two-dimensional orthonormal Haar transform, standard and pyramid."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pywt

from .._utils.checks import as_float, check_option
from ._arguments import check_numbers

if TYPE_CHECKING:
    import numpy.typing as npt

HAAR_FORMS = ("standard", "pyramid")


def is_power_of_two(n: int) -> bool:
    """Return whether an integer is 1, 2, 4, ..."""
    return n > 0 and n & (n - 1) == 0


@lru_cache(maxsize=8)
def haar_matrix(n: int) -> npt.NDArray:
    """Return the matrix of the orthonormal 1-D Haar transform of full depth.

    Parameters
    ----------
    n : int
        Length, a power of two.

    Returns
    -------
    ndarray of shape (n, n)
        Row 0 is the mean, row 1 the coarsest difference, rows 2 and 3 the next
        level, and so on to the finest level in the last n / 2 rows. Read-only.

    Raises
    ------
    ValueError
        If `n` is not a power of two.
    """
    if not is_power_of_two(n):
        raise ValueError(f"n must be a power of two; got {n}.")
    matrix = np.ones((1, 1))
    while len(matrix) < n:
        details = np.kron(np.eye(len(matrix)), [1.0, -1.0])
        matrix = np.vstack([np.kron(matrix, [1.0, 1.0]), details]) / np.sqrt(2.0)
    matrix.flags.writeable = False
    return matrix


def haar2d(images: npt.ArrayLike, form: str = "standard") -> npt.NDArray:
    """Transform images by the 2-D Haar wavelet of full depth.

    Parameters
    ----------
    images : array-like of shape (..., rows, columns)
        Images; both sizes are powers of two.
    form : {"standard", "pyramid"}, default="standard"
        ``"standard"`` transforms along frequency, then along time, each to full
        depth (Waveprint; equal to ``pywt.fswavedecn``); ``"pyramid"`` alternates the
        two level by level until the shorter axis is spent (FAST; equal to
        ``pywt.wavedec2``).

    Returns
    -------
    ndarray of shape (..., rows, columns)
        Coefficients, coarse to fine along both axes; float32 for float32 images,
        else float64.

    Raises
    ------
    ValueError
        If a size is not a power of two or the form is unknown.
    """
    values, (rows, columns) = _check_images(images, form)
    if form == "standard":
        return rows @ values @ columns.T
    coefficients = pywt.wavedec2(values, "haar", mode="periodization", axes=(-2, -1))
    return pywt.coeffs_to_array(coefficients, axes=(-2, -1))[0]


def inverse_haar2d(coefficients: npt.ArrayLike, form: str = "standard") -> npt.NDArray:
    """Invert `haar2d`.

    Parameters
    ----------
    coefficients : array-like of shape (..., rows, columns)
        Coefficients as `haar2d` returns them.
    form : {"standard", "pyramid"}, default="standard"
        Form of the transform.

    Returns
    -------
    ndarray of shape (..., rows, columns)
        Images.

    Raises
    ------
    ValueError
        If a size is not a power of two or the form is unknown.
    """
    values, (rows, columns) = _check_images(coefficients, form)
    if form == "standard":
        return rows.T @ values @ columns
    layout = pywt.wavedec2(np.zeros(values.shape[-2:]), "haar", mode="periodization")
    slices: Any = pywt.coeffs_to_array(layout)[1]
    coarsest, *levels = slices
    parts: list[Any] = [values[(..., *coarsest)]]
    parts += [
        tuple(values[(..., *level[name])] for name in ("da", "ad", "dd"))
        for level in levels
    ]
    return pywt.waverec2(parts, "haar", mode="periodization", axes=(-2, -1))


def _check_images(images, form):
    """Return images as floats, and the Haar matrices of their axes."""
    check_option("form", form, HAAR_FORMS)
    images = as_float(check_numbers("images", images, least_ndim=2))
    for n in images.shape[-2:]:
        if not is_power_of_two(n):
            raise ValueError(
                f"rows and columns of images must be a power of two; got {n}."
            )
    return images, [haar_matrix(n).astype(images.dtype) for n in images.shape[-2:]]

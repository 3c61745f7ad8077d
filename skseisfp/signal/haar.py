"""The two-dimensional orthonormal Haar transform, standard and pyramid."""

from functools import lru_cache

import numpy as np
import pywt

HAAR_FORMS = ("standard", "pyramid")


@lru_cache(maxsize=8)
def haar_matrix(n):
    """Matrix of the orthonormal 1-D Haar transform of full depth.

    Parameters
    ----------
    n : int
        Length, a power of two.

    Returns
    -------
    ndarray of shape (n, n)
        Row 0 is the mean, row 1 the coarsest difference, rows 2 and 3 the next
        level, and so on to the finest level in the last n / 2 rows. Read-only.
    """
    matrix = np.ones((1, 1))
    while len(matrix) < n:
        details = np.kron(np.eye(len(matrix)), [1.0, -1.0])
        matrix = np.vstack([np.kron(matrix, [1.0, 1.0]), details]) / np.sqrt(2.0)
    matrix.flags.writeable = False
    return matrix


def haar2d(images, form="standard"):
    """Transform images by the 2-D Haar wavelet of full depth.

    Parameters
    ----------
    images : ndarray of shape (..., rows, columns)
        Images; both sizes are powers of two, equal for the pyramid.
    form : {"standard", "pyramid"}, default="standard"
        ``"standard"`` transforms along frequency, then along time, each to full
        depth (Waveprint; equal to ``pywt.fswavedecn``); ``"pyramid"`` alternates the
        two level by level (FAST; equal to ``pywt.wavedec2``).

    Returns
    -------
    ndarray of shape (..., rows, columns)
        Coefficients, coarse to fine along both axes.
    """
    if form == "standard":
        rows, columns = (haar_matrix(n).astype(images.dtype) for n in images.shape[-2:])
        return rows @ images @ columns.T
    coefficients = pywt.wavedec2(images, "haar", mode="periodization", axes=(-2, -1))
    return pywt.coeffs_to_array(coefficients, axes=(-2, -1))[0]


def inverse_haar2d(coefficients, form="standard"):
    """Invert `haar2d`.

    Parameters
    ----------
    coefficients : ndarray of shape (..., rows, columns)
        Coefficients as `haar2d` returns them.
    form : {"standard", "pyramid"}, default="standard"
        Form of the transform.

    Returns
    -------
    ndarray of shape (..., rows, columns)
        Images.
    """
    if form == "standard":
        rows, columns = (
            haar_matrix(n).astype(coefficients.dtype) for n in coefficients.shape[-2:]
        )
        return rows.T @ coefficients @ columns
    slices = pywt.coeffs_to_array(
        pywt.wavedec2(np.zeros(coefficients.shape[-2:]), "haar", mode="periodization")
    )[1]
    whole = (slice(None),) * (coefficients.ndim - 2)
    levels = [coefficients[(*whole, *slices[0])]]
    levels += [
        tuple(coefficients[(*whole, *level[name])] for name in ("da", "ad", "dd"))
        for level in slices[1:]
    ]
    return pywt.waverec2(levels, "haar", mode="periodization", axes=(-2, -1))

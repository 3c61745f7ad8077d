"""Loops over the images of a batch that numba compiles: one cycle of a network.

Images are channels-last: an array of shape (n_images, rows, columns * n_channels), so
that loops run over elements that lie side by side. Values of a channel are repeated
for all columns of a row. Sums are taken over the rows in the dtype of the images and
from there on in float64, image by image: they do not depend on how images are divided
into blocks, nor on threads.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .._utils.optional import import_optional


class Loops(NamedTuple):
    """The compiled functions of this module."""

    describe: Any
    activate: Any
    sum_gradients: Any
    normalise_gradients: Any


@cache
def load_loops() -> Loops:
    """Return the compiled functions, or raise an ImportError without numba.

    They are stored next to this file or in the folder of numba, where one of them can
    be written, and otherwise compiled again in every process.
    """
    numba = import_optional("numba", extra="fast")
    functions = _describe, _activate, _sum_gradients, _normalise_gradients
    # fused multiplications and additions; no sum is put into another order
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        return Loops(*(numba.njit(cache=True, **options)(one) for one in functions))
    except RuntimeError:  # no folder for compiled functions can be written
        return Loops(*(numba.njit(**options)(one) for one in functions))


def _describe(images, copies, n_channels, means, spreads):
    """Copy images; give each channel's mean and sum of squared deviations from it."""
    n_images, n_rows, width = images.shape
    n_columns = width // n_channels
    total = np.empty(width, images.dtype)
    centre = np.empty(width, images.dtype)
    for i in range(n_images):
        total[:] = 0
        for row in range(n_rows):
            for j in range(width):
                value = images[i, row, j]
                copies[i, row, j] = value
                total[j] += value
        for c in range(n_channels):
            mean = 0.0
            for column in range(n_columns):
                mean += total[column * n_channels + c]
            means[i, c] = mean / (n_rows * n_columns)
            for column in range(n_columns):
                centre[column * n_channels + c] = means[i, c]
        total[:] = 0
        for row in range(n_rows):
            for j in range(width):
                deviation = images[i, row, j] - centre[j]
                total[j] += deviation * deviation
        for c in range(n_channels):
            # deviations are from a rounded mean, whose own one is subtracted
            shift = means[i, c] - centre[c]
            spread = -n_rows * n_columns * shift * shift
            for column in range(n_columns):
                spread += total[column * n_channels + c]
            spreads[i, c] = spread


def _activate(
    images, slope, offset, words, threshold, size, stride, scale, passed, pooled
):
    """Normalise, rectify, drop and average images; note which elements passed.

    Elements with a word below the threshold are dropped; without words all are kept.
    """
    n_images, n_rows, width = images.shape
    n_pooled, pooled_width = pooled.shape[1:]
    drops = words.size > 0
    n_channels = words.shape[1]
    n_columns = width // n_channels
    kept = np.ones(width, np.uint8)
    line = np.empty(width, images.dtype)
    part = np.empty(pooled_width, images.dtype)
    for i in range(n_images):
        pooled[i] = 0
        for row in range(n_rows):
            if drops:
                for c in range(n_channels):
                    for column in range(n_columns):
                        keep = words[i, c, row, column] >= threshold
                        kept[column * n_channels + c] = keep
            for j in range(width):
                value = images[i, row, j] * slope[j] + offset[j]
                passes = kept[j] * np.uint8(not (value <= 0))  # NaN passes, as in torch
                passed[i, row, j] = passes
                line[j] = value if passes else 0
            first = max(0, (row - size + stride) // stride)
            last = min(n_pooled - 1, row // stride)
            if first > last:  # the row is in no window
                continue
            for column in range(pooled_width // n_channels):
                for c in range(n_channels):
                    total = line[column * stride * n_channels + c]
                    for step in range(1, size):
                        total += line[(column * stride + step) * n_channels + c]
                    part[column * n_channels + c] = total
            for window in range(first, last + 1):
                for j in range(pooled_width):
                    pooled[i, window, j] += part[j]
        for window in range(n_pooled):
            for j in range(pooled_width):
                pooled[i, window, j] *= scale


def _sum_gradients(images, passed, gradients, centre, size, stride, sums, products):
    """Sum the gradients of passed elements, and those times deviations from a mean."""
    n_images, n_rows, width = images.shape
    n_channels = sums.shape[1]
    n_pooled, pooled_width = gradients.shape[1:]
    part = np.empty(pooled_width, images.dtype)
    line = np.empty(width, images.dtype)
    totals = np.empty((2, width), images.dtype)
    for i in range(n_images):
        totals[:] = 0
        for row in range(n_rows):
            first = max(0, (row - size + stride) // stride)
            last = min(n_pooled - 1, row // stride)
            if first > last:  # the row is in no window
                continue
            part[:] = 0
            line[:] = 0
            for window in range(first, last + 1):
                for j in range(pooled_width):
                    part[j] += gradients[i, window, j]
            for column in range(pooled_width // n_channels):
                for step in range(size):
                    for c in range(n_channels):
                        place = (column * stride + step) * n_channels + c
                        line[place] += part[column * n_channels + c]
            for j in range(width):
                gradient = line[j] * passed[i, row, j]
                totals[0, j] += gradient
                totals[1, j] += gradient * (images[i, row, j] - centre[j])
        for c in range(n_channels):
            sums[i, c] = 0
            products[i, c] = 0
            for j in range(c, width, n_channels):
                sums[i, c] += totals[0, j]
                products[i, c] += totals[1, j]


def _normalise_gradients(
    images, passed, gradients, centre, factors, size, stride, n_channels, out
):
    """Give the gradients before batch normalisation.

    They are the sum of the gradients of passed elements, of a constant and of the
    deviations from a mean, with one factor of each channel each.
    """
    n_images, n_rows, width = images.shape
    n_pooled, pooled_width = gradients.shape[1:]
    part = np.empty(pooled_width, images.dtype)
    line = np.empty(width, images.dtype)
    for i in range(n_images):
        for row in range(n_rows):
            first = max(0, (row - size + stride) // stride)
            last = min(n_pooled - 1, row // stride)
            part[:] = 0
            line[:] = 0
            for window in range(first, last + 1):
                for j in range(pooled_width):
                    part[j] += gradients[i, window, j]
            for column in range(pooled_width // n_channels):
                for step in range(size):
                    for c in range(n_channels):
                        place = (column * stride + step) * n_channels + c
                        line[place] += part[column * n_channels + c]
            for j in range(width):
                gradient = line[j] * passed[i, row, j] * factors[0, j] + factors[1, j]
                deviation = images[i, row, j] - centre[j]
                out[i, row, j] = gradient + deviation * factors[2, j]

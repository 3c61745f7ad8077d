"""Skewness and kurtosis without the set-up time of those of SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def skewness_kurtosis(values: npt.NDArray) -> tuple[Any, Any]:
    """Return skewness and excess kurtosis along the last axis, as SciPy does."""
    centred = values - values.mean(axis=-1, keepdims=True)
    squares = centred * centred
    variance = squares.mean(axis=-1)
    skewness = (squares * centred).mean(axis=-1) / variance**1.5
    return skewness, (squares * squares).mean(axis=-1) / variance**2 - 3

"""Base class of the representations of records."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from .._parameters import ValidatedParameters
from .._utils.batches import map_batches
from .._utils.docs import InheritedParameterDocs
from .._utils.validation import check_records
from ._constraints import BATCHES
from ._table_output import TableOutput

if TYPE_CHECKING:
    import numpy.typing as npt


MOST_PIXELS = 2**26  # of an image, 64 MiB as bytes; screens have 2**23


class RecordTransformer(
    ValidatedParameters,
    InheritedParameterDocs,
    TableOutput,
    TransformerMixin,
    BaseEstimator,
):
    """Base of stateless transformers that map each trace, the last axis, alone.

    A subclass defines `_map_traces(traces)`, which takes an array of shape (n_traces,
    n_samples). It may override `_check_combinations(n_samples)`.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    dynamic_range_db : float in (0, 300], default=60.0
        Decibels below the maximum at which a log image is clipped.
    taper : float in [0, 1], default=0.05
        Part of the record under the flanks of a Tukey window, both ends together.
    batch_size : int in [1, inf), default=64
        Records that are processed at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.
    """

    _transforms_records_alone = True
    _earlier_values = {"verbose": 0}
    _parameter_constraints = BATCHES

    record_shape_: tuple[int, ...]
    n_features_in_: int
    batch_size: int
    n_jobs: int | None
    verbose: int
    _map_traces: Callable[[npt.NDArray], npt.NDArray]

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Check the parameters and the records; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.
        y : None
            Not used.

        Returns
        -------
        self
            The transformer.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        self._validate_params()
        records = check_records(self, X, reset=True)
        self._check_combinations(records.shape[-1])
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray:
        """Transform every trace.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records: 2-D for one component, 3-D for several, 4-D for views.

        Returns
        -------
        ndarray of shape (n_records, [n_views, n_channels,] ...)
            The transform of each trace, in place of the last axis.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        self._validate_params()
        records = check_records(self, X, reset=False)
        self._check_combinations(records.shape[-1])
        self._check_container(records.shape[1:])
        return map_batches(
            self._map_batch,
            records,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            by=type(self).__name__,
        )

    def _map_batch(self, records):
        """Transform all traces of a batch."""
        mapped = self._map_traces(records.reshape(-1, records.shape[-1]))
        return mapped.reshape(*records.shape[:-1], *mapped.shape[1:])

    def _check_combinations(self, n_samples):
        """Raise if parameters do not fit each other or the length of the records."""

    @staticmethod
    def _count_output_axes(record_shape):
        return 2 + len(record_shape)  # an image of each trace

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def check_band(f_min, f_max, sampling_rate):
    """Return the band in Hz; None is 0 or the Nyquist frequency."""
    nyquist = sampling_rate / 2
    low = 0.0 if f_min is None else f_min
    high = nyquist if f_max is None else f_max
    if not 0 <= low < high <= nyquist:
        raise ValueError(
            f"f_min={low:g} Hz must be below f_max={high:g} Hz, and that not above the "
            f"Nyquist frequency {nyquist:g} Hz."
        )
    return low, high


def check_log_scale(scale, normalize):
    """Raise if a logarithmic scale has no maximum that it is relative to."""
    if scale == "log" and not normalize:
        raise ValueError("scale='log' is relative to the maximum: set normalize=True.")


def check_pixels(shape):
    """Raise if an image has more pixels than fit memory."""
    if prod(shape) > MOST_PIXELS:
        raise ValueError(f"shape must have at most {MOST_PIXELS} pixels; got {shape}.")


def over_peak(values, axis):
    """Divide by the largest magnitude; zeros stay."""
    peak = np.abs(values).max(axis=axis, keepdims=True)
    return values / np.where(peak > 0, peak, 1)

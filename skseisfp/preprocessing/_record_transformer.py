"""What the representations of records share."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_scalar

from .._utils.batches import map_batches
from .._utils.checks import check_option, check_real
from .._utils.validation import check_records
from ..signal.scalogram import SCALES


class RecordTransformer(TransformerMixin, BaseEstimator):
    """Base of stateless transformers that map each trace, the last axis, alone.

    A subclass gives `_check_parameters(n_samples)` and `_map_traces(traces)`, which
    takes an array of shape (n_traces, n_samples), and has `batch_size` and `n_jobs`.
    """

    _transforms_records_alone = True

    def fit(self, X, y=None):
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
        X = check_records(self, X, reset=True)
        self._check_all(X.shape[-1])
        return self

    def transform(self, X):
        """Transform every trace.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records: 2-D for one component, 3-D for several, 4-D for views.

        Returns
        -------
        ndarray of shape (n_records, [n_views, n_channels,] ...)
            What each trace became, in place of the last axis.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        X = check_records(self, X, reset=False)
        self._check_all(X.shape[-1])
        return map_batches(
            self._map_batch, X, batch_size=self.batch_size, n_jobs=self.n_jobs
        )

    def _map_batch(self, records):
        mapped = self._map_traces(records.reshape(-1, records.shape[-1]))
        return mapped.reshape(*records.shape[:-1], *mapped.shape[1:])

    def _check_all(self, n_samples):
        check_scalar(self.batch_size, "batch_size", Integral, min_val=1)
        self._check_parameters(n_samples)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def check_scale(scale, dynamic_range_db):
    """Refuse what is no scale of images."""
    check_option("scale", scale, SCALES)
    check_real(
        "dynamic_range_db",
        dynamic_range_db,
        min_val=0,
        max_val=300,
        include_boundaries="right",
    )


def check_size(name, size):
    """Refuse what is no pair of positive integers."""
    if np.shape(size) != (2,) or not all(
        isinstance(n, Integral) and n >= 1 for n in size
    ):
        raise ValueError(f"{name} must be two integers >= 1; got {size!r}.")


def check_band(f_min, f_max, sampling_rate):
    """Return the band in Hz; None is 0 or the Nyquist frequency."""
    nyquist = sampling_rate / 2
    for name, value in (("f_min", f_min), ("f_max", f_max)):
        if value is not None:
            check_real(name, value)
    low = 0.0 if f_min is None else f_min
    high = nyquist if f_max is None else f_max
    if not 0 <= low < high <= nyquist:
        raise ValueError(
            f"f_min={low:g} Hz must not be negative and f_max={high:g} Hz must be "
            f"above it, up to the Nyquist frequency {nyquist:g} Hz."
        )
    return low, high


def over_peak(values, axis):
    """Divide by the largest magnitude; zeros stay."""
    peak = np.abs(values).max(axis=axis, keepdims=True)
    return values / np.where(peak > 0, peak, 1)

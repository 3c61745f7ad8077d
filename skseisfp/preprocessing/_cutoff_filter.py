"""What the transformers with an automatic cut-off share."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_scalar

from .._utils.batches import map_batches
from .._utils.checks import check_option, check_per_record, check_real
from .._utils.validation import check_rate, check_records
from ..signal.cutoff import STATISTICS, cutoff_range, estimate_cutoffs
from ..signal.filters import highpass

_FALLBACK_STATUSES = ("no_signal", "overlap")


class CutoffFilter(TransformerMixin, BaseEstimator):
    """Base of the stateless filters; a subclass gives `_views` and `transform`."""

    _transforms_records_alone = True

    def __init__(
        self,
        *,
        sampling_rate=1.0,
        statistic="window",
        threshold=None,
        fallback=None,
        f_min=None,
        f_max=None,
        order=4,
        zero_phase=True,
        batch_size=64,
        n_jobs=None,
    ):
        self.sampling_rate = sampling_rate
        self.statistic = statistic
        self.threshold = threshold
        self.fallback = fallback
        self.f_min = f_min
        self.f_max = f_max
        self.order = order
        self.zero_phase = zero_phase
        self.batch_size = batch_size
        self.n_jobs = n_jobs

    def fit(self, X, y=None):
        """Check the parameters and the records; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
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
        X = check_records(self, X, reset=True, max_ndim=3)
        self._check_parameters(X.shape[-1])
        return self

    def fit_transform(self, X, y=None, arrival=None):
        """Check the parameters and filter the records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : None
            Not used.
        arrival : array-like of shape (n_records,), default=None
            See `transform`.

        Returns
        -------
        ndarray
            What `transform` returns.
        """
        return self.fit(X, y).transform(X, arrival=arrival)

    def estimate_cutoff(self, X, arrival=None):
        """Estimate the cut-off of each record and say how sure it is.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        arrival : array-like of shape (n_records,), default=None
            Sample of the first arrival, where known; NaN or a negative number where
            not.

        Returns
        -------
        DataFrame
            One row per record: ``cutoff``, the cut-off in Hz that `transform` uses,
            NaN where the record passes as it is; ``estimate`` in Hz, before the
            fallback; ``status`` and scores as `skseisfp.signal.estimate_cutoffs`
            describes them.

        Raises
        ------
        ValueError
            If a parameter, the records or the arrivals are not valid.
        """
        X = self._check_transform(X)
        table = self._map(self._estimate, X, self._check_arrival(arrival, len(X)))
        table = pd.DataFrame(table).rename(columns={"cutoff": "estimate"})
        fallback = np.nan if self.fallback is None else self.fallback
        reliable = ~table["status"].isin(_FALLBACK_STATUSES)
        table.insert(0, "cutoff", table["estimate"].where(reliable, fallback))
        return table

    def _estimate(self, X, arrival):
        return estimate_cutoffs(
            X,
            sampling_rate=self.sampling_rate,
            statistic=self.statistic,
            threshold=self.threshold,
            arrival=arrival,
            f_min=self.f_min,
            f_max=self.f_max,
            order=self.order,
            zero_phase=self.zero_phase,
        )

    def _filter(self, X, cutoffs):
        return highpass(
            X,
            cutoffs,
            sampling_rate=self.sampling_rate,
            order=self.order,
            zero_phase=self.zero_phase,
        )

    def _map(self, function, X, per_record):
        """Apply a function to batches of records and of what belongs to them."""
        return map_batches(
            lambda rows: function(X[rows], per_record[rows]),
            np.arange(len(X)),
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
        )

    def _check_transform(self, X):
        X = check_records(self, X, reset=False, max_ndim=3)
        self._check_parameters(X.shape[-1])
        return X

    def _check_parameters(self, n_samples):
        """Validate the parameters; return the range of estimated cut-offs."""
        check_rate(self.sampling_rate)
        check_option("statistic", self.statistic, STATISTICS)
        for name in ("threshold", "fallback", "f_min", "f_max"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name))
        nyquist = self.sampling_rate / 2
        if self.fallback is not None and not 0 < self.fallback < nyquist:
            raise ValueError(
                f"fallback must be None (the record passes as it is) or a cut-off "
                f"above 0 and below the Nyquist frequency {nyquist:g} Hz; got "
                f"{self.fallback!r}."
            )
        check_scalar(self.order, "order", Integral, min_val=1)
        check_option("zero_phase", self.zero_phase, (True, False))
        check_scalar(self.batch_size, "batch_size", Integral, min_val=1)
        return cutoff_range(
            n_samples,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
        )

    def _check_arrival(self, arrival, n_records):
        """Return one arrival per record; NaN where it is not known."""
        if arrival is None:
            return np.full(n_records, np.nan)
        arrival = check_per_record("arrival", arrival, n_records, "sample number")
        return arrival.astype(float)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

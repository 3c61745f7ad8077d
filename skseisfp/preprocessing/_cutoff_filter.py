"""Base class of the transformers with an automatic cut-off."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from .._compat import Interval, StrOptions
from .._parameters import COUNT, HERTZ, ValidatedParameters
from .._utils.batches import map_batches
from .._utils.docs import InheritedParameterDocs
from .._utils.fit_metadata import forget_given, note_given
from .._utils.validation import check_records
from ..signal.arrivals import check_arrivals
from ..signal.cutoff import STATISTICS, cutoff_range, estimate_cutoffs
from ..signal.filters import FILTER_METHODS, highpass
from ._constraints import BATCHES
from ._table_output import TableOutput

if TYPE_CHECKING:
    import numpy.typing as npt

_FALLBACK_STATUSES = ("no_signal", "overlap")


class CutoffFilter(
    ValidatedParameters,
    InheritedParameterDocs,
    TableOutput,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the stateless filters; a subclass defines `transform`.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    statistic : {"window", "stationarity"}, default="window"
        How rows of noise and of signal are distinguished: by their power inside and
        outside the event, or by the variation of the row alone.
    threshold : float in [-inf, inf], default=None
        Limit above which a row holds signal: a significance in standard deviations
        for ``"window"`` (None: 3.5), decibels above the variation of stationary noise
        for ``"stationarity"`` (None: 4.5).
    fallback : float in (0, inf), default=None
        Cut-off in Hz for records without a reliable estimate (status ``"no_signal"``
        or ``"overlap"``), below the Nyquist frequency. None leaves them unfiltered.
    f_min : float in (0, inf), default=None
        Lowest cut-off in Hz. None takes 8 periods in the record, but not less than
        1/640 of the sampling rate.
    f_max : float in (0, inf), default=None
        Highest cut-off in Hz. None takes a quarter of the sampling rate.
    order : int in [1, inf), default=4
        Order of the Butterworth filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards, which doubles its slope and
        gives no delay, but puts ripple before a sharp onset.
    method : {"sos", "fft"}, default="sos"
        How the filter without delay is computed: in time, by its second-order sections,
        or faster as gains on the spectrum of a record. They differ near the ends of a
        record, by less than 1 % of what is left of it; see `skseisfp.signal.highpass`.
    batch_size : int in [1, inf), default=64
        Records that are processed at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.
    """

    _transforms_records_alone = True
    _earlier_values = {"method": "sos", "verbose": 0}
    _parameter_constraints = {
        **BATCHES,
        "sampling_rate": [HERTZ],
        "statistic": [StrOptions(set(STATISTICS))],
        "threshold": [Interval(Real, None, None, closed="both"), None],
        "fallback": [HERTZ, None],
        "f_min": [HERTZ, None],
        "f_max": [HERTZ, None],
        "order": [COUNT],
        "zero_phase": ["boolean"],
        "method": [StrOptions(set(FILTER_METHODS))],
    }

    record_shape_: tuple[int, ...]
    n_features_in_: int
    transform: Callable[..., npt.NDArray]

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        statistic: str = "window",
        threshold: float | None = None,
        fallback: float | None = None,
        f_min: float | None = None,
        f_max: float | None = None,
        order: int = 4,
        zero_phase: bool = True,
        method: str = "sos",
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.statistic = statistic
        self.threshold = threshold
        self.fallback = fallback
        self.f_min = f_min
        self.f_max = f_max
        self.order = order
        self.zero_phase = zero_phase
        self.method = method
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
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
        self._validate_params()
        records = check_records(self, X, reset=True, max_ndim=3)
        self._check_combinations(records.shape[-1])
        forget_given(self)
        return self

    def fit_transform(
        self, X: npt.ArrayLike, y: Any = None, p_arrival: npt.ArrayLike | None = None
    ) -> npt.NDArray:
        """Check the parameters and filter the records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : None
            Not used.
        p_arrival : array-like of shape (n_records,), default=None
            See `transform`.

        Returns
        -------
        ndarray
            The result of `transform`.
        """
        note_given(self.fit(X, y), {"p_arrival": p_arrival})
        return self.transform(X, p_arrival=p_arrival)

    def estimate_cutoff(
        self, X: npt.ArrayLike, p_arrival: npt.ArrayLike | None = None
    ) -> pd.DataFrame:
        """Estimate the cut-off of each record and how reliable it is.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        p_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample to P; NaN where it is not known.

        Returns
        -------
        DataFrame
            One row per record: ``cutoff``, the cut-off in Hz that `transform` uses,
            NaN where the record is not filtered; ``estimate`` in Hz, before the
            fallback; ``status`` and scores as `skseisfp.signal.estimate_cutoffs`
            describes them.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid, or P is not within its record.
        """
        return self._tabulate_cutoffs(self._check_transform(X), p_arrival)

    def _tabulate_cutoffs(self, records, p_arrival):
        """Return the table of `estimate_cutoff` for records that were checked."""
        p_arrival = self._check_arrivals(p_arrival, records)
        estimates = self._map(self._estimate, records, p_arrival)
        table = pd.DataFrame(estimates).rename(columns={"cutoff": "estimate"})
        fallback = np.nan if self.fallback is None else self.fallback
        reliable = ~table["status"].isin(_FALLBACK_STATUSES)
        table.insert(0, "cutoff", table["estimate"].where(reliable, fallback))
        return table

    def _estimate(self, X, p_arrival):
        """Return the estimates of a batch."""
        return estimate_cutoffs(
            X,
            sampling_rate=self.sampling_rate,
            statistic=self.statistic,
            threshold=self.threshold,
            p_arrival=p_arrival,
            f_min=self.f_min,
            f_max=self.f_max,
            order=self.order,
            zero_phase=self.zero_phase,
        )

    def _filter(self, X, cutoffs):
        """Return records after the filter."""
        filtered = np.empty((*cutoffs.shape, *X.shape[1:]), dtype=X.dtype)

        def fill(rows):
            """Filter a batch into its place, as a copy of all views takes long."""
            part = slice(rows[0], rows[-1] + 1)
            highpass(
                X[part],
                cutoffs[part],
                sampling_rate=self.sampling_rate,
                order=self.order,
                zero_phase=self.zero_phase,
                method=self.method,
                out=filtered[part],
            )
            return rows

        self._map_rows(fill, len(X), "filtered records")
        return filtered

    def _map(self, function, X, per_record):
        """Apply a function to batches of records and of what belongs to them."""
        return self._map_rows(
            lambda rows: function(X[rows], per_record[rows]), len(X), "cut-offs"
        )

    def _map_rows(self, function, n_rows, what):
        """Apply a function to batches of row numbers."""
        return map_batches(
            function,
            np.arange(n_rows),
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            by=type(self).__name__,
            what=what,
        )

    def _check_transform(self, X):
        """Return records after all checks."""
        self._validate_params()
        X = check_records(self, X, reset=False, max_ndim=3)
        self._check_combinations(X.shape[-1])
        return X

    @staticmethod
    def _count_output_axes(record_shape):
        return 1 + len(record_shape)

    def _check_combinations(self, n_samples):
        """Raise if parameters do not fit each other or the length of the records."""
        nyquist = self.sampling_rate / 2
        if self.fallback is not None and self.fallback >= nyquist:
            raise ValueError(
                "fallback must be None (such records are not filtered) or a cut-off "
                f"below the Nyquist frequency {nyquist:g} Hz; got {self.fallback!r}."
            )
        cutoff_range(
            n_samples,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
        )

    def _check_arrivals(self, p_arrival, records):
        """Return P of each record in seconds; NaN where it is not known."""
        if p_arrival is None:
            return np.full(len(records), np.nan)
        return check_arrivals(
            "p_arrival",
            p_arrival,
            len(records),
            n_samples=records.shape[-1],
            sampling_rate=self.sampling_rate,
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

"""Views of records, filtered at their own cut-off and at shifted ones."""

import numpy as np

from .._utils.checks import check_real
from ._cutoff_filter import CutoffFilter


class FilterAugmenter(CutoffFilter):
    """Views of each record, high-passed at its optimal cut-off and at shifted ones.

    Augmentation adds an axis, not rows: view 0 is the record as
    `AdaptiveHighpassFilter` gives it, the other views are the same record filtered a
    little too low or too high, as happens in practice. One record stays one row,
    with its label, its event and its fold.

    Parameters
    ----------
    sampling_rate : float, default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    shifts : sequence of float, default=(0, -2, -1, 1, 2)
        Shift of the cut-off of each view, in steps.
    step_octaves : float, default=0.25
        Size of a step in octaves.
    statistic : {"window", "stationarity"}, default="window"
        How noise rows are told from signal rows: by their power inside and outside
        the event, or by the variation of the row alone.
    threshold : float, default=None
        What a row must exceed to hold signal: a significance in standard deviations
        for ``"window"`` (None: 3.5), decibels above the variation of stationary noise
        for ``"stationarity"`` (None: 4.5).
    fallback : float, default=None
        Cut-off in Hz for records without an estimate to trust (status
        ``"no_signal"`` or ``"overlap"``), shifted like an estimate. None lets them
        pass as they are, in all views.
    f_min : float, default=None
        Lowest cut-off in Hz before the shifts. None takes 8 periods in the record,
        but not less than 1/640 of the sampling rate.
    f_max : float, default=None
        Highest cut-off in Hz before the shifts. None takes a quarter of the sampling
        rate.
    order : int, default=4
        Order of the Butterworth filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards. That takes twice the slope
        and no delay, but puts ripple before a sharp onset.
    batch_size : int, default=64
        Records that are worked on at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    AdaptiveHighpassFilter : View 0 alone; its notes say how the cut-off is found.

    Notes
    -----
    Optimal and four shifted cut-offs are the augmentation of Silkin [1]_; the size
    of the shifts is not published. Records with the status ``"no_noise"`` are
    filtered and shifted like others, so that their views differ too. No cut-off is
    shifted above 0.45 of the sampling rate.

    With metadata routing, ``set_transform_request(arrival=True)`` brings known
    arrivals.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import FilterAugmenter
    >>> X = np.random.default_rng(0).standard_normal((3, 1, 2000))
    >>> FilterAugmenter(sampling_rate=40, fallback=1.0).fit_transform(X).shape
    (3, 5, 1, 2000)
    """

    def __init__(
        self,
        *,
        sampling_rate=1.0,
        shifts=(0, -2, -1, 1, 2),
        step_octaves=0.25,
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
        super().__init__(
            sampling_rate=sampling_rate,
            statistic=statistic,
            threshold=threshold,
            fallback=fallback,
            f_min=f_min,
            f_max=f_max,
            order=order,
            zero_phase=zero_phase,
            batch_size=batch_size,
            n_jobs=n_jobs,
        )
        self.shifts = shifts
        self.step_octaves = step_octaves

    def transform(self, X, arrival=None):
        """Make the filtered views of records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records; the channels of one record share a cut-off.
        arrival : array-like of shape (n_records,), default=None
            Sample of the first arrival, where known; NaN or a negative number where
            not.

        Returns
        -------
        ndarray of shape (n_records, n_views, n_channels, n_samples)
            Views, of the type of `X`, in the order of `shifts`.

        Raises
        ------
        ValueError
            If a parameter, the records or the arrivals are not valid.
        """
        X = self._check_transform(X)
        cutoffs = self.view_cutoffs(X, arrival)
        records = X[:, None] if X.ndim == 2 else X
        return self._map(self._filter, records, cutoffs)

    def view_cutoffs(self, X, arrival=None):
        """Compute the cut-offs of all views.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        arrival : array-like of shape (n_records,), default=None
            See `transform`.

        Returns
        -------
        ndarray of shape (n_records, n_views)
            Cut-offs in Hz, in the order of `shifts`; NaN where the record passes as
            it is.
        """
        optimal = self.estimate_cutoff(X, arrival)["cutoff"].to_numpy()
        factors = 2.0 ** (self.step_octaves * np.asarray(self.shifts, dtype=float))
        highest = np.maximum(optimal, 0.45 * self.sampling_rate)
        return np.minimum(optimal[:, None] * factors, highest[:, None])

    def _check_parameters(self, n_samples):
        limits = super()._check_parameters(n_samples)
        shifts = np.asarray(self.shifts)
        numeric = shifts.ndim == 1 and len(shifts) and shifts.dtype.kind in "iuf"
        if not numeric or not np.isfinite(shifts).all():
            raise ValueError(
                "shifts must be a sequence of numbers, one a view and all finite; got "
                f"{self.shifts!r}."
            )
        check_real(
            "step_octaves",
            self.step_octaves,
            min_val=0,
            max_val=np.inf,
            include_boundaries="left",
        )
        return limits

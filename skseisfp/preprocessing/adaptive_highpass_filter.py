"""Records filtered at their own cut-off."""

from ._cutoff_filter import CutoffFilter


class AdaptiveHighpassFilter(CutoffFilter):
    """High-pass filter with an automatic cut-off for each record.

    Low-frequency noise is stationary along the rows of a scalogram and an event is
    not. Noise and signal of a record are told apart by that, and the cut-off is the
    one with the least expected squared error of the filtered record.

    Parameters
    ----------
    sampling_rate : float, default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    statistic : {"window", "stationarity"}, default="window"
        How noise rows are told from signal rows: by their power inside and outside
        the event, or by the variation of the row alone.
    threshold : float, default=None
        What a row must exceed to hold signal: a significance in standard deviations
        for ``"window"`` (None: 3.5), decibels above the variation of stationary noise
        for ``"stationarity"`` (None: 4.5).
    fallback : float, default=None
        Cut-off in Hz for records without an estimate to trust (status
        ``"no_signal"`` or ``"overlap"``). None lets them pass as they are.
    f_min : float, default=None
        Lowest cut-off in Hz. None takes 8 periods in the record, but not less than
        1/640 of the sampling rate.
    f_max : float, default=None
        Highest cut-off in Hz. None takes a quarter of the sampling rate.
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
    FilterAugmenter : The same, with views at shifted cut-offs.

    Notes
    -----
    After Silkin [1]_, whose own algorithm is not public in detail. A record with the
    status ``"no_noise"`` is filtered at its small cut-off, which does no harm. The
    estimate takes noise to be below the signal in frequency and longer than the
    event; noise bursts, surface waves of the event below the noise, events that fill
    the record and high-frequency noise are outside its reach. Filter whole records
    first and cut windows later: a window that the event fills shows little noise.

    With metadata routing, ``set_transform_request(arrival=True)`` brings known
    arrivals.

    References
    ----------
    .. [1] Silkin (2024), Journal of Volcanology and Seismology 18(3), 275-289,
       doi:10.1134/S0742046324700556

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import AdaptiveHighpassFilter
    >>> rng = np.random.default_rng(0)
    >>> time = np.arange(4000) / 40
    >>> event = rng.standard_normal(4000) * np.exp(-0.3 * (time - 40)) * (time > 40)
    >>> X = [event + 0.05 * np.cumsum(rng.standard_normal(4000))]
    >>> highpass = AdaptiveHighpassFilter(sampling_rate=40)
    >>> filtered = highpass.fit_transform(X)
    >>> highpass.estimate_cutoff(X)[["cutoff", "status"]].round(1)
       cutoff status
    0     2.1     ok
    """

    def transform(self, X, arrival=None):
        """Filter each record at its cut-off.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records; the channels of one record share a cut-off.
        arrival : array-like of shape (n_records,), default=None
            Sample of the first arrival, where known; NaN or a negative number where
            not.

        Returns
        -------
        ndarray of the shape and type of `X`
            Filtered records.

        Raises
        ------
        ValueError
            If a parameter, the records or the arrivals are not valid.
        """
        X = self._check_transform(X)
        cutoffs = self.estimate_cutoff(X, arrival)["cutoff"].to_numpy()
        return self._map(self._filter, X, cutoffs)

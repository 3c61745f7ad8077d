"""The usual chain from recordings to the input of a net."""

from numbers import Integral

import numpy as np
from scipy.signal.windows import tukey
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_scalar

from .._utils.batches import map_batches
from .._utils.checks import check_option, check_real
from .._utils.validation import check_records
from ..signal.filters import bandpass
from ..signal.scalogram import detrend_records
from ..signal.waveform import Waveform, resample
from ..signal.windows import window_samples


class WaveformPreprocessor(TransformerMixin, BaseEstimator):
    """Detrend, taper, filter, resample, cut and scale records.

    The steps run in this order, each left out by None (the taper by 0). The window is
    cut after the filter, so that its ends are free of edge effects where the records
    are longer.

    Parameters
    ----------
    sampling_rate : float, default=1.0
        Samples per second (Hz) of the records. At 1.0 frequencies are cycles per
        sample.
    detrend : {None, "constant", "linear"}, default="linear"
        What is taken from each trace: nothing, its mean, or its straight line.
    taper : float, default=0.0
        Part of the record under the flanks of a Tukey window, both ends together.
    f_min : float, default=None
        Lower corner of the Butterworth filter in Hz; None makes it a low-pass.
    f_max : float, default=None
        Upper corner of the Butterworth filter in Hz; None makes it a high-pass.
    order : int, default=4
        Order of the filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards. That takes twice the slope
        and no delay, but puts ripple before a sharp onset.
    target_rate : float, default=None
        Samples per second (Hz) of the result, made by a polyphase filter free of
        aliasing; None keeps `sampling_rate`.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record
        that is kept; None keeps all of it.
    scaling : {None, "trace", "record"}, default="record"
        Whether nothing is scaled, or the largest absolute value of each trace, or of
        all channels of a record together, becomes 1. Channels of a record keep their
        ratios with ``"record"``.
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
    AdaptiveHighpassFilter : A high-pass with an automatic cut-off for each record.
    WaveformReader : Records from streams; it removes the response of the instrument
        too, which takes the metadata of the stations.

    Notes
    -----
    ``WaveformPreprocessor(sampling_rate=100, f_min=2, zero_phase=False)`` is the chain
    of Zhou et al. [1]_: straight line removed, fourth-order high-pass at 2 Hz, values
    between -1 and 1. Whether they scale traces or records, and the phase of their
    filter, is not published.

    A trace of which nothing but rounding is left becomes zero and is not scaled up.

    References
    ----------
    .. [1] Zhou et al. (2025), Geofizika 42(2), doi:10.15233/gfz.2025.42.2

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import WaveformPreprocessor
    >>> X = 100 + np.random.default_rng(0).standard_normal((4, 3, 6000)).cumsum(axis=2)
    >>> preprocessor = WaveformPreprocessor(
    ...     sampling_rate=100, f_min=2, target_rate=50, window=(5, 45)
    ... )
    >>> records = preprocessor.fit_transform(X)
    >>> records.shape, abs(records).max(axis=(1, 2)).tolist()
    ((4, 3, 2000), [1.0, 1.0, 1.0, 1.0])
    """

    _transforms_records_alone = True

    def __init__(
        self,
        *,
        sampling_rate=1.0,
        detrend="linear",
        taper=0.0,
        f_min=None,
        f_max=None,
        order=4,
        zero_phase=True,
        target_rate=None,
        window=None,
        scaling="record",
        batch_size=64,
        n_jobs=None,
    ):
        self.sampling_rate = sampling_rate
        self.detrend = detrend
        self.taper = taper
        self.f_min = f_min
        self.f_max = f_max
        self.order = order
        self.zero_phase = zero_phase
        self.target_rate = target_rate
        self.window = window
        self.scaling = scaling
        self.batch_size = batch_size
        self.n_jobs = n_jobs

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
        WaveformPreprocessor
            The transformer.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        X = check_records(self, X, reset=True)
        self._check_parameters()
        self._process(X[:1])
        return self

    def transform(self, X):
        """Apply the chain to records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.

        Returns
        -------
        ndarray of shape (n_records, [n_views, n_channels,] n_kept)
            Records of the type of `X`.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        X = check_records(self, X, reset=False)
        self._check_parameters()
        return map_batches(
            self._process, X, batch_size=self.batch_size, n_jobs=self.n_jobs
        )

    def _process(self, X):
        """Return a batch of records after all steps."""
        rounding = _rounding(X)
        records = self._remove_trend(X)
        if self.taper:
            records = records * tukey(X.shape[-1], self.taper)
        records = bandpass(
            records,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
            order=self.order,
            zero_phase=self.zero_phase,
        )
        records, _, rate = resample(
            Waveform(records, "", self.sampling_rate), self.target_rate
        )
        first, last = window_samples(self.window, records.shape[-1], rate)
        records = records[..., first:last]
        if self.scaling is not None:
            records = self._scale(records, rounding)
        return records.astype(X.dtype, copy=False)

    def _remove_trend(self, X):
        """Return records without their mean or line, in double precision."""
        if self.detrend == "linear":
            return detrend_records(X.reshape(-1, X.shape[-1])).reshape(X.shape)
        records = X.astype(float)
        if self.detrend == "constant":
            records -= records.mean(axis=-1, keepdims=True)
        return records

    def _scale(self, records, rounding):
        """Return records with a largest absolute value of 1, or zeros."""
        peaks = np.abs(records).max(axis=-1, keepdims=True)
        records = np.where(peaks > rounding, records, 0.0)
        if self.scaling == "record" and records.ndim > 2:
            peaks = peaks.max(axis=-2, keepdims=True)
        return records / np.where(peaks > 0, peaks, 1.0)

    def _check_parameters(self):
        positive = {"min_val": 0, "max_val": np.inf, "include_boundaries": "neither"}
        check_real("sampling_rate", self.sampling_rate, **positive)
        check_option("detrend", self.detrend, (None, "constant", "linear"))
        check_real("taper", self.taper, min_val=0, max_val=1)
        for name in ("f_min", "f_max", "target_rate"):
            if getattr(self, name) is not None:
                check_real(name, getattr(self, name), **positive)
        check_scalar(self.order, "order", Integral, min_val=1)
        check_option("zero_phase", self.zero_phase, (True, False))
        check_option("scaling", self.scaling, (None, "trace", "record"))
        check_scalar(self.batch_size, "batch_size", Integral, min_val=1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def _rounding(X):
    """Return the size of what rounding may leave of each trace."""
    limits = np.finfo(X.dtype)
    magnitude = np.abs(X).max(axis=-1, keepdims=True).astype(float)
    return max(8 * limits.eps, 1e-13) * np.maximum(magnitude, limits.tiny)

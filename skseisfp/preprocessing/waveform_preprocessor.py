"""The usual chain from recordings to the input of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from .._compat import StrOptions
from .._parameters import COUNT, FRACTION, HERTZ, WINDOW, ValidatedParameters
from .._utils.batches import map_batches
from .._utils.validation import check_records
from ..signal.filters import bandpass
from ..signal.scalogram import detrend_records
from ..signal.waveform import RecordError, Waveform, resample, taper_window
from ..signal.windows import window_samples
from ._constraints import BATCHES
from ._table_output import TableOutput

if TYPE_CHECKING:
    import numpy.typing as npt


class WaveformPreprocessor(
    ValidatedParameters, TableOutput, TransformerMixin, BaseEstimator
):
    """Detrend, taper, filter, resample, cut and scale records.

    The steps run in this order; None omits a step (0 the taper). The window is cut
    after the filter, so that its ends are free of edge effects where the records are
    longer.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=1.0
        Samples per second (Hz) of the records. At 1.0 frequencies are cycles per
        sample.
    detrend : {None, "constant", "linear"}, default="linear"
        What is subtracted from each trace: nothing, its mean, or its straight line.
    taper : float in [0, 1], default=0.0
        Part of the record under the flanks of a Tukey window, both ends together.
    f_min : float in (0, inf), default=None
        Lower corner of the Butterworth filter in Hz; None makes it a low-pass.
    f_max : float in (0, inf), default=None
        Upper corner of the Butterworth filter in Hz; None makes it a high-pass.
    order : int in [1, inf), default=4
        Order of the filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards, which doubles its slope and
        gives no delay, but puts ripple before a sharp onset.
    target_rate : float in (0, inf), default=None
        Samples per second (Hz) of the result, computed by a polyphase filter free of
        aliasing; None keeps `sampling_rate`.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record
        that is kept; None keeps all of it.
    scaling : {None, "trace", "record"}, default="record"
        Whether nothing is scaled, or the largest absolute value of each trace, or of
        all channels of a record together, becomes 1. Channels of a record keep their
        ratios with ``"record"``.
    batch_size : int in [1, inf), default=64
        Records that are processed at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Attributes
    ----------
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    AdaptiveHighpassFilter : A high-pass with an automatic cut-off for each record.
    skseisfp.io.WaveformReader : Records from streams; it also removes the response of
        the instrument, which needs the metadata of the stations.

    Notes
    -----
    ``WaveformPreprocessor(sampling_rate=100, f_min=2, zero_phase=False)`` is the chain
    of Zhou et al. [1]_: straight line removed, fourth-order high-pass at 2 Hz, values
    between -1 and 1. Whether they scale traces or records, and the phase of their
    filter, is not published.

    A trace of which only rounding errors are left becomes zero and is not scaled up.

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
    _earlier_values = {"verbose": 0}
    _parameter_constraints = {
        **BATCHES,
        "sampling_rate": [HERTZ],
        "detrend": [StrOptions({"constant", "linear"}), None],
        "taper": [FRACTION],
        "f_min": [HERTZ, None],
        "f_max": [HERTZ, None],
        "order": [COUNT],
        "zero_phase": ["boolean"],
        "target_rate": [HERTZ, None],
        "window": [WINDOW, None],
        "scaling": [StrOptions({"trace", "record"}), None],
    }

    record_shape_: tuple[int, ...]
    n_features_in_: int

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        detrend: str | None = "linear",
        taper: float = 0.0,
        f_min: float | None = None,
        f_max: float | None = None,
        order: int = 4,
        zero_phase: bool = True,
        target_rate: float | None = None,
        window: tuple[float, float] | None = None,
        scaling: str | None = "record",
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
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
        self.verbose = verbose

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
        WaveformPreprocessor
            The transformer.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        self._validate_params()
        records = check_records(self, X, reset=True)
        self._process(records[:1])
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray:
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
        self._validate_params()
        records = check_records(self, X, reset=False)
        self._check_container(records.shape[1:])
        return map_batches(
            self._process,
            records,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            by=type(self).__name__,
        )

    @staticmethod
    def _count_output_axes(record_shape):
        return 1 + len(record_shape)

    def _feature_names(self, input_features):
        """Return the names of the samples, new ones where they are others."""
        if self.window is None and self.target_rate in (None, self.sampling_rate):
            return super()._feature_names(input_features)
        n_kept = self._process(np.zeros((1, *self.record_shape_))).shape[-1]
        return np.array([f"sample{i}" for i in range(n_kept)], dtype=object)

    def _process(self, X):
        """Return a batch of records after all steps."""
        rounding = _rounding(X)
        records = self._remove_trend(X)
        if self.taper:
            records = records * taper_window(X.shape[-1], self.taper)
        records = bandpass(
            records,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
            order=self.order,
            zero_phase=self.zero_phase,
        )
        try:
            records, _, rate = resample(
                Waveform(records, "", self.sampling_rate), self.target_rate
            )
        except RecordError as error:
            raise ValueError(f"target_rate={self.target_rate!r}: {error}.") from error
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def _rounding(X):
    """Return the largest rounding errors that each trace may consist of.

    They are those of `detrend_records`.
    """
    limits = np.finfo(X.dtype)
    magnitude = np.abs(X).max(axis=-1, keepdims=True).astype(float)
    return max(8 * limits.eps, 1e-13) * np.maximum(magnitude, limits.tiny)

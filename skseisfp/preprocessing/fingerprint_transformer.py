"""Seismograms to sparse fingerprints of the Haar coefficients of their scalograms."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._compat import Interval, StrOptions
from .._parameters import COUNT, HERTZ, WINDOW, ValidatedParameters, Where, pair_of
from .._utils.batches import map_batches
from .._utils.checks import check_option
from .._utils.validation import check_records
from ..signal.encoding import (
    ENCODINGS,
    Encoding,
    check_encoding,
    decode,
    encode,
    get_encoding,
)
from ..signal.haar import HAAR_FORMS, haar2d, inverse_haar2d, is_power_of_two
from ..signal.scalogram import detrend_records, padded_length, scale_image, scalogram
from ..signal.selection import select_top_k
from ..signal.wavelets import Morlet, Morse, frequency_axis
from ..signal.windows import window_samples
from ._constraints import BATCHES, WAVELET_IMAGE
from ._fingerprint_layout import FingerprintLayout
from ._presets import PRESETS
from ._record_transformer import check_pixels
from ._table_output import TableOutput

if TYPE_CHECKING:
    import numpy.typing as npt

_SHAPE = pair_of(Where(is_power_of_two, "a power of two"), "two powers of two")


class FingerprintTransformer(
    ValidatedParameters, TableOutput, TransformerMixin, BaseEstimator
):
    """Binary wavelet fingerprints of seismograms.

    Each record becomes a scalogram on a logarithmic axis of frequencies, its image
    goes through a 2-D Haar transform, and only the largest coefficients are kept,
    as bits or signs: 64 x 64 sparse points that hold the strongest features in time and
    frequency. A fingerprint does not depend on gain, polarity, offset or linear drift.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=1.0
        Samples per second (Hz). At 1.0 frequencies are cycles per sample.
    window : tuple of (float, float), default=None
        Start and end, in seconds from the first sample, of the part of each record
        whose fingerprint is computed; None takes all of it. Filters before this step
        see the whole record, with the noise before the event that they need to find a
        cut-off.
    shape : tuple of (int, int), default=(64, 64)
        Rows (frequencies) and columns (time) of a fingerprint, powers of two.
    f_min : float in (0, inf), default=None
        Lowest frequency in Hz. None takes 8 octaves below `f_max`, at least 8 periods
        in the record, and at most half of `f_max`.
    f_max : float in (0, inf), default=None
        Highest frequency in Hz. None takes 0.4 of the sampling rate.
    wavelet : {"morlet", "morse"} or wavelet, default="morlet"
        The analytic wavelet, by name or as `skseisfp.signal.Morlet` or
        `skseisfp.signal.Morse`.
    scale : {"log", "magnitude", "power"}, default="log"
        Scale of the image that is transformed.
    dynamic_range_db : float in (0, 300], default=60.0
        Decibels below the maximum at which a log image is clipped.
    haar : {"standard", "pyramid"}, default="standard"
        Form of the 2-D Haar transform.
    standardize : {None, "mad", "zscore"}, default=None
        Standardise every coefficient over the training records before the largest
        are selected: by median and median absolute deviation as in FAST, or by mean
        and standard deviation. None keeps the transformer stateless.
    n_coefficients : int in [1, inf), default=200
        Number of coefficients kept in each fingerprint.
    encoding : {"signed", "presence", "positive", "two_channel", "interleaved"} or \
Encoding, default="signed"
        How a fingerprint represents a kept coefficient, see `skseisfp.signal.encode`;
        an encoding of your own is an instance of a subclass of
        `skseisfp.signal.Encoding`.
    flatten : bool, default=False
        Whether each fingerprint is returned as one row of features.
    taper : float in [0, 1], default=0.05
        Part of the record under the flanks of a Tukey window, both ends together.
    view_tolerance : float in [0, 1), default=0.0
        Amplitude, relative to that of view 0 of a record in a row of the scalogram,
        below which the difference of another view from it counts as none: the row is
        then computed once for both. 0 computes every view by itself.
    batch_size : int in [1, inf), default=64
        Records that are processed at a time; bounds the memory.
    n_jobs : int, default=None
        Number of threads.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Attributes
    ----------
    frequencies_ : ndarray of shape (rows,)
        Frequencies of the rows in Hz.
    times_ : ndarray of shape (columns,)
        Centres of the columns of the image in seconds from the first sample.
    compression_ : dict
        Bits of a record (``"record"``) and of its scalogram in double precision at
        the full rate (``"scalogram"``), each divided by the bits of a fingerprint.
    center_, scale_ : ndarray of shape (rows, columns)
        Centre and spread of the coefficients; only with `standardize`. A spread that
        is practically zero is NaN: the coefficient is never selected.
    record_shape_ : tuple of int
        Shape of one record.
    n_features_in_ : int
        Size of axis 1 of the records seen in fit.

    See Also
    --------
    FilterAugmenter : Views of a record at shifted cut-offs, each with a fingerprint.
    skseisfp.signal.pack_fingerprints : Fingerprints as bytes, 512 for 64 x 64 bits.

    Notes
    -----
    The idea is that of Silkin [1]_, after FAST [2]_ and Waveprint: "inspired by", as
    the papers leave wavelet, scale, number of coefficients and signs open;
    ``from_preset("trova")`` is the form of the paper. The defaults (log image, signs
    kept) were selected on the development events of a set of earthquakes and blasts.
    On 106 held-out events, extra trees on such fingerprints scored an event AUC of
    0.775 [0.58, 0.93] at new stations, on a 16 x 16 log-scalogram 0.82 [0.66, 0.95].
    With some hundred events, the AUC of a fingerprint is 0.02 to 0.04 below that of
    the image from which it is computed, at 512 bytes a record.

    Views at shifted cut-offs are alike far above these, where rows of the scalogram
    take most of the time. With ``view_tolerance=1e-4``, less than one kept coefficient
    in 1000 differed from that of views computed one by one.

    No step of a pipeline knows the `sampling_rate` of another one, and a wrong one goes
    unnoticed: all steps must have the rate of the records that they get.
    :class:`skseisfp.inference.EventDiscriminator` raises where they differ.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05
    .. [2] Bergen and Beroza (2018), Detecting earthquakes over a seismic network using
       single-station similarity measures, doi:10.1093/gji/ggy100

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.preprocessing import FingerprintTransformer
    >>> X = np.random.default_rng(0).standard_normal((3, 2000))
    >>> fingerprints = FingerprintTransformer(sampling_rate=40).fit_transform(X)
    >>> fingerprints.shape, fingerprints.dtype.name, int(abs(fingerprints[0]).sum())
    ((3, 64, 64), 'int8', 200)
    """

    _earlier_values = {"verbose": 0, "view_tolerance": 0.0}
    _parameter_constraints = {
        **WAVELET_IMAGE,
        **BATCHES,
        "sampling_rate": [HERTZ],
        "window": [WINDOW, None],
        "shape": [_SHAPE],
        "haar": [StrOptions(set(HAAR_FORMS))],
        "standardize": [StrOptions({"mad", "zscore"}), None],
        "n_coefficients": [COUNT],
        "encoding": [StrOptions(set(ENCODINGS)), Encoding],
        "flatten": ["boolean"],
        "view_tolerance": [Interval(Real, 0, 1, closed="left")],
    }

    frequencies_: npt.NDArray
    times_: npt.NDArray
    compression_: dict[str, float]
    center_: npt.NDArray
    scale_: npt.NDArray
    record_shape_: tuple[int, ...]
    n_features_in_: int

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        window: tuple[float, float] | None = None,
        shape: tuple[int, int] = (64, 64),
        f_min: float | None = None,
        f_max: float | None = None,
        wavelet: str | Morlet | Morse = "morlet",
        scale: str = "log",
        dynamic_range_db: float = 60.0,
        haar: str = "standard",
        standardize: str | None = None,
        n_coefficients: int = 200,
        encoding: str | Encoding = "signed",
        flatten: bool = False,
        taper: float = 0.05,
        view_tolerance: float = 0.0,
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.window = window
        self.shape = shape
        self.f_min = f_min
        self.f_max = f_max
        self.wavelet = wavelet
        self.scale = scale
        self.dynamic_range_db = dynamic_range_db
        self.haar = haar
        self.standardize = standardize
        self.n_coefficients = n_coefficients
        self.encoding = encoding
        self.flatten = flatten
        self.taper = taper
        self.view_tolerance = view_tolerance
        self.batch_size = batch_size
        self.n_jobs = n_jobs
        self.verbose = verbose

    @classmethod
    def from_preset(cls, name: str, **overrides: Any) -> Self:
        """Make a transformer with the settings of a preset.

        Parameters
        ----------
        name : {"two_plane_linear", "trova", "waveprint", "fast"}
            ``"two_plane_linear"``: log image, a plane of the positive and one of the
            negative coefficients, flat, the input of the classifier's preset of the
            same name; ``"trova"``: magnitude image, presence only, 64 x 64;
            ``"waveprint"``: 32 bands x 128 times, two bits a coefficient;
            ``"fast"``: 32 x 64 pyramid, standardised, 400 coefficients, two bits each.
        **overrides : dict
            Parameters that differ from the preset.

        Returns
        -------
        FingerprintTransformer
            The transformer, not fitted.

        Raises
        ------
        ValueError
            If there is no preset of this name.

        Notes
        -----
        ``"two_plane_linear"`` was selected on development events: see
        `skseisfp.neural.FingerprintClassifier.from_preset` for its scores on held-out
        events.
        """
        check_option("name", name, tuple(PRESETS))
        return cls(**{**PRESETS[name], **overrides})

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Learn the axes and, with `standardize`, the spread of the coefficients.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.
        y : None
            Not used.

        Returns
        -------
        FingerprintTransformer
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        self._validate_params()
        self._check_combinations()
        records = check_records(self, X, reset=True)
        n_samples = records.shape[-1]
        first, last = window_samples(self.window, n_samples, self.sampling_rate)
        n_samples = last - first
        self.frequencies_ = self._frequencies(n_samples)
        rows, columns = self.shape
        pixel = padded_length(n_samples, columns) / columns
        self.times_ = (first + (np.arange(columns) + 0.5) * pixel) / self.sampling_rate
        bits = np.prod(self._layout.planes) * self._layout.encoding.bits
        self.compression_ = {
            "record": float(8 * records.dtype.itemsize * n_samples / bits),
            "scalogram": float(64 * rows * n_samples / bits),
        }
        if self.standardize is not None:
            self._fit_spread(self._map(self._haar_of_images, records))
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray:
        """Make the fingerprints of records.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records: 2-D for one component, 3-D for several, 4-D for views.

        Returns
        -------
        ndarray of int8 (signed) or uint8
            Shape (n_records, rows, columns) for 2-D records and one plane, otherwise
            (n_records, n_views, n_channels * planes, rows, columns); with `flatten`
            (n_records, n_features), and (n_records, n_views, n_features) for views.

        Raises
        ------
        ValueError
            If a parameter or the records are not valid.
        """
        records = self._check_transform(X)
        self._check_container(records.shape[1:])
        return self._layout.arrange(self._map(self._fingerprints, records))

    def scalogram(self, X: npt.ArrayLike) -> npt.NDArray:
        """Compute the scalogram images of records, the input of the Haar transform.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.

        Returns
        -------
        ndarray of shape (n_records, [n_views, n_channels,] rows, columns)
            Images between 0 and 1 on the chosen scale.
        """
        return self._map(self._images, self._check_transform(X))

    def haar_coefficients(self, X: npt.ArrayLike) -> npt.NDArray:
        """Compute the Haar coefficients of records, of which the largest are kept.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.

        Returns
        -------
        ndarray of shape (n_records, [n_views, n_channels,] rows, columns)
            Coefficients, standardised with `standardize`; NaN where one is excluded
            from selection.
        """
        return self._map(self._coefficients, self._check_transform(X))

    def inverse_transform(self, fingerprints: npt.ArrayLike) -> npt.NDArray:
        """Compute a sparse approximation of the scalograms from the fingerprints.

        Every kept coefficient counts as its sign (with `standardize`, as one spread
        from the centre), or as the value that an encoding of your own decodes. The
        result is an image for the eye, not a seismogram.

        Parameters
        ----------
        fingerprints : array-like
            Fingerprints as `transform` returns them.

        Returns
        -------
        ndarray of shape (n_records, rows, columns)
            Images; (n_records, n_views, n_channels, rows, columns) where the
            fingerprints have views or channels.

        Raises
        ------
        ValueError
            If the shape of the fingerprints is not that of the result of `transform`.
        """
        self._validate_params()
        self._check_combinations()
        fingerprints = np.asarray(fingerprints)
        planes = self._layout.unroll(fingerprints)
        coefficients = decode(planes, self.encoding).astype(float)
        if self.standardize is not None:
            check_is_fitted(self)
            coefficients = coefficients * np.nan_to_num(self.scale_) + self.center_
        images = inverse_haar2d(coefficients, self.haar)
        one_plane = fingerprints.ndim == (2 if self.flatten else 3)
        return images[:, 0, 0] if one_plane and images.shape[2] == 1 else images

    def quality(self, X: npt.ArrayLike) -> pd.DataFrame:
        """Return how informative the fingerprint of each record is.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records.

        Returns
        -------
        DataFrame
            ``status`` is ``"constant"`` where any trace of the record is a straight
            line, whose fingerprint is empty, else ``"ok"``; ``n_coefficients`` is the
            number of coefficients kept over all its traces.
        """
        records = self._check_transform(X)
        varies, kept = (
            self._map(function, records).reshape(len(records), -1)
            for function in (self._varies, self._count)
        )
        return pd.DataFrame(
            {
                "status": np.where(varies.all(axis=1), "ok", "constant"),
                "n_coefficients": kept.sum(axis=1),
            }
        )

    def _feature_names(self, input_features):
        """Return channel (of several), plane, row and column of each feature."""
        n_channels = self.record_shape_[-2] if len(self.record_shape_) > 1 else 1
        return self._layout.feature_names(n_channels)

    def _count_output_axes(self, record_shape):
        if self.flatten:
            return 2 if len(record_shape) < 3 else 3
        return 3 if len(record_shape) == 1 and self._layout.planes[0] == 1 else 5

    @property
    def _table_hint(self):
        return "" if self.flatten else " (flatten=True gives rows of features)"

    @property
    def _transforms_records_alone(self):
        """Whether the fingerprint of a record does not depend on other records."""
        return self.standardize is None

    @property
    def _layout(self):
        """Arrangement of the fingerprints."""
        rows, columns = self.shape
        encoding = get_encoding(self.encoding)
        return FingerprintLayout((rows, columns), encoding, self.flatten)

    def _check_combinations(self):
        """Raise if parameters do not go together."""
        check_pixels(self.shape)
        largest = int(np.prod(self.shape)) - 1
        if not largest:
            raise ValueError("shape must have more than one pixel; got (1, 1).")
        if self.n_coefficients > largest:
            raise ValueError(
                f"n_coefficients must be at most {largest} for shape {self.shape} "
                f"(the mean is never kept); got {self.n_coefficients}."
            )
        check_encoding(self.encoding, self.shape)

    def _frequencies(self, n_samples):
        """Return the frequencies of the rows in Hz."""
        return frequency_axis(
            self.shape[0],
            n_samples,
            sampling_rate=self.sampling_rate,
            f_min=self.f_min,
            f_max=self.f_max,
        )

    def _check_transform(self, X):
        """Return records after all checks."""
        self._validate_params()
        self._check_combinations()
        if self.standardize is not None:
            check_is_fitted(self)
        return check_records(self, X, reset=False)

    def _map(self, function, X):
        """Apply a function of traces, or of views of traces, in batches.

        It takes an array of shape (n_traces, [n_views,] n_samples).
        """
        first, last = window_samples(self.window, X.shape[-1], self.sampling_rate)
        frequencies = self._frequencies(last - first)

        def apply(batch):
            batch = batch[..., first:last]
            if batch.ndim < 4:
                mapped = function(frequencies, batch.reshape(-1, last - first))
                return mapped.reshape(*batch.shape[:-1], *mapped.shape[1:])
            views = batch.swapaxes(1, 2)  # behind channels
            mapped = function(frequencies, views.reshape(-1, *views.shape[2:]))
            mapped = mapped.reshape(*views.shape[:3], *mapped.shape[2:])
            return mapped.swapaxes(1, 2)

        return map_batches(
            apply,
            X,
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            by=type(self).__name__,
        )

    def _images(self, frequencies, X):
        """Return scalogram images on the chosen scale."""
        power = scalogram(
            X,
            frequencies,
            self.shape[1],
            sampling_rate=self.sampling_rate,
            wavelet=self.wavelet,
            taper=self.taper,
            normalize=True,
            view_tolerance=self.view_tolerance,
        )
        return scale_image(power, self.scale, self.dynamic_range_db)

    def _haar_of_images(self, frequencies, X):
        """Return Haar coefficients, of unit norm if they are to be standardised."""
        coefficients = haar2d(self._images(frequencies, X), self.haar)
        if self.standardize is None:
            return coefficients
        norm = np.linalg.norm(coefficients, axis=(-2, -1), keepdims=True)
        return coefficients / np.where(norm > 0, norm, 1)

    def _coefficients(self, frequencies, X):
        """Return the coefficients among which the largest are selected."""
        coefficients = self._haar_of_images(frequencies, X)
        if self.standardize is None:
            return coefficients
        empty = ~coefficients.any(axis=(-2, -1))
        coefficients = (coefficients - self.center_) / self.scale_
        coefficients[empty] = 0
        return coefficients

    def _kept(self, frequencies, X):
        """Return the largest coefficients, and zeros elsewhere."""
        coefficients = self._coefficients(frequencies, X)
        signs = select_top_k(coefficients, self.n_coefficients)
        return np.where(signs, coefficients, coefficients.dtype.type(0))

    def _fingerprints(self, frequencies, X):
        """Return encoded fingerprints, of shape (n_records, planes, rows, columns)."""
        return encode(self._kept(frequencies, X), self.encoding)

    def _count(self, frequencies, X):
        """Return the number of kept coefficients of each record."""
        return np.count_nonzero(self._kept(frequencies, X), axis=(-2, -1))

    @staticmethod
    def _varies(frequencies, X):
        """Return which records are not a straight line."""
        traces = X.reshape(-1, X.shape[-1])
        return detrend_records(traces).any(axis=-1).reshape(X.shape[:-1])

    def _fit_spread(self, coefficients):
        """Learn the centre and the spread of every coefficient."""
        coefficients = coefficients.reshape(-1, *self.shape)
        if self.standardize == "mad":
            self.center_ = np.median(coefficients, axis=0)
            spread = np.median(np.abs(coefficients - self.center_), axis=0)
        else:
            self.center_ = coefficients.mean(axis=0)
            spread = coefficients.std(axis=0)
        # a coefficient that hardly varies would be divided by little more than rounding
        # errors, and selected; 1e-12 counts where no coefficient of unit norm varies
        usable = spread > max(1e-3 * np.median(spread), 1e-12)
        self.scale_ = np.where(usable, spread, np.nan)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.standardize is not None
        tags.transformer_tags.preserves_dtype = []
        return tags

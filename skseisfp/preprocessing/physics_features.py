"""Records to features that physics suggests."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from .._compat import Interval, StrOptions
from .._parameters import (
    FINITE,
    HERTZ,
    NOT_NEGATIVE,
    ValidatedParameters,
    Where,
    pair_of,
)
from .._utils.batches import map_batches
from .._utils.fit_metadata import check_given, forget_given, note_given
from .._utils.validation import check_records
from ..signal.arrivals import check_arrival, check_arrivals
from ..signal.phase_windows import RATIO_BANDS
from ._constraints import BATCHES
from ._physics_groups import GROUPS, MOTIONS, group_names, group_values
from ._physics_record import PhaseLines, PhysicsRecord, longest_window

if TYPE_CHECKING:
    import numpy.typing as npt

_BAND = pair_of(
    NOT_NEGATIVE, "two increasing frequencies", also=lambda low, high: low < high
)
_ONSET_WINDOW = pair_of(
    FINITE,
    "two increasing times in seconds from the onset",
    also=lambda start, end: start < end,
)
LEAST_SAMPLES = 1e-6  # of a window: no instrument samples more slowly
MOST_SAMPLES = 2**24  # of a window: eleven hours at 400 Hz, spectra of 0.5 GB
_TIMES = pair_of(
    FINITE,
    "two increasing, positive times in seconds from the onset",
    also=lambda first, last: 0 < first < last,
)


def _are_bands(bands):
    """Return whether a sequence holds bands of frequencies."""
    return len(bands) > 0 and all(_BAND.is_satisfied_by(band) for band in bands)


def _are_groups(names):
    """Return whether a sequence names groups of features, each once."""
    if isinstance(names, range):  # which may have no end
        return False
    return 0 < len(names) == len(set(names) & set(GROUPS))


class PhysicsFeatures(ValidatedParameters, TransformerMixin, BaseEstimator):
    """Features by which seismologists distinguish earthquakes from explosions.

    Parameters
    ----------
    sampling_rate : float in (0, inf), default=1.0
        Samples per second (Hz).
    features : str or sequence of str, default="all"
        Groups of features: any of ``"ratios"``, ``"source"``, ``"magnitude"``,
        ``"complexity"``, ``"spectral"``, ``"banding"``, ``"stability"``,
        ``"envelope"`` and ``"polarity"``; ``"all"`` is all of them.
    ratio_bands : sequence of (float, float), default=None
        Bands in Hz in which P and S are compared. None is the 35 published ones that
        the notes list.
    p_arrival : float in [0, inf), default=None
        Seconds from the first sample to P, in records without a time of their own;
        None leaves P unknown there.
    s_arrival : float in [0, inf), default=None
        Seconds from the first sample to S, likewise.
    p_window : tuple of (float, float), default=(-0.2, 4.0)
        Start and end of the window of P in seconds from its onset. It ends where the
        window of S begins.
    s_window : tuple of (float, float), default=(-0.5, 8.0)
        Start and end of the window of S in seconds from its onset.
    noise_window : tuple of (float, float), default=(-6.0, -1.0)
        Start and end of the noise in seconds from the onset of P. None subtracts no
        noise.
    vp_vs : float in (1, inf), default=None
        Ratio of the speeds of P and S by which a missing S is estimated from P and the
        origin; None does not estimate it.
    complexity_times : tuple of (float, float), default=(5.0, 25.0)
        Times t1 < t2 of the complexity in seconds after the onset.
    coda_slope : float in (-inf, inf), default=2.0
        Factor b of the logarithm of the duration in the difference of magnitudes.
    motion : {"displacement", "velocity", "acceleration"}, default="velocity"
        Kind of ground motion that the records hold.
    nan_policy : {"keep", "zero", "raise"}, default="keep"
        Treatment of features that a record does not have: NaN, zero, or an error.
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
    SpectrumTransformer : The spectrum itself.
    AdaptiveHighpassFilter : Removes noise of low frequency before.

    Notes
    -----
    The channels of a record are taken together, by the sum of their powers. Logarithms
    are decadic. A feature is NaN where its onset is not known, less than a quarter of
    its window lies within the record, its band extends above the Nyquist frequency, or
    the phase or event is not above the noise. The event begins at P or, where P is not
    known, where the envelope, smoothed over 1 s, last rises above twice the noise
    before its peak, and ends where it falls below; where it never rises, all of the
    record is the event. Filter records of strong low-frequency noise before. All
    features but ``phi_p``, ``phi_s``, ``phi_event`` and ``ml_mc`` do not depend on the
    scale of the record; these four compare records of one station, or calibrated ones.

    Without onsets nothing indicates which part of a record is P and which is S, and the
    features of phases are missing: all ratios, the fits to P and to S with the ratio of
    their corners, polarity and, in other groups, those whose names hold P or S. The
    others need no onsets. Some of them describe the event, in which the strongest phase
    prevails, as the missing features describe phases: ``fc_event`` and the rest of that
    fit; ``spectral_log_low_high`` for ``log_sg_low_high``; ``complexity`` and
    ``log_halves`` for ``log_p_coda``. Nothing replaces P over S, nor Rg over Sg.

    So a feature may be missing in some records, or in all of them. Trees and forests of
    scikit-learn take both, for which the default keeps NaN.
    `HistGradientBoostingClassifier` of scikit-learn 1.9 takes the former only, and most
    others take neither: give them ``SimpleImputer(keep_empty_features=True)`` in their
    pipeline, or ``nan_policy="zero"``.

    ``p_arrival``, ``s_arrival`` and ``origin`` in `transform` are those of each record,
    in seconds from its first sample, as the parameters are. With metadata routing,
    ``set_transform_request(p_arrival=True, s_arrival=True)`` passes them through
    pipelines and cross-validation. Those that `fit_transform` was given `transform`
    must be given, too.

    ratios
        ``log_ps_10_18`` and so on: log of sqrt((P - N) / (S - N)) with mean squares in
        the band, summed over channels, of the windows of P, S and noise (as in the
        code of QBTransNet; windows of 0.2 s there). Bands: 10-18 Hz (Maguire 2024), 3-8
        (Koper), 1-25 and 5-25 (Kim [1]_), 0.5-3, 2-4, 3-5, 4-6, 5-7, 6-8 and 8-10 (Kim
        1998), 2-6, 4-6 and 10-28 (Rathnayaka 2024), 4-6, 6-8, 8-10, 6-12 and 8-16
        (station MD31), 1-45 (QBTransNet) and those of 1 Hz from 1 to 20 Hz ([2]_).
        ``log_rg_sg``: Rg in 0.5-2 Hz over Sg in 0.5-8 Hz (Koper), Rg by its group
        velocity of 3.2 to 2.2 km/s in a crust of 6.0 and 3.5 km/s, which are ours.
        ``log_sg_low_high``: Sg in 1-2 Hz over 6-8 Hz; the bands are ours.
    source
        Least-squares fits of Brune spectra with attenuation to P and S, in lines of
        four times the power of the noise: corner ``fc_p`` in Hz, ``t_star_p`` in s,
        ``misfit_p`` of log amplitude, and ``phi_p``, the log of the level of the
        displacement spectrum plus three times that of the corner (relative to the
        station; Phi of [3]_ has the seismic moment); ``log_fc_ratio``, P over S; and
        ``fc_event``, ``t_star_event``, ``phi_event`` and ``misfit_event`` of the event,
        in lines of the same width. The noise of `noise_window` before the event is
        subtracted where the record has it. A corner outside the lines is not a fit.
    magnitude
        ``log_duration`` of the event in s; ``ml_mc``, the log of the largest amplitude
        less `coda_slope` times ``log_duration``, an uncalibrated difference of local
        and coda magnitude.
    complexity
        ``complexity``: energy from t1 to t2 over that from 0 to t1; ``log_p_event`` and
        ``log_s_event``: mean power of a phase over that of the event ([2]_);
        ``log_p_coda``: mean power from the window of P to S, or for as long as that
        window where S is not known, over that of P; ``log_halves``: mean power of the
        second half of the event over that of the first.
    spectral
        Of the event: slope of log amplitude on log frequency, 2-20 Hz; log of
        amplitudes in 5-10 over 1-5 Hz; the same in 5-18 over 0.05-5 Hz of P and of S
        ([2]_); mean frequency, its spread, quartiles, peak (Hz) and flatness; parts of
        the energy and kurtosis in 0.1-1, 1-3, 3-10, 10-20 and 20-50 Hz, and three
        measures of frames, after the family of Hibert and Provost; ``log_low_high``,
        as ``log_sg_low_high``, with noise as in the source group.
    banding
        Of a sonogram of the event (at least 9 s), 1-50 Hz, frames of 2.5 s that overlap
        by 5/8, with flanks of 10 %: ``fourier``, the power of the two-dimensional
        Fourier transform of the binary sonogram that is constant in time, at its
        largest quefrency, over the mean power [4]_; ``count`` of the peaks above 0.8
        and nulls below 0.2 of its mean over time (Sandia: six or more mean delayed
        shots); ``log_f``, the cepstral F over frames that share no samples (after
        Shumway). The binary sonogram is 1 where the log power, smoothed over 1 Hz,
        exceeds its mean over 10 Hz (half of the band if that is less). Quefrencies, the
        delays of shots, are given in s, up to 0.5 s; at least two periods must fit into
        the band.
    stability
        Correlation of the amplitude spectra of two frames against the lag [5]_: mean,
        and intercept and slope of a line, for lags without common samples up to 20 s or
        half of the event. High values indicate explosions.
    envelope
        Form of the envelope and of the samples, after Hibert and Provost.
    polarity
        ``first_motion`` on the first channel: the first swing above three times the
        noise over the largest within 1 s, positive upwards; explosions push.

    Published thresholds are those of their data and windows. A record of three channels
    with 9,000 samples takes about 10 ms on one core, almost half of it for the spectral
    group; threads save little.

    References
    ----------
    .. [1] Kim et al. (1993), Discrimination of earthquakes and explosions in the
       eastern United States using regional high-frequency data, Geophysical Research
       Letters 20(14), 1507-1510
    .. [2] Wang et al. (2023), Classification of earthquakes, explosions and
       mining-induced earthquakes based on XGBoost algorithm, Computers & Geosciences,
       doi:10.1016/j.cageo.2022.105242
    .. [3] Koper et al. (2024), Classifying small earthquakes, explosions and collapses
       in the western United States using physics-based features and machine learning,
       Geophysical Journal International, doi:10.1093/gji/ggae316
    .. [4] Hedlin, Minster and Orcutt (1990), An automatic means to discriminate between
       earthquakes and quarry blasts, Bulletin of the Seismological Society of America
       80(6B), 2143-2160
    .. [5] Kola Regional Seismological Centre, Spectral features for distinguishing
       explosions and earthquakes, http://krsc.ru/?q=en/Spectra

    Examples
    --------
    >>> from skseisfp.datasets import make_seismograms
    >>> from skseisfp.preprocessing import PhysicsFeatures
    >>> bunch = make_seismograms(12, random_state=0)
    >>> features = PhysicsFeatures(
    ...     sampling_rate=40, features=("ratios", "banding"), ratio_bands=[(4, 12)]
    ... ).set_output(transform="pandas")
    >>> table = features.fit_transform(
    ...     bunch.data,
    ...     p_arrival=bunch.frame["p_arrival"],
    ...     s_arrival=bunch.frame["s_arrival"],
    ... )
    >>> ratios = table.groupby(bunch.frame["event_type"])["log_ps_4_12"].mean()
    >>> ratios.round(1).to_dict()
    {'earthquake': -0.6, 'mine_blast': 0.2, 'quarry_blast': 0.2}
    """

    _transforms_records_alone = True
    _earlier_values = {"verbose": 0}
    _parameter_constraints = {
        **BATCHES,
        "sampling_rate": [HERTZ],
        "features": [
            StrOptions({"all", *GROUPS}),
            Where(_are_groups, "a sequence of names of groups, each once"),
        ],
        "ratio_bands": [
            Where(_are_bands, "a sequence of pairs of increasing frequencies in Hz"),
            None,
        ],
        "p_arrival": [NOT_NEGATIVE, None],
        "s_arrival": [NOT_NEGATIVE, None],
        "p_window": [_ONSET_WINDOW],
        "s_window": [_ONSET_WINDOW],
        "noise_window": [_ONSET_WINDOW, None],
        "vp_vs": [Interval(Real, 1, None, closed="neither"), None],
        "complexity_times": [_TIMES],
        "coda_slope": [FINITE],
        "motion": [StrOptions(set(MOTIONS))],
        "nan_policy": [StrOptions({"keep", "zero", "raise"})],
    }

    # whether each arrival must lie within the record; see `WindowFeatures` of baselines
    _arrivals_within = True

    record_shape_: tuple[int, ...]
    n_features_in_: int

    def __init__(
        self,
        *,
        sampling_rate: float = 1.0,
        features: str | Sequence[str] = "all",
        ratio_bands: Sequence[tuple[float, float]] | None = None,
        p_arrival: float | None = None,
        s_arrival: float | None = None,
        p_window: tuple[float, float] = (-0.2, 4.0),
        s_window: tuple[float, float] = (-0.5, 8.0),
        noise_window: tuple[float, float] | None = (-6.0, -1.0),
        vp_vs: float | None = None,
        complexity_times: tuple[float, float] = (5.0, 25.0),
        coda_slope: float = 2.0,
        motion: str = "velocity",
        nan_policy: str = "keep",
        batch_size: int = 64,
        n_jobs: int | None = None,
        verbose: int = 0,
    ):
        self.sampling_rate = sampling_rate
        self.features = features
        self.ratio_bands = ratio_bands
        self.p_arrival = p_arrival
        self.s_arrival = s_arrival
        self.p_window = p_window
        self.s_window = s_window
        self.noise_window = noise_window
        self.vp_vs = vp_vs
        self.complexity_times = complexity_times
        self.coda_slope = coda_slope
        self.motion = motion
        self.nan_policy = nan_policy
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
        self._check_common(records.shape[-1])
        forget_given(self)
        return self

    def fit_transform(
        self,
        X: npt.ArrayLike,
        y: Any = None,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Check the parameters and compute the features.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records.
        y : None
            Not used.
        p_arrival, s_arrival, origin : array-like of shape (n_records,), default=None
            See `transform`.

        Returns
        -------
        ndarray or DataFrame
            The result of `transform`.
        """
        times = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        note_given(self.fit(X, y), times)
        return self.transform(X, **times)

    def transform(
        self,
        X: npt.ArrayLike,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        origin: npt.ArrayLike | None = None,
    ) -> npt.NDArray:
        """Compute the features of every record.

        Parameters
        ----------
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records, vertical channel first.
        p_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample to P; NaN where it is not known.
        s_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample to S, likewise; one that is not after P counts
            as unknown.
        origin : array-like of shape (n_records,), default=None
            Seconds from the first sample to the origin of the event, likewise, negative
            before it. Used with `vp_vs` only.

        Returns
        -------
        ndarray of shape (n_records, n_features)
            Features, float64, in the order of `get_feature_names_out`.

        Raises
        ------
        ValueError
            If a parameter, the records or the arrivals are not valid, if arrivals were
            given to one of `fit_transform` and `transform` only, or with
            ``nan_policy="raise"`` if a record lacks a feature.
        """
        self._validate_params()
        records = check_records(self, X, reset=False, max_ndim=3)
        self._check_common(records.shape[-1])
        given = {"p_arrival": p_arrival, "s_arrival": s_arrival, "origin": origin}
        check_given(self, "transform", given)
        times = np.column_stack(
            [self._times(name, values, records) for name, values in given.items()]
        )
        lines, groups = PhaseLines(self), self._groups()
        values = map_batches(
            lambda rows: np.array(
                [
                    self._describe(records[row], lines, times[row], groups)
                    for row in rows
                ]
            ),
            np.arange(len(records)),
            batch_size=self.batch_size,
            n_jobs=self.n_jobs,
            verbose=self.verbose,
            by=type(self).__name__,
        )
        return self._apply_nan_policy(values)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray:
        """Name the features.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str
            Names.
        """
        names = [name for group in self._groups() for name in group_names(group, self)]
        return np.array(names, dtype=object)

    def bands(self) -> tuple[tuple[float, float], ...]:
        """Return the bands in which P and S are compared.

        Returns
        -------
        tuple of (float, float)
            Edges in Hz.
        """
        if self.ratio_bands is None:
            return RATIO_BANDS
        return tuple((low, high) for low, high in self.ratio_bands)

    def _groups(self):
        """Return the names of the groups of features."""
        if isinstance(self.features, str):
            return tuple(GROUPS) if self.features == "all" else (self.features,)
        return tuple(self.features)

    def _describe(self, record, lines, times, groups):
        """Return the features of one record."""
        samples = np.atleast_2d(record).astype(float, copy=False)
        record = PhysicsRecord(samples, self, lines, times)
        return [value for group in groups for value in group_values(group, record)]

    def _check_common(self, n_samples):
        """Raise if windows are too long, or an arrival is not within the records."""
        n_samples_of_window = longest_window(self) * self.sampling_rate
        if not LEAST_SAMPLES <= n_samples_of_window <= MOST_SAMPLES:
            raise ValueError(
                f"sampling_rate={self.sampling_rate} Hz gives windows of "
                f"{n_samples_of_window:g} samples; they must have "
                f"{LEAST_SAMPLES:g} to {MOST_SAMPLES}."
            )
        if self._arrivals_within:
            for name in ("p_arrival", "s_arrival"):
                check_arrival(
                    name,
                    getattr(self, name),
                    n_samples=n_samples,
                    sampling_rate=self.sampling_rate,
                )

    def _times(self, name, values, records):
        """Return one time per record, that of the parameter where it is not known."""
        n_records = len(records)
        common = getattr(self, name, None)
        common = np.full(n_records, np.nan if common is None else common)
        if values is None:
            return common
        if self._arrivals_within:
            values = check_arrivals(
                name,
                values,
                n_records,
                n_samples=records.shape[-1],
                sampling_rate=self.sampling_rate,
                earliest=-np.inf if name == "origin" else 0.0,
            )
        return np.where(np.isnan(values), common, values)

    def _apply_nan_policy(self, values):
        """Return features with missing values treated as `nan_policy` says."""
        missing = np.isnan(values)
        if self.nan_policy == "raise" and missing.any():
            row, column = np.argwhere(missing)[0]
            raise ValueError(
                f"record {row} has no {self.get_feature_names_out()[column]!r}, the "
                f"first of {missing.sum()} missing values; choose other features, pass "
                'arrivals, or set nan_policy="keep" or "zero".'
            )
        return np.where(missing, 0, values) if self.nan_policy == "zero" else values

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = []
        return tags

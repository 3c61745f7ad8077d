"""The cut-off at which a high-pass filter removes most noise and least signal."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .._utils.checks import as_float, check_option, check_real
from ._arguments import check_flag, check_order, check_rate
from ._row_energy import independent_values, separate_rows, variation_db
from .arrivals import arrival_samples, check_arrivals
from .filters import highpass_gain
from .scalogram import padded_length, scalogram
from .wavelets import Morlet, frequency_axis
from .windows import check_waveforms

if TYPE_CHECKING:
    import numpy.typing as npt

STATISTICS = ("window", "stationarity")
# tuned on half of the cases of `benchmarks/cutoff_quality.py`, real noise included
DEFAULT_THRESHOLDS = {"window": 3.5, "stationarity": 4.5}

# the image of a fingerprint with the defaults of `FingerprintTransformer`
_N_ROWS = 64
_N_COLUMNS = 64
_TAPER = 0.05
_WAVELET = Morlet()
_EDGE_COLUMNS = 3  # hold the leakage of the tapered ends
_STEPS_PER_OCTAVE = 16  # half a row; a parabola finds the cut-off between the steps

# The largest excess of a column, a mean over rows, had a median of 0.02 in 600 records
# of noise, white to red, and was below 0.14 in 95 % of them; in generated events it was
# 0.8 or more.
_DETECTION = 0.05
_NO_SIGNAL = 0.2
_SCORE_LIMIT_DB = 12.0  # so that no single row outweighs its neighbours
_LIMIT_DB = 100.0  # stands for infinity
# limits of the statuses, see the notes of `estimate_cutoffs`
_NO_NOISE_DB = -20.0
_OVERLAP_DB = 3.0
_VARIATION_DB = 10.0 * np.log10(3.0)

_DTYPE = np.dtype(
    [
        ("cutoff", float),
        ("status", "U13"),
        ("signal_to_error_db", float),
        ("noise_removed_db", float),
        ("detection", float),
        ("noise_variation_db", float),
    ]
)


def cutoff_range(
    n_samples: int,
    *,
    sampling_rate: float = 1.0,
    f_min: float | None = None,
    f_max: float | None = None,
) -> tuple[float, float]:
    """Return the range of cut-offs that can be estimated.

    Parameters
    ----------
    n_samples : int
        Number of samples of a record.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    f_min : float, default=None
        Lowest cut-off in Hz. None takes 8 periods in the record, but not less than
        1/640 of the sampling rate.
    f_max : float, default=None
        Highest cut-off in Hz. None takes a quarter of the sampling rate.

    Returns
    -------
    tuple of (float, float)
        Lowest and highest cut-off in Hz.

    Raises
    ------
    ValueError
        If the limits are not 0 < f_min < f_max < Nyquist frequency, or an explicit
        `f_min` has less than one period in the record.
    """
    check_rate(sampling_rate)
    for name, limit in (("f_min", f_min), ("f_max", f_max)):
        if limit is not None:
            check_real(name, limit)
    if f_max is None:
        f_max = sampling_rate / 4.0
    lowest = sampling_rate / n_samples
    explicit = f_min is not None
    if f_min is None:
        # 1/640 is 8 octaves below 0.4 of the sampling rate, as in `frequency_axis`
        f_min = min(max(sampling_rate / 640.0, 8.0 * lowest), f_max / 2.0)
    if not 0 < f_min < f_max < sampling_rate / 2.0:
        raise ValueError(
            f"cut-offs must satisfy 0 < f_min < f_max < Nyquist frequency; got "
            f"f_min={f_min:g} Hz, f_max={f_max:g} Hz at a Nyquist frequency of "
            f"{sampling_rate / 2.0:g} Hz."
        )
    if explicit and f_min < lowest:
        raise ValueError(
            f"f_min={f_min:g} Hz is too low for records of {n_samples} samples "
            f"({1 / lowest:g} s): less than one period; the lowest valid value is "
            f"{lowest:g} Hz."
        )
    return float(f_min), float(f_max)


def estimate_cutoffs(
    X: npt.NDArray,
    *,
    sampling_rate: float = 1.0,
    statistic: str = "window",
    threshold: float | None = None,
    p_arrival: npt.ArrayLike | None = None,
    f_min: float | None = None,
    f_max: float | None = None,
    order: int = 4,
    zero_phase: bool = True,
) -> npt.NDArray:
    """Estimate the optimal cut-off of a high-pass filter for each record.

    Parameters
    ----------
    X : ndarray of shape (n_records, [n_channels,] n_samples)
        Records; the channels of one record share a cut-off.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    statistic : {"window", "stationarity"}, default="window"
        How rows of signal and of noise are distinguished; see Notes.
    threshold : float, default=None
        For ``"window"``, significance of the signal in a row below which it counts
        as noise, in standard deviations (None: 3.5); for ``"stationarity"``, decibels
        by which a row must vary more than stationary noise (None: 4.5).
    p_arrival : array-like of shape (n_records,), default=None
        Seconds from the first sample to P, taken at the nearest sample; NaN where it is
        not known.
    f_min, f_max : float, default=None
        Lowest and highest cut-off in Hz; see `cutoff_range`.
    order : int, default=4
        Order of the Butterworth filter that will be used.
    zero_phase : bool, default=True
        Whether that filter runs forwards and backwards.

    Returns
    -------
    ndarray of shape (n_records,), structured
        Fields: ``cutoff`` in Hz; ``status``; ``signal_to_error_db``, the expected
        energy of the signal over that of the error after filtering;
        ``noise_removed_db``, the energy of the noise that the filter removes over that
        of the signal; ``detection``, the logarithmic excess of the event over
        the noise, a mean over the rows; ``noise_variation_db``, how much more than
        stationary noise the noise below the cut-off varies.

    Raises
    ------
    ValueError
        If the statistic is unknown, the limits of the cut-off are not valid, records
        have more than one axis of channels, or P is not within its record.

    Notes
    -----
    Low-frequency noise is stationary along the rows of the scalogram, and an event
    is not [1]_. ``"window"`` finds the columns of the event by the mean excess over the
    row medians, takes the power of the other columns as noise N and the excess over it
    that an F test finds significant as signal S. It returns the cut-off with the least
    expected squared error over the whole record, the sum over the rows of (1 - G)^2 S +
    G^2 N with the gain G of the filter itself. ``"stationarity"`` needs no event: the
    score of a row is the energy of its Haar coefficients along time over that of its
    mean, and the cut-off is the change point between low scores below and high scores
    above.

    The status is ``"ok"``; ``"no_noise"``: the noise that the filter removes is below
    -20 dB of the signal, so that it makes no difference; ``"no_signal"``: no event
    exceeds the noise; ``"overlap"``: the error is never 3 dB below the signal;
    ``"nonstationary"``: the noise below the cut-off varies more than three times as
    much as stationary noise, so that it may have been taken for signal.

    References
    ----------
    .. [1] Silkin (2024), Journal of Volcanology and Seismology 18(3), 275-289,
       doi:10.1134/S0742046324700556

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import estimate_cutoffs
    >>> rng = np.random.default_rng(0)
    >>> time = np.arange(4000) / 40
    >>> event = rng.standard_normal(4000) * np.exp(-0.3 * (time - 40)) * (time > 40)
    >>> noise = 0.05 * np.cumsum(rng.standard_normal(4000))
    >>> estimate_cutoffs(np.array([event + noise]), sampling_rate=40)["status"]
    array(['ok'], dtype='<U13')
    """
    check_option("statistic", statistic, STATISTICS)
    thresholds = dict(DEFAULT_THRESHOLDS)
    if threshold is not None:
        thresholds[statistic] = threshold
    check_order(order)
    check_flag("zero_phase", zero_phase)
    check_real("threshold", thresholds[statistic])
    X = check_waveforms(X)
    if X.ndim > 3 or 0 in X.shape[1:]:
        raise ValueError(
            "X must have shape (n_records, n_samples) or (n_records, n_channels, "
            f"n_samples); got {X.shape}."
        )
    n_samples = X.shape[-1]
    limits = cutoff_range(
        n_samples, sampling_rate=sampling_rate, f_min=f_min, f_max=f_max
    )
    frequencies = frequency_axis(_N_ROWS, n_samples, sampling_rate=sampling_rate)
    part = 1.0 - 2.0 * _EDGE_COLUMNS / _N_COLUMNS
    values = independent_values(
        frequencies, part * n_samples / sampling_rate, _WAVELET.relative_bandwidth
    )
    power = _summed_power(X, frequencies, sampling_rate)
    rows = separate_rows(
        power,
        values,
        detection=_DETECTION,
        significance=thresholds["window"],
        first_column=_first_column(p_arrival, X, sampling_rate),
    )
    grid, gain = _gain_table(
        limits, tuple(frequencies), sampling_rate, order, zero_phase
    )
    error = rows.signal @ ((1.0 - gain) ** 2).T + rows.noise @ (gain**2).T
    if statistic == "window":
        cutoffs = _least_error(error, grid)
    else:
        scores = variation_db(power, values) - thresholds["stationarity"]
        cutoffs = np.clip(_change_point(scores, frequencies), *limits)
    nearest = np.abs(np.log(cutoffs[:, None] / grid)).argmin(axis=1)
    return _describe(
        cutoffs,
        rows,
        error=np.take_along_axis(error, nearest[:, None], axis=1)[:, 0],
        removed=rows.noise * (1.0 - gain[nearest] ** 2),
        variation=variation_db(power, values, ~rows.event),
    )


def _summed_power(X, frequencies, sampling_rate):
    """Sum scalograms, without their ends, over the channels of scaled records."""
    channels = as_float(X[:, None] if X.ndim == 2 else X)
    peak = np.abs(channels).max(axis=(1, 2), keepdims=True)
    # a smaller power of two would exceed the floating type when inverted
    exponent = np.maximum(np.frexp(peak)[1], np.finfo(channels.dtype).minexp)
    scaled = channels * np.ldexp(np.ones_like(peak), -exponent)
    images = [
        scalogram(
            scaled[:, channel],
            frequencies,
            _N_COLUMNS,
            sampling_rate=sampling_rate,
            wavelet=_WAVELET,
            taper=_TAPER,
        )[:, :, _EDGE_COLUMNS:-_EDGE_COLUMNS].astype(float)
        for channel in range(channels.shape[1])
    ]
    return np.add.reduce(images)


def _first_column(p_arrival, X, sampling_rate):
    """Return the first column of the event, by P; 0 if that is not known."""
    if p_arrival is None:
        return None
    n_samples = X.shape[-1]
    times = check_arrivals(
        "p_arrival",
        p_arrival,
        len(X),
        n_samples=n_samples,
        sampling_rate=sampling_rate,
    )
    samples = np.rint(arrival_samples(times, sampling_rate))
    column = samples * (_N_COLUMNS / padded_length(n_samples, _N_COLUMNS))
    return np.floor(np.nan_to_num(column)) - _EDGE_COLUMNS


@lru_cache(maxsize=16)
def _gain_table(limits, frequencies, sampling_rate, order, zero_phase):
    """Return cut-offs to try, and the gain of the filter in every row at each."""
    n_octaves = np.log2(limits[1] / limits[0])
    n_steps = max(int(np.ceil(_STEPS_PER_OCTAVE * n_octaves)), 2)
    grid = np.geomspace(limits[0], limits[1], n_steps + 1)
    return grid, highpass_gain(
        frequencies,
        grid,
        sampling_rate=sampling_rate,
        order=order,
        zero_phase=zero_phase,
    )


def _least_error(error, grid):
    """Return cut-offs of least error, between the steps of the grid by a parabola."""
    best = error.argmin(axis=1)
    inner = np.clip(best, 1, len(grid) - 2)
    left, middle, right = (
        np.take_along_axis(error, inner[:, None] + shift, axis=1)[:, 0]
        for shift in (-1, 0, 1)
    )
    bend = left - 2.0 * middle + right
    offset = np.divide(
        0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend > 0
    )
    offset = np.where(inner == best, np.clip(offset, -0.5, 0.5), 0.0)
    return grid[best] * (grid[1] / grid[0]) ** offset


def _change_point(scores, frequencies):
    """Return the frequency that separates low scores below from high scores above."""
    limited = np.clip(scores, -_SCORE_LIMIT_DB, _SCORE_LIMIT_DB)
    sums = np.cumsum(np.pad(limited, [(0, 0), (1, 0)]), axis=1)
    padded = np.pad(limited, [(0, 0), (1, 1)], constant_values=((0, 0), (-1.0, 1.0)))
    boundary = sums.argmin(axis=1)
    below, above = np.take_along_axis(
        padded, boundary[:, None] + np.arange(2), axis=1
    ).T
    step = np.log(frequencies[1] / frequencies[0])
    crossing = np.where(above > below, -below / (above - below), 0.5)
    place = boundary - 1.0 + np.clip(crossing, 0.0, 1.0)
    return frequencies[0] * np.exp(step * place)


def _ratio(numerator, denominator):
    """Return a quotient, limited to 100 dB where a term is zero."""
    limit = 10.0 ** (_LIMIT_DB / 10.0)
    empty = np.full_like(denominator, limit)
    quotient = np.divide(numerator, denominator, out=empty, where=denominator > 0)
    return np.clip(quotient, 1.0 / limit, limit)


def _describe(cutoffs, rows, *, error, removed, variation):
    """Return the table of cut-offs, statuses and scores."""
    signal = rows.signal.sum(axis=1)
    removed_sum = removed.sum(axis=1)
    relative_variation = 10.0 ** (variation / 10.0)
    table = np.empty(len(cutoffs), dtype=_DTYPE)
    table["cutoff"] = cutoffs
    table["detection"] = rows.detection
    for name, ratio in (
        ("signal_to_error_db", _ratio(signal, error)),
        ("noise_removed_db", _ratio(removed_sum, signal)),
        (
            "noise_variation_db",
            _ratio((relative_variation * removed).sum(axis=1), removed_sum),
        ),
    ):
        table[name] = 10.0 * np.log10(ratio)
    table["status"] = np.select(
        [
            (rows.detection < _NO_SIGNAL) | (signal <= 0.0),
            table["signal_to_error_db"] < _OVERLAP_DB,
            table["noise_removed_db"] < _NO_NOISE_DB,
            table["noise_variation_db"] > _VARIATION_DB,
        ],
        ["no_signal", "overlap", "no_noise", "nonstationary"],
        "ok",
    )
    return table

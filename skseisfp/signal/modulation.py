"""Spectra that keep their pattern through a record, as those of delayed shots do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d
from scipy.signal.windows import hann, tukey

if TYPE_CHECKING:
    import numpy.typing as npt

# the method of Sandia; frames have flanks of 10 %
FRAME = 2.5  # s
OVERLAP = 0.625
_PEAK, _NULL = 0.8, 0.2
# chosen here, not published; documented in the notes of `PhysicsFeatures`
BAND = 1.0, 50.0  # Hz
LEAST_FRAMES = 8
_LEAST_LINES = 10
_NYQUIST_PART = 0.9
_NARROW, _WIDE = 1.0, 10.0  # Hz, over which spectra are smoothed
_LARGEST_DELAY = 0.5  # s
_LONGEST_LAG = 20.0  # s
# From one frame to the next that shares no samples with it: 3 steps of 3/8 of a frame.
_APART = 3


class Sonogram(NamedTuple):
    """Power of frames, summed over channels.

    Attributes
    ----------
    power : ndarray of shape (n_frames, n_lines)
        Power.
    frequencies : ndarray of shape (n_lines,)
        Frequencies in Hz.
    hop : float
        Seconds from one frame to the next.
    """

    power: npt.NDArray
    frequencies: npt.NDArray
    hop: float


def least_samples(sampling_rate: float) -> int:
    """Return the samples of a sonogram of 8 frames."""
    n_frame, hop = _frame_samples(sampling_rate)
    return n_frame + (LEAST_FRAMES - 1) * hop


def _frame_samples(sampling_rate):
    """Return the length of a frame and the step to the next one."""
    n_frame = max(round(FRAME * sampling_rate), 1)
    return n_frame, max(round(n_frame * (1 - OVERLAP)), 1)


def sonogram(record: npt.NDArray, sampling_rate: float) -> Sonogram | None:
    """Return the sonogram of a record of shape (n_channels, n_samples), or None.

    There is none for less than 8 frames, 10 lines or without power. The band is 1 to 50
    Hz, or to 90 % of the Nyquist frequency.
    """
    if record.shape[1] < least_samples(sampling_rate):
        return None
    n_frame, hop = _frame_samples(sampling_rate)
    frequencies = fft.rfftfreq(n_frame, 1 / sampling_rate)
    high = min(BAND[1], _NYQUIST_PART * sampling_rate / 2)
    inside = np.flatnonzero((frequencies >= BAND[0]) & (frequencies <= high))
    if inside.size < _LEAST_LINES:
        return None
    lines = slice(inside[0], inside[-1] + 1)
    frames = np.lib.stride_tricks.sliding_window_view(record, n_frame, axis=1)[:, ::hop]
    frames = frames - frames.mean(axis=-1, keepdims=True)
    spectra = np.asarray(fft.rfft(frames * tukey(n_frame, 0.1), axis=-1))[..., lines]
    power = np.square(np.abs(spectra)).sum(axis=0)
    power = power[(power > 0).all(axis=1)]
    if len(power) < LEAST_FRAMES:
        return None
    return Sonogram(power, frequencies[lines], hop / sampling_rate)


class Banding(NamedTuple):
    """How strongly the lines of a sonogram are modulated alike at all times.

    Attributes
    ----------
    fourier : float
        Largest part of the power of the two-dimensional Fourier transform of the
        binary sonogram that is periodic in frequency and constant in time.
    fourier_delay : float
        The quefrency of that, in s.
    count : float
        Peaks and nulls of the binary sonogram averaged over time.
    log_f : float
        Log10 of the largest cepstral F.
    log_f_delay : float
        The quefrency of that, in s.
    """

    fourier: float
    fourier_delay: float
    count: float
    log_f: float
    log_f_delay: float


def banding(gram: Sonogram) -> Banding:
    """Measure the banding of a sonogram in three ways.

    Parameters
    ----------
    gram : Sonogram
        Sonogram of the event.

    Returns
    -------
    Banding
        The measures; see `PhysicsFeatures`.
    """
    spacing = gram.frequencies[1] - gram.frequencies[0]
    bandwidth = gram.frequencies[-1] - gram.frequencies[0]
    log_power = np.log(gram.power)
    wide = min(_WIDE, bandwidth / 2)
    level = _smooth(log_power, wide / spacing)
    binary = _smooth(log_power, _NARROW / spacing) > level
    delays = (2 / bandwidth, _LARGEST_DELAY)
    fourier = _constant_part(binary, spacing, delays)
    cepstral = _cepstral_f((log_power - level)[::_APART], spacing, delays)
    return Banding(*fourier, _count_bands(binary.mean(axis=0)), *cepstral)


def _smooth(values, width):
    """Average over an odd number of lines."""
    return uniform_filter1d(values, 2 * int(width / 2) + 1, axis=1, mode="reflect")


def _transform(values, spacing, delays):
    """Return complex cepstra and their quefrencies between two delays in s."""
    values = values - values.mean(axis=1, keepdims=True)
    n_fft = fft.next_fast_len(4 * values.shape[1], real=True)
    spectra = np.asarray(fft.rfft(values * hann(values.shape[1]), n_fft, axis=1))
    quefrencies = fft.rfftfreq(n_fft, spacing)
    inside = (quefrencies >= delays[0]) & (quefrencies <= delays[1])
    return spectra[:, inside], quefrencies[inside]


def _constant_part(binary, spacing, delays):
    """Return the largest coherent part of the power, without bias, and its delay."""
    spectra, quefrencies = _transform(binary.astype(float), spacing, delays)
    n = len(binary)
    total = np.square(np.abs(spectra)).mean(axis=0)
    constant = np.square(np.abs(spectra.mean(axis=0)))
    constant = (n * constant - total) / (n - 1)
    if not total.any():
        return 0.0, np.nan
    best = int(constant.argmax())
    return constant[best] / total.mean(), quefrencies[best]


def _cepstral_f(frames, spacing, delays):
    """Return log10 of the largest F of the mean cepstrum over frames, and its delay."""
    spectra, quefrencies = _transform(frames, spacing, delays)
    n, mean = len(spectra), spectra.mean(axis=0)
    residual = np.square(np.abs(spectra - mean)).sum(axis=0) / (n - 1)
    power = n * np.square(np.abs(mean))
    if not residual.all() or not power.any():
        return np.nan, np.nan
    f = power / residual
    best = int(f.argmax())
    return np.log10(f[best]), quefrencies[best]


def _count_bands(mean):
    """Count the runs of lines that are almost always high or almost always low."""
    runs = (
        np.diff(np.pad(part, (1, 0)).astype(int)) > 0
        for part in (mean > _PEAK, mean < _NULL)
    )
    return float(sum(run.sum() for run in runs))


class Stability(NamedTuple):
    """How slowly a spectrum changes.

    Attributes
    ----------
    level : float
        Mean correlation of the spectra of two frames without common samples, over the
        time lags up to 20 s or half of the event.
    intercept : float
        Regression line of the correlation on the lag, at no lag.
    slope : float
        Its slope in 1/s.
    """

    level: float
    intercept: float
    slope: float


def stability(gram: Sonogram) -> Stability:
    """Measure how similar the amplitude spectra of a sonogram stay.

    Parameters
    ----------
    gram : Sonogram
        Sonogram of the event.

    Returns
    -------
    Stability
        The measures; see `PhysicsFeatures`.
    """
    spectra = np.sqrt(gram.power)
    spectra = spectra - spectra.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(spectra, axis=1, keepdims=True)
    spectra = np.divide(spectra, norms, out=spectra, where=norms > 0)
    correlation = spectra @ spectra.T
    last = min(len(spectra) // 2, round(_LONGEST_LAG / gram.hop))
    lags = np.arange(_APART, max(last, _APART + 1) + 1)
    means = np.array([correlation.diagonal(lag).mean() for lag in lags])
    slope, intercept = np.polyfit(lags * gram.hop, means, 1)
    return Stability(means.mean(), intercept, slope)

"""Form of the spectrum of an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import fft
from scipy.signal import find_peaks

from ._moments import skewness_kurtosis

if TYPE_CHECKING:
    import numpy.typing as npt

ENERGY_BANDS = ((0.1, 1), (1, 3), (3, 10), (10, 20), (20, 50))  # Hz, Hibert, Provost
PHASE_RATIO_BANDS = ((0.05, 5.0), (5.0, 18.0))  # Hz, Wang 2023
# chosen here, not published; documented in the notes of `PhysicsFeatures`
SLOPE_BAND = 2.0, 20.0  # Hz
RATIO_BANDS = ((1.0, 5.0), (5.0, 10.0))  # Hz
_LEAST_LINES = 10  # of a slope
_PROMINENCE = 0.05  # of a maximum in time, relative to the largest
_LEAST = 1e-12  # part of the power, for a finite logarithm
_VARIES = 1e-9  # of the largest value: above the rounding errors of double precision


class SpectralShape(NamedTuple):
    """Form of a power spectrum.

    Attributes
    ----------
    centroid, bandwidth : float
        Mean frequency and its standard deviation, in Hz.
    quartile_1, quartile_3 : float
        Frequencies below which a quarter and three quarters of the power lie, in Hz.
    peak_frequency : float
        Frequency of the largest power, in Hz.
    flatness : float
        Log10 of the geometric over the arithmetic mean of the power.
    """

    centroid: float
    bandwidth: float
    quartile_1: float
    quartile_3: float
    peak_frequency: float
    flatness: float


def spectral_shape(frequencies: npt.NDArray, power: npt.NDArray) -> SpectralShape:
    """Describe the form of a power spectrum.

    Parameters
    ----------
    frequencies : ndarray of shape (n_lines,)
        Frequencies in Hz.
    power : ndarray of shape (n_lines,)
        Power of the lines.

    Returns
    -------
    SpectralShape
        NaN without power.
    """
    total = power.sum()
    if not total > 0:
        return SpectralShape(*[np.nan] * len(SpectralShape._fields))
    part = power / total
    centroid = part @ frequencies
    bandwidth = np.sqrt(part @ np.square(frequencies - centroid))
    first, third = frequencies[np.searchsorted(part.cumsum(), (0.25, 0.75))]
    flatness = np.log10(part.clip(min=_LEAST)).mean() - np.log10(part.mean())
    peak = frequencies[int(part.argmax())]
    return SpectralShape(centroid, bandwidth, first, third, peak, flatness)


def spectral_slope(
    frequencies: npt.NDArray,
    power: npt.NDArray,
    nyquist: float,
    band: tuple[float, float] = SLOPE_BAND,
) -> float:
    """Return the slope of log10 amplitude against log10 frequency in a band.

    Every octave has the same weight. NaN if the upper edge of the band is above the
    Nyquist frequency, or the band has less than ten lines, or one without power.
    """
    inside = (frequencies >= band[0]) & (frequencies <= band[1])
    values = power[inside]
    if nyquist < band[1] or inside.sum() < _LEAST_LINES or not (values > 0).all():
        return np.nan
    weights = np.sqrt(1 / frequencies[inside])  # polyfit squares them
    logs = np.log10(frequencies[inside])
    return np.polyfit(logs, 0.5 * np.log10(values), 1, w=weights)[0]


def log_band_ratio(power: npt.NDArray, weights: npt.NDArray) -> float:
    """Return log10 of the sum of amplitudes in the second band over the first.

    Parameters
    ----------
    power : ndarray of shape (n_lines,)
        Power of the lines.
    weights : ndarray of shape (n_lines, 2)
        Parts of the lines that lie in the bands.

    Returns
    -------
    float
        NaN where a band is not covered or has no power.
    """
    with np.errstate(invalid="ignore"):
        low, high = np.sqrt(power) @ weights
    return np.log10(high / low) if low > 0 and high > 0 else np.nan


def log_energy_parts(power: npt.NDArray, weights: npt.NDArray) -> npt.NDArray:
    """Return log10 of the parts of the power in bands, at least -12."""
    total = power.sum()
    if not total > 0:
        return np.full(weights.shape[1], np.nan)
    return np.log10(np.maximum(power @ weights / total, _LEAST))


def band_kurtosis(
    record: npt.NDArray,
    event: tuple[int, int],
    sampling_rate: float,
    bands: Sequence[tuple[float, float]] = ENERGY_BANDS,
) -> npt.NDArray:
    """Return the kurtosis of an event in bands, mean over channels.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.
    event : tuple of (int, int)
        First sample of the event and the one after its last.
    sampling_rate : float
        Samples per second (Hz).
    bands : sequence of (float, float), default=ENERGY_BANDS
        Edges in Hz.

    Returns
    -------
    ndarray of shape (n_bands,)
        0 for a normal distribution; NaN for a band above the Nyquist frequency or
        without power.
    """
    n_samples = record.shape[1]
    n_fft = fft.next_fast_len(n_samples, real=True)
    centred = record - record.mean(axis=1, keepdims=True)
    lines = np.asarray(fft.rfft(centred, n_fft))
    frequencies = fft.rfftfreq(n_fft, 1 / sampling_rate)
    values = np.full(len(bands), np.nan)
    for number, (low, high) in enumerate(bands):
        inside = (frequencies >= low) & (frequencies < high)
        if high > sampling_rate / 2 or not lines[:, inside].any():
            continue
        filtered = np.asarray(fft.irfft(np.where(inside, lines, 0), n_fft))
        filtered = filtered[:, slice(*event)]
        moving = filtered.std(axis=1) > _VARIES * np.abs(record).max()
        if moving.any():
            values[number] = skewness_kurtosis(filtered[moving])[1].mean()
    return values


class FrameShape(NamedTuple):
    """How the spectra of frames differ.

    Attributes
    ----------
    max_mean : float
        Log10 of the largest over the mean of the frames' peak powers.
    peak_count : float
        Log10 of one and the maxima, over time, of the frames' peak powers.
    centroid_spread : float
        Standard deviation of the frames' mean frequencies, in Hz.
    """

    max_mean: float
    peak_count: float
    centroid_spread: float


def frame_shape(power: npt.NDArray, frequencies: npt.NDArray) -> FrameShape:
    """Describe how the frames of a sonogram of shape (n_frames, n_lines) differ."""
    peaks = power.max(axis=1)
    centroids = power @ frequencies / power.sum(axis=1)
    count = len(find_peaks(peaks / peaks.max(), prominence=_PROMINENCE)[0])
    ratio = np.log10(peaks.max() / peaks.mean())
    return FrameShape(ratio, np.log10(1 + count), centroids.std())

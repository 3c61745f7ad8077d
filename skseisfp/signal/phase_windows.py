"""Windows of phases in one record, their spectra, and ratios of these."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft
from scipy.signal.windows import tukey

from .arrivals import arrival_samples

if TYPE_CHECKING:
    import numpy.typing as npt

# bands in Hz in which P and S were compared, by source; see `PhysicsFeatures`
RATIO_BANDS = (
    (10, 18),  # Maguire 2024
    (3, 8),  # Koper
    *((1, 25), (5, 25)),  # Kim 1993
    *((0.5, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), (8, 10)),  # Kim 1998
    *((2, 6), (10, 28)),  # Rathnayaka 2024, in addition to 4 to 6 Hz
    *((6, 12), (8, 16)),  # the station MD31, in addition to 4-6, 6-8 and 8-10 Hz
    (1, 45),  # QBTransNet
    *((low, low + 1) for low in range(1, 20)),  # Wang 2023
)
# chosen here, not published; documented in the notes of `PhysicsFeatures`
LEAST_PART = 0.25  # of a window that has to lie between its limits
LEAST_SAMPLES = 8  # for a spectrum of a few lines
_TAPER = 0.1
_P_VELOCITY, _S_VELOCITY = 6.0, 3.5  # km/s, of the crust
_RG_VELOCITIES = 3.2, 2.2  # km/s, group velocities
_ABOVE_NOISE = 3.0  # standard deviations: 0.3 % of Gaussian noise is beyond them


def phase_window(
    time: float,
    window: Sequence[float],
    limits: tuple[int, int],
    sampling_rate: float,
) -> tuple[int, int] | None:
    """Return the first sample of a window about a time and the one after its last.

    The time and the window about it are in seconds, the limits are samples. None where
    the time is NaN or before the first sample, or less than a quarter of the window or
    less than eight samples lie within the limits.
    """
    sample = arrival_samples(time, sampling_rate)
    if not sample >= 0:
        return None
    first, last = (round(sample + edge * sampling_rate) for edge in window)
    start, stop = max(first, limits[0]), min(last, limits[1])
    least = max(LEAST_PART * (last - first), LEAST_SAMPLES)
    return (start, stop) if stop - start >= least else None


def fast_length(n_samples: int) -> int:
    """Return the least length, not below a number, whose Fourier transform is fast."""
    # the function of SciPy is compiled and has no types
    return fft.next_fast_len(n_samples, real=True)  # pyright: ignore[reportReturnType]


def estimate_s_arrival(p_arrival: float, origin: float, vp_vs: float) -> float:
    """Return the arrival of S from the travel time of P, all in one unit."""
    return origin + vp_vs * (p_arrival - origin)


def rg_window(s_minus_p: float) -> tuple[float, float]:
    """Return the first and the last arrival of Rg after P, in the unit of S minus P.

    The distance, which the time from P to S gives for a crust of 6.0 and 3.5 km/s, is
    divided by group velocities from 3.2 to 2.2 km/s.
    """
    distance = 1 / (1 / _S_VELOCITY - 1 / _P_VELOCITY)  # km for a second from P to S
    first, last = (
        distance * (1 / speed - 1 / _P_VELOCITY) * s_minus_p for speed in _RG_VELOCITIES
    )
    return first, last


@lru_cache(maxsize=64)
def _taper(n_samples):
    """Return the window by which samples are multiplied before a transform."""
    return tukey(n_samples, _TAPER)


def window_power(
    record: npt.NDArray, window: tuple[int, int] | None, n_fft: int
) -> npt.NDArray:
    """Return the power spectrum of a window, summed over channels.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.
    window : tuple of (int, int) or None
        First sample and the one after the last.
    n_fft : int
        Length to which the window is padded with zeros, not below its own.

    Returns
    -------
    ndarray of shape (n_fft // 2 + 1,)
        Mean squares, whose sum is the mean square of the window without its mean, in
        squared units of the record; NaN without a window.
    """
    if window is None:
        return np.full(n_fft // 2 + 1, np.nan)
    part = record[:, window[0] : window[1]]
    taper = _taper(part.shape[1])
    part = (part - part.mean(axis=1, keepdims=True)) * taper
    power = np.square(np.abs(np.asarray(fft.rfft(part, n_fft)))).sum(axis=0)
    power[1 : (n_fft + 1) // 2] *= 2  # these lines stand for negative frequencies, too
    # a taper of two samples is zero
    return power / (n_fft * max(np.square(taper).sum(), 1e-300))


def band_weights(
    frequencies: npt.NDArray, bands: Sequence[tuple[float, float]], nyquist: float
) -> npt.NDArray:
    """Return the part of every line that lies in every band.

    Parameters
    ----------
    frequencies : ndarray of shape (n_lines,)
        Equidistant lines from zero on, in Hz.
    bands : sequence of (float, float)
        Edges in Hz.
    nyquist : float
        Nyquist frequency in Hz.

    Returns
    -------
    ndarray of shape (n_lines, n_bands)
        Parts from 0 to 1; NaN for a band whose upper edge is above the Nyquist
        frequency.
    """
    half = frequencies[1] / 2 if len(frequencies) > 1 else nyquist
    low, high = np.array(bands, dtype=float).T
    covered = np.minimum(high, frequencies[:, None] + half)
    covered = covered - np.maximum(low, frequencies[:, None] - half)
    weights = np.maximum(covered, 0) / (2 * half)
    weights[:, high > nyquist] = np.nan
    return weights


def band_power(
    record: npt.NDArray,
    window: tuple[int, int] | None,
    bands: Sequence[tuple[float, float]],
    sampling_rate: float,
) -> npt.NDArray:
    """Return the mean square of a window in bands, summed over channels.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.
    window : tuple of (int, int) or None
        First sample and the one after the last.
    bands : sequence of (float, float)
        Edges in Hz.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    ndarray of shape (n_bands,)
        Squared units of the record; NaN without a window and for bands above the
        Nyquist frequency.
    """
    if window is None:
        return np.full(len(bands), np.nan)
    n_fft = fast_length(max(window[1] - window[0], 2))
    frequencies = fft.rfftfreq(n_fft, 1 / sampling_rate)
    weights = band_weights(frequencies, bands, sampling_rate / 2)
    return window_power(record, window, n_fft) @ weights


def log_amplitude_ratio(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, noise: npt.ArrayLike
) -> npt.NDArray:
    """Return log10 of the amplitude ratio of two powers, with the noise subtracted.

    NaN where a power does not exceed that of the noise.
    """
    powers = np.stack([np.subtract(power, noise) for power in (numerator, denominator)])
    with np.errstate(invalid="ignore", divide="ignore"):
        powers = np.where(powers > 0, powers, np.nan)
        return 0.5 * (np.log10(powers[0]) - np.log10(powers[1]))


def first_motion(
    trace: npt.NDArray,
    p_arrival: float,
    noise: tuple[int, int] | None,
    sampling_rate: float,
    *,
    duration: float = 1.0,
) -> float:
    """Return the first swing after P, relative to the largest one in a second.

    Parameters
    ----------
    trace : ndarray of shape (n_samples,)
        Vertical component, up positive.
    p_arrival : float
        Seconds from the first sample to P, or NaN.
    noise : tuple of (int, int) or None
        Window of noise.
    sampling_rate : float
        Samples per second (Hz).
    duration : float, default=1.0
        Seconds after P that are used.

    Returns
    -------
    float
        From -1 (down) to 1 (up); NaN where the motion does not exceed three times the
        root mean square of the noise.
    """
    window = phase_window(p_arrival, (0.0, duration), (0, len(trace)), sampling_rate)
    if window is None or noise is None:
        return np.nan
    quiet = trace[noise[0] : noise[1]]
    motion = trace[window[0] : window[1]] - quiet.mean()
    above = np.flatnonzero(np.abs(motion) > _ABOVE_NOISE * quiet.std())
    if not above.size:
        return np.nan
    rest = motion[above[0] :]
    turned = np.flatnonzero(np.sign(rest) != np.sign(rest[0]))
    swing = rest[: turned[0]] if turned.size else rest
    return np.sign(rest[0]) * np.abs(swing).max() / np.abs(motion).max()

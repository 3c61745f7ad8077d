"""Windows of phases in one record, their spectra, and ratios of these."""

from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.signal.windows import tukey

# bands in Hz in which P and S were compared, by source; see `PhysicsFeatures`
RATIO_BANDS = (
    (10, 18),  # Maguire 2024
    (3, 8),  # Koper
    *((1, 25), (5, 25)),  # Kim 1993
    *((0.5, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), (8, 10)),  # Kim 1998
    *((2, 6), (10, 28)),  # Rathnayaka 2024, beside 4 to 6 Hz
    *((6, 12), (8, 16)),  # the station MD31, beside 4-6, 6-8 and 8-10 Hz
    (1, 45),  # QBTransNet
    *((low, low + 1) for low in range(1, 20)),  # Wang 2023
)
LEAST_PART = 0.25  # of a window that has to lie between its limits
LEAST_SAMPLES = 8
_TAPER = 0.1
_P_VELOCITY, _S_VELOCITY = 6.0, 3.5  # km/s, of the crust
_RG_VELOCITIES = 3.2, 2.2


def phase_window(onset, window, limits, sampling_rate):
    """Return the first sample of a window about an onset and the one after its last.

    None where there is no onset or less than a quarter of the window lies within the
    limits, two samples likewise.
    """
    if not onset >= 0:
        return None
    first, last = (round(onset + time * sampling_rate) for time in window)
    start, stop = max(first, limits[0]), min(last, limits[1])
    least = max(LEAST_PART * (last - first), LEAST_SAMPLES)
    return (start, stop) if stop - start >= least else None


def estimate_s_onset(p_onset, origin, vp_vs):
    """Return the onset of S by the time that P travelled, all in samples."""
    return origin + vp_vs * (p_onset - origin)


def rg_window(p_onset, s_onset):
    """Return when Rg arrives, after P, in units of the time from P to S.

    For a crust of 6.0 and 3.5 km/s and group velocities from 3.2 to 2.2 km/s the
    distance cancels.
    """
    distance = 1 / (1 / _S_VELOCITY - 1 / _P_VELOCITY)
    times = [distance * (1 / speed - 1 / _P_VELOCITY) for speed in _RG_VELOCITIES]
    return tuple(time * (s_onset - p_onset) for time in times)


@lru_cache(maxsize=64)
def _taper(n_samples):
    return tukey(n_samples, _TAPER)


def window_power(record, window, n_fft):
    """Return the power spectrum of a window, summed over channels.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.
    window : tuple of (int, int) or None
        First sample and the one after the last.
    n_fft : int
        Length to which the window is continued by zeros, not below its own.

    Returns
    -------
    ndarray of shape (n_fft // 2 + 1,)
        Mean squares that add up to that of the window without its mean, in squared
        units of the record; NaN without a window.
    """
    if window is None:
        return np.full(n_fft // 2 + 1, np.nan)
    part = record[:, window[0] : window[1]]
    taper = _taper(part.shape[1])
    part = (part - part.mean(axis=1, keepdims=True)) * taper
    power = np.square(np.abs(fft.rfft(part, n_fft))).sum(axis=0)
    power[1 : (n_fft + 1) // 2] *= 2
    return power / (n_fft * max(np.square(taper).sum(), 1e-300))


def band_weights(frequencies, bands, nyquist):
    """Return how much of every line lies in every band.

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
        Parts from 0 to 1; NaN for a band that reaches above the Nyquist frequency.
    """
    half = frequencies[1] / 2 if len(frequencies) > 1 else nyquist
    low, high = np.array(bands, dtype=float).T
    covered = np.minimum(high, frequencies[:, None] + half)
    covered = covered - np.maximum(low, frequencies[:, None] - half)
    weights = np.maximum(covered, 0) / (2 * half)
    weights[:, high > nyquist] = np.nan
    return weights


def band_power(record, window, bands, sampling_rate):
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
    n_fft = fft.next_fast_len(max(window[1] - window[0], 2), real=True)
    frequencies = fft.rfftfreq(n_fft, 1 / sampling_rate)
    weights = band_weights(frequencies, bands, sampling_rate / 2)
    return window_power(record, window, n_fft) @ weights


def log_amplitude_ratio(numerator, denominator, noise):
    """Return log10 of the ratio of amplitudes of powers, that of the noise taken off.

    NaN where a power does not exceed that of the noise.
    """
    powers = np.stack([numerator - noise, denominator - noise])
    with np.errstate(invalid="ignore", divide="ignore"):
        powers = np.where(powers > 0, powers, np.nan)
        return 0.5 * (np.log10(powers[0]) - np.log10(powers[1]))


def first_motion(trace, onset, noise, sampling_rate, *, duration=1.0):
    """Return the first swing after P, relative to the largest one in a second.

    Parameters
    ----------
    trace : ndarray of shape (n_samples,)
        Vertical component, up positive.
    onset : float
        Sample of P, or NaN.
    noise : tuple of (int, int) or None
        Window of noise.
    sampling_rate : float
        Samples per second (Hz).
    duration : float, default=1.0
        Seconds after the onset that are looked at.

    Returns
    -------
    float
        From -1 (down) to 1 (up); NaN where the motion does not exceed three times the
        root mean square of the noise.
    """
    window = phase_window(onset, (0.0, duration), (0, len(trace)), sampling_rate)
    if window is None or noise is None:
        return np.nan
    quiet = trace[noise[0] : noise[1]]
    motion = trace[window[0] : window[1]] - quiet.mean()
    above = np.flatnonzero(np.abs(motion) > 3 * quiet.std())
    if not above.size:
        return np.nan
    rest = motion[above[0] :]
    turned = np.flatnonzero(np.sign(rest) != np.sign(rest[0]))
    swing = rest[: turned[0]] if turned.size else rest
    return np.sign(rest[0]) * np.abs(swing).max() / np.abs(motion).max()

"""The envelope of a record: position, duration and form of the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter1d
from scipy.signal import hilbert

from ._moments import skewness_kurtosis
from .arrivals import arrival_samples

if TYPE_CHECKING:
    import numpy.typing as npt

# chosen here, not published; documented in the notes of `PhysicsFeatures`
ABOVE_NOISE = 2.0
_QUIET_PERCENTILE = 10
_SMOOTHED = 1.0  # s
_LEAST_SAMPLES = 8  # for moments of fourth order
_CORRELATED = 0.2
_VARIES = 1e-9  # of the largest value: above the rounding errors of double precision


def envelope(record: npt.NDArray) -> npt.NDArray:
    """Return the root of the summed squares of the envelopes of all channels.

    Parameters
    ----------
    record : ndarray of shape (n_channels, n_samples)
        Record.

    Returns
    -------
    ndarray of shape (n_samples,)
        Envelope, in units of the record.
    """
    n_samples = record.shape[1]
    centred = record - record.mean(axis=1, keepdims=True)
    analytic = np.asarray(hilbert(centred, fft.next_fast_len(n_samples)))
    analytic = analytic[:, :n_samples]
    return np.sqrt(np.square(np.abs(analytic)).sum(axis=0))


def event_window(
    values: npt.NDArray,
    p_arrival: float,
    noise: tuple[int, int] | None,
    sampling_rate: float,
) -> tuple[int, int]:
    """Return the first sample of the event and the one after its last.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Envelope.
    p_arrival : float
        Seconds from the first sample to P, or NaN.
    noise : tuple of (int, int) or None
        Window of noise.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    tuple of (int, int)
        From P, or where the envelope last rose above twice the noise before its
        peak, to where it first falls below after the peak, or the end of the record;
        from P to the end where it never rises.

    Notes
    -----
    The envelope is smoothed over a second. Without a window of noise its level is the
    tenth percentile of the smoothed envelope.
    """
    n_smooth = max(round(_SMOOTHED * sampling_rate), 1)
    smooth = np.sqrt(uniform_filter1d(np.square(values), n_smooth).clip(min=0))
    if noise is None:
        level = np.percentile(smooth, _QUIET_PERCENTILE)
    else:
        level = np.sqrt(np.square(values[noise[0] : noise[1]]).mean())
    quiet = smooth <= ABOVE_NOISE * level
    sample = arrival_samples(p_arrival, sampling_rate)
    known = 0 <= sample < len(values)
    first = min(round(sample), len(values) - 1) if known else 0
    peak = first + int(smooth[first:].argmax())
    if quiet[peak]:
        return first, len(values)
    if not known:
        before = np.flatnonzero(quiet[:peak])
        first = int(before[-1]) + 1 if before.size else 0
    after = np.flatnonzero(quiet[peak:])
    last = peak + int(after[0]) if after.size else len(values)
    return first, max(last, first + 1)


def log_duration(event: tuple[int, int], sampling_rate: float) -> float:
    """Return log10 of the duration of an event in seconds."""
    return np.log10((event[1] - event[0]) / sampling_rate)


def magnitude_difference(
    values: npt.NDArray,
    event: tuple[int, int],
    sampling_rate: float,
    coda_slope: float,
) -> float:
    """Return log10 of the largest amplitude less the weighted log10 of the duration."""
    peak = values[event[0] : event[1]].max()
    if not peak > 0:
        return np.nan
    return np.log10(peak) - coda_slope * log_duration(event, sampling_rate)


def log_power_ratio(
    power: npt.NDArray,
    numerator: tuple[int, int] | None,
    denominator: tuple[int, int] | None,
    *,
    mean: bool,
) -> float:
    """Return log10 of the ratio of the energies (or mean powers) of two windows.

    Parameters
    ----------
    power : ndarray of shape (n_samples,)
        Squared record.
    numerator, denominator : tuple of (int, int) or None
        First sample of a window and the one after its last.
    mean : bool
        Whether mean powers are compared, or energies.

    Returns
    -------
    float
        NaN without one of the windows, or without power in one of them.
    """
    if numerator is None or denominator is None:
        return np.nan
    reduce = np.mean if mean else np.sum
    values = [reduce(power[slice(*window)]) for window in (numerator, denominator)]
    return np.log10(values[0] / values[1]) if min(values) > 0 else np.nan


class EnvelopeShape(NamedTuple):
    """Form of an event in time; all values are without a unit.

    Attributes
    ----------
    max_mean, max_median : float
        Log10 of the largest value of the envelope over its mean and median.
    rise_fall : float
        Log10 of the time from onset to peak over that from the peak to the end.
    kurtosis_envelope, skewness_envelope : float
        Moments of the envelope; the kurtosis of a normal distribution is 0.
    kurtosis, skewness : float
        Moments of the samples, mean over channels.
    decay_misfit : float
        Root mean square distance of the envelope after its peak from a line that falls
        from the peak to zero at the end, relative to the peak.
    autocorrelation_peaks : float
        Log10 of one and the number of maxima of the autocorrelation above 0.2.
    autocorrelation_third : float
        Log10 of the energy of the autocorrelation in its first third over the rest.
    """

    max_mean: float
    max_median: float
    rise_fall: float
    kurtosis_envelope: float
    skewness_envelope: float
    kurtosis: float
    skewness: float
    decay_misfit: float
    autocorrelation_peaks: float
    autocorrelation_third: float


def envelope_shape(part: npt.NDArray, values: npt.NDArray) -> EnvelopeShape:
    """Describe the form of an event.

    Parameters
    ----------
    part : ndarray of shape (n_channels, n_samples)
        The record from onset to end.
    values : ndarray of shape (n_samples,)
        Its envelope.

    Returns
    -------
    EnvelopeShape
        NaN for less than eight samples or a constant record.
    """
    peak = int(values.argmax())
    moving = part.std(axis=1) > _VARIES * np.abs(part).max()
    if len(values) < _LEAST_SAMPLES or not moving.any() or np.ptp(values) == 0:
        return EnvelopeShape(*[np.nan] * len(EnvelopeShape._fields))
    part = part[moving]
    line = np.linspace(1, 0, len(values) - peak)
    skewness, kurtosis = skewness_kurtosis(values)
    skewnesses, kurtoses = skewness_kurtosis(part)
    n_rise, n_fall = peak + 1, len(values) - peak
    return EnvelopeShape(
        np.log10(values[peak] / values.mean()),
        np.log10(values[peak] / max(np.median(values), _VARIES * values[peak])),
        np.log10(n_rise / n_fall),
        kurtosis,
        skewness,
        kurtoses.mean(),
        skewnesses.mean(),
        np.sqrt(np.square(values[peak:] / values[peak] - line).mean()),
        *_autocorrelation(part),
    )


def _autocorrelation(part):
    """Return the number of peaks and how early the energy falls off, as logarithms."""
    n_samples = part.shape[1]
    n_fft = fft.next_fast_len(2 * n_samples, real=True)
    centred = part - part.mean(axis=1, keepdims=True)
    power = np.square(np.abs(np.asarray(fft.rfft(centred, n_fft)))).sum(axis=0)
    values = np.asarray(fft.irfft(power, n_fft))[:n_samples]
    values = values / values[0]
    inner = values[1:-1]
    peaks = (inner > values[:-2]) & (inner >= values[2:]) & (inner > _CORRELATED)
    energy = np.square(values)
    third = n_samples // 3
    ratio = energy[:third].sum() / energy[third:].sum()
    return np.log10(1 + peaks.sum()), np.log10(ratio)

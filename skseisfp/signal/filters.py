"""Butterworth filters: one band for all records, or a cut-off for every record."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft
from scipy.signal import butter, sosfilt, sosfilt_zi, sosfiltfilt
from scipy.special import expit

from .._utils.checks import check_option, check_real
from ._arguments import check_flag, check_numbers, check_order, check_rate

if TYPE_CHECKING:
    import numpy.typing as npt

# The impulse response of the filter of order 4 decays by a factor of 10 in a period of
# its cut-off: after three periods less than 0.1 % of it is left.
_PAD_PERIODS = 3.0
# Then the continuation of a record in front of a Fourier transform falls to zero, so
# that its two ends, which meet in a transform, meet in zeros.
_FADE_PERIODS = 1.0

FILTER_METHODS = ("fft", "sos")


def highpass_gain(
    frequencies: npt.ArrayLike,
    cutoffs: npt.ArrayLike,
    *,
    sampling_rate: float = 1.0,
    order: int = 4,
    zero_phase: bool = True,
) -> npt.NDArray:
    """Compute the amplitude response of the digital Butterworth high-pass filter.

    Parameters
    ----------
    frequencies : array-like of shape (n_frequencies,)
        Frequencies in Hz, from 0 to the Nyquist frequency.
    cutoffs : array-like of shape (...)
        Cut-off frequencies in Hz, above 0 and below the Nyquist frequency.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    order : int, default=4
        Order of the filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards, which squares the response.

    Returns
    -------
    ndarray of shape (..., n_frequencies)
        Gain: at the cut-off 1/2 (-6 dB) for zero phase, else 0.71 (-3 dB).

    Examples
    --------
    >>> from skseisfp.signal import highpass_gain
    >>> highpass_gain([0.0, 2.0, 10.0], 2.0, sampling_rate=40).round(3)
    array([0. , 0.5, 1. ])
    """
    distance = _log_warped(frequencies, sampling_rate) - np.expand_dims(
        _log_warped(cutoffs, sampling_rate), -1
    )
    power = expit(2 * order * distance)
    return power if zero_phase else np.sqrt(power)


def _log_warped(frequencies, sampling_rate):
    """Return the logarithm of frequencies on the axis of the analogue prototype."""
    angles = np.pi / sampling_rate * np.asarray(frequencies, dtype=float)
    with np.errstate(divide="ignore"):
        return np.log(np.tan(np.minimum(angles, np.pi / 2)))


def highpass(
    X: npt.ArrayLike,
    cutoffs: npt.ArrayLike,
    *,
    sampling_rate: float = 1.0,
    order: int = 4,
    zero_phase: bool = True,
    method: str = "sos",
    out: npt.NDArray | None = None,
) -> npt.NDArray:
    """High-pass filter records, each at its own cut-off or at several.

    Parameters
    ----------
    X : ndarray of shape (n_records, ..., n_samples)
        Records, float32 or float64.
    cutoffs : array-like of shape (n_records,) or (n_records, n_views)
        Cut-off frequencies in Hz, above 0 and below the Nyquist frequency; NaN leaves
        the record unfiltered.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    order : int, default=4
        Order of the Butterworth filter.
    zero_phase : bool, default=True
        True runs the filter forwards and backwards: no delay, twice the slope, and
        ripple before a sharp onset. False runs it forwards only.
    method : {"sos", "fft"}, default="sos"
        How the filter without delay is computed: ``"sos"``, in time, by its
        second-order sections, or ``"fft"``, faster, as gains on one spectrum of the
        record. Forwards only it always runs in time.
    out : ndarray of the shape and type of the result, default=None
        Where the result is stored; None makes a new array.

    Returns
    -------
    ndarray of shape (n_records, [n_views,] ..., n_samples)
        Filtered records of the type of `X`.

    Raises
    ------
    ValueError
        If there is not one row of cut-offs per record, one is not valid, or the method
        is not known.

    Notes
    -----
    `scipy.signal.sosfiltfilt` continues a record beyond its ends by odd reflection,
    by default over a few samples only, far less than the impulse response at a low
    cut-off. Here the continuation lasts three periods of the cut-off, or as long as
    the record allows; before a Fourier transform it lasts a little longer, and then
    falls to zero. The two methods are the same filter, and differ by the continuation
    alone: records of 120 s with noise of seven times their filtered amplitude, at
    cut-offs around 1 Hz, differed by 5e-4 of that amplitude at their ends, by 4e-6
    three seconds from them and by rounding errors in the middle. Five cut-offs take a
    fifth of the time.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import highpass
    >>> time = np.arange(2000) / 40
    >>> X = np.sin(2 * np.pi * 0.2 * time) + np.sin(2 * np.pi * 5 * time)
    >>> filtered = highpass(X[None], [1.0], sampling_rate=40)
    >>> bool(abs(filtered[0] - np.sin(2 * np.pi * 5 * time))[200:-200].max() < 0.01)
    True
    """
    check_option("method", method, FILTER_METHODS)
    X = check_numbers("X", X, least_ndim=2)
    cutoffs = check_numbers("cutoffs", cutoffs, least_ndim=1).astype(float)
    check_rate(sampling_rate)
    check_order(order)
    check_flag("zero_phase", zero_phase)
    _check_cutoffs(cutoffs, len(X), sampling_rate)
    views = cutoffs.reshape(len(X), -1)
    shape = (*cutoffs.shape, *X.shape[1:])
    result = np.empty(shape, dtype=X.dtype) if out is None else out
    filtered = result.reshape(*views.shape, *X.shape[1:])
    by_gains = zero_phase and method == "fft"
    run = _run_gains if by_gains else _run_sections
    for record, known in enumerate(~np.isnan(views)):
        filtered[record, ~known] = X[record]
        limits = views[record, known]
        for places, values in run(X[record], limits, sampling_rate, order, zero_phase):
            filtered[record, np.flatnonzero(known)[places]] = values
    return result


def bandpass(
    X: npt.ArrayLike,
    *,
    sampling_rate: float = 1.0,
    f_min: float | None = None,
    f_max: float | None = None,
    order: int = 4,
    zero_phase: bool = True,
) -> npt.NDArray:
    """Filter all records alike, by a Butterworth high-, low- or band-pass.

    Parameters
    ----------
    X : ndarray of shape (..., n_samples)
        Records, float32 or float64.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    f_min : float, default=None
        Lower corner in Hz; None makes a low-pass.
    f_max : float, default=None
        Upper corner in Hz; None makes a high-pass. Without corners the records are
        returned unfiltered.
    order : int, default=4
        Order of the filter.
    zero_phase : bool, default=True
        Whether the filter runs forwards and backwards: no delay, twice the slope.

    Returns
    -------
    ndarray of the shape and type of `X`
        Filtered records.

    Raises
    ------
    ValueError
        If the corners are not 0 < f_min < f_max < Nyquist frequency.

    See Also
    --------
    highpass : A cut-off of its own for every record, continued beyond its ends alike.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import bandpass
    >>> time = np.arange(4000) / 40
    >>> X = sum(np.sin(2 * np.pi * f * time) for f in (0.1, 4, 18))
    >>> filtered = bandpass(X, sampling_rate=40, f_min=1, f_max=10)
    >>> bool(abs(filtered - np.sin(2 * np.pi * 4 * time))[400:-400].max() < 0.01)
    True
    """
    X = check_numbers("X", X, least_ndim=1)
    check_rate(sampling_rate)
    check_order(order)
    check_flag("zero_phase", zero_phase)
    corners = [corner for corner in (f_min, f_max) if corner is not None]
    for name, corner in (("f_min", f_min), ("f_max", f_max)):
        if corner is not None:
            check_real(name, corner)
    limits = [0.0, *corners, sampling_rate / 2]
    if not all(low < high for low, high in pairwise(limits)):
        raise ValueError(
            "corners must satisfy 0 < f_min < f_max < Nyquist frequency "
            f"{sampling_rate / 2:g} Hz; got f_min={f_min!r}, f_max={f_max!r}."
        )
    if not corners:
        return X
    kind = "lowpass" if f_min is None else "highpass" if f_max is None else "bandpass"
    band = tuple(corners) if kind == "bandpass" else corners[0]
    run = _run_both_ways if zero_phase else _run_forwards
    try:
        sections = _design(order, band, kind, sampling_rate)
        filtered = run(X, sections, corners[0] / sampling_rate)
    except (
        ValueError,
        np.linalg.LinAlgError,
    ) as error:  # corners that are too small for floats
        raise ValueError(
            f"corners f_min={f_min!r}, f_max={f_max!r} give no filter: {error}"
        ) from error
    return filtered.astype(X.dtype, copy=False)


@lru_cache(maxsize=256)  # a design takes as long as 12,000 samples to filter
def _design(order, corners, kind, sampling_rate):
    """Return the second-order sections of a Butterworth filter; they are shared."""
    return butter(order, corners, kind, fs=sampling_rate, output="sos")


def _check_cutoffs(cutoffs, n_records, sampling_rate):
    """Raise if cut-offs do not match the records or are not valid."""
    if cutoffs.ndim not in (1, 2) or len(cutoffs) != n_records:
        raise ValueError(
            f"cutoffs must have shape ({n_records},) or ({n_records}, n_views); "
            f"got {cutoffs.shape}."
        )
    wrong = (cutoffs <= 0) | (cutoffs >= sampling_rate / 2)
    if wrong.any():
        raise ValueError(
            "cutoffs must be above 0 and below the Nyquist frequency "
            f"{sampling_rate / 2:g} Hz; record {int(np.argwhere(wrong)[0, 0])} has "
            f"{cutoffs[wrong][0]:g} Hz."
        )


def _run_sections(record, cutoffs, sampling_rate, order, zero_phase):
    """Yield numbers of cut-offs, and a record filtered in time at these."""
    run = _run_both_ways if zero_phase else _run_forwards
    for number, cutoff in enumerate(cutoffs):
        try:
            sections = _design(order, cutoff, "highpass", sampling_rate)
            filtered = run(record, sections, cutoff / sampling_rate)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise ValueError(
                f"cutoffs of {cutoff:g} Hz at a sampling rate of {sampling_rate:g} Hz "
                f"are too low for a filter of order {order}: {error}"
            ) from error
        yield number, filtered


def _run_gains(record, cutoffs, sampling_rate, order, zero_phase=True):
    """Yield numbers of cut-offs, and a record filtered on its spectrum at these."""
    cutoffs = cutoffs / sampling_rate
    # few lengths of the transform, and each by the cut-off itself, not by the others
    periods = 4.0 ** np.ceil(-np.log2(cutoffs) / 2.0)
    for period in np.unique(periods):
        alike = np.flatnonzero(periods == period)
        yield alike, _by_spectrum(record, cutoffs[alike], period, order)


def _by_spectrum(record, cutoffs, period, order):
    """Filter a record that is continued by some periods, as samples, at its ends."""
    n_samples = record.shape[-1]
    n_pad = min(n_samples - 1, int((_PAD_PERIODS + _FADE_PERIODS) * period))
    length: Any = fft.next_fast_len(n_samples + 2 * n_pad, real=True)
    extended = np.zeros((*record.shape[:-1], length))
    residual = extended[..., :n_samples]
    # a filter of this kind removes the line through the ends, which makes them zero
    line = np.linspace(record[..., 0], record[..., -1], n_samples, axis=-1)
    np.subtract(record, line, out=residual)
    flank = _flank(n_pad, int(n_pad * _FADE_PERIODS / (_PAD_PERIODS + _FADE_PERIODS)))
    after, before = residual[..., -1 - n_pad : -1], residual[..., 1 : 1 + n_pad]
    extended[..., n_samples : n_samples + n_pad] = after[..., ::-1] * -flank
    extended[..., length - n_pad :] = before[..., ::-1] * -flank[::-1]
    gains = _gains(cutoffs, length, order)
    gains = gains.reshape(len(cutoffs), *[1] * (record.ndim - 1), -1)
    filtered: Any = fft.irfft(fft.rfft(extended) * gains, length)
    return filtered[..., :n_samples]


def _flank(length, n_fade):
    """Return ones that fall to zero, as half a cosine, over the last samples."""
    flank = np.ones(length)
    fall = np.arange(1, n_fade + 1) / (n_fade + 1)
    flank[length - n_fade :] = 0.5 + 0.5 * np.cos(np.pi * fall)
    return flank


def _gains(cutoffs, length, order):
    """Return the gains of filters without delay at the bins of a spectrum.

    Those of `highpass_gain`, 1 / (1 + r**order) with the ratio r of the squared
    tangents, but by products, faster than powers.
    """
    ratio = np.tan(np.pi * cutoffs)[:, None] ** 2 * _cotangents(length)
    power = ratio.copy()
    with np.errstate(over="ignore"):
        for bit in f"{order:b}"[1:]:  # the first one is the ratio itself
            power *= power
            if bit == "1":
                power *= ratio
    power += 1.0
    return np.reciprocal(power, out=power)


@lru_cache(maxsize=16)
def _cotangents(length):
    """Return the squared cotangents of half the angular frequencies of a spectrum."""
    angles = np.pi * fft.rfftfreq(length)
    with np.errstate(divide="ignore"):
        return 1.0 / np.tan(angles) ** 2


def _run_both_ways(records, sections, lowest):
    """Filter without delay; `lowest` is the lowest corner in cycles per sample."""
    wanted = int(np.ceil(_PAD_PERIODS / lowest))
    padlen = min(records.shape[-1] - 1, wanted)
    return sosfiltfilt(sections, records, padlen=padlen)


def _run_forwards(records, sections, lowest):
    """Filter causally, at rest on the first sample."""
    rest = np.multiply.outer(records[..., 0], sosfilt_zi(sections))
    return sosfilt(sections, records, zi=np.moveaxis(rest, -2, 0))[0]

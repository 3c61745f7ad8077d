"""Butterworth high-pass filters with a cut-off of its own for every record."""

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi, sosfiltfilt
from scipy.special import expit

_PAD_PERIODS = 3.0


def highpass_gain(frequencies, cutoffs, *, sampling_rate=1.0, order=4, zero_phase=True):
    """Amplitude response of the digital Butterworth high-pass filter.

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
    """Logarithm of frequencies on the axis of the analogue prototype."""
    angles = np.pi / sampling_rate * np.asarray(frequencies, dtype=float)
    with np.errstate(divide="ignore"):
        return np.log(np.tan(np.minimum(angles, np.pi / 2)))


def highpass(X, cutoffs, *, sampling_rate=1.0, order=4, zero_phase=True):
    """High-pass filter records, each at its own cut-off or at several.

    Parameters
    ----------
    X : ndarray of shape (n_records, ..., n_samples)
        Records, float32 or float64.
    cutoffs : array-like of shape (n_records,) or (n_records, n_views)
        Cut-off frequencies in Hz, above 0 and below the Nyquist frequency; NaN lets
        the record pass as it is.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    order : int, default=4
        Order of the Butterworth filter.
    zero_phase : bool, default=True
        True runs the filter forwards and backwards: no delay, twice the slope, and
        ripple before a sharp onset. False runs it forwards only.

    Returns
    -------
    ndarray of shape (n_records, [n_views,] ..., n_samples)
        Filtered records of the type of `X`.

    Raises
    ------
    ValueError
        If there is not one row of cut-offs per record or one is not legal.

    Notes
    -----
    `scipy.signal.sosfiltfilt` continues a record beyond its ends by odd reflection,
    by default over a few samples only, far less than the filter remembers at a low
    cut-off. Here the continuation lasts three periods of the cut-off, or as long as
    the record allows.

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
    X = np.asarray(X)
    cutoffs = np.asarray(cutoffs, dtype=float)
    _check_cutoffs(cutoffs, len(X), sampling_rate)
    views = cutoffs.reshape(len(X), -1)
    filtered = np.empty((*views.shape, *X.shape[1:]), dtype=X.dtype)
    run = _run_both_ways if zero_phase else _run_forwards
    for record, view in np.ndindex(views.shape):
        cutoff = views[record, view]
        if np.isnan(cutoff):
            filtered[record, view] = X[record]
        else:
            filtered[record, view] = run(X[record], cutoff, sampling_rate, order)
    return filtered if cutoffs.ndim == 2 else filtered[:, 0]


def _check_cutoffs(cutoffs, n_records, sampling_rate):
    """Refuse cut-offs that do not match the records or are not legal."""
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


def _run_both_ways(record, cutoff, sampling_rate, order):
    """Filter without delay."""
    sections = butter(order, cutoff, "highpass", fs=sampling_rate, output="sos")
    wanted = int(np.ceil(_PAD_PERIODS * sampling_rate / cutoff))
    padlen = min(record.shape[-1] - 1, wanted)
    return sosfiltfilt(sections, record, padlen=padlen)


def _run_forwards(record, cutoff, sampling_rate, order):
    """Filter causally, at rest on the first sample."""
    sections = butter(order, cutoff, "highpass", fs=sampling_rate, output="sos")
    rest = np.multiply.outer(record[..., 0], sosfilt_zi(sections))
    return sosfilt(sections, record, zi=np.moveaxis(rest, -2, 0))[0]

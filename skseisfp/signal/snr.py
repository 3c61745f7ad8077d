"""Signal-to-noise ratio of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._utils.checks import check_real
from .arrivals import arrival_samples, check_arrivals
from .windows import check_waveforms

if TYPE_CHECKING:
    import numpy.typing as npt

_LEAST_PART = 0.5  # of a window that has to lie in the record


def snr(
    X: npt.ArrayLike,
    p_arrival: npt.ArrayLike,
    *,
    sampling_rate: float = 1.0,
    before: float = 5.0,
    after: float = 5.0,
    gap: float = 0.5,
) -> npt.NDArray:
    """Measure the signal-to-noise ratio of records around P.

    Parameters
    ----------
    X : array-like of shape (n_records, ..., n_samples)
        Records, time along the last axis; the channels of one are taken together.
    p_arrival : array-like of shape (n_records,)
        Seconds from the first sample of each record to P, taken at the nearest sample;
        NaN where P is not known.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    before : float, default=5.0
        Seconds of noise before P.
    after : float, default=5.0
        Seconds of signal from P on.
    gap : float, default=0.5
        Seconds between the noise and P, for picks that are late.

    Returns
    -------
    ndarray of shape (n_records,)
        Ratios in dB; NaN where P is not known, half of a window or more lies
        outside the record, or both windows hold no power.

    Raises
    ------
    ValueError
        If the records or a parameter are not valid, or P is not within its record.

    See Also
    --------
    pick_onsets : P of records that nobody has picked.
    skseisfp.preprocessing.select_by_snr : Leave out records of low ratio.

    Notes
    -----
    The ratio is that of mean power in the two windows, summed over channels, after
    the mean of the noise of each trace is removed. The signal window holds noise too,
    so that noise alone has about 0 dB.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import snr
    >>> X = np.random.default_rng(0).standard_normal((2, 1000))
    >>> X[0, 500:] *= 10
    >>> snr(X, [12.5, 12.5], sampling_rate=40).round()
    array([19.,  0.])
    """
    records = check_waveforms(X)
    for name, value in (("before", before), ("after", after)):
        check_real(name, value, min_val=0, include_boundaries="neither")
    check_real("sampling_rate", sampling_rate, min_val=0, include_boundaries="neither")
    check_real("gap", gap, min_val=0)
    times = check_arrivals(
        "p_arrival",
        p_arrival,
        len(records),
        n_samples=records.shape[-1],
        sampling_rate=sampling_rate,
    )
    samples = np.rint(arrival_samples(times, sampling_rate))
    lengths = [max(round(time * sampling_rate), 1) for time in (before, after)]
    distance = round(gap * sampling_rate)
    ratios = np.full(len(records), np.nan)
    for row in np.flatnonzero(~np.isnan(samples)):
        first = int(samples[row])
        start = first - distance - lengths[0]
        noise = _window(records[row], start, lengths[0])
        signal = _window(records[row], first, lengths[1])
        if noise is not None and signal is not None:
            ratios[row] = _ratio(noise, signal)
    return ratios


def _window(record, start, length):
    """Return the part of a window that lies in the record, None if it is too short."""
    window = record[..., max(start, 0) : max(start + length, 0)]
    return window if window.shape[-1] > _LEAST_PART * length else None


def _ratio(noise, signal):
    """Return the power of the signal over that of the noise in dB."""
    offset = noise.mean(axis=-1, keepdims=True, dtype=float)
    powers = [
        np.square(window - offset).mean(axis=-1).sum() for window in (signal, noise)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(np.divide(*powers))

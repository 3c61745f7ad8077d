"""Onsets of events that nobody has picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._utils.checks import check_option, check_real
from ._arguments import check_rate
from .arrivals import arrival_times
from .waveform import MOST_SAMPLES
from .windows import check_waveforms

if TYPE_CHECKING:
    import numpy.typing as npt


def sta_lta(
    X: npt.ArrayLike, *, sampling_rate: float = 1.0, sta: float = 0.5, lta: float = 5.0
) -> npt.NDArray:
    """Compute the ratio of the power in a short window to that in a long one.

    Parameters
    ----------
    X : array-like of shape (n_records, [n_channels,] n_samples)
        Records, without offset; the power of the channels is summed.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    sta : float, default=0.5
        Length of the short window in seconds.
    lta : float, default=5.0
        Length of the long window in seconds. Both end at the same sample.

    Returns
    -------
    ndarray of shape (n_records, n_samples)
        Ratios, at most `lta` / `sta`; zero until the first long window is full, and
        where it holds no power.

    Raises
    ------
    ValueError
        If the windows are not 0 < sta < lta <= length of the records.

    Notes
    -----
    The same as ``obspy.signal.trigger.classic_sta_lta``, for all records at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import sta_lta
    >>> X = np.ones((1, 100))
    >>> X[0, 60:] = 5
    >>> sta_lta(X, sta=5, lta=20).argmax()
    np.int64(64)
    """
    records = check_waveforms(X)
    n_sta, n_lta = _window_lengths(sampling_rate, sta, lta, records.shape[-1])
    power = np.square(records, dtype=float)
    power = power.reshape(len(records), -1, records.shape[-1]).sum(axis=1)
    sums = np.pad(power.cumsum(axis=1), ((0, 0), (1, 0)))
    short, long = (
        (sums[:, n_lta:] - sums[:, n_lta - n : -n]).clip(min=0) / n
        for n in (n_sta, n_lta)
    )
    ratios = np.zeros_like(power)
    np.divide(short, long, out=ratios[:, n_lta - 1 :], where=long > 0)
    return ratios


def pick_onsets(
    X: npt.ArrayLike,
    *,
    sampling_rate: float = 1.0,
    sta: float = 0.5,
    lta: float = 5.0,
    threshold: float = 3.5,
    method: str = "aic",
) -> npt.NDArray:
    """Pick the first onset of each record, that of P.

    Parameters
    ----------
    X : array-like of shape (n_records, [n_channels,] n_samples)
        Records, high-passed where there is strong noise of low frequency; the channels
        of one are taken together.
    sampling_rate : float, default=1.0
        Samples per second (Hz).
    sta : float, default=0.5
        Short window in seconds, see `sta_lta`.
    lta : float, default=5.0
        Long window in seconds. An event within its first length is not found.
    threshold : float, default=3.5
        Ratio above which there is an event.
    method : {"aic", "sta_lta"}, default="aic"
        The onset is at the sample that best separates noise from signal around the one
        where the ratio exceeds the threshold, or that sample itself.

    Returns
    -------
    ndarray of shape (n_records,)
        Onsets in seconds from the first sample, each at a sample; NaN where the ratio
        stays below the threshold. They are the `p_arrival` of other functions.

    Raises
    ------
    ValueError
        If a parameter is not valid; no ratio is above `lta` / `sta`.

    See Also
    --------
    cut_windows : Windows around P.
    snr : Signal-to-noise ratio at P.

    Notes
    -----
    Akaike's information criterion without a model of the traces [1]_,
    AIC(k) = k log var(x[:k]) + (n - k - 1) log var(x[k:]), summed over channels, from
    one long window before to two short windows after the trigger.

    References
    ----------
    .. [1] Maeda (1985), A method for reading and checking phase times in autoprocessing
       system of seismic wave data, Zisin 38, 365-379

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import pick_onsets
    >>> X = np.random.default_rng(0).standard_normal((2, 2000))
    >>> X[0, 1000:] *= 10
    >>> pick_onsets(X, sampling_rate=40)
    array([25., nan])
    """
    check_option("method", method, ("aic", "sta_lta"))
    check_real("threshold", threshold, min_val=0, include_boundaries="neither")
    records = check_waveforms(X)
    n_samples = records.shape[-1]
    n_sta, n_lta = _window_lengths(sampling_rate, sta, lta, n_samples)
    if threshold > lta / sta:
        raise ValueError(
            f"threshold must be at most lta / sta = {lta / sta:g}, the largest ratio; "
            f"got {threshold!r}."
        )
    records = records.reshape(len(records), -1, n_samples)
    records = records - records.mean(axis=-1, keepdims=True, dtype=float)
    above = sta_lta(records, sampling_rate=sampling_rate, sta=sta, lta=lta) > threshold
    found = above.any(axis=1)
    samples = np.where(found, above.argmax(axis=1), np.nan)
    if method == "aic" and found.any():
        n_window = min(n_lta + 2 * n_sta, n_samples)
        start = (samples[found].astype(int) - n_lta).clip(0, n_samples - n_window)
        index = start[:, None, None] + np.arange(n_window)
        windows = np.take_along_axis(records[found], index, axis=-1)
        samples[found] = start + _aic(windows).argmin(axis=1) + 1
    return arrival_times(samples, sampling_rate)


def _aic(X):
    """Return the criterion of records of shape (n_records, n_channels, n_samples).

    In column k - 1 the first k samples are noise, for k from 1 to n - 1.
    """
    n = X.shape[-1]
    k = np.arange(1, n)
    scale = np.abs(X).max(axis=-1, keepdims=True)
    X = np.divide(X, scale, out=np.zeros_like(X), where=scale > 0)
    left = _running_variance(X)[..., :-1]
    right = _running_variance(X[..., ::-1])[..., -2::-1]
    tiny = np.finfo(float).eps
    criterion = k * np.log(left + tiny) + (n - k - 1) * np.log(right + tiny)
    return criterion.sum(axis=1)


def _running_variance(X):
    """Return the variance of the first 1, 2, ... n samples."""
    n = np.arange(1, X.shape[-1] + 1)
    mean = X.cumsum(axis=-1) / n
    return (np.square(X).cumsum(axis=-1) / n - mean**2).clip(min=0)


def _window_lengths(sampling_rate, sta, lta, n_samples):
    """Return both windows in samples."""
    check_rate(sampling_rate)
    for name, time in (("sta", sta), ("lta", lta)):
        check_real(name, time)
        if not abs(time * sampling_rate) < MOST_SAMPLES:
            raise ValueError(f"{name} must be shorter than the records; got {time!r}.")
    n_sta, n_lta = (round(time * sampling_rate) for time in (sta, lta))
    if not 0 < n_sta < n_lta <= n_samples:
        raise ValueError(
            "the windows must satisfy 0 < sta < lta <= length of the records, "
            f"{n_samples / sampling_rate:g} s, in whole samples; got sta={sta!r}, "
            f"lta={lta!r}."
        )
    return n_sta, n_lta

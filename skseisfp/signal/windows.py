"""Windows around P."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._utils.checks import check_option, check_real, check_unmasked
from .arrivals import arrival_samples, check_arrival, check_arrivals
from .waveform import MOST_SAMPLES

if TYPE_CHECKING:
    import numpy.typing as npt


def cut_windows(
    X: npt.ArrayLike,
    p_arrival: npt.ArrayLike,
    *,
    sampling_rate: float,
    before: float = 5.0,
    after: float = 27.0,
    fallback: float | None = None,
    pad: str | None = None,
) -> npt.NDArray:
    """Cut a window around P in each record.

    All windows have P at the same sample, so that their fingerprints can be compared.

    Parameters
    ----------
    X : array-like of shape (n_records, ..., n_samples)
        Records, time along the last axis.
    p_arrival : array-like of shape (n_records,)
        Seconds from the first sample of each record to P, taken at the nearest sample;
        NaN where P is not known.
    sampling_rate : float
        Sampling rate in Hz.
    before : float, default=5.0
        Seconds of the window before P.
    after : float, default=27.0
        Seconds of the window after P.
    fallback : float, default=None
        Seconds from the first sample to take where P is not known; None raises an
        error there.
    pad : {None, "reflect"}, default=None
        Where a window leaves its record, None raises an error and ``"reflect"``
        continues the record by its mirror image. Records are not padded with zeros: a
        step or a silent stretch would be a feature of its own.

    Returns
    -------
    ndarray of shape (n_records, ..., n_window)
        Windows of `round((before + after) * sampling_rate)` samples; P is sample
        `round(before * sampling_rate)`. Floating types are kept, others become float64.

    Raises
    ------
    ValueError
        If P is missing or outside of its record, or a window leaves its record and
        `pad` is None; the records are named by their row numbers.

    See Also
    --------
    skseisfp.datasets.load_records : Records with the column `p_arrival`.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.signal import cut_windows
    >>> X = np.arange(20.0).reshape(2, 10)
    >>> cut_windows(X, [4, np.nan], sampling_rate=1.0, before=2, after=3, fallback=5)
    array([[ 2.,  3.,  4.,  5.,  6.],
           [13., 14., 15., 16., 17.]])
    """
    records = check_waveforms(X)
    check_real("sampling_rate", sampling_rate, min_val=0, include_boundaries="neither")
    check_real("before", before)
    check_real("after", after)
    check_option("pad", pad, (None, "reflect"))
    for name, time in (("before", before), ("after", after)):
        if not abs(time * sampling_rate) < MOST_SAMPLES:
            raise ValueError(f"{name} must be below 100 million samples; got {time!r}.")
    n_window = round((before + after) * sampling_rate)
    if n_window < 1:
        raise ValueError(
            f"before + after must be at least one sample; got {before} s and {after} s "
            f"at {sampling_rate} Hz."
        )
    n_records, *axes, n_samples = records.shape
    samples = _nearest_samples(p_arrival, records, sampling_rate, fallback)
    start = samples - round(before * sampling_rate)
    index = start[:, None] + np.arange(n_window)
    if pad is None:
        outside = (start < 0) | (start + n_window > n_samples)
        _reject(
            outside,
            f"the window of {before} s before to {after} s after P leaves "
            f"the record of {n_samples} samples; choose a shorter window, drop these "
            'records or set pad="reflect"',
        )
    else:
        index = _mirror(index, n_samples)
    shape = (n_records, *(1 for _ in axes), n_window)
    return np.take_along_axis(records, index.reshape(shape), axis=-1)


def check_waveforms(X: npt.ArrayLike) -> npt.NDArray:
    """Return records as a floating array of two axes or more."""
    check_unmasked(X)
    records = np.asarray(X)
    if records.dtype.kind not in "fiub":
        raise ValueError(f"X must hold real numbers; got dtype {records.dtype}.")
    if records.ndim < 2 or records.shape[-1] == 0:
        raise ValueError(
            f"X must have shape (n_records, ..., n_samples); got {records.shape}."
        )
    return records if records.dtype.kind == "f" else records.astype(float)


def _nearest_samples(p_arrival, records, sampling_rate, fallback):
    """Return the samples that are nearest to P."""
    record = {"n_samples": records.shape[-1], "sampling_rate": sampling_rate}
    times = check_arrivals("p_arrival", p_arrival, len(records), **record)
    missing = np.isnan(times)
    if fallback is None:
        _reject(missing, "p_arrival is NaN; drop these records or set fallback")
    else:
        check_arrival("fallback", check_real("fallback", fallback), **record)
        times = np.where(missing, fallback, times)
    return np.rint(arrival_samples(times, sampling_rate)).astype(int)


def _reject(wrong, reason):
    """Raise if any record is wrong, naming the first ones."""
    rows = np.flatnonzero(wrong)
    if rows.size:
        named = ", ".join(map(str, rows[:10])) + (", ..." if rows.size > 10 else "")
        raise ValueError(f"{rows.size} records ({named}): {reason}.")


def _mirror(index, n_samples):
    """Fold indices into a record, mirrored at its first and last sample."""
    period = max(2 * (n_samples - 1), 1)
    index = index % period
    return np.minimum(index, period - index)


def window_samples(
    window: tuple[float, float] | None, n_samples: int, sampling_rate: float
) -> tuple[int, int]:
    """Return the first sample of a window in seconds, and the one after its last."""
    if window is None:
        return 0, n_samples
    duration = n_samples / sampling_rate
    if np.shape(window) != (2,) or not 0 <= window[0] < window[1] <= duration:
        raise ValueError(
            "window must be two increasing times within the record, from 0 to "
            f"{duration:g} s; got {window!r}."
        )
    first, last = (round(time * sampling_rate) for time in window)
    first = min(first, n_samples - 1)
    return first, max(last, first + 1)

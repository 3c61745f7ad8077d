"""Windows around arrivals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._utils.checks import check_option, check_real, check_unmasked

if TYPE_CHECKING:
    import numpy.typing as npt


def cut_windows(
    X: npt.ArrayLike,
    arrivals: npt.ArrayLike,
    *,
    sampling_rate: float,
    before: float = 5.0,
    after: float = 27.0,
    fallback: float | None = None,
    pad: str | None = None,
) -> npt.NDArray:
    """Cut a window around the arrival of each record.

    All windows have the arrival at the same sample, so that their fingerprints can be
    compared.

    Parameters
    ----------
    X : array-like of shape (n_records, ..., n_samples)
        Records, time along the last axis.
    arrivals : array-like of shape (n_records,)
        Arrival of each record in samples since its start; NaN or a negative number
        where there is none.
    sampling_rate : float
        Sampling rate in Hz.
    before : float, default=5.0
        Seconds of the window before the arrival.
    after : float, default=27.0
        Seconds of the window after the arrival.
    fallback : float, default=None
        Sample to take where there is no arrival; None raises an error there.
    pad : {None, "reflect"}, default=None
        Where a window leaves its record, None raises an error and ``"reflect"``
        continues the record by its mirror image. Records are not padded with zeros: a
        step or a silent stretch would be a feature of its own.

    Returns
    -------
    ndarray of shape (n_records, ..., n_window)
        Windows of `round((before + after) * sampling_rate)` samples; the arrival is
        sample `round(before * sampling_rate)`. Floating types are kept, others become
        float64.

    Raises
    ------
    ValueError
        If an arrival is missing or outside its record, or a window leaves its record
        and `pad` is None; the records are named by their row numbers.

    See Also
    --------
    skseisfp.datasets.load_records : Records with the column `arrival_sample`.

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
    n_window = round((before + after) * sampling_rate)
    if n_window < 1:
        raise ValueError(
            f"before + after must be at least one sample; got {before} s and {after} s "
            f"at {sampling_rate} Hz."
        )
    n_records, *axes, n_samples = records.shape
    samples = _check_arrivals(arrivals, n_records, n_samples, fallback)
    start = samples - round(before * sampling_rate)
    index = start[:, None] + np.arange(n_window)
    if pad is None:
        outside = (start < 0) | (start + n_window > n_samples)
        _reject(
            outside,
            f"the window of {before} s before to {after} s after the arrival leaves "
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


def _check_arrivals(arrivals, n_records, n_samples, fallback):
    """Return arrivals as sample numbers inside the records."""
    check_unmasked(arrivals, "arrivals")
    arrivals = np.asarray(arrivals, dtype=float)
    if arrivals.shape != (n_records,):
        raise ValueError(
            f"arrivals must have one sample per record: got shape {arrivals.shape} "
            f"for {n_records} records."
        )
    missing = ~(arrivals >= 0)
    if fallback is None:
        _reject(missing, "there is no arrival; drop these records or set fallback")
    else:
        check_real("fallback", fallback, min_val=0, max_val=n_samples - 1)
        arrivals = np.where(missing, fallback, arrivals)
    _reject(
        arrivals > n_samples - 1,
        f"the arrival is beyond the end of the record of {n_samples} samples",
    )
    return np.rint(arrivals).astype(int)


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

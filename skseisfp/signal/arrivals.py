"""Arrivals in seconds from the first sample, and the samples at which they are.

This is the only place where the package converts one into the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.checks import check_per_record, check_unmasked

if TYPE_CHECKING:
    import numpy.typing as npt

# Times are doubles, so that sample / rate * rate differs from the sample by 3e-16 of it
# at most: by less than half of this digit for all records below 1e9 samples.
_DIGITS = 6


def arrival_samples(times: npt.ArrayLike, sampling_rate: npt.ArrayLike) -> Any:
    """Return the samples at which arrivals are.

    Parameters
    ----------
    times : float or array-like
        Seconds from the first sample; NaN stays.
    sampling_rate : float or array-like
        Samples per second (Hz).

    Returns
    -------
    float or ndarray
        Samples, rounded to a millionth, so that the time of a whole sample gives this
        sample and other times keep their fraction. Where whole samples are needed, take
        the nearest one (`numpy.rint`), never the one before.
    """
    samples = np.asarray(times, dtype=float) * np.asarray(sampling_rate, dtype=float)
    return np.round(samples, _DIGITS)


def arrival_times(samples: npt.ArrayLike, sampling_rate: npt.ArrayLike) -> Any:
    """Return the seconds from the first sample to samples; NaN stays."""
    return np.asarray(samples, dtype=float) / np.asarray(sampling_rate, dtype=float)


def check_arrivals(
    name: str,
    times: npt.ArrayLike,
    n_records: int,
    *,
    n_samples: int,
    sampling_rate: npt.ArrayLike,
    earliest: float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return one arrival per record; raise for one that is not within its record.

    Parameters
    ----------
    name : str
        Name for the messages.
    times : array-like of shape (n_records,) or (n_records, 1)
        Seconds from the first sample of each record, NaN where they are not known.
    n_records : int
        Number of records.
    n_samples : int
        Length of the records in samples.
    sampling_rate : float or array-like of shape (n_records,)
        Samples per second (Hz).
    earliest : float, default=0.0
        Earliest valid time in seconds.

    Returns
    -------
    ndarray of shape (n_records,)
        Seconds from the first sample.

    Raises
    ------
    ValueError
        If the times are not numbers, not one per record, or one of them is before
        `earliest` or after the last sample; the message names the first such record.
    """
    check_unmasked(times, name)
    values = check_per_record(name, times, n_records, "time in seconds")
    try:
        if values.dtype.kind not in "iufO":
            raise TypeError(f"got {values.dtype}")
        values = values.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be numbers, seconds from the first sample, and NaN where it "
            f"is not known: {error}."
        ) from error
    rates = np.broadcast_to(np.asarray(sampling_rate, dtype=float), n_records)
    outside = _is_outside(values, n_samples, rates, earliest)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(
            f"{name} must be {_range(n_samples, rates[row], earliest)}, or NaN where "
            f"it is not known; record {row} has {values[row]:.10g}."
            + hint_of_samples(name, values[row], n_samples, rates[row])
        )
    return values


def check_arrival(
    name: str, time: float | None, *, n_samples: int, sampling_rate: float
) -> None:
    """Raise if an arrival that all records have in common is not within them.

    Parameters
    ----------
    name : str
        Name for the message.
    time : float or None
        Seconds from the first sample; None where it is not known.
    n_samples : int
        Length of the records in samples.
    sampling_rate : float
        Samples per second (Hz).
    """
    if time is not None and _is_outside(time, n_samples, sampling_rate, 0.0):
        raise ValueError(
            f"{name} must be {_range(n_samples, sampling_rate, 0.0)}, or None where it "
            f"is not known; got {time!r}."
            + hint_of_samples(name, time, n_samples, sampling_rate)
        )


def hint_of_samples(
    name: str, time: float, n_samples: int, sampling_rate: float
) -> str:
    """Return a sentence for a time that would be a sample of the record, or none."""
    if not (n_samples - 1) / sampling_rate < time <= n_samples - 1:
        return ""
    return (
        f" {name} is in seconds; for samples divide by sampling_rate, here "
        f"{sampling_rate:g} Hz."
    )


def _is_outside(times, n_samples, sampling_rate, earliest):
    """Return where times are before the earliest one or nearer to no sample."""
    samples = arrival_samples(times, sampling_rate)
    first = np.asarray(earliest * sampling_rate, dtype=float)
    return (samples < first) | (np.rint(samples) > n_samples - 1)


def _range(n_samples, sampling_rate, earliest):
    """Return the valid times in words."""
    last = f"{(n_samples - 1) / sampling_rate:.10g} s"
    if earliest == -np.inf:
        return f"at most {last}, the time of the last sample"
    return f"within the record, from {earliest:g} to {last}"

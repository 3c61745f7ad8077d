"""Signal and noise in the rows of a scalogram, distinguished by their stationarity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln
from scipy.stats import f, gamma, norm

if TYPE_CHECKING:
    import numpy.typing as npt

_DYNAMIC_RANGE = 1e-10  # least noise relative to the peak: 100 dB
# The power of Gaussian noise in a pixel of one independent value is exponentially
# distributed: it exceeds four times its mean in exp(-4) = 1.8 % of all pixels.
_EXCESS = np.log(4.0)
_QUIET_LEAST = 0.25  # of the columns hold noise alone; an event may fill the others
# Further iterations moved no cut-off of 120 noisy records by more than 0.03 octaves.
_ITERATIONS = 2


@dataclass(frozen=True)
class RowEnergies:
    """Mean power of signal and noise in each row, and where in time the event is.

    `signal` and `noise` have shape (n_records, n_rows) and add up to the mean power
    of the row; `event` has shape (n_records, n_columns); `detection`, one value a
    record, is the peak over time of the mean logarithmic excess of the rows.
    """

    signal: npt.NDArray
    noise: npt.NDArray
    event: npt.NDArray
    detection: npt.NDArray


def independent_values(
    frequencies: npt.ArrayLike, duration: float, relative_bandwidth: float
) -> npt.NDArray:
    """Count the independent values of |W|^2 of Gaussian noise in a duration.

    The correlation of |W|^2 of a Gaussian band is Gaussian, too, with an integral over
    the lag of 1 / (sqrt(2) relative_bandwidth f).
    """
    values = np.sqrt(2.0) * relative_bandwidth * duration * np.asarray(frequencies)
    return np.maximum(values, 1.0)


def separate_rows(
    power: npt.NDArray,
    row_values: npt.NDArray,
    *,
    detection: float,
    significance: float,
    first_column: npt.NDArray | None = None,
) -> RowEnergies:
    """Split the mean power of rows into stationary noise and a transient signal.

    Parameters
    ----------
    power : ndarray of shape (n_records, n_rows, n_columns)
        Scalogram, mean power.
    row_values : ndarray of shape (n_rows,)
        Number of independent values in a row over the whole record.
    detection : float
        Mean logarithmic excess of a column above which it belongs to the event.
    significance : float
        Least significance of the signal in a row, in standard deviations of the
        normal distribution.
    first_column : ndarray of shape (n_records,), default=None
        First column that may belong to the event; NaN where it is not known.

    Returns
    -------
    RowEnergies
        Signal and noise.
    """
    n_columns = power.shape[2]
    peak = power.max(axis=(1, 2), keepdims=True)
    least = np.maximum(_DYNAMIC_RANGE * peak[..., 0], np.finfo(float).tiny)
    column_values = np.maximum(row_values / n_columns, 1.0)
    # means over independent values of Gaussian noise are gamma distributed
    median = np.median(power, axis=2) * column_values / gamma.median(column_values)
    noise = np.maximum(median, least)
    for _ in range(_ITERATIONS):
        excess = _column_excess(power, noise, least)
        event = _event_columns(excess, detection, first_column)
        quiet = ~event / (~event).sum(axis=1, keepdims=True)
        noise = np.maximum(np.einsum("nrc,nc->nr", power, quiet), least)
    total = power.mean(axis=2)
    n_event = event.sum(axis=1)
    limits = _noise_limits(tuple(row_values), n_columns, significance)[n_event]
    signal = total - noise
    signal[n_columns * signal <= (limits - 1.0) * n_event[:, None] * noise] = 0.0
    signal[n_event == 0] = 0.0
    return RowEnergies(signal, total - signal, event, excess.max(axis=1))


@lru_cache(maxsize=16)
def _noise_limits(row_values, n_columns, significance):
    """Return the largest ratio of mean powers, event to quiet, that noise would have.

    Means over independent values of Gaussian noise are gamma distributed, so their
    ratio follows an F distribution; one row of limits for each number of columns in
    the event.
    """
    counts = np.arange(1, n_columns)[:, None]
    event_values = np.maximum(np.array(row_values) * counts / n_columns, 1.0)
    quiet_values = np.maximum(np.array(row_values) * (1 - counts / n_columns), 1.0)
    limits = f.isf(norm.sf(float(significance)), 2 * event_values, 2 * quiet_values)
    return np.vstack([np.ones(len(row_values)), np.maximum(limits, 1.0)])


def _column_excess(power, noise, least):
    """Return the mean over rows of the logarithmic excess of pixels over the noise."""
    ratio = np.maximum(power, least[..., None]) / noise[..., None]
    return np.maximum(np.log(ratio) - _EXCESS, 0.0).mean(axis=1)


def _event_columns(excess, detection, first_column):
    """Return the columns of the event and their neighbours, never the quietest ones."""
    event = excess > detection
    event[:, 1:] |= excess[:, :-1] > detection
    event[:, :-1] |= excess[:, 1:] > detection
    if first_column is not None:
        event &= ~(np.arange(excess.shape[1]) < first_column[:, None])
    n_quiet = max(int(_QUIET_LEAST * excess.shape[1]), 1)
    quietest = np.argsort(excess, axis=1, kind="stable")[:, :n_quiet]
    np.put_along_axis(event, quietest, False, axis=1)
    return event


def variation_db(
    power: npt.NDArray, row_values: npt.NDArray, columns: npt.NDArray | None = None
) -> npt.NDArray:
    """Return the variation of rows in time over that of stationary noise, in dB.

    The squared coefficient of variation of the amplitude, which is the energy of all
    Haar coefficients of a row along time over that of its mean (Parseval).

    Parameters
    ----------
    power : ndarray of shape (n_records, n_rows, n_columns)
        Scalogram, mean power.
    row_values : ndarray of shape (n_rows,)
        Number of independent values in a row over the whole record.
    columns : ndarray of bool of shape (n_records, n_columns), default=None
        The columns that count; None takes all.

    Returns
    -------
    ndarray of shape (n_records, n_rows)
        Decibels, from -100 to 100; 0 for stationary Gaussian noise.
    """
    amplitude = np.sqrt(power)
    weight = np.ones(power.shape[::2]) if columns is None else columns.astype(float)
    weight /= weight.sum(axis=1, keepdims=True)
    mean = np.einsum("nrc,nc->nr", amplitude, weight)
    mean_square = np.einsum("nrc,nc->nr", power, weight)
    squared = np.divide(mean_square, mean**2, out=np.ones_like(mean), where=mean > 0)
    values = np.maximum(row_values / power.shape[2], 1.0)
    # E(a^2) / E(a)^2 - 1 of the amplitude a, whose square is gamma distributed
    expected = values * np.exp(2 * (gammaln(values) - gammaln(values + 0.5))) - 1.0
    ratio = np.maximum(squared - 1.0, 0.0) / expected
    return 10.0 * np.log10(np.clip(ratio, 1e-10, 1e10))  # from -100 to 100 dB

"""Cells of band and time of records: their parts, and parts at the quiet level."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import convolve1d
from scipy.signal import hilbert

# Share of a record that counts as quiet: most records begin with noise, and 5 s of the
# 32 s around P that are usual here are more than a tenth.
QUIET = 0.1
_WIDEST_FLANK = 0.5  # octaves, so that octave bands keep half of their width
_LEAST_FLANK = 0.25  # seconds


def rising(steps: npt.NDArray) -> npt.NDArray:
    """Return a cosine step from 0 at -1/2 to 1 at 1/2."""
    return 0.5 + 0.5 * np.sin(np.pi * np.clip(steps, -0.5, 0.5))


@lru_cache(maxsize=8)
def _band_gains(n_samples, band_edges, sampling_rate):
    """Return the gains of the bands, which sum to one between the outermost edges."""
    edges = np.log2(band_edges)
    width = min(_WIDEST_FLANK, np.diff(edges).min())
    frequencies = fft.rfftfreq(n_samples, 1 / sampling_rate)
    octaves = np.log2(np.maximum(frequencies, frequencies[1] / 2))
    steps = rising((octaves - edges[:, None]) / width)
    if band_edges[-1] > sampling_rate / 2 * (1 - 1e-9):
        steps[-1] = 0  # nothing is above
    return steps[:-1] - steps[1:]


def band_parts(
    X: npt.NDArray, band_edges: npt.NDArray, sampling_rate: float
) -> npt.NDArray:
    """Return the parts of records in bands, without delay.

    Parameters
    ----------
    X : ndarray of shape (..., n_samples)
        Records.
    band_edges : ndarray of shape (n_bands + 1,)
        Edges in Hz.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    ndarray of shape (..., n_bands, n_samples)
        Parts; their sum is the record between the outermost edges.
    """
    n_samples = X.shape[-1]
    margin = min(n_samples // 4, n_samples - 1)
    centred = X - X.mean(axis=-1, keepdims=True)
    padding = [(0, 0)] * (X.ndim - 1) + [(margin, margin)]
    padded = np.pad(centred, padding, mode="reflect")
    gains = _band_gains(padded.shape[-1], tuple(band_edges), sampling_rate)
    spectra: Any = fft.rfft(padded, axis=-1)
    parts: Any = fft.irfft(spectra[..., None, :] * gains, padded.shape[-1], axis=-1)
    return parts[..., margin : margin + n_samples]


def changes_to_quiet(
    parts: npt.NDArray, band_edges: npt.NDArray, sampling_rate: float
) -> npt.NDArray:
    """Return the changes that bring parts in bands down to their quiet level.

    Parameters
    ----------
    parts : ndarray of shape (..., n_bands, n_samples)
        Parts of records in bands.
    band_edges : ndarray of shape (n_bands + 1,)
        Edges in Hz.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    ndarray of shape (..., n_bands, n_samples)
        Changes; zero wherever a part is at the quiet level or below.
    """
    squares = np.abs(np.asarray(hilbert(parts, axis=-1))) ** 2
    for band, width in enumerate(np.diff(band_edges)):
        # an envelope has no detail shorter than the inverse of the width of its band
        length = min(int(2 * sampling_rate / width), parts.shape[-1] // 4) + 2
        window = np.hanning(length + 2)[1:-1]
        squares[..., band, :] = convolve1d(
            squares[..., band, :], window / window.sum(), axis=-1, mode="nearest"
        )
    level = np.sqrt(np.maximum(squares, 0))
    quiet = np.quantile(level, QUIET, axis=-1, keepdims=True)
    return parts * (np.minimum(quiet / np.where(level > 0, level, 1), 1) - 1)


def window_weights(
    n_samples: int,
    window_edges: npt.NDArray,
    band_edges: npt.NDArray,
    sampling_rate: float,
) -> npt.NDArray:
    """Return the weights of samples in windows, by band.

    Flanks last a period of the lowest frequency of a band, at most half of the
    shortest window on either side: a sharper cut would put energy into other bands.

    Parameters
    ----------
    n_samples : int
        Length of a record.
    window_edges : ndarray of shape (n_windows + 1,)
        Edges in seconds from the first sample.
    band_edges : ndarray of shape (n_bands + 1,)
        Edges in Hz.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    ndarray of shape (n_bands, n_windows, n_samples)
        Weights, which sum to one within the windows.
    """
    times = (np.arange(n_samples) + 0.5) / sampling_rate
    shortest = np.diff(window_edges).min()
    weights = []
    for lowest in band_edges[:-1]:
        flank = min(shortest, max(1 / lowest, _LEAST_FLANK))
        steps = rising((times - window_edges[:, None]) / flank)
        steps[window_edges <= 0] = 1
        steps[window_edges >= n_samples / sampling_rate] = 0
        weights.append(steps[:-1] - steps[1:])
    return np.array(weights)


def overlaps(centres: npt.NDArray, edges: npt.NDArray) -> npt.NDArray:
    """Return the share of each of the equal cells about some centres within edges.

    The first and the last cell end where the edges do, if these do not go further.

    Parameters
    ----------
    centres : ndarray of shape (n_cells,)
        Centres of the cells, equally far from each other.
    edges : ndarray of shape (n_parts + 1,)
        Edges of the parts.

    Returns
    -------
    ndarray of shape (n_cells, n_parts)
        Shares.
    """
    half = (centres[1] - centres[0]) / 2 if len(centres) > 1 else np.ptp(edges) / 2
    low, high = centres - half, centres + half
    low[0] = max(low[0], min(edges[0], centres[0]))
    high[-1] = min(high[-1], max(edges[-1], centres[-1]))
    shared = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    return np.maximum(shared, 0) / (high - low)[:, None]

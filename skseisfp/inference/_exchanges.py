"""Content of records, by band, phase or station, exchanged between events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..signal.arrivals import arrival_samples
from ._cells import band_parts, rising

# windows about P and S in seconds, those of `PhysicsFeatures`; between and after them
# are the codas
P_WINDOW, S_WINDOW = (-0.2, 4.0), (-0.5, 8.0)
PHASES = ("noise", "P", "P coda", "S", "S coda")
_FLANK = 0.25  # seconds of a cross-fade, at most a quarter of a window


def _cycle(events: npt.NDArray, rng: np.random.RandomState) -> dict[Any, Any]:
    """Return the event that each event gets its content from, never its own."""
    order = rng.permutation(np.unique(events))
    return dict(zip(order, np.roll(order, 1), strict=True))


def donors_of(events: npt.NDArray, rng: np.random.RandomState) -> npt.NDArray:
    """Return the row that each record gets its content from.

    The records of an event get theirs from those of one other event, in their order,
    and from the first one again where that event has fewer.
    """
    donor_of = _cycle(events, rng)
    rows = {event: np.flatnonzero(events == event) for event in donor_of}
    donors = np.empty(len(events), dtype=int)
    for event, donor in donor_of.items():
        donors[rows[event]] = np.resize(rows[donor], len(rows[event]))
    return donors


def exchange_bands(
    X: npt.NDArray,
    donors: npt.NDArray,
    band_edges: npt.NDArray,
    sampling_rate: float,
    p_arrival: npt.NDArray | None,
) -> Iterator[npt.NDArray]:
    """Yield the records with the content of each band from that of the donors.

    The content keeps its level in proportion to that of its record in all bands, and
    where P is known, its time from P.
    """
    parts = band_parts(X.astype(float), band_edges, sampling_rate)
    scale = _scales(parts.sum(axis=-2), donors)
    shifts = np.zeros(len(X), dtype=int)
    if p_arrival is not None:
        samples = arrival_samples(p_arrival, sampling_rate)
        shifts = np.nan_to_num(np.rint(samples - samples[donors])).astype(int)
    for band in range(len(band_edges) - 1):
        own = parts[..., band, :]
        exchanged = [
            _shift(own[donor], shift)
            for donor, shift in zip(donors, shifts, strict=True)
        ]
        yield (X + scale * np.array(exchanged) - own).astype(X.dtype)


def exchange_phase(
    X: npt.NDArray,
    donors: npt.NDArray,
    windows: npt.NDArray,
    band_edges: npt.NDArray,
    sampling_rate: float,
) -> npt.NDArray:
    """Return the records with the content of a window from that of the donors.

    Content is what lies between the outermost edges of the bands, so that no step of
    microseism is made; a shorter window of a donor is continued by its mirror image.

    Parameters
    ----------
    X : ndarray of shape (n_records, ..., n_samples)
        Records.
    donors : ndarray of shape (n_records,)
        Row from which each record gets the content.
    windows : ndarray of int of shape (n_records, 2)
        First sample of the window of each record, and the one after its last; equal
        where there is none, and the record stays.
    band_edges : ndarray of shape (n_bands + 1,)
        Edges in Hz.
    sampling_rate : float
        Samples per second (Hz).
    """
    content = band_parts(X.astype(float), band_edges[[0, -1]], sampling_rate)[..., 0, :]
    scale = _scales(content, donors)
    exchanged = X.astype(float)
    for row, donor in enumerate(donors):
        (start, stop), (first, last) = windows[row], windows[donor]
        if stop > start and last > first:
            taken = content[donor][..., first + _mirrored(stop - start, last - first)]
            change = scale[row] * taken - content[row][..., start:stop]
            exchanged[row][..., start:stop] += change * _fade(
                stop - start, sampling_rate
            )
    return exchanged.astype(X.dtype)


def exchange_station(
    X: npt.NDArray,
    events: npt.NDArray,
    at_station: npt.NDArray,
    rng: np.random.RandomState,
) -> npt.NDArray:
    """Return the records with those of a station exchanged between its events."""
    rows = np.flatnonzero(at_station)
    exchanged = X.copy()
    exchanged[rows] = X[rows[donors_of(events[rows], rng)]]
    return exchanged


def phase_windows_of(
    p_arrival: npt.NDArray,
    s_arrival: npt.NDArray,
    n_samples: int,
    sampling_rate: float,
) -> dict[str, npt.NDArray]:
    """Return the windows of the phases, which follow one on another.

    Parameters
    ----------
    p_arrival, s_arrival : ndarray of shape (n_records,)
        Seconds from the first sample, NaN where they are not known.
    n_samples : int
        Length of the records.
    sampling_rate : float
        Samples per second (Hz).

    Returns
    -------
    dict of str to ndarray of int, shape (n_records, 2)
        First sample and the one after the last; equal where there is no window.
    """
    end = np.full(len(p_arrival), n_samples / sampling_rate)
    p_start, p_stop = (p_arrival + edge for edge in P_WINDOW)
    s_start, s_stop = (s_arrival + edge for edge in S_WINDOW)
    p_stop = np.fmin(p_stop, s_start)
    edges = (0 * end, p_start, p_stop, s_start, s_stop, end)
    samples = np.stack([arrival_samples(edge, sampling_rate) for edge in edges])
    windows = {}
    for name, (first, last) in zip(PHASES, pairwise(samples), strict=True):
        known = np.isfinite(first) & np.isfinite(last)
        window = np.rint([np.where(known, first, 0), np.where(known, last, 0)])
        window = np.clip(window, 0, n_samples).astype(int)
        windows[name] = np.column_stack([window[0], window.max(axis=0)])
    return windows


def _scales(content, donors):
    """Return the level of each record over that of its donor."""
    axes = tuple(range(1, content.ndim))
    level = np.sqrt(np.square(content).mean(axis=axes, keepdims=True))
    return level / np.where(level > 0, level, 1)[donors]


def _shift(part, shift):
    """Return a part that begins later, continued by its mirror image."""
    n_samples = part.shape[-1]
    return part[..., _fold(np.arange(n_samples) - shift, n_samples)]


def _mirrored(n_wanted, n_given):
    """Return indices into a window, forth and back until there are enough."""
    return _fold(np.arange(n_wanted), n_given)


def _fold(index, n_samples):
    """Fold indices into a record, mirrored at its first and last sample."""
    period = max(2 * (n_samples - 1), 1)
    index = index % period
    return np.minimum(index, period - index)


def _fade(n_samples, sampling_rate):
    """Return the weights of a window, with flanks within it."""
    flank = max(min(_FLANK, n_samples / sampling_rate / 4), 1 / sampling_rate)
    places = (np.arange(n_samples) + 0.5) / sampling_rate
    ends = np.minimum(places, places[::-1])
    return rising(ends / flank - 0.5)

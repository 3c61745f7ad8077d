"""Gaps between pieces before they are joined, and gaps that hold zeros."""

import numpy as np

from ..signal.waveform import RecordError
from .merging import nanoseconds, one_rate

# Chosen here, not published: of 1,285 records of France and the Pacific Northwest, read
# from miniSEED as the tests do, none has such a stretch.
ZERO_SAMPLES = 16
ZERO_SECONDS = 0.2
# Steps of the digitizer that the samples on both sides differ from zero in the middle:
# a slow wave of few steps rests at zero, too, but is near to it on both sides.
ZERO_STEPS = 3


def check_pieces(traces, span, max_gap):
    """Raise if pieces of a channel are further apart than is filled.

    Pieces are judged by their headers, before any array is made.

    Parameters
    ----------
    traces : list of obspy Trace
        Pieces of all channels of an instrument.
    span : (int, int) or None
        Start and end of the window in nanoseconds since 1970; gaps outside of it do not
        count.
    max_gap : float
        Longest gap in seconds that is filled.
    """
    interval = 1e9 / one_rate(traces)
    channels = {}
    for trace in traces:
        ends = nanoseconds(trace.stats.starttime), nanoseconds(trace.stats.endtime)
        channels.setdefault(trace.id, []).append(ends)
    longest = max(_longest_hole(pieces, span, interval) for pieces in channels.values())
    if longest > max_gap:
        raise RecordError(f"it has gaps of up to {longest:g} s (NaN or masked)")


def _longest_hole(pieces, span, interval):
    """Return the longest time in seconds between pieces, whole samples of it."""
    pieces = sorted(pieces)
    first, last = (
        (pieces[0][0], max(end for _, end in pieces)) if span is None else span
    )
    longest, known = 0, pieces[0][1]
    for start, end in pieces[1:]:
        lacking = round((min(start, last) - max(known + interval, first)) / interval)
        longest = max(longest, lacking)
        known = max(known, end)
    return longest * interval / 1e9


def mark_zero_stretches(samples, sampling_rate):
    """Set stretches of zeros in place of samples to NaN.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, n_samples)
        Samples, NaN in gaps; changed in place.
    sampling_rate : float
        Samples per second (Hz).

    Notes
    -----
    A stretch holds zeros only, for `ZERO_SAMPLES` and `ZERO_SECONDS` at least. Of as
    many samples on each side, as far as there are any, those that differ from zero have
    a median of absolute values of at least `ZERO_STEPS` steps of the digitizer.
    """
    shortest = max(ZERO_SAMPLES, round(ZERO_SECONDS * sampling_rate))
    for trace in samples:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], trace == 0, [0]])))
        runs = edges.reshape(-1, 2)
        runs = runs[np.diff(runs)[:, 0] >= shortest]
        if not len(runs):
            continue
        least = ZERO_STEPS * _step_of(trace)
        filled = [
            slice(first, last)
            for first, last in runs
            if _is_filled(trace, first, last, shortest, least)
        ]
        for part in filled:
            trace[part] = np.nan


def _step_of(trace):
    """Return the smallest difference between samples, that of the digitizer."""
    steps = np.diff(np.unique(trace[np.isfinite(trace)]))
    return steps.min() if steps.size else np.inf


def _is_filled(trace, first, last, n_beside, least):
    """Return whether the samples on all sides of zeros are far from zero."""
    sides = trace[max(first - n_beside, 0) : first], trace[last : last + n_beside]
    known = [side[np.isfinite(side) & (side != 0)] for side in sides]
    middles = [np.median(np.abs(side)) for side in known if side.size]
    return bool(middles) and min(middles) >= least

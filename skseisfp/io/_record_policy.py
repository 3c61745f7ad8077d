"""One stream to one array: the policies of `WaveformReader`, step by step."""

import math
import warnings
from zlib import crc32

import numpy as np

from ..signal.record_condition import (
    CLIPPED_SAMPLES,
    check_gaps,
    fill_with_noise,
    is_clipped,
    is_dead,
)
from ..signal.waveform import (
    RecordError,
    cut_window,
    in_order,
    inside,
    resample,
    resampling_factors,
)
from ._gaps import check_pieces, mark_zero_stretches
from .merging import join_pieces, nanoseconds, one_rate

HORIZONTALS = {"ZNE": ("N", "E"), "Z12": ("N1", "E2"), "Z": ()}
MARGIN = 30.0  # seconds kept on both sides of a window for the edges of filters
MOST_PADDED = 0.5  # of a window that pad="noise" continues; chosen here: at least as
# much is recorded as is made up


def choose_traces(traces, components, inventory):
    """Return the traces of the components, horizontals rotated to north and east.

    Parameters
    ----------
    traces : list of obspy Trace
        Pieces of one instrument.
    components : {"ZNE", "Z12", "Z"}
        What to choose; see `WaveformReader`.
    inventory : obspy Inventory or None
        Orientations of sensors, to rotate horizontals 1 and 2.
    """
    letters = {trace.stats.channel[-1:].upper() for trace in traces}
    if components == "ZNE" and not {"N", "E"} <= letters and inventory is not None:
        traces = _rotate(traces, inventory)
        letters = {trace.stats.channel[-1:].upper() for trace in traces}
    wanted = ["Z"]
    for names in HORIZONTALS[components]:
        wanted.append(next((name for name in names if name in letters), names[0]))
    missing = [name for name in wanted if name not in letters]
    if missing:
        raise RecordError(
            f"it has no component {', '.join(missing)}, only "
            f"{', '.join(sorted(letters)) or 'unnamed ones'}" + _advice(letters)
        )
    return [trace for trace in traces if trace.stats.channel[-1:].upper() in wanted]


def _advice(letters):
    """Return the advice for horizontals of unknown direction."""
    if {"1", "2"} <= letters:
        return '; give an inventory to rotate 1 and 2, or set components="Z12"'
    return ""


def _rotate(traces, inventory):
    """Rotate the components of an instrument to Z, N and E by their orientations."""
    from obspy import Stream

    stream = Stream(trace.copy() for trace in traces)
    try:
        return list(stream.rotate("->ZNE", inventory=inventory))
    except Exception as error:
        raise RecordError(f"it cannot be rotated to Z, N and E: {error}") from error


def grid_of_cut(start, rate, window, reference, sampling_rate):
    """Return the first and last time of a cut around a window, for `slice_traces`.

    The first sample stays on the grid that resampling all from `start` would give, and
    there is some margin on both sides.
    """
    step = resampling_factors(rate, sampling_rate)[1] if sampling_rate else 1
    first = (reference + window[0] - MARGIN - start) * rate
    first = max(math.floor(first / step) * step, 0)
    # less than half a sample before the first, which rounding then keeps
    return start + (first - 0.4) / rate, reference + window[1] + MARGIN


def start_of(traces):
    """Return the time at which all channels of an instrument have begun."""
    starts = {}
    for trace in traces:
        starts.setdefault(trace.id, []).append(trace.stats.starttime)
    return max(min(times) for times in starts.values())


def slice_traces(traces, start, end):
    """Return the parts of traces between two times, as far as they have samples."""
    kept = [
        trace
        if start <= trace.stats.starttime and trace.stats.endtime <= end
        else trace.slice(start, end)
        for trace in traces
        if trace.stats.starttime <= end and start <= trace.stats.endtime
    ]
    return [trace for trace in kept if trace.stats.npts]


def cut_coarsely(traces, window, reference, sampling_rate):
    """Cut traces to a window and some margin around it, to bound the work."""
    if window is None:
        return traces
    rate = one_rate(traces)
    limits = grid_of_cut(start_of(traces), rate, window, reference, sampling_rate)
    kept = slice_traces(traces, *limits)
    if {trace.id for trace in kept} != {trace.id for trace in traces}:
        raise RecordError("it has no samples in the window")
    return kept


def check_condition(waveform, policy):
    """Raise for dead or clipped channels, and for gaps that the policy rejects."""
    for trace, name in zip(waveform.samples, waveform.components, strict=True):
        if policy.dead == "reject" and is_dead(trace):
            raise RecordError(f"its channel {name} is dead")
        if policy.clipped == "reject" and _rests(trace) and is_clipped(trace):
            raise RecordError(f"its channel {name} is clipped")
    check_gaps(waveform.samples, waveform.sampling_rate, _longest_gap(policy))


def _rests(trace):
    """Return whether a trace is often enough at an extreme to be clipped at all."""
    extremes = np.fmin.reduce(trace), np.fmax.reduce(trace)
    return any(np.count_nonzero(trace == x) >= CLIPPED_SAMPLES for x in extremes)


def _longest_gap(policy):
    """Return the longest gap in seconds that a policy fills."""
    return policy.max_gap if policy.gaps == "noise" else 0.0


def _check_padding(first, last, n_samples, pad):
    """Raise if more of a window lacks than a policy makes up."""
    wanted = last - first
    lacking = wanted - (min(last, n_samples) - max(first, 0))
    if pad is not None and lacking > MOST_PADDED * wanted:
        raise RecordError(
            f"it lacks {lacking} of {wanted} samples of the window, more than the half "
            "that pad='noise' makes up"
        )


def remove_response(waveform, traces, start, inventory, policy):
    """Return the ground motion instead of counts."""
    from obspy import Trace, UTCDateTime

    by_letter = {trace.stats.channel[-1:]: trace.stats for trace in traces}
    moved = np.empty_like(waveform.samples)
    for row, letter in enumerate(waveform.components):
        trace = Trace(waveform.samples[row].copy(), by_letter[letter].copy())
        trace.stats.starttime = UTCDateTime(ns=start)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                trace.remove_response(
                    inventory, output=policy.response, pre_filt=policy.pre_filter
                )
        except Exception as error:
            raise RecordError(f"its response is not known: {error}") from error
        moved[row] = trace.data
    return waveform._replace(samples=moved)


def window_slice(waveform, start, window, reference):
    """Return the numbers of the first sample of a window and of the one after it.

    They may lie outside the waveform, which begins at `start` nanoseconds.
    """
    if window is None:
        return 0, waveform.samples.shape[1]
    rate = waveform.sampling_rate
    first = round((nanoseconds(reference + window[0]) - start) * rate / 1e9)
    return first, first + round((window[1] - window[0]) * rate)


def stream_to_array(traces, policy, *, reference, inventory, record_id):
    """Apply the policy of a reader to the traces of one instrument.

    Parameters
    ----------
    traces : list of obspy Trace
        Pieces of all components.
    policy : WaveformReader
        The parameters.
    reference : obspy UTCDateTime
        Time that the window is relative to.
    inventory : obspy Inventory or None
        Orientations and responses.
    record_id : str
        Name of the record, which seeds its noise.

    Returns
    -------
    waveform : Waveform
        The samples as float32.
    start : int
        Time of the first sample in nanoseconds since 1970.
    filled : float
        Part of the samples that is noise in place of gaps.
    """
    rate = None if policy.sampling_rate is None else float(policy.sampling_rate)
    traces = choose_traces(traces, policy.components, inventory)
    traces = cut_coarsely(traces, policy.window, reference, rate)
    span = None
    if policy.window is not None:
        span = [nanoseconds(reference + seconds) for seconds in policy.window]
    check_pieces(traces, span, _longest_gap(policy))
    waveform, start = join_pieces(traces, policy.overlaps)
    limits = window_slice(waveform, start, policy.window, reference)
    seen = inside(waveform, *limits)
    _check_padding(*limits, waveform.samples.shape[1], policy.pad)
    mark_zero_stretches(waveform.samples, waveform.sampling_rate)
    check_condition(seen, policy)
    n_filled = np.isnan(seen.samples).mean() * seen.samples.shape[1]
    rng = np.random.default_rng([policy.random_state, crc32(record_id.encode())])
    fill_with_noise(waveform.samples, rng)
    if policy.response is not None:
        waveform = remove_response(waveform, traces, start, inventory, policy)
    waveform = resample(waveform, rate)
    first, last = window_slice(waveform, start, policy.window, reference)
    filled = n_filled / (limits[1] - limits[0])
    waveform = cut_window(waveform, first, last, policy.pad)
    filled += np.isnan(waveform.samples).mean()
    samples = fill_with_noise(waveform.samples, rng)
    samples, _ = in_order(_as_float32(samples), waveform.components)
    waveform = waveform._replace(samples=samples, components=policy.components)
    return waveform, start + round(first * 1e9 / waveform.sampling_rate), float(filled)


def _as_float32(samples):
    """Return samples without their mean as float32; raise if they are too large."""
    with np.errstate(over="ignore", invalid="ignore"):
        samples = samples - samples.mean(axis=1, keepdims=True)
        samples = samples.astype(np.float32)
    if not np.isfinite(samples).all():
        raise RecordError("it holds values that are too large")
    return samples

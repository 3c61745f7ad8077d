"""Pieces of recordings: the instrument that each is of, and how they join."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..signal.waveform import MOST_SAMPLES, RecordError, Waveform
from .sampling_rates import check_rate

if TYPE_CHECKING:
    from obspy import Trace, UTCDateTime

OVERLAPS = ("reject", "first", "last")
# Headers hold the rate or the interval as a 32-bit float, exact to 6e-8 of it.
RATE_TOLERANCE = 1e-6


def instrument_of(trace: Trace) -> str:
    """Return network, station, location and the first letters of the channel."""
    if trace.id.count(".") != 3:
        raise RecordError(f"the name {trace.id} has a dot in a code")
    return trace.id[:-1]


def station_of(name: str) -> str:
    """Return network and station code of an instrument or channel."""
    return ".".join(name.split(".")[:2])


def instrument_facts(traces: Sequence[Trace]) -> dict[str, Any]:
    """Return the facts of an instrument for a table, from its traces."""
    return {
        "station": station_of(traces[0].id),
        "channels": " ".join(sorted({trace.stats.channel for trace in traces})),
        "sampling_rate_hz": float(traces[0].stats.sampling_rate),
    }


def split_instruments(stream: Iterable[Trace]) -> dict[str, list[Trace]]:
    """Map the instruments of a stream to their traces, in order."""
    instruments = {}
    for trace in stream:
        if trace.stats.npts:
            instruments.setdefault(instrument_of(trace), []).append(trace)
    return dict(sorted(instruments.items()))


def nanoseconds(time: UTCDateTime) -> int:
    """Return an obspy time as whole nanoseconds since 1970."""
    return time.ns


def one_rate(traces: Sequence[Trace]) -> float:
    """Return the sampling rate that traces have in common."""
    rates = [trace.stats.sampling_rate for trace in traces]
    if len({*rates}) > 1 and not np.allclose(
        rates, rates[0], rtol=RATE_TOLERANCE, atol=0
    ):
        found = ", ".join(f"{rate:g}" for rate in sorted(set(rates)))
        raise RecordError(f"it mixes the sampling rates {found} Hz")
    check_rate(rates[0])
    return rates[0]


def join_pieces(
    traces: Sequence[Trace],
    overlaps: Literal["reject", "first", "last"] = "reject",
) -> tuple[Waveform, int]:
    """Join traces of one instrument over the time that its components have in common.

    Parameters
    ----------
    traces : sequence of obspy Trace
        Pieces of all components, in any order.
    overlaps : {"reject", "first", "last"}, default="reject"
        What holds where pieces of a component overlap and disagree: neither, the one
        that comes first in `traces`, or the last.

    Returns
    -------
    waveform : Waveform
        Samples, NaN in gaps and where they are masked; the letters of the channels.
    start : int
        Time of the first sample in nanoseconds since 1970.
    """
    rate = one_rate(traces)
    channels = {}
    for trace in traces:
        channels.setdefault(trace.stats.channel, []).append(trace)
    joined = [_join_channel(pieces, rate, overlaps) for pieces in channels.values()]
    start = max(first for _, first in joined)
    offsets = [round((start - first) * rate / 1e9) for _, first in joined]
    parts = [
        samples[offset:] for (samples, _), offset in zip(joined, offsets, strict=True)
    ]
    n_samples = min(map(len, parts))
    if not n_samples:
        raise RecordError("its components have no time in common")
    samples = np.stack([part[:n_samples] for part in parts])
    return Waveform(samples, "".join(name[-1:] for name in channels), rate), start


def _join_channel(pieces, rate, overlaps):
    """Place the pieces of one channel on a common grid of samples."""
    times = [nanoseconds(piece.stats.starttime) for piece in pieces]
    start = min(times)
    offsets = [round((time - start) * rate / 1e9) for time in times]
    ends = [
        offset + len(piece.data) for offset, piece in zip(offsets, pieces, strict=True)
    ]
    if max(ends) > MOST_SAMPLES:
        raise RecordError(f"it spans {max(ends) / rate / 86400:.3g} days")
    samples = np.full(max(ends), np.nan)
    for piece, offset, end in zip(pieces, offsets, ends, strict=True):
        values = np.ma.filled(np.ma.asarray(piece.data).astype(float), np.nan)
        _place(samples[offset:end], values, overlaps)
    return samples, start


def _place(there, values, overlaps):
    """Write values over samples in place, by the policy where both are known."""
    known = ~np.isnan(there)
    differ = known & ~np.isnan(values) & (there != values)
    if differ.any() and overlaps == "reject":
        raise RecordError(f"it has pieces that disagree over {differ.sum()} samples")
    free = ~known if overlaps == "first" else ~np.isnan(values)
    there[free] = values[free]

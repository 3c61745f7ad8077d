"""A recording: the traces of one instrument for one event, and their checksum."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..signal.waveform import RecordError
from .merging import instrument_facts, nanoseconds, one_rate, split_instruments

if TYPE_CHECKING:
    from obspy import Trace

MOST_TRACES = 1000  # of one recording; a broken file can have one for every record


class Recording(NamedTuple):
    """Traces of one instrument, the checksum of all that they hold, and their event."""

    traces: tuple[Trace, ...]
    digest: str
    event_id: str | None
    files: tuple[str, ...] = ()

    @property
    def record_id(self) -> str:
        """Instrument, start and the first digits of the checksum."""
        start = min(trace.stats.starttime for trace in self.traces)
        name = self.traces[0].id[:-1]
        return f"{name}_{start.strftime('%Y%m%dT%H%M%S')}_{self.digest[:8]}"

    @property
    def row(self) -> dict[str, Any]:
        """The row of the table of recordings."""
        return {
            "record_id": self.record_id,
            "digest": self.digest,
            "event_id": self.event_id,
            "instrument": self.traces[0].id[:-1],
            **instrument_facts(self.traces),
            "location": self.traces[0].stats.location,
            "start_ns": min(nanoseconds(t.stats.starttime) for t in self.traces),
            "n_samples": max(len(t.data) for t in self.traces),
        }


def make_recordings(
    stream: Iterable[Trace], event_id: str | None = None, files: Iterable[str] = ()
) -> list[Recording]:
    """Split a stream into one recording for each instrument."""
    recordings = []
    for instrument, traces in split_instruments(stream).items():
        if len(traces) > MOST_TRACES:
            raise RecordError(f"{instrument} has {len(traces)} pieces")
        one_rate(traces)
        traces = sorted(
            map(_plain, traces), key=lambda t: (t.id, nanoseconds(t.stats.starttime))
        )
        digest = digest_of(traces)
        recordings.append(Recording(tuple(traces), digest, event_id, tuple(files)))
    if not recordings:
        raise RecordError("it holds no samples")
    return recordings


def _plain(trace):
    """Return a trace whose samples are an array of numbers, NaN where masked."""
    data = trace.data
    if data.dtype.kind not in "iuf":
        raise RecordError(f"{trace.id} holds samples of type {data.dtype}")
    if data.dtype.kind == "f" and np.isinf(data).any():
        raise RecordError(f"{trace.id} holds infinite values")
    if np.ma.isMaskedArray(data):
        data = np.ma.filled(data.astype(float), np.nan)
    if data is trace.data and data.dtype.isnative:
        return trace
    header = {
        name: trace.stats[name]
        for name in (
            "network",
            "station",
            "location",
            "channel",
            "sampling_rate",
            "starttime",
        )
    }
    return type(trace)(data.astype(data.dtype.newbyteorder("=")), header)


def digest_of(traces: Iterable[Trace]) -> str:
    """Return the checksum of names, times, rates and samples of traces."""
    checksum = sha256()
    for trace in traces:
        start = nanoseconds(trace.stats.starttime)
        head = (trace.id, start, float(trace.stats.sampling_rate), trace.data.dtype.str)
        checksum.update(repr(head).encode())
        checksum.update(np.ascontiguousarray(trace.data).data)
    return checksum.hexdigest()

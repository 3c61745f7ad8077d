"""Which pieces of which sources make up which record of which event."""

from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..signal.waveform import RecordError
from .merging import split_instruments
from .stream_files import event_of, find_files, read_stream
from .times import utc_of


class Source(NamedTuple):
    """A file, a stream or a reference, and the event it is of (or None)."""

    name: str
    content: object
    event_id: object

    def read(self, *, headonly=False):
        """Return the stream."""
        if isinstance(self.content, Path):
            return read_stream(self.content, headonly=headonly)
        return self.content.stream() if is_reference(self.content) else self.content


def is_reference(source):
    """Tell whether a source is a record of an archive, to be read when needed."""
    return hasattr(source, "stream") and hasattr(source, "record_id")


class Record(NamedTuple):
    """An event at an instrument, and the sources with its samples."""

    record_id: str
    event_id: str
    instrument: str
    sources: tuple


def list_sources(sources, groups):
    """Expand what a user gives to files and streams, each with its event."""
    from obspy import Stream, Trace

    if isinstance(sources, (str, Path, Stream, Trace)) or is_reference(sources):
        sources = [sources]
    sources = list(sources)
    if groups is None or groups == "folder" or callable(groups):
        events = [groups] * len(sources)
    else:
        events = list(groups)
        if len(events) != len(sources):
            raise ValueError(
                f"groups has {len(events)} events for {len(sources)} sources."
            )
    listed = []
    for number, (source, event) in enumerate(zip(sources, events, strict=True)):
        if isinstance(source, (Stream, Trace)):
            stream = Stream([source]) if isinstance(source, Trace) else source
            if event == "folder" or callable(event):
                raise ValueError("groups must name the events of streams one by one.")
            listed.append(Source(f"stream {number}", stream, event))
        elif is_reference(source):
            event = source.event_id if groups is None else event
            listed.append(Source(source.record_id, source, event))
        else:
            for file in find_files(source):
                listed.append(Source(str(file), file, event_of(file, event)))
    return listed


def index_records(sources, events, channels, window):
    """Find the records in sources.

    Parameters
    ----------
    sources : list of Source
        Files and streams.
    events : DataFrame or None
        Events by which sources without one are told by time: each with an
        `origin_time` within a recording makes a record of it.
    channels : str
        Patterns of channels, separated by commas; others are passed over.
    window : tuple of (float, float)
        Seconds around the origin for which further sources are sought.

    Returns
    -------
    records : list of Record
        In the order of events and instruments.
    failures : list of (str, str, str)
        Source, event or "", and reason, of what makes no record.
    """
    found, spans, referred, failures = {}, {}, [], []
    for source in sources:
        if is_reference(source.content) and source.event_id is not None:
            facts = source.name, str(source.event_id), source.content.instrument
            referred.append(Record(*facts, (source,)))
            continue
        try:
            stream = source.read(headonly=True)
            instruments = split_instruments(_matching(stream, channels))
        except RecordError as error:
            failures.append((source.name, source.event_id or "", str(error)))
            continue
        if not instruments:
            reason = f"it has no channel that matches {channels!r}"
            failures.append((source.name, source.event_id or "", reason))
        for instrument, traces in instruments.items():
            if source.event_id is None and events is not None:
                spans.setdefault(instrument, []).append((source, *_span(traces)))
            else:
                event_id = source.name if source.event_id is None else source.event_id
                found.setdefault((str(event_id), instrument), []).append(source)
    if spans:
        _tell_by_time(found, failures, spans, events, window)
    records = [
        Record(f"{event_id}_{instrument}", event_id, instrument, tuple(parts))
        for (event_id, instrument), parts in sorted(found.items())
    ]
    return referred + records, failures


def _matching(stream, channels):
    """Return the traces whose channel matches one of the patterns."""
    patterns = channels.split(",")
    return [
        trace
        for trace in stream
        if any(fnmatch(trace.stats.channel, pattern) for pattern in patterns)
    ]


def load_traces(record, channels):
    """Return the traces of a record from all of its sources."""
    return [
        trace
        for source in record.sources
        for trace in _matching(source.read(), channels)
        if trace.id[:-1] == record.instrument and trace.stats.npts
    ]


def _span(traces):
    """Return first and last time of traces in seconds."""
    starts = [trace.stats.starttime for trace in traces]
    ends = [trace.stats.endtime for trace in traces]
    return min(starts).timestamp, max(ends).timestamp


def _tell_by_time(found, failures, spans, events, window):
    """Assign recordings to the events that begin within them."""
    known = events[events["origin_time"].notna()]
    origins = np.array([utc_of(time).timestamp for time in known["origin_time"]])
    for instrument, parts in spans.items():
        used = set()
        starts, ends = (np.array([part[at] for part in parts]) for at in (1, 2))
        for event_id, origin in zip(known["event_id"], origins, strict=True):
            if not ((starts <= origin) & (origin <= ends)).any():
                continue
            near = (starts <= origin + window[1]) & (origin + window[0] <= ends)
            chosen = np.flatnonzero(near)
            found[(str(event_id), instrument)] = [parts[at][0] for at in chosen]
            used.update(chosen)
        for at in sorted(set(range(len(parts))) - used):
            name = parts[at][0].name
            failures.append((name, "", "no event of the table begins within it"))

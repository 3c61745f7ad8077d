"""Which pieces of which inputs make up which record of which event."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..signal.waveform import RecordError
from .merging import split_instruments
from .stream_files import event_of, find_files, read_stream
from .times import utc_of


class Input(NamedTuple):
    """A file, a stream or a reference, and its event (or None)."""

    name: str
    content: Any
    event_id: Any

    def read(self, *, headonly=False):
        """Return the stream."""
        if isinstance(self.content, Path):
            return read_stream(self.content, headonly=headonly)
        return self.content.stream() if is_reference(self.content) else self.content


def is_reference(value):
    """Return whether a value is a record of an archive, to be read when needed."""
    return hasattr(value, "stream") and hasattr(value, "record_id")


class Record(NamedTuple):
    """An event at an instrument, and the inputs with its samples."""

    record_id: str
    event_id: str
    instrument: str
    inputs: tuple


def list_inputs(sources: Any, groups: Any):
    """Expand what a user gives to files, streams and references, with their events."""
    from obspy import Stream, Trace

    if isinstance(sources, (str, Path, Stream, Trace)) or is_reference(sources):
        sources = [sources]
    sources = list(sources)
    listed = []
    for number, (source, event) in enumerate(
        zip(sources, _event_of_each(groups, len(sources)), strict=True)
    ):
        if isinstance(source, (Stream, Trace)):
            stream = Stream([source]) if isinstance(source, Trace) else source
            if event == "folder" or callable(event):
                raise ValueError("groups must name the events of streams one by one.")
            listed.append(Input(f"stream {number}", stream, event))
        elif is_reference(source):
            event = source.event_id if groups is None else event
            listed.append(Input(source.record_id, source, event))
        else:
            for file in find_files(source):
                listed.append(Input(str(file), file, event_of(file, event)))
    return listed


def _event_of_each(groups, n_sources):
    """Return `groups` for each source; raise if it has another length."""
    if groups is None or groups == "folder" or callable(groups):
        return [groups] * n_sources
    events = list(groups)
    if len(events) != n_sources:
        raise ValueError(f"groups has {len(events)} events for {n_sources} sources.")
    return events


def index_records(inputs, events, channels, window):
    """Find the records in inputs.

    Parameters
    ----------
    inputs : list of Input
        Files, streams and references.
    events : DataFrame or None
        Events to which inputs without one are assigned by time: each with an
        `origin_time` within a recording makes a record of it.
    channels : str
        Patterns of channels, separated by commas; others are passed over.
    window : tuple of (float, float)
        Seconds around the origin for which further inputs are sought.

    Returns
    -------
    records : list of Record
        In the order of events and instruments.
    failures : list of (str, str, str)
        Input, event or "", and reason, of what makes no record.
    """
    found, spans, referred, failures = {}, {}, [], []
    for item in inputs:
        if is_reference(item.content) and item.event_id is not None:
            facts = item.name, str(item.event_id), item.content.instrument
            referred.append(Record(*facts, (item,)))
            continue
        try:
            stream = item.read(headonly=True)
            instruments = split_instruments(_matching(stream, channels))
        except RecordError as error:
            failures.append((item.name, item.event_id or "", str(error)))
            continue
        if not instruments:
            reason = f"it has no channel that matches {channels!r}"
            failures.append((item.name, item.event_id or "", reason))
        for instrument, traces in instruments.items():
            if item.event_id is None and events is not None:
                spans.setdefault(instrument, []).append((item, *_span(traces)))
            else:
                event_id = item.name if item.event_id is None else item.event_id
                found.setdefault((str(event_id), instrument), []).append(item)
    if spans:
        _assign_by_time(found, failures, spans, events, window)
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
    """Return the traces of a record from all of its inputs."""
    return [
        trace
        for item in record.inputs
        for trace in _matching(item.read(), channels)
        if trace.id[:-1] == record.instrument and trace.stats.npts
    ]


def _span(traces):
    """Return first and last time of traces in seconds."""
    starts = [trace.stats.starttime for trace in traces]
    ends = [trace.stats.endtime for trace in traces]
    return min(starts).timestamp, max(ends).timestamp


def _assign_by_time(found, failures, spans, events, window):
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

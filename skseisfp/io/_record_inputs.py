"""Inputs of a reader: files, streams, references, and requests to clients."""

from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

from ..signal.waveform import RecordError
from ._client_requests import ClientRequest, is_client
from .obspy_formats import is_mseed
from .read_waveforms import (
    HARMFUL,
    MOST_DECODED,
    Waveforms,
    check_decoded,
    decoded_bytes,
    read_stream,
    read_waveforms,
)
from .reading_notes import without_warnings
from .stream_files import event_of, find_files
from .time_limit import limited_time

# Bytes of a file of which only the windows are decoded: smaller ones are decoded whole
# in the time that a look at their headers takes.
LARGE = 1_000_000
LONGEST_START = 4096  # bytes that show whether a file is miniSEED: one record, mostly


class Input(NamedTuple):
    """A file, a stream, a reference or a request, and its event (or None)."""

    name: str
    content: Any
    event_id: Any

    def read(self):
        """Return the stream."""
        if isinstance(self.content, Path):
            return read_stream(self.content)
        if isinstance(self.content, ClientRequest) or is_reference(self.content):
            return self.content.stream()
        return self.content

    def read_all(self):
        """Return the stream, and the channels of a file that hold no seismogram."""
        if isinstance(self.content, Path):
            return read_waveforms(self.content)
        return Waveforms(self.read(), ())


def is_reference(value):
    """Return whether a value is a record of an archive, to be read when needed."""
    return hasattr(value, "stream") and hasattr(value, "record_id")


def list_inputs(sources: Any, groups: Any, requests: Any):
    """Expand what a user gives to inputs with their events.

    Parameters
    ----------
    sources : object
        See `WaveformReader.read`.
    groups : object
        See `WaveformReader.read`.
    requests : callable
        Takes a client and returns its requests, each with its name and event.

    Returns
    -------
    list of Input
        Files, streams, references and requests.
    """
    from obspy import Stream, Trace

    single = isinstance(sources, (str, Path, Stream, Trace))
    if single or is_reference(sources) or is_client(sources):
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
        elif is_client(source):
            if event is not None:
                raise ValueError(
                    "groups must be None for a client: its records are those of events."
                )
            listed += [
                Input(f"client {number}: {name}", request, event_id)
                for name, event_id, request in requests(source)
            ]
        elif is_reference(source):
            event = source.event_id if groups is None else event
            listed.append(Input(source.record_id, source, event))
        else:
            for file in find_files(source):
                listed.append(Input(str(file), file, event_of(file, event)))
    return listed


def _event_of_each(groups, n_sources):
    """Return `groups` for each source; raise if it has another length."""
    if groups is None or callable(groups):
        return [groups] * n_sources
    if isinstance(groups, str):
        if groups != "folder":
            raise ValueError(
                "groups must be a sequence of events, a function of a path or "
                f"'folder'; got {groups!r}."
            )
        return [groups] * n_sources
    events = list(groups)
    if len(events) != n_sources:
        raise ValueError(f"groups has {len(events)} events for {n_sources} sources.")
    return events


def open_input(item):
    """Return the headers of an input, its other channels, and a reader of its samples.

    Of a large miniSEED file the reader decodes the given intervals only, sequences of
    a first and a last obspy time; else it returns all.
    """
    if not isinstance(item.content, Path) or not _is_large_mseed(item.content):
        stream, skipped = item.read_all()
        return stream, skipped, lambda intervals: stream
    head, skipped = read_waveforms(item.content, headonly=True)
    return head, skipped, lambda times: _decode(item.content, head, skipped, times)


def _is_large_mseed(file):
    """Return whether a file is miniSEED of which a part is read faster than all."""
    try:
        if file.stat().st_size < LARGE:
            return False
        with file.open("rb") as handle:
            return is_mseed(handle.read(LONGEST_START))
    except OSError as error:
        raise RecordError(f"{file} cannot be read: {error.strerror}") from error


def _decode(file, head, skipped, intervals):
    """Decode the traces of a miniSEED file over some intervals of time.

    The intervals are taken together: that their records take no more memory than any
    file may is known from the headers of all, or else from the headers of these.
    """
    from obspy import Stream

    names, intervals = {trace.id for trace in head}, _merged(intervals)
    if skipped or decoded_bytes(head) > MOST_DECODED:
        heads = (_read_part(file, times, headonly=True)[0] for times in intervals)
        check_decoded(file, sum(map(decoded_bytes, heads)))
    found = []
    for times in intervals:
        part, said = _read_part(file, times)
        harmful = [text for text in said if HARMFUL.search(text)]
        if harmful:
            raise RecordError(f"{file} is damaged: {harmful[0]}")
        found += [t for t in part if t.id in names and t.stats.npts]
    return Stream(found)


def _read_part(file, times, **options):
    """Return miniSEED between two times as obspy reads it, and its warnings."""
    from obspy import read

    options |= {"format": "MSEED", "check_compression": False}
    options |= dict(zip(("starttime", "endtime"), times, strict=True))
    try:
        with without_warnings() as said, limited_time(file.stat().st_size):
            return read(escape(str(file)), **options), said
    except Exception as error:
        raise RecordError(f"{file} cannot be read: {error}") from error


def _merged(intervals):
    """Return intervals that do not overlap, sorted."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged

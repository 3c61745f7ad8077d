"""Which pieces of which inputs make up which record of which event."""

from fnmatch import fnmatch
from functools import partial
from typing import NamedTuple

from ..signal.waveform import RecordError
from ._client_requests import ClientRequest, NoDataError
from ._record_inputs import is_reference, open_input
from ._records_by_time import RecordsByTime
from .merging import split_instruments


class Record(NamedTuple):
    """An event at an instrument, the names of its inputs, and how its traces are read.

    `place` sorts records: references as they were given, then events and instruments.
    """

    record_id: str
    event_id: str
    instrument: str
    inputs: tuple
    load: object
    place: tuple


class Failures:
    """What makes no record: input, event and reason, in the order of inputs."""

    def __init__(self):
        self._order, self._rows = {}, []

    def order_by(self, inputs):
        """Let the rows be in the order of inputs."""
        self._order = {item.name: number for number, item in enumerate(inputs)}

    def add(self, name, event_id, reason):
        """Add an input, its event or None, and the reason."""
        self._rows.append((name, "" if event_id is None else str(event_id), reason))

    def add_unread(self, item, error):
        """Add an input that cannot be read; of a request each of its stations."""
        if not self._add_lacking(item, (), error):
            self.add(item.name, item.event_id, str(error))

    def add_lacking(self, item, stream):
        """Add the stations of a request of which a client has sent nothing."""
        self._add_lacking(item, stream, NoDataError())

    def _add_lacking(self, item, stream, error):
        """Add the stations of a request that a stream lacks; return whether any."""
        if not isinstance(item.content, ClientRequest):
            return False
        names = item.content.stations_without(stream)
        for station, suffix in names.items():
            name = item.name + suffix
            self._order[name] = self._order.get(item.name, -1)
            reason = str(error)
            if isinstance(error, NoDataError):
                reason = f"the client has no data of {station} in the window"
            self.add(name, item.event_id, reason)
        return bool(names)

    def add_skipped(self, item, skipped):
        """Add the channels of an input that hold no seismogram."""
        for channel in skipped:
            reason = f"{channel.trace_id} {channel.reason}"
            self.add(item.name, item.event_id, reason)

    def names(self):
        """Return the names of the inputs."""
        return [name for name, *_ in self._rows]

    def rows(self):
        """Return all of them."""
        return sorted(self._rows, key=lambda row: self._order.get(row[0], -1))


def records_by_event(inputs, channels, windows, failures, advance):
    """Read inputs once each, and yield the records of one event after another.

    Parameters
    ----------
    inputs : list of Input
        Files, streams, references and requests.
    channels : str
        Patterns of channels, separated by commas; others are passed over.
    windows : EventWindows or None
        Windows of the events to which inputs without one are assigned by time; None
        makes an event of each such input.
    failures : Failures
        Takes what makes no record.
    advance : callable
        Is called for each input that was read.

    Yields
    ------
    list of Record
        Those of an event. Only the samples near windows are kept of inputs that are
        assigned by time; those of other inputs are read one event after another.
    """
    by_event, referred, by_time = {}, {}, []
    for number, item in enumerate(inputs):
        if item.event_id is None and windows is not None:
            by_time.append(item)
        elif is_reference(item.content) and item.event_id is not None:
            referred.setdefault(str(item.event_id), []).append((number, item))
        else:
            event_id = item.name if item.event_id is None else item.event_id
            by_event.setdefault(str(event_id), []).append(item)
    for event_id, items in referred.items():
        yield [_referred(number, event_id, item, channels) for number, item in items]
        advance(len(items))
    for event_id in sorted(by_event):
        items = by_event[event_id]
        yield _records_of(event_id, items, channels, failures, advance)
    if by_time:
        yield from _records_in_time(by_time, channels, windows, failures, advance)


def _referred(number, event_id, item, channels):
    """Return the record of a reference, which is read when it is needed."""
    reference = item.content
    load = partial(traces_of, reference, channels)
    place = (0, number)
    return Record(item.name, event_id, reference.instrument, (item.name,), load, place)


def traces_of(reference, channels):
    """Return the traces of a reference whose channels match; raise if there is none."""
    traces = matching(reference.stream(), channels)
    traces = split_instruments(traces).get(reference.instrument, [])
    if not traces:
        raise RecordError(_no_channel(channels))
    return traces


def _records_of(event_id, items, channels, failures, advance):
    """Return the records of an event from all of its inputs."""
    found = {}
    for item in items:
        try:
            stream, skipped = item.read_all()
            failures.add_skipped(item, skipped)
            instruments = split_instruments(matching(stream, channels))
        except RecordError as error:
            failures.add_unread(item, error)
            continue
        finally:
            advance()
        failures.add_lacking(item, stream)
        if not instruments:
            failures.add(item.name, item.event_id, _no_channel(channels))
        for instrument, traces in instruments.items():
            names, all_traces = found.setdefault(instrument, ([], []))
            names.append(item.name)
            all_traces += traces
    return [
        make_record(event_id, instrument, names, partial(list, traces))
        for instrument, (names, traces) in sorted(found.items())
    ]


def make_record(event_id, instrument, names, load):
    """Return a record that is named after its event and instrument."""
    name = f"{event_id}_{instrument}"
    place = (1, event_id, instrument)
    return Record(name, event_id, instrument, tuple(names), load, place)


def _records_in_time(items, channels, windows, failures, advance):
    """Yield the records of inputs that are assigned to events by time."""
    index = RecordsByTime(windows)
    for item in items:
        try:
            head, skipped, decode = open_input(item)
            failures.add_skipped(item, skipped)
            instruments = split_instruments(matching(head, channels))
            if not instruments:
                failures.add(item.name, None, _no_channel(channels))
            parts = index.parts_near(item.name, instruments)
            if not parts:
                continue
            traces = decode([part.limits for part in parts if part.limits])
            index.keep(parts, split_instruments(matching(traces, channels)))
        except RecordError as error:
            index.forget(item.name)
            failures.add(item.name, None, str(error))
        finally:
            advance()
    for name in index.unused():
        failures.add(
            name,
            None,
            "no event of the table begins within it, and it holds no window of one",
        )
    for event_id, instruments in index.by_event():
        yield [
            make_record(event_id, instrument, names, load)
            for instrument, names, load in instruments
        ]


def _no_channel(channels):
    """Return the reason for an input without channels that match the patterns."""
    return f"it has no channel that matches {channels!r}"


def matching(stream, channels):
    """Return the traces whose channel matches one of the patterns."""
    patterns = channels.split(",")
    return [
        trace
        for trace in stream
        if any(fnmatch(trace.stats.channel, pattern) for pattern in patterns)
    ]

"""Recordings of continuous data: the pieces near the windows of events."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..signal.waveform import RecordError
from ._record_policy import MARGIN, grid_of_cut, slice_traces, start_of
from .merging import station_of
from .times import utc_of


class EventWindows:
    """The windows of events at any station.

    Parameters
    ----------
    events : DataFrame
        Events: `event_id` and `origin_time`.
    p_times : PickTimes
        P picks.
    reader : WaveformReader
        Its `align`, `window` and `sampling_rate`.
    """

    def __init__(self, events, p_times, reader):
        self.event_ids = events["event_id"].astype(str).tolist()
        self.align, self.sampling_rate = reader.align, reader.sampling_rate
        self.window = reader.window
        self._origins = events["origin_time"].tolist()
        self._origin_seconds = _seconds(self._origins)
        self._p_times = p_times
        self._at_station = {}

    def p_times_at(self, station):
        """Return the P picks of all events at a station, as times and in seconds."""
        if station not in self._at_station:
            times = [self._p_times.near(name, station) for name in self.event_ids]
            self._at_station[station] = times, _seconds(times)
        return self._at_station[station]

    def find(self, station, start, end):
        """Find the events whose windows, with a margin, meet a part of a recording.

        Parameters
        ----------
        station : str
            Its station.
        start, end : float
            Its first and last time in seconds since 1970.

        Returns
        -------
        numbers : ndarray of int
            The events.
        begins : ndarray of bool
            Whether the origin of each, or its P pick at the station, is in the part.
        """
        p_seconds = self.p_times_at(station)[1]
        origins = self._origin_seconds
        begins = np.zeros(len(origins), dtype=bool)
        for times in (origins, p_seconds):
            begins |= (start <= times) & (times <= end)
        references = p_seconds if self.align == "P" else origins
        first, last = (0.0, 0.0) if self.window is None else self.window
        near = (start <= references + last + MARGIN) & (
            references + first - MARGIN <= end
        )
        numbers = np.flatnonzero(begins | near)
        return numbers, begins[numbers]

    def reference(self, number, station):
        """Return the time that the window of an event is relative to, or None."""
        if self.align == "start":
            return None
        at_station = self.align == "P"
        times = self.p_times_at(station)[0] if at_station else self._origins
        return None if pd.isna(times[number]) else utc_of(times[number])


def _seconds(times):
    """Return times in seconds since 1970, NaN where there is none."""
    return np.array(
        [np.nan if pd.isna(time) else utc_of(time).timestamp for time in times]
    )


class Part(NamedTuple):
    """The part of an input that lies near the window of an event at an instrument."""

    name: str
    instrument: str
    number: int
    begins: bool
    start: float
    end: float
    reference: Any
    limits: Any


class Pieces:
    """What is known of a record: its inputs, its traces and the time that they span."""

    def __init__(self):
        self.parts, self.traces = [], []

    def is_record(self, window):
        """Return whether the event begins in the pieces, or they hold its window."""
        if any(part.begins for part in self.parts):
            return True
        reference = self.parts[0].reference
        if reference is None or window is None or not self.traces:
            return False
        interval = self.traces[0].stats.delta
        first, last = (reference.timestamp + seconds for seconds in window)
        start = min(part.start for part in self.parts)
        end = max(part.end for part in self.parts) + interval
        return start <= first + interval / 2 and last <= end + interval / 2

    def load(self):
        """Return the traces; raise if none lies in the window."""
        if not self.traces:
            raise RecordError("it has no samples in the window")
        return list(self.traces)


class RecordsByTime:
    """Pieces of recordings by event and instrument, collected input by input.

    Parameters
    ----------
    windows : EventWindows
        The windows of the events.
    """

    def __init__(self, windows):
        self.windows = windows
        self._pieces = {}
        self._seen = {}

    def parts_near(self, name, instruments):
        """Return the parts of an input that are needed, by the headers of its traces.

        Parameters
        ----------
        name : str
            The input.
        instruments : dict
            Traces by instrument.

        Returns
        -------
        list of Part
            The parts; `limits` are times between which samples are needed, or None.
        """
        parts = []
        for instrument, traces in instruments.items():
            self._seen[instrument, name] = False
            station = station_of(instrument)
            first = min(trace.stats.starttime for trace in traces)
            last = max(trace.stats.endtime for trace in traces)
            start, end = first.timestamp, last.timestamp
            for number, begins in zip(
                *self.windows.find(station, start, end), strict=True
            ):
                reference = self.windows.reference(number, station)
                limits = self._limits(traces, reference, first, last)
                parts.append(
                    Part(
                        name, instrument, number, begins, start, end, reference, limits
                    )
                )
        return parts

    def _limits(self, traces, reference, first, last):
        """Return the times between which the samples of an instrument are needed."""
        if self.windows.align == "start":
            return first, last
        if reference is None:
            return None
        rate = traces[0].stats.sampling_rate
        start = start_of(traces)
        options = self.windows.window, reference
        try:
            limits = grid_of_cut(start, rate, *options, self.windows.sampling_rate)
        except RecordError:  # of the rate, which the policy of the reader judges
            limits = grid_of_cut(start, rate, *options, None)
        return limits if limits[0] <= last and first <= limits[1] else None

    def keep(self, parts, instruments):
        """Keep the samples of the parts of an input.

        Parameters
        ----------
        parts : list of Part
            As `parts_near` returns them.
        instruments : dict
            Traces with their samples by instrument.
        """
        for part in parts:
            pieces = self._pieces.setdefault((part.number, part.instrument), Pieces())
            pieces.parts.append(part)
            if part.limits is not None:
                traces = instruments.get(part.instrument, [])
                pieces.traces += map(_alone, slice_traces(traces, *part.limits))

    def forget(self, name):
        """Let an input whose samples cannot be read not count as seen."""
        self._seen = {key: used for key, used in self._seen.items() if key[1] != name}

    def by_event(self):
        """Yield each event with its instruments, and names and loader of each."""
        records = {}
        for (number, instrument), pieces in self._pieces.items():
            if pieces.is_record(self.windows.window):
                names = list(dict.fromkeys(part.name for part in pieces.parts))
                event_id = self.windows.event_ids[number]
                item = instrument, names, pieces.load
                records.setdefault(event_id, []).append(item)
        for event_id in sorted(records):
            yield event_id, sorted(records[event_id], key=lambda item: item[0])

    def unused(self):
        """Return the inputs that no record is made of, once for each instrument."""
        seen = dict(self._seen)
        for (_, instrument), pieces in self._pieces.items():
            if pieces.is_record(self.windows.window):
                seen.update({(instrument, part.name): True for part in pieces.parts})
        return [name for (_, name), used in seen.items() if not used]


def _alone(trace):
    """Let a trace have samples of its own, not a part of those of a long one."""
    base = trace.data.base
    is_part = getattr(base, "size", 0) > trace.data.size
    return trace.copy() if is_part else trace

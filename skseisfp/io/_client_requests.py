"""Windows of events from clients of obspy: waveform servers and SDS folders."""

from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from typing import Any, NamedTuple, Protocol

import pandas as pd

from ..signal.waveform import RecordError
from .times import utc_of

NO_DATA = "FDSNNoDataException"  # of obspy's client of FDSN services


class WaveformClient(Protocol):
    """What clients of obspy have, whatever their parameters are called."""

    @property
    def get_waveforms(self) -> Callable[..., Any]:
        """Method that returns an obspy Stream."""
        ...


def is_client(value):
    """Return whether a value is a client of waveforms, such as obspy has several."""
    return callable(getattr(value, "get_waveforms", None)) and not isinstance(
        value, type
    )


class NoDataError(RecordError):
    """A client has no data of what it was asked for."""


class ClientRequest(NamedTuple):
    """Lines of network, station, location, channel, start and end, and their client.

    `menu`, where it is not None, lists the channels that the client has, with the times
    of their first and last samples: such a client takes no patterns.
    """

    client: Any
    lines: tuple
    menu: Any = None

    def stream(self):
        """Fetch the waveforms; raise a `RecordError` if the client raises or has none.

        Clients fail by exceptions of their own, also where there are no data.
        """
        from obspy import Stream

        fetch_all = getattr(self.client, "get_waveforms_bulk", None)
        try:
            if fetch_all is not None:
                stream = fetch_all(list(self.lines))
            else:
                stream = Stream()
                lines = self.lines if self.menu is None else self._exact_lines()
                for line in lines:
                    stream += self.client.get_waveforms(*line)
        except Exception as error:
            reason = " ".join(str(error).split())
            name = type(error).__name__
            kind = NoDataError if name == NO_DATA else RecordError
            raise kind(f"the client raised {name}: {reason}") from error
        if not any(trace.stats.npts for trace in stream):
            raise NoDataError("the client has no data")
        return stream

    def stations_without(self, stream):
        """Map the stations by name of which a stream has nothing to their requests.

        The key is the name of the station, the value what it adds to the name of the
        request: nothing, where the request is of this station alone.
        """
        found = {
            (trace.stats.network, trace.stats.station)
            for trace in stream
            if trace.stats.npts
        }
        asked = dict.fromkeys(line[:2] for line in self.lines if line[1] != "*")
        many = hasattr(self.client, "get_waveforms_bulk")
        names = {}
        for network, station in asked:
            if not any(
                code == station and network in ("*", other) for other, code in found
            ):
                name = station if network == "*" else f"{network}.{station}"
                names[name] = f" {name}" if many else ""
        return names

    def _exact_lines(self):
        """Return the lines without patterns, of the channels that the client has."""
        found = {}
        for *patterns, start, end in self.lines:
            for *codes, first, last in self.menu():
                matches = map(fnmatch, codes, patterns)
                if all(matches) and first <= end and start <= last:
                    key = (*codes, start.ns, end.ns)
                    found[key] = *codes, start, end
        return list(found.values())


def requests_of_events(client, channels, times, stations_at):
    """Return the requests of a client for the windows of events.

    Parameters
    ----------
    client : object
        It has ``get_waveforms`` and perhaps ``get_waveforms_bulk``.
    channels : str
        Patterns of channels, separated by commas.
    times : iterable of (str, str or None, obspy UTCDateTime, obspy UTCDateTime)
        Event, its station or None for all of them, start and end.
    stations_at : callable
        Takes a time and returns the names of stations then.

    Returns
    -------
    list of (str, str, ClientRequest)
        Name, event and request: one for each event where the client takes many lines
        at once, else one for each station.
    """
    many = hasattr(client, "get_waveforms_bulk")
    menu = None if many else getattr(client, "get_availability", None)
    menu = menu and cache(menu)  # of Earthworm: asked once for all events
    lines = {}
    for event_id, station, start, end in times:
        for name in [station] if station is not None else stations_at(start):
            network, _, code = name.rpartition(".")
            where = network or "*", code or "*", "*"
            key = event_id, event_id if many else f"{event_id} {name}"
            lines.setdefault(key, []).extend(
                (*where, channel, start, end) for channel in channels.split(",")
            )
    return [
        (name, event_id, ClientRequest(client, tuple(some), menu))
        for (event_id, name), some in lines.items()
    ]


def stations_of(inventory):
    """Return a function of time that lists the stations of an inventory, or all."""
    if inventory is None:
        return lambda time: ["*.*"]
    return lambda time: sorted(
        {
            f"{network.code}.{station.code}"
            for network in inventory
            for station in network
            if station.is_active(time)
        }
    )


def windows_of_events(events, p_times, align, window, margin):
    """Return the times that a client is asked for, and the events that have none.

    Parameters
    ----------
    events : DataFrame
        Events: `event_id` and `origin_time`.
    p_times : dict
        First P pick by event and station.
    align : {"origin", "P"}
        Reference of the window.
    window : tuple of (float, float)
        Seconds around the reference.
    margin : float
        Seconds to be added at both sides.

    Returns
    -------
    times : list of (str, str or None, obspy UTCDateTime, obspy UTCDateTime)
        As `requests_of_events` takes them.
    without : list of str
        Events without reference.
    """
    if align == "P":
        wanted = set(events["event_id"])
        references = [
            (event, station, time)
            for (event, station), time in p_times.items()
            if event in wanted and pd.notna(time)
        ]
    else:
        known = events[events["origin_time"].notna()]
        columns = known["event_id"], known["origin_time"]
        references = [(event, None, time) for event, time in zip(*columns, strict=True)]
    times = [
        (
            event,
            station,
            utc_of(time) + window[0] - margin,
            utc_of(time) + window[1] + margin,
        )
        for event, station, time in references
    ]
    have = {event for event, *_ in references}
    return times, [event for event in events["event_id"] if event not in have]

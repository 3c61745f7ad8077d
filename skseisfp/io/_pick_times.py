"""Picks of the events of a reading: at all stations, and at those of one event."""

import pandas as pd

from .phases import phase_of
from .picks import first_picks


class PickTimes:
    """Times of a phase by event and station.

    Parameters
    ----------
    picks : DataFrame or None
        Picks, as `as_tables` returns them.
    phase : {"P", "S"}
        The phase.
    """

    def __init__(self, picks, phase):
        self.picks, self.phase = picks, phase
        self.times = first_picks(picks, phase)
        self._by_code, self._unnamed, self._rows = {}, set(), None
        for (event_id, station), time in self.times.items():
            network, code = _codes(station)
            self._by_code.setdefault((event_id, code), []).append((network, time))
            if not network:
                self._unnamed.add(event_id)

    def at_stations(self, event_id, stations):
        """Map the stations with recordings of an event to their times.

        Picks without network code are matched as `first_picks` does it, among these
        stations.
        """
        stations = set(stations)
        if event_id in self._unnamed or not all(_codes(name)[0] for name in stations):
            picks = self.picks
            if picks is None:
                return {}
            picks = picks[picks["event_id"] == event_id]
            times = first_picks(picks, self.phase, stations)
        else:
            times = self.times
        found = {name: times.get((event_id, name), pd.NaT) for name in stations}
        return {name: time for name, time in found.items() if pd.notna(time)}

    def near(self, event_id, station):
        """Return the time at a station before the other stations are known, or NaT."""
        exact = self.times.get((event_id, station))
        if exact is not None:
            return exact
        network, code = _codes(station)
        alike = self._by_code.get((event_id, code), [])
        times = [time for other, time in alike if not network or not other]
        return min(times, default=pd.NaT)

    def _of_event(self, event_id):
        """Return all picks of an event, of any phase."""
        if self.picks is None:
            return pd.DataFrame(columns=["station", "phase"])
        if self._rows is None:
            self._rows = self.picks.groupby("event_id").indices
        return self.picks.iloc[self._rows.get(event_id, [])]

    def stations(self, event_id):
        """Return the names of stations with picks of an event, of any phase."""
        return {str(name) for name in self._of_event(event_id)["station"].dropna()}

    def why_none(self, event_id, station):
        """Return the reason why an event has no pick of the phase at a station."""
        reason = f"it has no {self.phase} pick"
        network, code = _codes(station)
        alike = {other for other, _ in self._by_code.get((event_id, code), [])}
        if others := sorted(name for name in alike - {network} if name):
            return f"{reason}; that at {code} is of the network {', '.join(others)}"
        picks = self._of_event(event_id)
        pairs = zip(picks["station"], picks["phase"], strict=True)
        phases = {str(phase) for name, phase in pairs if name == station}
        if phases and not any(map(phase_of, phases)):
            named = ", ".join(map(repr, sorted(phases)))
            return f"{reason}; no phase is known by the name {named}"
        return reason


def _codes(name):
    """Return network code, "" where there is none, and station code."""
    network, _, code = name.rpartition(".")
    return network, code

"""One reading of `WaveformReader`: from inputs to records and reasons."""

from typing import Any, NamedTuple

import pandas as pd

from .._utils.progress import progress
from ..signal.arrivals import arrival_samples, arrival_times
from ..signal.waveform import RecordError
from ._client_requests import requests_of_events, stations_of, windows_of_events
from ._pick_times import PickTimes
from ._record_index import Failures, records_by_event
from ._record_inputs import list_inputs
from ._record_policy import MARGIN
from ._record_tables import record_table, rejected_records
from ._records_by_time import EventWindows
from .event_names import with_known_events
from .exclusions import as_exclusions, reasons_to_exclude
from .instruments import instruments_by_station, reason_of_preference
from .merging import instrument_facts, station_of
from .reading_notes import notes_shown_once
from .record_bunch import (
    drop_deviating,
    facts_of_reader,
    rejected_rows,
    require_records,
    waveform_bunch,
)
from .record_notes import note_early_p, note_low_rates
from .unlabelled import count_unlabelled


class Outcome(NamedTuple):
    """A record with its facts, and its waveform or why it has none."""

    place: tuple
    facts: dict
    waveform: Any
    reason: str


class Reading:
    """What a call of `WaveformReader.read` knows of events and stations.

    Parameters
    ----------
    reader : WaveformReader
        The policy.
    events, picks : DataFrame or None
        As `as_tables` returns them.
    inventory : obspy Inventory or None
        Stations.
    """

    def __init__(self, reader, events, picks, inventory):
        self.reader = reader
        self.events, self.inventory = events, inventory
        self.p_times, self.s_times = (PickTimes(picks, phase) for phase in "PS")
        self._of_event = {}
        if events is not None:
            columns = events[["event_id", "origin_time"]].assign(
                event_type=events.get("event_type")
            )
            self._of_event = columns.set_index("event_id").to_dict("index")

    def run(self, sources, groups, exclusions, verbose):
        """Return the records of sources as a Bunch; show notes on files once."""
        with notes_shown_once():
            return self._run(sources, groups, exclusions, verbose)

    def _run(self, sources, groups, exclusions, verbose):
        """Read everything once, event by event."""
        exclusions = as_exclusions(exclusions).reset_index()
        excluded = reasons_to_exclude(exclusions, exclusions["record_id"])
        failures = Failures()
        inputs = list_inputs(
            sources, groups, lambda client: self._requests(client, failures)
        )
        failures.order_by(inputs)
        windows = None
        if self.events is not None:
            inputs = with_known_events(inputs, self.events["event_id"])
            windows = EventWindows(self.events, self.p_times, self.reader)
        outcomes = []
        by = type(self.reader).__name__

        def note():
            return f"{sum(item.waveform is not None for item in outcomes)} records"

        with progress(len(inputs), "recordings", verbose, by=by) as advance:
            for records in records_by_event(
                inputs, self.reader.channels, windows, failures, advance
            ):
                outcomes += self._read_event(records, excluded)
                advance(0, note)
        outcomes.sort(key=lambda outcome: outcome.place)
        names = [outcome.facts["record_id"] for outcome in outcomes]
        reasons_to_exclude(exclusions, names + failures.names())
        return self._as_bunch(outcomes, failures)

    def _requests(self, client, failures):
        """Return the requests of a client, and list the events without any."""
        reader = self.reader
        if self.events is None or reader.align == "start":
            raise ValueError(
                "A client needs events, and a reader with a window and align='origin' "
                "or 'P', which say what it is asked for."
            )
        times, without = windows_of_events(
            self.events, self.p_times.times, reader.align, reader.window, MARGIN
        )
        what = {"origin": "origin time", "P": "P pick"}[reader.align]
        for event_id in without:
            failures.add("client", event_id, f"it has no {what}")
        stations = stations_of(self.inventory)
        if reader.align == "P":
            for event_id, name in self._without_p(times, stations):
                reason = self.p_times.why_none(event_id, name)
                failures.add(f"client: {event_id} {name}", event_id, reason)
        return requests_of_events(client, reader.channels, times, stations)

    def _without_p(self, times, stations_at):
        """Yield events with P picks, and their stations that are known and have none.

        Those are stations with other picks of the event, and those of the inventory.
        """
        starts = {}
        for event_id, _, start, _ in times:
            starts[event_id] = min(start, starts.get(event_id, start))
        for event_id, start in starts.items():
            known = [] if self.inventory is None else stations_at(start)
            known = sorted({*known, *self.p_times.stations(event_id)})
            for name in known:
                if pd.isna(self.p_times.near(event_id, name)):
                    yield event_id, name

    def _read_event(self, records, excluded):
        """Return the outcomes of the records of one event."""
        if not records:
            return []
        stations = {station_of(record.instrument) for record in records}
        event_id = records[0].event_id
        picks = {
            f"{name}_time": times.at_stations(event_id, stations)
            for name, times in (("p", self.p_times), ("s", self.s_times))
        }
        outcomes = []
        for alternatives in instruments_by_station(
            records,
            self.reader.instruments,
            lambda record: station_of(record.instrument),
        ):
            outcomes += self._first_of(alternatives, picks, excluded)
        return outcomes

    def _first_of(self, alternatives, picks, excluded):
        """Return the outcomes of a station's instruments: the first one that is good.

        Parameters
        ----------
        alternatives : list of Record
            In order of preference.
        picks : dict of dict
            Times of phases by station.
        excluded : dict
            Reasons by record.
        """
        outcomes, chosen = [], None
        for record in alternatives:
            facts, waveform, reason = self._facts(record, picks), None, ""
            if record.record_id in excluded:
                reason = excluded[record.record_id]
            elif chosen is not None:
                reason = reason_of_preference(chosen)
            else:
                try:
                    waveform = self._read_record(record, facts)
                    chosen = record.instrument
                except RecordError as error:
                    reason = str(error)
            outcomes.append(Outcome(record.place, facts, waveform, reason))
        return outcomes

    def _facts(self, record, picks):
        """Return the facts of a record that are known before it is read."""
        station = station_of(record.instrument)
        event = self._of_event.get(record.event_id, {})
        kind = event.get("event_type")
        return {
            "record_id": record.record_id,
            "event_id": record.event_id,
            "station": station,
            "source": " ".join(record.inputs),
            "origin_time": event.get("origin_time", pd.NaT),
            "event_type": None if pd.isna(kind) else kind,
            **{name: times.get(station, pd.NaT) for name, times in picks.items()},
        }

    def _read_record(self, record, facts):
        """Return the waveform of a record; add the facts that its traces hold."""
        if self.reader.align == "P" and pd.isna(facts["p_time"]):
            names = facts["event_id"], facts["station"]
            raise RecordError(self.p_times.why_none(*names))
        self.reader._check_reference(facts)
        traces = record.load()
        waveform, start, filled = self.reader._apply(
            traces, facts, self.inventory, record.record_id
        )
        facts |= {
            **instrument_facts(traces),
            "location": traces[0].stats.location,
            "start_time": pd.Timestamp(start, unit="ns", tz="UTC"),
            "filled": filled,
        }
        for phase, name in (("p_time", "p_arrival"), ("s_time", "s_arrival")):
            if pd.notna(facts[phase]):
                late = (facts[phase] - facts["start_time"]).total_seconds()
                sample = round(arrival_samples(late, waveform.sampling_rate))
                if 0 <= sample < waveform.samples.shape[1]:
                    facts[name] = float(arrival_times(sample, waveform.sampling_rate))
        return waveform

    def _as_bunch(self, outcomes, failures):
        """Return the records that agree as a Bunch, and all others with reasons."""
        taken = {
            row: outcome.waveform
            for row, outcome in enumerate(outcomes)
            if outcome.waveform is not None
        }
        reasons = {
            row: outcome.reason
            for row, outcome in enumerate(outcomes)
            if outcome.waveform is None
        }
        resampling = self.reader.rates == "resample"
        drop_deviating(taken, reasons, length="window", resampling=resampling)
        facts = [outcome.facts for outcome in outcomes]
        rows = pd.DataFrame(facts, columns=["record_id", "event_id", "source"])
        left_out = rejected_rows(rows, dict(sorted(reasons.items())))
        rejected = rejected_records(left_out, failures.rows())
        require_records(taken, "No record", rejected)
        chosen = [facts[row] for row in sorted(taken)]
        frame = record_table(chosen, self.events, self.inventory)
        entries = facts_of_reader(self.reader)
        bunch = waveform_bunch(taken, frame, rejected, **entries)
        note_low_rates(frame, bunch.sampling_rate)
        note_early_p(chosen)
        return count_unlabelled(bunch, stacklevel=6)  # the line that calls read

"""Reader of recordings of any shape into arrays, by a stated policy."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar

from .._utils.checks import check_option, check_real
from ..signal.waveform import RecordError, drop_minority
from ._record_index import index_records, list_sources, load_traces
from ._record_policy import HORIZONTALS, MARGIN, stream_to_array
from ._record_tables import describe_records, make_bunch
from .event_tables import as_inventory, as_tables
from .exclusions import reasons_to_exclude
from .merging import OVERLAPS, one_rate, split_instruments
from .stream_files import check_rate
from .times import utc_of

LONGEST_WINDOW = 86_400.0  # seconds
RESPONSES = (None, "DISP", "VEL", "ACC")
FACTS = (  # in which all records must agree, and the parameter that makes them agree
    (
        "sampling rate in Hz",
        "sampling_rate",
        lambda waveform: round(waveform.sampling_rate, 6),
    ),
    ("length in samples", "window", lambda waveform: waveform.samples.shape[1]),
)


class WaveformReader(BaseEstimator):
    """Recordings of any length, rate and order to one array.

    Streams and files become records: one for each event at each instrument (network,
    station, location and the first letters of the channel). What is done with unequal
    rates, gaps, overlaps, dead and clipped channels is stated by the parameters, and
    every recording that does not become a record is listed with the reason. There are
    never zeros in place of samples. The mean of each trace is removed, as float32
    cannot hold large offsets.

    Parameters
    ----------
    components : {"ZNE", "Z12", "Z"}, default="ZNE"
        Components of a record and their order: vertical, north and east, for which
        horizontals 1 and 2 are turned by the orientations in an inventory; vertical
        and two horizontals as they are, N or 1 and E or 2; vertical only.
    channels : str, default="*"
        Patterns of the channels to take, separated by commas, such as ``"HH?,EH?"``.
    sampling_rate : float, default=None
        Rate of the records in Hz. None takes that of most recordings.
    rates : {"resample", "reject"}, default="resample"
        What to do with recordings of another rate than `sampling_rate`.
    window : tuple of (float, float), default=None
        Start and end in seconds from the reference. None takes whole recordings, of
        the length of most.
    align : {"start", "origin", "P"}, default="start"
        Reference of the window: start of the recording, origin time of the event, or
        first P pick at the station.
    pad : {None, "noise"}, default=None
        Whether recordings that do not fill the window are refused, or continued by
        noise of their own level.
    gaps : {"reject", "noise"}, default="reject"
        Whether recordings with gaps, masked samples or NaN within the window are
        refused, or the gaps filled with noise of their own level.
    max_gap : float, default=1.0
        Longest gap in seconds that is filled.
    overlaps : {"reject", "first", "last"}, default="reject"
        What holds where pieces overlap and disagree; those that agree are joined.
    dead : {"reject", "keep"}, default="reject"
        What to do with recordings that hold one value only in a channel.
    clipped : {"reject", "keep"}, default="reject"
        What to do with recordings that stay at their extreme value again and again.
    response : {None, "DISP", "VEL", "ACC"}, default=None
        Whether samples stay counts, or the response of the instrument is removed for
        displacement (m), velocity (m/s) or acceleration (m/s^2).
    pre_filter : tuple of four floats, default=None
        Corners in Hz of the filter before the response is removed.
    random_state : int, default=0
        Seed of the noise; that of a record depends on its id also, not on others.

    See Also
    --------
    skseisfp.io.read_quakeml : Tables of events and picks.
    skseisfp.datasets.load_records : Records of labelled folders.

    Notes
    -----
    A filling of gaps lies on straight lines between their ends, and has the spectrum
    and standard deviation of the tenth of the recording that varies least. A channel
    counts as clipped if at least twelve of its samples lie in runs of three or more at
    its largest or smallest value, far above the resolution of the digitizer.

    Examples
    --------
    >>> import numpy as np
    >>> from obspy import Stream, Trace
    >>> from skseisfp.io import WaveformReader
    >>> def record(rate):
    ...     samples = np.random.default_rng(0).standard_normal(60 * rate)
    ...     header = {"station": "A", "channel": "HHZ", "sampling_rate": rate}
    ...     return Stream([Trace(samples, header)])
    >>> reader = WaveformReader(components="Z", sampling_rate=40, window=(5, 45))
    >>> bunch = reader.read([record(100), record(50), Trace()])
    >>> bunch.data.shape, bunch.rejected["reason"].tolist()
    ((2, 1600), ["it has no channel that matches '*'"])
    """

    def __init__(
        self,
        *,
        components="ZNE",
        channels="*",
        sampling_rate=None,
        rates="resample",
        window=None,
        align="start",
        pad=None,
        gaps="reject",
        max_gap=1.0,
        overlaps="reject",
        dead="reject",
        clipped="reject",
        response=None,
        pre_filter=None,
        random_state=0,
    ):
        self.components = components
        self.channels = channels
        self.sampling_rate = sampling_rate
        self.rates = rates
        self.window = window
        self.align = align
        self.pad = pad
        self.gaps = gaps
        self.max_gap = max_gap
        self.overlaps = overlaps
        self.dead = dead
        self.clipped = clipped
        self.response = response
        self.pre_filter = pre_filter
        self.random_state = random_state

    def read(
        self,
        sources,
        *,
        events=None,
        picks=None,
        inventory=None,
        groups=None,
        exclusions=None,
    ):
        """Read records from streams, traces, files, folders or patterns of file names.

        Parameters
        ----------
        sources : obspy Stream or Trace, str, path-like, or a sequence of these
            Recordings; a folder stands for all miniSEED and SAC files below it.
        events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
            Events: `event_id`, and where there are `event_type` (the label),
            `origin_time`, `latitude` and `longitude`; or a QuakeML document.
        picks : DataFrame, default=None
            Picks: `event_id`, `station`, `phase` and `time`. None takes those of
            `events`, where it has any.
        inventory : obspy Inventory, str or path-like, default=None
            Stations, or a StationXML document.
        groups : sequence, callable or "folder", default=None
            Event of each source; or a function of the path of a file; or the name of
            its folder. None tells events by time: one that begins within a recording
            makes a record of it; without `events` every source is its own event.
        exclusions : DataFrame, str, path-like or sequence of str, default=None
            Records that were reviewed and are left out: their ids, or a table or CSV
            file with `record_id` and where there is one `reason`, such as a page of
            `skseisfp.plotting.write_review` gives.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            With these attributes.

            data : ndarray of float32, shape (n_records, n_samples) or \
(n_records, n_channels, n_samples)
                The records, 2-D where there is one component.
            target : ndarray of shape (n_records,) or None
                Labels; None where `events` has no `event_type`.
            target_names : list
                The labels that occur, sorted.
            groups : ndarray of shape (n_records,)
                Event of each record, str.
            frame : DataFrame
                One row per record: `record_id`, `event_id`, `event_type`, `station`,
                `location`, `channels`, `sampling_rate_hz` (before resampling),
                `start_time` (of the first sample, UTC), `arrival_sample` and
                `s_sample` (NaN where there is no pick within), `distance_km`,
                `azimuth`, `back_azimuth`, `filled` (part of the samples that is noise)
                and `source`.
            sampling_rate : float
                Sampling rate in Hz.
            components : str
                Components of `data`.
            stations : ndarray of shape (n_records,)
                Station of each record, str.
            rejected : DataFrame
                What was left out: `record_id`, `event_id`, `source` and `reason`.
            DESCR : str
                Description.

        Raises
        ------
        ValueError
            If a parameter or a table is not valid, a row of `exclusions` matches no
            record, or no record is left.
        """
        self._check_parameters()
        events, picks = as_tables(events, picks)
        inventory = as_inventory(inventory)
        if self.response is not None and inventory is None:
            raise ValueError(f"response={self.response!r} needs an inventory.")
        reach = self.window or (0.0, 0.0)
        reach = (reach[0] - MARGIN, reach[1] + MARGIN)
        records, failures = index_records(
            list_sources(sources, groups), events, self.channels, reach
        )
        known = [record.record_id for record in records]
        known += [name for name, *_ in failures]
        excluded = reasons_to_exclude(exclusions, known)
        frame = describe_records(records, events, picks, inventory)
        taken, reasons = {}, {}
        for row, record in enumerate(records):
            try:
                if record.record_id in excluded:
                    raise RecordError(excluded[record.record_id])
                facts = frame.iloc[row]
                taken[row], found = self._read_record(record, facts, inventory)
                for name, value in found.items():
                    frame.at[row, name] = value
            except RecordError as error:
                reasons[row] = str(error)
        for fact in FACTS:
            drop_minority(taken, reasons, *fact)
        return make_bunch(self, frame, taken, reasons, failures)

    def read_stream(
        self,
        stream,
        *,
        origin_time=None,
        arrival_time=None,
        inventory=None,
        record_id="",
    ):
        """Read one record from a stream.

        Parameters
        ----------
        stream : obspy Stream
            Traces of one instrument.
        origin_time, arrival_time : obspy UTCDateTime, Timestamp or str, default=None
            Origin time of the event and first P pick, where `align` needs them.
        inventory : obspy Inventory, default=None
            Stations.
        record_id : str, default=""
            Name of the record, which seeds its noise.

        Returns
        -------
        ndarray of float32, shape (n_samples,) or (n_channels, n_samples)
            The record, 1-D where there is one component.

        Raises
        ------
        ValueError
            If a parameter is not valid, or the policy refuses the record; then the
            message is the reason.
        """
        self._check_parameters()
        instruments = split_instruments(stream)
        if len(instruments) != 1:
            found = ", ".join(instruments) or "none"
            raise RecordError(f"it has the instruments {found}, not one")
        (traces,) = instruments.values()
        facts = {"origin_time": origin_time, "p_time": arrival_time}
        samples = self._apply(traces, facts, inventory, record_id)[0].samples
        return samples[0] if len(samples) == 1 else samples

    def _read_record(self, record, facts, inventory):
        """Return the waveform of a record, and what was found out about it."""
        if "event_type" in facts and pd.isna(facts["event_type"]):
            raise RecordError("its event has no label")
        traces = load_traces(record, self.channels)
        waveform, start, filled = self._apply(
            traces, facts, inventory, record.record_id
        )
        found = {
            "location": traces[0].stats.location,
            "channels": " ".join(sorted({trace.stats.channel for trace in traces})),
            "sampling_rate_hz": traces[0].stats.sampling_rate,
            "start_time": pd.Timestamp(start, unit="ns", tz="UTC"),
            "filled": filled,
        }
        for phase, name in (("p_time", "arrival_sample"), ("s_time", "s_sample")):
            if pd.notna(facts[phase]):
                late = (facts[phase] - found["start_time"]).total_seconds()
                sample = round(late * waveform.sampling_rate)
                if 0 <= sample < waveform.samples.shape[1]:
                    found[name] = float(sample)
        return waveform, found

    def _apply(self, traces, facts, inventory, record_id):
        """Return waveform, start and filled part of the traces of an instrument."""
        rate = one_rate(traces)
        wanted = self.sampling_rate
        if self.rates == "reject" and wanted and not np.isclose(rate, wanted, 1e-6):
            raise RecordError(f"its sampling rate is {rate:g} Hz, not {wanted:g} Hz")
        return stream_to_array(
            traces,
            self,
            reference=self._reference(traces, facts),
            inventory=inventory,
            record_id=record_id,
        )

    def _reference(self, traces, facts):
        """Return the time that the window is relative to."""
        if self.align == "start":
            return max(
                min(trace.stats.starttime for trace in traces if trace.id == channel)
                for channel in {trace.id for trace in traces}
            )
        what, name = {
            "origin": ("origin time", "origin_time"),
            "P": ("P pick", "p_time"),
        }[self.align]
        if pd.isna(facts[name]):
            raise RecordError(f"it has no {what}")
        return utc_of(facts[name])

    def _check_parameters(self):
        """Refuse parameters out of their range."""
        check_option("components", self.components, tuple(HORIZONTALS))
        check_option("rates", self.rates, ("resample", "reject"))
        check_option("align", self.align, ("start", "origin", "P"))
        check_option("pad", self.pad, (None, "noise"))
        check_option("gaps", self.gaps, ("reject", "noise"))
        check_option("overlaps", self.overlaps, OVERLAPS)
        check_option("dead", self.dead, ("reject", "keep"))
        check_option("clipped", self.clipped, ("reject", "keep"))
        check_option("response", self.response, RESPONSES)
        check_real("max_gap", self.max_gap, min_val=0)
        check_scalar(self.random_state, "random_state", Integral, min_val=0)
        check_scalar(self.channels, "channels", str)
        if self.sampling_rate is not None:
            check_real("sampling_rate", self.sampling_rate, min_val=0)
            check_rate(self.sampling_rate)
        if self.pre_filter is not None and not (
            np.shape(self.pre_filter) == (4,) and np.all(np.diff(self.pre_filter) > 0)
        ):
            raise ValueError(
                "pre_filter must be four increasing frequencies in Hz; got "
                f"{self.pre_filter!r}."
            )
        self._check_window()

    def _check_window(self):
        """Refuse windows that are none, or a reference without a window."""
        if self.window is None:
            if self.align != "start":
                raise ValueError(f"align={self.align!r} needs a window.")
            return
        if (
            np.shape(self.window) != (2,)
            or not np.isfinite(self.window).all()
            or not self.window[0] < self.window[1] <= self.window[0] + LONGEST_WINDOW
        ):
            raise ValueError(
                "window must be two increasing times in seconds, at most "
                f"{LONGEST_WINDOW:g} s apart; got {self.window!r}."
            )

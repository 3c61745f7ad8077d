"""Reader of recordings of any shape into arrays, by a stated policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_scalar

from .._compat import Interval, StrOptions
from .._parameters import FINITE, Quantity, ValidatedParameters, Where, pair_of
from ..signal.waveform import RecordError
from ._record_policy import HORIZONTALS, start_of, stream_to_array
from ._record_reading import Reading
from .event_tables import as_inventory, as_tables
from .instruments import PREFERRED
from .merging import OVERLAPS, RATE_TOLERANCE, one_rate, split_instruments
from .sampling_rates import HIGHEST_RATE, LOWEST_RATE
from .times import utc_of

if TYPE_CHECKING:
    from obspy import Inventory, Stream, Trace
    from obspy.core.event import Catalog
    from sklearn.utils import Bunch

    from ._client_requests import WaveformClient

REFERENCES = {"origin": ("origin time", "origin_time"), "P": ("P pick", "p_time")}
LONGEST_WINDOW = 86_400.0  # seconds: a day, the span of a file of continuous data


def _is_pre_filter(corners):
    """Return whether a value is four increasing numbers."""
    return np.shape(corners) == (4,) and bool(np.all(np.diff(corners) > 0))


def _is_preference(instruments):
    """Return whether a value is a sequence of different strings."""
    if isinstance(instruments, str):
        return False
    names = list(instruments)
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(
        names
    )


class WaveformReader(ValidatedParameters, BaseEstimator):
    """Recordings of any length, rate and order to one array.

    Streams, files and the data of clients become records: one for each event at each
    station, of one of its instruments (network, station, location and the first letters
    of the channel). What is done with unequal rates, gaps, overlaps, dead and clipped
    channels is stated by the parameters, and every recording that does not become a
    record is listed with the reason. There are never zeros in place of samples:
    stretches of zeros count as gaps. The mean of each trace is removed, as float32
    cannot hold large offsets.

    Parameters
    ----------
    components : {"ZNE", "Z12", "Z"}, default="ZNE"
        Components of a record and their order: vertical, north and east, for which
        horizontals 1 and 2 are rotated by the orientations in an inventory; vertical
        and two horizontals as they are, N or 1 and E or 2; vertical only.
    channels : str, default="*"
        Patterns of the channels to take, separated by commas, such as ``"HH?,EH?"``.
    instruments : sequence of str or None, default=("HH", "EH", "BH", "HN")
        First letters of channels, in order of preference: of a station with several
        instruments the first one that becomes a record is taken for an event, so that
        every station has one vote. Others follow after these, in order of their names.
        None takes all of them.
    sampling_rate : float in [0.001, 100000], default=None
        Rate of the records in Hz. None takes that of most recordings, as it is;
        others are rejected then.
    rates : {"resample", "reject"}, default="resample"
        What to do with recordings of another rate than `sampling_rate`, where that is
        given.
    window : tuple of (float, float), default=None
        Start and end in seconds from the reference. None takes whole recordings, of
        the length of most.
    align : {"start", "origin", "P"}, default="start"
        Reference of the window: start of the recording, origin time of the event, or
        first P pick at the station.
    pad : {None, "noise"}, default=None
        Whether recordings that do not fill the window are rejected, or continued by
        noise of their own level, for at most half of the window.
    gaps : {"reject", "noise"}, default="reject"
        Whether recordings with gaps, masked samples, NaN or stretches of zeros within
        the window are rejected, or the gaps filled with noise of their own level.
    max_gap : float in [0, inf], default=1.0
        Longest gap in seconds that is filled.
    overlaps : {"reject", "first", "last"}, default="reject"
        What holds where pieces overlap and disagree; those that agree are joined.
    dead : {"reject", "keep"}, default="reject"
        What to do with recordings of which a channel holds one value only.
    clipped : {"reject", "keep"}, default="reject"
        What to do with recordings that stay at their extreme value repeatedly.
    response : {None, "DISP", "VEL", "ACC"}, default=None
        Whether samples stay counts, or the response of the instrument is removed for
        displacement (m), velocity (m/s) or acceleration (m/s^2).
    pre_filter : tuple of four floats, default=None
        Corners in Hz of the filter before the response is removed.
    random_state : int in [0, inf), default=0
        Seed of the noise; the noise of a record depends on its id as well, not on other
        records.

    See Also
    --------
    skseisfp.io.read_quakeml : Tables of events and picks.
    skseisfp.datasets.load_records : Records of labelled folders.

    Notes
    -----
    The noise in a gap is added to a straight line between its ends, and has the
    spectrum and standard deviation of the tenth of the recording that varies least. A
    channel counts as clipped if at least twelve of its samples lie in runs of three or
    more at its largest or smallest value, far above the resolution of the digitizer. A
    stretch of zeros, 16 or more and 0.2 s or longer, counts as a gap if the samples on
    both of its sides are typically three steps of the digitizer or more from zero, or
    if it is at an end of the recording and this holds on the other side.

    An event belongs to a recording if its origin or its P pick at the station is within
    it, or if the recording holds the whole window. Each file is read once, event by
    event where the events of files are known. Of files that are assigned to events by
    time only the samples near windows are kept, with ``align="start"`` all of those
    that hold an event.

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

    _parameter_constraints = {
        "components": [StrOptions(set(HORIZONTALS))],
        "channels": [str],
        "instruments": [
            Where(_is_preference, "a sequence of different first letters of channels"),
            None,
        ],
        "sampling_rate": [
            Quantity(LOWEST_RATE, HIGHEST_RATE, closed="both", unit="Hz"),
            None,
        ],
        "rates": [StrOptions({"resample", "reject"})],
        "window": [
            pair_of(
                FINITE,
                f"two increasing times in seconds, at most {LONGEST_WINDOW:g} s apart",
                also=lambda start, end: start < end <= start + LONGEST_WINDOW,
            ),
            None,
        ],
        "align": [StrOptions({"start", "origin", "P"})],
        "pad": [StrOptions({"noise"}), None],
        "gaps": [StrOptions({"reject", "noise"})],
        "max_gap": [Quantity(0, None, closed="both", unit="s")],
        "overlaps": [StrOptions(set(OVERLAPS))],
        "dead": [StrOptions({"reject", "keep"})],
        "clipped": [StrOptions({"reject", "keep"})],
        "response": [StrOptions({"DISP", "VEL", "ACC"}), None],
        "pre_filter": [
            Where(_is_pre_filter, "four increasing frequencies in Hz"),
            None,
        ],
        "random_state": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        components: Literal["ZNE", "Z12", "Z"] = "ZNE",
        channels: str = "*",
        instruments: Sequence[str] | None = PREFERRED,
        sampling_rate: float | None = None,
        rates: Literal["resample", "reject"] = "resample",
        window: tuple[float, float] | None = None,
        align: Literal["start", "origin", "P"] = "start",
        pad: Literal["noise"] | None = None,
        gaps: Literal["reject", "noise"] = "reject",
        max_gap: float = 1.0,
        overlaps: Literal["reject", "first", "last"] = "reject",
        dead: Literal["reject", "keep"] = "reject",
        clipped: Literal["reject", "keep"] = "reject",
        response: Literal["DISP", "VEL", "ACC"] | None = None,
        pre_filter: tuple[float, float, float, float] | None = None,
        random_state: int = 0,
    ):
        self.components = components
        self.channels = channels
        self.instruments = instruments
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
        sources: Stream
        | Trace
        | WaveformClient
        | str
        | PathLike[str]
        | Sequence[Any]
        | npt.NDArray,
        *,
        events: pd.DataFrame | Bunch | Catalog | str | PathLike[str] | None = None,
        picks: pd.DataFrame | None = None,
        inventory: Inventory | str | PathLike[str] | None = None,
        groups: npt.ArrayLike | Callable[..., Any] | Literal["folder"] | None = None,
        exclusions: (pd.DataFrame | str | PathLike[str] | Sequence[str] | None) = None,
        verbose: int = 0,
    ) -> Bunch:
        """Read records from streams, files, folders, patterns of file names or clients.

        Parameters
        ----------
        sources : obspy Stream, Trace or client, str, path-like, or a sequence of these
            Recordings; a folder, such as the root of an SDS archive, stands for all
            waveform files below it, of any format that obspy reads. A client has the
            method ``get_waveforms`` of obspy's clients, and perhaps
            ``get_waveforms_bulk``: of an SDS folder, FDSN service or Earthworm server,
            for example (the latter lists its channels, since it takes no patterns). It
            is asked for the windows of `events` by `channels`, with
            ``align="P"`` at the stations of their P picks, else at the stations of
            `inventory` that are open then, and without one for all that it has.
        events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
            Events: `event_id`, and where there are `event_type` (the label),
            `origin_time`, `latitude` and `longitude`; or a QuakeML document.
        picks : DataFrame, default=None
            Picks: `event_id`, `station`, `phase` and `time`. None takes those of
            `events`, where it has any.
        inventory : obspy Inventory, str or path-like, default=None
            Stations, or a StationXML document.
        groups : sequence, callable or "folder", default=None
            Event of each of `sources`; or a function of the path of a file; or the name
            of its folder. None assigns events by time: one that begins within a
            recording, or whose P pick or window does, makes a record of it; without
            `events` every file or stream is its own event. None for clients.
        exclusions : DataFrame, str, path-like or sequence of str, default=None
            Records that were reviewed and are left out: their ids, or a table or CSV
            file with `record_id` and where there is one `reason`, such as a page of
            `skseisfp.plotting.write_review` saves.
        verbose : int, default=0
            Show the progress in a terminal or notebook if positive.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            With these attributes.

            data : ndarray of float32, shape (n_records, n_samples) or \
(n_records, n_channels, n_samples)
                The records, 2-D where there is one component.
            target : Series of shape (n_records,) or None
                Labels, with events in the index ``event_id``; missing (see
                ``target.isna()``) for events without one, which a warning counts. None
                where no event has a label.
            target_names : list
                The labels that occur, sorted.
            groups : ndarray of shape (n_records,)
                Event of each record, str.
            frame : DataFrame
                One row per record: `record_id`, `event_id`, `event_type`, `station`,
                `location`, `channels`, `sampling_rate_hz` (of the recording, before
                resampling; a `ReadingWarning` counts those that are lower),
                `start_time` (of the first sample, UTC), `p_arrival` and `s_arrival`
                (seconds from the first sample to the sample nearest to the pick; NaN
                where there is none within), `distance_km`, `azimuth`, `back_azimuth`
                (from the place of the station at the time of the record),
                `filled` (part of the samples that is noise) and `source` (the files,
                streams, references or requests).
            sampling_rate : float
                Sampling rate in Hz.
            components : str
                Components of `data`.
            units : {"counts", "m", "m/s", "m/s^2"}
                Units of the samples: counts as recorded, or those of `response`.
            window : tuple of (float, float) or None
                The `window` of the reader in seconds.
            align : str
                Its `align`: what the window is relative to.
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
        self._check()
        check_scalar(verbose, "verbose", Integral, min_val=0)
        events, picks = as_tables(events, picks)
        inventory = as_inventory(inventory)
        if self.response is not None and inventory is None:
            raise ValueError(f"response={self.response!r} needs an inventory.")
        if self.align == "P" and events is None and picks is None:
            raise ValueError("align='P' needs events= or picks=: it has no P pick.")
        reading = Reading(self, events, picks, inventory)
        return reading.run(sources, groups, exclusions, verbose)

    def read_stream(
        self,
        stream: Stream,
        *,
        origin_time: Any = None,
        p_time: Any = None,
        inventory: Inventory | None = None,
        record_id: str = "",
    ) -> npt.NDArray[np.float32]:
        """Read one record from a stream.

        Parameters
        ----------
        stream : obspy Stream
            Traces of one instrument.
        origin_time, p_time : obspy UTCDateTime, Timestamp or str, default=None
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
            If a parameter is not valid, or the policy rejects the record; then the
            message is the reason.
        """
        self._check()
        instruments = split_instruments(stream)
        if len(instruments) != 1:
            found = ", ".join(instruments) or "none"
            raise RecordError(f"it has the instruments {found}, not one")
        (traces,) = instruments.values()
        facts = {"origin_time": origin_time, "p_time": p_time}
        samples = self._apply(traces, facts, inventory, record_id)[0].samples
        return samples[0] if len(samples) == 1 else samples

    def _apply(self, traces, facts, inventory, record_id):
        """Return waveform, start and filled part of the traces of an instrument."""
        rate = one_rate(traces)
        wanted = self.sampling_rate or rate
        if self.rates == "reject" and not np.isclose(rate, wanted, RATE_TOLERANCE):
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
            return start_of(traces)
        self._check_reference(facts)
        return utc_of(facts[REFERENCES[self.align][1]])

    def _check_reference(self, facts):
        """Raise if the time that the window is relative to is not known."""
        if self.align == "start":
            return
        what, name = REFERENCES[self.align]
        if pd.isna(facts[name]):
            raise RecordError(f"it has no {what}")

    def _check(self):
        """Raise if a parameter is not valid, or the alignment lacks a window."""
        self._validate_params()
        if self.window is None and self.align != "start":
            raise ValueError(f"align={self.align!r} needs a window.")

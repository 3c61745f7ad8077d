"""Record store and event database in one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from .._utils.optional import import_optional
from ..io.event_tables import as_tables, joined, tables_of_event
from ..io.exclusions import exclusions_among
from ..io.read_stationxml import read_stationxml
from ..io.reading_notes import notes_shown_once
from ..io.recording import make_recordings
from ..io.station_epochs import paths_at_times
from ..io.tables import rows_that_match
from ..persistence import load
from ._reference import RecordReference

if TYPE_CHECKING:
    import pandas as pd
    from obspy import Inventory, Stream, Trace
    from sklearn.utils import Bunch

    from ..io.waveform_reader import WaveformReader

BATCH = 256  # recordings in one transaction, which bounds the memory that it takes
# recordings whose fingerprints a worker computes at a time: few, so that workers end
# together, and cost no more each than in larger batches
PART = 64


class SeismicArchive:
    """Record store and event database in one folder.

    Events, picks, labels, recordings, fingerprints and models are rows of an SQLite
    database; waveforms are in HDF5 files that are written once and never changed, or
    stay in the user's own files. Each addition is one transaction: a process that is
    killed leaves all that was stored before, and nothing incomplete. Nothing is stored
    twice. Several processes may use and fill an archive at once.

    Parameters
    ----------
    path : str or path-like
        The folder; a new archive is created where there is none.

    Attributes
    ----------
    folder : Path
        The folder.

    See Also
    --------
    skseisfp.io.WaveformReader : From recordings to arrays.
    fetch_fdsn : Fill an archive from a data centre.

    Notes
    -----
    Needs h5py and SQLAlchemy (extra ``io``). A recording holds all traces of one
    instrument (network, station, location, first letters of the channel) for one event,
    with their gaps. Its name consists of the instrument, the start and a checksum of
    names, times and samples, by which repeated recordings and damage are found.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from obspy import Stream, Trace
    >>> from skseisfp.archive import SeismicArchive
    >>> samples = np.random.default_rng(0).integers(-99, 99, 6000)
    >>> header = {"station": "A", "channel": "HHZ", "sampling_rate": 100}
    >>> stream = Stream([Trace(samples, header)])
    >>> with TemporaryDirectory() as folder:
    ...     archive = SeismicArchive(folder)
    ...     names = archive.add(stream, {"event_id": "e1", "event_type": "explosion"})
    ...     table = archive.query("event_type == 'explosion'")
    >>> table[["event_id", "station", "n_samples"]].values.tolist()
    [['e1', '.A', 6000]]
    """

    def __init__(self, path: str | PathLike[str]):
        import_optional("sqlalchemy", extra="io")
        import_optional("h5py", extra="io")
        from ._database import Database

        self.folder: Path = Path(path).resolve()
        if self.folder.exists() and not self.folder.is_dir():
            raise FileExistsError(f"{path} is a file, not a folder.")
        self.waveforms.mkdir(parents=True, exist_ok=True)
        self.database = Database(self.folder / "archive.sqlite")

    def __repr__(self):
        return f"SeismicArchive({str(self.folder)!r})"

    def _repr_html_(self):
        from ._html import archive_html

        return archive_html(self)

    def __reduce__(self):
        return type(self), (self.folder,)

    @property
    def waveforms(self) -> Path:
        """Folder of the HDF5 files."""
        return self.folder / "waveforms"

    @property
    def models_folder(self) -> Path:
        """Folder of the models."""
        return self.folder / "models"

    def add(self, stream: Stream | Trace, event: Any = None) -> list[str]:
        """Add the recordings of a stream.

        Parameters
        ----------
        stream : obspy Stream or Trace
            Waveforms of any number of instruments.
        event : obspy Event, mapping or str, default=None
            Their event: with its picks, with facts as `read_quakeml` names them
            (`event_id` at least), or by its id alone. None adds recordings without
            event.

        Returns
        -------
        list of str
            Names of the recordings, also of those that were stored before.

        Raises
        ------
        ValueError
            If the stream holds no samples, or a recording is of another event already.
        """
        return self.add_many([(stream, event)])

    def add_many(self, pairs: Iterable[tuple[Stream | Trace, Any]]) -> list[str]:
        """Add streams with their events in one transaction.

        Parameters
        ----------
        pairs : iterable of (Stream, event)
            As `add` takes them.

        Returns
        -------
        list of str
            Names of the recordings, also of those that were stored before.

        Raises
        ------
        ValueError
            If a stream holds no samples; nothing is added then. If a recording is of
            another event already; others are added.
        """
        from obspy import Trace

        from ._writer import STORED_BEFORE, store

        recordings, event_tables, pick_tables = [], [], []
        for stream, event in pairs:
            events, picks = tables_of_event(event)
            event_id = None if events is None else events["event_id"].iloc[0]
            traces = [stream] if isinstance(stream, Trace) else stream
            recordings += make_recordings(traces, event_id)
            event_tables.append(events)
            pick_tables.append(picks)
        outcomes = store(
            self,
            recordings,
            event_table=joined(event_tables),
            pick_table=joined(pick_tables),
        )
        reasons = [why for why in outcomes.values() if why not in ("", STORED_BEFORE)]
        if reasons:
            raise ValueError("; ".join(reasons) + ".")
        return [recording.record_id for recording in recordings]

    def add_events(
        self,
        events: pd.DataFrame | Bunch | str | PathLike[str],
        picks: pd.DataFrame | None = None,
    ) -> None:
        """Add events and picks, or complete those that are stored.

        Parameters
        ----------
        events : DataFrame, Bunch of `read_quakeml`, str or path-like
            Events, or a catalogue that `read_quakeml` reads. An event that has the id
            of a stored one and quite another origin time is left out, with a
            `ReadingWarning` that names it.
        picks : DataFrame, default=None
            Picks: `event_id`, `station`, `phase` and `time`. None takes those of
            `events`, where it has any.
        """
        from ._writer import add_tables

        with notes_shown_once():
            add_tables(self, *as_tables(events, picks))

    def add_stations(
        self, inventory: Inventory | str | PathLike[str] | bytes | Any
    ) -> None:
        """Add stations.

        Parameters
        ----------
        inventory : obspy Inventory, str, path-like, bytes or file object
            Stations, or a StationXML document.
        """
        from ._writer import put_stations

        inventory = read_stationxml(inventory).inventory
        with self.database.writing() as connection:
            put_stations(connection, inventory)

    def import_folder(
        self,
        path: str | PathLike[str],
        *,
        events: pd.DataFrame | Bunch | str | PathLike[str] | None = None,
        picks: pd.DataFrame | None = None,
        groups: Callable[[Path], Any] | Literal["folder"] | None = None,
        copy: bool = True,
        verbose: int = 0,
    ) -> pd.DataFrame:
        """Import files of waveforms.

        Parameters
        ----------
        path : str or path-like
            A folder, such as the root of an SDS archive, of which all files of a format
            that obspy reads are taken, a file, or a pattern.
        events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
            Events to add, or a QuakeML document.
        picks : DataFrame, default=None
            Picks to add.
        groups : callable or "folder", default=None
            Event of each file: a function of its path, or the name of its folder; the
            id of an event, or the end of it if only one ends so. The components of an
            instrument may then be in several files. None leaves recordings without
            event: readers assign them to events by time.
        copy : bool, default=True
            Whether the waveforms are copied into the archive, or stay where they are.
        verbose : int, default=0
            Whether to show the progress in a terminal or notebook.

        Returns
        -------
        DataFrame
            One row per recording, and per file without one and channel that is none,
            such as a log: `record_id`, `event_id`, `files`, `stored` (whether it is
            new) and `reason` (why it is not).
        """
        from ._importing import import_files

        if events is not None:
            self.add_events(events, picks)
        return import_files(
            self, path, groups, copy=copy, batch_size=BATCH, verbose=verbose
        )

    def events(self) -> pd.DataFrame:
        """Return the events.

        Returns
        -------
        DataFrame
            With the columns of `read_quakeml`; `event_type` is the last label given by
            `set_label`, else that of the event.
        """
        from ._tables import read_events

        return read_events(self.database)

    def picks(self) -> pd.DataFrame:
        """Return the picks.

        Returns
        -------
        DataFrame
            With the columns of `read_quakeml`.
        """
        from ._tables import read_picks

        return read_picks(self.database)

    def inventory(self) -> Inventory | None:
        """Return the stations.

        Returns
        -------
        obspy Inventory or None
            All that was added; None where nothing was.
        """
        from ._tables import read_documents

        inventory = None
        for content in read_documents(self.database):
            part = read_stationxml(content).inventory
            inventory = part if inventory is None else inventory + part
        return inventory

    def set_label(self, event_id: str, label: str, *, source: str = "analyst") -> None:
        """Label an event; labels given before are kept in the database.

        Parameters
        ----------
        event_id : str
            The event.
        label : str
            Its label.
        source : str, default="analyst"
            Who or what the label comes from.

        Raises
        ------
        ValueError
            If there is no such event.
        """
        from ._writer import put_label

        if event_id not in set(self.events()["event_id"]):
            raise ValueError(f"There is no event {event_id!r}.")
        with self.database.writing() as connection:
            put_label(connection, event_id, str(label), source)

    def query(
        self,
        expression: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        paths: bool = False,
    ) -> pd.DataFrame:
        """List recordings with their events.

        Parameters
        ----------
        expression : str, default=None
            Condition on the columns: comparisons, ``in``, ``and``, ``or``, ``not`` and
            arithmetic in the syntax of :meth:`pandas.DataFrame.eval`; no calls and
            attributes.
        params : dict, default=None
            Values of the names that ``@`` precedes in `expression`.
        paths : bool, default=False
            Whether `distance_km`, `azimuth` and `back_azimuth` are computed, from the
            places of stations at the times of recordings.

        Returns
        -------
        DataFrame
            One row per recording in the order of import: `record_id`, `event_id`,
            `instrument`, `station`, `channels`, `sampling_rate_hz`, `start_time`,
            `n_samples`, the facts of its event and others.

        Raises
        ------
        ValueError
            If the expression is not a condition on the columns.
        """
        from ._tables import read_recordings

        events = self.events()
        frame = read_recordings(self.database).merge(events, on="event_id", how="left")
        if paths:
            inventory = self.inventory()
            if inventory is None:
                raise ValueError(
                    f"{self} has no stations to compute paths of; see add_stations."
                )
            stations = read_stationxml(inventory).stations
            frame = frame.join(paths_at_times(frame, events, stations))
        if expression is None:
            return frame
        return frame.loc[rows_that_match("expression", frame, expression, params)]

    def references(
        self,
        expression: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
    ) -> npt.NDArray:
        """Return references to recordings, which are read when they are needed.

        Parameters
        ----------
        expression : str, default=None
            Condition on the columns of `query`.
        params : dict, default=None
            Values of the names that ``@`` precedes in `expression`.

        Returns
        -------
        ndarray of object, shape (n_recordings,)
            References: small, picklable, each with `stream()`, `record_id`, `event_id`
            and `instrument`, for `WaveformReader.read`.
        """
        frame = self.query(expression, params=params)
        references = np.empty(len(frame), dtype=object)
        for place, row in enumerate(frame.to_dict("records")):
            references[place] = RecordReference(
                str(self.folder),
                row["record_id"],
                row["event_id"] if isinstance(row["event_id"], str) else None,
                row["instrument"],
                row["digest"],
                bool(row["copied"]),
                tuple(row["files"]),
            )
        return references

    def to_bunch(
        self,
        reader: WaveformReader,
        expression: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        exclusions: pd.DataFrame | str | PathLike[str] | Sequence[str] | None = None,
    ) -> Bunch:
        """Read recordings into an array.

        Parameters
        ----------
        reader : WaveformReader
            The policy.
        expression : str, default=None
            Condition on the columns of `query`.
        params : dict, default=None
            Values of the names that ``@`` precedes in `expression`.
        exclusions : DataFrame, str, path-like or sequence of str, default=None
            Records that are left out, as in `WaveformReader.read`.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            As `WaveformReader.read` returns it; `frame` has the names of the
            recordings as `record_id`. Events without label are read, too: their
            `target` is missing, which a warning counts.
        """
        references = self.references(expression, params=params)
        return reader.read(
            references,
            events=self.events(),
            picks=self.picks(),
            inventory=self.inventory(),
            exclusions=exclusions_among(exclusions, self.query(), references),
        )

    def to_dask(
        self,
        reader: WaveformReader,
        expression: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        exclusions: pd.DataFrame | str | PathLike[str] | Sequence[str] | None = None,
        block_size: int = BATCH,
    ) -> Bunch:
        """Return records as an array of Dask, which may be larger than the memory.

        Nothing but the first record is read here. Workers read a block when it is
        needed, and again after a worker was lost; all of them must find the folder
        under the same path.

        Parameters
        ----------
        reader : WaveformReader
            The policy; `sampling_rate` and `window` must be given, so that no record
            depends on others.
        expression : str, default=None
            Condition on the columns of `query`.
        params : dict, default=None
            Values of the names that ``@`` precedes in `expression`.
        exclusions : DataFrame, str, path-like or sequence of str, default=None
            Records that are left out, as in `WaveformReader.read`, such as the table
            `rejected` that `fingerprints` returns.
        block_size : int in [1, inf), default=256
            Records in a block.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            With `data` (a :class:`dask.array.Array` of float32, of shape
            (n_records, n_samples) or (n_records, n_channels, n_samples), in blocks of
            records), and `target`, `target_names`, `groups`, `stations`, `frame` and
            `DESCR` as `fingerprints` returns them, and `sampling_rate`, `components`,
            `units`, `window` and `align` as `WaveformReader.read` does. Records are
            those of `to_bunch`, in the order of import.

        Raises
        ------
        ValueError
            If a parameter is not valid or there is no recording; from the first record,
            or later from a block, if the reader rejects a record. The message names it.
        """
        from ._dask import dask_bunch

        if not isinstance(block_size, Integral) or block_size < 1:
            raise ValueError(
                f"block_size must be an integer of at least 1; got {block_size!r}."
            )
        references = self.references(expression, params=params)
        return dask_bunch(self, references, reader, exclusions, int(block_size))

    def fingerprints(
        self,
        reader: WaveformReader,
        transformer: Any,
        expression: str | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        exclusions: pd.DataFrame | str | PathLike[str] | Sequence[str] | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> Bunch:
        """Return fingerprints, computed once for each set of parameters and then kept.

        A fingerprint is recomputed where the origin time or pick that its window was
        relative to has changed, or where the response of instruments is removed and
        stations were added.

        Parameters
        ----------
        reader : WaveformReader
            How recordings become records; `sampling_rate` and `window` must be given,
            so that no record depends on others.
        transformer : estimator
            How records become fingerprints: a `FingerprintTransformer`, or a pipeline
            that ends in one, that treats each record alone.
        expression : str, default=None
            Condition on the columns of `query`.
        params : dict, default=None
            Values of the names that ``@`` precedes in `expression`.
        exclusions : DataFrame, str, path-like or sequence of str, default=None
            Records that are left out, as in `WaveformReader.read`.
        n_jobs : int, default=None
            Number of processes that read and compute; joblib's backend decides where
            they run. All must find the folder under the same path. Fingerprints are
            the same for every number.
        verbose : int, default=0
            Whether to show the progress in a terminal or notebook.

        Returns
        -------
        bunch : :class:`~sklearn.utils.Bunch`
            With `data` (the fingerprints, as the transformer returns them), `target`
            (the labels, None where no event has one, missing for events without one,
            which a warning counts; the index ``event_id`` has the events, if that of
            every recording is known), `target_names`, `groups` (the events),
            `stations`, `frame` (as `query` returns it), `rejected` (recordings without
            fingerprint, with their `reason`) and `DESCR`.

        Raises
        ------
        ValueError
            If fingerprints would depend on other records, or no recording has one.
        """
        from ._fingerprints import Work, bunch_of_fingerprints

        references = self.references(expression, params=params)
        return bunch_of_fingerprints(
            self,
            references,
            reader,
            transformer,
            exclusions,
            Work(PART, n_jobs, verbose),
        )

    def save_model(self, name: str, estimator: Any, **facts: Any) -> None:
        """Keep a fitted estimator, as `skseisfp.save` does.

        Parameters
        ----------
        name : str
            Its name; an older model of that name is replaced.
        estimator : estimator
            The model.
        **facts : dict
            Facts to keep with it, such as scores, data and author; values of JSON.
        """
        from ._models import keep_model

        keep_model(self, name, estimator, facts)

    def load_model(self, name: str, *, trusted: Iterable[str | type] = ()) -> Any:
        """Load a model that `save_model` kept.

        Parameters
        ----------
        name : str
            Its name.
        trusted : sequence of str or type, default=()
            Further types that may be loaded, as in `skseisfp.load`.

        Returns
        -------
        estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If there is no such model, its file is not what was stored, or it holds
            types that are not trusted.
        """
        from ._models import model_file

        return load(model_file(self, name), trusted=trusted)

    def models(self) -> pd.DataFrame:
        """Return the table of models.

        Returns
        -------
        DataFrame
            `file`, `sha256` and `facts` by name.
        """
        from ._models import read_models

        return read_models(self.database)

    def verify(self, *, verbose: int = 0) -> pd.DataFrame:
        """Read everything and compare it with its checksums.

        Parameters
        ----------
        verbose : int, default=0
            Whether to show the progress in a terminal or notebook.

        Returns
        -------
        DataFrame
            What is damaged or missing: `kind`, `name` and `problem`; no rows if all is
            well.
        """
        from ._check import find_damage

        return find_damage(self, verbose)

    def clean(self) -> list[str]:
        """Remove files that nothing needs any more and that are older than an hour.

        Processes that were killed leave them, and models that were replaced.

        Returns
        -------
        list of str
            Names of the files that no recording and no model needed.
        """
        from ._check import remove_leftovers

        return remove_leftovers(self)

"""Recordings that become records when they are needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..signal.waveform import RecordError
from ._record_index import traces_of
from .event_tables import as_inventory, as_tables, first_picks, origin_times
from .instruments import instruments_by_station

if TYPE_CHECKING:
    from .waveform_reader import WaveformReader


@dataclass(frozen=True, slots=True)
class LazyRecord:
    """A reference to a recording, and how to make a record of it.

    `alternatives` are recordings of the same event and station by other instruments,
    in order of preference, which are read if those before them make no record.
    """

    reference: Any
    reader: WaveformReader
    preprocessor: Any
    origin_time: Any
    p_time: Any
    inventory: Any
    alternatives: tuple[Any, ...] = ()

    @property
    def event_id(self) -> Any:
        """Event of the recording, None where it is not known."""
        return self.reference.event_id

    def read(self) -> npt.NDArray:
        """Return the record."""
        record = self._read_first()
        if self.preprocessor is None:
            return record
        return self.preprocessor.transform(record[None])[0]

    def _read_first(self):
        """Return the record of the first instrument that makes one."""
        reasons = []
        for reference in (self.reference, *self.alternatives):
            try:
                return self._read(reference)
            except RecordError as error:
                reasons.append(str(error))
        raise RecordError("; ".join(reasons))

    def _read(self, reference):
        """Return the record of an instrument."""
        from obspy import Stream

        return self.reader.read_stream(
            Stream(traces_of(reference, self.reader.channels)),
            origin_time=self.origin_time,
            p_time=self.p_time,
            inventory=self.inventory,
            record_id=reference.record_id,
        )


def lazy_records(
    references: Sequence[Any] | npt.NDArray,
    reader: WaveformReader,
    *,
    preprocessor: Any = None,
    events: Any = None,
    picks: pd.DataFrame | None = None,
    inventory: Any = None,
) -> npt.NDArray:
    """Refer to records, for training on sets that are larger than memory.

    Parameters
    ----------
    references : sequence of references
        Recordings, as `skseisfp.archive.SeismicArchive.references` returns them.
    reader : WaveformReader
        How records are made of recordings. Its `instruments` choose one recording of an
        event and station, as in `WaveformReader.read`. A record for which it rejects
        all of them, see the table `rejected` there, stops the training: choose before.
    preprocessor : transformer, default=None
        Stateless transformer of single records, such as `WaveformPreprocessor`.
    events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
        Events, where the reader aligns to their origin: `event_id` and `origin_time`.
    picks : DataFrame, default=None
        Picks, where the reader aligns to them: `event_id`, `station`, `phase` and
        `time`. None takes those of `events`.
    inventory : obspy Inventory, str or path-like, default=None
        Stations, where the reader needs their orientations or responses.

    Returns
    -------
    ndarray of object, shape (n_records,)
        References, each with `event_id` and a method ``read`` that returns the record:
        one for an event and station, in the order of the preferred recordings among
        `references`. They can be split, indexed and pickled like any array, and are X
        for `skseisfp.neural.FingerprintClassifier`.

    Raises
    ------
    TypeError
        If a reference, the reader or the preprocessor is something else.
    ValueError
        If a table is not valid.

    See Also
    --------
    skseisfp.neural.FingerprintClassifier : Its `memory_limit` bounds the records that
        are kept in memory.

    Examples
    --------
    >>> from skseisfp.io import WaveformReader, lazy_records
    >>> from skseisfp.archive import SeismicArchive
    >>> archive = SeismicArchive("archive")  # doctest: +SKIP
    >>> X = lazy_records(
    ...     archive.references(), WaveformReader(window=(0, 90))
    ... )  # doctest: +SKIP
    >>> X[0].read().shape  # doctest: +SKIP
    (3, 9000)
    """
    _check_references(references)
    _check_instance("reader", reader, "read_stream", "WaveformReader()")
    if preprocessor is not None:
        _check_instance(
            "preprocessor", preprocessor, "transform", "WaveformPreprocessor()"
        )
    references = list(references)
    events, picks = as_tables(events, picks)
    inventory = as_inventory(inventory)
    stations = [reference.station for reference in references]
    origins, p_times = origin_times(events), first_picks(picks, "P", stations)
    chosen = _one_of_a_station(references, reader.instruments)
    records = np.empty(len(chosen), dtype=object)
    for place, (reference, *others) in enumerate(chosen):
        event = reference.event_id
        records[place] = LazyRecord(
            reference,
            reader,
            preprocessor,
            origins.get(event, pd.NaT),
            p_times.get((event, reference.station), pd.NaT),
            inventory,
            tuple(others),
        )
    return records


def _one_of_a_station(references, preferred):
    """Return the recordings of each event and station, in order of preference."""
    places = {id(reference): place for place, reference in enumerate(references)}

    def key(reference):
        event = reference.event_id
        place = places[id(reference)] if event is None else None
        return event, reference.station, place

    groups = instruments_by_station(references, preferred, key)
    return sorted(groups, key=lambda group: places[id(group[0])])


def _check_references(references):
    """Raise for what is not a reference, such as a path."""
    single = isinstance(references, (str, os.PathLike))
    for place, reference in enumerate([references] if single else references):
        if not hasattr(reference, "stream"):
            raise TypeError(
                "references must be recordings as SeismicArchive.references "
                f"returns them; number {place} is {reference!r}. Files are read by "
                "WaveformReader.read, or put into a SeismicArchive."
            )


def _check_instance(name, value, method, example):
    """Raise for a class, or an object without the method that reading calls."""
    if isinstance(value, type) or not hasattr(value, method):
        raise TypeError(
            f"{name} must be an object with the method {method}, such as {example}; "
            f"got {value!r}."
        )

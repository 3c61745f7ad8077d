"""Recordings that become records when they are needed."""

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .event_tables import as_inventory, as_tables


@dataclass(frozen=True, slots=True)
class LazyRecord:
    """A reference to a recording, and how to make a record of it."""

    reference: object
    reader: object
    preprocessor: object
    origin_time: object
    arrival_time: object
    inventory: object

    def read(self):
        """Return the record."""
        record = self.reader.read_stream(
            self.reference.stream(),
            origin_time=self.origin_time,
            arrival_time=self.arrival_time,
            inventory=self.inventory,
            record_id=self.reference.record_id,
        )
        if self.preprocessor is None:
            return record
        return self.preprocessor.transform(record[None])[0]


def lazy_records(
    references, reader, *, preprocessor=None, events=None, picks=None, inventory=None
):
    """Refer to records, for training on sets that are larger than memory.

    Parameters
    ----------
    references : sequence of references
        Recordings, as `skseisfp.archive.SeismicArchive.references` gives them.
    reader : WaveformReader
        How records are made of recordings. Recordings that it would refuse, see the
        table `rejected` of `WaveformReader.read`, stop the training: choose before.
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
        References, each with a method ``read`` that returns the record. They can be
        split, indexed and pickled like any array, and are X for
        `skseisfp.neural.FingerprintClassifier`.

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
    events, picks = as_tables(events, picks)
    inventory = as_inventory(inventory)
    origins, arrivals = {}, {}
    if events is not None:
        origins = dict(zip(events["event_id"], events["origin_time"], strict=True))
    if picks is not None:
        primary = picks[picks["phase"].fillna("").astype(str).str.startswith("P")]
        arrivals = primary.groupby(["event_id", "station"])["time"].min().to_dict()
    records = np.empty(len(references), dtype=object)
    for place, reference in enumerate(references):
        event = reference.event_id
        records[place] = LazyRecord(
            reference,
            reader,
            preprocessor,
            origins.get(event, pd.NaT),
            arrivals.get((event, reference.station), pd.NaT),
            inventory,
        )
    return records


def _check_references(references):
    """Refuse sources that are no references, such as paths."""
    single = isinstance(references, (str, os.PathLike))
    for place, reference in enumerate([references] if single else references):
        if not hasattr(reference, "stream"):
            raise TypeError(
                "references must be recordings as SeismicArchive.references gives "
                f"them; number {place} is {reference!r}. Files are read by "
                "WaveformReader.read, or put into a SeismicArchive."
            )


def _check_instance(name, value, method, example):
    """Refuse a class, or an object without the method that reading calls."""
    if isinstance(value, type) or not hasattr(value, method):
        raise TypeError(
            f"{name} must be an object with the method {method}, such as {example}; "
            f"got {value!r}."
        )

"""Batches of recordings that become fingerprints, each in any process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from ..io.instruments import reason_of_preference
from ..signal import pack_fingerprints
from ..signal.waveform import RecordError
from ._segments import segments_kept_open


class Recipe(NamedTuple):
    """How recordings become fingerprints."""

    reader: Any
    transformer: Any
    inventory: Any


class Batch(NamedTuple):
    """Stations with their recordings, best first, and the times of those to read."""

    stations: list[list[Any]]
    times: dict[str, Any]


class Fingerprints(NamedTuple):
    """The fingerprints of a batch as bytes, and why other recordings have none."""

    names: list[str]
    bits: list[bytes]
    shape: tuple[int, ...]
    signed: bool
    reasons: dict[str, str]


def make_batches(
    stations: Iterable[list[Any]], times: dict[str, Any], batch_size: int
) -> Iterator[Batch]:
    """Yield batches of recordings to read.

    Parameters
    ----------
    stations : iterable of list
        References to the recordings of a station, the preferred one first.
    times : dict
        Times that windows are relative to, by the names of recordings to read.
    batch_size : int
        Recordings to read that a batch holds at least, if there are as many.
    """
    batch = Batch([], {})
    for items in stations:
        batch.stations.append(items)
        names = [item.record_id for item in items]
        batch.times.update({name: times[name] for name in names if name in times})
        if len(batch.times) >= batch_size:
            yield batch
            batch = Batch([], {})
    if batch.stations:
        yield batch


def compute_batch(recipe: Recipe, batch: Batch) -> Fingerprints:
    """Compute the fingerprints of a batch."""
    reasons, samples = {}, {}
    with segments_kept_open():
        for items in batch.stations:
            reasons |= _read_first(recipe, items, batch.times, samples)
    if not samples:
        return Fingerprints([], [], (), False, reasons)
    X = np.stack(list(samples.values()))
    transformer: Any = clone(recipe.transformer)  # which other threads do not fit
    X = transformer.fit(X[:1]).transform(X)
    bits = list(map(np.ndarray.tobytes, pack_fingerprints(X)))
    return Fingerprints(list(samples), bits, X.shape[1:], X.dtype == np.int8, reasons)


def _read_first(recipe, items, times, samples):
    """Read the first good instrument of a station that lacks its fingerprint.

    Returns
    -------
    dict
        Why the others have none; recordings without event do not replace each other.
    """
    reasons, chosen = {}, None
    for item in items:
        name = item.record_id
        if chosen is not None:
            reasons[name] = reason_of_preference(chosen)
            continue
        try:
            if name in times:
                samples[name] = _read(recipe, item, times[name])
            chosen = None if item.event_id is None else item.instrument
        except RecordError as error:
            reasons[name] = str(error)
    return reasons


def _read(recipe, item, time):
    """Return the record of a reference."""
    return recipe.reader.read_stream(
        item.stream(),
        origin_time=time,
        p_time=time,
        inventory=recipe.inventory,
        record_id=item.record_id,
    )

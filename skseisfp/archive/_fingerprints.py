"""Fingerprints of an archive: computed once for each record and set of parameters."""

import json
from functools import partial
from hashlib import sha256
from types import MethodType
from typing import NamedTuple
from zlib import crc32

import numpy as np
from joblib import delayed
from sklearn.base import clone
from sklearn.utils import get_tags
from sqlalchemy import and_, select
from sqlalchemy.dialects.sqlite import insert

from .._utils.batches import results_in_order
from .._utils.progress import progress
from .._utils.versions import installed_version
from ..io.event_tables import first_picks, origin_times
from ..io.exclusions import exclusions_among, reasons_to_exclude
from ..io.instruments import instruments_by_station
from ..io.record_bunch import record_bunch, rejected_rows
from ..io.record_notes import note_low_rates
from ..io.times import in_nanoseconds
from ..io.unlabelled import count_unlabelled
from ..signal import unpack_fingerprints
from ._batches import Batch, Recipe, compute_batch, make_batches
from ._database import fingerprints, recordings, settings
from ._tables import read_documents, read_events, read_picks

PART = 1024  # fingerprints that are unpacked at a time, to bound the memory
NAME = "SeismicArchive"  # in front of progress
WITHOUT_EFFECT = {"batch_size", "memory", "n_jobs", "verbose"}  # on a fingerprint


class Work(NamedTuple):
    """How work is divided and shown."""

    batch_size: int
    n_jobs: int | None = None
    verbose: int = 0


def bunch_of_fingerprints(archive, references, reader, transformer, exclusions, work):
    """Return fingerprints as `SeismicArchive.fingerprints` describes them."""
    check_reader(reader)
    _check_alone(transformer)
    stored = archive.query()
    exclusions = exclusions_among(exclusions, stored, references)
    reasons = reasons_to_exclude(exclusions, [item.record_id for item in references])
    number = _settings_id(archive.database, _describe(archive, reader, transformer))
    taken = [item for item in references if item.record_id not in reasons]
    recipe = Recipe(reader, clone(transformer), archive.inventory())
    reasons |= _make_fingerprints(archive, taken, recipe, number, work)
    names = [item.record_id for item in references if item.record_id not in reasons]
    if not names:
        raise ValueError(
            f"No recording has a fingerprint: {sorted(set(reasons.values()))[:5]}."
        )
    X = _get_fingerprints(archive.database, number, names)
    bunch = _make_bunch(stored, names, X, reasons)
    note_low_rates(bunch.frame, reader.sampling_rate)
    return bunch


def _describe(archive, reader, transformer):
    """Return all parameters that fingerprints depend on, as JSON values."""
    stations = [] if reader.response is None else read_documents(archive.database)
    return {
        "skseisfp": installed_version("skseisfp"),
        "stations": sorted(sha256(content).hexdigest() for content in stations),
        "reader": _parameters(reader),
        "transformer": _parameters(transformer),
    }


def _parameters(value):
    """Return a value as JSON: estimators by class and parameters."""
    if hasattr(value, "get_params"):
        parameters = value.get_params(deep=False)
        return {
            "class": f"{type(value).__module__}.{type(value).__qualname__}",
            **{
                name: _parameters(parameters[name])
                for name in sorted(parameters.keys() - WITHOUT_EFFECT)
            },
        }
    if isinstance(value, (np.ndarray, np.generic)):  # whose repr leaves out digits
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_parameters(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _parameters(item) for name, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    text = repr(value)
    if " at 0x" in text or isinstance(value, (MethodType, partial)):
        raise ValueError(
            f"{text} has no representation that lasts; its fingerprints cannot be kept."
        )
    return text


def _settings_id(database, description):
    """Return the number of a set of parameters, a new one if there is none."""
    text = json.dumps(description, sort_keys=True)
    digest = sha256(text.encode()).hexdigest()
    with database.writing() as connection:
        connection.execute(
            insert(settings)
            .values(digest=digest, description=description)
            .on_conflict_do_nothing()
        )
        number = select(settings.c.id).where(settings.c.digest == digest)
        return connection.execute(number).scalar_one()


def _make_fingerprints(archive, references, recipe, number, work):
    """Compute and store the fingerprints that records lack, batch by batch.

    A fingerprint is recomputed if its record was cut at another time than the origin or
    pick that the archive holds now. Batches are computed by any number of workers, and
    stored by this process as they come: what is stored outlives an error.

    Returns
    -------
    dict
        By recording, why it has no fingerprint.
    """
    reader = recipe.reader
    times = _reference_times(archive, reader, references)
    lacking = _lacking(archive.database, number, times)
    stations = instruments_by_station(
        references, reader.instruments, lambda item: (item.event_id, item.station)
    )
    complete = Batch([items for items in stations if not _lacks(items, lacking)], {})
    reasons = compute_batch(recipe, complete).reasons
    batches = make_batches(
        (items for items in stations if _lacks(items, lacking)),
        {name: times[name] for name in lacking},
        work.batch_size,
    )
    jobs = (delayed(compute_batch)(recipe, batch) for batch in batches)
    with progress(len(lacking), "recordings", work.verbose, by=NAME) as advance:
        for found in results_in_order(jobs, n_jobs=work.n_jobs):
            keys = [(lacking[name], _stamp(times[name])) for name in found.names]
            if keys:
                _put(archive.database, number, keys, found)
            reasons |= found.reasons
            advance(len(found.names) + len(found.reasons.keys() & lacking.keys()))
    return reasons


def _lacks(items, lacking):
    """Return whether one of some recordings lacks its fingerprint."""
    return any(item.record_id in lacking for item in items)


def _reference_times(archive, reader, references):
    """Map recordings to the time that the window of a reader is relative to.

    None where there is none; recordings that are cut at their start need none.
    """
    if reader.align == "origin":
        origins = origin_times(read_events(archive.database))
        return {item.record_id: origins.get(item.event_id) for item in references}
    if reader.align == "P":
        stations = [item.station for item in references]
        p_times = first_picks(read_picks(archive.database), "P", stations)
        return {
            item.record_id: p_times.get((item.event_id, item.station))
            for item in references
        }
    return dict.fromkeys(item.record_id for item in references)


def _stamp(time):
    """Return a time in nanoseconds, 0 for None."""
    return 0 if time is None else in_nanoseconds(time)


def _lacking(database, number, times):
    """Map recordings without fingerprint for their time to their numbers."""
    of_settings = (
        fingerprints.c.recording == recordings.c.id,
        fingerprints.c.settings == number,
    )
    query = select(
        recordings.c.record_id, recordings.c.id, fingerprints.c.reference_ns
    ).outerjoin(fingerprints, and_(*of_settings))
    with database.reading() as connection:
        return {
            name: at
            for name, at, stamp in connection.execute(query)
            if name in times and stamp != _stamp(times[name])
        }


def _put(database, number, keys, found):
    """Store the fingerprints of some recordings, in place of older ones."""
    rows = [
        {
            "settings": number,
            "recording": at,
            "reference_ns": time,
            "bits": bits,
            "checksum": crc32(bits),
        }
        for (at, time), bits in zip(keys, found.bits, strict=True)
    ]
    layout = {"shape": list(found.shape), "signed": int(found.signed)}
    statement = insert(fingerprints)
    names = ("reference_ns", "bits", "checksum")
    renewed = {name: statement.excluded[name] for name in names}
    statement = statement.on_conflict_do_update(["recording", "settings"], set_=renewed)
    with database.writing() as connection:
        place = settings.c.id == number
        connection.execute(settings.update().where(place).values(**layout))
        connection.execute(statement, rows)


def _get_fingerprints(database, number, names):
    """Read the fingerprints of recordings that all have one.

    Returns
    -------
    ndarray of shape (n_records, ...)
        The fingerprints, in the order of the names.
    """
    layout = select(settings.c.shape, settings.c.signed).where(settings.c.id == number)
    query = (
        select(recordings.c.record_id, fingerprints.c.bits)
        .join(fingerprints, fingerprints.c.recording == recordings.c.id)
        .where(fingerprints.c.settings == number)
    )
    places = {name: place for place, name in enumerate(names)}
    with database.reading() as connection:
        shape, signed = connection.execute(layout).one()
        X = np.empty((len(names), *shape), dtype=np.int8 if signed else np.uint8)
        rows = connection.execute(query, execution_options={"yield_per": PART})
        for part in rows.partitions():
            part = [(places[name], bits) for name, bits in part if name in places]
            if part:
                at, bits = zip(*part, strict=True)
                packed = np.frombuffer(b"".join(bits), np.uint8).reshape(len(at), -1)
                X[list(at)] = unpack_fingerprints(packed, tuple(shape), signed=signed)
    return X


def check_reader(reader):
    """Raise if a record of a reader depends on other records."""
    if reader.sampling_rate is None or reader.window is None:
        raise ValueError(
            "reader must have sampling_rate and window: without them a record depends "
            "on others, and its fingerprint cannot be kept."
        )


def _check_alone(transformer):
    """Raise if the result of a transformer depends on other records."""
    steps = [step for _, step in getattr(transformer, "steps", [("", transformer)])]
    for step in steps:
        if get_tags(step).requires_fit:
            raise ValueError(
                f"{step} learns from other records; its fingerprints cannot be kept."
            )


def _make_bunch(frame, names, X, reasons):
    """Return fingerprints and the table of their records as a Bunch."""
    frame = frame.set_index("record_id", drop=False)
    rejected = rejected_rows(frame, reasons)
    bunch = record_bunch(
        X,
        frame.loc[names].reset_index(drop=True),
        rejected=rejected[["record_id", "event_id", "reason"]].reset_index(drop=True),
        DESCR=f"Fingerprints of {len(names)} recordings; {len(reasons)} have none.",
    )
    return count_unlabelled(bunch, stacklevel=5)  # the line that calls fingerprints

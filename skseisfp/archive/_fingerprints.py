"""Fingerprints of an archive: computed once for each record and set of parameters."""

import json
from functools import partial
from hashlib import sha256
from zlib import crc32

import numpy as np
from sklearn.base import clone
from sklearn.utils import get_tags
from sqlalchemy import and_, select
from sqlalchemy.dialects.sqlite import insert

from .._utils.versions import installed_version
from ..io.event_tables import first_picks, origin_times
from ..io.exclusions import exclusions_among, reasons_to_exclude
from ..io.instruments import instruments_by_station, reason_of_preference
from ..io.record_bunch import record_bunch, rejected_rows
from ..io.times import in_nanoseconds
from ..io.unlabelled import count_unlabelled
from ..signal import pack_fingerprints, unpack_fingerprints
from ..signal.waveform import RecordError
from ._database import fingerprints, recordings, settings
from ._tables import read_documents, read_events, read_picks

PART = 1024  # fingerprints that are unpacked at a time, to bound the memory
WITHOUT_EFFECT = {"batch_size", "memory", "n_jobs", "verbose"}  # on a fingerprint


def bunch_of_fingerprints(
    archive, references, reader, transformer, exclusions, batch_size
):
    """Return fingerprints as `SeismicArchive.fingerprints` describes them."""
    _check_alone(reader, transformer)
    stored = archive.query()
    exclusions = exclusions_among(exclusions, stored, references)
    reasons = reasons_to_exclude(exclusions, [item.record_id for item in references])
    number = _settings_id(archive.database, _describe(archive, reader, transformer))
    taken = [item for item in references if item.record_id not in reasons]
    reasons |= _make_fingerprints(
        archive, taken, reader, clone(transformer), number, batch_size
    )
    names = [item.record_id for item in references if item.record_id not in reasons]
    if not names:
        raise ValueError(
            f"No recording has a fingerprint: {sorted(set(reasons.values()))[:5]}."
        )
    X = _get_fingerprints(archive.database, number, names)
    return _make_bunch(stored, names, X, reasons)


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
    if isinstance(value, (list, tuple)):
        return [_parameters(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    text = repr(value)
    if " at 0x" in text:
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


def _make_fingerprints(archive, references, reader, transformer, number, batch_size):
    """Compute and store the fingerprints that records lack, batch by batch.

    A fingerprint is recomputed if its record was cut at another time than the origin or
    pick that the archive holds now.

    Returns
    -------
    dict
        By recording, why it has no fingerprint.
    """
    times = _reference_times(archive, reader, references)
    lacking = _lacking(archive.database, number, times)
    read = partial(_read, reader, archive.inventory(), times)
    reasons, samples = {}, {}

    def put():
        X = np.stack(list(samples.values()))
        X = transformer.fit(X[:1]).transform(X)
        keys = [(lacking[name], _stamp(times[name])) for name in samples]
        _put(archive.database, number, keys, X)
        samples.clear()

    for alternatives in instruments_by_station(
        references, reader.instruments, lambda item: (item.event_id, item.station)
    ):
        reasons |= _read_first(alternatives, lacking, read, samples)
        if len(samples) >= batch_size:
            put()
    if samples:
        put()
    return reasons


def _read_first(alternatives, lacking, read, samples):
    """Read the first good instrument of a station that lacks its fingerprint.

    Returns
    -------
    dict
        Why the others have none; recordings without event do not replace each other.
    """
    reasons, chosen = {}, None
    for item in alternatives:
        if chosen is not None:
            reasons[item.record_id] = reason_of_preference(chosen)
            continue
        try:
            if item.record_id in lacking:
                samples[item.record_id] = read(item)
            chosen = None if item.event_id is None else item.instrument
        except RecordError as error:
            reasons[item.record_id] = str(error)
    return reasons


def _read(reader, inventory, times, item):
    """Return the record of a reference."""
    time = times[item.record_id]
    return reader.read_stream(
        item.stream(),
        origin_time=time,
        p_time=time,
        inventory=inventory,
        record_id=item.record_id,
    )


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


def _put(database, number, keys, X):
    """Store the fingerprints of some recordings, in place of older ones."""
    rows = [
        {
            "settings": number,
            "recording": at,
            "reference_ns": time,
            "bits": bits,
            "checksum": crc32(bits),
        }
        for (at, time), bits in zip(
            keys, map(np.ndarray.tobytes, pack_fingerprints(X)), strict=True
        )
    ]
    layout = {"shape": list(X.shape[1:]), "signed": int(X.dtype == np.int8)}
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


def _check_alone(reader, transformer):
    """Raise if the result of a reader or transformer depends on other records."""
    if reader.sampling_rate is None or reader.window is None:
        raise ValueError(
            "reader must have sampling_rate and window: without them a record depends "
            "on others, and its fingerprint cannot be kept."
        )
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

"""Prints of an archive: made once for each record and set of parameters."""

import json
from hashlib import sha256

import numpy as np
from sklearn.utils import Bunch, get_tags
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from .._utils.versions import installed_version
from ..signal.encoding import pack_fingerprints, unpack_fingerprints
from ._archive_database import prints, recordings, settings
from ._archive_tables import reference_times
from ._waveform import RecordError

PART = 1024  # prints that are unpacked at a time
IMMATERIAL = {"batch_size", "memory", "n_jobs", "verbose"}  # parameters without effect


def describe(reader, transformer):
    """Return all parameters that prints depend on, as JSON values."""
    return {
        "skseisfp": installed_version("skseisfp"),
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
                for name in sorted(parameters.keys() - IMMATERIAL)
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
            f"{text} has no representation that lasts; prints of it cannot be kept."
        )
    return text


def settings_id(database, description):
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


def make_prints(archive, references, reader, transformer, number, batch_size):
    """Make and store the prints that records lack, batch by batch."""
    lacking = _lacking(archive.database, number)
    references = [item for item in references if item.record_id in lacking]
    origins, arrivals = reference_times(archive.database)
    inventory = archive.inventory()
    for start in range(0, len(references), batch_size):
        samples, reasons = {}, {}
        for item in references[start : start + batch_size]:
            try:
                samples[lacking[item.record_id]] = reader.read_stream(
                    item.stream(),
                    origin_time=origins.get(item.event_id),
                    arrival_time=arrivals.get((item.event_id, item.station)),
                    inventory=inventory,
                    record_id=item.record_id,
                )
            except RecordError as error:
                reasons[lacking[item.record_id]] = str(error)
        X = None
        if samples:
            X = np.stack(list(samples.values()))
            X = transformer.fit(X[:1]).transform(X)
        _put(archive.database, number, list(samples), X, reasons)


def _lacking(database, number):
    """Map the names of recordings without print to their numbers."""
    made = select(prints.c.recording).where(prints.c.settings == number)
    query = select(recordings.c.record_id, recordings.c.id)
    with database.reading() as connection:
        rows = connection.execute(query.where(recordings.c.id.not_in(made)))
        return dict(map(tuple, rows))


def _put(database, number, made, X, reasons):
    """Store the prints of some recordings, and why others have none."""
    rows = [
        {"settings": number, "recording": at, "bits": None, "reason": reason}
        for at, reason in reasons.items()
    ]
    if made:
        rows += [
            {
                "settings": number,
                "recording": at,
                "bits": bits.tobytes(),
                "reason": None,
            }
            for at, bits in zip(made, pack_fingerprints(X), strict=True)
        ]
    with database.writing() as connection:
        if made:
            layout = {"shape": list(X.shape[1:]), "signed": int(X.dtype == np.int8)}
            place = settings.c.id == number
            connection.execute(settings.update().where(place).values(**layout))
        connection.execute(insert(prints).on_conflict_do_nothing(), rows)


def get_prints(database, number, record_ids):
    """Read the prints of recordings.

    Returns
    -------
    names : list of str
        Recordings that have a print, in the order given.
    X : ndarray of shape (n_records, ...) or None
        Their prints; None where there is none.
    reasons : dict
        Why the others have none.
    """
    with database.reading() as connection:
        reasons = dict(
            map(tuple, connection.execute(_prints_of(number, prints.c.reason)))
        )
        names = [name for name in record_ids if reasons[name] is None]
        reasons = {name: reasons[name] for name in record_ids if reasons[name]}
        if not names:
            return names, None, reasons
        layout = select(settings.c.shape, settings.c.signed)
        shape, signed = connection.execute(layout.where(settings.c.id == number)).one()
        dtype = np.int8 if signed else np.uint8
        X = np.empty((len(names), *shape), dtype=dtype)
        places = {name: place for place, name in enumerate(names)}
        rows = connection.execute(
            _prints_of(number, prints.c.bits).where(prints.c.bits.is_not(None)),
            execution_options={"yield_per": PART},
        )
        for part in rows.partitions():
            part = [(places[name], bits) for name, bits in part if name in places]
            if part:
                at, bits = zip(*part, strict=True)
                packed = np.frombuffer(b"".join(bits), np.uint8).reshape(len(at), -1)
                X[list(at)] = unpack_fingerprints(packed, tuple(shape), signed=signed)
    return names, X, reasons


def _prints_of(number, column):
    """Return a query of the names of recordings with something of their prints."""
    return (
        select(recordings.c.record_id, column)
        .join(prints, prints.c.recording == recordings.c.id)
        .where(prints.c.settings == number)
    )


def check_alone(reader, transformer):
    """Refuse readers and transformers whose result depends on other records."""
    if reader.sampling_rate is None or reader.window is None:
        raise ValueError(
            "reader must have sampling_rate and window: without them a record depends "
            "on others, and its print cannot be kept."
        )
    steps = [step for _, step in getattr(transformer, "steps", [("", transformer)])]
    for step in steps:
        if get_tags(step).requires_fit:
            raise ValueError(
                f"{step} learns from other records; its prints cannot be kept."
            )


def print_bunch(frame, names, X, reasons):
    """Collect prints with what is known of their records."""
    frame = frame.set_index("record_id", drop=False)
    rejected = frame.loc[list(reasons)].assign(reason=list(reasons.values()))
    frame = frame.loc[names].reset_index(drop=True)
    target = None
    if frame["event_type"].notna().any():
        target = frame["event_type"].to_numpy(object)
    return Bunch(
        data=X,
        target=target,
        target_names=sorted(frame["event_type"].dropna().unique()),
        groups=frame["event_id"].fillna(frame["record_id"]).to_numpy(str),
        stations=frame["station"].to_numpy(str),
        frame=frame,
        rejected=rejected[["record_id", "event_id", "reason"]].reset_index(drop=True),
        DESCR=f"Prints of {len(names)} recordings; {len(reasons)} have none.",
    )

"""Damage in an archive, found and named; leftovers, removed."""

import time
from hashlib import sha256

import pandas as pd
from sqlalchemy import select

from ._archive_database import models, prints, recordings, settings
from ._waveform import RecordError

YOUNG = 3600.0  # seconds; an unnamed file of that age may still get its name


def find_damage(archive):
    """Return a table of what is damaged: `kind`, `name` and `problem`."""
    found = [("database", "archive.sqlite", text) for text in _database(archive)]
    for reference in archive.references():
        try:
            reference.stream()
        except RecordError as error:
            found.append(("recording", reference.record_id, str(error)))
    found += [("model", name, text) for name, text in _models(archive)]
    found += [("print", name, text) for name, text in _prints(archive)]
    return pd.DataFrame(found, columns=["kind", "name", "problem"])


def _database(archive):
    """Yield what the database says of itself."""
    with archive.database.reading() as connection:
        for pragma in ("integrity_check", "foreign_key_check"):
            for row in connection.exec_driver_sql(f"PRAGMA {pragma}"):
                if row[0] != "ok":
                    yield " ".join(map(str, row))


def _models(archive):
    """Yield the models whose file is missing or has changed."""
    with archive.database.reading() as connection:
        rows = connection.execute(select(models)).all()
    for row in rows:
        file = archive.models_folder / row.file
        if not file.is_file():
            yield row.name, f"{file} is missing"
        elif sha256(file.read_bytes()).hexdigest() != row.sha256:
            yield row.name, f"{file} is damaged"


def _prints(archive):
    """Yield the records whose prints have not the size that they should have."""
    columns = recordings.c.record_id, prints.c.bits, settings.c.shape, settings.c.signed
    query = (
        select(*columns)
        .join(prints, prints.c.recording == recordings.c.id)
        .join(settings, settings.c.id == prints.c.settings)
    )
    with archive.database.reading() as connection:
        for name, bits, shape, signed in connection.execute(query):
            n_bits = 1 + bool(signed)
            for length in shape:
                n_bits *= length
            if len(bits) != -(-n_bits // 8):
                yield name, f"its print has {len(bits)} bytes for {n_bits} bits"


def remove_leftovers(archive):
    """Remove files of waveforms that no recording names, unless they are young."""
    with archive.database.reading() as connection:
        named = {
            file
            for held in connection.execute(select(recordings.c.files)).scalars()
            for file in held
        }
    removed = []
    for file in sorted(archive.waveforms.iterdir()):
        if file.name not in named and time.time() - file.stat().st_mtime > YOUNG:
            file.unlink()
            removed.append(file.name)
    return removed

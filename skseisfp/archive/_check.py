"""Damage in an archive, found and named; files that nothing needs, removed."""

import time
from hashlib import sha256
from zlib import crc32

import pandas as pd
from sqlalchemy import select

from .._utils.progress import progress
from ..signal.waveform import RecordError
from ._database import documents, fingerprints, models, recordings
from ._segments import segments_kept_open

NAME = "SeismicArchive"  # in front of progress
YOUNG = 3600.0  # seconds; a younger file may still get its row in a table


def find_damage(archive, verbose=0):
    """Return a table of what is damaged: `kind`, `name` and `problem`."""
    found = [("database", "archive.sqlite", text) for text in _database(archive)]
    found += [("recording", *row) for row in _recordings(archive, verbose)]
    found += [("model", name, text) for name, text in _models(archive)]
    found += [("fingerprint", name, text) for name, text in _fingerprints(archive)]
    found += [("stations", name, text) for name, text in _documents(archive)]
    return pd.DataFrame(found, columns=["kind", "name", "problem"])


def _database(archive):
    """Yield the faults that the database finds in itself."""
    with archive.database.reading() as connection:
        for pragma in ("integrity_check", "foreign_key_check"):
            for row in connection.exec_driver_sql(f"PRAGMA {pragma}"):
                if row[0] != "ok":
                    yield " ".join(map(str, row))


def _recordings(archive, verbose):
    """Return the recordings that cannot be read as they were stored, and why."""
    references = archive.references()
    found = []
    with (
        segments_kept_open(),
        progress(len(references), "recordings", verbose, by=NAME) as advance,
    ):
        for reference in references:
            try:
                reference.stream()
            except RecordError as error:
                found.append((reference.record_id, str(error)))
            advance()
    return found


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


def _fingerprints(archive):
    """Yield the records whose fingerprints have changed."""
    columns = recordings.c.record_id, fingerprints.c.bits, fingerprints.c.checksum
    query = select(*columns).join(
        fingerprints, fingerprints.c.recording == recordings.c.id
    )
    with archive.database.reading() as connection:
        for name, bits, checksum in connection.execute(query):
            if crc32(bits) != checksum:
                yield name, "its fingerprint is damaged"


def _documents(archive):
    """Yield the documents of stations that have changed."""
    with archive.database.reading() as connection:
        for name, content in connection.execute(select(documents)):
            if sha256(content).hexdigest() != name:
                yield name, "the document of stations is damaged"


def remove_leftovers(archive):
    """Remove files that no recording and no model names, unless they are young."""
    with archive.database.reading() as connection:
        named = {
            file
            for held in connection.execute(select(recordings.c.files)).scalars()
            for file in held
        }
        named.update(connection.execute(select(models.c.file)).scalars())
    removed = []
    for folder in (archive.waveforms, archive.models_folder):
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if file.name not in named and time.time() - file.stat().st_mtime > YOUNG:
                file.unlink()
                removed.append(file.name)
    return removed

"""Compressed files and archives of files, unpacked within a bound."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ..signal.waveform import RecordError

# A day of three components at 200 Hz has 0.2 GB as float; a few kB can unpack to 1 TB.
MOST_BYTES = 1 << 30
FAULTS = (
    *(OSError, EOFError, ValueError, NotImplementedError, RuntimeError),
    *(lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error),
)
PIECE = 1 << 20  # bytes that are unpacked at a time
TAR_BLOCK = 512  # bytes of a header in a tar archive (POSIX.1-1988)
NOT_TO_UNPACK = b"obspy_no_uncompress"  # comment of obspy's own format that is a zip


def is_compressed(head: bytes) -> bool:
    """Return whether the first 512 bytes are those of a file that is unpacked."""
    return head.startswith((b"\x1f\x8b", b"BZh", b"PK\x03\x04")) or _is_tar(head)


def unpacked(data: bytes) -> list[tuple[str, bytes]] | None:
    """Return names and contents of what a compressed file holds, None if not one.

    Raises
    ------
    RecordError
        If it is damaged or unpacks to more than `MOST_BYTES`.
    """
    if not is_compressed(data[:512]):
        return None
    try:
        if data.startswith(b"PK"):
            return _from_zip(data)
        if data.startswith(b"\x1f\x8b"):
            data = _bounded(gzip.GzipFile(fileobj=io.BytesIO(data)))
        elif data.startswith(b"BZh"):
            data = _bounded(bz2.BZ2File(io.BytesIO(data)))
        return _from_tar(data) if _is_tar(data) else [("", data)]
    except FAULTS as error:
        raise RecordError(f"it cannot be unpacked: {error}") from error


@contextmanager
def unpacked_files(data: bytes, name: str) -> Iterator[list[Path] | None]:
    """Provide what a compressed file holds as files, None if it is of no such kind."""
    members = unpacked(data)
    if members is None:
        yield None
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = []
        for number, (member, content) in enumerate(members):
            place = Path(folder) / str(number)
            place.mkdir()
            files.append(place / Path(member or Path(name).stem).name)
            files[-1].write_bytes(content)
        yield files


def _is_tar(head):
    """Return whether bytes begin a tar archive."""
    head = head[:TAR_BLOCK]
    try:
        with tarfile.open(fileobj=io.BytesIO(head), mode="r:"):
            return any(head)
    except FAULTS:
        return False


def _bounded(stream):
    """Read a stream; raise if it is longer than any file that is read."""
    pieces, total = io.BytesIO(), 0
    while piece := stream.read(PIECE):  # all that is asked for is allocated
        total += pieces.write(piece)
        _check_total([total])
    return pieces.getvalue()


def _from_zip(data):
    """Return the files of a zip archive; None for a format that is one itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if NOT_TO_UNPACK in archive.comment:
            return None
        files = [item for item in archive.infolist() if not item.is_dir()]
        _check_total(item.file_size for item in files)
        return [(item.filename, archive.read(item)) for item in files]


def _from_tar(data):
    """Return the regular files of a tar archive, None if it has none; no links."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        files = [item for item in archive if item.isfile() and item.size]
        _check_total(item.size for item in files)
        opened = [(item.name, archive.extractfile(item)) for item in files]
        members = [(name, content.read()) for name, content in opened if content]
        return members or None  # a waveform whose first bytes look like a header


def _check_total(sizes):
    """Raise if files are larger together than any that is read."""
    if sum(sizes) > MOST_BYTES:
        raise RecordError(f"it unpacks to more than {MOST_BYTES} bytes")

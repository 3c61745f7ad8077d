"""The zip archive of a file: what it holds, bounded before it is read."""

from __future__ import annotations

import io
import os
import re
import stat
from hashlib import blake2b
from math import prod
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np

SCHEMA = "schema.json"  # member that skops writes: a tree of nodes, see `_schema`
NOTE = "skseisfp.json"  # member that holds format and versions
# bytes of memory for one of the schema: the smallest objects, such as [] or {}, take
# 72 bytes with the place in their list for 3 in the file, and skops makes nodes of them
MEMORY_OF_SCHEMA = 32
MEMBER = re.compile(r"[\w-]+\.(npy|npz|bin)", re.ASCII)  # as skops names them
ENCRYPTED = 0x1  # bit of the flags of a member
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class DamagedFileError(ValueError):
    """The reason why a file is damaged; `load` adds the name of the file."""


class LargeFileError(ValueError):
    """A file needs more memory than the caller allows."""


class Members(NamedTuple):
    """A file, its schema, its note and the digests of its other members."""

    data: bytes
    schema: str
    note: bytes
    digests: dict[str, bytes]


def read_members(path: Path, max_bytes: int) -> Members:
    """Read a file whose members are sound and, taken together, small enough.

    Raises
    ------
    DamagedFileError
        If it holds what `save` does not write.
    LargeFileError
        If it takes more than `max_bytes` bytes when it is read.
    """
    data = _read_file(path, max_bytes)
    try:
        archive = ZipFile(io.BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedFileError(f"it is not a zip archive ({error})") from error
    with archive:
        sizes = _check_members(archive, frozenset({SCHEMA, NOTE}))
        for name in (SCHEMA, NOTE):
            if name not in sizes:
                raise DamagedFileError(f"it lacks {name}")
        needed = sum(sizes.values()) + MEMORY_OF_SCHEMA * sizes[SCHEMA]
        _check_size(path, needed, max_bytes)
        digests = {}
        for name in sizes.keys() - {SCHEMA, NOTE}:
            content = archive.read(name)
            needed += _check_content(name, content)
            _check_size(path, needed, max_bytes)
            digests[name] = blake2b(content).digest()
        return Members(data, archive.read(SCHEMA).decode(), archive.read(NOTE), digests)


def _read_file(path, max_bytes):
    """Return the bytes of a regular file, of at most `max_bytes`."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise DamagedFileError("it is not a regular file")
        _check_size(path, about.st_size, max_bytes)
        return file.read(about.st_size)  # which allocates all that it is asked for


def _open_without_waiting(path, flags):
    """Open a file; a pipe that nobody writes to is opened at once."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_size(path, needed, max_bytes):
    """Raise if more bytes are needed than the caller allows."""
    if needed > max_bytes:
        raise LargeFileError(
            f"{path} needs {needed} bytes of memory or more, and max_bytes is "
            f"{max_bytes}. If you trust its origin, load it with a larger max_bytes."
        )


def _check_members(archive, others: frozenset[str] = frozenset()):
    """Return the sizes of the members of an archive by name, each of which is sound."""
    sizes = {}
    for member in archive.infolist():
        name = member.filename
        if name not in others and not MEMBER.fullmatch(name):
            raise DamagedFileError(f"it holds {name!r}, which save does not write")
        if name in sizes:
            raise DamagedFileError(f"it holds {name} twice")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or (
            member.flag_bits & ENCRYPTED
        ):
            raise DamagedFileError(f"{name} is compressed or encrypted by other means")
        sizes[name] = member.file_size
    return sizes


def _check_content(name, content):
    """Check an array; return the bytes that a sparse matrix takes in addition."""
    if name.endswith(".npy"):
        _check_array(name, content)
    if not name.endswith(".npz"):
        return 0
    with ZipFile(io.BytesIO(content)) as archive:
        return sum(_check_members(archive).values())


def check_sparse_matrices(members: Members) -> None:
    """Raise unless the arrays of sparse matrices are as large as they say."""
    with ZipFile(io.BytesIO(members.data)) as archive:
        for name in members.digests:
            if name.endswith(".npz"):
                with ZipFile(io.BytesIO(archive.read(name))) as matrix:
                    for inner in matrix.namelist():
                        _check_array(f"{inner} of {name}", matrix.read(inner))


def _check_array(name, content):
    """Raise unless the header of an array describes the bytes that follow it."""
    stream = io.BytesIO(content)
    try:
        shape, _, dtype = HEADERS[np.lib.format.read_magic(stream)](stream)
    except (KeyError, ValueError) as error:
        raise DamagedFileError(f"{name} is not an array ({error})") from error
    if dtype.hasobject:
        raise DamagedFileError(f"{name} holds objects, which a pickle describes")
    held = len(stream.read())
    n_items = prod(shape)
    is_sound = min(shape, default=0) >= 0 and (dtype.itemsize or not n_items)
    if not is_sound or n_items * dtype.itemsize != held:
        raise DamagedFileError(
            f"{name} has {dtype} of shape {shape}, but {held} bytes of data"
        )

"""Objects of HDF5 files that lie in these files, and no part of them elsewhere.

An HDF5 file can name other files, by links, as the storage of a data set, or as its
parts. Whoever reads it would read these, too, wherever they are.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from .optional import import_optional

HEAP = b"GCOL"  # signature of a heap of strings
# how a data set refers to a string (HDF5 file format, IV.B)
STRING = np.dtype([("length", "<u4"), ("heap", "<u8"), ("number", "<u4")])
MOST_LINKS = 16  # soft links one after another, as HDF5 itself follows by default


def hdf5_member(group: Any, name: str) -> Any:
    """Return a group or data set of a file, without opening any other file.

    Parameters
    ----------
    group : h5py.File or h5py.Group
        Where it is.
    name : str
        Its name, or its path from there.

    Returns
    -------
    h5py.Group or h5py.Dataset
        The object.

    Raises
    ------
    KeyError
        If there is none.
    ValueError
        If it lies in another file; the message names the file and the object.
    """
    return _follow(group, name, MOST_LINKS)


def check_hdf5_file(path: str | PathLike[str]) -> None:
    """Raise if any part of an HDF5 file lies in another one, or its heaps have no end.

    Parameters
    ----------
    path : str or path-like
        The file.

    Raises
    ------
    OSError
        If it is not HDF5.
    ValueError
        If a part of it lies elsewhere; the message names the file and the object. Or if
        it is damaged such that HDF5 would not return from reading its strings.
    """
    h5py = import_optional("h5py", extra="io")
    check_heaps(path)
    with h5py.File(path, "r") as content:
        left, seen = [content], set()
        while left:
            group = left.pop()
            for name in group:
                item = hdf5_member(group, name)
                if isinstance(item, h5py.Group) and item.id not in seen:
                    seen.add(item.id)
                    left.append(item)


def check_heaps(path: str | PathLike[str]) -> None:
    """Raise for a heap of strings in a file that HDF5 would walk for ever.

    A file is searched once, and again when it has changed.
    """
    about = os.stat(path)
    _search_heaps(os.fspath(path), about.st_size, about.st_mtime_ns)


@lru_cache(maxsize=256)
def _search_heaps(path, size, changed):
    """Check all heaps of a file."""
    with _mapped(path) as content:
        heap = content.find(HEAP)
        while heap >= 0:
            _check_heap(path, content, heap)
            heap = content.find(HEAP, heap + len(HEAP))


@contextmanager
def _mapped(path):
    """Provide the bytes of a file, which are read where they are needed."""
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            yield b""
            return
        with mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            yield content


def _check_heap(path, content, heap):
    """Raise for free space of size zero in a heap.

    A global heap (HDF5 file format, III.E) is a head of 16 bytes and objects, each
    with a head of 16 bytes: number, references, reserved, size. Number 0 is free space,
    whose size counts its head; sizes of others are padded to 8 bytes. HDF5 adds them in
    64 bits, so that one beyond the file may lead back.
    """
    size = int.from_bytes(content[heap + 8 : heap + 16], "little")
    place, end = heap + 16, min(heap + size, len(content)) - 16
    while place <= end:
        number = int.from_bytes(content[place : place + 2], "little")
        size = int.from_bytes(content[place + 8 : place + 16], "little")
        if size > len(content) or (number == 0 and size == 0):
            raise ValueError(f"{path} is damaged: a heap of strings has no end.")
        place += size if number == 0 else 16 + -(-size // 8) * 8


def inner_path(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder, by a name that another file holds.

    Parameters
    ----------
    folder : Path
        The folder.
    name : str
        Name of the file.

    Returns
    -------
    Path
        The path.

    Raises
    ------
    ValueError
        If the name leads out of the folder.
    """
    is_name = Path(name).name == name and name not in ("", "..")
    if not is_name or "\\" in name or "\0" in name:
        raise ValueError(f"{name!r} is not the name of a file in {folder}.")
    return folder / name


def _follow(group, path, n_links):
    """Return the object at a path, link by link."""
    h5py = import_optional("h5py", extra="io")
    item = group.file if path.startswith("/") else group
    for name in filter(None, path.split("/")):
        # `in` and `get` of h5py would open the file that an external link names
        links, key = item.id.links, name.encode()
        if not links.exists(key):
            raise KeyError(f"{item.file.filename} has no {name} in {item.name}")
        kind = links.get_info(key).type
        if kind == h5py.h5l.TYPE_SOFT:
            if not n_links:
                raise _elsewhere(item, name, "a link without end")
            item = _follow(item, links.get_val(key).decode(), n_links - 1)
        elif kind == h5py.h5l.TYPE_HARD:
            item = item[name]
        else:
            raise _elsewhere(item, name, f"a link to {links.get_val(key)}")
        if isinstance(item, h5py.Dataset) and item.external:
            raise _elsewhere(item.parent, name, f"stored in {item.external[0][0]}")
        if isinstance(item, h5py.Dataset) and item.is_virtual:
            raise _elsewhere(item.parent, name, "virtual, of parts of other files")
    if isinstance(item, h5py.Dataset):
        _check_type(item)
    return item


def _check_type(item):
    """Raise for arrays of any length, which HDF5 reads unchecked, and broken heaps."""
    h5py = import_optional("h5py", extra="io")
    text = h5py.check_string_dtype(item.dtype)
    if text is None and h5py.check_vlen_dtype(item.dtype) is not None:
        raise ValueError(
            f"{item.file.filename}: {item.name} holds arrays of several lengths, not "
            "numbers or strings."
        )
    if text is not None and text.length is None and Path(item.file.filename).is_file():
        _check_strings(item)


def _check_strings(item):
    """Check the heaps of the strings of a data set, all of the file if need be."""
    path = item.file.filename
    with _mapped(path) as content:
        heaps = _heaps_of(item, content)
        for heap in heaps or ():
            _check_heap(path, content, heap)
    if heaps is None:
        check_heaps(path)


def _heaps_of(item, content):
    """Return where the heaps of the strings of a data set are, None if not known."""
    offset = item.id.get_offset()
    if offset is None:  # in the head of the data set, or in chunks
        return None
    part = content[offset : offset + STRING.itemsize * item.size]
    strings = np.frombuffer(part[: len(part) - len(part) % STRING.itemsize], STRING)
    heaps = set(strings["heap"][strings["length"] > 0].tolist())
    known = all(content[heap : heap + len(HEAP)] == HEAP for heap in heaps)
    return heaps if known else None


def _elsewhere(group, name, where):
    """Return the error for an object that lies in another file."""
    name = f"{group.name.rstrip('/')}/{name}"
    return ValueError(
        f"{group.file.filename}: {name} is {where}. Only data in the file itself is "
        "read; copy it into the file."
    )

"""Objects of HDF5 files that lie in these files, and no part of them elsewhere.

An HDF5 file can name other files, by links, as the storage of a data set, or as its
parts. Whoever reads it would read these, too, wherever they are.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from .optional import import_optional

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
    _check_heaps(Path(path))
    with h5py.File(path, "r") as content:
        left, seen = [content], set()
        while left:
            group = left.pop()
            for name in group:
                item = hdf5_member(group, name)
                if isinstance(item, h5py.Group) and item.id not in seen:
                    seen.add(item.id)
                    left.append(item)


def _check_heaps(path):
    """Raise for free space of size zero in a heap of strings: HDF5 walks it for ever.

    A global heap (HDF5 file format, III.E) is a head of 16 bytes and objects, each
    with a head of 16 bytes: number, references, reserved, size. Number 0 is free space,
    whose size counts its head; sizes of others are padded to 8 bytes.
    """
    content = path.read_bytes()
    heap = content.find(b"GCOL")
    while heap >= 0:
        size = int.from_bytes(content[heap + 8 : heap + 16], "little")
        place, end = heap + 16, min(heap + size, len(content)) - 16
        while place <= end:
            number = int.from_bytes(content[place : place + 2], "little")
            size = int.from_bytes(content[place + 8 : place + 16], "little")
            if number == 0 and size == 0:
                raise ValueError(f"{path} is damaged: a heap of strings has no end.")
            place += size if number == 0 else 16 + -(-size // 8) * 8
        heap = content.find(b"GCOL", heap + 4)


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
    """Raise for arrays of any length within a data set, which HDF5 reads unchecked."""
    h5py = import_optional("h5py", extra="io")
    is_text = h5py.check_string_dtype(item.dtype) is not None
    if not is_text and h5py.check_vlen_dtype(item.dtype) is not None:
        raise ValueError(
            f"{item.file.filename}: {item.name} holds arrays of several lengths, not "
            "numbers or strings."
        )


def _elsewhere(group, name, where):
    """Return the error for an object that lies in another file."""
    name = f"{group.name.rstrip('/')}/{name}"
    return ValueError(
        f"{group.file.filename}: {name} is {where}. Only data in the file itself is "
        "read; copy it into the file."
    )

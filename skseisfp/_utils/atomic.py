"""Files and folders that appear under their names when they are complete."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO, StringIO
from os import PathLike
from pathlib import Path
from typing import Any
from uuid import uuid4

try:
    import fcntl
except ImportError:  # Windows, which keeps open files from being removed by itself
    fcntl = None

# of at most 4 bytes each in UTF-8; with the rest below the 255 of file systems
NAME_LENGTH = 40
# files that stand for streams, also where these are redirected to regular files
STREAMS = ("/dev/fd/", "/dev/std", "/proc/")
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.tmp")


@contextmanager
def atomic_file(path: str | PathLike[str], *, text: bool = False) -> Iterator[Any]:
    """Open a file that takes the place of the old one when the block ends.

    Parameters
    ----------
    path : str or path-like
        The file. It keeps its permissions; behind a symbolic link the file that the
        link points at is replaced. What is not a regular file, such as a pipe, is
        written when the block ends.
    text : bool, default=False
        Whether the file takes strings, written as UTF-8, or bytes.

    Yields
    ------
    file object
        A new file, empty, that can be sought.

    Raises
    ------
    OSError
        If the file cannot be written; the message names it.

    Notes
    -----
    If the block raises, or the process dies, the old file stays as it was. The process
    holds a lock on its temporary file, next to the file; the next one to write the same
    file removes those that nobody holds.
    """
    with _naming(path):
        if _is_stream(path):
            buffer = StringIO() if text else BytesIO()
            yield buffer
            with _open(path, "w", text) as file:
                file.write(buffer.getvalue())
            return
        target, old = _target(path)
        _remove_leftovers(target)
        with _open_temporary(target, text) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _copy_rights(old, file.name)
                if fcntl is None:
                    file.close()  # Windows moves no open file
                os.replace(file.name, target)
            finally:
                _remove(file)


def write_file(path: str | PathLike[str], content: str | bytes) -> None:
    """Write a file as `atomic_file` does, from a string or bytes."""
    with atomic_file(path, text=isinstance(content, str)) as file:
        file.write(content)


@contextmanager
def atomic_folder(path: str | PathLike[str]) -> Iterator[Path]:
    """Make a folder that gets its name when the block ends.

    Parameters
    ----------
    path : str or path-like
        The folder, which must not exist or be empty.

    Yields
    ------
    pathlib.Path
        A new folder next to it, to be filled.

    Raises
    ------
    OSError
        If the folder holds anything or cannot be written; the message names it.
    """
    target = Path(os.path.realpath(path))
    with _naming(path):
        old = target.stat() if target.exists() else None
        if old is not None and any(target.iterdir()):
            raise FileExistsError(f"{path} is not empty.")
        _remove_leftovers(target)
        folder, handle = _make_temporary(target)
        try:
            yield folder
            for file in filter(Path.is_file, folder.rglob("*")):
                with file.open("rb+") as content:
                    os.fsync(content.fileno())
            _copy_rights(old, folder)
            folder.replace(target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if handle is not None:
                os.close(handle)


def remove_leftovers(folder: str | PathLike[str], names: str = ".*") -> None:
    """Remove temporary files that no process writes any more.

    Parameters
    ----------
    folder : str or path-like
        The folder that they are in.
    names : str, default=".*"
        Regular expression of the names of the files that they were to become.
    """
    pattern = re.compile(rf"\.{names}{_TEMPORARY.pattern}", re.DOTALL)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if pattern.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_unless_held(entry)


@contextmanager
def _naming(path):
    """Let errors of the system name the file that was to be written."""
    try:
        yield
    except OSError as error:
        at = None if error.filename is None else os.fsdecode(error.filename)
        if at is not None and not _TEMPORARY.search(at):
            raise
        if error.errno is None:
            if str(path) in str(error):
                raise
            raise OSError(f"{path} could not be written: {error}") from error
        raise OSError(error.errno, error.strerror, str(path)) from error


def _is_stream(path):
    """Return whether a path is a device, a pipe or a stream; raise for a folder."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return not stat.S_ISREG(mode) or os.path.abspath(path).startswith(STREAMS)


def _target(path):
    """Return the file behind all links, and its status where it exists."""
    target = Path(os.path.realpath(path))
    if not target.exists():
        return target, None
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    return target, target.stat()


def _open(path, mode, text):
    """Open a file for strings or bytes."""
    if text:
        return open(path, mode, encoding="utf-8", newline="\n")
    return open(path, f"{mode}b" if mode == "w" else f"{mode}+b")


def _open_temporary(target, text):
    """Open a new file next to another one, and lock it."""
    while True:
        file = _open(_temporary_name(target), "x", text)
        _lock(file.fileno())
        if os.path.exists(file.name):  # nobody has removed it before it was locked
            return file
        file.close()


def _make_temporary(target):
    """Make a new folder next to another one; return it and its lock."""
    while True:
        folder = _temporary_name(target)
        folder.mkdir()
        if fcntl is None:
            return folder, None
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            _lock(handle)
            if folder.exists():
                return folder, handle
            os.close(handle)


def _lock(handle):
    """Lock a file as long as it is open, where the file system can."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)


def _copy_rights(old, new):
    """Give a new file the owner and the permissions of the old one."""
    if old is None:
        return
    with suppress(PermissionError, AttributeError):  # Windows has no owners
        os.chown(new, old.st_uid, old.st_gid)
    with suppress(PermissionError):
        os.chmod(new, stat.S_IMODE(old.st_mode))


def _remove(file):
    """Remove a temporary file that was not moved to its place."""
    if fcntl is None:
        with suppress(OSError):
            file.close()
    with suppress(FileNotFoundError):
        os.unlink(file.name)


def _temporary_name(target):
    """Return a name that no other file has."""
    return target.with_name(f".{target.name[:NAME_LENGTH]}.{uuid4().hex}.tmp")


def _remove_leftovers(target):
    """Remove the temporary files of processes that died while they wrote a target."""
    remove_leftovers(target.parent, re.escape(target.name[:NAME_LENGTH]))


def _remove_unless_held(entry):
    """Remove a temporary file or folder that no process holds a lock on."""
    is_folder = entry.is_dir(follow_symlinks=False)
    if fcntl is None:
        if not is_folder:
            os.unlink(entry.path)
        return
    flags = os.O_RDONLY if is_folder else os.O_RDWR
    handle = os.open(entry.path, flags | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_folder:
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    finally:
        os.close(handle)

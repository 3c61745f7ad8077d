"""Catalogues and station documents of every format that obspy reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from ..signal.waveform import RecordError
from .compressed_files import unpacked
from .obspy_formats import Kind, format_of
from .reading_notes import import_obspy, keep_notes, without_warnings
from .safe_xml import BrokenDocumentError, bytes_of, root_of
from .time_limit import TooLongError, limited_time

MARKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # of encodings, and blank space
PLURALS = {"event": "catalogues", "inventory": "stations"}


class UnknownDocumentError(ValueError):
    """A document of no format that obspy reads, or one that breaks off."""


class Document(NamedTuple):
    """What obspy reads of a document, and the format of it."""

    content: Any
    format: str


def read_documents(
    source: Any, kind: Kind, read: Callable[..., Any]
) -> tuple[list[Document], str]:
    """Read a document, or those in a compressed file or an archive of files.

    Parameters
    ----------
    source : str, path-like, bytes or file object
        The document, or its path.
    kind : {"event", "inventory"}
        What it is of.
    read : callable
        obspy's function for it.

    Returns
    -------
    documents : list of Document
        What was read.
    name : str
        Name of the source for messages.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    UnknownDocumentError
        If it is of no format that obspy reads, or is XML that breaks off.
    ValueError
        If it declares a document type, whose entities could multiply or name other
        files, or cannot be read.
    """
    import_obspy()
    data, name = bytes_of(source)
    try:
        members = unpacked(data)
    except RecordError as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    if members is None:
        members = [("", data)]
    return [_read_one(data, name, kind, read) for _, data in members], name


def _read_one(data, name, kind, read):
    """Return the content of one document."""
    root = _root_of(data, name)
    # some formats are read from files only; without memory none is removed
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "document"
        file.write_bytes(data)
        found = _format_of(file, name, kind)
        if found is None:
            what = "" if root is None else f", with the root element {root}"
            raise UnknownDocumentError(
                f"{name} is of no format of {PLURALS[kind]} that obspy reads{what}."
            )
        try:
            with without_warnings() as said, limited_time(len(data)):
                content = read(str(file), format=found, check_compression=False)
        except Exception as error:
            raise ValueError(f"{name} cannot be read as {found}: {error}") from error
    keep_notes(name, said)
    return Document(content, found)


def _format_of(file, name, kind):
    """Return the format of a document."""
    try:
        with without_warnings(), limited_time(file.stat().st_size):
            return format_of(file, kind)
    except TooLongError as error:
        raise ValueError(f"{name} cannot be read: {error}") from error


def _root_of(data, name):
    """Return the root element of XML that declares no document type, None of others."""
    try:
        return root_of(data, name)
    except BrokenDocumentError as error:
        if data[:64].lstrip(MARKS).startswith(b"<"):
            raise UnknownDocumentError(str(error)) from error
        return None

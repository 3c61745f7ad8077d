"""What is to be said of files and records that are read: collected, and shown once."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple


class ReadingWarning(UserWarning):
    """There is something to say of what was read nevertheless."""


class Note(NamedTuple):
    """A file, or nothing where the note is of all records, and what was said of it."""

    name: str
    text: str


_notes: ContextVar[list[Note] | None] = ContextVar("notes", default=None)
# Messages of libmseed that quote names which are no text are lost on their way.
UNREADABLE = "a message of the reader could not be read"
# About obspy and its own dependencies, never about a file.
OF_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


@contextmanager
def notes_shown_once() -> Iterator[None]:
    """Show all notes of a reading as one warning at its end.

    Of nested readings the outermost shows those of all.
    """
    if _notes.get() is not None:
        yield
        return
    notes = []
    token = _notes.set(notes)
    try:
        yield
    finally:
        _notes.reset(token)
        _show(list(dict.fromkeys(notes)))


@contextmanager
def without_warnings() -> Iterator[list[str]]:
    """Run obspy so that no warning is shown or becomes an error.

    Yields
    ------
    list of str
        What was said of the file, complete when the block ends; see `keep_notes`.
    """
    said, before = [], sys.unraisablehook
    sys.unraisablehook = lambda _: said.append(UNREADABLE)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
    finally:
        sys.unraisablehook = before
    kept = [item for item in caught if not issubclass(item.category, OF_DEVELOPERS)]
    said += [" ".join(str(item.message).split()) for item in kept]


def keep_notes(name: Any, said: list[str]) -> None:
    """Keep notes of a file for the warning at the end of the reading."""
    notes = [Note(str(name), text) for text in said]
    collected = _notes.get()
    if collected is None:
        _show(list(dict.fromkeys(notes)))
    else:
        collected.extend(notes)


def keep_note_of_records(text: str) -> None:
    """Keep a note of all records of a reading, which is shown as a warning alone."""
    keep_notes("", [text])


def import_obspy() -> None:
    """Import obspy, whose import warns of interfaces that Python deprecates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import obspy  # noqa: F401
        from obspy import core  # noqa: F401


def _show(notes):
    """Warn of notes: of those on files at once, of others one by one."""
    of_files = [note for note in notes if note.name]
    if of_files:
        files = len({note.name for note in of_files})
        text = f"Notes while reading: {len(of_files)}, on {files} files; the first: "
        _warn(text + f"{of_files[0].name}: {of_files[0].text}")
    for note in notes:
        if not note.name:
            _warn(note.text)


def _warn(text):
    """Warn; also where warnings are errors, since the files were read."""
    level = _frames_of_package()
    try:
        warnings.warn(text, ReadingWarning, stacklevel=level)
    except ReadingWarning:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ReadingWarning)
            warnings.warn(text, ReadingWarning, stacklevel=level)


def _frames_of_package():
    """Return the number of calls, from `_warn`, down to the caller of the package."""
    package = __name__.partition(".")[0]
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        package,
        "contextlib",
    ):
        frame, level = frame.f_back, level + 1
    return level

"""Import of folders of waveforms into an archive."""

from itertools import groupby

import pandas as pd

from .._utils.progress import progress
from ..io.event_names import by_short_name, known_event
from ..io.merging import split_instruments
from ..io.read_waveforms import read_waveforms
from ..io.reading_notes import notes_shown_once
from ..io.recording import make_recordings
from ..io.stream_files import event_of, find_files
from ..signal.waveform import RecordError
from ._writer import store

COLUMNS = ("record_id", "event_id", "files", "stored", "reason")


def import_files(archive, source, groups, *, copy, batch_size, verbose=0):
    """Import the files of a folder or pattern, one event after another.

    Returns
    -------
    DataFrame
        As `SeismicArchive.import_folder` describes it.
    """
    rows, batch = [], []
    known = by_short_name(archive.events()["event_id"])
    listed = [(event_of(file, groups), file) for file in find_files(source)]
    with (
        notes_shown_once(),
        progress(len(listed), "files", verbose, by="SeismicArchive") as advance,
    ):
        for name, paths in _units(listed, groups):
            recordings, failures = _read_unit(name, paths, known)
            rows += failures
            batch += recordings
            if len(batch) >= batch_size:
                rows += _store(archive, batch, copy)
                batch = []
            advance(len(paths))
        rows += _store(archive, batch, copy)
    return pd.DataFrame(rows, columns=COLUMNS)


def _units(listed, groups):
    """Yield the files that are read together: those of an event, or each alone."""
    if groups is not None:
        listed.sort(key=lambda item: (str(item[0]), item[1]))
    for (event_id, _), items in groupby(
        listed, key=lambda item: (item[0], item[1] if item[0] is None else None)
    ):
        yield event_id, [file for _, file in items]


def _read_unit(event_id, paths, known):
    """Return the recordings of some files, and rows for all that makes none."""
    pieces, failures = {}, []
    try:
        event_id = known_event(event_id, known)
    except RecordError as error:
        return [], [("", event_id, str(path), False, str(error)) for path in paths]
    for path in paths:
        try:
            waveforms = read_waveforms(path)
            instruments = split_instruments(waveforms.stream)
        except RecordError as error:
            failures.append(("", event_id, str(path), False, str(error)))
            continue
        for trace_id, reason in waveforms.skipped:
            reason = f"{trace_id} {reason}"
            failures.append(("", event_id, str(path), False, reason))
        for instrument, traces in instruments.items():
            pieces.setdefault(instrument, []).append((str(path.resolve()), traces))
    recordings = []
    for instrument, parts in pieces.items():
        files = [file for file, _ in parts]
        traces = [trace for _, part in parts for trace in part]
        try:
            recordings += make_recordings(traces, event_id, files)
        except RecordError as error:
            reason = f"{instrument}: {error}"
            failures.append(("", event_id, " ".join(files), False, reason))
    return recordings, failures


def _store(archive, recordings, copy):
    """Store recordings and return a row for each."""
    if not recordings:
        return []
    outcomes = store(archive, recordings, copy=copy)
    return [
        (
            recording.record_id,
            recording.event_id,
            " ".join(recording.files),
            not outcomes[recording.digest],
            outcomes[recording.digest],
        )
        for recording in recordings
    ]

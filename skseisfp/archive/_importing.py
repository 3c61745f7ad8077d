"""Import of folders of waveforms into an archive."""

from itertools import groupby

import pandas as pd

from ..io.merging import split_instruments
from ..io.recording import make_recordings
from ..io.stream_files import event_of, find_files, read_stream
from ..signal.waveform import RecordError
from ._writer import store

COLUMNS = ("record_id", "event_id", "files", "stored", "reason")


def import_files(archive, source, groups, *, copy, batch_size):
    """Import the files of a folder or pattern, one event after another.

    Returns
    -------
    DataFrame
        As `SeismicArchive.import_folder` describes it.
    """
    rows, batch = [], []
    for event_id, paths in _units(source, groups):
        recordings, failures = _read_unit(event_id, paths)
        rows += failures
        batch += recordings
        if len(batch) >= batch_size:
            rows += _store(archive, batch, copy)
            batch = []
    rows += _store(archive, batch, copy)
    return pd.DataFrame(rows, columns=COLUMNS)


def _units(source, groups):
    """Yield the files that are read together: those of an event, or each alone."""
    listed = [(event_of(file, groups), file) for file in find_files(source)]
    if groups is not None:
        listed.sort(key=lambda item: (str(item[0]), item[1]))
    for (event_id, _), items in groupby(
        listed, key=lambda item: (item[0], item[1] if item[0] is None else None)
    ):
        yield event_id, [file for _, file in items]


def _read_unit(event_id, paths):
    """Return the recordings of some files, and rows for what cannot be read."""
    pieces, failures = {}, []
    for path in paths:
        try:
            instruments = split_instruments(read_stream(path))
        except RecordError as error:
            failures.append(("", event_id, str(path), False, str(error)))
            continue
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

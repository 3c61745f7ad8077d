"""Folders of waveform files by event, with a table of labels."""

import numpy as np
import pandas as pd

from .._utils.progress import progress
from ..io.merging import instrument_facts
from ..io.read_waveforms import read_waveforms
from ..io.reading_notes import keep_notes, notes_shown_once
from ..io.stream_files import is_waveform_file, record_name
from ..io.tables import read_table, require_columns
from ..signal.waveform import RecordError, Waveform, in_order
from ._labelled_folder import LabelledRecords


def open_miniseed(path, target, labels, verbose):
    """Open a folder of `<event>/<file>`, one file of any waveform format per station.

    Every file becomes a row, and so does every event of the table that has no file.
    """
    if not labels.exists():
        raise FileNotFoundError(
            f"{path} has neither metadata.csv nor a table of labels, {labels}."
        )
    table, target = _read_labels(labels, target)
    folder = path / "mseed" if (path / "mseed").is_dir() else path
    files = [file for file in sorted(folder.glob("*/*")) if is_waveform_file(file)]
    if not files:
        raise FileNotFoundError(f"There is no waveform file <event>/* in {folder}.")
    waveforms, rows = [], []
    with (
        notes_shown_once(),
        progress(len(files), "files", verbose, by=path.name) as advance,
    ):
        for file in files:
            waveform, facts = _try_to_read(file)
            waveforms.append(waveform)
            names = {"record_id": record_name(file), "event_id": file.parent.name}
            rows.append({**names, **facts})
            advance()
    for event_id in sorted(set(table["event_id"]) - {row["event_id"] for row in rows}):
        waveforms.append(RecordError(f"{folder / event_id} has no waveform file"))
        rows.append({"record_id": event_id, "event_id": event_id})
    frame = pd.DataFrame(rows).merge(
        table, on="event_id", how="left", suffixes=("", "_label")
    )
    frame["p_arrival"] = np.nan

    def read(row):
        if isinstance(waveforms[row], RecordError):
            raise waveforms[row]
        return waveforms[row]

    return LabelledRecords(frame, target, read)


def _read_labels(file, target):
    """Read a table of labels by event, and find the column of the labels."""
    first = read_table(file, ()).columns[0]
    table = read_table(file, ("event_id", first))
    if "event_id" not in table:
        table = table.rename(columns={first: "event_id"})
    if target is None:
        others = [name for name in table if name != "event_id"]
        if "event_type" not in others and len(others) > 1:
            raise ValueError(
                f"{file} has the columns {', '.join(others)}; name the one that holds "
                "the labels by the parameter target."
            )
        target = others[0] if len(others) == 1 else "event_type"
    require_columns(file, table, ("event_id", target))
    if (missing := table["event_id"].isna().to_numpy()).any():
        raise ValueError(f"{file} has no event_id in row {missing.argmax()}.")
    repeated = table["event_id"].duplicated()
    if repeated.any():
        name = table["event_id"].iloc[repeated.argmax()]
        raise ValueError(f"{file} names the event {name} twice.")
    return table.astype(object), target


def _try_to_read(file):
    """Return the waveform of a file, or why there is none, and facts for the table."""
    try:
        stream, skipped = read_waveforms(file)
    except RecordError as error:
        return error, {}
    keep_notes(
        file, [f"{name} {reason}, and is passed over" for name, reason in skipped]
    )
    start = max(trace.stats.starttime for trace in stream)
    try:
        facts = {**instrument_facts(list(stream)), "start_time_utc": str(start)}
    except ValueError as error:  # of years that obspy cannot write
        return RecordError(f"its start is not a time: {error}"), {}
    try:
        return _to_waveform(stream), facts
    except RecordError as error:
        return error, facts


def _to_waveform(stream):
    """Merge the traces of one instrument into samples over their common time."""
    instruments = sorted({trace.id[:-1] for trace in stream})
    if len(instruments) > 1:
        raise RecordError(f"it mixes the instruments {', '.join(instruments)}")
    rates = sorted({trace.stats.sampling_rate for trace in stream})
    if len(rates) > 1:
        raise RecordError(f"it mixes the sampling rates {', '.join(map(str, rates))}")
    for trace in stream:
        trace.data = trace.data.astype(np.result_type(trace.data, np.float32))
    try:
        stream.merge()
    except Exception as error:
        raise RecordError(f"its traces cannot be merged: {error}") from error
    start = max(trace.stats.starttime for trace in stream)
    end = min(trace.stats.endtime for trace in stream)
    if end <= start:
        raise RecordError("its components have no time in common")
    stream.trim(start, end)
    n_samples = min(trace.stats.npts for trace in stream)
    traces = [np.ma.filled(trace.data[:n_samples], np.nan) for trace in stream]
    components = "".join(trace.stats.channel[-1] for trace in stream)
    return Waveform(*in_order(np.stack(traces), components), rates[0])

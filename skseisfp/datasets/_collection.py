"""From labelled records to a Bunch: selection, rejection and the array."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from .._utils.progress import progress
from ..io.exclusions import reasons_to_exclude
from ..io.record_bunch import (
    drop_deviating,
    rejected_rows,
    require_records,
    waveform_bunch,
)
from ..io.tables import rows_that_match
from ..signal.arrivals import arrival_samples, arrival_times
from ..signal.waveform import RecordError
from ._labelled_folder import SAMPLES

MOST_NAMED = 10  # records in a message
# of SeisBench, in samples of the record
IN_SAMPLES = re.compile(r"trace_\w+_arrival_sample")


def collect_records(
    path, records, adapt, *, length, query, params, exclusions, invalid, verbose
):
    """Read the records that a query selects into a Bunch.

    Parameters
    ----------
    path : path-like
        Name of the folder, for messages.
    records : LabelledRecords
        The table and the column of the labels.
    adapt : callable
        Takes a row number; returns the waveform of the record and the number of its
        first sample, after resampling; raises a `RecordError`.
    length : str
        Name of the parameter that gives records one length, for messages.
    query : str or None
        Expression on the columns that selects rows.
    params : dict or None
        Values of the names that ``@`` precedes in it.
    exclusions : DataFrame, str, path-like, sequence of str or None
        Records that are left out.
    invalid : {"raise", "reject"}
        What to do with invalid records.
    verbose : int
        Whether to show the progress.

    Returns
    -------
    Bunch
        As `load_records` describes it.
    """
    reasons = _not_selected(records.frame, query, params)
    reasons |= _excluded(records.frame, exclusions)
    selected = [row for row in range(len(records.frame)) if row not in reasons]
    taken, first = {}, {}
    with progress(len(selected), "records", verbose, by=path.name) as advance:
        for row in selected:
            try:
                _check_row(records, row)
                taken[row], first[row] = adapt(row)
            except RecordError as error:
                reasons[row] = str(error)
            advance()
    drop_deviating(taken, reasons, length=length)
    failed = [row for row in selected if row in reasons]
    _check_failures(path, records.frame, failed, reasons, invalid)
    rejected = rejected_rows(records.frame, dict(sorted(reasons.items())))
    require_records(taken, f"No record of {path}", rejected)
    bunch = waveform_bunch(
        taken,
        _table_of_taken(records.frame, taken, first),
        rejected.reset_index(drop=True),
        target=records.target,
        origin=f" from {path}",
    )
    if not records.events_known:
        bunch.target = bunch.target.reset_index(drop=True)
    return bunch


def check_components(components):
    """Raise unless a value names components, once each."""
    if components is not None and (
        not components
        or sorted(set(components)) != sorted(components)
        or not set(components) <= set("ZNE")
    ):
        raise ValueError(
            f'components must name some of "ZNE" once each; got {components!r}.'
        )


def _not_selected(frame, query, params):
    """Map the rows that the query does not select to the reason."""
    if query is None:
        return {}
    chosen = rows_that_match("query", frame, query, params)
    return dict.fromkeys(np.flatnonzero(~chosen).tolist(), f"not selected by {query!r}")


def _excluded(frame, exclusions):
    """Map the rows that a table of exclusions names to the reason."""
    excluded = reasons_to_exclude(exclusions, frame["record_id"])
    return {
        row: excluded[name]
        for row, name in enumerate(frame["record_id"])
        if name in excluded
    }


def _check_row(records, row):
    """Raise if a row has no event or no label."""
    for name in ("event_id", records.target):
        if pd.isna(records.frame[name].iloc[row]):
            raise RecordError(f"it has no {name}")


def _check_failures(path, frame, failed, reasons, invalid):
    """Raise an error that names the invalid records, unless they are left out."""
    if not failed or invalid == "reject":
        return
    named = [
        f"{frame['record_id'].iloc[row]}: {reasons[row]}" for row in failed[:MOST_NAMED]
    ]
    if len(failed) > MOST_NAMED:
        named.append("...")
    raise ValueError(
        f"{len(failed)} records of {path} are not valid "
        f'(invalid="reject" leaves them out):\n' + "\n".join(named)
    )


def _table_of_taken(frame, taken, first_samples):
    """Return the rows of the records that were taken, with arrivals in these records.

    They are at the nearest sample, in seconds or, under names of SeisBench, in samples.
    """
    rows = sorted(taken)
    frame = frame.iloc[rows].reset_index(drop=True).infer_objects()
    recorded_rate = frame["sampling_rate_hz"].to_numpy(float)
    waveform = taken[rows[0]]
    rate, first = waveform.sampling_rate, [first_samples[row] for row in rows]
    for name in frame:
        if name not in SAMPLES and not IN_SAMPLES.fullmatch(name):
            continue
        samples = frame[name].to_numpy(float)
        if name in SAMPLES:
            samples = arrival_samples(samples, recorded_rate)
        samples = (samples * (rate / recorded_rate)).round() - first
        inside = (samples >= 0) & (samples < waveform.samples.shape[-1])
        samples = np.where(inside, samples, np.nan)
        frame[name] = arrival_times(samples, rate) if name in SAMPLES else samples
    return frame

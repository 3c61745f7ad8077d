"""From an archive of records to a Bunch: selection, refusals and the array."""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..io.exclusions import reasons_to_exclude
from ..signal.waveform import RecordError, drop_minority
from ._labelled_folder import ARRIVAL

FACTS = (  # in which all records must agree, and the parameter that makes them agree
    ("choice of components", "components", lambda waveform: waveform.components),
    (
        "sampling rate in Hz",
        "sampling_rate",
        lambda waveform: round(waveform.sampling_rate, 6),
    ),
    ("length in samples", "n_samples", lambda waveform: waveform.samples.shape[1]),
)


def collect_records(path, archive, adapt, *, query, exclusions, invalid):
    """Read the records that a query selects into a Bunch.

    Parameters
    ----------
    path : path-like
        Name of the archive, for messages.
    archive : Archive
        The table and the column of the labels.
    adapt : callable
        Takes a row number; returns the waveform of the record and the number of its
        first sample, after resampling; raises a `RecordError`.
    query : str or None
        Expression on the columns that selects rows.
    exclusions : DataFrame, str, path-like, sequence of str or None
        Records that are left out.
    invalid : {"raise", "reject"}
        What to do with records that cannot be taken.

    Returns
    -------
    Bunch
        As `load_records` describes it.
    """
    reasons = _not_selected(archive.frame, query)
    reasons |= _excluded(archive.frame, exclusions)
    selected = [row for row in range(len(archive.frame)) if row not in reasons]
    taken, first = {}, {}
    for row in selected:
        try:
            _check_row(archive, row)
            taken[row], first[row] = adapt(row)
        except RecordError as error:
            reasons[row] = str(error)
    for fact in FACTS:
        drop_minority(taken, reasons, *fact)
    failed = [row for row in selected if row in reasons]
    _check_failures(path, archive.frame, failed, reasons, invalid)
    return _make_bunch(path, archive, taken, first, reasons)


def check_components(components):
    """Refuse what names no components."""
    if components is not None and (
        not components
        or sorted(set(components)) != sorted(components)
        or not set(components) <= set("ZNE")
    ):
        raise ValueError(
            f'components must name some of "ZNE" once each; got {components!r}.'
        )


def _not_selected(frame, query):
    """Map the rows that the query does not select to the reason."""
    if query is None:
        return {}
    try:
        chosen = np.asarray(frame.eval(query))
        if chosen.shape != (len(frame),) or chosen.dtype != bool:
            raise ValueError("it is no condition on the columns")
    except Exception as error:
        raise ValueError(
            f"query {query!r} failed: {error}; the columns are "
            f"{', '.join(map(str, frame.columns))}."
        ) from error
    return dict.fromkeys(np.flatnonzero(~chosen), f"not selected by {query!r}")


def _excluded(frame, exclusions):
    """Map the rows that a table of exclusions names to the reason."""
    excluded = reasons_to_exclude(exclusions, frame["record_id"])
    rows = np.flatnonzero(frame["record_id"].isin(excluded))
    return {row: excluded[frame["record_id"].iloc[row]] for row in rows}


def _check_row(archive, row):
    """Refuse a row without event or label."""
    for name in ("event_id", archive.target):
        if pd.isna(archive.frame[name].iloc[row]):
            raise RecordError(f"it has no {name}")


def _check_failures(path, frame, failed, reasons, invalid):
    """Raise an error that names the records that cannot be taken."""
    if not failed or invalid == "reject":
        return
    named = [f"{frame['record_id'].iloc[row]}: {reasons[row]}" for row in failed[:10]]
    if len(failed) > 10:
        named.append("...")
    raise ValueError(
        f"{len(failed)} records of {path} cannot be taken "
        f'(invalid="reject" leaves them out):\n' + "\n".join(named)
    )


def _make_bunch(path, archive, taken, first_samples, reasons):
    """Collect the records that were taken."""
    if not taken:
        raise ValueError(
            f"No record of {path} was taken: "
            + "; ".join(f"{n} x {why}" for why, n in Counter(reasons.values()).items())
        )
    rows = sorted(taken)
    first = taken[rows[0]]
    data = np.stack([taken[row].samples for row in rows])
    frame = archive.frame.iloc[rows].reset_index(drop=True).infer_objects()
    rejected = archive.frame.iloc[sorted(reasons)]
    rejected = rejected.assign(reason=[reasons[row] for row in sorted(reasons)])
    recorded_rate = frame["sampling_rate_hz"].to_numpy(float)
    for name in filter(ARRIVAL.fullmatch, frame):
        arrivals = (frame[name] * (first.sampling_rate / recorded_rate)).round()
        arrivals = arrivals - [first_samples[row] for row in rows]
        inside = (arrivals >= 0) & (arrivals < data.shape[-1])
        frame[name] = arrivals.where(inside)
    target = np.array(frame[archive.target].tolist())
    return Bunch(
        data=data[:, 0] if data.shape[1] == 1 else data,
        target=target,
        target_names=np.unique(target).tolist(),
        groups=frame["event_id"].to_numpy(str),
        frame=frame,
        sampling_rate=first.sampling_rate,
        components=first.components,
        stations=frame["station"].fillna("").to_numpy(str),
        rejected=rejected.reset_index(drop=True),
        DESCR=(
            f"{len(rows)} records of {frame['event_id'].nunique()} events from {path}, "
            f"components {first.components}, {data.shape[-1]} samples at "
            f"{first.sampling_rate:g} Hz; {len(rejected)} rows were left out."
        ),
    )

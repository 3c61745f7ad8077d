"""Records of one shape, with all that belongs to them, as a Bunch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import Bunch

from ..events import attach_events
from ..signal.waveform import Waveform, drop_minority

MOST_REASONS = 5  # in a message
UNITS = {None: "counts", "DISP": "m", "VEL": "m/s", "ACC": "m/s^2"}  # by response


def facts_of_reader(reader: Any) -> dict[str, Any]:
    """Return the units, window and alignment that a reader gives to records.

    Parameters
    ----------
    reader : WaveformReader
        The policy.

    Returns
    -------
    dict of str to object
        Entries of a Bunch: `units`, `window` and `align`.
    """
    return {
        "units": UNITS[reader.response],
        "window": as_window(reader.window),
        "align": reader.align,
    }


def as_window(window: Any) -> tuple[float, float] | None:
    """Return a window as two floats, or None."""
    return None if window is None else (float(window[0]), float(window[1]))


def drop_deviating(
    taken: dict[int, Waveform],
    reasons: dict[int, str],
    *,
    length: str,
    resampling: bool = True,
) -> None:
    """Leave out the records that differ from most in components, rate or length.

    Parameters
    ----------
    taken : dict
        Waveforms by row; those that differ are removed.
    reasons : dict
        Why rows are left out; those that differ are added.
    length : str
        Name of the parameter that gives records one length, for the reason.
    resampling : bool, default=True
        Whether records are resampled where `sampling_rate` is given, for the reason.
    """
    before = set(taken)
    for name, parameter, fact in (
        ("choice of components", "components", lambda record: record.components),
        (
            "sampling rate in Hz",
            "sampling_rate",
            lambda record: round(record.sampling_rate, 6),  # to µHz, as files round it
        ),
        ("length in samples", length, lambda record: record.samples.shape[1]),
    ):
        drop_minority(taken, reasons, name, parameter, fact)
        if parameter == "sampling_rate" and resampling and taken:
            rate = next(iter(taken.values())).sampling_rate
            for row in before - set(taken):
                reasons[row] = reasons[row].replace(
                    "see the parameter sampling_rate",
                    f"give sampling_rate={rate:g} to resample",
                )


def rejected_rows(frame: pd.DataFrame, reasons: Mapping[Any, str]) -> pd.DataFrame:
    """Return the rows of a table that are left out, with the column `reason`."""
    return frame.loc[list(reasons)].assign(reason=list(reasons.values()))


def require_records(taken: Any, what: str, rejected: pd.DataFrame) -> None:
    """Raise if no record was taken, with the reasons that occur most."""
    if len(taken):
        return
    counts = Counter(rejected["reason"]).most_common(MOST_REASONS)
    reasons = "; ".join(f"{number} x {why}" for why, number in counts)
    sources: Any = rejected.get("source", ())
    sources = [str(source) for source in sources if source]
    named = not sources or sources[0] in reasons
    first = "" if named else f" (the first of {sources[0]})"
    raise ValueError(f"{what} was taken: {reasons or 'nothing was given'}{first}")


def waveform_bunch(
    taken: Mapping[int, Waveform],
    frame: pd.DataFrame,
    rejected: pd.DataFrame,
    *,
    target: str = "event_type",
    origin: str = "",
    **facts: Any,
) -> Bunch:
    """Return waveforms that agree in all but their samples as a Bunch.

    Parameters
    ----------
    taken : mapping
        Waveforms by the number of their row in the table that they come from.
    frame : DataFrame
        Their rows, in this order.
    rejected : DataFrame
        What was left out.
    target : str, default="event_type"
        Column of the labels.
    origin : str, default=""
        Where they come from, for the description.
    **facts : dict
        Further entries of the bunch.

    Returns
    -------
    Bunch
        As `WaveformReader.read` describes it.
    """
    waveforms = [taken[row] for row in sorted(taken)]
    samples = np.stack([waveform.samples for waveform in waveforms])
    components, rate = waveforms[0].components, waveforms[0].sampling_rate
    return record_bunch(
        samples[:, 0] if samples.shape[1] == 1 else samples,
        frame,
        target=target,
        sampling_rate=rate,
        components=components,
        rejected=rejected,
        DESCR=(
            f"{len(samples)} records of {frame['event_id'].nunique()} events{origin}, "
            f"components {components}, {samples.shape[-1]} samples at {rate:g} Hz; "
            f"{len(rejected)} were left out."
        ),
        **facts,
    )


def record_bunch(
    data: npt.NDArray, frame: pd.DataFrame, *, target: str = "event_type", **facts: Any
) -> Bunch:
    """Return records of any kind with labels, events and stations from their table.

    Parameters
    ----------
    data : ndarray of shape (n_records, ...)
        The records.
    frame : DataFrame of n_records rows
        `record_id`, `event_id`, `station` and, where there is one, the column of the
        labels. A record without event is its own event in `groups`.
    target : str, default="event_type"
        Column of the labels.
    **facts : dict
        Further entries of the bunch.

    Returns
    -------
    Bunch
        With `data`, `target` (None where no record has a label), `target_names`,
        `groups`, `stations`, `frame` and the further entries. The index ``event_id`` of
        `target` has the events; if that of any record is missing, none has one there.
    """
    labels = frame[target] if target in frame else pd.Series(dtype=object)
    known = labels.dropna()
    groups = frame["event_id"].fillna(frame["record_id"]).to_numpy(str)
    return Bunch(
        data=data,
        target=_target(labels, frame["event_id"], groups) if len(known) else None,
        target_names=np.unique(known.tolist()).tolist(),
        groups=groups,
        stations=frame["station"].fillna("").to_numpy(str),
        frame=frame,
        **facts,
    )


def _target(labels, event_id, groups):
    """Return labels of their own type that carry the events, where all are known."""
    kind = object if labels.isna().any() else None  # None among the labels stays
    values = np.array(labels.tolist(), dtype=kind)
    target = pd.Series(values, name=labels.name, dtype=kind)
    return target if event_id.isna().any() else attach_events(target, groups)

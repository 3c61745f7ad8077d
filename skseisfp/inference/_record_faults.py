"""Records and events that contradict themselves: raised by name."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .._utils.digest import digest

FEW_VALUES = 16  # rows of fewer values are equal by chance
# P of one event arrives within 20 minutes at all distances, and records begin near it
LONGEST_SPREAD = pd.Timedelta("1h")


def is_constant(samples: npt.NDArray) -> npt.NDArray[np.bool_]:
    """Return which records have a channel of one value only."""
    if samples.shape[-1] < 2:
        return np.zeros(len(samples), dtype=bool)
    flat = np.ptp(samples, axis=-1) == 0
    return flat.reshape(len(samples), -1).any(axis=1)


def check_signal(samples: npt.NDArray) -> None:
    """Raise if a record to learn from holds no signal, but one value only."""
    if samples[0].size < FEW_VALUES or samples.ndim > 3:
        return
    dead = np.flatnonzero(is_constant(samples))
    if len(dead):
        raise ValueError(
            f"{len(dead)} records have a channel that holds one value only, first "
            f"record {dead[0]}: there is no signal to learn from. Leave them out."
        )


def check_repeated(samples: npt.NDArray, events: npt.ArrayLike) -> None:
    """Raise if two records are the same, sample for sample.

    Raises
    ------
    ValueError
        With the first such pair and its events. Records that hold one value only are
        not compared.
    """
    if samples[0].size < FEW_VALUES:
        return
    constant = is_constant(samples)
    first: dict[bytes, int] = {}
    events = np.asarray(events)
    for row, record in enumerate(samples):
        if constant[row]:
            continue
        key = blake2b(record.tobytes(), digest_size=16).digest()
        other = first.setdefault(key, row)
        if other != row:
            raise ValueError(
                f"X holds the same record twice: records {other} and {row}, of the "
                f"events '{events[other]}' and '{events[row]}', are equal sample for "
                "sample. It would vote twice, or be in training and test; leave one "
                "of them out."
            )


def check_one_time(frame: pd.DataFrame | None, events: npt.ArrayLike) -> None:
    """Raise if records of one event begin too far apart to be of one event."""
    if frame is None or "start_time" not in frame:
        return
    times = pd.to_datetime(frame["start_time"], utc=True)
    by_event: Any = times.groupby(np.asarray(events))
    spread = by_event.max() - by_event.min()
    far = spread[spread > LONGEST_SPREAD]
    if len(far):
        raise ValueError(
            f"The records of event '{far.index[0]}' begin {far.iloc[0]} apart, so that "
            "they are not of one event: groups are not in the order of the records."
        )


def training_digests(
    samples: npt.NDArray, labels: npt.ArrayLike, events: npt.ArrayLike
) -> dict[str, str]:
    """Return digests of the records, of which belong together, and of all."""
    alone = len(set(np.asarray(events))) == len(samples)  # says nothing of groups
    by_event = "" if alone else _digest_of_events(events)
    parts = {"records": digest(samples), "events": by_event}
    return {**parts, "training": digest(*parts.values(), np.asarray(labels))}


def check_order(
    digests: dict[str, str], n_records: int, samples: npt.NDArray, events: Any
) -> None:
    """Raise if records are those of fit, in their order, but with other events.

    Parameters
    ----------
    digests : dict
        Those of fit, see `training_digests`.
    n_records : int
        Number of records of fit.
    samples : ndarray of shape (n_records, ...)
        Records.
    events : array-like of shape (n_records,)
        Event of each record.
    """
    if len(samples) != n_records or not digests["events"]:
        return
    if digest(samples) != digests["records"]:
        return
    if _digest_of_events(events) != digests["events"]:
        raise ValueError(
            "X are the records of fit, in the same order, but groups puts them "
            "together differently: the events are not in the order of the records."
        )


def _digest_of_events(events):
    """Return the digest of which records belong together, whatever the names."""
    return digest(pd.factorize(np.asarray(events))[0])

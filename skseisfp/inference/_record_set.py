"""Records as arrays, with what is known of them, from bunches, archives or arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_array

from ..events import EVENT_ID, find_groups
from ..io.record_bunch import as_window

FACTS = ("sampling_rate", "components", "units")
CUT = ("align", "window")  # how records are cut; known where align is


class RecordSet(NamedTuple):
    """Records, labels and events, with what is known of the records.

    `facts` maps names to values, None where one is not known; `frame` is the table of
    the records, or None.
    """

    X: Any
    y: Any
    groups: Any
    frame: Any
    facts: dict[str, Any]

    @property
    def from_bunch(self) -> bool:
        """Whether a table came with the records."""
        return self.frame is not None


def as_record_set(X: Any, y: Any = None, groups: Any = None) -> RecordSet:
    """Return records of a Bunch, or of arrays, with what is known of them.

    Raises
    ------
    ValueError
        If `groups` disagrees with the events of the Bunch.
    """
    if not (isinstance(X, Mapping) and "data" in X):
        return RecordSet(X, y, groups, None, dict.fromkeys(FACTS + CUT))
    frame = X.get("frame")
    if frame is None:
        frame = pd.DataFrame(index=range(len(X["data"])))
    labels = X.get("target") if y is None else y
    if not isinstance(groups, str) and X.get("groups") is not None:
        events = pd.DataFrame(index=pd.Index(X["groups"], name=EVENT_ID))
        groups = find_groups(None, groups, X=events)
    facts = {name: X.get(name) for name in FACTS + CUT}
    facts["window"] = as_window(facts["window"])
    return RecordSet(X["data"], labels, groups, frame.reset_index(drop=True), facts)


def show_window(window: tuple[float, float] | None) -> str:
    """Return a window as a message has it."""
    return "None" if window is None else "({:g}, {:g})".format(*window)


def as_samples(X: Any, estimator: Any, *, allow_nan: bool = False) -> npt.NDArray:
    """Return records as a numeric array of two axes or more; raise for other input."""
    finite = not allow_nan
    samples: Any = check_array(
        X,
        allow_nd=True,
        dtype="numeric",
        ensure_all_finite=finite,
        estimator=estimator,
        input_name="X",
    )
    return samples


def known_arrivals(
    records: RecordSet, common: float | None, n_records: int
) -> npt.NDArray:
    """Return P of each record in seconds from its first sample, NaN if not known."""
    if records.from_bunch and "p_arrival" in records.frame:
        return records.frame["p_arrival"].to_numpy(dtype=float)
    return np.full(n_records, np.nan if common is None else common, dtype=float)


def is_fingerprint(samples: npt.NDArray) -> bool:
    """Return whether an array holds nothing but -1, 0 and 1, and not zeros alone.

    Rows of fewer than 16 values are features, since few values are so by chance.
    """
    if samples[0].size < 16 or samples.dtype.kind not in "iuf":
        return False
    is_sign = np.isin(samples, (-1, 0, 1)).all()
    return bool(is_sign and (samples == 0).any() and (samples != 0).any())


def density_of(fingerprints: npt.NDArray) -> npt.NDArray | None:
    """Return the part of each fingerprint that is not zero, None for other arrays."""
    if not is_fingerprint(fingerprints):
        return None
    return (fingerprints != 0).reshape(len(fingerprints), -1).mean(axis=1)

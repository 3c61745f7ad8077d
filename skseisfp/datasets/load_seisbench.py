"""Reader of data sets in the SeisBench format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.utils import check_scalar

from .._utils.checks import check_option, check_real
from ..io.sampling_rates import check_rate
from ..signal.record_condition import is_dead
from ..signal.waveform import (
    RecordError,
    bridge_gaps,
    cut_window,
    pick_components,
    resample,
)
from ._collection import check_components, collect_records
from ._seisbench_format import open_seisbench

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Bunch


def load_seisbench(
    path: str | PathLike[str],
    *,
    target: str = "source_type",
    event: str | None = None,
    labels: Mapping[Any, Any] | None = None,
    split: Literal["train", "dev", "test"] | None = None,
    query: str | None = None,
    params: Mapping[str, Any] | None = None,
    exclusions: pd.DataFrame | str | PathLike[str] | Sequence[str] | None = None,
    components: str | None = None,
    sampling_rate: float | None = None,
    window: tuple[float, float] | None = None,
    align: Literal["start", "P"] = "start",
    max_gap: float = 0.0,
    dead: Literal["reject", "keep"] = "reject",
    invalid: Literal["raise", "reject"] = "raise",
    verbose: int = 0,
) -> Bunch:
    """Load labelled records of a folder in the SeisBench format.

    The format [1]_ has a table `metadata.csv` and waveforms in `waveforms.hdf5`, or
    such a pair for each chunk of the set. Only the selected traces are read.

    Parameters
    ----------
    path : str or path-like
        The folder.
    target : str, default="source_type"
        Column of the labels.
    event : str, default=None
        Column of the events. None takes the first that there is of `source_id`,
        `event_id`, `source_event_id` and `source_origin_time`. A trace without event
        (noise) is an event of its own; if there is none of these columns, every trace
        is one in `groups`, and the index of `target` has no events.
    labels : mapping, default=None
        Label by value of `target`, such as `EVENT_TYPES`; records of another value
        have no label. None takes the values as they are.
    split : {None, "train", "dev", "test"}, default=None
        Part of the set by its column `split`. None takes all of it.
    query : str, default=None
        Expression on the columns of the metadata that selects records, as in
        `load_records`.
    params : dict, default=None
        Values of the names that ``@`` precedes in `query`.
    exclusions : DataFrame, str, path-like or sequence of str, default=None
        Records that were reviewed and are left out: their ids, or a table or CSV file
        with `record_id` and where there is one `reason`, such as a page of
        `skseisfp.plotting.write_review` saves.
    components : str, default=None
        Components to keep out of "ZNE", such as "Z". None keeps those of most records.
    sampling_rate : float, default=None
        Rate in Hz to which records of another rate are resampled. None leaves all
        samples as they are and requires one rate.
    window : tuple of (float, float), default=None
        Start and end in seconds from the reference of the part to take. None takes
        whole records and requires one length.
    align : {"start", "P"}, default="start"
        Reference of the window: first sample of the record, or first P arrival.
    max_gap : float, default=0.0
        Longest gap (NaN) in seconds within a record that is bridged by a straight line.
    dead : {"reject", "keep"}, default="reject"
        What to do with records of which a channel holds one value only: the format sets
        missing channels to zero.
    invalid : {"raise", "reject"}, default="raise"
        Whether invalid records raise an error that names them, or are left out and
        listed in `rejected`.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        As `load_records` returns it: `data`, `target`, `target_names`, `groups` (the
        events), `frame`, `sampling_rate`, `components`, `stations`, `rejected` and
        `DESCR`. `frame` has the metadata with its `split`, and `record_id`,
        `event_id`, `station`, `sampling_rate_hz`, and `p_arrival` and `s_arrival` (of
        the first P and S arrivals) in seconds from the first sample of `data`; all
        arrivals under the names of the format are in samples of `data`. They are at the
        nearest sample, and NaN where they lie beyond the record.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not in the format, a row of `exclusions` matches no record, or
        records are invalid.
    ImportError
        If h5py is not installed.

    See Also
    --------
    save_seisbench : Write records in this format.

    References
    ----------
    .. [1] Woollam et al. (2022), SeisBench - A toolbox for machine learning in
       seismology, doi:10.1785/0220210324

    Examples
    --------
    >>> from skseisfp.datasets import load_seisbench
    >>> bunch = load_seisbench(
    ...     "pnw", split="train", sampling_rate=40, window=(-5, 27), align="P"
    ... )  # doctest: +SKIP
    """
    check_components(components)
    _check_parameters(split, sampling_rate, window, align, max_gap, dead, invalid)
    check_scalar(verbose, "verbose", Integral, min_val=0)
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"There is no folder {path}.")

    def adapt(row):
        waveform = pick_components(records.read(row), components)
        waveform = bridge_gaps(waveform, max_gap)
        if dead == "reject" and any(map(is_dead, waveform.samples)):
            raise RecordError("it has a channel that is dead")
        p_arrival = records.frame["p_arrival"].iloc[row]
        waveform = resample(waveform, sampling_rate)
        if window is None:
            return waveform, 0
        if align == "P" and not np.isfinite(p_arrival):
            raise RecordError("it has no P arrival")
        rate = waveform.sampling_rate
        first = round((window[0] + (p_arrival if align == "P" else 0.0)) * rate)
        last = first + round((window[1] - window[0]) * rate)
        return cut_window(waveform, first, last, None), first

    with open_seisbench(path, target, event) as records:
        if labels is not None:
            given = records.frame[target]  # that pandas maps by mappings, stubs lack
            records.frame[target] = given.map(labels)  # pyright: ignore[reportArgumentType]
        return collect_records(
            path,
            records,
            adapt,
            length="window",
            query=_with_split(path, records.frame, split, query),
            params=params,
            exclusions=exclusions,
            invalid=invalid,
            verbose=verbose,
        )


def _check_parameters(split, sampling_rate, window, align, max_gap, dead, invalid):
    """Raise if a parameter is out of its range."""
    check_option("split", split, (None, "train", "dev", "test"))
    check_option("align", align, ("start", "P"))
    check_option("dead", dead, ("reject", "keep"))
    check_option("invalid", invalid, ("raise", "reject"))
    check_real("max_gap", max_gap, min_val=0)
    if sampling_rate is not None:
        check_rate(check_real("sampling_rate", sampling_rate))
    if window is None:
        if align != "start":
            raise ValueError(f"align={align!r} needs a window.")
    elif (
        np.shape(window) != (2,)
        or np.asarray(window).dtype.kind not in "iuf"
        or not np.isfinite(window).all()
        or not window[0] < window[1]
    ):
        raise ValueError(
            f"window must be two increasing times in seconds; got {window!r}."
        )


def _with_split(path, frame, split, query):
    """Return a query that also selects a part of the set."""
    if split is None:
        return query
    if "split" not in frame:
        raise ValueError(f"{path} is not split: its metadata have no column split.")
    chosen = f"split == {split!r}"
    return chosen if query is None else f"({chosen}) & ({query})"

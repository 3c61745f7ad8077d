"""Reader of data sets in the SeisBench format."""

from pathlib import Path

import numpy as np

from .._utils.checks import check_option, check_real
from ..io.stream_files import check_rate
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


def load_seisbench(
    path,
    *,
    target="source_type",
    event=None,
    labels=None,
    split=None,
    query=None,
    exclusions=None,
    components=None,
    sampling_rate=None,
    window=None,
    align="start",
    max_gap=0.0,
    dead="reject",
    invalid="raise",
):
    """Load labelled records of a folder in the SeisBench format.

    That is a table `metadata.csv` and waveforms in `waveforms.hdf5`, or such pairs for
    each chunk of the set [1]_. Only the traces that are chosen are read.

    Parameters
    ----------
    path : str or path-like
        The folder.
    target : str, default="source_type"
        Column of the labels.
    event : str, default=None
        Column of the events. None takes `source_id`, `event_id`, `source_event_id` or
        `source_origin_time`, the first that there is. A trace without event (noise)
        is an event of its own.
    labels : mapping, default=None
        Label by value of `target`, such as `EVENT_TYPES`; records of another value
        have no label. None takes the values as they are.
    split : {None, "train", "dev", "test"}, default=None
        Part of the set by its column `split`. None takes all of it.
    query : str, default=None
        Expression on the columns of the metadata that selects records, as in
        :meth:`pandas.DataFrame.eval`.
    exclusions : DataFrame, str, path-like or sequence of str, default=None
        Records that were reviewed and are left out: their ids, or a table or CSV file
        with `record_id` and where there is one `reason`, such as a page of
        `skseisfp.plotting.write_review` gives.
    components : str, default=None
        Components to keep out of "ZNE", such as "Z". None keeps those of most records.
    sampling_rate : float, default=None
        Rate in Hz to which records of another rate are resampled. None leaves all
        samples as they are and demands one rate.
    window : tuple of (float, float), default=None
        Start and end in seconds from the reference of the part to take. None takes
        whole records and demands one length.
    align : {"start", "P"}, default="start"
        Reference of the window: first sample of the record, or first P arrival.
    max_gap : float, default=0.0
        Longest gap (NaN) in seconds within a record that is bridged by a straight line.
    dead : {"reject", "keep"}, default="reject"
        What to do with records that hold one value only in a channel: the format sets
        channels that are missing to zero.
    invalid : {"raise", "reject"}, default="raise"
        Whether records that cannot be taken raise an error that names them, or are
        left out and listed in `rejected`.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        As `load_records` returns it: `data`, `target`, `target_names`, `groups` (the
        events), `frame`, `sampling_rate`, `components`, `stations`, `rejected` and
        `DESCR`. `frame` has the metadata with its `split`, and `record_id`,
        `event_id`, `station`, `sampling_rate_hz`, `arrival_sample` and `s_sample` (of
        the first P and S arrivals); these and all arrivals in the metadata are in
        samples of `data`, NaN where they lie beyond the record.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is not in the format, a row of `exclusions` matches no record, or
        records cannot be taken.
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
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"There is no folder {path}.")
    archive, close = open_seisbench(path, target, event)
    frame = archive.frame
    if labels is not None:
        frame[target] = frame[target].map(labels)

    def adapt(row):
        waveform = pick_components(archive.read(row), components)
        waveform = bridge_gaps(waveform, max_gap)
        if dead == "reject" and any(map(is_dead, waveform.samples)):
            raise RecordError("it has a channel that is dead")
        arrival = frame["arrival_sample"].iloc[row] / waveform.sampling_rate
        waveform = resample(waveform, sampling_rate)
        if window is None:
            return waveform, 0
        if align == "P" and np.isnan(arrival):
            raise RecordError("it has no P arrival")
        rate = waveform.sampling_rate
        first = round((window[0] + (arrival if align == "P" else 0.0)) * rate)
        last = first + round((window[1] - window[0]) * rate)
        return cut_window(waveform, first, last, None), first

    try:
        query = _with_split(path, frame, split, query)
        return collect_records(
            path, archive, adapt, query=query, exclusions=exclusions, invalid=invalid
        )
    finally:
        close()


def _check_parameters(split, sampling_rate, window, align, max_gap, dead, invalid):
    """Refuse parameters out of their range."""
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

"""Reader of labelled records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sklearn.utils import check_scalar

from .._utils.checks import check_option, check_real
from ..signal.waveform import bridge_gaps, fit_length, pick_components, resample
from ._collection import check_components, collect_records
from ._labelled_folder import open_arrays
from ._labelled_miniseed import open_miniseed

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Bunch


def load_records(
    path: str | PathLike[str],
    *,
    target: str | None = None,
    labels: str | PathLike[str] | None = None,
    query: str | None = None,
    params: Mapping[str, Any] | None = None,
    exclusions: pd.DataFrame | str | PathLike[str] | Sequence[str] | None = None,
    components: str | None = None,
    sampling_rate: float | None = None,
    n_samples: int | None = None,
    pad: Literal["reflect"] | None = None,
    max_gap: float = 0.0,
    invalid: Literal["raise", "reject"] = "raise",
    verbose: int = 0,
) -> Bunch:
    """Load labelled records from a folder.

    The folder has one of two forms:

    - `metadata.csv` with one row per record (`event_id`, `station`,
      `sampling_rate_hz` and the label, optionally `record_id`, `components` and the
      arrivals named below), and `waveforms.npz` or `waveforms.hdf5` with these records
      as `X`, of shape (n_records, n_samples) or (n_records, n_channels, n_samples),
      channels in the order Z N E unless `components` says otherwise;
    - files `<event>/<file>` of any waveform format, one per station, in the folder or
      its subfolder `mseed`, and a table `labels.csv` with the event in the column
      `event_id`, or else in the first one.

    Parameters
    ----------
    path : str or path-like
        The folder.
    target : str, default=None
        Column of the labels. None takes `event_type`, or in a table of labels the only
        column other than the event.
    labels : str or path-like, default=None
        Table of labels of such files, where it is not `labels.csv` in the folder.
    query : str, default=None
        Expression on the columns of the table that selects records, for example
        ``"snr_db > 6"``: comparisons, ``in``, ``and``, ``or``, ``not`` and arithmetic
        in the syntax of :meth:`pandas.DataFrame.eval`; no calls and attributes.
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
    n_samples : int, default=None
        Length of the records in samples: longer ones lose their end. None requires one
        length.
    pad : {None, "reflect"}, default=None
        Whether records shorter than `n_samples` are invalid, or continued at their end
        by their mirror image.
    max_gap : float, default=0.0
        Longest gap in seconds within a record that is bridged by a straight line.
    invalid : {"raise", "reject"}, default="raise"
        What to do with invalid records: unreadable or missing files, gaps, values that
        are not finite, no label, or components, rate or length other than those of most
        records. Raise an error that names them, or leave them out and list them in
        `rejected`.
    verbose : int, default=0
        Show the progress in a terminal or notebook if positive.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        data : ndarray of shape (n_records, n_samples) or \
(n_records, n_channels, n_samples)
            The samples, components in the order Z N E, without the axis of components
            where there is one; floating types are kept, others become float64.
        target : Series of shape (n_records,)
            Label of each record, with its event in the index ``event_id``, as
            :func:`skseisfp.attach_events` returns it.
        target_names : list
            The labels that occur, sorted.
        groups : ndarray of shape (n_records,)
            Event of each record, str.
        frame : DataFrame of n_records rows
            The table, with `p_arrival`: the seconds from the first sample of `data` to
            P, at the nearest sample, from a column of that name (seconds from the first
            sample of the file), else from the first of `p_arrival_sample`,
            `p_sample_auto` and `p_sample` (samples) that is not negative; NaN where
            there is none or it lies beyond the record; and `s_arrival`, from
            `s_arrival`, `s_arrival_sample` or `s_sample`, where there is one, likewise.
            All other columns are as they were read, `p_sample_analyst` among them:
            onsets that were picked by hand for one class only would give its label
            away.
        sampling_rate : float
            Sampling rate in Hz.
        components : str
            Components of `data`.
        stations : ndarray of shape (n_records,)
            Station of each record, str.
        rejected : DataFrame
            Rows that were left out, by `query`, by `exclusions` or as invalid, with
            their `reason`.
        DESCR : str
            Description.

    Raises
    ------
    FileNotFoundError
        If the folder, a table or the waveforms are missing.
    ValueError
        If a table or the waveforms cannot be read or do not fit each other, if a column
        in seconds has values beyond the records as those in samples do, or one of
        `p_arrival_sample` and `s_arrival_sample` has fractions, if a row of
        `exclusions` matches no record, or if records are invalid.

    Examples
    --------
    >>> from skseisfp.datasets import load_records
    >>> reliable = "snr_db > 6 and label_confidence != 'low'"
    >>> bunch = load_records("pnw", query=reliable)  # doctest: +SKIP
    >>> bunch.data.shape, bunch.sampling_rate  # doctest: +SKIP
    ((1107, 4600), 40.0)
    """
    check_components(components)
    _check_parameters(sampling_rate, n_samples, pad, max_gap, invalid)
    check_scalar(verbose, "verbose", Integral, min_val=0)
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"There is no folder {path}.")
    if labels is None and (path / "metadata.csv").exists():
        records = open_arrays(path, target)
    else:
        records = open_miniseed(
            path, target, Path(labels or path / "labels.csv"), verbose
        )

    def adapt(row):
        waveform = pick_components(records.read(row), components)
        waveform = resample(bridge_gaps(waveform, max_gap), sampling_rate)
        if n_samples is not None:
            waveform = fit_length(waveform, n_samples, pad)
        return waveform, 0

    return collect_records(
        path,
        records,
        adapt,
        length="n_samples",
        query=query,
        params=params,
        exclusions=exclusions,
        invalid=invalid,
        verbose=verbose,
    )


def _check_parameters(sampling_rate, n_samples, pad, max_gap, invalid):
    """Raise if a parameter is out of its range."""
    if sampling_rate is not None:
        limits = {"min_val": 0, "include_boundaries": "neither"}
        check_real("sampling_rate", sampling_rate, **limits)
    if n_samples is not None:
        check_scalar(n_samples, "n_samples", Integral, min_val=1)
    check_option("pad", pad, (None, "reflect"))
    check_real("max_gap", max_gap, min_val=0)
    check_option("invalid", invalid, ("raise", "reject"))

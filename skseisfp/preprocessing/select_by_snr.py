"""Records of sufficient signal-to-noise ratio, and what their selection costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .._utils.checks import check_per_record, check_real
from .._utils.validation import check_groups, check_labels

if TYPE_CHECKING:
    import numpy.typing as npt


def select_by_snr(
    snr: npt.ArrayLike,
    y: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    threshold: float,
) -> tuple[npt.NDArray[np.bool_], pd.DataFrame]:
    """Select the records of sufficient signal-to-noise ratio, and report by class.

    A threshold that drops more of one class than of another changes what a classifier
    learns, and on what it is scored. So the selection comes with a report.

    Parameters
    ----------
    snr : array-like of shape (n_records,)
        Signal-to-noise ratio of each record in dB; NaN where it is not known.
    y : array-like of shape (n_records,)
        Labels.
    groups : array-like of shape (n_records,), default=None
        Event of each record; None makes every record its own event.
    threshold : float
        Lowest ratio of a record that is kept, in dB. Records without a ratio are
        dropped.

    Returns
    -------
    kept : ndarray of bool, shape (n_records,)
        Which records are kept.
    report : DataFrame of shape (n_classes, 7)
        By class, sorted: ``n_records``, ``n_kept``, ``n_low`` (below the threshold),
        ``n_unknown`` (without a ratio), ``part_dropped``, ``n_events`` and
        ``n_events_lost`` (all of whose records are dropped).

    Raises
    ------
    ValueError
        If lengths do not fit, or no record of some class is kept; the message names
        it.

    See Also
    --------
    skseisfp.signal.snr : The ratio of records.

    Examples
    --------
    >>> from skseisfp.preprocessing import select_by_snr
    >>> kept, report = select_by_snr(
    ...     [12, 3, 8, 1, float("nan")],
    ...     ["quake", "quake", "blast", "blast", "blast"],
    ...     ["e1", "e1", "e2", "e3", "e3"],
    ...     threshold=5,
    ... )
    >>> kept.tolist()
    [True, False, True, False, False]
    >>> report[["n_kept", "n_low", "n_unknown", "n_events_lost"]].loc["blast"].tolist()
    [1, 1, 1, 1]
    """
    y = np.asarray(check_labels(y))
    if y.ndim != 1:
        raise ValueError(f"y must have one label per record; got shape {y.shape}.")
    ratios = check_per_record("snr", snr, len(y), "value in dB")
    try:
        snr = ratios.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"snr must hold numbers: {error}") from error
    check_real("threshold", threshold)
    kept = snr >= threshold
    records = pd.DataFrame(
        {
            "class": y,
            "event": check_groups(groups, len(y)),
            "n_kept": kept,
            "n_low": snr < threshold,
            "n_unknown": np.isnan(snr),
        }
    )
    by_class = records.groupby("class")
    report = pd.DataFrame(by_class[["n_kept", "n_low", "n_unknown"]].sum())
    report.insert(0, "n_records", by_class.size())
    report["part_dropped"] = 1 - report["n_kept"] / report["n_records"]
    keeps_any = pd.Series(records.groupby(["class", "event"])["n_kept"].any())
    events = keeps_any.groupby("class")
    report["n_events"] = events.size()
    report["n_events_lost"] = report["n_events"] - events.sum()
    empty = report.index[(report["n_kept"] == 0).to_numpy()]
    if len(empty):
        raise ValueError(
            f"threshold={threshold:g} dB keeps no record of the class {empty[0]!r}; "
            f"its largest ratio is {np.nanmax(snr[y == empty[0]], initial=-np.inf):g} "
            "dB."
        )
    return kept, report

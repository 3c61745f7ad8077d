"""The table of events: votes of usable records, flags and decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..metrics import aggregate_events
from ..metrics.decisions import decide
from ._abstention import Abstention
from ._event_calibration import apply_calibration
from ._flags import SILENT, flag_events, join_flags

UNDECIDED = "undecided"


def vote_of_usable(
    scores: npt.NDArray, events: npt.NDArray, flags: pd.DataFrame, rule: dict[str, Any]
) -> pd.DataFrame:
    """Return the table of events by their records that vote, or by all if none does.

    Parameters
    ----------
    scores : ndarray of shape (n_records, n_classes)
        Scores of the records.
    events : ndarray of shape (n_records,)
        Event of each record.
    flags : DataFrame of bool, shape (n_records, n_flags)
        Flags of the records.
    rule : dict
        Parameters of `aggregate_events`.

    Returns
    -------
    DataFrame
        As of `aggregate_events`, in order of first appearance.
    """
    silent: Any = flags[SILENT]
    voting = pd.Series(~silent.any(axis=1).to_numpy())
    kept = (voting | ~voting.groupby(events).transform("any")).to_numpy()
    if rule["snr"] is not None:
        rule = {**rule, "snr": rule["snr"][kept]}
    table = aggregate_events(scores[kept], events[kept], **rule)
    return table.loc[pd.unique(events)]


def scores_of(table: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the columns of scores of a table."""
    return table.filter(regex="^score_").to_numpy(dtype=float)


def calibrate_table(
    table: pd.DataFrame,
    scores: npt.NDArray,
    events: npt.NDArray,
    calibration: Any,
    classes: npt.NDArray,
) -> pd.DataFrame:
    """Return a table of events with calibrated scores, and the predictions by these.

    Parameters
    ----------
    table : DataFrame
        Table of events, see `vote_of_usable`.
    scores : ndarray of shape (n_records, n_classes)
        Calibrated scores of the records by themselves, for `agreement`.
    events : ndarray of shape (n_records,)
        Event of each record.
    calibration : ndarray or None
        See `fit_calibration`; None changes nothing.
    classes : ndarray of shape (n_classes,)
        Labels of the columns.

    Returns
    -------
    DataFrame
        The same columns.
    """
    if calibration is None:
        return table
    by_event = apply_calibration(calibration, scores_of(table))
    names = [f"score_{name}" for name in classes]
    table = table.assign(prediction=classes[decide(by_event)])
    table[names] = by_event
    alone = classes[decide(scores)]
    agrees = pd.Series(alone == table["prediction"].loc[events].to_numpy())
    shares: Any = agrees.groupby(events).mean()
    return table.assign(agreement=shares.loc[table.index].to_numpy())


def decide_events(
    table: pd.DataFrame,
    events: npt.NDArray,
    flags: pd.DataFrame,
    stations: Any,
    *,
    classes: npt.NDArray,
    min_stations: int,
    abstention: Abstention,
) -> pd.DataFrame:
    """Return a table of events with `n_stations` that vote, `flags` and `decision`.

    Parameters
    ----------
    table : DataFrame
        Table of events.
    events, stations : array-like of shape (n_records,)
        Event and station of each record.
    flags : DataFrame of bool, shape (n_records, n_flags)
        Flags of the records.
    classes : ndarray of shape (n_classes,)
        Labels of the columns of scores.
    min_stations : int
        Least number of stations that vote.
    abstention : Abstention
        Scores at which events are decided.
    """
    by_event = flag_events(flags, events, stations, min_stations=min_stations)
    n_stations = by_event.pop("n_stations").to_numpy()
    names = join_flags(by_event)
    predicted = table["prediction"].to_numpy(dtype=object)
    codes = pd.Index(classes).get_indexer(predicted)
    decided = abstention.decides(scores_of(table), codes)
    decision = np.where(decided & (names == ""), predicted, UNDECIDED)
    return table.assign(n_stations=n_stations, flags=names, decision=decision)


def with_all_events(table: pd.DataFrame, ids: list[str | None]) -> pd.DataFrame:
    """Return a table of events in the order of ids, those without records, too."""
    ids = [name for name in ids if name is not None]
    missing = [name for name in ids if name not in table.index]
    if missing:
        empty = pd.DataFrame(
            {
                "n_records": 0,
                "prediction": None,
                "n_stations": 0,
                "flags": "too_few_stations",
                "decision": UNDECIDED,
            },
            index=pd.Index(missing, name=table.index.name),
        )
        table = pd.concat([table, empty.reindex(columns=table.columns)])
    return table.loc[ids]

"""The splits of each data set, and the records that are scored."""

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import (
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from skseisfp.model_selection import EventStationSplit, TemporalEventSplit

HOURLY = "inferred_night"


class Split(NamedTuple):
    """Folds and the records that are scored.

    Parameters
    ----------
    name : str
        Name of the protocol.
    fits : str
        Name of the fits; protocols that differ only in `scored` share them.
    folds : list of (ndarray, ndarray)
        Row numbers of training and test.
    scored : ndarray of bool of shape (n_records,)
        Records whose predictions are scored.
    """

    name: str
    fits: str
    folds: list
    scored: np.ndarray


def split_records(data_set, seed, n_splits):
    """Assign single records to folds, so that an event is in training and in test."""
    splitter = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    folds = list(splitter.split(data_set.waveforms, data_set.y))
    return [_score_tested("records", folds, data_set)]


def split_events(data_set, seed, n_splits, *, label_noise=False):
    """Keep the records of an event together; score trusted labels, too, if asked."""
    folds = _event_folds(data_set, np.arange(len(data_set.y)), seed, n_splits)
    whole = _score_tested("event", folds, data_set)
    return _score_trusted(whole, data_set) if label_noise else [whole]


def split_high_confidence(data_set, seed, n_splits):
    """Train and test on labels of high confidence only, events kept together."""
    rows = np.flatnonzero(_is_high(data_set))
    folds = _event_folds(data_set, rows, seed, n_splits)
    return [_score_tested("high_confidence", folds, data_set)]


def split_stations(data_set, seed, n_splits):
    """Test on events and stations that are both not in training."""
    splitter = EventStationSplit(
        n_event_splits=n_splits,
        n_station_splits=n_splits,
        stations=data_set.frame["station"],
        random_state=seed,
    )
    folds = splitter.split(data_set.waveforms, data_set.y, data_set.events)
    whole = _score_tested("new_stations", list(folds), data_set)
    return _score_trusted(whole, data_set)


def split_in_time(data_set, seed, n_splits):
    """Train on the earlier events, test on the next quarter of all, twice."""
    times = data_set.frame["origin_time_utc"]
    splitter = TemporalEventSplit(2, test_size=0.25, times=times)
    folds = list(splitter.split(data_set.waveforms, groups=data_set.events))
    return [_score_tested("later", folds, data_set)]


def leave_one_event_out(data_set, seed, n_splits):
    """Test on one event after the other."""
    folds = LeaveOneGroupOut().split(data_set.waveforms, groups=data_set.events)
    return [_score_tested("leave one out", list(folds), data_set)]


def split_across(data_set, seed, n_splits):
    """Train on one data set, test on others."""
    part = data_set.frame["part"].to_numpy()
    splits = []
    for trained, targets in {
        "pnw": ("generated", "france"),
        "generated": ("pnw",),
    }.items():
        tested = np.isin(part, targets)
        folds = [(np.flatnonzero(part == trained), np.flatnonzero(tested))]
        splits += [
            Split(f"{trained} to {target}", f"from {trained}", folds, part == target)
            for target in targets
        ]
    return splits


def _event_folds(data_set, rows, seed, n_splits):
    """Return folds of some rows that keep events together."""
    splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)
    folds = splitter.split(rows, data_set.y[rows], data_set.events[rows])
    return [(rows[train], rows[test]) for train, test in folds]


def _score_tested(name, folds, data_set):
    """Score all records that are tested."""
    scored = np.zeros(len(data_set.y), dtype=bool)
    scored[np.concatenate([test for _, test in folds])] = True
    return Split(name, name, folds, scored)


def _score_trusted(whole, data_set):
    """Return a split, and the same fits scored on labels that are trusted more."""
    by_hour = data_set.frame["label_source"].str.contains(HOURLY).to_numpy()
    trusted = {"no_hour_labels": ~by_hour, "high_labels": _is_high(data_set)}
    return [whole] + [
        Split(f"{whole.name}, {name}", whole.fits, whole.folds, whole.scored & kept)
        for name, kept in trusted.items()
    ]


def _is_high(data_set):
    """Return the mask of the records with a label of high confidence."""
    return (data_set.frame["label_confidence"] == "high").to_numpy()


SPLITS = {
    "pnw": (
        split_stations,
        partial(split_events, label_noise=True),
        split_high_confidence,
        split_in_time,
        split_records,
    ),
    "surface": (split_events,),
    "france": (leave_one_event_out,),
    "generated": (split_events, split_records),
    "across": (split_across,),
}


def make_splits(data_set, *, seed, n_splits):
    """Return all protocols of a data set."""
    splits = SPLITS[data_set.name]
    return [made for split in splits for made in split(data_set, seed, n_splits)]

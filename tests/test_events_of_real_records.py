"""Events of real records are the same in every form in which they are given."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupKFold, cross_val_predict, cross_val_score

from skseisfp import attach_events
from skseisfp.metrics import aggregate_events, event_roc_auc
from skseisfp.model_selection import EventStationSplit, event_train_test_split

pytestmark = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)
N_EVENTS = 229
FOREST = ExtraTreesClassifier(50, min_samples_leaf=3, random_state=0)
LEVELS = ["event_id", "station"]


@pytest.fixture(scope="module")
def pnw():
    """Table of the records, and the levels of their spectra in 16 bands."""
    folder = Path(os.environ["SKSEISFP_DATA"]) / "pnw"
    frame = pd.read_csv(folder / "metadata.csv")
    chosen = frame.eval("snr_db > 6 and label_confidence != 'low'").to_numpy()
    with np.load(folder / "waveforms.npz") as waveforms:
        windows = waveforms["X"][chosen, 0, 800:2080]  # 32 s from the origin
    power = np.abs(np.fft.rfft(windows * np.hanning(1280)))[:, 32:512] ** 2
    bands = power.reshape(len(windows), 16, 30).mean(axis=2)  # 1 to 16 Hz
    X = np.log10(bands + np.finfo(float).tiny)
    return frame[chosen].reset_index(drop=True), X - X.mean(axis=1, keepdims=True)


def score(X, y, **params):
    return cross_val_score(
        FOREST, X, y, scoring=event_roc_auc, error_score="raise", **params
    )


def test_the_event_auc_is_that_of_plain_groups(pnw):
    frame, X = pnw
    y, groups = frame["event_type"].to_numpy(), frame["event_id"].to_numpy()
    folds = GroupKFold(3)
    splits = list(folds.split(X, y, groups))
    with sklearn.config_context(enable_metadata_routing=True):
        expected = score(X, y, cv=folds, params={"groups": groups})
    indexed = frame.set_index(LEVELS)["event_type"]
    turned = frame.set_index(LEVELS[::-1])["event_type"]
    table = pd.DataFrame(X, index=indexed.index)
    for records, labels in [
        (X, attach_events(y, groups)),
        (X, indexed),
        (X, turned),
        (table.to_numpy(), attach_events(y, indexed.index)),
        (table, y),
    ]:
        np.testing.assert_array_equal(score(records, labels, cv=splits), expected)
    proba = cross_val_predict(FOREST, X, y, cv=splits, method="predict_proba")
    table = aggregate_events(proba, groups, y_true=y)
    assert len(table) == N_EVENTS
    assert 0.6 < np.mean(expected) < 0.95


def test_no_event_straddles_a_split_of_labels_with_two_levels(pnw):
    frame, X = pnw
    y = frame.set_index(LEVELS)["event_type"]
    *_, train, test = event_train_test_split(X, y, random_state=0)
    assert not set(train) & set(test)
    assert len(set(train) | set(test)) == N_EVENTS
    events, stations = frame["event_id"], frame["station"]
    splitter = EventStationSplit(stations=stations, random_state=0)
    for train, test in splitter.split(X, y):
        assert not set(events[train]) & set(events[test])
        assert not set(stations[train]) & set(stations[test])

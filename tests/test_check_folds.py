import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

from skseisfp import attach_events
from skseisfp.model_selection import EventStationSplit, TemporalEventSplit, check_folds

EVENTS = np.repeat(np.arange(12), 3)
Y = np.where(EVENTS % 4 == 0, "blast", "quake")


def test_good_folds_are_described():
    table = check_folds(StratifiedGroupKFold(3), None, Y, EVENTS)
    assert table["n_test"].sum() == 36
    assert table["n_test_events"].sum() == 12
    assert (table["n_train_events"] + table["n_test_events"] == 12).all()
    assert (table["shared_events"] == 0).all()
    assert (table[["missing_train", "missing_test"]] == "").all(axis=None)
    assert table.index.name == "fold"


def test_every_bad_fold_is_named():
    folds = [
        (np.arange(0, 18), np.arange(18, 36)),
        (np.arange(0, 17), np.arange(16, 36)),
        (np.arange(3, 12), np.arange(12, 36)),
        (np.arange(12, 36), np.arange(3, 12)),
    ]
    with pytest.raises(ValueError, match="fold") as info:
        check_folds(folds, None, Y, EVENTS)
    assert str(info.value).splitlines() == [
        "fold 1: 1 events in training and in test, first 5",
        "fold 2: no 'blast' in training",
        "fold 3: no 'blast' in test",
    ]


def test_folds_of_records_share_events():
    table = check_folds(4, np.zeros((36, 2)), Y, EVENTS, on_problem="ignore")
    assert (table["shared_events"] > 0).any()


def test_stratified_group_folds_may_lack_a_class():
    rare = np.where(EVENTS == 0, "blast", "quake")
    splitter = StratifiedGroupKFold(3)
    with (
        pytest.warns(UserWarning, match=r"fold \d: no 'blast' in test"),
    ):
        table = check_folds(splitter, None, rare, EVENTS, on_problem="warn")
    assert (table["missing_test"] == "blast").sum() == 2
    assert (table["missing_train"] == "blast").sum() == 1


def test_index_of_y_and_metadata_of_the_splitter():
    y = attach_events(Y, EVENTS)
    assert len(check_folds(GroupKFold(3), None, y)) == 3
    stations = np.tile(list("abc"), 12)
    table = check_folds(
        EventStationSplit(n_event_splits=3, n_station_splits=3, random_state=0),
        None,
        y,
        stations=stations,
        on_problem="ignore",
    )
    assert table["n_test"].sum() == 36
    table = check_folds(TemporalEventSplit(2, times=EVENTS), None, y)
    assert table["n_test_events"].tolist() == [4, 4]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="needs the event"):
        check_folds(GroupKFold(3), None, Y)
    with pytest.raises(ValueError, match="on_problem must be one of"):
        check_folds(GroupKFold(3), None, Y, EVENTS, on_problem="pray")

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate

from skseisfp.metrics import event_accuracy
from skseisfp.model_selection import EventStationSplit


def catalogue(seed, n_events=30, n_stations=12):
    """Records of random events at random stations, and their labels."""
    rng = np.random.default_rng(seed)
    seen = rng.random((n_events, n_stations)) < 0.4
    seen[np.arange(n_events), np.arange(n_events) % n_stations] = True
    event_id, station = np.nonzero(seen)
    order = rng.permutation(len(event_id))
    return event_id[order], np.array(list("abcdefghijkl"))[station[order]]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(2, 5), st.integers(2, 4))
def test_neither_event_nor_station_is_shared_and_all_are_tested_once(seed, k, m):
    event_id, station = catalogue(seed)
    y = event_id % 2
    splitter = EventStationSplit(
        n_event_splits=k, n_station_splits=m, stations=station, random_state=seed % 99
    )
    tested = []
    for train, test in splitter.split(event_id, y, event_id):
        assert not set(event_id[train]) & set(event_id[test])
        assert not set(station[train]) & set(station[test])
        assert len(train)
        tested.extend(test)
    assert sorted(tested) == list(range(len(y)))
    assert splitter.get_n_splits(None, y, event_id) <= k * m


def test_training_takes_all_that_may_be_taken():
    event_id, station = np.repeat(np.arange(20), 12), np.tile(np.arange(12), 20)
    splitter = EventStationSplit(stations=station, n_station_splits=3, random_state=0)
    splits = list(splitter.split(event_id, event_id % 2, event_id))
    assert len(splits) == 15
    for train, test in splits:
        assert len(test) == 4 * 4
        assert len(train) == (20 - 4) * (12 - 4)


def test_seed_decides():
    event_id, station = catalogue(0)

    def tests(seed):
        splitter = EventStationSplit(stations=station, random_state=seed)
        splits = splitter.split(event_id, event_id % 2, event_id)
        return [test.tolist() for _, test in splits]

    assert tests(0) == tests(0) != tests(1)
    assert tests(None) == tests(None)
    with pytest.raises(TypeError, match="random_state"):
        tests(np.random.default_rng())


def test_empty_pairs_are_left_out():
    event_id = np.repeat(np.arange(6), 2)
    station = np.repeat(np.arange(6), 2)  # each event at a station of its own
    splitter = EventStationSplit(
        n_event_splits=3, n_station_splits=3, stations=station, random_state=0
    )
    splits = list(splitter.split(event_id, event_id % 2, event_id))
    assert len(splits) == splitter.get_n_splits(event_id, event_id % 2, event_id) < 9
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(12))


def test_in_searches_with_routing_on_and_off():
    event_id, station = catalogue(3)
    y = event_id % 2
    X = np.random.default_rng(0).normal(size=(len(y), 2)) + y[:, None]
    options = {"n_event_splits": 3, "n_station_splits": 2, "random_state": 0}
    off = GridSearchCV(
        LogisticRegression(),
        {"C": [0.1, 1]},
        cv=EventStationSplit(stations=station, **options),
        error_score="raise",
    ).fit(X, y, groups=event_id)
    assert off.n_splits_ == 6
    with sklearn.config_context(enable_metadata_routing=True):
        on = GridSearchCV(
            LogisticRegression(),
            {"C": [0.1, 1]},
            cv=EventStationSplit(**options),
            scoring=event_accuracy,
            error_score="raise",
        ).fit(X, y, groups=event_id, stations=station)
        params = {"groups": event_id, "stations": station}
        nested = cross_val_score(
            on,
            X,
            y,
            cv=EventStationSplit(**options),
            params=params,
            error_score="raise",
        )
    assert on.n_splits_ == 6
    assert nested.shape == (6,)
    folds = cross_validate(
        LogisticRegression(),
        X,
        y,
        groups=event_id,
        cv=EventStationSplit(stations=station, **options),
        return_indices=True,
    )["indices"]
    assert len(folds["test"]) == 6


def test_bad_input_is_named():
    event_id, station = catalogue(0)
    y, X = event_id % 2, np.zeros((len(event_id), 1))
    with pytest.raises(ValueError, match="Split needs the event of every record"):
        next(EventStationSplit(stations=station).split(X, y))
    with pytest.raises(ValueError, match="Split needs the event of every record"):
        EventStationSplit(stations=station).get_n_splits()
    with pytest.raises(ValueError, match=r"needs the stations.*EventStationSplit\(sta"):
        next(EventStationSplit().split(X, y, event_id))
    with pytest.raises(ValueError, match="3 stations for"):
        next(EventStationSplit(stations=["a"] * 3).split(X, y, event_id))
    missing = EventStationSplit(stations=[None, *station[1:]])
    with pytest.raises(ValueError, match="stations is missing for record 0"):
        next(missing.split(X, y, event_id))
    many = EventStationSplit(stations=station, n_station_splits=13)
    with pytest.raises(ValueError, match="greater than the number of groups: 12"):
        next(many.split(X, y, event_id))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_event_splits": 1}, r"n_event_splits must be an int .*; got 1\."),
        ({"n_station_splits": 2.5}, r"n_station_splits must be an int .*; got 2\.5"),
        ({"random_state": -1}, r"random_state must be an int .* or None; got -1\."),
        ({"stations": 3}, "stations must be an array-like or None; got 3"),
    ],
)
def test_options_are_validated_before_the_first_split(options, message):
    event_id, station = catalogue(0)
    splitter = EventStationSplit(**{"stations": station, **options})
    with pytest.raises(ValueError, match=message):
        next(splitter.split(event_id, event_id % 2, event_id))

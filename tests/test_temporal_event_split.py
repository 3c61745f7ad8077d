import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score

from skseisfp.model_selection import TemporalEventSplit


@st.composite
def catalogues(draw):
    """Records in any order, of events at times that may coincide."""
    n_events = draw(st.integers(6, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    event_id = rng.permutation(
        np.repeat(np.arange(n_events), rng.integers(1, 4, n_events))
    )
    origin = rng.integers(0, 3 * n_events, n_events)
    origin[0] = -9  # something is earlier than the first block, whatever ties
    return event_id, origin[event_id] + rng.integers(0, 2, len(event_id))


@settings(deadline=None)
@given(catalogues(), st.integers(1, 4))
def test_trained_events_are_earlier_than_tested_ones(catalogue, n_splits):
    event_id, times = catalogue
    starts = pd.Series(times).groupby(event_id).min()
    splitter = TemporalEventSplit(n_splits, times=times)
    tested = []
    for train, test in splitter.split(times, groups=event_id):
        train_events, test_events = set(event_id[train]), set(event_id[test])
        assert starts[list(train_events)].max() < starts[list(test_events)].min()
        assert sum(np.isin(event_id, list(test_events))) == len(test)
        assert sum(np.isin(event_id, list(train_events))) == len(train)
        tested.append(test_events)
    assert len(tested) == n_splits
    assert len(set.union(*tested)) == sum(map(len, tested))
    assert len(tested[0]) == len(starts) // (n_splits + 1)


def test_last_block_holds_the_last_events():
    event_id = np.arange(10)
    ((train, test),) = TemporalEventSplit(1, test_size=0.3, times=-event_id).split(
        event_id, groups=event_id
    )
    assert sorted(test) == [0, 1, 2]
    assert sorted(train) == list(range(3, 10))
    ((_, test),) = TemporalEventSplit(1, test_size=2, times=event_id).split(
        event_id, groups=event_id
    )
    assert sorted(test) == [8, 9]


@pytest.mark.parametrize("kind", ["iso", "datetime", "series"])
def test_times_may_be_strings_or_datetimes(kind):
    event_id = np.arange(9)
    stamps = pd.Timestamp("2002-05-01 18:15:15.25") - pd.to_timedelta(event_id, "D")
    times = {
        "iso": np.array([str(stamp).replace(".250000", "") for stamp in stamps]),
        "datetime": stamps.to_numpy(),
        "series": pd.Series(stamps, index=event_id + 100),
    }[kind]
    ((_, test),) = TemporalEventSplit(1, test_size=3, times=times).split(
        event_id, groups=event_id
    )
    assert sorted(test) == [0, 1, 2]


def test_in_searches_with_routing_on_and_off():
    event_id = np.repeat(np.arange(30), 2)
    X = np.random.default_rng(0).normal(size=(60, 2)) + (event_id % 2)[:, None]
    y, times = event_id % 2, 100.0 - event_id
    options = {"param_grid": {"C": [0.1, 1]}, "error_score": "raise"}
    off = GridSearchCV(
        LogisticRegression(), cv=TemporalEventSplit(3, times=times), **options
    ).fit(X, y, groups=event_id)
    with sklearn.config_context(enable_metadata_routing=True):
        on = GridSearchCV(LogisticRegression(), cv=TemporalEventSplit(3), **options)
        on.fit(X, y, groups=event_id, times=times)
        nested = cross_val_score(
            on,
            X,
            y,
            cv=TemporalEventSplit(2),
            params={"groups": event_id, "times": times},
            error_score="raise",
        )
    np.testing.assert_array_equal(
        on.cv_results_["mean_test_score"], off.cv_results_["mean_test_score"]
    )
    assert nested.shape == (2,)


def test_nested_with_a_fixed_array_says_what_to_do():
    event_id = np.arange(20)
    inner = TemporalEventSplit(2, times=event_id)
    with pytest.raises(ValueError, match=r"20 times for 10 records.*metadata routing"):
        list(inner.split(np.zeros(10), groups=event_id[:10]))


def test_bad_input_is_named():
    event_id, X = np.arange(6), np.zeros((6, 1))
    with pytest.raises(ValueError, match="Split needs the event of every record"):
        next(TemporalEventSplit(times=event_id).split(X))
    with pytest.raises(ValueError, match="needs the times"):
        next(TemporalEventSplit().split(X, groups=event_id))
    with pytest.raises(ValueError, match="times is missing for record 2"):
        next(TemporalEventSplit(times=[0, 1, None, 3, 4, 5]).split(X, groups=event_id))
    with pytest.raises(ValueError, match="6 events are too few for n_splits=6"):
        next(TemporalEventSplit(6, times=event_id).split(X, groups=event_id))
    with pytest.raises(ValueError, match="No event is earlier"):
        next(TemporalEventSplit(2, times=np.zeros(6)).split(X, groups=event_id))
    with pytest.raises(ValueError, match="n_splits"):
        cross_val_score(
            DummyClassifier(),
            X,
            event_id,
            groups=event_id,
            cv=TemporalEventSplit(0, times=event_id),
        )
    with pytest.raises(ValueError, match="test_size"):
        next(
            TemporalEventSplit(test_size=1.5, times=event_id).split(X, groups=event_id)
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_splits": 0}, r"n_splits must be an int .*; got 0\."),
        ({"n_splits": 2.0}, r"n_splits must be an int .*; got 2\.0\."),
        ({"test_size": 0}, r"test_size must be an int .* or None; got 0\."),
        ({"test_size": 1.0}, r"test_size must be .* a float .*; got 1\.0\."),
        ({"test_size": "half"}, "test_size must be .*; got 'half'"),
        ({"times": 3}, "times must be an array-like or None; got 3"),
    ],
)
def test_options_are_validated_before_the_first_split(options, message):
    event_id = np.arange(12)
    splitter = TemporalEventSplit(**{"times": event_id, **options})
    with pytest.raises(ValueError, match=message):
        next(splitter.split(event_id, groups=event_id))


def test_numbers_of_numpy_are_valid_options():
    event_id = np.arange(12)
    splitter = TemporalEventSplit(
        np.int64(2), test_size=np.float32(0.25), times=event_id
    )
    sizes = [len(test) for _, test in splitter.split(event_id, groups=event_id)]
    assert sizes == [3, 3]

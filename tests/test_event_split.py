import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skseisfp import attach_events
from skseisfp.model_selection import event_train_test_split


@settings(deadline=None)
@given(st.integers(0, 2**31), st.integers(10, 60), st.floats(0.15, 0.6))
def test_no_event_is_on_both_sides_and_classes_keep_their_share(seed, n_events, share):
    rng = np.random.default_rng(seed)
    event_id = rng.permutation(
        np.repeat(np.arange(n_events), rng.integers(1, 5, n_events))
    )
    y = (event_id % 3 == 0).astype(int)
    X = np.arange(len(y))[:, None]
    parts = event_train_test_split(
        X, y, event_id, test_size=share, random_state=seed % 1000
    )
    X_train, X_test, y_train, y_test, train, test = parts
    assert not set(train) & set(test)
    assert len(set(test)) == np.ceil(share * n_events)
    np.testing.assert_array_equal(np.sort(np.concatenate([X_train, X_test]), 0), X)
    np.testing.assert_array_equal(y_test, y[X_test[:, 0]])
    np.testing.assert_array_equal(train, event_id[X_train[:, 0]])
    of_class = sum(event % 3 == 0 for event in set(test))
    assert abs(of_class - share * len(range(0, n_events, 3))) < 2
    assert set(y_train) == set(y_test) == {0, 1}


def test_a_fifth_of_the_events_by_default_and_tables_come_along():
    event_id = np.repeat([f"e{i:02}" for i in range(50)], 4)
    y = attach_events(np.repeat(np.arange(50) % 2, 4), event_id)
    frame = pd.DataFrame({"station": np.tile(list("abcd"), 50), "event": event_id})
    parts = event_train_test_split(frame.to_numpy(), y, None, frame, random_state=0)
    assert len(parts) == 8
    y_test, test, frame_test = parts[3], parts[5], parts[7]
    assert len(set(test)) == 10
    assert isinstance(y_test, pd.Series)
    assert frame_test["event"].tolist() == y_test.index.tolist() == test.tolist()
    assert y_test.groupby(level=0).first().mean() == 0.5


def test_same_seed_same_split():
    event_id, y = np.arange(40), np.arange(40) % 2
    first = event_train_test_split(event_id, y, event_id, random_state=1)
    again = event_train_test_split(event_id, y, event_id, random_state=1)
    other = event_train_test_split(event_id, y, event_id, random_state=2)
    np.testing.assert_array_equal(first[1], again[1])
    assert first[1].tolist() != other[1].tolist()


def test_bad_input_is_named():
    X, y, event_id = np.zeros((6, 2)), [0, 0, 0, 0, 1, 1], [1, 1, 2, 3, 4, 4]
    with pytest.raises(ValueError, match="only 1 member"):
        event_train_test_split(X, y, event_id)
    with pytest.raises(ValueError, match="event '3': 0, 1"):
        event_train_test_split(X, y, [1, 1, 2, 3, 3, 4])
    with pytest.raises(ValueError, match=r"event_train_test_split needs the event"):
        event_train_test_split(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        event_train_test_split(X[:5], y, event_id)

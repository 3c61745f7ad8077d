import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skseisfp.neural import group_valid_split


@settings(max_examples=80, deadline=None)
@given(
    labels=st.lists(st.integers(0, 2), min_size=2, max_size=20),
    records=st.integers(1, 4),
    fraction=st.floats(0.05, 0.95),
    seed=st.integers(0, 100),
)
def test_events_stay_whole_and_classes_stay_in_training(
    labels, records, fraction, seed
):
    y = np.repeat(labels, records)
    groups = np.repeat(np.arange(len(labels)), records)
    events = np.bincount(labels)
    if events.max() < 2:
        return
    order = np.random.default_rng(seed).permutation(len(y))
    y, groups = y[order], groups[order]
    train, valid = group_valid_split(y, groups, fraction=fraction, random_state=seed)
    assert sorted([*train, *valid]) == list(range(len(y)))
    assert not set(groups[train]) & set(groups[valid])
    assert set(y[train]) == set(y)
    for label in set(labels):
        n_valid = len(set(groups[valid][y[valid] == label]))
        assert n_valid <= max(1, round(fraction * events[label]))
        assert (n_valid >= 1) == (events[label] >= 2)


def test_without_groups_each_record_is_an_event():
    train, valid = group_valid_split([0, 1] * 10, fraction=0.2, random_state=0)
    assert (len(train), len(valid)) == (16, 4)


def test_the_seed_decides():
    splits = [
        group_valid_split([0, 1] * 20, random_state=seed)[1].tolist()
        for seed in (0, 0, 1)
    ]
    assert splits[0] == splits[1] != splits[2]


def test_an_event_of_two_labels_counts_for_the_frequent_one():
    groups = ["a", "a", "a", "b", "c"]
    for seed in range(10):
        _, valid = group_valid_split([0, 0, 1, 1, 0], groups, random_state=seed)
        assert valid.tolist() in ([0, 1, 2], [4])


def test_single_events_cannot_be_split():
    with pytest.raises(ValueError, match="a class with two events"):
        group_valid_split([0, 1], random_state=0)


def test_groups_of_the_wrong_length():
    with pytest.raises(ValueError, match="one event id per record"):
        group_valid_split([0, 1, 0], [1, 2], random_state=0)

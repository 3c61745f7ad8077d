import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skseisfp.metrics import aggregate_events, event_labels
from skseisfp.metrics.aggregation import (
    class_scores,
    snr_weights,
)


def test_an_event_of_two_labels_is_named_with_them():
    with pytest.raises(ValueError, match=r"1 events .*'e2': blast, quake"):
        event_labels(["quake", "quake", "blast"], ["e1", "e2", "e2"])


def test_event_labels_keep_the_order_of_appearance():
    labels = event_labels(["b", "a", "b"], [9, 1, 9])
    assert labels.index.tolist() == [9, 1]
    assert labels.tolist() == ["b", "a"]


@st.composite
def ballots(draw):
    n_records = draw(st.integers(1, 12))
    n_classes = draw(st.integers(2, 4))
    scores = draw(
        arrays(float, (n_records, n_classes), elements=st.floats(0, 1, width=16))
    )
    groups = draw(arrays(int, n_records, elements=st.integers(0, 4)))
    return scores, groups


@settings(deadline=None)
@given(ballots())
def test_mean_and_majority_are_those_of_a_loop(ballot):
    scores, groups = ballot
    mean = aggregate_events(scores, groups)
    majority = aggregate_events(scores, groups, vote="majority", tie="first")
    columns = [f"score_{k}" for k in range(scores.shape[1])]
    for event in pd.unique(groups):
        own = scores[groups == event]
        np.testing.assert_allclose(mean.loc[event, columns], own.mean(axis=0))
        votes = np.bincount(own.argmax(axis=1), minlength=scores.shape[1])
        np.testing.assert_allclose(majority.loc[event, columns], votes / len(own))
        assert majority.loc[event, "prediction"] == votes.argmax()
        assert mean.loc[event, "n_records"] == len(own)


@settings(deadline=None)
@given(ballots())
def test_the_prediction_of_an_event_of_one_record_is_that_of_the_record(ballot):
    scores, _ = ballot
    alone = np.arange(len(scores))
    for vote in ("mean", "majority", "snr"):
        table = aggregate_events(scores, alone, vote=vote, snr=np.zeros(len(alone)))
        np.testing.assert_array_equal(table["prediction"], scores.argmax(axis=1))
        np.testing.assert_array_equal(table["agreement"], 1)


def test_tie_rules_differ():
    scores = [[0.6, 0.4], [0.1, 0.9]]
    options = {"classes": ["blast", "quake"], "vote": "majority"}
    by_mean = aggregate_events(scores, ["e", "e"], tie="mean", **options)
    by_order = aggregate_events(scores, ["e", "e"], tie="first", **options)
    assert by_mean["prediction"].item() == "quake"
    assert by_order["prediction"].item() == "blast"


def test_tie_rule_chooses_among_the_tied_only():
    # the middle class has the greatest mean, but no vote
    scores = [[0.5, 0.45, 0.05], [0.05, 0.45, 0.5], [0.52, 0.44, 0.04], [0, 0.45, 0.55]]
    table = aggregate_events(scores, ["e"] * 4, vote="majority")
    assert table["prediction"].item() == 2


def test_snr_weight_is_the_share_of_signal_in_the_power():
    np.testing.assert_allclose(
        snr_weights([0, 10, -10], 3), [1 / 2, 10 / 11, 1 / 11], rtol=1e-12
    )
    table = aggregate_events(
        [[1.0, 0.0], [0.0, 1.0]], ["e", "e"], vote="snr", snr=[10, 0]
    )
    expected = (10 / 11) / (10 / 11 + 1 / 2)
    assert table["score_0"].item() == pytest.approx(expected)


def test_records_without_signal_have_equal_weights():
    table = aggregate_events(
        [[1.0, 0.0], [0.0, 1.0]], ["e", "e"], vote="snr", snr=[-np.inf, -np.inf]
    )
    assert table["score_0"].item() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vote": "snr"}, "needs snr"),
        ({"vote": "snr", "snr": [1.0]}, "1 values for 2 records"),
        ({"vote": "snr", "snr": [1.0, np.nan]}, "missing for record 1"),
        ({"vote": "loudest"}, "vote must be one of 'mean', 'majority', 'snr'"),
        ({"tie": "coin"}, "tie must be one of 'mean', 'first'"),
        ({"classes": ["a"]}, "2 columns for 1 classes"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        aggregate_events([[0.5, 0.5], [0.1, 0.9]], ["e", "f"], **options)


def test_one_column_is_the_second_class():
    table = aggregate_events([0.8, 0.3], ["e", "f"], classes=["blast", "quake"])
    assert table["prediction"].tolist() == ["quake", "blast"]
    np.testing.assert_allclose(table["score_blast"], [0.2, 0.7])


def test_class_scores_without_probabilities_or_decisions_are_votes():
    class Oracle:
        classes_ = np.array(["a", "b"])

        def predict(self, X):
            return np.array(["b", "a"])

    np.testing.assert_array_equal(class_scores(Oracle(), None), [[0, 1], [1, 0]])

"""A splitter from outside the package works wherever those of the package do."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from nested_candidates import FAST, OneFeature, columns
from protocol_records import evaluate, make_catalogue, noisy
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    BaseCrossValidator,
    cross_validate,
)

from skseisfp.metrics import event_accuracy
from skseisfp.model_selection import (
    TemporalEventSplit,
    check_folds,
    event_permutation_test,
    make_protocols,
    nested_evaluation,
)
from skseisfp.sweep import SweepSearchCV


class EveryNthEvent(BaseCrossValidator):
    """Fold k tests every n-th event in alphabetical order, from the k-th on."""

    def __init__(self, n_splits=3):
        self.n_splits = n_splits

    def split(self, X, y=None, groups=None):
        numbers = np.unique(groups, return_inverse=True)[1] % self.n_splits
        for number in range(self.n_splits):
            yield np.flatnonzero(numbers != number), np.flatnonzero(numbers == number)

    def get_n_splits(self, X=None, y=None, groups=None):
        return self.n_splits


class LabelSourceSplit(BaseCrossValidator):
    """Test the events of each source of labels, which is metadata of the records."""

    __metadata_request__split = {"groups": True, "label_source": True}

    def split(self, X, y=None, groups=None, label_source=None):
        for source in np.unique(label_source):
            test = np.asarray(label_source) == source
            yield np.flatnonzero(~test), np.flatnonzero(test)

    def get_n_splits(self, X=None, y=None, groups=None, label_source=None):
        return len(np.unique(label_source))


@pytest.fixture
def records():
    """Records, labels and their table; each source of labels has both classes."""
    frame, y = make_catalogue()
    half = frame["event_id"].str[1:].astype(int) % 8 < 4
    frame = frame.assign(label_source=np.where(half, "network", "bulletin"))
    return noisy(y, 0.5), y, frame


def test_in_cross_validation_and_searches(records):
    X, y, frame = records
    events = frame["event_id"].to_numpy()
    labels = pd.Series(y, index=pd.Index(events, name="event_id"))
    scores = cross_validate(
        LogisticRegression(),
        X,
        labels,
        groups=events,
        cv=EveryNthEvent(),
        scoring=event_accuracy,
        return_indices=True,
    )
    assert (scores["test_score"] > 0.7).all()
    for train, test in zip(*map(scores["indices"].get, ("train", "test")), strict=True):
        assert not set(events[train]) & set(events[test])
    search = SweepSearchCV(
        LogisticRegression(), {"C": [0.01, 1.0]}, cv=EveryNthEvent(), refit=False
    )
    search.fit(X, y, groups=events)
    assert search.n_splits_ == 3


def test_in_searches_with_metadata(records):
    X, y, frame = records
    with sklearn.config_context(enable_metadata_routing=True):
        search = SweepSearchCV(
            LogisticRegression(), {"C": [0.01, 1.0]}, cv=LabelSourceSplit(), refit=False
        )
        search.fit(X, y, groups=frame["event_id"], label_source=frame["label_source"])
    assert search.n_splits_ == 2


def test_in_check_folds_and_the_permutation_test(records):
    X, y, frame = records
    events = frame["event_id"].to_numpy()
    table = check_folds(EveryNthEvent(), X, y, events)
    assert table["n_test_events"].sum() == 40
    assert (table["shared_events"] == 0).all()
    table = check_folds(
        LabelSourceSplit(), X, y, events, label_source=frame["label_source"]
    )
    assert table["n_test_events"].tolist() == [20, 20]
    result = event_permutation_test(
        LogisticRegression(),
        X,
        y,
        events,
        cv=EveryNthEvent(),
        n_permutations=5,
        random_state=0,
    )
    assert result.score > 0.8


def test_as_a_protocol_beside_those_of_the_package(records):
    X, y, frame = records
    protocols = ["event", ("every third", EveryNthEvent(3))]
    result = evaluate((frame, y), X=X, protocols=protocols)
    assert set(result.scores["protocol"]) == {"event", "every third"}
    chosen = result.probabilities.query("protocol == 'every third'")
    assert set(chosen["event_id"]) == set(frame["event_id"])
    assert "every third: 40 events" in str(result)
    (made,) = make_protocols(frame, y, protocols=("every third", EveryNthEvent(3)))
    assert made.name == "every third"
    events = frame["event_id"].to_numpy()
    expected = list(EveryNthEvent(3).split(X, y, events))
    for fold, other in zip(made.folds, expected, strict=True):
        np.testing.assert_array_equal(fold[0], other[0])
        np.testing.assert_array_equal(fold[1], other[1])
    train, test = expected[1]
    model = LogisticRegression(random_state=0).fit(X[train], y[train])
    given = chosen[chosen["estimator"] == "model"].set_index("record").loc[test]
    np.testing.assert_allclose(given["score_quake"], model.predict_proba(X[test])[:, 1])


def test_as_a_protocol_that_requests_a_column_of_the_table(records):
    X, y, frame = records
    (made,) = make_protocols(frame, y, protocols=[("source", LabelSourceSplit())])
    sources = [set(frame["label_source"].iloc[test]) for _, test in made.folds]
    assert sources == [{"bulletin"}, {"network"}]
    options = {**FAST, "protocol": ("source", LabelSourceSplit())}
    result = nested_evaluation(
        columns(3), X, y, frame, inner_protocol="event", **options
    )
    assert result.protocol == "source"
    assert len(result.choices) == 2
    assert "protocol 'source', 2 outer folds" in str(result)


def test_as_outer_and_inner_protocol_of_a_nested_evaluation(records):
    X, y, frame = records
    protocol = ("every third", EveryNthEvent(3))
    result = nested_evaluation(columns(3), X, y, frame, **FAST, protocol=protocol)
    assert result.choices["column"].tolist() == [0, 0, 0]
    events = frame["event_id"].to_numpy()
    nested = result.probabilities
    for number, (train, test) in enumerate(EveryNthEvent(3).split(X, y, events)):
        tested = nested[nested["fold"] == number]
        assert set(tested["event_id"]) == set(events[test])
        model = OneFeature(0).fit(X[train], y[train])
        np.testing.assert_allclose(
            tested[["score_blast", "score_quake"]], model.predict_proba(X[test])
        )


class LeakySplit(EveryNthEvent):
    """Have one event of the test in training, too."""

    def split(self, X, y=None, groups=None):
        for train, test in super().split(X, y, groups):
            yield np.union1d(train, test[:1]), test


class TwiceSplit(EveryNthEvent):
    """Test the first fold twice."""

    def split(self, X, y=None, groups=None):
        folds = list(super().split(X, y, groups))
        yield from [*folds, folds[0]]


class NoSplit(EveryNthEvent):
    """Have no folds."""

    def split(self, X, y=None, groups=None):
        yield from ()


@pytest.mark.parametrize(
    ("splitter", "message"),
    [
        (LeakySplit(3), "Protocol 'own', fold 0: 1 events in training and in test"),
        (TwiceSplit(3), "Protocol 'own', record 0 is tested in several folds"),
        (NoSplit(3), r"Protocol 'own', NoSplit\(n_splits=3\) gives no folds"),
        (TemporalEventSplit(2), "Protocol 'own', TemporalEventSplit needs the times"),
    ],
)
def test_folds_that_cannot_be_pooled_raise_before_any_fit(records, splitter, message):
    X, y, frame = records
    with pytest.raises(ValueError, match=message):
        evaluate((frame, y), X=X, protocols=[("own", splitter)])
    with pytest.raises(ValueError, match=message):
        nested_evaluation(columns(3), X, y, frame, protocol=("own", splitter))


def test_a_class_that_is_missing_in_training_raises(records):
    _, y, frame = records
    late = frame["event_id"].isin([f"e{number}" for number in range(0, 40, 4)])
    frame = frame.assign(label_source=np.where(late, "a", "b"))
    with pytest.raises(ValueError, match=r"Protocol 'own', fold 0: no 'blast' in tr"):
        make_protocols(frame, y, protocols=("own", LabelSourceSplit()))


@pytest.mark.parametrize(
    ("protocols", "message"),
    [
        (("event", EveryNthEvent()), "'event' is the name of another protocol"),
        (2 * [("own", EveryNthEvent())], "'own' is the name of another protocol"),
        ([("own", EveryNthEvent)], "protocols must be one of"),
        ([EveryNthEvent()], "protocols must be one of"),
        ([(1, EveryNthEvent())], "protocols must be one of"),
    ],
)
def test_names_of_protocols_are_strings_and_differ(records, protocols, message):
    _, y, frame = records
    with pytest.raises(ValueError, match=message):
        make_protocols(frame, y, protocols=protocols)

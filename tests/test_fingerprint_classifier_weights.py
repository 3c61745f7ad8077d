"""Weights of records: repetition, removal, weighted losses, and who hands them on."""

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from small_classifiers import (
    N_RECORDS,
    Module,
    make_classifier,
    make_fingerprints,
    make_views,
    same_weights,
)
from test_lazy_records import write_records
from torch import nn

from skseisfp.ensemble import EventVoteClassifier
from skseisfp.neural import FingerprintClassifier
from skseisfp.neural import _training_sets as training_sets

EVENTS = np.arange(N_RECORDS) // 3
SETTINGS = [
    {},
    {"balance": "weights"},
    {"balance": "views"},
    {"balance": "events"},
    {"early_stopping": True, "predict_views": "first"},
    {"early_stopping": True, "balance": "events", "lr_schedule": "plateau"},
]


def integers(n=N_RECORDS, seed=0):
    """Weights from 0 to 3; some events lose all of their records."""
    weights = np.random.default_rng(seed).integers(0, 4, n)
    weights[6:9] = 0
    return weights


def same_history(first, second):
    histories = [
        {name: values for name, values in one.history_.items() if name != "duration"}
        for one in (first, second)
    ]
    return histories[0] == histories[1]


# integers


@pytest.mark.parametrize("params", SETTINGS)
def test_integers_are_repetition_and_zeros_removal_in_any_order(params):
    X, y = make_views()
    weights = integers()
    classifier = make_classifier(**params)
    rows = np.repeat(np.arange(N_RECORDS), weights)
    expected = clone(classifier).fit(X[rows], y[rows], groups=EVENTS[rows])
    for order in (
        np.arange(N_RECORDS),
        np.random.default_rng(1).permutation(N_RECORDS),
    ):
        classifier.fit(
            X[order], y[order], groups=EVENTS[order], sample_weight=weights[order]
        )
        assert same_weights(classifier, expected)
        assert same_history(classifier, expected)
    shuffled = np.random.default_rng(2).permutation(rows)
    other = clone(classifier).fit(
        X[shuffled].astype(float), y[shuffled], groups=EVENTS[shuffled]
    )
    assert same_weights(other, expected)


@pytest.mark.parametrize("params", SETTINGS)
def test_weights_of_zero_and_one_are_removal_in_the_given_order(params):
    X, y = make_views()
    weights = np.minimum(integers(), 1)
    kept = weights > 0
    classifier = make_classifier(**params)
    removed = clone(classifier).fit(X[kept], y[kept], groups=EVENTS[kept])
    classifier.fit(X, y, groups=EVENTS, sample_weight=weights)
    assert same_weights(classifier, removed)
    assert same_history(classifier, removed)


def test_ones_and_equal_fractions_are_no_weights():
    X, y = make_fingerprints()
    expected = make_classifier().fit(X, y)
    for weights in (np.ones(N_RECORDS), np.full(N_RECORDS, 1 / N_RECORDS), 0.3):
        assert same_weights(
            make_classifier().fit(X, y, sample_weight=weights), expected
        )
    thrice = make_classifier().fit(X, y, sample_weight=3)
    assert not same_weights(thrice, expected)


def test_the_order_of_records_that_do_not_repeat_is_kept():
    X, y = make_fingerprints()
    order = np.random.default_rng(0).permutation(N_RECORDS)
    first = make_classifier().fit(X, y)
    assert not same_weights(first, make_classifier().fit(X[order], y[order]))


def test_equal_records_of_different_labels_or_events_are_not_repeats():
    X, y = make_fingerprints()
    X[1], X[4] = X[0], X[3]
    assert y[0] != y[1]
    order = np.arange(N_RECORDS)[::-1]
    first, second = (make_classifier().fit(X[o], y[o]) for o in (order[::-1], order))
    assert not same_weights(first, second)
    y[4] = y[3]
    first, second = (make_classifier().fit(X[o], y[o]) for o in (order[::-1], order))
    assert same_weights(first, second)
    balanced = {"balance": "events"}
    apart, together = (np.arange(N_RECORDS), EVENTS)
    for events, equal in ((apart, False), (together, True)):
        first, second = (
            make_classifier(**balanced).fit(X[o], y[o], groups=events[o])
            for o in (order[::-1], order)
        )
        assert same_weights(first, second) is equal


def test_minus_zero_is_zero():
    X, y = make_fingerprints()
    X = X.astype(float)
    other = np.where(X == 0, -0.0, X)
    weights = np.full(N_RECORDS, 2)
    first, second = (
        make_classifier().fit(one, y, sample_weight=weights) for one in (X, other)
    )
    assert same_weights(first, second)


def test_references_are_weighted_as_the_records_that_they_read(tmp_path):
    X, y = write_records(tmp_path, 12, (40,))
    eager = np.stack([reference.read() for reference in X])
    classifier = FingerprintClassifier(max_epochs=2, device="cpu", random_state=0)
    for weights in (integers(12, seed=3), np.linspace(0, 1, 12)):
        lazy = clone(classifier).fit(X, y, sample_weight=weights)
        assert same_weights(
            lazy, clone(classifier).fit(eager, y, sample_weight=weights)
        )
    rows = np.repeat(np.arange(12), 2)
    lazy = clone(classifier).fit(X[rows], y[rows])
    assert same_weights(lazy, classifier.fit(eager[rows], y[rows]))


def test_a_class_of_weight_zero_is_not_there():
    X, _ = make_fingerprints()
    y = np.array(["a", "b", "c"])[np.arange(N_RECORDS) % 3]
    classifier = make_classifier().fit(X, y, sample_weight=(y != "b") * 0.5)
    assert list(classifier.classes_) == ["a", "c"]
    assert classifier.predict_proba(X).shape == (N_RECORDS, 2)


# other numbers


@pytest.mark.parametrize("class_weight", [None, torch.tensor([0.5, 2.0])])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("criterion", [nn.CrossEntropyLoss, nn.NLLLoss])
def test_the_loss_is_that_of_repeated_records(criterion, reduction, class_weight):
    class Probabilities(Module):
        def forward(self, X):
            return super().forward(X).softmax(dim=1)

    X, y = make_fingerprints(12)
    params = {"criterion__reduction": reduction, "criterion__weight": class_weight}
    classifier = FingerprintClassifier(
        Probabilities if criterion is nn.NLLLoss else Module,
        criterion=criterion,
        lr=1e-12,  # the loss is that of the network at the start
        max_epochs=1,
        batch_size=100,
        device="cpu",
        random_state=0,
        **params,
    )
    counts = np.array([1, 2, 3] * 4)
    repeated = clone(classifier).fit(X, y, sample_weight=counts)
    weighted = clone(classifier).fit(X, y, sample_weight=counts / 7)
    mean_weight = counts.mean() if reduction == "sum" else 1.0
    assert repeated.history_["train_loss"][0] == pytest.approx(
        weighted.history_["train_loss"][0] * mean_weight, rel=1e-5
    )
    accuracy = accuracy_score(y, weighted.predict(X), sample_weight=counts)
    assert weighted.history_["train_accuracy"][0] == pytest.approx(accuracy)


def test_only_ratios_of_fractions_count():
    X, y = make_fingerprints()
    weights = 2.0 ** -np.arange(N_RECORDS)
    first, second = (
        make_classifier().fit(X, y, sample_weight=weights * scale) for scale in (0.5, 4)
    )
    assert same_weights(first, second)
    assert not same_weights(first, make_classifier().fit(X, y))


@pytest.mark.parametrize("balance", [None, "weights", "views", "events"])
@pytest.mark.parametrize("whole", [False, True])
def test_weights_move_the_network_towards_their_records(balance, whole):
    """Of contradicting labels those of the larger weight are learnt."""
    X, y = make_fingerprints(40)
    X, y = np.concatenate([X, X]), np.concatenate([y, y])
    wrong = np.arange(80) >= 40
    y[wrong] = np.where(y[wrong] == "blast", "earthquake", "blast")
    # as many of both labels: balance has nothing to do with it
    keep = (y == "blast") | (np.arange(80) % 40 % 3 < 2)
    groups = np.arange(80) % 4
    weights = np.where(wrong, 1, 4) if whole else np.where(wrong, 0.1, 0.9)
    classifier = make_classifier(max_epochs=15, balance=balance)
    classifier.fit(X[keep], y[keep], groups=groups[keep], sample_weight=weights[keep])
    assert classifier.score(X[:40], y[:40]) > 0.9


@pytest.mark.parametrize("balance", ["views", "events"])
def test_weights_count_within_what_is_balanced(balance):
    datasets = spy_datasets(
        sample_weight=np.linspace(0.1, 1, N_RECORDS), balance=balance
    )
    train, _ = datasets
    part = train.y[train.records]
    if balance == "events":
        part = part * 100 + EVENTS[train.records]
    for value in np.unique(part):
        assert train.weights[part == value].mean() == pytest.approx(1)


def test_weights_of_classes_even_out_the_sums_of_weights():
    X, y = make_fingerprints()
    weights = np.random.default_rng(0).random(N_RECORDS)
    classifier = make_classifier(balance="weights")
    classifier.fit(X, y, sample_weight=weights)
    sums = [weights[y == label].sum() for label in classifier.classes_]
    np.testing.assert_allclose(
        classifier.class_weight_ * sums, np.sum(sums) / 2, rtol=1e-12
    )


def spy_datasets(sample_weight, **params):
    """The datasets of a fit."""
    made = []
    original = training_sets.make_datasets

    def spy(*args):
        made.append(original(*args))
        return made[-1]

    X, y = make_fingerprints()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skseisfp.neural.fingerprint_classifier.make_datasets", spy)
        make_classifier(**params).fit(X, y, groups=EVENTS, sample_weight=sample_weight)
    return made[0]


@pytest.mark.parametrize("whole", [False, True])
def test_no_event_is_trained_on_and_validated(whole):
    weights = integers() if whole else integers() / 7
    train, valid = spy_datasets(weights, early_stopping=True)
    assert not set(EVENTS[train.records]) & set(EVENTS[valid.records])
    used = np.concatenate([train.records, valid.records])
    assert set(used) == set(np.flatnonzero(weights))
    if whole:
        np.testing.assert_array_equal(np.bincount(used, minlength=36), weights)
    else:
        for dataset in (train, valid):
            expected = weights[dataset.records]
            np.testing.assert_allclose(dataset.weights, expected / expected.mean())


def test_copies_of_a_record_are_one_event_if_records_are_events():
    train, valid = spy_datasets(np.full(N_RECORDS, 3), early_stopping=True)
    assert not set(train.records) & set(valid.records)


def test_a_loss_without_a_loss_for_each_record_takes_integers_only():
    class Mean(nn.Module):
        def forward(self, scores, y):
            return nn.functional.cross_entropy(scores, y)

    X, y = make_fingerprints()
    classifier = make_classifier(criterion=Mean)
    classifier.fit(X, y, sample_weight=integers())
    with pytest.raises(ValueError, match=r"other than integers needs.* Mean has none"):
        classifier.fit(X, y, sample_weight=integers() / 7)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(N_RECORDS), "sample_weight is zero for every record"),
        (-np.ones(N_RECORDS), "Negative values .*sample_weight"),
        (np.full(N_RECORDS, np.nan), "sample_weight contains NaN"),
        (np.full(N_RECORDS, np.inf), "sample_weight contains infinity"),
        (np.ones(3), r"one weight per record: got the shape \(3,\) for 36 records"),
        (np.ones((N_RECORDS, 2)), r"one weight per record: got the shape \(36, 2\)"),
        (np.arange(N_RECORDS) % 3 == 0, "above zero for 1 class only: blast"),
        (np.full(N_RECORDS, 1e12), "repeats records, 3.6e.13 of them.* its mean"),
    ],
)
def test_wrong_weights_are_named(weights, message):
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match=message):
        make_classifier().fit(X, y, sample_weight=weights)


# tools


def spy_classifier(received):
    class Spy(FingerprintClassifier):
        def fit(self, X, y, groups=None, sample_weight=None):
            received.append(sample_weight)
            return super().fit(X, y, groups, sample_weight)

    return Spy(max_epochs=8, batch_size=16, lr=3e-3, device="cpu", random_state=0)


def test_boosting_trains_networks_on_its_weights():
    X, y = make_fingerprints(60, contrast=0.05)
    flat, received = X.reshape(60, -1), []
    boosted = AdaBoostClassifier(spy_classifier(received), n_estimators=3)
    boosted.fit(flat, y)
    assert len(received) >= len(boosted.estimators_) > 1
    np.testing.assert_allclose(received[0], 1 / 60)
    first = boosted.estimators_[0]
    missed = first.predict(flat) != y
    assert 0 < missed.sum() < 60
    assert received[1][missed].min() > received[1][~missed].max()
    unweighted = clone(boosted.estimators_[1]).fit(flat, y)
    assert not same_weights(boosted.estimators_[1], unweighted)


def test_bagging_hands_its_draws_on_as_weights():
    X, y = make_fingerprints(60)
    flat, received = X.reshape(60, -1), []
    bagged = BaggingClassifier(spy_classifier(received), n_estimators=2, random_state=0)
    assert bagged.fit(flat, y).score(flat, y) > 0.8
    codes = (y == "earthquake").astype(int)  # bagging encodes the labels
    for estimator, weights, drawn in zip(
        bagged.estimators_, list(received), bagged.estimators_samples_, strict=True
    ):
        np.testing.assert_array_equal(weights, np.bincount(drawn, minlength=60))
        expected = clone(estimator).fit(flat[drawn], codes[drawn])
        assert same_weights(estimator, expected)


def test_weights_are_routed_to_fit_and_to_score():
    X, y = make_fingerprints()
    received, scored = [], []
    weights = integers() + 1
    with config_context(enable_metadata_routing=True):
        spy = spy_classifier(received).set_fit_request(sample_weight=True)
        spy.set_score_request(sample_weight=True)
        original = type(spy).score

        def score(self, X, y, sample_weight=None):
            scored.append(sample_weight)
            return original(self, X, y, sample_weight)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(spy), "score", score)
            pipeline = Pipeline([("network", spy)])
            cross_validate(pipeline, X, y, cv=3, params={"sample_weight": weights})
        assert [len(item) for item in received] == [24] * 3
        assert [len(item) for item in scored] == [12] * 3
        received.clear()
        search = GridSearchCV(Pipeline([("network", spy)]), {"network__lr": [1e-3]})
        search.fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(received[-1], weights)
    predicted = search.predict(X)
    assert spy.fit(X, y).score(X, y, sample_weight=weights) == pytest.approx(
        accuracy_score(y, spy.predict(X), sample_weight=weights)
    )
    assert len(predicted) == N_RECORDS


def test_weights_go_through_a_vote():
    X, y = make_fingerprints()
    weights = integers()
    voting = EventVoteClassifier(make_classifier())
    voting.fit(X, y, groups=EVENTS, sample_weight=weights)
    expected = make_classifier().fit(X, y, sample_weight=weights)
    assert same_weights(voting.estimator_, expected)

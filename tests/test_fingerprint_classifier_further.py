"""Training that goes on with a fitted network: `warm_start` and `partial_fit`."""

import pickle

import numpy as np
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import learning_curve
from small_classifiers import (
    N_RECORDS,
    Foreign,
    Module,
    make_classifier,
    make_fingerprints,
    make_views,
    same_weights,
    weights,
)

import skseisfp
from skseisfp.neural import FingerprintClassifier, FingerprintMLP
from skseisfp.neural import fingerprint_classifier as classifier_module
from skseisfp.preprocessing import WaveformAugmenter

EVENTS = np.arange(N_RECORDS) // 3


def loss(classifier, X, y):
    scores = classifier.predict_proba(X)
    return -np.log(scores[np.arange(len(y)), np.searchsorted(["blast"], y)]).mean()


def without_dropout(**params):
    still = {"module__dropout1_p": 0.0, "module__dropout2_p": 0.0}
    return make_classifier(**still, **params)


def copied_weights(classifier):
    return {name: value.clone() for name, value in weights(classifier).items()}


# going on


def go_on_by_fit(classifier, X, y, **kwargs):
    return classifier.set_params(warm_start=True).fit(X, y, **kwargs)


def go_on_by_partial_fit(classifier, X, y, **kwargs):
    return classifier.partial_fit(X, y, **kwargs)


BOTH = pytest.mark.parametrize("go_on", [go_on_by_fit, go_on_by_partial_fit])


@BOTH
def test_the_loss_goes_on_from_where_it_was(go_on):
    X, y = make_fingerprints(60)
    classifier = without_dropout(max_epochs=12, lr_schedule=None).fit(X, y)
    first = classifier.history_["train_loss"]
    before = loss(classifier, X, y)
    go_on(classifier.set_params(max_epochs=3), X, y)
    losses = classifier.history_["train_loss"]
    assert losses[:12] == first
    assert len(losses) == classifier.n_epochs_ == 15
    assert abs(losses[12] - losses[11]) < 0.2 * (losses[0] - losses[11])
    assert loss(classifier, X, y) < before


@BOTH
def test_tiny_steps_leave_the_network_where_it_was(go_on):
    X, y = make_views()
    classifier = FingerprintClassifier(
        Module, max_epochs=3, device="cpu", random_state=0
    )
    before = copied_weights(classifier.fit(X, y))
    go_on(classifier.set_params(lr=1e-12, weight_decay=0.0), X, y)
    for name, value in weights(classifier).items():
        torch.testing.assert_close(value, before[name])


def test_a_fit_without_warm_start_is_new():
    X, y = make_fingerprints()
    classifier = make_classifier().fit(X, y)
    expected = copied_weights(classifier)
    classifier.partial_fit(X, y).fit(X, y)
    assert all(map(torch.equal, weights(classifier).values(), expected.values()))
    assert classifier.n_epochs_ == len(classifier.history_["train_loss"]) == 4


def test_the_first_fit_with_warm_start_is_that_without():
    X, y = make_fingerprints()
    first = make_classifier(warm_start=True).fit(X, y)
    assert same_weights(first, make_classifier().fit(X, y))
    first_partial = make_classifier().partial_fit(X, y, classes=["earthquake", "blast"])
    assert same_weights(first, first_partial)


@BOTH
@pytest.mark.parametrize("seed", [0, None, np.random.RandomState(0)])
def test_copies_go_on_as_the_original_does(go_on, seed):
    X, y = make_fingerprints()
    classifier = make_classifier(random_state=seed).fit(X, y)
    copied = pickle.loads(pickle.dumps(classifier))
    go_on(classifier, X, y)
    go_on(copied, X, y)
    assert same_weights(classifier, copied)


def test_a_network_from_a_file_goes_on(tmp_path):
    pytest.importorskip("skops", reason="skops is not installed (extra deploy)")
    X, y = make_fingerprints()
    weighted = make_classifier().fit(X, y, sample_weight=np.arange(N_RECORDS) / 7)
    weighted.partial_fit(X, y)
    skseisfp.save(weighted, tmp_path / "network.skops")
    again = skseisfp.load(tmp_path / "network.skops")
    np.testing.assert_array_equal(again.predict_proba(X), weighted.predict_proba(X))
    np.testing.assert_array_equal(again.transform(X), weighted.transform(X))
    assert again.history_ == weighted.history_
    assert same_weights(again.partial_fit(X, y), weighted.partial_fit(X, y))
    assert again.n_epochs_ == 12


def test_every_pass_has_an_order_and_dropout_of_its_own():
    orders = []

    class Spy(Module):
        def forward(self, X):
            if self.training:
                orders.append(X[:, 0, 0, 0].tolist())
            return super().forward(X)

    X = np.arange(20, dtype=np.float32)[:, None, None] * np.ones((2, 2))
    y = np.arange(20) % 2
    classifier = FingerprintClassifier(
        Spy, max_epochs=1, device="cpu", random_state=0, lr=1e-9
    )
    for _ in range(3):
        classifier.partial_fit(X, y, classes=[0, 1])
    assert len({tuple(order) for order in orders}) == 3
    assert {tuple(sorted(order)) for order in orders} == {tuple(range(20))}


def test_new_events_are_learnt_from():
    X, y = make_fingerprints(60)
    flipped = X[:, ::-1]  # blasts fill the lower half
    classifier = make_classifier(max_epochs=15).fit(X, y)
    before = loss(classifier, flipped, y)
    classifier.partial_fit(flipped, y)
    assert loss(classifier, flipped, y) < 0.5 * before


def test_new_events_may_be_of_one_class():
    X, y = make_fingerprints()
    for balance in (None, "weights", "views", "events"):
        classifier = make_classifier(balance=balance).fit(X, y, groups=EVENTS)
        blast = y == "blast"
        before = classifier.predict_proba(X)[:, 0].mean()
        classifier.partial_fit(X[blast], y[blast], groups=EVENTS[blast])
        assert classifier.predict_proba(X)[:, 0].mean() > before
        assert list(classifier.classes_) == ["blast", "earthquake"]


def test_modules_of_others_and_weights_go_on():
    X, y = make_fingerprints()
    params = {"max_epochs": 2, "device": "cpu", "random_state": 0}
    classifier = FingerprintClassifier(Foreign, **params).fit(X, y)
    sample_weight = np.arange(N_RECORDS) % 3
    rows = np.repeat(np.arange(N_RECORDS), sample_weight)
    copied = pickle.loads(pickle.dumps(classifier))
    classifier.partial_fit(X, y, sample_weight=sample_weight)
    assert same_weights(classifier, copied.partial_fit(X[rows], y[rows]))


def test_what_one_history_lacks_is_missing():
    X, y = make_fingerprints()
    classifier = make_classifier(lr_schedule=None).fit(X, y)
    classifier.set_params(early_stopping=True, max_epochs=2)
    classifier.partial_fit(X, y, groups=EVENTS)
    history = classifier.history_
    assert {len(values) for values in history.values()} == {6}
    assert np.isnan(history["valid_loss"]).tolist() == [True] * 4 + [False] * 2


# events


def spy_splits(monkeypatch):
    splits = []
    original = classifier_module.make_datasets

    def spy(*args):
        splits.append(original(*args))
        return splits[-1]

    monkeypatch.setattr(classifier_module, "make_datasets", spy)
    return splits


@BOTH
def test_the_same_events_stay_held_out(go_on, monkeypatch):
    splits = spy_splits(monkeypatch)
    X, y = make_fingerprints()
    classifier = make_classifier(early_stopping=True, random_state=None)
    classifier.fit(X, y, groups=EVENTS)
    go_on(go_on(classifier, X, y, groups=EVENTS), X, y, groups=EVENTS)
    trained = {event for train, _ in splits for event in EVENTS[train.records]}
    held_out = {event for _, valid in splits for event in EVENTS[valid.records]}
    assert len(splits) == 3
    assert not trained & held_out
    assert "valid_loss" in classifier.history_


@BOTH
def test_new_events_are_split_whole(go_on, monkeypatch):
    splits = spy_splits(monkeypatch)
    X, y = make_fingerprints()
    classifier = make_classifier(early_stopping=True).fit(X, y, groups=EVENTS)
    events = np.arange(N_RECORDS) // 6 + 100
    go_on(classifier, X, y, groups=events)
    train, valid = splits[1]
    assert not set(events[train.records]) & set(events[valid.records])
    assert len(valid.records) > 0
    with pytest.raises(ValueError, match="early_stopping=True needs the event of ev"):
        go_on(classifier, X, y)


# errors


@BOTH
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"module__conv1_n_filters": 9}, "module__conv1_n_filters=8; .* is now 9"),
        ({"module__dropout1_p": 0.1}, "module__dropout1_p=0.3; .* is now 0.1"),
        ({"module": FingerprintMLP}, "module=.*FingerprintCNN.* is now .*MLP"),
        ({"augmenter": WaveformAugmenter(crop=5)}, r"fitted on .* \(1, 16, 16\)"),
        ({"lr": -1}, "lr must be"),
        ({"lr": 1e30, "lr_schedule": None}, "diverged"),
    ],
)
def test_an_error_leaves_the_network_as_it_was(go_on, params, message):
    X, y = make_fingerprints()
    classifier = make_classifier().fit(X, y)
    vars(classifier).pop("module__conv2_n_filters" if "module" in params else "", None)
    scores, state = classifier.predict_proba(X), copied_weights(classifier)
    with pytest.raises(ValueError, match=message):
        go_on(classifier.set_params(**params), X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), scores)
    assert all(map(torch.equal, weights(classifier).values(), state.values()))
    assert classifier.n_epochs_ == 4


@BOTH
def test_fingerprints_of_another_shape_are_named(go_on):
    X, y = make_fingerprints()
    for first, other in ((X, X[:, :8]), (X, X.reshape(len(X), -1))):
        classifier = make_classifier().fit(first, y)
        with pytest.raises(ValueError, match=r"was fitted on .* \(1, 16, 16\)"):
            go_on(classifier, other, y)
    flat = X.reshape(len(X), -1)
    classifier = FingerprintClassifier(max_epochs=1, device="cpu").fit(flat, y)
    with pytest.raises(ValueError, match="X has 255 features"):
        go_on(classifier, flat[:, 1:], y)


def test_warm_start_needs_the_same_classes():
    X, y = make_fingerprints()
    classifier = make_classifier(warm_start=True).fit(X, y)
    message = r"network of the classes \['blast', 'earthquake'\]; y has \['blast', 'no"
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, np.where(y == "blast", y, "noise"))
    with pytest.raises(ValueError, match="1 class: blast"):
        classifier.fit(X[::3], y[::3])


def test_classes_of_partial_fit_are_checked():
    X, y = make_fingerprints()
    classifier = make_classifier()
    with pytest.raises(ValueError, match="classes must be given in the first call"):
        classifier.partial_fit(X, y)
    with pytest.raises(ValueError, match="classes must be two or more"):
        classifier.partial_fit(X, y, classes=["blast"])
    with pytest.raises(ValueError, match=r"labels \['earthquake'\]; the network has"):
        classifier.partial_fit(X, y, classes=["blast", "noise"])
    with pytest.raises(NotFittedError):
        classifier.predict(X)
    classifier.fit(X, y)
    with pytest.raises(ValueError, match=r"classes must be .*got \['blast', 'noise'\]"):
        classifier.partial_fit(X, y, classes=["noise", "blast"])
    with pytest.raises(ValueError, match="y is missing for record 0"):
        classifier.partial_fit(X, [None] * N_RECORDS)


# tools


def test_learning_curves_use_partial_fit():
    X, y = make_fingerprints(60)
    _, _, scores = learning_curve(
        make_classifier(max_epochs=15),
        X,
        y,
        train_sizes=[0.3, 1.0],
        cv=3,
        exploit_incremental_learning=True,
        error_score="raise",
    )
    assert scores[1].mean() > 0.9


def test_partial_fit_requests_events():
    with config_context(enable_metadata_routing=True):
        requests = make_classifier().get_metadata_routing().partial_fit.requests
    assert requests["groups"] is True
    assert clone(make_classifier(warm_start=True)).warm_start

"""How the network of a classifier is trained."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback, EpochScoring, LRScheduler
from small_classifiers import (
    N_RECORDS,
    Module,
    Stopper,
    make_classifier,
    make_fingerprints,
    same_weights,
)
from torch import nn

from skseisfp.events import attach_events
from skseisfp.neural import FingerprintClassifier, FingerprintMLP

# balance


def test_weights_balance_the_classes():
    X, y = make_fingerprints()
    classifier = make_classifier(balance="weights").fit(X, y)
    np.testing.assert_allclose(classifier.class_weight_, [1.5, 0.75])
    assert classifier.net_.criterion_.weight.tolist() == [1.5, 0.75]
    assert not same_weights(classifier, make_classifier().fit(X, y))


@pytest.mark.parametrize(("n_views", "expected"), [(1, 9), (3, 9), (4, 12)])
def test_views_balance_the_classes(n_views, expected):
    seen = []

    class Spy(Module):
        def forward(self, X):
            if self.training:
                seen.append(X[:, 0, 0, 0])
            return super().forward(X)

    items = np.arange(12 * n_views, dtype=np.int8).reshape(12, n_views, 1, 1, 1)
    y = np.array([1] * 3 + [0] * 9)
    params = {"module": Spy, "max_epochs": 2, "balance": "views", "device": "cpu"}
    FingerprintClassifier(**params).fit(items * np.ones((2, 2), np.int8), y)
    epochs = torch.cat(seen).reshape(2, 2 * expected).int().numpy()
    for epoch in epochs:
        records, counts = np.unique(epoch // n_views, return_counts=True)
        assert list(records) == list(range(12))
        assert counts[:3].sum() == counts[3:].sum() == expected
        assert np.ptp(counts[:3]) <= 1
        assert np.ptp(counts[3:]) <= 1
        repeats = np.unique(epoch, return_counts=True)[1]
        assert repeats.max() <= -(-expected // (3 * n_views))
    assert sorted(epochs[0]) != sorted(epochs[1]) or n_views == 1


@pytest.mark.parametrize("n_views", [1, 3])
def test_events_of_a_class_are_equally_likely_and_so_are_classes(n_views):
    seen = []

    class Spy(Module):
        def forward(self, X):
            if self.training:
                seen.append(X[:, 0, 0, 0])
            return super().forward(X)

    sizes = {"a": 1, "b": 9, "c": 2, "d": 4, "e": 4}
    groups = np.repeat(list(sizes), list(sizes.values()))
    y = np.where(np.isin(groups, ["a", "b"]), "blast", "earthquake")
    items = np.arange(20 * n_views, dtype=np.int8).reshape(20, n_views, 1, 1, 1)
    classifier = FingerprintClassifier(
        module=Spy, max_epochs=1000, balance="events", device="cpu", random_state=0
    )
    classifier.fit(items * np.ones((2, 2), np.int8), y, groups=groups)
    drawn = torch.cat(seen).int().numpy()
    assert len(drawn) == 1000 * 20 * n_views
    shares = np.bincount(drawn, minlength=20 * n_views) / len(drawn)
    n_events = np.where(y == "blast", 2, 3)
    expected = 0.5 / n_events / np.vectorize(sizes.get)(groups) / n_views
    np.testing.assert_allclose(shares, np.repeat(expected, n_views), rtol=0.25)


def test_events_may_be_the_index_of_the_labels():
    fingerprints, y = make_fingerprints(40, contrast=0.3)
    events = pd.Index(np.arange(40) // 4, name="event_id")
    classifier = FingerprintClassifier(
        balance="events", max_epochs=2, device="cpu", random_state=0
    )
    given = classifier.fit(fingerprints, y, groups=events).predict_proba(fingerprints)
    indexed = classifier.fit(fingerprints, attach_events(y, events))
    np.testing.assert_array_equal(indexed.predict_proba(fingerprints), given)
    with pytest.raises(
        ValueError, match='balance="events" needs the event of every record'
    ):
        classifier.fit(fingerprints, y)


def test_the_preset_learns():
    fingerprints, y = make_fingerprints(200, contrast=0.3)
    flat = fingerprints.reshape(len(fingerprints), -1)
    classifier = FingerprintClassifier.from_preset(
        "two_plane_linear",
        module__hidden_sizes=(8,),
        max_epochs=200,
        device="cpu",
        random_state=0,
    )
    classifier.fit(flat[:100], y[:100], groups=np.arange(100) // 4)
    assert classifier.score(flat[100:], y[100:]) > 0.9
    layers = [m for m in classifier.net_.module_.modules() if type(m) is nn.Linear]
    assert [layer.out_features for layer in layers] == [8, 2]
    with pytest.raises(ValueError, match="name must be one of 'two_plane_linear'"):
        FingerprintClassifier.from_preset("discrimination")


def test_class_weights_need_a_criterion_that_takes_weights():
    X, y = make_fingerprints()
    classifier = make_classifier(balance="weights", criterion=nn.MSELoss)
    with pytest.raises(ValueError, match="MSELoss does not"):
        classifier.fit(X, y)


# schedule, early stopping and history


def test_history_has_every_epoch():
    X, y = make_fingerprints()
    history = make_classifier(max_epochs=3).fit(X, y).history_
    assert {name: len(values) for name, values in history.items()} == {
        "train_loss": 3,
        "train_accuracy": 3,
        "learning_rate": 3,
        "duration": 3,
    }


def test_history_has_validation_and_further_scores():
    X, y = make_fingerprints()
    y = attach_events(y, np.arange(len(y)))
    auc = EpochScoring("accuracy", name="again", lower_is_better=False)
    stopper = Stopper()
    classifier = make_classifier(early_stopping=True, callbacks=[auc, stopper])
    history = classifier.fit(X, y).history_
    assert classifier.n_epochs_ == 2
    assert history["again"] == pytest.approx(history["valid_accuracy"])
    assert len(history["valid_loss"]) == 2
    assert pd.DataFrame(history).shape == (2, 7)


def test_schedules():
    X, y = make_fingerprints()
    rates = {
        schedule: make_classifier(lr_schedule=schedule, max_epochs=6)
        .fit(X, y)
        .history_.get("learning_rate")
        for schedule in ("cosine", "plateau", None)
    }
    expected = 1e-3 * (1 + np.cos(np.pi * np.arange(6) / 6)) / 2
    np.testing.assert_allclose(rates["cosine"], expected, rtol=1e-6)
    assert rates["plateau"][0] == 1e-3
    assert rates[None] is None


def test_a_plateau_lowers_the_rate():
    X, y = make_fingerprints()
    y = attach_events(y, np.arange(len(y)))
    params = {"lr_schedule": "plateau", "lr": 1e-6, "max_epochs": 8}
    classifier = FingerprintClassifier(
        FingerprintMLP, early_stopping=True, random_state=0, device="cpu", **params
    )
    rates = classifier.fit(X, y).history_["learning_rate"]
    assert rates[0] == 1e-6
    assert rates[-1] == pytest.approx(1e-7)


def test_early_stopping_restores_the_best_epoch():
    X, _ = make_fingerprints(60)
    y = np.random.default_rng(3).integers(0, 2, 60)
    y = attach_events(y, np.arange(len(y)))
    classifier = make_classifier(
        early_stopping=True, patience=3, max_epochs=100, lr=1e-2, lr_schedule=None
    ).fit(X, y)
    losses = np.array(classifier.history_["valid_loss"])
    best = int(losses.argmin())
    assert classifier.n_epochs_ == len(losses) == best + 4
    shorter = clone(classifier).set_params(early_stopping=True, max_epochs=best + 1)
    assert same_weights(classifier, shorter.fit(X, y))


def test_validation_takes_whole_events(monkeypatch):
    from skseisfp.neural import fingerprint_classifier as module

    splits = []

    def spy(y, groups, **kwargs):
        splits.append((groups, *module_split(y, groups, **kwargs)))
        return splits[-1][1:]

    module_split = module.group_valid_split
    monkeypatch.setattr(module, "group_valid_split", spy)
    X, y = make_fingerprints()
    groups = np.array([f"event {i}" for i in np.arange(N_RECORDS) // 3])
    make_classifier(early_stopping=True).fit(X, y, groups=groups)
    used, train, valid = splits[0]
    np.testing.assert_array_equal(used, groups)
    assert not set(groups[train]) & set(groups[valid])
    make_classifier(early_stopping=True).fit(X, y, groups="records")
    np.testing.assert_array_equal(splits[1][0], np.arange(N_RECORDS))


def test_groups_arrive_through_a_search():
    received = []

    class Spy(FingerprintClassifier):
        def fit(self, X, y, groups=None):
            received.append(groups)
            return super().fit(X, y, groups)

    X, y = make_fingerprints()
    groups = np.arange(N_RECORDS) // 3
    spy = Spy(max_epochs=1, early_stopping=True, device="cpu")
    grid = {"classifier__lr": [1e-3]}
    cv = GroupKFold(2)
    search = GridSearchCV(Pipeline([("classifier", spy)]), grid, cv=cv)
    search.fit(X, y, groups=groups, classifier__groups=groups)
    with config_context(enable_metadata_routing=True):
        spy = Spy(max_epochs=1, early_stopping=True, device="cpu")
        spy.set_fit_request(groups=True)
        search = GridSearchCV(Pipeline([("classifier", spy)]), grid, cv=cv)
        search.fit(X, y, groups=groups)
    assert [len(item) for item in received] == [18, 18, 36] * 2
    np.testing.assert_array_equal(received[2], groups)


# stopping


def test_ctrl_c_ends_a_fit():
    class Interrupted(Module):
        def forward(self, X):
            raise KeyboardInterrupt

    X, y = make_fingerprints()
    classifier = FingerprintClassifier(Interrupted, device="cpu")
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_a_fit_that_fails_leaves_nothing_fitted():
    X, y = make_fingerprints()
    classifier = make_classifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="Impossible"):
        classifier.set_params(module__conv1_filter_size=40).fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_divergence_is_an_error():
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match=r"diverged.*lr=1e\+30"):
        make_classifier(lr=1e30).fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"criterion": nn.NLLLoss, "lr": 0.01},
            r"training loss NLLLoss is nan in epoch 1 with lr=0\.01; NLLLoss needs a "
            "module that returns probabilities",
        ),
        (
            {"lr": 1e30, "lr_schedule": None},
            r"loss CrossEntropyLoss is (nan|inf) in epoch \d+ with lr=1e\+30; lower lr",
        ),
    ],
)
def test_a_loss_that_is_not_finite_raises_at_once(params, message):
    X, y = make_fingerprints()
    epochs = []

    class Epochs(Callback):
        def on_epoch_end(self, net, **kwargs):
            epochs.append(1)

    classifier = make_classifier(max_epochs=50, callbacks=[Epochs()], **params)
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y)
    assert len(epochs) < 5
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_a_validation_loss_that_is_not_finite_is_named():
    class OnlyTrains(Module):
        def forward(self, X):
            return super().forward(X) * (1.0 if self.training else torch.nan)

    X, y = make_fingerprints()
    classifier = FingerprintClassifier(
        OnlyTrains, early_stopping=True, device="cpu", random_state=0
    )
    with pytest.raises(ValueError, match="validation loss CrossEntropyLoss is nan"):
        classifier.fit(X, y, groups="records")


@pytest.mark.parametrize("name", ["cosine", "plateau"])
@pytest.mark.parametrize("named", [False, True])
def test_two_schedules_raise(name, named):
    X, y = make_fingerprints()
    schedule = LRScheduler("StepLR", step_size=1)
    callbacks = [("steps", schedule) if named else schedule]
    classifier = make_classifier(lr_schedule=name, callbacks=callbacks, max_epochs=3)
    with pytest.raises(ValueError, match=f"'{name}'; set lr_schedule=None"):
        classifier.fit(X, y)
    classifier.set_params(lr_schedule=None).fit(X, y)
    np.testing.assert_allclose(
        classifier.history_["learning_rate"], [1e-3, 1e-4, 1e-5], rtol=1e-6
    )

import copy
import pickle
import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback, EpochScoring
from torch import nn
from torch.utils.data import DataLoader

from skseisfp.neural import FingerprintClassifier, FingerprintCNN, FingerprintMLP

N_RECORDS = 36


def make_prints(n=N_RECORDS, seed=0, shape=(16, 16), contrast=0.4):
    """Prints whose upper half is fuller for blasts, eight records an event."""
    rng = np.random.default_rng(seed)
    blast = np.arange(n) % 3 == 0
    X = (rng.random((n, *shape)) < 0.1).astype(np.uint8)
    X[blast, : shape[0] // 2] |= rng.random((blast.sum(), shape[0] // 2, shape[1])) < (
        contrast
    )
    y = np.where(blast, "blast", "earthquake")
    return X, y


def make_views(n=N_RECORDS, n_views=3, n_channels=2):
    X, y = make_prints(n, shape=(16, 16))
    views = np.repeat(X[:, None, None], n_views, axis=1)
    rng = np.random.default_rng(1)
    views = np.repeat(views, n_channels, axis=2)
    return (views ^ (rng.random(views.shape) < 0.05)).astype(np.int8), y


def make_classifier(**params):
    defaults = {
        "max_epochs": 4,
        "batch_size": 16,
        "random_state": 0,
        "module__conv2_n_filters": 8,
        "device": "cpu",
    }
    return FingerprintClassifier(**{**defaults, **params})


def weights(classifier):
    return classifier.net_.module_.state_dict()


def same_weights(first, second):
    return all(map(torch.equal, weights(first).values(), weights(second).values()))


def global_states():
    """The states of the global generators of torch and NumPy."""
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), keys.tolist(), position


class Foreign(nn.Module):
    """A module with torch's own dropout and no other help."""

    def __init__(self, n_classes=2, width=4):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(width), nn.Dropout(0.5), nn.Linear(width, 2)
        )

    def forward(self, X):
        return self.layers(X)


class Module(nn.Module):
    """A module that keeps what it was told."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.told = (tuple(input_shape), n_classes)
        self.layer = nn.Linear(int(np.prod(input_shape)), n_classes)

    def forward(self, X):
        assert X.dtype == torch.float32
        return self.layer(X.flatten(1))


class Stopper(Callback):
    def __init__(self, after=2):
        self.after = after

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.after:
            raise KeyboardInterrupt


# learning


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32, np.float64, bool])
def test_it_learns_from_any_dtype(dtype):
    X, y = make_prints(60)
    X_test, y_test = make_prints(30, seed=1)
    classifier = make_classifier(max_epochs=12).fit(X.astype(dtype), y)
    assert classifier.score(X_test.astype(dtype), y_test) > 0.9
    assert list(classifier.classes_) == ["blast", "earthquake"]


def test_dtype_does_not_matter():
    X, y = make_prints()
    first, second = (make_classifier().fit(X.astype(t), y) for t in ("uint8", "f8"))
    assert same_weights(first, second)


@pytest.mark.parametrize(
    "labels", [["b", "a"], [3, -1], [True, False], [0.0, 1.0], ["x", "y", "z"]]
)
def test_any_labels(labels):
    X, _ = make_prints(30)
    y = np.resize(labels, 30)
    classifier = make_classifier(max_epochs=1).fit(X, y)
    assert list(classifier.classes_) == sorted(set(labels))
    assert set(classifier.predict(X)) <= set(labels)


def test_labels_may_be_a_series_indexed_by_event():
    X, y = make_prints()
    first = make_classifier().fit(X, pd.Series(y, index=np.arange(N_RECORDS) // 4))
    assert same_weights(first, make_classifier().fit(X, y))


def test_flat_prints_go_to_the_mlp_and_others_to_the_cnn():
    X, y = make_prints()
    for prints, module in (
        (X.reshape(N_RECORDS, -1), FingerprintMLP),
        (X, FingerprintCNN),
        (make_views()[0], FingerprintCNN),
    ):
        classifier = FingerprintClassifier(max_epochs=1, device="cpu").fit(prints, y)
        assert type(classifier.net_.module_) is module


def test_probabilities_sum_to_one():
    X, y = make_views()
    scores = make_classifier().fit(X, y).predict_proba(X)
    assert scores.shape == (N_RECORDS, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-12)


def test_input_is_not_changed():
    X, y = make_views()
    before = X.copy()
    X.flags.writeable = False
    make_classifier(max_epochs=1).fit(X, y).predict(X)
    np.testing.assert_array_equal(X, before)


def test_prints_of_one_plane_are_prints_of_one_view_and_channel():
    X, y = make_prints()
    first = make_classifier().fit(X, y)
    second = make_classifier().fit(X[:, None, None], y)
    assert same_weights(first, second)
    np.testing.assert_array_equal(
        first.predict_proba(X[:, None, None]), second.predict_proba(X)
    )


# views


def test_views_are_averaged_or_the_first_is_read():
    X, y = make_views()
    mean = make_classifier().fit(X, y)
    first = clone(mean).set_params(predict_views="first").fit(X, y)
    assert same_weights(mean, first)
    single = [mean.predict_proba(X[:, [view]]) for view in range(3)]
    np.testing.assert_allclose(mean.predict_proba(X), np.mean(single, axis=0))
    np.testing.assert_array_equal(first.predict_proba(X), single[0])


def test_every_view_is_seen_once_an_epoch_with_the_label_of_its_record():
    seen = []

    class Spy(Module):
        def forward(self, X):
            if self.training:
                seen.append(X[:, 0, 0, 0])
            return super().forward(X)

    X = np.arange(12, dtype=np.int8).reshape(4, 3, 1, 1, 1) * np.ones((2, 2), np.int8)
    params = {"module": Spy, "max_epochs": 2, "batch_size": 5, "device": "cpu"}
    FingerprintClassifier(**params).fit(X, [0, 1, 0, 1])
    epochs = torch.cat(seen).reshape(2, 12)
    assert not torch.equal(*epochs)
    for epoch in epochs:
        assert sorted(epoch.tolist()) == list(range(12))


def test_labels_follow_their_records():
    X = np.repeat(np.arange(6), 4).reshape(6, 4, 1, 1, 1).astype(np.int8)
    X = X * np.ones((2, 2), dtype=np.int8)
    X = (X[..., None] == np.arange(6)).reshape(6, 4, 1, 4, 6).astype(np.int8)
    y = np.array([0, 1, 1, 0, 0, 1])
    params = {"module": Module, "lr": 0.1, "max_epochs": 30, "device": "cpu"}
    assert FingerprintClassifier(**params).fit(X, y).score(X, y) == 1


# randomness


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"balance": "views"},
        {"early_stopping": True, "max_epochs": 6},
        {"module": Foreign, "module__width": 8},
        {"iterator_train": DataLoader, "iterator_valid": DataLoader},
    ],
)
def test_refits_are_bit_identical_and_leave_global_generators_alone(params):
    X, y = make_views()
    if "module" in params:
        params = {**params, "max_epochs": 3, "random_state": 0, "device": "cpu"}
        classifier = FingerprintClassifier(**params)
    else:
        classifier = make_classifier(**params)
    before = global_states()
    first = clone(classifier).fit(X, y)
    second = clone(classifier).fit(X, y)
    third = second.fit(X, y)
    other = clone(classifier).set_params(random_state=1).fit(X, y)
    clone(classifier).set_params(random_state=None, max_epochs=1).fit(X, y).predict(X)
    assert same_weights(first, second)
    assert same_weights(first, third)
    assert not same_weights(first, other)
    np.testing.assert_array_equal(first.predict_proba(X), third.predict_proba(X))
    assert global_states() == before


def test_without_a_seed_fits_differ():
    X, y = make_prints()
    classifier = make_classifier(random_state=None)
    assert not same_weights(clone(classifier).fit(X, y), classifier.fit(X, y))


def test_the_global_seed_has_no_influence():
    X, y = make_prints()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first = make_classifier().fit(X, y)
        torch.manual_seed(6)
        assert same_weights(first, make_classifier().fit(X, y))


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel_searches_equal_serial_ones(backend, foreign):
    X, y = make_prints(48)
    if foreign:
        params = {"module": Foreign, "random_state": 0, "max_epochs": 3}
        classifier = FingerprintClassifier(**params, device="cpu")
    else:
        classifier = make_classifier(max_epochs=3)
    serial = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")
    with parallel_config(backend, n_jobs=2):
        parallel = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")
    np.testing.assert_array_equal(serial, parallel)


def test_the_number_of_threads_is_one_inside_and_restored():
    inside = []

    class Spy(Module):
        def forward(self, X):
            inside.append(torch.get_num_threads())
            return super().forward(X)

    X, y = make_prints()
    outside = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        FingerprintClassifier(Spy, max_epochs=1, device="cpu").fit(X, y).predict(X)
        assert set(inside) == {1}
        assert torch.get_num_threads() == 2
        with pytest.raises(ValueError, match="Impossible"):
            make_classifier(module__conv1_filter_size=40).fit(X, y)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(outside)


# balance


def test_weights_balance_the_classes():
    X, y = make_prints()
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
def test_events_are_drawn_alike_within_classes_that_are_alike(n_views):
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


def test_the_preset_learns():
    prints, y = make_prints(200, contrast=0.3)
    flat = prints.reshape(len(prints), -1)
    classifier = FingerprintClassifier.from_preset(
        "discrimination",
        module__hidden_sizes=(8,),
        max_epochs=200,
        device="cpu",
        random_state=0,
    )
    classifier.fit(flat[:100], y[:100], groups=np.arange(100) // 4)
    assert classifier.score(flat[100:], y[100:]) > 0.9
    layers = [m for m in classifier.net_.module_.modules() if type(m) is nn.Linear]
    assert [layer.out_features for layer in layers] == [8, 2]
    with pytest.raises(ValueError, match="name must be one of 'discrimination'"):
        FingerprintClassifier.from_preset("best")


def test_weights_need_a_criterion_that_takes_them():
    X, y = make_prints()
    classifier = make_classifier(balance="weights", criterion=nn.MSELoss)
    with pytest.raises(ValueError, match="MSELoss does not"):
        classifier.fit(X, y)


# schedule, early stopping and history


def test_history_has_every_epoch():
    X, y = make_prints()
    history = make_classifier(max_epochs=3).fit(X, y).history_
    assert {name: len(values) for name, values in history.items()} == {
        "train_loss": 3,
        "train_accuracy": 3,
        "learning_rate": 3,
        "duration": 3,
    }


def test_history_has_validation_and_further_scores():
    X, y = make_prints()
    auc = EpochScoring("accuracy", name="again", lower_is_better=False)
    stopper = Stopper()
    classifier = make_classifier(early_stopping=True, callbacks=[auc, stopper])
    history = classifier.fit(X, y).history_
    assert classifier.n_epochs_ == 2
    assert history["again"] == pytest.approx(history["valid_accuracy"])
    assert len(history["valid_loss"]) == 2
    assert pd.DataFrame(history).shape == (2, 7)


def test_schedules():
    X, y = make_prints()
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
    X, y = make_prints()
    params = {"lr_schedule": "plateau", "lr": 1e-6, "max_epochs": 8}
    classifier = FingerprintClassifier(
        FingerprintMLP, early_stopping=True, random_state=0, device="cpu", **params
    )
    rates = classifier.fit(X, y).history_["learning_rate"]
    assert rates[0] == 1e-6
    assert rates[-1] == pytest.approx(1e-7)


def test_early_stopping_restores_the_best_epoch():
    X, _ = make_prints(60)
    y = np.random.default_rng(3).integers(0, 2, 60)
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
    X, y = make_prints()
    groups = np.array([f"event {i}" for i in np.arange(N_RECORDS) // 3])
    make_classifier(early_stopping=True).fit(X, y, groups=groups)
    used, train, valid = splits[0]
    np.testing.assert_array_equal(used, groups)
    assert not set(groups[train]) & set(groups[valid])
    make_classifier(early_stopping=True).fit(X, y)
    np.testing.assert_array_equal(splits[1][0], np.arange(N_RECORDS))


def test_groups_arrive_through_a_search():
    received = []

    class Spy(FingerprintClassifier):
        def fit(self, X, y, groups=None):
            received.append(groups)
            return super().fit(X, y, groups)

    X, y = make_prints()
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


def test_ctrl_c_gets_out_of_fit():
    class Interrupted(Module):
        def forward(self, X):
            raise KeyboardInterrupt

    X, y = make_prints()
    classifier = FingerprintClassifier(Interrupted, device="cpu")
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_a_fit_that_fails_leaves_nothing_fitted():
    X, y = make_prints()
    classifier = make_classifier(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="Impossible"):
        classifier.set_params(module__conv1_filter_size=40).fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)


def test_divergence_is_an_error():
    X, y = make_prints()
    with pytest.raises(ValueError, match=r"diverged.*lr=1e\+30"):
        make_classifier(lr=1e30).fit(X, y)


# parameters


def test_module_parameters_reach_the_net():
    X, y = make_prints()
    classifier = make_classifier(
        module__conv1_filter_size=4,
        module__n_cycles=1,
        module__conv2_n_filters=56,
        module__hidden_sizes=(5,),
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.5,
    ).fit(X, y)
    net = classifier.net_
    assert net.module_.layers.conv1.kernel_size == (4, 4)
    assert net.module_.layers.hidden1.out_features == 5
    assert net.optimizer_.param_groups[0]["momentum"] == 0.5
    assert net.optimizer_.param_groups[0]["weight_decay"] == 1e-2


def test_any_module_is_told_what_it_takes():
    X, y = make_views()
    classifier = FingerprintClassifier(Module, max_epochs=1, device="cpu").fit(X, y)
    assert classifier.net_.module_.told == ((2, 16, 16), 2)


def test_a_module_may_be_a_function():
    X, y = make_prints()
    module = partial(FingerprintMLP, hidden_sizes=(3,))
    classifier = FingerprintClassifier(module, max_epochs=1, device="cpu").fit(X, y)
    assert classifier.net_.module_.layers[-1].in_features == 3


def test_every_fit_starts_afresh():
    X, y = make_prints()
    classifier = make_classifier(callbacks=[Stopper(after=1)]).fit(X, y)
    first = weights(classifier)
    net = classifier.net_
    classifier.fit(X, y)
    assert classifier.net_ is not net
    assert all(map(torch.equal, weights(classifier).values(), first.values()))
    assert classifier.n_epochs_ == 1


def test_get_params_lists_the_module():
    classifier = FingerprintClassifier(module__conv1_filter_size=3)
    params = classifier.get_params()
    assert params["module__conv1_filter_size"] == 3
    assert params["module__conv2_n_filters"] == 56
    assert "module__input_shape" not in params
    assert "module__conv2_n_filters" not in classifier.get_params(deep=False)
    assert "module__width" in FingerprintClassifier(Foreign).get_params()


def test_clone_and_repr_keep_module_parameters():
    classifier = clone(make_classifier(module__conv1_filter_size=3))
    assert classifier.get_params()["module__conv1_filter_size"] == 3
    assert "module__conv1_filter_size=3" in repr(classifier)
    assert "module__conv1_filter_size" in classifier._repr_html_()


def test_further_cycles_are_known_names():
    classifier = make_classifier(module__n_cycles=3, module__conv3_padding=1)
    X, y = make_prints()
    assert classifier.fit(X, y).net_.module_.layers.conv3.padding == (1, 1)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("module__conv1_filtersize", "module__conv1_filter_size"),
        ("max_epoch", "max_epochs"),
        ("optimizer__beta", "optimizer__betas"),
        ("criterion__weigth", "criterion__weight"),
        ("iterator_train__batchsize", "iterator_train__batch_size"),
        ("iterator_trains", "iterator_train"),
    ],
)
def test_unknown_parameters_come_with_the_nearest_name(name, nearest):
    with pytest.raises(ValueError, match=f"{name}.*Did you mean '{nearest}'"):
        FingerprintClassifier().set_params(**{name: 1})
    with pytest.raises(TypeError, match=f"Did you mean '{nearest}'"):
        FingerprintClassifier(**{name: 1})


def test_parameters_of_another_module_are_refused_by_fit():
    X, y = make_prints()
    classifier = make_classifier(module__conv1_filter_size=3)
    classifier.set_params(module=FingerprintMLP)
    with pytest.raises(ValueError, match="'module__conv"):
        classifier.fit(X, y)


def test_a_parameter_of_the_cnn_is_refused_with_flat_prints():
    X, y = make_prints()
    with pytest.raises(ValueError, match=r"conv2_n_filters.*FingerprintMLP"):
        make_classifier().fit(X.reshape(N_RECORDS, -1), y)


@pytest.mark.parametrize(
    ("name", "hint"), [("warm_start", "fresh net"), ("train_split", "early_stopping")]
)
def test_what_skorch_offers_otherwise_is_refused(name, hint):
    with pytest.raises(TypeError, match=hint):
        FingerprintClassifier(**{name: True})


def test_kwargs_can_be_set_but_not_fitted():
    X, y = make_prints()
    classifier = make_classifier().set_params(kwargs=3)
    with pytest.raises(ValueError, match="kwargs is no parameter"):
        classifier.fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lr": 0}, "lr == 0"),
        ({"max_epochs": 0}, "max_epochs == 0"),
        ({"batch_size": -1}, "batch_size == -1"),
        ({"patience": 0}, "patience == 0"),
        ({"weight_decay": -1.0}, "weight_decay == -1"),
        ({"validation_fraction": 1.0}, "validation_fraction == 1"),
        (
            {"balance": "view"},
            "balance must be one of None, 'weights', 'views'",
        ),
        ({"early_stopping": "yes"}, "early_stopping must be one of False, True"),
        ({"predict_views": "all"}, "predict_views must be one of"),
        ({"lr_schedule": "step"}, "lr_schedule must be one of"),
        ({"device": "quantum"}, "device must be 'auto' or"),
        ({"optimizer": torch.optim.Rprop}, "Rprop takes no weight_decay"),
        ({"module__conv1_filter_size": 19}, "conv1_filter_size=19 is larger than"),
        ({"module__dropout1_p": 2}, "dropout1_p must be a number in"),
    ],
)
def test_values_out_of_range_are_named(params, message):
    X, y = make_prints()
    with pytest.raises(ValueError, match=message):
        make_classifier(**params).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("module", Foreign()),
        ("module", "cnn"),
        ("criterion", nn.CrossEntropyLoss()),
        ("optimizer", "adam"),
    ],
)
def test_parts_must_be_classes(name, value):
    X, y = make_prints()
    classifier = FingerprintClassifier(device="cpu").set_params(**{name: value})
    with pytest.raises(TypeError, match=f"{name} must be a class"):
        classifier.fit(X, y)


def test_rules_of_the_paper_warn_in_fit():
    X, y = make_prints()
    with pytest.warns(UserWarning, match="conv1_padding=2 is not below"):
        make_classifier(module__conv1_padding=2).fit(X, y)
    silent = {"module__conv1_padding": 2, "module__check_rules": False}
    make_classifier(**silent).fit(X, y)


# composition


def test_grid_search_over_the_architecture():
    X, y = make_prints(48)
    pipeline = Pipeline(
        [("identity", FunctionTransformer()), ("classifier", make_classifier())]
    )
    grid = {"classifier__module__conv1_filter_size": [2, 3]}
    groups = np.arange(48) // 3
    results = []
    for n_jobs in (1, 2):
        search = GridSearchCV(pipeline, grid, cv=GroupKFold(3), n_jobs=n_jobs)
        search.fit(X, y, groups=groups)
        results.append(search)
    np.testing.assert_array_equal(
        results[0].cv_results_["mean_test_score"],
        results[1].cv_results_["mean_test_score"],
    )
    assert same_weights(*(item.best_estimator_["classifier"] for item in results))
    size = results[0].best_params_["classifier__module__conv1_filter_size"]
    conv1 = results[0].best_estimator_["classifier"].net_.module_.layers.conv1
    assert conv1.kernel_size == (size, size)


def test_an_impossible_trial_is_named_by_the_search():
    X, y = make_prints()
    grid = {"module__conv1_filter_size": [2, 30]}
    search = GridSearchCV(make_classifier(max_epochs=1), grid, cv=2, error_score=-1)
    with pytest.warns(Warning, match="conv1_filter_size=30 is larger than its padded"):
        search.fit(X, y)
    assert search.best_params_ == {"module__conv1_filter_size": 2}


def test_calibration_takes_prints_of_five_axes():
    X, y = make_views()
    calibrated = CalibratedClassifierCV(make_classifier(max_epochs=1), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (N_RECORDS, 2)


def test_scores_by_cross_validation():
    X, y = make_prints(60)
    scores = cross_val_score(make_classifier(max_epochs=12), X, y, cv=3)
    assert scores.mean() > 0.9


@pytest.mark.parametrize(
    "copier", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"balance": "weights", "early_stopping": True},
        {"module": Foreign, "module__width": 3},
    ],
)
def test_copies_predict_the_same(copier, params):
    X, y = make_views()
    classifier = FingerprintClassifier(max_epochs=2, device="cpu", **params).fit(X, y)
    state = torch.get_rng_state()
    copied = copier(classifier)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(copied.predict_proba(X), classifier.predict_proba(X))
    assert copied.history_ == classifier.history_
    assert copied.get_params() == classifier.get_params()
    assert same_weights(
        clone(copied).set_params(random_state=0).fit(X, y),
        clone(classifier).set_params(random_state=0).fit(X, y),
    )


def test_a_pickle_holds_no_training_data():
    X, y = make_prints(200)
    few = pickle.dumps(make_classifier(max_epochs=1).fit(X[:20], y[:20]))
    many = pickle.dumps(make_classifier(max_epochs=1).fit(X, y))
    assert abs(len(many) - len(few)) < 200


def test_a_pickled_net_outside_the_rules_is_loaded_silently():
    X, y = make_prints()
    with pytest.warns(UserWarning, match="not below"):
        classifier = make_classifier(module__conv1_padding=2).fit(X, y)
    pickle.loads(pickle.dumps(classifier)).predict(X)


# bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_numbers_that_are_none(bad):
    X, y = make_prints()
    X = X.astype(float)
    classifier = make_classifier(max_epochs=1).fit(X, y)
    X[3, 2, 1] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(ValueError, match=r"X contains (NaN|infinity)"):
            make_classifier().fit(X, y)
        with pytest.raises(ValueError, match=r"X contains (NaN|infinity)"):
            classifier.predict(X)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((36,), "Expected 2D array, got 1D array"),
        ((36, 2, 8, 8), r"X has 4 axes \(36, 2, 8, 8\).*views or channels"),
        ((36, 2, 2, 2, 2, 2), "X has 6 axes"),
        ((36, 0, 8), "empty axis"),
        ((0, 8, 8), "0 sample"),
        ((36, 2, 0, 8, 8), "empty axis"),
    ],
)
def test_wrong_axes(shape, message):
    with pytest.raises(ValueError, match=message):
        FingerprintClassifier().fit(np.zeros(shape), np.resize([0, 1], shape[0]))


def test_masked_prints():
    X, y = make_prints()
    with pytest.raises(ValueError, match="masked"):
        make_classifier().fit(np.ma.masked_equal(X, 1), y)


def test_one_class():
    X, _ = make_prints()
    with pytest.raises(ValueError, match="1 class: blast"):
        make_classifier().fit(X, ["blast"] * N_RECORDS)


def test_lengths_must_agree():
    X, y = make_prints()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make_classifier().fit(X, y[:-1])
    with pytest.raises(ValueError, match="one event id per record: got 5"):
        make_classifier().fit(X, y, groups=np.arange(5))


def test_other_prints_than_fitted_on():
    X, y = make_prints()
    classifier = make_classifier(max_epochs=1).fit(X, y)
    for other in (X[:, :8], X.reshape(N_RECORDS, -1), np.zeros((3, 2, 2, 16, 16))):
        with pytest.raises(
            ValueError, match=r"fitted on prints of shape \(1, 16, 16\)"
        ):
            classifier.predict(other)


def test_not_fitted():
    X, _ = make_prints()
    with pytest.raises(NotFittedError):
        FingerprintClassifier().predict(X)


def test_refitting_on_other_axes_forgets_the_features():
    X, y = make_prints()
    classifier = FingerprintClassifier(max_epochs=1, device="cpu")
    assert classifier.fit(X.reshape(N_RECORDS, -1), y).n_features_in_ == 256
    assert not hasattr(classifier.fit(X, y), "n_features_in_")

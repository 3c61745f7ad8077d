"""Which parameters and fingerprints are valid for a classifier."""

import re
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from small_classifiers import (
    N_RECORDS,
    Foreign,
    Module,
    Stopper,
    make_classifier,
    make_fingerprints,
    make_views,
    weights,
)
from torch import nn

from skseisfp.neural import FingerprintClassifier, FingerprintMLP
from skseisfp.preprocessing import WaveformAugmenter

# parameters


def test_parameters_of_the_module_are_those_of_the_network():
    X, y = make_fingerprints()
    classifier = make_classifier(
        module__conv1_filter_size=4,
        module__n_cycles=1,
        module__conv2_n_filters=56,
        module__hidden_sizes=(5,),
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.5,
    ).fit(X, y)
    network = classifier.net_
    assert network.module_.layers.conv1.kernel_size == (4, 4)
    assert network.module_.layers.hidden1.out_features == 5
    assert network.optimizer_.param_groups[0]["momentum"] == 0.5
    assert network.optimizer_.param_groups[0]["weight_decay"] == 1e-2


def test_any_module_gets_the_shape_and_the_number_of_classes():
    X, y = make_views()
    classifier = FingerprintClassifier(Module, max_epochs=1, device="cpu").fit(X, y)
    assert classifier.net_.module_.given == ((2, 16, 16), 2)


def test_a_module_may_be_a_function():
    X, y = make_fingerprints()
    module = partial(FingerprintMLP, hidden_sizes=(3,))
    classifier = FingerprintClassifier(module, max_epochs=1, device="cpu").fit(X, y)
    assert classifier.net_.module_.layers[-1].in_features == 3


def test_every_fit_trains_a_new_network():
    X, y = make_fingerprints()
    classifier = make_classifier(callbacks=[Stopper(after=1)]).fit(X, y)
    first = weights(classifier)
    network = classifier.net_
    classifier.fit(X, y)
    assert classifier.net_ is not network
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
    X, y = make_fingerprints()
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
        ("learning_rate", "lr"),
        ("epochs", "max_epochs"),
        ("n_jobs", "n_threads"),
        ("num_workers", "n_threads"),
        ("seed", "random_state"),
    ],
)
def test_unknown_parameters_come_with_the_nearest_name(name, nearest):
    with pytest.raises(ValueError, match=f"{name}.*Did you mean '{nearest}'"):
        FingerprintClassifier().set_params(**{name: 1})
    with pytest.raises(TypeError, match=f"Did you mean '{nearest}'"):
        FingerprintClassifier(**{name: 1})


def test_parameters_of_another_module_raise_in_fit():
    X, y = make_fingerprints()
    classifier = make_classifier(module__conv1_filter_size=3)
    classifier.set_params(module=FingerprintMLP)
    with pytest.raises(ValueError, match="'module__conv"):
        classifier.fit(X, y)


def test_a_parameter_of_the_cnn_raises_with_flat_fingerprints():
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match=r"conv2_n_filters.*FingerprintMLP"):
        make_classifier().fit(X.reshape(N_RECORDS, -1), y)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("class_weight", "balance='weights'"),
        ("train_split", "early_stopping"),
        ("compile", "Networks are not compiled"),
    ],
)
def test_parameters_of_others_that_are_replaced_raise_with_a_hint(name, hint):
    with pytest.raises(TypeError, match=f"'{name}' is not a parameter.*{hint}"):
        FingerprintClassifier(**{name: "balanced"})
    with pytest.raises(ValueError, match=f"'{name}' is not a parameter.*{hint}"):
        FingerprintClassifier().set_params(**{name: "balanced"})
    search = GridSearchCV(
        Pipeline([("network", FingerprintClassifier())]), {f"network__{name}": [None]}
    )
    with pytest.raises(ValueError, match=hint):
        search.fit(*make_fingerprints())


def test_kwargs_can_be_set_but_not_fitted():
    X, y = make_fingerprints()
    classifier = make_classifier().set_params(kwargs=3)
    with pytest.raises(ValueError, match="kwargs is not a parameter"):
        classifier.fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"lr": 0}, r"lr must be a float in the range \(0.0, inf\); got 0\."),
        ({"lr": np.nan}, r"lr must be .* got nan"),
        (
            {"max_epochs": 0},
            r"max_epochs must be an int in the range \[1, inf\); got 0",
        ),
        ({"max_epochs": 2.5}, r"max_epochs must be an int .* got 2\.5"),
        ({"batch_size": -1}, r"batch_size must be an int .*\[1, inf\); got -1"),
        ({"patience": 0}, r"patience must be .* got 0"),
        ({"weight_decay": -1.0}, r"weight_decay must be .*\[0.0, inf\); got -1\.0"),
        ({"validation_fraction": 1.0}, r"validation_fraction .*\(0.0, 1.0\); got 1\.0"),
        (
            {"balance": "view"},
            "balance must be one of 'events', 'views', 'weights' or None; got 'view'. "
            "Did you mean 'views'?",
        ),
        ({"early_stopping": "yes"}, "early_stopping must be .*bool.* got 'yes'"),
        ({"predict_views": "all"}, "predict_views must be one of 'first', 'mean'"),
        (
            {"lr_schedule": "step"},
            "lr_schedule must be one of 'cosine', 'plateau' or N",
        ),
        ({"memory_limit": -1}, r"memory_limit must be .*\] MiB or None; got -1"),
        ({"augmenter": "crop"}, "augmenter must be an instance of .*WaveformAugmenter"),
        ({"callbacks": "early"}, "callbacks must be an instance of 'list'"),
        ({"random_state": -1}, "random_state must be .* got -1"),
        ({"warm_start": "yes"}, "warm_start must be .*bool.* got 'yes'"),
        ({"verbose": "yes"}, "verbose must be .* got 'yes'"),
        ({"device": None}, "device must be .* got None"),
        ({"device": "quantum"}, "device must be 'auto' or"),
        ({"device": "cuda:99"}, r"device must be .* \(cpu.*\); got 'cuda:99'"),
        ({"optimizer": torch.optim.Rprop}, "Rprop takes no weight_decay; it must be 0"),
        ({"module__conv1_filter_size": 19}, "conv1_filter_size=19 is larger than"),
        ({"module__dropout1_p": 2}, "dropout1_p must be a number in"),
    ],
)
def test_values_out_of_range_are_named(params, message):
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match=message):
        make_classifier(**params).fit(X, y)


def test_numbers_and_strings_of_numpy_are_valid():
    X, y = make_fingerprints()
    params = {
        "lr": np.float32(1e-3),
        "weight_decay": np.float64(0),
        "max_epochs": np.int64(2),
        "batch_size": np.int32(8),
        "early_stopping": np.True_,
        "balance": np.str_("views"),
        "random_state": np.int64(3),
    }
    classifier = make_classifier(**params).fit(X, y, groups="records")
    assert classifier.n_epochs_ == 2


def test_all_parameters_are_declared():
    own = FingerprintClassifier().get_params(deep=False)
    assert set(FingerprintClassifier._parameter_constraints) == set(own)


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
    X, y = make_fingerprints()
    classifier = FingerprintClassifier(device="cpu").set_params(**{name: value})
    message = f"{name} must be a class or a function .* for every fit"
    with pytest.raises(TypeError, match=message):
        classifier.fit(X, y)


def test_settings_outside_the_rules_of_the_paper_warn_in_fit():
    X, y = make_fingerprints()
    with pytest.warns(UserWarning, match="conv1_padding=2 is not below"):
        make_classifier(module__conv1_padding=2).fit(X, y)
    silent = {"module__conv1_padding": 2, "module__check_rules": False}
    make_classifier(**silent).fit(X, y)


# bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_fingerprints_that_are_not_finite_raise(bad):
    X, y = make_fingerprints()
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
def test_wrong_axes_are_named(shape, message):
    with pytest.raises(ValueError, match=message):
        FingerprintClassifier().fit(np.zeros(shape), np.resize([0, 1], shape[0]))


def test_masked_fingerprints_raise():
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match="masked"):
        make_classifier().fit(np.ma.masked_equal(X, 1), y)


def test_one_class_is_named():
    X, _ = make_fingerprints()
    with pytest.raises(ValueError, match="1 class: blast"):
        make_classifier().fit(X, ["blast"] * N_RECORDS)


def test_lengths_must_agree():
    X, y = make_fingerprints()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make_classifier().fit(X, y[:-1])
    with pytest.raises(ValueError, match="one event id per record: got 5"):
        make_classifier().fit(X, y, groups=np.arange(5))


def test_fingerprints_of_another_shape_are_named():
    X, y = make_fingerprints()
    classifier = make_classifier(max_epochs=1).fit(X, y)
    for other in (X[:, :8], X.reshape(N_RECORDS, -1), np.zeros((3, 2, 2, 16, 16))):
        with pytest.raises(
            ValueError, match=r"fitted on fingerprints of shape \(1, 16, 16\)"
        ):
            classifier.predict(other)


def test_an_unfitted_classifier_cannot_predict():
    X, _ = make_fingerprints()
    with pytest.raises(NotFittedError):
        FingerprintClassifier().predict(X)


def test_refitting_on_other_axes_removes_the_number_of_features():
    X, y = make_fingerprints()
    classifier = FingerprintClassifier(max_epochs=1, device="cpu")
    assert classifier.fit(X.reshape(N_RECORDS, -1), y).n_features_in_ == 256
    assert not hasattr(classifier.fit(X, y), "n_features_in_")


@pytest.mark.parametrize("scale", [2e3, 5e-4])
@pytest.mark.parametrize("shape", [(200,), (3, 200)])
def test_waveforms_in_place_of_fingerprints_are_named(shape, scale):
    X = np.random.default_rng(0).uniform(-1, 1, (12, *shape))
    X[0, ..., 0] = 1.0
    y = np.arange(12) % 2
    classifier = make_classifier(max_epochs=1)
    if len(shape) == 1:
        classifier = FingerprintClassifier(max_epochs=1, device="cpu", random_state=0)
    message = re.escape(f"values up to {scale:.3g}, while fingerprints have -1, 0 and")
    with pytest.warns(UserWarning, match=message) as caught:
        classifier.fit(X * scale, y)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=message):
        clone(classifier).partial_fit(X * scale, y, classes=[0, 1])


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 255.0, 1e3])
def test_other_values_are_learnt_without_a_warning(scale):
    X, y = make_fingerprints()
    make_classifier(max_epochs=1).fit(X * np.float64(scale), y)


def test_networks_for_waveforms_take_them_without_a_warning():
    X = np.random.default_rng(0).normal(0, 1e5, (12, 200))
    y = np.arange(12) % 2
    own = partial(FingerprintMLP)
    for params in ({"module": own}, {"augmenter": WaveformAugmenter(crop=100)}):
        FingerprintClassifier(max_epochs=1, device="cpu", random_state=0, **params).fit(
            X, y
        )

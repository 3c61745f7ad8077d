"""Networks that are trained together are those of separate fits."""

import pickle
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from small_classifiers import Foreign, Stopper, make_fingerprints, make_views

from skseisfp.neural import FingerprintClassifier, FingerprintMLP, fit_together
from skseisfp.neural import _network_stack as network_stack
from skseisfp.neural.fit_together import is_trained_together
from skseisfp.preprocessing import WaveformAugmenter

MODULE = sys.modules["skseisfp.neural.fit_together"]  # not the function
SGD = {"optimizer": torch.optim.SGD, "optimizer__momentum": 0.9, "lr": 1e-2}
# what a small network costs is the number of its steps
SMALL = {"module__conv1_n_filters": 2, "module__conv2_n_filters": 3, "batch_size": 16}


def classifier(**params):
    defaults = {"max_epochs": 3, "device": "cpu", "fused": False}
    return FingerprintClassifier(**{**defaults, **params})


def flat(n=60):
    X, y = make_fingerprints(n)
    return X.reshape(n, -1), y


def folds(n, sizes):
    rng = np.random.default_rng(0)
    return [rng.permutation(n)[:size] for size in sizes]


def compare(classifiers, X, y, rows=None, groups=None, tolerance=1e-5):
    """Fit together and separately, and compare predictions and histories."""
    separate = [clone(one) for one in classifiers]
    fit_together(classifiers, X, y, rows, groups=groups, always=True, fit_others=False)
    for place, (one, other) in enumerate(zip(classifiers, separate, strict=True)):
        chosen = slice(None) if rows is None else rows[place]
        other.fit(X[chosen], y[chosen], None if groups is None else groups[chosen])
        np.testing.assert_allclose(
            one.predict_proba(X), other.predict_proba(X), rtol=0, atol=tolerance
        )
        assert vars(one).keys() == vars(other).keys()
        assert list(one.history_) == list(other.history_)
        for name in one.history_.keys() - {"duration"}:
            np.testing.assert_allclose(
                one.history_[name], other.history_[name], rtol=0, atol=tolerance
            )
        assert one.n_epochs_ == other.n_epochs_
    return separate


@pytest.mark.parametrize("sizes", [(50, 50, 50, 50), (50, 49, 50, 45)])
def test_fully_connected_networks_are_those_of_separate_fits(sizes):
    X, y = flat()
    several = [
        classifier(random_state=0),
        classifier(random_state=1, lr=1e-2, module__input_dropout_p=0.2),
        classifier(random_state=2, weight_decay=0.5, balance="weights"),
        classifier(random_state=3, module__hidden_dropout_p=0.0),
    ]
    compare(several, X, y, folds(len(X), sizes))


@pytest.mark.parametrize("sizes", [(60, 60, 60), (60, 58, 49)])
def test_convolutional_networks_are_those_of_separate_fits(sizes):
    X, y = make_fingerprints(66)
    several = [
        classifier(random_state=0, **SMALL, **SGD),
        classifier(random_state=1, **SMALL, **SGD, module__dropout1_p=0.0),
        classifier(random_state=2, **SMALL, **SGD | {"lr": 2e-2}),
    ]
    separate = compare(several, X, y, folds(len(X), sizes), tolerance=2e-5)
    for one, other in zip(several, separate, strict=True):
        state = one.net_.module_.state_dict()
        for name, value in other.net_.module_.state_dict().items():
            torch.testing.assert_close(state[name], value, rtol=1e-4, atol=1e-4)


def test_hidden_layers_and_compiled_loops():
    X, y = make_fingerprints(48)
    params = {**SMALL, **SGD, "module__hidden_sizes": (5,), "fused": "auto"}
    compare([classifier(random_state=seed, **params) for seed in range(2)], X, y)


@pytest.mark.parametrize("balance", [None, "views", "events"])
def test_views_are_drawn_as_in_separate_fits(balance):
    X, y = make_views(30)
    groups = np.arange(30) // 3 + 10 * (y == "blast")
    params = {**SMALL, **SGD, "balance": balance, "predict_views": "first"}
    several = [classifier(random_state=seed, **params) for seed in range(2)]
    compare(several, X, y, groups=groups)


def test_padding_counts_in_no_moment():
    torch.manual_seed(0)
    norms = [torch.nn.BatchNorm2d(2) for _ in range(2)]
    stacked = network_stack._Norm(norms, [2])
    x = torch.randn(5, 4, 3, 3)
    x[3:, 2:] = 100
    mask = network_stack.mask_images([5, 3], "cpu")
    output = stacked(x, network_stack._Batch([5, 3], mask))
    stacked.give_back()
    for place, size in enumerate((5, 3)):
        channels = slice(2 * place, 2 * place + 2)
        alone = torch.nn.BatchNorm2d(2)
        expected = alone(x[:size, channels])
        torch.testing.assert_close(output[:size, channels], expected)
        torch.testing.assert_close(norms[place].running_var, alone.running_var)
        torch.testing.assert_close(norms[place].running_mean, alone.running_mean)
        assert norms[place].num_batches_tracked == 1


OTHERS = {
    "early stopping": {"early_stopping": True, "max_epochs": 2},
    "plateau": {"lr_schedule": "plateau"},
    "callbacks": {"callbacks": [Stopper(1)]},
    "module": {"module": Foreign},
    "criterion": {"criterion": torch.nn.MultiMarginLoss},
    "its parameters": {"criterion__label_smoothing": 0.1},
    "optimizer": {"optimizer": torch.optim.Adagrad},
    "warm start": {"warm_start": True},
    "generator": {"random_state": np.random.RandomState(0)},
    "another shape": {"module__hidden_sizes": (3,)},
    "fewer epochs": {"max_epochs": 2},
    "other batches": {"batch_size": 16},
}


@pytest.mark.parametrize("params", OTHERS.values(), ids=OTHERS)
def test_others_are_fitted_on_their_own(params):
    X, y = flat()
    groups = np.arange(60) // 2 * 2 + (y == "blast")
    settings = {"random_state": 0} | params
    expected = classifier(**pickle.loads(pickle.dumps(settings)))
    expected.fit(X, y, groups)
    several = [classifier(random_state=seed) for seed in range(2)]
    several.append(classifier(**settings))
    fit_together([clone(one) for one in several[:2]], X, y)
    fit_together(several, X, y, groups=groups)
    np.testing.assert_array_equal(
        several[2].predict_proba(X), expected.predict_proba(X)
    )
    assert hasattr(several[0], "net_")


@pytest.mark.parametrize("params", OTHERS.values(), ids=OTHERS)
def test_others_are_left_unfitted_if_asked(params):
    X, y = flat()
    one = classifier(**{"random_state": 0} | params)
    before = dict(vars(one))
    several = [classifier(random_state=seed) for seed in range(2)]
    fit_together([*several, one], X, y, fit_others=False)
    assert [hasattr(other, "net_") for other in several] == [True, True]
    assert vars(one) == before


def test_one_that_diverges_changes_nothing_for_the_others():
    X, y = flat()
    several = [classifier(random_state=seed) for seed in range(3)]
    several[1].set_params(lr=1e20)
    fit_together(several, X, y, fit_others=False)
    assert not hasattr(several[1], "net_")
    for one in (several[0], several[2]):
        np.testing.assert_allclose(
            one.predict_proba(X), clone(one).fit(X, y).predict_proba(X), atol=1e-6
        )
    with pytest.raises(ValueError, match="diverged: the training loss"):
        fit_together([clone(one) for one in several], X, y)


def test_an_error_is_that_of_the_fit():
    X, y = flat()
    several = [classifier(random_state=seed) for seed in range(3)]
    several[0].set_params(lr=-1)
    with pytest.raises(ValueError, match="lr must be a float"):
        fit_together(several, X, y)
    with pytest.raises(ValueError, match="for each of the 3 classifiers; got 1"):
        fit_together(several, X, y, [np.arange(10)])


def test_too_little_memory_leaves_separate_fits(monkeypatch):
    def fail(*args):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr("skseisfp.neural._stack_training.NetworkStack", fail)
    X, y = flat()
    several = [classifier(random_state=seed) for seed in range(2)]
    for one in fit_together(several, X, y):
        np.testing.assert_array_equal(
            one.predict_proba(X), clone(one).fit(X, y).predict_proba(X)
        )


def test_more_than_a_stack_holds(monkeypatch):
    monkeypatch.setattr(MODULE, "MOST_TOGETHER", 2)
    X, y = flat()
    compare([classifier(random_state=seed) for seed in range(4)], X, y)


def test_on_a_cpu_small_batches_without_convolutions_gain():
    small, large = np.zeros((64, 1024)), np.zeros((64, 1025))
    images = np.zeros((64, 8, 8))
    assert is_trained_together(classifier(), small, always=False)
    assert not is_trained_together(classifier(), large, always=False)
    assert is_trained_together(classifier(batch_size=63), large, always=False)
    assert is_trained_together(classifier(), large, always=True)
    assert not is_trained_together(classifier(), images, always=False)
    assert is_trained_together(classifier(), images, always=True)
    explicit = classifier(module=FingerprintMLP)
    assert is_trained_together(explicit, small, always=False)
    assert not is_trained_together(classifier(fused=True), images, always=True)
    augmenter = WaveformAugmenter()
    assert not is_trained_together(classifier(augmenter=augmenter), small, True)


def test_what_was_trained_together_is_kept_as_any_classifier():
    X, y = flat()
    several = [classifier(random_state=seed) for seed in range(2)]
    for one in fit_together(several, X, y):
        again = pickle.loads(pickle.dumps(one))
        np.testing.assert_array_equal(again.predict_proba(X), one.predict_proba(X))
        assert one.set_params(warm_start=True).fit(X, y).n_epochs_ == 6

import inspect
import re
import warnings
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from scipy import signal
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

import skseisfp
from skseisfp import baselines
from skseisfp._parameters import parameter_faults
from skseisfp.baselines import (
    UPCUCV,
    AfterHakim2023,
    AfterLinville2019,
    AfterTrovaMLP,
    AfterUlyanov2021,
    AfterZhou2021,
    AlexNetImage,
    ArrayConvNet,
    ConvNetQuake,
    ErtuncayCNN,
    HainanCNN,
    KongCNN,
    LinvilleLSTM,
    MiaoANN,
    NetworkBaseline,
    QuakeXNet2D,
    TrovaCNN,
)
from skseisfp.baselines.by_description.after_zhou_2021 import ZhouNet
from skseisfp.events import EventsUnknownWarning, attach_events
from skseisfp.neural.layers import GeneratorDropout
from skseisfp.preprocessing._presets import PRESETS

# these tests are of the networks; what they do without events has its own
pytestmark = pytest.mark.filterwarnings(
    "ignore:.* without early stopping:skseisfp.events.EventsUnknownWarning"
)

SMALL = {"device": "cpu", "random_state": 0}
OF_NETWORKS = {"batch_size", "device", "early_stopping", "max_epochs", "random_state"}
SETTINGS = {
    "AfterHakim2023": {"shape": (32, 32)},
    "AfterZhou2021": {"width": 0.05},
    "AfterRen2019": {"n_estimators": 10},
    "AfterWang2023": {"n_estimators": 10},
    "AlexNetImage": {"shape": (63, 63), "width": 0.05, "lr": 1e-3},
    "ArrayConvNet": {"lr": 1e-3},
    "TrovaCNN": {"pool_stride": 2},
}
ALL = [item for item in vars(baselines).values() if hasattr(item, "published")]
EACH = pytest.mark.parametrize("baseline", ALL, ids=lambda item: item.__name__)


def make(baseline, **params):
    params = {**SMALL, **SETTINGS.get(baseline.__name__, {}), **params}
    missing = OF_NETWORKS - inspect.signature(baseline).parameters.keys()
    assert not (missing and issubclass(baseline, NetworkBaseline))
    return baseline(**{name: params[name] for name in params.keys() - missing})


def two_classes(rate, n=20, n_channels=3, duration=10.0, seed=0):
    """Short high-frequency bursts against long low-frequency ones, in noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(duration * rate)) / rate
    low = np.arange(n) % 2 == 0
    frequency = np.where(low, 2.5, 8.0)[:, None, None]
    decay = np.where(low, 0.3, 1.5)[:, None, None]
    after = np.maximum(time - 3, 0)
    phase = rng.uniform(0, 6, (n, n_channels, 1))
    X = np.sin(2 * np.pi * frequency * time + phase) * np.exp(-decay * after)
    X *= time > 3
    X += 0.05 * rng.standard_normal(X.shape)
    return X, np.where(low, "earthquake", "blast")


def count(module, input_shape, n_classes=2, **params):
    with torch.device("meta"):
        network = module(input_shape, n_classes, **params)
    return sum(parameter.numel() for parameter in network.parameters())


# parameters


@pytest.mark.parametrize(
    ("baseline", "n_samples", "n_classes", "params", "expected"),
    [
        (ConvNetQuake, 1000, 2, {}, 22306),
        (ConvNetQuake, 1001, 7, {}, 22951),
        (ConvNetQuake, 9000, 2, {}, 24354),
        (UPCUCV, 1000, 2, {}, 63950),
        (UPCUCV, 9000, 2, {}, 63950),
        (HainanCNN, 9000, 2, {}, 18562),
        (ErtuncayCNN, 9000, 2, {}, 132857),
        (LinvilleLSTM, 9000, 2, {}, 136961),
        (KongCNN, 2000, 2, {}, 1165998),
        (QuakeXNet2D, 5000, 4, {}, 70708),
        (MiaoANN, 9000, 2, {}, 100354),
        (AfterUlyanov2021, 1500, 2, {}, 60738),
        (AfterHakim2023, 3000, 2, {"shape": (77, 77)}, 2060930),
        (AfterLinville2019, 9000, 2, {}, 22519),
        (AfterLinville2019, 9000, 3, {}, 22737),
        (AlexNetImage, 9000, 3, {"shape": (224, 224), "width": 1.0}, 56880515),
    ],
)
def test_published_inputs_give_the_published_parameters(
    baseline, n_samples, n_classes, params, expected
):
    classifier = make(baseline, **params)
    inputs = classifier._represent(
        np.random.default_rng(0).normal(size=(1, 3, n_samples))
    )
    shape = inputs.shape[1:] if inputs.ndim == 2 else (1, 1, *inputs.shape[1:])[-3:]
    own = {name: getattr(classifier, name) for name in baseline._module_parameters}
    assert count(baseline._module, shape, n_classes, **own) == expected


def test_array_and_fingerprint_networks_have_the_published_parameters():
    events = np.random.default_rng(0).normal(size=(1, 55, 3, 2500))
    inputs = ArrayConvNet()._represent(events)
    assert inputs.shape == (1, 1, 3, 55, 2500)
    assert count(ArrayConvNet._module, inputs.shape[2:]) == 7041230
    for stride, expected in ((1, 678219), (2, 54435)):
        assert count(TrovaCNN._module, (1, 64, 64), 3, pool_stride=stride) == expected
    sizes = AfterTrovaMLP().hidden_sizes
    assert count(AfterTrovaMLP._module, (1, 64, 64), hidden_sizes=sizes) == 528610


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        ("alexnet", 25312771),
        ("vgg16", 36396227),
        ("vgg19", 38169539),
        ("googlenet", 3444883),
    ],
)
def test_the_networks_on_five_stations(structure, expected):
    shape = (1, 15, 9000)
    assert count(ZhouNet, shape, 3, structure=structure, width=1.0) == expected
    X, y = two_classes(100.0, n=20)
    classifier = make(AfterZhou2021, structure=structure, max_epochs=15, batch_size=8)
    assert classifier.fit(X, y).score(X, y) >= 0.9


def test_linville_has_one_bias_more_a_gate_than_keras():
    with torch.device("meta"):
        network = LinvilleLSTM._module((3, 48, 40), 2)
    second = sum(
        value.numel() for name, value in network.named_parameters() if "bias_hh" in name
    )
    assert count(LinvilleLSTM._module, (3, 48, 40)) - second == 136001


def test_quake_x_network_drops_after_four_convolutions_and_not_between_dense_layers():
    parts = list(QuakeXNet2D._module((3, 129, 38), 4).modules())
    convolutions, dropped = 0, []
    for part in parts:
        convolutions += isinstance(part, torch.nn.Conv2d)
        if isinstance(part, GeneratorDropout):
            dropped.append(convolutions)
    assert dropped == [2, 4, 6, 7]
    dense = [isinstance(part, torch.nn.Linear) for part in parts].index(True)
    assert not any(isinstance(part, GeneratorDropout) for part in parts[dense:])


@pytest.mark.parametrize(
    "params",
    [
        {
            "n_filters": (8, 16, 32),
            "pool_sizes": (20, 20, 20),
            "two_dimensional": True,
            "dense_size": 128,
        },
        {
            "kernel_sizes": (13,) * 3,
            "n_filters": (20,) * 3,
            "pool_sizes": (10,) * 3,
            "dense_size": 40,
        },
        {
            "kernel_sizes": (17,) * 3,
            "n_filters": (8, 16, 32),
            "pool_sizes": (8, 8, 10),
            "dense_size": 16,
        },
        {
            "kernel_sizes": (21,) * 3,
            "n_filters": (16,) * 3,
            "pool_sizes": (9,) * 3,
            "pool_padding": "same",
        },
        {
            "kernel_sizes": (7,) * 3,
            "n_filters": (10,) * 3,
            "pool_sizes": (6,) * 3,
            "dense_size": 40,
            "pool_padding": "same",
        },
        {"kernel_sizes": (11, 5, 5), "pool_sizes": (8, 8, 8), "dense_size": 64},
        {
            "kernel_sizes": (15, 9, 9),
            "n_filters": (8, 16, 32),
            "pool_sizes": (9, 9, 9),
        },
        {
            "kernel_sizes": (9,) * 3,
            "n_filters": (4, 16, 64),
            "dense_size": 128,
            "head": "average",
        },
        {
            "kernel_sizes": (7,) * 3,
            "n_filters": (32, 32, 8),
            "pool_sizes": (4,) * 3,
            "dense_size": 8,
            "conv_padding": "valid",
        },
        {"conv_strides": (4, 1, 1), "pool_sizes": (4, 4, 4)},
    ],
)
def test_other_readings_of_hainan_have_as_many_parameters(params):
    assert count(HainanCNN._module, (1, 3, 9000), **params) == 18562
    least = HainanCNN(**params)._least_samples()
    for n_samples in (least, 1500):
        network = HainanCNN._module((1, 3, max(n_samples, least)), 2, **params).train()
        assert network(torch.randn(2, 1, 3, max(n_samples, least))).shape == (2, 2)


# learning


@EACH
def test_it_learns(baseline):
    rate = inspect.signature(baseline).parameters["sampling_rate"].default
    n_channels = (
        1 if baseline is TrovaCNN else 3
    )  # its views and fingerprints are costly
    X, y = two_classes(rate, n_channels=n_channels)
    X_test, y_test = two_classes(rate, n_channels=n_channels, seed=1)
    epochs = {"TrovaCNN": 4, "HainanCNN": 50, "KongCNN": 10, "ErtuncayCNN": 12}
    classifier = make(
        baseline,
        max_epochs=epochs.get(baseline.__name__, 20),
        batch_size=8,
        early_stopping=False,
    )
    before = X.copy()
    classifier.fit(X, y)
    np.testing.assert_array_equal(X, before)
    assert classifier.score(X_test, y_test) >= 0.9
    assert list(classifier.classes_) == ["blast", "earthquake"]
    scores = classifier.predict_proba(X_test)
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_a_fit_depends_on_its_seed_only():
    X, y = two_classes(100.0, n=12, duration=3)
    first = make(HainanCNN, max_epochs=3).fit(X, y)
    second = clone(first).fit(X, y)
    other = clone(first).set_params(random_state=1).fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    np.testing.assert_array_equal(
        first.predict_proba(X), first.fit(X, y).predict_proba(X)
    )
    assert (first.predict_proba(X) != other.predict_proba(X)).any()


def test_the_training_follows_the_parameters():
    X, y = two_classes(100.0, n=16, duration=3)
    y[:4] = "collapse"
    classifier = make(ErtuncayCNN, max_epochs=40, lr=1e-2).fit(X, y, np.arange(16) // 2)
    assert classifier.net_.n_epochs_ < 40
    assert classifier.predict_proba(X).shape == (16, 3)
    assert classifier.net_.get_params()["patience"] == 2
    stopped = make(AfterLinville2019, max_epochs=1).fit(X, y)
    assert stopped.early_stopping
    assert stopped.net_.validation_fraction == 0.25
    assert stopped.net_.patience == 2
    weighted = make(KongCNN, max_epochs=1, early_stopping=False).fit(X, y)
    np.testing.assert_allclose(
        weighted.net_.class_weight_, 16 / (3 * np.array([6, 4, 6]))
    )
    decayed = make(ConvNetQuake, max_epochs=1).fit(X, y)
    groups = decayed.net_.net_.optimizer_.param_groups
    assert sorted(
        (group["weight_decay"], len(group["params"])) for group in groups
    ) == [(0.0, 10), (1e-3, 8)]
    module = make(MiaoANN, max_epochs=1).fit(X, y).net_.net_
    decays = {
        id(parameter): group["weight_decay"]
        for group in module.optimizer_.param_groups
        for parameter in group["params"]
    }
    dense = [
        part for part in module.module_.layers if isinstance(part, torch.nn.Linear)
    ]
    assert [decays[id(part.weight)] for part in dense] == [1e-3, 1e-3, 0]
    assert {decays[id(part.bias)] for part in dense} == {0}


def test_longer_records_are_cropped_again_and_others_are_taken_whole():
    X, y = two_classes(100.0, n=12, duration=6)
    classifier = make(HainanCNN, crop=400, max_epochs=2).fit(X, y)
    assert classifier.net_.fingerprint_shape_ == (1, 3, 400)
    with pytest.raises(ValueError, match="was fitted on records of shape"):
        classifier.predict(X[..., :500])
    inputs = classifier._represent(X)
    inputs[..., :100] = inputs[..., 500:] = 0
    middle = classifier.net_.predict_proba(inputs)
    np.testing.assert_array_equal(classifier.predict_proba(X), middle)
    inputs[..., 100:200] = 0
    assert (classifier.net_.predict_proba(inputs) != middle).any()
    for crop in (None, 600, 9000):
        classifier.set_params(crop=crop).fit(X, y)
        assert classifier.net_.fingerprint_shape_ == (1, 3, 600)
    assert classifier.get_params()["crop"] == 9000


# input


def test_other_rates_and_windows_come_to_the_published_input():
    X, _ = two_classes(40.0, n=4, duration=20)
    classifier = ConvNetQuake(sampling_rate=40, window=(2, 12))
    assert classifier._represent(X).shape == (4, 3, 1000)
    assert KongCNN(window=(2, 12))._represent(X).shape == (4, 3, 401)
    images = TrovaCNN(window=(2, 12))._represent(X)
    assert images.shape == (4, 5, 3, 64, 64)


@EACH
def test_records_of_one_component_are_records_of_one_channel(baseline):
    X, y = two_classes(100.0, n=4, n_channels=1, duration=3)
    classifier = make(baseline, max_epochs=1, early_stopping=False).fit(X[:, 0], y)
    assert classifier.record_shape_ == X[:, 0].shape[1:]
    scores = clone(classifier).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(classifier.predict_proba(X[:, 0]), scores)


def test_the_ratio_of_p_to_s_is_that_of_the_windows():
    time = np.arange(2000) / 40
    X = np.sin(2 * np.pi * 14 * time) * np.where(time < 25, 1.0, 10.0)
    classifier = KongCNN(p_window=(5, 20), s_window=(30, 45))
    feature = classifier._represent(X[None, None])[0, 0, -1]
    assert feature == pytest.approx(-1, abs=0.01)
    with pytest.raises(ValueError, match="s_window must be two increasing times"):
        KongCNN(s_window=(30, 60)).fit(X[None, None], [0])


def test_a_ratio_is_of_what_the_records_have():
    X = np.random.default_rng(0).normal(size=(3, 2, 600))
    arrivals = {"p_arrival": [3.0, 4.0, 5.0], "s_arrival": [10.0, 10.5, 11.0]}
    for known in ({}, arrivals):
        slow = KongCNN(sampling_rate=20)._represent(X, **known)
        assert not slow[..., -1].any()
        assert slow[..., :-1].any()
        clipped = KongCNN(sampling_rate=30)._represent(X, **known)
        within = KongCNN(sampling_rate=30, ratio_band=(10, 15))._represent(X, **known)
        np.testing.assert_array_equal(clipped, within)
        assert clipped[..., -1].all()
    fitted = make(KongCNN, sampling_rate=20, max_epochs=1).fit(X, ["a", "b", "a"])
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1)


def test_hainan_filters_once_so_that_the_order_is_the_published_one():
    time = np.arange(9000) / 100
    X = np.sin(2 * np.pi * np.array([[2.0], [20.0]]) * time)
    peaks = HainanCNN()._represent(X[None])[0, :, 3000:6000].max(axis=1)
    assert peaks[0] / peaks[1] == pytest.approx(0.5**0.5, abs=0.01)


def test_stations_are_ordered_and_missing_ones_come_last():
    X = np.zeros((1, 4, 3, 500))
    for station, sample in enumerate((300, 100, 200)):
        X[0, station, :, sample] = -1 - station
        X[0, station, 0, sample] *= -1
    masked = np.ma.array(X, mask=False)
    masked[0, 3] = np.ma.masked
    images = ArrayConvNet()._represent(ArrayConvNet()._check(masked, reset=True))
    assert images.shape == (1, 1, 3, 4, 500)
    assert images[0, 0, 0].argmax(axis=1).tolist() == [100, 200, 300, 0]
    np.testing.assert_allclose(images[0, 0].max(axis=2)[:, :3], 1)
    assert not images[0, 0, :, 3].any()
    classifier = make(ArrayConvNet, vertical=np.int64(2), max_epochs=1)
    assert classifier.fit(np.tile(X, (2, 1, 1, 1)), ["a", "b"]).net_


def test_stations_are_tapered_as_obspy_does():
    obspy = pytest.importorskip("obspy")
    trace = np.sin(np.arange(2500) / 5)
    tapered = obspy.Trace(trace - trace.mean()).taper(0.02).data
    found = ArrayConvNet()._represent(np.tile(trace, (1, 2, 3, 1)))[0, 0, 0, 0]
    expected = np.abs(tapered) / np.abs(tapered).max()
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_first_five_stations_are_used():
    X = np.random.default_rng(0).normal(size=(2, 7, 3, 300))
    classifier = AfterZhou2021()
    inputs = classifier._represent(X)
    assert inputs.shape == (2, 15, 300)
    np.testing.assert_array_equal(inputs, classifier._represent(X[:, :5]))
    stations = np.abs(inputs).reshape(2, 5, -1).max(axis=2)
    np.testing.assert_allclose(stations, 1)
    classifier.set_params(n_stations=2)
    np.testing.assert_array_equal(classifier._represent(X), inputs[:, :6])


def test_records_are_divided_by_the_deviation_of_their_absolute_values():
    X = np.random.default_rng(0).normal(size=(2, 3, 2000))
    X[1] *= [[1], [10], [100]]
    classifier = QuakeXNet2D()
    filtered = classifier._preprocess(X, f_max=20.0, taper=0.1)
    expected = [
        signal.spectrogram(record / np.abs(record).std(), 50, nperseg=256, noverlap=128)
        for record in filtered
    ]
    np.testing.assert_allclose(
        classifier._represent(X)[:, 0], [power for *_, power in expected]
    )


def test_images_have_as_many_levels_as_published():
    X = np.random.default_rng(0).normal(size=(2, 3, 2000))
    images = AfterHakim2023()._represent(X)
    assert images.shape == (2, 1, 3, 77, 77)
    levels = images * 255
    np.testing.assert_allclose(levels, levels.round(), atol=1e-9)
    assert len(np.unique(levels.round())) > 200


# parameters that are not valid

NUMBERS = (None, "x", -1, np.nan)
SIZES = (None, 3, "abc", (), (3, 3), (0, 1, 1), (-1, 1, 1), (1.5, 2, 3), [[1, 2], 3, 3])
TIMES = (5, -1, "ab", (2, 1), (-1, 2), (1, 99), (1, 2, 3), (None, 2), ("a", "b"))
WRONG = {
    "sampling_rate": (*NUMBERS, 0, np.inf),
    "window": (*TIMES, [[1, 2], 3]),
    "max_epochs": (*NUMBERS, 0, 1.5),
    "batch_size": (*NUMBERS, 0, 1.5),
    "lr": (*NUMBERS, 0),
    "early_stopping": (None, "x", -1),
    "n_jobs": ("x", 1.5, (1,)),
    "verbose": ("x", -1, None),
    "device": (None, "x", 1.5),
    "random_state": ("x", -1, 1.5, (1,)),
    "shape": (None, "ab", 64, (64,), (64, 64.0), (None, 64), ("a", "b"), (2, 64)),
    "width": (*NUMBERS, 0, np.inf),
    "dropout_p": (*NUMBERS, 1, 1.5),
    "hidden_dropout_p": (*NUMBERS, 1, 1.5),
    "hidden_sizes": (None, 32, "x", (0,), (1.5,)),
    "n_stations": (*NUMBERS, 0, 1.5),
    "structure": (None, "resnet", 1),
    "n_routings": (*NUMBERS, 0, 1.5),
    "vertical": (*NUMBERS, 3, 0.5),
    "n_amplitudes": (*NUMBERS, 0, 1.5),
    "noise_snr_db": ("x", np.nan, np.inf, (1, 2), [[1, 2], 3]),
    "kernel_sizes": SIZES,
    "n_filters": SIZES,
    "pool_sizes": SIZES,
    "conv_strides": SIZES,
    "conv_padding": (None, "x", 1),
    "pool_padding": (None, "x", 1),
    "two_dimensional": (None, "x", 2),
    "head": (None, "max", 1),
    "dense_size": (*NUMBERS, 0, 1.5),
    "crop": ("x", -1, 1.5, 300),
    "augment_p": (*NUMBERS, 2),
    "p_window": TIMES,
    "s_window": TIMES,
    "vp_vs": ("x", np.nan, 1, np.inf, (1, 2)),
    "pool_stride": (*NUMBERS, 0, 3, 1.5),
    "p_arrival": ("x", -1, np.nan, (1, 2)),
    "s_arrival": ("x", -1, np.nan, (1, 2)),
    "f_min": ("x", -1, 0, np.nan),
    "scaling": ("peak", 1, ("record",)),
    "n_estimators": (*NUMBERS, 0, 1.5),
    "learning_rate": (*NUMBERS, 0),
    "max_depth": (*NUMBERS, 0, 1.5),
    "n_features": (*NUMBERS, 0, 7, 1.5),
    "max_correlation": (*NUMBERS, 1.5),
    "ratio_band": (None, 3, "ab", (18, 10), (20, 30), (-1, 5), (1, 2, 3), ("a", "b")),
}
CHECKED = [
    (baseline, name)
    for baseline in ALL
    for name in inspect.signature(baseline).parameters
    if name != "natural"  # it is checked where the labels are known
]


@EACH
def test_every_parameter_is_declared(baseline):
    assert baseline._parameter_constraints.keys() == baseline().get_params().keys()


@EACH
def test_numbers_and_strings_of_numpy_are_valid(baseline):
    kinds = {int: np.int64, float: np.float32, str: np.str_, bool: np.bool_}
    classifier = baseline()
    for name, value in classifier.get_params().items():
        if type(value) in kinds:
            classifier.set_params(**{name: kinds[type(value)](value)})
    assert parameter_faults(classifier) == []


@pytest.mark.parametrize(("baseline", "name"), CHECKED)
def test_wrong_parameters_raise_by_name_before_any_work(baseline, name, monkeypatch):
    X, y = two_classes(100.0, n=4, duration=3)
    monkeypatch.setattr(baseline, "_represent", None)
    for value in WRONG[name]:
        with pytest.raises((ValueError, TypeError), match=rf"\b{name}\b"):
            make(baseline, **{name: value}).fit(X, y)


@pytest.mark.parametrize(
    ("baseline", "params", "message"),
    [
        (AfterHakim2023, {"shape": (7, 77)}, "shape must be at least 8 x 8"),
        (AfterTrovaMLP, {"hidden_sizes": 32}, "hidden_sizes must be a tuple"),
        (AfterUlyanov2021, {"dropout_p": 1}, "dropout_p must be a float in .* got 1"),
        (AfterZhou2021, {"n_stations": 0}, "n_stations must be an int in .* got 0"),
        (AfterZhou2021, {"structure": "alexne"}, "Did you mean 'alexnet'"),
        (AfterZhou2021, {"width": 0}, "width must be a float in .* got 0"),
        (ArrayConvNet, {"vertical": 3}, "vertical must be .* 0 to 2; got 3"),
        (ConvNetQuake, {"sampling_rate": 0}, "sampling_rate must be .* Hz; got 0"),
        (ConvNetQuake, {"sampling_rate": 99.987}, "sampling_rate=99.987 cannot be"),
        (ConvNetQuake, {"max_epochs": 0}, "max_epochs must be an int in .* got 0"),
        (ConvNetQuake, {"window": (1, 9)}, "window must be two increasing times"),
        (HainanCNN, {"crop": 300}, "crop must be an integer >= 330"),
        (HainanCNN, {"head": "max"}, "head must be one of 'average', 'flatten'"),
        (HainanCNN, {"kernel_sizes": (3, 3)}, "conv_strides must have one .* 2, 3, 3"),
        (HainanCNN, {"pool_sizes": (0, 1, 1)}, "pool_sizes must be a tuple of int"),
        (HainanCNN, {"sampling_rate": 4}, "sampling_rate must be above 4 Hz"),
        (ErtuncayCNN, {"sampling_rate": 1e9}, "sampling_rate=1000000000.0 cannot be"),
        (QuakeXNet2D, {"batch_size": 2}, "batch_size must be an int .*3, inf.* got 2"),
        (ErtuncayCNN, {"sampling_rate": 2}, "sampling_rate must be above 2 Hz"),
        (KongCNN, {"p_window": (5, 1)}, "p_window must be two increasing times"),
        (KongCNN, {"ratio_band": (18, 10)}, "ratio_band must be two increasing"),
        (KongCNN, {"ratio_band": (20, 30)}, "ratio_band must be two increasing"),
        (TrovaCNN, {"pool_stride": 3}, "pool_stride must be one of"),
        (AlexNetImage, {"shape": (32, 32)}, "shape must be at least 63"),
        (AlexNetImage, {"width": 0}, "width must be a float in .* got 0"),
        (MiaoANN, {"n_amplitudes": 0}, "n_amplitudes must be an int in .* got 0"),
    ],
)
def test_invalid_parameters(baseline, params, message):
    X, y = two_classes(100.0, n=4, duration=3)
    with pytest.raises(ValueError, match=message):
        make(baseline, **params).fit(X, y)


def test_filters_over_channels_need_as_many():
    X, y = two_classes(100.0, n=4, duration=3)
    params = {"two_dimensional": True, "conv_padding": "valid", "crop": None}
    with pytest.raises(ValueError, match=r"need more than 6 channels .* of 3"):
        make(HainanCNN, **params).fit(X, y)
    X = np.tile(X, (1, 3, 1))[:, :7]
    assert make(HainanCNN, **params, max_epochs=1).fit(X, y).net_


def test_records_of_another_shape_raise():
    X, y = two_classes(100.0, n=4, duration=3)
    classifier = make(MiaoANN, max_epochs=1)
    with pytest.raises(NotFittedError):
        classifier.predict(X)
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="was fitted on records of shape"):
        classifier.predict(X[:, :1])


# scikit-learn

# with images, fingerprints and data as they are, the checks of all networks take
# minutes
SMALL_FINGERPRINTS = {"shape": (8, 8), "n_coefficients": 16}
SMALL_IMAGES = {"AfterHakim2023", "AfterSaad2024", "AfterTian2022"}


def few_blobs(n_samples=100, **params):
    return make_blobs(min(n_samples, 30), **params)


@EACH
def test_scikit_learn_checks(baseline, monkeypatch):
    monkeypatch.setattr(estimator_checks, "make_blobs", few_blobs)
    monkeypatch.setitem(PRESETS, "trova", {**PRESETS["trova"], **SMALL_FINGERPRINTS})
    small = {"shape": (8, 8)} if baseline.__name__ in SMALL_IMAGES else {}
    with warnings.catch_warnings():
        # scikit-learn warns on the checks' own data, such as a class of one member
        warnings.simplefilter("ignore")
        results = check_estimator(
            make(baseline, max_epochs=1, **small), on_skip=None, on_fail=None
        )
    status = {}
    for result in results:
        status.setdefault(result["status"], []).append(result["check_name"])
    assert set(status) <= {"passed", "skipped"}, status.get("failed")
    assert len(status["passed"]) >= 50
    assert set(status.get("skipped", ())) <= {"check_array_api_input"}


@EACH
def test_parameters_are_keywords_and_shown(baseline):
    parameters = inspect.signature(baseline).parameters.values()
    assert {parameter.kind for parameter in parameters} == {
        inspect.Parameter.KEYWORD_ONLY
    }
    assert baseline.__name__ in repr(clone(baseline()))


def rename_modules(new, old):
    """Write a file again, as it was before baselines had folders."""
    with ZipFile(new) as source, ZipFile(old, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                content, count = re.subn(
                    rb"(skseisfp\.baselines\.)(?:exact|reconstructed|by_description)\.",
                    rb"\1",
                    content,
                )
                assert count
            target.writestr(name, content)


@EACH
def test_saved_networks_predict_the_same(baseline, tmp_path):
    pytest.importorskip("skops", reason="skops is not installed (extra deploy)")
    X, y = two_classes(100.0, n=4, n_channels=1, duration=3)
    classifier = make(baseline, max_epochs=1, early_stopping=False).fit(X, y)
    skseisfp.save(classifier, tmp_path / "new.skops")
    expected = classifier.predict_proba(X)
    rename_modules(tmp_path / "new.skops", tmp_path / "old.skops")
    for name in ("new", "old"):
        again = skseisfp.load(tmp_path / f"{name}.skops")
        np.testing.assert_array_equal(again.predict_proba(X), expected)
        assert type(again) is baseline


def test_without_events_they_train_to_the_end_and_say_so():
    X, y = make_blobs(24, 300, centers=2, random_state=0)
    classifier = baselines.HainanCNN(
        max_epochs=3, crop=None, device="cpu", random_state=0
    )
    with pytest.warns(EventsUnknownWarning, match="HainanCNN trains for max_epochs=3"):
        classifier.fit(X, y)
    assert "valid_loss" not in classifier.net_.history_
    classifier.fit(X, attach_events(y, np.arange(24)))
    assert "valid_loss" in classifier.net_.history_

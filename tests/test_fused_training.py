"""Compiled loops give what the layers of torch give."""

import copy
import pickle
import sys
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from small_classifiers import make_classifier, make_fingerprints, same_weights, weights
from torch import nn

from skseisfp._utils.torch_sums import reproducible_sums
from skseisfp.neural import FingerprintCNN, _fused_loops, _fused_training
from skseisfp.neural._fused_training import Cycle, FusedTraining, fused_cycle
from skseisfp.neural.layers import GeneratorDropout, fused_training

ARCHITECTURES = {
    "default": {},
    "pools that overlap": {"pool1_stride": 1, "pool2_size": 3, "pool2_stride": 2},
    "pools with gaps": {"pool1_size": 1, "pool2_stride": 3, "check_rules": False},
    "no dropout": {"dropout1_p": 0.0, "n_cycles": 3, "conv1_stride": 2},
    "hidden layer": {"hidden_sizes": (5,), "hidden_dropout_p": 0.5},
}


@pytest.fixture(params=ARCHITECTURES)
def network(request):
    torch.manual_seed(0)
    params = {"conv1_filter_size": 3, **ARCHITECTURES[request.param]}
    return FingerprintCNN((2, 22, 19), 3, conv2_n_filters=10, **params)


@pytest.fixture
def without_numba(monkeypatch):
    _fused_loops.load_loops.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    yield
    _fused_loops.load_loops.cache_clear()


def run(network, dtype, n_threads):
    """Everything that a step computes, in the layers of torch without threads."""
    network = copy.deepcopy(network).to(dtype)
    network.set_generator(torch.Generator().manual_seed(5))
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(14, 2, 22, 19, generator=draw).to(dtype).requires_grad_()
    fused = fused_training(network, n_threads) if n_threads else nullcontext()
    with reproducible_sums("cpu"), fused:  # as fits do
        output = network(x)
        nn.functional.cross_entropy(output, torch.arange(14) % 3).backward()
    gradients = {name: one.grad for name, one in network.named_parameters()}
    moments = dict(network.named_buffers())
    return output.detach(), x.grad, gradients, moments


def difference(first, second):
    return ((first - second).norm() / second.norm()).item()


def without_biases(gradients):
    """Those of biases before batch normalisation are zero but for rounding."""
    return {
        name: value
        for name, value in gradients.items()
        if not ("conv" in name and name.endswith("bias"))
    }


@pytest.mark.parametrize(
    ("dtype", "forward", "backward"),
    [(torch.float64, 1e-14, 1e-12), (torch.float32, 5e-7, 2e-5)],
)
def test_a_step_is_that_of_torch(network, dtype, forward, backward):
    output, of_x, gradients, moments = run(network, dtype, 1)
    expected = run(network, dtype, None)
    assert output.dtype == dtype
    assert difference(output, expected[0]) < forward
    for name, value in moments.items():
        assert difference(value.double(), expected[3][name].double()) < forward
    assert difference(of_x, expected[1]) < backward
    for name, value in without_biases(gradients).items():
        assert difference(value, expected[2][name]) < backward, name
    for name in gradients.keys() - without_biases(gradients).keys():
        assert gradients[name].abs().max() < backward


def test_single_precision_is_as_exact_as_that_of_torch(network):
    exact = without_biases(run(network, torch.float64, None)[2])
    errors = {}
    for n_threads in (1, None):
        gradients = run(network, torch.float32, n_threads)[2]
        errors[n_threads] = [
            difference(gradients[name].double(), value) for name, value in exact.items()
        ]
    assert np.median(errors[1]) < 2 * np.median(errors[None])


def test_the_number_of_threads_changes_no_bit(network, monkeypatch):
    monkeypatch.setattr(_fused_training, "_BLOCK_BYTES", 2**15)
    one = run(network, torch.float32, 1)
    for n_threads in (2, 3):
        other = run(network, torch.float32, n_threads)
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
        for values, others in zip(one[2:], other[2:], strict=True):
            assert all(torch.equal(values[name], others[name]) for name in values)


@pytest.mark.parametrize(("size", "stride", "p"), [(2, 2, 0.3), (3, 2, 0), (1, 2, 0.5)])
def test_gradients_are_those_of_differences(size, stride, p):
    generator = torch.Generator().manual_seed(2)

    def draw(*shape):
        values = torch.randn(*shape, generator=generator, dtype=torch.float64)
        return values.requires_grad_()

    words = GeneratorDropout(p).draw((3, 3, 6, 5), "cpu").numpy()
    threshold = GeneratorDropout(p).threshold
    norm = nn.BatchNorm2d(3).double()
    cycle = Cycle((1, 1), (1, 1), norm, threshold, 1 - p, size, stride)
    training = FusedTraining(1)

    def function(x, weight, bias, scale, shift):
        convolution = nn.Conv2d(2, 3, 3, padding=1)
        parts = {"weight": weight, "bias": bias}
        for name, value in parts.items():
            delattr(convolution, name)
            setattr(convolution, name, value)
        del norm.weight, norm.bias
        norm.weight, norm.bias = scale, shift
        draw = (lambda: words) if p else (lambda: None)
        return fused_cycle(x, convolution, cycle, draw, training)

    inputs = draw(3, 2, 6, 5), draw(3, 2, 3, 3), draw(3), draw(3), draw(3)
    assert torch.autograd.gradcheck(function, inputs)


def one_cycle(p, value=1.0):
    """A network whose first cycle returns a value where dropout keeps it."""
    pool = {"pool1_size": 1, "pool1_stride": 1, "check_rules": False}
    network = FingerprintCNN((1, 40, 40), 2, n_cycles=1, dropout1_p=p, **pool)
    with torch.no_grad():
        network.layers.norm1.weight.zero_()
        network.layers.norm1.bias.fill_(value)
    return network.layers[:5].train()


def test_dropout_keeps_the_mean_and_follows_its_generator():
    layers = one_cycle(0.3)
    outputs = []
    for seed in (0, 0, 1):
        layers.dropout1.generator = torch.Generator().manual_seed(seed)
        with fused_training(layers, 2):
            outputs.append(layers(torch.rand(9, 1, 40, 40)))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    assert outputs[0].unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (outputs[0] == 0).float().mean().item() == pytest.approx(0.3, abs=5e-3)


def test_numbers_that_are_none_go_on():
    with fused_training(layers := one_cycle(0.5, np.nan), 1):
        assert layers(torch.rand(3, 1, 40, 40)).isnan().any()


def test_several_passes_before_the_gradient(network):
    network.set_generator(torch.Generator().manual_seed(1))
    draws = [torch.randn(4, 2, 22, 19) for _ in range(3)]
    results = []
    for context in (fused_training(network, 2), nullcontext()):
        network.zero_grad()
        network.set_generator(torch.Generator().manual_seed(1))
        with context:
            sum(network(x).square().sum() for x in draws).backward()
        results.append({n: one.grad.clone() for n, one in network.named_parameters()})
    for name, value in without_biases(results[0]).items():
        assert difference(value, results[1][name]) < 2e-5


def test_hooks_see_the_layers_that_they_are_on(network):
    seen = []
    network.layers.relu1.register_forward_hook(lambda *given: seen.append(given))
    with fused_training(network, 1):
        network(torch.randn(4, 2, 22, 19))
    assert len(seen) == 1


def test_prediction_takes_the_layers_of_torch(network):
    network.eval()
    x = torch.randn(4, 2, 22, 19)
    expected = network(x)
    with fused_training(network, 1):
        assert torch.equal(network(x), expected)


def test_a_copy_holds_neither_threads_nor_memory(network):
    with fused_training(network, 2):
        network(torch.randn(4, 2, 22, 19))
        state = pickle.dumps(network)
        assert copy.deepcopy(network).layers.fused is None
    assert b"numba" not in state
    assert b"_fused" not in state
    assert network.layers.fused is None


def test_one_element_a_channel_raises_as_in_torch():
    params = {"n_cycles": 1, "conv1_filter_size": 4, "conv1_padding": 0}
    pool = {"pool1_size": 1, "pool1_stride": 1, "check_rules": False}
    network = FingerprintCNN((1, 4, 4), 2, **params, **pool)
    with (
        fused_training(network, 1),
        pytest.raises(ValueError, match="more than 1 value"),
    ):
        network(torch.rand(1, 1, 4, 4))


# fits


class ChannelsFirst(FingerprintCNN):
    """The network with the layout in which torch sums in double precision."""

    def forward(self, X, **kwargs):
        return super().forward(X.flatten().view(X.shape))


def one_step(**params):
    X, y = make_fingerprints()
    settings = {"max_epochs": 1, "batch_size": 64, "optimizer": torch.optim.SGD}
    return make_classifier(**settings, weight_decay=0, **params).fit(X, y)


def test_weights_after_a_step_agree():
    params = {"module": ChannelsFirst, "lr": 0.1}
    fused, plain = one_step(**params), one_step(fused=False, **params)
    for name, value in weights(plain).items():
        assert difference(weights(fused)[name].double(), value.double()) < 5e-7
    assert not same_weights(fused, plain)
    assert fused.history_["train_loss"] == pytest.approx(
        plain.history_["train_loss"], rel=5e-7
    )


@pytest.mark.usefixtures("without_numba")
def test_without_numba_a_fit_is_that_of_torch():
    assert same_weights(one_step(), one_step(fused=False))
    with pytest.raises(ImportError, match=r"numba.*skseisfp\[fast\]"):
        one_step(fused=True)


def test_a_saved_network_needs_no_numba(request):
    X, _ = make_fingerprints()
    fitted = one_step(fused=True)
    expected, state = fitted.predict_proba(X), pickle.dumps(fitted)
    request.getfixturevalue("without_numba")
    assert b"numba" not in state
    np.testing.assert_array_equal(pickle.loads(state).predict_proba(X), expected)


def test_where_nothing_can_be_written_loops_are_compiled_again(monkeypatch):
    import numba

    asked = []

    def njit(*, cache=False, **options):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    _fused_loops.load_loops.cache_clear()
    try:
        assert _fused_loops.load_loops().describe is _fused_loops._describe
    finally:
        _fused_loops.load_loops.cache_clear()
    assert asked == [True, False, False, False, False]

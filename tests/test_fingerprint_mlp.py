import re

import pytest
import torch
from torch import nn

from skseisfp.neural import FingerprintMLP


def test_default_sizes():
    linear = [
        layer
        for layer in FingerprintMLP((4096,), 3).layers
        if isinstance(layer, nn.Linear)
    ]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [
        (4096, 32),
        (32, 3),
    ]


def test_parameters_are_those_of_their_layers():
    network = FingerprintMLP(
        (10,), 2, hidden_sizes=(7,), hidden_dropout_p=0.25, input_dropout_p=0.125
    )
    kinds = ["Flatten", "GeneratorDropout", "Linear", "ReLU", "GeneratorDropout"]
    assert [type(layer).__name__ for layer in network.layers] == [*kinds, "Linear"]
    assert (network.layers[1].p, network.layers[4].p) == (0.125, 0.25)


def test_without_hidden_layers_it_is_linear():
    network = FingerprintMLP((10,), 2, hidden_sizes=()).eval()
    x = torch.rand(4, 10)
    assert torch.allclose(
        network(x) + network(x), network(2 * x) + network.layers[-1].bias
    )


def test_fingerprints_are_flattened():
    assert FingerprintMLP((2, 4, 4), 3)(torch.zeros(5, 2, 4, 4)).shape == (5, 3)


def test_dropout_follows_the_given_generator():
    network, x = FingerprintMLP((20,), 2, input_dropout_p=0.5), torch.rand(6, 20)
    before = torch.get_rng_state()
    outputs = []
    for seed in (0, 0, 1):
        network.set_generator(torch.Generator().manual_seed(seed))
        outputs.append(network(x))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_sizes", 10),
        ("hidden_sizes", (0,)),
        ("hidden_dropout_p", 1.0),
        ("input_dropout_p", -0.5),
        ("input_dropout_p", "much"),
    ],
)
def test_values_out_of_range_are_named(name, value):
    with pytest.raises(
        ValueError, match=rf"{name} must be .* got {re.escape(repr(value))}"
    ):
        FingerprintMLP((10,), 2, **{name: value})

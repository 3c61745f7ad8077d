import pickle
import warnings

import pytest
import torch
from torch import nn

from skseisfp.neural import FingerprintCNN
from skseisfp.neural.parameter_counts import count_parameters

SHAPE = (1, 64, 64)


def small(**params):
    return FingerprintCNN((1, 8, 8), 2, conv2_filter_size=3, **params)


def test_stride_1_has_the_published_number_of_parameters():
    assert (
        count_parameters(FingerprintCNN(SHAPE, 3, pool1_stride=1, pool2_stride=1))
        == 678_219
    )


def test_stride_2_has_the_small_number_of_parameters():
    assert (
        count_parameters(FingerprintCNN(SHAPE, 3, pool1_stride=2, pool2_stride=2))
        == 54_435
    )


def test_layers_follow_the_paper():
    network = FingerprintCNN(SHAPE, 3)
    kinds = [type(layer).__name__ for layer in network.layers]
    cycle = ["Conv2d", "BatchNorm2d", "ReLU", "GeneratorDropout", "AvgPool2d"]
    assert kinds == [*cycle, *cycle, "Flatten", "Linear"]
    conv1, conv2 = network.layers.conv1, network.layers.conv2
    assert (conv1.kernel_size, conv1.padding) == ((2, 2), (1, 1))
    assert (conv2.kernel_size, conv2.padding) == ((5, 5), (2, 2))
    assert (network.layers.dropout1.p, network.layers.dropout2.p) == (0.3, 0.5)


def test_every_parameter_is_that_of_its_layer():
    network = FingerprintCNN(
        (2, 40, 40),
        4,
        n_cycles=3,
        conv1_filter_size=4,
        conv1_n_filters=5,
        conv1_stride=2,
        conv1_padding=3,
        dropout1_p=0.25,
        pool1_size=3,
        pool1_stride=1,
        conv3_filter_size=2,
        conv3_n_filters=7,
        conv3_padding=1,
        dropout3_p=0.125,
        pool3_size=3,
        pool3_stride=2,
        hidden_sizes=(6,),
        hidden_dropout_p=0.75,
    ).layers
    assert repr(network.conv1) == repr(nn.Conv2d(2, 5, 4, 2, 3))
    assert repr(network.pool1) == repr(nn.AvgPool2d(3, 1))
    assert repr(network.conv3) == repr(nn.Conv2d(56, 7, 2, 1, 1))
    assert repr(network.pool3) == repr(nn.AvgPool2d(3, 2))
    assert [network.dropout1.p, network.dropout3.p, network.hidden_dropout1.p] == [
        0.25,
        0.125,
        0.75,
    ]
    assert network.hidden1.out_features == 6
    assert network.output.out_features == 4


@pytest.mark.parametrize("n_cycles", [1, 2, 3])
def test_any_number_of_cycles_gives_logits(n_cycles):
    network = FingerprintCNN((2, 32, 32), 3, n_cycles=n_cycles)
    assert network(torch.rand(4, 2, 32, 32), unused=1).shape == (4, 3)


def test_an_impossible_network_raises():
    with pytest.raises(ValueError, match="conv2_filter_size=5 is larger than its pad"):
        FingerprintCNN((1, 2, 2), 2, pool1_stride=3, conv2_padding=0, check_rules=False)


def test_an_unknown_name_raises():
    with pytest.raises(TypeError, match="Did you mean 'conv1_stride'"):
        FingerprintCNN(SHAPE, 2, conv1_strides=2)


def test_a_setting_outside_the_rules_warns_unless_silenced():
    with pytest.warns(UserWarning, match="conv1_padding=2 is not below"):
        small(conv1_padding=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small(conv1_padding=2, check_rules=False)
        small()


def test_dropout_keeps_the_mean_and_the_probability():
    network = FingerprintCNN(SHAPE, 2, dropout1_p=0.3)
    network.set_generator(torch.Generator().manual_seed(0))
    dropout = network.layers.dropout1
    output = dropout(torch.ones(400, 1000))
    assert output.unique().tolist() == pytest.approx([0, 1 / 0.7])
    assert (output == 0).float().mean().item() == pytest.approx(0.3, abs=5e-3)
    assert output.mean().item() == pytest.approx(1, abs=5e-3)


def test_dropout_draws_independent_elements():
    dropout = small(dropout1_p=0.5).layers.dropout1
    dropout.generator = torch.Generator().manual_seed(1)
    kept = dropout(torch.ones(200_000)).sign()
    for lag in range(1, 9):
        assert (kept[lag:] * kept[:-lag]).mean().item() == pytest.approx(0.25, abs=6e-3)


def test_dropout_passes_the_gradient_of_kept_elements_only():
    dropout = small().layers.dropout1
    x = torch.ones(1000, requires_grad=True)
    output = dropout(x)
    output.sum().backward()
    assert torch.equal(x.grad, output.detach())


def test_dropout_does_nothing_in_evaluation_or_at_zero():
    x = torch.rand(5, 1, 8, 8)
    network = small()
    assert network.layers.dropout1.eval()(x) is x
    assert small(dropout1_p=0.0).layers.dropout1(x) is x


def test_own_generator_leaves_the_global_one_alone():
    network, x = small(), torch.rand(5, 1, 8, 8)
    before = torch.get_rng_state()
    outputs = []
    for _ in range(2):
        network.set_generator(torch.Generator().manual_seed(3))
        outputs.append(network(x))
    assert torch.equal(*outputs)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_generator_dropout_follows_the_global_one():
    network, x = small(), torch.rand(5, 1, 8, 8)
    outputs = []
    with torch.random.fork_rng():
        for seed in (0, 0, 1):
            torch.manual_seed(seed)
            outputs.append(network(x))
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])


def test_pickle():
    network, x = small().eval(), torch.rand(5, 1, 8, 8)
    assert torch.equal(pickle.loads(pickle.dumps(network))(x), network(x))

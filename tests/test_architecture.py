import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skseisfp.neural import FingerprintCNN, check_architecture, summarize
from skseisfp.neural.parameter_counts import count_parameters

SHAPE = (1, 64, 64)


def levels(findings):
    return {(finding.level, finding.parameter) for finding in findings}


@pytest.mark.parametrize(("stride", "expected"), [(1, 678_219), (2, 54_435)])
def test_published_parameter_counts(stride, expected):
    layers = summarize(SHAPE, 3, pool1_stride=stride, pool2_stride=stride)
    assert layers["n_parameters"].sum() == expected


def test_summary_lists_the_layers_in_order():
    layers = summarize(SHAPE, 3, hidden_sizes=(10,))
    cycle = ["conv", "norm", "relu", "dropout", "pool"]
    assert list(layers.index) == [
        *(f"{name}1" for name in cycle),
        *(f"{name}2" for name in cycle),
        *("hidden1", "hidden_relu1", "hidden_dropout1", "output"),
    ]
    assert layers.loc["conv1", "output_shape"] == (8, 65, 65)
    assert layers.loc["pool2", "output_shape"] == (56, 16, 16)
    assert layers.loc["output", "n_parameters"] == 33


def test_impossible_sizes_name_parameter_and_sizes():
    (finding,) = check_architecture((1, 8, 16), conv1_filter_size=11)
    assert (finding.level, finding.parameter) == ("impossible", "conv1_filter_size")
    assert finding.message == (
        "conv1_filter_size=11 is larger than its padded input of 10 x 18."
    )
    (finding,) = check_architecture((1, 8, 8), pool2_size=5)
    assert finding.message == "pool2_size=5 is larger than its input of 4 x 4."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("conv1_filter_size", 0),
        ("conv1_n_filters", 2.5),
        ("conv2_padding", -1),
        ("pool1_stride", True),
        ("dropout1_p", 1.0),
        ("dropout2_p", "0.5"),
        ("hidden_sizes", 10),
        ("hidden_sizes", (10, 0)),
        ("hidden_dropout_p", -0.1),
        ("n_cycles", 0),
    ],
)
def test_values_out_of_range_are_impossible(name, value):
    (finding,) = check_architecture(SHAPE, **{name: value})
    assert (finding.level, finding.parameter) == ("impossible", name)
    assert f"{name} must be" in finding.message
    assert repr(value) in finding.message


def test_an_input_shape_without_channels_is_impossible():
    assert levels(check_architecture((64, 64))) == {("impossible", "input_shape")}


def test_a_parameter_of_an_absent_cycle_is_impossible():
    findings = check_architecture(SHAPE, conv3_filter_size=3)
    assert levels(findings) == {("impossible", "conv3_filter_size")}
    assert check_architecture(SHAPE, conv3_filter_size=3, n_cycles=3) == []


def test_an_unknown_name_comes_with_the_nearest():
    with pytest.raises(TypeError, match="Did you mean 'conv1_filter_size'"):
        check_architecture(SHAPE, conv1_filtersize=3)


def test_rules_of_the_paper():
    findings = check_architecture(SHAPE, conv1_padding=3, pool1_size=1, conv2_stride=5)
    assert levels(findings) == {
        ("rule", "conv1_padding"),
        ("rule", "pool1_stride"),
        ("rule", "conv2_stride"),
    }
    assert "conv1_padding=3 is not below conv1_filter_size=2" in findings[0].message


def test_defaults_are_not_reported():
    assert check_architecture(SHAPE) == []
    assert check_architecture(SHAPE, pool1_size=3) == []


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(2, 12), st.integers(2, 12)),
    size1=st.integers(1, 8),
    padding1=st.integers(0, 3),
    stride1=st.integers(1, 3),
    pool1=st.integers(1, 5),
    pool_stride1=st.integers(1, 3),
    n_cycles=st.integers(1, 3),
    hidden=st.lists(st.integers(1, 5), max_size=2).map(tuple),
)
def test_the_check_finds_exactly_the_networks_that_cannot_be_built(
    shape, size1, padding1, stride1, pool1, pool_stride1, n_cycles, hidden
):
    params = {
        "n_cycles": n_cycles,
        "conv1_filter_size": size1,
        "conv1_padding": padding1,
        "conv1_stride": stride1,
        "conv1_n_filters": 2,
        "pool1_size": pool1,
        "pool1_stride": pool_stride1,
        "hidden_sizes": hidden,
    }
    findings = check_architecture(shape, **params)
    if any(finding.level == "impossible" for finding in findings):
        with pytest.raises(ValueError, match="Impossible architecture"):
            FingerprintCNN(shape, 2, **params)
        with pytest.raises(ValueError, match="Impossible architecture"):
            summarize(shape, 2, **params)
        return
    network = FingerprintCNN(shape, 2, check_rules=False, **params).eval()
    layers = summarize(shape, 2, **params)
    assert layers["n_parameters"].sum() == count_parameters(network)
    assert list(layers.index) == [
        name for name, _ in network.layers.named_children() if name != "flatten"
    ]
    output = torch.zeros(1, *shape)
    for name, layer in network.layers.named_children():
        output = layer(output)
        if name != "flatten":
            assert tuple(output.shape[1:]) == layers.loc[name, "output_shape"]

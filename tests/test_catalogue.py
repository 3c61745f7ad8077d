from inspect import signature

import pytest

from skseisfp.neural import FingerprintCNN, layer_catalogue
from skseisfp.neural.catalogue import default_architecture


def test_the_catalogue_holds_the_published_optimum():
    published = layer_catalogue()["published"].dropna().to_dict()
    assert published == {
        "conv1_filter_size": 2,
        "conv1_n_filters": 8,
        "conv1_padding": 1,
        "dropout1_p": 0.3,
        "pool1_size": 2,
        "conv2_filter_size": 5,
        "conv2_n_filters": 56,
        "conv2_padding": 2,
        "dropout2_p": 0.5,
        "n_cycles": 2,
        "hidden_sizes": (),
    }


def test_published_ranges_have_the_published_number_of_trials():
    ranges = layer_catalogue()["published_range"]

    def count(*names):
        total = 1
        for name in names:
            low, step, high = (float(part) for part in ranges[name].split(":"))
            total *= round((high - low) / step) + 1
        return total

    assert count("conv1_filter_size", "conv1_n_filters", "pool1_size") == 384
    assert count("dropout1_p", "dropout2_p", "conv2_n_filters") == 200
    assert count("conv1_padding", "conv2_padding", "conv2_filter_size") == 128


def test_further_cycles_continue_the_names():
    catalogue = layer_catalogue(4)
    assert list(catalogue.index[catalogue["cycle"] == 4]) == [
        "conv4_filter_size",
        "conv4_n_filters",
        "conv4_stride",
        "conv4_padding",
        "dropout4_p",
        "pool4_size",
        "pool4_stride",
    ]
    assert catalogue.loc["conv4_n_filters", "default"] == 56


def test_the_signature_of_the_network_has_the_defaults_of_the_catalogue():
    parameters = signature(FingerprintCNN).parameters
    catalogue = layer_catalogue()["default"].to_dict()
    assert {name: parameters[name].default for name in catalogue} == catalogue
    assert default_architecture() == catalogue


@pytest.mark.parametrize("n_cycles", [0, 1.5, True])
def test_cycles_are_counted_from_one(n_cycles):
    with pytest.raises(ValueError, match="n_cycles must be an integer >= 1"):
        layer_catalogue(n_cycles)

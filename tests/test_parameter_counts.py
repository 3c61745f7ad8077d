"""The size of networks and the module of a classifier, each counted in one place."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from small_classifiers import Module, make_classifier, make_fingerprints
from torch import nn

from skseisfp.neural import FingerprintClassifier, FingerprintCNN, FingerprintMLP
from skseisfp.neural.parameter_counts import (
    NetworkSize,
    architecture_findings,
    count_parameters,
    find_network,
    network_size,
    planned_parameters,
)
from skseisfp.preprocessing import FingerprintTransformer

BY_HAND = {
    (1, 16, 16): (8 * 5) + 16 + (8 * (8 * 25 + 1)) + 16 + (8 * 16 + 1) * 2,
    (256,): 257 * 32 + 33 * 2,
}


@pytest.mark.parametrize("shape", BY_HAND)
def test_counts_before_and_after_a_fit_are_those_by_hand(shape):
    X, y = make_fingerprints()
    cnn = {"module__conv2_n_filters": 8} if len(shape) == 3 else {}
    classifier = FingerprintClassifier(max_epochs=1, device="cpu", **cnn)
    assert planned_parameters(classifier, shape, 2) == BY_HAND[shape]
    assert network_size(classifier, 2, shape).n_parameters == BY_HAND[shape]
    classifier.fit(X.reshape(len(X), *shape[1:] or shape), y)
    for network in (classifier, classifier.net_, classifier.net_.module_):
        assert count_parameters(network) == BY_HAND[shape]


def test_frozen_weights_count_and_what_has_no_weights_is_none():
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad_(False)
    assert count_parameters(layer) == 8
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    perceptron = MLPClassifier((4,), max_iter=1000, tol=1e9, random_state=0).fit(X, y)
    assert count_parameters(perceptron) == 4 * 4 + 5
    assert count_parameters(LogisticRegression().fit(X, y)) is None
    assert count_parameters(FingerprintClassifier()) is None


@pytest.mark.parametrize(("flatten", "module"), [(False, "CNN"), (True, "MLP")])
def test_the_module_before_a_fit_is_the_one_that_is_fitted(flatten, module):
    steps = [
        ("fingerprint", FingerprintTransformer(shape=(16, 16), flatten=flatten)),
        ("classifier", FingerprintClassifier()),
    ]
    pipeline = Pipeline(steps)
    classifier, prefix = find_network(pipeline)
    assert (classifier, prefix) == (pipeline[-1], "classifier__")
    modules = {"CNN": FingerprintCNN, "MLP": FingerprintMLP}
    named = FingerprintClassifier(modules[module])
    size = network_size(pipeline, 3)
    assert size == network_size(pipeline.set_params(classifier=named), 3)


def test_other_modules_are_counted_but_their_operations_are_not():
    classifier = FingerprintClassifier(Module)
    assert planned_parameters(classifier, (1, 4, 4), 3) == 17 * 3
    assert network_size(classifier, 3, (1, 4, 4)) is None
    assert architecture_findings(classifier, (1, 4, 4)) == []
    flat = FingerprintClassifier(FingerprintMLP, module__hidden_sizes=())
    assert network_size(flat, 3, (16,)) == NetworkSize(17 * 3, 17 * 3)


def test_faults_have_the_names_of_the_parameters_of_the_estimator():
    pipeline = Pipeline([("network", make_classifier(module__conv1_filter_size=30))])
    (fault,) = architecture_findings(pipeline, (1, 16, 16))
    assert fault.parameter == "network__module__conv1_filter_size"
    flat = Pipeline([("network", FingerprintClassifier(module__hidden_dropout_p=2))])
    (fault,) = architecture_findings(flat, (16,))
    name = "network__module__hidden_dropout_p"
    assert (fault.level, fault.parameter) == ("impossible", name)
    assert "hidden_dropout_p must be a number in [0, 1); got 2" in fault.message

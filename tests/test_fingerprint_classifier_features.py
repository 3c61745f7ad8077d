"""The features that enter the output layer of a fitted network."""

from threading import Barrier, Thread

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from small_classifiers import (
    N_RECORDS,
    Foreign,
    Module,
    make_classifier,
    make_fingerprints,
    make_views,
    same_weights,
)
from torch import nn

from skseisfp.baselines import AfterZhou2021
from skseisfp.events import attach_events
from skseisfp.neural import FingerprintClassifier


def output_layer(classifier):
    parts = classifier.net_.module_.modules()
    return [part for part in parts if isinstance(part, nn.Linear)][-1]


@pytest.mark.parametrize(
    "params",
    [{}, {"module__hidden_sizes": (7, 5)}, {"balance": "weights"}],
)
def test_the_last_layer_makes_the_probabilities_of_the_features(params):
    X, y = make_fingerprints()
    classifier = make_classifier(**params).fit(X, y)
    features = classifier.transform(X)
    layer = output_layer(classifier)
    assert features.shape == (N_RECORDS, layer.in_features)
    with torch.no_grad():
        scores = layer(torch.from_numpy(features)).softmax(dim=1).numpy()
    np.testing.assert_allclose(scores, classifier.predict_proba(X), rtol=1e-5)
    if "module__hidden_sizes" in params:
        assert features.shape[1] == 5
        assert features.min() >= 0  # after a ReLU, without dropout


def test_modules_of_others_have_features():
    X, y = make_fingerprints()
    params = {"max_epochs": 1, "device": "cpu", "random_state": 0}
    classifier = FingerprintClassifier(Foreign, module__width=3, **params).fit(X, y)
    assert classifier.transform(X).shape == (N_RECORDS, 3)
    classifier = FingerprintClassifier(Module, **params).fit(X, y)
    np.testing.assert_array_equal(classifier.transform(X), X.reshape(N_RECORDS, -1))


def test_the_layer_that_runs_last_is_the_output_layer():
    class HeadFirst(nn.Module):
        def __init__(self, n_classes):
            super().__init__()
            self.head = nn.Linear(3, n_classes)
            self.body = nn.Linear(256, 3)

        def forward(self, X):
            return self.head(self.body(X.flatten(1)))

    X, y = make_fingerprints()
    classifier = FingerprintClassifier(HeadFirst, max_epochs=1, device="cpu").fit(X, y)
    assert classifier.transform(X).shape == (N_RECORDS, 3)
    assert len(classifier.get_feature_names_out()) == 3


class Convolutions(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.layer = nn.Conv2d(1, n_classes, 16)

    def forward(self, X):
        return self.layer(X).flatten(1)


class Pooled(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.layer = nn.Linear(16, n_classes)

    def forward(self, X):
        return self.layer(X).mean(dim=(1, 2))


class Gated(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.gate = nn.Linear(256, 3)
        self.layer = nn.Conv1d(1, n_classes, 3)

    def forward(self, X):
        return self.layer(self.gate(X.flatten(1))[:, None])[..., 0]


@pytest.mark.parametrize("module", [Convolutions, Pooled, Gated])
def test_a_module_without_a_linear_output_layer_is_named(module):
    X, y = make_fingerprints()
    classifier = FingerprintClassifier(module, max_epochs=1, device="cpu").fit(X, y)
    message = f"whose last layer is a torch.nn.Linear .*; {module.__name__} has none"
    with pytest.raises(ValueError, match=message):
        classifier.transform(X)
    with pytest.raises(ValueError, match=message):
        classifier.get_feature_names_out()
    assert classifier.predict(X).shape == (N_RECORDS,)


def test_one_output_may_stand_for_two_classes():
    X = np.random.default_rng(0).standard_normal((8, 3, 1000))
    y = ["blast", "quake"] * 4
    baseline = AfterZhou2021(max_epochs=1, width=0.05, device="cpu", random_state=0)
    network = baseline.fit(X, y, groups="records").net_
    inputs = baseline._represent(baseline._check(X, reset=False))
    features = network.transform(inputs)
    assert features.shape == (8, len(network.get_feature_names_out()))


def test_views_are_averaged_or_the_first_is_taken():
    X, y = make_views()
    classifier = make_classifier().fit(X, y)
    single = [classifier.transform(X[:, [view]]) for view in range(3)]
    np.testing.assert_allclose(
        classifier.transform(X), np.mean(single, axis=0), rtol=1e-5, atol=1e-6
    )
    classifier.set_params(predict_views="first")
    np.testing.assert_array_equal(classifier.transform(X), single[0])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float64", "float64"), ("float32", "float32"), ("uint8", "float32")],
)
def test_the_dtype_is_that_of_the_input(dtype, expected):
    X, y = make_fingerprints()
    features = make_classifier().fit(X, y).transform(X.astype(dtype))
    assert features.dtype == expected


def test_features_have_names_and_may_be_tables():
    X, y = make_fingerprints()
    flat = pd.DataFrame(X.reshape(N_RECORDS, -1).astype(float)).add_prefix("x")
    flat.index = pd.Index(np.arange(N_RECORDS) // 4, name="event_id")
    classifier = FingerprintClassifier(
        max_epochs=1, module__hidden_sizes=(3,), device="cpu"
    )
    table = classifier.fit(flat, y).set_output(transform="pandas").transform(flat)
    names = [f"fingerprintclassifier{number}" for number in range(3)]
    assert list(table.columns) == list(classifier.get_feature_names_out()) == names
    assert table.index.equals(flat.index)
    classifier.set_output(transform="default")
    np.testing.assert_array_equal(table, classifier.transform(flat))


def test_a_network_that_is_not_fitted_has_no_features():
    X, _ = make_fingerprints()
    with pytest.raises(NotFittedError):
        make_classifier().transform(X)


def test_no_hook_stays_and_training_is_as_before():
    X, y = make_fingerprints()
    classifier = make_classifier().fit(X, y)
    classifier.transform(X)
    classifier.get_feature_names_out()
    assert not output_layer(classifier)._forward_pre_hooks
    again = clone(classifier).fit(X, y)
    assert same_weights(classifier, again)


def test_threads_that_share_a_network_get_their_own_features():
    class Slow(Module):
        def forward(self, X):
            scores = super().forward(X)
            if not self.training:
                together.wait(timeout=30)
            return scores

    X, y = make_fingerprints()
    together = Barrier(2)
    classifier = FingerprintClassifier(Slow, max_epochs=1, device="cpu").fit(X, y)
    found = {}

    def transform(part):
        found[part] = classifier.transform(X[part::2])

    threads = [Thread(target=transform, args=(part,)) for part in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for part in range(2):
        expected = X[part::2].reshape(len(X) // 2, -1)
        np.testing.assert_array_equal(found[part], expected)


# in a pipeline


def test_a_network_in_the_middle_of_a_pipeline():
    X, y = make_fingerprints(60)
    network = make_classifier(module__hidden_sizes=(6,), max_epochs=10)
    pipeline = make_pipeline(network, StandardScaler(), LogisticRegression())
    scores = cross_val_score(pipeline, X, y, cv=3, error_score="raise")
    assert scores.mean() > 0.85
    pipeline.fit(X, y)
    assert pipeline[-1].coef_.shape == (1, 6)
    assert same_weights(pipeline[0], clone(network).fit(X, y))
    names = pipeline[:-1].get_feature_names_out()
    assert names[0] == "fingerprintclassifier0"
    assert len(names) == 6


def test_fit_transform_takes_events_and_weights():
    X, y = make_fingerprints()
    events = np.arange(N_RECORDS) // 3
    classifier = make_classifier(early_stopping=True)
    weights = np.arange(N_RECORDS) % 4
    features = classifier.fit_transform(X, y, groups=events, sample_weight=weights)
    other = clone(classifier).fit(X, y, groups=events, sample_weight=weights)
    np.testing.assert_array_equal(features, other.transform(X))
    # events as the index of the labels pass through all steps of a pipeline
    make_pipeline(clone(classifier), LogisticRegression()).fit(
        X, attach_events(y, events)
    )


def test_a_search_over_a_network_that_makes_features():
    X, y = make_fingerprints(48)
    union = FeatureUnion([("a", make_classifier(max_epochs=1))])
    pipeline = Pipeline([("features", union), ("last", LogisticRegression())])
    grid = {"features__a__module__hidden_sizes": [(2,), (3,)]}
    search = GridSearchCV(pipeline, grid, cv=GroupKFold(3), error_score="raise")
    search.fit(X, y, groups=np.arange(48) // 3)
    assert search.best_estimator_["last"].n_features_in_ in (2, 3)

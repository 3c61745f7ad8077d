"""The predictions of a fitted classifier, and its use by the tools of scikit-learn."""

import copy
import pickle

import numpy as np
import pytest
import torch
from joblib import parallel_config
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from small_classifiers import (
    N_RECORDS,
    Foreign,
    Module,
    make_classifier,
    make_fingerprints,
    make_views,
    same_weights,
)
from torch.utils.data import DataLoader

from skseisfp.events import attach_events
from skseisfp.neural import FingerprintClassifier, FingerprintCNN, FingerprintMLP


def global_states():
    """The states of the global generators of torch and NumPy."""
    _, keys, position, *_ = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().tolist(), keys.tolist(), position


# learning


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.float32, np.float64, bool])
def test_fingerprints_of_any_dtype_can_be_learnt(dtype):
    X, y = make_fingerprints(60)
    X_test, y_test = make_fingerprints(30, seed=1)
    classifier = make_classifier(max_epochs=12).fit(X.astype(dtype), y)
    assert classifier.score(X_test.astype(dtype), y_test) > 0.9
    assert list(classifier.classes_) == ["blast", "earthquake"]


def test_dtype_does_not_matter():
    X, y = make_fingerprints()
    first, second = (make_classifier().fit(X.astype(t), y) for t in ("uint8", "f8"))
    assert same_weights(first, second)


@pytest.mark.parametrize(
    "labels", [["b", "a"], [3, -1], [True, False], [0.0, 1.0], ["x", "y", "z"]]
)
def test_any_labels(labels):
    X, _ = make_fingerprints(30)
    y = np.resize(labels, 30)
    classifier = make_classifier(max_epochs=1).fit(X, y)
    assert list(classifier.classes_) == sorted(set(labels))
    assert set(classifier.predict(X)) <= set(labels)


def test_labels_may_be_a_series_indexed_by_event():
    X, y = make_fingerprints()
    first = make_classifier().fit(X, attach_events(y, np.arange(N_RECORDS) // 4))
    assert same_weights(first, make_classifier().fit(X, y))


def test_the_default_network_of_flat_fingerprints_is_the_mlp_else_the_cnn():
    X, y = make_fingerprints()
    for fingerprints, module in (
        (X.reshape(N_RECORDS, -1), FingerprintMLP),
        (X, FingerprintCNN),
        (make_views()[0], FingerprintCNN),
    ):
        classifier = FingerprintClassifier(max_epochs=1, device="cpu").fit(
            fingerprints, y
        )
        assert type(classifier.net_.module_) is module


def test_probabilities_sum_to_one():
    X, y = make_views()
    scores = make_classifier().fit(X, y).predict_proba(X)
    assert scores.shape == (N_RECORDS, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-12)


def test_input_is_not_changed():
    X, y = make_views()
    before = X.copy()
    X.flags.writeable = False
    make_classifier(max_epochs=1).fit(X, y).predict(X)
    np.testing.assert_array_equal(X, before)


def test_fingerprints_of_one_plane_are_fingerprints_of_one_view_and_channel():
    X, y = make_fingerprints()
    first = make_classifier().fit(X, y)
    second = make_classifier().fit(X[:, None, None], y)
    assert same_weights(first, second)
    np.testing.assert_array_equal(
        first.predict_proba(X[:, None, None]), second.predict_proba(X)
    )


# views


def test_views_are_averaged_or_the_first_is_taken():
    X, y = make_views()
    mean = make_classifier().fit(X, y)
    first = clone(mean).set_params(predict_views="first").fit(X, y)
    assert same_weights(mean, first)
    single = [mean.predict_proba(X[:, [view]]) for view in range(3)]
    np.testing.assert_allclose(mean.predict_proba(X), np.mean(single, axis=0))
    np.testing.assert_array_equal(first.predict_proba(X), single[0])


def test_every_view_is_seen_once_an_epoch_with_the_label_of_its_record():
    seen = []

    class Spy(Module):
        def forward(self, X):
            if self.training:
                seen.append(X[:, 0, 0, 0])
            return super().forward(X)

    X = np.arange(12, dtype=np.int8).reshape(4, 3, 1, 1, 1) * np.ones((2, 2), np.int8)
    params = {"module": Spy, "max_epochs": 2, "batch_size": 5, "device": "cpu"}
    FingerprintClassifier(**params).fit(X, [0, 1, 0, 1])
    epochs = torch.cat(seen).reshape(2, 12)
    assert not torch.equal(*epochs)
    for epoch in epochs:
        assert sorted(epoch.tolist()) == list(range(12))


def test_labels_follow_their_records():
    X = np.repeat(np.arange(6), 4).reshape(6, 4, 1, 1, 1).astype(np.int8)
    X = X * np.ones((2, 2), dtype=np.int8)
    X = (X[..., None] == np.arange(6)).reshape(6, 4, 1, 4, 6).astype(np.int8)
    y = np.array([0, 1, 1, 0, 0, 1])
    params = {"module": Module, "lr": 0.1, "max_epochs": 30, "device": "cpu"}
    assert FingerprintClassifier(**params).fit(X, y).score(X, y) == 1


# randomness


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"balance": "views"},
        {"early_stopping": True, "max_epochs": 6},
        {"module": Foreign, "module__width": 8},
        {"iterator_train": DataLoader, "iterator_valid": DataLoader},
    ],
)
def test_refits_are_bit_identical_and_leave_global_generators_alone(params):
    X, y = make_views()
    y = attach_events(y, np.arange(len(y)))
    if "module" in params:
        params = {**params, "max_epochs": 3, "random_state": 0, "device": "cpu"}
        classifier = FingerprintClassifier(**params)
    else:
        classifier = make_classifier(**params)
    before = global_states()
    first = clone(classifier).fit(X, y)
    second = clone(classifier).fit(X, y)
    third = second.fit(X, y)
    other = clone(classifier).set_params(random_state=1).fit(X, y)
    clone(classifier).set_params(random_state=None, max_epochs=1).fit(X, y).predict(X)
    assert same_weights(first, second)
    assert same_weights(first, third)
    assert not same_weights(first, other)
    np.testing.assert_array_equal(first.predict_proba(X), third.predict_proba(X))
    assert global_states() == before


def test_fits_without_a_seed_differ():
    X, y = make_fingerprints()
    classifier = make_classifier(random_state=None)
    assert not same_weights(clone(classifier).fit(X, y), classifier.fit(X, y))


def test_the_global_seed_has_no_influence():
    X, y = make_fingerprints()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        first = make_classifier().fit(X, y)
        torch.manual_seed(6)
        assert same_weights(first, make_classifier().fit(X, y))


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_parallel_searches_equal_serial_ones(backend, foreign):
    X, y = make_fingerprints(48)
    if foreign:
        params = {"module": Foreign, "random_state": 0, "max_epochs": 3}
        classifier = FingerprintClassifier(**params, device="cpu")
    else:
        classifier = make_classifier(max_epochs=3)
    serial = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")
    with parallel_config(backend, n_jobs=2):
        parallel = cross_val_predict(classifier, X, y, cv=4, method="predict_proba")
    np.testing.assert_array_equal(serial, parallel)


def test_the_number_of_threads_is_one_inside_and_restored():
    inside = []

    class Spy(Module):
        def forward(self, X):
            inside.append(torch.get_num_threads())
            return super().forward(X)

    X, y = make_fingerprints()
    outside = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        FingerprintClassifier(Spy, max_epochs=1, device="cpu").fit(X, y).predict(X)
        assert set(inside) == {1}
        assert torch.get_num_threads() == 2
        with pytest.raises(ValueError, match="Impossible"):
            make_classifier(module__conv1_filter_size=40).fit(X, y)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(outside)


# composition


def test_grid_search_over_the_architecture():
    X, y = make_fingerprints(48)
    pipeline = Pipeline(
        [("identity", FunctionTransformer()), ("classifier", make_classifier())]
    )
    grid = {"classifier__module__conv1_filter_size": [2, 3]}
    groups = np.arange(48) // 3
    results = []
    for n_jobs in (1, 2):
        search = GridSearchCV(pipeline, grid, cv=GroupKFold(3), n_jobs=n_jobs)
        search.fit(X, y, groups=groups)
        results.append(search)
    np.testing.assert_array_equal(
        results[0].cv_results_["mean_test_score"],
        results[1].cv_results_["mean_test_score"],
    )
    assert same_weights(*(item.best_estimator_["classifier"] for item in results))
    size = results[0].best_params_["classifier__module__conv1_filter_size"]
    conv1 = results[0].best_estimator_["classifier"].net_.module_.layers.conv1
    assert conv1.kernel_size == (size, size)


def test_an_impossible_trial_is_named_by_the_search():
    X, y = make_fingerprints()
    grid = {"module__conv1_filter_size": [2, 30]}
    search = GridSearchCV(make_classifier(max_epochs=1), grid, cv=2, error_score=-1)
    with pytest.warns(Warning, match="conv1_filter_size=30 is larger than its padded"):
        search.fit(X, y)
    assert search.best_params_ == {"module__conv1_filter_size": 2}


def test_calibration_takes_fingerprints_of_five_axes():
    X, y = make_views()
    calibrated = CalibratedClassifierCV(make_classifier(max_epochs=1), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (N_RECORDS, 2)


def test_scores_by_cross_validation():
    X, y = make_fingerprints(60)
    scores = cross_val_score(make_classifier(max_epochs=12), X, y, cv=3)
    assert scores.mean() > 0.9


@pytest.mark.parametrize(
    "copier", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
)
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"balance": "weights", "early_stopping": True},
        {"module": Foreign, "module__width": 3},
    ],
)
def test_copies_predict_the_same(copier, params):
    X, y = make_views()
    y = attach_events(y, np.arange(len(y)))
    classifier = FingerprintClassifier(max_epochs=2, device="cpu", **params).fit(X, y)
    state = torch.get_rng_state()
    copied = copier(classifier)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(copied.predict_proba(X), classifier.predict_proba(X))
    assert copied.history_ == classifier.history_
    assert copied.get_params() == classifier.get_params()
    assert same_weights(
        clone(copied).set_params(random_state=0).fit(X, y),
        clone(classifier).set_params(random_state=0).fit(X, y),
    )


def test_a_pickle_holds_no_training_data():
    X, y = make_fingerprints(200)
    few = pickle.dumps(make_classifier(max_epochs=1).fit(X[:20], y[:20]))
    many = pickle.dumps(make_classifier(max_epochs=1).fit(X, y))
    assert abs(len(many) - len(few)) < 200


def test_a_pickled_network_outside_the_rules_is_loaded_silently():
    X, y = make_fingerprints()
    with pytest.warns(UserWarning, match="not below"):
        classifier = make_classifier(module__conv1_padding=2).fit(X, y)
    pickle.loads(pickle.dumps(classifier)).predict(X)


@pytest.mark.parametrize("shape", [(40, 16, 16), (40, 1, 2, 8, 8), (40, 60)])
def test_the_order_of_axes_in_memory_changes_nothing(shape):
    rng = np.random.default_rng(0)
    X, y = (rng.random(shape) < 0.1).astype(np.int8), np.arange(40) % 2
    classifier = FingerprintClassifier(max_epochs=2, random_state=0, device="cpu")
    scores = [
        clone(classifier).fit(part, y).predict_proba(part)
        for part in (X, np.asfortranarray(X))
    ]
    np.testing.assert_array_equal(*scores)

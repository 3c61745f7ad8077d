"""The mean of forests on representations, against forests made by hand."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score

from skseisfp.datasets import make_seismograms
from skseisfp.ensemble import EventVoteClassifier, MultiRepresentationClassifier
from skseisfp.metrics import event_roc_auc
from skseisfp.preprocessing import (
    AdaptiveHighpassFilter,
    FingerprintTransformer,
    PhysicsFeatures,
    ScalogramTransformer,
    WaveformPreprocessor,
)

RATE = 40
NAMES = ["fingerprint", "scalogram", "physics"]


@pytest.fixture(scope="module")
def bunch():
    return make_seismograms(
        72, classes=("earthquake", "quarry_blast"), sampling_rate=RATE, random_state=0
    )


@pytest.fixture(scope="module")
def fitted(bunch):
    return make().fit(bunch.data, bunch.target)


def make(**params):
    params = {"sampling_rate": RATE, "n_estimators": 10, "random_state": 0, **params}
    return MultiRepresentationClassifier(**params)


def represent(X, *, window=None, p_arrival=None, f_min=1.0, f_max=None):
    """Make the three representations by hand."""
    band = {"sampling_rate": RATE, "f_min": f_min, "f_max": f_max, "window": window}
    highpass = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    clear = highpass.fit_transform(X)
    coarse = FingerprintTransformer(**band, shape=(16, 16)).fit(clear)
    filtered = WaveformPreprocessor(sampling_rate=RATE, f_min=0.5, window=window)
    physics = PhysicsFeatures(sampling_rate=RATE, p_arrival=p_arrival)
    return [
        FingerprintTransformer(**band, flatten=True).fit_transform(clear),
        coarse.scalogram(clear).reshape(len(X), -1),
        physics.fit_transform(filtered.fit_transform(X)),
    ]


def make_forests(represented, y, *, n_estimators=10, random_state=0):
    seeds = np.random.RandomState(random_state).randint(2**31 - 1, size=3)
    return [
        ExtraTreesClassifier(
            n_estimators,
            min_samples_leaf=3,
            max_features=0.05,
            class_weight="balanced",
            random_state=seed,
        ).fit(features, y)
        for seed, features in zip(seeds, represented, strict=True)
    ]


# the mean of three forests


@pytest.mark.parametrize(
    ("params", "by_hand"),
    [
        ({}, {}),
        ({"window": (5, 60), "p_arrival": 12.5}, {"window": (5, 60), "p_arrival": 7.5}),
        ({"p_arrival": 10.0, "f_min": 2, "f_max": 8}, {"p_arrival": 10.0}),
    ],
)
def test_probabilities_are_the_mean_of_forests_made_by_hand(bunch, params, by_hand):
    band = {name: params[name] for name in ("f_min", "f_max") if name in params}
    train, test = np.arange(0, 72, 2), np.arange(1, 72, 2)
    represented = represent(bunch.data, **by_hand, **band)
    forests = make_forests([x[train] for x in represented], bunch.target.iloc[train])
    expected = [
        forest.predict_proba(features[test])
        for forest, features in zip(forests, represented, strict=True)
    ]
    model = make(**params).fit(bunch.data[train], bunch.target.iloc[train])
    single = model.predict_proba_by_representation(bunch.data[test])
    assert list(single) == list(model.forests_) == NAMES
    for name, probabilities in zip(NAMES, expected, strict=True):
        np.testing.assert_allclose(single[name], probabilities)
    mean = model.predict_proba(bunch.data[test])
    np.testing.assert_allclose(mean, np.mean(expected, axis=0))
    labels = model.classes_[mean.argmax(axis=1)]
    np.testing.assert_array_equal(model.predict(bunch.data[test]), labels)


def test_the_scalogram_is_that_of_its_transformer(bunch):
    by_hand = represent(bunch.data[:6])[1].reshape(6, 16, 16)
    clear = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    images = ScalogramTransformer(sampling_rate=RATE, shape=(16, 16), f_min=1.0)
    images = images.fit_transform(clear.fit_transform(bunch.data[:6]))
    np.testing.assert_array_equal(images, by_hand)


def test_forests_have_the_fixed_settings_and_seeds_of_their_own(fitted):
    forests = list(fitted.forests_.values())
    assert len({forest.random_state for forest in forests}) == 3
    for forest in forests:
        assert (forest.min_samples_leaf, forest.max_features) == (3, 0.05)
        assert (forest.class_weight, len(forest.estimators_)) == ("balanced", 10)
    assert MultiRepresentationClassifier().n_estimators == 300


def test_fitted_attributes(fitted, bunch):
    assert list(fitted.classes_) == ["earthquake", "quarry_blast"]
    assert fitted.record_shape_ == bunch.data.shape[1:]
    assert fitted.n_features_in_ == bunch.data.shape[1]


def test_channels_are_represented_side_by_side():
    bunch = make_seismograms(24, n_components=3, sampling_rate=RATE, random_state=0)
    model = make(n_estimators=3).fit(bunch.data, bunch.target)
    sizes = [forest.n_features_in_ for forest in model.forests_.values()]
    assert sizes == [3 * 64 * 64, 3 * 16 * 16, 100]
    one = make(n_estimators=3).fit(bunch.data[:, :1], bunch.target)
    flat = make(n_estimators=3).fit(bunch.data[:, 0], bunch.target)
    np.testing.assert_array_equal(
        one.predict_proba(bunch.data[:, :1]), flat.predict_proba(bunch.data[:, 0])
    )


def test_three_classes_with_names():
    bunch = make_seismograms(90, sampling_rate=RATE, random_state=0)
    train = np.isin(bunch.groups, np.unique(bunch.groups)[::2])
    model = make(n_estimators=30).fit(bunch.data[train], bunch.target[train])
    assert list(model.classes_) == sorted(set(bunch.target))
    probabilities = model.predict_proba(bunch.data[~train])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert model.score(bunch.data[~train], bunch.target[~train]) > 0.5


def test_p_arrival_adds_features_of_phases(bunch):
    X = bunch.data
    unknown = make()._represent(X)["physics"]
    known = make(p_arrival=10.0)._represent(X)["physics"]
    missing = np.isnan(unknown).all(axis=0)
    assert missing.sum() > 40
    assert np.isnan(known).all(axis=0).sum() < missing.sum()


# scores


def test_scores_by_event_are_above_chance(bunch):
    y = pd.Series(bunch.target, index=pd.Index(bunch.groups, name="event_id"))
    model = EventVoteClassifier(make(n_estimators=30))
    folds = StratifiedGroupKFold(2)
    scores = cross_val_score(
        model, bunch.data, y, groups=bunch.groups, cv=folds, scoring=event_roc_auc
    )
    assert (scores > 0.75).all()


def test_shuffled_labels_give_chance():
    """Records of an event are similar: a leak between folds would raise the score."""
    rng = np.random.default_rng(0)
    events = np.repeat(np.arange(24), 2)
    X = rng.normal(size=(24, 400))[events] + rng.normal(scale=0.1, size=(48, 400))
    labels = np.arange(24) % 2
    scores = []
    for _ in range(20):
        y = rng.permutation(labels)[events]
        test = np.isin(events, [*np.flatnonzero(y[::2] == 0)[:5]])
        test |= np.isin(events, [*np.flatnonzero(y[::2] == 1)[:5]])
        model = make(random_state=rng.integers(1000)).fit(X[~test], y[~test])
        scores.append(roc_auc_score(y[test], model.predict_proba(X[test])[:, 1]))
    interval = stats.t.interval(0.95, 19, np.mean(scores), stats.sem(scores))
    assert interval[0] <= 0.5 <= interval[1]
    assert 0.02 < interval[1] - interval[0] < 0.25


# changes of the input that must not change the predictions


@settings(max_examples=10, deadline=None)
@given(exponent=st.integers(-30, 30))
def test_gain_does_not_matter(fitted, bunch, exponent):
    X = bunch.data[:6]
    expected = fitted.predict_proba(X)
    np.testing.assert_array_equal(fitted.predict_proba(X * 2.0**exponent), expected)


def test_polarity_matters_to_physics_alone(fitted, bunch):
    upright = fitted.predict_proba_by_representation(bunch.data)
    turned = fitted.predict_proba_by_representation(-bunch.data)
    for name in NAMES[:2]:
        np.testing.assert_array_equal(turned[name], upright[name])
    names = PhysicsFeatures().get_feature_names_out()
    features = [
        make(p_arrival=10.0)._represent(sign * bunch.data[:12])["physics"]
        for sign in (1, -1)
    ]
    close = np.isclose(*features, equal_nan=True, rtol=1e-6).all(axis=0)
    assert set(names[~close]) == {"first_motion", "envelope_skewness"}


@settings(max_examples=8, deadline=None)
@given(st.permutations(range(8)), st.integers(1, 8))
def test_predictions_do_not_depend_on_other_records(fitted, bunch, order, n_records):
    rows = np.array(order)[:n_records]
    expected = fitted.predict_proba(bunch.data[:8])[rows]
    np.testing.assert_allclose(fitted.predict_proba(bunch.data[rows]), expected)


def test_nothing_is_learnt_from_predicted_records(bunch):
    X, y = bunch.data.copy(), bunch.target
    model = make().fit(X[:40], y[:40])
    before = pickle.dumps(model)
    first = model.predict_proba(X[40:])
    model.predict_proba(1e6 + X[:40] ** 2)
    assert pickle.dumps(model) == before
    np.testing.assert_array_equal(model.predict_proba(X[40:]), first)
    np.testing.assert_array_equal(X, bunch.data)


def test_the_number_of_threads_does_not_matter(bunch, fitted):
    expected = fitted.predict_proba(bunch.data)
    for n_jobs in (1, 2, -1):
        again = make(n_jobs=n_jobs).fit(bunch.data, bunch.target)
        np.testing.assert_array_equal(again.predict_proba(bunch.data), expected)
        assert again.n_jobs == n_jobs


def test_chance_comes_from_random_state(bunch, fitted):
    X, y = bunch.data, bunch.target
    expected = fitted.predict_proba(X)
    assert (make(random_state=1).fit(X, y).predict_proba(X) != expected).any()
    state = np.random.RandomState(0)
    np.testing.assert_array_equal(
        make(random_state=state).fit(X, y).predict_proba(X), expected
    )
    assert (make(random_state=state).fit(X, y).predict_proba(X) != expected).any()


def test_clones_and_pickles(bunch, fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "forests_")
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        again.predict_proba(bunch.data), fitted.predict_proba(bunch.data)
    )


# invalid input


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sampling_rate": 2}, r"sampling_rate must be .*\(2.0, inf\) Hz.* got 2\."),
        ({"sampling_rate": -1}, r"sampling_rate must be .* filtered at 1 Hz; got -1\."),
        ({"f_min": 20.5}, r"Nyquist frequency 20 Hz.*got f_min=20.5"),
        ({"f_min": 0}, r"f_min must be .*\(0.0, inf\) Hz; got 0\."),
        ({"f_min": 17.0}, r"f_max=None being 16 Hz; got f_min=17.0"),
        ({"f_max": 21.0}, r"got f_min=1.0, f_max=21.0"),
        ({"f_min": np.nan}, r"f_min must be .* Hz; got nan"),
        ({"f_max": 0.5}, r"must satisfy f_min < f_max .*got f_min=1.0, f_max=0.5"),
        ({"f_min": 0.001}, r"f_min=0.001 Hz is too low"),
        ({"window": (10, 91)}, r"window must be two increasing times .* to 90 s"),
        ({"window": (10, 5)}, r"window must be two increasing times"),
        ({"p_arrival": 90.0}, r"p_arrival must be .* from 0 to 89\.975 s"),
        (
            {"p_arrival": 480},
            r"got 480\. p_arrival is in seconds; for samples divide by",
        ),
        ({"p_arrival": -1.0}, r"p_arrival must be .* got -1.0"),
        (
            {"p_arrival": 4.0, "window": (5, 30)},
            r"p_arrival must be .* from 5 to 29\.975 s",
        ),
        ({"n_estimators": 0}, r"n_estimators must be an int .*\[1, inf\); got 0\."),
        ({"random_state": -1}, r"random_state must be .* got -1\."),
    ],
)
def test_impossible_parameters_are_named(bunch, params, message):
    model = make(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(bunch.data, bunch.target)
    with pytest.raises(NotFittedError):
        model.predict(bunch.data)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_estimators": 10.0}, r"n_estimators must be an int .* got 10\.0"),
        ({"n_jobs": "2"}, "n_jobs must be an instance of 'int' or None; got '2'"),
        ({"p_arrival": "P"}, "p_arrival must be a float .*s from the first sample"),
        ({"f_min": None}, "f_min must be a float .*Hz; got None"),
        ({"window": 5}, "window must be two increasing times .* or None; got 5"),
    ],
)
def test_parameters_of_other_types_are_named(bunch, params, message):
    with pytest.raises(TypeError, match=message):
        make(**params).fit(bunch.data, bunch.target)


def test_all_parameters_are_declared():
    names = make().get_params().keys()
    assert MultiRepresentationClassifier._parameter_constraints.keys() == names


def test_numbers_of_numpy_are_valid(bunch):
    numbers = {
        "sampling_rate": np.float64(RATE),
        "window": np.array([5.0, 60.0]),
        "p_arrival": np.float32(12.5),
        "n_estimators": np.int64(3),
    }
    assert len(make(**numbers).fit(bunch.data, bunch.target).forests_) == 3


def test_wrong_records_and_labels(bunch, fitted):
    X, y = bunch.data, bunch.target
    with pytest.raises(ValueError, match="needs two classes or more"):
        make().fit(X, np.full(len(X), "blast"))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make().fit(X, y[1:])
    gap = X.copy()
    gap[7, 5] = np.nan
    with pytest.raises(ValueError, match="NaN, first in record 7"):
        make().fit(gap, y)
    with pytest.raises(ValueError, match=r"features|records of shape"):
        fitted.predict(X[:, 1:])
    with pytest.raises(ValueError, match="records of shape"):
        fitted.predict(X[:, None])
    with pytest.raises(ValueError, match="2 to 3 axes"):
        make().fit(X[:, None, None], y)


def test_a_failed_fit_leaves_the_classifier_unfitted(bunch):
    model = make(n_estimators=3).fit(bunch.data, bunch.target)
    with pytest.raises(ValueError, match="p_arrival"):
        model.set_params(p_arrival=500.0).fit(bunch.data, bunch.target)
    with pytest.raises(NotFittedError):
        model.predict_proba_by_representation(bunch.data)


def test_short_records_have_a_band_of_their_own(bunch):
    X = bunch.data[:, 400:430]
    model = make(n_estimators=3).fit(X, bunch.target)
    assert np.isfinite(model.predict_proba(X)).all()
    expected = represent(X, f_min=None)
    for features, by_hand in zip(model._represent(X).values(), expected, strict=True):
        np.testing.assert_allclose(features, by_hand)

import numpy as np
import pytest
from scipy import signal
from sklearn.model_selection import StratifiedGroupKFold, cross_validate

from skseisfp.baselines import KongCNN
from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import PhysicsFeatures

RATE = 40


@pytest.fixture(scope="module")
def bunch():
    return make_seismograms(32, classes=("earthquake", "quarry_blast"), random_state=0)


def arrivals(bunch):
    return {name: bunch.frame[name].to_numpy() for name in ("p_arrival", "s_arrival")}


def make(**params):
    return KongCNN(max_epochs=1, device="cpu", random_state=0, **params)


def feature(X, classifier=None, **known):
    classifier = make() if classifier is None else classifier
    return classifier._represent(X[:, None], **known)[:, 0, -1]


def test_the_feature_is_that_of_the_arrivals_where_they_are_known(bunch):
    X, known = bunch.data, arrivals(bunch)
    describer = PhysicsFeatures(
        sampling_rate=RATE,
        features="ratios",
        ratio_bands=[(10, 18)],
        noise_window=None,
    )
    records = make()._preprocess(X[:, None])
    expected = describer.fit_transform(records, **known)[:, 0]
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(feature(X, **known), expected, rtol=1e-5)
    half = {name: np.where(np.arange(32) < 8, known[name], np.nan) for name in known}
    mixed = feature(X, **half)
    np.testing.assert_allclose(mixed[:8], expected[:8], rtol=1e-5)
    np.testing.assert_array_equal(mixed[8:], feature(X)[8:])
    np.testing.assert_array_equal(feature(X, p_arrival=known["p_arrival"]), feature(X))


def test_arrivals_are_times_from_the_first_sample(bunch):
    X, known = bunch.data, arrivals(bunch)
    cut = feature(X[:, 400:], **{name: times - 10 for name, times in known.items()})
    np.testing.assert_allclose(
        feature(X, make(window=(10, X.shape[1] / RATE)), **known), cut, atol=1e-4
    )
    slow = make(sampling_rate=20, ratio_band=(2, 8))
    fast = make(ratio_band=(2, 8))
    np.testing.assert_allclose(
        feature(signal.resample_poly(X, 1, 2, axis=1), slow, **known),
        feature(X, fast, **known),
        atol=0.01,
    )


def test_s_is_estimated_only_if_asked_for(bunch):
    X, p = bunch.data, bunch.frame["p_arrival"].to_numpy()
    known = {"p_arrival": p, "origin": p - 15}
    np.testing.assert_array_equal(feature(X, **known), feature(X))
    estimated = feature(X, make(vp_vs=1.75), **known)
    given = feature(X, p_arrival=p, s_arrival=p + 11.25)
    np.testing.assert_array_equal(estimated, given)


def test_arrivals_reach_the_network(bunch):
    X, y, known = bunch.data, bunch.target, arrivals(bunch)
    informed = make().fit(X, y, bunch.groups, **known)
    blind = make().fit(X, y, bunch.groups)
    scores = informed.predict_proba(X, **known)
    assert (scores != blind.predict_proba(X)).any()
    labels = informed.predict(X, **known)
    np.testing.assert_array_equal(labels, informed.classes_[scores.argmax(axis=1)])
    assert informed.score(X, y, **known) == np.mean(labels == y)
    for method, others in (("predict", ()), ("predict_proba", ()), ("score", (y,))):
        message = rf"in fit and not in {method}.*set_{method}_request\(p_arrival=True\)"
        with pytest.raises(ValueError, match=message):
            getattr(informed, method)(X, *others)
        message = f"in {method} and not in fit"
        with pytest.raises(ValueError, match=message):
            getattr(blind, method)(X, *others, **known)
    with pytest.raises(ValueError, match="given s_arrival in fit and not in predict"):
        informed.predict(X, p_arrival=known["p_arrival"])


def test_arrivals_are_routed_through_folds(bunch, routing):
    classifier = make()
    requests = {"p_arrival": True, "s_arrival": True}
    classifier.set_fit_request(groups=True, **requests).set_score_request(**requests)
    X, y, known = bunch.data, bunch.target, arrivals(bunch)
    result = cross_validate(
        classifier,
        X,
        y,
        params={"groups": bunch.groups, **known},
        cv=StratifiedGroupKFold(2),
        return_estimator=True,
        error_score="raise",
    )
    train, test = next(StratifiedGroupKFold(2).split(X, y, bunch.groups))
    rows = {name: samples[train] for name, samples in known.items()}
    alone = make().fit(X[train], y.iloc[train], bunch.groups[train], **rows)
    rows = {name: samples[test] for name, samples in known.items()}
    np.testing.assert_array_equal(
        result["estimator"][0].predict_proba(X, **known),
        alone.predict_proba(X, **known),
    )
    assert result["test_score"][0] == alone.score(X[test], y.iloc[test], **rows)


@pytest.mark.parametrize(
    ("params", "known", "message"),
    [
        ({"vp_vs": 0.5}, {}, r"vp_vs must be a float in .* got 0\.5"),
        ({}, {"p_arrival": [1, 2]}, "p_arrival must have one time in seconds"),
        ({}, {"origin": np.full(32, np.inf)}, "origin must be at most .* 0 has inf"),
        ({}, {"s_arrival": np.full(32, 800)}, "s_arrival is in seconds; for samples"),
    ],
)
def test_invalid_arrivals(bunch, params, known, message):
    with pytest.raises(ValueError, match=message):
        make(**params).fit(bunch.data, bunch.target, **known)

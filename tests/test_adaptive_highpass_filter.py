"""Check AdaptiveHighpassFilter: its contract, its fallback and its table."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.dummy import DummyClassifier as Dummy
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator

from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import AdaptiveHighpassFilter, FilterAugmenter
from skseisfp.signal import estimate_cutoffs, highpass

RATE = 40.0
FILTERS = [AdaptiveHighpassFilter, FilterAugmenter]


@pytest.fixture(name="X", scope="module")
def make_records():
    return make_seismograms(24, random_state=0).data


@pytest.fixture(scope="module")
def buried():
    """Noise alone."""
    return np.random.default_rng(0).standard_normal((4, 2000))


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize(
    "parameters",
    [{}, {"statistic": "stationarity", "fallback": 0.1, "zero_phase": False}],
)
def test_scikit_learn_checks(make, parameters):
    results = check_estimator(make(**parameters), on_skip=None, on_fail=None)
    status = pd.Series([result["status"] for result in results]).value_counts()
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert set(status.index) <= {"passed", "skipped"}
    assert skipped <= {"check_array_api_input"}
    assert status["passed"] >= 40


@pytest.mark.parametrize("make", FILTERS)
def test_stateless_cloned_and_pickled(make, X):
    expected = make(sampling_rate=RATE).transform(X)
    fitted = make(sampling_rate=RATE).fit(X)
    for other in (fitted, clone(fitted), pickle.loads(pickle.dumps(fitted))):
        np.testing.assert_array_equal(other.transform(X), expected)
    np.testing.assert_array_equal(fitted.fit_transform(X), expected)


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize("parameters", [{"batch_size": 5}, {"n_jobs": 2}])
def test_batches_and_threads_change_nothing(make, X, parameters):
    expected = make(sampling_rate=RATE).transform(X)
    result = make(sampling_rate=RATE, **parameters).transform(X)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("make", FILTERS)
def test_keeps_type_and_input(make, X):
    for dtype in (np.float32, np.float64):
        records = X.astype(dtype)
        before = records.copy()
        assert make(sampling_rate=RATE).fit_transform(records).dtype == dtype
        np.testing.assert_array_equal(records, before)


def test_filters_at_the_cutoffs_of_the_table(X):
    transformer = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.5)
    table = transformer.estimate_cutoff(X)
    assert list(table.columns) == [
        "cutoff",
        "estimate",
        "status",
        "signal_to_error_db",
        "noise_removed_db",
        "detection",
        "noise_variation_db",
    ]
    expected = estimate_cutoffs(X, sampling_rate=RATE)
    np.testing.assert_allclose(table["estimate"], expected["cutoff"], rtol=1e-6)
    np.testing.assert_array_equal(
        transformer.fit_transform(X),
        highpass(X, table["cutoff"].to_numpy(), sampling_rate=RATE),
    )


def test_channels(X):
    records = X.reshape(8, 3, -1)
    transformer = AdaptiveHighpassFilter(sampling_rate=RATE)
    assert len(transformer.estimate_cutoff(records)) == 8
    assert transformer.fit_transform(records).shape == records.shape


def test_fallback(buried):
    passing = AdaptiveHighpassFilter(sampling_rate=RATE)
    table = passing.estimate_cutoff(buried)
    assert (table["status"] == "no_signal").all()
    assert table["cutoff"].isna().all()
    assert table["estimate"].notna().all()
    np.testing.assert_array_equal(passing.fit_transform(buried), buried)
    fixed = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=2.0)
    assert (fixed.estimate_cutoff(buried)["cutoff"] == 2.0).all()
    expected = highpass(buried, np.full(4, 2.0), sampling_rate=RATE)
    np.testing.assert_array_equal(fixed.fit_transform(buried), expected)


def test_overlap_takes_the_fallback_and_others_do_not(X):
    peak = np.abs(X).max(axis=1, keepdims=True)
    white = np.random.default_rng(0).standard_normal(X.shape)
    mixed = np.concatenate([X, X + 0.2 * peak * white])
    transformer = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=3.0)
    table = transformer.estimate_cutoff(mixed)
    replaced = table["status"].isin(["overlap", "no_signal"])
    assert {"ok", "overlap"} <= set(table["status"])
    assert (table["cutoff"][replaced] == 3.0).all()
    np.testing.assert_array_equal(
        table["cutoff"][~replaced], table["estimate"][~replaced]
    )


class AddArrival(TransformerMixin, BaseEstimator):
    """A step that asks for no metadata."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X


@pytest.mark.parametrize("make", FILTERS)
def test_arrival_by_metadata_routing(make, X):
    p_arrival = np.full(len(X), 30.0)
    alone = make(sampling_rate=RATE)
    expected = alone.transform(X, p_arrival=p_arrival)
    assert not np.array_equal(expected, alone.transform(X), equal_nan=True)
    with config_context(enable_metadata_routing=True):
        step = make(sampling_rate=RATE).set_transform_request(p_arrival=True)
        pipeline = Pipeline([("same", AddArrival()), ("filter", step)])
        routed = pipeline.fit_transform(X, p_arrival=p_arrival)
        np.testing.assert_array_equal(routed, expected)
        again = pipeline.transform(X, p_arrival=p_arrival)
        np.testing.assert_array_equal(again, expected)
        with pytest.raises(
            ValueError, match="was given p_arrival in fit_transform and"
        ):
            pipeline.transform(X)


@pytest.mark.parametrize("make", FILTERS)
def test_p_arrival_is_given_to_both_or_to_neither(make, X):
    p_arrival = np.full(len(X), 30.0)
    with_, without = make(sampling_rate=RATE), make(sampling_rate=RATE)
    with_.fit_transform(X, p_arrival=p_arrival)
    without.fit_transform(X)
    routing = r"set_transform_request\(p_arrival=True\) of this estimator"
    with pytest.raises(
        ValueError, match=rf"in fit_transform and not in tran.*{routing}"
    ):
        with_.transform(X)
    with pytest.raises(
        ValueError, match=rf"in transform and not in fit_tra.*{routing}"
    ):
        without.transform(X, p_arrival=p_arrival)
    for filtered in (clone(with_), with_.fit(X)):  # nothing of the earlier fit is left
        np.testing.assert_array_equal(filtered.transform(X), without.transform(X))
    unknown = np.full(len(X), np.nan)  # it is given, although it is not known
    given = without.fit_transform(X, p_arrival=unknown)
    np.testing.assert_array_equal(without.transform(X, p_arrival=unknown), given)


def test_a_pipeline_without_routing_cannot_lose_p_arrival(X):
    y = np.arange(len(X)) % 2
    steps = {"filter": AdaptiveHighpassFilter(sampling_rate=RATE), "last": Dummy()}
    pipeline = Pipeline([*steps.items()]).fit(
        X, y, filter__p_arrival=np.full(len(X), 30.0)
    )
    with pytest.raises(ValueError, match="given p_arrival in fit_transform and not in"):
        pipeline.predict(X)


@pytest.mark.parametrize("make", FILTERS)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": 0.0}, "sampling_rate must be .* Hz; got 0.0"),
        ({"sampling_rate": np.inf}, "sampling_rate must be .* Hz; got inf"),
        ({"statistic": "haar"}, "statistic must be one of"),
        ({"fallback": 20.0}, "fallback must be None"),
        ({"fallback": 0.0}, r"fallback must be .* \(0.0, inf\) Hz or None"),
        ({"threshold": np.nan}, "threshold must be .* got nan"),
        ({"f_min": 5.0, "f_max": 2.0}, "f_min=5 Hz, f_max=2 Hz"),
        ({"f_max": 20.0}, "Nyquist frequency of 20 Hz"),
        ({"order": 0}, "order must be an int .* got 0"),
        ({"batch_size": 0}, "batch_size must be an int .* got 0"),
        ({"zero_phase": None}, "zero_phase must be .*bool.* got None"),
    ],
)
def test_invalid_parameters(make, parameters, message, X):
    transformer = make(**{"sampling_rate": RATE, **parameters})
    for method in (transformer.fit, transformer.transform, transformer.estimate_cutoff):
        with pytest.raises(ValueError, match=message):
            method(X)


@pytest.mark.parametrize("make", FILTERS)
def test_invalid_records(make, X):
    transformer = make(sampling_rate=RATE).fit(X)
    with pytest.raises(ValueError, match="masked"):
        transformer.transform(np.ma.masked_greater(X, 0))
    with pytest.raises(ValueError, match="2 to 3 axes"):
        make(sampling_rate=RATE).fit(X[:, None, None])
    with pytest.raises(ValueError, match="expecting 3600 features"):
        transformer.transform(X[:, :100])
    with pytest.raises(ValueError, match="one time in seconds per record: got 3"):
        transformer.transform(X, p_arrival=[1, 2, 3])
    with pytest.raises(ValueError, match=r"record 0 has 1200.*seconds; for samples"):
        transformer.transform(X, p_arrival=np.full(len(X), 1200))
    with pytest.raises(ValueError, match="NaN"):
        transformer.transform(np.full((2, 3600), np.nan))


def test_constant_records_pass_without_warning():
    X = np.array([np.zeros(500), np.full(500, 3.0)])
    transformer = AdaptiveHighpassFilter(sampling_rate=RATE)
    assert (transformer.estimate_cutoff(X)["status"] == "no_signal").all()
    np.testing.assert_array_equal(transformer.fit_transform(X), X)

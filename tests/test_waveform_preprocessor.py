"""Check WaveformPreprocessor: every step against its plain form, and its contract."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import butter, detrend, resample_poly, sosfiltfilt
from scipy.signal.windows import tukey
from sklearn.base import clone

from skseisfp._utils.recordwise import is_recordwise
from skseisfp.preprocessing import WaveformPreprocessor
from skseisfp.signal import bandpass

RATE = 100.0


@pytest.fixture(name="X")
def make_records():
    rng = np.random.default_rng(0)
    records = rng.standard_normal((5, 3, 3000)).cumsum(axis=-1)
    return records + 50 * np.linspace(0, 1, 3000) + 1000


def plain(**params):
    """Return a transformer with the given steps only."""
    return WaveformPreprocessor(
        sampling_rate=RATE, **{"detrend": None, "scaling": None, **params}
    )


def test_without_steps_the_records_pass(X):
    np.testing.assert_array_equal(plain().fit_transform(X), X)


@pytest.mark.parametrize("kind", ["constant", "linear"])
def test_detrend_is_that_of_scipy(X, kind):
    np.testing.assert_allclose(
        plain(detrend=kind).fit_transform(X), detrend(X, type=kind), atol=1e-9
    )


def test_taper_is_a_tukey_window(X):
    np.testing.assert_allclose(
        plain(taper=0.1).fit_transform(X), X * tukey(3000, 0.1), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("corners", "kind", "band"),
    [
        ({"f_min": 2}, "highpass", 2),
        ({"f_max": 10}, "lowpass", 10),
        ({"f_min": 2, "f_max": 10}, "bandpass", (2, 10)),
    ],
)
def test_filter_is_a_butterworth_filter(X, corners, kind, band):
    records = detrend(X)
    sections = butter(4, band, kind, fs=RATE, output="sos")
    expected = sosfiltfilt(sections, records, padlen=2000)
    filtered = plain(**corners).fit_transform(records)
    np.testing.assert_allclose(
        filtered[..., 300:-300], expected[..., 300:-300], atol=1e-3
    )


def test_a_causal_filter_moves_nothing_forward():
    X = np.zeros((1, 1000))
    X[0, 500] = 1
    params = {"sampling_rate": RATE, "f_min": 2, "f_max": 20}
    assert not bandpass(X, zero_phase=False, **params)[0, :500].any()
    assert bandpass(X, zero_phase=True, **params)[0, :500].any()


def test_resampling_keeps_what_is_below_the_new_nyquist_frequency():
    time = np.arange(6000) / RATE
    X = np.sin(2 * np.pi * 3 * time)[None] + np.sin(2 * np.pi * 30 * time)
    slow = plain(target_rate=40).fit_transform(X)
    expected = np.sin(2 * np.pi * 3 * np.arange(2400) / 40)
    assert slow.shape == (1, 2400)
    assert np.abs(slow[0] - expected)[100:-100].max() < 0.01
    np.testing.assert_allclose(
        slow - X.mean(), resample_poly(X - X.mean(), 2, 5, axis=1, padtype="line")
    )


def test_the_window_is_in_seconds_of_the_record(X):
    cut = plain(window=(5, 15)).fit_transform(X)
    np.testing.assert_array_equal(cut, X[..., 500:1500])
    assert plain(target_rate=50, window=(5, 15)).fit_transform(X).shape == (5, 3, 500)


def test_scaling_by_trace_and_by_record(X):
    X = X * np.array([1.0, 10.0, 100.0])[:, None]
    by_trace = plain(scaling="trace").fit_transform(X)
    np.testing.assert_array_equal(np.abs(by_trace).max(axis=2), 1)
    by_record = plain(scaling="record").fit_transform(X)
    np.testing.assert_array_equal(np.abs(by_record).max(axis=(1, 2)), 1)
    np.testing.assert_allclose(by_record * np.abs(X).max(axis=(1, 2), keepdims=True), X)


def test_views_are_scaled_one_by_one(X):
    views = np.stack([X, 7 * X], axis=1)
    scaled = plain(scaling="record").fit_transform(views)
    np.testing.assert_allclose(scaled[:, 0], scaled[:, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [None, "constant", "linear"])
def test_rounding_is_not_scaled_up(dtype, kind):
    X = np.full((2, 500), 1234.567, dtype=dtype)
    X[1] += np.linspace(0, 1, 500)
    records = WaveformPreprocessor(detrend=kind, f_min=0.05).fit_transform(X)
    assert records.dtype == dtype
    assert not records[0].any()
    assert np.isfinite(records).all()


@settings(max_examples=50, deadline=None)
@given(
    X=arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 40)),
        elements=st.floats(-1e9, 1e9),
    ),
    scaling=st.sampled_from(["trace", "record"]),
)
def test_values_lie_between_minus_one_and_one(X, scaling):
    records = WaveformPreprocessor(scaling=scaling, f_min=0.1).fit_transform(X)
    assert records.shape == X.shape
    assert np.abs(records).max() <= 1


def test_each_record_is_transformed_alone(X):
    transformer = WaveformPreprocessor(sampling_rate=RATE, f_min=2, target_rate=40)
    assert is_recordwise(transformer)
    before = X.copy()
    expected = transformer.fit_transform(X)
    alone = [transformer.transform(record[None])[0] for record in X]
    np.testing.assert_allclose(alone, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(X, before)
    other = clone(transformer).set_params(batch_size=2, n_jobs=2)
    np.testing.assert_allclose(other.transform(X), expected, rtol=1e-9, atol=1e-12)
    copy = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(copy.transform(X), expected)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sampling_rate": 0}, "sampling_rate"),
        ({"detrend": "demean"}, "detrend must be one of 'constant', 'linear' or None"),
        ({"taper": 1.5}, "taper"),
        ({"f_min": 0.6}, "0 < f_min < f_max < Nyquist frequency 0.5 Hz"),
        ({"f_min": 0.3, "f_max": 0.2}, "f_min=0.3, f_max=0.2"),
        ({"f_max": np.nan}, "f_max"),
        ({"order": 0}, "order"),
        ({"zero_phase": "yes"}, "zero_phase"),
        ({"target_rate": np.pi / 1e4}, "not a simple fraction"),
        ({"target_rate": 4e7}, "not a simple fraction"),
        ({"target_rate": -1}, "target_rate"),
        ({"window": (10, 5)}, "two increasing times"),
        ({"scaling": "event"}, "scaling must be one of 'record', 'trace' or None"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_wrong_parameters_are_named(params, message):
    X = np.zeros((2, 30))
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(WaveformPreprocessor(**params), method)(X)

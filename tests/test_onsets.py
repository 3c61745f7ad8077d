"""Check onsets against obspy and against the arrivals of generated records."""

import numpy as np
import pytest

from skseisfp.datasets import make_seismograms
from skseisfp.signal import pick_onsets, sta_lta
from skseisfp.signal.onsets import _aic

RATE = 40.0
# obspy still lists its plug-ins through an interface that Python deprecates
OBSPY = pytest.mark.filterwarnings("ignore:SelectableGroups:DeprecationWarning")


@pytest.fixture(name="X")
def make_noise_and_events():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 2, 2000))
    X[:10, :, 1200:] *= 8 * np.exp(-np.arange(800) / 300)
    return X


@OBSPY
def test_the_ratio_is_that_of_obspy(X):
    from obspy.signal.trigger import classic_sta_lta

    ours = sta_lta(X[:, 0], sampling_rate=RATE)
    theirs = [classic_sta_lta(trace, 20, 200) for trace in X[:, 0]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@OBSPY
def test_the_criterion_is_that_of_obspy(X):
    from obspy.signal.trigger import aic_simple

    ours = _aic(X[:, :1])
    # obspy repeats its last value; scales add a constant weight to every sample
    theirs = np.array([aic_simple(trace)[:-1] for trace in X[:, 0]])
    scale = np.log(np.abs(X[:, 0]).max(axis=1, keepdims=True) ** 2)
    middle = slice(5, -5)
    np.testing.assert_allclose(
        (ours + (X.shape[-1] - 1) * scale)[:, middle], theirs[:, middle], rtol=1e-6
    )


def test_onsets_are_found_where_they_are_and_nowhere_else(X):
    onsets = pick_onsets(X, sampling_rate=RATE)
    assert np.isnan(onsets[10:]).all()
    np.testing.assert_allclose(onsets[:10], 1200 / RATE, atol=2 / RATE)
    late = pick_onsets(X, sampling_rate=RATE, method="sta_lta")
    assert (late[:10] >= onsets[:10]).all()
    assert (late[:10] < 1220 / RATE).all()


def test_gain_and_offset_change_nothing(X):
    expected = pick_onsets(X, sampling_rate=RATE)
    np.testing.assert_array_equal(
        pick_onsets(1e-7 * X + 3, sampling_rate=RATE), expected
    )
    np.testing.assert_array_equal(
        pick_onsets(X[:, 0], sampling_rate=RATE),
        pick_onsets(X[:, :1], sampling_rate=RATE),
    )


def test_dead_records_have_no_onset():
    assert np.isnan(pick_onsets(np.ones((2, 3, 500)), sampling_rate=RATE)).all()


def test_an_event_in_silence_is_found():
    X = np.zeros((1, 1000))
    X[0, 600:] = np.random.default_rng(0).standard_normal(400)
    onsets = pick_onsets(X, sampling_rate=RATE)
    np.testing.assert_allclose(onsets, 600 / RATE, atol=2 / RATE)


def test_onsets_of_synthetic_records_are_near_the_arrivals():
    from skseisfp.signal import bandpass

    bunch = make_seismograms(40, random_state=0)
    X = bandpass(bunch.data, sampling_rate=RATE, f_min=3)
    onsets = pick_onsets(X, sampling_rate=RATE)
    errors = onsets - bunch.frame["p_arrival"].to_numpy()
    assert np.isfinite(errors).mean() > 0.5
    assert np.nanmedian(np.abs(errors)) < 1.0


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sta": 5, "lta": 5}, "0 < sta < lta"),
        ({"lta": 60}, "length of the records, 50 s"),
        ({"sta": 0.001}, "0 < sta < lta"),
        ({"threshold": 11}, "at most lta / sta = 10"),
        ({"threshold": 0}, "threshold"),
        ({"method": "kurtosis"}, "method must be one of 'aic', 'sta_lta'"),
        ({"sampling_rate": 0}, "sampling_rate"),
    ],
)
def test_wrong_parameters_are_named(X, params, message):
    with pytest.raises(ValueError, match=message):
        pick_onsets(X, **{"sampling_rate": RATE, "sta": 0.5, "lta": 5.0, **params})

"""Check the high-pass filter with a cut-off for each record."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, correlate, sosfilt, sosfiltfilt, sosfreqz

from skseisfp.signal import highpass, highpass_gain

RATE = 40.0


@pytest.fixture
def records():
    return np.random.default_rng(0).standard_normal((6, 2000)).cumsum(axis=1)


def decibels(gain):
    return 20 * np.log10(gain)


def measured_gain(frequencies, cutoff, **parameters):
    impulse = np.zeros((1, 8001))
    impulse[0, 4000] = 1.0
    response = highpass(impulse, [cutoff], sampling_rate=RATE, **parameters)[0]
    time = np.arange(8001) / RATE
    return np.abs(np.exp(-2j * np.pi * np.outer(frequencies, time)) @ response)


@pytest.mark.parametrize("cutoff", [0.3, 1.0, 4.0])
def test_slope_of_the_zero_phase_filter(cutoff):
    corner, below, above = decibels(
        measured_gain([cutoff, cutoff / 2, 2 * cutoff], cutoff)
    )
    assert corner == pytest.approx(-6.02, abs=0.02)
    assert below < -45.0
    assert above > -0.1


@given(cutoff=st.floats(0.2, 12.0), order=st.integers(1, 6), zero_phase=st.booleans())
@settings(max_examples=25, deadline=None)
def test_gain_is_that_of_scipy(cutoff, order, zero_phase):
    frequencies = np.linspace(0, RATE / 2, 50)
    sections = butter(order, cutoff, "highpass", fs=RATE, output="sos")
    expected = np.abs(sosfreqz(sections, worN=frequencies, fs=RATE)[1])
    gain = highpass_gain(
        frequencies, cutoff, sampling_rate=RATE, order=order, zero_phase=zero_phase
    )
    np.testing.assert_allclose(gain, expected ** (2 if zero_phase else 1), atol=1e-6)


def test_equals_scipy_with_three_periods_of_padding(records):
    cutoffs = np.geomspace(0.2, 8.0, len(records))
    filtered = highpass(records, cutoffs, sampling_rate=RATE, method="sos")
    for record, cutoff, result in zip(records, cutoffs, filtered, strict=True):
        sections = butter(4, cutoff, "highpass", fs=RATE, output="sos")
        padlen = int(np.ceil(3 * RATE / cutoff))
        np.testing.assert_array_equal(
            result, sosfiltfilt(sections, record, padlen=padlen)
        )


def test_no_delay(records):
    white = np.diff(records, axis=1, prepend=0)
    high = highpass(white, np.full(6, 5.0), sampling_rate=RATE)
    for record, result in zip(white, high, strict=True):
        assert np.argmax(correlate(result, record, "same")) == len(record) // 2


def test_commutes_with_time_reversal(records):
    cutoffs = np.full(6, 2.0)
    forwards = highpass(records, cutoffs, sampling_rate=RATE)
    backwards = highpass(records[:, ::-1], cutoffs, sampling_rate=RATE)[:, ::-1]
    difference = np.linalg.norm(forwards - backwards) / np.linalg.norm(forwards)
    assert difference < 1e-3


def test_filtering_twice_keeps_the_pass_band(records):
    cutoffs = np.full(6, 1.0)
    once = highpass(records, cutoffs, sampling_rate=RATE)
    twice = highpass(once, cutoffs, sampling_rate=RATE)
    pass_band = np.fft.rfftfreq(2000, 1 / RATE) > 2.0
    energy = [
        (np.abs(np.fft.rfft(X * np.hanning(2000))[:, pass_band]) ** 2).sum()
        for X in (once, twice)
    ]
    assert energy[1] == pytest.approx(energy[0], rel=1e-3)


def test_offset_and_line_vanish(records):
    line = 1e3 + np.linspace(0, 500, 2000)
    cutoffs = np.full(6, 1.0)
    np.testing.assert_allclose(
        highpass(records + line, cutoffs, sampling_rate=RATE),
        highpass(records, cutoffs, sampling_rate=RATE),
        atol=1e-3,
    )


def test_causal_filter_is_silent_before_the_onset():
    X = np.zeros((1, 800))
    X[0, 400:] = np.random.default_rng(1).standard_normal(400)
    filtered = highpass(X, [2.0], sampling_rate=RATE, zero_phase=False)
    assert not filtered[0, :400].any()
    sections = butter(4, 2.0, "highpass", fs=RATE, output="sos")
    np.testing.assert_allclose(filtered[0], sosfilt(sections, X[0]))
    assert measured_gain([2.0], 2.0, zero_phase=False)[0] == pytest.approx(
        np.sqrt(0.5), rel=1e-3
    )


@pytest.mark.parametrize("zero_phase", [True, False])
def test_views_channels_and_records_do_not_mix(records, zero_phase):
    X = records.reshape(2, 3, 2000)
    cutoffs = np.array([[1.0, 2.0], [3.0, np.nan]])
    options = {"sampling_rate": RATE, "zero_phase": zero_phase}
    before = X.copy()
    views = highpass(X, cutoffs, **options)
    assert views.shape == (2, 2, 3, 2000)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(views[1, 1], X[1])
    alone = highpass(X[:1, 2], cutoffs[:1, 1], **options)
    np.testing.assert_allclose(views[0, 1, 2], alone[0])


def test_keeps_float32(records):
    X = records.astype(np.float32)
    filtered = highpass(X, np.full(6, 1.0), sampling_rate=RATE)
    assert filtered.dtype == np.float32
    exact = highpass(records, np.full(6, 1.0), sampling_rate=RATE)
    np.testing.assert_allclose(filtered, exact, atol=1e-3)


@pytest.mark.parametrize("zero_phase", [True, False])
@pytest.mark.parametrize("n_samples", [1, 2, 3, 7])
def test_very_short_records(n_samples, zero_phase):
    X = np.random.default_rng(0).standard_normal((2, n_samples))
    filtered = highpass(X, [0.01, 0.4], zero_phase=zero_phase)
    assert filtered.shape == X.shape
    assert np.isfinite(filtered).all()


@pytest.mark.parametrize(
    ("cutoffs", "message"),
    [
        ([1.0], r"shape \(6,\)"),
        (np.ones((6, 2, 2)), r"shape \(6,\)"),
        ([1, 1, 1, 20, 1, 1], "record 3 has 20 Hz"),
        ([1, 1, 0, 1, 1, 1], "record 2 has 0 Hz"),
    ],
)
def test_invalid_cutoffs(records, cutoffs, message):
    with pytest.raises(ValueError, match=message):
        highpass(records, cutoffs, sampling_rate=RATE)


@pytest.mark.parametrize(
    ("order", "at_ends", "inside"), [(1, 1e-6, 1e-10), (4, 0.01, 1e-7), (7, 0.1, 1e-4)]
)
def test_gains_on_the_spectrum_are_the_filter_in_time(records, order, at_ends, inside):
    """The two continue a record differently, which is seen near its ends only."""
    options = {"sampling_rate": RATE, "order": order}
    cutoffs = np.geomspace(0.4, 8.0, 30).reshape(6, 5)
    exact = highpass(records, cutoffs, method="sos", **options)
    filtered = highpass(records, cutoffs, method="fft", **options)
    error = np.abs(filtered - exact) / exact.std(axis=-1, keepdims=True)
    assert error.max() < at_ends
    assert error[..., 400:-400].max() < inside


def test_gains_do_not_depend_on_other_cutoffs(records):
    cutoffs = np.geomspace(0.1, 15.0, 5)[None].repeat(6, axis=0)
    options = {"sampling_rate": RATE, "method": "fft"}
    views = highpass(records, cutoffs, **options)
    for view in range(5):
        alone = highpass(records, cutoffs[:, view], **options)
        np.testing.assert_array_equal(views[:, view], alone)


@pytest.mark.parametrize("method", ["fft", "sos"])
def test_result_is_stored_in_out(records, method):
    cutoffs = np.full((6, 2), 1.0)
    out = np.empty((6, 2, 2000))
    options = {"sampling_rate": RATE, "method": method}
    assert highpass(records, cutoffs, out=out, **options) is out
    np.testing.assert_array_equal(out, highpass(records, cutoffs, **options))


def test_invalid_method(records):
    with pytest.raises(ValueError, match=r"method must be .* got 'iir'"):
        highpass(records, np.full(6, 1.0), sampling_rate=RATE, method="iir")

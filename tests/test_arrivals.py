"""P is in seconds from the first sample, and at the same sample as before."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from skseisfp.preprocessing import AdaptiveHighpassFilter, PhysicsFeatures
from skseisfp.signal import cut_windows, estimate_cutoffs, pick_onsets, snr
from skseisfp.signal.arrivals import (
    arrival_samples,
    arrival_times,
    check_arrival,
    check_arrivals,
)

RATES = st.floats(0.01, 1e4) | st.sampled_from([1 / 3, 33.3, 40.0, 100.0, 200 / 3])


# one conversion


@given(sample=st.integers(0, 10**9), rate=RATES)
def test_the_time_of_a_sample_gives_the_sample(sample, rate):
    time = arrival_times(sample, rate)
    assert time == sample / rate
    assert arrival_samples(time, rate) == sample


@given(sample=st.integers(0, 10**6), halves=st.integers(1, 3), rate=RATES)
def test_fractions_of_samples_are_kept(sample, halves, rate):
    fraction = sample + 0.5**halves
    assert arrival_samples(arrival_times(fraction, rate), rate) == fraction


@given(sample=st.integers(0, 10**5), offset=st.floats(-0.49, 0.49), rate=RATES)
def test_the_nearest_sample_is_taken_not_the_one_before(sample, offset, rate):
    assume(sample + offset >= 0)
    X = np.zeros((1, 8))
    X[0, sample % 8] = 1
    time = (sample % 8 + max(offset, -(sample % 8))) / rate
    window = cut_windows(
        X, [time], sampling_rate=rate, before=0, after=1 / rate, pad="reflect"
    )
    assert window[0, 0] == 1


def test_single_precision_is_enough_for_whole_samples():
    samples = np.arange(20_000)
    times = (samples / 40).astype(np.float32)
    np.testing.assert_array_equal(np.rint(arrival_samples(times, 40.0)), samples)
    X = np.arange(20_000.0)[None]
    for sample in (0, 4_097, 19_998):
        window = cut_windows(
            X, times[[sample]], sampling_rate=40, before=0, after=0.025
        )
        np.testing.assert_array_equal(window, [[sample]])


def test_unknown_stays_unknown():
    assert np.isnan(arrival_samples(np.nan, 40))
    np.testing.assert_array_equal(arrival_times([np.nan, 20], 40), [np.nan, 0.5])


@given(shift=st.integers(0, 400), rate=st.sampled_from([20.0, 33.3, 100.0]))
def test_picks_are_at_samples(shift, rate):
    X = np.random.default_rng(0).standard_normal((1, 2000))
    X[0, 1000 + shift :] *= 10
    (time,) = pick_onsets(X, sampling_rate=rate, sta=20 / rate, lta=200 / rate)
    sample = arrival_samples(time, rate)
    assert sample == round(sample)
    window = cut_windows(X, [time], sampling_rate=rate, before=0, after=1 / rate)
    assert window[0, 0] == X[0, int(sample)]


# results of before, of samples: figures of the version that took samples


def test_results_are_those_of_before_bit_for_bit():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6, 2400))
    samples = np.array([400, 777, 1001, 1234, 1500, 1999])
    for row, sample in enumerate(samples):
        X[row, sample:] *= 5
    p_arrival = samples / 40
    expected = [
        _snr_of_samples(row, sample) for row, sample in zip(X, samples, strict=True)
    ]
    np.testing.assert_array_equal(snr(X, p_arrival, sampling_rate=40), expected)
    windows = cut_windows(X, p_arrival, sampling_rate=40, before=5, after=10)
    index = samples[:, None] + np.arange(-200, 400)
    np.testing.assert_array_equal(windows, np.take_along_axis(X, index, axis=1))


def _snr_of_samples(record, sample):
    """The ratio by its definition, of 5 s at 40 Hz with a gap of half a second."""
    noise, signal = record[sample - 220 : sample - 20], record[sample : sample + 200]
    offset = noise.mean()
    powers = [np.square(part - offset).mean() for part in (signal, noise)]
    return 10 * np.log10(powers[0] / powers[1])


# the range


LENGTH, RATE = 2400, 40.0  # a minute
X = np.random.default_rng(0).standard_normal((3, LENGTH))
CALLS = {
    "snr": lambda p: snr(X, p, sampling_rate=RATE),
    "cut_windows": lambda p: cut_windows(
        X, p, sampling_rate=RATE, before=0, after=1, pad="reflect", fallback=5
    ),
    "estimate_cutoffs": lambda p: estimate_cutoffs(X, sampling_rate=RATE, p_arrival=p),
    "AdaptiveHighpassFilter": lambda p: AdaptiveHighpassFilter(
        sampling_rate=RATE
    ).fit_transform(X, p_arrival=p),
    "PhysicsFeatures": lambda p: PhysicsFeatures(
        sampling_rate=RATE, features="polarity"
    ).fit_transform(X, p_arrival=p),
}
EACH = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@EACH
@pytest.mark.parametrize("value", [-0.025, -1.0, 59.99, 60.0, 1e6, np.inf, -np.inf])
def test_times_outside_of_the_record_are_named(call, value):
    message = r"p_arrival must be within the record, from 0 to 59\.975 s, or NaN .*; "
    with pytest.raises(
        ValueError, match=message + re.escape(f"record 2 has {value:.10g}.")
    ):
        call([5.0, np.nan, value])


@EACH
def test_samples_for_seconds_are_told(call):
    hint = "p_arrival is in seconds; for samples divide by sampling_rate, here 40 Hz"
    with pytest.raises(ValueError, match=rf"record 1 has 964\. {hint}"):
        call([12.0, 964, 1200])


@EACH
def test_all_of_the_record_is_valid(call):
    call([0.0, 59.975, np.nan])
    call(pd.Series([0, 1, 59]))  # whole seconds are seconds


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([1.0, 2.0], "p_arrival must have one time in seconds per record: got 2"),
        (["P", "P", "P"], "p_arrival must be numbers, seconds from the first sample"),
        (pd.to_datetime(["2024-01-01"] * 3), "p_arrival must be numbers, .*datetime64"),
        (np.array([1, {}, 2]), "p_arrival must be numbers"),
        (np.ma.masked_less([1.0, 2.0, 3.0], 2), "p_arrival is a masked array"),
    ],
)
def test_what_is_not_a_time_raises(times, message):
    with pytest.raises(ValueError, match=message):
        check_arrivals("p_arrival", times, 3, n_samples=LENGTH, sampling_rate=RATE)


def test_rates_may_differ_and_origins_may_be_early():
    rates = np.array([40.0, 100.0, np.nan])
    valid = {"n_samples": LENGTH, "sampling_rate": rates}
    times = [59.0, 23.0, 70.0]  # without a rate there is no range
    np.testing.assert_array_equal(check_arrivals("s", times, 3, **valid), times)
    with pytest.raises(ValueError, match=r"from 0 to 23\.99 s, .* record 1 has 24"):
        check_arrivals("s", [59.0, 24.0, 1.0], 3, **valid)
    early = [-1e3, 0.0, np.nan]
    found = check_arrivals("origin", early, 3, earliest=-np.inf, **valid)
    np.testing.assert_array_equal(found, early)
    with pytest.raises(ValueError, match=r"origin must be at most 59\.975 s"):
        check_arrivals("origin", [60.0, 0, 0], 3, earliest=-np.inf, **valid)


def test_a_common_time_is_checked_too():
    record = {"n_samples": LENGTH, "sampling_rate": RATE}
    for time in (None, 0.0, 59.975):
        check_arrival("p_arrival", time, **record)
    with pytest.raises(ValueError, match=r"got 800\. p_arrival is in seconds; for sam"):
        check_arrival("p_arrival", 800, **record)
    with pytest.raises(ValueError, match=r"from 0 to 59\.975 s, or None .*; got 60\.0"):
        check_arrival("p_arrival", 60.0, **record)

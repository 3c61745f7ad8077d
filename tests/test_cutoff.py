"""Check the automatic cut-off against known signals, symmetries and statuses."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skseisfp.datasets import load_records, make_seismograms
from skseisfp.signal import cutoff_range, estimate_cutoffs

RATE = 40.0
STATISTICS = ("window", "stationarity")
DATA = os.environ.get("SKSEISFP_DATA")


def load_benchmark():
    path = Path(__file__).parents[1] / "benchmarks" / "cutoff_quality.py"
    spec = importlib.util.spec_from_file_location("cutoff_quality", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


quality = load_benchmark()


def coloured_noise(rng, corners, n_samples, slope=4):
    """Gaussian noise of unit rms below a corner frequency."""
    frequencies = np.fft.rfftfreq(n_samples, 1 / RATE)
    shape = 1 / (1 + (frequencies / np.asarray(corners)[:, None]) ** slope)
    shape[:, 0] = 0
    spectrum = rng.standard_normal((2, *shape.shape))
    noise = np.fft.irfft(shape * (spectrum[0] + 1j * spectrum[1]), n_samples)
    return noise / noise.std(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def bunch():
    return make_seismograms(120, return_clean=True, random_state=7)


@pytest.fixture(scope="module")
def truth(bunch):
    return bunch.clean.astype(float)


@pytest.fixture(scope="module")
def noisy(truth):
    rng = np.random.default_rng(0)
    corners = np.exp(rng.uniform(np.log(0.2), np.log(3.0), len(truth)))
    noise = coloured_noise(rng, corners, truth.shape[1])
    ratio = rng.choice([0.25, 0.5, 1.0, 2.0, 5.0, 10.0], (len(truth), 1))
    return truth + ratio * np.abs(truth).max(axis=1, keepdims=True) * noise


def estimate(X, **parameters):
    return estimate_cutoffs(X, sampling_rate=RATE, **parameters)


def test_quality_on_stationary_low_frequency_noise(truth, noisy):
    """At least 90 % within half an octave, and far better than 2 Hz for all."""
    table = pd.DataFrame(index=range(len(truth)))
    table = quality.judge(noisy, truth, table, RATE, quality.make_methods(RATE))
    assert (table["window: octaves"].abs() <= 0.5).mean() >= 0.9
    assert (table["stationarity: octaves"].abs() <= 0.5).mean() >= 0.75
    regret = table[[name for name in table if "regret" in name]].median()
    assert regret["window: regret"] < 0.3
    assert regret["stationarity: regret"] < 0.6
    assert regret["fixed 2 Hz: regret"] > regret["window: regret"] + 5.0


@pytest.mark.skipif(DATA is None, reason="SKSEISFP_DATA is not set")
def test_quality_on_real_noise():
    """At least 90 % within half an octave, and above a filter that cuts everything."""
    bunch = load_records(Path(DATA) / "pnw", query=quality.PNW_QUERY)
    records, truth, table = quality.make_cases(bunch, 1, ratios=(0.25, 1.0))
    methods = quality.make_methods(RATE)
    methods = {name: methods[name] for name in ("window", quality.EVERYTHING)}
    table = quality.judge(records, truth, table, RATE, methods)
    held_out = table[table["half"] == "B"]
    assert len(held_out) > 50
    for cases in quality.split_recoverable(held_out).values():
        hits = {name: quality.hit(cases, name).mean() for name in methods}
        assert hits["window"] >= max(0.9, hits[quality.EVERYTHING] + 0.1)
        assert cases["window: regret"].median() < 0.3
        summary = quality.summarise(cases, quality.EVERYTHING)
        assert summary["above cut everything, %"].split() == ["0.0", "[0,", "0]"]


def test_oracle_of_the_benchmark_is_the_least_error(truth, noisy):
    oracle, best_db = quality.find_oracle(noisy[:5], truth[:5], RATE)
    least = quality.squared_error(noisy[:5], truth[:5], oracle, RATE)
    signal = (truth[:5] ** 2).sum(axis=1)
    np.testing.assert_allclose(10 * np.log10(signal / least), best_db, atol=0.05)
    low, high = cutoff_range(truth.shape[1], sampling_rate=RATE)
    for factor in (0.9, 1.1):
        shifted = np.clip(oracle * factor, low, high)
        error = quality.squared_error(noisy[:5], truth[:5], shifted, RATE)
        assert (error >= least * (1 - 1e-3)).all()


def test_noise_alone_holds_no_signal(bunch, truth):
    rng = np.random.default_rng(1)
    white = rng.standard_normal((100, truth.shape[1]))
    red = coloured_noise(rng, np.geomspace(0.1, 5.0, 100), truth.shape[1])
    for X in (white, red, bunch.data - bunch.clean):
        assert (estimate(X)["status"] == "no_signal").mean() >= 0.95
    assert np.quantile(estimate(white)["detection"], 0.9) < 0.1


def test_clean_records_need_no_filter(truth):
    assert (estimate(truth)["status"] == "no_noise").mean() >= 0.9


@pytest.mark.parametrize("statistic", STATISTICS)
def test_constant_records_hold_no_signal(statistic):
    X = np.array([np.zeros(2000), np.full(2000, 7.0), np.linspace(0, 9, 2000)])
    table = estimate(X, statistic=statistic)
    assert (table["status"] == "no_signal").all()
    assert all(np.isfinite(table[name]).all() for name in table.dtype.names[2:])


def test_noise_in_the_band_of_the_signal_is_an_overlap(truth):
    rng = np.random.default_rng(2)
    white = rng.standard_normal(truth.shape)
    peak = np.abs(truth).max(axis=1, keepdims=True)
    status = estimate(truth + 0.15 * peak * white)["status"]
    assert np.isin(status, ["overlap", "no_signal"]).mean() >= 0.9
    assert (status == "overlap").mean() >= 0.5


def test_noise_that_swells_is_nonstationary(truth):
    rng = np.random.default_rng(3)
    noise = coloured_noise(rng, np.full(len(truth), 0.7), truth.shape[1])
    noise *= 0.3 * np.abs(truth).max(axis=1, keepdims=True)
    swell = np.exp(np.linspace(-3, 1, truth.shape[1]))
    steady, swelling = estimate(truth + noise), estimate(truth + noise * swell)
    assert (steady["status"] == "nonstationary").mean() <= 0.02
    assert (swelling["status"] == "nonstationary").mean() >= 0.4


@pytest.mark.parametrize("statistic", STATISTICS)
def test_more_noise_raises_the_cutoff(truth, statistic):
    rng = np.random.default_rng(4)
    noise = coloured_noise(rng, np.full(len(truth), 0.7), truth.shape[1])
    noise *= np.abs(truth).max(axis=1, keepdims=True)
    means = [
        np.log2(estimate(truth + ratio * noise, statistic=statistic)["cutoff"]).mean()
        for ratio in (0.1, 0.3, 1.0, 3.0, 10.0)
    ]
    assert (np.diff(means) > 0).all()


@pytest.mark.parametrize("statistic", STATISTICS)
@given(exponent=st.integers(-60, 60), sign=st.sampled_from([-1.0, 1.0]))
@settings(max_examples=10, deadline=None)
def test_gain_and_polarity_do_not_matter(noisy, statistic, exponent, sign):
    X = noisy[:6]
    expected = estimate(X, statistic=statistic)
    scaled = estimate(np.ldexp(sign * X, exponent), statistic=statistic)
    np.testing.assert_array_equal(scaled, expected)
    other = estimate(sign * 3.7 * X, statistic=statistic)
    np.testing.assert_allclose(other["cutoff"], expected["cutoff"], rtol=1e-6)


@pytest.mark.parametrize("statistic", STATISTICS)
@given(rate=st.floats(0.01, 1e4))
@settings(max_examples=10, deadline=None)
def test_cutoff_scales_with_the_sampling_rate(noisy, statistic, rate):
    X = noisy[:6]
    expected = estimate(X, statistic=statistic)
    table = estimate_cutoffs(X, sampling_rate=rate, statistic=statistic)
    np.testing.assert_allclose(
        table["cutoff"] / rate, expected["cutoff"] / RATE, rtol=1e-6
    )
    np.testing.assert_array_equal(table["status"], expected["status"])


@pytest.mark.parametrize(("statistic", "share"), [("stationarity", 1), ("window", 0.9)])
def test_time_reversal_does_not_matter(noisy, statistic, share):
    """The quietest columns of the window statistic may differ in a tie."""
    X = noisy[:, :3584]
    forwards = estimate(X, statistic=statistic)["cutoff"]
    backwards = estimate(X[:, ::-1], statistic=statistic)["cutoff"]
    assert np.isclose(backwards, forwards, rtol=0.02).mean() >= share


def test_offset_line_and_precision_do_not_matter(noisy):
    expected = estimate(noisy)["cutoff"]
    line = np.linspace(1.0, 3.0, noisy.shape[1]) * np.abs(noisy).max()
    np.testing.assert_allclose(estimate(noisy + line)["cutoff"], expected, rtol=1e-6)
    single = estimate(noisy.astype(np.float32))["cutoff"]
    np.testing.assert_allclose(single, expected, rtol=1e-2)


def test_records_do_not_mix(noisy):
    table = estimate(noisy)
    order = np.random.default_rng(0).permutation(len(noisy))
    for rows in (order, [5]):
        alone = estimate(noisy[rows])
        np.testing.assert_allclose(alone["cutoff"], table["cutoff"][rows], rtol=1e-9)
        np.testing.assert_array_equal(alone["status"], table["status"][rows])


def test_channels_share_a_cutoff(noisy):
    single = estimate(noisy)
    np.testing.assert_allclose(
        estimate(np.stack([noisy] * 3, axis=1))["cutoff"], single["cutoff"], rtol=1e-6
    )
    quiet = 1e-6 * noisy[::-1]
    with_quiet = np.stack([quiet, noisy], axis=1)
    np.testing.assert_allclose(
        estimate(with_quiet)["cutoff"], single["cutoff"], rtol=1e-3
    )


def test_known_arrival_keeps_earlier_bursts_out_of_the_event(bunch, truth):
    rng = np.random.default_rng(5)
    p_arrival = bunch.frame["p_arrival"].to_numpy() - 1
    noise = coloured_noise(rng, np.full(len(truth), 0.7), truth.shape[1])
    time = np.arange(truth.shape[1]) / RATE
    burst = 1 + 8 * np.exp(-0.5 * ((time - 6.0) / 2.0) ** 2)
    peak = np.abs(truth).max(axis=1, keepdims=True)
    X = truth + peak * noise * burst
    oracle, _ = quality.find_oracle(X, truth, RATE)
    blind, informed = estimate(X), estimate(X, p_arrival=p_arrival)
    assert (np.abs(np.log2(blind["cutoff"] / oracle)) <= 0.5).mean() < 0.3
    assert (np.abs(np.log2(informed["cutoff"] / oracle)) <= 0.5).mean() > 0.7
    assert (informed["status"] == "nonstationary").mean() > 0.7


def test_unknown_arrivals_change_nothing(noisy):
    unknown = np.full(len(noisy), np.nan)
    known = estimate(noisy, p_arrival=np.where(np.arange(len(noisy)) % 2, 20, np.nan))
    expected = estimate(noisy)
    np.testing.assert_array_equal(estimate(noisy, p_arrival=unknown), expected)
    np.testing.assert_array_equal(known[::2], expected[::2])
    assert (known[1::2] != expected[1::2]).any()


@given(
    n_samples=st.integers(1, 60),
    n_channels=st.integers(1, 3),
    statistic=st.sampled_from(STATISTICS),
    seed=st.integers(0, 100),
)
@settings(max_examples=40, deadline=None)
def test_any_length_has_a_valid_cutoff(n_samples, n_channels, statistic, seed):
    X = np.random.default_rng(seed).standard_normal((3, n_channels, n_samples))
    low, high = cutoff_range(n_samples, sampling_rate=RATE)
    cutoffs = estimate(X, statistic=statistic)["cutoff"]
    assert ((cutoffs >= low * (1 - 1e-9)) & (cutoffs <= high * (1 + 1e-9))).all()


@pytest.mark.parametrize("statistic", STATISTICS)
def test_limits_are_kept(noisy, statistic):
    cutoffs = estimate(noisy, statistic=statistic, f_min=0.5, f_max=0.9)["cutoff"]
    assert ((cutoffs >= 0.5) & (cutoffs <= 0.9)).all()
    assert len(np.unique(cutoffs)) > 2


@pytest.mark.parametrize(
    "limits", [{"f_min": 0.0}, {"f_min": 3.0, "f_max": 2.0}, {"f_max": 20.0}]
)
def test_invalid_limits(limits):
    with pytest.raises(ValueError, match="0 < f_min < f_max < Nyquist"):
        cutoff_range(1000, sampling_rate=RATE, **limits)


def test_unknown_statistic(noisy):
    with pytest.raises(ValueError, match="statistic must be one of 'window'"):
        estimate(noisy, statistic="haar")


@pytest.mark.parametrize("shape", [(2, 2, 3, 400), (2, 0, 400)])
def test_invalid_shapes(shape):
    with pytest.raises(ValueError, match=r"\(n_records, n_channels, n_samples\); got"):
        estimate_cutoffs(np.ones(shape))

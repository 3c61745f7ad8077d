from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal.windows import tukey
from scipy.stats import kurtosis, skew
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline

from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import PhysicsFeatures
from skseisfp.signal._moments import skewness_kurtosis
from skseisfp.signal.phase_windows import band_weights, rg_window, window_power

RATE = 100.0
P, S, N_SAMPLES = 2000, 3500, 8000
WITH_UNITS = {"phi_p", "phi_s", "phi_event", "ml_mc"}
SIGNED = {"first_motion", "envelope_skewness"}
BLIND = {"magnitude", "banding", "stability", "envelope"}
OF_EVENT = [f"{name}_event" for name in ("fc", "t_star", "phi", "misfit")]


def bursts(p=1.0, s=1.0, noise=0.1, n_records=1, n_channels=3, seed=0):
    """White P and S of given levels, which do not overlap, in white noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(N_SAMPLES)
    level = np.where(time >= P, p, 0.0) * (time < S) + np.where(time >= S, s, 0.0)
    draws = rng.standard_normal((2, n_records, n_channels, N_SAMPLES))
    return level * draws[0] + noise * draws[1]


def brune_pulse(sample, corner, level, n_derivatives=1):
    """Motion of a Brune source, whose displacement is t exp(-2 pi fc t)."""
    angles = 2j * np.pi * np.fft.rfftfreq(N_SAMPLES, 1 / RATE)
    lines = angles**n_derivatives * level / (1 + angles / (2 * np.pi * corner)) ** 2
    return RATE * np.fft.irfft(lines * np.exp(-angles * sample / RATE))


def brune_coda(corner, t_star=0.0, n_records=1):
    """Decaying noise of three channels that a Brune source colours, from P on."""
    rng = np.random.default_rng(0)
    f = np.fft.rfftfreq(N_SAMPLES, 1 / RATE)
    velocity = f / (1 + (f / corner) ** 2) * np.exp(-np.pi * f * t_star)
    time = np.arange(N_SAMPLES)
    level = np.where(time >= P, np.exp(-(time - P).clip(0) / (6 * RATE)), 0.0)
    white = level * rng.standard_normal((n_records, 3, N_SAMPLES))
    coda = np.fft.irfft(np.fft.rfft(white) * velocity)
    return coda / coda.std() + 1e-3 * rng.standard_normal(coda.shape)


def table(X, p=P, s=S, **params):
    transformer = PhysicsFeatures(sampling_rate=RATE, **params)
    transformer.set_output(transform="pandas")
    samples = {"p_arrival": p, "s_arrival": s}
    given = {
        name: np.full(len(X), sample / RATE)
        for name, sample in samples.items()
        if sample is not None
    }
    return transformer.fit_transform(X, **given)


# records of known features


@pytest.mark.parametrize("ratio", [0.2, 1.0, 5.0])
def test_the_ratio_of_p_to_s_is_that_of_the_source(ratio):
    X = bursts(p=ratio, s=1.0, noise=0.5 * min(ratio, 1), n_records=8)
    wide = {"p_window": (0.0, 14.0), "s_window": (0.0, 40.0), "features": "ratios"}
    wide["noise_window"] = (-19.0, -1.0)
    corrected = table(X, **wide)["log_ps_5_25"].mean()
    assert corrected == pytest.approx(np.log10(ratio), abs=0.02)
    noisy = table(X, **{**wide, "noise_window": None})["log_ps_5_25"].mean()
    n = 0.25 * min(ratio, 1) ** 2
    expected = 0.5 * np.log10((ratio**2 + n) / (1 + n))
    assert noisy == pytest.approx(expected, abs=0.02)


def test_corners_and_levels_of_brune_pulses_come_back():
    X = brune_pulse(P, 6.0, 3.0) + brune_pulse(S, 3.0, 20.0)
    X = X[None] + 1e-3 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    row = table(X, features="source").loc[0]
    assert row["fc_p"] == pytest.approx(6.0, rel=0.05)
    assert row["fc_s"] == pytest.approx(3.0, rel=0.05)
    assert row["log_fc_ratio"] == pytest.approx(np.log10(2), abs=0.03)
    assert row["phi_p"] == pytest.approx(np.log10(3 * 6**3), abs=0.1)
    assert row["phi_s"] == pytest.approx(np.log10(20 * 3**3), abs=0.1)
    X = brune_pulse(P, 6.0, 3.0, 2) + brune_pulse(S, 3.0, 20.0, 2)
    X = X[None] + 1e-3 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    again = table(X, features="source", motion="acceleration").loc[0]
    assert again["fc_s"] == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize("corner", [2.0, 6.0, 15.0])
def test_the_corner_of_a_pulse_comes_back_without_onsets(corner):
    X = brune_pulse(P, corner, 3.0)
    X = X[None] + 1e-4 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    row = table(X, p=None, s=None, features="source")[OF_EVENT].loc[0]
    assert row["fc_event"] == pytest.approx(corner, rel=0.02)
    assert row["phi_event"] == pytest.approx(np.log10(3 * corner**3), abs=0.03)
    assert row["t_star_event"] == pytest.approx(0, abs=1e-3)
    assert row["misfit_event"] < 0.01


@pytest.mark.parametrize(("corner", "t_star"), [(2.0, 0.05), (4.0, 0.02), (8.0, 0.0)])
def test_the_corner_of_a_coda_comes_back_without_onsets(corner, t_star):
    X = brune_coda(corner, t_star, n_records=8)
    values = table(X, p=None, s=None, features="source")[OF_EVENT]
    np.testing.assert_allclose(values["fc_event"], corner, rtol=0.25)
    assert values["fc_event"].median() == pytest.approx(corner, rel=0.1)
    assert values["t_star_event"].median() == pytest.approx(t_star, abs=0.003)
    known = table(X, s=None, features="source")[OF_EVENT]
    np.testing.assert_allclose(known["fc_event"], corner, rtol=0.35)


def test_noise_before_the_event_is_taken_off():
    time = np.arange(N_SAMPLES) / RATE
    X = brune_coda(6.0, n_records=16)
    drone = X + 0.7 * np.sin(2 * np.pi * 1.5 * time)
    features, name = ("source", "spectral"), "spectral_log_low_high"
    clear, noisy, kept = (
        table(records, p=None, s=None, features=features, noise_window=window)[name]
        for records, window in ((X, (-6, -1)), (drone, (-6, -1)), (drone, None))
    )
    assert noisy.mean() == pytest.approx(clear.mean(), abs=0.05)
    assert kept.mean() > clear.mean() + 0.2
    begins = table(X[..., P:], p=None, s=None, features=features)  # none before it
    assert begins[[*OF_EVENT, name]].notna().all(axis=None)


def test_amplitude_duration_and_complexity_of_a_box():
    X = 0.1 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    time = np.arange(N_SAMPLES) / RATE
    inside = (time >= 20) & (time < 40)
    X[0, inside] += 5 * np.sin(2 * np.pi * 5 * time[inside])
    row = table(X, s=None, features=("magnitude", "complexity"), coda_slope=3.0)
    row = row.loc[0]
    assert row["log_duration"] == pytest.approx(np.log10(20), abs=0.02)
    peak = row["ml_mc"] + 3 * row["log_duration"]
    assert peak == pytest.approx(np.log10(5), abs=0.1)  # the edges ring
    assert row["complexity"] == pytest.approx(np.log10(15 / 5), abs=0.01)
    assert row["log_p_event"] == pytest.approx(0, abs=0.05)
    assert row["log_p_coda"] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("n_samples", range(3000, 3130, 13))
def test_records_of_any_length_have_a_slope(n_samples):
    X = np.random.default_rng(0).standard_normal((2, n_samples))
    features = PhysicsFeatures(sampling_rate=40.0, features="spectral")
    features.set_output(transform="pandas")
    slopes = features.fit_transform(X)["spectral_slope"]
    assert slopes.abs().max(skipna=False) < 0.2


def test_slope_and_ratio_of_a_power_law():
    rng = np.random.default_rng(0)
    frequencies = np.fft.rfftfreq(N_SAMPLES, 1 / RATE)
    decay = np.maximum(frequencies, 1.0) ** -2.0
    phases = np.exp(2j * np.pi * rng.random((10, frequencies.size)))
    X = np.fft.irfft(decay * phases)
    X[:, :P] *= 1e-3
    means = table(X, p=None, s=None, features="spectral").mean()
    assert means["spectral_slope"] == pytest.approx(-2, abs=0.1)
    expected = np.log10((1 / 5 - 1 / 10) / (1 / 1 - 1 / 5))
    assert means["spectral_log_ratio"] == pytest.approx(expected, abs=0.03)


def test_frequencies_of_a_sine():
    time = np.arange(N_SAMPLES) / RATE
    row = table(np.sin(2 * np.pi * 15 * time)[None], p=None, s=None).loc[0]
    for name in ("centroid", "quartile_1", "quartile_3", "peak_frequency"):
        assert row[f"spectral_{name}"] == pytest.approx(15, abs=0.1)
    assert row["spectral_log_energy_10_20"] == pytest.approx(0, abs=1e-3)
    assert row["spectral_log_energy_1_3"] < -4


@pytest.mark.parametrize("sign", [1, -1])
def test_the_first_motion_has_its_sign(sign):
    time = np.arange(N_SAMPLES) / RATE
    X = 1e-3 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    X[0] += sign * np.where(time >= 20, np.sin(2 * np.pi * 2 * (time - 20)), 0)
    value = table(X, features="polarity").iloc[0, 0]
    assert value == pytest.approx(sign, abs=0.05)


def test_low_and_high_s_and_rg():
    time = np.arange(N_SAMPLES) / RATE
    X = 1e-4 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    X[0, S - 100 : S + 900] += np.sin(2 * np.pi * 1.5 * time[S - 100 : S + 900])
    X[0, S - 100 : S + 900] += 0.1 * np.sin(2 * np.pi * 7 * time[S - 100 : S + 900])
    row = table(X, features="ratios").loc[0]
    assert row["log_sg_low_high"] == pytest.approx(1, abs=0.02)
    start, stop = (P + round(t) for t in rg_window(S - P))
    assert start > S + 250
    X[0, start:stop] = 2 * np.sin(2 * np.pi * 1.0 * time[start:stop])
    row = table(X, features="ratios", s_window=(-0.5, 2.5)).loc[0]
    assert row["log_rg_sg"] == pytest.approx(np.log10(2), abs=0.03)


def test_low_and_high_and_halves_of_the_event():
    time = np.arange(N_SAMPLES) / RATE
    X = 1e-4 * np.random.default_rng(0).standard_normal((1, N_SAMPLES))
    inside = slice(P, P + 2000)
    X[0, inside] += np.sin(2 * np.pi * 1.5 * time[inside])
    X[0, inside] += 0.1 * np.sin(2 * np.pi * 7 * time[inside])
    row = table(X, p=None, s=None, features=("complexity", "spectral")).loc[0]
    assert row["spectral_log_low_high"] == pytest.approx(1, abs=0.02)
    assert row["log_halves"] == pytest.approx(0, abs=0.05)
    X[0, P + 1000 : P + 2000] *= 0.5
    row = table(X, s=None, features="complexity").loc[0]
    assert row["log_halves"] == pytest.approx(np.log10(0.25), abs=0.05)


def test_generated_classes_differ_as_their_physics_says():
    bunch = make_seismograms(90, classes=("earthquake", "quarry_blast"), random_state=0)
    features = ("ratios", "banding", "source")
    transformer = PhysicsFeatures(sampling_rate=bunch.sampling_rate, features=features)
    transformer.set_output(transform="pandas")
    arrivals = bunch.frame["p_arrival"], bunch.frame["s_arrival"]
    values = transformer.fit_transform(bunch.data, None, *arrivals)
    blast = bunch.frame["event_type"] == "quarry_blast"
    for name in ("log_ps_6_12", "banding_fourier", "banding_count", "misfit_s"):
        known = values[name].notna()
        assert known.mean() > 0.4
        assert roc_auc_score(blast[known], values[name][known]) > 0.7, name


# invariances


@settings(max_examples=20, deadline=None)
@given(
    exponent=st.integers(-60, 60),
    negative=st.booleans(),
    seed=st.integers(0, 99),
    n_channels=st.integers(1, 3),
)
def test_only_features_with_units_know_the_scale(exponent, negative, seed, n_channels):
    X = bursts(s=2.0, n_channels=n_channels, seed=seed)
    factor = (-1.0 if negative else 1.0) * 2.0**exponent
    before, after = table(X), table(factor * X)
    for name in before:
        expected = before[name]
        if name in WITH_UNITS:
            expected = expected + exponent * np.log10(2)
        elif name in SIGNED and negative:
            expected = -expected
        np.testing.assert_allclose(after[name], expected, atol=1e-9, err_msg=name)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations([1, 2, 0]), seed=st.integers(0, 99))
def test_the_order_of_channels_matters_to_polarity_alone(order, seed):
    X = bursts(s=2.0, seed=seed)
    before, after = table(X), table(X[:, order])
    names = before.columns.drop("first_motion")
    np.testing.assert_allclose(before[names], after[names], atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(batch_size=st.integers(1, 7), n_jobs=st.sampled_from([1, 2]))
def test_a_record_is_described_alone(batch_size, n_jobs):
    X = bursts(n_records=5)
    expected = pd.concat([table(X[row : row + 1]) for row in range(5)])
    found = table(X, batch_size=batch_size, n_jobs=n_jobs)
    np.testing.assert_array_equal(found, expected)


def test_one_component_is_one_channel_and_float32_is_enough():
    X = bursts(n_channels=1)
    np.testing.assert_array_equal(table(X), table(X[:, 0]))
    single = table(X.astype(np.float32))
    assert single.dtypes.unique() == [np.dtype(float)]
    np.testing.assert_allclose(single, table(X), atol=1e-3)


@given(st.integers(0, 99))
def test_moments_are_those_of_scipy(seed):
    values = np.random.default_rng(seed).exponential(size=(3, 50))
    found = skewness_kurtosis(values)
    np.testing.assert_allclose(found[0], skew(values, axis=1))
    np.testing.assert_allclose(found[1], kurtosis(values, axis=1))


@given(
    start=st.integers(0, 500),
    length=st.integers(8, 400),
    padding=st.integers(0, 300),
    seed=st.integers(0, 99),
)
def test_power_adds_up_in_windows_and_bands(start, length, padding, seed):
    record = np.random.default_rng(seed).standard_normal((2, 1000)) + 5
    window = start, start + length
    power = window_power(record, window, length + padding)
    part = record[:, start : start + length]
    taper = tukey(length, 0.1)
    squares = np.square((part - part.mean(axis=1, keepdims=True)) * taper)
    assert power.sum() == pytest.approx(squares.sum() / np.square(taper).sum())
    frequencies = np.fft.rfftfreq(length + padding, 1 / RATE)
    edges = np.linspace(0, 50, 6)
    weights = band_weights(frequencies, list(pairwise(edges)), 50)
    half = frequencies[1] / 2
    within = np.minimum(frequencies + half, 50) - np.maximum(frequencies - half, 0)
    np.testing.assert_allclose(weights.sum(axis=1), np.clip(within / half / 2, 0, 1))


# arrivals


def test_without_onsets_only_phases_are_missing():
    values = table(bursts(), p=None, s=None)
    missing = set(values.columns[values.isna().all()])
    names = set(table(bursts(), features=("ratios", "source", "polarity")).columns)
    names -= set(OF_EVENT)
    names |= {"log_p_event", "log_s_event", "log_p_coda"}
    names |= {"spectral_log_ratio_p", "spectral_log_ratio_s"}
    assert missing == names
    assert values.columns.size == 100
    assert values.drop(columns=list(names)).notna().all(axis=None)
    for group in BLIND:
        assert table(bursts(), p=None, s=None, features=group).notna().all(axis=None)


def test_s_is_missing_unless_asked_for():
    X = bursts(n_records=2)
    p, s = [P / RATE, np.nan], S / RATE
    kind = {"sampling_rate": RATE, "features": "ratios"}
    origin = np.full(2, P / RATE - 20)
    estimated = PhysicsFeatures(vp_vs=1.75, **kind)
    alone = PhysicsFeatures(**kind)
    known = alone.fit_transform(X, p_arrival=p, s_arrival=[s, s])
    np.testing.assert_array_equal(
        estimated.fit_transform(X, p_arrival=p, origin=origin), known
    )
    assert np.isnan(known[1]).all()
    assert np.isnan(alone.fit_transform(X, p_arrival=p, origin=origin)).all()
    np.testing.assert_array_equal(
        estimated.fit_transform(X, p_arrival=p, s_arrival=[s, np.nan]), known
    )


def test_onsets_common_to_all_records_stand_in_for_arrivals():
    X = bursts(n_records=3)
    common = PhysicsFeatures(sampling_rate=RATE, p_arrival=P / RATE, s_arrival=S / RATE)
    np.testing.assert_array_equal(common.fit_transform(X), table(X))
    p_arrival = np.array([P, np.nan, P + 200]) / RATE
    later = common.fit_transform(X, p_arrival=p_arrival)
    np.testing.assert_array_equal(later[:2], table(X)[:2])
    assert (later[2] != table(X).iloc[2]).any()


def test_windows_that_leave_the_record_are_missing():
    X = bursts()
    early = table(X, p=200.0, features="ratios")  # no noise before P
    assert early.isna().all(axis=None)
    np.testing.assert_array_equal(table(X, s=P - 10.0), table(X, s=None))
    late = table(X, s=N_SAMPLES - 50.0, features="ratios")
    assert late.isna().all(axis=None)
    together = table(X, s=P + 60.0, features="ratios")  # no P of its own
    names = [name for name in together if name.startswith("log_ps")]
    assert together[names].isna().all(axis=None)


def test_bands_above_the_nyquist_frequency_are_missing():
    X = bursts()[..., ::2] + 0.0
    transformer = PhysicsFeatures(
        sampling_rate=50, p_arrival=20, s_arrival=35, ratio_bands=[(10, 25), (10, 26)]
    ).set_output(transform="pandas")
    row = transformer.fit_transform(X).loc[0]
    assert np.isfinite(row["log_ps_10_25"])
    assert np.isnan(row["log_ps_10_26"])
    assert np.isnan(row["spectral_kurtosis_20_50"])
    assert np.isnan(row["spectral_log_energy_20_50"])


def test_dead_and_short_records_do_not_fail():
    noise = np.random.default_rng(0).standard_normal((1, 999))
    for X in (np.zeros((2, 3, 500)), np.ones((1, 1)), np.eye(3), noise):
        s = min(1.0, X.shape[-1] - 1)
        for params in ({"p_arrival": 0.0, "s_arrival": s}, {}, {"sampling_rate": 0.01}):
            values = PhysicsFeatures(**params).fit_transform(X)
            assert not np.isinf(values).any()
            assert len(values) == len(X)


# contract


def test_missing_values_follow_the_policy():
    X = bursts()
    kept = table(X, p=None, features=("ratios", "magnitude"))
    zero = table(X, p=None, features=("ratios", "magnitude"), nan_policy="zero")
    pd.testing.assert_frame_equal(zero, kept.fillna(0.0))
    with pytest.raises(ValueError, match="record 0 has no 'log_ps_10_18'"):
        table(X, p=None, nan_policy="raise")
    table(X, p=None, features="magnitude", nan_policy="raise")


def test_groups_are_selected_in_order():
    X = bursts()
    both = table(X, features=("polarity", "magnitude"))
    assert list(both) == ["first_motion", "log_duration", "ml_mc"]
    whole = table(X)
    assert whole.columns.is_unique
    np.testing.assert_array_equal(whole[list(both)], both)
    bands = table(X, features="ratios", ratio_bands=[(2, 4.5)])
    assert list(bands) == ["log_ps_2_4.5", "log_rg_sg", "log_sg_low_high"]
    frame = pd.DataFrame(X[:, 0], index=["record"])
    assert table(frame).index.tolist() == ["record"]


def test_arrivals_travel_through_pipelines_and_folds(routing):
    bunch = make_seismograms(72, classes=("earthquake", "quarry_blast"), random_state=0)
    transformer = PhysicsFeatures(
        sampling_rate=bunch.sampling_rate, features="ratios", ratio_bands=[(4, 12)]
    ).set_transform_request(p_arrival=True, s_arrival=True)
    model = make_pipeline(
        transformer, SimpleImputer(keep_empty_features=True), LogisticRegression()
    )
    params = {
        "p_arrival": bunch.frame["p_arrival"],
        "s_arrival": bunch.frame["s_arrival"],
    }
    informed, blind = (
        cross_validate(
            clone(model),
            bunch.data,
            bunch.target,
            params={"groups": bunch.groups, **given},
            cv=GroupKFold(3),
            return_estimator=True,
            error_score="raise",
        )
        for given in (params, {})
    )
    assert informed["test_score"].mean() > 0.7
    for estimator in blind["estimator"]:
        assert not estimator[-1].coef_.any()
    fitted = model.fit(bunch.data, bunch.target, **params)
    rows = slice(10, 20)
    some = {name: values[rows] for name, values in params.items()}
    np.testing.assert_array_equal(
        fitted.predict(bunch.data[rows], **some),
        fitted.predict(bunch.data, **params)[rows],
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sampling_rate": 0}, "sampling_rate must be .* Hz; got 0"),
        ({"features": "ratio"}, "Did you mean 'ratios'"),
        ({"features": ()}, "features must be .* names of groups, each once"),
        ({"features": ("ratios", "ratios")}, "features must be .* each once"),
        ({"features": ("ratio", "source")}, "features must be .* 'ratios', .* got"),
        ({"ratio_bands": [(4, 2)]}, "ratio_bands must be .* pairs of increasing"),
        ({"ratio_bands": [(-1, 2)]}, "ratio_bands must be .* frequencies in Hz"),
        ({"ratio_bands": 3}, "ratio_bands must be .* or None; got 3"),
        ({"p_window": (3, 1)}, "p_window must be two increasing"),
        ({"noise_window": 3}, "noise_window must be two increasing"),
        ({"s_window": None}, "s_window must be two increasing"),
        ({"complexity_times": (0, 3)}, "complexity_times must be .* positive"),
        ({"p_arrival": -1}, "p_arrival must be .* got -1"),
        ({"s_arrival": 8000.0}, "s_arrival must be .* to 7999 s.* got 8000"),
        ({"vp_vs": 1.0}, "vp_vs must be .* got 1.0"),
        ({"motion": "speed"}, "motion must be one of"),
        ({"nan_policy": "drop"}, "nan_policy must be one of"),
        ({"batch_size": 0}, "batch_size must be .* got 0"),
    ],
)
def test_invalid_parameters(params, message):
    transformer = PhysicsFeatures(**params)
    with pytest.raises(ValueError, match=message):
        transformer.fit(bursts())
    with pytest.raises(ValueError, match=message):
        transformer.transform(bursts())


def test_invalid_input():
    for name in ("p_arrival", "s_arrival", "origin"):
        with pytest.raises(ValueError, match=f"{name} must have one time in seconds"):
            PhysicsFeatures().fit_transform(bursts(), **{name: [1, 2]})
        with pytest.raises(ValueError, match=f"{name} must be .*; record 0 has inf"):
            PhysicsFeatures().fit_transform(bursts(), **{name: [np.inf]})
    with pytest.raises(ValueError, match="X must have 2 to 3 axes"):
        PhysicsFeatures().fit(bursts()[None])
    with pytest.raises(ValueError, match="NaN, first in record 0"):
        PhysicsFeatures().fit([[np.nan, 1.0]])

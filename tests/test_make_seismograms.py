import time
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skseisfp.datasets import make_seismograms
from skseisfp.datasets.synthetic._source import (
    SOURCE_KINDS,
    brune_velocity,
    corner_frequency,
    delay_spectrum,
    radiation_pattern,
)

SEEDS = range(4)
CLASSES = ("earthquake", "quarry_blast", "mine_blast")


@cache
def default_set(seed):
    return make_seismograms(return_clean=True, random_state=seed)


def band_pass(X, low, high, rate=40.0):
    sos = signal.butter(4, [low, high], "bandpass", fs=rate, output="sos")
    return signal.sosfiltfilt(sos, X.astype(float), axis=-1)


def samples_of(bunch, name="p_arrival"):
    """Samples of a phase, at which its times are."""
    return (bunch.frame[name] * bunch.sampling_rate).round().astype(int)


def window_power(X, start, length):
    index = np.asarray(start)[:, None] + np.arange(length)
    return np.mean(np.take_along_axis(X, index, axis=1) ** 2, axis=1)


def log_p_to_s(bunch):
    """Noise-corrected P/S amplitude ratio at the known picks in 4 to 12 Hz."""
    X = band_pass(bunch.data, 4, 12)
    p, s = samples_of(bunch), samples_of(bunch, "s_arrival")
    noise = window_power(X, p - 400, 360)
    span = np.minimum(s - p, 160)
    p_power = [np.mean(x[a : a + n] ** 2) for x, a, n in zip(X, p, span, strict=True)]
    p_power = np.maximum(p_power - noise, 0.05 * noise)
    s_power = np.maximum(window_power(X, s, 200) - noise, 0.05 * noise)
    return 0.5 * np.log10(p_power / s_power)


def test_default_set():
    bunch = default_set(0)
    assert bunch.data.shape == bunch.clean.shape == (716, 3600)
    assert bunch.data.dtype == bunch.clean.dtype == np.float32
    assert np.isfinite(bunch.data).all()
    assert bunch.sampling_rate == 40.0
    assert bunch.target_names == sorted(CLASSES) == list(np.unique(bunch.target))
    records = bunch.frame["event_type"].value_counts()
    assert records.max() - records.min() <= 1
    events = bunch.frame.groupby("event_type")["event_id"].nunique()
    assert events.nunique() == 1
    by_event = bunch.frame.groupby("event_id")
    assert (by_event["event_type"].nunique() == 1).all()
    assert by_event.size().median() >= 3
    assert bunch.frame["record_id"].is_unique
    assert "716 records of 180 events" in bunch.DESCR


def test_bunch_agrees_with_its_frame():
    bunch = default_set(0)
    np.testing.assert_array_equal(bunch.target, bunch.frame["event_type"])
    np.testing.assert_array_equal(bunch.groups, bunch.frame["event_id"])
    np.testing.assert_array_equal(bunch.stations, bunch.frame["station"])
    assert (bunch.frame["p_arrival"] < bunch.frame["s_arrival"]).all()
    assert (bunch.frame["s_arrival"] < bunch.data.shape[1] / 40).all()
    for name in ("p_arrival", "s_arrival"):
        np.testing.assert_array_equal(bunch.frame[name], samples_of(bunch, name) / 40)


def test_default_set_takes_less_than_ten_seconds():
    start = time.process_time()
    make_seismograms(random_state=0)
    assert time.process_time() - start < 10.0


def test_random_state_fixes_everything():
    before = np.random.mtrand._rand.get_state()[1].copy()
    first = make_seismograms(24, random_state=3)
    second = make_seismograms(24, random_state=np.random.RandomState(3))
    np.testing.assert_array_equal(first.data, second.data)
    assert first.frame.equals(second.frame)
    other = make_seismograms(24, random_state=4)
    assert not np.array_equal(first.data, other.data)
    np.testing.assert_array_equal(np.random.mtrand._rand.get_state()[1], before)


def test_p_to_s_ratio_helps_but_does_not_solve():
    for seed in SEEDS:
        bunch = default_set(seed)
        auc = roc_auc_score(bunch.target != "earthquake", log_p_to_s(bunch))
        assert 0.75 <= auc <= 0.9, f"seed {seed}: {auc:.3f}"


def shortcuts(bunch):
    frame = bunch.frame
    amplitude = np.abs(bunch.data).max(axis=1)
    return {
        "amplitude": amplitude,
        "amplitude of the signal": np.abs(bunch.clean).max(axis=1),
        "amplitude, 2 to 10 Hz": np.abs(band_pass(bunch.data, 2, 10)).max(axis=1),
        "snr": frame["snr_db"],
        "distance": frame["distance_km"],
        "azimuth": frame["back_azimuth_deg"],
        "magnitude": frame["magnitude"],
        "P time": frame["p_arrival"],
        "S minus P time": frame["s_arrival"] - frame["p_arrival"],
        "noise before P": bunch.data[:, :560].std(axis=1),
        "row number": np.arange(len(frame)),
    }


def test_no_single_number_is_a_shortcut():
    aucs = {}
    for seed in SEEDS:
        bunch = default_set(seed)
        for name, values in shortcuts(bunch).items():
            for label in CLASSES:
                auc = roc_auc_score(bunch.target == label, values)
                aucs.setdefault((name, label), []).append(auc)
    means = {key: np.mean(values) for key, values in aucs.items()}
    assert {key: auc for key, auc in means.items() if not 0.4 <= auc <= 0.6} == {}


def grouped_auc(features, bunch, *steps):
    """Event-grouped AUC of earthquakes by logistic regression."""
    model = make_pipeline(*steps, LogisticRegression(C=0.1, max_iter=1000))
    y = bunch.target == "earthquake"
    scores = cross_val_predict(
        model,
        features,
        y,
        groups=bunch.groups,
        cv=GroupKFold(5, shuffle=True, random_state=0),
        method="decision_function",
    )
    return roc_auc_score(y, scores)


def test_stations_are_not_a_shortcut():
    aucs = [
        grouped_auc(bunch.stations[:, None], bunch, OneHotEncoder())
        for bunch in map(default_set, SEEDS)
    ]
    assert 0.38 <= np.mean(aucs) <= 0.6


def test_noise_before_the_event_is_not_a_shortcut():
    aucs = []
    for bunch in map(default_set, SEEDS):
        f, spectra = signal.periodogram(bunch.data[:, :560], 40.0)
        edges = np.searchsorted(f, np.geomspace(0.25, 19, 13))
        power = np.add.reduceat(spectra, edges, axis=1)
        aucs.append(grouped_auc(np.log(power), bunch, StandardScaler()))
    assert 0.4 <= np.mean(aucs) <= 0.6


def test_noise_makes_the_cutoff_matter():
    for seed in SEEDS:
        bunch = default_set(seed)
        noise = (bunch.data - bunch.clean).astype(float)
        low = signal.butter(4, 2.0, fs=40.0, output="sos")
        peak = np.abs(signal.sosfiltfilt(low, noise, axis=1)).max(axis=1)
        share = np.mean(peak > np.abs(bunch.clean).max(axis=1))
        assert 0.2 <= share <= 0.6, f"seed {seed}: {share:.2f}"


def test_the_best_cutoff_differs_among_records():
    bunch = default_set(0)
    cutoffs = 2.0 ** np.arange(-3.0, 3.1, 0.5)
    errors = []
    for cutoff in cutoffs:
        sos = signal.butter(4, cutoff, "high", fs=40.0, output="sos")
        filtered = signal.sosfiltfilt(sos, bunch.data.astype(float), axis=1)
        errors.append(((filtered - bunch.clean) ** 2).sum(axis=1))
    errors = 10.0 * np.log10(errors)
    best = cutoffs[errors.argmin(axis=0)]
    assert np.quantile(best, 0.9) / np.quantile(best, 0.1) > 4
    regret = np.median(errors - errors.min(axis=0), axis=1)
    assert regret.min() > 1.5  # dB lost by any one cut-off for all
    assert regret[0] > 8.0  # dB lost without a filter


def test_stations_differ_in_their_noise():
    bunch = default_set(0)
    level = np.log10((bunch.data - bunch.clean).std(axis=1))
    by_station = bunch.frame.assign(level=level).groupby("station")["level"]
    assert by_station.mean().std() > 0.25


def test_noise_level_scales_the_noise_alone():
    clean = make_seismograms(30, noise_level=0, return_clean=True, random_state=1)
    np.testing.assert_array_equal(clean.data, clean.clean)
    assert np.isinf(clean.frame["snr_db"]).all()
    noisy = make_seismograms(30, return_clean=True, random_state=1)
    np.testing.assert_array_equal(noisy.clean, clean.data)
    double = make_seismograms(30, noise_level=2, random_state=1)
    np.testing.assert_allclose(
        double.data - clean.data,
        2 * (noisy.data - clean.data),
        rtol=1e-3,
        atol=1e-4 * np.abs(double.data).max(),
    )
    np.testing.assert_allclose(
        noisy.frame["snr_db"] - double.frame["snr_db"], 20 * np.log10(2), atol=1e-3
    )


def test_snr_is_what_it_says():
    bunch = default_set(0)
    clean = band_pass(bunch.clean, 2, 10)
    noise = band_pass(bunch.data - bunch.clean, 2, 10)
    power = window_power(clean, samples_of(bunch), 1200)
    snr_db = 10 * np.log10(power / np.mean(noise**2, axis=1))
    assert np.median(np.abs(snr_db - bunch.frame["snr_db"])) < 0.5


def test_signals_start_at_p():
    bunch = default_set(0)
    power = bunch.clean.astype(float) ** 2
    before = [x[: p - 20].sum() for x, p in zip(power, samples_of(bunch), strict=True)]
    assert np.median(before / power.sum(axis=1)) < 1e-3


def test_amplitudes_follow_the_magnitude():
    bunch = default_set(0)
    peak = np.log10(np.abs(band_pass(bunch.clean, 1.2, 10)).max(axis=1))
    frame = bunch.frame.assign(peak=peak).groupby("event_id")
    means = frame[["peak", "magnitude", "distance_km"]].mean()
    distance = np.log10(means["distance_km"])
    design = np.column_stack([means["magnitude"], distance, np.ones(len(means))])
    slope = np.linalg.lstsq(design, means["peak"], rcond=None)[0]
    assert slope[0] == pytest.approx(1.0, abs=0.1)
    assert slope[1] == pytest.approx(-1.3, abs=0.4)


def test_only_quarry_blasts_have_rg():
    bunch = make_seismograms(240, noise_level=0, random_state=0)
    frame = bunch.frame
    near = (frame["distance_km"] > 30) & (frame["distance_km"] < 120)
    origin = frame["p_arrival"] - np.hypot(frame.distance_km, frame.depth_km) / 6.1
    start = (40 * (origin + frame["distance_km"] / 2.75)).astype(int)
    low = window_power(band_pass(bunch.data, 0.8, 1.8), start, 400)
    high = window_power(band_pass(bunch.data, 5, 10), start, 400)
    ratio = (
        frame.assign(ratio=np.log10(low / high))[near]
        .groupby("event_type")["ratio"]
        .median()
    )
    assert ratio["quarry_blast"] > ratio["mine_blast"] + 0.7
    assert ratio["mine_blast"] < 0.3


def test_bands_of_a_blast_are_common_to_its_stations():
    bunch = make_seismograms(240, noise_level=0, records_per_event=6, random_state=0)
    index = samples_of(bunch).to_numpy()[:, None] + np.arange(1200)
    X = np.take_along_axis(bunch.data, index, axis=1)
    f, spectra = signal.welch(X, 40.0, nperseg=256)
    inside = (f > 2) & (f < 16)
    shape = signal.detrend(np.log(spectra[:, inside]), axis=1)
    shape -= signal.savgol_filter(shape, 45, 2, axis=1)
    alike = {label: [] for label in CLASSES}
    for event, rows in bunch.frame.groupby("event_id").groups.items():
        if len(rows) > 1:
            pairs = np.corrcoef(shape[rows])[np.triu_indices(len(rows), 1)]
            alike[event_type(bunch, event)].append(pairs.mean())
    assert np.mean(alike["quarry_blast"]) > np.mean(alike["earthquake"]) + 0.3
    assert np.mean(alike["mine_blast"]) > np.mean(alike["earthquake"]) + 0.3


def event_type(bunch, event):
    return bunch.target[bunch.groups == event].iloc[0]


def test_three_components():
    bunch = make_seismograms(60, n_components=3, noise_level=0, random_state=0)
    assert bunch.data.shape == (60, 3, 3600)
    assert bunch.components == "ZNE"
    p, s = samples_of(bunch).to_numpy(), samples_of(bunch, "s_arrival").to_numpy()
    wide = s - p > 120
    power_p, power_s = (
        np.stack([window_power(bunch.data[:, c], start, 40) for c in range(3)])
        for start in (p, s)
    )
    vertical_p = power_p[0] / power_p.sum(axis=0)
    vertical_s = power_s[0] / power_s.sum(axis=0)
    assert np.median(vertical_p[wide]) > 0.6
    assert np.median(vertical_s[wide]) < 0.4


def test_p_points_back_to_the_source():
    bunch = make_seismograms(60, n_components=3, noise_level=0, random_state=0)
    index = samples_of(bunch).to_numpy()[:, None, None] + np.arange(16)
    p = np.take_along_axis(bunch.data, index, axis=2).astype(float)
    z, n, e = np.moveaxis(p, 1, 0)
    azimuth = np.arctan2((z * e).sum(axis=1), (z * n).sum(axis=1))  # away from source
    expected = np.radians(bunch.frame["back_azimuth_deg"]) + np.pi
    wrong = np.angle(np.exp(1j * (azimuth - expected)))
    assert np.median(np.abs(wrong)) < np.radians(20)


@settings(max_examples=15, deadline=None)
@given(
    n_records=st.integers(3, 40),
    n_stations=st.integers(1, 5),
    share=st.floats(0, 1),
    classes=st.lists(st.sampled_from(CLASSES), min_size=1, max_size=3, unique=True),
    seed=st.integers(0, 2**31 - 1),
)
def test_records_are_divided_among_classes(n_records, n_stations, share, classes, seed):
    bunch = make_seismograms(
        n_records,
        classes=classes,
        n_stations=n_stations,
        records_per_event=1 + share * (n_stations - 1),
        sampling_rate=20.0,
        duration=70.0,
        random_state=seed,
    )
    assert bunch.data.shape == (n_records, 1400)
    assert np.isfinite(bunch.data).all()
    assert set(bunch.target) == set(classes)
    counts = bunch.frame["event_type"].value_counts()
    assert counts.max() - counts.min() <= 1
    assert not bunch.frame.duplicated(["event_id", "station"]).any()
    assert (bunch.frame.groupby("event_id")["event_type"].nunique() == 1).all()
    assert (bunch.frame["s_arrival"] < 70).all()


def test_one_class_may_be_named_by_a_string():
    bunch = make_seismograms(4, classes="mine_blast", random_state=0)
    assert set(bunch.target) == {"mine_blast"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_records": 0}, "n_records == 0"),
        ({"n_records": 2}, "n_records must be at least the number of classes, 3"),
        ({"classes": ("quake",)}, "classes must be one of 'earthquake'"),
        ({"classes": ("mine_blast", "mine_blast")}, "must name each class once"),
        ({"classes": ()}, "must name each class once"),
        ({"n_components": 2}, "n_components must be one of 1, 3"),
        ({"sampling_rate": 10.0}, "sampling_rate == 10.0"),
        ({"duration": 30.0}, "duration == 30.0"),
        ({"noise_level": -1.0}, "noise_level == -1.0"),
        ({"n_stations": 0}, "n_stations == 0"),
        ({"records_per_event": 13}, "records_per_event == 13"),
    ],
)
def test_wrong_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_seismograms(**({"n_records": 12} | arguments))


def test_brune_spectrum():
    f = np.array([0.1, 10.0, 1000.0, 2000.0])
    spectrum = np.abs(brune_velocity(f, np.array([10.0])))[0] / (2 * np.pi * f)
    np.testing.assert_allclose(spectrum[:2], [1.0, 0.5], rtol=1e-3)
    assert spectrum[2] / spectrum[3] == pytest.approx(4.0, rel=1e-3)
    assert corner_frequency(3.0, 8e6) == pytest.approx(2 * corner_frequency(3.0, 1e6))
    assert corner_frequency(2.0, 1e6) == pytest.approx(
        10**0.5 * corner_frequency(3, 1e6)
    )


def test_double_couple_radiation():
    rng = np.random.default_rng(0)
    azimuth = rng.uniform(0, 2 * np.pi, 200_000)
    takeoff = np.arccos(rng.uniform(-1, 1, 200_000))
    p, s = radiation_pattern(0.4, 1.1, -0.7, azimuth, takeoff)
    assert np.mean(p**2) == pytest.approx(4 / 15, rel=0.01)
    assert np.mean(s**2) == pytest.approx(2 / 5, rel=0.01)
    # strike-slip on a vertical plane: nodal planes of P along and across the strike
    p, s = radiation_pattern(0.0, np.pi / 2, 0.0, np.pi / 4 * np.arange(3), np.pi / 2)
    np.testing.assert_allclose(p, [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(s, [1, 0, 1], atol=1e-12)


def test_delayed_charges_reinforce_the_multiples_of_the_inverse_delay():
    f = np.linspace(0, 16, 1601)
    kind = SOURCE_KINDS["quarry_blast"]
    rng = np.random.default_rng(0)
    spectra = np.abs([delay_spectrum(rng, f, kind) for _ in range(50)])
    np.testing.assert_allclose(spectra[:, 0], 1.0)
    assert spectra.max() <= 1.0 + 1e-12
    assert np.median(np.ptp(spectra, axis=1)) > 0.8
    single = delay_spectrum(rng, f, SOURCE_KINDS["earthquake"])
    np.testing.assert_array_equal(single, 1.0)

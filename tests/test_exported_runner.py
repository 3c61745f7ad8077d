"""The runner that is exported: fingerprints, predictions, contract, flags, command."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_event_discriminator import ONSET, RATE, make_classifier, make_records

from skseisfp import FingerprintTransformer, load_records
from skseisfp.inference import (
    EventDiscriminator,
    _export_settings,
    _runner,
    export_onnx,
)
from skseisfp.inference.input_contract import InputContract
from skseisfp.signal import Morlet, Morse, bandpass, cut_windows
from skseisfp.signal import record_condition as condition
from skseisfp.signal.scalogram import detrend_records

needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)
VARIANTS = (
    {},
    {"taper": 0.0, "n_coefficients": 1},
    {"taper": 1.0, "encoding": "presence"},
    {"scale": "magnitude", "encoding": "positive", "wavelet": Morlet(4.0)},
    {"scale": "power", "encoding": "two_channel", "haar": "pyramid"},
    {"encoding": "interleaved", "shape": (8, 64), "haar": "pyramid"},
    {"shape": (64, 8), "haar": "pyramid", "dynamic_range_db": 30.0},
    {"shape": (1, 32), "haar": "pyramid", "n_coefficients": 5},
    {"shape": (32, 1), "n_coefficients": 5, "f_min": 1.0, "f_max": 9.0},
    {"wavelet": Morse(3.0, 40.0), "window": (3.0, 17.05)},
    {"standardize": "mad", "scale": "power", "encoding": "interleaved"},
    {"standardize": "zscore", "haar": "pyramid"},
)


@pytest.fixture(scope="module")
def bunch():
    return make_records()


@pytest.fixture(scope="module")
def discriminator(bunch):
    return EventDiscriminator(
        make_classifier(), units="counts", max_error=0.3, p_arrival=ONSET
    ).fit(bunch)


@pytest.fixture(scope="module")
def folder(discriminator, tmp_path_factory):
    return export_onnx(discriminator, tmp_path_factory.mktemp("export") / "new")


@pytest.fixture(scope="module")
def runner(folder):
    return _runner.Runner(folder)


def make_hard(n_samples=463, n_channels=None, dtype="float64"):
    """Records with offsets, drifts, silence, an impulse and extreme amplitudes."""
    rng = np.random.default_rng(3)
    shape = (12,) if n_channels is None else (12, n_channels)
    X = rng.standard_normal((*shape, n_samples)).cumsum(axis=-1)
    X[1] *= 1e-30
    X[2] *= 1e17
    X[3] += 1e4
    X[4] += np.arange(n_samples)
    X[5] = 7.0
    X[6] = np.arange(n_samples)
    X[7] = 0.0
    X[7, ..., n_samples // 3] = 1.0
    X[8, ..., : n_samples // 2] = 0.0
    X[9] = np.clip(X[9], -2.0, 2.0)
    return X.astype(dtype)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fingerprints_are_those_of_the_package_bit_for_bit(variant, dtype, tmp_path):
    for n_channels in (None, 3):
        X = make_hard(n_channels=n_channels, dtype=dtype)
        flat = n_channels is not None
        transformer = FingerprintTransformer(
            sampling_rate=RATE, **{"shape": (32, 32), **variant}, flatten=flat
        )
        features = FingerprintTransformer(**transformer.get_params())
        expected = features.fit_transform(X)
        settings = settings_of(transformer, X)
        found = _runner.fingerprint(X, settings, _runner.make_plan(settings, X.dtype))
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert (found != expected).sum() == 0
        assert (expected != 0).any()


def settings_of(transformer, X):
    from skseisfp.inference._export_settings import _fingerprint

    return json.loads(json.dumps(_fingerprint(transformer.fit(X))))


def test_images_are_those_of_the_package_bit_for_bit():
    for dtype in ("float32", "float64"):
        X = make_hard(dtype=dtype)
        transformer = FingerprintTransformer(sampling_rate=RATE)
        settings = settings_of(transformer, X)
        plan = _runner.make_plan(settings, X.dtype)
        image = _runner.scale_image(_runner.scalogram(X, plan), settings)
        assert image.dtype == X.dtype
        assert (image != transformer.scalogram(X)).sum() == 0


def test_probabilities_flags_and_decisions_are_those_of_the_discriminator(
    bunch, discriminator, runner
):
    X = bunch.data.copy()
    X[0] = 0.0
    X[1] = np.clip(X[1], -5, 5)
    X[2] *= 1e6
    X[3] = 3.0 * np.arange(X.shape[1])
    X[4, 100:] += 1e9
    X[5] = np.random.default_rng(0).normal(size=X.shape[1]) * X[5].std()
    results = runner.predict(X, sampling_rate=RATE, components="Z", units="counts")
    proba = discriminator.predict_proba(X, groups="records")
    found = [list(result["probabilities"].values()) for result in results]
    assert np.abs(np.array(found) - proba).max() < 1e-5
    table = discriminator.flag_records(X)
    names = [[name for name in flags.split(", ") if name] for flags in table["flags"]]
    assert names[5] == ["noise_like"]
    assert [result["flags"] for result in results] == names
    assert {flag for flags in names for flag in flags} == set(runner.settings["flags"])
    events = discriminator.predict_events(X, groups="records")
    assert [result["decision"] for result in results] == events["decision"].tolist()
    assert [result["prediction"] for result in results] == events["prediction"].tolist()
    assert {"undecided", "blast", "quake"} == {result["decision"] for result in results}


def test_noise_is_flagged_where_p_is_known(bunch, discriminator, runner):
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((40, bunch.data.shape[1])).cumsum(axis=1) * 10
    X = np.concatenate([bunch.data, noise])
    p_arrival = rng.uniform(2.0, 12.0, len(X))
    p_arrival[::7] = np.nan
    frame = pd.DataFrame({"p_arrival": p_arrival})
    table = discriminator.flag_records({"data": X, "frame": frame})
    expected = [[n for n in names.split(", ") if n] for names in table["flags"]]
    assert runner.flag_records(X, p_arrival=p_arrival) == expected
    n_flagged = sum("noise_like" in names for names in expected)
    assert 20 < n_flagged < len(X) - 20
    assert not any("noise_like" in names for names in expected[::7])
    never = runner.flag_records(X, p_arrival=np.nan)
    assert not any("noise_like" in names for names in never)
    with pytest.raises(ValueError, match="one for each of 112 records"):
        runner.flag_records(X, p_arrival=p_arrival[:5])


def test_a_pipeline_knows_no_noise(bunch, tmp_path):
    pipeline = make_classifier().fit(bunch.data, bunch.target)
    runner = _runner.Runner(export_onnx(pipeline, tmp_path / "new"))
    assert runner.settings["noise"] is None
    assert (
        runner.flag_records(bunch.data[:2] * 0, p_arrival=ONSET) == [["no_signal"]] * 2
    )


@pytest.mark.parametrize("n_samples", [33, 300, 1280])
def test_the_filter_is_that_of_the_package(n_samples):
    contract = InputContract(
        "waveforms", (n_samples,), sampling_rate=40.0, least_snr_db=3.0
    )
    noise = _export_settings._noise(contract, EventDiscriminator(None))
    X = np.random.default_rng(0).standard_normal((3, n_samples)).cumsum(axis=1)
    matrix = _runner.make_filter(np.array(noise["sections"]))
    found = _runner.filter_both_ways(X, noise, matrix)
    expected = bandpass(X, sampling_rate=40, f_min=2, f_max=10)
    assert np.abs(found - expected).max() < 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("value", [2, 3])
def test_many_stations_and_high_thresholds_leave_records_undecided(
    runner, bunch, value
):
    settings = runner.settings["decision"]
    kept = dict(settings)
    settings.update({"min_stations": 2} if value == 2 else {"least_score": 2.0})
    try:
        results = runner.predict(bunch.data[:6])
    finally:
        settings.update(kept)
    assert {result["decision"] for result in results} == {"undecided"}
    assert {result["prediction"] for result in results} <= {"blast", "quake"}


@pytest.mark.parametrize("never", [[], [0]])
def test_records_are_decided_where_all_other_classes_are_excluded(
    discriminator, bunch, tmp_path, monkeypatch, never
):
    records = bunch.data[::-1]
    events = np.arange(len(records))
    scores = discriminator.predict_proba(records, groups=events)
    by_class = np.full(2, np.median(scores.min(axis=1)))
    by_class[never] = -np.inf
    monkeypatch.setattr(discriminator, "class_thresholds_", by_class)
    monkeypatch.setattr(discriminator, "reject_threshold_", -np.inf)
    folder = export_onnx(discriminator, tmp_path / "new")
    results = _runner.Runner(folder).predict(records)
    decisions = discriminator.predict_events(records, events)["decision"]
    assert [result["decision"] for result in results] == decisions.tolist()
    classes = discriminator.classes_
    assert set(decisions) == {"undecided", *np.delete(classes, [1] if never else [])}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"sampling_rate": 40.0}, "sampling_rate is 40 Hz; must be 20 Hz"),
        ({"components": "N"}, "components is 'N'; must be 'Z', in this order"),
        ({"units": "m/s"}, "units is 'm/s'; must be 'counts'"),
    ],
)
def test_the_contract_is_checked(runner, bunch, facts, message):
    with pytest.raises(ValueError, match=message):
        runner.predict(bunch.data, **facts)


def test_what_is_not_known_is_not_compared(runner, bunch):
    facts = {"sampling_rate": RATE * (1 + 1e-7), "units": "unknown"}
    assert len(runner.predict(bunch.data[:2], **facts)) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, :-1], r"shape \(399,\); must be \(400,\)"),
        (lambda X: X[:, None], r"shape \(1, 400\); must be \(400,\)"),
        (lambda X: X[0], r"got shape \(400,\)"),
        (lambda X: X.astype(str), "got shape .* and type <U"),
        (lambda X: np.where(np.arange(400) == 7, np.nan, X), "Record 0 holds NaN"),
    ],
)
def test_other_records_are_named(runner, bunch, change, message):
    with pytest.raises(ValueError, match=message):
        runner.predict(change(bunch.data[:3]))


@pytest.mark.parametrize("seed", range(4))
def test_flags_are_by_the_functions_of_the_package(seed):
    rng = np.random.default_rng(seed)
    for clip in (0.5, 1.0, 2.0, 5.0):
        for scale in (1.0, 1e3, 1e5):
            n_samples = int(rng.integers(500, 2000))  # of both parities
            trace = rng.standard_normal(n_samples) * scale
            trace = np.rint(np.clip(trace, -clip * scale, None))
            assert _runner.is_clipped(trace) == condition.is_clipped(trace)
    X = make_hard()
    assert (_runner.detrend(X)[0] == detrend_records(X)).all()


def test_the_runner_needs_numpy_and_onnxruntime_only(folder):
    tree = ast.parse((folder / "run_fingerprint.py").read_text())
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


def run(folder, *arguments):
    """Return exit code, results and error of the command, without the package."""
    program = [sys.executable, "-I", str(folder / "run_fingerprint.py")]
    done = subprocess.run(
        [*program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return (
        done.returncode,
        [json.loads(s) for s in done.stdout.splitlines()],
        done.stderr,
    )


def test_the_command_predicts_arrays_and_tables(folder, runner, bunch, tmp_path):
    np.save(tmp_path / "records.npy", bunch.data[:2])
    np.save(tmp_path / "one.npy", bunch.data[2])
    np.savetxt(tmp_path / "three.csv", bunch.data[3], header="Z", comments="")
    files = [tmp_path / name for name in ("records.npy", "one.npy", "three.csv")]
    code, results, error = run(folder, *files, "--sampling-rate", RATE)
    assert (code, error) == (0, "")
    assert [result["record"] for result in results] == [0, 1, 0, 0]
    expected = runner.predict(bunch.data[:4])
    assert [{**result, **more} for result, more in zip(results, expected, strict=True)]
    for result, other in zip(results, expected, strict=True):
        assert {name: result[name] for name in other} == other
    _, (noisy,), _ = run(folder, tmp_path / "one.npy", "--p-arrival", 2.5)
    assert noisy["flags"] == runner.flag_records(bunch.data[2:3], p_arrival=2.5)[0]
    assert {"noise_like", "out_of_range"} <= set(noisy["flags"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["records.npy", "--sampling-rate", "100"], "must be 20 Hz"),
        (["lacking.npy"], "lacking.npy"),
        (["words.csv"], "words.csv: sample 2 must be 1 numbers"),
        (["two.csv"], r"shape (2, 400); must be (400,)"),
        (["empty.csv"], "empty.csv holds no samples"),
        (["pickled.npy"], "allow_pickle"),
    ],
)
def test_faults_of_the_command_are_named(
    folder, bunch, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    np.save("records.npy", bunch.data[:2])
    np.savetxt("two.csv", bunch.data[:2].T, delimiter=",")
    Path("words.csv").write_text("Z\n1\n2\n\nthree\n")
    Path("empty.csv").write_text("Z\n")
    np.save("pickled.npy", np.array([{}], dtype=object))
    assert _runner.main([*arguments, "--folder", str(folder)]) == 2
    assert message in capsys.readouterr().err


def test_tables_of_several_components_are_records(tmp_path):
    path = tmp_path / "three.csv"
    path.write_text("Z, N, E\n1, 2, 3\n4, 5, 6\n")
    assert _runner.read_records(path, [3, 2]).tolist() == [[[1, 4], [2, 5], [3, 6]]]
    path.write_text("1\n4\n")
    assert _runner.read_records(path, [1, 2]).tolist() == [[[1, 4]]]


@pytest.mark.slow
@needs_records
def test_real_records_have_equal_fingerprints_and_probabilities(tmp_path):
    bunch = load_records(Path(os.environ["SKSEISFP_DATA"]) / "pnw")
    X = cut_windows(
        bunch.data, np.full(len(bunch.data), 25.0), sampling_rate=bunch.sampling_rate
    )
    pipeline = make_pipeline(
        FingerprintTransformer(sampling_rate=bunch.sampling_rate, flatten=True),
        ExtraTreesClassifier(30, min_samples_leaf=5, random_state=0),
    ).fit(X, bunch.target)
    runner = _runner.Runner(export_onnx(pipeline, tmp_path / "new"))
    assert (runner.fingerprints(X) != pipeline[0].transform(X)).sum() == 0
    assert np.abs(runner.predict_proba(X) - pipeline.predict_proba(X)).max() < 1e-5


def test_records_of_several_channels_have_a_runner(tmp_path):
    X = make_hard(n_channels=3)[:8].copy()
    X[5:7] = X[:2]
    pipeline = make_pipeline(
        FingerprintTransformer(sampling_rate=RATE, flatten=True), LogisticRegression()
    ).fit(X, np.arange(8) % 2)
    runner = _runner.Runner(export_onnx(pipeline, tmp_path / "new"))
    assert np.abs(runner.predict_proba(X) - pipeline.predict_proba(X)).max() < 1e-6

"""Changes of records to which fingerprints are invariant."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from transformer_variants import VARIANTS, jaccard, make_records, make_transformer

from skseisfp.preprocessing import FingerprintTransformer

SEEDS = st.integers(0, 2**32 - 1)

# gain, polarity, time and sampling


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.integers(-60, 60))
def test_gain_by_a_power_of_two_and_polarity_change_nothing(seed, exponent):
    X = make_records(2, 800, seed=seed)
    fingerprints = make_transformer().fit_transform(X)
    np.testing.assert_array_equal(
        fingerprints, make_transformer().fit_transform(np.ldexp(X, exponent))
    )
    np.testing.assert_array_equal(fingerprints, make_transformer().fit_transform(-X))


@settings(deadline=None, max_examples=25)
@given(
    SEEDS,
    st.floats(1e-3, 1e3),
    st.floats(-1e3, 1e3),
    st.floats(-1e3, 1e3),
    st.sampled_from(["log", "magnitude", "power"]),
)
def test_gain_offset_and_drift_change_nothing(seed, gain, offset, drift, scale):
    X = make_records(2, 800, seed=seed)
    moved = gain * (X + offset + drift * np.linspace(0, 1, 800))
    transformer = make_transformer(scale=scale)
    same = jaccard(transformer.fit_transform(X), transformer.fit_transform(moved))
    assert same.min() > 0.98


@given(st.sampled_from([0.125, 4.0, 1024.0]), st.sampled_from(["morlet", "morse"]))
def test_the_unit_of_time_is_free(factor, wavelet):
    X = make_records(2, 500)
    fingerprints = make_transformer(
        f_min=1.0, f_max=10.0, wavelet=wavelet
    ).fit_transform(X)
    scaled = FingerprintTransformer(
        sampling_rate=40.0 * factor, f_min=factor, f_max=10.0 * factor, wavelet=wavelet
    ).fit(X)
    np.testing.assert_array_equal(scaled.transform(X), fingerprints)
    plain = make_transformer().fit(X)
    scaled = FingerprintTransformer(sampling_rate=40.0 * factor).fit(X)
    np.testing.assert_allclose(scaled.frequencies_, factor * plain.frequencies_)
    np.testing.assert_allclose(scaled.times_, plain.times_ / factor)


@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_finer_sampling_changes_little(scale):
    X = make_records(8, 2048)
    taper = scipy.signal.windows.tukey(2048, 0.2)
    X = scipy.signal.detrend(X) * taper
    finer = scipy.signal.resample(X, 4096, axis=1)
    coarse = make_transformer(f_min=0.5, f_max=12.0, scale=scale)
    fine = clone(coarse).set_params(sampling_rate=80.0)
    assert jaccard(coarse.fit_transform(X), fine.fit_transform(finer)).min() >= 0.95


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_reversed_time_reverses_each_level_and_its_sign(seed):
    X = make_records(2, 1280, seed=seed)
    transformer = make_transformer()
    fingerprints = transformer.fit_transform(X)
    expected = fingerprints.copy()
    for level in range(6):
        part = slice(2**level, 2 ** (level + 1))
        expected[:, :, part] = -fingerprints[:, :, part][:, :, ::-1]
    reverse = transformer.fit_transform(X[:, ::-1])
    assert jaccard(reverse, expected).min() > 0.98


@pytest.mark.parametrize("columns", [2, 4, 8])
def test_shift_by_columns_moves_the_fine_coefficients(columns):
    rng = np.random.default_rng(0)
    burst = rng.standard_normal(320) * scipy.signal.windows.hann(320)
    X = np.zeros((2, 6400))
    X[0, 2400:2720] = burst
    X[1] = np.roll(X[0], 100 * columns)
    transformer = make_transformer(f_min=4.0, scale="power")
    first, second = transformer.fit(X).haar_coefficients(X)
    level = 32  # the finest differences, of pairs of columns
    while 64 // level <= columns:
        part = slice(level, 2 * level)
        steps = columns * level // 64
        moved = np.roll(first[:, part], steps, axis=1)
        np.testing.assert_allclose(moved, second[:, part], atol=1e-3)
        assert np.abs(moved).max() > 0.01
        level //= 2


# batches, types and amplitudes


@VARIANTS
def test_batches_threads_order_and_layout_change_nothing(params):
    X = make_records(23, 600)
    transformer = make_transformer(**params).fit(X)
    fingerprints = transformer.transform(X)
    for change in ({"batch_size": 1}, {"batch_size": 7, "n_jobs": 2}):
        changed = clone(transformer).set_params(**change).fit(X)
        np.testing.assert_array_equal(changed.transform(X), fingerprints)
    order = np.random.default_rng(0).permutation(23)
    np.testing.assert_array_equal(transformer.transform(X[order]), fingerprints[order])
    np.testing.assert_array_equal(transformer.transform(X[4:5]), fingerprints[4:5])
    for same in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.tolist()):
        np.testing.assert_array_equal(transformer.transform(same), fingerprints)


def test_types_of_the_records_are_free():
    X = np.round(1000 * make_records(4))
    fingerprints = make_transformer().fit_transform(X)
    for same in (X.astype(np.int32), X.astype(np.int64), pd.DataFrame(X)):
        np.testing.assert_array_equal(
            make_transformer().fit_transform(same), fingerprints
        )
    np.testing.assert_array_equal(
        make_transformer().fit_transform(np.ma.masked_array(X)), fingerprints
    )


@VARIANTS
def test_single_and_double_precision_agree(params):
    X = make_records(30).astype(np.float32)
    transformer = make_transformer(**params)
    single = transformer.fit_transform(X)
    assert transformer.scalogram(X).dtype == np.float32
    double = transformer.fit_transform(X.astype(float))
    assert transformer.scalogram(X.astype(float)).dtype == np.float64
    assert jaccard(single, double).min() >= 0.98


@pytest.mark.parametrize(
    ("dtype", "factors"), [("float32", (1e-30, 1e30)), ("float64", (1e-300, 1e300))]
)
@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_amplitudes_of_any_size_have_fingerprints(dtype, factors, scale):
    X = make_records(4, 600).astype(dtype)
    fingerprints = make_transformer(scale=scale).fit_transform(X)
    for factor in factors:
        transformer = make_transformer(scale=scale).fit(X)
        scaled = X * np.dtype(dtype).type(factor)
        assert jaccard(transformer.transform(scaled), fingerprints).min() > 0.98
        assert (transformer.quality(scaled).status == "ok").all()


@VARIANTS
def test_records_are_left_as_they_are(params):
    X = make_records(6, 600, lead=(2,))
    copy = X.copy()
    X.flags.writeable = False
    transformer = make_transformer(**params)
    transformer.fit_transform(X)
    transformer.quality(X)
    np.testing.assert_array_equal(X, copy)


# memory


def peak_beyond_input_and_output(transformer, X, method="transform"):
    tracemalloc.start()
    try:
        result = getattr(transformer, method)(X)
        return tracemalloc.get_traced_memory()[1] - getattr(result, "nbytes", 0)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["signed", "presence", "two_channel"])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_working_memory_does_not_depend_on_the_number_of_records(encoding, n_jobs):
    X = make_records(400, 500)
    transformer = make_transformer(batch_size=16, encoding=encoding, n_jobs=n_jobs)
    transformer.fit(X).transform(X[:1])
    few = peak_beyond_input_and_output(transformer, X[:100])
    many = peak_beyond_input_and_output(transformer, X)
    assert many < 1.25 * few + 100_000
    if n_jobs is None:
        quality = peak_beyond_input_and_output(transformer, X, "quality")
        assert quality < 1.25 * few + 100_000

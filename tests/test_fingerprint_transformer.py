import pickle
import tracemalloc
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import pywt
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal import Morlet, Morse, pack_fingerprints, unpack_fingerprints
from skseisfp.signal.encoding import ENCODINGS

SEEDS = st.integers(0, 2**32 - 1)
VARIANTS = pytest.mark.parametrize(
    "params",
    [
        {},
        {"scale": "power", "haar": "pyramid"},
        {"scale": "magnitude", "wavelet": "morse"},
        {"standardize": "mad", "encoding": "two_channel"},
        {"standardize": "zscore", "encoding": "interleaved", "shape": (16, 64)},
    ],
    ids=str,
)
fingerprints = partial(FingerprintTransformer, sampling_rate=40.0)


def make_records(n_records, n_samples=2000, *, seed=0, lead=()):
    """Make events that decay in red noise."""
    rng = np.random.default_rng(seed)
    shape = (n_records, *lead, n_samples)
    time = np.arange(n_samples) / n_samples - rng.uniform(0.1, 0.6, (*shape[:-1], 1))
    decay = np.exp(-rng.uniform(3, 30, time.shape[:-1])[..., None] * time.clip(0))
    event = rng.standard_normal(shape) * decay * (time > 0)
    return event + 0.02 * np.cumsum(rng.standard_normal(shape), axis=-1)


def jaccard(first, second):
    """Shared part of the kept coefficients, signs included; one value a record."""
    axes = tuple(range(1, first.ndim))
    shared = ((first == second) & (first != 0)).sum(axis=axes)
    return shared / ((first != 0) | (second != 0)).sum(axis=axes)


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.integers(-60, 60))
def test_gain_by_a_power_of_two_and_polarity_change_nothing(seed, exponent):
    X = make_records(2, 800, seed=seed)
    prints = fingerprints().fit_transform(X)
    np.testing.assert_array_equal(
        prints, fingerprints().fit_transform(np.ldexp(X, exponent))
    )
    np.testing.assert_array_equal(prints, fingerprints().fit_transform(-X))


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
    transformer = fingerprints(scale=scale)
    same = jaccard(transformer.fit_transform(X), transformer.fit_transform(moved))
    assert same.min() > 0.98


@given(st.sampled_from([0.125, 4.0, 1024.0]), st.sampled_from(["morlet", "morse"]))
def test_the_unit_of_time_is_free(factor, wavelet):
    X = make_records(2, 500)
    prints = fingerprints(f_min=1.0, f_max=10.0, wavelet=wavelet).fit_transform(X)
    scaled = FingerprintTransformer(
        sampling_rate=40.0 * factor, f_min=factor, f_max=10.0 * factor, wavelet=wavelet
    ).fit(X)
    np.testing.assert_array_equal(scaled.transform(X), prints)
    plain = fingerprints().fit(X)
    scaled = FingerprintTransformer(sampling_rate=40.0 * factor).fit(X)
    np.testing.assert_allclose(scaled.frequencies_, factor * plain.frequencies_)
    np.testing.assert_allclose(scaled.times_, plain.times_ / factor)


@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_finer_sampling_changes_little(scale):
    X = make_records(8, 2048)
    taper = scipy.signal.windows.tukey(2048, 0.2)
    X = scipy.signal.detrend(X) * taper
    finer = scipy.signal.resample(X, 4096, axis=1)
    coarse = fingerprints(f_min=0.5, f_max=12.0, scale=scale)
    fine = clone(coarse).set_params(sampling_rate=80.0)
    assert jaccard(coarse.fit_transform(X), fine.fit_transform(finer)).min() >= 0.95


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_reversed_time_reverses_each_level_and_its_sign(seed):
    X = make_records(2, 1280, seed=seed)
    transformer = fingerprints()
    prints = transformer.fit_transform(X)
    expected = prints.copy()
    for level in range(6):
        part = slice(2**level, 2 ** (level + 1))
        expected[:, :, part] = -prints[:, :, part][:, :, ::-1]
    reverse = transformer.fit_transform(X[:, ::-1])
    assert jaccard(reverse, expected).min() > 0.98


@pytest.mark.parametrize("columns", [2, 4, 8])
def test_shift_by_columns_moves_the_fine_coefficients(columns):
    rng = np.random.default_rng(0)
    burst = rng.standard_normal(320) * scipy.signal.windows.hann(320)
    X = np.zeros((2, 6400))
    X[0, 2400:2720] = burst
    X[1] = np.roll(X[0], 100 * columns)
    transformer = fingerprints(f_min=4.0, scale="power")
    first, second = transformer.fit(X).haar_coefficients(X)
    level = 32  # the finest differences, of pairs of columns
    while 64 // level <= columns:
        part = slice(level, 2 * level)
        steps = columns * level // 64
        moved = np.roll(first[:, part], steps, axis=1)
        np.testing.assert_allclose(moved, second[:, part], atol=1e-3)
        assert np.abs(moved).max() > 0.01
        level //= 2


@pytest.mark.parametrize("haar", ["standard", "pyramid"])
@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_coefficients_are_those_of_pywt_and_keep_the_energy(haar, scale):
    X = make_records(3)
    transformer = fingerprints(haar=haar, scale=scale).fit(X)
    images = transformer.scalogram(X)
    assert images.min() >= 0.0
    assert images.max(axis=(1, 2)) == pytest.approx([1.0, 1.0, 1.0])
    coefficients = transformer.haar_coefficients(X)
    np.testing.assert_allclose(
        (coefficients**2).sum(axis=(1, 2)), (images**2).sum(axis=(1, 2))
    )
    for image, ours in zip(images, coefficients, strict=True):
        if haar == "standard":
            theirs = pywt.fswavedecn(image, "haar").coeffs
        else:
            levels = pywt.wavedec2(image, "haar", mode="periodization")
            theirs = pywt.coeffs_to_array(levels)[0]
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_scales_are_those_of_the_same_power():
    X = make_records(3)
    power, magnitude, log = (
        fingerprints(scale=scale, dynamic_range_db=40.0).fit(X).scalogram(X)
        for scale in ("power", "magnitude", "log")
    )
    np.testing.assert_allclose(magnitude, np.sqrt(power))
    expected = 1 + np.log10(np.maximum(power, 1e-4)) / 4
    np.testing.assert_allclose(log, expected, atol=1e-12)
    assert (log == 0.0).any()


@VARIANTS
def test_exactly_k_are_kept_and_sets_are_nested(params):
    X = make_records(5)
    prints = [
        fingerprints(**{**params, "encoding": "signed", "n_coefficients": k})
        .fit(X)
        .transform(X)
        for k in (50, 100, 200)
    ]
    for k, kept in zip((50, 100, 200), prints, strict=True):
        assert (np.count_nonzero(kept, axis=(1, 2)) == k).all()
    for fewer, more in pairwise(prints):
        np.testing.assert_array_equal(fewer, np.where(fewer != 0, more, 0))


def test_the_mean_is_never_kept():
    X = make_records(5)
    prints = fingerprints(shape=(8, 8), n_coefficients=63).fit_transform(X)
    assert not prints[:, 0, 0].any()
    assert np.count_nonzero(prints) > 5 * 60


def test_encodings_say_the_same():
    X = make_records(4)
    signed, presence, positive, two, interleaved = (
        fingerprints(encoding=encoding).fit_transform(X)
        for encoding in ("signed", "presence", "positive", "two_channel", "interleaved")
    )
    assert signed.dtype == np.int8
    assert all(
        bits.dtype == np.uint8 for bits in (presence, positive, two, interleaved)
    )
    np.testing.assert_array_equal(presence, signed != 0)
    np.testing.assert_array_equal(positive, signed > 0)
    assert two.shape == (4, 1, 2, 64, 64)
    np.testing.assert_array_equal(two[:, 0, 0], signed > 0)
    np.testing.assert_array_equal(two[:, 0, 1], signed < 0)
    assert interleaved.shape == (4, 128, 64)
    np.testing.assert_array_equal(interleaved[:, ::2], signed > 0)
    np.testing.assert_array_equal(interleaved[:, 1::2], signed < 0)


@pytest.mark.parametrize(
    ("lead", "planes", "shape", "flat"),
    [
        ((), 1, (8, 16), (128,)),
        ((), 2, (1, 2, 8, 16), (256,)),
        ((3,), 1, (1, 3, 8, 16), (384,)),
        ((3,), 2, (1, 6, 8, 16), (768,)),
        ((5, 3), 1, (5, 3, 8, 16), (5, 384)),
        ((5, 3), 2, (5, 6, 8, 16), (5, 768)),
    ],
)
def test_shapes_follow_the_contract(lead, planes, shape, flat):
    X = make_records(2, 300, lead=lead)
    encoding = {1: "signed", 2: "two_channel"}[planes]
    transformer = fingerprints(shape=(8, 16), n_coefficients=20, encoding=encoding)
    prints = transformer.fit_transform(X)
    assert prints.shape == (2, *shape)
    flattened = clone(transformer).set_params(flatten=True).fit_transform(X)
    np.testing.assert_array_equal(flattened, prints.reshape(2, *flat))
    if lead:
        alone = transformer.fit_transform(X.reshape(-1, 300))
        np.testing.assert_array_equal(alone.reshape(prints.shape), prints)
    images = transformer.fit(X).scalogram(X)
    assert images.shape == (2, *lead, 8, 16)
    assert transformer.haar_coefficients(X).shape == (2, *lead, 8, 16)


@pytest.mark.parametrize("shape", [(1, 64), (64, 1), (1, 2), (4, 128), (128, 4)])
@pytest.mark.parametrize("haar", ["standard", "pyramid"])
def test_images_need_not_be_square(shape, haar):
    X = make_records(3, 500)
    k = min(50, shape[0] * shape[1] - 1)
    transformer = fingerprints(shape=shape, haar=haar, n_coefficients=k)
    prints = transformer.fit_transform(X)
    assert prints.shape == (3, *shape)
    assert np.count_nonzero(prints, axis=(1, 2)) == pytest.approx([k] * 3)
    assert transformer.inverse_transform(prints).shape == (3, *shape)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_inverse_is_the_image_of_the_signs(encoding, flatten, lead):
    X = make_records(2, 500, lead=lead)
    transformer = fingerprints(encoding=encoding, flatten=flatten, shape=(16, 16))
    prints = transformer.fit_transform(X)
    images = transformer.inverse_transform(prints)
    signs = fingerprints(shape=(16, 16)).fit_transform(X)
    if encoding == "presence":
        signs = np.abs(signs)
    if encoding == "positive":
        signs = np.maximum(signs, 0)
    one_plane = not lead and prints.ndim == (2 if flatten else 3)
    axes = () if one_plane else (1, 1, *lead)[-2:]
    assert images.shape == (2, *axes, 16, 16)
    for image, expected in zip(
        images.reshape(-1, 16, 16), signs.reshape(-1, 16, 16), strict=True
    ):
        coefficients = pywt.fswavedecn(image, "haar").coeffs
        np.testing.assert_allclose(coefficients, expected, atol=1e-12)


def test_inverse_resembles_its_own_scalogram_most():
    X = make_records(10)
    transformer = fingerprints(n_coefficients=400).fit(X)
    images = transformer.scalogram(X).reshape(10, -1)
    approximations = transformer.inverse_transform(transformer.transform(X))
    correlations = np.corrcoef(images, approximations.reshape(10, -1))[:10, 10:]
    np.testing.assert_array_equal(correlations.argmax(axis=1), np.arange(10))
    assert correlations.diagonal().min() > 0.4


def test_inverse_of_standardized_prints_is_around_the_centre():
    X = make_records(20)
    transformer = fingerprints(standardize="mad").fit(X)
    prints = transformer.transform(X)
    signs = prints[0] * np.nan_to_num(transformer.scale_) + transformer.center_
    image = transformer.inverse_transform(prints[:1])[0]
    again = pywt.fswavedecn(image, "haar").coeffs
    np.testing.assert_allclose(again, signs, atol=1e-12)


@pytest.mark.parametrize("kind", ["zero", "constant", "line", "single", "pair"])
@VARIANTS
def test_records_without_a_signal_give_empty_prints(kind, params):
    n_samples = {"single": 1, "pair": 2}.get(kind, 500)
    value = {"zero": 0.0}.get(kind, 7.3)
    slope = {"line": 0.1}.get(kind, 0.0)
    X = np.repeat((value + slope * np.arange(n_samples))[None], 4, axis=0)
    if n_samples > 2:
        X[1:] = make_records(3, n_samples)
    transformer = fingerprints(**params).fit(X)
    assert not transformer.transform(X)[0].any()
    assert not transformer.scalogram(X)[0].any()
    quality = transformer.quality(X)
    assert quality.status[0] == "constant"
    assert quality.n_coefficients[0] == 0
    if n_samples > 2:
        assert (quality.status[1:] == "ok").all()
        kept = (transformer.transform(X) != 0).reshape(4, -1).sum(axis=1)
        np.testing.assert_array_equal(quality.n_coefficients, kept)


def test_one_dead_channel_flags_the_record_and_spares_the_others():
    X = make_records(3, 500, lead=(3,))
    X[1, 2] = 5.0
    transformer = fingerprints().fit(X)
    prints = transformer.transform(X)
    assert not prints[1, 0, 2].any()
    assert (np.count_nonzero(prints[1, 0, :2], axis=(1, 2)) == 200).all()
    quality = transformer.quality(X)
    assert quality.status.tolist() == ["ok", "constant", "ok"]
    assert quality.n_coefficients.tolist() == [600, 400, 600]


@pytest.mark.parametrize("n_samples", range(1, 12))
def test_records_of_few_samples_are_legal(n_samples):
    X = np.random.default_rng(0).standard_normal((3, n_samples))
    for dtype in (np.float32, np.float64):
        prints = fingerprints().fit_transform(X.astype(dtype))
        assert prints.shape == (3, 64, 64)


@pytest.mark.parametrize("standardize", ["mad", "zscore"])
def test_spread_is_learnt_in_fit_only(standardize):
    X, other = make_records(30), make_records(8, seed=1)
    transformer = fingerprints(standardize=standardize, scale="power").fit(X)
    coefficients = fingerprints(scale="power").fit(X).haar_coefficients(X)
    coefficients /= np.sqrt((coefficients**2).sum(axis=(1, 2), keepdims=True))
    if standardize == "mad":
        center = np.median(coefficients, axis=0)
        spread = np.median(np.abs(coefficients - center), axis=0)
    else:
        center, spread = coefficients.mean(axis=0), coefficients.std(axis=0)
    np.testing.assert_allclose(transformer.center_, center, atol=1e-14)
    usable = np.isfinite(transformer.scale_)
    np.testing.assert_allclose(transformer.scale_[usable], spread[usable])
    np.testing.assert_allclose(
        transformer.haar_coefficients(X)[:, usable],
        ((coefficients - center) / spread)[:, usable],
        atol=1e-8,
    )
    before = transformer.transform(other[:2])
    np.testing.assert_array_equal(transformer.transform(other)[:2], before)
    refitted = clone(transformer).fit(other).transform(other[:2])
    assert jaccard(before, refitted).max() < 0.9


@pytest.mark.parametrize("standardize", ["mad", "zscore"])
def test_coefficients_without_spread_are_never_selected(standardize):
    X = make_records(6, 300)
    axis = {"shape": (8, 8), "n_coefficients": 63, "scale": "power"}
    transformer = fingerprints(standardize=standardize, **axis).fit(X)
    assert not np.isnan(transformer.scale_).all()
    same = clone(transformer).fit(np.repeat(X[:1], 6, axis=0))
    assert np.isnan(same.scale_).all()
    assert not same.transform(X).any()
    assert np.isnan(same.haar_coefficients(X)).all()
    transformer.scale_[3, 4] = np.nan
    assert not transformer.transform(X)[:, 3, 4].any()
    assert np.count_nonzero(transformer.transform(X)[:, 3]) > 0


@VARIANTS
def test_batches_threads_order_and_layout_change_nothing(params):
    X = make_records(23, 600)
    transformer = fingerprints(**params).fit(X)
    prints = transformer.transform(X)
    for change in ({"batch_size": 1}, {"batch_size": 7, "n_jobs": 2}):
        changed = clone(transformer).set_params(**change).fit(X)
        np.testing.assert_array_equal(changed.transform(X), prints)
    order = np.random.default_rng(0).permutation(23)
    np.testing.assert_array_equal(transformer.transform(X[order]), prints[order])
    np.testing.assert_array_equal(transformer.transform(X[4:5]), prints[4:5])
    for same in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.tolist()):
        np.testing.assert_array_equal(transformer.transform(same), prints)


def test_types_of_the_records_are_free():
    X = np.round(1000 * make_records(4))
    prints = fingerprints().fit_transform(X)
    for same in (X.astype(np.int32), X.astype(np.int64), pd.DataFrame(X)):
        np.testing.assert_array_equal(fingerprints().fit_transform(same), prints)
    np.testing.assert_array_equal(
        fingerprints().fit_transform(np.ma.masked_array(X)), prints
    )


@VARIANTS
def test_single_and_double_precision_agree(params):
    X = make_records(30).astype(np.float32)
    transformer = fingerprints(**params)
    single = transformer.fit_transform(X)
    assert transformer.scalogram(X).dtype == np.float32
    double = transformer.fit_transform(X.astype(float))
    assert transformer.scalogram(X.astype(float)).dtype == np.float64
    assert jaccard(single, double).min() >= 0.98


@pytest.mark.parametrize(
    ("dtype", "factors"), [("float32", (1e-30, 1e30)), ("float64", (1e-300, 1e300))]
)
@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_amplitudes_of_any_size_are_printed(dtype, factors, scale):
    X = make_records(4, 600).astype(dtype)
    prints = fingerprints(scale=scale).fit_transform(X)
    for factor in factors:
        transformer = fingerprints(scale=scale).fit(X)
        scaled = X * np.dtype(dtype).type(factor)
        assert jaccard(transformer.transform(scaled), prints).min() > 0.98
        assert (transformer.quality(scaled).status == "ok").all()


@VARIANTS
def test_records_are_left_as_they_are(params):
    X = make_records(6, 600, lead=(2,))
    copy = X.copy()
    X.flags.writeable = False
    transformer = fingerprints(**params)
    transformer.fit_transform(X)
    transformer.quality(X)
    np.testing.assert_array_equal(X, copy)


@VARIANTS
def test_clones_and_pickles_print_the_same(params):
    X = make_records(6, 600)
    transformer = fingerprints(**{"wavelet": Morse(3.0, 30.0), **params})
    prints = transformer.fit_transform(X)
    np.testing.assert_array_equal(clone(transformer).fit_transform(X), prints)
    loaded = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(loaded.transform(X), prints)


def test_fit_is_needed_only_to_standardize():
    X = make_records(4)
    np.testing.assert_array_equal(
        fingerprints().transform(X), fingerprints().fit_transform(X)
    )
    assert not fingerprints().__sklearn_tags__().requires_fit
    transformer = fingerprints(standardize="mad")
    assert transformer.__sklearn_tags__().requires_fit
    for method in ("transform", "haar_coefficients", "scalogram", "quality"):
        with pytest.raises(NotFittedError):
            getattr(transformer, method)(X)
    with pytest.raises(NotFittedError):
        transformer.inverse_transform(np.zeros((1, 64, 64), dtype=np.int8))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("lead", [(), (3,)])
def test_flat_features_have_names(encoding, lead):
    X = make_records(3, 400, lead=lead)
    transformer = fingerprints(encoding=encoding, flatten=True, shape=(4, 8))
    transformer.set_params(n_coefficients=10).fit(X)
    names = transformer.get_feature_names_out()
    flat = transformer.transform(X)
    assert len(set(names)) == len(names) == flat.shape[1]
    signs = fingerprints(shape=(4, 8), n_coefficients=10).fit_transform(X)
    signs = signs.reshape(3, -1, 4, 8)
    for name, feature in zip(names, flat.T, strict=True):
        *prefixes, row, column = name.split("_")
        channel = int(prefixes[0].removeprefix("channel")) if lead else 0
        kept = signs[:, channel, int(row[1:]), int(column[1:])]
        sign = set(prefixes) & {"positive", "negative"}
        expected = {
            "positive": kept > 0,
            "negative": kept < 0,
            "presence": kept != 0,
            "signed": kept,
        }[sign.pop() if sign else encoding]
        np.testing.assert_array_equal(feature, expected)


def test_flat_prints_become_frames():
    X = make_records(3)
    transformer = fingerprints(flatten=True).set_output(transform="pandas")
    frame = transformer.fit_transform(X)
    assert frame.columns.tolist() == transformer.get_feature_names_out().tolist()
    assert frame.columns[[0, 65]].tolist() == ["haar_f0_t0", "haar_f1_t1"]
    assert (frame.dtypes == np.int8).all()
    assert not hasattr(fingerprints(), "get_feature_names_out")


def test_axes_and_compression_are_told():
    X = make_records(2, 2048)
    transformer = fingerprints(encoding="presence").fit(X)
    np.testing.assert_allclose(transformer.frequencies_[[0, -1]], [8 * 40 / 2048, 16])
    np.testing.assert_allclose(transformer.times_, (np.arange(64) + 0.5) * 0.8)
    assert transformer.compression_ == {"record": 32.0, "scalogram": 2048.0}
    assert transformer.record_shape_ == (2048,)
    assert fingerprints().fit(X).compression_["scalogram"] == 1024.0
    single = fingerprints(encoding="two_channel").fit(X.astype(np.float32))
    assert single.compression_ == {"record": 8.0, "scalogram": 1024.0}


@pytest.mark.parametrize("n_samples", [33, 70, 1001])
def test_times_are_those_of_the_columns(n_samples):
    sample = int(0.8 * n_samples)
    X = np.zeros((1, n_samples))
    X[0, sample] = 1.0
    transformer = fingerprints(shape=(8, 32), f_min=8.0).fit(X)
    brightest = transformer.times_[transformer.scalogram(X)[0, -1].argmax()]
    width = transformer.times_[1] - transformer.times_[0]
    assert abs(brightest - (sample + 0.5) / 40.0) <= 0.5 * width + 0.5 / 40.0


def test_presets_are_the_forms_they_name():
    X = make_records(12)
    trova = FingerprintTransformer.from_preset("trova", sampling_rate=40.0)
    assert (trova.scale, trova.encoding, trova.haar) == (
        "magnitude",
        "presence",
        "standard",
    )
    prints = trova.fit_transform(X)
    assert prints.shape == (12, 64, 64)
    assert pack_fingerprints(prints).shape == (12, 512)
    np.testing.assert_array_equal(
        unpack_fingerprints(pack_fingerprints(prints)), prints
    )

    fast = FingerprintTransformer.from_preset("fast", sampling_rate=40.0)
    prints = fast.fit_transform(X)
    assert prints.shape == (12, 64, 64)
    assert (prints.sum(axis=(1, 2)) == 400).all()
    assert (fast.standardize, fast.haar) == ("mad", "pyramid")

    waveprint = FingerprintTransformer.from_preset("waveprint", sampling_rate=40.0)
    assert waveprint.fit_transform(X).shape == (12, 64, 128)

    signed = FingerprintTransformer(sampling_rate=40.0).fit_transform(X)
    planes = FingerprintTransformer.from_preset("discrimination", sampling_rate=40.0)
    expected = np.stack([signed > 0, signed < 0], axis=1).reshape(12, -1)
    np.testing.assert_array_equal(planes.fit_transform(X), expected)

    changed = FingerprintTransformer.from_preset("trova", n_coefficients=7)
    assert changed.n_coefficients == 7
    with pytest.raises(ValueError, match="name must be one of 'discrimination'"):
        FingerprintTransformer.from_preset("shazam")


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
    transformer = fingerprints(batch_size=16, encoding=encoding, n_jobs=n_jobs)
    transformer.fit(X).transform(X[:1])
    few = peak_beyond_input_and_output(transformer, X[:100])
    many = peak_beyond_input_and_output(transformer, X)
    assert many < 1.25 * few + 100_000
    if n_jobs is None:
        quality = peak_beyond_input_and_output(transformer, X, "quality")
        assert quality < 1.25 * few + 100_000


GOOD = make_records(2, 400)


def with_value(value):
    X = GOOD.copy()
    X[1, 7] = value
    return X


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (with_value(np.nan), "Input X contains NaN"),
        (with_value(np.inf), "Input X contains infinity"),
        (np.ma.masked_less(GOOD, 0), r"X is a masked array with \d+ masked values"),
        (GOOD[:0], r"Found array with 0 sample\(s\)"),
        (GOOD[:, :0], r"Found array with 0 feature\(s\)"),
        (np.zeros((2, 3, 0)), "X has an empty axis: shape"),
        (GOOD[0], "Expected 2D array, got 1D array instead"),
        (GOOD.reshape(2, 1, 1, 1, -1), "X must have 2 to 4 axes"),
        (GOOD + 1j, "Complex data not supported"),
        ([["a", "b"]], "could not convert string to float"),
    ],
)
def test_bad_records_are_refused(X, message):
    transformer = fingerprints()
    for method in ("fit", "transform", "scalogram", "haar_coefficients", "quality"):
        with pytest.raises(ValueError, match=message):
            getattr(transformer, method)(X)


@pytest.mark.parametrize("shape", [(2, 300), (2, 2, 400), (2, 400, 1)])
def test_records_are_of_the_shape_seen_in_fit(shape):
    transformer = fingerprints().fit(GOOD)
    with pytest.raises(
        ValueError, match=r"X has (300|2|400) features|X has records of"
    ):
        transformer.transform(np.ones(shape))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sampling_rate": 0.0}, r"sampling_rate must be positive \(Hz\); got 0.0"),
        ({"sampling_rate": -1}, "sampling_rate must be positive"),
        ({"sampling_rate": np.nan}, "sampling_rate must be positive"),
        ({"sampling_rate": np.inf}, "sampling_rate must be positive"),
        ({"shape": (48, 64)}, r"shape must be two powers of two; got \(48, 64\)"),
        ({"shape": (64, 0)}, "shape must be two powers of two"),
        ({"shape": (64, -64)}, "shape must be two powers of two"),
        ({"shape": (64.0, 64.0)}, "shape must be two powers of two"),
        ({"shape": 64}, "shape must be two powers of two; got 64"),
        ({"shape": (64,)}, "shape must be two powers of two"),
        ({"shape": (1, 1)}, "shape must have more than one pixel"),
        ({"f_min": 0.01}, "f_min=0.01 Hz is too low for records of 400 samples"),
        ({"f_min": 0.0}, "f_min=0.0 Hz must be positive"),
        ({"f_min": 17.0}, "f_min=17.0 Hz must be positive and below f_max=16.0"),
        ({"f_min": np.nan}, "f_min must be a number"),
        ({"f_max": 20.1}, "f_max=20.1 Hz must be positive and not above the Nyquist"),
        ({"f_max": np.nan}, "f_max must be a number"),
        ({"wavelet": "haar"}, "wavelet must be 'morlet', 'morse', or an instance"),
        ({"wavelet": Morlet(-6.0)}, "wavelet: omega0 must be a positive number"),
        ({"scale": "db"}, "scale must be one of 'log', 'magnitude', 'power'; got 'db'"),
        ({"dynamic_range_db": 0.0}, "dynamic_range_db == 0.0, must be > 0"),
        ({"dynamic_range_db": 301.0}, "dynamic_range_db == 301.0, must be <= 300"),
        ({"dynamic_range_db": np.nan}, "dynamic_range_db must be a number"),
        ({"haar": "nonstandard"}, "haar must be one of 'standard', 'pyramid'"),
        ({"standardize": "MAD"}, "standardize must be one of None, 'mad', 'zscore'"),
        ({"standardize": True}, "standardize must be one of None, 'mad', 'zscore'"),
        ({"n_coefficients": 4096}, "n_coefficients must be at most 4095 for shape"),
        ({"n_coefficients": 0}, "n_coefficients == 0, must be >= 1"),
        ({"encoding": "binary"}, "encoding must be one of 'presence', 'positive'"),
        ({"taper": -0.1}, "taper == -0.1, must be >= 0"),
        ({"taper": 1.1}, "taper == 1.1, must be <= 1"),
        ({"taper": np.nan}, "taper must be a number"),
        ({"batch_size": 0}, "batch_size == 0, must be >= 1"),
    ],
)
def test_bad_parameters_are_refused(params, message):
    transformer = fingerprints(**params)
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(transformer, method)(GOOD)


@pytest.mark.parametrize(
    "params",
    [
        {"sampling_rate": "40"},
        {"f_min": "1"},
        {"f_max": "10"},
        {"dynamic_range_db": None},
        {"n_coefficients": 20.5},
        {"taper": "hann"},
        {"batch_size": 1.5},
    ],
)
def test_parameters_of_a_wrong_type_are_named(params):
    (name,) = params
    with pytest.raises(TypeError, match=f"{name} must be an instance of"):
        fingerprints(**params).fit(GOOD)


@pytest.mark.parametrize(
    ("params", "shape"),
    [
        ({}, (3, 64)),
        ({}, (3, 64, 32)),
        ({}, (3, 128, 64)),
        ({}, (3, 32, 128)),
        ({}, (3, 1, 64, 64)),
        ({}, (3, 1, 1, 32, 64)),
        ({}, (0, 64, 64)),
        ({"encoding": "two_channel"}, (3, 64, 64)),
        ({"encoding": "two_channel"}, (3, 1, 3, 64, 64)),
        ({"encoding": "interleaved"}, (3, 64, 64)),
        ({"flatten": True}, (3, 4095)),
        ({"flatten": True}, (3, 0)),
        ({"flatten": True}, (3, 1, 64, 64)),
    ],
)
def test_prints_of_another_shape_are_refused(params, shape):
    with pytest.raises(ValueError, match=r"prints of shape .* are not those of this"):
        fingerprints(**params).inverse_transform(np.zeros(shape, dtype=np.int8))


@pytest.mark.parametrize("lead", [(), (3,), (5, 2)], ids=str)
def test_a_window_prints_that_part_of_the_record(lead):
    X = make_records(4, lead=lead)
    whole = fingerprints(window=(10.0, 42.0)).fit(X)
    part = fingerprints().fit(X[..., 400:1680])
    np.testing.assert_array_equal(whole.transform(X), part.transform(X[..., 400:1680]))
    np.testing.assert_allclose(whole.times_, part.times_ + 10.0)
    np.testing.assert_array_equal(whole.frequencies_, part.frequencies_)


@pytest.mark.parametrize("window", [(5.0, 5.0), (-1.0, 5.0), (0.0, 51.0), (1.0,), 3.0])
def test_a_window_outside_the_record_is_refused(window):
    with pytest.raises(ValueError, match="window must be two increasing times"):
        fingerprints(window=window).fit(make_records(2))


def test_a_window_holds_at_least_one_sample():
    X = make_records(2)
    for window in ((49.99, 50.0), (0.0, 0.001)):
        prints = fingerprints(window=window).fit_transform(X)
        assert prints.shape == (2, 64, 64)
        assert not prints.any()

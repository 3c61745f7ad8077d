"""Fingerprints, and the attributes and names of the transformer."""

import hashlib
import pickle
from itertools import pairwise

import numpy as np
import pytest
import pywt
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from transformer_variants import VARIANTS, jaccard, make_records, make_transformer

from skseisfp.preprocessing import FilterAugmenter, FingerprintTransformer
from skseisfp.signal import Morse, pack_fingerprints, unpack_fingerprints
from skseisfp.signal.encoding import ENCODINGS

# coefficients


@pytest.mark.parametrize("haar", ["standard", "pyramid"])
@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_coefficients_are_those_of_pywt_and_keep_the_energy(haar, scale):
    X = make_records(3)
    transformer = make_transformer(haar=haar, scale=scale).fit(X)
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
        make_transformer(scale=scale, dynamic_range_db=40.0).fit(X).scalogram(X)
        for scale in ("power", "magnitude", "log")
    )
    np.testing.assert_allclose(magnitude, np.sqrt(power))
    expected = 1 + np.log10(np.maximum(power, 1e-4)) / 4
    np.testing.assert_allclose(log, expected, atol=1e-12)
    assert (log == 0.0).any()


@VARIANTS
def test_exactly_k_are_kept_and_sets_are_nested(params):
    X = make_records(5)
    fingerprints = [
        make_transformer(**{**params, "encoding": "signed", "n_coefficients": k})
        .fit(X)
        .transform(X)
        for k in (50, 100, 200)
    ]
    for k, kept in zip((50, 100, 200), fingerprints, strict=True):
        assert (np.count_nonzero(kept, axis=(1, 2)) == k).all()
    for fewer, more in pairwise(fingerprints):
        np.testing.assert_array_equal(fewer, np.where(fewer != 0, more, 0))


def test_the_mean_is_never_kept():
    X = make_records(5)
    fingerprints = make_transformer(shape=(8, 8), n_coefficients=63).fit_transform(X)
    assert not fingerprints[:, 0, 0].any()
    assert np.count_nonzero(fingerprints) > 5 * 60


# encodings and shapes


def test_encodings_agree():
    X = make_records(4)
    signed, presence, positive, two, interleaved = (
        make_transformer(encoding=encoding).fit_transform(X)
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
    transformer = make_transformer(shape=(8, 16), n_coefficients=20, encoding=encoding)
    fingerprints = transformer.fit_transform(X)
    assert fingerprints.shape == (2, *shape)
    flattened = clone(transformer).set_params(flatten=True).fit_transform(X)
    np.testing.assert_array_equal(flattened, fingerprints.reshape(2, *flat))
    if lead:
        alone = transformer.fit_transform(X.reshape(-1, 300))
        np.testing.assert_array_equal(alone.reshape(fingerprints.shape), fingerprints)
    images = transformer.fit(X).scalogram(X)
    assert images.shape == (2, *lead, 8, 16)
    assert transformer.haar_coefficients(X).shape == (2, *lead, 8, 16)


@pytest.mark.parametrize("shape", [(1, 64), (64, 1), (1, 2), (4, 128), (128, 4)])
@pytest.mark.parametrize("haar", ["standard", "pyramid"])
def test_images_need_not_be_square(shape, haar):
    X = make_records(3, 500)
    k = min(50, shape[0] * shape[1] - 1)
    transformer = make_transformer(shape=shape, haar=haar, n_coefficients=k)
    fingerprints = transformer.fit_transform(X)
    assert fingerprints.shape == (3, *shape)
    assert np.count_nonzero(fingerprints, axis=(1, 2)) == pytest.approx([k] * 3)
    assert transformer.inverse_transform(fingerprints).shape == (3, *shape)


# inverse


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_inverse_is_the_image_of_the_signs(encoding, flatten, lead):
    X = make_records(2, 500, lead=lead)
    transformer = make_transformer(encoding=encoding, flatten=flatten, shape=(16, 16))
    fingerprints = transformer.fit_transform(X)
    images = transformer.inverse_transform(fingerprints)
    signs = make_transformer(shape=(16, 16)).fit_transform(X)
    if encoding == "presence":
        signs = np.abs(signs)
    if encoding == "positive":
        signs = np.maximum(signs, 0)
    one_plane = not lead and fingerprints.ndim == (2 if flatten else 3)
    axes = () if one_plane else (1, 1, *lead)[-2:]
    assert images.shape == (2, *axes, 16, 16)
    for image, expected in zip(
        images.reshape(-1, 16, 16), signs.reshape(-1, 16, 16), strict=True
    ):
        coefficients = pywt.fswavedecn(image, "haar").coeffs
        np.testing.assert_allclose(coefficients, expected, atol=1e-12)


def test_inverse_resembles_its_own_scalogram_most():
    X = make_records(10)
    transformer = make_transformer(n_coefficients=400).fit(X)
    images = transformer.scalogram(X).reshape(10, -1)
    approximations = transformer.inverse_transform(transformer.transform(X))
    correlations = np.corrcoef(images, approximations.reshape(10, -1))[:10, 10:]
    np.testing.assert_array_equal(correlations.argmax(axis=1), np.arange(10))
    assert correlations.diagonal().min() > 0.4


def test_inverse_of_standardized_fingerprints_is_around_the_centre():
    X = make_records(20)
    transformer = make_transformer(standardize="mad").fit(X)
    fingerprints = transformer.transform(X)
    signs = fingerprints[0] * np.nan_to_num(transformer.scale_) + transformer.center_
    image = transformer.inverse_transform(fingerprints[:1])[0]
    again = pywt.fswavedecn(image, "haar").coeffs
    np.testing.assert_allclose(again, signs, atol=1e-12)


# standardization


@pytest.mark.parametrize("standardize", ["mad", "zscore"])
def test_spread_is_learnt_in_fit_only(standardize):
    X, other = make_records(30), make_records(8, seed=1)
    transformer = make_transformer(standardize=standardize, scale="power").fit(X)
    coefficients = make_transformer(scale="power").fit(X).haar_coefficients(X)
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
    transformer = make_transformer(standardize=standardize, **axis).fit(X)
    assert not np.isnan(transformer.scale_).all()
    same = clone(transformer).fit(np.repeat(X[:1], 6, axis=0))
    assert np.isnan(same.scale_).all()
    assert not same.transform(X).any()
    assert np.isnan(same.haar_coefficients(X)).all()
    transformer.scale_[3, 4] = np.nan
    assert not transformer.transform(X)[:, 3, 4].any()
    assert np.count_nonzero(transformer.transform(X)[:, 3]) > 0


# estimator


@VARIANTS
def test_clones_and_pickles_fingerprint_the_same(params):
    X = make_records(6, 600)
    transformer = make_transformer(**{"wavelet": Morse(3.0, 30.0), **params})
    fingerprints = transformer.fit_transform(X)
    np.testing.assert_array_equal(clone(transformer).fit_transform(X), fingerprints)
    loaded = pickle.loads(pickle.dumps(transformer))
    np.testing.assert_array_equal(loaded.transform(X), fingerprints)


def test_fit_is_needed_only_to_standardize():
    X = make_records(4)
    np.testing.assert_array_equal(
        make_transformer().transform(X), make_transformer().fit_transform(X)
    )
    assert not make_transformer().__sklearn_tags__().requires_fit
    transformer = make_transformer(standardize="mad")
    assert transformer.__sklearn_tags__().requires_fit
    for method in ("transform", "haar_coefficients", "scalogram", "quality"):
        with pytest.raises(NotFittedError):
            getattr(transformer, method)(X)
    with pytest.raises(NotFittedError):
        transformer.inverse_transform(np.zeros((1, 64, 64), dtype=np.int8))


# names, axes and presets


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("lead", [(), (3,)])
def test_flat_features_have_names(encoding, lead):
    X = make_records(3, 400, lead=lead)
    transformer = make_transformer(encoding=encoding, flatten=True, shape=(4, 8))
    transformer.set_params(n_coefficients=10).fit(X)
    names = transformer.get_feature_names_out()
    flat = transformer.transform(X)
    assert len(set(names)) == len(names) == flat.shape[1]
    signs = make_transformer(shape=(4, 8), n_coefficients=10).fit_transform(X)
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


def test_flat_fingerprints_become_frames():
    X = make_records(3)
    transformer = make_transformer(flatten=True).set_output(transform="pandas")
    frame = transformer.fit_transform(X)
    assert frame.columns.tolist() == transformer.get_feature_names_out().tolist()
    assert frame.columns[[0, 65]].tolist() == ["haar_f0_t0", "haar_f1_t1"]
    assert (frame.dtypes == np.int8).all()
    assert not hasattr(make_transformer(), "get_feature_names_out")


def test_axes_and_compression_are_attributes():
    X = make_records(2, 2048)
    transformer = make_transformer(encoding="presence").fit(X)
    np.testing.assert_allclose(transformer.frequencies_[[0, -1]], [8 * 40 / 2048, 16])
    np.testing.assert_allclose(transformer.times_, (np.arange(64) + 0.5) * 0.8)
    assert transformer.compression_ == {"record": 32.0, "scalogram": 2048.0}
    assert transformer.record_shape_ == (2048,)
    assert make_transformer().fit(X).compression_["scalogram"] == 1024.0
    single = make_transformer(encoding="two_channel").fit(X.astype(np.float32))
    assert single.compression_ == {"record": 8.0, "scalogram": 1024.0}


@pytest.mark.parametrize("n_samples", [33, 70, 1001])
def test_times_are_those_of_the_columns(n_samples):
    sample = int(0.8 * n_samples)
    X = np.zeros((1, n_samples))
    X[0, sample] = 1.0
    transformer = make_transformer(shape=(8, 32), f_min=8.0).fit(X)
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
    fingerprints = trova.fit_transform(X)
    assert fingerprints.shape == (12, 64, 64)
    assert pack_fingerprints(fingerprints).shape == (12, 512)
    np.testing.assert_array_equal(
        unpack_fingerprints(pack_fingerprints(fingerprints)), fingerprints
    )

    fast = FingerprintTransformer.from_preset("fast", sampling_rate=40.0)
    fingerprints = fast.fit_transform(X)
    assert fingerprints.shape == (12, 64, 64)
    assert (fingerprints.sum(axis=(1, 2)) == 400).all()
    assert (fast.standardize, fast.haar) == ("mad", "pyramid")

    waveprint = FingerprintTransformer.from_preset("waveprint", sampling_rate=40.0)
    assert waveprint.fit_transform(X).shape == (12, 64, 128)

    signed = FingerprintTransformer(sampling_rate=40.0).fit_transform(X)
    planes = FingerprintTransformer.from_preset("two_plane_linear", sampling_rate=40.0)
    expected = np.stack([signed > 0, signed < 0], axis=1).reshape(12, -1)
    np.testing.assert_array_equal(planes.fit_transform(X), expected)

    changed = FingerprintTransformer.from_preset("trova", n_coefficients=7)
    assert changed.n_coefficients == 7
    with pytest.raises(ValueError, match="name must be one of 'two_plane_linear'"):
        FingerprintTransformer.from_preset("discrimination")


# what does not change


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_fingerprints_keep_their_bits(dtype):
    """Whatever becomes faster; the digest is that of a plain evaluation by rows."""
    rng = np.random.default_rng(0)
    white = rng.standard_normal((24, 3000))
    time = np.arange(3000) / 40 - rng.uniform(10, 40, (24, 1))
    red = rng.standard_normal((24, 3000)).cumsum(axis=1)
    X = white * np.exp(-0.2 * time.clip(0)) * (time > 0) + 0.01 * red
    transformer = FingerprintTransformer(sampling_rate=40.0)
    fingerprints = transformer.fit_transform(X.astype(dtype))
    digest = hashlib.sha256(fingerprints.tobytes()).hexdigest()
    assert digest.startswith("35d4a129a40d7bf4")


def test_views_of_channels_share_rows():
    """Every channel with its own view 0, whatever the batches."""
    X = make_records(4).reshape(2, 2, -1)
    views = FilterAugmenter(sampling_rate=40.0, fallback=2.0).fit_transform(X)
    transformer = make_transformer(view_tolerance=1e-4)
    shared = transformer.fit_transform(views)
    images = transformer.scalogram(views)
    small = make_transformer(view_tolerance=1e-4, batch_size=1)
    np.testing.assert_array_equal(small.fit_transform(views), shared)
    transformer.set_params(view_tolerance=0.0)
    alone = transformer.scalogram(views)
    np.testing.assert_array_equal(images[:, 0], alone[:, 0])
    np.testing.assert_allclose(images, alone, atol=5e-3)  # of 60 dB
    assert not np.array_equal(images, alone)
    assert images.shape == (2, 5, 2, *transformer.shape)
    assert (shared == transformer.transform(views)).mean() > 0.999
    for channel in range(2):
        one = small.fit_transform(views[:, :, [channel]])
        np.testing.assert_array_equal(shared[:, :, [channel]], one)


def test_quality_counts_views():
    X = make_records(3)
    views = np.stack([X, 2 * X, 0 * X], axis=1)[:, :, None]
    quality = make_transformer().fit(views).quality(views)
    assert (quality["status"] == "constant").all()
    assert (quality["n_coefficients"] == 400).all()
    quality = make_transformer().quality(views[:, :2])
    assert (quality["status"] == "ok").all()

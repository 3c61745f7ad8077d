"""A new encoding is one class: everything else follows from it."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from transformer_variants import make_records, make_transformer

import skseisfp
from skseisfp._parameters import parameter_faults
from skseisfp._utils.digest import digest
from skseisfp.neural import FingerprintClassifier
from skseisfp.signal import (
    Encoding,
    decode,
    encode,
    get_encoding,
    pack_fingerprints,
    unpack_fingerprints,
)


class Ternary(Encoding):
    """One of three planes holds a 1 at every coefficient."""

    plane_names = ("negative", "zero", "positive")

    def encode(self, kept):
        return np.stack([kept < 0, kept == 0, kept > 0], axis=-3).astype(np.uint8)

    def decode(self, planes):
        return planes[..., 2, :, :] - planes[..., 0, :, :]


class Terciles(Encoding):
    """Signs of the largest third of the kept coefficients, the middle and the last."""

    plane_names = ("large", "middle", "small")
    dtype = np.int8

    def __init__(self, weights=(3.0, 2.0, 1.0)):
        self.weights = weights

    def encode(self, kept):
        flat = kept.reshape(*kept.shape[:-2], -1)
        order = np.argsort(-np.abs(flat), axis=-1, kind="stable")
        rank = np.argsort(order, axis=-1)
        n_kept = np.count_nonzero(flat, axis=-1, keepdims=True)
        third = 3 * rank // np.maximum(n_kept, 1)
        planes = [np.where(third == place, np.sign(flat), 0) for place in range(3)]
        shape = (*kept.shape[:-2], 3, *kept.shape[-2:])
        return np.stack(planes, axis=-2).reshape(shape).astype(np.int8)

    def decode(self, planes):
        return np.einsum("...prc,p->...rc", planes, self.weights)


SHAPE = (8, 16)
X = make_records(6, 300)
ENCODINGS = pytest.mark.parametrize("encoding", [Ternary(), Terciles()], ids=repr)


def small(encoding, **params):
    options = {"shape": SHAPE, "n_coefficients": 30, **params}
    return make_transformer(encoding=encoding, **options)


def test_planes_are_those_of_the_class():
    fingerprints = small(Ternary()).fit_transform(X)
    assert fingerprints.shape == (6, 1, 3, *SHAPE)
    assert fingerprints.dtype == np.uint8
    signs = small("signed").fit_transform(X)
    for plane, sign in enumerate((-1, 0, 1)):
        np.testing.assert_array_equal(fingerprints[:, 0, plane], signs == sign)


def test_an_encoding_knows_the_magnitudes():
    transformer = small(Terciles()).fit(X)
    fingerprints = transformer.transform(X)[:, 0]
    assert fingerprints.dtype == np.int8
    counts = np.count_nonzero(fingerprints, axis=(2, 3))
    np.testing.assert_array_equal(counts, np.full((6, 3), 10))
    np.testing.assert_array_equal(
        fingerprints.sum(axis=1), small("signed").fit(X).transform(X)
    )
    magnitudes = np.abs(transformer.haar_coefficients(X))[:, None]
    least = np.where(fingerprints, magnitudes, np.inf).min(axis=(2, 3))
    largest = np.where(fingerprints, magnitudes, 0).max(axis=(2, 3))
    assert (least[:, :2] >= largest[:, 1:]).all()


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("lead", [(), (3,), (2, 3)])
def test_the_inverse_decodes(lead, flatten):
    records = make_records(2, 300, lead=lead)
    images = [
        transformer.inverse_transform(transformer.fit_transform(records))
        for transformer in (
            small(encoding, flatten=flatten) for encoding in ("signed", Ternary())
        )
    ]
    np.testing.assert_array_equal(images[1].reshape(images[0].shape), images[0])
    weighted = small(Terciles(weights=(5.0, 5.0, 5.0)), flatten=flatten)
    image = weighted.inverse_transform(weighted.fit_transform(records))
    expected = 5 * images[0]
    np.testing.assert_allclose(image.reshape(expected.shape), expected, atol=1e-12)


@pytest.mark.parametrize("lead", [(), (2,)])
def test_every_feature_has_its_name(lead):
    records = make_records(6, 300, lead=lead)
    transformer = small(Ternary(), flatten=True).fit(records)
    names = transformer.get_feature_names_out()
    flat = transformer.transform(records)
    assert len(set(names)) == flat.shape[1] == 3 * np.prod((*lead, *SHAPE))
    signs = small("signed").fit_transform(records).reshape(6, -1, *SHAPE)
    for name, feature in zip(names, flat.T, strict=True):
        *channel, plane, _, row, column = name.split("_")
        place = int(channel[0].removeprefix("channel")) if lead else 0
        sign = {"negative": -1, "zero": 0, "positive": 1}[plane]
        kept = signs[:, place, int(row[1:]), int(column[1:])]
        np.testing.assert_array_equal(feature, kept == sign)


@ENCODINGS
def test_features_become_frames(encoding):
    transformer = small(encoding, flatten=True).set_output(transform="pandas")
    frame = transformer.fit_transform(X)
    assert frame.shape == (6, 3 * 8 * 16)
    assert frame.columns.tolist() == transformer.get_feature_names_out().tolist()
    assert frame.columns[128] == f"{encoding.plane_names[1]}_haar_f0_t0"
    assert (frame.dtypes == encoding.dtype).all()


@ENCODINGS
@pytest.mark.parametrize("params", [{}, {"standardize": "mad", "haar": "pyramid"}])
def test_clones_and_pickles_are_the_same(encoding, params):
    transformer = small(encoding, **params)
    fingerprints = transformer.fit_transform(X)
    copy = clone(transformer)
    assert copy.encoding == encoding
    assert digest(copy) == digest(transformer) != digest(small("signed", **params))
    np.testing.assert_array_equal(copy.fit_transform(X), fingerprints)
    loaded = pickle.loads(pickle.dumps(transformer))
    assert loaded.encoding == encoding
    np.testing.assert_array_equal(loaded.transform(X), fingerprints)


def test_encodings_are_equal_if_their_parameters_are():
    assert Ternary() == Ternary() != Terciles() != "signed"
    assert Terciles() == Terciles((3.0, 2.0, 1.0)) != Terciles((1.0, 1.0, 1.0))
    assert repr(Terciles()) == "Terciles(weights=(3.0, 2.0, 1.0))"
    assert len({Ternary(), Ternary(), Terciles()}) == 2


@pytest.mark.filterwarnings("ignore")  # on the data of scikit-learn's own checks
@pytest.mark.parametrize(
    ("encoding", "flatten"), [(Ternary(), False), (Terciles(), True)]
)
def test_scikit_learn_checks(encoding, flatten):
    estimator = make_transformer(encoding=encoding, flatten=flatten)
    results = check_estimator(estimator, on_skip=None, on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] == "failed"]
    assert failed == []
    assert sum(result["status"] == "passed" for result in results) >= 40


@ENCODINGS
def test_fingerprints_are_packed_by_their_type(encoding):
    transformer = small(encoding, flatten=True).fit(X)
    fingerprints = transformer.transform(X)
    packed = pack_fingerprints(fingerprints)
    bits = 3 * 8 * 16 * encoding.bits
    assert packed.shape == (6, bits // 8)
    signed = encoding.dtype == np.int8
    unpacked = unpack_fingerprints(packed, fingerprints.shape[1:], signed=signed)
    np.testing.assert_array_equal(unpacked, fingerprints)
    assert transformer.compression_["scalogram"] == 64 * 8 * 300 / bits


@pytest.mark.parametrize("flatten", [False, True])
def test_a_classifier_takes_them(flatten):
    y = np.array(["quake", "blast"] * 6)
    records = make_records(12, 300)
    model = make_pipeline(
        small(Ternary(), shape=(16, 16), flatten=flatten),
        FingerprintClassifier(max_epochs=1, device="cpu", random_state=0),
    )
    encodings = ["signed", Ternary(), Terciles()]
    grid = {"fingerprinttransformer__encoding": encodings}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(records, y)
    assert search.cv_results_["param_fingerprinttransformer__encoding"].size == 3
    fitted = model.fit(records, y)
    scores = fitted.predict_proba(records)
    assert scores.shape == (12, 2)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict_proba(records), scores)


# encodings that are not what they declare


class TwoOfThree(Ternary):
    def encode(self, kept):
        return super().encode(kept)[..., :2, :, :]


class Counts(Ternary):
    def encode(self, kept):
        return 2 * super().encode(kept)


class Floats(Ternary):
    def encode(self, kept):
        return super().encode(kept).astype(float)


class FloatType(Floats):
    dtype = float


class Undecoded(Ternary):
    def decode(self, planes):
        return planes


class Unnamed(Ternary):
    def row_names(self, rows):
        return [f"haar_f{row}" for row in range(rows)]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        (
            TwoOfThree(),
            r"encoding TwoOfThree\(\) must .* \(2, 3, 8, 16\) .*; got shape",
        ),
        (Counts(), r"encoding Counts\(\) must give values from 0 to 1; got 0 to 2"),
        (Floats(), r"encoding Floats\(\) must give .* type uint8; got .* type float64"),
        (FloatType(), "must have the dtype uint8 or int8; got float64"),
        (Undecoded(), r"must decode to the shape \(2, 8, 16\); got \(2, 3, 8, 16\)"),
        (Unnamed(), "must have 24 different row_names; got 8"),
    ],
)
def test_what_is_not_declared_raises_before_any_work(encoding, message, monkeypatch):
    transformer = small(encoding)
    monkeypatch.setattr(type(transformer), "_map", None)
    for method in ("fit", "transform"):
        with pytest.raises(ValueError, match=message):
            getattr(transformer, method)(X)


def test_encode_checks_what_it_returns():
    signs = np.zeros((2, *SHAPE), np.int8)
    with pytest.raises(ValueError, match=r"encoding TwoOfThree\(\) must give"):
        encode(signs, TwoOfThree())
    np.testing.assert_array_equal(decode(encode(signs, Ternary()), Ternary()), signs)


@pytest.mark.parametrize("encoding", [Ternary, "ternary", None, 3])
def test_only_names_and_instances_are_encodings(encoding):
    ((name, message),) = parameter_faults(small(encoding))
    assert name == "encoding"
    assert "encoding must be one of 'interleaved', 'positive'" in message
    assert "or an instance of 'skseisfp.signal.encoding.Encoding'" in message


def test_a_class_without_its_methods_cannot_be_made():
    class Half(Encoding):
        def encode(self, kept):
            return kept

    with pytest.raises(TypeError, match="abstract method"):
        Half()


@ENCODINGS
def test_files_name_the_class_to_trust(encoding, tmp_path):
    pytest.importorskip("skops")
    path = tmp_path / "transformer.skops"
    transformer = small(encoding).fit(X)
    skseisfp.save(transformer, path)
    with pytest.raises(ValueError, match=f"not trusted: .*{type(encoding).__name__}"):
        skseisfp.load(path)
    loaded = skseisfp.load(path, trusted=[type(encoding)])
    assert loaded.encoding == encoding
    np.testing.assert_array_equal(loaded.transform(X), transformer.transform(X))


def test_instances_of_built_in_encodings_are_trusted(tmp_path):
    pytest.importorskip("skops")
    transformer = small(get_encoding("interleaved")).fit(X)
    skseisfp.save(transformer, tmp_path / "transformer.skops")
    loaded = skseisfp.load(tmp_path / "transformer.skops")
    assert loaded.encoding == get_encoding("interleaved")

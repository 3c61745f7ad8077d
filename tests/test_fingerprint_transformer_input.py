"""Records, parameters and fingerprints that the transformer accepts or rejects."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from transformer_variants import VARIANTS, make_records, make_transformer

from skseisfp._parameters import parameter_faults
from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal import Encoding, Morlet

GOOD = make_records(2, 400)


def with_value(value):
    X = GOOD.copy()
    X[1, 7] = value
    return X


# records with little in them


@pytest.mark.parametrize("kind", ["zero", "constant", "line", "single", "pair"])
@VARIANTS
def test_records_without_a_signal_have_empty_fingerprints(kind, params):
    n_samples = {"single": 1, "pair": 2}.get(kind, 500)
    value = {"zero": 0.0}.get(kind, 7.3)
    slope = {"line": 0.1}.get(kind, 0.0)
    X = np.repeat((value + slope * np.arange(n_samples))[None], 4, axis=0)
    if n_samples > 2:
        X[1:] = make_records(3, n_samples)
    transformer = make_transformer(**params).fit(X)
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
    transformer = make_transformer().fit(X)
    fingerprints = transformer.transform(X)
    assert not fingerprints[1, 0, 2].any()
    assert (np.count_nonzero(fingerprints[1, 0, :2], axis=(1, 2)) == 200).all()
    quality = transformer.quality(X)
    assert quality.status.tolist() == ["ok", "constant", "ok"]
    assert quality.n_coefficients.tolist() == [600, 400, 600]


@pytest.mark.parametrize("n_samples", range(1, 12))
def test_records_of_few_samples_are_valid(n_samples):
    X = np.random.default_rng(0).standard_normal((3, n_samples))
    for dtype in (np.float32, np.float64):
        fingerprints = make_transformer().fit_transform(X.astype(dtype))
        assert fingerprints.shape == (3, 64, 64)


# bad input


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
def test_bad_records_raise(X, message):
    transformer = make_transformer()
    for method in ("fit", "transform", "scalogram", "haar_coefficients", "quality"):
        with pytest.raises(ValueError, match=message):
            getattr(transformer, method)(X)


@pytest.mark.parametrize("shape", [(2, 300), (2, 2, 400), (2, 400, 1)])
def test_records_are_of_the_shape_seen_in_fit(shape):
    transformer = make_transformer().fit(GOOD)
    with pytest.raises(
        ValueError, match=r"X has (300|2|400) features|X has records of"
    ):
        transformer.transform(np.ones(shape))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sampling_rate": 0.0}, r"sampling_rate must be .* \(0.0, inf\) Hz; got 0.0"),
        ({"sampling_rate": -1}, "sampling_rate must be .* Hz; got -1"),
        ({"sampling_rate": np.nan}, "sampling_rate must be .* Hz; got nan"),
        ({"sampling_rate": np.inf}, "sampling_rate must be .* Hz; got inf"),
        ({"shape": (48, 64)}, r"shape must be two powers of two; got \(48, 64\)"),
        ({"shape": (64, 0)}, "shape must be two powers of two"),
        ({"shape": (64, -64)}, "shape must be two powers of two"),
        ({"shape": (64.0, 64.0)}, "shape must be two powers of two"),
        ({"shape": 64}, "shape must be two powers of two; got 64"),
        ({"shape": (64,)}, "shape must be two powers of two"),
        ({"shape": (1, 1)}, "shape must have more than one pixel"),
        ({"f_min": 0.01}, "f_min=0.01 Hz is too low for records of 400 samples"),
        ({"f_min": 0.0}, r"f_min must be .* \(0.0, inf\) Hz or None; got 0.0"),
        ({"f_min": 17.0}, "f_min=17.0 Hz must be positive and below f_max=16.0"),
        ({"f_min": np.nan}, "f_min must be a float .* got nan"),
        ({"f_max": 20.1}, "f_max=20.1 Hz must be positive and not above the Nyquist"),
        ({"f_max": np.nan}, "f_max must be a float .* got nan"),
        (
            {"wavelet": "haar"},
            "wavelet must be one of 'morlet', 'morse' or a Morlet or",
        ),
        ({"wavelet": "morlett"}, "Did you mean 'morlet'?"),
        ({"wavelet": Morlet(-6.0)}, r"of positive parameters; got Morlet\(omega0=-6.0"),
        ({"scale": "db"}, "scale must be one of 'log', 'magnitude', 'power'; got 'db'"),
        ({"dynamic_range_db": 0.0}, r"dynamic_range_db must be .* \(0.0, 300.0\] dB"),
        ({"dynamic_range_db": 301.0}, "dynamic_range_db must be .* dB; got 301.0"),
        ({"dynamic_range_db": np.nan}, "dynamic_range_db must be .* dB; got nan"),
        ({"haar": "nonstandard"}, "haar must be one of 'pyramid', 'standard'"),
        ({"standardize": "MAD"}, "standardize must be one of 'mad', 'zscore' or None"),
        ({"standardize": True}, "standardize must be one of 'mad', 'zscore' or None"),
        ({"n_coefficients": 4096}, "n_coefficients must be at most 4095 for shape"),
        ({"n_coefficients": 0}, r"n_coefficients must be .* \[1, inf\); got 0"),
        ({"encoding": "binary"}, "encoding must be one of 'interleaved', 'positive'"),
        ({"encoding": "signd"}, "got 'signd'. Did you mean 'signed'?"),
        ({"encoding": Encoding}, "or an instance of 'skseisfp.signal.encoding.Encod"),
        ({"taper": -0.1}, r"taper must be .* \[0.0, 1.0\]; got -0.1"),
        ({"taper": 1.1}, r"taper must be .* \[0.0, 1.0\]; got 1.1"),
        ({"taper": np.nan}, "taper must be a float .* got nan"),
        ({"flatten": None}, "flatten must be .*bool.* got None"),
        ({"batch_size": 0}, r"batch_size must be .* \[1, inf\); got 0"),
        ({"n_jobs": 1.5}, "n_jobs must be .* or None; got 1.5"),
    ],
)
def test_bad_parameters_raise(params, message):
    transformer = make_transformer(**params)
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
    for error in (TypeError, ValueError):
        with pytest.raises(error, match=f"^{name} must be an? (int|float)"):
            make_transformer(**params).fit(GOOD)


@pytest.mark.parametrize(
    "params",
    [
        {"n_coefficients": 0},
        {"encoding": "signd"},
        {"taper": 2.0},
        {"wavelet": Morlet(0.0)},
        {"shape": (48, 64), "window": (3.0, 2.0)},
    ],
)
def test_faults_are_found_without_records(params):
    faults = parameter_faults(make_transformer(**params))
    assert {name for name, _ in faults} == set(params)


@pytest.mark.parametrize(
    "params",
    [
        {"sampling_rate": np.int64(40), "n_coefficients": np.int8(20)},
        {"f_min": np.float32(1), "taper": 0, "flatten": np.True_},
        {"encoding": np.str_("presence"), "shape": np.array([32, 64])},
        {"window": [np.float32(1), np.int16(9)], "wavelet": Morlet(np.float32(6))},
    ],
)
def test_scalars_of_numpy_are_valid(params):
    fingerprints = make_transformer(**params).fit_transform(GOOD)
    assert len(fingerprints) == 2


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
def test_fingerprints_of_another_shape_raise(params, shape):
    with pytest.raises(
        ValueError, match=r"fingerprints of shape .* are not those of this"
    ):
        make_transformer(**params).inverse_transform(np.zeros(shape, dtype=np.int8))


# windows


@pytest.mark.parametrize("lead", [(), (3,), (5, 2)], ids=str)
def test_a_window_fingerprints_that_part_of_the_record(lead):
    X = make_records(4, lead=lead)
    whole = make_transformer(window=(10.0, 42.0)).fit(X)
    part = make_transformer().fit(X[..., 400:1680])
    np.testing.assert_array_equal(whole.transform(X), part.transform(X[..., 400:1680]))
    np.testing.assert_allclose(whole.times_, part.times_ + 10.0)
    np.testing.assert_array_equal(whole.frequencies_, part.frequencies_)


@pytest.mark.parametrize("window", [(5.0, 5.0), (-1.0, 5.0), (0.0, 51.0), (1.0,), 3.0])
def test_a_window_outside_the_record_raises(window):
    with pytest.raises(ValueError, match="window must be two increasing times"):
        make_transformer(window=window).fit(make_records(2))


def test_a_window_holds_at_least_one_sample():
    X = make_records(2)
    for window in ((49.99, 50.0), (0.0, 0.001)):
        fingerprints = make_transformer(window=window).fit_transform(X)
        assert fingerprints.shape == (2, 64, 64)
        assert not fingerprints.any()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("fs", "sampling_rate"),
        ("sample_rate", "sampling_rate"),
        ("wavelets", "wavelet"),
    ],
)
def test_unknown_parameters_come_with_the_name_that_is_meant(name, meant):
    hint = f"Invalid parameter '{name}' .* Did you mean '{meant}'"
    with pytest.raises(ValueError, match=hint):
        FingerprintTransformer().set_params(**{name: 20})
    search = GridSearchCV(
        make_pipeline(FingerprintTransformer(), DummyClassifier()),
        {f"fingerprinttransformer__{name}": [20]},
        cv=2,
    )
    with pytest.raises(ValueError, match=hint):
        search.fit(np.zeros((8, 200)), [0, 1] * 4)


def test_unknown_parameters_without_a_like_are_those_of_scikit_learn():
    with pytest.raises(ValueError, match=r"Invalid parameter 'xyzzy'.*\]\.$"):
        FingerprintTransformer().set_params(xyzzy=1)

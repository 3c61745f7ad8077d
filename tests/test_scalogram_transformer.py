import numpy as np
import pytest

from skseisfp._utils.recordwise import is_recordwise
from skseisfp.preprocessing import FingerprintTransformer, ScalogramTransformer

X = np.random.default_rng(0).standard_normal((3, 2, 1000))


@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_it_is_the_image_under_the_fingerprints(scale):
    params = {"sampling_rate": 40, "f_min": 1, "scale": scale, "wavelet": "morse"}
    images = ScalogramTransformer(**params, n_jobs=2, batch_size=2).fit_transform(X)
    expected = FingerprintTransformer(**params).fit(X).scalogram(X)
    np.testing.assert_array_equal(images, expected)
    assert is_recordwise(ScalogramTransformer())


def test_rows_are_the_frequencies():
    transformer = ScalogramTransformer(sampling_rate=40, shape=(20, 30), f_min=1)
    frequencies = transformer.frequencies(1000)
    tones = np.sin(2 * np.pi * frequencies[[5, 15], None] * np.arange(1000) / 40)
    images = transformer.fit_transform(tones)
    assert images.shape == (2, 20, 30)
    assert images.mean(axis=2).argmax(axis=1).tolist() == [5, 15]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": -1}, "sampling_rate must be .* Hz; got -1"),
        ({"shape": (0, 4)}, "shape must be two integers"),
        ({"shape": 64}, "shape must be two integers"),
        ({"f_max": 30.0}, "Nyquist"),
        ({"wavelet": "haar"}, "wavelet must be"),
        ({"scale": "db"}, "scale must be one of"),
        ({"taper": 2}, "taper must be .* got 2"),
    ],
)
def test_invalid_parameters(parameters, message):
    transformer = ScalogramTransformer(**{"sampling_rate": 40, **parameters})
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(ValueError, match=message):
            method(X)

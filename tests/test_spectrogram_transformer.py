import numpy as np
import pytest
from scipy.signal import spectrogram

from skseisfp._utils.recordwise import is_recordwise
from skseisfp.preprocessing import SpectrogramTransformer

RATE = 50.0


def tone(frequency, n_samples=2000):
    return np.sin(2 * np.pi * frequency * np.arange(n_samples) / RATE)


def test_it_is_the_spectrogram_of_scipy():
    X = np.random.default_rng(0).standard_normal((3, 1500))
    transformer = SpectrogramTransformer(
        sampling_rate=RATE,
        window_length=128,
        overlap=0.25,
        normalize=False,
        scale="power",
    )
    axis, _, expected = spectrogram(
        X - X.mean(axis=1, keepdims=True), RATE, "hann", 128, 32
    )
    np.testing.assert_allclose(transformer.fit_transform(X), expected)
    np.testing.assert_allclose(transformer.frequencies(1500), axis)


def test_band_and_peak():
    X = np.stack([tone(5.0), tone(12.0)])
    transformer = SpectrogramTransformer(sampling_rate=RATE, f_min=2, f_max=20)
    images = transformer.fit_transform(X)
    axis = transformer.frequencies(X.shape[1])
    assert axis[0] >= 2
    assert axis[-1] <= 20
    peaks = axis[images.mean(axis=2).argmax(axis=1)]
    np.testing.assert_allclose(peaks, [5.0, 12.0], atol=0.2)
    assert images.max() == 1
    assert images.min() >= 0


def test_log_is_the_magnitude_in_decibels():
    X = np.random.default_rng(0).standard_normal((2, 1000))
    log, magnitude = (
        SpectrogramTransformer(sampling_rate=RATE, scale=scale).fit_transform(X)
        for scale in ("log", "magnitude")
    )
    decibels = 20 * np.log10(np.maximum(magnitude, 1e-3))
    np.testing.assert_allclose(log, 1 + decibels / 60, atol=1e-12)


def test_axes_gain_threads_and_input():
    X = np.random.default_rng(0).standard_normal((4, 5, 3, 600)).astype(np.float32)
    X.flags.writeable = False
    transformer = SpectrogramTransformer(window_length=64, batch_size=1, n_jobs=2)
    images = transformer.fit_transform(X)
    assert images.dtype == np.float32
    assert images.shape == (4, 5, 3, 33, 17)
    alone = SpectrogramTransformer(window_length=64).transform(X[2, 1, [0]] * 8)
    np.testing.assert_allclose(alone[0], images[2, 1, 0], atol=1e-6)
    assert is_recordwise(transformer)


def test_short_and_constant_records():
    assert SpectrogramTransformer().fit_transform(np.ones((2, 5))).shape == (2, 3, 1)
    assert not SpectrogramTransformer().fit_transform(np.ones((2, 600))).any()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": 0}, "sampling_rate must be .* Hz; got 0"),
        ({"window_length": 0}, "window_length must be .* got 0"),
        ({"overlap": 1.0}, "overlap must be .* got 1.0"),
        ({"window": "square"}, "window must be a window"),
        ({"f_min": 3.0, "f_max": 2.0}, "f_min=3 Hz must be below f_max=2 Hz"),
        ({"f_max": 30.0}, "Nyquist frequency 25 Hz"),
        ({"f_min": 1.0, "f_max": 1.01}, "no row is between"),
        ({"scale": "db"}, "scale must be one of"),
        ({"normalize": False}, "relative to the maximum"),
        ({"dynamic_range_db": 0}, "dynamic_range_db must be .* dB; got 0"),
        ({"batch_size": 0}, "batch_size must be .* got 0"),
    ],
)
def test_invalid_parameters(parameters, message):
    transformer = SpectrogramTransformer(**{"sampling_rate": RATE, **parameters})
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(ValueError, match=message):
            method(np.zeros((2, 600)))

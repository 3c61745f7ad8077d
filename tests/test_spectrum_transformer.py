import numpy as np
import pytest

from skseisfp._utils.recordwise import is_recordwise
from skseisfp.preprocessing import SpectrumTransformer

RATE = 50.0


def test_one_band_has_the_mean_power():
    X = np.random.default_rng(0).standard_normal((2, 999))
    transformer = SpectrumTransformer(
        sampling_rate=RATE, n_bands=1, normalize=False, scale="power", taper=0
    )
    lines = np.abs(np.fft.rfft(X - X.mean(axis=1, keepdims=True))) ** 2
    lines[:, 0] /= 2  # the interval of the line at 0 Hz is cut in half by the band
    width = lines.shape[1] - 0.5
    np.testing.assert_allclose(
        transformer.fit_transform(X)[:, 0], lines.sum(axis=1) / width
    )


@pytest.mark.parametrize("spacing", ["linear", "log"])
@pytest.mark.parametrize("scale", ["log", "magnitude", "power"])
def test_tones_stand_in_their_bands(spacing, scale):
    transformer = SpectrumTransformer(
        sampling_rate=RATE, n_bands=8, f_min=1, spacing=spacing, scale=scale
    )
    edges = transformer.edges()
    centres = (edges[1:] + edges[:-1]) / 2
    X = np.sin(2 * np.pi * centres[:, None] * np.arange(4000) / RATE)
    spectra = transformer.fit_transform(X)
    assert spectra.argmax(axis=1).tolist() == list(range(8))
    np.testing.assert_allclose(spectra.max(axis=1), 1)
    assert spectra.min() >= 0


def test_bands_finer_than_the_lines():
    X = np.random.default_rng(0).standard_normal((2, 16))
    spectra = SpectrumTransformer(n_bands=80).fit_transform(X)
    assert np.isfinite(spectra).all()
    assert (spectra[:, 6:15] == spectra[:, [6]]).all()


def test_axes_gain_and_input():
    X = np.random.default_rng(0).standard_normal((4, 2, 3, 600)).astype(np.float32)
    X.flags.writeable = False
    transformer = SpectrumTransformer(batch_size=1, n_jobs=2)
    spectra = transformer.fit_transform(X)
    assert spectra.dtype == np.float32
    assert spectra.shape == (4, 2, 3, 50)
    alone = SpectrumTransformer().transform(X[2, 1, [0]] * 8 + 1)
    np.testing.assert_allclose(alone[0], spectra[2, 1, 0], atol=1e-5)
    assert not SpectrumTransformer().fit_transform(np.ones((2, 60))).any()
    assert is_recordwise(transformer)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": np.inf}, "sampling_rate must be .* Hz; got inf"),
        ({"n_bands": 0}, "n_bands must be .* got 0"),
        ({"f_min": -1.0}, r"f_min must be .* \[0.0, inf\) Hz or None; got -1"),
        ({"f_max": 26.0}, "Nyquist frequency 25 Hz"),
        ({"spacing": "mel"}, "spacing must be one of"),
        ({"spacing": "log"}, "needs f_min above 0"),
        ({"scale": "log", "normalize": False}, "relative to the maximum"),
        ({"taper": -1}, "taper must be .* got -1"),
    ],
)
def test_invalid_parameters(parameters, message):
    transformer = SpectrumTransformer(**{"sampling_rate": RATE, **parameters})
    for method in (transformer.fit, transformer.transform):
        with pytest.raises(ValueError, match=message):
            method(np.zeros((2, 600)))

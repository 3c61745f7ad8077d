import numpy as np
import pytest
from scipy.signal import chirp
from sklearn.metrics import roc_auc_score

from skseisfp.signal.modulation import banding, least_samples, sonogram, stability

RATE = 100


def coda(rng, delay=None, n_shots=8, duration=30.0):
    """Decaying noise, of a single shot or of several that follow each other."""
    time = np.arange(int(duration * RATE)) / RATE
    record = rng.standard_normal((1, time.size)) * np.exp(-time / 20)
    if delay is None:
        return record
    shots = np.zeros(round(delay * RATE) * (n_shots - 1) + 1)
    shots[:: round(delay * RATE)] = 1
    return np.convolve(record[0], shots)[None, : time.size]


@pytest.mark.parametrize("delay", [0.1, 0.2])
def test_delayed_shots_are_banded(delay):
    rng = np.random.default_rng(0)
    single = [banding(sonogram(coda(rng), RATE)) for _ in range(20)]
    delayed = [banding(sonogram(coda(rng, delay), RATE)) for _ in range(20)]
    y = np.repeat([0, 1], 20)
    for name in ("fourier", "count", "log_f"):
        values = [getattr(each, name) for each in single + delayed]
        assert roc_auc_score(y, values) > 0.95, name
    assert np.median([each.count for each in delayed]) >= 6
    for name in ("fourier_delay", "log_f_delay"):
        found = np.array([getattr(each, name) for each in delayed]) / delay
        assert np.abs(found - found.round()).max() < 0.2, name  # or a multiple of it


def test_a_constant_spectrum_is_more_stable_than_a_changing_one():
    rng = np.random.default_rng(0)
    time = np.arange(40 * RATE) / RATE
    noise = 0.1 * rng.standard_normal((1, time.size))
    steady = stability(sonogram(noise + np.sin(2 * np.pi * 8 * time), RATE))
    moving = stability(sonogram(noise + chirp(time, 5, 40, 25), RATE))
    assert steady.level > 0.9 > 0.1 > moving.level
    assert steady.level > steady.intercept + 30 * steady.slope - 0.1
    assert stability(sonogram(noise, RATE)).level < 0.2


def test_flat_sonograms_have_no_cepstrum_and_no_similarity():
    impulse = np.zeros((1, 30 * RATE))
    impulse[:, ::10] = 1.0
    gram = sonogram(impulse, RATE)
    assert gram.power.shape[1] == gram.frequencies.size
    assert np.isfinite(banding(gram).count)


@pytest.mark.parametrize(
    ("record", "rate"),
    [
        (np.zeros((3, 5000)), 100),
        (np.ones((1, least_samples(100) - 1)), 100),
        (np.random.default_rng(0).normal(size=(1, 5000)), 4),
        (np.random.default_rng(0).normal(size=(1, 5000)), 0.01),
    ],
)
def test_there_is_no_sonogram_of_too_little(record, rate):
    assert sonogram(record, rate) is None

"""Variants of the transformer, and records for its tests."""

from functools import partial

import numpy as np
import pytest

from skseisfp.preprocessing import FingerprintTransformer

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
make_transformer = partial(FingerprintTransformer, sampling_rate=40.0)


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

"""Check FilterAugmenter: the views and their cut-offs."""

import os
from pathlib import Path

import numpy as np
import pytest

from skseisfp.datasets import load_records, make_seismograms
from skseisfp.preprocessing import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintTransformer,
)
from skseisfp.signal import highpass

RATE = 40.0
SHIFTS = (0, -2, -1, 1, 2)
DATA = os.environ.get("SKSEISFP_DATA")


@pytest.fixture(scope="module")
def bunch():
    return make_seismograms(24, random_state=0, return_clean=True)


@pytest.fixture(name="X", scope="module")
def take_records(bunch):
    return bunch.data.astype(float)


def jaccard(first, second):
    first, second = first != 0, second != 0
    both = (first & second).sum(axis=(-2, -1))
    return both / (first | second).sum(axis=(-2, -1))


@pytest.mark.parametrize("n_channels", [1, 3])
def test_shape(X, n_channels):
    augmenter = FilterAugmenter(sampling_rate=RATE)
    records = X.reshape(-1, n_channels, X.shape[1])
    expected = (len(records), 5, n_channels, X.shape[1])
    assert augmenter.fit_transform(records).shape == expected
    if n_channels == 1:
        np.testing.assert_array_equal(
            augmenter.fit_transform(X), augmenter.fit_transform(records)
        )


@pytest.mark.parametrize("fallback", [None, 2.0])
def test_view_0_is_the_adaptive_filter(X, fallback):
    views = FilterAugmenter(sampling_rate=RATE, fallback=fallback).fit_transform(X)
    alone = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=fallback)
    np.testing.assert_array_equal(views[:, 0, 0], alone.fit_transform(X))


def test_cutoffs_of_the_views(X):
    augmenter = FilterAugmenter(sampling_rate=RATE, fallback=1.0, step_octaves=0.25)
    cutoffs = augmenter.view_cutoffs(X)
    assert cutoffs.shape == (len(X), 5)
    np.testing.assert_array_equal(cutoffs[:, 0], augmenter.estimate_cutoff(X)["cutoff"])
    ladder = cutoffs[:, np.argsort(SHIFTS)]
    np.testing.assert_allclose(ladder[:, 1:] / ladder[:, :-1], 2**0.25)
    assert (ladder[:, 0] >= 2 * RATE / X.shape[1]).all()
    assert (ladder[:, -1] <= 0.45 * RATE).all()
    views = augmenter.fit_transform(X)
    for view in range(5):
        expected = highpass(X, cutoffs[:, view], sampling_rate=RATE)
        np.testing.assert_array_equal(views[:, view, 0], expected)


def test_no_view_goes_beyond_the_top(X):
    augmenter = FilterAugmenter(sampling_rate=RATE, fallback=19.0, shifts=(0, 30))
    cutoffs = augmenter.view_cutoffs(np.random.default_rng(0).normal(size=(3, 2000)))
    assert (cutoffs == 19.0).all()
    cutoffs = augmenter.set_params(fallback=None).view_cutoffs(X)
    assert np.nanmax(cutoffs) == 0.45 * RATE


@pytest.mark.parametrize("shifts", [(0,), (0, 1), [-1.5, 0, 3], np.array([0, 1])])
def test_shifts_define_the_views(X, shifts):
    augmenter = FilterAugmenter(sampling_rate=RATE, shifts=shifts)
    assert augmenter.fit_transform(X[:2]).shape == (2, len(shifts), 1, X.shape[1])


@pytest.mark.parametrize("shifts", [(), 1, ("low",), [[0, 1]], None])
def test_invalid_shifts(X, shifts):
    with pytest.raises(ValueError, match="shifts must be a sequence of numbers"):
        FilterAugmenter(sampling_rate=RATE, shifts=shifts).fit(X)


def test_invalid_step(X):
    with pytest.raises(ValueError, match=r"step_octaves must be .* got -1"):
        FilterAugmenter(sampling_rate=RATE, step_octaves=-1.0).fit(X)


def test_views_differ_mildly_in_their_fingerprints(X):
    augmenter = FilterAugmenter(sampling_rate=RATE)
    usable = augmenter.estimate_cutoff(X)["status"] == "ok"
    assert usable.sum() >= 10
    views = augmenter.fit_transform(X[usable])
    fingerprints = FingerprintTransformer(sampling_rate=RATE).fit_transform(views)
    similarity = np.median(
        jaccard(fingerprints[:, :1], fingerprints[:, 1:])[:, :, 0], axis=0
    )
    assert ((similarity > 0.4) & (similarity < 1.0)).all()
    assert similarity[1:3].min() > similarity[[0, 3]].max()


def test_clean_records_are_filtered_and_shifted_too(bunch):
    clean = bunch.clean.astype(float)
    augmenter = FilterAugmenter(sampling_rate=RATE)
    quiet = (augmenter.estimate_cutoff(clean)["status"] == "no_noise").to_numpy()
    assert quiet.sum() >= 20
    cutoffs = augmenter.view_cutoffs(clean)[quiet]
    assert (np.diff(cutoffs[:, np.argsort(SHIFTS)], axis=1) > 0).all()
    filtered = augmenter.fit_transform(clean)[quiet, 0, 0]
    lost = ((filtered - clean[quiet]) ** 2).sum(axis=1)
    assert np.median(lost / (clean[quiet] ** 2).sum(axis=1)) < 0.01


def test_views_of_a_record_that_passes_are_alike():
    X = np.random.default_rng(0).standard_normal((3, 2000))
    augmenter = FilterAugmenter(sampling_rate=RATE)
    assert np.isnan(augmenter.view_cutoffs(X)).all()
    views = augmenter.fit_transform(X)
    np.testing.assert_array_equal(views, np.repeat(X[:, None, None], 5, axis=1))


def agreement(X, **parameters):
    """Return the kept coefficients that fast and exact views share, as parts."""
    augmenter = FilterAugmenter(sampling_rate=RATE, method="fft", **parameters)
    transformer = FingerprintTransformer(sampling_rate=RATE, view_tolerance=1e-4)
    fast = transformer.fit_transform(augmenter.fit_transform(X))
    exact = augmenter.set_params(method="sos").fit_transform(X)
    exact = transformer.set_params(view_tolerance=0.0).fit_transform(exact)
    assert (fast != exact).mean() < 1e-4
    return np.sum((fast == exact) & (exact != 0), axis=(-2, -1)) / 200


def test_fast_views_have_the_fingerprints_of_the_exact_filter(X):
    shared = agreement(X, fallback=1.0)
    assert shared.mean() >= 0.999
    assert np.quantile(shared, 0.05) >= 0.995


@pytest.mark.skipif(DATA is None, reason="SKSEISFP_DATA is not set")
@pytest.mark.parametrize("name", ["pnw", "pnw_more"])
def test_fast_views_of_real_records(name):
    X = load_records(Path(DATA) / name).data[::11]
    shared = agreement(X)
    assert shared.mean() >= 0.999
    assert np.quantile(shared, 0.01) >= 0.995

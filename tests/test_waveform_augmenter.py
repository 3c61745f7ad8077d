"""Check WaveformAugmenter: every change alone, applied to training rows only."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from torch import nn

from skseisfp.neural import FingerprintClassifier, group_valid_split
from skseisfp.preprocessing import WaveformAugmenter

N_SAMPLES = 60


def ramps(n=6, n_channels=3, n_samples=N_SAMPLES):
    """Return records in which every sample has a value of its own."""
    return np.arange(n * n_channels * n_samples, dtype=float).reshape(
        n, n_channels, n_samples
    )


@given(seed=st.integers(0, 2**32), crop=st.integers(1, N_SAMPLES))
@settings(max_examples=40, deadline=None)
def test_a_crop_is_a_part_of_its_own_record(seed, crop):
    X = ramps()
    parts = WaveformAugmenter(crop=crop, probability=0).augment(X, seed)
    starts = parts[:, 0, 0] - X[:, 0, 0]
    assert ((starts >= 0) & (starts <= N_SAMPLES - crop)).all()
    expected = [
        record[:, int(start) : int(start) + crop]
        for record, start in zip(X, starts, strict=True)
    ]
    np.testing.assert_array_equal(parts, expected)


def test_all_crops_occur():
    X = ramps(n=2000)
    parts = WaveformAugmenter(crop=50, probability=0).augment(X, 0)
    starts, counts = np.unique(parts[:, 0, 0] - X[:, 0, 0], return_counts=True)
    assert starts.tolist() == list(range(11))
    assert counts.min() > 100


def test_a_shift_moves_what_leaves_to_the_other_end():
    X = ramps(n=500)
    augmenter = WaveformAugmenter(probability=1, max_shift=0.1, snr_db=300)
    shifted = augmenter.augment(X, 0)
    shifts = [
        next(
            shift
            for shift in range(-N_SAMPLES, N_SAMPLES)
            if np.allclose(np.roll(record, shift, axis=-1), moved, rtol=1e-9)
        )
        for record, moved in zip(X, shifted, strict=True)
    ]
    shifts = np.array(shifts)
    shifts = np.where(shifts < -N_SAMPLES // 2, shifts + N_SAMPLES, shifts)
    assert np.unique(shifts).tolist() == list(range(-6, 7))


def test_a_part_of_the_records_is_changed():
    X = np.random.default_rng(0).standard_normal((2000, 1, 40))
    changed = (WaveformAugmenter(probability=0.3).augment(X, 0) != X).any(axis=(1, 2))
    assert abs(changed.mean() - 0.3) < 0.04
    none = WaveformAugmenter(probability=0).augment(X, 0)
    np.testing.assert_array_equal(none, X)


def measured_snr(X, augmented):
    noise = augmented - X
    deviation = X - X.mean(axis=-1, keepdims=True)
    powers = [
        np.square(x - x.mean(axis=-1, keepdims=True)).mean(axis=(1, 2))
        for x in (deviation, noise)
    ]
    return 10 * np.log10(powers[0] / powers[1])


def test_noise_has_the_ratio_that_is_asked_for():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 3, 500)) * np.array([1, 5, 0.2])[:, None] + 100
    fixed = WaveformAugmenter(probability=1, max_shift=0, snr_db=7).augment(X, 1)
    np.testing.assert_allclose(measured_snr(X, fixed), 7, atol=1e-6)
    augmenter = WaveformAugmenter(probability=1, max_shift=0, snr_db=(0, 20))
    ratios = measured_snr(X, augmenter.augment(X, 1))
    assert ratios.min() > -1e-6
    assert ratios.max() < 20 + 1e-6
    assert np.ptp(ratios) > 10


def test_real_noise_is_a_part_of_the_bank():
    X = np.random.default_rng(0).standard_normal((40, 2, 50))
    noise = ramps(n=5, n_channels=2, n_samples=80) ** 1.5
    augmenter = WaveformAugmenter(
        probability=0, noise=noise, noise_probability=1, snr_db=3
    )
    added = augmenter.augment(X, 0) - X
    np.testing.assert_allclose(measured_snr(X, X + added), 3, atol=1e-6)
    parts = np.lib.stride_tricks.sliding_window_view(noise, 50, axis=-1)
    parts = parts.transpose(0, 2, 1, 3).reshape(-1, 100)
    parts = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    likeness = added.reshape(40, -1) @ parts.T
    likeness /= np.linalg.norm(added.reshape(40, -1), axis=1, keepdims=True)
    np.testing.assert_allclose(likeness.max(axis=1), 1)


def test_at_most_one_channel_is_lost():
    X = ramps(n=600) + 1
    lost = WaveformAugmenter(probability=0, drop_probability=0.5).augment(X, 0) == 0
    per_record = lost.all(axis=2).sum(axis=1)
    assert set(per_record) == {0, 1}
    assert abs(per_record.mean() - 0.5) < 0.08
    np.testing.assert_array_equal(lost.any(axis=2), lost.all(axis=2))
    assert lost.all(axis=2).any(axis=0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_come_from_the_generator_alone(dtype):
    X = ramps().astype(dtype)
    before = X.copy()
    augmenter = WaveformAugmenter(
        crop=40, probability=0.5, noise=ramps(2), drop_probability=0.5
    )
    first = augmenter.augment(X, 3)
    assert first.dtype == dtype
    for other in (clone(augmenter), pickle.loads(pickle.dumps(augmenter))):
        np.testing.assert_array_equal(other.augment(X, 3), first)
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(augmenter.augment(X, rng), first)
    assert (augmenter.augment(X, rng) != first).any()
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("axes", [(), (3,), (2, 3)])
def test_the_center_is_that_of_arrays_and_tensors(axes):
    X = ramps(4, int(np.prod(axes, dtype=int))).reshape(4, *axes, N_SAMPLES)
    augmenter = WaveformAugmenter(crop=20)
    expected = X[..., 20:40]
    np.testing.assert_array_equal(augmenter.center(X), expected)
    np.testing.assert_array_equal(augmenter.center(torch.as_tensor(X)), expected)
    assert augmenter.output_shape(X.shape[1:]) == expected.shape[1:]
    assert augmenter.augment(X, 0).shape == expected.shape


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"crop": 0}, "crop"),
        ({"crop": 61}, "longer than the records of 60 samples"),
        ({"probability": 1.1}, "probability"),
        ({"max_shift": -0.1}, "max_shift"),
        ({"snr_db": (1, 2, 3)}, "snr_db must be a float .* or a pair of numbers"),
        ({"snr_db": np.nan}, "snr_db must be a float .* or a pair of numbers"),
        ({"snr_db": (9, 3)}, r"snr_db must be .* \(low, high\); got"),
        ({"noise": np.zeros((3, 59))}, "does not fit records"),
        ({"noise": np.zeros((3, 2, 60))}, "does not fit records"),
        ({"noise": np.full((3, 1, 60), np.nan)}, "noise must be finite records"),
        ({"drop_probability": 0.5}, "two channels or more"),
    ],
)
def test_what_is_impossible_is_named_before_training(params, message):
    augmenter = WaveformAugmenter(**params)
    X = np.random.default_rng(0).standard_normal((8, 1, N_SAMPLES))
    with pytest.raises(ValueError, match=message):
        augmenter.augment(X)
    with pytest.raises(ValueError, match=message):
        FingerprintClassifier(augmenter=augmenter).fit(X, [0, 1] * 4)


class WaveformNet(nn.Module):
    """A small network on waveforms that stores its input while it does not train."""

    seen = []

    def __init__(self, input_shape, n_classes):
        super().__init__()
        _, n_channels, n_samples = input_shape
        self.n_samples = n_samples
        self.convolution = nn.Conv1d(n_channels, 4, 5)
        self.output = nn.Linear(4, n_classes)

    def forward(self, X):
        """Return logits."""
        assert X.shape[-1] == self.n_samples
        if not self.training:
            self.seen.append(X.detach().numpy().copy())
        return self.output(self.convolution(X[:, 0]).relu().amax(dim=-1))


def make_classifier(**params):
    defaults = {
        "augmenter": WaveformAugmenter(crop=40, probability=0.5, drop_probability=0.2),
        "max_epochs": 3,
        "batch_size": 8,
        "device": "cpu",
        "random_state": 0,
    }
    return FingerprintClassifier(WaveformNet, **{**defaults, **params})


@pytest.fixture(name="waveforms")
def make_waveforms():
    """32 records of 16 events whose number is in every sample, and noise."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-0.2, 0.2, (32, 3, N_SAMPLES)) + 10 * np.arange(32)[:, None, None]
    groups = np.repeat(np.arange(16), 2)
    return X.astype(np.float32), np.where(groups % 2, "blast", "quake"), groups


@pytest.fixture(name="augmented")
def spy_on_augment(monkeypatch):
    """The records that were augmented, by batch, and the results."""
    calls = []
    plain = WaveformAugmenter.augment

    def augment(self, X, random_state=None):
        result = plain(self, X, random_state)
        calls.append((np.rint(X[:, 0, 0, 0] / 10).astype(int), result))
        return result

    monkeypatch.setattr(WaveformAugmenter, "augment", augment)
    monkeypatch.setattr(WaveformNet, "seen", [])
    return calls


def test_validation_rows_are_never_augmented(waveforms, augmented):
    X, y, groups = waveforms
    classifier = make_classifier(early_stopping=True).fit(X, y, groups=groups)
    trained = {number for numbers, _ in augmented for number in numbers}
    seen = np.concatenate(WaveformNet.seen)
    validated = set(np.rint(seen[:, 0, 0, 0] / 10).astype(int))
    assert trained | validated == set(range(32))
    assert not trained & validated
    assert not set(groups[list(trained)]) & set(groups[list(validated)])
    sizes = group_valid_split(y, groups, random_state=0)
    assert (len(trained), len(validated)) == tuple(map(len, sizes))
    middle = X[:, None, :, 10:50]
    for record in seen:
        np.testing.assert_array_equal(record, middle[round(record.max() / 10)])
    assert classifier.fingerprint_shape_ == (1, 3, 40)


def test_predictions_are_of_the_center(waveforms, augmented):
    X, y, _ = waveforms
    classifier = make_classifier().fit(X, y)
    n_calls = len(augmented)
    WaveformNet.seen.clear()
    scores = classifier.predict_proba(X)
    np.testing.assert_array_equal(
        np.concatenate(WaveformNet.seen), X[:, None, :, 10:50]
    )
    np.testing.assert_array_equal(classifier.predict_proba(X[..., 10:50]), scores)
    classifier.score(X, y)
    assert len(augmented) == n_calls
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(X), scores)
    classifier.set_params(augmenter=None)
    np.testing.assert_array_equal(classifier.predict_proba(X), scores)


def test_test_folds_of_a_search_are_never_augmented(waveforms, augmented):
    X, y, groups = waveforms
    folds = list(StratifiedGroupKFold(2).split(X, y, groups))
    search = GridSearchCV(
        make_classifier(), {"augmenter__crop": [30, 40]}, cv=folds, refit=False
    )
    search.fit(X, y)
    fits = [augmented[start : start + 6] for start in range(0, len(augmented), 6)]
    assert len(fits) == 4
    for fit, (train, _) in zip(fits, folds * 2, strict=True):
        assert {number for numbers, _ in fit for number in numbers} == set(train)


def test_every_epoch_draws_again_and_keeps_the_number_of_rows(waveforms, augmented):
    X, y, _ = waveforms
    make_classifier().fit(X, y)
    epochs = [augmented[start : start + 4] for start in range(0, 12, 4)]
    assert len(augmented) == 12
    pictures = []
    for epoch in epochs:
        numbers = np.concatenate([numbers for numbers, _ in epoch])
        assert sorted(numbers) == list(range(32))
        rows = np.concatenate([rows for _, rows in epoch])
        pictures.append(rows[np.argsort(numbers)])
    for first, second in pairwise(pictures):
        assert (first != second).any(axis=(1, 2, 3)).mean() > 0.8


def weights(classifier):
    return [w.detach().numpy() for w in classifier.net_.module_.parameters()]


def test_refits_are_identical_bit_by_bit(waveforms):
    X, y, groups = waveforms
    first = make_classifier(early_stopping=True).fit(X, y, groups=groups)
    again = clone(first).fit(X, y, groups=groups)
    refitted = [w.copy() for w in weights(first)]
    first.fit(X, y, groups=groups)
    for one, two, three in zip(weights(first), weights(again), refitted, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
    other = make_classifier(random_state=1).fit(X, y)
    plain = make_classifier(augmenter=WaveformAugmenter(crop=40, probability=0))
    for different in (other, plain.fit(X, y)):
        assert (weights(different)[0] != weights(first)[0]).any()


def test_an_augmenter_is_a_parameter_with_parameters():
    classifier = make_classifier()
    assert classifier.get_params()["augmenter__crop"] == 40
    copy = clone(classifier).set_params(augmenter__crop=20)
    assert (copy.augmenter.crop, classifier.augmenter.crop) == (20, 40)
    with pytest.raises(ValueError, match="cropp"):
        copy.set_params(augmenter__cropp=20)
    with pytest.raises(TypeError, match=r"augmenter must be an inst.*Waveform"):
        make_classifier(augmenter="crop").fit(np.zeros((4, 3, 50)), [0, 1, 0, 1])


def test_records_shorter_than_the_crop_raise(waveforms):
    X, y, _ = waveforms
    classifier = make_classifier().fit(X, y)
    with pytest.raises(ValueError, match="longer than the records of 30 samples"):
        classifier.predict(X[..., :30])


def test_a_fitted_classifier_is_saved_with_its_crop(waveforms, tmp_path):
    import skseisfp

    pytest.importorskip("skops")
    X, y, _ = waveforms
    classifier = FingerprintClassifier(
        augmenter=WaveformAugmenter(crop=40), max_epochs=1, device="cpu", random_state=0
    ).fit(X[:, 0], y)
    skseisfp.save(classifier, tmp_path / "network.skops")
    copy = skseisfp.load(tmp_path / "network.skops")
    np.testing.assert_array_equal(
        copy.predict_proba(X[:, 0]), classifier.predict_proba(X[:, 0])
    )

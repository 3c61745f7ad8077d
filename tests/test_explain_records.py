import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skseisfp import (
    EventVoteClassifier,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    MultiViewClassifier,
)
from skseisfp.inference import EventDiscriminator, explain_records
from skseisfp.inference._cells import (
    band_parts,
    changes_to_quiet,
    overlaps,
    window_weights,
)
from skseisfp.inference._network_gradient import _by_coefficient, _integrated_gradients
from skseisfp.signal import Encoding, bandpass, haar_matrix

RATE = 20.0  # of the records of the fixture
BANDS = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
WINDOWS = np.linspace(0, 70, 15)
CUE = (2, 5)  # number of the band, 2 to 4 Hz, and of the window, 25 to 30 s


class OneCell(ClassifierMixin, BaseEstimator):
    """The power between 2 and 4 Hz from 25 to 30 s decides, and nothing else."""

    def fit(self, X, y=None):
        self.classes_ = np.array(["blast", "quake"])
        self.shape_ = X.shape
        return self

    def decision_function(self, X):
        part = bandpass(X, sampling_rate=RATE, f_min=2.2, f_max=3.6)
        power = np.square(part[..., 520:580]).mean(axis=-1)
        return np.log(power.reshape(len(X), -1).sum(axis=1))

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype(int)]


def one_cell_records(shape=(3, 1400)):
    rng = np.random.default_rng(0)
    X = rng.standard_normal(shape)
    X[..., 400:800] += 8 * rng.standard_normal((*shape[:-1], 400))
    return X


def linear_module(input_shape, n_classes):
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(int(np.prod(input_shape)), n_classes)
    )


def fingerprint(**options):
    defaults = {"sampling_rate": RATE, "shape": (32, 32), "f_min": 0.5, "f_max": 8.0}
    return FingerprintTransformer(**{**defaults, **options})


def network(**options):
    defaults = {"max_epochs": 8, "lr": 5e-3, "device": "cpu", "random_state": 0}
    return FingerprintClassifier(linear_module, **{**defaults, **options})


@pytest.fixture(scope="module")
def linear(seismograms):
    """A linear network on the fingerprints of the records."""
    pipeline = make_pipeline(fingerprint(), network())
    return pipeline.fit(seismograms.data, seismograms.target)


@pytest.fixture(scope="module")
def logistic(seismograms):
    pipeline = make_pipeline(fingerprint(flatten=True), LogisticRegression(C=0.1))
    return pipeline.fit(seismograms.data, seismograms.target)


@pytest.mark.parametrize("shape", [(3, 1400), (2, 3, 1400)])
@pytest.mark.parametrize("n_masks", [0, None])
def test_the_only_cell_that_decides_is_found(shape, n_masks):
    X = one_cell_records(shape)
    explanation = explain_records(
        OneCell().fit(X),
        X,
        target="quake",
        bands=BANDS,
        windows=WINDOWS,
        sampling_rate=RATE,
        n_masks=n_masks,
        random_state=0,
    )
    contributions = explanation.contributions
    assert contributions.shape == (len(X), 4, 14)
    cue = contributions[:, *CUE]
    assert (cue > 1).all()
    others = contributions.copy()
    others[:, *CUE] = 0
    assert (np.abs(others).max(axis=(1, 2)) < 0.45 * cue).all()
    np.testing.assert_allclose(explanation.log_odds, OneCell().decision_function(X))


def test_noise_alone_has_little_effect():
    X = one_cell_records()
    X[:, 400:800] = X[:, :400]
    explanation = explain_records(
        OneCell().fit(X), X, bands=BANDS, windows=WINDOWS, sampling_rate=RATE, n_masks=0
    )
    loud = explain_records(
        OneCell().fit(X),
        one_cell_records(),
        bands=BANDS,
        windows=WINDOWS,
        sampling_rate=RATE,
        n_masks=0,
    )
    quiet = np.abs(explanation.contributions[:, *CUE])
    assert (quiet < 0.4 * np.abs(loud.contributions[:, *CUE])).all()


def test_parts_sum_to_the_record_and_are_never_raised():
    X = one_cell_records()
    edges = np.array([0.05, 1.0, 3.0, 10.0])
    parts = band_parts(X, edges, RATE)
    assert parts.shape == (3, 3, 1400)
    spectrum = np.abs(np.fft.rfft(parts.sum(axis=1) - X))[:, 10:]
    assert spectrum.max() < 0.1 * np.abs(np.fft.rfft(X))[:, 10:].max()
    changes = changes_to_quiet(parts, edges, RATE)
    assert (np.abs(parts + changes) <= np.abs(parts) + 1e-12).all()
    level = np.sqrt(np.square(parts + changes)[:, 1:, 450:750].mean(axis=-1))
    before = np.sqrt(np.square(parts)[:, 1:, 450:750].mean(axis=-1))
    assert (level < 0.25 * before).all()


def test_weights_of_windows_sum_to_one():
    weights = window_weights(1400, WINDOWS, BANDS, RATE)
    assert weights.shape == (4, 14, 1400)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert (weights >= 0).all()


def test_shares_of_cells_sum_to_one_within_edges():
    shares = overlaps(np.linspace(0, 10, 21), np.array([0.0, 3.0, 7.2, 10.0]))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    inner = overlaps(np.linspace(0, 10, 21), np.array([2.0, 4.0]))
    assert inner.sum() == pytest.approx(4)


def test_occlusion_and_gradient_agree_on_a_linear_network(linear, seismograms):
    X = seismograms.data[:8]
    options = {"bands": BANDS, "windows": WINDOWS, "random_state": 0}
    gradient = explain_records(linear, X, **options)
    occlusion = explain_records(linear, X, method="occlusion", **options)
    assert (gradient.method, occlusion.method) == ("gradient", "occlusion")
    np.testing.assert_array_equal(gradient.target, occlusion.target)
    pairs = zip(gradient.contributions, occlusion.contributions, strict=True)
    agreement = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]
    assert np.mean(agreement) > 0.3
    strangers = zip(gradient.contributions, occlusion.contributions[::-1], strict=True)
    chance = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in strangers]
    assert np.mean(agreement) > np.mean(chance) + 0.15


def test_the_gradient_is_that_of_the_weights(linear, seismograms):
    """Of a linear network the cells of a coefficient share weight times sign."""
    X = seismograms.data[:4]
    transformer, classifier = linear[0], linear[-1]
    weights = classifier.net_.module_[1].weight.detach().numpy().astype(float)
    signs = transformer.transform(X).astype(float)
    kept = signs * (weights[1] - weights[0]).reshape(32, 32)
    coefficients = transformer.haar_coefficients(X)
    images = transformer.scalogram(X)
    heights = images - np.quantile(images, 0.1, axis=-1, keepdims=True)
    slopes = np.divide(kept, coefficients, where=kept != 0, out=np.zeros(kept.shape))
    matrix = haar_matrix(32)
    cells = np.einsum("ur,nuv,vc->nrc", matrix, slopes, matrix) * heights
    explanation = explain_records(
        linear, X, target=linear.classes_[1], bands=1, windows=1
    )
    np.testing.assert_allclose(
        explanation.contributions[:, 0, 0], cells.sum(axis=(1, 2)), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("encoding", ["two_channel", "presence", "interleaved"])
@pytest.mark.parametrize("standardize", [None, "zscore"])
def test_gradients_of_other_fingerprints(encoding, standardize, seismograms):
    transformer = fingerprint(
        encoding=encoding, standardize=standardize, haar="pyramid", flatten=True
    )
    pipeline = make_pipeline(transformer, network(max_epochs=2))
    pipeline.fit(seismograms.data, seismograms.target)
    explanation = explain_records(pipeline, seismograms.data[:3])
    assert explanation.method == "gradient"
    assert explanation.contributions.shape == (3, 4, 16)
    assert np.isfinite(explanation.contributions).all()
    assert explanation.contributions.any(axis=(1, 2)).all()


def test_both_bits_of_a_coefficient_count_for_it():
    two, pairs = (
        fingerprint(encoding="two_channel"),
        fingerprint(encoding="interleaved"),
    )
    planes = np.random.default_rng(0).normal(size=(2, 1, 2, 32, 32))
    rows = planes.transpose(0, 1, 3, 2, 4).reshape(2, 1, -1)
    np.testing.assert_allclose(
        _by_coefficient(rows, pairs, 1),
        _by_coefficient(planes.reshape(2, 1, -1), two, 1),
    )


@pytest.mark.parametrize("flat", [False, True])
def test_views(flat, seismograms, three_steps):
    X, y = seismograms.data[:8, :700], seismograms.target[:8]
    pipeline = three_steps(classifier__max_epochs=1)
    if flat:
        classifier = MultiViewClassifier(network(max_epochs=1))
        pipeline = three_steps(classifier=classifier, fingerprint__flatten=True)
    explanation = explain_records(pipeline.fit(X, y), X[:2], windows=4)
    assert explanation.method == "gradient"
    assert np.isfinite(explanation.contributions).all()
    assert explanation.contributions.any()


def softmax_module(input_shape, n_classes):
    return linear_module(input_shape, n_classes).append(torch.nn.Softmax(dim=1))


def test_a_network_of_probabilities_has_the_gradient_of_its_logits(linear, seismograms):
    X, y = seismograms.data, seismograms.target
    pipeline = clone(linear).set_params(
        fingerprintclassifier__module=softmax_module,
        fingerprintclassifier__criterion=torch.nn.NLLLoss,
        fingerprintclassifier__max_epochs=1,
    )
    pipeline.fit(X, y)
    weights = linear[-1].net_.module_.state_dict()
    pipeline[-1].net_.module_.load_state_dict(weights)
    explanations = [
        explain_records(model, X[:3], method="gradient") for model in (linear, pipeline)
    ]
    contributions = [explanation.contributions for explanation in explanations]
    assert contributions[0].any()
    np.testing.assert_allclose(*contributions, rtol=1e-3, atol=1e-5)


def test_gradients_need_probabilities_of_classes(seismograms):
    X, y = seismograms.data[:8], seismograms.target[:8]
    margins = network(max_epochs=1, criterion=torch.nn.MultiMarginLoss)
    pipeline = make_pipeline(fingerprint(), margins).fit(X, y)
    with pytest.raises(ValueError, match=r"NLLLoss; got MultiMarginLoss\. Use meth"):
        explain_records(pipeline, X[:1], method="gradient")


class Twice(Encoding):
    """Where coefficients are kept, in two halves of one plane."""

    def encode(self, kept):
        halves = np.concatenate([kept != 0, kept != 0], axis=-2)
        return halves.astype(np.uint8)[..., None, :, :]

    def decode(self, planes):
        return planes[..., 0, : planes.shape[-2] // 2, :]

    def fingerprint_shape(self, rows, columns):
        return 1, 2 * rows, columns

    def row_names(self, rows):
        return [f"{half}_haar_f{row}" for half in ("a", "b") for row in range(rows)]


def test_gradients_need_planes_of_the_shape_of_images(seismograms):
    X, y = seismograms.data[:8], seismograms.target[:8]
    pipeline = make_pipeline(fingerprint(encoding=Twice()), network(max_epochs=1))
    with pytest.raises(ValueError, match=r"cannot assign .* encoding=Twice\(\) to"):
        explain_records(pipeline.fit(X, y), X[:1], method="gradient")


MEANS, FIRST = {"predict_views": "mean"}, {"predict_views": "first"}
CLASSIFIERS = {
    "mean": lambda: network(**MEANS),
    "first": lambda: network(**FIRST),
    "mean of a wrapper": lambda: MultiViewClassifier(network(**MEANS), **MEANS),
    "first of a wrapper": lambda: MultiViewClassifier(network(**MEANS), **FIRST),
    "mean of a wrapper, first of its network": lambda: MultiViewClassifier(
        network(**FIRST), **MEANS
    ),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_contributions_of_values_sum_to_the_change_of_the_log_odds(name, seismograms):
    X, y = seismograms.data[:, :700], seismograms.target
    augmenter = FilterAugmenter(sampling_rate=RATE)
    prefix = make_pipeline(augmenter, fingerprint(n_coefficients=40))
    fingerprints = prefix.fit_transform(X)
    n_views = fingerprints.shape[1]
    assert n_views > 1
    last = CLASSIFIERS[name]().fit(fingerprints, y)
    found = _integrated_gradients(
        getattr(last, "estimator_", last), last, fingerprints[:4], n_views, [0, 1, 0, 1]
    )
    used = n_views if name.startswith("mean") else 1
    assert found[:, :used].any(axis=(0, 2)).all()
    assert not found[:, used:].any()

    def odds_of(values):
        scores = last.predict_proba(values)
        odds = np.log(scores[:, 1] / scores[:, 0])
        return odds * [-1, 1, -1, 1]

    empty = np.zeros_like(fingerprints[:4])
    change = odds_of(fingerprints[:4]) - odds_of(empty)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), change, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("wrapper", [EventVoteClassifier, EventDiscriminator])
def test_of_what_votes_the_classifier_of_records_is_explained(
    wrapper, logistic, seismograms
):
    voting = wrapper(logistic).fit(seismograms.data, seismograms.target)
    options = {"n_masks": 40, "windows": 4, "random_state": 0}
    explanation = explain_records(voting, seismograms, **options)
    alone = explain_records(logistic, seismograms, **options)
    np.testing.assert_allclose(explanation.contributions, alone.contributions)
    np.testing.assert_array_equal(explanation.events, seismograms.groups)


def test_rows_stay_in_their_order_with_their_events(logistic, seismograms):
    rows = [5, 0, 9]
    options = {"windows": 3, "n_masks": 0}
    some = explain_records(
        logistic, seismograms.data[rows], seismograms.groups[rows], **options
    )
    whole = explain_records(logistic, seismograms.data[:10], **options)
    np.testing.assert_allclose(some.contributions, whole.contributions[rows])
    table = some.to_frame()
    assert len(table) == 3 * 4 * 3
    by_record = table.groupby("record")["event_id"].unique().explode()
    assert by_record.tolist() == seismograms.groups[rows].tolist()
    sums = table.groupby(["record", "f_min"])["contribution"].sum()
    np.testing.assert_allclose(sums, some.by_band.ravel())
    assert whole.events is None
    assert "event_id" not in whole.to_frame()


def test_random_halves_come_from_the_seed_alone(logistic, seismograms):
    X = seismograms.data[:2].copy()
    before = X.copy()
    first, again, other = (
        explain_records(logistic, X, n_masks=30, random_state=seed).contributions
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("name", ["linear", "logistic"])
def test_the_target_sets_the_sign(name, request, seismograms):
    pipeline, X = request.getfixturevalue(name), seismograms.data[:3]
    options = {"n_masks": 30, "random_state": 0}
    first, second = (
        explain_records(pipeline, X, target=label, **options)
        for label in pipeline.classes_
    )
    np.testing.assert_allclose(
        first.contributions, -second.contributions, rtol=1e-3, atol=1e-5
    )
    predicted = explain_records(pipeline, X, **options)
    assert predicted.target.tolist() == pipeline.predict(X).tolist()
    by_record = explain_records(pipeline, X, target=predicted.target, **options)
    np.testing.assert_array_equal(by_record.contributions, predicted.contributions)
    probability = pipeline.predict_proba(X).max(axis=1)
    odds = np.log(probability / (1 - probability))
    np.testing.assert_allclose(predicted.log_odds, odds, rtol=1e-6)


def test_cells_are_those_asked_for(logistic, seismograms):
    X = seismograms.data[:1]
    explanation = explain_records(logistic, X, n_masks=0)
    np.testing.assert_allclose(explanation.band_edges, [0.5, 1, 2, 4, 8])
    np.testing.assert_allclose(explanation.window_edges, np.linspace(0, 70, 17))
    some = explain_records(logistic, X, bands=[1, 3], windows=[10, 20, 40], n_masks=0)
    assert some.contributions.shape == (1, 1, 2)
    np.testing.assert_allclose(some.times, [15, 30])
    part = make_pipeline(fingerprint(window=(10, 50), flatten=True), logistic[-1])
    explanation = explain_records(part, X, windows=4, bands=BANDS, n_masks=0)
    np.testing.assert_allclose(explanation.window_edges, [10, 20, 30, 40, 50])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "method must be one of 'auto', 'occlusion', 'gradient'"),
        ({"target": "volcano"}, "target must be among the classes .*got 'volcano'"),
        ({"target": ["earthquake"]}, "one for each of 2 records; got 1"),
        ({"bands": [1.0, 12.0]}, "bands must be a number, or edges .* within 10 Hz"),
        ({"bands": [2.0, 1.0]}, "bands must be a number, or edges that rise"),
        ({"bands": 0}, "bands == 0, must be >= 1"),
        ({"windows": [0.0, 80.0]}, "windows must be .* within 70 s, the end"),
        ({"n_masks": -1}, "n_masks == -1, must be >= 0"),
        ({"sampling_rate": 40.0}, r"sampling_rate=20 Hz, but the records have 40 Hz"),
        ({"sampling_rate": -1.0}, "sampling_rate == -1.0, must be > 0"),
        ({"groups": [1, 2, 3]}, "groups must have one event id per record"),
    ],
)
def test_options_that_are_not_valid_raise(options, message, logistic, seismograms):
    with pytest.raises(ValueError, match=message):
        explain_records(logistic, seismograms.data[:2], **options)


def test_records_of_another_rate_raise(logistic, seismograms):
    bunch = {"data": seismograms.data[:2], "sampling_rate": 50.0}
    with pytest.raises(ValueError, match="FingerprintTransformer has sampling_rate=20"):
        explain_records(logistic, bunch)


def test_estimators_that_do_not_suit_raise_by_name(logistic, seismograms):
    X, y = seismograms.data, seismograms.target
    with pytest.raises(NotFittedError, match="Pipeline"):
        explain_records(make_pipeline(fingerprint(), LogisticRegression()), X)
    with pytest.raises(TypeError, match=r"'gradient' needs .* FingerprintClassifier"):
        explain_records(logistic, X[:2], method="gradient")
    plain = LogisticRegression(max_iter=10, tol=1e3).fit(X, y)
    with pytest.raises(ValueError, match="bands must be edges in Hz"):
        explain_records(plain, X[:2], sampling_rate=RATE)
    with pytest.raises(ValueError, match="sampling_rate must be given"):
        explain_records(plain, X[:2], bands=BANDS)

    class Labels(OneCell):
        decision_function = property()

    with pytest.raises(TypeError, match="Labels must have predict_proba or decision"):
        explain_records(Labels().fit(X), X[:2], bands=BANDS, sampling_rate=RATE)


def test_decision_values_serve_in_place_of_probabilities(seismograms):
    pipeline = make_pipeline(fingerprint(flatten=True), LinearSVC(random_state=0))
    three = np.where(np.arange(32) % 3, seismograms.target, "noise")
    X = seismograms.data
    for labels in (seismograms.target, three):
        fitted = pipeline.fit(X, labels)
        explanation = explain_records(fitted, X[:2], n_masks=0, windows=2)
        values = np.sort(fitted.decision_function(X[:2]).reshape(2, -1), axis=1)
        lead = (
            np.abs(values[:, 0]) if labels is not three else np.ptp(values[:, -2:], 1)
        )
        np.testing.assert_allclose(explanation.log_odds, lead)

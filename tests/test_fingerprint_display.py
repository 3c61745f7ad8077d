"""The gallery shows the fingerprints and scalograms of the transformer."""

import numpy as np
import pytest
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skseisfp import AdaptiveHighpassFilter, FingerprintTransformer, make_seismograms
from skseisfp.plotting import FingerprintDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
BUNCH = make_seismograms(12, random_state=0)


def fitted(**parameters):
    return FingerprintTransformer(sampling_rate=40, **parameters).fit(BUNCH.data)


def drawn(ax):
    """The image on some axes."""
    return np.asarray(ax.images[0].get_array())


@pytest.mark.parametrize("kind", ["fingerprint", "scalogram", "inverse"])
def test_has_a_row_of_panels_for_each_class(kind):
    display = FingerprintDisplay.from_estimator(
        fitted(), BUNCH.data, BUNCH.target, kind=kind, n_per_class=3, random_state=0
    )
    assert display.ax_.shape == (3, 3)
    titles = [row[0].get_title(loc="left") for row in display.ax_]
    assert titles == ["earthquake", "mine blast", "quarry blast"]


def test_shows_fingerprints_of_records_of_the_class():
    transformer = fitted()
    display = FingerprintDisplay.from_estimator(
        transformer, BUNCH.data, BUNCH.target, n_per_class=2, random_state=0
    )
    fingerprints = transformer.transform(BUNCH.data)
    for row, label in zip(display.ax_, np.unique(BUNCH.target), strict=True):
        for ax in row:
            same = (fingerprints == drawn(ax)).all(axis=(1, 2))
            assert BUNCH.target[same].tolist() == [label]


def test_zero_is_black_and_one_is_white_without_signs():
    transformer = fitted(encoding="presence")
    display = FingerprintDisplay.from_estimator(transformer, BUNCH.data, n_per_class=1)
    image = display.ax_[0, 0].images[0]
    rgba = image.to_rgba(image.get_array())
    np.testing.assert_array_equal(
        np.unique(rgba[drawn(display.ax_[0, 0]) == 0]), [0, 1]
    )
    assert (rgba[drawn(display.ax_[0, 0]) == 1] == 1).all()


def test_each_sign_has_its_colour():
    display = FingerprintDisplay.from_estimator(fitted(), BUNCH.data, n_per_class=1)
    image = display.ax_[0, 0].images[0]
    colours = image.to_rgba(image.get_array()).reshape(-1, 4)
    assert len(np.unique(colours, axis=0)) == 3


@pytest.mark.parametrize(
    ("parameters", "shape"),
    [
        ({"encoding": "two_channel"}, (64, 64)),
        ({"encoding": "interleaved"}, (128, 64)),
        ({"flatten": True}, (64, 64)),
        ({"shape": (16, 32), "n_coefficients": 30}, (16, 32)),
    ],
)
def test_takes_every_form_of_fingerprint(parameters, shape):
    transformer = fitted(**parameters)
    display = FingerprintDisplay.from_estimator(transformer, BUNCH.data, n_per_class=1)
    assert drawn(display.ax_[0, 0]).shape == shape
    assert transformer.get_params() == fitted(**parameters).get_params()


@pytest.mark.parametrize("kind", ["fingerprint", "scalogram", "inverse"])
@pytest.mark.parametrize("encoding", ["signed", "two_channel"])
def test_of_views_and_channels_the_first_is_drawn(kind, encoding):
    views = np.stack([BUNCH.data, BUNCH.data[::-1]], axis=1)[:, :, None]
    options = {"kind": kind, "n_per_class": 4, "random_state": 0}
    parameters = {"sampling_rate": 40, "encoding": encoding}
    of_views, of_records = (
        FingerprintDisplay.from_estimator(
            FingerprintTransformer(**parameters).fit(X), X, **options
        )
        for X in (views, BUNCH.data)
    )
    np.testing.assert_array_equal(of_views.images, of_records.images)


def test_scalograms_have_hertz_and_seconds():
    transformer = fitted()
    display = FingerprintDisplay.from_estimator(
        transformer, BUNCH.data, kind="scalogram", n_per_class=1
    )
    ax = display.ax_[0, 0]
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    assert low < transformer.frequencies_[0] < transformer.frequencies_[-1] < high
    assert ax.get_xlim() == pytest.approx((0, 90))
    assert display.figure_.get_supylabel() == "Frequency, Hz"


def test_panels_without_a_record_are_hidden():
    few = np.r_[0, np.flatnonzero(BUNCH.target != BUNCH.target.iloc[0])]
    display = FingerprintDisplay.from_estimator(
        fitted(), BUNCH.data[few], BUNCH.target.iloc[few], n_per_class=3, random_state=0
    )
    visible = [[ax.get_visible() for ax in row] for row in display.ax_]
    assert sorted(map(sum, visible)) == [1, 3, 3]


def test_draws_on_given_axes(pyplot):
    figure, axes = pyplot.subplots(1, 2)
    display = FingerprintDisplay.from_estimator(
        fitted(), BUNCH.data, n_per_class=2, ax=axes
    )
    assert display.figure_ is figure
    assert display.ax_.ravel().tolist() == axes.tolist()
    with pytest.raises(ValueError, match=r"ax must hold 1 x 3 axes .* got 2"):
        FingerprintDisplay.from_estimator(fitted(), BUNCH.data, n_per_class=3, ax=axes)


def test_an_unknown_kind_raises():
    with pytest.raises(
        ValueError, match="kind must be one of 'fingerprint', 'scalogram'"
    ):
        FingerprintDisplay.from_estimator(fitted(), BUNCH.data, kind="picture")


@pytest.mark.parametrize("standardize", [None, "mad"])
def test_fits_a_clone_of_what_is_not_fitted(standardize):
    options = {"n_per_class": 2, "random_state": 0}
    parameters = {"sampling_rate": 40, "standardize": standardize}
    transformer = FingerprintTransformer(**parameters)
    display = FingerprintDisplay.from_estimator(
        transformer, BUNCH.data, BUNCH.target, **options
    )
    expected = FingerprintDisplay.from_estimator(
        fitted(standardize=standardize), BUNCH.data, BUNCH.target, **options
    )
    np.testing.assert_array_equal(display.images, expected.images)
    assert not hasattr(transformer, "frequencies_")


@pytest.mark.parametrize("is_fitted", [True, False])
@pytest.mark.parametrize("kind", ["fingerprint", "scalogram"])
def test_draws_the_fingerprints_inside_a_pipeline(is_fitted, kind):
    highpass = AdaptiveHighpassFilter(sampling_rate=40)
    pipeline = make_pipeline(
        highpass,
        FingerprintTransformer(sampling_rate=40, flatten=True),
        DecisionTreeClassifier(),
    )
    if is_fitted:
        pipeline.fit(BUNCH.data, BUNCH.target)
    options = {"kind": kind, "n_per_class": 1, "random_state": 0}
    display = FingerprintDisplay.from_estimator(pipeline, BUNCH.data, **options)
    expected = FingerprintDisplay.from_estimator(
        fitted(), highpass.fit_transform(BUNCH.data), **options
    )
    np.testing.assert_array_equal(display.images, expected.images)


@pytest.mark.parametrize(
    ("estimator", "got"),
    [
        (DecisionTreeClassifier(), "got DecisionTreeClassifier"),
        (make_pipeline(DecisionTreeClassifier()), "got Pipeline with 0"),
        (
            Pipeline([(name, FingerprintTransformer()) for name in "ab"]),
            "got Pipeline with 2",
        ),
    ],
)
def test_estimators_that_make_no_fingerprints_raise(estimator, got):
    with pytest.raises(TypeError, match=f"transformer must be a Fingerprint.*{got}"):
        FingerprintDisplay.from_estimator(estimator, BUNCH.data)

import numpy as np
import pytest
from test_event_learning_curve import Centroids, gaussian

from skseisfp.model_selection.event_learning_curve import event_learning_curve
from skseisfp.plotting.event_learning_curve_display import EventLearningCurveDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


@pytest.fixture(scope="module")
def curves():
    X, y, events = gaussian(120, 20, 0.3)
    options = {"n_repeats": 2, "n_resamples": 100, "train_sizes": (0.1, 0.3, 0.6, 1.0)}
    noise = np.random.default_rng(1).normal(size=X.shape)
    return {
        "rising": event_learning_curve(Centroids(), X, y, events, **options),
        "flat": event_learning_curve(Centroids(), noise, y, events, **options),
    }


def test_curves_are_the_means_and_bands_their_intervals(curves):
    display = EventLearningCurveDisplay.from_curves(curves, chance=0.5)
    chance, *lines = display.ax_.lines
    assert list(chance.get_ydata()) == [0.5, 0.5]
    for line, band, (name, curve) in zip(
        lines, display.ax_.collections, curves.items(), strict=True
    ):
        table = curve.summary()
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), table.index)
        np.testing.assert_array_equal(line.get_ydata(), table["score"])
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(table["low"].min())
        assert heights.max() == pytest.approx(table["high"].max())
    assert display.ax_.get_xlabel() == "training events"
    assert display.ax_.get_ylabel() == "roc auc by event"
    strings = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert strings == ["rising", "flat"]


def test_one_curve_by_events_of_the_rarer_class(curves):
    display = EventLearningCurveDisplay.from_curves(curves["rising"], count="rarer")
    (line,) = display.ax_.lines
    expected = curves["rising"].summary()["n_rarer"]
    np.testing.assert_array_equal(line.get_xdata(), expected)
    assert display.ax_.get_xlabel() == "training events of blast"
    assert display.ax_.get_legend() is None


@pytest.mark.parametrize(("count", "end"), [("events", 300), ("rarer", 100)])
def test_a_rising_curve_is_extrapolated_and_a_flat_one_is_not(curves, count, end):
    display = EventLearningCurveDisplay.from_curves(
        curves, count=count, extrapolate_to=300
    )
    dashed = [line for line in display.ax_.lines if line.get_linestyle() == "--"]
    assert len(dashed) == 1
    found = curves["rising"].extrapolate(300)
    assert dashed[0].get_xdata()[-1] == pytest.approx(end, rel=0.02)
    assert dashed[0].get_ydata()[-1] == pytest.approx(found.score)
    assert len(display.ax_.containers) == 1


def test_nothing_is_extrapolated_backwards(curves):
    display = EventLearningCurveDisplay.from_curves(curves, extrapolate_to=50)
    assert not display.ax_.containers


def test_axes_may_be_given(curves, pyplot):
    figure, ax = pyplot.subplots()
    display = EventLearningCurveDisplay(curves).plot(ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure


def test_curves_that_do_not_go_together_are_named(curves):
    X, y, events = gaussian()
    options = {"n_repeats": 1, "n_resamples": 5}
    other = event_learning_curve(
        Centroids(), X, y, events, metric="accuracy", **options
    )
    with pytest.raises(ValueError, match="one metric; got accuracy, roc_auc"):
        EventLearningCurveDisplay.from_curves({**curves, "other": other})
    swapped = np.where(y == "blast", "quake", "blast")
    other = event_learning_curve(Centroids(), X, swapped, events, **options)
    with pytest.raises(ValueError, match="one rarer class; got blast, quake"):
        EventLearningCurveDisplay.from_curves({**curves, "other": other}, count="rarer")
    with pytest.raises(ValueError, match="curves must hold one"):
        EventLearningCurveDisplay.from_curves({})
    with pytest.raises(ValueError, match="count must be one of"):
        EventLearningCurveDisplay.from_curves(curves, count="records")

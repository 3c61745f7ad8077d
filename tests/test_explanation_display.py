import numpy as np
import pytest

from skseisfp import FingerprintTransformer
from skseisfp.inference import RecordExplanation
from skseisfp.plotting import ExplanationDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
CONTRIBUTIONS = np.array([[[0.5, 0.0, -1.0], [0.25, 2.0, 0.0]], [[0.0] * 3] * 2])


@pytest.fixture
def explanation():
    return RecordExplanation(
        CONTRIBUTIONS,
        band_edges=np.array([0.5, 2.0, 8.0]),
        window_edges=np.array([0.0, 20.0, 40.0, 70.0]),
        method="gradient",
        target=np.array(["quarry_blast", "earthquake"]),
        log_odds=np.array([1.75, -0.2]),
        sampling_rate=20.0,
    )


def overlap(figure, artists):
    """Whether two of the strings of a figure cover each other."""
    boxes = [artist.get_window_extent() for artist in artists]
    return [
        (first.get_text(), second.get_text())
        for k, first in enumerate(artists)
        for j, second in enumerate(artists[:k])
        if boxes[k].overlaps(boxes[j])
    ]


def strings(figure):
    """All strings that are drawn."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    return [
        artist
        for artist in figure.findobj(Text)
        if artist.get_visible() and artist.get_text().strip()
    ]


def test_bars_and_seconds_are_the_sums(explanation, seismograms):
    display = ExplanationDisplay.from_explanation(explanation, seismograms.data[:2])
    (record, key), (image, bars) = display.ax_
    np.testing.assert_allclose([bar.get_width() for bar in bars.patches], [-0.5, 2.25])
    assert bars.patches[0].get_facecolor() != bars.patches[1].get_facecolor()
    sums = CONTRIBUTIONS[0].sum(axis=0)
    for span, value in zip(record.patches, sums, strict=True):
        red, _, blue, opacity = span.get_facecolor()
        assert (red > blue) == (value > 0)
        assert opacity == pytest.approx(0.85 * abs(value) / 2, abs=0.02)
    np.testing.assert_array_equal(record.lines[0].get_ydata(), seismograms.data[0])
    assert record.get_xlim() == image.get_xlim() == (0, 70)
    assert image.get_ylim() == bars.get_ylim() == (0.5, 8)
    assert record.get_title(loc="left") == "quarry blast: log-odds +1.8, by gradient"
    assert not key.axison


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_nothing_overlaps_and_letters_stand_out(
    style, explanation, seismograms, pyplot
):
    from matplotlib.colors import to_rgb

    with pyplot.style.context(style):
        display = ExplanationDisplay.from_explanation(
            explanation, seismograms.data[:2], p_arrival=[15, 3], s_arrival=[15.5, 9]
        )
        figure = display.figure_
        drawn = strings(figure)
        assert overlap(figure, drawn) == []
        inside = figure.bbox
        for box in (artist.get_window_extent() for artist in drawn):
            cut = box.overlaps(inside) and not inside.padded(1).contains(*box.min)
            assert not cut
        background = np.mean(figure.get_facecolor()[:3])
        line = display.ax_[0, 0].lines[0].get_color()
        assert abs(np.mean(to_rgb(line)) - background) > 0.8


def test_marks_are_those_of_the_record(seismograms):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(
        FingerprintTransformer(sampling_rate=20, shape=(16, 16), flatten=True),
        LogisticRegression(),
    ).fit(seismograms.data, seismograms.target)
    display = ExplanationDisplay.from_estimator(
        pipeline, seismograms, record=4, n_masks=0, windows=3, bands=2
    )
    frame = seismograms.frame
    assert display.p_arrival == frame["p_arrival"][4]
    for panel in (display.ax_[0, 0], display.ax_[1, 0]):
        dashed = [line for line in panel.lines if line.get_linestyle() == "--"]
        times = [line.get_xdata()[0] for line in dashed]
        assert times == frame.loc[4, ["p_arrival", "s_arrival"]].tolist()
    without = ExplanationDisplay.from_estimator(
        pipeline, seismograms.data, record=4, n_masks=0, windows=3, bands=2
    )
    np.testing.assert_array_equal(without.contributions, display.contributions)
    assert len(without.ax_[0, 0].lines) == 1


def test_an_explanation_of_nothing_is_drawn(explanation, seismograms):
    display = ExplanationDisplay.from_explanation(
        explanation, seismograms.data[:2], record=1
    )
    assert [bar.get_width() for bar in display.ax_[1, 1].patches] == [0, 0]


def test_given_axes_are_used(explanation, seismograms, pyplot):
    figure, axes = pyplot.subplots(2, 2)
    display = ExplanationDisplay.from_explanation(
        explanation, seismograms.data[:2], ax=axes
    )
    assert display.figure_ is figure
    assert pyplot.get_fignums() == [figure.number]


def test_records_that_are_not_explained_raise(explanation, seismograms):
    with pytest.raises(ValueError, match=r"X must hold the 2 records .* got 3"):
        ExplanationDisplay.from_explanation(explanation, seismograms.data[:3])
    with pytest.raises(ValueError, match="record == 2, must be <= 1"):
        ExplanationDisplay.from_explanation(explanation, seismograms.data[:2], record=2)
    with pytest.raises(ValueError, match="p_arrival must have one time"):
        ExplanationDisplay.from_explanation(
            explanation, seismograms.data[:2], p_arrival=[1.0]
        )

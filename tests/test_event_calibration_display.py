"""The reliability diagram counts events, and has their intervals."""

import numpy as np
import pandas as pd
import pytest
from grouped_records import make_records
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skseisfp.events import attach_events
from skseisfp.metrics import bootstrap_interval, wilson_interval
from skseisfp.plotting.event_calibration_display import EventCalibrationDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
X, Y, EVENTS = make_records(80)
MODEL = LogisticRegression().fit(X[:, 1:], Y)
PROBABILITIES = MODEL.predict_proba(X[:, 1:])


def draw(y=Y, y_prob=PROBABILITIES[:, 0], groups=EVENTS, pos_label="blast", **options):
    return EventCalibrationDisplay.from_predictions(
        y, y_prob, groups, pos_label=pos_label, **options
    )


def legend(display):
    assert display.ax_.get_legend() is not None
    return display.ax_.get_legend_handles_labels()[1]


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_points_are_bins_of_events_with_wilson_intervals(strategy):
    display = draw(n_bins=4, strategy=strategy, confidence_level=0.9)
    means = pd.Series(PROBABILITIES[:, 0]).groupby(EVENTS).mean()
    is_blast = pd.Series(Y == "blast").groupby(EVENTS).first()
    edges = np.linspace(0, 1, 5)
    if strategy == "quantile":
        edges = np.quantile(means, edges)
    place = np.digitize(means, edges[1:-1])
    ((line, caps, (bars,)),) = display.ax_.containers
    assert len(line.get_xdata()) == len(np.unique(place)) == len(caps[0].get_xdata())
    for k, number in enumerate(np.unique(place)):
        inside = place == number
        interval = wilson_interval(
            int(is_blast[inside].sum()), int(inside.sum()), confidence_level=0.9
        )
        assert line.get_xdata()[k] == pytest.approx(means[inside].mean())
        assert line.get_ydata()[k] == pytest.approx(interval.score)
        ends = bars.get_segments()[k][:, 1]
        np.testing.assert_allclose(ends, interval[1:], atol=1e-12)
        assert display.bins_["n_events"][k] == inside.sum()
    assert display.bins_["n_events"].sum() == 80


def test_the_legend_has_the_brier_scores_of_events():
    display = draw(name="logistic")
    brier = bootstrap_interval(
        Y, PROBABILITIES, EVENTS, metric="brier_score", n_resamples=1
    ).score
    assert display.brier_score_ == pytest.approx(brier)
    assert display.brier_score_of_constant_ == pytest.approx(0.25 * 0.75)
    assert legend(display) == [
        "calibrated",
        "constant 0.25: Brier score 0.188",
        f"logistic: Brier score {brier:.3f}",
    ]


def test_the_histogram_counts_events():
    display = draw()
    heights = [bar.get_height() for bar in display.histogram_ax_.patches]
    assert sum(heights) == 80
    assert len(heights) == 20
    assert display.histogram_ax_.get_ylabel() == "events"
    assert display.ax_.get_ylabel() == "share of blast among the events"
    label = "probability of blast, mean of the event's records"
    assert display.histogram_ax_.get_xlabel() == label
    assert display.ax_.get_xlabel() == ""


def test_of_an_estimator():
    display = EventCalibrationDisplay.from_estimator(
        MODEL, X[:, 1:], Y, groups=EVENTS, pos_label="blast"
    )
    pd.testing.assert_frame_equal(display.bins_, draw().bins_)
    assert legend(display)[-1].startswith("LogisticRegression: ")
    second = EventCalibrationDisplay.from_estimator(
        MODEL, X[:, 1:], attach_events(Y, EVENTS), name="mine"
    )
    assert second.pos_label == "quake"
    assert legend(second)[-1].startswith("mine: ")
    np.testing.assert_allclose(second.brier_score_, display.brier_score_)


def test_events_come_from_the_index_or_are_records_on_request():
    by_index = draw(attach_events(Y, EVENTS), groups=None)
    pd.testing.assert_frame_equal(by_index.bins_, draw().bins_)
    assert len(draw(groups="records").events) == len(Y)
    with pytest.raises(ValueError, match=r"EventCalibrationDisplay needs the event"):
        draw(groups=None)


def test_axes_may_be_given(pyplot):
    figure, (one, other) = pyplot.subplots(1, 2)
    display = draw(ax=one)
    assert display.ax_ is one
    assert display.figure_ is figure
    assert display.histogram_ax_ is None
    assert one.get_xlabel().startswith("probability of blast")
    both = draw(ax=[one, other])
    assert both.histogram_ax_ is other
    with pytest.raises(ValueError, match="ax must hold 2 x 1 axes"):
        draw(ax=[one, other, one])


def test_a_second_curve_is_drawn_over_the_first():
    first = draw(name="raw")
    second = draw(name="other", y_prob=PROBABILITIES[:, 0] ** 2, ax=first.ax_)
    raw, other = (container[0] for container in first.ax_.containers)
    assert raw.get_color() != other.get_color()
    assert raw.get_marker() != other.get_marker()
    assert [text.split(":")[0] for text in legend(second)] == [
        "calibrated",
        "constant 0.25",
        "raw",
        "other",
    ]
    assert first.ax_.get_xlabel() == ""


def test_frequencies_of_0_and_1_have_intervals():
    y = np.repeat(["a", "b"], 6)
    display = draw(y, (y == "b") * 0.98 + 0.01, np.arange(12) // 2, "b")
    np.testing.assert_allclose(display.bins_["frequency"], [0, 1])
    assert (display.bins_["high"] > display.bins_["low"]).all()
    assert draw(y, np.zeros(12), np.arange(12) // 2, "b").bins_[
        "n_events"
    ].tolist() == [6]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "equal"}, "strategy must be one of 'uniform', 'quantile'"),
        ({"n_bins": 0}, "n_bins == 0, must be >= 1"),
        ({"pos_label": "noise"}, "pos_label must be one of the classes blast, quake"),
        (
            {"y_prob": 3 * PROBABILITIES[:, 0]},
            "y_prob must hold probabilities, between",
        ),
        ({"y_prob": PROBABILITIES[1:, 0]}, "probabilities for"),
        ({"groups": np.zeros(len(Y))}, "straddle labels"),
        ({"confidence_level": 2}, "confidence_level == 2"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        draw(**options)


def test_the_class_must_be_clear():
    three = np.array(["a", "b", "c"])[EVENTS % 3]
    with pytest.raises(ValueError, match="one of the classes a, b, c; got None"):
        draw(three, pos_label=None)
    assert draw(three, pos_label="b").pos_label == "b"
    with pytest.raises(ValueError, match="estimator must have predict_proba; got SVC"):
        EventCalibrationDisplay.from_estimator(SVC().fit(X, Y), X, Y, EVENTS)

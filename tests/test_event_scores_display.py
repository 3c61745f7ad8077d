"""The forest plot shows the figures of the score table."""

import numpy as np
import pytest

from skseisfp.metrics import score_table
from skseisfp.plotting import EventScoresDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
EVENTS = np.repeat(np.arange(30), 3)
Y = EVENTS % 2
RNG = np.random.default_rng(0)
SCORES = {"good": RNG.normal(Y, 0.6), "poor": RNG.normal(Y, 3)}


def test_draws_one_interval_for_each_model_and_level():
    display = EventScoresDisplay.from_predictions(Y, SCORES, EVENTS, random_state=0)
    assert display.models == ["good", "poor"]
    by_event, by_record = display.ax_.containers
    for container, level in ((by_event, "event"), (by_record, "record")):
        for k, name in enumerate(SCORES):
            table = score_table(
                Y, SCORES[name], EVENTS, metrics=["roc_auc"], random_state=0
            )
            expected = table.loc[(level, "roc_auc")]
            points, _, bars = container
            assert points.get_xdata()[k] == expected["score"]
            ends = bars[0].get_segments()[k][:, 0]
            np.testing.assert_allclose(ends, expected[["low", "high"]].astype(float))


def test_writes_the_event_scores_and_marks_chance():
    display = EventScoresDisplay.from_predictions(
        Y, SCORES, EVENTS, metric="accuracy", chance=0.5, random_state=0
    )
    row = display.table.loc[("good", "event")]
    written = [text.get_text() for text in display.ax_.texts]
    assert written[0] == f"{row['score']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    assert any(list(line.get_xdata()) == [0.5, 0.5] for line in display.ax_.lines)
    assert display.ax_.get_xlabel() == "accuracy"


def test_keeps_the_order_of_models_from_top_to_bottom():
    display = EventScoresDisplay.from_predictions(
        Y, {"z": SCORES["good"], "a": SCORES["poor"]}, EVENTS, random_state=0
    )
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()] == ["z", "a"]
    assert display.ax_.yaxis_inverted()


def test_takes_the_scores_of_one_model():
    of_one, of_dict = (
        EventScoresDisplay.from_predictions(Y, scores, EVENTS, random_state=0)
        for scores in (SCORES["good"], {"model": SCORES["good"]})
    )
    assert of_one.models == ["model"]
    assert of_one.table.equals(of_dict.table)


def test_no_model_raises():
    with pytest.raises(ValueError, match="y_scores must name at least one model"):
        EventScoresDisplay.from_predictions(Y, {}, EVENTS)

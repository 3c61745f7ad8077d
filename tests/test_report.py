import numpy as np
import pytest
from sklearn.metrics import classification_report

from skseisfp.metrics import (
    class_table,
    negative_predictive_value_score,
    score_table,
    specificity_score,
    wilson_interval,
)


@pytest.fixture
def predicted_events():
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(45), 4)
    y = np.array(["blast", "mine", "quake"])[event_id % 3]
    wrong = rng.random(45)[event_id] < 0.3
    predicted = np.where(wrong, rng.choice(["blast", "quake"], 45)[event_id], y)
    return y, predicted, event_id


def test_table_agrees_with_scikit_learn(predicted_events):
    y, predicted, _ = predicted_events
    table = class_table(y, predicted)
    expected = classification_report(y, predicted, output_dict=True)
    for label in ("blast", "mine", "quake"):
        for name in ("precision", "recall"):
            assert table.loc[(label, name), "score"] == expected[label][name]
        others, rejected = y != label, predicted != label
        assert table.loc[(label, "specificity"), "score"] == rejected[others].mean()
        assert (
            table.loc[(label, "negative_predictive_value"), "score"]
            == others[rejected].mean()
        )


def test_every_line_has_an_interval_around_its_score(predicted_events):
    y, predicted, event_id = predicted_events
    for groups, kind in ((None, "wilson"), (event_id, "bootstrap")):
        table = class_table(
            y, predicted, groups=groups, n_resamples=200, random_state=0
        )
        assert table.shape == (12, 5)
        assert (table["interval"] == kind).all()
        assert (table["low"] <= table["score"]).all()
        assert (table["score"] <= table["high"]).all()


def test_intervals_of_independent_rows_are_wilsons(predicted_events):
    y, predicted, _ = predicted_events
    line = class_table(y, predicted).loc[("blast", "recall")]
    hits = int(((y == "blast") & (predicted == "blast")).sum())
    assert tuple(line[["score", "low", "high"]]) == wilson_interval(hits, line["n"])


def test_records_of_events_have_wider_intervals(predicted_events):
    y, predicted, event_id = predicted_events
    alone = class_table(y, predicted).loc[("quake", "recall")]
    grouped = class_table(y, predicted, groups=event_id, random_state=0)
    grouped = grouped.loc[("quake", "recall")]
    assert grouped["high"] - grouped["low"] > 1.2 * (alone["high"] - alone["low"])


def test_scores_of_a_class_that_is_never_predicted():
    table = class_table(["a", "a", "b", "b"], ["a"] * 4, groups=[1, 2, 3, 4])
    assert np.isnan(
        table.loc[("b", "precision"), ["score", "low", "high"]].astype(float)
    ).all()
    assert table.loc[("b", "precision"), "n"] == 0
    assert table.loc[("b", "negative_predictive_value"), "score"] == 0.5


def test_resamples_without_a_rare_prediction_are_left_out():
    y = np.repeat(["a", "b"], 20)
    predicted = np.where(np.arange(40) == 39, "b", "a")
    table = class_table(y, predicted, groups=np.arange(40), random_state=0)
    assert table.loc[("b", "precision"), ["low", "high"]].tolist() == [1, 1]


def test_functions_agree_with_the_table(predicted_events):
    y, predicted, _ = predicted_events
    table = class_table(y, predicted)["score"]
    for label in ("blast", "mine", "quake"):
        assert (
            specificity_score(y, predicted, pos_label=label)
            == table[(label, "specificity")]
        )
        assert (
            negative_predictive_value_score(y, predicted, pos_label=label)
            == table[(label, "negative_predictive_value")]
        )
    message = "pos_label must be one of the classes blast, mine, quake; got 'rock'"
    with pytest.raises(ValueError, match=message):
        specificity_score(y, predicted, pos_label="rock")


def test_scores_of_the_table_are_those_of_levels_and_metrics():
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(40), 5)
    y = event_id % 2
    p = np.clip(rng.normal(0.35 + 0.3 * y, 0.2), 0, 1)
    table = score_table(y, p, event_id, n_resamples=300, random_state=0)
    assert table.shape == (8, 5)
    assert (table["low"] <= table["score"]).all()
    assert (table["score"] <= table["high"]).all()
    assert table["n"].tolist() == [40] * 4 + [200] * 4
    by_event, by_record = table["score"]["event"], table["score"]["record"]
    assert (by_event > by_record).all()
    assert by_record["accuracy"] == np.mean((p > 0.5) == y)


def test_a_perfect_proportion_of_events_has_an_interval():
    event_id = np.arange(20)
    y = event_id % 2
    line = score_table(y, y, event_id, metrics=["accuracy"], levels=["event"]).iloc[0]
    assert line["score"] == 1
    assert line["low"] < 0.9
    assert line["interval"] == "wilson"


def test_one_metric_and_one_level_may_be_given_by_name():
    event_id = np.arange(20)
    y = event_id % 2
    table = score_table(y, y, event_id, metrics="accuracy", levels="event")
    assert table.index.tolist() == [("event", "accuracy")]
    with pytest.raises(ValueError, match=r"metrics must be one of .*; got 'auc'"):
        score_table(y, y, event_id, metrics="auc")
    with pytest.raises(ValueError, match=r"levels must be one of .*; got 'station'"):
        score_table(y, y, event_id, levels="station")


def test_labels_are_not_scores(predicted_events):
    y, predicted, event_id = predicted_events
    with pytest.raises(ValueError, match=r"y_score must be probabilities .*predict_"):
        score_table(y, predicted, event_id)

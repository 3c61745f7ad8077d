import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
)

from skseisfp import attach_events
from skseisfp.ensemble import EventThresholdClassifierCV
from skseisfp.metrics import (
    bootstrap_interval,
    class_table,
    event_balanced_accuracy,
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
        is_fixed = table["score"].isin([0, 1]) & (groups is not None)
        assert (table["interval"][~is_fixed] == kind).all()
        assert (table["interval"][is_fixed] == "wilson over events").all()
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
    line = table.loc[("b", "precision")]
    assert tuple(line[["score", "low", "high"]]) == wilson_interval(1, 1)
    assert line["interval"] == "wilson over events"


def test_proportions_that_no_resample_changes_have_the_interval_of_their_events():
    event_id = np.repeat(np.arange(40), 3)
    y = np.where(event_id % 4, "quake", "blast")
    for predicted, hits in ((y, 10), (np.full(120, "quake"), 0)):
        table = class_table(
            y, predicted, groups=event_id, n_resamples=50, random_state=0
        )
        recall = table.loc[("blast", "recall")]
        assert tuple(recall[["score", "low", "high"]]) == wilson_interval(hits, 10)
        assert recall["n"] == 30
        negative = table.loc[("quake", "specificity")]
        assert tuple(negative[["score", "low", "high"]]) == wilson_interval(hits, 10)


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


def test_perfect_scores_have_the_intervals_of_events():
    event_id = np.repeat(np.arange(40), 3)
    y = (event_id % 4 == 0).astype(int)
    table = score_table(y, y, event_id, n_resamples=50, random_state=0)
    ends = ["score", "low", "high"]
    for level in ("event", "record"):
        shares = table.loc[(level, "accuracy")]
        assert tuple(shares[ends]) == wilson_interval(40, 40)
        assert shares["interval"] == "wilson"
        for metric in ("balanced_accuracy", "f1", "roc_auc"):
            line = table.loc[(level, metric)]
            assert tuple(line[ends]) == wilson_interval(10, 10)
            assert line["interval"] == "wilson, rarest class"


@pytest.mark.parametrize("pos_label", ["blast", "quake"])
def test_scores_at_a_threshold_are_those_of_predictions_at_it(pos_label):
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(60), 3)
    y = np.where(event_id % 4, "quake", "blast")
    of_quake = np.clip(rng.normal(0.5 + 0.3 * (y == "quake"), 0.25), 0, 1)
    score = np.column_stack([1 - of_quake, of_quake])
    threshold, column = 0.3, ["blast", "quake"].index(pos_label)
    other = ["blast", "quake"][1 - column]
    options = {"threshold": threshold, "pos_label": pos_label, "random_state": 0}
    table = score_table(y, score, event_id, n_resamples=200, **options)
    of_records = np.where(score[:, column] >= threshold, pos_label, other)
    by_event = score[:, column].reshape(60, 3).mean(axis=1)
    of_events = np.where(by_event >= threshold, pos_label, other)
    for level, true, predicted in (
        ("record", y, of_records),
        ("event", y[::3], of_events),
    ):
        lines = table.loc[level]
        assert lines.loc["accuracy", "score"] == accuracy_score(true, predicted)
        assert lines.loc["balanced_accuracy", "score"] == pytest.approx(
            balanced_accuracy_score(true, predicted)
        )
        assert (lines["low"] < lines["score"]).all()
        assert (lines["score"] < lines["high"]).all()
    plain = score_table(y, score, event_id, n_resamples=200, random_state=0)
    assert (table.loc["event"].drop("roc_auc") != plain.loc["event"].drop("roc_auc"))[
        "score"
    ].all()
    assert table.loc[("event", "roc_auc")].equals(plain.loc[("event", "roc_auc")])


def test_scores_at_a_tuned_threshold_are_those_of_the_tuned_classifier():
    rng = np.random.default_rng(0)
    event_id = np.repeat(np.arange(80), 2)
    y = attach_events(np.where(event_id % 5, "quake", "blast"), event_id)
    X = rng.normal((y == "blast").to_numpy()[:, None], 1.0, (160, 2))
    seen = event_id < 40
    tuned = EventThresholdClassifierCV(LogisticRegression(), pos_label="blast")
    tuned.fit(X[seen], y[seen])
    interval = bootstrap_interval(
        y[~seen],
        tuned.predict_proba(X[~seen]),
        metric="balanced_accuracy",
        threshold=tuned.best_threshold_,
        pos_label=tuned.pos_label_,
        random_state=0,
    )
    assert interval.score == event_balanced_accuracy(tuned, X[~seen], y[~seen])
    assert interval.low < interval.score < interval.high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pos_label": 1}, "pos_label is the class of a threshold"),
        ({"threshold": 0.5, "pos_label": 7}, "one of the classes 0, 1, or None; got 7"),
        ({"threshold": np.nan}, "threshold must be a number"),
    ],
)
def test_a_threshold_that_is_none_raises(options, message):
    event_id = np.arange(20)
    with pytest.raises(ValueError, match=message):
        score_table(event_id % 2, np.full(20, 0.5), event_id, **options)


def test_there_is_no_threshold_of_three_classes(predicted_events):
    y, _, event_id = predicted_events
    with pytest.raises(ValueError, match="threshold must be None for 3 classes"):
        score_table(y, np.full((len(y), 3), 1 / 3), event_id, threshold=0.5)


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

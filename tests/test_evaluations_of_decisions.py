"""Evaluations score what a classifier predicts: its own threshold is not ignored."""

import numpy as np
import pandas as pd
import pytest
from protocol_records import evaluate, make_catalogue, noisy
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.model_selection import FixedThresholdClassifier, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from test_decisions import Declared, Foreign

from skseisfp.ensemble import EventThresholdClassifierCV
from skseisfp.metrics import aggregate_events, event_roc_auc, make_event_scorer
from skseisfp.metrics.decisions import decide, margin_threshold, shift_scores
from skseisfp.metrics.weighted import uses_predictions
from skseisfp.model_selection import (
    EvaluationLedger,
    event_learning_curve,
    nested_evaluation,
)

CATALOGUE = make_catalogue()
FRAME, Y = CATALOGUE
EVENTS = FRAME["event_id"].to_numpy()
X = noisy(Y)
HARD = ["accuracy", "balanced_accuracy", "f1"]
SCORES = {"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score}
ONE = {"protocols": "event", "controls": [], "threshold_splits": 2}


def fixed(threshold, pos_label="blast", estimator=None):
    estimator = LogisticRegression() if estimator is None else estimator
    return FixedThresholdClassifier(estimator, threshold=threshold, pos_label=pos_label)


MODELS = {
    "first class": (fixed(0.2), (0, 0.2)),
    "second class": (fixed(0.8, "quake"), (1, 0.8)),
    "pipeline": (make_pipeline(StandardScaler(), fixed(0.2)), (0, 0.2)),
    "decision values": (fixed(0.7, "quake", SVC()), (1, 0.7)),
    "declared": (Declared(0.8), (1, 0.8)),
}


def by_hand(model, decision, metric):
    """Score of the events by predictions pooled over folds, as the evaluation has."""
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=0).split(X, Y, EVENTS)
    tables = []
    for train, test in folds:
        fitted = clone(model).fit(X[train], Y[train])
        if hasattr(fitted, "predict_proba"):
            scores = fitted.predict_proba(X[test])
        else:
            values = fitted.decision_function(X[test])
            scores = np.column_stack([-values, values])
        options = {"classes": fitted.classes_, "decision": decision}
        tables.append(aggregate_events(scores, EVENTS[test], y_true=Y[test], **options))
    table = pd.concat(tables)
    return SCORES[metric](table["label"], table["prediction"])


def model_score(result, metric):
    rows = result.scores.query("kind == 'model'").set_index("metric")
    return rows.loc[metric, "score"]


@pytest.mark.parametrize("metric", SCORES)
@pytest.mark.parametrize("name", MODELS)
def test_protocols_hold_events_against_the_threshold(name, metric):
    model, decision = MODELS[name]
    result = evaluate(CATALOGUE, {"model": model}, X, metric=metric, **ONE)
    expected = by_hand(model, decision, metric)
    assert model_score(result, metric) == pytest.approx(expected)
    assert expected != pytest.approx(by_hand(model, None, metric))


@pytest.mark.parametrize("splits", [2, None])
def test_a_threshold_of_its_own_is_not_replaced(splits):
    models = {"own": fixed(0.2), "plain": LogisticRegression()}
    result = evaluate(CATALOGUE, models, X, **ONE | {"threshold_splits": splits})
    scores = result.scores.set_index(["estimator", "metric"])["score"]
    expected = by_hand(*MODELS["first class"], "balanced_accuracy")
    assert scores["own", "balanced_accuracy"] == pytest.approx(expected)
    assert scores["own", "roc_auc"] == scores["plain", "roc_auc"]
    assert scores["own", "brier_score"] == scores["plain", "brier_score"]
    found = result.probabilities.set_index("estimator")["threshold"]
    np.testing.assert_allclose(found["own"], 0.6)  # blast from 0.2 on: margin 0.8 - 0.2
    assert found["plain"].isna().all() == (splits is None)


def test_differences_and_subsets_are_those_of_predictions():
    models = {"own": fixed(0.2), "plain": LogisticRegression()}
    result = evaluate(CATALOGUE, models, X, metric="accuracy", **ONE)
    expected = by_hand(*MODELS["first class"], "accuracy")
    plain = by_hand(LogisticRegression(), None, "accuracy")
    assert expected != plain
    difference = result.differences["difference"].item()
    assert difference == pytest.approx(expected - plain)
    ones = result.breakdown.query("column == 'label_confidence' and value == 'high'")
    scores = ones.set_index("estimator")["score"].dropna()
    assert scores.empty or scores["own"] != scores["plain"]
    control = evaluate(
        CATALOGUE, models, X, metric="accuracy", **ONE | {"controls": ["prior"]}
    ).against_controls.set_index("estimator")
    gains = control["difference"] + control["control_score"]
    np.testing.assert_allclose(gains[["own", "plain"]], [expected, plain])


def test_a_threshold_tuned_by_event_counts():
    model = EventThresholdClassifierCV(LogisticRegression(), pos_label="blast", cv=2)
    result = evaluate(CATALOGUE, {"model": model}, X, metric="accuracy", **ONE)
    assert result.probabilities["threshold"].nunique() == 3  # one in each fold
    plain = by_hand(LogisticRegression(), None, "accuracy")
    assert model_score(result, "accuracy") != pytest.approx(plain)


def test_the_ledger_gets_what_is_predicted(tmp_path, monkeypatch):
    """The class of the highest score that it gets of an event is the prediction."""
    given = []
    monkeypatch.setattr(
        EvaluationLedger, "_record_all", lambda _, looks: given.extend(looks)
    )
    ledger = EvaluationLedger(tmp_path / "ledger.json")
    evaluate(CATALOGUE, {"own": fixed(0.2)}, X, metric="accuracy", ledger=ledger, **ONE)
    ((_, score, table),) = given
    is_quake = table["score_quake"] > table["score_blast"]
    labels = pd.Series(Y == "quake").groupby(EVENTS).first()
    assert score == np.mean(is_quake == labels[table.index])


@pytest.mark.parametrize(
    "options",
    [{"metric": "accuracy"}, {"metric": "roc_auc", "threshold_splits": None}],
    ids=str,
)
def test_a_rule_of_its_own_is_an_error(options):
    with pytest.raises(ValueError, match="predict of Foreign disagrees"):
        evaluate(CATALOGUE, {"model": Foreign(0.8)}, X, **ONE | options)


def test_a_rule_of_its_own_does_not_matter_for_scores():
    foreign = evaluate(CATALOGUE, {"model": Foreign(0.8)}, X, **ONE)
    plain = evaluate(CATALOGUE, {"model": LogisticRegression()}, X, **ONE)
    pd.testing.assert_frame_equal(foreign.scores, plain.scores)


def test_nested_evaluations_choose_by_predictions():
    space = {"fixed": (fixed(0.5), {"threshold": [0.01, 0.3, 0.99]})}
    options = {"n_splits": 3, "n_inner_splits": 2, "n_resamples": 20}
    result = nested_evaluation(
        space, X, Y, FRAME, metric="balanced_accuracy", **options
    )
    scores = result.candidates.set_index("threshold")["score"]
    assert scores[0.3] > scores[0.01] == scores[0.99] == 0.5
    assert set(result.choices["threshold"]) == {0.3}
    assert result.score.score == scores[0.3]
    by_scores = nested_evaluation(space, X, Y, FRAME, metric="roc_auc", **options)
    assert by_scores.candidates["score"].nunique() == 1


def test_nested_evaluations_do_not_choose_a_rule_that_is_not_known():
    space = {"foreign": (Foreign(), {"threshold": [0.8, 0.9]})}
    with pytest.raises(ValueError, match="predict of Foreign disagrees"):
        nested_evaluation(space, X, Y, FRAME, metric="f1", n_splits=2, n_inner_splits=2)


def test_learning_curves_are_those_of_predictions():
    options = {"n_splits": 3, "n_repeats": 1, "n_resamples": 20, "train_sizes": [1.0]}

    def last(model, metric):
        curve = event_learning_curve(model, X, Y, EVENTS, metric=metric, **options)
        return curve.table["score"].iloc[-1]

    scores = [last(fixed(at), "balanced_accuracy") for at in (0.01, 0.3, 0.99)]
    assert scores[1] > scores[0] == scores[2] == 0.5
    assert last(fixed(0.01), "roc_auc") == last(fixed(0.99), "roc_auc")
    with pytest.raises(ValueError, match="predict of Foreign disagrees"):
        last(Foreign(0.8), "accuracy")


@pytest.mark.parametrize("decision", [(0, 0.2), (1, 0.2), (0, 0.5), (1, 0.5)])
def test_shifted_scores_decide_as_the_threshold_does(decision):
    """Also at the threshold itself, which is a prediction of the positive class."""
    of_first = np.array([0.0, 0.2, 0.3, 0.5, 0.8, 1.0])
    scores = np.column_stack([of_first, 1 - of_first])
    shifted = shift_scores(scores, decision)
    np.testing.assert_array_equal(decide(shifted), decide(scores, decision))
    above = scores[:, 1] - scores[:, 0] > margin_threshold(scores, decision)
    is_tied = np.isclose(scores[:, decision[0]], decision[1])
    np.testing.assert_array_equal(above[~is_tied], decide(shifted)[~is_tied] == 1)


@pytest.mark.parametrize("decision", [(0, -0.7), (1, -0.7), (0, 0.0), (1, 0.0)])
def test_shifted_decision_values_decide_as_the_threshold_does(decision):
    values = np.array([-2.0, -0.7, 0.0, 0.7, 2.0])
    scores = np.column_stack([-values, values])
    shifted = shift_scores(scores, decision)
    np.testing.assert_array_equal(decide(shifted), decide(scores, decision))


def test_metrics_of_predictions_are_known():
    hard = [*HARD, accuracy_score, make_event_scorer("f1")]
    assert all(map(uses_predictions, hard))
    of_scores = make_event_scorer(accuracy_score, response_method="predict_proba")
    assert not any(map(uses_predictions, ["roc_auc", "brier_score", event_roc_auc]))
    assert not uses_predictions(of_scores)

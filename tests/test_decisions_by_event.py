"""Predictions of events follow the threshold of a classifier; their AUC does not."""

import numpy as np
import pandas as pd
import pytest
from grouped_records import make_records
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, brier_score_loss
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_decisions import Foreign

from skseisfp.ensemble import EventVoteClassifier, MultiViewClassifier
from skseisfp.ensemble.event_threshold_classifier_cv import EventThresholdClassifierCV
from skseisfp.metrics import aggregate_events, make_event_scorer
from skseisfp.metrics.aggregation import vote_events
from skseisfp.metrics.decisions import decision_threshold

X, Y, EVENTS = make_records()
LOGISTIC = LogisticRegression().fit(X, Y)
OF_BLAST = LOGISTIC.predict_proba(X)[:, 0]
MEANS = pd.Series(OF_BLAST).groupby(EVENTS).mean()
LABELS = pd.Series(Y).groupby(EVENTS).first()
HARD = ["accuracy", "balanced_accuracy", "f1"]


def fixed(threshold, estimator=LOGISTIC):
    return FixedThresholdClassifier(
        estimator, threshold=threshold, pos_label="blast"
    ).fit(X, Y)


def score(estimator, metric, **options):
    return make_event_scorer(metric, **options)(estimator, X, Y, groups=EVENTS)


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.95])
def test_hard_scores_hold_the_mean_score_against_the_threshold(threshold):
    found = np.where(threshold <= MEANS, "blast", "quake")
    expected = balanced_accuracy_score(LABELS, found)
    model = fixed(threshold)
    assert score(model, "balanced_accuracy") == pytest.approx(expected)
    assert score(model, balanced_accuracy_score) == pytest.approx(expected)
    assert score(model, HARD)["balanced_accuracy"] == pytest.approx(expected)


@pytest.mark.parametrize("metric", HARD)
def test_thresholds_give_different_scores(metric):
    scores = {score(fixed(at), metric) for at in (0.05, 0.3, 0.95)}
    assert len(scores) == 3


def test_scores_of_probabilities_do_not_depend_on_the_threshold():
    for at in (0.05, 0.95):
        assert score(fixed(at), "roc_auc") == score(LOGISTIC, "roc_auc")
        options = {"response_method": "predict_proba", "pos_label": "quake"}
        assert score(fixed(at), brier_score_loss, **options) == score(
            LOGISTIC, brier_score_loss, **options
        )


@pytest.mark.parametrize("metric", HARD)
@pytest.mark.parametrize(
    "model",
    [
        TunedThresholdClassifierCV(LogisticRegression()),
        make_pipeline(StandardScaler(), fixed(0.2, LogisticRegression())),
        GridSearchCV(fixed(0.2, LogisticRegression()), {"estimator__C": [1]}, cv=2),
        EventThresholdClassifierCV(LogisticRegression(), pos_label="blast"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_every_threshold_counts(model, metric):
    params = {"groups": EVENTS} if isinstance(model, EventThresholdClassifierCV) else {}
    model = clone(model).fit(X, Y, **params)
    decision = decision_threshold(model)
    table = aggregate_events(
        model.predict_proba(X), EVENTS, classes=model.classes_, decision=decision
    )
    found = table["prediction"] == LABELS[table.index]
    assert score(model, "accuracy") == found.mean()
    assert score(model, metric) != score(fixed(0.99), metric)
    if isinstance(model, EventThresholdClassifierCV):
        predicted = model.predict_events(X, EVENTS)["prediction"]
        expected = np.mean(predicted == LABELS[predicted.index])
        assert score(model, "accuracy") == expected == model.score(X, Y, EVENTS)


def test_records_vote_by_the_threshold():
    found = pd.Series(OF_BLAST >= 0.3).groupby(EVENTS).mean()
    tied = found == 0.5
    blast = np.where(tied, MEANS >= 0.3, found > 0.5)
    model = fixed(0.3)
    expected = balanced_accuracy_score(LABELS, np.where(blast, "blast", "quake"))
    majority = score(model, "balanced_accuracy", vote="majority")
    assert majority == pytest.approx(expected)
    assert majority != score(LOGISTIC, "balanced_accuracy", vote="majority")


@pytest.mark.parametrize("vote", ["mean", "majority", "snr"])
def test_the_vote_of_a_classifier_is_that_of_the_scorer(vote):
    snr = np.full(len(Y), 3.0)
    model = EventVoteClassifier(fixed(0.3), vote=vote).fit(X, Y)
    other = EventVoteClassifier(fixed(0.9), vote=vote).fit(X, Y)
    accuracy = model.score(X, Y, groups=EVENTS, snr=snr)
    rule = "mean" if vote == "snr" else vote
    assert accuracy == pytest.approx(score(fixed(0.3), "accuracy", vote=rule))
    assert accuracy != other.score(X, Y, groups=EVENTS, snr=snr)
    table = model.predict_events(X, EVENTS, snr=snr)
    assert (table["prediction"] == LABELS[table.index]).mean() == accuracy
    predicted = model.predict(X, groups=EVENTS, snr=snr)
    np.testing.assert_array_equal(table["prediction"][EVENTS], predicted)
    np.testing.assert_array_equal(
        model.predict_proba(X, groups=EVENTS, snr=snr).shape, (len(Y), 2)
    )


@pytest.mark.parametrize("vote", ["mean", "majority"])
def test_a_vote_can_be_scored_as_any_classifier(vote):
    model = EventVoteClassifier(fixed(0.3), vote=vote).fit(X, Y)
    assert score(model, "accuracy") == pytest.approx(
        score(fixed(0.3), "accuracy", vote=vote)
    )


def test_agreement_is_that_of_thresholded_records():
    scores = np.column_stack([OF_BLAST, 1 - OF_BLAST])
    table = aggregate_events(
        scores, EVENTS, classes=["blast", "quake"], decision=(0, 0.3)
    )
    blast = pd.Series(OF_BLAST >= 0.3).groupby(EVENTS).mean()[table.index]
    is_blast = table["prediction"] == "blast"
    np.testing.assert_array_equal(is_blast, MEANS[table.index] >= 0.3)
    np.testing.assert_allclose(table["agreement"], np.where(is_blast, blast, 1 - blast))


@pytest.mark.parametrize(("tie", "expected"), [("mean", 1), ("first", 0)])
def test_tied_votes_are_decided_by_mean_and_threshold(tie, expected):
    scores = np.array([[0.9, 0.1], [0.65, 0.35]])  # mean of the second class 0.225
    _, predicted = vote_events(
        scores, np.zeros(2, int), vote="majority", tie=tie, decision=(1, 0.2)
    )
    assert predicted.tolist() == [expected]


def test_views_are_averaged_before_the_threshold():
    views = np.stack([X, X + 0.5], axis=1)
    model = MultiViewClassifier(fixed(0.3)).fit(views, Y)
    of_blast = model.predict_proba(views)[:, 0]
    np.testing.assert_array_equal(model.predict(views) == "blast", of_blast >= 0.3)
    means = pd.Series(of_blast).groupby(EVENTS).mean()
    expected = np.mean((means >= 0.3) == (LABELS == "blast"))
    found = make_event_scorer("accuracy")(model, views, Y, groups=EVENTS)
    assert found == pytest.approx(expected)


def test_a_rule_of_its_own_is_an_error_of_hard_scores():
    foreign = Foreign(0.8).fit(X, Y)
    for metric in HARD:
        with pytest.raises(ValueError, match="predict of Foreign disagrees"):
            score(foreign, metric)
    assert score(foreign, "roc_auc") == score(LOGISTIC, "roc_auc")
    vote = EventVoteClassifier(Foreign(0.8)).fit(X, Y)
    with pytest.raises(ValueError, match="predict of Foreign disagrees"):
        vote.predict(X, groups=EVENTS)
    views = MultiViewClassifier(Foreign(0.8)).fit(np.stack([X, X], axis=1), Y)
    with pytest.raises(ValueError, match="predict of Foreign disagrees"):
        views.predict(np.stack([X, X], axis=1))


def test_search_over_the_threshold_by_event():
    search = GridSearchCV(
        fixed(0.5),
        {"threshold": [0.02, 0.25, 0.98]},
        scoring=make_event_scorer("balanced_accuracy"),
        cv=GroupKFold(3),
        error_score="raise",
    ).fit(X, pd.Series(Y, index=pd.Index(EVENTS, name="event_id")), groups=EVENTS)
    assert search.best_params_ == {"threshold": 0.25}
    assert len(set(search.cv_results_["mean_test_score"])) > 1

"""The rule by which a classifier decides is found, and one that is not, is an error."""

import numpy as np
import pytest
from grouped_records import make_records
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.feature_selection import RFE, RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import SVC

from skseisfp.ensemble.event_threshold_classifier_cv import EventThresholdClassifierCV
from skseisfp.metrics.aggregation import class_scores
from skseisfp.metrics.decisions import (
    check_decides_by_scores,
    decide,
    deciding_part,
    decision_threshold,
)

X, Y, EVENTS = make_records()
LOGISTIC = LogisticRegression()


def fixed(estimator=LOGISTIC, threshold=0.3, pos_label="blast", **params):
    return FixedThresholdClassifier(
        estimator, threshold=threshold, pos_label=pos_label, **params
    )


def tuned(**params):
    return TunedThresholdClassifierCV(LOGISTIC, **params)


def by_event(**params):
    return EventThresholdClassifierCV(LOGISTIC, cv=2, **params)


def in_search(estimator):
    return GridSearchCV(estimator, {"estimator__C": [0.1, 1]}, cv=2)


THRESHOLDS = {
    "fixed": fixed(),
    "fixed, second class": fixed(pos_label="quake"),
    "fixed, no class": fixed(LOGISTIC, pos_label=None),
    "automatic": fixed(threshold="auto"),
    "automatic, decision values": fixed(SVC(), threshold="auto"),
    "decision values": fixed(SVC(), threshold=-1.0),
    "decision values by name": fixed(SVC(), -1.0, response_method="decision_function"),
    "tuned": tuned(),
    "tuned, decision values": TunedThresholdClassifierCV(SVC()),
    "tuned, first class": tuned(
        scoring=make_scorer(fbeta_score, beta=2, pos_label="blast")
    ),
    "tuned by event": by_event(),
    "tuned by event, first class": by_event(pos_label="blast"),
    "tuned by event, decision values": EventThresholdClassifierCV(SVC(), cv=2),
    "in a pipeline": make_pipeline(StandardScaler(), fixed()),
    "in a search": in_search(fixed()),
    "in both": in_search(
        make_pipeline(StandardScaler(), by_event(pos_label="blast"))
    ).set_params(param_grid={"eventthresholdclassifiercv__estimator__C": [0.1, 1]}),
    "frozen": FrozenEstimator(fixed().fit(X, Y)),
    "in a stack": StackingClassifier([("a", LOGISTIC)], fixed(pos_label=0), cv=2),
    "in RFE": RFE(fixed(), importance_getter="estimator_.coef_"),
    "in RFECV": RFECV(fixed(), cv=2, importance_getter="estimator_.coef_"),
    "in self-training": SelfTrainingClassifier(fixed()),
}


def fit(estimator):
    groups = {"groups": EVENTS} if type(estimator) is EventThresholdClassifierCV else {}
    return estimator.fit(X, Y.astype(object), **groups)


@pytest.mark.filterwarnings(
    "ignore::skseisfp.events.EventsUnknownWarning",
    "ignore:y contains no unlabeled samples",
)
@pytest.mark.parametrize("name", THRESHOLDS)
def test_predictions_are_those_of_scores_and_threshold(name):
    estimator = fit(THRESHOLDS[name])
    decision = decision_threshold(estimator)
    assert decision is not None
    scores = class_scores(estimator, X)
    decided = estimator.classes_[decide(scores, decision)]
    np.testing.assert_array_equal(decided, estimator.predict(X))
    if "automatic" not in name:
        assert (decide(scores) != decide(scores, decision)).any()


@pytest.mark.parametrize(
    "estimator",
    [
        LOGISTIC,
        SVC(),
        RandomForestClassifier(5, random_state=0),
        CalibratedClassifierCV(fixed()),
        make_pipeline(StandardScaler(), SVC()),
        GridSearchCV(LOGISTIC, {"C": [1]}, cv=2),
    ],
    ids=repr,
)
def test_others_decide_by_the_largest_score(estimator):
    estimator.fit(X, Y)
    assert decision_threshold(estimator) is None
    scores = class_scores(estimator, X)
    decided = estimator.classes_[decide(scores)]
    np.testing.assert_array_equal(decided, estimator.predict(X))


def test_a_threshold_of_decision_values_does_not_fit_probabilities():
    for estimator in (
        fixed(response_method="decision_function"),
        tuned(response_method="decision_function"),
    ):
        with pytest.raises(ValueError, match="set response_method='predict_proba'"):
            decision_threshold(estimator.fit(X, Y))


class Foreign(ClassifierMixin, BaseEstimator):
    """A classifier of another package, with a rule of its own."""

    n_predictions = 0

    def __init__(self, threshold=0.5):
        self.threshold = threshold

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)

    def predict(self, X):
        Foreign.n_predictions += 1
        return self.classes_[(self.predict_proba(X)[:, 1] > self.threshold).astype(int)]


class Declared(Foreign):
    """The same, with the attributes that make its rule known."""

    pos_label_ = "quake"

    @property
    def best_threshold_(self):
        return self.threshold


class Wrapper(ClassifierMixin, BaseEstimator):
    """A wrapper that says whose threshold it keeps to."""

    def __init__(self, estimator):
        self.deciding_estimator_ = estimator


def check(estimator):
    estimator.fit(X, Y)
    scores = class_scores(estimator, X)
    check_decides_by_scores(estimator, X, scores, decision_threshold(estimator))


def test_a_foreign_rule_is_an_error():
    check(Foreign())
    check(make_pipeline(StandardScaler(), Foreign()))
    n_wrong = (Foreign(0.8).fit(X, Y).predict(X) != LOGISTIC.fit(X, Y).predict(X)).sum()
    message = (
        rf"predict of Foreign disagrees .* {n_wrong} of {len(Y)} records, first record "
        r"\d+: it predicts 'blast', the scores say 'quake'"
    )
    with pytest.raises(ValueError, match=message):
        check(Foreign(0.8))


def test_a_declared_rule_is_honoured():
    assert decision_threshold(Declared(0.8).fit(X, Y)) == (1, 0.8)
    check(Declared(0.8))
    wrapped = Wrapper(make_pipeline(StandardScaler(), Declared(0.7).fit(X, Y)))
    assert decision_threshold(wrapped) == (1, 0.7)


def test_ties_are_nobodys_rule():
    foreign = Foreign().fit(X, Y)
    tied = np.tile([0.5 + 1e-9, 0.5], (len(Y), 1))
    check_decides_by_scores(foreign, X, tied, None)
    check_decides_by_scores(foreign, X, np.tile([0.2, 0.8], (len(Y), 1)), (1, 0.8))


def test_known_classifiers_do_not_predict_twice(monkeypatch):
    def predict(self, X):
        raise AssertionError("predict was called")

    for kind in (LogisticRegression, FixedThresholdClassifier, DummyClassifier):
        monkeypatch.setattr(kind, "predict", predict)
    check(LOGISTIC)
    check(fixed())
    check(DummyClassifier(strategy="stratified"))
    check(make_pipeline(StandardScaler(), LOGISTIC))


class Bare(Foreign):
    """Without scores the predictions are the scores."""

    predict_proba = property()


def test_predictions_alone_cannot_disagree():
    bare = Bare(0.8).fit(X, Y)
    before = Foreign.n_predictions
    check_decides_by_scores(bare, X, np.eye(2)[np.zeros(len(Y), dtype=int)], None)
    assert Foreign.n_predictions == before


class PlattSVC(SVC):
    """Probabilities that come from another model than the predictions do."""

    __module__ = SVC.__module__

    def predict_proba(self, X):
        scores = 1 / (1 + np.exp(-self.decision_function(X) - 2))
        return np.column_stack([1 - scores, scores])


def test_probabilities_of_support_vectors_are_checked():
    with pytest.raises(ValueError, match="PlattSVC disagrees"):
        check(PlattSVC(class_weight="balanced"))


def test_the_part_that_decides_is_the_innermost():
    inner = LogisticRegression()
    assert deciding_part(inner) is inner
    assert deciding_part(make_pipeline(StandardScaler(), inner)) is inner
    search = GridSearchCV(make_pipeline(StandardScaler(), inner), {}, cv=2).fit(X, Y)
    assert deciding_part(search) is search.best_estimator_[-1]
    forest = RandomForestClassifier(5).fit(X, Y)
    assert deciding_part(forest) is forest

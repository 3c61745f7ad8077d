"""Tools that fit classifiers within themselves keep the records of events together."""

import numpy as np
import pytest
import sklearn
from grouped_records import make_records
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    TunedThresholdClassifierCV,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.ensemble import EventCalibratedClassifierCV, EventThresholdClassifierCV
from skseisfp.events import attach_events
from skseisfp.model_selection import EventStationSplit, TemporalEventSplit
from skseisfp.sweep import StagedSearchCV, SweepSearchCV

X, Y, EVENTS = make_records(60, every=2)
STATIONS = np.random.default_rng(0).integers(0, 4, len(Y))
OUTER = list(GroupKFold(3).split(X, Y, EVENTS))
BY_RECORD = KFold(3, shuffle=True, random_state=0)
TWO_BY_TWO = {"n_event_splits": 2, "n_station_splits": 2, "random_state": 0}
OURS = [
    TemporalEventSplit(2, times=EVENTS),
    EventStationSplit(stations=STATIONS, **TWO_BY_TWO),
]
# splitters, and the metadata that they request
ROUTED = {
    GroupKFold(3): {},
    StratifiedGroupKFold(3): {},
    TemporalEventSplit(2): {"times": EVENTS},
    EventStationSplit(**TWO_BY_TWO): {"stations": STATIONS},
}


class Memoriser(LogisticRegression):
    """Note, for each prediction, the events that the fit has seen."""

    known = []

    def fit(self, X, y, sample_weight=None):
        self.events_ = set(np.asarray(X)[:, 0])
        return super().fit(X, y, sample_weight=sample_weight)

    def decision_function(self, X):
        Memoriser.known.append(set(np.asarray(X)[:, 0]) & self.events_)
        return super().decision_function(X)


@pytest.fixture(autouse=True)
def _forget():
    Memoriser.known.clear()


def check_nothing_is_known():
    assert Memoriser.known
    assert not any(Memoriser.known)


def stack(cv):
    return StackingClassifier([("memory", Memoriser())], cv=cv)


def search(kind, plan):
    def make(cv):
        return kind(Memoriser(), plan, cv=cv, scoring="accuracy", error_score="raise")

    return make


PLAIN = {
    "VotingClassifier": VotingClassifier([("memory", Memoriser())], voting="soft"),
    "BaggingClassifier": BaggingClassifier(Memoriser(), 3, random_state=0),
    "Pipeline": Pipeline([("same", FunctionTransformer()), ("last", Memoriser())]),
}
# tools that split by themselves, and hand metadata on to their folds
ROUTING = {
    "CalibratedClassifierCV": lambda cv: CalibratedClassifierCV(Memoriser(), cv=cv),
    "TunedThresholdClassifierCV": lambda cv: TunedThresholdClassifierCV(
        Memoriser(), cv=cv, thresholds=3
    ),
    "GridSearchCV": search(GridSearchCV, {"C": [0.1, 1]}),
    "SweepSearchCV": search(SweepSearchCV, {"C": [0.1, 1]}),
    "StagedSearchCV": search(StagedSearchCV, [{"C": [0.1, 1]}]),
}
SPLITTING = {"StackingClassifier": stack, **ROUTING}
EVENT_TOOLS = {
    "EventThresholdClassifierCV": lambda cv: EventThresholdClassifierCV(
        Memoriser(), cv=cv
    ),
    "EventCalibratedClassifierCV": lambda cv: EventCalibratedClassifierCV(
        Memoriser(), cv=cv
    ),
}


def split_type(cv):
    return type(cv).__name__


@pytest.mark.parametrize("tool", PLAIN)
def test_members_see_no_test_event(tool):
    options = {"error_score": "raise", "return_train_score": True}
    cross_validate(PLAIN[tool], X, Y, cv=OUTER, **options)
    members = 3 if tool == "BaggingClassifier" else 1
    known = np.reshape(Memoriser.known, (len(OUTER), 2, members))  # test, then train
    assert not known[:, 0].any()
    assert known[:, 1].all()


def test_samplers_of_imbalanced_learn_see_no_test_event():
    pytest.importorskip("imblearn")
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import Pipeline

    steps = [("sampler", RandomOverSampler(random_state=0)), ("last", Memoriser())]
    cross_validate(Pipeline(steps), X, Y, cv=OUTER, error_score="raise")
    check_nothing_is_known()


@pytest.mark.parametrize("tool", SPLITTING)
def test_folds_of_records_leak_and_are_seen_to(tool):
    SPLITTING[tool](BY_RECORD).fit(X, Y)
    assert any(Memoriser.known)


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("cv", ROUTED, ids=split_type)
@pytest.mark.parametrize("tool", ROUTING)
def test_nothing_leaks_within_nor_to_the_outer_folds(tool, cv):
    params = {"groups": EVENTS, **ROUTED[cv]}
    cross_validate(
        ROUTING[tool](cv), X, Y, cv=GroupKFold(3), params=params, error_score="raise"
    )
    check_nothing_is_known()


@pytest.mark.usefixtures("routing")
@pytest.mark.parametrize("cv", ROUTED, ids=split_type)
def test_nothing_leaks_in_searches_within_searches(cv):
    middle = search(GridSearchCV, {"C": [1]})(cv)
    outer = GridSearchCV(middle, {"estimator__tol": [1e-4]}, cv=GroupKFold(2))
    params = {"groups": EVENTS, **ROUTED[cv]}
    cross_validate(outer, X, Y, cv=GroupKFold(2), params=params, error_score="raise")
    check_nothing_is_known()


@pytest.mark.parametrize("tool", EVENT_TOOLS)
def test_wrappers_by_event_need_no_folds(tool):
    for train, test in OUTER:
        wrapper = EVENT_TOOLS[tool](None)
        wrapper.fit(X[train], attach_events(Y[train], EVENTS[train]))
        wrapper.predict(X[test])
    check_nothing_is_known()


@pytest.mark.parametrize("cv", OURS, ids=split_type)
@pytest.mark.parametrize("tool", [*ROUTING, "EventThresholdClassifierCV"])
def test_our_splits_read_the_events_of_the_labels(tool, cv):
    make = (ROUTING | EVENT_TOOLS)[tool]
    make(cv).fit(X, attach_events(Y, EVENTS))
    check_nothing_is_known()


@pytest.mark.parametrize("cv", [*OURS, GroupKFold(3)], ids=split_type)
@pytest.mark.parametrize("tool", SPLITTING)
def test_folds_without_events_are_not_made(tool, cv):
    with pytest.raises(ValueError, match=r"needs the event of|should not be None"):
        SPLITTING[tool](cv).fit(X, Y)
    assert not Memoriser.known


@pytest.mark.parametrize("cv", OURS, ids=split_type)
def test_a_stack_drops_events_and_is_named(cv):
    """Also with routing, which does not reach the folds of a stack."""
    with pytest.raises(ValueError, match="StackingClassifier hands labels on without"):
        stack(cv).fit(X, attach_events(Y, EVENTS))
    with sklearn.config_context(enable_metadata_routing=True):
        members = [("memory", Memoriser().set_fit_request(sample_weight=False))]
        stacked = StackingClassifier(members, cv=cv)
        with pytest.raises(ValueError, match="needs the event of every record"):
            stacked.fit(X, attach_events(Y, EVENTS))
    assert not Memoriser.known


def test_a_stack_on_folds_by_event_does_not_leak():
    for train, test in OUTER:
        folds = StratifiedGroupKFold(3).split(X[train], Y[train], EVENTS[train])
        stack(list(folds)).fit(X[train], Y[train]).predict(X[test])
    check_nothing_is_known()


@pytest.mark.parametrize("cv", OURS, ids=split_type)
def test_selections_of_features_get_events_by_routing_or_labels(cv):
    y = attach_events(Y, EVENTS)
    selector = SequentialFeatureSelector(
        LogisticRegression(), n_features_to_select=1, cv=cv
    )
    assert selector.fit(X, y).get_support().sum() == 1
    with pytest.raises(ValueError, match="RFECV hands labels on without"):
        RFECV(LogisticRegression(), cv=cv).fit(X, y)
    assert RFECV(LogisticRegression(), cv=cv).fit(X, y, groups=EVENTS).n_features_ >= 1


@pytest.mark.parametrize("cv", OURS, ids=split_type)
def test_a_search_in_a_search_without_routing_has_no_events(cv):
    with pytest.raises(ValueError, match="needs the event of every record"):
        cross_validate(
            search(GridSearchCV, {"C": [1]})(cv),
            X,
            Y,
            groups=EVENTS,
            cv=GroupKFold(3),
            error_score="raise",
        )
    assert not Memoriser.known

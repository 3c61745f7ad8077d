import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from grouped_records import Memory, Spy, make_records
from joblib import parallel_backend
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator
from small_classifiers import make_classifier, make_fingerprints

from skseisfp import load, save
from skseisfp.ensemble.event_threshold_classifier_cv import EventThresholdClassifierCV
from skseisfp.events import EventsUnknownWarning, attach_events
from skseisfp.metrics import aggregate_events, make_event_scorer

X, Y, EVENTS = make_records()
FOLDS = list(StratifiedGroupKFold(5).split(X, Y, EVENTS))
LOGISTIC = LogisticRegression()


def fit(estimator=LOGISTIC, groups=EVENTS, y=Y, **params):
    return EventThresholdClassifierCV(estimator, **params).fit(X, y, groups=groups)


def held_out_events(estimator, folds=FOLDS, method="predict_proba"):
    """Table of the events, each scored by a classifier that has not seen it."""
    scores = cross_val_predict(estimator, X, Y, cv=folds, method=method)
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return aggregate_events(scores, EVENTS, classes=["blast", "quake"], y_true=Y)


@pytest.fixture(autouse=True)
def _forget():
    Spy.fits.clear()
    Memory.overlaps.clear()


# scikit-learn's checks hold `predict` against the largest score: classifiers whose
# tuned threshold gives the same predictions on the records of the checks
@pytest.mark.parametrize(
    "estimator",
    [DecisionTreeClassifier(random_state=0), SVC(C=10.0)],
)
def test_scikit_learn_checks(estimator):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EventsUnknownWarning)
        results = check_estimator(EventThresholdClassifierCV(estimator), on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 40


@pytest.mark.parametrize("metric", ["balanced_accuracy", "accuracy", "f1"])
def test_the_curve_is_that_of_events_held_out(metric):
    model = fit(metric=metric)
    table = held_out_events(LOGISTIC)
    scorer = make_event_scorer(metric)
    for at, score in zip(model.thresholds_, model.scores_, strict=True):
        one = (table["score_quake"] >= at).to_numpy(dtype=float)
        events = Rows(np.column_stack([1 - one, one]))
        expected = scorer(events, table.index, table["label"], groups=table.index)
        assert score == pytest.approx(expected)
    assert model.best_score_ == model.scores_.max()
    assert (
        model.best_score_ == model.scores_[model.thresholds_ == model.best_threshold_]
    )


class Rows:
    """A classifier with given scores."""

    classes_ = np.array(["blast", "quake"])

    def __init__(self, scores):
        self.scores = scores

    def predict_proba(self, X):
        return self.scores

    def predict(self, X):
        return self.classes_[self.scores.argmax(axis=1)]


def test_the_threshold_is_the_middle_of_the_longest_run():
    model = fit()
    best = np.flatnonzero(np.isclose(model.scores_, model.best_score_))
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=len)
    assert model.best_threshold_ == model.thresholds_[run[len(run) // 2]]


def test_tuning_finds_the_rarer_class():
    table = held_out_events(LOGISTIC)
    at_half = np.mean(table.query("label == 'blast'")["prediction"] == "blast")
    model = fit(pos_label="blast")
    found = table.query("label == 'blast'")["score_blast"] >= model.best_threshold_
    assert model.best_threshold_ < 0.5
    assert found.mean() > at_half


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3])
def test_sensitivity_keeps_to_the_rate_of_false_alarms(rate):
    model = fit(metric="sensitivity", max_false_alarm_rate=rate, pos_label="blast")
    table = held_out_events(LOGISTIC)
    alarm = table["score_blast"] >= model.best_threshold_
    is_blast = table["label"] == "blast"
    assert alarm[~is_blast].mean() <= rate
    assert alarm[is_blast].mean() == model.best_score_
    lower = model.thresholds_[model.scores_ > model.best_score_]
    assert not len(lower)


def test_costs_move_the_threshold():
    cheap, dear = (
        fit(metric="cost", costs=(1.0, miss), pos_label="blast") for miss in (1, 20)
    )
    assert dear.best_threshold_ < cheap.best_threshold_
    table = held_out_events(LOGISTIC)
    alarm, is_blast = (
        table["score_blast"] >= dear.best_threshold_,
        table["label"] == "blast",
    )
    cost = (alarm & ~is_blast).sum() + 20 * (~alarm & is_blast).sum()
    assert dear.best_score_ == pytest.approx(-cost / len(table))


def test_a_callable_gets_labels_of_events():
    seen = []

    def metric(true, found):
        seen.append((set(true), set(found), len(true)))
        return np.mean(true == found)

    model = fit(metric=metric)
    named = fit(metric="accuracy")
    np.testing.assert_allclose(model.scores_, named.scores_)
    assert model.best_threshold_ == named.best_threshold_
    assert {n for _, _, n in seen} == {len(np.unique(EVENTS))}
    assert all(true == {"blast", "quake"} >= found for true, found, _ in seen)


@pytest.mark.parametrize("estimator", [LOGISTIC, SVC()])
def test_the_first_class_can_be_the_one_to_be_found(estimator):
    first, second = fit(estimator, pos_label="blast"), fit(estimator, pos_label="quake")
    mirrored = 1 - first.thresholds_ if estimator is LOGISTIC else -first.thresholds_
    np.testing.assert_allclose(mirrored[::-1], second.thresholds_, atol=1e-12)
    np.testing.assert_allclose(first.scores_[::-1], second.scores_)
    assert second.pos_label_ == fit(estimator).pos_label_ == "quake"


def test_scores_of_records_stay_and_their_predictions_follow_the_threshold():
    for estimator, method in (
        (LOGISTIC, "predict_proba"),
        (SVC(), "decision_function"),
    ):
        model = fit(estimator)
        scores = getattr(clone(estimator).fit(X, Y), method)(X)
        np.testing.assert_array_equal(getattr(model, method)(X), scores)
        of_quake = scores[:, 1] if scores.ndim == 2 else scores
        np.testing.assert_array_equal(
            model.predict(X) == "quake", of_quake >= model.best_threshold_
        )
        absent = {"predict_proba", "decision_function"} - {method}
        assert not hasattr(model, absent.pop())


def test_a_score_at_the_threshold_is_positive():
    model = fit()
    model.best_threshold_ = model.predict_proba(X)[3, 1]
    assert model.predict(X)[3] == "quake"


def test_the_table_holds_mean_scores_against_the_threshold():
    model = fit()
    table = model.predict_events(X, EVENTS)
    means = pd.Series(model.predict_proba(X)[:, 1]).groupby(EVENTS).mean()
    np.testing.assert_allclose(table["score_quake"], means[table.index])
    np.testing.assert_array_equal(
        table["prediction"] == "quake", table["score_quake"] >= model.best_threshold_
    )
    agree = pd.Series(model.predict(X) == table["prediction"][EVENTS].to_numpy())
    np.testing.assert_allclose(
        table["agreement"], agree.groupby(EVENTS).mean()[table.index]
    )
    assert (table["prediction"] != aggregate_at_half(model)).any()


def test_events_to_predict_may_be_the_index_of_a_table():
    frame = pd.DataFrame(
        X, index=pd.Index(EVENTS, name="event_id"), columns=list("abcd")
    )
    model = EventThresholdClassifierCV(LOGISTIC).fit(frame, Y)
    assert list(model.feature_names_in_) == list("abcd")
    pd.testing.assert_frame_equal(
        model.predict_events(frame), fit().predict_events(X, EVENTS)
    )


def aggregate_at_half(model):
    return aggregate_events(model.predict_proba(X), EVENTS, classes=model.classes_)[
        "prediction"
    ]


def test_score_counts_events():
    model = fit()
    table = model.predict_events(X, EVENTS)
    labels = pd.Series(Y).groupby(EVENTS).first()[table.index]
    right = (table["prediction"] == labels).to_numpy()
    assert model.score(X, Y, groups=EVENTS) == right.mean()
    assert model.score(X, attach_events(Y, EVENTS)) == right.mean()
    assert model.score(X, Y, groups="records") == np.mean(model.predict(X) == Y)
    weight = np.where(EVENTS < 20, 3.0, 1.0)
    expected = np.average(right, weights=np.where(table.index < 20, 3.0, 1.0))
    assert model.score(X, Y, groups=EVENTS, sample_weight=weight) == pytest.approx(
        expected
    )
    with pytest.warns(EventsUnknownWarning, match="counts every record"):
        by_record = model.score(X, Y)
    assert by_record == model.score(X, Y, groups="records")


WITH_LEVELS = pd.Series(
    Y, index=pd.MultiIndex.from_arrays([range(len(Y)), EVENTS], names=["k", "event_id"])
)
WAYS = {
    "groups": (Y, {"groups": EVENTS}),
    "index": (attach_events(Y, EVENTS), {}),
    "level": (WITH_LEVELS, {}),
    "names": (Y, {"groups": np.array([f"e{event}" for event in EVENTS])}),
    "mixed": (Y, {"groups": [e if e % 2 else f"e{e}" for e in EVENTS.tolist()]}),
    "both": (attach_events(Y, EVENTS), {"groups": EVENTS}),
}


@pytest.mark.parametrize("way", WAYS)
def test_all_ways_to_give_events_find_the_same_threshold(way):
    y, params = WAYS[way]
    model = EventThresholdClassifierCV(LOGISTIC, cv=LeaveOneGroupOut()).fit(
        X, y, **params
    )
    expected = fit(cv=LeaveOneGroupOut())
    np.testing.assert_array_equal(model.thresholds_, expected.thresholds_)
    assert model.best_threshold_ == expected.best_threshold_


@pytest.mark.parametrize("way", ["groups", "index", "name of the step"])
def test_events_reach_every_fit_of_the_wrapped_classifier(way):
    estimator = make_pipeline(StandardScaler(with_mean=False, with_std=False), Spy())
    model = EventThresholdClassifierCV(estimator, cv=FOLDS)
    if way == "name of the step":
        model.fit(X, Y, spy__groups=EVENTS)
    else:
        y, params = WAYS[way]
        model.fit(X, y, **params)
    rows = [train for train, _ in FOLDS] + [np.arange(len(Y))]
    assert len(Spy.fits) == len(rows)
    for (records, groups, index), part in zip(Spy.fits, rows, strict=True):
        for events in (records, groups, index):
            np.testing.assert_array_equal(events, EVENTS[part])


@pytest.mark.parametrize("way", ["groups", "index"])
def test_events_reach_every_fit_by_routing(routing, way):
    spy = Spy().set_fit_request(groups=True, sample_weight=True)
    y, _ = WAYS[way]
    weight = np.ones(len(Y))
    scores = cross_val_score(
        EventThresholdClassifierCV(spy).set_score_request(sample_weight=False),
        X,
        y,
        params={"groups": EVENTS, "sample_weight": weight},
        cv=GroupKFold(3),
        error_score="raise",
    )
    assert scores.shape == (3,)
    assert len(Spy.fits) == 3 * (5 + 1)
    for records, groups, index in Spy.fits:
        np.testing.assert_array_equal(groups, records)
        np.testing.assert_array_equal(index, records)


def test_routing_raises_for_what_nothing_requests(routing):
    with pytest.raises(TypeError, match=r"unexpected argument.*weight"):
        EventThresholdClassifierCV(Spy()).fit(X, Y, groups=EVENTS, weight=EVENTS)


def test_sources_that_disagree_are_an_error():
    other = EVENTS.copy()
    other[np.flatnonzero(other == other[0])[1]] = 99
    with pytest.raises(ValueError, match="disagree on which records"):
        fit(y=attach_events(Y, other))


def test_records_are_events_only_with_a_warning_or_on_request():
    with pytest.warns(EventsUnknownWarning) as caught:
        model = EventThresholdClassifierCV(LOGISTIC).fit(X, Y)
    assert [item.category for item in caught].count(EventsUnknownWarning) == 1
    asked = fit(groups="records")
    np.testing.assert_array_equal(model.scores_, asked.scores_)
    assert len(asked.thresholds_) == len(Y) + 1


def test_the_wrapped_classifier_meets_no_held_out_event():
    labels = np.random.default_rng(0).permutation(40) % 2
    y = labels[EVENTS]
    model = EventThresholdClassifierCV(Memory()).fit(X, y, groups=EVENTS)
    assert Memory.overlaps == [set()] * 5
    assert model.best_score_ == 0.5
    Memory.overlaps.clear()
    leaking = EventThresholdClassifierCV(Memory()).fit(X, y, groups="records")
    assert all(Memory.overlaps)
    assert leaking.best_score_ > 0.8


def test_no_event_of_an_outer_fold_is_met(routing):
    cross_val_score(
        EventThresholdClassifierCV(Memory()),
        X,
        Y,
        params={"groups": EVENTS},
        cv=StratifiedGroupKFold(3),
        error_score="raise",
    )
    assert Memory.overlaps == [set()] * (3 * (5 + 1))


@pytest.mark.parametrize("cv", [KFold(5), list(KFold(3).split(X))])
def test_folds_that_divide_an_event_are_an_error(cv):
    with pytest.raises(ValueError, match=r"records of event '\d+' on both sides"):
        fit(cv=cv)
    assert fit(cv=cv, groups="records").best_score_ > 0.5


def test_every_splitter_of_events_is_taken():
    for cv in (GroupKFold(4), StratifiedGroupKFold(3), FOLDS, iter(FOLDS), 3):
        assert len(fit(cv=cv).thresholds_) == 41
    np.testing.assert_array_equal(fit(cv=FOLDS).scores_, fit(cv=None).scores_)


def test_events_may_be_held_out_several_times_or_never():
    cv = GroupShuffleSplit(6, test_size=0.3, random_state=0)
    model = fit(cv=cv)
    sums = pd.Series(0.0, index=range(len(Y)))
    times = sums.copy()
    for train, test in cv.split(X, Y, EVENTS):
        sums[test] += (
            LogisticRegression().fit(X[train], Y[train]).predict_proba(X[test])[:, 1]
        )
        times[test] += 1
    means = (sums / times).groupby(EVENTS).mean().dropna().sort_values().to_numpy()
    assert len(means) < 40
    np.testing.assert_allclose(model.thresholds_[1:-1], (means[1:] + means[:-1]) / 2)


def test_the_shuffle_is_seeded():
    one, two, other = (fit(random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.thresholds_, two.thresholds_)
    assert not np.array_equal(one.thresholds_, other.thresholds_)


def test_folds_in_parallel():
    with parallel_backend("threading"):
        np.testing.assert_array_equal(fit(n_jobs=2).scores_, fit().scores_)


class Labels(ClassifierMixin, BaseEstimator):
    """A classifier without scores."""

    def fit(self, X, y):
        self.model_ = LogisticRegression(class_weight="balanced").fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


def test_without_scores_the_share_of_predictions_is_tuned():
    model = fit(Labels())
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "decision_function")
    table = model.predict_events(X, EVENTS)
    shares = pd.Series(model.estimator_.predict(X) == "quake").groupby(EVENTS).mean()
    np.testing.assert_allclose(table["score_quake"], shares[table.index])


def test_weights_count_in_all_fits():
    weight = np.where(Y == "blast", 30.0, 1.0)
    weighted = EventThresholdClassifierCV(LOGISTIC).fit(
        X, Y, groups=EVENTS, sample_weight=weight
    )
    scores = np.empty(len(Y))
    for train, test in FOLDS:
        fitted = clone(LOGISTIC).fit(X[train], Y[train], sample_weight=weight[train])
        scores[test] = fitted.predict_proba(X[test])[:, 1]
    means = pd.Series(scores).groupby(EVENTS).mean().sort_values().to_numpy()
    np.testing.assert_allclose(weighted.thresholds_[1:-1], (means[1:] + means[:-1]) / 2)
    fitted = clone(LOGISTIC).fit(X, Y, sample_weight=weight)
    np.testing.assert_array_equal(weighted.estimator_.coef_, fitted.coef_)
    with pytest.raises(TypeError, match="takes no sample_weight"):
        EventThresholdClassifierCV(KNeighborsClassifier()).fit(
            X, Y, groups=EVENTS, sample_weight=weight
        )
    with pytest.raises(ValueError, match="positive for 1 class only"):
        EventThresholdClassifierCV(LOGISTIC).fit(
            X, Y, groups=EVENTS, sample_weight=(Y == "blast").astype(float)
        )


def test_networks_balance_and_stop_by_events_in_all_fits():
    fingerprints, y = make_fingerprints(48)
    number = np.where(y == "blast", np.cumsum(y == "blast"), np.cumsum(y != "blast"))
    events = np.char.add(y, (number // 3).astype(str))
    network = make_classifier(balance="events", early_stopping=True, max_epochs=2)
    model = EventThresholdClassifierCV(network, cv=2).fit(
        fingerprints, attach_events(y, events)
    )
    assert len(model.predict_events(fingerprints, events)) == len(np.unique(events))


def test_constant_scores_leave_a_class_for_all():
    model = fit(DummyClassifier(strategy="prior"), metric="accuracy", cv=FOLDS[:1])
    assert np.isinf(model.best_threshold_)
    assert set(model.predict(X)) == {"quake"}


def test_clone_pickle_and_save(tmp_path):
    model = fit(SVC(), pos_label="blast", metric="f1")
    assert clone(model).get_params()["metric"] == "f1"
    save(model, tmp_path / "model.skops")
    for again in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.skops")):
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        assert again.best_threshold_ == model.best_threshold_


def test_a_failed_fit_leaves_no_old_classifier():
    model = fit()
    with pytest.raises(ValueError, match="cv=9 needs 9"):
        model.set_params(cv=9).fit(X[:60], Y[:60], groups=EVENTS[:60])
    with pytest.raises(sklearn.exceptions.NotFittedError):
        model.predict(X)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"metric": "recall"}, "metric must be one of .*'f1'.*; got 'recall'"),
        ({"metric": "accurac"}, "Did you mean 'accuracy'"),
        ({"max_false_alarm_rate": 5}, "max_false_alarm_rate must be .*got 5"),
        ({"costs": (1, -1)}, "costs must be two numbers >= 0"),
        ({"costs": 3}, "costs must be two numbers >= 0"),
        ({"pos_label": "noise"}, "pos_label must be .*blast, quake, or None; got 'noi"),
        ({"cv": 1}, "cv must be"),
        ({"cv": 30}, "cv=30 needs 30 events or more of every class; class 'blast' has"),
        ({"metric": lambda true, found: np.nan}, "metric is NaN at every threshold"),
        ({"estimator": 3}, "estimator must be .*; got 3"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        fit(**params)


def test_bad_labels_and_events_are_named():
    with pytest.raises(ValueError, match=r"Only binary .* y has 3 classes"):
        fit(y=np.array(["a", "b", "c"])[EVENTS % 3])
    with pytest.raises(ValueError, match="needs two classes or more"):
        fit(y=np.full(len(Y), "blast"))
    with pytest.raises(ValueError, match=r"needs 2 events or more .* 'blast' has 1"):
        fit(y=np.where(EVENTS == 0, "blast", "quake"))
    straddling = np.where(np.arange(len(Y)) == np.argmax(EVENTS == 3), "blast", Y)
    with pytest.raises(ValueError, match="straddle labels, first event '3'"):
        fit(y=straddling)
    with pytest.raises(ValueError, match="groups must have one event id per record"):
        fit(groups=EVENTS[:-1])
    blasts = np.isin(EVENTS, np.unique(EVENTS[Y == "blast"])[:3])
    one_class = [(np.flatnonzero(~blasts), np.flatnonzero(blasts))]
    with pytest.raises(ValueError, match="holds out events of one class only"):
        fit(cv=one_class)
    untrained = [(np.flatnonzero(Y == "quake"), np.flatnonzero(Y == "blast"))]
    with pytest.raises(ValueError, match="no event of class 'blast' in the training"):
        fit(cv=untrained)

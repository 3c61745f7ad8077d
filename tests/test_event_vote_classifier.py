import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from skseisfp.ensemble import EventVoteClassifier, MultiViewClassifier
from skseisfp.events import EventsUnknownWarning, attach_events
from skseisfp.metrics import event_accuracy, event_roc_auc, make_event_scorer

ALONE = "ignore:Every record votes alone:skseisfp.events.EventsUnknownWarning"


class Echo(ClassifierMixin, BaseEstimator):
    """Return the records as probabilities."""

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.groups_ = groups
        return self

    def predict_proba(self, X):
        return np.asarray(X, dtype=float)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


Y = np.array(["blast", "quake"])
TIED = [[0.6, 0.4], [0.1, 0.9]]


@pytest.fixture
def echo():
    return EventVoteClassifier(Echo(), vote="majority").fit(TIED, Y)


@pytest.fixture
def records():
    rng = np.random.default_rng(0)
    event_id = np.repeat([f"e{i}" for i in range(30)], rng.integers(1, 6, 30))
    codes = np.array([int(event[1:]) for event in event_id])
    y = np.where(codes % 3 == 0, "blast", "quake")
    return rng.normal((y == "quake")[:, None], 1.5, (len(y), 3)), y, event_id


@pytest.mark.filterwarnings(ALONE)
@pytest.mark.parametrize(  # and of a mean in test_common.py
    "classifier",
    [
        EventVoteClassifier(LogisticRegression(), vote="majority"),
        EventVoteClassifier(SVC(), vote="majority", tie="first"),
        EventVoteClassifier(SVC(), vote="snr"),
    ],
    ids=repr,
)
def test_scikit_learn_checks(classifier):
    results = check_estimator(classifier, on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 40


@pytest.mark.filterwarnings(ALONE)
def test_every_record_gets_the_prediction_of_its_event(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression()).fit(X, y)
    predicted = pd.Series(model.predict(X, groups=event_id))
    assert (predicted.groupby(event_id).nunique() == 1).all()
    assert (predicted.to_numpy() != model.predict(X)).any()
    table = model.predict_events(X, event_id)
    np.testing.assert_array_equal(table["prediction"].loc[event_id], predicted)
    np.testing.assert_array_equal(
        table.loc[event_id, ["score_blast", "score_quake"]],
        model.predict_proba(X, groups=event_id),
    )


def test_groups_need_not_be_contiguous_or_sorted(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression(), vote="mean").fit(X, y)
    order = np.random.default_rng(1).permutation(len(y))
    np.testing.assert_allclose(
        model.predict_proba(X[order], groups=event_id[order]),
        model.predict_proba(X, groups=event_id)[order],
    )


def test_records_that_vote_alone_are_told(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression()).fit(X, y)
    for method in (model.predict, model.predict_proba, model.predict_events):
        with pytest.warns(EventsUnknownWarning, match="Every record votes alone"):
            method(X)
    with pytest.warns(EventsUnknownWarning, match="attach_events"):
        model.score(X, y)
    by_record = model.score(X, y, groups="records")
    assert by_record == model.estimator_.score(X, y)
    by_event = model.score(X, attach_events(y, event_id))
    assert by_event == model.score(X, y, groups=event_id) != by_record


@pytest.mark.filterwarnings(ALONE)
def test_without_groups_it_is_the_wrapped_classifier(records):
    X, y, _ = records
    for vote in ("majority", "mean", "snr"):
        model = EventVoteClassifier(LogisticRegression(), vote=vote).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), model.estimator_.predict(X))
        assert model.score(X, y) == model.estimator_.score(X, y)


def test_tie_rules(echo):
    assert echo.predict(TIED, groups=["e", "e"]).tolist() == ["quake", "quake"]
    echo.set_params(tie="first")
    assert echo.predict(TIED, groups=["e", "e"]).tolist() == ["blast", "blast"]
    np.testing.assert_array_equal(echo.predict_proba(TIED, groups=["e", "e"]), 0.5)


def test_votes_differ_by_their_rule(echo):
    # two votes for a blast with a probability of 0.55, one for a quake with 0.8
    X, groups = [[0.55, 0.45], [0.55, 0.45], [0.2, 0.8]], ["e"] * 3
    assert set(echo.predict(X, groups=groups)) == {"blast"}
    echo.set_params(vote="mean")
    assert set(echo.predict(X, groups=groups)) == {"quake"}
    echo.set_params(vote="snr")
    assert set(echo.predict(X, groups=groups, snr=[20, 20, -10])) == {"blast"}
    assert set(echo.predict(X, groups=groups, snr=[-10, -10, 20])) == {"quake"}
    weight = np.array([1 / 11, 1 / 11, 100 / 101])
    np.testing.assert_allclose(
        echo.predict_proba(X, groups=groups, snr=[-10, -10, 20])[0],
        weight @ X / weight.sum(),
    )


@pytest.mark.filterwarnings(ALONE)
def test_snr_vote_of_events_needs_snr(echo):
    echo.set_params(vote="snr")
    assert echo.predict(TIED).tolist() == ["blast", "quake"]
    with pytest.raises(ValueError, match="needs snr"):
        echo.predict(TIED, groups=["e", "e"])


def test_probabilities_or_decisions_as_the_wrapped_classifier_has_them(records):
    X, y, event_id = records
    mean = EventVoteClassifier(SVC(), vote="mean").fit(X, y)
    assert not hasattr(mean, "predict_proba")
    decisions = mean.decision_function(X, groups=event_id)
    expected = pd.Series(mean.estimator_.decision_function(X))
    np.testing.assert_allclose(decisions, expected.groupby(event_id).transform("mean"))
    np.testing.assert_array_equal(
        mean.predict(X, groups=event_id) == "quake", decisions > 0
    )
    votes = EventVoteClassifier(SVC(), vote="majority").fit(X, y)
    assert not hasattr(votes, "decision_function")
    shares = pd.Series(votes.estimator_.predict(X) == "quake").groupby(event_id)
    np.testing.assert_allclose(
        votes.predict_proba(X, groups=event_id)[:, 1], shares.transform("mean")
    )


def test_score_counts_events(echo):
    X = [[0.9, 0.1]] * 3 + TIED
    y = ["blast"] * 3 + ["quake", "blast"]
    groups = ["a", "a", "a", "b", "c"]
    assert echo.score(X, y, groups=groups) == pytest.approx(1 / 3)
    assert echo.score(X, attach_events(y, groups)) == pytest.approx(1 / 3)
    assert echo.score(X, y, groups="records") == pytest.approx(3 / 5)
    assert echo.score(
        X, y, groups=groups, sample_weight=[2, 2, 2, 1, 1]
    ) == pytest.approx(1 / 2)


def test_only_score_raises_for_an_event_of_two_labels(echo):
    mixed = ["e", "e"]
    echo.fit(TIED, Y, groups=mixed)
    assert echo.predict(TIED, groups=mixed).shape == (2,)
    with pytest.raises(ValueError, match="event 'e': blast, quake"):
        echo.score(TIED, Y, groups=mixed)


def test_groups_are_passed_to_the_wrapped_fit_where_it_takes_them(records):
    X, y, event_id = records
    echo = EventVoteClassifier(Echo()).fit(X, y, groups=event_id)
    np.testing.assert_array_equal(echo.estimator_.groups_, event_id)
    EventVoteClassifier(LogisticRegression()).fit(X, y, groups=event_id)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Echo().set_fit_request(groups=True)
        echo = EventVoteClassifier(inner).fit(X, y, groups=event_id)
        np.testing.assert_array_equal(echo.estimator_.groups_, event_id)
        EventVoteClassifier(LogisticRegression()).fit(X, y, groups=event_id)


def test_groups_are_passed_to_the_last_step_of_a_pipeline(records):
    X, y, event_id = records
    pipeline = make_pipeline(StandardScaler(), Echo())
    echo = EventVoteClassifier(pipeline).fit(X, y, groups=event_id)
    np.testing.assert_array_equal(echo.estimator_[-1].groups_, event_id)
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    EventVoteClassifier(plain).fit(X, y, groups=event_id)


def test_groups_are_passed_through_a_wrapped_wrapper(records):
    X, y, event_id = records
    views = np.stack([X, X], axis=1)
    wrapped = EventVoteClassifier(MultiViewClassifier(Echo()))
    echo = wrapped.fit(views, y, groups=event_id).estimator_.estimator_
    assert list(echo.groups_) == list(np.repeat(event_id, 2))


def test_groups_are_passed_to_the_splitter_of_a_search(records):
    X, y, event_id = records
    cv, seen = GroupKFold(3), []

    def split(X, y=None, groups=None):
        seen.append(groups)
        return GroupKFold.split(cv, X, y, groups)

    cv.split = split
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=cv)
    EventVoteClassifier(search).fit(X, y, groups=event_id)
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], event_id)


@pytest.mark.filterwarnings(ALONE)
@pytest.mark.parametrize("routing", [False, True])
def test_in_a_pipeline(records, routing):
    X, y, event_id = records
    with sklearn.config_context(enable_metadata_routing=routing):
        pipeline = make_pipeline(
            StandardScaler(), EventVoteClassifier(LogisticRegression())
        ).fit(X, y)
        predicted = pipeline.predict(X, groups=event_id)
        assert pipeline.score(X, y) == np.mean(pipeline.predict(X) == y)
    correct = pd.Series(predicted == y).groupby(event_id).first()
    assert pipeline.score(X, attach_events(y, event_id)) == correct.mean()


def test_its_score_is_that_of_the_event_scorer_in_cross_validation(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression(), vote="mean")
    off = cross_val_score(
        model, X, attach_events(y, event_id), groups=event_id, cv=GroupKFold(3)
    )
    with sklearn.config_context(enable_metadata_routing=True):
        on = cross_val_score(model, X, y, params={"groups": event_id}, cv=GroupKFold(3))
    scorer = cross_val_score(
        LogisticRegression(),
        X,
        attach_events(y, event_id),
        groups=event_id,
        cv=GroupKFold(3),
        scoring=event_accuracy,
    )
    np.testing.assert_array_equal(on, off)
    np.testing.assert_array_equal(on, scorer)


def test_scorers_count_the_same_votes(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression(), vote="majority").fit(X, y)
    majority = make_event_scorer("accuracy", vote="majority", tie="first")
    model.set_params(tie="first")
    assert majority(model, X, y, groups=event_id) == model.score(X, y, event_id)


def test_search_over_the_vote_with_routing(records):
    X, y, event_id = records
    grid = {"vote": ["majority", "mean"], "estimator__C": [0.1, 1]}
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            EventVoteClassifier(LogisticRegression()),
            grid,
            cv=GroupKFold(3),
            scoring=event_roc_auc,
            error_score="raise",
        ).fit(X, y, groups=event_id)
    assert 0.5 < search.best_score_ <= 1


def test_weights_are_passed_through_wrappers(records):
    X, y, _ = records
    weight = np.random.default_rng(0).uniform(size=len(y))
    nested = EventVoteClassifier(MultiViewClassifier(LogisticRegression()))
    nested.fit(X, y, sample_weight=weight)
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(nested.estimator_.estimator_.coef_, plain.coef_)


def test_clone_and_pickle(records):
    X, y, event_id = records
    model = EventVoteClassifier(LogisticRegression(C=2), vote="mean").fit(X, y)
    assert clone(model).get_params()["estimator__C"] == 2
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.predict(X, event_id), model.predict(X, event_id)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vote": "loudest"}, "vote must be one of 'majority', 'mean', 'snr'; got 'lo"),
        ({"vote": "means"}, "vote must be .* Did you mean 'mean'"),
        ({"tie": "coin"}, "tie must be one of 'first', 'mean'; got 'coin'"),
    ],
)
def test_bad_options_are_named(records, options, message):
    X, y, _ = records
    with pytest.raises(ValueError, match=message):
        EventVoteClassifier(LogisticRegression(), **options).fit(X, y)


def test_all_parameters_are_declared():
    names = EventVoteClassifier(SVC()).get_params(deep=False).keys()
    assert EventVoteClassifier._parameter_constraints.keys() == names


def test_bad_groups_are_named(echo):
    with pytest.raises(ValueError, match="1 values for 2 records"):
        echo.predict(TIED, groups=["e"])
    with pytest.raises(ValueError, match="1 values for 2 records"):
        EventVoteClassifier(Echo()).fit(TIED, Y, groups=["e"])
    with pytest.raises(ValueError, match="missing for record 0"):
        echo.predict_events(TIED, groups=[None, "e"])

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import f1_score, log_loss, matthews_corrcoef, roc_auc_score
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    LearningCurveDisplay,
    StratifiedGroupKFold,
    TunedThresholdClassifierCV,
    ValidationCurveDisplay,
    cross_val_score,
    cross_validate,
)
from sklearn.svm import SVC

from skseisfp.events import attach_events
from skseisfp.metrics import (
    event_accuracy,
    event_balanced_accuracy,
    event_f1,
    event_roc_auc,
    make_event_scorer,
    specificity_score,
)

GRID = {"C": [0.1, 1]}


@pytest.fixture
def records():
    """Forty events of one to six records, and their ids."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 7, 40)
    event_id = np.repeat(np.arange(40), sizes)
    y = np.where(event_id % 3 == 0, "blast", "quake")
    X = rng.normal((y == "quake")[:, None], 1.5, (len(y), 3))
    return X, y, event_id


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


class Echo(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose probabilities are the records themselves."""

    classes_ = np.array(["blast", "quake"])

    def predict_proba(self, X):
        return np.asarray(X)


def by_hand(model, X, y, event_id):
    """Return label and mean probability of each event."""
    frame = pd.DataFrame({"p": model.predict_proba(X)[:, 1], "y": y, "e": event_id})
    events = frame.groupby("e").agg(p=("p", "mean"), y=("y", "first"))
    return events["y"] == "quake", events["p"]


def test_scores_count_events(records):
    X, y, event_id = records
    model = LogisticRegression().fit(X, y)
    truth, p = by_hand(model, X, y, event_id)
    assert event_roc_auc(model, X, y, groups=event_id) == pytest.approx(
        roc_auc_score(truth, p)
    )
    assert event_accuracy(model, X, y, groups=event_id) == np.mean((p > 0.5) == truth)
    recalls = [np.mean((p > 0.5)[truth]), np.mean((p <= 0.5)[~truth])]
    assert event_balanced_accuracy(model, X, y, groups=event_id) == np.mean(recalls)


def test_an_event_of_many_records_counts_as_one():
    X = [[0.9, 0.1]] * 8 + [[0.6, 0.4], [0.2, 0.8]]
    y = ["quake"] * 8 + ["blast", "quake"]
    groups = ["a"] * 8 + ["b", "c"]
    assert event_accuracy(Echo(), X, y, groups=groups) == pytest.approx(2 / 3)


def test_events_in_the_index_of_y_score_as_groups_do(records):
    X, y, event_id = records
    model = LogisticRegression().fit(X, y)
    for scorer in (event_accuracy, event_balanced_accuracy, event_f1, event_roc_auc):
        assert scorer(model, X, attach_events(y, event_id)) == scorer(
            model, X, y, groups=event_id
        )


@pytest.mark.parametrize("kind", ["array", "default index"])
def test_without_events_it_raises_inside_cross_validation(records, kind):
    X, y, event_id = records
    y = y if kind == "array" else pd.Series(y)
    with pytest.raises(
        ValueError, match=r"An event score needs the event of every record"
    ):
        cross_val_score(
            LogisticRegression(),
            X,
            y,
            groups=event_id,
            cv=GroupKFold(3),
            scoring=event_roc_auc,
            error_score="raise",
        )


def test_an_event_of_two_labels_raises(records):
    X, y, _ = records
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="straddle labels"):
        event_accuracy(model, X, y, groups=np.zeros(len(y)))


@pytest.mark.parametrize(
    "scoring", [event_roc_auc, {"a": event_roc_auc, "f": event_f1}]
)
def test_searches_agree_with_routing_on_and_off(records, scoring):
    X, y, event_id = records
    options = {"cv": StratifiedGroupKFold(3), "error_score": "raise"}
    options |= {"scoring": scoring, "refit": "a" if isinstance(scoring, dict) else True}
    off = GridSearchCV(LogisticRegression(), GRID, **options)
    off.fit(X, attach_events(y, event_id), groups=event_id)
    with sklearn.config_context(enable_metadata_routing=True):
        on = GridSearchCV(LogisticRegression(), GRID, **options)
        on.fit(X, y, groups=event_id)
        assert on.score(X, y, groups=event_id) == off.score(
            X, attach_events(y, event_id)
        )
    for key, value in off.cv_results_.items():
        if "test" in key:
            np.testing.assert_array_equal(value, on.cv_results_[key])


def test_nested_cross_validation_by_routing(records, routing):
    X, y, event_id = records
    search = GridSearchCV(
        LogisticRegression(), GRID, cv=GroupKFold(3), scoring=event_accuracy
    )
    scores = cross_val_score(
        search,
        X,
        y,
        params={"groups": event_id},
        cv=GroupKFold(4),
        scoring=event_roc_auc,
        error_score="raise",
    )
    assert scores.shape == (4,)
    assert scores.min() > 0.5


def test_the_request_may_be_renamed_or_switched_off(records, routing):
    X, y, event_id = records
    options = {"cv": 2, "error_score": "raise"}
    renamed = make_event_scorer("accuracy").set_score_request(groups="event")
    params = {"event": event_id}
    scores = cross_validate(
        LogisticRegression(), X, y, params=params, scoring=renamed, **options
    )
    assert np.isfinite(scores["test_score"]).all()
    without = make_event_scorer("accuracy").set_score_request(groups=False)
    with pytest.raises(ValueError, match="needs the event"):
        cross_validate(
            LogisticRegression(),
            X,
            y,
            params={"groups": event_id},
            scoring=without,
            cv=GroupKFold(2),
            error_score="raise",
        )


def test_several_metrics_from_one_prediction(records):
    X, y, event_id = records
    calls = []

    class Counting(LogisticRegression):
        def predict_proba(self, X):
            calls.append(len(X))
            return super().predict_proba(X)

    model = Counting().fit(X, y)
    scores = make_event_scorer(["accuracy", "roc_auc"])(model, X, y, groups=event_id)
    assert len(calls) == 1
    assert scores == {
        "accuracy": event_accuracy(model, X, y, groups=event_id),
        "roc_auc": event_roc_auc(model, X, y, groups=event_id),
    }


def test_any_metric_of_scikit_learn(records):
    X, y, event_id = records
    model = LogisticRegression().fit(X, y)
    truth, p = by_hand(model, X, y, event_id)
    assert make_event_scorer(matthews_corrcoef)(
        model, X, y, groups=event_id
    ) == pytest.approx(matthews_corrcoef(truth, p > 0.5))
    loss = make_event_scorer(
        log_loss, response_method="predict_proba", greater_is_better=False
    )
    assert loss(model, X, y, groups=event_id) == pytest.approx(-log_loss(truth, p))
    specificity = make_event_scorer(specificity_score, pos_label="quake")
    assert specificity(model, X, y, groups=event_id) == np.mean((p <= 0.5)[~truth])


def test_majority_vote_and_classifier_without_probabilities(records):
    X, y, event_id = records
    model = SVC().fit(X, y)
    frame = pd.DataFrame({"d": model.decision_function(X), "y": y, "e": event_id})
    frame["vote"] = np.where(frame["d"] > 0, 1.0, -1.0)
    events = frame.groupby("e").agg({"d": "mean", "vote": "mean", "y": "first"})
    truth = events["y"] == "quake"
    assert event_roc_auc(model, X, y, groups=event_id) == pytest.approx(
        roc_auc_score(truth, events["d"])
    )
    predicted = np.where(events["vote"] == 0, events["d"], events["vote"]) > 0
    majority = make_event_scorer("accuracy", vote="majority")
    assert majority(model, X, y, groups=event_id) == np.mean(predicted == truth)


def test_the_auc_of_one_class_is_nan_with_a_warning(records):
    X, y, event_id = records
    model = LogisticRegression().fit(X, y)
    quakes = y == "quake"
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(
            event_roc_auc(model, X[quakes], y[quakes], groups=event_id[quakes])
        )


def test_class_unknown_to_the_classifier_is_named():
    with pytest.raises(ValueError, match="'rock', which is none of the classes"):
        event_accuracy(Echo(), [[0.5, 0.5]], ["rock"], groups=["e"])


def test_a_pickled_scorer_scores_the_same(records):
    X, y, event_id = records
    model = LogisticRegression().fit(X, y)
    again = pickle.loads(pickle.dumps(event_roc_auc))
    assert again(model, X, y, groups=event_id) == event_roc_auc(
        model, X, y, groups=event_id
    )
    assert repr(again) == "make_event_scorer('roc_auc', vote='mean', tie='mean')"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "kappa"}, "metric must be one of"),
        ({"metric": ["accuracy", "kappa"]}, "metric must be one of"),
        ({"vote": "snr"}, "vote must be one of 'mean', 'majority'"),
        ({"metric": "accuracy", "beta": 2}, "go with a callable metric"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        make_event_scorer(**options)


@pytest.mark.parametrize(
    ("scorer", "name"),
    [
        (event_roc_auc, "event_roc_auc"),
        (make_event_scorer(["accuracy", "f1"]), "event_accuracy_f1"),
        (make_event_scorer(matthews_corrcoef), "event_matthews_corrcoef"),
        (make_event_scorer(log_loss, greater_is_better=False), "neg_event_log_loss"),
        (make_event_scorer(partial(f1_score, pos_label="quake")), "event_score"),
    ],
)
def test_names(scorer, name):
    assert scorer.__name__ == name


@pytest.mark.parametrize(
    ("display", "options"),
    [
        (LearningCurveDisplay, {"train_sizes": [0.5, 1.0]}),
        (ValidationCurveDisplay, {"param_name": "C", "param_range": [0.1, 1]}),
    ],
)
def test_displays_of_curves_by_event(records, pyplot, display, options):
    X, y, event_id = records
    made = display.from_estimator(
        LogisticRegression(),
        X,
        attach_events(y, event_id),
        groups=event_id,
        cv=StratifiedGroupKFold(3),
        scoring=event_roc_auc,
        error_score="raise",
        **options,
    )
    assert made.ax_.get_ylabel() == "Event roc auc"
    train, test = next(StratifiedGroupKFold(3).split(X, y, event_id))
    expected = event_roc_auc(
        LogisticRegression().fit(X[train], y[train]),
        X[test],
        y[test],
        groups=event_id[test],
    )
    assert made.test_scores[1, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "advised"),
    [("f1", "f1"), ("roc_auc", "balanced_accuracy"), (log_loss, "balanced_accuracy")],
)
@pytest.mark.parametrize("by_routing", [False, True])
def test_a_threshold_for_records_is_not_tuned(records, metric, advised, by_routing):
    X, y, event_id = records
    tuned = TunedThresholdClassifierCV(
        LogisticRegression(), scoring=make_event_scorer(metric), cv=GroupKFold(3)
    )
    y, params = (
        (y, {"groups": event_id}) if by_routing else (attach_events(y, event_id), {})
    )
    with (
        sklearn.config_context(enable_metadata_routing=by_routing),
        pytest.raises(AttributeError, match="cannot tune the threshold") as seen,
    ):
        tuned.fit(X, y, **params)
    assert "EventThresholdClassifierCV" in str(seen.value)
    assert f"metric={advised!r}" in str(seen.value)
    assert not hasattr(event_roc_auc, "_score_func")


def own_accuracy(y_true, y_pred, *, scale):
    return scale * np.mean(y_true == y_pred)


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        ("f1", {}),
        ("balanced_accuracy", {}),
        (own_accuracy, {"scale": 2.0, "greater_is_better": False}),
    ],
)
@pytest.mark.parametrize("by_routing", [False, True])
def test_a_threshold_of_records_is_tuned_by_votes(records, metric, options, by_routing):
    X, y, event_id = records
    scorer = make_event_scorer(metric, vote="majority", tie="first", **options)
    classifier = LogisticRegression().fit(X, y)
    thresholds = [0.2, 0.35, 0.5, 0.65, 0.8]
    tuned = TunedThresholdClassifierCV(
        classifier,
        scoring=scorer,
        cv="prefit",
        refit=False,
        thresholds=thresholds,
        store_cv_results=True,
    )
    labels, params = (
        (y, {"groups": event_id}) if by_routing else (attach_events(y, event_id), {})
    )
    with sklearn.config_context(enable_metadata_routing=by_routing):
        tuned.fit(X, labels, **params)
    expected = [
        scorer(
            FixedThresholdClassifier(
                FrozenEstimator(classifier), threshold=threshold
            ).fit(X, y),
            X,
            y,
            groups=event_id,
        )
        for threshold in thresholds
    ]
    assert len(set(expected)) > 1
    np.testing.assert_allclose(tuned.cv_results_["scores"], expected)


def test_votes_need_events_to_tune_a_threshold(records):
    X, y, _ = records
    tuned = TunedThresholdClassifierCV(
        LogisticRegression(),
        scoring=make_event_scorer("f1", vote="majority", tie="first"),
    )
    with pytest.raises(ValueError, match="An event score needs"):
        tuned.fit(X, y)


@pytest.mark.parametrize("metric", ["roc_auc", ["f1", "accuracy"]])
def test_votes_do_not_tune_by_scores_or_several_metrics(metric):
    scorer = make_event_scorer(metric, vote="majority", tie="first")
    assert not hasattr(scorer, "_score_func")


def test_regularisation_is_searched_by_event(records, routing):
    X, y, event_id = records
    options = {"cv": GroupKFold(3), "scoring": event_accuracy}
    search = GridSearchCV(LogisticRegression(), {"C": [0.01, 1]}, **options)
    search.fit(X, y, groups=event_id)
    path = LogisticRegressionCV(
        Cs=[0.01, 1], use_legacy_attributes=False, l1_ratios=(0,), **options
    ).fit(X, y, groups=event_id)
    means = path.scores_.reshape(3, 2).mean(axis=0)
    np.testing.assert_allclose(means, search.cv_results_["mean_test_score"])

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from grouped_records import Memory, Spy, make_records
from joblib import parallel_config
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import check_estimator
from small_classifiers import make_classifier, make_fingerprints

from skseisfp import load, save
from skseisfp.ensemble.event_calibrated_classifier_cv import EventCalibratedClassifierCV
from skseisfp.ensemble.event_threshold_classifier_cv import EventThresholdClassifierCV
from skseisfp.events import EventsUnknownWarning, attach_events
from skseisfp.metrics import bootstrap_interval

X, Y, EVENTS = make_records()
FOLDS = list(StratifiedGroupKFold(5).split(X, Y, EVENTS))
ENSEMBLE = pytest.mark.parametrize("ensemble", [False, True])
METHODS = ["sigmoid", "isotonic", "temperature"]


def fit(estimator=None, groups=EVENTS, y=Y, **params):
    estimator = GaussianNB() if estimator is None else estimator
    return EventCalibratedClassifierCV(estimator, **params).fit(X, y, groups=groups)


@pytest.fixture(autouse=True)
def _forget():
    Spy.fits.clear()
    Memory.overlaps.clear()


@pytest.mark.parametrize(
    "classifier",
    [
        EventCalibratedClassifierCV(GaussianNB(), ensemble=True, method="isotonic"),
        EventCalibratedClassifierCV(LinearSVC(), method=METHODS[-1], random_state=0),
    ],
    ids=repr,
)
def test_scikit_learn_checks(classifier):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EventsUnknownWarning)
        results = check_estimator(classifier, on_skip=None)
    assert sum(result["status"] == "passed" for result in results) >= 40


@ENSEMBLE
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("estimator", [GaussianNB(), SVC()])
def test_it_is_the_classifier_of_scikit_learn_with_folds_of_events(
    estimator, method, ensemble
):
    options = {"method": method, "ensemble": ensemble}
    plain = CalibratedClassifierCV(estimator, cv=FOLDS, **options).fit(X, Y)
    model = fit(estimator, **options)
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert isinstance(model.calibrated_classifier_, CalibratedClassifierCV)
    assert len(model.calibrated_classifier_.calibrated_classifiers_) == (
        5 if ensemble else 1
    )


@ENSEMBLE
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "labels", [(1, 2), (-1, 1), (0, 7), (False, True), (2.0, 3.0), ("b", "a")]
)
def test_labels_of_any_kind_give_the_same_probabilities(labels, method, ensemble):
    y = np.array(labels)[(Y == "quake").astype(int)]
    model = fit(y=y, method=method, ensemble=ensemble)
    order = np.argsort(labels)
    expected = fit(method=method, ensemble=ensemble).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X)[:, order], expected, atol=1e-6)
    assert list(model.classes_) == sorted(labels)
    assert model.predict(X).dtype == model.classes_.dtype


@pytest.mark.parametrize("method", METHODS)
def test_several_classes(method):
    y = np.array(["blast", "quake", "slide"])[EVENTS % 3]
    model = fit(y=y, method=method)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    table = model.predict_events(X, EVENTS)
    assert set(table["prediction"]) <= {"blast", "quake", "slide"}


def test_calibration_corrects_a_sure_classifier():
    X, y, events = make_records(120, seed=1, shift=0.7)
    X = np.hstack([X[:, 1:]] * 10)  # naive Bayes counts each feature ten times
    train = events < 60
    raw = GaussianNB().fit(X[train], y[train])
    model = EventCalibratedClassifierCV(GaussianNB()).fit(
        X[train], y[train], groups=events[train]
    )
    before, after = (
        bootstrap_interval(
            y[~train],
            classifier.predict_proba(X[~train]),
            events[~train],
            metric="brier_score",
            n_resamples=1,
        ).score
        for classifier in (raw, model)
    )
    assert after < 0.85 * before


WAYS = {
    "groups": (Y, {"groups": EVENTS}),
    "index": (attach_events(Y, EVENTS), {}),
    "name of the step": (Y, {"spy__groups": EVENTS}),
}


@ENSEMBLE
@pytest.mark.parametrize("way", WAYS)
def test_events_reach_every_fit_of_the_wrapped_classifier(way, ensemble):
    estimator = make_pipeline(FunctionTransformer(), Spy())
    y, params = WAYS[way]
    EventCalibratedClassifierCV(estimator, cv=FOLDS, ensemble=ensemble).fit(
        X, y, **params
    )
    rows = [train for train, _ in FOLDS] + ([] if ensemble else [np.arange(len(Y))])
    assert len(Spy.fits) == len(rows)
    for (records, groups, index), part in zip(Spy.fits, rows, strict=True):
        for events in (records, groups, index):
            np.testing.assert_array_equal(events, EVENTS[part])


def test_the_classifier_of_scikit_learn_alone_loses_the_events():
    CalibratedClassifierCV(Spy(), cv=FOLDS, ensemble=False).fit(
        X, attach_events(Y, EVENTS)
    )
    lost = [index is None for _, _, index in Spy.fits]
    assert lost == [True] * 5 + [False]


@ENSEMBLE
def test_events_reach_every_fit_by_routing(routing, ensemble):
    spy = Spy().set_fit_request(groups=True, sample_weight=True)
    model = EventCalibratedClassifierCV(spy, ensemble=ensemble)
    cross_val_score(
        model.set_score_request(sample_weight=False),
        X,
        Y,
        params={"groups": EVENTS, "sample_weight": np.ones(len(Y))},
        cv=GroupKFold(3),
        error_score="raise",
    )
    assert len(Spy.fits) == 3 * (5 if ensemble else 6)
    for records, groups, index in Spy.fits:
        np.testing.assert_array_equal(groups, records)
        np.testing.assert_array_equal(index, records)


@ENSEMBLE
def test_networks_balance_and_stop_by_events_in_all_fits(ensemble):
    fingerprints, y = make_fingerprints(48)
    number = np.where(y == "blast", np.cumsum(y == "blast"), np.cumsum(y != "blast"))
    events = np.char.add(y, (number // 3).astype(str))
    network = make_classifier(balance="events", early_stopping=True, max_epochs=2)
    model = EventCalibratedClassifierCV(network, cv=2, ensemble=ensemble).fit(
        fingerprints, attach_events(y, events)
    )
    assert model.predict_proba(fingerprints).shape == (48, 2)


@ENSEMBLE
def test_the_wrapped_classifier_meets_no_held_out_event(ensemble):
    y = (np.random.default_rng(0).permutation(40) % 2)[EVENTS]
    model = fit(Memory(), y=y, ensemble=ensemble)
    assert Memory.overlaps == [set()] * 5
    np.testing.assert_allclose(model.predict_proba(X), 0.5, atol=0.1)
    Memory.overlaps.clear()
    leaking = fit(Memory(), y=y, ensemble=ensemble, groups="records")
    assert all(Memory.overlaps)
    assert np.ptp(leaking.predict_proba(X)) > 0.5


@ENSEMBLE
def test_nothing_of_the_training_records_is_kept(ensemble):
    model = fit(LogisticRegression(), ensemble=ensemble)
    assert b"_RowsClassifier" not in pickle.dumps(model)
    for pair in model.calibrated_classifier_.calibrated_classifiers_:
        assert isinstance(pair.estimator, LogisticRegression)
    assert model.calibrated_classifier_.estimator is not model.estimator
    assert repr(model.calibrated_classifier_.estimator) == "LogisticRegression()"


def test_features_are_those_of_the_wrapped_classifier():
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = EventCalibratedClassifierCV(GaussianNB()).fit(frame, Y, groups=EVENTS)
    for part in (model, model.calibrated_classifier_):
        assert part.n_features_in_ == 4
        assert list(part.feature_names_in_) == list("abcd")
    assert not hasattr(fit().calibrated_classifier_, "feature_names_in_")
    assert not hasattr(EventCalibratedClassifierCV(GaussianNB()), "n_features_in_")


def test_tables_and_scores_are_by_event():
    model = fit()
    table = model.predict_events(X, EVENTS)
    means = pd.Series(model.predict_proba(X)[:, 1]).groupby(EVENTS).mean()
    np.testing.assert_allclose(table["score_quake"], means[table.index])
    np.testing.assert_array_equal(
        table["prediction"] == "quake", table["score_quake"] > 0.5
    )
    labels = pd.Series(Y).groupby(EVENTS).first()[table.index]
    right = (table["prediction"] == labels).mean()
    assert model.score(X, attach_events(Y, EVENTS)) == right
    assert model.score(X, Y, groups="records") == np.mean(model.predict(X) == Y)


def test_calibrate_first_then_tune():
    model = EventThresholdClassifierCV(
        EventCalibratedClassifierCV(GaussianNB()), pos_label="blast"
    ).fit(X, Y, groups=EVENTS)
    np.testing.assert_array_equal(model.predict_proba(X), fit().predict_proba(X))
    for wrapped in (
        EventThresholdClassifierCV(GaussianNB()),
        FixedThresholdClassifier(GaussianNB(), threshold=0.2),
    ):
        with pytest.raises(ValueError, match="with a threshold, which is undefined"):
            fit(wrapped)


@ENSEMBLE
def test_weights_count_in_fits_and_calibration(ensemble):
    weight = np.where(Y == "blast", 10.0, 1.0)
    model = EventCalibratedClassifierCV(GaussianNB(), ensemble=ensemble).fit(
        X, Y, groups=EVENTS, sample_weight=weight
    )
    plain = CalibratedClassifierCV(GaussianNB(), cv=FOLDS, ensemble=ensemble)
    plain.fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X))
    with pytest.raises(TypeError, match="takes no sample_weight"):
        EventCalibratedClassifierCV(KNeighborsClassifier()).fit(
            X, Y, groups=EVENTS, sample_weight=weight
        )


def test_records_are_events_only_with_a_warning_or_on_request():
    with pytest.warns(EventsUnknownWarning) as caught:
        model = EventCalibratedClassifierCV(GaussianNB()).fit(X, Y)
    assert [item.category for item in caught].count(EventsUnknownWarning) == 1
    np.testing.assert_array_equal(
        model.predict_proba(X), fit(groups="records").predict_proba(X)
    )


def test_clone_pickle_and_save(tmp_path):
    model = fit(SVC(), method="isotonic")
    assert clone(model).get_params()["method"] == "isotonic"
    save(model, tmp_path / "model.skops")
    for again in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.skops")):
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@ENSEMBLE
def test_all_fits_are_counted(ensemble, terminal):
    expected = fit(ensemble=ensemble).predict_proba(X)
    n_fits = 5 if ensemble else 6
    for n_jobs in (1, 2):
        with terminal() as shown, parallel_config("threading"):
            model = fit(ensemble=ensemble, n_jobs=n_jobs, verbose=1)
        assert "EventCalibratedClassifierCV" in shown()
        assert f"{n_fits}/{n_fits} fits" in shown()
        np.testing.assert_array_equal(model.predict_proba(X), expected)
        assert model.calibrated_classifier_.n_jobs == n_jobs
    with terminal() as shown:
        fit(ensemble=ensemble)
    assert shown() == ""


def test_bad_folds_are_found_before_any_fit():
    with pytest.raises(ValueError, match="only works for partitions"):
        fit(Spy(), cv=GroupShuffleSplit(3, random_state=0))
    assert not Spy.fits


def test_bad_folds_and_parameters_are_named():
    with pytest.raises(ValueError, match=r"records of event '\d+' on both sides"):
        fit(cv=KFold(4))
    with pytest.raises(ValueError, match="only works for partitions"):
        fit(cv=GroupShuffleSplit(3, random_state=0))
    assert fit(cv=GroupShuffleSplit(3, random_state=0), ensemble=True).classes_.size
    with pytest.raises(ValueError, match=r"method must be one of .*; got 'platt'"):
        fit(method="platt")
    with pytest.raises(ValueError, match="ensemble must be a bool; got 'auto'"):
        fit(ensemble="auto")
    with pytest.raises(ValueError, match="cv=20 needs 20 events or more"):
        fit(cv=20)
    with pytest.raises(ValueError, match="verbose must be"):
        fit(verbose="yes")
    straddling = np.where(np.arange(len(Y)) == np.argmax(EVENTS == 3), "blast", Y)
    with pytest.raises(ValueError, match="straddle labels, first event '3'"):
        fit(y=straddling)


def test_predictions_take_no_metadata(routing):
    with pytest.raises(TypeError, match="predicts without further parameters; got snr"):
        fit().predict_events(X, EVENTS, snr=EVENTS)

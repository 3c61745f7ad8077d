"""The tools of scikit-learn give with the whole pipeline what a loop by hand gives."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedGroupKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.neighbors import KNeighborsClassifier

from skseisfp import EventVoteClassifier
from skseisfp.events import attach_events
from skseisfp.metrics import event_balanced_accuracy, event_roc_auc

CV = StratifiedGroupKFold(3)
LR = "classifier__lr"
RATES = [5e-3, 1e-1]  # the first is that of the pipeline


def by_event(proba, y, groups):
    """AUC of the mean probability of each event."""
    frame = pd.DataFrame({"p": proba[:, 1], "y": y, "event": groups})
    events = frame.groupby("event").agg(p=("p", "mean"), y=("y", "first"))
    return roc_auc_score(events["y"], events["p"])


@pytest.fixture(scope="module")
def by_hand(seismograms, three_steps):
    """Models, probabilities and scores of a plain loop over the folds."""
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    folds = list(CV.split(X, y, groups))
    models = [three_steps().fit(X[train], y.iloc[train]) for train, _ in folds]
    proba = np.empty((len(y), 2))
    for model, (_, test) in zip(models, folds, strict=True):
        proba[test] = model.predict_proba(X[test])
    right = models[0].classes_[proba.argmax(axis=1)] == y.to_numpy()
    tests = [test for _, test in folds]
    return SimpleNamespace(
        folds=folds,
        models=models,
        proba=proba,
        accuracy=[right[test].mean() for test in tests],
        auc=[by_event(proba[test], y.iloc[test], groups[test]) for test in tests],
    )


@pytest.fixture(params=["routing off", "routing on"])
def metadata(request, seismograms, three_steps):
    """The two ways in which events reach folds, scorers and the network."""
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    pipeline = three_steps()
    if request.param == "routing off":
        events = pd.Index(groups, name="event_id")
        yield SimpleNamespace(
            pipeline=pipeline,
            data=(X, attach_events(y, events)),
            of_function={"groups": groups},
            of_fit={"groups": groups},
        )
        return
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline[-1].set_fit_request(groups=True)
        yield SimpleNamespace(
            pipeline=pipeline,
            data=(X, y),
            of_function={"params": {"groups": groups}},
            of_fit={"groups": groups},
        )


@pytest.fixture
def options():
    return {"cv": CV, "scoring": event_roc_auc, "error_score": "raise"}


# functions


def test_cross_val_score(metadata, options, by_hand):
    call = (metadata.pipeline, *metadata.data)
    by_event = cross_val_score(*call, **metadata.of_function, **options)
    np.testing.assert_allclose(by_event, by_hand.auc)
    by_record = cross_val_score(
        *call, **metadata.of_function, **options | {"scoring": "accuracy"}
    )
    np.testing.assert_allclose(by_record, by_hand.accuracy)


def test_cross_validate(metadata, options, by_hand, seismograms):
    options["scoring"] = {"auc": event_roc_auc, "accuracy": "accuracy"}
    scores = cross_validate(
        metadata.pipeline,
        *metadata.data,
        **metadata.of_function,
        **options,
        return_estimator=True,
        return_train_score=True,
    )
    np.testing.assert_allclose(scores["test_auc"], by_hand.auc)
    np.testing.assert_allclose(scores["test_accuracy"], by_hand.accuracy)
    assert np.isfinite(scores["train_auc"]).all()
    for model, reference in zip(scores["estimator"], by_hand.models, strict=True):
        np.testing.assert_array_equal(
            model.predict_proba(seismograms.data),
            reference.predict_proba(seismograms.data),
        )


def test_cross_val_predict(metadata, by_hand):
    proba = cross_val_predict(
        metadata.pipeline,
        *metadata.data,
        **metadata.of_function,
        cv=CV,
        method="predict_proba",
    )
    np.testing.assert_array_equal(proba, by_hand.proba)


def test_learning_curve(metadata, options, by_hand, seismograms, three_steps):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    sizes, train_scores, test_scores = learning_curve(
        metadata.pipeline,
        *metadata.data,
        **metadata.of_function,
        **options,
        train_sizes=[0.5, 1.0],
    )
    assert train_scores.shape == (2, 3)
    for size, scores in zip(sizes, test_scores, strict=True):
        for (train, test), score in zip(by_hand.folds, scores, strict=True):
            model = three_steps().fit(X[train[:size]], y.iloc[train[:size]])
            expected = by_event(
                model.predict_proba(X[test]), y.iloc[test], groups[test]
            )
            assert score == pytest.approx(expected)


def test_validation_curve(metadata, options, by_hand):
    train, test = validation_curve(
        metadata.pipeline,
        *metadata.data,
        **metadata.of_function,
        **options,
        param_name=LR,
        param_range=RATES,
    )
    assert train.shape == test.shape == (2, 3)
    np.testing.assert_allclose(test[0], by_hand.auc)
    assert (test[1] != test[0]).any()


# searches


def fold_scores(search, candidate, metric="score"):
    return [search.cv_results_[f"split{i}_test_{metric}"][candidate] for i in range(3)]


def test_grid_search_over_the_architecture(metadata, by_hand, options):
    options["scoring"] = {
        "auc": event_roc_auc,
        "balanced": event_balanced_accuracy,
        "accuracy": "accuracy",
    }
    grid = {"classifier__module__conv1_n_filters": [4, 2]}
    search = GridSearchCV(metadata.pipeline, grid, refit="auc", **options)
    search.fit(*metadata.data, **metadata.of_fit)
    np.testing.assert_allclose(fold_scores(search, 0, "auc"), by_hand.auc)
    np.testing.assert_allclose(fold_scores(search, 0, "accuracy"), by_hand.accuracy)
    assert fold_scores(search, 1, "auc") != fold_scores(search, 0, "auc")
    kernels = next(search.best_estimator_[-1].net_.module_.parameters())
    assert len(kernels) == search.best_params_["classifier__module__conv1_n_filters"]


def test_randomized_search(metadata, by_hand, options, seismograms, three_steps):
    search = RandomizedSearchCV(
        metadata.pipeline, {LR: RATES}, n_iter=2, random_state=0, **options
    ).fit(*metadata.data, **metadata.of_fit)
    default = list(search.cv_results_[f"param_{LR}"]).index(RATES[0])
    np.testing.assert_allclose(fold_scores(search, default), by_hand.auc)
    best = three_steps(**search.best_params_)
    best.fit(seismograms.data, seismograms.target)
    np.testing.assert_array_equal(
        search.predict_proba(seismograms.data), best.predict_proba(seismograms.data)
    )


def test_halving_search_spends_epochs(metadata, options):
    epochs = "classifier__max_epochs"
    halving = HalvingGridSearchCV(
        metadata.pipeline,
        {LR: RATES},
        resource=epochs,
        min_resources=1,
        max_resources=2,
        factor=2,
        random_state=0,
        **options,
    ).fit(*metadata.data, **metadata.of_fit)
    assert halving.n_resources_ == [1, 2]
    assert halving.best_params_[epochs] == 2
    chosen = {LR: [halving.best_params_[LR]], epochs: [2]}
    search = GridSearchCV(metadata.pipeline, chosen, **options)
    search.fit(*metadata.data, **metadata.of_fit)
    assert halving.best_score_ == search.best_score_


def test_nested_cross_validation_with_routing(
    routing, options, seismograms, three_steps
):
    """Outer folds are those of a loop by hand around searches on lists of splits."""
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    pipeline = three_steps()
    pipeline[-1].set_fit_request(groups=False)
    grid, outer, inner = {LR: RATES}, GroupKFold(2), GroupKFold(2)
    nested = cross_val_score(
        GridSearchCV(pipeline, grid, **options | {"cv": inner}),
        X,
        y,
        params={"groups": groups},
        **options | {"cv": outer},
    )
    by_loop = []
    for train, test in outer.split(X, y, groups):
        splits = list(inner.split(X[train], y.iloc[train], groups[train]))
        search = GridSearchCV(pipeline, grid, **options | {"cv": splits})
        search.fit(X[train], y.iloc[train], groups=groups[train])
        by_loop.append(search.score(X[test], y.iloc[test], groups=groups[test]))
    np.testing.assert_array_equal(nested, by_loop)


def test_two_jobs_give_what_one_gives(seismograms, three_steps, options):
    y = attach_events(seismograms.target, seismograms.groups)
    one, two = (
        GridSearchCV(three_steps(), {LR: RATES}, n_jobs=n_jobs, **options).fit(
            seismograms.data, y, groups=seismograms.groups
        )
        for n_jobs in (1, 2)
    )
    for candidate in range(2):
        assert fold_scores(one, candidate) == fold_scores(two, candidate)
    np.testing.assert_array_equal(
        one.predict_proba(seismograms.data), two.predict_proba(seismograms.data)
    )


# classifiers around the pipeline


def test_calibration_on_splits(seismograms, three_steps, by_hand):
    X, y = seismograms.data, seismograms.target
    calibrated = CalibratedClassifierCV(three_steps(), cv=by_hand.folds).fit(X, y)
    for part, (_, test) in zip(
        calibrated.calibrated_classifiers_, by_hand.folds, strict=True
    ):
        np.testing.assert_array_equal(
            part.estimator.predict_proba(X[test]), by_hand.proba[test]
        )
    score = event_roc_auc(calibrated, X, y, groups=seismograms.groups)
    assert 0 <= score <= 1


def test_calibration_by_groups_needs_routing(seismograms, three_steps, by_hand):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    on_splits = CalibratedClassifierCV(three_steps(), cv=by_hand.folds).fit(X, y)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = three_steps()
        pipeline[-1].set_fit_request(groups=False)
        by_groups = CalibratedClassifierCV(pipeline, cv=CV).fit(X, y, groups=groups)
    np.testing.assert_array_equal(
        by_groups.predict_proba(X), on_splits.predict_proba(X)
    )


def test_voting(seismograms, three_steps, by_hand, options):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    members = [("slow", three_steps()), ("fast", three_steps(**{LR: RATES[1]}))]
    vote = VotingClassifier(members, voting="soft")
    proba = cross_val_predict(vote, X, y, groups=groups, cv=CV, method="predict_proba")
    fast = cross_val_predict(
        members[1][1], X, y, groups=groups, cv=CV, method="predict_proba"
    )
    np.testing.assert_allclose(proba, (by_hand.proba + fast) / 2)
    scores = cross_val_score(
        vote, X, attach_events(y, groups), groups=groups, **options
    )
    expected = [by_event(proba[t], y.iloc[t], groups[t]) for _, t in by_hand.folds]
    np.testing.assert_allclose(scores, expected)


def test_stacking_learns_from_held_out_predictions(seismograms, three_steps, by_hand):
    X, y = seismograms.data, seismograms.target
    stack = StackingClassifier(
        [("network", three_steps())], KNeighborsClassifier(1), cv=by_hand.folds
    ).fit(X, y)
    np.testing.assert_array_equal(stack.final_estimator_._fit_X, by_hand.proba[:, 1:])
    assert set(stack.predict(X)) <= set(y)


def test_votes_of_events_around_the_pipeline(metadata, by_hand, options, seismograms):
    """The mean vote of the wrapper is that of the scorer."""
    y, groups = seismograms.target, seismograms.groups
    voting = EventVoteClassifier(metadata.pipeline, vote="mean")
    scores = cross_val_score(voting, *metadata.data, **metadata.of_function, **options)
    np.testing.assert_allclose(scores, by_hand.auc)
    X = seismograms.data
    table = clone(voting).fit(X, y).predict_events(X, groups=groups)
    assert list(table.index) == list(dict.fromkeys(groups))

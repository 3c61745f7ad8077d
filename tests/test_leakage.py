"""No record of a test event, and no view of it, is seen in `fit`."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from skorch.callbacks import Callback

from skseisfp.ensemble import EventVoteClassifier, MultiViewClassifier
from skseisfp.events import attach_events
from skseisfp.metrics import event_accuracy, event_roc_auc
from skseisfp.model_selection import (
    EventStationSplit,
    TemporalEventSplit,
    event_train_test_split,
)

EVENTS, STATIONS = (axis.ravel() for axis in np.mgrid[:24, :6])
Y = np.where(EVENTS % 3 == 0, "blast", "quake")
X = np.column_stack([EVENTS, np.random.default_rng(0).normal(size=(len(Y), 3))])
SPLITTERS = [
    GroupKFold(4),
    StratifiedGroupKFold(4, shuffle=True, random_state=0),
    TemporalEventSplit(3, times=-EVENTS),
    EventStationSplit(stations=STATIONS, n_station_splits=3, random_state=0),
]


class Memoriser(ClassifierMixin, BaseEstimator):
    """Remember events, the first feature; the prediction says which are known."""

    def __init__(self, unused=0):
        self.unused = unused

    def fit(self, X, y):
        self.classes_ = np.array(["new", "known"])
        self.events_ = np.unique(X[:, 0])
        return self

    def predict_proba(self, X):
        known = np.isin(X[:, 0], self.events_).astype(float)
        return np.column_stack([1 - known, known])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Views(TransformerMixin, BaseEstimator):
    """Give each record three views, all of which carry its event."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        noise = np.random.default_rng(0).normal(size=(len(X), 3, X.shape[1]))
        noise[:, :, 0] = 0
        return X[:, None] + noise

    def __sklearn_is_fitted__(self):
        return True


def leaked(estimator, X, y):
    """Score by the share of test records of which something is known."""
    return np.mean(estimator.predict_proba(X)[:, 1] > 0)


@pytest.fixture
def pipeline(tmp_path):
    steps = [("views", Views()), ("classifier", MultiViewClassifier(Memoriser()))]
    return Pipeline(steps, memory=str(tmp_path / "cache"))


@pytest.mark.parametrize("cv", SPLITTERS, ids=lambda cv: type(cv).__name__)
def test_cross_validation(pipeline, cv):
    scores = cross_validate(
        pipeline,
        X,
        Y,
        groups=EVENTS,
        cv=cv,
        scoring=leaked,
        return_train_score=True,
        error_score="raise",
    )
    assert (scores["test_score"] == 0).all()
    assert (scores["train_score"] == 1).all()


def test_folds_of_records_leak_and_are_seen_to(pipeline):
    folds = KFold(4, shuffle=True, random_state=0)
    assert (cross_val_score(pipeline, X, Y, cv=folds, scoring=leaked) > 0.9).all()


@pytest.mark.filterwarnings("ignore:Every record votes alone")
def test_search(pipeline):
    search = GridSearchCV(
        EventVoteClassifier(pipeline, vote="mean"),
        {"estimator__classifier__estimator__unused": [0, 1]},
        cv=SPLITTERS[1],
        scoring=leaked,
        error_score="raise",
    ).fit(X, Y, groups=EVENTS)
    folds = [search.cv_results_[f"split{i}_test_score"] for i in range(4)]
    assert not np.any(folds)


@pytest.mark.parametrize("inner", [SPLITTERS[1], EventStationSplit(n_station_splits=2)])
def test_nested_cross_validation(pipeline, inner):
    """Nothing leaks in the inner folds, which an error would show, or in the outer."""

    def strict(estimator, X, y):
        score = leaked(estimator, X, y)
        assert score == 0
        return score

    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(
            pipeline,
            {"classifier__estimator__unused": [0, 1]},
            cv=inner,
            scoring=strict,
            error_score="raise",
        )
        params = {"groups": EVENTS}
        if isinstance(inner, EventStationSplit):
            params["stations"] = STATIONS
        scores = cross_val_score(
            search,
            X,
            Y,
            params=params,
            cv=GroupKFold(3),
            scoring=strict,
            error_score="raise",
        )
    assert (scores == 0).all()


def test_single_split(pipeline):
    X_train, X_test, y_train, y_test, *_ = event_train_test_split(
        X, Y, EVENTS, random_state=0
    )
    model = pipeline.fit(X_train, y_train)
    assert leaked(model, X_test, y_test) == 0
    assert leaked(model, X_train, y_train) == 1


# the whole pipeline, from seismograms: fingerprints identify the records of a fit


class Keeper(ClassifierMixin, BaseEstimator):
    """Remember the rows of `fit`, byte by byte."""

    def __init__(self, unused=0):
        self.unused = unused

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.rows_ = [row.tobytes() for row in X]
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Watch(Callback):
    """Remember the fingerprints of each network's training and validation."""

    fits = []

    def on_train_begin(self, net, **kwargs):
        self.fits.append({True: set(), False: set()})

    def on_batch_end(self, net, batch, training, **kwargs):
        rows = (fingerprint_.numpy().tobytes() for fingerprint_ in batch[0])
        self.fits[-1][training].update(rows)


@pytest.fixture(scope="module")
def event_of(seismograms, three_steps):
    """Map the bytes of records and fingerprints to events; no two share one."""
    X, groups = seismograms.data, seismograms.groups
    fingerprints = three_steps()[:-1].fit_transform(X)
    assert fingerprints.shape[1] == 5
    known = {record.tobytes(): event for record, event in zip(X, groups, strict=True)}
    for event, views in zip(groups, fingerprints, strict=True):
        for view in views:
            assert known.setdefault(view.tobytes(), event) == event
    return known


@pytest.fixture
def keeper(three_steps):
    return three_steps(
        fingerprint__flatten=True, classifier=MultiViewClassifier(Keeper())
    )


@pytest.fixture
def overlap(event_of):
    """Score by the number of test events that the fit has seen."""

    def score(estimator, X, y):
        steps = getattr(estimator, "best_estimator_", estimator)
        seen = {event_of[row] for row in steps[-1].estimator_.rows_}
        assert seen
        return len(seen & {event_of[record.tobytes()] for record in X})

    return score


@pytest.fixture
def watched(three_steps):
    Watch.fits.clear()
    return three_steps(
        classifier__early_stopping=True,
        classifier__validation_fraction=0.3,
        classifier__callbacks=[Watch()],
        classifier__max_epochs=1,
    )


def test_fit_sees_every_view_of_the_training_records(keeper, seismograms, event_of):
    keeper.fit(seismograms.data, seismograms.target)
    rows = keeper[-1].estimator_.rows_
    assert len(rows) == 5 * len(seismograms.data)
    assert {event_of[row] for row in rows} == set(seismograms.groups)


def test_seismograms_in_cross_validation(keeper, seismograms, overlap, tmp_path):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    options = {"scoring": overlap, "error_score": "raise"}
    folds = GroupKFold(3)
    keeper.set_params(memory=str(tmp_path))
    for _ in range(2):
        scores = cross_val_score(keeper, X, y, groups=groups, cv=folds, **options)
        assert not scores.any()
    by_record = KFold(3, shuffle=True, random_state=0)
    assert cross_val_score(keeper, X, y, cv=by_record, **options).all()


def test_seismograms_in_a_search(keeper, seismograms, overlap):
    search = GridSearchCV(
        keeper,
        {"classifier__estimator__unused": [0, 1]},
        cv=GroupKFold(3),
        scoring=overlap,
        error_score="raise",
    ).fit(seismograms.data, seismograms.target, groups=seismograms.groups)
    assert not any(search.cv_results_[f"split{i}_test_score"].any() for i in range(3))


@pytest.mark.parametrize("routing", [True, False])
def test_seismograms_in_nested_cross_validation(keeper, seismograms, overlap, routing):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    outer, inner = GroupKFold(3), GroupKFold(2)
    grid = {"classifier__estimator__unused": [0]}
    options = {"scoring": overlap, "error_score": "raise"}

    def search(cv):
        return GridSearchCV(keeper, grid, cv=cv, **options)

    if routing:
        with sklearn.config_context(enable_metadata_routing=True):
            scores = cross_validate(
                search(inner),
                X,
                y,
                params={"groups": groups},
                cv=outer,
                return_estimator=True,
                **options,
            )
        found, searches = scores["test_score"], scores["estimator"]
    else:
        found, searches = [], []
        for train, test in outer.split(X, y, groups):
            splits = list(inner.split(X[train], y.iloc[train], groups[train]))
            searches.append(search(splits).fit(X[train], y.iloc[train]))
            found.append(overlap(searches[-1], X[test], y.iloc[test]))
    assert not np.any(found)
    assert not any(inner_search.best_score_ for inner_search in searches)


def test_nested_cross_validation_without_events_raises(keeper, seismograms):
    search = GridSearchCV(
        keeper, {"classifier__estimator__unused": [0]}, cv=GroupKFold(2)
    )
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        cross_val_score(
            search,
            seismograms.data,
            seismograms.target,
            groups=seismograms.groups,
            cv=GroupKFold(3),
            error_score="raise",
        )


def check_watched_fits(event_of, allowed):
    """Each fit used its own events, all of them, and none for both purposes."""
    assert len(Watch.fits) == len(allowed)
    for fit, events in zip(Watch.fits, allowed, strict=True):
        train, valid = ({event_of[row] for row in fit[part]} for part in (True, False))
        assert train
        assert valid
        assert not train & valid
        assert train | valid == events


@pytest.mark.parametrize("routing", [True, False])
def test_early_stopping_in_a_search(watched, seismograms, event_of, routing):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    folds = StratifiedGroupKFold(3)
    search = GridSearchCV(watched, {"classifier__lr": [1e-3]}, cv=folds)
    if routing:
        with sklearn.config_context(enable_metadata_routing=True):
            watched[-1].set_fit_request(groups=True)
            search.fit(X, y, groups=groups)
    else:
        search.fit(X, y, groups=groups, classifier__groups=groups)
    trained = [set(groups[train]) for train, _ in folds.split(X, y, groups)]
    check_watched_fits(event_of, [*trained, set(groups)])


def test_early_stopping_in_nested_cross_validation(
    watched, seismograms, event_of, routing
):
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    watched[-1].set_fit_request(groups=True)
    outer, inner = StratifiedGroupKFold(2), StratifiedGroupKFold(2)
    search = GridSearchCV(watched, {"classifier__lr": [1e-3]}, cv=inner)
    cross_val_score(
        search, X, y, params={"groups": groups}, cv=outer, error_score="raise"
    )
    allowed = []
    for train, _ in outer.split(X, y, groups):
        inside = inner.split(X[train], y.iloc[train], groups[train])
        allowed += [set(groups[train][part]) for part, _ in inside]
        allowed.append(set(groups[train]))
    check_watched_fits(event_of, allowed)


def test_a_script_that_names_no_events_keeps_them_whole(watched, seismograms, event_of):
    """Labels as loaders return them bring the events to split, fit and score."""
    X_train, X_test, y_train, y_test, *_ = event_train_test_split(
        seismograms.data, seismograms.target, random_state=0
    )
    watched.fit(X_train, y_train)
    trained, tested = (
        {event_of[record.tobytes()] for record in part} for part in (X_train, X_test)
    )
    assert not trained & tested
    check_watched_fits(event_of, [trained])
    tested_of = [event_of[record.tobytes()] for record in X_test]
    mean = pd.DataFrame(watched.predict_proba(X_test)).groupby(tested_of, sort=False)
    predicted = watched.classes_[mean.mean().idxmax(axis=1)]
    right = predicted == y_test.groupby(level="event_id", sort=False).first()
    assert len(right) == len(tested) < len(y_test)
    assert event_accuracy(watched, X_test, y_test) == right.mean()


def test_early_stopping_by_record_parts_events(watched, seismograms, event_of):
    y = np.asarray(seismograms.target)
    with pytest.raises(ValueError, match="early_stopping=True needs the event"):
        watched.fit(seismograms.data, y)
    watched.fit(seismograms.data, y, classifier__groups="records")
    train, valid = (
        {event_of[row] for row in Watch.fits[0][part]} for part in (True, False)
    )
    assert train & valid


@pytest.mark.parametrize("cached", [False, True])
def test_what_test_records_hold_has_no_influence(
    three_steps, seismograms, tmp_path, cached
):
    """Spread, network and predictions depend on the training records only."""
    X, y, groups = seismograms.data, seismograms.target, seismograms.groups
    train, test = next(StratifiedGroupKFold(3).split(X, y, groups))
    pipeline = three_steps(
        fingerprint__standardize="mad", memory=str(tmp_path) if cached else None
    )

    def fit_on_fold(records):
        scores = cross_validate(
            pipeline, records, y, cv=[(train, test)], return_estimator=True
        )
        return scores["estimator"][0]

    other = X.copy()
    other[test] = np.random.default_rng(0).normal(size=other[test].shape)
    model, again = fit_on_fold(X), fit_on_fold(other)
    np.testing.assert_array_equal(model[1].center_, again[1].center_)
    np.testing.assert_array_equal(model[1].scale_, again[1].scale_)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))
    assert (model[1].center_ != pipeline.fit(X, y)[1].center_).any()


@pytest.fixture(scope="module")
def twins(seismograms, three_steps):
    """Fingerprints of each record and of a noisy twin, which betrays the event."""
    X = np.concatenate([seismograms.data] * 2)
    X[len(X) // 2 :] *= np.random.default_rng(0).normal(1, 0.02, seismograms.data.shape)
    return three_steps()[:-1].fit_transform(X)[:, :2], np.tile(seismograms.groups, 2)


@pytest.mark.parametrize("kind", ["nearest neighbour", "network"])
def test_fingerprints_with_labels_shuffled_by_event_are_chance(
    three_steps, twins, kind
):
    """Folds of events score as chance does; folds of records show what leaks."""
    fingerprints, groups = twins
    classifier = three_steps()[-1].set_params(max_epochs=8, lr=3e-2)
    if kind == "nearest neighbour":
        classifier = MultiViewClassifier(KNeighborsClassifier(1))
    events, event = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    options = {"scoring": event_roc_auc, "error_score": "raise"}
    by_event, by_record = [], []
    for _ in range(6):
        y = attach_events(rng.permutation(np.arange(len(events)) % 2)[event], groups)
        folds = StratifiedGroupKFold(4)
        scores = cross_val_score(
            classifier, fingerprints, y, groups=groups, cv=folds, **options
        )
        by_event.append(scores.mean())
        folds = KFold(4, shuffle=True, random_state=0)
        scores = cross_val_score(classifier, fingerprints, y, cv=folds, **options)
        by_record.append(scores.mean())
    error = np.std(by_event, ddof=1) / np.sqrt(len(by_event))
    assert abs(np.mean(by_event) - 0.5) < 2.57 * error  # 95 % of Student's t
    assert np.mean(by_record) > 0.75

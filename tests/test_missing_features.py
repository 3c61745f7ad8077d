"""Features that are NaN without arrivals, in each kind of classifier."""

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skseisfp import EventVoteClassifier, FingerprintClassifier, MultiViewClassifier
from skseisfp.inference import EventDiscriminator
from skseisfp.preprocessing import PhysicsFeatures

GROUPS = ("ratios", "complexity")
TAKING = [
    BaggingClassifier(DecisionTreeClassifier(), 3),
    DecisionTreeClassifier(),
    ExtraTreesClassifier(3),
    RandomForestClassifier(3),
]
WRAPPED = [
    EventDiscriminator(ExtraTreesClassifier(3)),
    EventVoteClassifier(ExtraTreesClassifier(3)),
    MultiViewClassifier(ExtraTreesClassifier(3)),
]
REJECTING = [
    FingerprintClassifier(device="cpu"),
    GradientBoostingClassifier(),
    KNeighborsClassifier(),
    LogisticRegression(),
    MultiViewClassifier(LogisticRegression()),
    SVC(),
]
NAMED = {"ids": lambda item: str(item)[:60]}


def features(seismograms, known, **params):
    """Features of records with arrivals in all of them, in every second, or in none."""
    arrivals = {
        name: seismograms.frame[name].where(np.arange(32) % 4 < known)
        for name in ("p_arrival", "s_arrival")
    }
    transformer = PhysicsFeatures(
        sampling_rate=seismograms.sampling_rate, features=GROUPS, **params
    )
    return transformer.fit_transform(seismograms.data, **arrivals)


def test_the_default_keeps_what_is_not_known(seismograms):
    none, some = features(seismograms, 0), features(seismograms, 2)
    assert np.isnan(none).all(axis=0).sum() > 30
    assert np.isnan(some[2::4]).sum() > np.isnan(some[::4]).sum()
    assert not np.isnan(features(seismograms, 0, nan_policy="zero")).any()


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize("classifier", TAKING + WRAPPED, **NAMED)
def test_trees_take_missing_features(classifier, known, seismograms):
    X, y = features(seismograms, known), seismograms.target
    fitted = classifier.fit(X, y)  # which has the events in its index
    by_event = isinstance(classifier, EventVoteClassifier)
    events = {"groups": seismograms.groups} if by_event else {}
    assert fitted.predict_proba(X, **events).shape[1] == 2


@pytest.mark.parametrize("classifier", REJECTING, **NAMED)
def test_others_reject_them_by_name(classifier, seismograms):
    name = type(classifier).__name__
    with pytest.raises(ValueError, match=f"contains NaN.\n{name} does not accept"):
        classifier.fit(features(seismograms, 2), seismograms.target)


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize(
    "classifier",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        HistGradientBoostingClassifier(max_iter=2),
    ],
    **NAMED,
)
def test_an_imputer_makes_them_fit_for_all(classifier, known, seismograms):
    imputer = SimpleImputer(
        strategy="median", add_indicator=True, keep_empty_features=True
    )
    X, y = features(seismograms, known), seismograms.target
    model = make_pipeline(imputer, classifier).fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    assert imputer.transform(X).shape[1] >= X.shape[1]

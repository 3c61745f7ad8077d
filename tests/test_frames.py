"""DataFrames in: names are compared by scikit-learn's rule, and by nothing else."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_common import public_estimators

import skseisfp
from skseisfp import baselines, ensemble, inference, model_selection, sweep
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import AdaptiveHighpassFilter, SpectrumTransformer

EVENTS = np.repeat(np.arange(12), 2)
RATE = 20.0
UNKNOWN = pytest.mark.filterwarnings("ignore:Every record votes alone:UserWarning")
GRID = {"logisticregression__C": [0.1, 1]}


def make_chain():
    return make_pipeline(
        AdaptiveHighpassFilter(sampling_rate=RATE),
        SpectrumTransformer(sampling_rate=RATE, n_bands=9),
        LogisticRegression(),
    )


CLASSIFIERS = {
    "Pipeline": make_chain(),
    "EventCalibratedClassifierCV": ensemble.EventCalibratedClassifierCV(
        make_chain(), cv=2
    ),
    "EventDiscriminator": inference.EventDiscriminator(make_chain()),
    "EventThresholdClassifierCV": ensemble.EventThresholdClassifierCV(
        make_chain(), cv=2
    ),
    "EventVoteClassifier": ensemble.EventVoteClassifier(make_chain()),
    "FingerprintClassifier": FingerprintClassifier(
        max_epochs=1, device="cpu", random_state=0
    ),
    "MultiRepresentationClassifier": ensemble.MultiRepresentationClassifier(
        sampling_rate=RATE, n_estimators=2, random_state=0
    ),
    "MultiViewClassifier": ensemble.MultiViewClassifier(LogisticRegression()),
    "StagedSearchCV": sweep.StagedSearchCV(make_chain(), [GRID], cv=2),
    "SweepSearchCV": sweep.SweepSearchCV(make_chain(), GRID, cv=2),
}
PARTS = {"NetworkBaseline", "WaveformBaseline", "EventNetworkBaseline"}
SETTINGS = {
    "sampling_rate": RATE,
    "max_epochs": 1,
    "n_estimators": 2,
    "device": "cpu",
    "random_state": 0,
}


def published():
    """The baselines, those with a network as slow tests."""
    for name in baselines.__all__:
        kind = getattr(baselines, name)
        if name in PARTS or not hasattr(kind, "predict"):
            continue
        known = inspect.signature(kind).parameters
        params = {name: SETTINGS[name] for name in SETTINGS if name in known}
        marks = [pytest.mark.slow] if "max_epochs" in params else []
        yield pytest.param(kind(**params), id=name, marks=marks)


EVERY = pytest.mark.parametrize(
    "classifier",
    [pytest.param(item, id=name) for name, item in CLASSIFIERS.items()]
    + list(published()),
)


@pytest.fixture(scope="module")
def records():
    bunch = skseisfp.make_seismograms(
        24,
        classes=("earthquake", "quarry_blast"),
        records_per_event=2,
        sampling_rate=RATE,
        duration=70,
        random_state=1,
    )
    X = bunch.data.reshape(24, -1)[:, -1400:]
    X /= np.abs(X).max()  # a network warns of waveforms in counts
    y = skseisfp.attach_events(np.where(EVENTS % 2, "blast", "quake"), EVENTS)
    return X, pd.DataFrame(X, columns=[f"s{i}" for i in range(1400)]), y


def test_all_public_classifiers_are_here():
    found = {item.__name__ for item in public_estimators() if hasattr(item, "predict")}
    assert found <= CLASSIFIERS.keys()


def predict(classifier, X, y):
    results = [getattr(classifier, name)(X) for name in ("predict", "predict_proba")]
    return [*results, classifier.score(X, y)]


@UNKNOWN
@EVERY
def test_frames_alone_give_no_warning(classifier, records):
    _, frame, y = records
    fitted = clone(classifier).fit(frame, y)
    assert len(predict(fitted, frame, y)[0]) == 24


@UNKNOWN
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_one_frame_gives_one_warning(name, records):
    X, frame, y = records
    by_name = clone(CLASSIFIERS[name]).fit(frame, y)
    by_place = clone(CLASSIFIERS[name]).fit(X, y)
    assert by_name.feature_names_in_.tolist() == frame.columns.tolist()
    assert not hasattr(by_place, "feature_names_in_")
    for fitted, given, words in (
        (by_name, X, "X does not have valid feature names"),
        (by_place, frame, "X has feature names, but"),
    ):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fitted.predict(given)
        seen = [str(item.message) for item in seen if "names" in str(item.message)]
        assert len(seen) == 1
        assert seen[0].startswith(words)
    with pytest.raises(ValueError, match="feature names should match"):
        by_name.predict(frame[frame.columns[::-1]])


EVALUATIONS = {
    "protocols": lambda X, y, table: model_selection.evaluate_protocols(
        {"chain": make_chain()},
        X,
        y,
        table,
        protocols="event",
        controls="prior",
        seeds=[0],
        n_splits=2,
        threshold_splits=2,
        n_resamples=10,
    ),
    "nested": lambda X, y, table: model_selection.nested_evaluation(
        {"chain": (make_chain(), GRID)},
        X,
        y,
        table,
        n_splits=2,
        n_inner_splits=2,
        n_resamples=10,
    ),
    "permutations": lambda X, y, table: model_selection.event_permutation_test(
        make_chain(), X, y, cv=2, n_permutations=2
    ),
    "curve": lambda X, y, table: model_selection.event_learning_curve(
        make_chain(), X, y, n_splits=2, n_repeats=1, n_resamples=10, train_sizes=[1.0]
    ),
}


@pytest.mark.parametrize("name", EVALUATIONS)
def test_evaluations_take_frames_without_a_warning(name, records):
    _, frame, y = records
    EVALUATIONS[name](frame, y, pd.DataFrame({"event_id": EVENTS}))

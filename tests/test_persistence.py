import json
import os
import stat
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import BaseCrossValidator, GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, SVR

import skseisfp
from skseisfp.ensemble import (
    EventVoteClassifier,
    MultiRepresentationClassifier,
    MultiViewClassifier,
)
from skseisfp.events import attach_events
from skseisfp.metrics import event_accuracy, make_event_scorer
from skseisfp.model_selection import EventStationSplit, TemporalEventSplit
from skseisfp.neural import FingerprintClassifier, FingerprintCNN
from skseisfp.persistence._fitted_state import CHECKS
from skseisfp.persistence._note import FORMAT
from skseisfp.persistence._trust import TRUSTED_TYPES, is_own, names_of
from skseisfp.preprocessing import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintTransformer,
)
from skseisfp.sweep import (
    ExperimentPlan,
    FlattestRefit,
    SimplestRefit,
    StagedSearchCV,
    SweepSearchCV,
)

pytest.importorskip("skops", reason="skops is not installed (extra deploy)")


@pytest.fixture(scope="module")
def records():
    bunch = skseisfp.make_seismograms(24, random_state=0)
    return bunch.data[:, 400:1400], bunch.target, bunch.groups


def pipeline(classifier, *, flatten=False, augment=True, **settings):
    steps = [
        ("fingerprint", FingerprintTransformer(sampling_rate=40, flatten=flatten)),
        ("classifier", classifier),
    ]
    if augment:
        steps.insert(0, ("augment", FilterAugmenter(sampling_rate=40)))
    return Pipeline(steps).set_params(**settings)


def network(**settings):
    return FingerprintClassifier(max_epochs=1, random_state=0, **settings)


def trees():
    return ExtraTreesClassifier(5, random_state=0)


ESTIMATORS = {
    "network": lambda: pipeline(network()),
    "network with early stopping": lambda: pipeline(
        network(early_stopping=True, balance="weights", lr_schedule="plateau"),
        augment=False,
    ),
    "named module and optimizer": lambda: pipeline(
        network(module=FingerprintCNN, optimizer=torch.optim.SGD, balance="views")
    ),
    "network on flat fingerprints": lambda: pipeline(
        network(), flatten=True, augment=False
    ),
    "trees on views": lambda: pipeline(MultiViewClassifier(trees()), flatten=True),
    "forests on representations": lambda: MultiRepresentationClassifier(
        sampling_rate=40, n_estimators=5, random_state=0
    ),
    "support vectors": lambda: pipeline(MultiViewClassifier(SVC()), flatten=True),
    "votes of networks": lambda: EventVoteClassifier(pipeline(network())),
    "calibrated trees": lambda: CalibratedClassifierCV(
        pipeline(trees(), flatten=True, augment=False), cv=2
    ),
    "one filter": lambda: Pipeline(
        [
            ("filter", AdaptiveHighpassFilter(sampling_rate=40)),
            ("rest", pipeline(trees(), flatten=True, augment=False)),
        ]
    ),
    "search": lambda: GridSearchCV(
        pipeline(trees(), flatten=True, augment=False),
        {"classifier__max_depth": [2, 4]},
        cv=GroupKFold(2),
    ),
    "standardised fingerprints": lambda: pipeline(
        trees(), flatten=True, augment=False, fingerprint__standardize="mad"
    ),
}


@pytest.mark.filterwarnings("ignore:Every record votes alone")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_predictions_survive(name, records, tmp_path):
    X, y, groups = records
    y = attach_events(y, groups)
    grouped = name in ("search", "votes of networks")
    estimator = ESTIMATORS[name]()
    estimator.fit(X, y, **({"groups": groups} if grouped else {}))
    skseisfp.save(estimator, tmp_path / "model.skops")
    again = skseisfp.load(tmp_path / "model.skops")
    assert type(again) is type(estimator)
    assert repr(again) == repr(estimator)
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    expected = getattr(estimator, method)(X)
    np.testing.assert_array_equal(getattr(again, method)(X), expected)
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


@pytest.fixture
def fitted():
    X = np.random.default_rng(0).normal(size=(20, 3))
    return LogisticRegression().fit(X, X[:, 0] > 0)


class Foreign(ClassifierMixin, BaseEstimator):
    made = 0

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def __setstate__(self, state):
        type(self).made += 1
        super().__setstate__(state)


def test_unknown_types_raise_before_they_are_made(tmp_path):
    path = tmp_path / "model.skops"
    skseisfp.save(Foreign().fit(None, [0, 1]), path)
    Foreign.made = 0
    name = f"{__name__}.Foreign"
    with pytest.raises(ValueError, match="types that are not trusted") as error:
        skseisfp.load(path)
    assert name in str(error.value)
    assert f"trusted=['{name}']" in str(error.value)
    assert Foreign.made == 0
    for trusted in ([name], [Foreign], (Foreign, "another.Type")):
        assert isinstance(skseisfp.load(path, trusted=trusted), Foreign)
    assert Foreign.made == 3


def test_functions_raise(tmp_path, records):
    X, y, _ = records
    path = tmp_path / "model.skops"
    classifier = network(optimizer=torch.optim.RMSprop)
    skseisfp.save(pipeline(classifier, augment=False).fit(X, y), path)
    with pytest.raises(ValueError, match=r"torch\.optim\.rmsprop\.RMSprop"):
        skseisfp.load(path)
    skseisfp.load(path, trusted=[torch.optim.RMSprop])


@pytest.mark.parametrize("trusted", [True, "some.Type"])
def test_trust_is_given_by_name(trusted, fitted, tmp_path):
    skseisfp.save(fitted, tmp_path / "model.skops")
    with pytest.raises(TypeError, match="trusted must be a sequence"):
        skseisfp.load(tmp_path / "model.skops", trusted=trusted)


def test_trusted_types_exist():
    from importlib import import_module

    for name in (*TRUSTED_TYPES, *CHECKS):
        module, _, attribute = name.rpartition(".")
        assert callable(getattr(import_module(module), attribute)), name


def test_all_public_estimators_are_trusted():
    from importlib import import_module

    modules = "baselines ensemble io model_selection neural preprocessing sweep"
    public = [
        getattr(module, name)
        for module in (import_module(f"skseisfp.{name}") for name in modules.split())
        for name in module.__all__
    ]
    kinds = (BaseEstimator, BaseCrossValidator, torch.nn.Module)
    classes = [
        item for item in public if isinstance(item, type) and issubclass(item, kinds)
    ]
    assert len(classes) > 30
    names = names_of(classes)
    assert [name for name in sorted(names) if not is_own(name)] == []


EVENTS = np.repeat(np.arange(12), 4)
Y = pd.Series(EVENTS % 2, index=pd.Index(EVENTS, name="event_id"))
X = np.random.default_rng(0).normal(Y.to_numpy()[:, None], 1, (48, 3))
GRID = {"C": [0.1, 1.0]}


def grid_search(**settings):
    settings = {"cv": GroupKFold(3), "scoring": event_accuracy} | settings
    return GridSearchCV(LogisticRegression(), GRID, **settings)


def sweep(**settings):
    settings = {"cv": GroupKFold(3), "scoring": event_accuracy} | settings
    return SweepSearchCV(LogisticRegression(), ExperimentPlan(GRID), **settings)


def stages():
    plans = [ExperimentPlan(GRID), {"tol": [1e-4, 1e-3]}]
    return StagedSearchCV(
        LogisticRegression(), plans, cv=GroupKFold(3), scoring=event_accuracy
    )


SEARCHES = {
    "event scorer": grid_search,
    "event scorer of a metric": lambda: grid_search(
        scoring=make_event_scorer(accuracy_score)
    ),
    "several scorers": lambda: grid_search(
        scoring={"event": event_accuracy, "auc": "roc_auc"}, refit="event"
    ),
    "number of folds": lambda: grid_search(cv=3, scoring="accuracy"),
    "list of folds": lambda: grid_search(cv=list(GroupKFold(3).split(X, Y, EVENTS))),
    "folds by station": lambda: grid_search(
        cv=EventStationSplit(
            n_event_splits=2, n_station_splits=2, stations=np.tile(range(4), 12)
        )
    ),
    "folds by time": lambda: grid_search(
        cv=TemporalEventSplit(2, times=EVENTS.astype("datetime64[D]"))
    ),
    "rule": lambda: grid_search(scoring="f1", refit=SimplestRefit(complexity="C")),
    "sweep": sweep,
    "sweep by a rule": lambda: sweep(refit=FlattestRefit()),
    "stages": stages,
}


def compare_searches(again, search):
    assert repr(again) == repr(search)
    assert again.best_params_ == search.best_params_
    assert again.cv_results_.keys() == search.cv_results_.keys()
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))
    assert again.score(X, Y) == search.score(X, Y)


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
@pytest.mark.parametrize("name", SEARCHES)
def test_searches_survive(name, tmp_path):
    search = SEARCHES[name]().fit(X, Y, groups=EVENTS)
    skseisfp.save(search, tmp_path / "search.skops")
    again = skseisfp.load(tmp_path / "search.skops")
    compare_searches(again, search)
    assert getattr(again, "fit_results_", None) == getattr(search, "fit_results_", None)
    again.fit(X, Y, groups=EVENTS)
    assert again.best_params_ == search.best_params_


@pytest.mark.parametrize("kind", [str, Path])
def test_searches_keep_the_path_of_their_store(kind, tmp_path):
    pytest.importorskip("optuna", reason="optuna is not installed (extra sweep)")
    store = kind(tmp_path / "study.db")
    search = sweep(store=store).fit(X, Y, groups=EVENTS)
    skseisfp.save(search, tmp_path / "search.skops")
    Path(store).unlink()
    again = skseisfp.load(tmp_path / "search.skops")
    compare_searches(again, search)
    assert again.store == store
    assert type(again.store) is type(store)
    assert not Path(store).exists()


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"cv": GroupKFold(3).split(X, Y, EVENTS)}, "cv"),
        ({"cv": TemporalEventSplit(2, times=pd.Series(EVENTS))}, "cv"),
        ({"refit": SimplestRefit(complexity=lambda trial: trial["C"])}, "refit"),
    ],
    ids=["generator", "table", "lambda"],
)
def test_what_cannot_be_read_back_raises_in_save(settings, parameter, tmp_path):
    search = grid_search(**settings).fit(X, Y, groups=EVENTS)
    message = f"GridSearchCV cannot be saved: its parameter {parameter} cannot be read"
    with pytest.raises(TypeError, match=message):
        skseisfp.save(search, tmp_path / "search.skops")
    assert os.listdir(tmp_path) == []


OTHERS = {
    "boosting from zero": GradientBoostingClassifier(n_estimators=2, init="zero"),
    "boosting of numbers": GradientBoostingRegressor(n_estimators=2),
    "boosting from a classifier": GradientBoostingClassifier(
        n_estimators=2, init=LogisticRegression()
    ),
    "templates of boosting": GridSearchCV(
        GradientBoostingClassifier(), {"n_estimators": [2]}, cv=2
    ),
    "templates of histogram boosting": GridSearchCV(
        HistGradientBoostingClassifier(min_samples_leaf=5), {"max_iter": [2]}, cv=2
    ),
    "templates of neighbours": GridSearchCV(
        KNeighborsClassifier(algorithm="brute"), {"n_neighbors": [3]}, cv=2
    ),
    "templates of clusters": GridSearchCV(
        Pipeline([("k", KMeans(2, n_init=1)), ("c", LogisticRegression())]),
        {"c__C": [1.0]},
        cv=2,
    ),
    "neighbours of numbers": KNeighborsRegressor(algorithm="brute"),
    "support vectors of numbers": SVR(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_starts_regressors_and_templates_that_are_not_fitted_survive(name, tmp_path):
    estimator = clone(OTHERS[name]).fit(X, Y.to_numpy())
    skseisfp.save(estimator, tmp_path / "model.skops")
    again = skseisfp.load(tmp_path / "model.skops")
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))
    if isinstance(estimator, GridSearchCV):
        with pytest.raises(NotFittedError):
            again.estimator.predict(X)


def test_estimator_must_be_fitted(tmp_path):
    with pytest.raises(NotFittedError):
        skseisfp.save(LogisticRegression(), tmp_path / "model.skops")
    with pytest.raises(NotFittedError):
        skseisfp.save(pipeline(network()), tmp_path / "model.skops")
    with pytest.raises(TypeError, match="not an estimator"):
        skseisfp.save({"a": 1}, tmp_path / "model.skops")
    assert os.listdir(tmp_path) == []


def test_a_failed_write_leaves_the_old_file(fitted, tmp_path, monkeypatch):
    path = tmp_path / "model.skops"
    skseisfp.save(fitted, path)
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        skseisfp.save(fitted, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.skops"]


def test_an_old_file_is_replaced(fitted, tmp_path):
    path = tmp_path / "model.skops"
    path.write_text("old")
    skseisfp.save(fitted, str(path))
    assert isinstance(skseisfp.load(str(path)), LogisticRegression)
    assert os.listdir(tmp_path) == ["model.skops"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def edit_note(path, **changes):
    """Write the note of a file again."""
    with ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    note = json.loads(content["skseisfp.json"])
    note["versions"].update(changes.pop("versions", {}))
    content["skseisfp.json"] = json.dumps(note | changes).encode()
    with ZipFile(path, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return note


def test_versions_of_what_is_used_are_noted(fitted, tmp_path, records):
    path = tmp_path / "model.skops"
    skseisfp.save(fitted, path)
    assert set(edit_note(path)["versions"]) == {"numpy", "scikit-learn", "skseisfp"}
    X, y, _ = records
    skseisfp.save(pipeline(network(), augment=False).fit(X, y), path)
    assert {"torch", "skorch"} < set(edit_note(path)["versions"])


def test_other_releases_warn(fitted, tmp_path):
    path = tmp_path / "model.skops"
    skseisfp.save(fitted, path)
    edit_note(path, versions={"scikit-learn": "0.99.3", "gone": "1.0"})
    with pytest.warns(UserWarning, match=r"scikit-learn 0\.99\.3 \(now .*may differ"):
        skseisfp.load(path)
    micro = ".".join([*skseisfp.__version__.split(".")[:2], "999"])
    skseisfp.save(fitted, path)
    edit_note(path, versions={"skseisfp": micro})
    skseisfp.load(path)


def test_later_formats_raise(fitted, tmp_path):
    path = tmp_path / "model.skops"
    skseisfp.save(fitted, path)
    edit_note(path, format=FORMAT + 1, versions={"skseisfp": "9.1.0"})
    with pytest.raises(ValueError, match=r"skseisfp 9\.1\.0 in a later format"):
        skseisfp.load(path)


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_other_files_raise(content, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.skops was not written by"):
        skseisfp.load(path)


def test_plain_files_of_skops_raise(fitted, tmp_path):
    import skops.io

    skops.io.dump(fitted, tmp_path / "model.skops")
    with pytest.raises(ValueError, match=r"was not written by skseisfp\.save"):
        skseisfp.load(tmp_path / "model.skops")


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        skseisfp.load(tmp_path / "nowhere.skops")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("skseisfp.ensemble.event_vote_classifier.EventVoteClassifier", True),
        ("skseisfp.baselines.exact.trova_cnn.TrovaNet", True),
        ("skseisfp.metrics.report.specificity_score", True),
        ("skseisfp.archive.fetch_fdsn.fetch_fdsn", False),
        ("skseisfp.archive.seismic_archive.SeismicArchive", False),
        ("skseisfp.persistence.load.load", False),
        ("skseisfp.persistence.load.ZipFile", False),
        ("skseisfp.plotting.cube_display.CubeDisplay", False),
        ("skseisfp..Class", False),
        ("skseisfp.neural._network.FingerprintNet", False),
        ("skseisfp.ensemble.event_vote_classifier.np", False),
        ("skseisfp.sweep.nowhere.Class", False),
        ("skseisfp.ensemble.EventVoteClassifier", False),
        ("skseisfp_evil.module.Class", False),
        ("os.system", False),
        ("skseisfp", False),
    ],
)
def test_own_types_are_those_of_public_modules(name, expected):
    assert is_own(name) is expected


def test_files_of_the_old_layout_are_read(tmp_path):
    from skseisfp.io import WaveformReader

    class_path = '"skseisfp.io.waveform_reader"'
    pipeline = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    pipeline.reader_ = WaveformReader(components="Z")
    skseisfp.save(pipeline, tmp_path / "new.skops")
    with ZipFile(tmp_path / "new.skops") as new:
        content = {
            name: new.read(name).decode() for name in new.namelist() if "json" in name
        }
        arrays = {name: new.read(name) for name in new.namelist() if "json" not in name}
    assert class_path in content["schema.json"]
    content["schema.json"] = content["schema.json"].replace(
        class_path, '"skseisfp.preprocessing.waveform_reader"'
    )
    with ZipFile(tmp_path / "old.skops", "w") as old:
        for name, part in (content | arrays).items():
            old.writestr(name, part)
    assert skseisfp.load(tmp_path / "old.skops").reader_.components == "Z"

"""Trials belong to their parameters, whatever the plan that they are in."""

import os
import warnings

import numpy as np
import optuna
import pytest
from counting import (
    SETTINGS,
    Counting,
    flat,
    read_log,
    read_trials,
    study_names,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skseisfp.sweep import (
    NotReusableWarning,
    ResultCube,
    StagedSearchCV,
    StoredObject,
    SweepSearchCV,
    _store,
)
from skseisfp.sweep._read_study import read_study
from skseisfp.sweep._stored_values import decode, encode

IRIS = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)


def sweep(store, grid, estimator=None, **options):
    options = {"cv": 2, "refit": False} | options
    estimator = Counting() if estimator is None else estimator
    return SweepSearchCV(estimator, grid, store=store, **options).fit(*IRIS)


def n_trials(store, name):
    return len(read_trials(store, name)[1])


@pytest.mark.parametrize("name", [None, "mine"])
def test_a_longer_plan_runs_what_is_new(store, fits, name):
    first = sweep(store, {"number": [0, 1]}, study_name=name)
    assert fits() == [0, 0, 1, 1]
    longer = sweep(store, {"number": [2, 1, 0, 3]}, study_name=name)
    assert fits() == [2, 2, 3, 3]
    assert longer.study_name_ == first.study_name_
    assert flat(longer) == flat(sweep(None, {"number": [2, 1, 0, 3]}))
    assert n_trials(store, longer.study_name_) == 4
    assert ResultCube.from_store(store).values().sizes == {"number": 4}
    sweep(store, {"number": [1]}, study_name=name)
    assert ResultCube.from_store(store).parameters == []


@pytest.mark.parametrize(
    "grid",
    [
        {"model": ["a", "b"], "number": [0, 1]},
        {"number": [1, 0], "model": ["b", "a"]},
        [{"number": [0], "model": ["a", "b"]}, {"model": ["b", "a"], "number": [1]}],
        {"number": [0, 1], "model": ["a", "b"], "sizes": [()]},
        {"number": np.arange(2), "model": np.array(["a", "b"])},
    ],
)
def test_the_same_trials_are_found_in_another_plan(store, fits, grid):
    sweep(store, {"number": [0, 1], "model": ["a", "b"]})
    fits()
    again = sweep(store, grid)
    assert fits() == []
    assert flat(again) == flat(sweep(None, grid))


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ({"number": [1.0, 2]}, 1),
        ({"number": [True, 2]}, 1),
        ({"number": [1, 2], "sizes": [[]]}, 2),
    ],
)
def test_other_values_are_other_trials(store, fits, grid, expected):
    sweep(store, {"number": [1, 2]})
    fits()
    sweep(store, grid)
    assert len(read_log(SETTINGS.log)) == 2 * expected


def test_a_step_that_is_replaced_hides_what_it_had(store):
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC(C=1.0))])
    plain = sweep(store, {"svc__C": [1.0]}, pipeline)
    other = sweep(store, {"svc": [SVC(C=5.0)], "svc__C": [1.0, 5.0]}, pipeline)
    assert n_trials(store, plain.study_name_) == 3
    assert flat(other) == flat(
        sweep(None, {"svc": [SVC(C=5.0)], "svc__C": [1.0, 5.0]}, pipeline)
    )


def test_stages_and_sweeps_share_their_fits(store):
    stages = [{"max_depth": [1, 2, 3]}, {"min_samples_leaf": [1, 5]}]
    options = {"store": store, "cv": 4, "study_name": "mine"}
    staged = StagedSearchCV(TREE, stages, n_refined=0, factor=2, **options).fit(*IRIS)
    assert staged.study_name_ == "mine"
    cube = ResultCube.from_store(store)
    assert set(cube.parameters) == {"max_depth", "min_samples_leaf"}
    _, trials, _ = read_trials(store, "mine")
    assert {trial.state.name for trial in trials} == {"COMPLETE", "PRUNED"}
    before = {
        (str(params), fold): fit["fit_time"]
        for params, row in zip(
            staged.cv_results_["params"], staged.fit_results_, strict=True
        )
        for fold, fit in enumerate(row)
        if fit is not None
    }
    grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1]}
    whole = SweepSearchCV(TREE, grid, **options).fit(*IRIS)
    kept = {
        (str(params), fold): fit["fit_time"]
        for params, row in zip(
            whole.cv_results_["params"], whole.fit_results_, strict=True
        )
        for fold, fit in enumerate(row)
    }
    common = before.keys() & kept.keys()
    assert len(common) > 6
    assert all(before[key] == kept[key] for key in common)
    assert flat(whole) == flat(SweepSearchCV(TREE, grid, cv=4).fit(*IRIS))


def square(x):
    return x**2


LONG = "x" * 300
GRIDS = {
    "lambdas": {"func": [None, square, np.abs, lambda x: x * 2, lambda x: x * 3]},
    "long": {"kw_args": [{"a": LONG + "1"}, {"a": LONG + "2"}, {"a": 1}, {"a": 1.0}]},
    "estimators": [
        {"func": [None], "inverse_func": [square]},
        {"func": [square], "inverse_func": [None]},
    ],
    "twins": {"kw_args": [{"a": 1}, {"a": True}, {"a": "1"}, {"a": np.float64(0.5)}]},
}


class Scaled(FunctionTransformer):
    def transform(self, X):
        known = self.kw_args or {}
        first = next(iter(known.values()), 0)
        size = len(str(first)) + 3 * isinstance(first, float) + 5 * (first is True)
        X = np.asarray(X) if self.func is None else self.func(np.asarray(X))
        if isinstance(first, str):
            size += ord(first[-1])
        return np.where(np.arange(X.shape[1]) < 3, np.cos(size * X), 0 * X)


@pytest.mark.parametrize("kind", GRIDS)
def test_a_cube_places_trials_by_number(store, kind):
    pipeline = Pipeline([("f", Scaled()), ("c", LogisticRegression())])
    grids = GRIDS[kind]
    grids = [grids] if isinstance(grids, dict) else grids
    grids = [{f"f__{name}": v for name, v in grid.items()} for grid in grids]
    search = sweep(store, grids, pipeline, cv=3)
    fresh, stored = ResultCube.from_search(search), ResultCube.from_store(store)
    np.testing.assert_array_equal(stored.values(), fresh.values())
    assert np.isfinite(stored.values()).sum() == len(search.cv_results_["params"])
    assert stored.parameters == fresh.parameters
    stored.best()
    again = sweep(store, grids, pipeline, cv=3)
    assert again.fit_results_ == search.fit_results_


def test_objects_of_one_string_in_several_grids_are_told_by_number(store):
    models = [SVC(gamma=0.1), SVC(gamma=0.1)]
    models += [LogisticRegression(C=2.0)]
    grid = [{"model": [models[0], models[2]]}, {"model": [models[2], models[1]]}]
    sweep(store, grid)
    params = [trial["model"] for trial in read_study(store)["params"]]
    numbers = [value.number for value in params]
    assert numbers == [0, 1, 1, 0]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_plain_values_come_back_as_they_were(value):
    assert repr(decode(encode(value))) == repr(value)


def test_objects_come_back_with_string_and_number():
    stored = decode(encode([SVC(C=3), len], 4))
    assert stored == [StoredObject("SVC(C=3)", 4), StoredObject("len", 4)]
    assert decode(encode(stored, 9)) == stored
    assert str(stored[1]) == "len"
    assert decode({"text": "ab"}) == "ab"  # in cubes of before


@pytest.mark.parametrize(
    "cv",
    [
        KFold(2, shuffle=True),
        StratifiedKFold(2, shuffle=True),
        ShuffleSplit(2),
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_folds_without_a_seed_warn_that_nothing_is_found_again(store, cv):
    with pytest.warns(NotReusableWarning, match="give it an integer random_state"):
        sweep(store, {"number": [0]}, cv=cv)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sweep(None, {"number": [0]}, cv=cv)


@pytest.mark.parametrize(
    "cv", [KFold(3, shuffle=True, random_state=0), StratifiedKFold(2), 3], ids=repr
)
def test_folds_with_a_seed_do_not_warn(store, fits, cv):
    sweep(store, {"number": [0]}, cv=cv)
    fits()
    sweep(store, {"number": [0]}, cv=cv)
    assert fits() == []


class Unknown:
    """A value that can be copied and not identified, such as a connection."""

    def __deepcopy__(self, memo):
        return Unknown()

    def __reduce_ex__(self, protocol):
        raise TypeError("not to be pickled")


def test_what_has_no_digest_is_computed_again_with_a_warning(store, fits):
    grid = {"number": [0, 1], "model": [None, Unknown()]}
    for _ in range(2):
        with pytest.warns(NotReusableWarning, match="model: A Unknown has no digest"):
            search = sweep(store, grid)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert sorted(fits()) == [0] * 6 + [1] * 6


@pytest.fixture(params=["memory", "journal", "database"])
def storage(request, tmp_path):
    if request.param == "memory":
        yield optuna.storages.InMemoryStorage()
    elif request.param == "journal":
        backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "log"))
        yield optuna.storages.JournalStorage(backend)
    else:
        storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'own.db'}")
        yield storage
        storage.remove_session()
        storage.engine.dispose()


def test_any_storage_of_optuna_is_a_store(storage, fits):
    first = sweep(storage, {"number": [0, 1]}, study_name="mine")
    again = sweep(storage, {"number": [0, 1, 2]}, study_name="mine")
    assert fits() == [0, 0, 1, 1, 2, 2]
    assert again.fit_results_[:2] == first.fit_results_
    assert flat(again) == flat(sweep(None, {"number": [0, 1, 2]}))
    cube = ResultCube.from_store(storage)
    np.testing.assert_array_equal(
        cube.values().values, again.cv_results_["mean_test_score"]
    )
    study = optuna.load_study(study_name="mine", storage=storage)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
    assert [study.study_name for study in storage.get_all_studies()] == ["mine"]


def test_what_a_store_cannot_be_is_named():
    with pytest.raises(ValueError, match="store must be"):
        sweep(3, {"number": [0]})


def test_a_file_that_can_only_be_read_is_read_from_a_copy(store, monkeypatch):
    search = sweep(store, {"number": [0, 1]})
    before = sorted(os.listdir(store.parent)), store.read_bytes()
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    made = []
    copy = _store.TemporaryDirectory
    monkeypatch.setattr(
        _store, "TemporaryDirectory", lambda: made.append(copy()) or made[-1]
    )
    values = ResultCube.from_store(store).values()
    np.testing.assert_array_equal(values, search.cv_results_["mean_test_score"])
    assert (sorted(os.listdir(store.parent)), store.read_bytes()) == before
    assert len(made) == 1
    assert not os.path.exists(made[0].name)


def test_a_dashboard_shows_values_that_the_first_plan_had_not(store):
    name = sweep(store, {"model": ["a", "b"], "number": [1, 2]}).study_name_
    sweep(store, {"model": ["a", "c"], "number": [1, 5, 0.5]})
    _, trials, _ = read_trials(store, name)
    found = {
        (attrs["model"], attrs["number"]): trial.params
        for trial in trials
        if (attrs := trial.user_attrs["parameters"])
    }
    assert len(found) == len(trials) == 9
    assert found["a", 5] == {"model": "a"}  # whole numbers and fractions do not mix
    assert found["b", 1] == {"model": "b", "number": 1}
    assert found["c", 5] == {}


def run_in_forks(work, n_processes):
    """Run a function in several processes at once; return their exit codes."""
    pids = []
    for _ in range(n_processes):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
        pids.append(pid)
    return [os.waitpid(pid, 0)[1] for pid in pids]


def test_processes_share_the_work_through_a_file(store, fits, monkeypatch):
    plan = {"number": list(range(24))}
    monkeypatch.setattr(SETTINGS, "delay", 0.03)

    monkeypatch.setattr(SETTINGS, "log", None)
    reference = flat(sweep(None, plan))
    monkeypatch.setattr(SETTINGS, "log", store.parent / "fits.log")

    def share():
        assert flat(sweep(store, plan)) == reference

    assert run_in_forks(share, 3) == [0, 0, 0]
    assert sorted(fits()) == sorted(2 * list(range(24)))
    (name,) = study_names(store)
    states = [trial.state.name for trial in read_trials(store, name)[1]]
    assert states == ["COMPLETE"] * 24

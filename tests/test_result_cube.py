import numpy as np
import pandas as pd
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from skseisfp.sweep import ExperimentPlan, ResultCube, StoredObject, SweepSearchCV
from skseisfp.sweep._cube_build import build_dataset
from skseisfp.sweep.trial_lookup import complete_trial, find_place

X, Y = load_iris(return_X_y=True)
GRID = {
    "min_samples_leaf": [8, 1, 2],
    "max_depth": [1, 2, None],
    "criterion": ["gini", "entropy"],
    "random_state": [0],
}
TREE = DecisionTreeClassifier()


def make_cube(function, **axes):
    """A cube of one metric, the value of a function, the same on two folds."""
    params = [dict(zip(axes, v, strict=True)) for v in _product(*axes.values())]
    fits = [[{"scores": {"score": function(**trial)}}] * 2 for trial in params]
    return ResultCube(build_dataset(params, fits, metrics=["score"], order=axes))


def _product(*values):
    grids = np.meshgrid(*[np.arange(len(v)) for v in values], indexing="ij")
    for places in zip(*(grid.ravel() for grid in grids), strict=True):
        yield [v[place] for v, place in zip(values, places, strict=True)]


def assert_same(cube, other):
    xarray.testing.assert_identical(
        cube.dataset.drop_attrs(), other.dataset.drop_attrs()
    )
    # NaN differs from itself, its string does not
    assert repr(cube.dataset.attrs) == repr(other.dataset.attrs)
    for name in cube.dataset.variables:
        assert cube.dataset[name].dtype == other.dataset[name].dtype, name
        assert repr(cube.dataset[name].attrs) == repr(other.dataset[name].attrs)
    assert (cube.parameters, cube.metrics) == (other.parameters, other.metrics)


@pytest.fixture(scope="module")
def search():
    scoring = ["accuracy", "neg_log_loss"]
    return GridSearchCV(
        TREE, GRID, cv=3, scoring=scoring, refit="neg_log_loss", return_train_score=True
    ).fit(X, Y)


@pytest.fixture(scope="module")
def sweep():
    return SweepSearchCV(TREE, ExperimentPlan(GRID), cv=3).fit(X, Y, groups=None)


def test_grid_search(search):
    cube = ResultCube.from_search(search)
    assert cube.parameters == ["min_samples_leaf", "max_depth", "criterion"]
    assert cube.dataset["min_samples_leaf"].values.tolist() == [1, 2, 8]
    assert cube.dataset["max_depth"].values.tolist() == ["1", "2", "None"]
    assert cube.main_metric == "neg_log_loss"
    assert cube.fixed == {"random_state": 0}
    results = search.cv_results_
    for metric in cube.metrics:
        means, stds = cube.values(metric), cube.std(metric)
        trained = cube.values(f"{metric}_train")
        for index, params in enumerate(results["params"]):
            place = {k: params[k] for k in ("min_samples_leaf", "criterion")}
            place["max_depth"] = str(params["max_depth"])
            assert means.sel(place) == results[f"mean_test_{metric}"][index]
            assert trained.sel(place) == results[f"mean_train_{metric}"][index]
            np.testing.assert_allclose(
                stds.sel(place), results[f"std_test_{metric}"][index], atol=1e-15
            )


def test_params_are_those_of_the_search(search):
    cube = ResultCube.from_search(search)
    index = search.cv_results_["params"].index(cube.params())
    assert search.cv_results_["mean_test_neg_log_loss"][index] == search.best_score_
    assert cube.params(max_depth=None, min_samples_leaf=8)["max_depth"] is None
    assert cube.params(max_depth="None")["max_depth"] is None
    assert cube.params(max_depth=2)["max_depth"] == 2
    with pytest.raises(ValueError, match="max_depth has the values 1, 2, None; got 7"):
        cube.params(max_depth=7)
    with pytest.raises(ValueError, match="Did you mean 'max_depth'"):
        cube.params(max_dept=7)


VALUES = [1, True, 2.5, "a", None, (8, (4, 2)), [3, 4], np.array([5, 6]), TREE]


def test_values_are_looked_up_as_they_were_or_by_their_labels():
    params = [{"x": value} for value in VALUES]
    fits = [[{"scores": {"score": 0.0}}]] * len(VALUES)
    axis = ResultCube(build_dataset(params, fits, metrics=["score"])).dataset["x"]
    labels = axis.values.tolist()
    for place, value in enumerate(VALUES):
        assert find_place(axis, value) == place
    for place, label in enumerate(labels):
        assert find_place(axis, label) == place
    assert find_place(axis, [8, [4, 2]]) == 5
    assert find_place(axis, (5, 6)) == 7
    assert find_place(axis, np.float32(2.5)) == 2
    for value in (7, "x", (5,), np.array([1]), False):
        with pytest.raises(ValueError, match=r"x has the values .*; got "):
            find_place(axis, value)


def test_trials_are_completed_by_the_best_one():
    cube = make_cube(lambda s__x, y: s__x - y, s__x=[1, 2], y=[0.5, 1.5])
    assert complete_trial(cube) == {"s__x": 2, "y": 0.5}
    assert complete_trial(cube, {"x": 1}) == {"s__x": 1, "y": 0.5}
    assert complete_trial(cube, {"x": 1}, only_given=True) == {"s__x": 1}
    with pytest.raises(ValueError, match="z"):
        complete_trial(cube, {"z": 1})


def test_short_names_of_parameters():
    estimator = Pipeline([("tree", TREE)])
    search = GridSearchCV(estimator, {"tree__max_depth": [1, 2]}, cv=2).fit(X, Y)
    cube = ResultCube.from_search(search)
    assert cube.params(max_depth=1) == {"tree__max_depth": 1}
    assert cube.select(tree__max_depth=1).fixed == {"tree__max_depth": 1}


def test_sweep_has_all_that_a_fit_has(sweep):
    cube = ResultCube.from_search(sweep)
    assert set(cube.dataset) == {"score", "fit_time", "score_time", "confusion"}
    table = cube.confusion(max_depth=1, criterion="gini", min_samples_leaf=1)
    fits = sweep.fit_results_[
        sweep.cv_results_["params"].index(
            {
                "criterion": "gini",
                "max_depth": 1,
                "min_samples_leaf": 1,
                "random_state": 0,
            }
        )
    ]
    assert (
        table.to_numpy() == np.sum([fit["confusion"] for fit in fits], axis=0)
    ).all()
    assert table.index.tolist() == table.columns.tolist() == [0, 1, 2]
    one = cube.confusion(fold=1, max_depth=1, criterion="gini", min_samples_leaf=1)
    assert (one.to_numpy() == fits[1]["confusion"]).all()
    assert cube.confusion().to_numpy().sum() == len(Y)
    with pytest.raises(ValueError, match="no confusion matrices by event"):
        cube.confusion(by="event")


def test_store_of_a_running_sweep(tmp_path, sweep):
    calls = []

    def score(estimator, X, y):
        calls.append(1)
        if len(calls) > 20:
            raise KeyboardInterrupt
        return estimator.score(X, y)

    running = SweepSearchCV(
        TREE, ExperimentPlan(GRID), cv=3, scoring=score, store=tmp_path / "study.db"
    )
    with pytest.raises(KeyboardInterrupt):
        running.fit(X, Y)
    cube = ResultCube.from_store(tmp_path / "study.db")
    whole = ResultCube.from_search(sweep)
    assert cube.parameters == whole.parameters
    for name in cube.parameters:
        assert cube.dataset[name].values.tolist() == whole.dataset[name].values.tolist()
    found = cube.dataset["score"].values
    assert 0 < np.isfinite(found).sum() < found.size
    known = np.isfinite(found)
    np.testing.assert_array_equal(found[known], whole.dataset["score"].values[known])
    partial = cube.values(partial=True).count() - cube.values().count()
    assert partial == np.any(known, -1).sum() - np.all(known, -1).sum()


def test_random_search_leaves_fits_missing():
    search = RandomizedSearchCV(TREE, GRID, n_iter=7, cv=2, random_state=0).fit(X, Y)
    cube = ResultCube.from_search(search)
    assert cube.values().shape == (3, 3, 2)
    assert int(cube.values().count()) == 7
    assert cube.params() == search.best_params_


def test_continuous_draws_raise_where_the_grid_explodes():
    axes = {name: range(600) for name in ("a", "b", "c")}
    params = [dict.fromkeys(axes, value) for value in range(600)]
    fits = [[{"scores": {"score": 1.0}}]] * 600
    with pytest.raises(ValueError, match="600 x 600 x 600 x 1 cells"):
        build_dataset(params, fits, metrics=["score"])


@pytest.mark.parametrize("resource", ["n_samples", "max_iter"])
def test_halving_search_keeps_what_was_given_most(resource):
    estimator = LogisticRegression(tol=1)
    search = HalvingGridSearchCV(
        estimator,
        {"C": [0.001, 0.1, 1, 10], "fit_intercept": [True, False]},
        resource=resource,
        max_resources=90,
        min_resources=30,
        factor=3,
        cv=2,
        random_state=0,
    ).fit(X, Y)
    cube = ResultCube.from_search(search)
    assert cube.parameters == ["C", "fit_intercept"]
    given = cube.dataset["n_resources"]
    assert set(np.unique(given)) == set(search.n_resources_)
    assert cube.values().sel(cube.best()) == search.best_score_
    assert given.sel(cube.best()) == given.max()


def test_failed_and_missing_fits():
    grid = {"alpha": [-1.0, 1.0], "tol": [1e-3, 1e-4]}
    with pytest.warns(Warning, match="fits failed|non-finite"):
        search = SweepSearchCV(RidgeClassifier(), grid, cv=2).fit(X, Y)
    cube = ResultCube.from_search(search)
    assert cube.best()["alpha"] == 1.0
    errors = cube.dataset["error"].sel(alpha=-1.0).values
    assert all("alpha" in text for text in errors.ravel())
    assert (cube.dataset["error"].sel(alpha=1.0) == "").all()
    with pytest.raises(ValueError, match="No trial has a result"):
        cube.select(alpha=[-1.0]).best()
    with pytest.raises(ValueError, match="no confusion matrix of"):
        cube.confusion(alpha=-1.0, tol=1e-3)


def test_a_single_trial_and_grids_of_different_parameters():
    one = ResultCube.from_search(GridSearchCV(TREE, {"max_depth": [2]}, cv=2).fit(X, Y))
    assert one.parameters == []
    assert one.best() == {}
    assert one.params() == {"max_depth": 2}
    assert one.values().ndim == 0
    grids = [{"max_depth": [1, 2]}, {"min_samples_leaf": [3]}]
    cube = ResultCube.from_search(GridSearchCV(TREE, grids, cv=2).fit(X, Y))
    assert int(cube.values().count()) == 3
    assert cube.dataset["max_depth"].values.tolist() == ["1", "2", "(not set)"]
    assert cube.params(max_depth="(not set)", min_samples_leaf=3) == {
        "min_samples_leaf": 3
    }


def test_gradient_of_a_plane_is_that_of_numpy():
    x, y = [1, 2, 4, 7], [0.5, 0.6, 1.0]
    cube = make_cube(lambda x, y: 3.0 * x - 4.0 * y, x=x, y=y)
    np.testing.assert_allclose(cube.gradient(per="unit").values, 5)
    by_numpy = np.gradient(cube.values().values, x, y)
    np.testing.assert_allclose(cube.gradient(per="unit"), np.hypot(*by_numpy))


def test_gradient_sees_both_neighbours():
    scores = {0: 1.0, 2: 4.0, 3: 0.0, 5: 0.0}
    cube = make_cube(lambda x: scores[x], x=list(scores))
    expected = [3, np.sqrt((9 + 16) / 2), np.sqrt(16 / 2), 0]
    np.testing.assert_allclose(cube.gradient().values, expected)
    expected = [1.5, np.sqrt((1.5**2 + 16) / 2), np.sqrt(16 / 2), 0]
    np.testing.assert_allclose(cube.gradient(per="unit").values, expected)


def test_gradient_next_to_gaps_and_over_strings():
    cube = make_cube(lambda x: float(x**2), x=[0, 1, 2, 3, 5, 8])
    cube.dataset["score"][{"x": 2}] = np.nan
    expected = [1, 1, np.nan, 16, np.hypot(16, 39) / np.sqrt(2), 39]
    np.testing.assert_allclose(cube.gradient().values, expected)
    cube.dataset["score"][{"x": [1, 4]}] = np.nan
    assert np.isnan(cube.gradient().values).all()
    text = make_cube(lambda x: len(x), x=["a", "bb"])
    assert np.isnan(text.gradient().values).all()
    mixed = make_cube(lambda x, n: len(x) + 3 * n, x=["a", "bb"], n=[1, 2])
    np.testing.assert_array_equal(mixed.gradient().values, 3)
    with pytest.raises(ValueError, match="per must be one of 'step', 'unit'"):
        cube.gradient(per="year")


def test_sensitivity():
    cube = make_cube(
        lambda x, name, z: 2.0 * x + len(name),
        x=[0, 1, 5],
        name=["a", "bb", "c"],
        z=[1, 2],
    )
    found = cube.sensitivity()
    assert found.index.tolist() == ["x", "name", "z"]
    np.testing.assert_allclose(found, [(2 + 8) / 2, 2 / 3, 0])


def test_best_breaks_ties_by_size_then_by_gradient():
    params = [{"x": x} for x in range(5)]
    scores = [1.0, 0.2, 1.0, 0.9, 1.0]
    sizes = [3, 3, 2, 2, 2]
    fits = [
        [{"scores": {"score": score}, "n_parameters": size}]
        for score, size in zip(scores, sizes, strict=True)
    ]
    cube = ResultCube(build_dataset(params, fits, metrics=["score"]))
    assert cube.best() == {"x": 4}


def test_pareto():
    params = [{"x": x} for x in range(4)]
    fits = [
        [{"scores": {"score": score}, "n_parameters": size}]
        for score, size in [(0.9, 5), (0.8, 6), (0.7, 2), (0.7, 2)]
    ]
    cube = ResultCube(build_dataset(params, fits, metrics=["score"]))
    front = cube.pareto(cost="n_parameters")
    assert front.to_dict("list") == {
        "x": [0, 2, 3],
        "score": [0.9, 0.7, 0.7],
        "n_parameters": [5, 2, 2],
    }
    assert cube.pareto().columns.tolist() == ["x", "score", "gradient"]
    allowed = "'gradient', 'spread', 'n_parameters'; got"
    with pytest.raises(ValueError, match=f"cost must be one of {allowed} 'money'"):
        cube.pareto(cost="money")
    with pytest.raises(ValueError, match=f"cost must be one of {allowed} 'score'"):
        cube.pareto(cost="score")


def test_a_metric_can_be_the_cost():
    params = [{"x": x} for x in range(3)]
    fits = [
        [{"scores": {"auc": auc, "leaves": leaves}, "train_scores": {"auc": auc}}]
        for auc, leaves in [(0.9, 7), (0.8, 8), (0.7, 2)]
    ]
    cube = ResultCube(build_dataset(params, fits, metrics=["auc", "leaves"]))
    front = cube.pareto(cost="leaves")
    expected = {"x": [0, 2], "auc": [0.9, 0.7], "leaves": [7, 2]}
    assert front.to_dict("list") == expected
    with pytest.raises(ValueError, match=r"'leaves', 'auc_train', .*got 'n_par"):
        cube.pareto(cost="n_parameters")


def test_select_and_marginal():
    cube = make_cube(lambda x, y: x + 10.0 * y, x=[0, 1, 2], y=[3, 4])
    part = cube.select(x=[0, 2], y=4)
    assert part.parameters == ["x"]
    assert part.fixed == {"y": 4}
    assert part.values().values.tolist() == [40, 42]
    assert cube.marginal("y").values.tolist() == [31, 41]
    assert cube.marginal("y", "x").dims == ("y", "x")
    assert cube.marginal("x", how="max").values.tolist() == [40, 41, 42]
    with pytest.raises(ValueError, match="y has the values 3, 4; got 5"):
        cube.select(y=5)


def test_names_that_collide_raise():
    fits = [[{"scores": {"fold": 1.0, "x": 1.0, "s": 1.0}}]] * 2
    for metric, name in (("fold", "x"), ("x", "x"), ("s", "fold")):
        params = [{name: 1}, {name: 2}]
        with pytest.raises(ValueError, match="would name two things"):
            build_dataset(params, fits, metrics=[metric])


def test_other_objects_than_searches_and_datasets_raise():
    with pytest.raises(TypeError, match="fitted search"):
        ResultCube.from_search(TREE)
    with pytest.raises(TypeError, match=r"xarray\.Dataset"):
        ResultCube(3)


FORMATS = [".csv", ".parquet", ".xlsx", ".nc"]


def round_trip(cube, suffix, folder):
    if suffix == ".nc":
        return ResultCube.from_netcdf(cube.to_netcdf(folder / "cube.nc"))
    write = {".csv": cube.to_csv, ".parquet": cube.to_parquet, ".xlsx": cube.to_excel}
    return ResultCube.from_table(write[suffix](folder / f"cube{suffix}"))


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
PLAIN = st.one_of(
    NUMBERS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=8),
    st.sampled_from(
        ["=1+1", "NA", "", "nan", "1", "#N/A", '"', " a", "a/b,c", "\ud800"]
    ),
    st.tuples(st.integers(), st.floats(allow_nan=False)),
    st.lists(st.integers(), max_size=2),
)
AXIS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=3),
    st.lists(PLAIN, min_size=1, max_size=4),
)
NAMES = st.sampled_from(["x", "step__y", "a b", "p/q%", "=z", "n_é"])


@st.composite
def cubes(draw):
    """Cubes with all kinds of variables, values and gaps."""
    axes = draw(st.dictionaries(NAMES, AXIS, min_size=1, max_size=3))
    n_folds, k = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    metrics = draw(
        st.lists(st.sampled_from(["score", "f1/macro", "m 2"]), unique=True, min_size=1)
    )
    score = st.floats(width=64)
    counts = st.lists(
        st.lists(st.integers(0, 10**9), min_size=k, max_size=k), min_size=k, max_size=k
    )
    epoch = st.fixed_dictionaries({"train_loss": score}, optional={"valid_loss": score})
    fit = st.fixed_dictionaries(
        {"scores": st.fixed_dictionaries(dict.fromkeys(metrics, score))},
        optional={
            "train_scores": st.fixed_dictionaries(dict.fromkeys(metrics, score)),
            "confusion": st.none() | counts,
            "event_confusion": counts,
            "history": st.none() | st.lists(epoch, max_size=3),
            "n_parameters": st.none() | st.integers(0, 10**9),
            "fit_time": st.floats(0, 1e9),
            "error": st.none() | st.text(max_size=12) | st.just("=A1\r\n\0\ud800"),
        },
    )
    params = [dict(zip(axes, v, strict=True)) for v in _product(*axes.values())]
    fits = [[draw(st.none() | fit) for _ in range(n_folds)] for _ in params]
    label = draw(st.sampled_from([st.integers(), st.text(max_size=3), st.floats(0, 9)]))
    classes = draw(st.lists(label, min_size=k, max_size=k, unique=True))
    return params, fits, metrics, classes, axes


@pytest.mark.slow
@pytest.mark.parametrize("suffix", FORMATS)
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(made=cubes())
def test_files_lose_nothing(made, suffix, tmp_path):
    params, fits, metrics, classes, axes = made
    cube = ResultCube(
        build_dataset(params, fits, metrics=metrics, classes=classes, order=axes)
    )
    assert_same(cube, round_trip(cube, suffix, tmp_path))
    assert_same(cube, ResultCube.from_table(cube.to_frame()))


def test_tables_of_other_programs(search, tmp_path):
    cube = ResultCube.from_search(search)
    table = pd.DataFrame(search.cv_results_)
    again = ResultCube.from_table(table, main_metric="neg_log_loss")
    assert again.parameters == ["criterion", "max_depth", "min_samples_leaf"]
    assert again.fixed == {"random_state": 0}
    for metric in cube.metrics:
        expected = cube.values(metric).transpose(*again.parameters).values
        np.testing.assert_array_equal(
            np.sort(again.values(metric).values.ravel()), np.sort(expected.ravel())
        )
    plain = pd.DataFrame({"lr": [1, 1, 2, 2], "fold": [0, 1, 0, 1], "auc": range(4)})
    plain.to_csv(tmp_path / "plain.csv", index=False)
    for source in (plain, tmp_path / "plain.csv"):
        other = ResultCube.from_table(source, parameters=["lr"])
        assert other.metrics == ["auc"]
        assert other.values().values.tolist() == [0.5, 2.5]
    with pytest.raises(ValueError, match="no column is named"):
        ResultCube.from_table(plain)
    with pytest.raises(ValueError, match="'x' is not a column"):
        ResultCube.from_table(plain, parameters=["x"])
    with pytest.raises(ValueError, match="'auc2'"):
        ResultCube.from_table(plain, parameters=["lr"], metrics=["auc2"])


def test_files_of_other_kinds_raise(tmp_path):
    cube = make_cube(lambda x: float(x), x=[1, 2])
    with pytest.raises(ValueError, match=r"must end in \.csv; got 'a\.txt'"):
        cube.to_csv(tmp_path / "a.txt")
    with pytest.raises(ValueError, match=r"\.csv or \.parquet or \.xlsx"):
        ResultCube.from_table(tmp_path / "a.txt")
    xarray.Dataset({"a": 1}).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(ValueError, match="is not a result cube"):
        ResultCube.from_netcdf(tmp_path / "a.nc")
    frame = cube.to_frame()
    frame.attrs["skseisfp_cube"]["version"] = 99
    with pytest.raises(ValueError, match="is of version 99"):
        ResultCube.from_table(frame)


def test_tables_read_well(sweep):
    frame = ResultCube.from_search(sweep).to_frame()
    assert len(frame) == 18 * 3
    assert frame.columns[:5].tolist() == [
        "min_samples_leaf",
        "max_depth",
        "criterion",
        "fold",
        "score",
    ]
    assert "confusion[0,2]" in frame


def test_strings_too_long_for_a_cell_of_excel_raise(tmp_path):
    fits = [[{"scores": {"score": np.nan}, "error": "x" * 40_000}]] * 2
    cube = ResultCube(build_dataset([{"x": 1}, {"x": 2}], fits, metrics=["score"]))
    with pytest.raises(ValueError, match="A string of 40000 characters does not fit"):
        cube.to_excel(tmp_path / "a.xlsx")
    assert_same(cube, round_trip(cube, ".csv", tmp_path))


def test_objects_come_back_as_strings(tmp_path):
    trees = [DecisionTreeClassifier(max_depth=depth) for depth in (1, 2)]
    pipeline = Pipeline([("tree", TREE)])
    search = GridSearchCV(pipeline, {"tree": trees}, cv=2).fit(X, Y)
    cube = ResultCube.from_search(search)
    assert cube.params(tree=trees[0])["tree"] is trees[0]
    again = round_trip(cube, ".csv", tmp_path)
    label = "DecisionTreeClassifier(max_depth=1)"
    assert again.params(tree=label)["tree"] == StoredObject(label, 0)
    np.testing.assert_array_equal(again.values(), cube.values())

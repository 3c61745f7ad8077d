import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from skseisfp.sweep import (
    FlattestRefit,
    ParetoRefit,
    ResultCube,
    SimplestRefit,
    SweepSearchCV,
)
from skseisfp.sweep.objectives import pareto_front

X, Y = load_iris(return_X_y=True)
RULES = [FlattestRefit(), SimplestRefit(complexity="x"), ParetoRefit()]


def make_results(scores, **columns):
    """Results of trials along one axis, all folds alike but for a small spread."""
    scores = np.asarray(scores, float)
    folds = [scores - 0.01, scores, scores + 0.01]
    results = {f"split{k}_test_score": fold for k, fold in enumerate(folds)}
    results["mean_test_score"] = np.mean(folds, axis=0)
    results["params"] = [{"x": k} for k in range(len(scores))]
    results["param_x"] = np.ma.array(range(len(scores)), dtype=object)
    return results | columns


# the standard error is 0.01 / sqrt(3) = 0.0058
PEAK_AND_PLATEAU = [0.5, 0.90, 0.5, 0.895, 0.896, 0.895, 0.89]


def test_flattest_leaves_the_peak_for_the_plateau():
    assert FlattestRefit()(make_results(PEAK_AND_PLATEAU)) == 4
    # one more standard error away the peak alone is good enough
    assert FlattestRefit()(make_results([0.5, 0.91, 0.5, 0.895, 0.896, 0.895])) == 1


def test_simplest_is_the_smallest_that_is_good_enough():
    results = make_results([0.5, 0.89, 0.896, 0.9, 0.9])
    assert SimplestRefit(complexity="x")(results) == 2
    assert SimplestRefit(complexity="param_x")(results) == 2
    assert SimplestRefit(complexity=lambda params: -params["x"])(results) == 4
    sizes = {"n_parameters": np.array([1.0, 2, 9, np.nan, 8])}
    assert SimplestRefit()(results | sizes) == 4
    with pytest.raises(ValueError, match="no column 'n_parameters'"):
        SimplestRefit()(results)


def test_pareto_weighs_both():
    costs = {"n_parameters": np.array([1.0, 2, 10, 3])}
    results = make_results([0.5, 0.88, 0.9, 0.7], **costs)
    assert ParetoRefit(cost="n_parameters")(results) == 1
    with pytest.raises(ValueError, match="No trial has a result and a n_parameters"):
        ParetoRefit(cost="n_parameters")(results | {"n_parameters": np.full(4, np.nan)})


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_failed_trials_never_win(rule):
    assert rule(make_results([np.nan, 0.8, 0.7, np.nan])) in (1, 2)
    with pytest.raises(ValueError, match="No trial has a result on all folds"):
        rule(make_results([np.nan] * 3))


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_rules_are_pickled_and_cloned_with_a_search(rule):
    search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, refit=rule)
    assert pickle.loads(pickle.dumps(rule)) == rule == clone(search).refit
    assert hash(rule) == hash(pickle.loads(pickle.dumps(rule)))


def test_the_gradient_is_that_of_the_cube():
    grid = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 20]}
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0), grid, cv=3, refit=FlattestRefit()
    ).fit(X, Y)
    cube = ResultCube.from_search(search)
    scores = search.cv_results_
    folds = [scores[f"split{k}_test_score"] for k in range(3)]
    best = np.argmax(scores["mean_test_score"])
    error = np.std(np.array(folds)[:, best], ddof=1) / np.sqrt(3)
    near = cube.values() >= scores["mean_test_score"][best] - error
    gradient = cube.gradient().where(near)
    assert cube.gradient().sel(search.best_params_) == gradient.min()
    assert near.sel(search.best_params_)


def test_several_metrics_need_a_name():
    scoring = ["accuracy", "f1_macro"]
    tree = DecisionTreeClassifier(random_state=0)
    grid = {"max_depth": [1, 2, 3]}
    rule = SimplestRefit("f1_macro", complexity="max_depth")
    search = GridSearchCV(tree, grid, scoring=scoring, refit=rule, cv=3).fit(X, Y)
    assert search.best_params_["max_depth"] in (2, 3)
    with pytest.raises(ValueError, match="metric must be one of accuracy, f1_macro"):
        FlattestRefit()(search.cv_results_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sweeps_count_the_parameters_of_networks():
    network = MLPClassifier(max_iter=30, random_state=0)
    grid = {"hidden_layer_sizes": [(64,), (8,), (32,)]}
    search = SweepSearchCV(network, grid, cv=3, refit=SimplestRefit()).fit(X, Y)
    sizes = search.cv_results_["n_parameters"]
    assert sizes.tolist() == [64 * 8 + 3, 8 * 8 + 3, 32 * 8 + 3]
    means = search.cv_results_["mean_test_score"]
    lighter = sizes < sizes[search.best_index_]
    assert (means[lighter] < means.max()).all()


def test_pareto_front_against_all_pairs():
    rng = np.random.default_rng(0)
    cost, gain = rng.integers(0, 6, (2, 200)).astype(float)
    cost[:5], gain[5:9] = np.nan, np.nan
    known = np.isfinite(cost) & np.isfinite(gain)
    for trial in range(200):
        beaten = known & (cost <= cost[trial]) & (gain >= gain[trial])
        beaten &= (cost < cost[trial]) | (gain > gain[trial])
        expected = known[trial] and not beaten.any()
        assert pareto_front(cost, gain)[trial] == expected

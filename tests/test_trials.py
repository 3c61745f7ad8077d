"""Grids of more trials than can be run raise before one is made."""

import re
import sys

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from skseisfp._utils.trials import MAX_TRIALS, check_n_trials, count_trials
from skseisfp.model_selection._search_space import make_candidates
from skseisfp.sweep import ExperimentPlan, StagedSearchCV, SweepSearchCV

HUGE = {"C": "0.001:0.001:100", "tol": "0.001:0.001:100", "penalty": ["l1", "l2"]}
X, Y = make_classification(40, random_state=0)
MESSAGE = (
    r"at most 1,000,000 trials; got 20,000,000,000 \(values by parameter: "
    r"C: 100,000, tol: 100,000, penalty: 2\)"
)


def test_a_plan_knows_its_number_without_its_trials():
    plan = ExperimentPlan(HUGE, fixed={"max_iter": 9})
    assert len(plan) == plan.n_trials == 2 * 10**10
    names = [f"p{number}" for number in range(5)]
    plan = ExperimentPlan(dict.fromkeys(names, "1:1:100000"))
    assert plan.n_trials == 10**25
    assert ExperimentPlan({"C": [1, 2]}, fixed={"tol": 1}).n_trials == 2


@pytest.mark.parametrize(
    "run",
    [
        list,
        iter,
        lambda plan: plan.check(LogisticRegression()),
        lambda plan: plan.estimate(LogisticRegression()),
        lambda plan: SweepSearchCV(LogisticRegression(), plan).fit(X, Y),
    ],
    ids=["list", "iter", "check", "estimate", "search"],
)
def test_a_plan_of_too_many_trials_raises_with_its_axes(run):
    with pytest.raises(ValueError, match=MESSAGE):
        run(ExperimentPlan(HUGE))


@pytest.mark.parametrize(
    "grid",
    [
        {"C": range(1, 10**13)},
        {"C": np.ones(10**4), "tol": np.ones(10**4)},
        [{"C": [1.0]}, {"C": range(1, 10**4), "tol": range(1, 10**4)}],
    ],
    ids=["range", "arrays", "list"],
)
def test_a_grid_of_too_many_trials_raises(grid):
    with pytest.raises(ValueError, match=r"param_grid must have at most 1,000,000"):
        SweepSearchCV(LogisticRegression(), grid).fit(X, Y)


def test_a_stage_of_too_many_trials_raises():
    with pytest.raises(ValueError, match=f"Stage 1 must have {MESSAGE}"):
        StagedSearchCV(LogisticRegression(), [{"C": [1, 2]}, HUGE]).fit(X, Y)


def test_a_nested_choice_is_drawn_from_many_and_never_makes_all():
    grid = {"C": np.linspace(0.1, 1, 10**4), "tol": np.linspace(0.1, 1, 10**4)}
    space = {"linear": (LogisticRegression(), grid)}
    with pytest.raises(ValueError, match="search_space without n_iter must have at mo"):
        make_candidates(space)
    candidates, n_total = make_candidates(space, n_iter=3)
    assert (len(candidates), n_total) == (3, 10**8)
    space = {"linear": (LogisticRegression(), dict.fromkeys("abcdef", range(10**4)))}
    with pytest.raises(ValueError, match=re.escape(f"at most {sys.maxsize:,} trials")):
        make_candidates(space, n_iter=3)


def test_the_largest_number_is_allowed_and_long_ones_are_short_in_messages():
    check_n_trials("A grid", [{"a": range(MAX_TRIALS)}])
    check_n_trials("A grid", [{"a": range(MAX_TRIALS // 2)}] * 2)
    with pytest.raises(ValueError, match="got 1,000,001 "):
        check_n_trials("A grid", [{"a": range(MAX_TRIALS)}, {"a": [1]}])
    huge = dict.fromkeys("abcd", range(10**5 + 1))
    with pytest.raises(ValueError, match=re.escape("got 1.0e+20 (values by parameter")):
        check_n_trials("A grid", [huge])
    assert count_trials([]) == 0

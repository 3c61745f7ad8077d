import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator

from skseisfp import FingerprintClassifier
from skseisfp.model_selection import EvaluationLedger, SealedSetError
from skseisfp.sweep import (
    ExperimentPlan,
    FlattestRefit,
    ResultCube,
    StagedSearchCV,
    SweepSearchCV,
)
from skseisfp.sweep._stages import fine_values, make_plans

X, Y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
FOLDS = StratifiedKFold(4)


class Landscape(ClassifierMixin, BaseEstimator):
    """A classifier whose score is a function of its parameters and of the fold."""

    def __init__(self, a=0, b=0, c=0, d=0.0, kind="x"):
        self.a, self.b, self.c, self.d, self.kind = a, b, c, d, kind

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        noise = 0.01 * (X[0, 0] % 0.7)
        bonus = 0.5 * (self.kind == "y")
        hills = abs(self.a - 4) + 3 * abs(self.b - 2) + 0.1 * abs(self.c - 8)
        return bonus - hills - 2 * abs(self.d - 0.3) + noise


STAGES = [
    {"a": [0, 4, 8], "b": "0:4:8", "kind": ["x", "y"]},
    ExperimentPlan({"c": [0, 4, 8]}, fixed={"d": 0.2}),
]


@pytest.fixture(scope="module")
def staged():
    return StagedSearchCV(Landscape(), STAGES, cv=FOLDS).fit(X, Y)


def test_stages_one_after_the_other(staged):
    first, second, fine = staged.stages_
    assert [s["kind"] for s in staged.stages_] == ["coarse", "coarse", "fine"]
    assert [len(s["trials"]) for s in staged.stages_] == [18, 3, 12]
    start = {"c": 0, "d": 0.0}
    assert first["best"] == {"a": 4, "b": 0, "kind": "y", **start}
    assert second["best"] == {"a": 4, "b": 0, "kind": "y", "c": 8, "d": 0.2}
    assert fine["ranges"] == {"b": [0, 2], "a": [2, 4, 6], "c": [6, 8]}
    assert staged.best_params_ == {"a": 4, "b": 2, "kind": "y", "c": 8, "d": 0.2}
    assert staged.best_estimator_.get_params() == staged.best_params_


def test_the_most_sensitive_are_refined(staged):
    sensitivity = staged.stages_[0]["sensitivity"]
    assert sensitivity == pytest.approx({"a": 4, "b": 6, "kind": 0.5})
    search = clone(staged).set_params(n_refined=1).fit(X, Y)
    assert list(search.stages_[-1]["ranges"]) == ["b"]
    search = clone(staged).set_params(n_refined=0).fit(X, Y)
    assert [stage["kind"] for stage in search.stages_] == ["coarse", "coarse"]


def test_results_are_those_of_a_search_over_the_same_trials(staged):
    params = staged.cv_results_["params"]
    grid = [{name: [value] for name, value in p.items()} for p in params]
    plain = GridSearchCV(Landscape(), grid, cv=FOLDS).fit(X, Y)
    assert plain.cv_results_["params"] == params
    for key in plain.cv_results_:
        if "time" not in key and key != "params":
            np.testing.assert_array_equal(
                plain.cv_results_[key], staged.cv_results_[key], err_msg=key
            )
    assert staged.best_index_ == plain.best_index_
    assert staged.best_score_ == plain.best_score_
    assert len({repr(p) for p in params}) == len(params)
    assert staged.n_fits_ == 4 * len(params)
    assert sum(stage["n_fits"] for stage in staged.stages_) == staged.n_fits_
    assert staged.cv_results_["stage"].tolist() == sorted(staged.cv_results_["stage"])


def test_halving_spares_fits_and_finds_the_same(staged):
    search = clone(staged).set_params(factor=3, random_state=1).fit(X, Y)
    assert search.best_params_ == staged.best_params_
    assert search.n_fits_ < 0.6 * staged.n_fits_
    seen = [sum(fit is not None for fit in row) for row in search.fit_results_]
    assert sum(seen) == search.n_fits_
    assert set(seen) == {1, 3, 4}
    # of 18 trials 6 go on to three folds and 2 to all
    of_first = [seen[number] for number in search.stages_[0]["trials"]]
    assert sorted(of_first) == [1] * 12 + [3] * 4 + [4] * 2
    means = search.cv_results_["mean_test_score"]
    assert np.isfinite(means).tolist() == [n == 4 for n in seen]
    again = clone(search).fit(X, Y)
    np.testing.assert_array_equal(again.cv_results_["mean_test_score"], means)


def test_cube_of_a_stage(staged):
    cube = staged.stage_cube(0)
    assert cube.parameters == ["a", "b", "kind"]
    assert cube.values().shape == (3, 3, 2)
    assert int(cube.values().count()) == 18
    assert cube.params() == staged.stages_[0]["best"]
    whole = ResultCube.from_search(staged)
    assert int(whole.values().count()) == len(staged.cv_results_["params"])


def test_rules_choose_in_each_stage():
    rule = FlattestRefit()
    search = StagedSearchCV(TREE, [{"max_depth": [1, 2, 3, 4]}], cv=3, refit=rule)
    search.fit(X, Y)
    plain = GridSearchCV(TREE, {"max_depth": [1, 2, 3, 4]}, cv=3, refit=rule).fit(X, Y)
    assert search.stages_[0]["best"] == plain.best_params_
    assert search.best_params_ == search.stages_[-1]["best"]


def test_options_of_the_sweep_are_passed_through(tmp_path):
    scoring = ["accuracy", "neg_log_loss"]
    stages = [{"n_neighbors": [1, 9]}, {"p": [1, 2]}]
    search = StagedSearchCV(
        KNeighborsClassifier(),
        stages,
        store=tmp_path / "study.db",
        study_name="knn",
        scoring=scoring,
        refit="neg_log_loss",
        cv=GroupKFold(3),
        return_train_score=True,
    )
    groups = np.arange(len(X)) // 5
    search.fit(X, Y, groups=groups)
    assert search.multimetric_
    assert search.fit_results_[0][0]["event_confusion"] is not None
    means = search.cv_results_["mean_test_neg_log_loss"]
    assert search.best_index_ == np.argmax(means)
    assert "mean_train_accuracy" in search.cv_results_
    times = [fit["fit_time"] for row in search.fit_results_ for fit in row]
    again = clone(search).fit(X, Y, groups=groups)
    assert times == [fit["fit_time"] for row in again.fit_results_ for fit in row]


def test_groups_by_routing(routing):
    search = StagedSearchCV(KNeighborsClassifier(), [{"p": [1, 2]}], cv=GroupKFold(3))
    search.fit(X, Y, groups=np.arange(len(X)) // 5)
    assert search.fit_results_[0][0]["event_confusion"] is not None


def test_failed_trials_lose_and_failed_stages_raise():
    stages = [{"max_depth": [-1, 2]}, {"min_samples_leaf": [1, 2]}]
    with pytest.warns(FitFailedWarning, match="1 fits failed"):
        search = StagedSearchCV(TREE, stages, cv=2, factor=2).fit(X, Y)
    assert search.best_params_["max_depth"] == 2
    with (
        pytest.warns(FitFailedWarning),
        pytest.raises(ValueError, match=r"All trials of stage 0 failed.*max_depth"),
    ):
        StagedSearchCV(TREE, [{"max_depth": [-1, -2]}], cv=2).fit(X, Y)


def test_bad_stages_raise_before_any_fit():
    four = {name: [1, 2] for name in "abcd"}
    with pytest.raises(ValueError, match="at most 3 parameters; stage 0 has 4"):
        StagedSearchCV(Landscape(), [four]).fit(X, Y)
    with pytest.raises(ValueError, match="at least one plan"):
        StagedSearchCV(Landscape(), []).fit(X, Y)
    with pytest.raises(ValueError, match="give stages"):
        StagedSearchCV(Landscape()).fit(X, Y)
    with pytest.raises(ValueError, match="'e' is not a parameter of Landscape"):
        StagedSearchCV(Landscape(), [{"a": [1]}, {"e": [1]}]).fit(X, Y)
    with pytest.raises(ValueError, match="factor"):
        StagedSearchCV(Landscape(), STAGES, factor=1).fit(X, Y)


def test_fine_values():
    assert fine_values([8, 16, 24], 16) == [12, 16, 20]
    assert fine_values([1, 2, 3], 1) == [1]
    assert fine_values([0.1, 0.3], 0.3) == [0.2, 0.3]
    assert fine_values([1, 4, 8], 8) == [6, 8]
    assert fine_values([1, 4, 8], 4, finer=range(20)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert fine_values(["a", "b"], "a") == ["a"]
    assert fine_values([None, 3], 3) == [3]


def test_stages_of_the_catalogue():
    plans, finer = make_plans(None, FingerprintClassifier())
    names = [list(plan.param_grid) for plan in plans]
    assert [len(stage) for stage in names] == [3, 3, 3]
    assert names[0] == [
        "module__conv1_filter_size",
        "module__conv1_n_filters",
        "module__conv1_padding",
    ]
    assert plans[0].param_grid["module__conv1_n_filters"] == [8, 24, 48, 64]
    assert finer["module__conv1_n_filters"] == list(range(8, 65, 8))


@pytest.mark.slow
def test_the_catalogue_finds_a_network():
    X = np.random.default_rng(0).integers(0, 2, (24, 12, 12)).astype(np.uint8)
    network = FingerprintClassifier(
        max_epochs=1,
        device="cpu",
        random_state=0,
        module__conv2_n_filters=2,
        module__check_rules=False,
    )
    stages = [
        {"module__conv1_filter_size": [1, 3], "module__conv1_n_filters": [1, 5]},
        {"module__dropout1_p": [0.1, 0.5]},
    ]
    search = StagedSearchCV(network, stages, cv=2, factor=2).fit(X, X[:, 0, 0])
    assert search.best_estimator_.module__conv1_n_filters in range(1, 6)
    assert np.isfinite(search.cv_results_["n_parameters"]).all()


SEARCHES = {
    "GridSearchCV": GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "SweepSearchCV": SweepSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
    "StagedSearchCV": StagedSearchCV(LogisticRegression(), [{"C": [0.1, 1.0]}], cv=2),
}


def test_searches_are_what_they_claim_to_be():
    sweep, staged = SEARCHES["SweepSearchCV"], SEARCHES["StagedSearchCV"]
    common = set(type(sweep).__mro__) & set(type(staged).__mro__)
    assert any(base.__module__.startswith("skseisfp.sweep") for base in common)
    assert isinstance(sweep, GridSearchCV)
    assert not isinstance(staged, GridSearchCV)
    assert not isinstance(staged, SweepSearchCV)
    assert "param_grid" in sweep.get_params(deep=False)
    assert not hasattr(staged, "param_grid")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_searches_fail_no_check_that_grid_search_passes():
    passed = {}
    for name, search in SEARCHES.items():
        results = check_estimator(search, on_skip=None, on_fail=None)
        passed[name] = {r["check_name"] for r in results if r["status"] == "passed"}
    assert len(passed["GridSearchCV"]) > 40
    assert passed["GridSearchCV"] <= passed["SweepSearchCV"]
    assert passed["GridSearchCV"] <= passed["StagedSearchCV"]


Y_BY_EVENT = pd.Series(Y, pd.Index(np.arange(150) // 2, name="event_id"))


@pytest.mark.parametrize("factor", [None, 3])
def test_trials_on_all_folds_are_looks(staged, tmp_path, factor):
    ledger = EvaluationLedger(tmp_path / "looks.db")
    for _ in range(2):
        search = clone(staged).set_params(ledger=ledger, factor=factor)
        with pytest.warns(UserWarning, match="events into training and test of one"):
            search.fit(X, Y_BY_EVENT)
    plain = clone(staged).set_params(factor=factor).fit(X, np.asarray(Y_BY_EVENT))
    means = search.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(means, plain.cv_results_["mean_test_score"])
    assert search.best_params_ == plain.best_params_
    looks = ledger.looks()
    assert looks["score"].tolist() == means[np.isfinite(means)].tolist()
    assert looks["recorded"].notna().all()


class Unfitted(Landscape):
    """A classifier that must not be fitted."""

    def fit(self, X, y):
        pytest.fail("fitted in spite of the seal")


def test_a_sealed_set_raises_before_the_first_stage(tmp_path):
    ledger = EvaluationLedger(tmp_path / "looks.db")
    ledger.register("kept", Y_BY_EVENT, seal=True)
    search = StagedSearchCV(Unfitted(), STAGES, cv=FOLDS, ledger=ledger)
    with pytest.raises(SealedSetError, match="'kept' is sealed"):
        search.fit(X, Y_BY_EVENT)
    with pytest.raises(ValueError, match="ledger needs the label and the event"):
        search.fit(X, Y)

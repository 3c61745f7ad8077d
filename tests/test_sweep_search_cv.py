import pickle
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config, register_parallel_backend
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import BACKENDS, ThreadingBackend
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skseisfp.events import attach_events
from skseisfp.metrics import event_accuracy, make_event_scorer, neg_gradient_of_error
from skseisfp.model_selection import EvaluationLedger, SealedSetError
from skseisfp.sweep import ExperimentPlan, SweepSearchCV
from skseisfp.sweep._read_study import read_study

IRIS = load_iris(return_X_y=True)
EVENTS = np.arange(150) // 2
FIT = [
    "scores",
    "train_scores",
    "confusion",
    "event_confusion",
    "history",
    "n_parameters",
    "input_shape",
    "fit_time",
    "score_time",
    "error",
]


@pytest.fixture
def fresh_workers():
    """Processes that have loaded nothing: joblib takes loading torch for a leak."""
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.parametrize("kind", [GroupKFold, StratifiedGroupKFold, LeaveOneGroupOut])
def test_labels_give_their_events_to_the_folds(kind):
    X, y = IRIS[0][::10], IRIS[1][::10]
    events = np.array(["a", "b", "c"])[np.arange(15) % 3]
    cv = kind() if kind is LeaveOneGroupOut else kind(3)
    given = SweepSearchCV(SVC(), {"C": [1, 2]}, cv=cv, refit=False)
    given.fit(X, y, groups=events)
    found = clone(given).fit(X, attach_events(y, events))
    assert same(
        given.cv_results_["mean_test_score"], found.cv_results_["mean_test_score"]
    )
    with pytest.raises(ValueError, match="groups"):
        clone(given).fit(X, y)


def same(one, other):
    if isinstance(one, np.ndarray) and one.dtype.kind == "f":
        return np.array_equal(one, other, equal_nan=True)
    return list(one) == list(other)


def assert_same_results(sweep, grid):
    """All results of GridSearchCV are the same, times apart."""
    mine, theirs = sweep.cv_results_, grid.cv_results_
    assert mine.keys() - theirs.keys() == {"n_parameters", "error"}
    for key in theirs:
        if "time" not in key:
            assert same(mine[key], theirs[key]), key
    for name in ("best_index_", "best_params_", "best_score_", "multimetric_"):
        assert hasattr(sweep, name) == hasattr(grid, name)
        if hasattr(grid, name):
            assert getattr(sweep, name) == getattr(grid, name)
    assert hasattr(sweep, "best_estimator_") == hasattr(grid, "best_estimator_")


def without_times(fits):
    return [
        [{k: v for k, v in fit.items() if "time" not in k} for fit in row]
        for row in fits
    ]


def two_scores(estimator, X, y):
    prediction = estimator.predict(X)
    return {"right": np.mean(prediction == y), "sum": float(X.sum())}


def last_index(results):
    return len(results["params"]) - 1


def describe(option):
    name, value = option
    return f"{name}={getattr(value, '__name__', value)}"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scoring": "f1_macro", "return_train_score": True, "n_jobs": 2},
        {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
        {"scoring": {"a": make_scorer(accuracy_score)}, "refit": False},
        {"scoring": two_scores, "refit": "right", "return_train_score": True},
        {"scoring": lambda estimator, X, y: estimator.score(X, y)},
        {"scoring": ["accuracy", "f1_macro"], "refit": last_index},
        {"cv": StratifiedKFold(4, shuffle=True, random_state=0)},
        {"cv": ShuffleSplit(2, random_state=0)},
    ],
    ids=lambda options: ", ".join(map(describe, options.items())) or "default",
)
def test_results_are_those_of_grid_search(options):
    plan = ExperimentPlan({"C": [0.01, 1.0], "kernel": ["linear", "rbf"]})
    sweep = SweepSearchCV(SVC(), plan, **options).fit(*IRIS)
    grid = GridSearchCV(SVC(), plan.param_grid, **options).fit(*IRIS)
    assert_same_results(sweep, grid)
    if hasattr(grid, "best_estimator_"):
        assert np.array_equal(sweep.predict(IRIS[0]), grid.predict(IRIS[0]))


def test_a_list_of_grids_and_whole_steps_are_searched():
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
    grid = [{"svc__C": [0.1, 1]}, {"scale": ["passthrough"], "svc": [SVC(), SVC(C=9)]}]
    sweep = SweepSearchCV(pipeline, grid, cv=3).fit(*IRIS)
    reference = GridSearchCV(pipeline, grid, cv=3).fit(*IRIS)
    sweep.cv_results_["params"] = [str(p) for p in sweep.cv_results_["params"]]
    for key in ("mean_test_score", "split2_test_score", "rank_test_score"):
        assert same(sweep.cv_results_[key], reference.cv_results_[key])


@pytest.mark.filterwarnings("ignore:One or more of the")
@pytest.mark.parametrize("scoring", [None, ["accuracy", "f1_macro"], two_scores])
@pytest.mark.parametrize("error_score", [np.nan, -1])
def test_trials_that_fail_say_why_and_the_sweep_goes_on(scoring, error_score):
    plan = ExperimentPlan({"C": [1.0, -1.0]})
    options = {
        "scoring": scoring,
        "refit": False,
        "error_score": error_score,
        "return_train_score": True,
    }
    sweep = SweepSearchCV(SVC(), plan, **options)
    with pytest.warns(FitFailedWarning, match="5 fits failed out of a total of 10"):
        sweep.fit(*IRIS)
    with warnings.catch_warnings(action="ignore"):
        grid = GridSearchCV(SVC(), plan.param_grid, **options).fit(*IRIS)
    assert_same_results(sweep, grid)
    assert sweep.cv_results_["error"][0] is None
    assert sweep.cv_results_["error"][1].startswith("InvalidParameterError: The 'C' p")
    assert sweep.fit_results_[1][0]["confusion"] is None
    assert set(sweep.fit_results_[1][0]) == set(FIT)


def test_if_all_trials_fail_the_reason_is_raised():
    sweep = SweepSearchCV(SVC(), {"C": [-1.0, -2.0]})
    with pytest.raises(ValueError, match=r"All the 10 fits failed[\s\S]*'C' parameter"):
        sweep.fit(*IRIS)
    assert len(sweep.fit_results_) == 2


def test_error_score_raise_stops_the_sweep():
    with pytest.raises(ValueError, match="'C' parameter"):
        SweepSearchCV(SVC(), {"C": [-1.0]}, error_score="raise").fit(*IRIS)


def failing_score(estimator, X, y):
    raise RuntimeError("no score today")


def test_scorers_that_fail_leave_their_reason():
    scoring = {"a": "accuracy", "b": failing_score}
    for given in (scoring, failing_score):
        sweep = SweepSearchCV(SVC(), {"C": [1.0]}, scoring=given, refit=False, cv=2)
        with warnings.catch_warnings(action="ignore"):
            sweep.fit(*IRIS)
        assert "RuntimeError: no score today" in sweep.cv_results_["error"][0]
        assert sweep.fit_results_[0][0]["n_parameters"] is None


def test_confusion_matrices_are_those_of_the_predictions():
    X, y = IRIS
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    cv = GroupKFold(3)
    sweep = SweepSearchCV(SVC(), {"C": [0.1, 1]}, cv=cv, refit=False)
    sweep.fit(X, names, groups=EVENTS)
    assert sweep.confusion_labels_ == ["setosa", "versicolor", "virginica"]
    for fold, (train, test) in enumerate(cv.split(X, y, EVENTS)):
        model = SVC(C=1).fit(X[train], names[train])
        expected = confusion_matrix(names[test], model.predict(X[test]))
        fit = sweep.fit_results_[1][fold]
        assert fit["confusion"] == expected.tolist()
        by_event = np.array(fit["event_confusion"])
        assert by_event.sum() == len(np.unique(EVENTS[test]))
        share = np.trace(by_event) / by_event.sum()
        labels = pd.Series(names[test], pd.Index(EVENTS[test], name="event_id"))
        assert share == event_accuracy(model, X[test], labels)


def test_events_come_from_the_index_of_the_labels_too():
    X, y = IRIS
    labels = pd.Series(y, pd.Index(EVENTS, name="event_id"))
    by_index = SweepSearchCV(
        SVC(), {"C": [1]}, cv=GroupKFold(3), scoring=event_accuracy, refit=False
    ).fit(X, labels)
    assert by_index.fit_results_[0][0]["event_confusion"] is not None
    without = SweepSearchCV(SVC(), {"C": [1]}, cv=3, refit=False).fit(X, y)
    assert without.fit_results_[0][0]["event_confusion"] is None
    mixed = SweepSearchCV(SVC(), {"C": [1]}, cv=GroupKFold(2), refit=False)
    mixed.fit(X, y, groups=np.arange(150) // 40)  # the second holds two classes
    assert mixed.fit_results_[0][0]["confusion"] is not None
    assert mixed.fit_results_[0][0]["event_confusion"] is None


def test_event_scores_without_events_raise_before_any_fit():
    sweep = SweepSearchCV(SVC(), {"C": [1]}, scoring={"e": event_accuracy}, refit="e")
    with pytest.raises(ValueError, match="needs the event of every record"):
        sweep.fit(*IRIS)
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        SweepSearchCV(SVC(), {"C": [1]}, cv=GroupKFold(2)).fit(*IRIS)


@pytest.mark.usefixtures("routing")
def test_metadata_routing_reaches_folds_fits_and_scorers():
    X, y = IRIS
    options = {
        "cv": GroupKFold(3),
        "scoring": {"events": make_event_scorer("accuracy"), "records": "accuracy"},
        "refit": "events",
    }
    plan = ExperimentPlan({"C": [0.01, 1.0]})
    sweep = SweepSearchCV(SVC(), plan, **options).fit(X, y, groups=EVENTS)
    grid = GridSearchCV(SVC(), plan.param_grid, **options).fit(X, y, groups=EVENTS)
    assert_same_results(sweep, grid)
    assert sweep.fit_results_[0][0]["event_confusion"] is not None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kernal", "'kernal' is not a parameter of SVC. Did you mean 'kernel'?"),
        ("svc__C", "'svc__C' is not a parameter of SVC."),
    ],
)
def test_unknown_parameters_raise_before_any_fit(name, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        SweepSearchCV(SVC(), {name: [1]}).fit(*IRIS)


@pytest.mark.parametrize("params", [{"verbose": -1}, {"store": 3}, {"param_grid": 3}])
def test_bad_parameters_raise(params):
    search = SweepSearchCV(SVC(), {"C": [1]}).set_params(**params)
    with pytest.raises(ValueError, match=f"^{next(iter(params))} must be"):
        search.fit(*IRIS)


def test_it_is_an_estimator_like_others():
    sweep = SweepSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1]}, cv=3)
    assert clone(sweep).get_params().keys() == sweep.get_params().keys()
    sweep.fit(*IRIS)
    again = pickle.loads(pickle.dumps(sweep))
    assert np.array_equal(again.predict_proba(IRIS[0]), sweep.predict_proba(IRIS[0]))
    assert again.fit_results_ == sweep.fit_results_


class Counted(TransformerMixin, BaseEstimator):
    """A transformer that counts its work; marked or not."""

    work = Counter()

    def __init__(self, alone=True, factor=1.0, fail=False):
        self.alone = alone
        self.factor = factor
        self.fail = fail

    @property
    def _transforms_records_alone(self):
        return self.alone

    def fit(self, X, y=None):
        return self

    def fit_transform(self, X, y=None, extra=None):
        return self.transform(X, extra)

    def transform(self, X, extra=None):
        if self.fail:
            raise ValueError("cannot transform")
        Counted.work[self.factor] += len(X)
        return self.factor * X

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture
def work():
    Counted.work.clear()
    return Counted.work


def counted(**params):
    steps = [("count", Counted()), ("same", "passthrough"), ("svc", SVC())]
    return Pipeline(steps).set_params(**params)


def test_steps_that_see_records_alone_run_once(work):
    plan = ExperimentPlan({"svc__C": [0.1, 1.0, 10], "count__factor": [1.0, 3.0]})
    sweep = SweepSearchCV(counted(), plan, cv=4, refit=False).fit(*IRIS)
    assert work == {1.0: 150, 3.0: 150}
    grid = GridSearchCV(counted(), plan.param_grid, cv=4, refit=False).fit(*IRIS)
    assert_same_results(sweep, grid)


def reads_records(estimator, X, y):
    return float(X.sum())


@pytest.mark.parametrize(
    ("params", "options"),
    [
        ({"count__alone": False}, {}),
        ({"count": Pipeline([("inner", Counted())])}, {}),
        ({}, {"scoring": reads_records}),
        ({}, {"scoring": {"a": "accuracy", "b": reads_records}, "refit": "a"}),
    ],
)
def test_other_steps_run_in_each_fit(work, params, options):
    pipeline = counted(**params)
    plan = {"svc__C": [0.1, 1.0]}
    sweep = SweepSearchCV(pipeline, plan, cv=3, **options).fit(*IRIS)
    assert work[1.0] > 2 * 3 * 150
    assert_same_results(sweep, GridSearchCV(pipeline, plan, cv=3, **options).fit(*IRIS))


@pytest.mark.usefixtures("routing")
def test_steps_that_take_metadata_run_in_each_fit(work):
    pipeline = counted()
    pipeline["count"].set_transform_request(extra=True)
    sweep = SweepSearchCV(pipeline, {"svc__C": [0.1, 1.0]}, cv=3, refit=False)
    sweep.fit(*IRIS, extra=np.arange(150))
    assert work[1.0] > 2 * 3 * 150
    work.clear()
    sweep.fit(*IRIS)
    assert work[1.0] == 150
    sweep.set_params(estimator__transform_input=["extra"]).fit(*IRIS)
    assert work[1.0] > 2 * 3 * 150


@pytest.mark.filterwarnings("ignore:One or more of the")
def test_a_shared_step_that_fails_lets_each_fit_fail():
    plan = ExperimentPlan({"count__fail": [True, False], "svc__C": [1.0]})
    sweep = SweepSearchCV(counted(), plan, cv=3)
    with pytest.warns(FitFailedWarning, match="cannot transform"):
        sweep.fit(*IRIS)
    assert "cannot transform" in sweep.cv_results_["error"][0]
    assert sweep.best_params_ == {"count__fail": False, "svc__C": 1.0}


def test_own_transformers_are_marked(three_steps):
    from skseisfp._utils.recordwise import is_recordwise

    augment, fingerprint, classifier = (step for _, step in three_steps().steps)
    assert is_recordwise(augment)
    assert is_recordwise(fingerprint)
    assert not is_recordwise(fingerprint.set_params(standardize="mad"))
    assert not is_recordwise(classifier)
    assert not is_recordwise(StandardScaler())


NETWORKS = ExperimentPlan(
    {
        "classifier__module__conv1_filter_size": [2, 3],
        "fingerprint__n_coefficients": [20, 40],
    }
)
NETWORK_OPTIONS = {
    "cv": GroupKFold(2),
    "scoring": {"auc": "roc_auc", "flatness": neg_gradient_of_error},
    "refit": False,
}


@pytest.fixture(scope="module")
def labels(seismograms):
    """Labels with their events, which early stopping needs in each fold."""
    return attach_events(seismograms.target, seismograms.groups)


@pytest.fixture(scope="module")
def network_sweep(three_steps_of_module, seismograms, labels):
    return SweepSearchCV(three_steps_of_module, NETWORKS, **NETWORK_OPTIONS).fit(
        seismograms.data, labels, groups=seismograms.groups
    )


@pytest.fixture(scope="module")
def three_steps_of_module(request):
    make = request.getfixturevalue("three_steps")
    return make(classifier__early_stopping=True, classifier__validation_fraction=0.3)


def test_networks_leave_histories_and_sizes(network_sweep):
    fit = network_sweep.fit_results_[0][0]
    assert list(fit) == FIT
    assert [row["epoch"] for row in fit["history"]] == [1, 2]
    assert {"train_loss", "valid_loss"} <= fit["history"][0].keys()
    assert "duration" not in fit["history"][0]
    sizes = NETWORKS.estimate(network_sweep.estimator)["n_parameters"]
    assert network_sweep.cv_results_["n_parameters"].tolist() == sizes.tolist()
    assert np.sum(fit["confusion"]) == 16
    assert np.sum(fit["event_confusion"]) == 8


def test_networks_score_as_in_grid_search(network_sweep, seismograms, labels):
    grid = GridSearchCV(network_sweep.estimator, NETWORKS.param_grid, **NETWORK_OPTIONS)
    grid.fit(seismograms.data, labels, groups=seismograms.groups)
    assert_same_results(network_sweep, grid)


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_workers")
@pytest.mark.parametrize(
    ("backend", "n_jobs"), [("loky", 2), ("threading", 2), ("threading", 3)]
)
def test_any_number_of_jobs_gives_the_same(
    network_sweep, seismograms, labels, backend, n_jobs
):
    sweep = SweepSearchCV(
        network_sweep.estimator, NETWORKS, **NETWORK_OPTIONS, n_jobs=n_jobs
    )
    with parallel_config(backend):
        sweep.fit(seismograms.data, labels, groups=seismograms.groups)
    assert_same_results_of_sweeps(sweep, network_sweep)


def assert_same_results_of_sweeps(one, other):
    assert without_times(one.fit_results_) == without_times(other.fit_results_)


class Interrupting(ClassifierMixin, BaseEstimator):
    """A classifier whose fit is interrupted at some value of its parameter."""

    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        if self.number == 2:
            raise KeyboardInterrupt
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.number % 3)


def test_an_interrupt_keeps_what_was_found(tmp_path):
    sweep = SweepSearchCV(Interrupting(), {"number": [0, 1, 2, 3]}, cv=2)
    sweep.set_params(store=tmp_path / "study.db")
    with pytest.raises(KeyboardInterrupt):
        sweep.fit(*IRIS)
    found = [fit is not None for row in sweep.fit_results_ for fit in row]
    assert found == [True] * 4 + [False] * 4


def test_progress_is_shown_in_a_terminal_only(capsys, terminal):
    search = SweepSearchCV(SVC(), {"C": [0.1, 1]}, cv=2, verbose=1, refit=False)
    with terminal() as shown:
        search.fit(*IRIS)
    assert "4/4 fits" in shown()
    assert "2 of 2 trials" in shown()
    with terminal() as shown:
        search.set_params(verbose=0).fit(*IRIS)
    assert shown() == ""
    search.set_params(verbose=1).fit(*IRIS)
    assert capsys.readouterr() == ("", "")


class NoGenerators(ThreadingBackend):
    """A backend of joblib that returns results together, as ray's does."""

    supports_return_generator = False


@pytest.fixture
def no_generators():
    register_parallel_backend("no_generators", NoGenerators)
    with parallel_config("no_generators", n_jobs=2):
        yield
    del BACKENDS["no_generators"]


def test_a_backend_without_generators_gives_the_same(no_generators, tmp_path):
    plan = ExperimentPlan({"C": [0.01, 0.1, 1.0], "kernel": ["linear", "rbf"]})
    sweep = SweepSearchCV(SVC(), plan, cv=3, store=tmp_path / "study.db").fit(*IRIS)
    with parallel_config("loky", n_jobs=1):
        expected = SweepSearchCV(SVC(), plan, cv=3).fit(*IRIS)
    assert_same_results_of_sweeps(sweep, expected)
    assert sweep.best_params_ == expected.best_params_
    assert read_study(tmp_path / "study.db")["fits"] == sweep.fit_results_


def test_a_backend_without_generators_stores_what_is_finished(no_generators, tmp_path):
    store = tmp_path / "study.db"
    sweep = SweepSearchCV(Interrupting(), {"number": [0, 1, 2, 3]}, cv=2, store=store)
    with pytest.raises(KeyboardInterrupt):
        sweep.fit(*IRIS)
    found = [fit is not None for row in read_study(store)["fits"] for fit in row]
    assert found == [True] * 4 + [False] * 4


@pytest.mark.slow
@pytest.mark.usefixtures("fresh_workers")
def test_multiprocessing_gives_the_same():
    sweep = SweepSearchCV(SVC(), {"C": [0.01, 0.1, 1.0]}, cv=2, n_jobs=2)
    expected = clone(sweep).set_params(n_jobs=1).fit(*IRIS)
    with parallel_config("multiprocessing"):
        assert_same_results_of_sweeps(sweep.fit(*IRIS), expected)


def test_callbacks_of_scikit_learn_are_called():
    calls = Counter()

    class Note:
        def setup(self, estimator, context):
            calls["setup"] += 1

        def on_fit_task_begin(self, estimator, context):
            calls[context.task_name] += 1

        def on_fit_task_end(self, estimator, context):
            calls["end"] += 1

        def teardown(self, estimator, context):
            calls["teardown"] += 1

    SweepSearchCV(SVC(), {"C": [0.1, 1]}, cv=2).set_callbacks(Note()).fit(*IRIS)
    assert calls["candidate-split-evaluation"] == 4
    assert calls["refit-with-best-params"] == calls["setup"] == calls["teardown"] == 1
    assert calls["end"] == 7


def test_nested_searches_score_as_with_grid_search():
    X, y = IRIS
    inner = {"C": [0.1, 1]}, {"cv": 3}
    scores = [
        cross_validate(kind(SVC(), inner[0], **inner[1]), X, y, cv=4)["test_score"]
        for kind in (SweepSearchCV, GridSearchCV)
    ]
    assert np.array_equal(*scores)


LABELS = IRIS[1] // 2  # one label for each event
BY_EVENT = {"scoring": event_accuracy, "cv": GroupKFold(3), "refit": False}


class Fits:
    """Numbers of fits, which no result belongs to."""

    counts = Counter()

    def __reduce__(self):
        return "FITS"


FITS = Fits()


class CountedFits(LogisticRegression):
    """A classifier that counts its fits; negative C fails."""

    def fit(self, X, y):
        FITS.counts["all"] += 1
        return super().fit(X, y)


@pytest.fixture
def fits():
    FITS.counts.clear()
    return FITS.counts


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


def sweep_of(ledger, values=(0.01, 0.1, 1.0), **options):
    options = BY_EVENT | options
    return SweepSearchCV(CountedFits(), {"C": values}, ledger=ledger, **options)


def fit_by_event(search):
    y = pd.Series(LABELS, pd.Index(EVENTS, name="event_id"))
    return search.fit(IRIS[0], y, groups=EVENTS)


def test_each_candidate_is_a_look_in_the_ledger(ledger):
    with_ledger = fit_by_event(sweep_of(ledger))
    without = fit_by_event(sweep_of(None))
    for name, values in without.cv_results_.items():
        if "time" not in name:
            assert same(with_ledger.cv_results_[name], values), name
    assert without_times(with_ledger.fit_results_) == without_times(
        without.fit_results_
    )
    looks = ledger.looks()
    means = without.cv_results_["mean_test_score"]
    assert looks["score"].tolist() == pytest.approx(means)
    assert looks["label"].tolist() == ["{'C': 0.01}", "{'C': 0.1}", "{'C': 1.0}"]
    assert set(looks["metric"]) == {"accuracy"}
    assert set(looks["n_events"]) == {75}
    assert not looks["held_out"].any()
    assert ledger.report(looks["set"][0], n_resamples=20).n_looks == 3


def test_a_search_that_is_resumed_or_repeated_adds_no_look(ledger, tmp_path, fits):
    store = tmp_path / "study.db"
    first = fit_by_event(sweep_of(ledger, store=store))
    digests = first.study_name_
    assert fits["all"] == 9
    again = fit_by_event(sweep_of(ledger, store=store))
    fit_by_event(sweep_of(ledger))
    plain = fit_by_event(sweep_of(None, store=store))
    assert again.study_name_ == plain.study_name_ == digests
    assert fits["all"] == 18
    assert len(ledger.looks()) == 3
    fit_by_event(sweep_of(ledger, values=[1.0, 10.0]))
    assert len(ledger.looks()) == 4
    fit_by_event(sweep_of(ledger, cv=GroupKFold(4)))
    assert len(ledger.looks()) == 7


def test_an_interrupted_search_leaves_its_looks_open(ledger):
    y = pd.Series(LABELS, pd.Index(EVENTS, name="event_id"))
    sweep = SweepSearchCV(Interrupting(), {"number": [0, 2]}, ledger=ledger)
    sweep.set_params(cv=GroupKFold(2))
    with pytest.raises(KeyboardInterrupt):
        sweep.fit(IRIS[0], y)
    assert ledger.looks()["recorded"].isna().tolist() == [True, True]
    sweep.set_params(param_grid={"number": [0, 1]}).fit(IRIS[0], y)
    assert ledger.looks()["recorded"].isna().tolist() == [False, True, False]


def test_a_sealed_set_raises_before_any_fit(ledger, fits):
    ledger.register("kept", LABELS, EVENTS, seal=True)
    with pytest.raises(SealedSetError, match="'kept' is sealed for one look"):
        fit_by_event(sweep_of(ledger))
    assert not fits
    fit_by_event(sweep_of(ledger, values=[1.0]))
    assert fits["all"] == 3
    with pytest.raises(SealedSetError, match=r"looked at on .*'C': 1\.0"):
        fit_by_event(sweep_of(ledger, values=[2.0]))
    assert fits["all"] == 3


def test_a_ledger_needs_events(ledger, fits):
    for y in (IRIS[1], None):
        sweep = sweep_of(ledger, scoring="accuracy", cv=3)
        with pytest.raises(ValueError, match="ledger needs the label and the event"):
            sweep.fit(IRIS[0], y)
    sweep = sweep_of("looks.db")
    with pytest.raises(ValueError, match=r"^ledger must be"):
        fit_by_event(sweep)
    assert not fits


@pytest.mark.filterwarnings("ignore:One or more of the")
def test_trials_that_failed_are_not_looks(ledger):
    with pytest.warns(FitFailedWarning, match="3 fits failed"):
        fit_by_event(sweep_of(ledger, values=[1.0, -1.0], error_score=-7))
    assert ledger.looks()["label"].tolist() == ["{'C': 1.0}"]


def own_score(estimator, X, y):
    return {"accuracy": 7.0, "other": 1.0}


@pytest.mark.parametrize(
    ("scoring", "refit", "metric", "key"),
    [
        (None, True, "score", "score"),
        ("f1", True, "f1_binary", "score"),
        ("f1_macro", True, "f1", "score"),
        ("roc_auc", False, "roc_auc", "score"),
        (["accuracy", "roc_auc"], "roc_auc", "roc_auc", "roc_auc"),
        (["accuracy", "roc_auc"], False, "accuracy", "accuracy"),
        ({"a": "f1_macro", "b": event_accuracy}, "b", "accuracy", "b"),
        ({"roc_auc": make_scorer(accuracy_score)}, False, "own roc_auc", "roc_auc"),
        (make_event_scorer(["f1", "roc_auc"]), "roc_auc", "roc_auc", "roc_auc"),
        (make_event_scorer(accuracy_score), True, "event_accuracy_score", "score"),
        (own_score, "accuracy", "own accuracy", "accuracy"),
        ("neg_log_loss", True, "neg_log_loss", "score"),
    ],
)
def test_looks_are_by_the_metric_of_refit_or_the_first(
    ledger, scoring, refit, metric, key
):
    search = fit_by_event(sweep_of(ledger, [0.1, 1.0], scoring=scoring, refit=refit))
    looks = ledger.looks()
    assert set(looks["metric"]) == {metric}
    expected = search.cv_results_[f"mean_test_{key}"]
    assert looks["score"].tolist() == pytest.approx(expected)


def test_the_report_of_a_sweep_over_shuffled_labels(ledger):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.arange(60) % 2).repeat(2)
    X, events = rng.normal(size=(120, 40)), np.arange(120) // 2
    plan = {"C": np.logspace(-4, 2, 12), "class_weight": [None, "balanced"]}
    search = SweepSearchCV(
        LogisticRegression(), plan, ledger=ledger, scoring="roc_auc", cv=GroupKFold(3)
    ).fit(X, y, groups=events)
    name = ledger.sets()["name"][0]
    report = ledger.report(name, n_resamples=500)
    assert report.n_looks == 24
    assert report.best_score == search.best_score_
    assert not report.is_above_chance
    assert report.corrected_interval.low < 0.5

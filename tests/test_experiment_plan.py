import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, ParameterGrid
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import FingerprintTransformer, WaveformPreprocessor
from skseisfp.sweep import ExperimentPlan

EXPERIMENTS = {
    "experiment 1": 384,
    "experiment 2": 200,
    "experiment 3": 128,
    "experiment 4": 48,
    "experiment 4 as counted": 27,
}


def values(spec):
    return ExperimentPlan({"p": spec}).param_grid["p"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("8:8:64", [8, 16, 24, 32, 40, 48, 56, 64]),
        ("0.1:0.2:0.9", [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("0.2:0.1:0.5", [0.2, 0.3, 0.4, 0.5]),
        ("1e-4:1e-4:3e-4", [1e-4, 2e-4, 3e-4]),
        ("-2:1:0", [-2, -1, 0]),
        ("5:1:5", [5]),
        ("1.0:1:2", [1.0, 2.0]),
        ([None, "a:b", (1, 2)], [None, "a:b", (1, 2)]),
        (np.arange(3), [0, 1, 2]),
        (range(2), [0, 1]),
        ((32,), [(32,)]),
        ("linear", ["linear"]),
        (np.float64(0.5), [0.5]),
        ([1, True], [1, True]),
    ],
)
def test_values_of_a_parameter(spec, expected):
    found = values(spec)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


@given(
    st.integers(-1000, 1000), st.integers(1, 500), st.integers(0, 60), st.integers(0, 6)
)
def test_ranges_are_exact_decimals(first, step, n_steps, digits):
    parts = [f"{n}e-{digits}" for n in (first, step, first + n_steps * step)]
    expected = [float(f"{first + k * step}e-{digits}") for k in range(n_steps + 1)]
    assert values(":".join(parts)) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ([], "p: the list of values is empty"),
        ("8:1:4", "p: the range '8:1:4' is empty"),
        ("8:-8:64", "p: the step of '8:-8:64' must be positive"),
        ("8:0:64", "must be positive"),
        ("1:2:8", "p: the range '1:2:8' misses its end 8: its last values are 7 and 9"),
        ("0.1:0.2:1", "misses its end"),
        ("1:8", "three finite numbers; got '1:8'"),
        ("1:x:8", "three finite numbers"),
        ("0:1:inf", "three finite numbers"),
        ([1, 2, 1], "p: the value 1 is given twice"),
        ([1.0, np.float64(1)], "given twice"),
        ([np.zeros(2), np.zeros(2)], "given twice"),
        (np.zeros((2, 2)), "one axis; got 2"),
        ("0:1:1000000000000", r"p: the number of values .* got 1,000,000,000,001\."),
        ("0:1e-9:1", "must be at most 100,000; got 1,000,000,001"),
        ("0:2:1e300", r"range '0:2:1e300' must be at most 100,000; got 5\.0e\+299"),
        ("0:2:1e400", "p: a range .* three finite numbers; got '0:2:1e400'"),
        ("0:1e-400:1", "three finite numbers"),
        ("0:1e-999999999999999999:1", "three finite numbers"),
        ("1e-999999999999:1:2", "three finite numbers"),
        ("snan:1:2", "three finite numbers"),
        ("1:1e-17:1.00000000000000001", "is too small for floats"),
        (range(10**30), r"p: the number of values must .* got 1\.0e\+30"),
        (np.arange(100_001), "got 100,001"),
    ],
)
def test_bad_values_raise(spec, message):
    with pytest.raises(ValueError, match=message):
        ExperimentPlan({"p": spec})


def test_as_many_values_as_are_allowed():
    assert values("1:1:100000") == list(range(1, 100_001))
    assert values("0.0001:0.0001:10")[-2:] == [9.9999, 10.0]
    assert values(range(100_000, 0, -1))[0] == 100_000
    assert len(values("5e-324:5e-324:5e-322")) == 100


def test_a_parameter_is_varied_or_fixed():
    with pytest.raises(ValueError, match="C is both varied and fixed"):
        ExperimentPlan({"C": [1]}, fixed={"C": 2})
    with pytest.raises(ValueError, match="at least one parameter"):
        ExperimentPlan({})


def test_a_plan_is_its_trials():
    plan = ExperimentPlan({"b": "1:1:3", "a": ["x", "y"]}, fixed={"c": (1,)})
    assert list(plan) == list(ParameterGrid(plan.param_grid))
    assert len(plan) == len(list(plan)) == 6
    assert all(trial["c"] == (1,) for trial in plan)


def test_a_plan_suits_grid_search():
    X = np.random.default_rng(0).normal(size=(30, 2))
    plan = ExperimentPlan({"C": "0.5:0.5:1.5"}, fixed={"max_iter": 50})
    search = GridSearchCV(LogisticRegression(), plan.param_grid, cv=GroupKFold(3))
    search.fit(X, X[:, 0] > 0, groups=np.arange(30) // 2)
    assert search.cv_results_["params"] == list(plan)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_published_experiments(name):
    plan = ExperimentPlan.published(name)
    assert len(plan) == EXPERIMENTS[name]
    assert plan.name == name
    assert ExperimentPlan.from_toml(plan.to_toml()) == plan


def test_later_experiments_fix_what_earlier_ones_found():
    plan = ExperimentPlan.published("experiment 4", prefix="")
    assert plan.fixed == {
        "conv1_filter_size": 2,
        "pool1_size": 2,
        "dropout2_p": 0.5,
        "conv1_padding": 1,
        "conv2_padding": 2,
        "conv2_filter_size": 5,
        "check_rules": False,
    }
    with pytest.raises(ValueError, match=r"'experiment 3'.*got 'experiment 5'"):
        ExperimentPlan.published("experiment 5")


@pytest.mark.parametrize("as_file", [False, True])
def test_toml_keeps_everything(tmp_path, as_file):
    plan = ExperimentPlan(
        {
            "x__lr": "0.1:0.1:0.3",
            "layers": [(), (32,), (8, (4, 2))],
            "size": (3,),
            "balance": [None, "weights", 'a"\\\n\x7fé'],
            "odd name": [True, 1.5, 10**20, 1e-5, float("inf")],
            "counts": np.arange(3),
            "steps": range(2),
        },
        fixed={"rule": None, "sizes": (32, 8), "kernel": "rbf", "C": np.float64(2)},
        name="all of it",
    )
    path = tmp_path / "plan.toml"
    text = plan.to_toml(path)
    again = ExperimentPlan.from_toml(path if as_file else text)
    assert again == plan
    assert again.ranges["x__lr"] == "0.1:0.1:0.3"
    assert again.to_toml() == text
    assert again != ExperimentPlan({"x__lr": [1]})
    assert again != plan.param_grid


def test_values_without_a_form_in_toml_are_named():
    with pytest.raises(TypeError, match="model: a SVC cannot be written"):
        ExperimentPlan({"model": [SVC()]}).to_toml()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ranges =\n", "not TOML"),
        ("name = 'x'\n", "no table ranges"),
        ("[ranges]\na = 1\n[rangs]\n", "'rangs'"),
        ("name = 3\n[ranges]\na = 1", "name must be a string; got an integer"),
        ("ranges = 3\n", "ranges must be a table; got an integer"),
        ("[[ranges]]\na = 1\n", "ranges must be a table; got an array"),
        ("fixed = 'x'\n[ranges]\na = 1", "fixed must be a table; got a string"),
        ("[ranges]\na = 2024-01-01\n", "ranges.a must be a number, .* got a date"),
        ("[ranges]\na = [07:32:00]\n", "ranges.a must be .* got a time"),
        ("[ranges]\na = [[2024-01-01T07:32:00Z]]\n", "got a date with time"),
        ("[ranges]\nstep.C = [1]\n", "ranges.step must be .* got a table"),
        ("[ranges]\na = {none = false}\n", "ranges.a must be .* got a table"),
        ("[ranges]\na = 1\n[fixed]\nb = {x = 1}\n", "fixed.b must be .* got a table"),
        ("[ranges]\na = " + "[" * 50_000 + "\n", "not TOML"),
        ("[ranges]\na = '0:1:1e12'\n", "a: the number of values"),
        ("[ranges]\n", "at least one parameter"),
    ],
)
@pytest.mark.parametrize("as_file", [False, True])
def test_bad_toml_raises(tmp_path, text, message, as_file):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        ExperimentPlan.from_toml(path if as_file else text)
    assert str(caught.value).startswith(f"The plan {path}" if as_file else "The plan")


def test_toml_of_editors_of_all_kinds(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbf[ranges]\r\na = [1, 2]\r\n")
    assert ExperimentPlan.from_toml(path) == ExperimentPlan({"a": [1, 2]})
    path.write_bytes(b"[ranges]\na = '\xe9'\n")
    with pytest.raises(ValueError, match=f"The plan {path} is not TOML: .*utf-8"):
        ExperimentPlan.from_toml(path)


def test_check_lists_impossible_trials_and_broken_rules(three_steps):
    plan = ExperimentPlan(
        {
            "fingerprint__shape": [(16, 16), (32, 32)],
            "classifier__module__conv1_filter_size": [2, 25],
        }
    )
    findings = plan.check(three_steps())
    impossible = findings[findings["level"] == "impossible"]
    trials = list(plan)
    assert [trials[number] for number in impossible["trial"]] == [
        {
            "fingerprint__shape": (16, 16),
            "classifier__module__conv1_filter_size": 25,
        }
    ]
    assert set(impossible["parameter"]) == {"classifier__module__conv1_filter_size"}
    assert "larger than its padded input of 18 x 18" in impossible["message"].item()
    assert plan.check(three_steps(), input_shape=(1, 8, 8))["trial"].tolist() == [2, 3]


def test_check_finds_impossible_values_without_a_shape():
    plan = ExperimentPlan(
        {"module__conv1_n_filters": [4, 0], "module__pool1_size": [99]}
    )
    findings = plan.check(FingerprintClassifier())
    assert findings[["trial", "level", "parameter"]].values.tolist() == [
        [1, "impossible", "module__conv1_n_filters"]
    ]
    flat = ExperimentPlan({"module__input_dropout_p": [0.5, 1.5]})
    assert flat.check(FingerprintClassifier())["trial"].tolist() == [1]


def test_check_knows_the_rules_that_experiment_3_breaks(three_steps):
    pipeline = three_steps(fingerprint__shape=(64, 64))
    findings = ExperimentPlan.published("experiment 3").check(pipeline)
    assert set(findings["level"]) == {"rule"}
    padding = findings["parameter"] == "classifier__module__conv1_padding"
    assert padding.sum() == 2 * 4 * 8  # padding 2 and 3 with a filter of 2


def test_check_asks_the_constraints_of_other_estimators():
    findings = ExperimentPlan({"C": [-1.0, 1.0]}).check(SVC())
    assert findings[["trial", "level", "parameter"]].values.tolist() == [
        [0, "impossible", "C"]
    ]
    assert ExperimentPlan({"C": [1.0]}).check(SVC()).empty


IMPOSSIBLE = {
    "preprocess__taper": 2.0,
    "scale__with_mean": "yes",
    "steps__fingerprint__encoding": "signd",
    "steps__fingerprint__n_coefficients": 0,
    "steps__classifier__lr": -1.0,
    "steps__classifier__module__conv1_n_filters": 0,
    "steps__classifier__module__dropout1_p": 1.5,
}


def test_check_finds_all_faults_in_all_parts_by_their_full_names(three_steps):
    steps = three_steps()
    pipeline = Pipeline(
        [
            ("preprocess", WaveformPreprocessor()),
            ("scale", StandardScaler()),
            ("steps", Pipeline(steps.steps[1:])),
        ]
    )
    plan = ExperimentPlan({"scale__with_std": [True, False]}, fixed=IMPOSSIBLE)
    findings = plan.check(pipeline)
    assert set(findings["level"]) == {"impossible"}
    for trial in (0, 1):
        found = findings[findings["trial"] == trial]
        assert sorted(found["parameter"]) == sorted(IMPOSSIBLE)
    messages = findings.set_index("parameter")["message"].to_dict()
    assert "Did you mean 'signed'?" in messages["steps__fingerprint__encoding"]
    assert messages["preprocess__taper"].endswith("got 2.0.")
    assert plan.estimate(pipeline)["n_parameters"].isna().all()
    for name, value in IMPOSSIBLE.items():
        findings = ExperimentPlan({name: [value]}).check(pipeline)
        assert findings["parameter"].tolist() == [name]


@pytest.mark.parametrize("method", ["check", "estimate"])
def test_unknown_parameters_raise_with_the_nearest_name(three_steps, method):
    plan = ExperimentPlan({"classifier__module__conv1_fliter_size": [1]})
    with pytest.raises(ValueError, match="Did you mean 'classifier__module__conv1_fi"):
        getattr(plan, method)(three_steps())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("classifier__learning_rate", "'classifier__lr'"),
        ("classifier__max_epoch", "'classifier__max_epochs'"),
        ("classifier__conv1_nfilters", "'classifier__module__conv1_n_filters'"),
        ("classifier__sampling_rate", "'fingerprint__sampling_rate'"),
        ("clasifier__max_epochs", "'classifier__max_epochs'"),
    ],
)
def test_the_nearest_name_is_one_of_the_same_step(three_steps, name, hint):
    with pytest.raises(ValueError, match=f"Did you mean {hint}"):
        ExperimentPlan({name: [1]}).check(three_steps())


def test_a_name_of_another_step_must_be_the_same():
    pipeline = make_pipeline(FingerprintTransformer(), SVC())
    with pytest.raises(ValueError, match=r"is not a parameter of Pipeline\.$"):
        ExperimentPlan({"svc__learning_rate": [1]}).check(pipeline)


def test_the_name_at_fault_is_said_and_none_that_a_part_takes(three_steps):
    ranges = {"classifier__optimizer__amsgrad": [True], "classifier__max_epoch": [1]}
    with pytest.raises(ValueError, match=r"^'classifier__max_epoch' is not a p"):
        ExperimentPlan(ranges).check(three_steps())
    ranges = {"classifier__optimizer__amsgrad": [True]}
    assert ExperimentPlan(ranges).check(three_steps()).empty


def test_parameters_of_a_part_that_is_replaced_are_named():
    plan = ExperimentPlan({"svc": ["passthrough"], "svc__C": [1.0]})
    with pytest.raises(ValueError, match="'svc', 'svc__C' cannot be set together"):
        plan.check(make_pipeline(StandardScaler(), SVC()))


def test_an_estimator_says_itself_what_it_does_not_take():
    class Strict(LogisticRegression):
        def set_params(self, **params):
            if params.get("C", 1) < 0:
                raise ValueError("C must be above zero here.")
            return super().set_params(**params)

    with pytest.raises(ValueError, match=r"^C must be above zero here\.$"):
        ExperimentPlan({"C": [-1.0]}).check(Strict())


def test_estimate_of_parameters_is_exact(three_steps, seismograms):
    plan = ExperimentPlan({"classifier__module__conv2_n_filters": [2, 4, 6]})
    table = plan.estimate(three_steps())
    assert table["fit_time"].isna().all()
    for number, trial in enumerate(plan):
        pipeline = three_steps(**trial).fit(seismograms.data, seismograms.target)
        weights = pipeline[-1].net_.module_.parameters()
        assert table["n_parameters"][number] == sum(w.numel() for w in weights)


def test_estimate_counts_flat_networks_and_leaves_other_classifiers_open(three_steps):
    sizes = ExperimentPlan({"classifier__module__hidden_sizes": [(8,), (4,)]})
    flat = three_steps(fingerprint__flatten=True, classifier=FingerprintClassifier())
    expected = [256 * n + n + 2 * n + 2 for n in (8, 4)]
    assert sizes.estimate(flat)["n_parameters"].tolist() == expected
    filters = ExperimentPlan({"classifier__module__conv1_filter_size": [3]})
    assert filters.check(flat)["level"].tolist() == ["impossible"]
    assert filters.estimate(flat)["n_parameters"].isna().all()
    other = ExperimentPlan({"classifier": [SVC()]})
    assert other.estimate(three_steps())["n_parameters"].isna().all()


class Sleeper(ClassifierMixin, BaseEstimator):
    def __init__(self, delay=0.0):
        self.delay = delay

    def fit(self, X, y, groups=None):
        assert groups is not None
        time.sleep(self.delay)
        return self


def test_times_of_probes_are_interpolated():
    plan = ExperimentPlan({"delay": [0.02, 0.1, 0.11, 0.18]})
    X, y = np.zeros((4, 1)), [0, 1, 0, 1]
    table = plan.estimate(Sleeper(), X, y, groups=y, n_probes=2)
    assert table["n_parameters"].isna().all()
    line = np.linspace(table["fit_time"][0], table["fit_time"][3], 4)
    np.testing.assert_allclose(table["fit_time"], line)
    assert 0.02 <= line[0] < 0.15 < line[3]


def test_pipelines_get_events_by_the_labels():
    class Asking(Sleeper):
        def fit(self, X, y):
            assert y.index.name == "event_id"
            return self

    X, y = np.zeros((4, 1)), [0, 1, 0, 1]
    plan = ExperimentPlan({"asking__delay": [0.0, 0.1]})
    table = plan.estimate(make_pipeline(Asking()), X, y, groups=[1, 2, 3, 4])
    assert table["fit_time"].notna().all()


def test_time_of_a_network_counts_its_epochs():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (64, 32, 32)).astype(np.uint8), np.arange(64) % 2
    classifier = FingerprintClassifier(device="cpu", random_state=0)
    plan = ExperimentPlan({"max_epochs": [1, 1000]})
    times = plan.estimate(classifier, X, y)["fit_time"]
    assert times[1] > 10 * times[0] > 0

"""The report says what was run, and draws the network of any sweep."""

import json
import pickle
import re
import sqlite3
from contextlib import closing
from html import unescape

import numpy as np
import pandas as pd
import pytest
from result_cubes import make_cube
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.metrics import make_scorer, zero_one_loss
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
)
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from skseisfp._utils.digest import digest
from skseisfp._utils.provenance import NOT_RECORDED, provenance_facts, summary
from skseisfp.events import attach_events
from skseisfp.metrics import event_roc_auc
from skseisfp.neural import FingerprintClassifier, FingerprintMLP
from skseisfp.plotting import write_report
from skseisfp.sweep import ExperimentPlan, ResultCube, StagedSearchCV, SweepSearchCV

EVIL = "<i>x</i>&'\""
EVENTS = np.repeat(np.arange(12), 4)
Y = np.array(["blast", "quake"])[EVENTS % 3 // 2]  # 8 events and 4
X = np.random.default_rng(0).normal(EVENTS[:, None] % 3, 2, (48, 3))
TREE = DecisionTreeClassifier(random_state=0)
PLAN = ExperimentPlan(
    {"max_depth": "1:1:3", "criterion": ["gini", "entropy"]},
    fixed={"min_samples_leaf": 2},
    name="trees",
)


def text_of(page):
    """Return the strings of the part of a page that says what was run."""
    html = page.read_text(encoding="utf-8")
    part = re.search(r'<section id="provenance".*', html, re.DOTALL)[0]
    part = part.partition("<script>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", part)).split())


def data_of(page):
    html = page.read_text(encoding="utf-8")
    pattern = r'<script type="application/json" id="study">(.*?)</script>'
    return json.loads(re.search(pattern, html, re.DOTALL)[1])


def networks_of(page):
    return data_of(page)["networks"]["trials"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return tmp_path_factory.mktemp("sweep") / "sweep.db"


@pytest.fixture(scope="module")
def sweep(store):
    search = SweepSearchCV(TREE, PLAN, cv=GroupKFold(3), store=store)
    return search.fit(X, Y, groups=EVENTS)


def test_the_report_says_what_was_run(sweep, tmp_path):
    cube = ResultCube.from_search(sweep)
    page = write_report(cube, tmp_path / "a.html")
    text = text_of(page)
    for fact in (
        "Plan trees",
        "Search SweepSearchCV",
        "Events 12: blast (8), quake (4)",
        "Records 48: blast (32), quake (16); 3 each, float64",
        f"Data digest {digest(X)}",
        "Folds 3 by GroupKFold(n_splits=3, ",
        "; no event is in training and test of one fold",
        "Network none of fingerprints",
        "Estimator DecisionTreeClassifier(random_state=0)",
        f"numpy {np.__version__}",
        "max_depth 1, 2, 3 1:1:3",
        "criterion gini, entropy",
        "min_samples_leaf 2 fixed",
        "class events records blast 8 32 quake 4 16",
        "fold training test 1 8 events, 32 records 4 events, 16 records 2",
    ):
        assert fact in text
    date = cube.provenance["date"][:16].replace("T", " ")
    assert f"Date {date} UTC" in text
    line = f'id="made-from">12 events, 48 records, swept on {date} UTC.'
    assert line in page.read_text(encoding="utf-8")


def test_the_report_names_the_scores(tmp_path):
    def page_of(scoring, refit=False):
        search = SweepSearchCV(
            TREE, PLAN, cv=GroupKFold(2), scoring=scoring, refit=refit
        )
        cube = ResultCube.from_search(search.fit(X, attach_events(Y, EVENTS)))
        page = write_report(cube, tmp_path / "a.html")
        return data_of(page)["titles"], text_of(page)

    titles, text = page_of(event_roc_auc)
    assert titles == {"score": "event roc auc"}
    assert "Scores event_roc_auc (as score) " in text
    assert page_of("f1_macro")[0] == {"score": "f1 macro"}
    assert page_of(None)[0] == {"score": "DecisionTreeClassifier.score"}
    loss = make_scorer(zero_one_loss, greater_is_better=False)
    several = {"auc": event_roc_auc, "loss": loss}
    titles, text = page_of(several, refit="loss")
    assert titles == {"auc": "auc", "loss": "loss"}
    assert "neg_zero_one_loss (as loss), event_roc_auc (as auc)" in text


def test_the_provenance_travels_with_the_cube(sweep, store, tmp_path):
    cube = ResultCube.from_search(sweep)
    written = cube.to_netcdf(tmp_path / "a.nc")
    cubes = [
        cube,
        ResultCube.from_store(store),
        ResultCube.from_search(pickle.loads(pickle.dumps(sweep))),
        pickle.loads(pickle.dumps(cube)),
        ResultCube.from_netcdf(written),
        ResultCube.from_table(cube.to_frame()),
        ResultCube.from_table(cube.to_csv(tmp_path / "a.csv")),
        ResultCube.from_table(cube.to_parquet(tmp_path / "a.parquet")),
        ResultCube.from_table(cube.to_excel(tmp_path / "a.xlsx")),
    ]
    pages = {
        write_report(one, tmp_path / f"{number}.html").read_bytes()
        for number, one in enumerate(cubes)
    }
    assert len(pages) == 1
    assert all(one.provenance == cube.provenance for one in cubes)
    assert cube.select(max_depth=[1, 2]).provenance == cube.provenance


def test_what_was_not_recorded_is_said_to_be_so(tmp_path):
    grid = GridSearchCV(TREE, {"max_depth": [1, 2]}, cv=2).fit(X, Y)
    table = pd.DataFrame({"a": [1, 2], "auc": [0.5, 0.6]})
    for cube in (
        make_cube(1),
        ResultCube.from_search(grid),
        ResultCube.from_table(table, parameters=["a"]),
    ):
        facts = provenance_facts(cube.provenance)
        assert set(facts.values()) == {NOT_RECORDED}
        page = write_report(cube, tmp_path / "a.html")
        text = text_of(page)
        for name in facts:
            assert f"{name} {NOT_RECORDED}" in text
        assert "does not know what its sweep was made from" in text
        assert np.__version__ not in text
        assert 'id="made-from"></p>' in page.read_text(encoding="utf-8")


def test_a_store_of_before_says_what_it_knows(tmp_path):
    path = tmp_path / "old.db"
    SweepSearchCV(TREE, PLAN, cv=3, store=path).fit(X, Y)
    with closing(sqlite3.connect(path)) as connection, connection:
        name = "study_system_attributes"
        query = f"SELECT value_json FROM {name} WHERE key = 'plan'"
        plan = json.loads(connection.execute(query).fetchone()[0])
        del plan["provenance"]
        update = f"UPDATE {name} SET value_json = ? WHERE key = 'plan'"
        connection.execute(update, [json.dumps(plan)])
    facts = provenance_facts(ResultCube.from_store(path).provenance)
    assert facts["Plan"] == "trees"
    assert facts["Folds"] == "3"
    assert f"numpy {np.__version__}" in facts["Versions"]
    assert facts["Data digest"] == digest(X)
    for name in ("Date", "Search", "Events", "Records", "Network", "Estimator"):
        assert facts[name] == NOT_RECORDED


def test_events_that_a_sweep_is_not_given_are_not_known(tmp_path):
    search = SweepSearchCV(TREE, {"max_depth": [1, 2]}, cv=2).fit(X, Y)
    cube = ResultCube.from_search(search)
    facts = provenance_facts(cube.provenance)
    assert facts["Events"] == "not known: the sweep was given no events"
    assert facts["Folds"].startswith("2 by StratifiedKFold(n_splits=2")
    assert facts["Plan"] == "no name"
    assert summary(cube.provenance).startswith("48 records, swept on ")
    text = text_of(write_report(cube, tmp_path / "a.html"))
    assert f"blast {NOT_RECORDED} 32" in text
    assert "1 24 records 24 records" in text


def test_events_on_both_sides_of_a_fold_are_counted():
    folds = [*KFold(5).split(X)]  # cut through events 2, 7 and 9
    search = SweepSearchCV(TREE, {"max_depth": [1, 2]}, cv=folds)
    with pytest.warns(UserWarning, match=r"indices\) puts 3 of 12 events"):
        search.fit(X, Y, groups=EVENTS)
    facts = provenance_facts(search.provenance_)
    assert facts["Folds"].endswith("; 3 events in training and test of one fold")


def test_folds_that_were_listed_are_not_made_again():
    folds = (fold for fold in KFold(2).split(X))
    search = SweepSearchCV(TREE, {"max_depth": [1, 2]}, cv=folds).fit(X, Y)
    assert search.n_splits_ == 2
    assert "folds given as indices" in provenance_facts(search.provenance_)["Folds"]


def test_many_folds_and_values_are_counted(tmp_path):
    events = np.repeat(np.arange(24), 2)
    search = SweepSearchCV(TREE, {"max_depth": [1, 2]}, cv=LeaveOneGroupOut())
    cube = ResultCube.from_search(search.fit(X, Y, groups=events))
    assert "and 4 rows more" in text_of(write_report(cube, tmp_path / "a.html"))
    table = pd.DataFrame({"a": range(15), "auc": 0.5})
    cube = ResultCube.from_table(table, parameters=["a"])
    text = text_of(write_report(cube, tmp_path / "a.html"))
    assert "9, 10, …, 14 (15 in all)" in text


def test_names_cannot_break_the_page(tmp_path):
    labels = np.where(Y == "blast", EVIL, "quake")
    plan = ExperimentPlan({"max_depth": [1, 2]}, name=EVIL)
    search = SweepSearchCV(TREE, plan, cv=2).fit(X, labels)
    page = write_report(ResultCube.from_search(search), tmp_path / "a.html")
    assert "<i>" not in page.read_text(encoding="utf-8").partition("<script>")[0]
    assert f"Plan {EVIL}" in text_of(page)


def test_each_stage_has_the_provenance():
    stages = [{"max_depth": [1, 2]}, {"min_samples_leaf": [1, 2]}]
    search = StagedSearchCV(TREE, stages, cv=2).fit(X, Y)
    assert search.stage_cube(0).provenance == search.provenance_
    assert search.provenance_["plan"]["search"] == "StagedSearchCV"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("date", "yesterday"),
        ("date", "0001-01-01T00:00:00+23:00"),
        ("data", 5),
        ("data", {"n_events": "many", "n_records": 4, "classes": None}),
        ("data", {"n_events": 4, "n_records": 4, "classes": [["a", 1]]}),
        ("folds", {"n_splits": 2, "sizes": [[1, 2]]}),
        ("network", {"module": None, "architecture": [1]}),
        ("versions", ["numpy 2"]),
    ],
)
def test_a_damaged_provenance_raises_with_the_file(sweep, part, value, tmp_path):
    cube = ResultCube.from_search(sweep)
    cube.dataset.attrs["provenance"] = cube.provenance | {part: value}
    path = cube.to_csv(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"a\.csv cannot be read: what it says of"):
        ResultCube.from_table(path)
    path = cube.to_netcdf(tmp_path / "a.nc")
    with pytest.raises(ValueError, match=r"a\.nc cannot be read: what it says of"):
        ResultCube.from_netcdf(path)


IMAGES = np.random.default_rng(0).integers(0, 2, (24, 16, 16)).astype(np.uint8)
LABELS = np.repeat(["blast", "quake"], 12)


class Crop(TransformerMixin, BaseEstimator):
    """The first rows of each image."""

    def __init__(self, n_rows=16):
        self.n_rows = n_rows

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X[:, : self.n_rows]

    def __sklearn_is_fitted__(self):
        return True


class Linear(nn.Module):
    """A network of a user."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(int(np.prod(input_shape)), n_classes)
        )

    def forward(self, X, **kwargs):
        return self.layers(X)


def classifier(**params):
    return FingerprintClassifier(max_epochs=1, device="cpu", random_state=0, **params)


def report_of(estimator, grid, records, folder):
    """Return the networks that the report of a sweep draws, and its search."""
    options = {"cv": 2, "refit": False, "scoring": "accuracy"}
    search = SweepSearchCV(estimator, grid, **options).fit(records, LABELS)
    cube = ResultCube.from_search(search)
    cube = ResultCube.from_netcdf(cube.to_netcdf(folder / "a.nc"))
    return networks_of(write_report(cube, folder / "a.html")), search


@pytest.mark.parametrize(
    ("estimator", "grid", "flat"),
    [
        (classifier(module__conv2_n_filters=4), {"module__conv1_n_filters": [2, 4]}, 0),
        (classifier(module__n_cycles=1), {"lr": [0.01, 0.1]}, 0),
        (make_pipeline(Crop(), classifier()), {"crop__n_rows": [12, 16]}, 0),
        (classifier(), {"module__hidden_sizes": [(4,), (6, 3)]}, 1),
        (
            classifier(module=FingerprintMLP),
            {"module__hidden_dropout_p": [0.1, 0.2]},
            1,
        ),
        (classifier(), {"module": [None, FingerprintMLP]}, 0),
    ],
    ids=["fixed", "rate", "shapes", "flat", "named", "classes"],
)
def test_the_network_of_a_sweep_is_drawn_untold(estimator, grid, flat, tmp_path):
    records = IMAGES.reshape(24, -1) if flat else IMAGES
    drawn, search = report_of(estimator, grid, records, tmp_path)
    sizes = [fits[0]["n_parameters"] for fits in search.fit_results_]
    assert sorted(network["total"] for network in drawn) == sorted(sizes)
    assert not any(network["assumed"] for network in drawn)


def test_the_networks_of_one_sweep_may_have_inputs_of_several_shapes(tmp_path):
    pipeline = make_pipeline(Crop(), classifier())
    drawn, search = report_of(pipeline, {"crop__n_rows": [12, 16]}, IMAGES, tmp_path)
    inputs = [
        network["input"].replace("\N{MULTIPLICATION SIGN}", "x") for network in drawn
    ]
    assert inputs == ["1 x 12 x 16", "1 x 16 x 16"]
    cube = ResultCube.from_search(search)
    assert "input_shape" not in cube.provenance
    part = cube.select(n_rows=[16]).dataset["input_shape"]
    assert set(part.values.ravel()) == {"1,16,16"}


def test_a_network_of_a_user_is_named(tmp_path):
    drawn, search = report_of(
        classifier(module=Linear), {"lr": [0.01, 0.1]}, IMAGES, tmp_path
    )
    assert all("The network is a Linear; only" in one["reason"] for one in drawn)
    facts = provenance_facts(ResultCube.from_search(search).provenance)
    assert (
        facts["Network"]
        == "Linear, input 1 \N{MULTIPLICATION SIGN} 16 \N{MULTIPLICATION SIGN} 16"
    )


def test_a_shape_that_was_not_recorded_is_said_to_be_assumed(tmp_path):
    cube = make_cube(1)
    drawn = networks_of(write_report(cube, tmp_path / "a.html"))
    assert all(network["assumed"] for network in drawn)
    page = write_report(cube, tmp_path / "b.html", input_shape=(1, 64, 64))
    assert not any(network["assumed"] for network in networks_of(page))

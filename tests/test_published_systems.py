import inspect
import re

import numpy as np
import pandas as pd
import pytest

from skseisfp import baselines
from skseisfp.baselines import (
    AfterYue2023,
    ConvNetQuake,
    EventNetworkBaseline,
    NetworkBaseline,
    PublishedSystem,
    TrovaCNN,
    WaveformBaseline,
    published_systems,
)

TABLE = published_systems()
BASES = {WaveformBaseline, NetworkBaseline, EventNetworkBaseline}
CLASSES = {
    name: item
    for name, item in vars(baselines).items()
    if isinstance(item, type) and issubclass(item, WaveformBaseline)
    if item not in BASES
}
NETWORKS = [name for name, item in CLASSES.items() if issubclass(item, NetworkBaseline)]
FOLDERS = {
    "exact": "exact",
    "reconstruction": "reconstructed",
    "by description": "by_description",
}


def count_trained(classifier):
    module = classifier.net_.module_
    return sum(parameter.numel() for parameter in module.parameters())


def test_it_names_the_estimators_of_the_package():
    assert set(TABLE.index) == set(CLASSES)
    assert TABLE.index.is_unique


def test_rows_are_in_the_order_of_exactness_and_name():
    by_name = TABLE.sort_index()
    order = by_name["exactness"].map(list(FOLDERS).index).sort_values(kind="stable")
    assert list(TABLE.index) == list(order.index)


@pytest.mark.parametrize("name", TABLE.index)
def test_systems_lie_in_the_folder_of_their_exactness(name):
    folder = CLASSES[name].__module__.split(".")[-2]
    assert folder == FOLDERS[TABLE.loc[name, "exactness"]]


def test_facts_are_those_of_the_class():
    facts = TrovaCNN.published
    for name in ("paper", "year", "figure", "split", "published_parameters"):
        assert TABLE.loc["TrovaCNN", name] == getattr(facts, name)
    with pytest.raises(AttributeError):
        facts.figure = "100 %"
    with pytest.raises(ValueError, match="exactness must be one of 'exact', "):
        PublishedSystem(
            paper="", year=2000, task="", input="", source="", exactness="exactly"
        )


def test_published_layers_have_the_published_parameters():
    exact = TABLE[TABLE["exactness"] == "exact"]
    assert len(exact) >= 8
    assert exact["published_parameters"].notna().all()
    assert (exact["parameters"] == exact["published_parameters"]).all()
    hainan, linville = TABLE.loc["HainanCNN"], TABLE.loc["LinvilleLSTM"]
    assert hainan["parameters"] == hainan["published_parameters"] == 18_562
    biases = 4 * (40 + 40 + 80 + 80)
    assert linville["parameters"] - linville["published_parameters"] == biases
    rebuilt = TABLE.loc["AfterLinville2019"]
    assert rebuilt["parameters"] == rebuilt["published_parameters"] == 22_519


def test_nothing_is_claimed_of_systems_known_by_description():
    described = TABLE[TABLE["exactness"] == "by description"]
    after = {name for name in TABLE.index if name.startswith("After")}
    assert set(described.index) == after - {"AfterLinville2019"}  # rebuilt by others
    assert described["published_parameters"].isna().all()


@pytest.mark.parametrize("name", TABLE.index)
def test_docstrings_say_what_is_not_exact(name):
    text = " ".join(inspect.getdoc(CLASSES[name]).lower().split())
    found = {word for word in ("reconstruction", "by description") if word in text}
    assert found == {TABLE.loc[name, "exactness"]} - {"exact"}


def test_networks_and_only_networks_have_parameters():
    counted = TABLE.index[TABLE["parameters"].notna()]
    assert set(counted) == set(NETWORKS)
    assert TABLE["input_shape"].map(lambda shape: shape is not None).sum() == len(
        NETWORKS
    )


def test_counts_are_those_of_trained_networks():
    rng = np.random.default_rng(0)
    small = {"max_epochs": 1, "device": "cpu", "random_state": 0}
    X, y = rng.standard_normal((14, 3, 1001)), np.arange(14) % 7
    classifier = ConvNetQuake(**small).fit(X, y)
    assert count_trained(classifier.net_) == TABLE.loc["ConvNetQuake", "parameters"]
    X, y = rng.standard_normal((6, 3, 6000)), np.arange(6) % 3
    steps = AfterYue2023(**small).fit(X, y).net_.steps_
    total = sum(count_trained(step) for step in steps)
    assert total == TABLE.loc["AfterYue2023", "parameters"]


def test_networks_of_one_axis_more_take_events():
    by_event = TABLE.index[TABLE["level"] == "event"]
    assert set(by_event) == {name for name in NETWORKS if CLASSES[name]._max_ndim == 4}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("exactness", {"exact", "reconstruction", "by description"}),
        ("level", {"record", "event"}),
    ],
)
def test_words_are_of_a_fixed_list(column, words):
    assert set(TABLE[column]) == words


def test_every_row_says_what_its_figure_is_worth():
    strings = TABLE.select_dtypes("string").drop(columns="caveats")
    assert strings.notna().all(axis=None)
    assert strings.apply(lambda column: column.str.len() > 3).all(axis=None)
    assert TABLE["year"].between(2017, 2025).all()
    caveats = TABLE["caveats"]
    assert "quality of stations" in caveats["AfterHakim2023"]
    assert "training of one network continues over all folds" in caveats["ErtuncayCNN"]
    assert "leak known" in TABLE.loc["ErtuncayCNN", "split"]
    assert "163 of 172" in TABLE.loc["TrovaCNN", "figure"]
    assert "if it was drawn after" in caveats["TrovaCNN"]
    assert TABLE.loc["AfterTian2022", "figure"] == "unknown"


def test_years_are_those_of_the_names():
    for name, year in TABLE["year"].items():
        dated = re.search(r"\d{4}$", name)
        assert dated is None or int(dated[0]) == year


def test_each_call_gives_a_table_of_its_own():
    changed = published_systems()
    changed["figure"] = "100 %"
    pd.testing.assert_frame_equal(published_systems(), TABLE)

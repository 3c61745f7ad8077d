"""Files that earlier versions have written, and parameters that came and went since."""

import json
from zipfile import ZipFile

import numpy as np
import pytest
from make_saved_models import MODELS, SAVED, predict, remove_parameters
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skseisfp
from skseisfp.neural import FingerprintClassifier
from skseisfp.persistence import MissingParameterWarning
from skseisfp.preprocessing import FilterAugmenter, FingerprintTransformer
from skseisfp.sweep import ResultCube, SimplestRefit

pytest.importorskip("skops", reason="skops is not installed (extra deploy)")

# other releases of packages are said, and no reason to reject a file
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*was written with:UserWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning"),
]
FIGURES = json.loads((SAVED / "figures.json").read_text())


def read(path):
    """Return the members of a file by name."""
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewrite(path, *, schema=None, versions=None):
    """Write a file again, its schema changed by a function, its versions by a dict."""
    content = read(path)
    nodes = json.loads(content["schema.json"])
    note = json.loads(content["skseisfp.json"])
    if schema:
        schema(nodes)
    note["versions"] |= versions or {}
    content |= {
        "schema.json": json.dumps(nodes).encode(),
        "skseisfp.json": json.dumps(note).encode(),
    }
    with ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part)


@pytest.mark.parametrize("name", MODELS)
def test_saved_models_predict_as_they_did(name):
    path = SAVED / f"{name}.skops"
    with np.load(SAVED / "records.npz") as records:
        found = predict(skseisfp.load(path), records["X"], records["groups"])
    assert found["labels"] == FIGURES[name]["labels"]
    # float32 of other processors
    np.testing.assert_allclose(
        found["probabilities"], FIGURES[name]["probabilities"], atol=1e-4
    )


def test_saved_discriminators_keep_their_policies():
    new, old = (
        skseisfp.load(SAVED / f"{name}.skops") for name in ("policies", "discriminator")
    )
    assert new.picking.get_params() == new.contract_.picking
    assert (new.picking.modes, new.picking.missing) == ("manual", "stations")
    assert (new.contract_.align, new.contract_.window) == ("P", (-2.0, 6.0))
    assert (old.picking, old.contract_.picking) == (None, {})
    assert old._picking().doubtful == "keep"  # as it was before there were policies


def test_saved_cubes_hold_what_they_did():
    cube = ResultCube.from_netcdf(SAVED / "cube.nc")
    assert cube.parameters == ["logisticregression__C"]
    np.testing.assert_array_equal(cube.values().values, FIGURES["cube"])


def test_the_file_of_before_lacks_what_came_since():
    schema = json.loads(read(SAVED / "before.skops")["schema.json"])
    augmenter = next(
        node for node in nodes_of(schema) if node.get("__class__") == "FilterAugmenter"
    )
    assert "method" not in augmenter["content"]["content"]
    model = skseisfp.load(SAVED / "before.skops")
    assert model[0].method == "sos"
    assert model[1].view_tolerance == 0
    assert repr(model)


def nodes_of(value):
    """Yield all dicts of a schema."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, (dict, list)):
            yield from nodes_of(part)


@pytest.fixture
def path(tmp_path):
    X = np.random.default_rng(0).normal(size=(8, 1, 200))
    model = make_pipeline(
        FilterAugmenter(sampling_rate=20, fallback=1.0, shifts=(0, 1)),
        FingerprintTransformer(sampling_rate=20, shape=(8, 8), n_coefficients=9),
        FingerprintClassifier(
            max_epochs=1, device="cpu", module__n_cycles=1, use_caching="auto"
        ),
    )
    skseisfp.save(model.fit(X, np.arange(8) % 2), tmp_path / "model.skops")
    return tmp_path / "model.skops"


def without(**names):
    return lambda schema: remove_parameters(schema, names)


def test_what_no_class_declares_takes_its_default_and_warns(path):
    removed = without(FilterAugmenter=["batch_size", "method"])
    rewrite(path, schema=removed, versions={"skseisfp": "0.1.0"})
    message = r"by skseisfp 0\.1\.0, .* differ: FilterAugmenter\.batch_size=64\.$"
    with pytest.warns(MissingParameterWarning, match=message):
        model = skseisfp.load(path)
    assert model[0].batch_size == 64
    assert model[0].method == "sos"


def test_a_declared_value_goes_before_the_default(path, monkeypatch):
    values = FingerprintTransformer._earlier_values | {"encoding": "presence"}
    monkeypatch.setattr(FingerprintTransformer, "_earlier_values", values)
    rewrite(path, schema=without(FingerprintTransformer=["encoding"]))
    assert skseisfp.load(path)[1].encoding == "presence"


def test_parts_that_restore_themselves_have_their_parameters_before(path):
    expected = skseisfp.load(path)
    removed = without(FingerprintClassifier=["warm_start", "lr", "criterion"])
    rewrite(path, schema=removed)
    with pytest.warns(MissingParameterWarning, match=r"criterion=.*CrossEntropyLoss"):
        model = skseisfp.load(path)
    assert model[2].get_params() == expected[2].get_params()
    X = np.random.default_rng(1).normal(size=(3, 1, 200))
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("FilterAugmenter", "colour"), ("FingerprintClassifier", "n_rounds")],
)
def test_unknown_parameters_raise_by_name(path, kind, name):
    def add(schema):
        node = next(
            node
            for node in nodes_of(schema)
            if node.get("__class__") == kind and node["__loader__"] == "ObjectNode"
        )
        attributes = node["content"]["content"]
        attributes[name] = next(iter(attributes.values()))
        node["content"]["key_types"]["content"] *= 2

    rewrite(path, schema=add, versions={"skseisfp": "0.1.7"})
    message = rf"model\.skops was written by skseisfp 0\.1\.7.* '{name}' of {kind}, "
    with pytest.raises(ValueError, match=message):
        skseisfp.load(path)


def test_parameters_without_default_raise_by_name(tmp_path):
    model = skseisfp.EventVoteClassifier(LogisticRegression())
    X = np.arange(8.0)[:, None]
    path = tmp_path / "votes.skops"
    skseisfp.save(model.fit(X, np.arange(8) % 2, groups=np.arange(8)), path)
    rewrite(path, schema=without(EventVoteClassifier=["estimator"]))
    with pytest.raises(ValueError, match=r"without 'estimator', which EventVote"):
        skseisfp.load(path)


def test_rules_and_facts_are_completed_too(tmp_path):
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    model.rule_ = SimplestRefit(complexity="C")
    model.contract_ = skseisfp.inference.input_contract.InputContract("features", (1,))
    path = tmp_path / "model.skops"
    skseisfp.save(model, path)
    rewrite(path, schema=without(SimplestRefit=["metric"], InputContract=["folds"]))
    with pytest.warns(MissingParameterWarning, match=r"InputContract\.folds={}"):
        again = skseisfp.load(path)
    assert again.rule_ == model.rule_
    assert again.contract_ == model.contract_

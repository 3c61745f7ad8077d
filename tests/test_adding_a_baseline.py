"""A baseline is one class in one module: all else comes from its base class."""

import importlib
import inspect
import pickle
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

import skseisfp
from skseisfp.baselines import NetworkBaseline, TrovaCNN, published_systems

MODULE = '''
"""The network of Doe (2000)."""

import numpy as np
from torch import nn

from skseisfp.baselines import NetworkBaseline, PublishedSystem


class DoeNet(nn.Module):
    """One layer on all samples."""

    def __init__(self, input_shape, n_classes, *, bias=True):
        super().__init__()
        dense = nn.Linear(int(np.prod(input_shape)), n_classes, bias=bias)
        self.layers = nn.Sequential(nn.Flatten(), dense)

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class AfterDoe2000(NetworkBaseline):
    """Network of one layer on absolute waveforms, after Doe.

    Parameters
    ----------
    bias : bool, default=True
        Whether the layer has a bias.

    Notes
    -----
    Built by description.
    """

    published = PublishedSystem(
        paper="Doe",
        year=2000,
        task="earthquake or blast",
        input="absolute waveforms, 10 s",
        record_shape=(3, 500),
        exactness="by description",
        source="a test",
    )
    _module = DoeNet
    _module_parameters = ("bias",)
    _rate = 50.0
    _f_min = 1.0
    _parameter_constraints = {
        **NetworkBaseline._parameter_constraints,
        "bias": ["boolean"],
    }

    def __init__(
        self,
        *,
        sampling_rate=50.0,
        window=None,
        bias=True,
        max_epochs=7,
        batch_size=128,
        lr=1e-3,
        early_stopping=False,
        n_jobs=None,
        device="auto",
        random_state=None,
    ):
        super().__init__(
            sampling_rate=sampling_rate,
            window=window,
            max_epochs=max_epochs,
            batch_size=batch_size,
            lr=lr,
            early_stopping=early_stopping,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
        )
        self.bias = bias

    def _represent(self, X):
        return np.abs(self._preprocess(X))
'''
SMALL = {"max_epochs": 2, "device": "cpu", "random_state": 0}


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """The module of the baseline, somewhere outside of the package."""
    (tmp_path / "after_doe_2000.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("after_doe_2000")
    del sys.modules["after_doe_2000"]


@pytest.fixture
def fitted(outside):
    X = np.random.default_rng(0).standard_normal((8, 3, 500))
    y = np.array(["earthquake", "blast"] * 4)
    return outside.AfterDoe2000(**SMALL).fit(X, y), X


def test_it_has_a_row_where_it_is_asked_for(outside, fitted):
    before = published_systems()
    table = published_systems(extra=[outside.AfterDoe2000])
    pd.testing.assert_frame_equal(table.iloc[:-1], before)
    row = table.loc["AfterDoe2000"]
    assert row["paper"] == "Doe"
    assert row["level"] == "record"
    assert row["input_shape"] == (3, 500)
    module = fitted[0].net_.net_.module_
    assert row["parameters"] == sum(weights.numel() for weights in module.parameters())
    pd.testing.assert_frame_equal(published_systems(), before)


@pytest.mark.parametrize("item", [NetworkBaseline, "TrovaCNN", int, TrovaCNN()])
def test_rows_are_of_classes_with_facts(item):
    with pytest.raises(TypeError, match="extra must be subclasses of WaveformBaseline"):
        published_systems(extra=[item])


def test_a_row_is_not_inherited(outside):
    class Changed(outside.AfterDoe2000):
        pass

    with pytest.raises(TypeError, match=r"published of its own; got .*Changed"):
        published_systems(extra=[Changed])


def test_it_documents_what_it_inherits(outside):
    doc = ClassDoc(outside.AfterDoe2000)
    documented = {item.name: item for item in doc["Parameters"]}
    signature = inspect.signature(outside.AfterDoe2000).parameters
    assert list(documented) == list(signature)
    assert all(item.desc for item in documented.values())
    assert documented["max_epochs"].type == "int in [1, inf), default=7"
    assert documented["sampling_rate"].type == "float in (0, inf), default=50.0"
    assert documented["lr"].type == "float in (0, inf), default=1e-3"
    attributes = [item.name for item in doc["Attributes"]]
    assert {"classes_", "net_", "published"} <= set(attributes)
    assert doc["Notes"] == ["Built by description."]


def test_it_passes_the_checks_of_scikit_learn(outside):
    with warnings.catch_warnings():
        # scikit-learn warns on the checks' own data, such as a class of one member
        warnings.simplefilter("ignore")
        results = check_estimator(
            outside.AfterDoe2000(**SMALL), on_skip=None, on_fail=None
        )
    statuses = {result["check_name"]: result["status"] for result in results}
    assert len(statuses) >= 50
    failed = [name for name, status in statuses.items() if status == "failed"]
    assert failed == []


def test_it_is_validated_as_declared(outside, fitted):
    _, X = fitted
    for name, value in (("bias", "yes"), ("lr", -1), ("window", (1, 99))):
        classifier = outside.AfterDoe2000(**{**SMALL, name: value})
        with pytest.raises(ValueError, match=f"{name} must be"):
            classifier.fit(X, [0, 1] * 4)


def test_it_is_cloned_and_pickled(fitted):
    classifier, X = fitted
    expected = classifier.predict_proba(X)
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(X), expected)
    retrained = clone(classifier).fit(X, ["earthquake", "blast"] * 4)
    np.testing.assert_array_equal(retrained.predict_proba(X), expected)


def test_it_is_loaded_where_it_is_trusted(outside, fitted, tmp_path):
    pytest.importorskip("skops", reason="skops is not installed (extra deploy)")
    classifier, X = fitted
    skseisfp.save(classifier, tmp_path / "model.skops")
    with pytest.raises(ValueError, match=r"after_doe_2000\.AfterDoe2000"):
        skseisfp.load(tmp_path / "model.skops")
    for trusted in ([outside.AfterDoe2000], [outside.DoeNet]):
        with pytest.raises(ValueError, match="types that are not trusted"):
            skseisfp.load(tmp_path / "model.skops", trusted=trusted)
    again = skseisfp.load(
        tmp_path / "model.skops", trusted=[outside.AfterDoe2000, outside.DoeNet]
    )
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))


def test_in_the_package_it_is_one_file_and_one_line(tmp_path):
    pytest.importorskip("skops", reason="skops is not installed (extra deploy)")
    package = tmp_path / "skseisfp"
    shutil.copytree(Path(skseisfp.__file__).parent, package)
    imports = "from skseisfp.baselines import NetworkBaseline, PublishedSystem\n"
    relative = (
        "from ..network_baseline import NetworkBaseline\n"
        "from ..published_system import PublishedSystem\n"
    )
    assert imports in MODULE
    baselines = package / "baselines"
    (baselines / "by_description" / "after_doe_2000.py").write_text(
        MODULE.replace(imports, relative), encoding="utf-8"
    )
    lines = (baselines / "__init__.py").read_text(encoding="utf-8").splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith("from ."))
    home = ".by_description.after_doe_2000"
    lines.insert(last + 1, f"from {home} import AfterDoe2000 as AfterDoe2000")
    (baselines / "__init__.py").write_text("\n".join(lines), encoding="utf-8")
    program = """
        import numpy as np
        import skseisfp
        from skseisfp import baselines
        X, y = np.random.default_rng(0).standard_normal((8, 3, 500)), [0, 1] * 4
        model = baselines.AfterDoe2000(max_epochs=1, device="cpu").fit(X, y)
        skseisfp.save(model, "model.skops")
        again = skseisfp.load("model.skops")
        assert (again.predict_proba(X) == model.predict_proba(X)).all()
        assert "AfterDoe2000" in baselines.__all__
        print(baselines.published_systems().loc["AfterDoe2000", "parameters"])
    """
    done = subprocess.run(
        [sys.executable, "-c", inspect.cleandoc(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3002"]  # 3 x 500 x 2 weights and 2 biases

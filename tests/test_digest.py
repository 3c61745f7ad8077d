import copy
import functools
import inspect
import pickle
import sys
import typing
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skseisfp._utils.digest import digest, environment
from skseisfp.metrics import make_event_scorer
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import FilterAugmenter

TABLE = np.arange(6.0).reshape(2, 3)


def shifted(shift):
    return lambda x: x + shift


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, np.int64(1)),
        (0.5, np.float64(0.5)),
        (0.0, -0.0),
        ("a", np.str_("a")),
        (True, np.True_),
        (1 + 2j, np.complex128(1 + 2j)),
        (0.5 + 2j, np.complex64(0.5 + 2j)),
        (np.datetime64("2024-01-01"), np.datetime64("2024-01-01")),
        (TABLE, np.asfortranarray(TABLE)),
        (TABLE, TABLE.astype(">f8")),
        (TABLE[:, ::2], TABLE[:, ::2].copy()),
        (np.array(["a", "b"], object), np.array(["a", "b"], "<U9")),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({3, 1, 2}, {1, 2, 3}),
        (pd.Series([1, 2], [3, 4]), pd.Series([1, 2], [3, 4])),
        (sparse.eye(3, format="csr"), sparse.eye(3, format="coo")),
        (SVC(C=2.0), SVC(C=np.float64(2))),
        (FilterAugmenter(shifts=(0, 1)), FilterAugmenter(shifts=(0, 1))),
        (make_scorer(roc_auc_score), make_scorer(roc_auc_score)),
        (make_event_scorer("f1"), make_event_scorer("f1")),
        (shifted(1), shifted(1)),
        (SVC(C=2.0).predict, SVC(C=2.0).predict),
        (functools.partial(max, 1), functools.partial(max, 1)),
        (np.random.RandomState(3), np.random.RandomState(3)),
        (Path("a"), Path("a")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_equal_values_have_one_digest(one, other):
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0, None),
        ("1", 1),
        (1j, 2j),
        (1.0, 1.0 + 0j),
        (np.datetime64("2024-01-01"), np.datetime64("2024-01-02")),
        ("ab", ["a", "b"]),
        ([1, [2]], [1, 2]),
        ((1,), [1]),
        (["a", "bc"], ["ab", "c"]),
        (TABLE, TABLE.T),
        (TABLE, TABLE.reshape(3, 2)),
        (TABLE, TABLE.astype(np.float32)),
        (TABLE, np.ma.masked_array(TABLE, TABLE == 1)),
        (pd.Series([1, 2], [3, 4]), pd.Series([1, 2], [3, 5])),
        (pd.Series([1, 2], name="a"), pd.Series([1, 2], name="b")),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (SVC(C=2.0), SVC(C=3.0)),
        (SVC(C=2.0), LogisticRegression(C=2.0)),
        (SVC, LogisticRegression),
        (shifted(1), shifted(2)),
        (SVC(C=2.0).predict, SVC(C=3.0).predict),
        (SVC().predict, SVC().decision_function),
        (lambda x: x + 1, lambda x: x + 2),
        (lambda x: x.real, lambda x: x.imag),
        (np.sin, np.cos),
        (len, max),
        ("x".join, "y".join),
        (functools.partial(max, 1), functools.partial(max, 2)),
        (make_event_scorer("f1"), make_event_scorer("accuracy")),
        (make_event_scorer("f1"), make_event_scorer("f1", vote="majority")),
        (np.random.RandomState(3), np.random.RandomState(4)),
        (np.float32, np.float64),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_have_another_digest(one, other):
    assert digest(one) != digest(other)


def test_a_digest_is_the_same_in_every_process():
    value = [1, 0.5, "text", TABLE, {"b": (None, True)}, SVC]
    assert digest(value) == "ba9ddae7a72f549f1240fdb513d36b6e"


def test_cycles_end():
    loop = [1]
    loop.append(loop)
    assert digest(loop) == digest(loop)
    classifier = FingerprintClassifier()
    classifier.callbacks = [("self", classifier)]
    assert digest(classifier) != digest(FingerprintClassifier())


def test_what_pickle_cannot_reduce_is_named(tmp_path):
    with (
        open(tmp_path / "file", "w") as file,
        pytest.raises(TypeError, match="A TextIOWrapper has no digest"),
    ):
        digest([1, file])


def test_environment_names_the_packages():
    versions = environment()
    assert versions["numpy"] == np.__version__
    assert {"python", "skseisfp", "scikit-learn", "torch"} <= versions.keys()


SCRIPT = """
import functools
import helper_module
from helper_module import scale as imported

LEVEL = {level}

def helper(x):
    return x + {helper}

def work(x):
    return helper(x) * LEVEL * imported(x)

def through(x):
    return helper_module.scale(x)

@functools.lru_cache
def cached(x):
    return x + {cached}

class Base:
    def own(self):
        return {base}

class Part(Base):
    SIZE = {size}

    @property
    def half(self):
        return {prop}

    @functools.cached_property
    def kept(self):
        return {kept}

    @staticmethod
    def twice(x):
        return x * {static}

    def again(self):
        return Part, work
"""
EDITS = ("level", "helper", "cached", "base", "size", "prop", "kept", "static")


def user_module(name="user_script", scale=2, **values):
    """Make a module of the user, and one that it imports."""
    helper = ModuleType("helper_module")
    exec(f"def scale(x):\n    return x * {scale}", vars(helper))
    module = ModuleType(name)
    sys.modules |= {"helper_module": helper, name: module}
    values = dict.fromkeys(EDITS, 1) | values
    exec(SCRIPT.format(**values), vars(module))
    return module


@pytest.fixture
def parts():
    """Digests of what a module defines; the modules are forgotten afterwards."""

    def digests(**values):
        module = user_module(**values)
        names = ("work", "through", "Part")
        return {name: digest(getattr(module, name)) for name in names} | {
            "cached": digest(module.cached)
        }

    yield digests
    for name in ("helper_module", "user_script"):
        sys.modules.pop(name, None)


def test_the_same_code_of_the_user_has_one_digest(parts):
    assert parts() == parts()


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        ({"level": 2}, ["Part", "work"]),
        ({"helper": 2}, ["Part", "work"]),
        ({"scale": 3}, ["Part", "through", "work"]),
        ({"cached": 2}, ["cached"]),
        ({"base": 2}, ["Part"]),
        ({"size": 2}, ["Part"]),
        ({"prop": 2}, ["Part"]),
        ({"kept": 2}, ["Part"]),
        ({"static": 2}, ["Part"]),
    ],
    ids=lambda value: str(value),
)
def test_edits_of_what_code_uses_change_its_digest(parts, edit, changed):
    before, after = parts(), parts(**edit)
    found = [name for name in sorted(before) if before[name] != after[name]]
    assert found == changed


def test_a_function_counts_by_what_it_encloses_once_that_is_there():
    def use():
        return later

    before = digest(use)
    later = 1
    first = digest(use)
    later = 2
    assert len({before, first, digest(use)}) == 3


class Own(TransformerMixin, ClassifierMixin, BaseEstimator):
    """An estimator of the user, of this file."""

    def __init__(self, shift=0):
        self.shift = shift

    def fit(self, X, y=None) -> "Own":
        self.classes_ = np.unique(y)
        return self

    def transform(self, X):
        return X + self.shift

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]


def test_use_of_a_class_does_not_change_its_digest():
    X, y = np.arange(12.0).reshape(6, 2), np.arange(6) % 2
    before = digest(Own())
    for use in (
        lambda: cross_validate(Own(), X, y, cv=2),
        lambda: Parallel(n_jobs=2)(delayed(clone)(Own()) for _ in range(2)),
        lambda: pickle.loads(pickle.dumps(Own())),
        lambda: copy.deepcopy(Own()),
        lambda: (repr(Own()), Own()._repr_html_(), Own().get_metadata_routing()),
        lambda: (inspect.signature(Own), typing.get_type_hints(Own.fit)),
        lambda: make_pipeline(Own(), SVC()).fit(X, y).get_params(),
    ):
        use()
        assert digest(Own()) == before


def test_fitted_state_counts_where_clone_keeps_it():
    X, y = np.arange(12.0).reshape(6, 2), np.arange(6) % 2
    one, other = (SVC().fit(X, y), SVC().fit(X, 1 - y))
    assert digest(one) == digest(other)
    assert digest(FrozenEstimator(one)) != digest(FrozenEstimator(other))
    assert digest(FrozenEstimator(one)) == digest(FrozenEstimator(SVC().fit(X, y)))
    inside = [CalibratedClassifierCV(FrozenEstimator(part)) for part in (one, other)]
    assert digest(inside[0]) != digest(inside[1])
    methods = [digest(FunctionTransformer(part.predict)) for part in (one, other)]
    assert methods[0] != methods[1]
    assert methods[0] == digest(FunctionTransformer(SVC().fit(X, y).predict))
    partials = [digest(functools.partial(max, part)) for part in (one, other)]
    assert partials[0] != partials[1]


def test_requests_count_since_clone_keeps_them():
    asking = SVC()
    with sklearn.config_context(enable_metadata_routing=True):
        asking.set_fit_request(sample_weight=True)
    assert digest(asking) != digest(SVC())


def test_tensors_count_by_their_values():
    tensor = torch.tensor([1.0, 2.0])
    assert digest(tensor) == digest(torch.tensor([1.0, 2.0]))
    assert digest(tensor) != digest(torch.tensor([1.0, 3.0]))
    assert digest(tensor) != digest(tensor.double())
    assert digest(tensor) != digest(torch.nn.Parameter(tensor))
    transposed = torch.arange(6.0).reshape(2, 3).T
    assert digest(transposed) == digest(transposed.contiguous())
    assert digest(torch.ones(2, dtype=torch.bfloat16)) != digest(torch.ones(2))


def test_shared_digests_are_those_of_single_calls():
    memo = {}
    values = [TABLE, np.zeros(5), shifted(1), SVC, SVC(), [TABLE, {"a": SVC}]]
    for _ in range(2):
        for value in values:
            assert digest(value, memo=memo) == digest(value)

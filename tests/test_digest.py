import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score
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
    assert digest(value) == "c2673ff3ba9c41e68d76bfd6545e8093"


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

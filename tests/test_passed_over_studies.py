"""A new study that was likely meant to be an earlier one of its store is named."""

import warnings

import numpy as np
import pytest
from counting import Counting
from sklearn.datasets import load_iris
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.sweep import NotReusableWarning, SweepSearchCV, _search_store

IRIS = load_iris(return_X_y=True)


def sweep(store, study_name=None, *, plan=(0, 1), estimator=None, **options):
    """Fit a search; without an estimator it is one that only counts."""
    grid = {"number": list(plan)}
    if estimator is not None:
        grid = {f"counting__{name}": values for name, values in grid.items()}
    options = {"cv": 2, "refit": False, "study_name": study_name} | options
    search = SweepSearchCV(estimator or Counting(), grid, store=store, **options)
    return search.fit(*IRIS)


def defined(name, code):
    """Return a function or class as a script of the user defines it."""
    namespace = {"np": np, "__name__": "script"}
    exec(code, namespace)
    return namespace[name]


def shifted(code):
    """Return a pipeline whose first step calls a function of the user."""
    return make_pipeline(FunctionTransformer(defined("shift", code)), Counting())


@pytest.mark.parametrize(
    ("first", "second", "advice"),
    [
        ("blasts of 2024", "blsats of 2024", "Give study_name='blasts of 2024'"),
        ("Mine", "mine", "Give study_name='Mine'"),
        ("mine", None, "Give study_name='mine'"),
    ],
)
def test_a_name_that_looks_mistyped(store, fits, first, second, advice):
    sweep(store, first)
    fits()
    with pytest.warns(NotReusableWarning, match=advice) as caught:
        search = sweep(store, second, plan=(0, 1, 2))
    assert "2 of 3 trials are in the study" in str(caught[0].message)
    assert repr(search.study_name_) in str(caught[0].message)
    assert len(caught) == 1
    assert len(fits()) == 6
    sweep(store, second, plan=(0, 1, 2))  # the study is there now
    assert fits() == []


def test_an_edited_function(store):
    sweep(store, estimator=shifted("def shift(X):\n    return X + 1"))
    edited = shifted("def shift(X):\n    return X + 2")
    with pytest.warns(
        NotReusableWarning, match=r"2 of 2 .*changed since: the code of the estimator\."
    ):
        sweep(store, estimator=edited)


def test_an_edited_class(store):
    code = "class Own:\n    level = 1"
    sweep(store, estimator=make_pipeline(Counting(model=defined("Own", code))))
    other = defined("Own", code.replace("1", "2"))
    with pytest.warns(NotReusableWarning, match="the code of the estimator"):
        sweep(store, estimator=make_pipeline(Counting(model=other)))


def test_an_edited_score(store):
    code = "def own(y, z):\n    return np.mean(y == z)"
    sweep(store, scoring=make_scorer(defined("own", code)))
    edited = defined("own", code + " / 2")
    with pytest.warns(NotReusableWarning, match="the code of the scoring"):
        sweep(store, scoring=make_scorer(edited))


def test_another_version_is_named(store, monkeypatch):
    sweep(store)
    sweep(store, "mine", plan=(5,))
    versions = _search_store.environment() | {"numpy": "9.9"}
    monkeypatch.setattr(_search_store, "environment", lambda: versions)
    reason = rf"numpy \(was {np.__version__}, is 9\.9\)"
    with pytest.warns(NotReusableWarning, match=f"changed since: {reason}"):
        sweep(store)
    with pytest.raises(ValueError, match=f"made from other versions.*: {reason}"):
        sweep(store, "mine", plan=(5,))


@pytest.mark.parametrize(
    ("names", "differences"),
    [
        (("run 1", "run 2"), {}),  # numbered
        (("forest", "network"), {}),
        ((None, "forest"), {}),
        (("coarse plan", "coarse plans"), {"plan": (2, 3)}),
        ((None, None), {"cv": 3}),
        ((None, None), {"scoring": "f1_macro"}),
        ((None, None), {"return_train_score": True}),
        ((None, None), {"together": True}),
        ((None, None), {"estimator": make_pipeline(Counting(sizes=(1,)))}),
        (("before", "after"), {"estimator": shifted("def shift(X):\n    return X")}),
    ],
)
def test_other_experiments_of_a_store_do_not_warn(store, names, differences):
    is_piped = "estimator" in differences
    sweep(store, names[0], estimator=make_pipeline(Counting()) if is_piped else None)
    sweep(store, names[1], **differences)


def test_what_cannot_be_told_apart_does_not_warn(store):
    for function in (lambda X: X + 1, lambda X: X + 2):
        pipeline = make_pipeline(FunctionTransformer(function), Counting())
        sweep(store, estimator=pipeline)


def test_an_old_study_does_not_warn_again_if_it_is_gone_on_with(store):
    codes = [f"def shift(X):\n    return X + {number}" for number in (1, 2)]
    sweep(store, estimator=shifted(codes[0]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sweep(store, estimator=shifted(codes[1]))
        for code in codes:
            sweep(store, estimator=shifted(code))
    assert len(caught) == 1

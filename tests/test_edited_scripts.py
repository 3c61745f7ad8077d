"""A script that is edited between runs gets what a run without a store gives."""

import importlib
import json
import os
import sys

import optuna  # noqa: F401 - loaded once, and not by each process
import pytest
import torch  # noqa: F401
from counting import SETTINGS, flat, read_log

from skseisfp.sweep import SweepSearchCV

SCRIPT = """
import functools

import numpy as np
import torch
from counting import Counting
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import edited_helper

SHIFTS = {"first": 0.5}
X = np.random.default_rng(0).normal(size=(60, 4))
y = np.arange(60) % 3


def shift(X):
    return X + SHIFTS["first"]


def bend(X, power=1.0):
    return np.sign(X) * np.abs(X) ** power


def doubled(function):
    def inner(X):
        return function(X) * 2.0

    return inner


@doubled
def plain(X):
    return X


def compose(offset):
    return lambda X: edited_helper.helped(plain(bend(shift(X)))) + offset


class Base:
    gain = 1.0

    def amplify(self, X):
        return X * self.gain


class Own(Base, TransformerMixin, BaseEstimator):
    limit = 5.0

    def __init__(self, weights=None, level=1.0):
        self.weights = weights
        self.level = level

    @property
    def top(self):
        return self.limit - 0.25

    @staticmethod
    def centre(X):
        return X - 0.125

    @functools.lru_cache
    def table(self):
        return 0.0

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        X = self.centre(self.amplify(X)) * self.level + self.table()
        return np.clip(X * self.weights.numpy(), -self.top, self.top)


PART = 0.75  # of the score


def weigh(truth):
    return 1.0 + (truth == 1)


def own_score(truth, prediction):
    return PART * np.average(truth == prediction, weights=weigh(truth))


frozen = FrozenEstimator(StandardScaler().fit(X[:30]))
own = Own(torch.arange(1.0, 5.0))
pipeline = make_pipeline(
    FunctionTransformer(compose(0.0)), own, frozen, Counting()
)
scoring = make_scorer(own_score)
options = {"cv": 3, "refit": False, "scoring": scoring}
grid = {"counting__number": [0, 1], "functiontransformer__kw_args": [None]}
"""
HELPER = "FACTOR = 1.0\n\ndef helped(X):\n    return X * FACTOR\n"
EDITS = [
    ('{"first": 0.5}', '{"first": 0.7}'),  # a constant that a function reads
    ("default_rng(0)", "default_rng(1)"),  # records
    ("y = np.arange(60) % 3", "y = np.arange(60) // 2 % 3"),  # labels
    ('X + SHIFTS["first"]', 'X - SHIFTS["first"]'),  # a helper of a helper
    ("power=1.0", "power=2.0"),  # a default
    ("function(X) * 2.0", "function(X) * 3.0"),  # a decorator
    ("+ offset", "- 2 * offset + 0.3"),  # a lambda
    ("compose(0.0)", "compose(0.4)"),  # a value in a closure
    ("gain = 1.0", "gain = 1.5"),  # an attribute of a base class
    ("return X * self.gain", "return X / self.gain + 0.2"),  # a method of it
    ("limit = 5.0", "limit = 1.0"),  # an attribute of a class
    ("self.limit - 0.25", "self.limit - 4.5"),  # a property
    ("return X - 0.125", "return X - 0.325"),  # a static method
    ("return 0.0", "return 0.6"),  # a cached method
    ("level=1.0", "level=1.3"),  # a default of a parameter
    ("PART = 0.75", "PART = 0.5"),  # a constant of a score
    ("1.0 + (truth == 1)", "1.0 + (truth == 2)"),  # a helper of a score
    ("fit(X[:30])", "fit(X[:20] * 2)"),  # the state of a frozen part
    ("torch.arange(1.0, 5.0)", "torch.arange(2.0, 6.0)"),  # a tensor
    ("class Own(Base, ", "class Own("),  # a base class
    ('"cv": 3', '"cv": 4'),  # folds
    ("FACTOR = 1.0", "FACTOR = 1.7"),  # a constant of a module that is imported
    ("return X * FACTOR", "return X + FACTOR"),  # a function of it
]
SAME = [
    ("# of the score", "# another comment"),
    ('"counting__number": [0, 1]', '"counting__number": [1, 0]'),
    ("# of the score", "\nUNUSED = 3"),
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Call with an edit to run the script in a new process, with or without store."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    log, out = tmp_path / "fits.log", tmp_path / "out.json"
    monkeypatch.setattr(SETTINGS, "log", log)

    def run(old="", new="", store=tmp_path / "study.db"):
        text = SCRIPT.replace(old, new, 1)
        if old.startswith("class Own"):
            text = text.replace("self.amplify(X)", "X * 0.9")
        (tmp_path / "edited_script.py").write_text(text)
        (tmp_path / "edited_helper.py").write_text(HELPER.replace(old, new, 1))
        importlib.invalidate_caches()
        log.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            try:
                script = importlib.import_module("edited_script")
                search = SweepSearchCV(
                    script.pipeline, script.grid, store=store, **script.options
                )
                fits = flat(search.fit(script.X, script.y))
                numbers = search.cv_results_["param_counting__number"].tolist()
                out.write_text(json.dumps([numbers, fits]))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        result = json.loads(out.read_text())
        out.unlink()
        return result, len(read_log(log))

    return run


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*changed since:")
def test_edits_between_runs_give_what_fresh_runs_give(run):
    original, n_fits = run()
    assert n_fits == 6
    for old, new in EDITS:
        fresh, n_fresh = run(old, new, store=None)
        assert fresh != original, old  # the edit matters
        edited, n_fits = run(old, new)
        assert (edited, n_fits) == (fresh, n_fresh), old
        assert run(old, new) == (fresh, 0), old
        assert run() == (original, 0), old


@pytest.mark.parametrize(("old", "new"), SAME, ids=["comment", "order", "unused"])
def test_edits_that_change_nothing_run_nothing(run, old, new):
    run()
    edited, n_fits = run(old, new)
    assert n_fits == 0
    assert edited == run(old, new, store=None)[0]

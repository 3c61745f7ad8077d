"""Forged and damaged files of models: an error that names them, and nothing else."""

import os
import re

import hostile_models
import numpy as np
import pytest
from hostile_models import KINDS, forged
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

import skseisfp

pytest.importorskip("skops", reason="skops is not installed (extra deploy)")

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.arange(60) % 3


def linear(**attributes):
    model = LogisticRegression().fit(X, Y)
    for name, value in attributes.items():
        setattr(model, name, value)
    return model


MODELS = {
    "linear": linear,
    "random state": lambda: linear(random_state=np.random.RandomState(0)),
    "generator": lambda: linear(random_state=np.random.Generator(np.random.Philox(0))),
    "sparse": lambda: linear(coef_=csr_matrix(np.eye(3, 4))),
    "search": lambda: GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2).fit(X, Y),
    "trees": lambda: ExtraTreesClassifier(2, max_depth=3, random_state=0).fit(X, Y),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=2).fit(X, Y),
    "histogram boosting": lambda: HistGradientBoostingClassifier(
        max_iter=2, min_samples_leaf=5
    ).fit(X, Y),
    "support vectors": lambda: SVC().fit(X, Y),
    "neighbours": lambda: KNeighborsClassifier(algorithm="brute").fit(X, Y),
    "clusters": lambda: KMeans(3, n_init=1).fit(X),
    "network": lambda: skseisfp.FingerprintClassifier(max_epochs=1, device="cpu").fit(
        np.zeros((12, 16, 16), np.uint8), np.arange(12) % 2
    ),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of sound files, which can be loaded."""
    folder = tmp_path_factory.mktemp("sound")
    files = {}
    for name, make in MODELS.items():
        skseisfp.save(make(), folder / "model.skops")
        skseisfp.load(folder / "model.skops", trusted=[hostile_models.SPARSE])
        files[name] = (folder / "model.skops").read_bytes()
    return files


@pytest.fixture(scope="module")
def results(saved, tmp_path_factory):
    """What happened to a process that loads each of the hostile files."""
    files = {
        name: forged(saved[model], forge) for name, (model, forge, _) in KINDS.items()
    }
    return hostile_models.load_each(tmp_path_factory.mktemp("hostile"), files)


@pytest.mark.parametrize("name", KINDS)
def test_a_forged_file_is_an_error_that_names_it(name, results):
    result = results[name]
    assert result["error"] == "ValueError", result
    assert result["file"] in result["message"]
    assert re.search(KINDS[name][2], result["message"])
    assert result["kilobytes"] < 2 * hostile_models.MOST_BYTES / 1024


def test_no_code_of_a_file_runs(results):
    assert results["left"] == []


def test_files_without_changes_are_loaded(saved, tmp_path):
    for name, data in saved.items():
        (tmp_path / "model.skops").write_bytes(forged(data, lambda *_: None))
        again = skseisfp.load(tmp_path / "model.skops", trusted=[hostile_models.SPARSE])
        assert isinstance(again, BaseEstimator), name
        if name not in ("sparse", "network"):
            again.predict(X)


@pytest.mark.parametrize("max_bytes", [0, -1, 2.5, "1 GB", None])
def test_max_bytes_is_a_positive_integer(max_bytes, tmp_path):
    with pytest.raises((TypeError, ValueError), match="max_bytes"):
        skseisfp.load(tmp_path / "model.skops", max_bytes=max_bytes)


def test_max_bytes_bounds_the_memory(saved, tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(saved["linear"])
    with pytest.raises(ValueError, match=r"model\.skops needs \d+ bytes .* is 1000\."):
        skseisfp.load(path, max_bytes=1000)
    with pytest.raises(ValueError, match="load it with a larger max_bytes"):
        skseisfp.load(path, max_bytes=path.stat().st_size)
    skseisfp.load(path, max_bytes=40 * path.stat().st_size)
    skseisfp.load(path, max_bytes=2**60)  # more than any machine can allocate


def test_a_folder_and_a_pipe_are_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match=r"pipe.* not a regular file"):
        skseisfp.load(tmp_path / "pipe")
    with pytest.raises(OSError, match=tmp_path.name):
        skseisfp.load(tmp_path)

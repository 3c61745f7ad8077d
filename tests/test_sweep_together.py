"""Fits of a sweep that are trained together score and are stored as separate ones."""

import sys
import warnings

import numpy as np
import pytest
from counting import flat
from joblib import parallel_config
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from small_classifiers import Stopper, make_fingerprints

from skseisfp import FingerprintTransformer
from skseisfp.neural import FingerprintClassifier
from skseisfp.sweep import SweepSearchCV, _together

GRID = {"lr": [1e-3, 1e-2], "random_state": [0, 1]}
CV = StratifiedKFold(3)  # of 61 records: folds differ in size


def records(n=61):
    X, y = make_fingerprints(n, contrast=0.15)
    return X.reshape(n, -1), y


def sweep(together, grid=GRID, estimator=None, **options):
    if estimator is None:
        estimator = FingerprintClassifier(max_epochs=2, device="cpu")
    options = {"cv": CV, "refit": False} | options
    return SweepSearchCV(estimator, grid, together=together, **options)


@pytest.fixture
def stacks(monkeypatch):
    """Note how many networks each call trains together."""
    seen = []
    module = sys.modules["skseisfp.neural.fit_together"]  # not the function
    train = module._train_stack

    def note(fits):
        seen.append(len(fits))
        return train(fits)

    monkeypatch.setattr(module, "_train_stack", note)
    return seen


def assert_same(one, other):
    """Compare all that is kept of fits, but for times."""
    for row, expected in zip(one.fit_results_, other.fit_results_, strict=True):
        for fit, known in zip(row, expected, strict=True):
            assert fit.keys() == known.keys()
            assert fit["confusion"] == known["confusion"]
            assert fit["n_parameters"] == known["n_parameters"]
            for epoch, before in zip(fit["history"], known["history"], strict=True):
                assert epoch == pytest.approx(before, abs=1e-5)
            assert fit["scores"] == pytest.approx(known["scores"], abs=1e-6)
            assert fit["fit_time"] > 0


@pytest.mark.parametrize("together", [True, "auto"])
def test_scores_are_those_of_separate_fits(together, stacks):
    options = {"scoring": "neg_log_loss", "return_train_score": True}
    one = sweep(together, **options).fit(*records())
    assert sum(stacks) == 12
    assert max(stacks) > 2
    assert_same(one, sweep(False, **options).fit(*records()))
    assert sum(stacks) == 12


def test_workers_share_what_is_trained_together(stacks):
    with parallel_config(backend="threading"):
        one = sweep(True, n_jobs=2).fit(*records())
    assert sorted(stacks) == [6, 6]
    assert_same(one, sweep(False).fit(*records()))


def test_steps_before_the_classifier_are_computed_once(stacks):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 600)), np.repeat(["blast", "earthquake"], 15)
    transformer = FingerprintTransformer(sampling_rate=50, shape=(16, 16), flatten=True)
    classifier = FingerprintClassifier(max_epochs=2, device="cpu")
    grid = {f"fingerprintclassifier__{name}": GRID[name] for name in GRID}
    searches = [
        sweep(together, grid, make_pipeline(transformer, classifier)).fit(X, y)
        for together in (True, False)
    ]
    assert sum(stacks) == 12
    assert_same(*searches)


def test_what_is_fitted_on_folds_is_fitted_separately(stacks):
    pipeline = make_pipeline(
        StandardScaler(), FingerprintClassifier(max_epochs=1, device="cpu")
    )
    grid = {"fingerprintclassifier__random_state": [0, 1]}
    searches = [
        sweep(together, grid, pipeline).fit(*records()) for together in (True, False)
    ]
    assert stacks == []
    assert flat(searches[0]) == flat(searches[1])


def test_other_estimators_are_searched_as_before(stacks):
    X, y = load_iris(return_X_y=True)
    one, other = (
        flat(sweep(together, {"C": [0.1, 1]}, SVC()).fit(X, y))
        for together in (True, False)
    )
    assert one == other


def test_callbacks_and_whole_steps_are_fitted_separately(stacks):
    estimator = FingerprintClassifier(
        max_epochs=2, device="cpu", random_state=0, callbacks=[Stopper(1)]
    )
    search = sweep(True, {"lr": [1e-3, 1e-2]}, estimator).fit(*records())
    assert stacks == []
    assert [len(fit["history"]) for fit in search.fit_results_[0]] == [1] * 3
    steps = [FingerprintClassifier(max_epochs=1, random_state=n) for n in range(2)]
    pipeline = make_pipeline(None, SVC())
    sweep(True, {"svc": steps}, pipeline).fit(*records())
    assert stacks == []


def test_a_trial_that_fails_costs_only_itself(stacks):
    grid = {"lr": [1e-3, 1e20], "random_state": [0, 1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = sweep(True, grid).fit(*records())
        other = sweep(False, grid).fit(*records())
    assert sum(stacks) == 12
    for row, expected in zip(one.fit_results_, other.fit_results_, strict=True):
        for fit, known in zip(row, expected, strict=True):
            assert fit["error"] == known["error"]
            assert fit["scores"] == pytest.approx(known["scores"], nan_ok=True)
    errors = [fit["error"] for row in one.fit_results_ for fit in row]
    assert sum(error is None for error in errors) == 6
    assert "diverged" in errors[-1]


def test_a_sweep_that_was_stopped_resumes(tmp_path, stacks, monkeypatch):
    pytest.importorskip("optuna")
    module = sys.modules["skseisfp.neural.fit_together"]
    monkeypatch.setattr(module, "MOST_TOGETHER", 3)
    left, evaluate_fit = iter(range(7)), _together.evaluate_fit

    def evaluate(*args, **kwargs):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return evaluate_fit(*args, **kwargs)

    interrupted = sweep("auto", store=tmp_path / "study.db")
    with monkeypatch.context() as patch:
        patch.setattr(_together, "evaluate_fit", evaluate)
        with pytest.raises(KeyboardInterrupt):
            interrupted.fit(*records())
    kept = [fit for row in interrupted.fit_results_ for fit in row]
    assert sum(fit is not None for fit in kept) == 6  # two jobs of three
    search = sweep("auto", store=tmp_path / "study.db").fit(*records())
    assert stacks == [3] * 5
    assert_same(search, sweep("auto").fit(*records()))


def test_what_is_trained_together_is_another_study(tmp_path):
    pytest.importorskip("optuna")
    options = {"store": tmp_path / "study.db", "grid": {"lr": [1e-3]}}
    estimator = FingerprintClassifier(max_epochs=1, device="cpu", random_state=0)
    names = {
        sweep(together, estimator=estimator, **options).fit(*records()).study_name_
        for together in (False, True, "auto")
    }
    assert len(names) == 3
    options |= {"study_name": "one", "estimator": estimator}
    sweep(True, **options).fit(*records())
    with pytest.raises(ValueError, match="was made from other estimator"):
        sweep(False, **options).fit(*records())


def test_together_is_a_bool_or_auto():
    with pytest.raises(ValueError, match="together must be"):
        sweep("always").fit(*records())

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from joblib import effective_n_jobs, parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from test_sweep_faults import killing_sweep, stored

from skseisfp.neural import FingerprintClassifier
from skseisfp.sweep import SweepSearchCV
from skseisfp.sweep._threads import single_thread

distributed = pytest.importorskip("distributed")
IRIS = load_iris(return_X_y=True)


class Drawing(ClassifierMixin, BaseEstimator):
    """A classifier that guesses by its own seed and notes which process fits it."""

    def __init__(self, number=0, random_state=None, folder=None, delay=0.0):
        self.number = number
        self.random_state = random_state
        self.folder = folder
        self.delay = delay

    def fit(self, X, y):
        if self.folder is not None:
            Path(self.folder, str(os.getpid())).touch()
        time.sleep(self.delay)
        self.classes_ = np.unique(y)
        rng = np.random.default_rng([self.random_state, self.number])
        self.history_ = {"train_loss": rng.random(3).tolist()}
        return self

    def predict(self, X):
        rng = np.random.default_rng([self.random_state, self.number, len(X)])
        return rng.choice(self.classes_, len(X))


def make_sweep(**params):
    classifier = Drawing(random_state=5, **params)
    return SweepSearchCV(classifier, {"number": list(range(20))}, cv=2, refit=False)


def found(sweep):
    return [
        (fit["scores"], fit["confusion"], fit["history"])
        for row in sweep.fit_results_
        for fit in row
    ]


@contextmanager
def start_cluster(**options):
    with (
        distributed.LocalCluster(
            n_workers=2, dashboard_address=None, silence_logs=50, **options
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.fixture
def processes_of_dask():
    with start_cluster(threads_per_worker=1):
        yield


@pytest.fixture
def threads_of_dask():
    with start_cluster(threads_per_worker=2, processes=False):
        yield


@pytest.mark.usefixtures("threads_of_dask")
def test_networks_score_alike_on_dask():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 2, (24, 8, 8)).astype(np.uint8), np.arange(24) % 2
    network = FingerprintClassifier(max_epochs=2, device="cpu", random_state=2)
    plan = {"module__conv1_n_filters": [2, 3, 4]}
    sweep = SweepSearchCV(network, plan, cv=2, refit=False)
    alone = found(sweep.fit(X, y))
    with parallel_config(backend="dask"):
        assert found(sweep.set_params(n_jobs=3).fit(X, y)) == alone


@pytest.mark.usefixtures("threads_of_dask")
def test_jobs_of_a_fit_stay_in_its_process():
    with parallel_config(backend="dask"):
        n_workers = effective_n_jobs(None)
        assert n_workers > 1
        with single_thread():
            assert effective_n_jobs(None) == 1
            assert effective_n_jobs(3) == 3  # threads, where a classifier asks for them
        assert effective_n_jobs(None) == n_workers
    with parallel_config(backend="loky", n_jobs=2), single_thread():
        assert effective_n_jobs(None) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("processes_of_dask")
def test_a_sweep_on_dask_outlives_a_killed_worker(tmp_path):
    sweep = make_sweep(folder=str(tmp_path), delay=0.1)
    sweep.set_params(store=tmp_path / "study.db", n_jobs=2)
    killed = []

    def kill_one():
        while len(list(tmp_path.glob("[0-9]*"))) < 2:
            time.sleep(0.01)
        time.sleep(0.5)
        killed.append(int(next(tmp_path.glob("[0-9]*")).name))
        os.kill(killed[0], signal.SIGKILL)

    killer = Thread(target=kill_one)
    killer.start()
    with parallel_config(backend="dask"):
        sweep.fit(*IRIS)
    killer.join()
    assert killed
    assert os.getpid() not in map(int, (path.name for path in tmp_path.glob("[0-9]*")))
    assert found(sweep) == found(make_sweep().fit(*IRIS))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
@pytest.mark.usefixtures("processes_of_dask")
def test_a_trial_that_kills_the_workers_of_dask_is_left_out(tmp_path):
    sweep = killing_sweep(tmp_path / "study.db", tmp_path / "marks", 20)
    with (
        parallel_config(backend="dask"),
        pytest.warns(FitFailedWarning, match="take fewer n_jobs or smaller trials"),
    ):
        sweep.fit(*IRIS)
    kept = stored(tmp_path / "study.db")
    assert kept == [[True] * 2, [True] * 2, [False] * 2, [True] * 2]

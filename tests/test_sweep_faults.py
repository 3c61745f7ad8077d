"""What goes wrong around a sweep: machines, workers, files and servers."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer

import numpy as np
import optuna
import pytest
from counting import (
    SETTINGS,
    Counting,
    flat,
    opened,
    read_trials,
    without_times,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, make_scorer

from skseisfp.sweep import ResultCube, SweepSearchCV, _stored_studies
from skseisfp.sweep._read_study import read_study
from skseisfp.sweep._store import Store
from skseisfp.sweep._stored_studies import DESCRIPTION, find_sweeps
from skseisfp.sweep._sweep_study import WANTED, SweepStudy
from skseisfp.sweep._transient import is_transient

pytestmark = pytest.mark.filterwarnings("ignore:One or more of the test scores")

IRIS = load_iris(return_X_y=True)
PLAN = {"number": [0, 1, 2, 3]}


def make_sweep(store, **options):
    options = {"cv": 2, "refit": False} | options
    return SweepSearchCV(Counting(), PLAN, store=store, **options)


def stored(store):
    """Return which fits are stored, candidate by candidate."""
    table = read_study(store)["fits"]
    return [[fit is not None for fit in row] for row in table]


def failing(error, number=2, times=1):
    """Return a function that raises an error in some fits of a candidate."""
    left = [times]

    def fail(candidate):
        if candidate == number and left[0]:
            left[0] -= 1
            raise error

    return fail


FAULTS = [
    MemoryError("full"),
    ConnectionResetError("gone"),
    TimeoutError("late"),
    OSError(errno.ENOSPC, "No space left on device"),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_a_fault_of_the_machine_is_tried_again_at_once(store, fits, monkeypatch, error):
    monkeypatch.setattr(SETTINGS, "before_fit", failing(error))
    search = make_sweep(store).fit(*IRIS)
    assert sorted(fits()) == [0, 0, 1, 1, 2, 2, 2, 3, 3]
    assert flat(search) == flat(make_sweep(None).fit(*IRIS))
    assert stored(store) == [[True, True]] * 4


@pytest.mark.parametrize("has_store", [True, False])
def test_a_fault_that_stays_is_left_to_the_next_start(
    store, fits, monkeypatch, has_store
):
    store = store if has_store else None
    monkeypatch.setattr(SETTINGS, "before_fit", failing(MemoryError("full"), times=4))
    with pytest.warns(FitFailedWarning, match="MemoryError: full"):
        search = make_sweep(store).fit(*IRIS)
    assert sorted(fits()) == [0, 0, 1, 1, 2, 2, 2, 2, 3, 3]
    scores = search.cv_results_["mean_test_score"]
    assert np.isnan(scores).tolist() == [False, False, True, False]
    assert search.cv_results_["error"][2] == (
        "MemoryError: full (not kept: the next start runs this fit again)"
    )
    if has_store:
        assert stored(store) == [[True] * 2, [True] * 2, [False] * 2, [True] * 2]
        assert flat(make_sweep(store).fit(*IRIS)) == flat(make_sweep(None).fit(*IRIS))
        assert fits() == [2, 2, *[0, 0, 1, 1, 2, 2, 3, 3]]  # the second has no store


def test_a_long_fit_is_not_tried_again_at_once(store, fits, monkeypatch):
    monkeypatch.setattr("skseisfp.sweep._sweep.RETRY_WITHIN", 0)
    monkeypatch.setattr(SETTINGS, "before_fit", failing(MemoryError()))
    with pytest.warns(FitFailedWarning, match="MemoryError"):
        make_sweep(store).fit(*IRIS)
    assert fits() == [0, 0, 1, 1, 2, 2, 3, 3]
    make_sweep(store).fit(*IRIS)
    assert fits() == [2]


def test_a_fault_is_raised_where_errors_are(store, fits, monkeypatch):
    monkeypatch.setattr(SETTINGS, "before_fit", failing(MemoryError("full")))
    with pytest.raises(MemoryError, match="full"):
        make_sweep(store, error_score="raise").fit(*IRIS)
    assert fits() == [0, 0, 1, 1, 2]


def test_an_error_of_the_trial_is_a_result(store, fits, monkeypatch):
    monkeypatch.setattr(SETTINGS, "before_fit", failing(ValueError("no"), times=9))
    with pytest.warns(FitFailedWarning, match="ValueError: no"):
        make_sweep(store).fit(*IRIS)
    assert fits() == [0, 0, 1, 1, 2, 2, 3, 3]
    with pytest.warns(FitFailedWarning, match="ValueError: no"):
        make_sweep(store).fit(*IRIS)
    assert fits() == []


class Failing:
    """A score that fails now and then; no result belongs to when."""

    __name__ = "failing"
    error = None
    left = 0

    def __reduce__(self):
        return "FAILING"

    def __call__(self, truth, prediction):
        if self.left:
            self.left -= 1
            raise self.error
        return accuracy_score(truth, prediction)


FAILING = Failing()


@pytest.mark.parametrize("several", [True, False])
@pytest.mark.parametrize("error", [ConnectionError("gone"), ValueError("no")])
def test_faults_of_scorers_are_not_results(store, fits, monkeypatch, error, several):
    scorer = make_scorer(FAILING)
    scoring = {"own": scorer, "accuracy": "accuracy"} if several else scorer
    name = "own" if several else "score"
    monkeypatch.setattr(FAILING, "error", error)
    monkeypatch.setattr(FAILING, "left", 2)  # a scorer of several is asked again
    if isinstance(error, ConnectionError):
        search = make_sweep(store, scoring=scoring).fit(*IRIS)
        assert np.isfinite(search.cv_results_[f"mean_test_{name}"]).all()
        assert len(fits()) == 10
        return
    with pytest.warns(UserWarning, match="Scoring failed"):
        search = make_sweep(store, scoring=scoring).fit(*IRIS)
    assert len(fits()) == 8
    assert "ValueError: no" in search.fit_results_[0][0]["error"]
    assert np.isnan(search.fit_results_[0][0]["scores"][name])


def test_what_is_a_fault_of_the_machine():
    assert all(map(is_transient, FAULTS))
    others = [ValueError(), FileNotFoundError(errno.ENOENT, "x"), RuntimeError("CUDA")]
    assert not any(map(is_transient, others))


class Killing(ClassifierMixin, BaseEstimator):
    """A classifier whose process is killed while there are marks in a folder."""

    def __init__(self, number=0, folder=None):
        self.number = number
        self.folder = folder

    def fit(self, X, y):
        """Die if the number is 2, once for each mark."""
        Path(self.folder, f"fit-{self.number}-{time.monotonic_ns()}").touch()
        marks = sorted(Path(self.folder).glob("mark*"))
        if self.number == 2 and marks:
            marks[0].unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Predict something that depends on the number."""
        return self.classes_[(X[:, 0] * 10 + self.number).astype(int) % 3]


def killing_sweep(store, folder, n_marks, **options):
    folder.mkdir(exist_ok=True)
    for number in range(n_marks):
        (folder / f"mark{number}").touch()
    classifier = Killing(folder=str(folder))
    options = {"cv": 2, "refit": False, "n_jobs": 2} | options
    return SweepSearchCV(classifier, PLAN, store=store, **options)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marks")
    return flat(killing_sweep(None, folder, 0, n_jobs=1).fit(*IRIS))


def test_a_worker_that_is_killed_costs_its_fits_only(store, tmp_path, undisturbed):
    search = killing_sweep(store, tmp_path / "marks", 1).fit(*IRIS)
    assert flat(search) == undisturbed
    assert stored(store) == [[True, True]] * 4


def test_a_trial_that_kills_its_workers_is_left_out(store, tmp_path, undisturbed):
    folder = tmp_path / "marks"
    with pytest.warns(FitFailedWarning, match="take fewer n_jobs or smaller trials"):
        search = killing_sweep(store, folder, 9).fit(*IRIS)
    assert stored(store) == [[True] * 2, [True] * 2, [False] * 2, [True] * 2]
    assert np.isnan(search.cv_results_["mean_test_score"][2])
    for file in folder.iterdir():
        file.unlink()
    search = killing_sweep(store, folder, 0).fit(*IRIS)
    assert flat(search) == undisturbed
    assert len(list(folder.glob("fit-2-*"))) == len(list(folder.glob("fit-*"))) == 2


def test_a_killed_worker_stops_where_errors_do(store, tmp_path):
    search = killing_sweep(store, tmp_path / "marks", 9, error_score="raise")
    with pytest.raises(RuntimeError, match="worker process was killed"):
        search.fit(*IRIS)


SCRIPT = """
import signal, sys, time
from pathlib import Path
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from skseisfp.sweep import SweepSearchCV

class Slow(ClassifierMixin, BaseEstimator):
    def __init__(self, number=0, folder=None):
        self.number = number
        self.folder = folder
    def fit(self, X, y):
        time.sleep(0.2)
        self.classes_ = np.unique(y)
        name = f"{self.number}-{len(X)}-{X[0, 0]}-{time.monotonic_ns()}"
        Path(self.folder, name).touch()
        return self
    def predict(self, X):
        return self.classes_[(X[:, 0] * 10 + self.number).astype(int) % 3]

signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs of a shell ignore it
store, folder = sys.argv[1:]
plan = {"number": list(range(20))}
classifier = Slow(folder=folder)
search = SweepSearchCV(classifier, plan, store=store, cv=2, n_jobs=2, refit=False)
try:
    search.fit(*load_iris(return_X_y=True))
except KeyboardInterrupt:
    fits = [fit for row in search.fit_results_ for fit in row]
    print("interrupted", sum(fit is not None for fit in fits))
"""


def interrupt_script(store, folder):
    """Interrupt a sweep as a terminal does, after some fits; return what it printed."""
    folder.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(store), str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        command, env=environment, start_new_session=True, **options
    ) as process:
        until = time.monotonic() + 60
        while len(list(folder.iterdir())) < 6 and time.monotonic() < until:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=60)


def test_an_interrupt_keeps_what_several_workers_had_finished(store, tmp_path):
    folder = tmp_path / "done"
    out, err = interrupt_script(store, folder)
    finished = len(list(folder.iterdir()))
    assert out.startswith("interrupted"), err
    _, known = out.split()
    kept = sum(map(sum, stored(store)))
    assert abs(int(known) - kept) <= 1  # the signal may come while a fit is stored
    assert 6 <= finished < 40
    # what two workers had just ended, and what they had ahead, was on its way
    assert finished - 4 <= kept <= finished


def test_a_store_that_is_deleted_stops_the_sweep(store, fits, monkeypatch):
    def delete(number):
        if number == 2:
            store.unlink(missing_ok=True)

    monkeypatch.setattr(SETTINGS, "before_fit", delete)
    search = make_sweep(store)
    with pytest.raises(
        OSError, match=r"study.db or a study in it was deleted or replaced"
    ):
        search.fit(*IRIS)
    kept = [fit is not None for row in search.fit_results_ for fit in row]
    assert kept == [True] * 5 + [False] * 3
    monkeypatch.setattr(SETTINGS, "before_fit", None)
    fits()
    make_sweep(store).fit(*IRIS)
    assert len(fits()) == 8


def test_a_store_that_is_replaced_stops_the_sweep(store, tmp_path, monkeypatch):
    make_sweep(tmp_path / "other.db").fit(*IRIS)

    def replace(number):
        if number == 3 and (tmp_path / "other.db").exists():
            os.replace(tmp_path / "other.db", store)

    monkeypatch.setattr(SETTINGS, "before_fit", replace)
    with pytest.raises(OSError, match="deleted or replaced"):
        make_sweep(store).fit(*IRIS)


def test_a_study_that_is_deleted_stops_the_sweep(store, monkeypatch):
    def delete(number):
        if number == 2:
            with opened(store) as storage:
                optuna.delete_study(study_name="mine", storage=storage)

    monkeypatch.setattr(SETTINGS, "before_fit", delete)
    search = make_sweep(store, study_name="mine")
    with pytest.raises(
        OSError, match=r"study in it was deleted or replaced.*fit again"
    ):
        search.fit(*IRIS)
    assert search.fit_results_[1][1] is not None


def test_a_damaged_store_is_named(store, tmp_path):
    make_sweep(store).fit(*IRIS)
    content = bytearray(store.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(content)
    for read in (ResultCube.from_store, lambda path: make_sweep(path).fit(*IRIS)):
        with pytest.raises(OSError, match=r"damaged.db cannot be used.*is damaged"):
            read(damaged)


def test_a_full_disk_keeps_what_is_stored(store, fits, monkeypatch):
    make_sweep(store).fit(*IRIS)
    with sqlite3.connect(store) as connection:
        (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    connect = sqlite3.dbapi2.connect

    def small(*args, **kwargs):
        opened = connect(*args, **kwargs)
        opened.execute(f"PRAGMA max_page_count = {n_pages + 2}")
        return opened

    monkeypatch.setattr(sqlite3.dbapi2, "connect", small)
    plan = {"number": list(range(40))}
    search = SweepSearchCV(Counting(), plan, store=store, cv=2, refit=False)
    with pytest.raises(OSError, match=r"disk is full. What was stored before is kept"):
        search.fit(*IRIS)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", connect)
    n_kept = sum(map(sum, stored(store)))
    assert 8 < n_kept < 80
    fits()
    again = search.fit(*IRIS)
    assert len(fits()) == 80 - n_kept
    assert flat(again) == flat(search.set_params(store=None).fit(*IRIS))


def test_a_study_whose_maker_was_killed_is_taken(store, fits, monkeypatch):
    monkeypatch.setattr(_stored_studies, "DESCRIPTION_WAITS", (0.3,))
    with opened(store) as storage:  # killed before it said what the study is made from
        optuna.create_study(study_name="mine", storage=storage, direction="maximize")
    start = time.monotonic()
    search = make_sweep(store, study_name="mine").fit(*IRIS)
    assert time.monotonic() - start > 0.3
    fits()
    again = make_sweep(store, study_name="mine").fit(*IRIS)
    assert fits() == []
    assert again.fit_results_ == search.fit_results_


def test_an_empty_study_of_others_is_left_to_them(store, monkeypatch):
    monkeypatch.setattr(_stored_studies, "DESCRIPTION_WAITS", ())
    with opened(store) as storage:
        optuna.create_study(study_name="theirs", storage=storage)  # it minimises
    with pytest.raises(ValueError, match="'theirs' of the store is not a sweep"):
        make_sweep(store, study_name="theirs").fit(*IRIS)


def test_of_two_sweeps_that_begin_a_study_not_both_go_on(store, monkeypatch):
    monkeypatch.setattr(_stored_studies, "DESCRIPTION_WAITS", ())
    call, begun = Store.call, []

    def call_late(self, method, *args):
        """Let another sweep describe the study of the name right before this one."""
        if method == "set_study_user_attr" and not begun:
            begun.append(None)
            with pytest.raises(ValueError, match="Two sweeps begin the study 'mine'"):
                make_sweep(store, study_name="mine", cv=3).fit(*IRIS)
        return call(self, method, *args)

    monkeypatch.setattr(Store, "call", call_late)
    search = make_sweep(store, study_name="mine").fit(*IRIS)
    assert flat(search) == flat(make_sweep(None).fit(*IRIS))


def test_a_study_that_is_made_again_stops_the_sweep(store, monkeypatch):
    def make_again(number):
        if number == 2 and not made:
            with opened(store) as storage:
                made.append(storage.get_study_id_from_name("mine"))
                storage.delete_study(made[0])
            make_sweep(store, study_name="mine", cv=3).fit(*IRIS)
            with opened(store) as storage:  # its id is that of before
                assert storage.get_study_id_from_name("mine") == made[0]

    made = []
    monkeypatch.setattr(SETTINGS, "before_fit", make_again)
    with pytest.raises(OSError, match="study in it was deleted or replaced"):
        make_sweep(store, study_name="mine").fit(*IRIS)
    monkeypatch.setattr(SETTINGS, "before_fit", None)
    kept = read_study(store)["fits"]
    alone = make_sweep(None, cv=3).fit(*IRIS)
    assert [without_times(row) for row in kept] == [
        without_times(row) for row in alone.fit_results_
    ]


def test_equal_trials_that_are_given_up_end(store, monkeypatch):
    monkeypatch.setattr(SETTINGS, "before_fit", failing(MemoryError("full"), 1, 4))
    search = SweepSearchCV(Counting(), {"number": [1, 1, 5]}, store=store, cv=2)
    with pytest.warns(FitFailedWarning, match="MemoryError: full"):
        search.set_params(refit=False).fit(*IRIS)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [1, 1, 0]


def made_like_the_one_in(store):
    """Return sweep, candidates and folds of the study of a store, by another name."""
    (mine,) = find_sweeps(store)
    candidates = [{"number": number} for number in PLAN["number"]]
    return mine._replace(name="ours"), candidates, [0, 1]


def test_what_a_process_has_given_up_is_left_to_others(store):
    make_sweep(store, study_name="mine").fit(*IRIS)
    with Store(store) as one, Store(store) as other:
        made_of = made_like_the_one_in(one)
        with SweepStudy(one, *made_of) as first, SweepStudy(other, *made_of) as second:
            assert first.claim([0, 1]) == [0, 1]
            second.prune()  # what another process runs is not ended
            assert second.claim([0, 1, 2]) == [2]
            assert first.claim([2, 3]) == [3]
            assert second.claim([0, 1]) == [0, 1]
            assert first.claim([0, 1]) == []
            assert second.claim([3]) == [3]  # of which no fit runs any more


def test_two_processes_prune_at_one_moment(store, monkeypatch):
    make_sweep(store, study_name="mine").fit(*IRIS)
    with Store(store) as one, Store(store) as other:
        made_of = made_like_the_one_in(one)
        with SweepStudy(one, *made_of) as first:
            assert first.claim([0, 1]) == [0, 1]  # and stops
        with SweepStudy(one, *made_of) as first:
            open_ones, looks = first._open_ones, []

            def look_late(keys, folds):
                """Look after another process has pruned, too, and ended."""
                if looks:
                    with SweepStudy(other, *made_of) as second:
                        monkeypatch.setattr(second, "_is_alive", lambda owner: False)
                        second.prune()
                looks.append(keys)
                return open_ones(keys, folds)

            monkeypatch.setattr(first, "_open_ones", look_late)
            first.prune()
            assert len(looks) == 2
    _, trials, _ = read_trials(store, "ours")
    assert [trial.state.name for trial in trials] == ["PRUNED"] * 2


def test_a_fit_of_a_trial_that_others_have_ended_is_stored(store):
    done = make_sweep(store, study_name="mine").fit(*IRIS)
    with Store(store) as one, Store(store) as other:
        made_of = made_like_the_one_in(one)
        with SweepStudy(one, *made_of) as first:
            assert first.claim([0]) == [0]
            first._show(first._owner, None)  # it was suspended, and looks dead
            with SweepStudy(other, *made_of) as second:
                second.prune()
            for fold in (0, 1):
                first.put(0, fold, done.fit_results_[0][fold])
    _, trials, _ = read_trials(store, "ours")
    assert [trial.state.name for trial in trials] == ["PRUNED", "COMPLETE"]
    assert read_study(store, "ours")["fits"][0] == done.fit_results_[0]


def test_a_description_that_comes_late_is_waited_for(store, monkeypatch):
    make_sweep(store, study_name="mine").fit(*IRIS)
    with Store(store) as late:
        mine = late.call("get_study_id_from_name", "mine")
        said = late.call("get_study_user_attrs", mine)[DESCRIPTION]
        late.call("set_study_user_attr", mine, DESCRIPTION, None)
        timer = Timer(0.2, late.call, ("set_study_user_attr", mine, DESCRIPTION, said))
        timer.start()
        with pytest.raises(ValueError, match="'mine' of the store was made from other"):
            make_sweep(store, study_name="mine", cv=3).fit(*IRIS)
        timer.join()


def test_a_trial_that_two_processes_want_is_run_by_one(store):
    make_sweep(store, study_name="mine").fit(*IRIS)
    with Store(store) as one, Store(store) as other:
        made_of = made_like_the_one_in(one)
        keys = made_of[0].plan["keys"]
        with SweepStudy(one, *made_of) as first:
            with SweepStudy(other, *made_of) as second:
                second._show(f"{WANTED}{second._owner}", keys[:1])  # before it looks
                assert first.claim([0, 1]) == [1]
                assert second.claim([0, 1]) == [0]
                assert first.claim([0, 1]) == [1]
            assert first.claim([0, 1]) == [0, 1]  # the other one has ended
    _, trials, _ = read_trials(store, "ours")
    assert [trial.params["number"] for trial in trials] == [1, 0]

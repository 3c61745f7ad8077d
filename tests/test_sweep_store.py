import json
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Barrier, Thread, Timer

import numpy as np
import pytest
from counting import (
    SETTINGS,
    Counting,
    flat,
    opened,
    read_trials,
    study_names,
    without_times,
)
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import cross_validate
from sklearn.svm import SVC

from skseisfp.sweep import ExperimentPlan, StoredObject, SweepSearchCV, _store
from skseisfp.sweep import _sweep_study as sweep_study
from skseisfp.sweep._read_study import read_study
from skseisfp.sweep._store import Store
from skseisfp.sweep._sweep_study import SweepStudy

optuna = pytest.importorskip("optuna")
sqlalchemy = pytest.importorskip("sqlalchemy")

IRIS = load_iris(return_X_y=True)
PLAN = ExperimentPlan({"C": [0.1, 1.0, 10.0], "kernel": ["linear", "rbf"]}, name="iris")
HERE = Path(__file__).parent


def sweep(store, plan=(0, 1, 2, 3), **options):
    options = {"cv": 2, "refit": False} | options
    return SweepSearchCV(Counting(), {"number": list(plan)}, store=store, **options)


def test_what_is_stored_is_not_computed_again(store, fits):
    first = sweep(store).fit(*IRIS)
    assert sorted(fits()) == [0, 0, 1, 1, 2, 2, 3, 3]
    again = sweep(store).fit(*IRIS)
    assert fits() == []
    assert again.fit_results_ == first.fit_results_
    for key in ("mean_test_score", "mean_fit_time", "split1_test_score"):
        assert list(first.cv_results_[key]) == list(again.cv_results_[key])


def test_an_interrupted_sweep_resumes(store, fits, monkeypatch):
    monkeypatch.setattr(SETTINGS, "interrupt_at", 2)
    with pytest.raises(KeyboardInterrupt):
        sweep(store).fit(*IRIS)
    assert fits() == [0, 0, 1, 1]
    half = read_study(store)
    assert [fit is not None for row in half["fits"] for fit in row] == [
        *[True] * 4,
        *[False] * 4,
    ]
    monkeypatch.setattr(SETTINGS, "interrupt_at", None)
    whole = sweep(store).fit(*IRIS)
    assert fits() == [2, 2, 3, 3]
    assert flat(whole) == flat(sweep(None).fit(*IRIS))


def test_another_sweep_is_another_study(store):
    X, y = IRIS
    searches = [
        sweep(store).fit(X, y),
        sweep(store).fit(X[::-1], y[::-1]),
        sweep(store).fit(X, np.array(list("abc"))[y]),
        sweep(store, cv=3).fit(X, y),
        sweep(store, scoring="f1_macro").fit(X, y),
        sweep(store, return_train_score=True).fit(X, y),
        sweep(store).set_params(estimator__sizes=(3,)).fit(X, y),
    ]
    names = {search.study_name_ for search in searches}
    assert len(names) == len(searches)
    studies = study_names(store)
    assert set(studies) == names


def test_layout_and_jobs_do_not_make_another_study(store, fits):
    X, y = IRIS
    sweep(store).fit(X, y)
    fits()
    sweep(store, verbose=1, pre_dispatch=1).fit(np.asfortranarray(X), y.copy())
    assert fits() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scoring": "f1_macro"}, "other scoring"),
        ({"cv": 3}, "other folds"),
        ({"X": IRIS[0] + 1}, "other records"),
        ({"y": IRIS[1] + 1}, "other labels"),
    ],
)
def test_a_named_study_of_another_sweep_raises(store, change, reason):
    X, y = change.pop("X", IRIS[0]), change.pop("y", IRIS[1])
    first = sweep(store, study_name="mine").fit(*IRIS)
    assert first.study_name_ == "mine"
    with pytest.raises(
        ValueError, match=f"study 'mine' of the store was made from {reason}"
    ):
        sweep(store, study_name="mine", **change).fit(X, y)
    assert read_study(store)["fits"] == first.fit_results_


def test_a_foreign_study_raises(store):
    with opened(store) as storage:
        study = optuna.create_study(storage=storage, study_name="theirs")
        study.add_trial(optuna.create_trial(value=1.0))
    with pytest.raises(ValueError, match="'theirs' of the store is not a sweep"):
        sweep(store, study_name="theirs").fit(*IRIS)


def test_all_connections_are_closed(store, monkeypatch):
    opened = []

    class Connection(sqlite3.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            opened.append(self)

    connect = partial(sqlite3.connect, factory=Connection)
    monkeypatch.setattr(sqlite3, "connect", connect)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", connect)  # SQLAlchemy's
    sweep(store, study_name="mine").fit(*IRIS)
    n_opened = len(opened)
    with pytest.raises(ValueError, match="made from other folds"):
        sweep(store, study_name="mine", cv=3).fit(*IRIS)
    assert 2 < n_opened < len(opened)
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.total_changes  # noqa: B018


def test_studies_of_another_version_raise(store, monkeypatch):
    monkeypatch.setattr("skseisfp.sweep._search_store.STORE_VERSION", 99)
    sweep(store).fit(*IRIS)
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"is of version 99 of the store.*version 2"):
        sweep(store).fit(*IRIS)
    with pytest.raises(ValueError, match="version 99"):
        read_study(store)


def test_a_store_of_another_optuna_raises(store):
    sweep(store).fit(*IRIS)
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE version_info SET schema_version = 1")
        connection.execute("UPDATE alembic_version SET version_num = 'v0.9.0.a'")
    with pytest.raises(ValueError, match="was made by another version of Optuna"):
        sweep(store).fit(*IRIS)


def test_a_locked_store_is_named(store, fits, monkeypatch):
    sweep(store, plan=(0, 1)).fit(*IRIS)
    fits()
    monkeypatch.setattr(_store, "LOCK_TIMEOUT", 0.1)
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(
            OSError, match=r"study.db cannot be used: database is locked"
        ):
            sweep(store).fit(*IRIS)
    assert fits() == []
    sweep(store, plan=(0, 1)).fit(*IRIS)
    assert fits() == []


def test_a_store_that_cannot_be_written_is_named(tmp_path, fits):
    for path in (tmp_path / "no" / "study.db", f"sqlite:///{tmp_path}/no/study.db"):
        with pytest.raises(FileNotFoundError, match=r"no folder .*no for the store"):
            sweep(path).fit(*IRIS)
    text = tmp_path / "notes.txt"
    text.write_text("no database at all, but long enough to be looked at" * 20)
    with pytest.raises(
        ValueError, match=r"notes.txt cannot be used: file is not a database"
    ):
        sweep(text).fit(*IRIS)
    with pytest.raises(
        ValueError, match=f"The store must be a file; {tmp_path} is a folder"
    ):
        sweep(tmp_path).fit(*IRIS)
    assert fits() == []


def test_a_journal_given_by_its_path_is_named(tmp_path):
    path = tmp_path / "journal.log"
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    sweep(optuna.storages.JournalStorage(backend), plan=(0,)).fit(*IRIS)
    with pytest.raises(
        ValueError, match=r"not a database.*a journal of Optuna is given as"
    ):
        read_study(path)


def test_a_store_that_can_only_be_read_is_named(store, fits):
    sweep(store).fit(*IRIS)
    fits()
    read_only = f"sqlite:///file:{store}?mode=ro&uri=true"
    with pytest.raises(OSError, match="cannot be used: attempt to write a readonly"):
        sweep(read_only, plan=(4,)).fit(*IRIS)
    assert fits() == []
    assert len(read_study(read_only)["params"]) == 4


def test_a_store_of_an_unknown_driver_is_named():
    with pytest.raises(OSError, match=r"The store .*nodatabase://x.* cannot be used"):
        sweep("nodatabase://x").fit(*IRIS)


def test_passwords_are_not_shown():
    url = "postgresql+psycopg://someone:secret@localhost:1/nothing"
    pytest.importorskip("psycopg")
    with pytest.raises(OSError, match=r"someone:\*\*\*@localhost") as caught:
        sweep(url).fit(*IRIS)
    assert "secret" not in str(caught.value)


def test_without_a_store_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    search = sweep(None).fit(*IRIS)
    assert search.study_name_ is None
    assert list(tmp_path.iterdir()) == []


def test_all_trials_failing_loses_nothing(store):
    search = SweepSearchCV(SVC(), {"C": [-1.0]}, store=store, cv=2)
    with pytest.raises(ValueError, match="All the 2 fits failed"):
        search.fit(*IRIS)
    study = read_study(store)
    assert "'C' parameter" in study["fits"][0][0]["error"]
    assert np.isnan(study["fits"][0][0]["scores"]["score"])


def test_the_reader_gives_what_the_search_had(store):
    options = {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro", "cv": 3}
    search = SweepSearchCV(SVC(), PLAN, store=store, **options).fit(*IRIS)
    study = read_study(store)
    assert study["params"] == search.cv_results_["params"]
    assert study["fits"] == search.fit_results_
    assert study["classes"] == search.confusion_labels_ == [0, 1, 2]
    assert study["metrics"] == ["accuracy", "f1_macro"]
    assert study["refit_metric"] == "f1_macro"
    assert study["parameters"] == ["C", "kernel"]
    assert study["name"] == search.study_name_


def test_values_of_any_type_are_read_as_far_as_json_has_them(store):
    grid = {
        "sizes": [(), (1, (2, None))],
        "model": [None, SVC(C=2), SVC],
        "number": np.arange(2),
    }
    SweepSearchCV(Counting(), grid, store=store, cv=2, refit=False).fit(*IRIS)
    params = read_study(store)["params"]
    assert {trial["sizes"] for trial in params} == {(), (1, (2, None))}
    models = {trial["model"] for trial in params}
    assert models == {None, StoredObject("SVC(C=2)", 1), StoredObject("SVC", 2)}
    assert {trial["number"] for trial in params} == {0, 1}


def test_the_reader_names_what_is_there(store, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no store"):
        read_study(store)
    assert not store.exists()
    Store(store).close()
    with pytest.raises(ValueError, match="sweeps in the store: none"):
        read_study(store)
    sweep(store, study_name="one").fit(*IRIS)
    sweep(store, study_name="two").fit(*IRIS)
    with pytest.raises(ValueError, match="sweeps in the store: 'one', 'two'"):
        read_study(store)
    with pytest.raises(ValueError, match="no sweep 'three' in the store"):
        read_study(store, "three")
    assert read_study(store, "two")["name"] == "two"
    with Store(store) as opened:
        assert read_study(opened.storage, "one")["name"] == "one"


@pytest.mark.filterwarnings("ignore:One or more of the")
def test_a_dashboard_finds_objectives_and_the_pareto_front(store):
    plan = ExperimentPlan({"C": [-1.0, 0.01, 1.0]}, fixed={"kernel": "rbf"})
    scoring = ["accuracy", "f1_macro"]
    search = SweepSearchCV(SVC(), plan, store=store, scoring=scoring, refit=False, cv=2)
    with pytest.warns(FitFailedWarning):
        search.fit(*IRIS)
    metric_names, trials, best_trials = read_trials(store)
    assert metric_names == ["accuracy", "f1_macro"]
    assert [trial.state.name for trial in trials] == ["FAIL", *["COMPLETE"] * 2]
    means = search.cv_results_
    assert trials[2].values == [
        means["mean_test_accuracy"][2],
        means["mean_test_f1_macro"][2],
    ]
    assert [trial.params["C"] for trial in best_trials] == [1.0]
    assert trials[0].distributions["C"].high == 1.0


def test_nested_searches_share_a_store(store, fits):
    X, y = IRIS
    for expected in (3 * (8 + 1), 3):
        search = sweep(store, refit=True)
        cross_validate(search, X, y, cv=3)
        assert len(fits()) == expected
    assert len(study_names(store)) == 3


@pytest.mark.slow
def test_a_sweep_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path):
    done = subprocess.run(
        [sys.executable, HERE / "killed_sweep.py", tmp_path, "7"],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    stored, fits = result["stored"], result["fits"]
    assert len(stored) == 21
    assert without_times(result["kept"]) == without_times(result["undisturbed"])
    assert len(stored[-1]) == len(result["kept"]) == 72
    assert 0 < len(stored[-2]) < 72  # the kills were in the midst of it
    for earlier, later in pairwise(stored):
        assert set(earlier) <= set(later)
    for number, started in enumerate(fits):
        before = len(stored[number - 1]) if number else 0
        assert len(started) == len(set(started))
        # what was started and not stored is what was in flight at the kill
        assert 0 <= len(started) - (len(stored[number]) - before) <= 1
    assert len({fit for started in fits for fit in started}) == 72
    with closing(sqlite3.connect(tmp_path / "killed.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# a server that several processes share


class Server(str):
    """URL of a server that can be restarted."""


POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """URL of a PostgreSQL server of our own, not of root."""
    if not os.environ.get("SKSEISFP_SERVICES"):
        pytest.skip("SKSEISFP_SERVICES is not set")
    if not POSTGRES:
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    folder = tmp_path_factory.mktemp("postgres")
    user = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("postgres")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        folder = Path("/tmp", f"skseisfp-postgres-{os.getpid()}")
        folder.mkdir()
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program, *arguments):
        subprocess.run(
            [POSTGRES[-1] / program, "-D", folder / "data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )

    def start():
        where = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -F"
        run("pg_ctl", "-w", "-l", folder / "log", "-o", where, "start")

    run("initdb", "-A", "trust", "-U", "tester", "--no-sync")
    start()
    server = Server(f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres")
    server.start, server.stop = start, partial(run, "pg_ctl", "-m", "fast", "stop")
    yield server
    run("pg_ctl", "-m", "immediate", "stop")
    shutil.rmtree(folder)


def test_a_server_stores_and_resumes(server, fits):
    first = sweep(server, study_name="alone").fit(*IRIS)
    assert len(fits()) == 8
    again = sweep(server, study_name="alone").fit(*IRIS)
    assert fits() == []
    assert again.fit_results_ == first.fit_results_
    assert flat(first) == flat(sweep(None).fit(*IRIS))
    assert read_study(server, "alone")["fits"] == first.fit_results_


def open_at_once(store, n_threads=6):
    """Open a new store in several threads at one moment; return what went wrong."""
    barrier, errors = Barrier(n_threads), []

    def work():
        barrier.wait()
        try:
            Store(store).close()
        except Exception as error:
            errors.append(error)

    threads = [Thread(target=work) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_new_store_is_opened_by_several_at_once(tmp_path):
    for k in range(3):
        assert open_at_once(tmp_path / f"{k}.db") == []


@pytest.mark.parametrize(
    "kind", ["OperationalError", "ProgrammingError", "IntegrityError"]
)
def test_tables_that_another_process_makes_are_looked_for_again(
    tmp_path, monkeypatch, kind
):
    cause = sqlite3.OperationalError("table studies already exists")
    errors = [getattr(sqlalchemy.exc, kind)("CREATE", None, cause)]

    class LateStorage(optuna.storages.RDBStorage):
        def __init__(self, *args, **kwargs):
            if errors:
                raise errors.pop()
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(optuna.storages, "RDBStorage", LateStorage)
    Store(tmp_path / "study.db").close()
    assert errors == []


def test_a_file_has_its_log_as_soon_as_no_other_process_writes(tmp_path):
    path = tmp_path / "study.db"
    Store(path).close()
    for is_written, mode in ((True, "delete"), (False, "wal")):
        with closing(sqlite3.connect(path)) as connection:
            if is_written:
                connection.execute("BEGIN IMMEDIATE")
            with Store(path) as store:
                store.call("get_all_studies")
            connection.rollback()
            assert list(connection.execute("PRAGMA journal_mode")) == [(mode,)]


def test_a_new_database_of_a_server_is_opened_by_several_at_once(server):
    psycopg = pytest.importorskip("psycopg")
    plain = server.replace("+psycopg", "")
    for k in range(3):
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE new{k}")
        assert open_at_once(server.replace("/postgres", f"/new{k}")) == []


def test_processes_share_the_work_through_a_server(server, fits, monkeypatch):
    monkeypatch.setattr(SETTINGS, "delay", 0.05)
    plan = range(12)
    searches = [sweep(server, plan, study_name="shared") for _ in range(2)]
    threads = [Thread(target=search.fit, args=IRIS) for search in searches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    n_fits = len(fits())
    assert 24 <= n_fits <= 28
    assert searches[0].fit_results_ == searches[1].fit_results_
    assert flat(searches[0]) == flat(sweep(None, plan).fit(*IRIS))


@pytest.mark.parametrize("dead", [True, False])
def test_the_work_of_another_process_is_taken_over(server, fits, monkeypatch, dead):
    show = SweepStudy._show

    def show_no_end(study, name, value):
        if value is not None:
            show(study, name, value)

    def stop():
        with monkeypatch.context() as patch:
            patch.setattr(SETTINGS, "interrupt_at", 2)
            if dead:  # as on another machine, without a last word
                patch.setattr(sweep_study, "MACHINE", "elsewhere")
                patch.setattr(SweepStudy, "_show", show_no_end)
            with pytest.raises(KeyboardInterrupt):
                sweep(server, study_name=name).fit(*IRIS)

    monkeypatch.setattr(sweep_study, "TIMEOUT", 1.0 if dead else 60.0)
    name = f"dead {dead}"
    stop()
    stop()
    assert sorted(fits()) == [0, 0, 1, 1]
    start = time.monotonic()
    whole = sweep(server, study_name=name).fit(*IRIS)
    assert sorted(fits()) == [2, 2, 3, 3]
    assert flat(whole) == flat(sweep(None).fit(*IRIS))
    seconds = time.monotonic() - start
    assert seconds > 1 if dead else seconds < 30


def test_a_server_that_restarts_is_waited_for(server, fits, monkeypatch):
    starter = Timer(2.5, server.start)

    def stop(number):
        if number == 1 and not starter.is_alive() and starter.ident is None:
            starter.start()
            server.stop()

    monkeypatch.setattr(SETTINGS, "before_fit", stop)
    search = sweep(server, study_name="restarted").fit(*IRIS)
    starter.join()
    assert fits() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert read_study(server, "restarted")["fits"] == search.fit_results_
    assert flat(search) == flat(sweep(None).fit(*IRIS))


def test_a_server_that_stays_away_is_named(server, monkeypatch):
    monkeypatch.setattr(_store, "RESTART_WAITS", (0.1,))
    monkeypatch.setattr(sweep_study, "TIMEOUT", 1.0)  # no last word can be stored

    def stop(number):
        if number == 2:
            server.stop()

    monkeypatch.setattr(SETTINGS, "before_fit", stop)
    search = sweep(server, study_name="gone")
    try:
        with pytest.raises(OSError, match=r"cannot be used: .*What was stored before"):
            search.fit(*IRIS)
    finally:
        server.start()
    assert search.fit_results_[1][1] is not None
    monkeypatch.setattr(SETTINGS, "before_fit", None)
    again = sweep(server, study_name="gone").fit(*IRIS)
    assert flat(again) == flat(sweep(None).fit(*IRIS))

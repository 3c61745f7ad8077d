"""The file of a ledger is safe: whole writes, and errors that name what is wrong."""

import os
import pickle
import shutil
import sqlite3
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ledger_looks import EVENTS, KEY, Y, noise
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from skseisfp.model_selection import EvaluationLedger
from skseisfp.sweep import SweepSearchCV


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


def test_the_ledger_is_a_path(ledger, monkeypatch):
    for copy in (pickle.loads(pickle.dumps(ledger)), deepcopy(ledger)):
        assert copy == ledger
        assert hash(copy) == hash(ledger)
    assert ledger != EvaluationLedger("other.db")
    assert ledger != ledger.path
    assert repr(ledger) == f"EvaluationLedger({ledger.path!r})"
    monkeypatch.chdir(Path(ledger.path).parent)
    relative = EvaluationLedger("looks.db")
    monkeypatch.chdir("/")
    assert relative == ledger
    search = SweepSearchCV(DummyClassifier(), {"constant": [1]}, ledger=ledger)
    assert clone(search).ledger == ledger


def test_paths_with_odd_characters(tmp_path):
    ledger = EvaluationLedger(tmp_path / "50% of #1? é.db")
    ledger.look(Y, noise(0), EVENTS)
    assert len(ledger.looks()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["50% of #1? é.db"]


def test_a_missing_folder_and_a_folder_are_named(tmp_path):
    ledger = EvaluationLedger(tmp_path / "none" / "looks.db")
    for call in (ledger.looks, lambda: ledger.register("a", Y, EVENTS)):
        with pytest.raises(FileNotFoundError, match=r"no folder .*none for the ledger"):
            call()
    with pytest.raises(ValueError, match="is a folder"):
        EvaluationLedger(tmp_path).looks()


def test_files_of_another_kind_raise_and_are_kept(tmp_path):
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("These are notes, not a ledger. " * 40)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE things (name)")
    for path, reason in ((text, "not a ledger"), (database, "of another kind")):
        before = path.read_bytes()
        ledger = EvaluationLedger(path)
        for call in (
            ledger.looks,
            lambda ledger=ledger: ledger.report("a"),
            lambda ledger=ledger: ledger.look(Y, noise(0), EVENTS),
        ):
            with pytest.raises(ValueError, match=rf"{path.name}.*{reason}"):
                call()
        assert path.read_bytes() == before


def test_a_newer_schema_raises(ledger):
    ledger.look(Y, noise(0), EVENTS)
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for call in (ledger.looks, lambda: ledger.look(Y, noise(1), EVENTS)):
        with pytest.raises(
            ValueError, match=r"looks\.db has the schema 99, newer than"
        ):
            call()


def test_an_empty_file_is_a_new_ledger(ledger):
    Path(ledger.path).touch()  # a process was killed as it began
    assert ledger.looks().empty
    ledger.look(Y, noise(0), EVENTS)
    assert len(ledger.looks()) == 1


def fill(ledger):
    for seed in range(20):
        ledger.look(Y, noise(seed), EVENTS, name="pnw")


def test_a_truncated_file_raises(ledger):
    fill(ledger)
    path = Path(ledger.path)
    path.write_bytes(path.read_bytes()[:-5000])
    for call in (ledger.looks, lambda: ledger.report("pnw")):
        with pytest.raises(ValueError, match=r"looks\.db is damaged"):
            call()


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE members SET label = 'quake' WHERE event_id = '4'",
            "events of the set",
        ),
        ("DELETE FROM members WHERE event_id = '4'", "events of the set"),
        ("DELETE FROM members", "events of the set"),
        (
            "UPDATE looks SET event_scores = zeroblob(640) WHERE id = 3",
            "of look 3 have",
        ),
        (
            "UPDATE looks SET event_scores = x'00', checksum = 3523407757",
            "event scores",
        ),
    ],
)
def test_content_that_was_changed_raises(ledger, statement, message):
    fill(ledger)
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(ValueError, match=rf"looks\.db is damaged: .*{message}"):
        ledger.report("pnw", n_resamples=20)


@pytest.fixture
def unprivileged():
    """Call to give up the right to write what is read-only; a folder that is open."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder), lambda: os.seteuid(os.geteuid() or 65534)
        os.seteuid(os.getuid())


def test_a_read_only_ledger_can_be_read(unprivileged):
    folder, drop_rights = unprivileged
    ledger = EvaluationLedger(folder / "looks.db")
    ledger.look(Y, noise(0), EVENTS, name="pnw")
    Path(ledger.path).chmod(0o444)
    expected = ledger.report("pnw", n_resamples=20)
    drop_rights()
    assert len(ledger.looks()) == 1
    assert ledger.report("pnw", n_resamples=20) == expected
    with pytest.raises(OSError, match=r"looks\.db cannot be used: .*readonly"):
        ledger.look(Y, noise(1), EVENTS)


def test_reading_changes_nothing(ledger, tmp_path):
    ledger.look(Y, noise(0), EVENTS, name="pnw")
    copy = tmp_path / "copy.db"
    shutil.copy2(ledger.path, copy)
    before = copy.stat().st_mtime_ns
    reader = EvaluationLedger(copy)
    reader.looks()
    reader.sets()
    reader.report("pnw", n_resamples=20)
    assert copy.stat().st_mtime_ns == before
    assert copy.read_bytes() == Path(ledger.path).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "looks.db"]


def test_a_failed_write_leaves_the_ledger_as_it_was(ledger):
    first = ledger.open(Y, EVENTS, name="pnw", **KEY)
    strange = deepcopy(first)
    object.__setattr__(strange, "token", "none")
    with pytest.raises(ValueError, match="no such look"):
        ledger._record_all([(first, 0.5, None), (strange, 0.5, None)])
    assert ledger.looks()["recorded"].isna().all()

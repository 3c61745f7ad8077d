import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from skseisfp.metrics import aggregate_events, bootstrap_interval
from skseisfp.metrics.weighted import METRICS, Rows, get_metric
from skseisfp.model_selection import _ledger_statistics as statistics
from skseisfp.model_selection._ledger_looks import make_key
from skseisfp.model_selection._ledger_report import correct_best
from skseisfp.model_selection._ledger_sets import EventSet
from skseisfp.model_selection.evaluation_ledger import EvaluationLedger, SealedSetError
from skseisfp.sweep import SweepSearchCV

EVENTS = np.repeat(np.arange(40), 2)
Y = np.where(EVENTS % 4 == 0, "blast", "quake")
KEY = {"pipeline": "trees", "folds": "five", "data": "fingerprints"}


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


def noise(seed, events=EVENTS):
    return np.random.default_rng(seed).random(len(events))


def other_events(n_events=12, first=100):
    events = np.repeat(np.arange(first, first + n_events), 2)
    return np.where(events % 2, "blast", "quake"), events


# Sets


def test_nothing_is_written_before_the_first_look(ledger):
    assert ledger.looks().empty
    assert ledger.sets().empty
    assert ledger.sets()["sealed"].dtype == bool
    with pytest.raises(ValueError, match="no set 'a'; it has: none"):
        ledger.report("a")
    assert not Path(ledger.path).exists()
    ledger.look(Y, noise(0), EVENTS)
    assert Path(ledger.path).exists()


def test_a_set_is_its_events_with_their_labels(ledger):
    digest = ledger.register("pnw", Y, EVENTS)
    backwards = Y[::-1], [str(event) for event in EVENTS[::-1]]
    assert ledger.register("pnw", *backwards) == digest
    indexed = pd.Series(Y, pd.Index(EVENTS.astype(float), name="event_id"))
    assert ledger.register("pnw", indexed) == digest
    assert ledger.register("pnw", Y[::2], EVENTS[::2]) == digest  # records go
    assert ledger.sets()["name"].tolist() == ["pnw"]
    assert ledger.sets()["classes"][0] == {"blast": 10, "quake": 30}


@pytest.mark.parametrize("dtype", [int, float, str, bool, object])
def test_labels_of_any_type_count_alike(ledger, dtype):
    y = (EVENTS % 2).astype(dtype)
    ledger.register("set", EVENTS % 2, EVENTS)
    ledger.register("set", y, EVENTS)
    score = ledger.look(y, noise(0), EVENTS, name="set")
    means = noise(0).reshape(-1, 2).mean(axis=1)
    assert score == pytest.approx(roc_auc_score(EVENTS[::2] % 2, means))


def test_other_data_under_the_same_name_are_refused(ledger):
    digest = ledger.register("pnw", Y, EVENTS)
    revised = np.where(EVENTS == 4, "quake", Y)
    with pytest.raises(ValueError, match=rf"'pnw'.*other data: 40 events.*{digest}"):
        ledger.register("pnw", revised, EVENTS)
    with pytest.raises(ValueError, match="got 30 events"):
        ledger.look(Y[:60], noise(0)[:60], EVENTS[:60], name="pnw")
    with pytest.raises(ValueError, match="are the set 'pnw' of the ledger already"):
        ledger.open(Y, EVENTS, name="wnp")
    assert len(ledger.sets()) == 1
    assert ledger.looks().empty


def test_unnamed_sets_are_named_after_their_digest_until_they_are_named(ledger):
    ledger.look(Y, noise(0), EVENTS)
    (row,) = ledger.sets().itertuples()
    assert row.name == f"set-{row.digest[:8]}"
    ledger.register("pnw", Y, EVENTS)
    assert ledger.sets()["name"].tolist() == ["pnw"]
    assert ledger.looks("pnw")["score"].count() == 1


def test_sets_need_events_of_one_label(ledger):
    with pytest.raises(ValueError, match="pass groups=event_id"):
        ledger.register("pnw", Y)
    with pytest.raises(ValueError, match="straddle labels, first event '0'"):
        ledger.register("pnw", np.arange(80) % 2, EVENTS)
    with pytest.raises(ValueError, match="y is missing for record 3"):
        ledger.register("pnw", np.where(np.arange(80) == 3, None, Y), EVENTS)
    for name in ("", 3):
        with pytest.raises(ValueError, match="name must be a string"):
            ledger.register(name, Y, EVENTS)
    assert not Path(ledger.path).exists()


def test_overlaps_are_told(ledger):
    ledger.look(Y, noise(0), EVENTS, name="all")
    ledger.look(Y[:20], noise(1)[:20], EVENTS[:20], name="ten")
    ledger.look(Y[:20], noise(2)[:20], EVENTS[:20], name="ten")
    y, events = other_events()
    ledger.look(y, noise(3)[:24], events, name="apart")
    report = ledger.report("all", n_resamples=20)
    assert report.overlaps == (("ten", 10, 2),)
    assert "Shares 10 of 40 events with set 'ten' (2 looks)." in str(report)
    for n_events in range(11, 20):
        part = slice(0, 2 * n_events)
        ledger.look(Y[part], noise(4)[part], EVENTS[part])
    text = str(ledger.report("all", n_resamples=20))
    assert "Shares events with 5 more sets (5 looks)." in text


# Looks


def test_a_look_scores_by_event_and_keeps_all(ledger):
    score = ledger.look(Y, noise(0), EVENTS, name="pnw", label="trees", **KEY)
    means = noise(0).reshape(-1, 2).mean(axis=1)
    assert score == pytest.approx(roc_auc_score(Y[::2] == "quake", means))
    (row,) = ledger.looks().to_dict("records")
    assert row["score"] == score
    expected = {"set": "pnw", "metric": "roc_auc", "label": "trees", "n_events": 40}
    expected |= {"n_records": 80, "held_out": False, "has_event_scores": True, **KEY}
    assert expected.items() <= row.items()
    for name in ("opened", "recorded"):
        assert pd.Timestamp(row[name]).utcoffset().total_seconds() == 0
    assert row["version"]
    assert ledger.sets()["n_looks"].tolist() == [1]


def test_looks_in_two_steps(ledger):
    events = aggregate_events(noise(0), EVENTS, classes=["blast", "quake"])
    ticket = ledger.open(Y, EVENTS, name="pnw", metric="balanced_accuracy", **KEY)
    assert np.isnan(ledger.looks()["score"][0])
    assert ledger.report("pnw").n_open == 1
    assert "No look is recorded." in str(ledger.report("pnw"))
    score = balanced_accuracy_score(Y[::2], events["prediction"])
    ledger.record(ticket, score, events.sample(frac=1, random_state=0))
    whole = EvaluationLedger(Path(ledger.path).with_name("other.db"))
    at_once = whole.look(
        Y, noise(0), EVENTS, name="pnw", metric="balanced_accuracy", **KEY
    )
    assert at_once == pytest.approx(score)
    one, other = ledger.report("pnw"), whole.report("pnw")
    assert one.corrected_interval == pytest.approx(other.corrected_interval)
    assert one.p_value == other.p_value


def test_event_scores_as_an_array_are_sorted_by_event_and_class(ledger):
    y, events = np.array(["b", "a", "b", "a"]), ["e10", "e9", "e1", "e2"]
    ticket = ledger.open(y, events, name="small")
    by_event = np.array([[0.1, 0.9], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    ledger.record(ticket, 1.0, by_event)  # e1, e10, e2, e9
    table = pd.DataFrame(
        by_event, ["e1", "e10", "e2", "e9"], columns=["score_a", "score_b"]
    )
    again = ledger.open(y, events, name="small")
    ledger.record(again, 1.0, table.iloc[::-1])
    assert ledger.report("small").n_looks == 1  # the same scores of all events


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.to_numpy()[1:], r"shape .* = \(40, 2\)"),
        (lambda table: table.drop(columns="score_blast"), "column 'score_blast'"),
        (lambda table: table.drop(index=3), "lacks 1 events, first '3'"),
        (lambda table: table.rename({3: 77}), "lacks 1 events, first '3'"),
        (lambda table: pd.concat([table, table.rename(lambda e: e + 40)]), "has, in a"),
        (lambda table: pd.concat([table, table[:1]]), "event '0' more than once"),
        (lambda table: table.replace(table.iloc[5, 0], np.nan), "event '5' is not"),
    ],
)
def test_event_scores_of_other_events_are_refused(ledger, change, message):
    table = aggregate_events(noise(0), EVENTS, classes=["blast", "quake"])
    table = table[["score_blast", "score_quake"]]
    ticket = ledger.open(Y, EVENTS)
    with pytest.raises(ValueError, match=message):
        ledger.record(ticket, 0.5, change(table))
    assert ledger.looks()["recorded"].isna().all()


@pytest.mark.parametrize("score", [1.01, -0.1, np.nan, np.inf, "0.5", None])
def test_impossible_scores_are_refused(ledger, score):
    ticket = ledger.open(Y, EVENTS)
    with pytest.raises((ValueError, TypeError), match="score"):
        ledger.record(ticket, score)
    assert ledger.looks()["recorded"].isna().all()


def test_wrong_arguments_are_refused_before_anything_is_written(ledger):
    calls = [
        lambda: ledger.look(Y, noise(0), EVENTS, metric="auc"),
        lambda: ledger.look(Y, noise(0), EVENTS, label=3),
        lambda: ledger.look(Y, noise(0)[1:], EVENTS),
        lambda: ledger.look(Y, np.eye(3)[EVENTS % 3], EVENTS),
        lambda: ledger.look(Y, noise(0), EVENTS, classes=["blast", "slide"]),
        lambda: ledger.open(Y, EVENTS, metric=None),
        lambda: ledger.open(Y, EVENTS[1:]),
        lambda: ledger.record("ticket", 0.5),
    ]
    for call in calls:
        with pytest.raises(
            ValueError, match=r"metric|label|got|columns|classes|ticket|lacks"
        ):
            call()
    assert not Path(ledger.path).exists()


def test_a_ticket_of_another_ledger_is_refused(ledger, tmp_path):
    ticket = ledger.open(Y, EVENTS)
    other = EvaluationLedger(tmp_path / "other.db")
    with pytest.raises(ValueError, match=r"ticket is not of the ledger .*other\.db"):
        other.record(ticket, 0.5)


# The same look


def test_the_same_look_counts_once(ledger):
    for _ in range(3):
        ledger.look(Y, noise(0), EVENTS, name="pnw", **KEY)
    assert ledger.report("pnw", n_resamples=20).n_looks == 1
    ticket = ledger.open(Y, EVENTS, **KEY)
    ledger.record(ticket, ledger.looks()["score"][0])
    assert len(ledger.looks()) == 1
    assert ledger.looks()["has_event_scores"].all()


@pytest.mark.parametrize("part", [*KEY, "metric"])
def test_another_part_of_the_key_is_another_look(ledger, part):
    ledger.look(Y, noise(0), EVENTS, name="pnw", **KEY)
    change = "accuracy" if part == "metric" else "other"
    ledger.look(Y, noise(0), EVENTS, name="pnw", **KEY | {part: change})
    assert len(ledger.looks()) == 2


def test_another_score_of_the_same_pipeline_is_another_look(ledger):
    first, second = (ledger.open(Y, EVENTS, name="pnw", **KEY) for _ in range(2))
    assert first == second
    ledger.record(first, 0.6)
    ledger.record(second, 0.7)
    ledger.record(second, 0.7)
    ledger.record(first, 0.6)
    assert sorted(ledger.looks()["score"]) == [0.6, 0.7]


def test_without_a_part_of_the_key_only_equal_event_scores_are_the_same(ledger):
    half_key = KEY | {"folds": None}
    for seed in (0, 0, 1):
        ledger.look(Y, noise(seed), EVENTS, name="pnw", **half_key)
    assert len(ledger.looks()) == 2
    for _ in range(2):
        ledger.record(ledger.open(Y, EVENTS, **half_key), 0.5)
    assert len(ledger.looks()) == 4


def test_estimators_folds_and_arrays_have_digests(ledger):
    folds = [(np.arange(40), np.arange(40, 80)), (np.arange(40, 80), np.arange(40))]
    narrow = [tuple(part.astype(np.int32) for part in fold) for fold in folds]
    for C, used in ((1.0, folds), (1.0, narrow), (2.0, folds)):
        ledger.look(
            Y,
            noise(0),
            EVENTS,
            pipeline=LogisticRegression(C=C),
            folds=used,
            data=np.eye(80),
        )
    assert len(ledger.looks()) == 2


# Seals


@pytest.fixture
def sealed(ledger):
    ledger.register("kept", Y, EVENTS, seal=True)
    return ledger


def test_a_sealed_set_has_one_look(sealed):
    sealed.look(Y, noise(0), EVENTS, label="trees", **KEY)
    score = sealed.looks()["score"][0]
    message = rf"'kept' is sealed for one look.*\('trees'\): roc_auc {score:.3f}"
    for key in (KEY, KEY | {"pipeline": "network"}, {}):
        with pytest.raises(SealedSetError, match=message):
            sealed.open(Y, EVENTS, **key)
    with pytest.raises(SealedSetError, match=message):
        sealed.look(Y, noise(1), EVENTS, metric="accuracy")
    assert len(sealed.looks()) == 1
    sealed.register("kept", Y, EVENTS)  # a seal stays
    assert sealed.sets()["sealed"].all()


@pytest.mark.parametrize("spent", [False, True])
def test_events_of_a_sealed_set_are_sealed_in_other_sets(sealed, spent):
    y, events = other_events()
    more = np.r_[Y[:6], y], np.r_[EVENTS[:6], events]
    if spent:
        sealed.look(Y, noise(0), EVENTS, label="trees")
    state = r"looked at on .*'trees'" if spent else "its look is not spent"
    for given_events in (more, (Y[:30], EVENTS[:30])):
        with pytest.raises(
            SealedSetError, match=rf"shares \d+ events.*'kept'.*{state}"
        ):
            sealed.open(*given_events)
    sealed.look(y, noise(1)[:24], events, name="apart")
    assert sealed.sets()["name"].tolist() == ["kept", "apart"]
    if not spent:
        sealed.look(Y, noise(0), EVENTS)


def test_the_same_events_with_other_labels_are_sealed_too(sealed):
    with pytest.raises(SealedSetError, match="shares 40 events"):
        sealed.open(Y[::-1], EVENTS)


def test_events_that_were_looked_at_cannot_be_sealed(ledger):
    ledger.open(Y[:20], EVENTS[:20], name="ten")
    with pytest.raises(
        ValueError, match="'kept' cannot be sealed: the set 'ten' holds"
    ):
        ledger.register("kept", Y, EVENTS, seal=True)
    assert ledger.sets()["name"].tolist() == ["ten"]
    y, events = other_events()
    ledger.register("apart", y, events)
    ledger.register("apart", y, events, seal=True)
    with pytest.raises(ValueError, match="shares 6 events with the sealed set 'apart'"):
        ledger.register("part", y[:12], events[:12], seal=True)


def test_a_look_that_was_never_recorded_may_be_opened_again(sealed):
    ticket = sealed.open(Y, EVENTS, **KEY)
    assert sealed.open(Y, EVENTS, **KEY) == ticket
    for part, change in (("pipeline", "x"), ("folds", "x"), ("metric", "accuracy")):
        with pytest.raises(SealedSetError, match=r"opened .* and never recorded"):
            sealed.open(Y, EVENTS, **KEY | {part: change})
    sealed.record(ticket, 0.7)
    sealed.record(ticket, 0.7)
    with pytest.raises(SealedSetError, match=r"roc_auc 0\.700"):
        sealed.record(ticket, 0.8)
    assert sealed.looks()["score"].tolist() == [0.7]


def test_an_unknown_pipeline_cannot_open_a_sealed_set_again(sealed):
    sealed.open(Y, EVENTS)
    with pytest.raises(SealedSetError, match="never recorded"):
        sealed.open(Y, EVENTS)


WORKER = """
import os, signal, sys
import numpy as np
from skseisfp.model_selection.evaluation_ledger import EvaluationLedger, SealedSetError

ledger, task = EvaluationLedger(sys.argv[1]), sys.argv[2]
events = np.repeat(np.arange(40), 2)
y = np.where(events % 4 == 0, "blast", "quake")
key = {"pipeline": "trees", "folds": "five", "data": "fingerprints"}

def write(worker):
    for number in range(25):
        score = np.random.default_rng([worker, number]).random(80)
        ledger.look(y, score, events, name="pnw", label=f"{worker}/{number}")

def be_killed(worker):
    try:
        ledger.open(y, events, **key)
    except SealedSetError:
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)

def fork(function, worker):
    child = os.fork()
    if not child:
        function(worker)
        os._exit(0)
    return child

children = [fork(*job) for job in {
    "write": [(write, worker) for worker in range(4)],
    "kill": [(be_killed, 0)],
}[task]]
print([os.waitpid(child, 0)[1] for child in children])
"""


def run_worker(ledger, task):
    """Run a task in other processes and return what they exited with."""
    result = subprocess.run(
        [sys.executable, "-c", WORKER, ledger.path, task],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_a_seal_holds_after_another_process_was_killed(sealed):
    assert run_worker(sealed, "kill") == "[9]"
    with pytest.raises(SealedSetError, match="never recorded"):
        sealed.open(Y, EVENTS, **KEY | {"pipeline": "network"})
    sealed.record(sealed.open(Y, EVENTS, **KEY), 0.7)
    assert run_worker(sealed, "kill") == "[256]"  # an error instead of the kill
    assert sealed.looks()["score"].tolist() == [0.7]


def test_processes_that_write_at_the_same_time_lose_nothing(ledger):
    assert run_worker(ledger, "write") == "[0, 0, 0, 0]"
    looks = ledger.looks("pnw")
    assert len(looks) == looks["label"].nunique() == 100
    assert looks["recorded"].notna().all()
    assert len(ledger.sets()) == 1


def test_threads_open_a_sealed_set_once(sealed):
    outcomes = []

    def run(number):
        try:
            sealed.open(Y, EVENTS, **KEY | {"pipeline": str(number)})
            outcomes.append("open")
        except SealedSetError:
            outcomes.append("sealed")

    threads = [threading.Thread(target=run, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["open"] + 5 * ["sealed"]


# The file


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
        with pytest.raises(FileNotFoundError, match=r"none of the ledger looks\.db"):
            call()
    with pytest.raises(ValueError, match="is a folder"):
        EvaluationLedger(tmp_path).looks()


def test_files_of_another_kind_are_refused_and_kept(tmp_path):
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


def test_a_newer_schema_is_refused(ledger):
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


def test_a_truncated_file_is_refused(ledger):
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
def test_content_that_was_changed_is_refused(ledger, statement, message):
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


# Statistics


def make_looks(rng, y, signals, rho=0.5):
    """Event scores of looks with a common error; a signal moves the second class."""
    common = rng.normal(size=len(y))
    looks = []
    for signal in signals:
        own = rng.normal(size=len(y))
        latent = np.sqrt(rho) * common + np.sqrt(1 - rho) * own + signal * (y - 0.5)
        looks.append(norm.cdf(np.column_stack([-latent, latent])))
    return looks


def event_set_of(y):
    return EventSet.from_pairs((f"{i:04d}", str(k)) for i, k in enumerate(y))


def correct(rng, y, looks, *, metric="roc_auc", known=True, held_out=True, n=300):
    events = event_set_of(y)
    score = get_metric(metric)
    rows = [Rows(events.codes, look.argmax(axis=1), look) for look in looks]
    scores = np.array([score(row, np.ones((1, len(y))))[0] for row in rows])
    found = correct_best(
        metric,
        events,
        scores,
        looks if known else [None] * len(looks),
        statistics.error_factors([held_out] * len(looks)),
        alpha=0.05,
        n_resamples=n,
        rng=rng,
    )
    return scores, found


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("metric", list(METRICS))
def test_fast_scores_are_those_of_the_metric(metric, n_classes):
    rng = np.random.default_rng(0)
    codes = np.arange(30) % n_classes
    looks = [rng.integers(0, 5, (30, n_classes)) / 4 for _ in range(3)]
    score = get_metric(metric)
    rows = [Rows(codes, look.argmax(axis=1), look) for look in looks]
    seeds = [np.random.default_rng(1) for _ in range(2)]
    observed, drawn = statistics.bootstrap_scores(metric, codes, looks, 50, seeds[0])
    counts = np.concatenate(list(statistics._draw_counts(codes, 50, seeds[1])))
    assert counts.sum(axis=1).tolist() == [30] * 50
    for number, row in enumerate(rows):
        assert observed[number] == pytest.approx(score(row, np.ones((1, 30)))[0])
        np.testing.assert_allclose(drawn[number], score(row, counts))
    pairs = [(look, look.argmax(axis=1)) for look in looks]
    permuted = statistics._permuted(metric, codes, pairs, 20, np.random.default_rng(2))
    labels = np.random.default_rng(2).permuted(np.tile(codes, (20, 1)), axis=1)
    for number, row in enumerate(rows):
        by_hand = [
            score(row._replace(true=true), np.ones((1, 30)))[0] for true in labels
        ]
        np.testing.assert_allclose(permuted[number], by_hand)


def test_resamples_in_parts_have_the_same_size(monkeypatch):
    monkeypatch.setattr(statistics, "MAX_CELLS", 100)
    rng, codes = np.random.default_rng(0), np.arange(30) % 2
    looks = make_looks(rng, codes, [0, 1])
    _, drawn = statistics.bootstrap_scores("roc_auc", codes, looks, 50, rng)
    assert drawn.shape == (2, 50)
    ones = np.ones(2)
    assert statistics.chance_maxima("f1", codes, looks, ones, 50, rng).shape == (50,)


def test_one_look_has_the_interval_of_the_bootstrap(ledger):
    score = noise(0) + 0.3 * (Y == "quake")
    ledger.look(Y, score / 1.3, EVENTS, name="pnw", held_out=True)
    report = ledger.report("pnw", n_resamples=4000)
    expected = bootstrap_interval(
        Y, score / 1.3, EVENTS, n_resamples=4000, random_state=1
    )
    assert report.interval == pytest.approx(expected, abs=0.015)
    assert report.corrected_interval == report.interval
    assert report.n_out_of_fold == 0


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("metric", ["roc_auc", "balanced_accuracy", "f1", "accuracy"])
def test_the_best_of_useless_looks_is_not_above_chance(metric, known):
    rng, below = np.random.default_rng(0), 0
    for _ in range(20):
        y = rng.permutation(np.arange(60) % 3 == 0).astype(int)
        looks = make_looks(rng, y, np.zeros(30))
        _, found = correct(rng, y, looks, metric=metric, known=known)
        below += found["p_value"] <= 0.05
        assert 0.5 < found["chance_bound"] <= 1 or metric == "f1"
    assert below <= 3


def out_of_fold_looks(rng, y, n_looks, n_features):
    """Event scores of least squares on useless features, trained out of fold."""
    fold = rng.permutation(len(y)) % 5
    looks = []
    for _ in range(n_looks):
        X = np.column_stack([np.ones(len(y)), rng.normal(size=(len(y), n_features))])
        scores = np.empty(len(y))
        for number in range(5):
            train = fold != number
            weights = np.linalg.lstsq(X[train], y[train], rcond=None)[0]
            scores[~train] = X[~train] @ weights
        looks.append(np.column_stack([1 - scores, scores]))
    return looks


def test_predictions_out_of_fold_are_not_above_chance_either():
    rng, fixed, widened = np.random.default_rng(0), 0, 0
    for _ in range(20):
        y = rng.permutation(np.arange(60) % 3 == 0).astype(int)
        looks = out_of_fold_looks(rng, y, 30, 15)
        fixed += correct(rng, y, looks)[1]["p_value"] <= 0.05
        _, found = correct(rng, y, looks, held_out=False)
        widened += found["p_value"] <= 0.05
        assert found["corrected_interval"].low < 0.5
    assert widened <= 1
    assert fixed >= 3  # why the errors out of fold are widened


@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_real_signal_is_found_among_fifty_looks(known, held_out):
    rng = np.random.default_rng(0)
    y = np.arange(90) % 2
    looks = make_looks(rng, y, np.linspace(0, 2.5, 50))
    scores, found = correct(rng, y, looks, known=known, held_out=held_out)
    assert found["p_value"] <= 0.05
    assert found["chance_bound"] < scores.max()
    assert 0.5 < found["corrected_interval"].low < found["interval"].low


@pytest.mark.parametrize(
    ("metric", "signal", "rho"),
    [("roc_auc", 0.0, 0.0), ("roc_auc", 1.5, 0.8), ("balanced_accuracy", 1.5, 0.5)],
)
def test_the_corrected_interval_covers_the_true_score(metric, signal, rho):
    rng = np.random.default_rng(0)
    truth = norm.cdf(signal / (np.sqrt(2) if metric == "roc_auc" else 2))
    y = np.r_[np.zeros(60, int), np.ones(25, int)]
    corrected = naive = 0
    for _ in range(60):
        looks = make_looks(rng, y, np.full(25, signal), rho)
        _, found = correct(rng, y, looks, metric=metric)
        corrected += found["corrected_interval"].low <= truth
        naive += found["interval"].low <= truth
        assert found["corrected_interval"].high >= truth
    assert corrected >= 56  # 97.5 % of 60 is 58.5
    assert naive < corrected


@pytest.mark.parametrize("metric", list(METRICS))
def test_a_perfect_score_has_an_interval(metric):
    rng, y = np.random.default_rng(0), np.arange(20) % 2
    perfect = np.column_stack([1.0 - y, y])
    looks = [perfect, *make_looks(rng, y, np.zeros(9))]
    for known in (True, False):
        scores, found = correct(rng, y, looks, metric=metric, known=known)
        naive, corrected = found["interval"], found["corrected_interval"]
        assert scores.max() == naive.high == corrected.high == 1.0
        assert corrected.low < naive.low < 0.95


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 8),
    st.integers(2, 4),
    st.sampled_from(list(METRICS)),
    st.booleans(),
)
def test_intervals_are_in_order(seed, n_looks, n_classes, metric, held_out):
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, 16)]
    looks = [rng.dirichlet(np.ones(n_classes), len(y)) for _ in range(n_looks)]
    known = [look if rng.random() < 0.7 else None for look in looks]
    scores = rng.random(n_looks).round(2)
    found = correct_best(
        metric,
        event_set_of(y),
        scores,
        known,
        statistics.error_factors([held_out] * n_looks),
        alpha=0.1,
        n_resamples=40,
        rng=rng,
    )
    corrected, naive = found["corrected_interval"], found["interval"]
    assert 0 <= corrected.low <= corrected.score <= corrected.high <= 1
    assert corrected.low <= naive.low
    assert corrected.high >= naive.high
    assert 0 < found["p_value"] <= 1
    assert 0 <= found["chance_bound"] <= 1


def test_more_looks_raise_the_bound_and_widen_the_interval(ledger):
    for seed in range(30):
        ledger.look(Y, noise(seed), EVENTS, name="pnw", label=f"no. {seed}")
    reports = [ledger.report("pnw", n_looks=n) for n in (1, 5, 30)]
    bounds = [report.chance_bound for report in reports]
    assert bounds == sorted(bounds)
    lows = [r.best_score - r.corrected_interval.low for r in reports]
    assert lows == sorted(lows)
    assert [report.n_looks for report in reports] == [1, 5, 30]
    assert reports[-1].best_score == ledger.looks()["score"].max()
    assert reports[-1] == ledger.report("pnw")
    assert reports[-1] != ledger.report("pnw", random_state=1)


def test_looks_without_event_scores_count_as_independent(ledger):
    for seed in range(10):
        ledger.look(Y, noise(seed), EVENTS, name="pnw")
    alone = ledger.report("pnw")
    looks = [(make_key("roc_auc", None, None, str(n)), "") for n in range(300)]
    tickets = ledger._open_all(Y, EVENTS, looks)
    ledger._record_all([(ticket, 0.4, None) for ticket in tickets])
    report = ledger.report("pnw")
    assert report.n_looks == 310
    assert report.n_with_event_scores == 10
    assert report.best_score == alone.best_score
    assert report.chance_bound > alone.chance_bound
    assert report.corrected_interval.low < alone.corrected_interval.low
    assert "300 looks without event scores, taken as independent." in str(report)


def test_a_report_in_words(ledger):
    for seed in range(3):
        ledger.look(Y, noise(seed), EVENTS, name="pnw", label=f"no. {seed}")
    ledger.record(ledger.open(Y, EVENTS, metric="neg_log_loss"), -0.3)
    ledger.open(Y, EVENTS)
    lines = str(ledger.report("pnw")).split("\n")
    assert lines[0] == (
        "Look 3 at these events: set 'pnw', 40 events (10 'blast', 30 'quake')."
    )
    assert lines[1].startswith("Best roc_auc: 0.")
    assert lines[3].startswith("95 % interval corrected for 3 looks: 0.")
    assert lines[5].startswith("Not above chance: p = 0.")
    assert lines[6:] == [
        "3 looks out of fold: errors taken 1.41 times as large.",
        "1 look by other metrics, not corrected for.",
        "1 look opened and never recorded.",
    ]


def test_scores_that_the_ledger_does_not_know_are_counted(ledger):
    for number in range(4):
        ticket = ledger.open(Y, EVENTS, name="pnw", metric="neg_log_loss")
        ledger.record(ticket, -0.3 - number)
    report = ledger.report("pnw")
    assert report.n_looks == 4
    assert report.best_score == -0.3
    assert report.is_above_chance is report.corrected_interval is None
    assert "No correction: 'neg_log_loss' is none of the metrics" in str(report)
    one_class = np.full(24, "quake"), other_events()[1]
    ledger.record(ledger.open(*one_class, name="quakes", metric="accuracy"), 0.9)
    assert "The events are of one class" in str(ledger.report("quakes"))


def test_a_class_of_one_event_has_an_interval_by_formula(ledger):
    y = np.where(EVENTS == 0, "blast", "quake")
    ledger.look(y, noise(0), EVENTS, name="pnw")
    report = ledger.report("pnw", n_resamples=50)
    assert report.corrected_interval.low < report.interval.low < report.best_score


def test_several_classes(ledger):
    y = EVENTS % 12
    proba = np.random.default_rng(0).dirichlet(np.ones(12), 80)
    proba[np.arange(80), y] += 0.5
    proba /= 1.5
    score = ledger.look(y, proba, EVENTS, name="numbers")
    by_event = proba.reshape(40, 2, 12).mean(axis=1)
    expected = roc_auc_score(y[::2], by_event, multi_class="ovr")
    assert score == pytest.approx(expected)
    report = ledger.report("numbers", n_resamples=50)
    assert list(report.class_counts) == [str(number) for number in range(12)]
    assert report.is_above_chance
    text = EvaluationLedger(Path(ledger.path).with_name("text.db"))
    order = np.argsort(np.arange(12).astype(str))  # 0, 1, 10, 11, 2, ...
    assert text.look(y.astype(str), proba[:, order], EVENTS, name="numbers") == score
    again = text.report("numbers", n_resamples=50)
    assert again == replace(report, best_recorded=again.best_recorded)


@pytest.mark.parametrize(
    "options",
    [
        {"n_resamples": 0},
        {"confidence_level": 1},
        {"confidence_level": 95},
        {"n_looks": 0},
        {"n_looks": 1.5},
        {"random_state": "seed"},
    ],
)
def test_impossible_options_of_a_report_are_refused(ledger, options):
    ledger.look(Y, noise(0), EVENTS, name="pnw")
    with pytest.raises((ValueError, TypeError), match=next(iter(options))[:6]):
        ledger.report("pnw", **options)

"""A sealed set of events has one look, whatever processes and threads do."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from ledger_looks import EVENTS, KEY, Y, noise, other_events

from skseisfp.model_selection import EvaluationLedger, SealedSetError

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


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


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


@pytest.mark.parametrize("used", [False, True])
def test_events_of_a_sealed_set_are_sealed_in_other_sets(sealed, used):
    y, events = other_events()
    more = np.r_[Y[:6], y], np.r_[EVENTS[:6], events]
    if used:
        sealed.look(Y, noise(0), EVENTS, label="trees")
    state = r"looked at on .*'trees'" if used else "its look is not used"
    for given_events in (more, (Y[:30], EVENTS[:30])):
        with pytest.raises(
            SealedSetError, match=rf"shares \d+ events.*'kept'.*{state}"
        ):
            sealed.open(*given_events)
    sealed.look(y, noise(1)[:24], events, name="apart")
    assert sealed.sets()["name"].tolist() == ["kept", "apart"]
    if not used:
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

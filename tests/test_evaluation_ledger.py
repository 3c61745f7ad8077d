"""A ledger knows sets of events by their labels, and counts the looks at them once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ledger_looks import EVENTS, KEY, Y, noise
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from skseisfp.metrics import aggregate_events
from skseisfp.model_selection import EvaluationLedger


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


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


def test_other_data_under_the_same_name_raise(ledger):
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
def test_event_scores_of_other_events_raise(ledger, change, message):
    table = aggregate_events(noise(0), EVENTS, classes=["blast", "quake"])
    table = table[["score_blast", "score_quake"]]
    ticket = ledger.open(Y, EVENTS)
    with pytest.raises(ValueError, match=message):
        ledger.record(ticket, 0.5, change(table))
    assert ledger.looks()["recorded"].isna().all()


@pytest.mark.parametrize("score", [1.01, -0.1, np.nan, np.inf, "0.5", None])
def test_impossible_scores_raise(ledger, score):
    ticket = ledger.open(Y, EVENTS)
    with pytest.raises((ValueError, TypeError), match="score"):
        ledger.record(ticket, score)
    assert ledger.looks()["recorded"].isna().all()


def test_wrong_arguments_raise_before_anything_is_written(ledger):
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


def test_a_ticket_of_another_ledger_raises(ledger, tmp_path):
    ticket = ledger.open(Y, EVENTS)
    other = EvaluationLedger(tmp_path / "other.db")
    with pytest.raises(ValueError, match=r"ticket is not of the ledger .*other\.db"):
        other.record(ticket, 0.5)


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

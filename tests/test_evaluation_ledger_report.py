"""The report on a set corrects the best look, and lists what it cannot correct for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ledger_looks import EVENTS, Y, noise, other_events
from sklearn.metrics import roc_auc_score

from skseisfp.metrics import bootstrap_interval
from skseisfp.model_selection import EvaluationLedger
from skseisfp.model_selection._ledger_looks import make_key


@pytest.fixture
def ledger(tmp_path):
    return EvaluationLedger(tmp_path / "looks.db")


def test_overlaps_are_listed(ledger):
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
    assert "No correction: 'neg_log_loss' is not a metric" in str(report)
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
def test_impossible_options_of_a_report_raise(ledger, options):
    ledger.look(Y, noise(0), EVENTS, name="pnw")
    with pytest.raises((ValueError, TypeError), match=next(iter(options))[:6]):
        ledger.report("pnw", **options)

"""The best of many looks is corrected for their number, and for chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from skseisfp.metrics.weighted import METRICS, Rows, get_metric
from skseisfp.model_selection import _ledger_statistics as statistics
from skseisfp.model_selection._ledger_report import correct_best
from skseisfp.model_selection._ledger_sets import EventSet


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

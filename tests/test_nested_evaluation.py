"""Nested scores are by models and choices that saw no tested event."""

from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from nested_candidates import (
    FAST,
    Diary,
    OneFeature,
    Scaled,
    columns,
    make_catalogue,
    noisy,
)
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.model_selection import make_protocols, nested_evaluation


@pytest.fixture
def catalogue():
    return make_catalogue()


def test_shuffled_labels_are_chance_nested_and_better_naive():
    rng = np.random.default_rng(0)
    events = np.repeat(np.arange(40), 2)
    frame = pd.DataFrame({"event_id": events})
    results = []
    for draw in range(20):
        y = rng.permutation(np.arange(40) % 2)[events]
        X = rng.normal(size=(80, 8)) + rng.normal(size=(40, 8))[events]
        results.append(
            nested_evaluation(
                columns(8),
                X,
                y,
                frame,
                n_splits=4,
                n_inner_splits=2,
                n_resamples=100,
                random_state=draw,
            )
        )
    covered = [r.score.low <= 0.5 <= r.score.high for r in results]
    assert sum(covered) >= 17
    scores = np.array([r.score.score for r in results])
    # pooling over four folds lowers chance by about 0.02, see the notes
    assert abs(scores.mean() - 0.48) < 3 * scores.std() / np.sqrt(20)
    naive = np.array([r.naive.score for r in results])
    assert naive.mean() > 0.6
    optimism = np.array([r.optimism.score for r in results])
    np.testing.assert_allclose(optimism, naive - scores)
    assert optimism.mean() > 3 * optimism.std() / np.sqrt(20)


def test_true_signal_is_found_with_little_optimism(catalogue):
    frame, y = catalogue
    result = nested_evaluation(
        columns(), noisy(y, 0.6), y, frame, n_inner_splits=2, n_resamples=200
    )
    assert result.score.low > 0.8
    assert abs(result.optimism.score) < 0.03
    assert (result.choices["column"] == 0).all()
    assert result.stability.loc["column"].tolist() == [0, 1.0, 5, 1]
    assert result.candidates.index[0] == "feature, column=0"
    assert result.candidates["n_chosen"].tolist()[0] == 5


@pytest.mark.parametrize("protocol", ["event", "new_stations"])
def test_no_test_event_is_seen_by_choice_or_fit(catalogue, protocol, monkeypatch):
    frame, y = catalogue
    events = pd.factorize(frame["event_id"])[0]
    monkeypatch.setattr(Diary, "pages", [])
    X = np.column_stack([events, noisy(y)])
    space = {"diary": (Diary(), {"column": [1, 2]})}
    options = {**FAST, "n_splits": 2, "protocol": protocol}
    nested_evaluation(space, X, y, frame, **options)
    inner = 2 if protocol == "event" else 4
    assert len(Diary.pages) == 2 * inner * (inner + 1)
    for at in range(0, len(Diary.pages), inner + 1):
        *choice, (train, test) = Diary.pages[at : at + inner + 1]
        assert not train & test
        for fitted, held in choice:
            assert not fitted & held
            assert fitted | held <= train


def test_nor_is_a_test_station_with_new_stations(catalogue, monkeypatch):
    frame, y = catalogue
    stations = pd.factorize(frame["station"])[0]
    monkeypatch.setattr(Diary, "pages", [])
    X = np.column_stack([stations, noisy(y)])
    space = {"diary": (Diary(), {"column": [1, 2]})}
    options = {**FAST, "n_splits": 2, "protocol": "new_stations"}
    nested_evaluation(space, X, y, frame, **options)
    assert not any(train & test for train, test in Diary.pages)


def test_inner_protocol_may_differ(catalogue, monkeypatch):
    frame, y = catalogue
    monkeypatch.setattr(Diary, "pages", [])
    X = np.column_stack([pd.factorize(frame["event_id"])[0], noisy(y)])
    options = {**FAST, "protocol": "event", "inner_protocol": "new_stations"}
    space = {"diary": (Diary(), {"column": [1, 2]})}
    nested_evaluation(space, X, y, frame, **options)
    assert len(Diary.pages) == 2 * 3 * (4 + 1)


def test_tables_follow_from_the_predictions(catalogue):
    frame, y = catalogue
    X = noisy(y, 3)
    result = nested_evaluation(
        {"one": (OneFeature(), {"column": [0, 1, 2]}), "two": OneFeature(3)},
        X,
        y,
        frame,
        **FAST,
        random_state=4,
    )
    predictions = result.probabilities
    assert predictions.index.tolist() == list(range(len(y)))
    scores = predictions[["score_blast", "score_quake"]]
    assert result.choices["candidate"].nunique() > 1
    ranks = predictions[["rank_blast", "rank_quake"]]
    options = {"n_resamples": 50, "random_state": 4}
    events = frame["event_id"].to_numpy()
    assert result.score == bootstrap_interval(y, ranks, events, **options)
    # the naive score and each fold, by fits of our own
    (protocol,) = make_protocols(
        frame.reset_index(), y, protocols=["event"], n_splits=3, random_state=4
    )
    best = result.candidates.index[0]
    column = 3 if best == "two" else int(result.candidates["column"].iloc[0])
    naive = np.empty((len(y), 2))
    for number, (train, test) in enumerate(protocol.folds):
        naive[test] = OneFeature(column).fit(X[train], y[train]).predict_proba(X[test])
        choice = result.choices.loc[number]
        chosen = 3 if choice["name"] == "two" else choice["column"]
        model = OneFeature(chosen).fit(X[train], y[train])
        np.testing.assert_allclose(scores.iloc[test], model.predict_proba(X[test]))
        assert (predictions["fold"].iloc[test] == number).all()
        assert (predictions["candidate"].iloc[test] == choice["candidate"]).all()
        expected = bootstrap_interval(
            y[test], scores.iloc[test], events[test], n_resamples=1
        )
        assert choice["outer_score"] == pytest.approx(expected.score)
    assert result.naive == bootstrap_interval(y, naive, events, **options)
    assert result.optimism == paired_bootstrap(y, naive, ranks, events, **options)
    assert result.candidates["n_chosen"].sum() == 3
    assert result.candidates["score"].is_monotonic_decreasing
    assert result.choices["n_within_se"].between(1, 4).all()
    assert -1 <= result.rank_correlation <= 1


def test_scales_of_different_choices_do_not_matter(catalogue):
    frame, y = catalogue
    X = np.column_stack([noisy(y, 1.0, 1, seed) for seed in range(4)])
    space = {
        f"{column}": Scaled(column, factor)
        for column, factor in enumerate([1.0, 0.1, 0.01, 0.001])
    }
    options = {**FAST, "n_splits": 8, "n_resamples": 100}
    result = nested_evaluation(space, X, y, frame, **options)
    assert result.choices["name"].nunique() > 1
    plain = {name: OneFeature(int(name)) for name in space}
    same = nested_evaluation(plain, X, y, frame, **options)
    assert same.choices["name"].equals(result.choices["name"])
    assert result.score.score == pytest.approx(same.score.score)
    by_fold = np.average(result.choices["outer_score"])
    assert result.score.score == pytest.approx(by_fold, abs=0.08)
    raw = result.probabilities[["score_blast", "score_quake"]]
    events = frame["event_id"].to_numpy()
    unscaled = bootstrap_interval(y, raw, events, n_resamples=1)
    assert unscaled.score < result.score.score - 0.05
    ranks = result.probabilities[["rank_blast", "rank_quake"]]
    assert ranks.min().min() >= 0
    assert ranks.max().max() <= 1


def test_one_choice_in_all_folds_needs_no_ranks(catalogue):
    frame, y = catalogue
    result = nested_evaluation(columns(), noisy(y, 0.3), y, frame, **FAST)
    assert "rank_blast" not in result.probabilities
    assert result.optimism == (0, 0, 0)


def test_same_result_on_one_job_or_two(catalogue):
    frame, y = catalogue
    space = {"trees": (ExtraTreesClassifier(5), {"min_samples_leaf": [1, 5]})}
    arguments = (space, noisy(y), y, frame)
    first = nested_evaluation(*arguments, **FAST, random_state=1)
    again = nested_evaluation(*arguments, **FAST, random_state=1, n_jobs=2)
    pd.testing.assert_frame_equal(first.probabilities, again.probabilities)
    pd.testing.assert_frame_equal(first.candidates, again.candidates)
    pd.testing.assert_frame_equal(first.choices, again.choices)
    assert str(first) == str(again)


def test_an_array_for_each_name_and_names_of_several_parts(catalogue):
    frame, y = catalogue
    Head = namedtuple("Head", "head image")
    X = {
        Head("one", "clear"): noisy(y, 0.5),
        Head("one", "dim"): noisy(y, 4)[:, :2],
        "unused": None,
    }
    space = {Head("one", "clear"): OneFeature(), Head("one", "dim"): OneFeature()}
    result = nested_evaluation(space, X, y, frame, **FAST)
    assert result.choices["image"].tolist() == ["clear"] * 3
    assert result.stability.index.tolist() == ["candidate", "head", "image"]
    assert result.candidates.index.tolist() == ["one, clear", "one, dim"]
    plain = {tuple(name): estimator for name, estimator in space.items()}
    result = nested_evaluation(plain, noisy(y), y, frame, **FAST)
    assert {"name_0", "name_1"} <= set(result.choices)


def test_a_dimension_that_no_choice_has_is_not_reported(catalogue):
    frame, y = catalogue
    X = {"good": noisy(y, 0.3), "poor": noisy(y, 9)[:, 1:]}
    space = {
        "good": (OneFeature(), {"column": [0, 1]}),
        "poor": (LogisticRegression(), {"C": [1e-3, 1.0]}),
    }
    result = nested_evaluation(space, X, y, frame, **FAST)
    assert result.stability.loc["C", "n_folds"] == 0
    text = str(result)
    assert "column chosen" in text
    assert "C chosen" not in text
    assert "nan" not in text


def test_candidates_are_drawn_and_reported(catalogue):
    frame, y = catalogue
    options = {**FAST, "n_iter": 3}
    draws = [
        nested_evaluation(columns(8), noisy(y, 1, 8), y, frame, **options)
        for _ in range(2)
    ]
    assert draws[0].candidates.index.tolist() == draws[1].candidates.index.tolist()
    assert len(draws[0].candidates) == 3
    assert draws[0].n_total == 8
    assert "3, drawn at random from 8" in str(draws[0])


def test_the_report_says_it_all(catalogue):
    frame, y = catalogue
    text = str(nested_evaluation(columns(), noisy(y), y, frame, **FAST))
    for part in (
        "Nested evaluation: roc_auc by event, protocol 'event', 3 outer folds",
        "candidates        4, all of the search space",
        "nested score",
        "naive score",
        "optimism",
        "rank correlation",
        "within one s.e.",
        "column chosen",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) < 100


def test_several_classes_and_another_metric():
    events = np.repeat(np.arange(36), 3)
    y = np.array(["blast", "quake", "slide"])[events % 3]
    X = np.random.default_rng(0).normal(0, 0.5, (108, 3))
    X[:, 1] += events % 3
    result = nested_evaluation(
        columns(3),
        X,
        y,
        pd.DataFrame({"event_id": events}),
        metric="balanced_accuracy",
        **FAST,
    )
    assert result.score.score > 0.7
    assert result.choices["column"].tolist() == [1, 1, 1]
    assert {"score_blast", "score_quake", "score_slide"} <= set(result.probabilities)


def test_unhashable_values_of_a_grid_are_counted(catalogue):
    frame, y = catalogue
    space = {"trees": (ExtraTreesClassifier(3), {"class_weight": [None, {"blast": 5}]})}
    space["trees"][1]["class_weight"][1]["quake"] = 1
    result = nested_evaluation(space, noisy(y), y, frame, **FAST)
    assert result.stability.loc["class_weight", "share"] >= 0.5

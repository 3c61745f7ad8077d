from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.model_selection import make_protocols
from skseisfp.model_selection.evaluation_ledger import (
    EvaluationLedger,
    SealedSetError,
)
from skseisfp.model_selection.nested_evaluation import nested_evaluation

FAST = {"n_splits": 3, "n_inner_splits": 2, "n_resamples": 50}


class OneFeature(ClassifierMixin, BaseEstimator):
    """Look at one column: the class whose mean is nearer."""

    def __init__(self, column=0):
        self.column = column

    def fit(self, X, y):
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        column = X[:, self.column]
        self.means_ = np.array([column[y == label].mean() for label in self.classes_])
        return self

    def predict_proba(self, X):
        far = np.abs(X[:, [self.column]] - self.means_)
        weights = np.exp(-far)
        return weights / weights.sum(axis=1, keepdims=True)


class Diary(OneFeature):
    """Note the events of every fit and of every prediction; they are column 0."""

    pages = []

    def fit(self, X, y):
        self.pages.append([set(X[:, 0]), None])
        return super().fit(X, y)

    def predict_proba(self, X):
        self.pages[-1][1] = set(X[:, 0])
        return super().predict_proba(X)


class Failing(OneFeature):
    """Fail, always or where an event is in training."""

    def __init__(self, column=0, event=None):
        self.column = column
        self.event = event

    def fit(self, X, y):
        if self.event is None or self.event in set(y.index):
            raise RuntimeError("out of luck")
        return super().fit(X, y)


class NaNs(OneFeature):
    def predict_proba(self, X):
        return np.full((len(X), 2), np.nan)


class Unfitted(OneFeature):
    def fit(self, X, y):
        raise AssertionError("fitted before the input was checked")


@pytest.fixture
def catalogue():
    """Forty events at up to eight stations."""
    rng = np.random.default_rng(0)
    event, station = np.nonzero(rng.random((40, 8)) < 0.6)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in event],
            "station": [f"s{i}" for i in station],
        },
        index=[f"record {i}" for i in range(len(event))],
    )
    return frame, np.where(event % 4 == 0, "blast", "quake")


def noisy(y, size=1.0, n_features=4, seed=0):
    X = np.random.default_rng(seed).normal(0, size, (len(y), n_features))
    X[:, 0] += y == "quake"
    return X


def columns(n_features=4, estimator=None):
    return {"feature": (estimator or OneFeature(), {"column": list(range(n_features))})}


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
    answers = result.probabilities
    assert answers.index.tolist() == list(range(len(y)))
    scores = answers[["score_blast", "score_quake"]]
    assert result.choices["candidate"].nunique() > 1
    ranks = answers[["rank_blast", "rank_quake"]]
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
        assert (answers["fold"].iloc[test] == number).all()
        assert (answers["candidate"].iloc[test] == choice["candidate"]).all()
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


class Scaled(OneFeature):
    """The same order of the records, on another scale of probabilities."""

    def __init__(self, column=0, factor=1.0):
        self.column = column
        self.factor = factor

    def predict_proba(self, X):
        second = self.factor * super().predict_proba(X)[:, 1]
        return np.column_stack([1 - second, second])


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


def test_candidates_are_drawn_and_it_is_said(catalogue):
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


def test_a_failing_candidate_is_reported_and_not_chosen(catalogue):
    frame, y = catalogue
    space = {"good": OneFeature(1), "bad": Failing(), "nan": NaNs()}
    with pytest.warns(FitFailedWarning, match=r"2 of 3 .* bad: RuntimeError: out of"):
        result = nested_evaluation(space, noisy(y), y, frame, **FAST)
    assert result.choices["candidate"].tolist() == ["good"] * 3
    table = result.candidates
    assert table.loc["bad", "error"] == "RuntimeError: out of luck"
    assert "predictions of NaNs hold NaN" in table.loc["nan", "error"]
    assert table.loc[["bad", "nan"], "score"].isna().all()
    assert table.index[0] == "good"
    assert "2 candidates, first bad: RuntimeError: out of luck" in str(result)
    assert np.isnan(result.rank_correlation)


def test_a_candidate_that_fails_somewhere_may_be_chosen_elsewhere(catalogue):
    frame, y = catalogue
    space = {"shaky": Failing(0, event="e0"), "poor": OneFeature(1)}
    with pytest.warns(FitFailedWarning, match="1 of 2"):
        result = nested_evaluation(space, noisy(y, 0.5), y, frame, **FAST)
    # fitted without e0 in the one fold that tests it
    assert sorted(result.choices["name"]) == ["poor", "poor", "shaky"]
    assert result.naive.score == result.candidates.loc["poor", "score"]


def test_no_candidate_succeeds_everywhere(catalogue):
    frame, y = catalogue
    space = {name: Failing(0, event="e0") for name in ("a", "b")}
    with pytest.raises(ValueError, match=r"All candidates failed .* RuntimeError: out"):
        nested_evaluation(space, noisy(y), y, frame, **FAST)
    options = {**FAST, "n_splits": 2}
    (protocol,) = make_protocols(
        frame.reset_index(), y, protocols=["event"], n_splits=2, random_state=0
    )
    first, second = (frame["event_id"].iloc[test[0]] for _, test in protocol.folds)
    space = {"a": Failing(0, event=first), "b": Failing(0, event=second)}
    with pytest.warns(FitFailedWarning, match="2 of 2"):
        result = nested_evaluation(space, noisy(y), y, frame, **options)
    assert result.choices["name"].tolist() == ["a", "b"]
    assert np.isnan(result.naive.score)
    assert np.isnan(result.optimism.score)
    assert np.isfinite(result.score.score)


def test_metadata_are_routed(catalogue, routing):
    frame, y = catalogue

    class Asking(LogisticRegression):
        def fit(self, X, y, groups=None, snr=None):
            assert len(groups) == len(snr) == len(y)
            assert list(groups) == list(y.index)
            return super().fit(X, y)

        def predict_proba(self, X, snr=None):
            assert len(snr) == len(X)
            return super().predict_proba(X)

    asking = Asking().set_fit_request(groups=True, snr=True)
    asking.set_predict_proba_request(snr=True)
    result = nested_evaluation(
        {"asking": asking, "plain": LogisticRegression()},
        noisy(y),
        y,
        frame,
        params={"snr": np.zeros(len(y))},
        **FAST,
    )
    assert (result.candidates["error"] == "").all()
    assert result.candidates["score"].nunique() == 1
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        nested_evaluation(columns(), noisy(y), y, frame, params={"snr": [0]})


def test_a_ledger_holds_a_look_for_the_choice_and_for_each_candidate(
    catalogue, tmp_path
):
    frame, y = catalogue
    ledger = EvaluationLedger(tmp_path / "looks.db")
    space = {"good": (OneFeature(), {"column": [0, 1]}), "bad": Failing()}
    with pytest.warns(FitFailedWarning):
        result = nested_evaluation(space, noisy(y), y, frame, **FAST, ledger=ledger)
    looks = ledger.looks()
    assert looks["label"].tolist() == [
        "nested choice among 3, event",
        "good, column=0, event",
        "good, column=1, event",
    ]
    naive = result.candidates.loc[["good, column=0", "good, column=1"], "score"]
    np.testing.assert_allclose(looks["score"], [result.score.score, *naive])
    assert looks["has_event_scores"].all()
    assert "Look 3 at these events" in str(result)
    with pytest.warns(FitFailedWarning):
        nested_evaluation(space, noisy(y), y, frame, **FAST, ledger=ledger)
    assert len(ledger.looks()) == 3


def test_a_sealed_set_is_not_chosen_on(catalogue, tmp_path):
    frame, y = catalogue
    ledger = EvaluationLedger(tmp_path / "looks.db")
    ledger.register("kept", y, frame["event_id"].to_numpy(), seal=True)
    space = columns(4, Unfitted())
    with pytest.raises(SealedSetError):
        nested_evaluation(space, noisy(y), y, frame, **FAST, ledger=ledger)
    with pytest.raises(TypeError, match="ledger must be an EvaluationLedger"):
        nested_evaluation(space, noisy(y), y, frame, **FAST, ledger="looks.db")


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"search_space": [Unfitted()]}, TypeError, "search_space must be a dict"),
        ({"search_space": {}}, ValueError, "search_space must hold one classifier"),
        ({"search_space": {"a": Unfitted()}}, ValueError, "nothing to choose"),
        (
            {"search_space": {"a": (Unfitted(), {"column": [1]})}},
            ValueError,
            "nothing to choose",
        ),
        (
            {"search_space": {"a": Unfitted, "b": Unfitted()}},
            TypeError,
            r"search_space\['a'\] must be a classifier",
        ),
        (
            {"search_space": {"a": Unfitted(), ("b", "c"): Unfitted()}},
            ValueError,
            "names of one form",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"row": [1, 2]})}},
            ValueError,
            r"search_space\['a'\]: Invalid parameter 'row'",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"column": 1})}},
            TypeError,
            r"search_space\['a'\]: ",
        ),
        (
            {"search_space": {"a": (Unfitted(), {"column": []})}},
            ValueError,
            r"search_space\['a'\]: ",
        ),
        (
            {"search_space": {"a": Unfitted(), "svc": LinearSVC()}},
            ValueError,
            "mixes classifiers with and without predict_proba, such as a and svc",
        ),
        ({"X": {"b": np.zeros(3)}}, ValueError, "X lacks the names 'feature'"),
        ({"X": np.zeros((3, 4))}, ValueError, "inconsistent numbers of samples"),
        ({"protocol": "night"}, ValueError, "must be one of 'event'"),
        ({"protocol": ["event"]}, TypeError, "protocol must be the name of one"),
        ({"inner_protocol": "night"}, ValueError, r"inner folds: .* one of 'event'"),
        ({"metric": "auc"}, ValueError, "metric must be one of"),
        ({"metric": "brier_score"}, ValueError, "metric must be one of"),
        ({"n_iter": 1}, ValueError, "n_iter == 1"),
        ({"n_iter": 9}, ValueError, "n_iter must be between 2 and 4"),
        ({"n_splits": 1}, ValueError, "n_splits == 1"),
        ({"n_splits": 11}, ValueError, "n_splits=11 needs 11 .* 10 of 'blast'"),
        (
            {"n_inner_splits": 9},
            ValueError,
            r"Outer fold 0, inner folds: n_inner_splits=9 .* 8 of 'blast'",
        ),
        ({"n_resamples": 0}, ValueError, "n_resamples == 0"),
        ({"params": {"snr": [0]}}, ValueError, "params need metadata routing"),
        ({"frame": None}, TypeError, "frame must be a DataFrame"),
        ({"random_state": -1}, ValueError, "random_state == -1"),
    ],
)
def test_bad_arguments_are_named_before_any_fit(catalogue, changed, error, message):
    frame, y = catalogue
    arguments = {
        "search_space": columns(4, Unfitted()),
        "X": noisy(y),
        "y": y,
        "frame": frame,
    }
    with pytest.raises(error, match=message):
        nested_evaluation(**{**arguments, **changed})


def test_bad_frames_and_labels_are_named(catalogue):
    frame, y = catalogue
    space, X = columns(4, Unfitted()), noisy(y)
    with pytest.raises(ValueError, match="frame lacks the column event_id"):
        nested_evaluation(space, X, y, frame.drop(columns="event_id"))
    with pytest.raises(ValueError, match="station"):
        nested_evaluation(
            space, X, y, frame.drop(columns="station"), protocol="new_stations"
        )
    with pytest.raises(ValueError, match="straddle labels"):
        nested_evaluation(space, X, np.where(X[:, 1] > 0, "blast", "quake"), frame)
    with pytest.raises(ValueError, match="y is missing for record 0"):
        nested_evaluation(space, X, np.array([None, *y[1:]], object), frame)


def test_inner_folds_that_lack_a_class_are_named():
    """Later events: all blasts of the first half are in its last quarter."""
    events = np.arange(80)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(events, unit="D")
    frame = pd.DataFrame({"event_id": events, "origin_time": times.astype(str)})
    y = np.where((events >= 35) & (events % 3 == 0), "blast", "quake")
    X = np.zeros((80, 4))
    with pytest.raises(ValueError, match=r"Outer fold 0, inner folds: .*blast"):
        nested_evaluation(columns(4, Unfitted()), X, y, frame, protocol="later_events")
    y = np.where(events % 3 == 0, "blast", "quake")
    X = np.random.default_rng(0).normal(size=(80, 4)) + 2 * (y == "quake")[:, None]
    result = nested_evaluation(
        columns(), X, y, frame, protocol="later_events", n_resamples=50
    )
    assert len(result.choices) == 2
    assert result.probabilities["event_id"].min() == 40
    assert result.score.score > 0.7

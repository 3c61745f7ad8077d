import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp.metrics import bootstrap_interval
from skseisfp.metrics.auc_precision import auc_half_width, events_to_separate
from skseisfp.model_selection._learning_curve_plan import _share_out, plan_curve
from skseisfp.model_selection.event_learning_curve import event_learning_curve


class Centroids(ClassifierMixin, BaseEstimator):
    """Nearest class mean, fast."""

    def fit(self, X, y):
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        self.means_ = np.array([X[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict_proba(self, X):
        far = ((X[:, None] - self.means_) ** 2).sum(axis=2)
        weights = np.exp((far.min(axis=1, keepdims=True) - far) / X.shape[1])
        return weights / weights.sum(axis=1, keepdims=True)


class Diary(Centroids):
    """Note the events, column 0, of every fit and of every prediction."""

    pages = []

    def fit(self, X, y):
        self.pages.append([X[:, 0].tolist(), None, np.asarray(y)])
        return super().fit(X, y)

    def predict_proba(self, X):
        self.pages[-1][1] = X[:, 0].tolist()
        return super().predict_proba(X)


class Unfitted(Centroids):
    def fit(self, X, y):
        raise AssertionError("fitted before the input was checked")


def gaussian(n_events=60, n_features=10, shift=0.7, seed=0):
    """Two records an event, a third of the events blasts."""
    events = np.repeat(np.arange(n_events), 2)
    y = np.where(events % 3 == 0, "blast", "quake")
    X = np.random.default_rng(seed).normal(size=(len(y), n_features))
    return X + shift * (y == "blast")[:, None], y, events


FAST = {"n_splits": 3, "n_repeats": 2, "n_resamples": 50}


def test_signal_rises_and_the_last_size_is_the_best():
    X, y, events = gaussian(150, 25, 0.3)
    curve = event_learning_curve(
        Centroids(), X, y, events, train_sizes=(0.05, 0.1, 0.3, 1.0), n_resamples=200
    )
    scores = curve.summary()["score"].to_numpy()
    assert (np.diff(scores) > 0).all()
    assert scores[-1] > scores[0] + 0.1
    assert curve.sizes.tolist() == [6, 12, 36, 120]
    assert curve.summary()["n_rarer"].tolist() == [2, 4, 12, 40]
    assert curve.rarer == "blast"
    assert curve.class_counts == {"blast": 50, "quake": 100}


def test_shuffled_labels_are_chance():
    rng = np.random.default_rng(0)
    covered, scores = [], []
    events = np.repeat(np.arange(40), 2)
    for draw in range(20):
        y = rng.permutation(np.arange(40) % 2)[events]
        X = rng.normal(size=(80, 5)) + rng.normal(size=(40, 5))[events]
        curve = event_learning_curve(
            Centroids(),
            X,
            y,
            events,
            train_sizes=(0.5, 1.0),
            n_repeats=1,
            n_resamples=200,
            random_state=draw,
        )
        table = curve.table
        scores.append(table["score"].iloc[-1])
        covered += ((table["low"] <= 0.5) & (table["high"] >= 0.5)).tolist()
    assert np.mean(covered) > 0.8
    assert abs(np.mean(scores) - 0.5) < 3 * np.std(scores) / np.sqrt(20) + 0.02


def test_no_event_is_on_both_sides_and_events_stay_whole(monkeypatch):
    X, y, events = gaussian()
    monkeypatch.setattr(Diary, "pages", [])
    X = np.column_stack([events, X])
    event_learning_curve(Diary(), X, y, events, train_sizes=(0.3, 1.0), **FAST)
    assert len(Diary.pages) == 2 * 3 * 2
    tested = np.zeros((2, 2, 60), dtype=int)
    for number, (train, test, labels) in enumerate(Diary.pages):
        assert not set(train) & set(test)
        for part in (train, test):
            assert (np.unique(part, return_counts=True)[1] == 2).all()
        size, repeat = number % 2, number // 6
        assert len(set(train)) == [12, 40][size]
        tested[size, repeat, np.unique(test).astype(int)] += 1
        assert 0.2 < (labels == "blast").mean() < 0.45
    assert (tested == 1).all()
    for small, large in zip(Diary.pages[::2], Diary.pages[1::2], strict=True):
        assert set(small[0]) < set(large[0])


def test_scores_are_those_of_the_pooled_predictions():
    X, y, events = gaussian(30)
    curve = event_learning_curve(
        Centroids(), X, y, events, train_sizes=[20], n_repeats=1, n_splits=3
    )
    labels = pd.Series(y, index=events).groupby(level=0).first()
    plan = plan_curve(labels, [20], n_splits=3, n_repeats=1, random_state=0)
    pooled = np.empty((len(y), 2))
    for fit in plan:
        train, test = np.isin(events, fit.train), np.isin(events, fit.test)
        pooled[test] = Centroids().fit(X[train], y[train]).predict_proba(X[test])
    expected = bootstrap_interval(y, pooled, events, n_resamples=4000, random_state=1)
    line = curve.table.iloc[0]
    assert line["score"] == pytest.approx(expected.score)
    assert line["low"] == pytest.approx(expected.low, abs=0.02)
    assert line["high"] == pytest.approx(expected.high, abs=0.02)


def test_same_result_on_one_job_or_two_and_other_seeds_differ():
    X, y, events = gaussian()
    trees = ExtraTreesClassifier(5)
    first = event_learning_curve(trees, X, y, events, **FAST)
    again = event_learning_curve(trees, X, y, events, n_jobs=2, **FAST)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert str(first) == str(again)
    other = event_learning_curve(trees, X, y, events, random_state=1, **FAST)
    assert not other.table["score"].equals(first.table["score"])


def test_events_may_be_the_index_of_the_labels():
    X, y, events = gaussian()
    y_by_event = pd.Series(y, index=pd.Index(events, name="event_id"))
    a = event_learning_curve(Centroids(), X, y, events, **FAST).table
    b = event_learning_curve(Centroids(), X, y_by_event, **FAST).table
    pd.testing.assert_frame_equal(a, b)


def test_extrapolation_finds_what_more_events_give():
    X, y, events = gaussian(900, 30, 0.2)
    few = events < 300
    sizes = [24, 48, 96, 144, 240]
    curve = event_learning_curve(
        LinearDiscriminantAnalysis(shrinkage=0.1, solver="lsqr"),
        X[few],
        y[few],
        events[few],
        train_sizes=sizes,
        n_resamples=300,
    )
    found = curve.extrapolate(720)
    many = event_learning_curve(
        LinearDiscriminantAnalysis(shrinkage=0.1, solver="lsqr"),
        X,
        y,
        events,
        train_sizes=[720],
        n_repeats=1,
    )
    truth = many.table["score"].item()
    assert found.low < truth < found.high
    assert abs(found.score - truth) < 0.06
    within = curve.extrapolate(144)
    assert within.score == pytest.approx(curve.summary().loc[144, "score"], abs=0.02)
    assert curve.extrapolate(720, confidence_level=0.5).low > found.low


def test_extrapolation_says_when_it_cannot():
    X, y, events = gaussian()
    curve = event_learning_curve(Centroids(), X, y, events, **FAST)
    few = event_learning_curve(
        Centroids(), X, y, events, train_sizes=(0.3, 0.6, 1.0), **FAST
    )
    with pytest.warns(UserWarning, match="it has 3 sizes and needs 4"):
        assert np.isnan(few.extrapolate(100)).all()
    noise = np.random.default_rng(0).normal(size=X.shape)
    flat = event_learning_curve(Centroids(), noise, y, events, **FAST)
    with pytest.warns(UserWarning, match="does not rise by more than its error"):
        assert np.isnan(flat.extrapolate(100)).all()
    with pytest.raises(ValueError, match=r"n_events must be an int .*; got 0"):
        curve.extrapolate(0)
    with pytest.raises(ValueError, match=r"confidence_level must be a float .*; got 1"):
        curve.extrapolate(10, confidence_level=1)


def test_precision_is_that_of_the_events_at_hand():
    X, y, events = gaussian(shift=0.3)
    curve = event_learning_curve(Centroids(), X, y, events, **FAST)
    found = curve.precision(0.1, correlation=0.5, power=0.9)
    score = curve.summary()["score"].iloc[-1]
    assert found.score == score
    # the AUC is that of the second class, 40 quakes
    assert found.half_width == auc_half_width(score, 40, 20)
    assert found.bootstrap_half_width == pytest.approx(found.half_width, rel=0.4)
    needed = events_to_separate(
        score, score - 0.1, positive_share=2 / 3, correlation=0.5, power=0.9
    )
    assert (found.n_events, found.n_rarer) == needed
    needed = curve.precision()
    assert str(curve).splitlines()[-1] == (
        f"20 events of blast give \N{PLUS-MINUS SIGN} {needed.half_width:.2f}; to "
        f"separate {score:.2f} from {score - 0.05:.2f} you need about {needed.n_rarer} "
        f"({needed.n_events} events in all)."
    )
    assert "Learning curve: roc_auc by event, 20 blast, 40 quake" in str(curve)


@pytest.mark.parametrize("shift", [0.5, 9.0])
def test_precision_without_a_theory_is_that_of_the_bootstrap(shift):
    X, y, events = gaussian(shift=shift)
    metric = "accuracy" if shift < 1 else "roc_auc"
    curve = event_learning_curve(Centroids(), X, y, events, metric=metric, **FAST)
    found = curve.precision()
    assert np.isnan([found.half_width, found.n_events, found.n_rarer]).all()
    half_width = found.bootstrap_half_width
    assert (half_width > 0) == (shift < 1)
    expected = f"20 events of blast give \N{PLUS-MINUS SIGN} {half_width:.2f}."
    assert str(curve).endswith(expected)


def test_several_classes():
    events = np.repeat(np.arange(60), 2)
    y = np.array(["blast", "quake", "slide"])[events % 3]
    X = np.random.default_rng(0).normal(size=(120, 3)) + 2 * np.eye(3)[events % 3]
    curve = event_learning_curve(
        Centroids(), X, y, events, metric="balanced_accuracy", **FAST
    )
    assert curve.summary()["score"].iloc[-1] > 0.7
    assert curve.rarer == "blast"


def test_metadata_are_routed(routing):
    X, y, events = gaussian()

    class Asking(LogisticRegression):
        def fit(self, X, y, groups=None, snr=None):
            assert len(groups) == len(snr) == len(y)
            assert list(groups) == list(y.index)
            return super().fit(X, y)

    asking = Asking().set_fit_request(groups=True, snr=True)
    snr = np.zeros(len(y))
    curve = event_learning_curve(asking, X, y, events, params={"snr": snr}, **FAST)
    plain = event_learning_curve(LogisticRegression(), X, y, events, **FAST)
    pd.testing.assert_frame_equal(curve.table, plain.table)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        event_learning_curve(asking, X, y, events, params={"snr": snr[1:]}, **FAST)


@given(
    st.lists(st.integers(1, 40), min_size=2, max_size=5),
    st.floats(0.01, 1.0),
)
@settings(deadline=None)
def test_shares_add_up_and_are_there(counts, share):
    counts = dict(enumerate(counts))
    size = max(1, round(share * sum(counts.values())))
    quota = _share_out(size, counts)
    assert sum(quota.values()) == size
    for label, number in quota.items():
        assert 0 <= number <= counts[label]
        assert abs(number - size * counts[label] / sum(counts.values())) < 1


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"train_sizes": [41]}, ValueError, "must not exceed 40, .* got 41"),
        ({"train_sizes": [3]}, ValueError, r"3 events leave 1 of 'blast' .* take 7"),
        ({"train_sizes": (0.05,)}, ValueError, r"leave 1 of 'blast' .* \(0.18 of the"),
        ({"train_sizes": (1.5,)}, ValueError, "above 0 and up to 1; got 1.5"),
        ({"train_sizes": (0.0, 1.0)}, ValueError, "above 0 and up to 1; got 0.0"),
        ({"train_sizes": (0.5, 30)}, TypeError, "all float, .* all int, .* got 30"),
        ({"train_sizes": ("a",)}, TypeError, "got 'a' among others"),
        ({"train_sizes": []}, ValueError, "train_sizes must hold one"),
        ({"train_sizes": 0.5}, TypeError, "train_sizes must be a sequence"),
        ({"n_splits": 1}, ValueError, r"n_splits must be an int .*; got 1\."),
        ({"n_splits": 21}, ValueError, "n_splits=21 needs 21 .* 20 of 'blast'"),
        ({"n_repeats": 0}, ValueError, r"n_repeats must be an int .*; got 0\."),
        ({"n_resamples": 0}, ValueError, r"n_resamples must be an int .*; got 0\."),
        ({"random_state": None}, TypeError, "random_state must be"),
        ({"metric": "brier_score"}, ValueError, "metric must be one of"),
        ({"groups": None}, ValueError, "needs the event of every record"),
        ({"params": {"snr": [1]}}, ValueError, "params need metadata routing"),
        ({"X": np.zeros((3, 2))}, ValueError, "inconsistent numbers of samples"),
    ],
)
def test_bad_arguments_are_named_before_any_fit(changed, error, message):
    X, y, events = gaussian()
    arguments = {"X": X, "y": y, "groups": events, "n_splits": 3}
    with pytest.raises(error, match=message):
        event_learning_curve(Unfitted(), **{**arguments, **changed})


def test_bad_labels_are_named():
    X, y, events = gaussian()
    with pytest.raises(ValueError, match="straddle labels"):
        event_learning_curve(Unfitted(), X, y[::-1][np.r_[1:120, 0]], events)
    with pytest.raises(ValueError, match="two classes or more; got 'quake'"):
        event_learning_curve(Unfitted(), X, np.full(120, "quake"), events)

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import study
from baseline_study import (
    fits,
    heads,
    looks,
    predictions,
    report,
    representations,
    scores,
    systems,
)
from baseline_study.data_sets import DataSet, load_pnw, make_generated
from baseline_study.splits import make_splits, split_across
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp import FingerprintClassifier, baselines
from skseisfp.datasets import make_seismograms
from skseisfp.metrics import score_table
from skseisfp.model_selection import EvaluationLedger

RATE = 40.0
FOLDER = Path(os.environ.get("SKSEISFP_DATA", "missing"))
needs_pnw = pytest.mark.skipif(
    not (FOLDER / "pnw_more").is_dir(), reason="SKSEISFP_DATA names no folder pnw_more"
)


def make_data(n_events=12, per_event=3, name="generated", **options):
    """Records whose mean is their class: 0 earthquake, 1 explosion."""
    rng = np.random.default_rng(0)
    event = np.repeat(np.arange(n_events), per_event)
    waveforms = rng.normal(size=(len(event), 1, int(100 * RATE))).astype(np.float32)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{k:02}" for k in event],
            "station": np.tile([f"s{k}" for k in range(per_event)], n_events),
            "origin_time_utc": pd.Timestamp("2020-01-01", tz="UTC")
            + pd.to_timedelta(event, "D"),
            "label_source": np.where(event % 4, "analyst", "px|inferred_night"),
            "label_confidence": np.where(event % 3, "high", "medium"),
        }
    )
    y = np.where(event % 2, "explosion", "earthquake")
    return DataSet(name, waveforms, RATE, y, frame, **options)


class Spy(ClassifierMixin, BaseEstimator):
    """Notes the events that it sees, and may break down."""

    seen: list = []
    breaks_at = None

    def __init__(self, setting=0):
        self.setting = setting

    def fit(self, X, y, groups):
        Spy.seen.append(groups)
        if Spy.breaks_at is not None and len(Spy.seen) >= Spy.breaks_at:
            raise KeyboardInterrupt
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile([0.25, 0.75], (len(X), 1))


@pytest.fixture
def spied(monkeypatch):
    monkeypatch.setattr(Spy, "seen", [])
    monkeypatch.setattr(Spy, "breaks_at", None)
    return Spy


def spy_system(**params):
    return systems.System(
        "spy", "control", lambda data_set: Spy(**params), representations.waveforms
    )


def stored(splits, folder, budget=1.0):
    budgets = {split.fits: budget for split in splits}
    return {"seed": 0, "budgets": budgets, "folder": folder}


def complete(system, data_set, splits, folder, budget=1.0):
    return predictions.complete(
        system, data_set, splits, **stored(splits, folder, budget)
    )


def collect(system, data_set, splits, folder, budget=1.0):
    return predictions.collect(
        system, data_set, splits, **stored(splits, folder, budget)
    )


# resuming


def test_a_killed_run_resumes_and_loses_one_fit(tmp_path, spied):
    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    spied.breaks_at = 3
    with pytest.raises(KeyboardInterrupt):
        complete(spy_system(), data_set, splits, tmp_path)
    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert kept == ["seed0_fold0.npz", "seed0_fold1.npz"]
    assert not collect(spy_system(), data_set, splits, tmp_path)
    spied.seen, spied.breaks_at = [], None
    assert complete(spy_system(), data_set, splits, tmp_path) == []
    assert len(spied.seen) == 4  # of six fits, two were there
    assert complete(spy_system(), data_set, splits, tmp_path) == []
    assert len(spied.seen) == 4
    found = collect(spy_system(), data_set, splits, tmp_path)
    assert set(found) == {"event", "records"}
    np.testing.assert_allclose(found["event"].raw, np.tile([0.25, 0.75], (36, 1)))


def test_predictions_of_other_fits_are_not_taken(tmp_path, spied):
    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    complete(spy_system(), data_set, splits, tmp_path)
    other = make_splits(data_set, seed=1, n_splits=3)
    changed = make_data()
    changed.waveforms[0, 0, 0] += 1
    for given, records, budget, setting in (
        (other, data_set, 1.0, 0),
        (splits, data_set, 2.0, 0),
        (splits, changed, 2.0, 0),
        (splits, changed, 2.0, 1),
    ):
        system = spy_system(setting=setting)
        assert collect(system, records, given, tmp_path, budget) == {}
        spied.seen = []
        complete(system, records, given, tmp_path, budget=budget)
        assert len(spied.seen) == 6
        found = collect(system, records, given, tmp_path, budget)
        assert set(found) == {"event", "records"}


def test_each_kind_of_fits_has_its_own_budget(tmp_path, spied):
    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    complete(spy_system(), data_set, splits, tmp_path)
    budgets = {"event": 1.0, "records": 2.0}
    found = predictions.collect(
        spy_system(), data_set, splits, seed=0, budgets=budgets, folder=tmp_path
    )
    assert set(found) == {"event"}
    options = study.parse_options(["--sets", "generated", "--headline-budget", "9"])
    names = ("new_stations", "event")
    splits = [splits[0]._replace(fits=name) for name in names]
    for name, expected in (("pnw", [9.0, 6.0]), ("generated", [6.0, 6.0])):
        budgets = study._storage(make_data(name=name), splits, options)["budgets"]
        assert [budgets[fits] for fits in names] == expected


def test_the_mark_depends_on_what_a_system_takes_in():
    system, data_set = spy_system(), make_data()
    marks = {
        predictions.describe(system, data_set),
        predictions.describe(system, make_data()),
    }
    assert len(marks) == 1
    known = make_data()
    known.frame["p_arrival"] = 2.5
    halved = system._replace(view=lambda data_set: data_set.waveforms / 2)
    marks |= {
        predictions.describe(system, known),
        predictions.describe(halved, data_set),
    }
    assert len(marks) == 3


def test_a_failure_is_reported_and_the_rest_continues(tmp_path):
    class Fails(DummyClassifier):
        def predict_proba(self, X):
            raise ValueError("too short")

    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    system = systems.System(
        "fails", "control", lambda _: Fails(), representations.waveforms
    )
    failures = complete(system, data_set, splits, tmp_path)
    assert len(failures) == 6
    assert failures[0].endswith("seed0_fold0.npz: too short")


def test_a_model_of_the_shares_alone_is_at_chance_and_stored_as_it_is(tmp_path):
    data_set = make_data(n_events=13)
    splits = make_splits(data_set, seed=0, n_splits=3)
    shares = [
        np.mean(data_set.y[train] == "earthquake") for train, _ in splits[0].folds
    ]
    assert len(set(shares)) > 1
    for name, make in (
        ("prior", heads.make_prior),
        ("balanced", lambda _: LogisticRegression(class_weight="balanced")),
    ):
        estimator = make(data_set)
        assert fits.is_balanced(estimator) == (name == "balanced")
        system = systems.System(name, "control", lambda _, e=estimator: e, first_five)
        assert complete(system, data_set, splits, tmp_path) == []
        pooled = collect(system, data_set, splits, tmp_path)["event"]
        at_chance = (np.abs(pooled.balanced - 0.5) < 1e-9).all()
        assert at_chance == (name == "prior")
        if name == "prior":
            for share, (_, test) in zip(shares, splits[0].folds, strict=True):
                np.testing.assert_allclose(pooled.raw[test, 0], share)
        else:
            np.testing.assert_array_equal(pooled.raw, pooled.balanced)


def first_five(data_set):
    return data_set.waveforms[:, 0, :5]


# budget


def test_the_budget_ends_a_network_with_an_epoch():
    X = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    y = np.arange(20) % 2
    network = FingerprintClassifier(max_epochs=5, device="cpu", random_state=0)
    for seconds, n_epochs, ended_by in ((0.0, 1, "budget"), (60.0, 5, "epochs")):
        fitted = fits._set_budget(network, seconds).fit(X, y)
        size = fits._describe_networks(fitted)
        assert (size["n_epochs"], size["ended_by"]) == (n_epochs, ended_by)
        assert size["max_epochs"] == 5
        assert size["n_parameters"] > 8


def test_two_steps_have_a_budget_each():
    data_set = make_data(n_events=9)
    data_set.y[:9] = "collapse"
    baseline = baselines.AfterYue2023(
        sampling_rate=RATE, window=(15, 25), device="cpu", random_state=0
    )
    system = systems.System(
        "two", "published", lambda _: baseline, representations.waveforms
    )
    prepared = fits.prepare(system, data_set, 0)
    rows = np.arange(27)
    made = fits.fit_and_predict(
        prepared, data_set.y, data_set.events, (rows, rows[:5]), 0.0
    )
    assert (made.n_epochs, made.ended_by) == (1, "budget")
    assert made.probabilities.shape == (5, 3)


def test_networks_in_pipelines_have_a_budget_and_the_events():
    data_set = make_data()
    prepared = fits.Prepared(
        heads.make_scaled_linear_network(data_set), first_five(data_set), 0.0
    )
    fold = np.arange(24), np.arange(24, 36)
    made = fits.fit_and_predict(prepared, data_set.y, data_set.events, fold, 0.0)
    assert (made.n_epochs, made.ended_by, made.shares) == (1, "budget", None)
    assert made.probabilities.shape == (12, 2)


@pytest.mark.parametrize("name", ["AfterWang2023", "MiaoANN"])
def test_a_prepared_system_predicts_as_the_system_itself(name):
    data_set = make_data(n_events=10)
    train, test = np.arange(24), np.arange(24, 30)
    settings = {"max_epochs": 2, "device": "cpu"} if name == "MiaoANN" else {}
    baseline = getattr(baselines, name)(sampling_rate=RATE, random_state=0, **settings)
    system = systems.System(
        "system", "published", lambda _: baseline, representations.waveforms
    )
    prepared = fits.prepare(system, data_set, 0)
    y, events = data_set.y, data_set.events
    made = fits.fit_and_predict(prepared, y, events, (train, test), 100.0)
    grouped = {"groups": events[train]} if name == "MiaoANN" else {}
    baseline.fit(data_set.waveforms[train], y[train], **grouped)
    np.testing.assert_allclose(
        made.probabilities, baseline.predict_proba(data_set.waveforms[test]), atol=1e-6
    )


def test_every_published_system_is_fitted_as_its_base_does():
    for name in baselines.published_systems().index:
        system = getattr(baselines, name)
        takes_onsets = issubclass(system, fits.OnsetsMixin)
        if issubclass(system, fits.NetworkBaseline):
            assert system._fit is fits.NetworkBaseline._fit
            assert takes_onsets or system.fit is fits.NetworkBaseline.fit
        else:
            assert system.fit is fits.FeatureBaseline.fit
        base = fits.OnsetsMixin if takes_onsets else fits.NetworkBaseline
        assert system.predict_proba is base.predict_proba


@pytest.mark.parametrize("name", sorted(baselines.published_systems().index))
def test_every_published_system_represents_each_record_for_itself(name):
    system = systems.list_systems()[name]
    data_set = make_data(n_events=2, per_event=2)
    prepared = fits.prepare(system, data_set, 0)
    one = DataSet(
        "one", data_set.waveforms[2:3], RATE, data_set.y[2:3], data_set.frame[2:3]
    )
    alone = fits.prepare(system, one, 0)
    np.testing.assert_allclose(alone.inputs[0], prepared.inputs[2], atol=1e-5)


# no leak


def test_only_record_folds_share_events_and_stations_are_apart(spied, tmp_path):
    data_set = make_data(name="pnw")
    splits = make_splits(data_set, seed=0, n_splits=3)
    stations = data_set.frame["station"].to_numpy()
    events = data_set.events
    for split in splits:
        shared = [bool(set(events[a]) & set(events[b])) for a, b in split.folds]
        assert all(shared) if split.name == "records" else not any(shared)
        if split.fits == "new_stations":
            assert not any(set(stations[a]) & set(stations[b]) for a, b in split.folds)
        if split.name == "later":
            assert all(events[a].max() < events[b].min() for a, b in split.folds)
    complete(spy_system(), data_set, splits, tmp_path)
    for groups, (train, _) in zip(spied.seen, splits[0].folds, strict=False):
        assert list(groups) == list(events[train])


def test_trusted_labels_are_scored_of_the_same_fits_or_trained_on_alone():
    data_set = make_data(name="pnw")
    splits = {s.name: s for s in make_splits(data_set, seed=0, n_splits=3)}
    frame = data_set.frame
    for name in ("event", "new_stations"):
        assert splits[name].scored.all()
        for other in ("no_hour_labels", "high_labels"):
            split = splits[f"{name}, {other}"]
            assert split.folds is splits[name].folds
            assert split.fits == name
        scored = splits[f"{name}, no_hour_labels"].scored
        np.testing.assert_array_equal(scored, frame["label_source"] == "analyst")
        scored = splits[f"{name}, high_labels"].scored
        np.testing.assert_array_equal(scored, frame["label_confidence"] == "high")
    rows = np.concatenate([r for fold in splits["high_confidence"].folds for r in fold])
    assert (frame["label_confidence"].iloc[rows] == "high").all()
    assert splits["high_confidence"].scored.sum() == 24


@needs_pnw
def test_both_folders_are_read_without_doubtful_labels():
    data_set = load_pnw(FOLDER, 0)
    assert data_set.waveforms.shape == (len(data_set.y), 1, 4000)
    labels = pd.Series(data_set.y, index=data_set.events).groupby(level=0)
    assert (labels.nunique() == 1).all()
    of_event = labels.first().value_counts()
    assert of_event.to_dict() == {"earthquake": 286, "explosion": 33}
    assert "low" not in set(data_set.frame["label_confidence"])
    picked = data_set.frame["p_sample_auto"].where(data_set.frame["p_sample_auto"] >= 0)
    np.testing.assert_array_equal(data_set.p_times, picked / 40)


def test_predictions_of_events_come_from_training_and_test_rows_only():
    filled = []

    class Counts(DummyClassifier):
        def fit(self, X, y):
            filled.append(np.abs(X).max(axis=(2, 3)).astype(bool).sum(axis=1))
            return super().fit(X, y)

        def predict_proba(self, X):
            filled.append(np.abs(X).max(axis=(2, 3)).astype(bool).sum(axis=1))
            return super().predict_proba(X)

    data_set = make_data(n_events=4, per_event=3)
    prepared = fits.Prepared(Counts(), data_set.waveforms, 0.0, 5, data_set.p_times)
    fold = np.array([0, 1, 3, 4, 5]), np.array([6, 7, 11])
    made = fits.fit_and_predict(prepared, data_set.y, data_set.events, fold, 1.0)
    assert [list(counts) for counts in filled] == [[2, 3], [2, 1]]
    assert made.probabilities.shape == (3, 2)


def test_shuffled_labels_stay_whole_events():
    class Notes(DummyClassifier):
        def fit(self, X, y):
            self.y_ = y
            return super().fit(X, y)

    data_set = make_data(n_events=30)
    fitted = heads.ShuffledLabels(Notes(), random_state=0).fit(
        data_set.waveforms, data_set.y, data_set.events
    )
    shuffled = pd.Series(fitted.estimator_.y_).groupby(data_set.events)
    assert (shuffled.nunique() == 1).all()
    assert sorted(fitted.estimator_.y_) == sorted(data_set.y)
    assert (fitted.estimator_.y_ != data_set.y).any()


def test_every_head_meets_every_representation():
    known = systems.list_systems()
    for name, view in systems.REPRESENTATIONS.items():
        for head in systems.HEADS:
            system = known.get(f"{head} on {name}")
            if (head, name) == ("linear network", "physics features"):
                assert system is None
                continue
            assert system.view is view
            ours = head == "linear network" or name in ("fingerprints", "two planes")
            assert system.selected == ours
    assert known[systems.MEAN].selected
    assert not any(s.selected for s in known.values() if s.kind != "head")


def test_the_mean_is_that_of_three_trees_each_on_its_view(monkeypatch):
    data_set = make_data()
    views = tuple(lambda d, k=k: d.waveforms[:, 0, k : 3 * k] for k in (1, 2, 3))
    for k, view in enumerate(views):
        view.__name__ = f"view{k}"
    monkeypatch.setattr(heads, "THREE_VIEWS", views)
    seen = [view(data_set) for view in views]
    mean = fits.seeded(heads.make_three_trees(data_set), 0)
    mean.set_params(**dict.fromkeys(deep_names(mean, "n_estimators"), 5))
    trees = fits.seeded(heads.make_trees(data_set), 0).set_params(n_estimators=5)
    expected = [trees.fit(x, data_set.y).predict_proba(x) for x in seen]
    together = np.hstack(seen)
    np.testing.assert_allclose(
        mean.fit(together, data_set.y).predict_proba(together), np.mean(expected, 0)
    )


def deep_names(estimator, parameter):
    names = estimator.get_params(deep=True)
    return [name for name in names if name.endswith(f"__{parameter}")]


def test_controls_of_time_take_the_time_alone():
    data_set, known = make_data(), systems.list_systems()
    years = known["control: year"].view(data_set)
    assert years.columns.tolist() == ["year"]
    times = known["control: year, hour, weekday"].view(data_set)
    assert times.iloc[3].to_dict() == {"year": 2020, "hour": 0, "weekday": 3}
    untimed = DataSet(
        "france", data_set.waveforms, RATE, data_set.y, data_set.frame[["event_id"]]
    )
    absent = {name for name, s in known.items() if not s.applies(untimed)}
    assert absent == {name for name in known if name.startswith("control: ")} - {
        "control: labels shuffled",
        "control: prior",
    }


def test_across_data_sets_one_side_is_trained_and_the_other_scored():
    data_set = make_data(name="across")
    part = np.repeat(["pnw", "generated", "france"], 12)
    frame = data_set.frame.assign(part=part)
    made = split_across(
        DataSet("across", data_set.waveforms, RATE, data_set.y, frame), 0, 3
    )
    assert [split.name for split in made] == [
        "pnw to generated",
        "pnw to france",
        "generated to pnw",
    ]
    for split in made:
        source, target = split.name.split(" to ")
        ((train, test),) = split.folds
        assert set(part[train]) == {source}
        assert source not in set(part[test])
        assert set(part[split.scored]) == {target}


def test_records_have_their_onset_after_twenty_seconds():
    data_set = make_generated(None, 0, n_records=24)
    bunch = make_seismograms(24, random_state=0)
    p_arrival = bunch.frame["p_arrival"].to_numpy()
    samples = (p_arrival * 40).round().astype(int)
    assert data_set.waveforms.shape == (24, 1, 4000)
    np.testing.assert_array_equal(
        data_set.waveforms[:, 0, 800], bunch.data[np.arange(24), samples]
    )
    phases = data_set.phases
    np.testing.assert_array_equal(phases["p_arrival"], 20)
    later = bunch.frame["s_arrival"] - p_arrival
    np.testing.assert_allclose(phases["s_arrival"] - 20, later)
    assert np.isnan(phases["origin"]).all()
    assert np.isfinite(data_set.p_times).all()
    assert data_set.noise.shape == (24, 1, 560)
    assert (samples > 560).all()


# scores


def test_holm_is_that_of_the_paper():
    np.testing.assert_allclose(
        scores.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]
    )
    np.testing.assert_allclose(scores.holm([0.9, 0.8]), [1.0, 1.0])
    assert scores.holm([]).shape == (0,)


def test_a_clear_difference_is_significant_and_none_is_not():
    rng = np.random.default_rng(0)
    events = np.repeat(np.arange(60), 3)
    y = np.where(events % 2, "b", "a")
    good = rng.normal(events % 2, 0.7)
    poor, same = rng.normal(size=(2, len(y)))
    good, poor, same = (np.stack([-x, x], axis=1) for x in (good, poor, same))
    options = {"n_resamples": 400, "random_state": 0}
    interval, p_value = scores.compare(y, good, poor, events, **options)
    assert interval.low > 0
    assert p_value == pytest.approx(2 / 401)
    interval, p_value = scores.compare(y, poor, same, events, **options)
    assert interval.low < 0 < interval.high
    assert p_value > 0.05
    assert scores.compare(y, poor, poor, events, **options)[1] == 1


def test_calibration_is_scored_on_what_a_system_gave():
    data_set = make_data(n_events=13)
    (split, _) = make_splits(data_set, seed=0, n_splits=3)
    rng = np.random.default_rng(0)
    second = rng.uniform(0.2, 0.8, len(data_set.y))
    raw = np.stack([1 - second, second], axis=1)
    pooled = predictions.Pooled(raw, fits.divide_by_shares(raw, [0.9, 0.1]), [])
    table = scores._score(data_set, split, pooled, n_resamples=50, random_state=0)
    table = table.set_index(["level", "metric"])["score"]
    y, events = data_set.y, data_set.events
    options = {"n_resamples": 50, "random_state": 0, "levels": "event"}
    for metric, given in (
        ("brier_score", pooled.raw),
        ("calibration_error", pooled.raw),
        ("balanced_accuracy", pooled.balanced),
    ):
        expected = score_table(y, given, events, metrics=[metric], **options)
        assert table["event", metric] == expected.loc[("event", metric), "score"]


def test_the_constant_has_the_brier_score_of_its_shares():
    events = np.repeat(np.arange(10), 2)
    y = np.where(events < 3, "b", "a")
    assert scores.constant_brier_score(y, events) == pytest.approx(0.3 * 0.7)
    y = np.where(events < 3, "b", np.where(events < 5, "c", "a"))
    given = np.tile([0.5, 0.3, 0.2], (20, 1))
    score = score_table(
        y, given, events, metrics="brier_score", levels="event", n_resamples=10
    )
    assert scores.constant_brier_score(y, events) == pytest.approx(
        score["score"].iloc[0]
    )


def test_systems_are_compared_with_the_best_control():
    table = pd.DataFrame(
        {
            "system": ["a", "b", "c"],
            "kind": ["head", "control", "control"],
            "level": "event",
            "metric": "roc_auc",
            "score": [0.9, 0.6, 0.7],
        }
    )
    assert scores._opponents(table, "a") == {"reference": "a", "best control": "c"}
    assert scores._opponents(table[:1], "d") == {}


def test_looks_at_real_records_are_counted_once(tmp_path):
    data_set = make_data(name="pnw")
    splits = make_splits(data_set, seed=0, n_splits=3)
    raw = np.random.default_rng(0).dirichlet([1, 1], len(data_set.y))
    spy = spy_system()._replace(name="spy")
    pooled = predictions.Pooled(raw, raw, [])
    collected = {"spy": {"event": pooled, "records": pooled}}
    budgets = {split.fits: 1.0 for split in splits}
    given = splits, collected, {"spy": spy}, budgets
    path = tmp_path / "looks.db"
    for _ in range(2):
        assert looks.record_looks(path, data_set, *given) == 3
        recorded = EvaluationLedger(path).looks()
        assert len(recorded) == 3
    expected = score_table(
        data_set.y, raw, data_set.events, metrics="roc_auc", n_resamples=10
    )
    whole = recorded["label"] == "spy, pnw, event"
    assert recorded.loc[whole, "score"].item() == pytest.approx(
        expected.loc[("event", "roc_auc"), "score"]
    )
    assert looks.record_looks(path, make_data(), *given) == 0


@pytest.mark.slow
def test_the_study_writes_its_tables_and_figures(tmp_path, monkeypatch):
    monkeypatch.setitem(
        study.DATA_SETS, "generated", lambda *_: make_generated(None, 0, n_records=60)
    )
    arguments = ["--sets", "generated", "--splits", "2", "--resamples", "50"]
    arguments += ["--results", str(tmp_path), "--only", systems.REFERENCE]
    names = ["control: prior", "control: station, channel, rate", "MiaoANN"]
    arguments += [*names, "--budget", "0.1"]
    study.main([*arguments, "--no-tables"])
    assert not (tmp_path / "scores.csv").exists()
    study.main([*arguments, "--no-fits", "--ledger", str(tmp_path / "looks.db")])
    table = pd.read_csv(tmp_path / "scores.csv")
    assert set(table["system"]) == {*names, systems.REFERENCE}
    assert set(table["protocol"]) == {"event", "records"}
    compared = pd.read_csv(tmp_path / "comparisons.csv")
    assert (compared["p_holm"] >= compared["p"]).all()
    assert set(compared["against"]) == {"reference", "best control"}
    text = (tmp_path / "study.md").read_text()
    assert "| trees on 16 x 16 scalogram |" in text
    assert "| minus trees on 16 x 16 scalogram |" in text
    assert "¹" not in text
    assert not (tmp_path / "looks.db").exists()  # no real records, no looks
    study.main([*arguments, "--no-fits", "--reference", "MiaoANN"])
    assert "| minus MiaoANN |" in (tmp_path / "study.md").read_text()
    figures = {path.name for path in tmp_path.glob("*.png")}
    assert figures == {
        "generated_event.png",
        "generated_records.png",
        "leak_generated.png",
    }


def test_unknown_systems_and_kinds_are_rejected(capsys):
    for arguments, message in (
        (["--only", "nothing"], "no systems ['nothing']"),
        (["--kinds", "nothing"], "no kinds ['nothing']"),
    ):
        with pytest.raises(SystemExit):
            study.parse_options(["--sets", "generated", *arguments])
        assert message in capsys.readouterr().err


def make_scores(data_set="pnw"):
    systems_ = ["trees on two planes", "linear network on 16 x 16 scalogram"]
    lines = [
        {"system": name, "level": level, "metric": metric, "score": score}
        for name, score in zip([*systems_, "MiaoANN"], (0.9, 0.8, 0.7), strict=True)
        for level, metric in report.METRICS.values()
    ]
    table = pd.DataFrame(lines).assign(low=0.5, high=1.0, n=9, constant_brier=0.2)
    table["selected"] = table["system"] != "MiaoANN"
    return table.assign(data_set=data_set, protocol="new_stations", kind="head")


def test_systems_developed_on_the_events_are_marked_there():
    for data_set, marks in (("pnw", [True, True, False]), ("generated", [False] * 3)):
        table = report.auc_table(make_scores(data_set), data_set)
        assert [name.endswith("¹") for name in table["system"]] == marks
        assert table["new_stations"].iloc[0] == "0.90 [0.50, 1.00]"


def test_heads_and_representations_make_a_table():
    table = report.cross_table(make_scores(), "Brier").set_index("input")
    assert table.loc["two planes", "trees"] == "0.900 [0.500, 1.000]"
    assert table.loc["16 x 16 scalogram", "linear network"] == "0.800 [0.500, 1.000]"
    assert table.notna().sum().sum() == 2


def test_tables_leave_missing_cells_empty():
    table = pd.DataFrame({"system": ["a", "b"], "p": ["0.010", None]})
    lines = report.to_markdown(table).splitlines()
    assert lines == ["| system | p |", "| --- | --- |", "| a | 0.010 |", "| b |  |"]

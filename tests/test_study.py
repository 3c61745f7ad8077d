import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import study
from baseline_study import answers, fits, report, scores, systems
from baseline_study.data_sets import (
    DataSet,
    make_generated,
    make_splits,
    split_across,
)
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp import FingerprintClassifier, baselines
from skseisfp.datasets import make_seismograms

RATE = 40.0


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
            "label_source": np.where(event % 4, "analyst", "inferred_night"),
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
        "spy", "control", lambda data_set: Spy(**params), systems.see_waveforms
    )


def complete(system, data_set, splits, folder, budget=1.0):
    return answers.complete(
        system, data_set, splits, seed=0, budget=budget, folder=folder
    )


# resuming


def test_a_killed_run_goes_on_and_loses_one_fit(tmp_path, spied):
    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    spied.breaks_at = 3
    with pytest.raises(KeyboardInterrupt):
        complete(spy_system(), data_set, splits, tmp_path)
    kept = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert kept == ["seed0_fold0.npz", "seed0_fold1.npz"]
    assert not answers.collect(
        spy_system(), data_set, splits, seed=0, budget=1.0, folder=tmp_path
    )
    spied.seen, spied.breaks_at = [], None
    assert complete(spy_system(), data_set, splits, tmp_path) == []
    assert len(spied.seen) == 4  # of six fits, two were there
    assert complete(spy_system(), data_set, splits, tmp_path) == []
    assert len(spied.seen) == 4
    found = answers.collect(
        spy_system(), data_set, splits, seed=0, budget=1.0, folder=tmp_path
    )
    assert set(found) == {"event", "records"}
    np.testing.assert_allclose(found["event"][0], np.tile([0.25, 0.75], (36, 1)))


def test_answers_of_other_fits_are_not_taken(tmp_path, spied):
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
        options = {"seed": 0, "budget": budget, "folder": tmp_path}
        assert answers.collect(system, records, given, **options) == {}
        spied.seen = []
        complete(system, records, given, tmp_path, budget=budget)
        assert len(spied.seen) == 6
        assert set(answers.collect(system, records, given, **options)) == {
            "event",
            "records",
        }


def test_answers_are_of_what_the_system_saw():
    system, data_set = spy_system(), make_data()
    told = {answers.describe(system, data_set), answers.describe(system, make_data())}
    assert len(told) == 1
    known = make_data()
    known.frame["onset"] = 100.0
    halved = system._replace(see=lambda data_set: data_set.waveforms / 2)
    told |= {answers.describe(system, known), answers.describe(halved, data_set)}
    assert len(told) == 3


def test_a_failure_is_told_and_the_rest_goes_on(tmp_path):
    class Refuses(DummyClassifier):
        def predict_proba(self, X):
            raise ValueError("too short")

    data_set = make_data()
    splits = make_splits(data_set, seed=0, n_splits=3)
    system = systems.System(
        "refuses", "control", lambda _: Refuses(), systems.see_waveforms
    )
    failures = complete(system, data_set, splits, tmp_path)
    assert len(failures) == 6
    assert failures[0].endswith("seed0_fold0.npz: too short")


def test_who_knows_the_shares_of_the_classes_only_knows_nothing(tmp_path):
    data_set = make_data(n_events=13)
    splits = make_splits(data_set, seed=0, n_splits=3)
    options = {"seed": 0, "budget": 1.0, "folder": tmp_path}
    for name, make in (
        ("prior", systems.make_prior),
        ("balanced", lambda _: LogisticRegression(class_weight="balanced")),
    ):
        estimator = make(data_set)
        assert fits.is_balanced(estimator) == (name == "balanced")
        system = systems.System(name, "control", lambda _, e=estimator: e, see_flat)
        assert answers.complete(system, data_set, splits, **options) == []
        given, _ = answers.collect(system, data_set, splits, **options)["event"]
        assert (np.abs(given - 0.5) < 1e-9).all() == (name == "prior")


def see_flat(data_set):
    return data_set.waveforms[:, 0, :5]


# budget


def test_the_budget_ends_a_net_with_an_epoch():
    X = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    y = np.arange(20) % 2
    net = FingerprintClassifier(max_epochs=5, device="cpu", random_state=0)
    for seconds, n_epochs, ended_by in ((0.0, 1, "budget"), (60.0, 5, "epochs")):
        fitted = fits._set_budget(net, seconds).fit(X, y)
        told = fits._describe_nets(fitted)
        assert (told["n_epochs"], told["ended_by"]) == (n_epochs, ended_by)
        assert told["max_epochs"] == 5
        assert told["n_parameters"] > 8


def test_two_steps_have_a_budget_each():
    data_set = make_data(n_events=9)
    data_set.y[:9] = "collapse"
    baseline = baselines.AfterYue2023(
        sampling_rate=RATE, window=(15, 25), device="cpu", random_state=0
    )
    system = systems.System("two", "published", lambda _: baseline, see_all)
    prepared = fits.prepare(system, data_set, 0)
    rows = np.arange(27)
    answer = fits.fit_and_answer(
        prepared, data_set.y, data_set.events, (rows, rows[:5]), 0.0
    )
    assert (answer.n_epochs, answer.ended_by) == (1, "budget")
    assert answer.scores.shape == (5, 3)


def see_all(data_set):
    return data_set.waveforms


@pytest.mark.parametrize("name", ["AfterWang2023", "MiaoANN"])
def test_a_prepared_system_answers_as_the_system_itself(name):
    data_set = make_data(n_events=10)
    train, test = np.arange(24), np.arange(24, 30)
    settings = {"max_epochs": 2, "device": "cpu"} if name == "MiaoANN" else {}
    baseline = getattr(baselines, name)(sampling_rate=RATE, random_state=0, **settings)
    system = systems.System("system", "published", lambda _: baseline, see_all)
    prepared = fits.prepare(system, data_set, 0)
    y, events = data_set.y, data_set.events
    answer = fits.fit_and_answer(prepared, y, events, (train, test), 100.0)
    grouped = {"groups": events[train]} if name == "MiaoANN" else {}
    baseline.fit(data_set.waveforms[train], y[train], **grouped)
    np.testing.assert_allclose(
        answer.scores, baseline.predict_proba(data_set.waveforms[test]), atol=1e-6
    )


def test_every_published_system_is_fitted_as_its_base_does():
    for name in baselines.__all__:
        if name[0].isupper():
            system = getattr(baselines, name)
            takes_onsets = issubclass(system, fits.OnsetsMixin)
            if issubclass(system, fits.NetBaseline):
                assert system._fit is fits.NetBaseline._fit
                assert takes_onsets or system.fit is fits.NetBaseline.fit
            else:
                assert system.fit is fits.FeatureBaseline.fit
            base = fits.OnsetsMixin if takes_onsets else fits.NetBaseline
            assert system.predict_proba is base.predict_proba


@pytest.mark.parametrize(
    "name", sorted(name for name in baselines.__all__ if name[0].isupper())
)
def test_every_published_system_represents_each_record_for_itself(name):
    system = systems.list_systems()[name]
    data_set = make_data(n_events=2, per_event=2)
    prepared = fits.prepare(system, data_set, 0)
    one = DataSet(
        "one", data_set.waveforms[2:3], RATE, data_set.y[2:3], data_set.frame[2:3]
    )
    alone = fits.prepare(system, one, 0)
    np.testing.assert_allclose(alone.seen[0], prepared.seen[2], atol=1e-5)


# no leak


def test_only_record_folds_share_events_and_stations_are_apart(spied, tmp_path):
    data_set = make_data(name="pnw")
    splits = make_splits(data_set, seed=0, n_splits=3)
    names = ["event", "no_night", "high", "new_stations", "records", "later"]
    assert [split.name for split in splits] == names
    events, stations = data_set.events, data_set.frame["station"].to_numpy()
    for split in splits:
        shared = [bool(set(events[a]) & set(events[b])) for a, b in split.folds]
        assert all(shared) if split.name == "records" else not any(shared)
        if split.name == "no_night":
            assert split.folds is splits[0].folds
            assert not (data_set.frame["label_source"] == "inferred_night")[
                split.scored
            ].any()
        if split.name == "new_stations":
            assert not any(set(stations[a]) & set(stations[b]) for a, b in split.folds)
        if split.name == "later":
            assert all(events[a].max() < events[b].min() for a, b in split.folds)
    complete(spy_system(), data_set, splits, tmp_path)
    for groups, (train, _) in zip(spied.seen, splits[0].folds, strict=False):
        assert list(groups) == list(events[train])


def test_answers_of_events_come_from_training_and_test_rows_only():
    filled = []

    class Counts(DummyClassifier):
        def fit(self, X, y):
            filled.append(np.abs(X).max(axis=(2, 3)).astype(bool).sum(axis=1))
            return super().fit(X, y)

        def predict_proba(self, X):
            filled.append(np.abs(X).max(axis=(2, 3)).astype(bool).sum(axis=1))
            return super().predict_proba(X)

    data_set = make_data(n_events=4, per_event=3)
    prepared = fits.Prepared(Counts(), data_set.waveforms, 0.0, 5, data_set.arrivals)
    fold = np.array([0, 1, 3, 4, 5]), np.array([6, 7, 11])
    answer = fits.fit_and_answer(prepared, data_set.y, data_set.events, fold, 1.0)
    assert [list(counts) for counts in filled] == [[2, 3], [2, 1]]
    assert answer.scores.shape == (3, 2)


def test_shuffled_labels_stay_whole_events():
    class Notes(DummyClassifier):
        def fit(self, X, y):
            self.y_ = y
            return super().fit(X, y)

    data_set = make_data(n_events=30)
    fitted = systems.ShuffledLabels(Notes(), random_state=0).fit(
        data_set.waveforms, data_set.y, data_set.events
    )
    dealt = pd.Series(fitted.estimator_.y_).groupby(data_set.events)
    assert (dealt.nunique() == 1).all()
    assert sorted(fitted.estimator_.y_) == sorted(data_set.y)
    assert (fitted.estimator_.y_ != data_set.y).any()


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
    arrivals = bunch.frame["arrival_sample"].to_numpy()
    assert data_set.waveforms.shape == (24, 1, 4000)
    np.testing.assert_array_equal(
        data_set.waveforms[:, 0, 800], bunch.data[np.arange(24), arrivals]
    )
    phases = data_set.phases
    np.testing.assert_array_equal(phases["arrival"], 800)
    later = bunch.frame["s_sample"] - bunch.frame["arrival_sample"]
    np.testing.assert_array_equal(phases["s_arrival"] - phases["arrival"], later)
    assert np.isnan(phases["origin"]).all()
    assert np.isfinite(data_set.arrivals).all()
    assert data_set.noise.shape == (24, 1, 560)
    assert (arrivals > 560).all()


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


@pytest.mark.slow
def test_the_study_writes_its_tables_and_figures(tmp_path, monkeypatch):
    monkeypatch.setitem(
        study.DATA_SETS, "generated", lambda *_: make_generated(None, 0, n_records=60)
    )
    arguments = ["--sets", "generated", "--splits", "2", "--resamples", "50"]
    arguments += ["--results", str(tmp_path), "--only", systems.REFERENCE]
    arguments += ["control: prior", "control: metadata", "MiaoANN"]
    study.main([*arguments, "--budget", "0.1"])
    table = pd.read_csv(tmp_path / "scores.csv")
    assert set(table["system"]) == set(arguments[-3:]) | {systems.REFERENCE}
    assert set(table["protocol"]) == {"event", "records"}
    compared = pd.read_csv(tmp_path / "comparisons.csv")
    assert (compared["p_holm"] >= compared["p"]).all()
    text = (tmp_path / "study.md").read_text()
    assert "| trees on prints |" in text
    assert "| against trees on prints |" in text
    others = ["--no-fits", "--reference", "MiaoANN", "--budget", "0.1"]
    study.main([*arguments, *others])
    assert "| against MiaoANN |" in (tmp_path / "study.md").read_text()
    names = {path.name for path in tmp_path.glob("*.png")}
    assert names == {
        "generated_event.png",
        "generated_records.png",
        "leak_generated.png",
    }


def test_unknown_systems_are_refused(capsys):
    with pytest.raises(SystemExit):
        study.parse_options(["--sets", "generated", "--only", "nothing"])
    assert "no systems ['nothing']" in capsys.readouterr().err


def test_tables_leave_missing_cells_empty():
    table = pd.DataFrame({"system": ["a", "b"], "p": ["0.010", None]})
    lines = report.to_markdown(table).splitlines()
    assert lines == ["| system | p |", "| --- | --- |", "| a | 0.010 |", "| b |  |"]

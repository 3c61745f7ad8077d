"""Progress of long work: where it is shown, and that it changes nothing."""

import builtins
import os
import pickle
import select
import sys
import threading
import time

import conftest
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.dummy import DummyClassifier
from sklearn.utils.parallel import delayed

from skseisfp import attach_events, preprocessing
from skseisfp._utils import progress as module
from skseisfp._utils.digest import digest
from skseisfp._utils.progress import progress, run_jobs
from skseisfp.baselines import AfterRen2019
from skseisfp.datasets import load_records
from skseisfp.ensemble import (
    EventThresholdClassifierCV,
    MultiRepresentationClassifier,
)
from skseisfp.io import WaveformReader
from skseisfp.model_selection import (
    evaluate_protocols,
    event_learning_curve,
    event_permutation_test,
    nested_evaluation,
)
from skseisfp.neural import FingerprintClassifier, FingerprintMLP


def work(verbose=1, total=4):
    with progress(total, "records", verbose, by="Reader") as advance:
        for number in range(4):
            advance(note=lambda number=number: f"best {number}")


def test_bars_are_shown_in_a_terminal(terminal, capsys):
    with terminal() as shown:
        work()
    assert "Reader" in shown()
    assert "4/4 records, best 3" in shown()
    with terminal() as shown:
        work(total=None)
    assert "4/? records" in shown()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("environment", [{}, {"FORCE_COLOR": "1"}])
def test_nothing_is_written_elsewhere(environment, capsys, monkeypatch, terminal):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    work()
    assert capsys.readouterr() == ("", "")
    with terminal() as shown:
        work(verbose=0)
    assert shown() == ""


def test_names_of_folders_are_not_taken_for_markup(terminal):
    with terminal() as shown, progress(1, "files", 1, by="[/red][blue]") as advance:
        advance()
    assert "[/red][blue]" in shown()


def test_what_is_printed_to_a_file_is_not_lost_and_has_no_codes(tmp_path, monkeypatch):
    pytest.importorskip("rich", reason="rich is not installed (extra sweep)")
    pty = pytest.importorskip("pty", reason="there are no terminals here")
    log = tmp_path / "log.txt"
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with log.open("w") as file, os.fdopen(theirs, "w") as screen:
        monkeypatch.setattr(sys, "stdout", file)
        monkeypatch.setattr(sys, "stderr", screen)
        with progress(2, "records", 1, by="Reader") as advance:
            for number in range(2):
                print("record", number)
                advance()
        monkeypatch.undo()
        screen.flush()
        parts = []
        while select.select([ours], [], [], 0.1)[0]:
            parts.append(os.read(ours, 100_000))
        shown = b"".join(parts).decode()
    os.close(ours)
    assert log.read_text() == "record 0\nrecord 1\n"
    assert "2/2" in shown
    assert "\x1b[" in shown


def test_bars_within_bars_go_when_they_are_done(terminal):
    with terminal() as shown, progress(2, "fits", 1, by="outer") as advance:
        for _ in range(2):
            with progress(3, "epochs", 1, by="inner") as inner:
                inner(3)
                module._DISPLAY._bars.refresh()
            advance()
    assert "3/3 epochs" in shown()
    last = shown().rstrip().splitlines()[-1]
    assert "2/2 fits" in last
    assert "epochs" not in last
    assert module._DISPLAY._bars is None


def test_bars_of_threads_share_a_display(terminal):
    started, ended = threading.Event(), threading.Event()

    def other():
        with progress(1, "views", 1) as advance:
            started.set()
            ended.wait(10)  # the bar of the main thread is closed meanwhile
            advance()

    with terminal() as shown:
        thread = threading.Thread(target=other)
        with progress(1, "records", 1) as advance:
            thread.start()
            started.wait(10)
            advance()
        ended.set()
        thread.join()
    assert "1/1 views" in shown()
    assert module._DISPLAY._bars is None


def test_an_error_ends_the_display(terminal):
    with terminal(), pytest.raises(KeyboardInterrupt), progress(1, "records", 1):
        raise KeyboardInterrupt
    assert module._DISPLAY._bars is None


def test_a_missing_package_is_named_where_there_is_a_terminal(monkeypatch, terminal):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with terminal(), pytest.warns(UserWarning, match=r"skseisfp\[sweep\]"):
        work()
    work()


class ZMQInteractiveShell:
    """The shell of a notebook, to rich."""


@pytest.mark.parametrize("installed", [False, True])
def test_notebooks_show_bars_by_widgets(monkeypatch, installed):
    pytest.importorskip("rich", reason="rich is not installed (extra sweep)")
    monkeypatch.setitem(sys.modules, "ipykernel", module)
    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    monkeypatch.setattr(module, "find_spec", lambda name: installed or None)
    if installed:
        assert module._find_console().is_jupyter
    else:
        with pytest.warns(UserWarning, match="without ipywidgets"):
            assert module._find_console() is None


def square(number):
    time.sleep(0.01 * (number % 3))
    with progress(1, "rounds", 1) as advance:
        advance()
    return number**2


@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [
        ("threading", None),
        ("threading", 2),
        ("multiprocessing", 2),
        pytest.param("loky", 2, marks=pytest.mark.slow),  # starts two interpreters
    ],
)
def test_jobs_are_counted_and_keep_their_order(backend, n_jobs, terminal):
    jobs = [delayed(square)(number) for number in range(8)]
    with terminal() as shown, parallel_config(backend=backend):
        found = run_jobs(jobs, "jobs", 1, n_jobs=n_jobs)
    assert found == [number**2 for number in range(8)]
    assert "8/8 jobs" in shown()
    assert ("rounds" in shown()) == (n_jobs is None or backend == "threading")


def test_a_count_begins_again_with_each_call():
    seen = []
    parallel = module.ProgressParallel(seen.append, n_jobs=1)
    for _ in range(2):
        parallel(delayed(square)(number) for number in range(3))
    assert sum(seen) == 6


def make(name, **params):
    if name == "FilterAugmenter":
        params["shifts"] = (0, 1)
    return getattr(preprocessing, name)(batch_size=2, **params)


BATCHED = [
    "AdaptiveHighpassFilter",
    "FilterAugmenter",
    "FingerprintTransformer",
    "PhysicsFeatures",
    "ScalogramTransformer",
    "SpectrogramTransformer",
    "SpectrumTransformer",
    "WaveformImageTransformer",
    "WaveformPreprocessor",
]


def test_all_transformers_are_listed():
    exported = map(preprocessing.__dict__.get, preprocessing.__all__)
    found = [item.__name__ for item in exported if hasattr(item, "fit_transform")]
    assert sorted(found) == BATCHED


@pytest.mark.parametrize("name", BATCHED)
def test_transformers_show_records_and_do_what_they_do(name, terminal):
    X = np.random.default_rng(0).standard_normal((5, 1, 400))
    expected = make(name).fit_transform(X)
    with terminal() as shown:
        found = make(name, verbose=1, n_jobs=2).fit_transform(X)
    np.testing.assert_array_equal(found, expected)
    assert name in shown()
    assert "5/5" in shown()
    with terminal() as shown:
        make(name).fit_transform(X)
    assert shown() == ""


@pytest.mark.parametrize("name", BATCHED)
def test_verbose_has_no_effect_on_what_is_stored(name):
    from skseisfp.archive._fingerprints import _parameters

    assert digest(make(name, verbose=1)) == digest(make(name))
    assert digest(make(name, n_jobs=2)) != digest(make(name))
    assert _parameters(make(name, verbose=1)) == _parameters(make(name))


@pytest.fixture
def folder(tmp_path):
    obspy = pytest.importorskip("obspy")
    for event in ("a", "b"):
        (tmp_path / event).mkdir()
        samples = np.random.default_rng(0).standard_normal(2000).astype("float32")
        header = {"station": "S", "channel": "HHZ", "sampling_rate": 40}
        trace = obspy.Trace(samples, header)
        trace.write(str(tmp_path / event / "S.mseed"), format="MSEED")
    (tmp_path / "labels.csv").write_text("event_id,event_type\na,x\nb,y\n")
    return tmp_path


def test_readers_show_recordings(folder, terminal):
    expected = load_records(folder), WaveformReader(components="Z").read(folder)
    with terminal() as shown:
        found = (
            load_records(folder, verbose=1),
            WaveformReader(components="Z").read(folder, verbose=1),
        )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    assert "2/2 files" in shown()
    assert "2/2 records" in shown()
    assert "2/2 recordings, 2 records" in shown()


@pytest.mark.parametrize("verbose", ["yes", -1])
def test_readers_check_verbose(folder, verbose):
    for read in (load_records, WaveformReader().read):
        with pytest.raises((TypeError, ValueError), match="verbose"):
            read(folder, verbose=verbose)


def evaluations():
    events = np.repeat(np.arange(12), 2)
    y = events % 2
    X = np.random.default_rng(0).normal(y[:, None], 1, (24, 2))
    frame = pd.DataFrame({"event_id": events})
    model = DummyClassifier(strategy="prior")
    return {
        "Protocols": lambda **options: (
            evaluate_protocols(
                {"m": model},
                X,
                y,
                frame,
                protocols="event",
                controls="prior",
                seeds=[0],
                n_splits=2,
                n_resamples=10,
                threshold_splits=None,
                **options,
            ).scores
        ),
        "Nested evaluation": lambda **options: (
            nested_evaluation(
                {"m": (model, {"strategy": ["prior", "stratified"]})},
                X,
                y,
                frame,
                n_splits=2,
                n_inner_splits=2,
                n_resamples=10,
                **options,
            ).candidates
        ),
        "Permutation test": lambda **options: pd.Series(
            event_permutation_test(
                model, X, y, events, cv=2, n_permutations=3, random_state=0, **options
            ).permutation_scores
        ),
        "Learning curve": lambda **options: (
            event_learning_curve(
                model,
                X,
                y,
                events,
                train_sizes=[0.7, 1.0],
                n_splits=2,
                n_repeats=1,
                n_resamples=10,
                **options,
            ).table
        ),
    }


@pytest.mark.parametrize("name", evaluations())
def test_evaluations_show_their_fits(name, terminal):
    evaluate = evaluations()[name]
    expected = evaluate()
    with terminal() as shown:
        found = evaluate(verbose=1)
    assert found.equals(expected)
    assert name in shown()
    assert "4/4" in shown()
    with pytest.raises(ValueError, match="verbose must be"):
        evaluate(verbose="yes")


def train(verbose, **params):
    X = np.random.default_rng(0).integers(0, 2, (12, 8, 8)).astype(np.uint8)
    network = FingerprintClassifier(
        max_epochs=3, device="cpu", random_state=0, verbose=verbose, **params
    )
    return network.fit(X, np.arange(12) % 2, groups=np.arange(12))


def test_networks_show_epochs_as_a_bar_or_a_table(terminal, capsys):
    expected = train(0).net_.module_.state_dict()
    with terminal() as shown:
        found = [train(1, module=FingerprintMLP), train(1)]
    assert "3/3 epochs, train loss 0." in shown()
    assert capsys.readouterr().out == ""
    for name, value in found[1].net_.module_.state_dict().items():
        assert value.equal(expected[name])
    found.append(train(2, early_stopping=True))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["epoch", "train_accuracy"]
    assert [line.split()[0] for line in lines[2:5]] == ["1", "2", "3"]
    assert not any("\x1b" in line for line in lines)
    assert all(pickle.loads(pickle.dumps(model)).net_ for model in found)


def test_tables_have_colours_in_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdout", stream := conftest.Terminal())
    train(2)
    assert "\x1b[" in stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        (
            MultiRepresentationClassifier,
            ["3/3 forests", "PhysicsFeatures", "24/24 records"],
        ),
        (EventThresholdClassifierCV, ["EventThresholdClassifierCV", "2/2 folds"]),
        (AfterRen2019, ["WindowFeatures", "24/24 records"]),
    ],
)
def test_classifiers_show_their_parts(kind, seen, terminal):
    y = np.arange(24) % 2
    X = np.random.default_rng(0).normal(size=(24, 400)) * (1 + y[:, None])
    params = {
        MultiRepresentationClassifier: {"n_estimators": 2, "random_state": 0},
        EventThresholdClassifierCV: {"estimator": DummyClassifier(), "cv": 2},
        AfterRen2019: {"n_estimators": 2, "random_state": 0},
    }[kind]
    y = attach_events(y, np.arange(24))
    expected = kind(**params).fit(X, y).predict_proba(X)
    with terminal() as shown:
        fitted = kind(verbose=1, **params).fit(X, y)
    for words in seen:
        assert words in shown()
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)
    assert digest(kind(verbose=1, **params)) == digest(kind(**params))

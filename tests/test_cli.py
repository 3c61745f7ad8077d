"""What all commands have in common: help, exit codes, errors, progress, interrupts."""

import argparse
import io
import json
import signal
import subprocess
import sys
import time
import warnings

import pytest
from command_line_files import run, start_process, write_files

from skseisfp.cli import command_line, main
from skseisfp.cli._outcome import Outcome, UsageError, as_json, one_line
from skseisfp.cli._stage import stage

COMMANDS = pytest.mark.parametrize("command", command_line.COMMANDS)


@pytest.fixture(name="command")
def make_command(monkeypatch):
    """Return a function that replaces what ``info`` does."""

    def replace(function):
        monkeypatch.setattr(command_line.COMMANDS["info"], "run", function)

    return replace


@COMMANDS
def test_help_has_examples_and_exit_codes(command, capsys):
    code, out, err = run(capsys, command, "--help")
    assert (code, err) == (0, "")
    assert f"\n  skseisfp {command}" in out.partition("examples:")[2]
    assert "130  interrupted" in out
    assert "--json" in out


def test_help_lists_the_commands_and_loads_no_package(tmp_path):
    program = (
        "import sys; from skseisfp.cli import main; code = main(['--help']); "
        "print('loaded', *sorted(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    text, _, loaded = done.stdout.partition("loaded ")
    assert all(f"\n    {name}" in text for name in command_line.COMMANDS)
    heavy = {"numpy", "scipy", "pandas", "sklearn", "torch", "obspy", "rich"}
    assert not heavy & set(loaded.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["predict"], "invalid choice: 'predict'"),
        (["train", "synthetic"], "-o/--output"),
        (["train", "synthetic", "-o", "m.skops", "--max-error", "2"], "between 0 and"),
        (["train", "synthetic", "-o", "m.skops", "--cv", "0"], "must be 1 or more"),
        (["fingerprint", "x", "-o", "f.npz", "--f-min", "-1"], "positive number"),
        (["fingerprint", "x", "-o", "f.npz", "--f-min", "low"], "--f-min"),
        (["fingerprint", "x", "-o", "f.txt"], "--output must end in .npz or .png"),
        (["train", "synthetic", "-o", "none/m.skops"], "there is no folder none"),
        (["train", "a", "-o", "m.skops", "--window", "3", "2"], "--window"),
        (["train", "a", "-o", "m.skops", "--align", "origin"], "needs --window"),
        (["train", "a", "-o", "m.skops", "--response", "VEL"], "--stations"),
        (["discriminate", "m", ".", "--event-type", "blast"], "CLASS=TYPE"),
        (["discriminate", "m", ".", "-o", "table.xml"], ".csv or .json"),
        (["sweep", "p.toml", "--data", "synthetic", "--cv", "1"], "--cv must be 2"),
        (["report", "s.db", "-o", "page.pdf"], ".html or .htm"),
    ],
)
def test_arguments_that_are_not_valid_are_named(arguments, message, capsys, tmp_path):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["fingerprint", "no_such", "-o", "f.npz"],
        ["train", "no_such", "-o", "m.skops", "--events", "no_such"],
        ["train", "no_such", "-o", "m.skops"],
        ["sweep", "no_such", "--data", "synthetic"],
        ["report", "no_such", "-o", "r.html"],
        ["discriminate", "no_such", "."],
        ["discriminate", "pretrained:pnw", "no_such"],
        ["discriminate", "pretrained:pnw", ".", "--events", "no_such"],
        ["info", "no_such"],
    ],
)
def test_files_that_are_not_there_are_named(arguments, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert err.startswith("skseisfp: error: ")
    assert "no_such" in err
    assert list(tmp_path.iterdir()) == []


def test_errors_are_one_line_and_json(capsys, command):
    def fail(options):
        raise ValueError("first line\n  second line")

    command(fail)
    assert run(capsys, "info") == (1, "", "skseisfp: error: first line second line\n")
    code, out, err = run(capsys, "info", "--json")
    assert code == 1
    assert json.loads(out)["status"] == "failed"
    assert json.loads(out)["error"] == "first line second line"
    assert err.count("\n") == 1
    code, _, err = run(capsys, "info", "--debug")
    assert code == 1
    assert err.startswith("Traceback")
    assert err.endswith("skseisfp: error: first line second line\n")


def test_what_is_left_out_is_named_and_gives_1(capsys, command):
    left_out = [{"source": "a.mseed", "record_id": "r1", "reason": "it is\nempty"}]
    command(lambda options: Outcome({"n": 3}, "three", left_out))
    code, out, err = run(capsys, "info")
    assert (code, out) == (1, "three\n")
    assert err == "skseisfp: left out: a.mseed (r1): it is empty\n"
    code, out, _ = run(capsys, "info", "--json")
    facts = json.loads(out)
    assert (facts["status"], facts["n"]) == ("incomplete", 3)
    assert facts["rejected"][0]["source"] == "a.mseed"


def test_a_usage_error_gives_2(capsys, command):
    def fail(options):
        raise UsageError("--a contradicts --b")

    command(fail)
    assert run(capsys, "info")[0] == 2


def test_interrupts_give_130(capsys, command):
    def interrupt(options):
        raise KeyboardInterrupt

    command(interrupt)
    code, out, err = run(capsys, "info")
    assert (code, out) == (130, "")
    assert err == "skseisfp: interrupted; what was stored stays\n"


def test_warnings_for_users_are_lines_and_those_for_developers_are_not(capsys, command):
    def warn(options):
        for _ in range(2):
            warnings.warn("records\nare short", UserWarning, stacklevel=1)
        warnings.warn("an interface", DeprecationWarning, stacklevel=1)
        return Outcome({}, "done")

    command(warn)
    before = warnings.showwarning
    assert run(capsys, "info") == (
        0,
        "done\n",
        "skseisfp: warning: records are short\n",
    )
    assert warnings.showwarning is before


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self):
        return True


def test_stages_are_shown_on_a_terminal_only(monkeypatch, capsys):
    people, programs = (argparse.Namespace(json=json) for json in (False, True))
    with stage("reading", people):
        pass
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with stage("reading", programs):
        pass
    assert terminal.getvalue() == ""
    with stage("reading", people):
        pass
    assert "reading" in terminal.getvalue()
    assert capsys.readouterr().out == ""


def test_json_has_no_values_that_json_lacks():
    import numpy as np
    import pandas as pd

    table = pd.DataFrame(
        {
            "a": [1.0, np.nan],
            "b": [pd.Timestamp("2024-01-01", tz="UTC"), pd.NaT],
            "c": ["x", None],
        }
    )
    found = json.loads(as_json({"t": table, "n": np.float32(2), "s": np.arange(2)}))
    assert found["t"][0] == {"a": 1.0, "b": "2024-01-01T00:00:00+00:00", "c": "x"}
    assert found["t"][1] == {"a": None, "b": None, "c": None}
    assert (found["n"], found["s"]) == (2.0, [0, 1])
    assert one_line(ValueError()) == "ValueError"
    assert one_line(KeyError("a name")) == "a name"


def test_the_entry_point_is_the_function():
    import tomllib
    from importlib import import_module
    from pathlib import Path

    project = Path(__file__).parents[1] / "pyproject.toml"
    scripts = tomllib.loads(project.read_text())["project"]["scripts"]
    module, _, name = scripts["skseisfp"].partition(":")
    assert getattr(import_module(module), name) is main


@pytest.mark.slow
def test_the_process_returns_json_and_the_code(tmp_path):
    process = start_process(["info", "--json"], tmp_path)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["versions"]["skseisfp"]
    process = start_process(["info", "no_such"], tmp_path)
    out, err = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert err == "skseisfp: error: no_such is not there.\n"


@pytest.mark.slow
def test_who_closes_the_pipe_sees_no_traceback(tmp_path):
    process = start_process(["info", "--json"], tmp_path)
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.slow
def test_an_interrupted_sweep_keeps_its_fits_and_resumes(tmp_path, capsys, monkeypatch):
    write_files(tmp_path, n_records=24)
    leaves = ", ".join(map(str, range(1, 31)))
    (tmp_path / "plan.toml").write_text(
        f"[ranges]\nclassifier__min_samples_leaf = [{leaves}]\n"
    )
    command = ["sweep", "plan.toml", "--data", "archive", "--cv", "2"]
    process = start_process([*command, "--n-trees", "60"], tmp_path)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if n_fits(tmp_path / "plan.db"):
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.5)
    _, err = process.communicate()
    assert process.returncode == 130, err
    assert err.endswith("skseisfp: interrupted; what was stored stays\n")
    assert "Traceback" not in err
    stored = n_fits(tmp_path / "plan.db")
    assert 0 < stored < 60
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, *command, "--n-trees", "60", "--csv", "fits.csv")
    assert (code, n_fits("plan.db")) == (0, 60)
    assert "30 trials, 2 folds" in out
    assert not list(tmp_path.glob("*.tmp"))


def n_fits(store):
    """Return the number of fits in a store, 0 where there is none yet."""
    from skseisfp.sweep import ResultCube

    try:
        cube = ResultCube.from_store(store)
    except (OSError, ValueError, KeyError):
        return 0
    return int(cube.dataset[cube.main_metric].notnull().sum())

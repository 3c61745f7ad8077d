"""Numbers of the progress of commands: on a terminal, and nowhere else."""

import re
import shutil

import pytest
from command_line_files import run, write_files

from skseisfp import load
from skseisfp.cli import main

WAVEFORMS = [f"waveforms/e{number}" for number in range(4)]
FEW = ["--n-trees", "5", "--cv", "2"]


@pytest.fixture(scope="module", name="folder")
def make_folder(tmp_path_factory):
    folder = write_files(tmp_path_factory.mktemp("files"), n_records=36)
    command = ["train", str(folder / "archive"), *FEW, "--json", "-o"]
    assert main([*command, str(folder / "model.skops")]) == 0
    return folder


@pytest.fixture(autouse=True)
def work_in(folder, monkeypatch):
    monkeypatch.chdir(folder)


COMMANDS = {
    "fingerprint": (
        ["fingerprint", *WAVEFORMS, "-o", "{0}/f.npz"],
        [r"\d+/\d+ recordings", r"(\d+)/\1 records"],
    ),
    "train": (
        ["train", "waveforms", "--events", "events.xml", *FEW, "-o", "{0}/m.skops"],
        [r"(\d+)/\1 recordings", "2/2 folds"],
    ),
    "discriminate": (
        ["discriminate", "model.skops", *WAVEFORMS, "--events", "events.xml"],
        [r"(\d+)/\1 recordings"],
    ),
    "discriminate one": (
        ["discriminate", "model.skops", "waveforms/e1"],
        [r"(\d+)/\1 files", r"1/1 recordings"],
    ),
    "sweep": (
        ["sweep", "{0}/plan.toml", "--data", "archive", "--cv", "2"],
        ["8/8 fits"],
    ),
}

# of sweeps the tests of the commands see it
OTHERS = pytest.mark.parametrize("name", [n for n in COMMANDS if n != "sweep"])


def run_command(name, folder, capsys, *more):
    arguments, patterns = COMMANDS[name]
    shutil.copy("plan.toml", folder)
    arguments = [argument.format(folder) for argument in (*arguments, *more)]
    return *run(capsys, *arguments)[:2], patterns


@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_shows_numbers(name, terminal, capsys, tmp_path):
    with terminal() as shown:
        code, out, patterns = run_command(name, tmp_path, capsys)
        text = shown()
    assert code == 0, text
    for pattern in patterns:
        assert re.search(pattern, text), text
    assert "\x1b" not in out
    if name == "train":
        assert load(tmp_path / "m.skops").verbose == 0


@OTHERS
def test_json_has_none(name, terminal, capsys, tmp_path):
    with terminal() as shown:
        code, _, _ = run_command(name, tmp_path, capsys, "--json")
        assert (code, shown()) == (0, "")


@OTHERS
def test_a_file_or_pipe_has_none(name, capsys, tmp_path):
    arguments, _ = COMMANDS[name]
    shutil.copy("plan.toml", tmp_path)
    arguments = [argument.format(tmp_path) for argument in arguments]
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (0, "")
    assert "\x1b" not in out

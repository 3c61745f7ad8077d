"""The guide pages on catalogues and on the command line run as they stand there."""

import json
import re
import shlex
from pathlib import Path

import pytest
from command_line_files import write_files
from obspy import read_events

from skseisfp.cli import main

DOCS = Path(__file__).parents[1] / "docs"


def code_blocks(page, language):
    text = (DOCS / page).read_text()
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, text, flags=re.DOTALL | re.MULTILINE)


def run_python(page):
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(code_blocks(page, "python")):
        exec(compile(block, f"{page}, block {number}", "exec"), namespace)
    return namespace


@pytest.mark.slow
def test_the_page_leads_from_an_archive_to_a_catalogue(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="pretrained pnw, for demonstration"):
        namespace = run_python("from_archive_to_catalogue.md")
    result = namespace["result"]
    typed = read_events("typed.xml")
    assert [event.event_type for event in typed] == result.events["decision"].tolist()
    of_others = result.rejected["reason"].str.startswith("no event of the table begins")
    assert of_others.all()
    assert len(result.stations) + len(result.rejected) == 120
    assert len(namespace["elsewhere"].events) == len(typed)
    tuned = namespace["tuned"].contract_
    assert tuned.n_records == len(namespace["bunch"].data)
    assert tuned.digests["start"]
    assert "## Confirmed" in capsys.readouterr().out


@pytest.mark.slow
def test_the_commands_of_the_page_run(tmp_path, monkeypatch, capsys):
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    (plan,) = code_blocks("command_line.md", "toml")
    Path("plan.toml").write_text(plan)
    for block in code_blocks("command_line.md", "bash"):
        for line in block.replace("\\\n", " ").splitlines():
            program, *arguments = shlex.split(line)
            assert program == "skseisfp"
            assert main(arguments) == 0, (line, capsys.readouterr().err)
    files = {"synthetic.md", "predicted.csv", "predicted.xml", "fits.csv", "sweep.html"}
    assert files <= {path.name for path in tmp_path.iterdir()}
    capsys.readouterr()
    assert run_python("command_line.md")["code"] == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "model"

"""The code of the README and of the user guide runs as it stands there."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "docs/guide.md"]
SWEEPS = "docs/sweeps.md"


def code_blocks(page):
    text = (ROOT / page).read_text()
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def run_blocks(page):
    blocks = code_blocks(page)
    assert blocks
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page}, block {number}", "exec"), namespace)
    return namespace


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_code_blocks_run_in_order(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = run_blocks(page)
    assert "model.skops" in os.listdir()
    predictions = namespace["model"].predict(namespace.get("X_new", namespace["X"]))
    assert set(predictions) <= {"earthquake", "quarry_blast", "mine_blast"}


@pytest.mark.slow
def test_the_page_on_sweeps_leaves_what_it_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_blocks(SWEEPS)
    assert {"sweep.db", "sweep.csv", "sweep.html"} <= set(os.listdir())


def test_readme_opens_with_picture_and_commands():
    text = (ROOT / "README.md").read_text()
    picture = re.search(r"!\[.*?\]\((.*?)\)", text).group(1)
    assert (ROOT / picture).stat().st_size < 200_000
    assert text.index(picture) < text.index("make study") < text.index("make test")
    assert text.index("make test") < text.index("```python")

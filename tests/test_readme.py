"""The code of the README runs as it stands there."""

import os
import re
from pathlib import Path

import pytest

from skseisfp import load

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


@pytest.mark.slow
def test_code_blocks_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.*?)^```", README.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    assert blocks
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"README.md, block {number}", "exec"), namespace)
    assert "model.skops" in os.listdir()
    predictions = load("model.skops").predict(namespace["X_new"])
    assert set(predictions) <= {"earthquake", "quarry_blast", "mine_blast"}


def test_readme_opens_with_picture_and_commands():
    text = README.read_text()
    picture = re.search(r"!\[.*?\]\((.*?)\)", text).group(1)
    assert (ROOT / picture).stat().st_size < 200_000
    assert text.index(picture) < text.index("make study") < text.index("make test")
    assert text.index("make test") < text.index("```python")


def test_readme_is_short():
    text = README.read_text()
    (block,) = re.findall(
        r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE
    )
    assert sum(bool(line) for line in block.splitlines()) == 15
    opening = text.split("\n\n")[1]
    assert len(re.findall(r"\.(?:\s|$)", opening)) == 3
    assert text.count("![") == 1
    assert len(re.findall(r"^    make ", text, flags=re.MULTILINE)) == 2

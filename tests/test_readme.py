"""The code of the README and of the user guide runs as it stands there."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "docs/guide.md"]


def code_blocks(page):
    text = (ROOT / page).read_text()
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_code_blocks_run_in_order(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks(page)
    assert blocks
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page}, block {number}", "exec"), namespace)
    assert "model.skops" in os.listdir()
    predictions = namespace["model"].predict(namespace.get("X_new", namespace["X"]))
    assert set(predictions) <= {"earthquake", "quarry_blast", "mine_blast"}


def test_readme_opens_with_picture_and_commands():
    text = (ROOT / "README.md").read_text()
    picture = re.search(r"!\[.*?\]\((.*?)\)", text).group(1)
    assert (ROOT / picture).stat().st_size < 200_000
    assert text.index(picture) < text.index("make study") < text.index("make test")
    assert text.index("make test") < text.index("```python")

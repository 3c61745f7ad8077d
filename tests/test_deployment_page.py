"""The code of the guide page on exports runs as it stands there."""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "deployment.md"


def test_the_page_leads_from_a_discriminator_to_a_runner(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    blocks = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 3
    namespace = {"__name__": "__main__"}
    try:
        for number, block in enumerate(blocks):
            exec(compile(block, f"{PAGE.name}, block {number}", "exec"), namespace)
    finally:
        sys.modules.pop("run_fingerprint", None)
    printed = capsys.readouterr().out
    assert "sampling_rate is 100 Hz; must be 40 Hz" in printed
    assert set(namespace["result"]["probabilities"]) == set(namespace["runner"].classes)

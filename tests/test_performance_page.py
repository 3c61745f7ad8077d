"""The code of the page on speed runs as it stands there."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def test_code_blocks_run_in_order():
    text = PAGE.read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    namespace = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), namespace)


def test_the_page_names_what_a_fit_takes():
    text = PAGE.read_text()
    for name in ("`fused=False`", "`n_threads`", "skseisfp[fast]", "bench_training.py"):
        assert name in text

"""The code of the guide page on explanations runs as it stands there."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "explanations.md"


@pytest.mark.slow
@pytest.mark.usefixtures("pyplot")
def test_the_page_finds_rg(capsys):
    blocks = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), namespace)
    largest = namespace["explanation"].to_frame().nlargest(3, "contribution")
    assert largest["f_max"].max() <= 2  # Hz, as Rg
    assert namespace["importance"].importances_low.max() > 0
    assert "contribution" in capsys.readouterr().out

"""The code of the guide page on the discriminator runs as it stands there."""

import re
from pathlib import Path

import pytest
from obspy import read_events

PAGE = Path(__file__).parents[1] / "docs" / "discriminator.md"


@pytest.mark.slow
def test_the_page_leads_from_records_to_a_catalogue(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    namespace = {"__name__": "__main__"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{PAGE.name}, block {number}", "exec"), namespace)
    printed = capsys.readouterr().out
    assert "# Discriminator of earthquake and explosion" in printed
    assert "fitted on 40 Hz" in printed
    decisions = namespace["result"].events["decision"]
    decided = decisions[decisions != "undecided"]
    assert len(decided)
    for name in ("predicted.xml", "predicted.scml"):
        again = read_events(name)
        assert len(again) == len(decisions)
        assert {event.event_type for event in again} - {None} == set(decided)

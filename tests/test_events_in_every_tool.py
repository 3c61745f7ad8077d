"""No tool counts records for events, and the guide says what each of them does.

``python tests/test_events_in_every_tool.py`` writes the table of the guide again.
"""

import events_in_every_tool
import numpy as np
import pytest
from events_in_every_tool import (
    BEGIN,
    END,
    EVENTS,
    PAGE,
    SPLITS,
    TOOLS,
    WAYS,
    Log,
    Probe,
    X,
    Y,
    make_head,
    make_row,
    measure,
    write_table,
)

TABLE = PAGE.read_text().split(BEGIN)[1].split(END)[0].strip().splitlines()


@pytest.mark.usefixtures("pyplot")
@pytest.mark.parametrize("name", TOOLS)
def test_what_the_guide_says_is_what_is_measured(name):
    _, needs = TOOLS[name]
    if needs is not None:
        pytest.importorskip(needs)
    row = make_row(name)
    assert "RECORDS" not in row
    assert row in TABLE


def test_the_table_has_every_tool_once():
    assert TABLE[:2] == make_head()
    assert [line.split(" | ")[0] for line in TABLE[2:]] == [f"| {n}" for n in TOOLS]


def test_no_cell_of_the_guide_counts_records():
    cells = [cell for line in TABLE[2:] for cell in line.split(" | ")[1:]]
    assert len(cells) == len(TOOLS) * len(WAYS)
    assert all(cell.startswith("counts ") or "Error: " in cell for cell in cells)


def test_every_event_has_several_records_in_every_part():
    for rows in (np.arange(len(Y)), *(part for split in SPLITS for part in split)):
        _, sizes = np.unique(EVENTS[rows], return_counts=True)
        assert sizes.min() >= 2


@pytest.mark.parametrize(
    "wrong", [np.arange(len(Y)), EVENTS // 2, np.roll(EVENTS, 1)], ids=str
)
def test_wrong_events_are_seen(monkeypatch, wrong):
    """Records, unions of events and events of other records are not taken for them."""

    def run(way):
        Probe().fit(X, Y, groups=wrong)

    monkeypatch.setitem(events_in_every_tool.TOOLS, "wrong", (run, None))
    assert measure("wrong", "index").startswith("COUNTS RECORDS")


def test_records_that_a_scorer_counts_are_seen(monkeypatch):
    def run(way):
        fitted = Probe().fit(X, Y, groups=EVENTS)
        events_in_every_tool.SCORER(fitted, X, Y, groups="records")

    monkeypatch.setitem(events_in_every_tool.TOOLS, "wrong", (run, None))
    assert measure("wrong", "index") == f"COUNTS RECORDS: {[(72, 24, 72)]}"
    assert Log.fits == [(24, 24, 72)]


if __name__ == "__main__":
    write_table()

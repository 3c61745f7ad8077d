"""Which pick of a station counts, and where picks differ."""

import pandas as pd
import pytest

from skseisfp.io import WaveformReader, read_quakeml
from skseisfp.io.event_tables import first_picks, pick_disagreements
from skseisfp.io.phases import PHASES, phase_of

FIRST = pd.Timestamp("2024-03-05", tz="UTC")
KEY = ("e", "XX.A")


def make_picks(*rows):
    """A table from seconds and what differs from a plain P pick."""
    plain = {"event_id": "e", "station": "XX.A", "phase": "P"}
    return pd.DataFrame(
        [{**plain, "time": FIRST + pd.Timedelta(s, "s"), **other} for s, other in rows]
    )


def seconds(picks, key=KEY, **options):
    """The seconds of the first P pick, None where there is none."""
    time = first_picks(picks, **options).get(key)
    return None if time is None else (time - FIRST).total_seconds()


@pytest.mark.parametrize(
    ("names", "phase"),
    [
        ("P p Pg Pn Pb P* P1 iP eP iPg ePn IP EP IPU0 iPd eP+ P? PKP Pdif", "P"),
        ("S s Sg Sn Sb iS eSg ES ESC2", "S"),
        ("PP PcP pP sP PS ScS SS Lg Rg AML END X - P2 T", None),
    ],
)
def test_names_stand_for_phases(names, phase):
    assert {name: phase_of(name) for name in names.split()} == dict.fromkeys(
        names.split(), phase
    )


def test_names_that_are_none_stand_for_none():
    assert [phase_of(name) for name in ("", None, float("nan"), " ")] == [None] * 4


def test_no_name_stands_for_two_phases():
    assert not set(PHASES["P"]) & set(PHASES["S"])


@pytest.mark.parametrize("phase", PHASES["P"])
def test_every_name_of_the_table_gives_the_pick(phase):
    assert seconds(make_picks((30, {"phase": phase}))) == 30
    assert seconds(make_picks((30, {"phase": f"i{phase}"}))) == 30


def test_rejected_picks_are_none():
    picks = make_picks(
        (22, {"evaluation_status": "rejected"}), (30, {"evaluation_status": ""})
    )
    assert seconds(picks) == 30
    assert seconds(picks[:1]) is None


def test_manual_picks_come_first_then_associated_then_the_earliest():
    picks = make_picks(
        (20, {"evaluation_mode": "automatic", "associated": True}),
        (21, {"evaluation_mode": "", "associated": False}),
        (22, {"evaluation_mode": "manual", "associated": False}),
        (24, {"evaluation_mode": "manual", "associated": True}),
        (23, {"evaluation_mode": "manual", "associated": True}),
    )
    for best in (23, 24, 22, 21, 20):
        assert seconds(picks) == best
        picks = picks[(picks["time"] - FIRST).dt.total_seconds() != best]
    assert seconds(picks) is None


@pytest.mark.parametrize(
    ("picked", "recorded", "found"),
    [
        (".A", ["XX.A", "XX.B"], "XX.A"),
        ("A", ["XX.A"], "XX.A"),
        (".A", ["XX.A", "YY.A"], None),
        ("XX.A", [".A"], ".A"),
        ("XX.A", ["YY.A"], None),
        ("XX.A", ["XX.A", ".A"], "XX.A"),
    ],
)
def test_a_missing_network_is_found_where_there_is_no_choice(picked, recorded, found):
    picks = make_picks((30, {"station": picked}))
    times = first_picks(picks, stations=recorded)
    assert [name for name in recorded if ("e", name) in times] == [
        name for name in recorded if name == found
    ]


def test_two_networks_in_the_picks_leave_a_choice():
    picks = make_picks((30, {"station": ".A"}), (31, {"station": "YY.A"}))
    assert seconds(picks, stations=["XX.A"]) is None
    picks = make_picks((30, {"station": "ZZ.A"}), (31, {"station": "YY.A"}))
    assert seconds(picks, ("e", ".A"), stations=[".A"]) is None


def test_disagreements_are_listed():
    picks = make_picks(
        (30, {}),
        (30.9, {"phase": "Pg"}),
        (40, {"station": "XX.B"}),
        (41.5, {"station": "XX.B"}),
        (45, {"station": "XX.B", "phase": "S"}),
        (90, {"station": "XX.B", "evaluation_status": "rejected"}),
    )
    (row,) = pick_disagreements(picks).to_dict("records")
    assert (row["station"], row["phase"], row["n_picks"]) == ("XX.B", "P", 2)
    assert row["seconds"] == 1.5
    assert row["first"] == FIRST + pd.Timedelta(40, "s")
    assert len(pick_disagreements(picks, seconds=0.5)) == 2
    assert pick_disagreements(None).empty
    assert pick_disagreements(picks[:0]).empty


def make_event(*picks):
    """An event with picks of a station, of which the last is used by the origin."""
    from obspy import UTCDateTime
    from obspy.core.event import (
        Arrival,
        Event,
        Origin,
        Pick,
        WaveformStreamID,
    )

    start = UTCDateTime(2024, 3, 5)
    event = Event(resource_id="smi:l/e", event_type="earthquake")
    event.picks = [
        Pick(time=start + at, waveform_id=WaveformStreamID(network, "A"), **options)
        for at, network, options in picks
    ]
    arrival = Arrival(pick_id=event.picks[-1].resource_id, phase="P")
    event.origins = [Origin(time=start, latitude=46, longitude=7)]
    event.origins[0].arrivals.append(arrival)
    return event


def test_a_catalogue_says_which_picks_count():
    from obspy.core.event import Catalog

    event = make_event(
        (29, "XX", {"phase_hint": "P", "evaluation_status": "rejected"}),
        (30, None, {"phase_hint": "iP"}),
        (31, None, {}),
    )
    catalogue = read_quakeml(Catalog([event]))
    picks = catalogue.picks
    assert picks["station"].tolist() == ["XX.A", ".A", ".A"]
    assert picks["phase"].tolist() == ["P", "iP", "P"]
    assert picks["evaluation_status"].tolist() == ["rejected", "", ""]
    assert picks["associated"].tolist() == [False, False, True]
    assert catalogue.disagreements.empty
    assert seconds(picks, ("smi:l/e", "XX.A"), stations=["XX.A"]) == 31


def test_the_pick_that_counts_aligns_the_record():
    import numpy as np
    from obspy import Trace, UTCDateTime
    from obspy.core.event import Catalog

    event = make_event((22, None, {"phase_hint": "P"}), (30, None, {"phase_hint": "P"}))
    header = {"network": "XX", "station": "A", "channel": "HHZ"}
    header |= {"sampling_rate": 100.0, "starttime": UTCDateTime(2024, 3, 5)}
    trace = Trace(np.random.default_rng(0).standard_normal(12000), header)
    reader = WaveformReader(components="Z", window=(-5, 40), align="P")
    (row,) = reader.read(trace, events=Catalog([event])).frame.to_dict("records")
    assert row["start_time"] == FIRST + pd.Timedelta(25, "s")
    assert row["p_arrival"] == 5

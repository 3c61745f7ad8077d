"""Tables of events, picks and stations from QuakeML and StationXML."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from skseisfp.io import (
    EVENT_TYPES,
    WaveformReader,
    read_quakeml,
    read_stationxml,
    source_paths,
)
from skseisfp.io.reading_notes import ReadingWarning

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)


def make_event(name, kind, *, latitude=46.0, time="2024-01-01T00:00:20", picks=()):
    from obspy import UTCDateTime
    from obspy.core.event import Event, Magnitude, Origin, Pick, WaveformStreamID

    event = Event(resource_id=f"quakeml:test.org/event/{name}", event_type=kind)
    event.origins = [
        Origin(time=UTCDateTime(time), latitude=latitude, longitude=7.0, depth=5000.0)
    ]
    event.magnitudes = [Magnitude(mag=0.0)]
    event.picks = [
        Pick(
            time=UTCDateTime(when),
            phase_hint=phase,
            waveform_id=WaveformStreamID("XX", "A", "", "HHZ"),
            evaluation_mode="manual",
        )
        for phase, when in picks
    ]
    return event


def write_catalogue(path, *events):
    from obspy.core.event import Catalog

    Catalog(list(events)).write(str(path), format="QUAKEML")
    return path


def write_stations(path):
    from obspy import UTCDateTime
    from obspy.core.inventory import Inventory, Network, Station

    epochs = [
        Station("A", 10.0, 7.0, 0.0, end_date=UTCDateTime(2000, 1, 1)),
        Station("A", 47.0, 7.0, 300.0, start_date=UTCDateTime(2000, 1, 1)),
    ]
    Inventory([Network("XX", epochs)]).write(str(path), format="STATIONXML")
    return path


def test_event_types_become_labels(tmp_path):
    kinds = [
        "earthquake",
        "quarry blast",
        "mining explosion",
        "explosion",
        "sonic boom",
    ]
    events = [make_event(f"e{at}", kind) for at, kind in enumerate(kinds)]
    file = write_catalogue(tmp_path / "events.xml", *events, make_event("e9", None))
    table = read_quakeml(file).events
    labels = ["earthquake", *["explosion"] * 3]
    assert table["event_type"].tolist()[:4] == labels
    assert table["event_type"].isna().tolist()[4:] == [True, True]
    assert table["quakeml_type"].tolist()[:5] == kinds
    names = [f"quakeml:test.org/event/e{number}" for number in (0, 1, 2, 3, 4, 9)]
    assert table["event_id"].tolist() == names
    assert table["magnitude"].eq(0).all()
    assert table["depth_km"].eq(5).all()
    mine = {**EVENT_TYPES, "sonic boom": "sonic", "quarry blast": "blast"}
    table = read_quakeml(file.read_bytes(), event_types=mine).events
    assert table["event_type"].tolist()[:5] == [
        "earthquake",
        "blast",
        "explosion",
        "explosion",
        "sonic",
    ]


def test_every_type_of_the_table_is_one_of_quakeml():
    from obspy.core.event.header import EventType

    assert set(EVENT_TYPES) <= set(EventType.keys())


def test_picks_and_places_reach_the_records(tmp_path):
    from obspy import Trace, UTCDateTime

    picks = [("Pn", "2024-01-01T00:00:25"), ("S", "2024-01-01T00:00:30.5")]
    file = write_catalogue(
        tmp_path / "events.xml", make_event("e1", "quarry blast", picks=picks)
    )
    stations = write_stations(tmp_path / "stations.xml")
    header = {"network": "XX", "station": "A", "channel": "HHZ", "sampling_rate": 100}
    header["starttime"] = UTCDateTime(2024, 1, 1)
    trace = Trace(np.random.default_rng(0).standard_normal(6000), header)
    reader = WaveformReader(components="Z", window=(-5, 20), align="P")
    bunch = reader.read(trace, events=file, inventory=stations)
    assert bunch.target.tolist() == ["explosion"]
    assert bunch.groups.tolist() == ["quakeml:test.org/event/e1"]
    (row,) = bunch.frame.to_dict("records")
    assert row["p_arrival"] == 5
    assert row["s_arrival"] == 10.5
    assert_allclose(row["distance_km"], 111.2, atol=0.1)
    assert_allclose([row["azimuth"], row["back_azimuth"]], [0, 180], atol=1e-6)


def test_phases_come_from_arrivals_where_picks_have_none(tmp_path):
    from obspy.core.event import Arrival

    event = make_event("e1", "earthquake", picks=[(None, "2024-01-01T00:00:25")])
    pick = event.picks[0].resource_id
    event.origins[0].arrivals = [Arrival(pick_id=pick, phase="Pg")]
    picks = read_quakeml(write_catalogue(tmp_path / "e.xml", event)).picks
    assert picks[["station", "phase", "evaluation_mode"]].to_numpy().tolist() == [
        ["XX.A", "Pg", "manual"]
    ]


def test_ids_stay_whole(tmp_path):
    first, second = make_event("1", "earthquake"), make_event("1", "explosion")
    second.resource_id = "quakeml:other.org/event/1"
    file = write_catalogue(tmp_path / "e.xml", first, second)
    names = ["quakeml:test.org/event/1", "quakeml:other.org/event/1"]
    assert read_quakeml(file).events["event_id"].tolist() == names
    file = write_catalogue(tmp_path / "e.xml", first)
    assert read_quakeml(file).events["event_id"].tolist() == names[:1]


def test_events_without_id_have_the_same_name_at_every_reading(tmp_path):
    from obspy.core.event import Catalog

    file = write_catalogue(tmp_path / "e.xml", make_event("1", "earthquake"))
    text = file.read_text()
    file.write_text(text.replace(' publicID="quakeml:test.org/event/1"', ""))
    expected = "smi:local/20240101T000020.000000_46.0000_7.0000"
    assert read_quakeml(file).events["event_id"].tolist() == [expected]
    file = tmp_path / "e.zmap"
    event = make_event("1", "earthquake")
    Catalog([event, event]).write(str(file), format="ZMAP")
    names = read_quakeml(file).events["event_id"].tolist()
    assert names[0].startswith("smi:local/20240101T00002")
    assert names[1] == f"{names[0]}/2"
    assert read_quakeml(file).events["event_id"].tolist() == names


@pytest.mark.parametrize("kind", ["SCML", "NORDIC", "ZMAP", "QUAKEML"])
def test_catalogues_of_other_formats_are_read(tmp_path, kind):
    from obspy.core.event import Catalog

    event = make_event("e1", "earthquake", picks=[("P", "2024-01-01T00:00:25")])
    event.preferred_origin_id = event.origins[0].resource_id
    event.origins[0].latitude = 46.5
    event.magnitudes[0].magnitude_type = "ML"
    file = tmp_path / "catalogue"
    Catalog([event]).write(str(file), format=kind)
    for source in (file, file.read_bytes()):
        table = read_quakeml(source).events
        assert_allclose(table["latitude"], 46.5, atol=1e-3)
        assert table["origin_time"].dt.round("min").tolist() == [
            pd.Timestamp("2024-01-01", tz="UTC")
        ]


def test_the_preferred_origin_counts(tmp_path):
    from obspy.core.event import Origin

    event = make_event("e1", "earthquake")
    event.origins.append(Origin(time=event.origins[0].time + 1, latitude=47.0))
    event.preferred_origin_id = event.origins[1].resource_id
    file = write_catalogue(tmp_path / "e.xml", event)
    assert read_quakeml(file).events["latitude"].tolist() == [47.0]


def test_stations_have_epochs(tmp_path):
    table = read_stationxml(write_stations(tmp_path / "s.xml")).stations
    assert table["latitude"].tolist() == [10.0, 47.0]
    assert table["end_time"].isna().tolist() == [False, True]


def test_paths_are_nan_where_a_place_is_not_known():
    records = pd.DataFrame({"event_id": ["a", "b"], "station": ["XX.A", "XX.B"]})
    events = pd.DataFrame({"event_id": ["a"], "latitude": [1.0], "longitude": [2.0]})
    stations = pd.DataFrame({"station": ["XX.B"], "latitude": [1], "longitude": [2]})
    assert source_paths(records, events, stations).isna().all(axis=None)


LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">'
    for n in range(10)
)
HOSTILE = {
    "laughs": f"<!DOCTYPE q [{LAUGHS}]><quakeml>&l9;</quakeml>",
    "file": '<!DOCTYPE q [<!ENTITY f SYSTEM "file:///etc/passwd">]><quakeml>&f;</quakeml>',
    "wide": f'<!DOCTYPE q [<!ENTITY a "{"a" * 100_000}">]>'
    f"<quakeml>{'&a;' * 10_000}</quakeml>",
    "remote": '<!DOCTYPE q SYSTEM "http://127.0.0.1:9/q.dtd"><quakeml/>',
    "deep": "<quakeml>" + "<a>" * 100_000,
    "open": "<quakeml><eventParameters>",
    "other": "<html><body>502 Bad Gateway</body></html>",
    "empty": "",
    "binary": "\0\1\2\3" * 100,
}


@pytest.mark.parametrize("read", [read_quakeml, read_stationxml])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_give_errors_that_name_them(tmp_path, read, name):
    file = tmp_path / f"{name}.xml"
    for encoding in ("utf-8", "utf-16"):
        file.write_text(HOSTILE[name], encoding=encoding)
        with pytest.raises(ValueError, match=f"{name}.xml"):
            read(file)


IMPOSSIBLE = {
    "latitude": (">46.0<", ">460.0<", "it has the latitude 460"),
    "longitude": (">7.0<", ">700.0<", "it has the longitude 700"),
    "no number": (">7.0<", ">nan<", "not a finite"),
    "year": ("2024-01-01", "9024-01-01", "it has the time 9024"),
    "type": (">quarry blast<", ">big bang<", "Event type 'big bang'"),
    "twice": ("event/e1", "event/e2", "it has the id of another event"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_an_impossible_event_is_left_out_alone(tmp_path, name):
    good, bad, reason = IMPOSSIBLE[name]
    events = make_event("e1", "quarry blast"), make_event("e2", "earthquake")
    file = write_catalogue(tmp_path / "far.xml", *events)
    before, _, after = file.read_text().partition("<event ")
    file.write_text(before + "<event " + after.replace(good, bad, 1))
    with pytest.warns(ReadingWarning, match=rf"far\.xml: event \S*e[12] .*{reason}"):
        bunch = read_quakeml(file)
    assert bunch.events["event_id"].tolist() == ["quakeml:test.org/event/e2"]
    (row,) = bunch.rejected.to_dict("records")
    assert row["event_id"].endswith("e2" if name == "twice" else "e1")
    assert reason in row["reason"]


@pytest.mark.parametrize("year", [2261, 2500, 2599, 2999])
def test_epochs_that_end_far_away_are_open(tmp_path, year):
    from obspy import UTCDateTime
    from obspy.core.inventory import Inventory, Network, Station

    end = UTCDateTime(year, 12, 31, 23, 59, 59)
    station = Station("A", 46, 7, 0, end_date=end)
    Inventory([Network("XX", [station])]).write(str(tmp_path / "s"), "STATIONXML")
    table = read_stationxml(tmp_path / "s").stations
    assert table["end_time"].isna().tolist() == [year > 2262]


def test_a_table_in_a_file_raises(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("event_id,event_type\n1,blast\n")
    with pytest.raises(ValueError, match=r"events must be a DataFrame.*labels\.csv"):
        WaveformReader().read([], events=path)
    with pytest.raises(ValueError, match=r"events must be a DataFrame.*not list"):
        WaveformReader().read([], events=["1"])


def test_missing_files_are_named(tmp_path):
    for read in (read_quakeml, read_stationxml):
        with pytest.raises(FileNotFoundError, match=r"nowhere\.xml"):
            read(tmp_path / "nowhere.xml")

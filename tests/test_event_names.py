"""Full resource ids are the keys of events; short names are for people."""

import pandas as pd
import pytest
from archive_worker import make_stream

from skseisfp.archive import SeismicArchive
from skseisfp.io import WaveformReader, read_quakeml
from skseisfp.io.event_names import by_short_name, known_event, short_event_name
from skseisfp.io.reading_notes import ReadingWarning

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
AGENCIES = ("smi:A/event/123", "smi:B/event/123")


def make_catalogue(*names, seconds=0.0):
    """A catalogue of an earthquake and blasts, a day after each other."""
    from obspy import UTCDateTime
    from obspy.core.event import Catalog, Event, Origin

    start = UTCDateTime(2024, 1, 1) + seconds
    return Catalog(
        [
            Event(
                resource_id=name,
                event_type="earthquake" if number == 0 else "quarry blast",
                origins=[Origin(time=start + 86400 * number, latitude=46, longitude=7)],
            )
            for number, name in enumerate(names)
        ]
    )


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("quakeml:us.anss.org/event/uw123", "uw123"),
        ("smi:www.iris.edu/ws/event/query?eventId=3279407", "3279407"),
        ("quakeml:usgs/query?eventid=ci37&amp;format=quakeml", "ci37"),
        ("e1", "e1"),
    ],
)
def test_short_names_are_the_ends(name, short):
    assert short_event_name(name) == short


def test_a_name_is_that_of_the_only_event():
    known = by_short_name([*AGENCIES, "smi:A/event/7", "plain"])
    for name in (*AGENCIES, "smi:A/event/7", "plain", "unknown", "smi:C/event/7"):
        assert known_event(name, known) == name
    assert known_event("7", known) == "smi:A/event/7"
    assert known_event(None, known) is None
    with pytest.raises(ValueError, match="123 may be any of smi:A/event/123, smi:B"):
        known_event("123", known)


@pytest.fixture
def archive(tmp_path):
    return SeismicArchive(tmp_path / "archive")


@pytest.mark.parametrize("together", [True, False])
def test_events_of_two_agencies_stay_two(archive, together):
    catalogue = make_catalogue(*AGENCIES)
    for part in [catalogue] if together else [catalogue[:1], catalogue[1:]]:
        archive.add_events(part)
    table = archive.events().set_index("event_id")["event_type"]
    assert table.to_dict() == {AGENCIES[0]: "earthquake", AGENCIES[1]: "explosion"}


def test_a_document_does_not_rename_known_events(archive):
    archive.add_events(make_catalogue(AGENCIES[0]))
    archive.add(make_stream(0), AGENCIES[0])
    archive.add_events(make_catalogue(*AGENCIES))
    assert archive.query()["event_id"].tolist() == [AGENCIES[0]]
    assert archive.events()["event_id"].tolist() == list(AGENCIES)


def test_events_are_located_again_and_not_overwritten_by_others(archive):
    archive.add_events(make_catalogue("smi:local/event/1"))
    archive.add_events(make_catalogue("smi:local/event/1", seconds=2.0))
    again = make_catalogue("smi:local/event/1", "smi:local/event/2", seconds=40_000.0)
    with pytest.warns(ReadingWarning, match="event/1 is not the stored one of this id"):
        archive.add_events(again)
    table = archive.events().set_index("event_id")["origin_time"]
    assert table["smi:local/event/1"] == pd.Timestamp("2024-01-01T00:00:02", tz="UTC")
    assert list(table.index) == ["smi:local/event/1", "smi:local/event/2"]
    with pytest.raises(ValueError, match="differ by 39998 s; give it an id"):
        archive.add(make_stream(0), again[0])
    assert archive.query().empty


def test_folders_name_the_ends_of_ids(archive, tmp_path):
    for name in ("7", "123"):
        (tmp_path / "in" / name).mkdir(parents=True)
        file = tmp_path / "in" / name / "a.mseed"
        make_stream(int(name)).write(str(file), format="MSEED")
    catalogue = make_catalogue("smi:A/event/7")
    bunch = WaveformReader().read(tmp_path / "in/7", groups="folder", events=catalogue)
    assert bunch.groups.tolist() == ["smi:A/event/7"]
    assert bunch.target.tolist() == ["earthquake"]
    catalogue = make_catalogue("smi:A/event/7", *AGENCIES)
    report = archive.import_folder(tmp_path / "in", groups="folder", events=catalogue)
    assert archive.query()["event_id"].tolist() == ["smi:A/event/7"]
    (reason,) = report.loc[~report["stored"], "reason"]
    assert reason.startswith("its event 123 may be any of smi:A/event/123")
    with pytest.raises(ValueError, match="may be any of"):
        WaveformReader().read(tmp_path / "in", groups="folder", events=catalogue)


def test_picks_keep_what_is_said_of_them(archive):
    catalogue = read_quakeml(make_catalogue("smi:A/event/7"))
    picks = pd.DataFrame(
        {
            "event_id": "smi:A/event/7",
            "station": "XX.A",
            "phase": "P",
            "time": pd.Timestamp("2024-01-01T00:00:05", tz="UTC"),
            "evaluation_mode": "automatic",
            "evaluation_status": "",
            "associated": [False],
        }
    )
    archive.add_events(catalogue.events, picks)
    changed = picks.assign(evaluation_status="rejected", associated=True)
    archive.add_events(catalogue.events, changed)
    (row,) = archive.picks().to_dict("records")
    assert (row["evaluation_status"], row["associated"]) == ("rejected", True)


def test_archives_without_these_columns_get_them(tmp_path):
    from sqlalchemy import create_engine

    from skseisfp.archive._database import metadata

    SeismicArchive(tmp_path / "old")
    engine = create_engine(f"sqlite:///{tmp_path / 'old' / 'archive.sqlite'}")
    with engine.begin() as connection:
        for column in ("evaluation_status", "associated"):
            connection.exec_driver_sql(f"ALTER TABLE picks DROP COLUMN {column}")
    engine.dispose()
    archive = SeismicArchive(tmp_path / "old")
    assert set(metadata.tables["picks"].columns.keys()) - {"time_ns"} < {
        *archive.picks().columns
    }

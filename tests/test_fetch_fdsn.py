"""A data centre on this machine serves real recordings, faults included."""

import os
import tarfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream
from fdsn_centre import Centre, dataselect_server
from numpy.testing import assert_array_equal

from skseisfp.archive import SeismicArchive, fetch_fdsn
from skseisfp.archive.fetch_fdsn import _store
from skseisfp.io import WaveformReader

pytestmark = [
    pytest.mark.filterwarnings(
        # obspy still lists its plug-ins through an interface that Python deprecates
        "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
    ),
    pytest.mark.filterwarnings(
        # obspy leaves the connection of an answer that breaks off to the collector
        "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.skipif(
        "SKSEISFP_DATA" not in os.environ,
        reason="SKSEISFP_DATA names no real records",
    ),
]
FEW = 25  # files of pnw that the fast tests use


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Recordings of pnw and france as miniSEED."""
    path = tmp_path_factory.mktemp("centre")
    with tarfile.open(Path(os.environ["SKSEISFP_DATA"]) / "pnw/mseed.tar") as archive:
        archive.extractall(path / "pnw", filter="data")
    return path


def pnw_files(folder):
    return sorted((folder / "pnw").glob("*.mseed"))


def france_files():
    return sorted((Path(os.environ["SKSEISFP_DATA"]) / "france").rglob("*.mseed"))


def pnw_events(files):
    """Events of pnw with the place that all of them share here."""
    table = pd.read_csv(Path(os.environ["SKSEISFP_DATA"]) / "pnw/metadata.csv")
    names = {file.name.partition("_")[0] for file in files}
    kinds = {"earthquake": "earthquake", "explosion": "quarry blast"}
    for row in table.drop_duplicates("event_id").itertuples():
        if row.event_id in names:
            place = 46.0, -121.0
            yield row.event_id, kinds[row.event_type], row.origin_time_utc, place


def france_events():
    """Events of france; the name of a folder is year, day and time of its files."""
    from obspy import read

    folder = Path(os.environ["SKSEISFP_DATA"]) / "france"
    labels = pd.read_csv(folder / "labels.csv", dtype=str)
    for name, label in labels.itertuples(index=False):
        files = sorted((folder / "mseed" / name).glob("*.mseed"))
        start = read(str(files[0]), format="MSEED", headonly=True)[0].stats.starttime
        kind = "earthquake" if label == "0" else "mining explosion"
        yield name, kind, start + 10, (46.5, 2.5)


def make_catalog(events):
    from obspy import UTCDateTime
    from obspy.core.event import Catalog, Event, Origin

    catalog = Catalog()
    for name, kind, time_, (latitude, longitude) in events:
        origin = Origin(time=UTCDateTime(time_), latitude=latitude, longitude=longitude)
        event = Event(resource_id=f"smi:test/{name}", event_type=kind)
        event.origins = [origin]
        catalog.append(event)
    return catalog


def make_inventory(traces):
    """Stations 20 km from the events of their region."""
    from obspy.core.inventory import Channel, Inventory, Network, Station

    codes = {}
    for trace in traces:
        stats = trace.stats
        station = codes.setdefault((stats.network, stats.station), set())
        station.add((stats.location, stats.channel))
    networks = {}
    for (network, name), channels in sorted(codes.items()):
        place = (46.68, 2.5) if network == "FR" else (46.18, -121.0)
        parts = [Channel(code, at, *place, 0, 0) for at, code in sorted(channels)]
        station = Station(name, *place, 0, channels=parts)
        networks.setdefault(network, []).append(station)
    return Inventory([Network(code, parts) for code, parts in networks.items()])


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    files = pnw_files(folder)[:FEW] + france_files()
    place = tmp_path_factory.mktemp("server")
    events = [*pnw_events(files), *france_events()]
    with dataselect_server(place, files) as (url, traces):
        yield url, make_catalog(events), make_inventory(traces)


@pytest.fixture
def centre(server):
    with Centre(*server) as centre:
        yield centre


@pytest.fixture
def archive(tmp_path):
    return SeismicArchive(tmp_path / "archive")


def client(centre, timeout=20.0):
    from obspy.clients.fdsn import Client

    return Client(centre.url, timeout=timeout)


def fetch_france(centre, archive, **options):
    settings = {
        "starttime": "2022-01-01",
        "endtime": "2022-01-31",
        "window": (-5.0, 40.0),
        "max_distance_km": 50.0,
        "bulk_size": 500,
        "attempts": 3,
        "pause": 0.01,
        **options,
    }
    who = settings.pop("client", None) or client(centre)
    return fetch_fdsn(who, archive, **settings)


def test_recordings_come_into_the_archive(centre, archive):
    report = fetch_france(centre, archive, client=centre.url)
    assert set(report["outcome"]) == {"data", "no data"}
    assert (report["outcome"] == "data").sum() == 3 * 78
    table = archive.query(paths=True)
    assert len(table) == 78
    assert table["event_id"].nunique() == 9
    assert Counter(archive.events()["event_type"]) == {"earthquake": 3, "explosion": 6}
    assert table["distance_km"].round().eq(20).all()
    assert centre.asked[:2] == ["event", "station"]
    assert len(centre.asked) == 2 + 9
    assert archive.verify().empty
    reader = WaveformReader(
        components="Z12", sampling_rate=100.0, window=(0.0, 30.0), align="origin"
    )
    fetched = archive.to_bunch(reader)
    direct = reader.read(france_files(), groups="folder", events=archive.events())
    order = np.argsort(fetched.groups + fetched.stations)
    wanted = np.argsort(direct.groups + direct.stations)
    assert len(order) == len(wanted) > 50
    difference = fetched.data[order] - direct.data[wanted]
    assert np.abs(difference).max() <= 1e-3 * np.abs(direct.data).max()


def test_what_was_answered_is_not_asked_again(centre, archive):
    first = fetch_france(centre, archive)
    centre.asked.clear()
    again = fetch_france(centre, archive)
    assert centre.asked == ["event", "station"]
    assert set(again["outcome"]) == {"asked before"}
    assert len(again) == len(first)
    assert len(archive.query()) == 78


def test_events_are_chosen_by_class_and_stations_by_distance(centre, archive):
    report = fetch_france(centre, archive, classes=["earthquake"])
    assert archive.events()["event_type"].tolist() == ["earthquake"] * 3
    assert report["event_id"].nunique() == 3
    near = SeismicArchive(archive.folder.parent / "near")
    assert fetch_france(centre, near, max_distance_km=5.0).empty
    assert len(near.events()) == 9
    assert near.query().empty
    nothing = fetch_france(centre, near, starttime="2021-01-01", endtime="2021-02-01")
    assert nothing.empty


def test_bulk_requests_are_split(centre, archive):
    fetch_france(centre, archive, bulk_size=10, classes=["earthquake"])
    sizes = [len(asked.splitlines()) for asked in centre.asked[2:]]
    assert max(sizes) == 9
    assert archive.query()["channels"].str.count(" ").eq(2).all()
    vertical = SeismicArchive(archive.folder.parent / "vertical")
    fetch_france(centre, vertical, channels="HHZ", classes=["earthquake"])
    assert vertical.query()["channels"].eq("HHZ").all()
    assert len(vertical.query()) == len(archive.query())


SMALL = {"classes": ["earthquake"], "channels": "HHZ"}


def too_slow(handler, true):
    time.sleep(1.5)
    handler.answer(*true)


def says_too_slow_within(handler, true):
    code, body = true
    handler.send_response(code)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:5000])
    handler.wfile.flush()
    time.sleep(1.5)


def truncated(handler, true):
    handler.answer(true[0], true[1][: len(true[1]) - 300])


def lost(handler, true):
    handler.answer(true[0], true[1][:3000], length=len(true[1]))
    handler.connection.close()


def hung_up(handler, true):
    handler.connection.close()


def gateway_page(handler, true):
    handler.answer(200, b"<html><body>502 Bad Gateway</body></html>" * 10)


def flipped(handler, true):
    body = bytearray(true[1])
    body[600:640] = bytes(40)
    handler.answer(true[0], bytes(body))


def status(code):
    return lambda handler, true: handler.answer(code, b"sorry")


PASSING = {
    "time-out": too_slow,
    "time-out within": says_too_slow_within,
    "truncated": truncated,
    "lost": lost,
    "hung up": hung_up,
    "gateway page": gateway_page,
    "flipped": flipped,
    **{f"status {code}": status(code) for code in (429, 500, 503)},
}


@pytest.mark.parametrize("name", PASSING)
def test_faults_that_pass_are_survived(centre, archive, name):
    options = {**SMALL, "client": client(centre, timeout=1.0)}
    centre.faults = [PASSING[name]] * 2
    report = fetch_france(centre, archive, **options)
    assert set(report["outcome"]) == {"data", "no data"}
    assert len(centre.asked) == 2 + 3 + 2
    clean = SeismicArchive(archive.folder.parent / "clean")
    fetch_france(centre, clean, **options)
    assert_array_equal(archive.query()["digest"], clean.query()["digest"])


@pytest.mark.parametrize("name", ["time-out", "truncated", "hung up", "status 503"])
def test_faults_that_stay_are_reported_and_repaired_later(centre, archive, name):
    options = {**SMALL, "client": client(centre, timeout=1.0)}
    centre.faults = [PASSING[name]] * 3
    report = fetch_france(centre, archive, **options)
    failed = report[report["outcome"] == "failed"]
    assert failed["event_id"].nunique() == 1
    assert failed["reason"].str.contains("failed 3 times, at last because").all()
    assert not set(failed["event_id"]) & set(archive.query()["event_id"])
    assert archive.verify().empty
    again = fetch_france(centre, archive, **options)
    assert set(again["outcome"]) == {"data", "no data", "asked before"}
    assert archive.query()["event_id"].nunique() == 3


@pytest.mark.parametrize("service", ["events", "stations"])
def test_documents_are_asked_for_again(centre, archive, service):
    true = getattr(centre, service)
    faults = [
        lambda code, body: (503, b"sorry"),
        lambda code, body: (code, body[: len(body) // 2]),
    ]

    def answer(query):
        return faults.pop()(*true(query)) if faults else true(query)

    setattr(centre, service, answer)
    report = fetch_france(centre, archive, **SMALL)
    assert set(report["outcome"]) == {"data", "no data"}
    assert centre.asked.count(service.removesuffix("s")) == 3


def test_no_data_are_an_answer(centre, archive):
    centre.faults = [status(204)] * 9
    report = fetch_france(centre, archive)
    assert set(report["outcome"]) == {"no data"}
    assert archive.query().empty


def test_too_large_requests_are_halved(centre, archive):
    centre.faults = [status(413)] * 2
    report = fetch_france(centre, archive, classes=["earthquake"])
    assert set(report["outcome"]) == {"data", "no data"}
    sizes = [len(asked.splitlines()) for asked in centre.asked[2:]]
    assert sizes[0] // 2 - 3 < sizes[1] <= sizes[0] // 2
    assert sizes[1] // 2 - 3 < sizes[2] <= sizes[1] // 2


def too_large_with(station):
    """A fault of requests that name a station."""

    def answer(handler, true):
        asked = handler.server.centre.asked[-1]
        handler.answer(*((413, b"sorry") if f" {station} " in asked else true))

    return answer


def test_a_channel_that_is_too_large_alone_does_not_stop_the_others(centre, archive):
    options = {**SMALL, "endtime": "2022-01-02"}
    whole = SeismicArchive(archive.folder.parent / "whole")
    expected = fetch_france(centre, whole, **options).sort_values("channel")
    channel = expected.loc[expected["outcome"] == "data", "channel"].iloc[0]
    centre.faults = [too_large_with(channel.split(".")[1])] * 99
    report = fetch_france(centre, archive, **options).sort_values("channel")
    failed = report["outcome"] == "failed"
    assert report.loc[failed, "channel"].tolist() == [channel]
    assert report.loc[failed, "reason"].str.len().gt(0).all()
    others = (expected["channel"] != channel).to_numpy()
    for name in ("channel", "outcome"):
        assert_array_equal(report[name][others], expected[name][others])
    centre.faults.clear()
    repaired = fetch_france(centre, archive, **options).set_index("channel")
    assert repaired.loc[channel, "outcome"] == "data"
    assert len(archive.query()) == len(whole.query())


def test_a_service_to_which_everything_is_too_large_is_left_alone(centre, archive):
    centre.faults = [status(413)] * 999
    report = fetch_france(centre, archive, bulk_size=1, **SMALL)
    assert report["outcome"].value_counts()["failed"] == 3
    assert set(report["outcome"]) == {"failed", "not asked"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": (40.0, -5.0)}, "window must be two increasing times in seconds"),
        ({"window": (0.0, np.nan)}, "window must be two increasing times in seconds"),
        ({"window": 40.0}, "window must be two increasing times in seconds"),
        ({"max_distance_km": -1.0}, "max_distance_km == -1.0, must be >= 0"),
        ({"max_distance_km": np.nan}, "max_distance_km must be a number; got nan"),
        ({"level": "station"}, "level must be one of 'channel', 'response'"),
        ({"bulk_size": 0}, "bulk_size == 0, must be >= 1"),
        ({"attempts": 0}, "attempts == 0, must be >= 1"),
        ({"pause": -1.0}, "pause == -1.0, must be >= 0"),
    ],
)
def test_parameters_are_checked_before_anything_is_asked(
    centre, archive, options, message
):
    with pytest.raises(ValueError, match=message):
        fetch_france(centre, archive, client=centre.url, **options)
    assert centre.asked == []


def test_recordings_of_another_event_are_rejected(archive):
    (trace, *_) = stream = make_stream(0)
    archive.add(stream, "e1")
    outcomes = _store(archive, stream, "e2")
    assert set(outcomes) == {part.id for part in stream}
    outcome, reason = outcomes[trace.id]
    assert outcome == "rejected"
    assert "is of the event e1 already" in reason


def test_progress_is_silent_outside_a_terminal(centre, archive, capsys):
    fetch_france(centre, archive, verbose=True, **SMALL)
    assert "".join(capsys.readouterr()) == ""


def test_rejected_requests_are_not_repeated(centre, archive):
    centre.faults = [status(403)]
    report = fetch_france(centre, archive, classes=["earthquake"])
    assert (report["outcome"] == "failed").any()
    assert len(centre.asked) == 2 + 3


def test_a_dead_service_is_left_alone(centre, archive):
    centre.faults = [status(503)] * 99
    report = fetch_france(centre, archive)
    assert set(report["outcome"]) == {"failed", "not asked"}
    assert len(centre.asked) == 2 + 3 * 3
    with pytest.raises(ValueError, match="gives no service"):
        fetch_france(centre, archive, client="http://127.0.0.1:9")


def test_hostile_documents_are_named(centre, archive):
    bomb = b'<!DOCTYPE q [<!ENTITY a "aaaa">]><quakeml>&a;</quakeml>'
    centre.events = lambda query: (200, bomb)
    with pytest.raises(ValueError, match="declares a document type"):
        fetch_france(centre, archive)
    del centre.events
    centre.stations = lambda query: (200, b"<html/>")
    with pytest.raises(ValueError, match="has the root element html"):
        fetch_france(centre, archive)
    assert archive.query().empty


@pytest.mark.slow
def test_all_of_pnw_and_france_come_over(folder, tmp_path, archive):
    files = pnw_files(folder)
    events = [*pnw_events(files), *france_events()]
    with dataselect_server(tmp_path, files + france_files()) as (url, traces):
        inventory = make_inventory(traces)
        with Centre(url, make_catalog(events), inventory) as centre:
            report = fetch_france(
                centre,
                archive,
                starttime="2000-01-01",
                endtime="2030-01-01",
                window=(-5.0, 40.0),
                channels="*",
                classes=["earthquake", "explosion"],
                bulk_size=500,
            )
    assert set(report["outcome"]) == {"data", "no data"}
    table = archive.query()
    assert len(table) >= 1207 + 78
    assert table["event_id"].nunique() == 237 + 9
    assert archive.verify().empty

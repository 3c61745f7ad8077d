"""obspy's clients of servers give the records of the files that these serve."""

import io

import pandas as pd
import pytest
from earthworm_server import WaveServer, whole_numbers
from fdsn_centre import Centre, wadl
from numpy.testing import assert_array_equal
from test_read_continuous import ORIGINS, catalogue, hour, p_picks, reader

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning",
    "ignore:pkg_resources is deprecated",
)
CHANNELS = {"A": ("HHZ", "HHN"), "B": ("HHZ",), "C": ("EHZ", "HHZ")}
EVENTS = catalogue(*ORIGINS, 99_000.0)  # the last one after all recordings


class StreamCentre(Centre):
    """A data centre whose recordings are an obspy Stream."""

    def __init__(self, stream, inventory):
        super().__init__(None, None, inventory)
        self.stream = stream

    def waveforms(self, path, body):
        """Return status and miniSEED of a request, as the FDSN specifies."""
        from obspy import Stream, UTCDateTime

        if path.endswith("application.wadl"):
            return 200, wadl("dataselect")
        found = Stream()
        for line in body.decode().splitlines():
            if "=" in line:
                continue
            network, station, location, channel, *times = line.split()
            part = self.stream.select(
                network, station, location.replace("--", ""), channel
            )
            found += part.slice(*map(UTCDateTime, times))
        if not found:
            return 204, b""
        content = io.BytesIO()
        found.write(content, format="MSEED")
        return 200, content.getvalue()


@pytest.fixture(scope="module")
def stream():
    """Three stations from half an hour before midnight on, one hour and a half."""
    from obspy import Stream

    traces = []
    for number, (station, channels) in enumerate(CHANNELS.items()):
        for place, channel in enumerate(channels):
            for start in (84600.0, 88200.0):
                trace = hour(station, start, 10 * number + place)
                trace.stats.channel = channel
                traces.append(whole_numbers(trace))
    traces[-1].data = traces[-1].data[:90_000]
    return Stream(traces)


@pytest.fixture
def files(stream, tmp_path):
    """The files of the recordings."""
    for number, trace in enumerate(stream):
        trace.write(str(tmp_path / f"{number}.mseed"), format="MSEED")
    return sorted(tmp_path.iterdir())


def inventory():
    from obspy.core.inventory import Inventory, Network, Station

    codes = [Station(code, 46.0, 7.0, 0.0) for code in "ABCD"]
    return Inventory([Network("XX", codes)])


def check_records(client, files, **tables):
    """Compare records by a client with those of files; return the former."""
    policy = reader(align="P" if "picks" in tables else "origin")
    expected = policy.read(files, events=EVENTS, **tables)
    found = policy.read(client, events=EVENTS, **tables)
    assert_array_equal(found.data, expected.data)
    assert found.data.any(axis=1).all()
    columns = ["record_id", "event_id", "station", "channels", "start_time"]
    assert found.frame[columns].equals(expected.frame[columns])
    return found


ALL = ["XX.A", "XX.B", "XX.C"] * 3
PICKS = p_picks("XX.C", e0=85003.0, e2=87004.0)


@pytest.fixture
def fdsn(stream):
    from obspy.clients.fdsn import Client

    with StreamCentre(stream, inventory()) as centre:
        yield Client(centre.url, timeout=30), centre


def test_an_fdsn_client_at_all_stations(fdsn, files):
    client, centre = fdsn
    bunch = check_records(client, files)
    assert bunch.stations.tolist() == ALL
    assert bunch.groups.tolist() == ["e0"] * 3 + ["e1"] * 3 + ["e2"] * 3
    assert len(centre.asked) == 4  # once for each event
    rejected = bunch.rejected.set_index("source")["reason"]
    assert "the client raised FDSNNoDataException" in rejected["client 0: e3"]


def test_an_fdsn_client_at_the_stations_of_a_document_or_of_picks(fdsn, files):
    client, centre = fdsn
    bunch = check_records(client, files, inventory=inventory())
    assert bunch.stations.tolist() == ALL
    assert "XX D * * 2024" in centre.asked[0]
    centre.asked.clear()
    bunch = check_records(client, files, picks=PICKS)
    assert bunch.stations.tolist() == ["XX.C"] * 2
    assert bunch.frame["p_arrival"].tolist() == [10.0, 10.0]
    assert all(" A " not in asked for asked in centre.asked)


def test_an_fdsn_client_without_data_of_a_station(fdsn):
    client, _ = fdsn
    picks = p_picks("XX.C", e0=85003.0)
    lost = p_picks("XX.ZZZ", e0=85003.0, e1=86392.0)
    policy = reader(align="P")
    bunch = policy.read(client, events=EVENTS, picks=pd.concat([picks, lost]))
    rejected = bunch.rejected.set_index("source")["reason"]
    for name in ("client 0: e0 XX.ZZZ", "client 0: e1 XX.ZZZ"):
        assert rejected[name] == "the client has no data of XX.ZZZ in the window"


@pytest.fixture
def earthworm(stream):
    from obspy.clients.earthworm import Client

    with WaveServer(stream) as server:
        yield Client("127.0.0.1", server.port, timeout=30), server


def test_an_earthworm_client_at_all_stations(earthworm, files, capsys):
    client, server = earthworm
    bunch = check_records(client, files)
    assert bunch.stations.tolist() == ALL
    assert [line for line in server.asked if line.startswith("MENU")] == [
        "MENU: get_menu SCNL"
    ]
    assert all("*" not in line and "?" not in line for line in server.asked)
    rejected = bunch.rejected.set_index("source")["reason"]
    assert rejected["client 0: e3 *.*"] == "the client has no data"
    assert capsys.readouterr().err == ""  # nothing that the server lacks was asked for


def test_an_earthworm_client_at_the_stations_of_a_document_or_of_picks(
    earthworm, files
):
    client, server = earthworm
    bunch = check_records(client, files, inventory=inventory())
    assert bunch.stations.tolist() == ALL
    server.asked.clear()
    bunch = check_records(client, files, picks=PICKS)
    assert bunch.stations.tolist() == ["XX.C"] * 2
    asked = {line.split()[2] for line in server.asked if line.startswith("GET")}
    assert asked == {"C"}


def test_an_earthworm_client_is_asked_for_the_channels_of_the_reader(earthworm):
    client, server = earthworm
    policy = reader(channels="EH?")
    bunch = policy.read(client, events=EVENTS)
    assert bunch.stations.tolist() == ["XX.C"] * 3
    asked = {line.split()[3] for line in server.asked if line.startswith("GET")}
    assert asked == {"EHZ"}


@pytest.mark.filterwarnings(
    # obspy leaves the sockets of connections that fail to the collector
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
def test_a_server_that_is_gone_is_named(stream):
    from obspy.clients.earthworm import Client

    with WaveServer(stream) as server:
        client = Client("127.0.0.1", server.port, timeout=30)
    with pytest.raises(ValueError, match="4 x the client raised ConnectionRefusedErr"):
        reader().read(client, events=EVENTS)

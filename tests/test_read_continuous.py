"""Windows of events from clients and long files, each of which is read once."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from test_waveform_reader import events, make_trace, reason, signal

from skseisfp.io import WaveformReader, _record_inputs

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning",
    "ignore:pkg_resources is deprecated",
)
DAY = pd.Timestamp("2024-01-01", tz="UTC")


def catalogue(*seconds):
    return pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(len(seconds))],
            "origin_time": [DAY + pd.Timedelta(s, "s") for s in seconds],
        }
    )


def p_picks(station="XX.A", **seconds):
    times = [DAY + pd.Timedelta(s, "s") for s in seconds.values()]
    table = pd.DataFrame({"event_id": list(seconds), "time": times})
    return table.assign(station=station, phase="P")


def hour(station="A", start=0.0, seed=0):
    return make_trace(signal(3600.0, 100.0, seed), station=station, start=start)


@pytest.fixture(name="tree")
def make_tree(tmp_path):
    """An SDS tree of two stations, from half an hour before midnight on."""
    for station, seed in (("A", 0), ("B", 2)):
        before, after = hour(station, 84600.0, seed), hour(station, 86400.0, seed + 1)
        before.data = before.data[:180000]
        for trace in (before, after):
            start = trace.stats.starttime
            place = tmp_path / f"{start.year}/XX/{station}/HHZ.D"
            place.mkdir(parents=True, exist_ok=True)
            name = f"{trace.id}.D.{start.year}.{start.julday:03d}"
            trace.write(str(place / name), format="MSEED")
    return tmp_path


ORIGINS = (85000.0, 86390.0, 87000.0)


def reader(**options):
    return WaveformReader(
        **{"components": "Z", "window": (-10.0, 50.0), "align": "origin"} | options
    )


class WithoutBulk:
    """A client of one method that fails for some stations, and keeps all requests."""

    def __init__(self, client, broken=()):
        self.client, self.broken, self.asked = client, broken, []

    def get_waveforms(self, network, station, location, channel, start, end):
        self.asked.append((network, station, location, channel))
        if station in self.broken:
            raise OSError("the line\nis down")
        return self.client.get_waveforms(
            network, station, location, channel, start, end
        )


@pytest.fixture(name="client")
def make_client(tree):
    from obspy.clients.filesystem.sds import Client

    return Client(str(tree))


def files_of(tree):
    return sorted(file for file in tree.rglob("*.D.*") if file.is_file())


def test_a_client_gives_the_windows_of_the_files(client, tree):
    table = catalogue(*ORIGINS)
    by_client = reader().read(client, events=table)
    assert by_client.groups.tolist() == ["e0", "e0", "e1", "e1", "e2", "e2"]
    assert by_client.stations.tolist() == ["XX.A", "XX.B"] * 3
    assert by_client.frame["source"].iloc[0] == "client 0: e0"
    by_files = reader().read(files_of(tree), events=table)
    assert_array_equal(by_client.data, by_files.data)
    assert by_files.frame["start_time"].tolist() == [
        time for s in ORIGINS for time in [DAY + pd.Timedelta(s - 10, "s")] * 2
    ]
    whole = [hour("A", 84600.0).data[:180000], hour("A", 86400.0, 1).data]
    wanted = np.concatenate(whole)[(86380 - 84600) * 100 :][:6000].astype(float)
    assert_array_equal(by_files.data[2], np.float32(wanted - wanted.mean()))


def test_a_client_without_bulk_requests_is_asked_station_by_station(client):
    from obspy.core.inventory import Inventory, Network, Station

    alone = WithoutBulk(client, broken="B")
    codes = [Station(code, 46.0, 7.0, 0.0) for code in "ABC"]
    bunch = reader(channels="HH?,BH?").read(
        alone,
        events=catalogue(*ORIGINS),
        inventory=Inventory([Network("XX", codes)]),
    )
    assert bunch.groups.tolist() == ["e0", "e1", "e2"]
    assert ("XX", "C", "*", "BH?") in alone.asked
    rejected = bunch.rejected.set_index("source")["reason"]
    assert (
        rejected["client 0: e1 XX.B"] == "the client raised OSError: the line is down"
    )
    no_data = "the client has no data of XX.C in the window"
    assert rejected["client 0: e1 XX.C"] == no_data


def test_a_client_is_asked_at_the_stations_of_picks(client):
    alone = WithoutBulk(client)
    bunch = reader(align="P").read(
        alone, events=catalogue(*ORIGINS), picks=p_picks("XX.B", e1=86400.0)
    )
    assert alone.asked == [("XX", "B", "*", "*")]
    assert bunch.frame["p_arrival"].tolist() == [10.0]
    assert bunch.rejected["reason"].tolist() == ["it has no P pick"] * 2


@pytest.mark.parametrize("bulk", [True, False])
def test_every_window_that_a_client_lacks_is_listed(client, bulk):
    client = client if bulk else WithoutBulk(client)
    picks = pd.concat(
        [
            p_picks("XX.A", e0=85001.0, e2=99000.0),
            p_picks("XX.ZZZ", e0=85002.0, e1=86391.0),
            p_picks("ZZZ", e2=87001.0),
        ]
    )
    bunch = reader(align="P").read(client, events=catalogue(*ORIGINS), picks=picks)
    assert bunch.groups.tolist() == ["e0"]
    rejected = bunch.rejected.sort_values("source")
    assert rejected[["source", "event_id", "reason"]].to_numpy().tolist() == [
        [
            f"client 0: {event_id} {station}",
            event_id,
            f"the client has no data of {station} in the window",
        ]
        for event_id, station in (
            ("e0", "XX.ZZZ"),
            ("e1", "XX.ZZZ"),
            ("e2", "XX.A"),
            ("e2", "ZZZ"),
        )
    ]


def test_stations_without_p_are_listed_where_a_client_is_asked_for_others(client):
    from obspy.core.inventory import Inventory, Network, Station

    codes = [Station(code, 46.0, 7.0, 0.0) for code in "BC"]
    picks = p_picks("XX.A", e0=85001.0), p_picks("XX.D", e0=85003.0).assign(phase="S")
    bunch = reader(align="P").read(
        client,
        events=catalogue(*ORIGINS),
        picks=pd.concat(picks),
        inventory=Inventory([Network("XX", codes)]),
    )
    rejected = bunch.rejected[["source", "event_id"]].to_numpy().tolist()
    stations = [[f"client: e0 XX.{code}", "e0"] for code in "BCD"]
    assert rejected == [["client", "e1"], ["client", "e2"], *stations]
    assert (bunch.rejected["reason"] == "it has no P pick").all()


def test_reasons_say_why_a_pick_does_not_count():
    trace = make_trace(signal())
    policy, table = reader(align="P", window=(-5.0, 20.0)), catalogue(10.0)
    other = p_picks("YY.A", e0=12.0)
    assert "pick; that at A is of the network YY" in reason(
        policy, trace, events=table, picks=other
    )
    strange = p_picks(e0=12.0).assign(phase="first")
    assert "pick; no phase is known by the name 'first'" in reason(
        policy, trace, events=table, picks=strange
    )
    only_s = p_picks(e0=12.0).assign(phase="S")
    why = reason(policy, trace, events=table, picks=only_s)
    assert "it has no P pick" in why
    assert "it has no P pick;" not in why
    with pytest.raises(ValueError, match="align='P' needs events= or picks="):
        policy.read(trace)


def test_a_client_needs_events_and_a_reference(client):
    table = catalogue(*ORIGINS)
    for policy, options in (
        (reader(), {}),
        (reader(align="start"), {"events": table}),
    ):
        with pytest.raises(ValueError, match="A client needs events, and a reader wi"):
            policy.read(client, **options)
    with pytest.raises(ValueError, match="groups must be None for a client"):
        reader().read(client, events=table, groups=["e0"])


@pytest.mark.parametrize("large", [1, 1 << 40])
def test_each_file_is_read_once(tree, monkeypatch, large):
    opened = []

    def count(read):
        def counted(file, **options):
            opened.append((file, options.get("headonly", False)))
            return read(file, **options)

        return counted

    monkeypatch.setattr(_record_inputs, "LARGE", large)
    monkeypatch.setattr(
        _record_inputs, "read_waveforms", count(_record_inputs.read_waveforms)
    )
    policy = reader(sampling_rate=40.0)
    bunch = policy.read(files_of(tree), events=catalogue(*ORIGINS))
    assert opened == [(file, large == 1) for file in files_of(tree)]
    from obspy import read

    for row, station in enumerate("AB"):
        traces = [
            read(str(file))[0] for file in files_of(tree) if f"/{station}/" in str(file)
        ]
        alone = policy.read_stream(traces, origin_time=DAY + pd.Timedelta(87000, "s"))
        assert_array_equal(bunch.data[4 + row], alone)


def flip_differences(content):
    """Change one difference of samples in each part of 512 bytes."""
    content[291::512] = [value ^ 1 for value in content[291::512]]


def empty_words(content):
    for start in range(400, len(content), 512):
        content[start : start + 4] = bytes(4)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [(flip_differences, "is damaged: "), (empty_words, "cannot be read: ")],
)
def test_damage_of_a_large_file_is_named(tree, monkeypatch, damage, reason):
    monkeypatch.setattr(_record_inputs, "LARGE", 1)
    files = sorted(tree.rglob("*.2024.002"))
    content = bytearray(files[0].read_bytes())
    damage(content)
    files[0].write_bytes(content)
    bunch = reader().read(files, events=catalogue(87000.0))
    assert bunch.stations.tolist() == ["XX.B"]
    (lost,) = bunch.rejected.to_dict("records")
    assert lost["source"] == str(files[0])
    assert lost["reason"].startswith(f"{files[0]} {reason}")


def test_only_the_windows_are_kept_in_memory(tree):
    table = catalogue(*ORIGINS)
    traces = [hour("A", 3600.0 * number, number) for number in range(24)]
    reader().read(traces[:1], events=catalogue(1800.0))
    long = [make_trace(np.tile(traces[0].data, 24))]
    tracemalloc.start()
    reader().read(long, events=catalogue(1800.0, 50000.0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < long[0].data.nbytes / 4
    assert len(table) == 3


def test_a_record_that_starts_after_the_origin_and_holds_p_is_taken():
    late = make_trace(signal(120.0), start=20.0)
    policy = reader(align="P", window=(-5.0, 40.0))
    bunch = policy.read(late, events=catalogue(0.0), picks=p_picks(e0=30.0))
    assert bunch.frame["start_time"][0] == DAY + pd.Timedelta(25, "s")
    start = clone(policy).set_params(align="start", window=(0.0, 40.0))
    bunch = start.read(late, events=catalogue(0.0), picks=p_picks(e0=30.0))
    assert bunch.groups.tolist() == ["e0"]
    assert "no event of the table begins" in reason(start, late, events=catalogue(0.0))


def test_a_record_that_starts_after_the_origin_and_holds_its_window_is_taken():
    late = make_trace(signal(120.0), start=20.0)
    for window, held in (((20.0, 60.0), True), ((100.0, 140.0), True)):
        bunch = reader(window=window).read(late, events=catalogue(0.0))
        first = DAY + pd.Timedelta(window[0], "s")
        assert (bunch.frame["start_time"] == first).all() == held
    for window in ((19.0, 60.0), (100.0, 141.0)):
        why = reason(reader(window=window, pad="noise"), late, events=catalogue(0.0))
        assert "and it holds no window of one" in why


def station_of_instruments(*channels):
    return [make_trace(signal(seed=3), channel) for channel in channels]


def test_one_instrument_of_a_station_is_taken():
    from obspy import Stream

    channels = ("BHZ", "EHZ", "HHZ", "HNZ", "SHZ", "XXZ")
    stream = Stream(station_of_instruments(*channels))
    policy = WaveformReader(components="Z")
    bunch = policy.read(stream)
    assert bunch.frame["channels"].tolist() == ["HHZ"]
    assert len(bunch.rejected) == 5
    assert bunch.rejected["reason"].str.contains("a record of XX.A..HH, which").all()
    for preferred, first in ((("HN", "HH"), "HNZ"), ((), "BHZ"), (("SH",), "SHZ")):
        chosen = clone(policy).set_params(instruments=preferred)
        assert chosen.read(stream).frame["channels"].tolist() == [first]
    everything = clone(policy).set_params(instruments=None)
    assert everything.read(stream).frame["channels"].tolist() == list(channels)
    stream[2].data = np.full(6000, 3)  # the instrument of choice is dead
    bunch = policy.read(stream)
    assert bunch.frame["channels"].tolist() == ["EHZ"]
    reasons = bunch.rejected.set_index("record_id")["reason"]
    assert reasons["stream 0_XX.A..HH"] == "its channel Z is dead"


@pytest.mark.parametrize("instruments", ["HH", ("HH", "HH"), (1,), 3])
def test_a_preference_is_a_sequence_of_letters(instruments):
    policy = WaveformReader(instruments=instruments)
    with pytest.raises(ValueError, match="instruments must be a sequence of different"):
        policy.read(make_trace(signal()))


def test_stations_are_where_they_were_at_the_time():
    from obspy import UTCDateTime
    from obspy.core.inventory import Inventory, Network, Station

    epochs = [
        Station("A", latitude, 7.0, 0.0, start_date=UTCDateTime(start), end_date=end)
        for latitude, start, end in (
            (47.0, "2020-01-01", UTCDateTime("2024-01-01T00:00:10")),
            (48.0, "2024-01-01T00:00:10", None),
        )
    ]
    inventory = Inventory([Network("XX", epochs)])
    table = events(latitude=46.0, longitude=7.0)
    policy = WaveformReader(components="Z")
    for start, distance in ((0.0, 111.2), (15.0, 222.4)):
        stream = make_trace(signal(), start=start)
        frame = policy.read(stream, events=table, inventory=inventory).frame
        np.testing.assert_allclose(frame["distance_km"], distance, atol=0.1)


def test_a_gap_is_judged_before_it_is_made():
    from obspy import Stream

    far = Stream([make_trace(signal()), make_trace(signal(), start=500_000.0)])
    for policy in (
        WaveformReader(components="Z"),
        WaveformReader(components="Z", gaps="noise"),
        WaveformReader(components="Z", gaps="noise", max_gap=499_939),
    ):
        tracemalloc.start()
        assert "gaps of up to 499940 s" in reason(policy, far)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20e6


@pytest.mark.parametrize("place", [(0, 500), (2000, 2100), (5000, 6000)])
def test_zeros_in_place_of_samples_are_gaps(place):
    samples = signal().astype(float) + 0.5
    samples[slice(*place)] = 0.0
    length = (place[1] - place[0]) / 100
    policy = WaveformReader(components="Z")
    assert f"gaps of up to {length:g} s" in reason(policy, make_trace(samples))
    filled = clone(policy).set_params(gaps="noise", max_gap=20.0)
    bunch = filled.read(make_trace(samples))
    assert bunch.frame["filled"].tolist() == [length / 60]
    assert np.ptp(bunch.data[0, slice(*place)]) > 0


@pytest.mark.parametrize(
    "samples",
    [
        np.round(0.4 * np.random.default_rng(0).standard_normal(6000)),
        np.round(1.2 * np.sin(np.arange(6000) / 100)),
        np.round(3 * np.sin(np.arange(6000) / 500)),
        np.r_[np.zeros(3000), np.ones(20), np.zeros(20), signal(29.6)],
    ],
    ids=["few steps", "a slow wave", "a slower wave", "quiet before the event"],
)
def test_quiet_samples_are_not_zeros_in_place_of_samples(samples):
    policy = WaveformReader(components="Z", clipped="keep")
    assert len(policy.read(make_trace(samples)).data) == 1


def test_at_most_half_of_a_window_is_made_up():
    policy = reader(align="start", window=(0.0, 120.0), pad="noise")
    assert len(policy.read(make_trace(signal())).data) == 1
    longer = clone(policy).set_params(window=(0.0, 121.0))
    tracemalloc.start()
    assert "more than the half that pad='noise'" in reason(longer, make_trace(signal()))
    day = clone(policy).set_params(window=(0.0, 86400.0))
    assert "lacks 8634000 of 8640000" in reason(day, make_trace(signal()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6

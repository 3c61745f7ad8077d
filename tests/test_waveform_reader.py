import os
import tarfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.pipeline import make_pipeline

from skseisfp.io import WaveformReader
from skseisfp.io.reading_notes import ReadingWarning
from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal.waveform import Waveform, resample

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)

needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)


def real(name):
    return Path(os.environ["SKSEISFP_DATA"]) / name


def signal(seconds=60.0, rate=100.0, seed=0, scale=1000.0):
    """Noise that grows at half time, in whole counts."""
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(round(seconds * rate))
    samples[len(samples) // 2 :] *= 20
    return np.round(scale * samples).astype(np.int32)


def make_trace(samples, channel="HHZ", *, rate=100.0, start=0.0, station="A"):
    from obspy import Trace, UTCDateTime

    header = {
        "network": "XX",
        "station": station,
        "channel": channel,
        "sampling_rate": rate,
        "starttime": UTCDateTime(2024, 1, 1) + start,
    }
    return Trace(np.ma.asarray(samples) if np.ma.isMA(samples) else samples, header)


def make_stream(channels=("HHZ", "HHN", "HHE"), **options):
    from obspy import Stream

    seconds = options.pop("seconds", 60.0)
    rate = options.get("rate", 100.0)
    return Stream(
        make_trace(signal(seconds, rate, seed), channel, **options)
        for seed, channel in enumerate(channels)
    )


def events(**columns):
    frame = pd.DataFrame(
        {"event_id": ["a"], "event_type": ["x"], "origin_time": ["2024-01-01T00:00:20"]}
    )
    return frame.assign(**columns)


def reason(reader, stream, **options):
    """Return why a stream is rejected."""
    with pytest.raises(ValueError, match=r"No record was taken: 1 x") as caught:
        reader.read(stream, **options)
    return str(caught.value)


def test_components_come_in_order_with_their_samples():
    stream = make_stream(("HHE", "HHZ", "HHN"))
    data = WaveformReader().read(stream).data
    wanted = [stream[row].data for row in (1, 2, 0)]
    wanted = [samples - samples.mean() for samples in wanted]
    assert_array_equal(data[0], np.float32(wanted))


def test_one_component_has_no_axis():
    bunch = WaveformReader(components="Z").read(make_stream())
    assert bunch.data.shape == (1, 6000)
    assert bunch.data.dtype == np.float32


def test_horizontals_of_unknown_direction_need_an_inventory():
    stream = make_stream(("HHZ", "HH1", "HH2"))
    assert "only 1, 2, Z; give an inventory" in reason(WaveformReader(), stream)
    data = WaveformReader(components="Z12").read(stream).data
    assert_allclose(data[0, 1], stream[1].data - stream[1].data.mean(), rtol=1e-5)


def test_horizontals_are_rotated_by_an_inventory():
    from obspy.core.inventory import Channel, Inventory, Network, Station

    angle = 30.0
    directions = {"HHZ": (0.0, -90.0), "HH1": (angle, 0.0), "HH2": (angle + 90, 0.0)}
    channels = [
        Channel(code, "", 0, 0, 0, 0, azimuth=azimuth, dip=dip)
        for code, (azimuth, dip) in directions.items()
    ]
    station = Station("A", 0, 0, 0, channels=channels)
    inventory = Inventory([Network("XX", [station])])
    north, east = signal(seed=1), signal(seed=2)
    turn = np.deg2rad(angle)
    first = north * np.cos(turn) + east * np.sin(turn)
    second = -north * np.sin(turn) + east * np.cos(turn)
    stream = make_stream(("HHZ",))
    stream += make_trace(first, "HH1")
    stream += make_trace(second, "HH2")
    data = WaveformReader().read(stream, inventory=inventory).data
    assert_allclose(data[0, 1], north - north.mean(), atol=0.1)
    assert_allclose(data[0, 2], east - east.mean(), atol=0.1)


def test_instruments_are_records_of_their_own():
    stream = (
        make_stream(("HHZ",))
        + make_stream(("EHZ",))
        + make_stream(("HHZ",), station="B")
    )
    reader = WaveformReader(components="Z", instruments=None)
    bunch = reader.read(stream)
    assert bunch.frame["channels"].tolist() == ["EHZ", "HHZ", "HHZ"]
    assert bunch.stations.tolist() == ["XX.A", "XX.A", "XX.B"]
    chosen = clone(reader).set_params(channels="E??,B??").read(stream)
    assert chosen.frame["channels"].tolist() == ["EHZ"]


def test_windows_begin_at_the_reference():
    stream = make_stream(("HHZ",))
    picks = pd.DataFrame(
        {
            "event_id": "a",
            "station": "XX.A",
            "phase": ["Pg", "P", "Sg"],
            "time": [
                "2024-01-01T00:00:26",
                "2024-01-01T00:00:25.5",
                "2024-01-01T00:00:31",
            ],
        }
    )
    for align, first in (("start", 200), ("origin", 2200), ("P", 2750)):
        reader = WaveformReader(components="Z", window=(2.0, 12.0), align=align)
        bunch = reader.read(stream, events=events(), picks=picks)
        part = stream[0].data[first : first + 1000].astype(float)
        assert_allclose(bunch.data[0], part - part.mean(), rtol=1e-6)
        start = pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(first / 100, "s")
        assert bunch.frame["start_time"][0] == start
        sample = 2550 - first
        known = sample / 100 if 0 <= sample < 1000 else -1
        assert bunch.frame["p_arrival"].fillna(-1)[0] == known
    assert bunch.target.tolist() == ["x"]
    assert "no P pick" in reason(reader, stream, events=events())


def test_short_recordings_are_rejected_or_padded_with_their_own_noise():
    stream = make_stream(("HHZ",))
    reader = WaveformReader(components="Z", window=(-10.0, 50.0))
    assert "it lacks 1000 of 6000 samples" in reason(reader, stream)
    bunch = clone(reader).set_params(pad="noise").read(stream)
    pad, quiet = bunch.data[0, :1000], bunch.data[0, 1000:4000]
    assert 0.7 < pad.std() / quiet.std() < 1.4
    assert np.count_nonzero(pad) == 1000
    assert_allclose(bunch.frame["filled"], 1000 / 6000)


def test_rates_are_resampled_or_rejected():
    streams = [make_stream(("HHZ",), rate=rate) for rate in (40.0, 100.0, 50.0, 40.0)]
    bunch = WaveformReader(components="Z", sampling_rate=40.0).read(streams)
    assert bunch.data.shape == (4, 2400)
    assert bunch.frame["sampling_rate_hz"].tolist() == [40.0, 100.0, 50.0, 40.0]
    strict = WaveformReader(components="Z", sampling_rate=40.0, rates="reject")
    assert len(strict.read(streams).data) == 2
    for rates, advice in (
        ("resample", "give sampling_rate=40 to resample"),
        ("reject", "see the parameter sampling_rate"),
    ):
        reader = WaveformReader(components="Z", rates=rates)
        reasons = reader.read(streams).rejected["reason"]
        assert len(reasons) == 2
        assert all(f"that of most records 40.0; {advice}" in why for why in reasons)


def test_recordings_of_a_lower_rate_are_counted():
    streams = [
        make_stream(("HHZ",), rate=rate) for rate in (10.0, 20.0, 39.0, 40.0, 100.0)
    ]
    reader = WaveformReader(components="Z", sampling_rate=40.0, window=(5.0, 50.0))
    message = "2 recordings have a lower rate than 40 Hz, as low as 10 Hz: .* 5 Hz;"
    with pytest.warns(ReadingWarning, match=message) as said:
        bunch = reader.read(streams)
    (item,) = said
    assert item.filename == __file__
    low = bunch.frame.query("sampling_rate_hz < sampling_rate_hz.max() / 3")
    assert low.index.tolist() == [0, 1]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reader.read(streams[2:])
    assert said == []


def test_p_before_the_origin_is_counted():
    times = pd.to_datetime(["2024-01-01T00:00:19", "2024-01-01T00:00:22"], utc=True)
    stations = ["XX.A", "XX.B"]
    picks = pd.DataFrame({"station": stations, "time": times})
    streams = [make_stream(("HHZ",), station=name) for name in "AB"]
    reader = WaveformReader(components="Z", window=(-5, 20), align="P")
    with pytest.warns(ReadingWarning, match=r"^1 record has P before the origin\.$"):
        bunch = reader.read(
            streams, events=events(), picks=picks.assign(event_id="a", phase="P")
        )
    assert len(bunch.data) == 2


@settings(max_examples=25, deadline=None)
@given(offset=st.floats(-1e7, 1e7), rate=st.sampled_from([50.0, 100.0, 125.0, 200.0]))
def test_an_offset_leaves_no_ripple(offset, rate):
    wave = Waveform(np.full((1, 4000), offset), "Z", rate)
    resampled = resample(wave, 40.0).samples
    assert_allclose(resampled, offset, rtol=1e-12, atol=1e-9)


def test_a_long_recording_gives_the_window_of_the_short_one():
    stream = make_stream(("HHZ",), seconds=600.0)
    whole = WaveformReader(components="Z", sampling_rate=40.0).read(stream).data[0]
    reader = WaveformReader(components="Z", sampling_rate=40.0, window=(300.0, 340.0))
    part = reader.read(stream).data[0]
    wanted = whole[12000:13600] - whole[12000:13600].mean()
    assert_allclose(part, wanted, atol=1e-3 * wanted.std())


def test_a_day_file_gives_a_record_of_each_event_in_it():
    parts = [make_stream(("HHZ",), seconds=300.0, start=start) for start in (0, 300)]
    table = pd.DataFrame(
        {
            "event_id": ["a", "b", "c"],
            "origin_time": ["2024-01-01 00:01", "2024-01-01 00:05", "2025-01-01"],
        }
    )
    reader = WaveformReader(components="Z", window=(-10.0, 30.0), align="origin")
    bunch = reader.read(parts, events=table)
    assert bunch.groups.tolist() == ["a", "b"]
    assert bunch.target is None
    joined = np.concatenate([part[0].data for part in parts])[29000:33000]
    assert_allclose(bunch.data[1], joined - joined.mean(), rtol=1e-5, atol=1e-3)


def test_gaps_are_rejected_or_filled_with_noise():
    samples = signal()
    masked = np.ma.masked_array(samples, mask=False)
    masked[1000:1050] = np.ma.masked
    with_nan = samples.astype(float)
    with_nan[1000:1050] = np.nan
    pieces = [make_trace(samples[:1000]), make_trace(samples[1050:], start=10.5)]
    reader = WaveformReader(components="Z", gaps="noise", max_gap=0.5)
    from obspy import Stream

    for stream in (make_trace(masked), make_trace(with_nan), Stream(pieces)):
        assert "gaps of up to 0.5 s" in reason(WaveformReader(components="Z"), stream)
        narrow = clone(reader).set_params(max_gap=0.49)
        assert "gaps of up to 0.5 s" in reason(narrow, stream)
        bunch = reader.read(stream)
        filled = bunch.data[0, 1000:1050]
        assert 300 < filled.std() < 3000
        assert np.all(filled != 0)
        kept = np.r_[0:1000, 1050:6000]
        shift = bunch.data[0, kept] - samples[kept]
        assert_allclose(shift, shift[0], atol=0.01)
        assert_allclose(bunch.frame["filled"], 50 / 6000)


def test_a_gap_outside_the_window_does_not_count():
    from obspy import Stream

    samples = signal()
    pieces = [make_trace(samples[:500]), make_trace(samples[900:], start=9.0)]
    reader = WaveformReader(components="Z", window=(10.0, 50.0), sampling_rate=40)
    assert reader.read(Stream(pieces)).frame["filled"][0] == 0


def test_the_noise_of_a_record_does_not_depend_on_others():
    gappy = signal().astype(float)
    gappy[1000:1050] = np.nan
    one, other = make_trace(gappy, station="A"), make_trace(gappy, station="B")
    reader = WaveformReader(components="Z", gaps="noise")
    table = events()
    both = reader.read([one, other], events=table)
    alone = reader.read(other, events=table)
    assert_array_equal(both.data[1], alone.data[0])
    assert not np.array_equal(both.data[0], both.data[1])
    seeded = clone(reader).set_params(random_state=1).read(other, events=table)
    assert not np.array_equal(seeded.data, alone.data)


def test_overlaps_are_joined_where_they_agree():
    from obspy import Stream

    samples = signal()
    first = make_trace(samples[:3500])
    agreeing = make_trace(samples[3000:], start=30.0)
    disagreeing = make_trace(samples[3000:] + 7, start=30.0)
    reader = WaveformReader(components="Z")
    joined = reader.read(Stream([first, agreeing])).data
    assert_array_equal(joined, reader.read(make_trace(samples)).data)
    stream = Stream([first, disagreeing])
    assert "disagree over 500 samples" in reason(reader, stream)
    for overlaps, at in (("first", 3500), ("last", 3000)):
        data = clone(reader).set_params(overlaps=overlaps).read(stream).data[0]
        steps = np.flatnonzero(np.abs(data - samples - (data[0] - samples[0])) > 3)
        assert steps[0] == at


def test_dead_and_clipped_channels_are_rejected():
    clipped = np.clip(signal(), -4000, 4000)
    reader = WaveformReader(components="Z")
    assert "channel Z is clipped" in reason(reader, make_trace(clipped))
    dead = make_trace(np.full(6000, 3))
    assert "channel Z is dead" in reason(reader, dead)
    kept = clone(reader).set_params(dead="keep", clipped="keep")
    assert len(kept.read([make_trace(clipped), dead]).data) == 2


def test_excessive_values_and_spans_are_rejected():
    reader = WaveformReader(components="Z", gaps="noise", max_gap=1e9)
    huge = make_trace(signal() * 1e300)
    assert "values that are too large" in reason(reader, huge)
    nothing = make_trace(np.full(6000, np.nan))
    kept = clone(reader).set_params(dead="keep")
    assert "a channel without samples" in reason(kept, nothing)
    slow = make_trace(signal(1e5, 1.0), rate=0.01)
    fast = clone(reader).set_params(sampling_rate=1000.0)
    assert "more than 100000000 samples" in reason(fast, slow)
    decade = make_stream(("HHZ",)) + make_stream(("HHZ",), start=2e6)
    assert "it spans 23.1 days" in reason(reader, decade)


def test_components_need_time_in_common():
    apart = make_stream(("HHZ",)) + make_stream(("HHN", "HHE"), start=100.0)
    assert "its components have no time in common" in reason(WaveformReader(), apart)
    window = WaveformReader(window=(0.0, 20.0), align="origin")
    late = make_stream(("HHZ", "HHN")) + make_stream(("HHE",), start=100.0)
    why = reason(window, late, events=events())
    assert "it has no samples in the window" in why


@pytest.mark.parametrize(
    "groups",
    [["a", "b"], ("a", "b"), np.array(["a", "b"]), pd.Series(["a", "b"], [7, 9])],
    ids=lambda groups: type(groups).__name__,
)
def test_sources_have_the_events_of_groups(groups):
    streams = [make_stream(("HHZ",)), make_stream(("HHZ",), station="B")]
    reader = WaveformReader(components="Z")
    bunch = reader.read(streams, groups=groups)
    assert bunch.groups.tolist() == ["a", "b"]
    assert bunch.stations.tolist() == ["XX.A", "XX.B"]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (["a"], "groups has 1 events for 2 sources"),
        (np.array(["a", "b", "c"]), "groups has 3 events for 2 sources"),
        ("ab", "groups must be .* or 'folder'; got 'ab'"),
        ("folder", "groups must name the events of streams one by one"),
        (lambda path: "a", "groups must name the events of streams one by one"),
    ],
)
def test_groups_that_do_not_fit_the_sources_are_named(groups, message):
    with pytest.raises(ValueError, match=message):
        WaveformReader().read([make_stream(), make_stream()], groups=groups)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.3, 1e5))
def test_noise_is_not_taken_for_clipped(seed, scale):
    bunch = WaveformReader(components="Z").read(
        make_trace(signal(seed=seed, scale=scale))
    )
    assert len(bunch.data) == 1


def test_the_response_is_removed():
    from obspy.core.inventory import (
        Channel,
        Inventory,
        Network,
        Response,
        Station,
    )

    gain = 5.0e8
    paz = Response.from_paz(
        zeros=[0, 0], poles=[-0.05 + 0.05j, -0.05 - 0.05j], stage_gain=gain
    )
    channel = Channel("HHZ", "", 0, 0, 0, 0, azimuth=0, dip=-90, response=paz)
    inventory = Inventory([Network("XX", [Station("A", 0, 0, 0, channels=[channel])])])
    time = np.arange(12000) / 100
    stream = make_trace(np.round(1e6 * np.sin(2 * np.pi * 2 * time)))
    reader = WaveformReader(
        components="Z", response="VEL", pre_filter=(0.1, 0.2, 20, 30), window=(40, 80)
    )
    data = reader.read(stream, inventory=inventory).data[0]
    assert_allclose(np.abs(data).max(), 1e6 / gain, rtol=0.02)
    with pytest.raises(ValueError, match="response='VEL' needs an inventory"):
        reader.read(stream)
    other = make_trace(signal(), station="B")
    assert "response is not known" in reason(reader, other, inventory=inventory)


def test_reviewed_records_are_left_out(tmp_path):
    streams = [make_stream(("HHZ",), station=name) for name in "AB"]
    table = tmp_path / "exclusions.csv"
    table.write_text("record_id,reason\na_XX.A..HH,noisy\n")
    for exclusions in (table, ["a_XX.A..HH"]):
        bunch = WaveformReader(components="Z").read(
            streams, events=events(), exclusions=exclusions
        )
        assert bunch.frame["record_id"].tolist() == ["a_XX.B..HH"]
    assert bunch.rejected["reason"].tolist() == ["excluded: reviewed"]


def test_events_without_a_label_are_read_and_counted():
    table = pd.DataFrame({"event_id": ["a", "b"], "event_type": ["x", None]})
    streams = [make_stream(("HHZ",)), make_stream(("HHZ",))]
    reader = WaveformReader(components="Z")
    with pytest.warns(UserWarning, match="1 of 2 records, of 1 events, have no label"):
        bunch = reader.read(streams, events=table, groups=["a", "b"])
    assert bunch.target.notna().tolist() == [True, False]
    assert bunch.target.iloc[0] == "x"
    assert bunch.target_names == ["x"]
    assert "1 of 2 records, of 1 events, have no label" in bunch.DESCR
    assert not len(bunch.rejected)
    unlabelled = table.assign(event_type=None)
    bunch = reader.read(streams, events=unlabelled, groups=["a", "b"])
    assert bunch.target is None
    assert "2 of 2 records, of 2 events, have no label" in bunch.DESCR


def test_distances_come_with_places():
    from obspy.core.inventory import Inventory, Network, Station

    inventory = Inventory([Network("XX", [Station("A", 47.0, 7.0, 0.0)])])
    table = events(latitude=46.0, longitude=7.0)
    reader = WaveformReader(components="Z")
    frame = reader.read(make_stream(("HHZ",)), events=table, inventory=inventory).frame
    assert_allclose(frame["distance_km"], 111.2, atol=0.1)
    assert_allclose(frame["back_azimuth"], 180.0)


def test_one_record_can_be_read_alone():
    stream = make_stream()
    reader = WaveformReader(sampling_rate=40, window=(-5, 20), align="origin")
    bunch = reader.read(stream, events=events())
    alone = reader.read_stream(stream, origin_time="2024-01-01T00:00:20")
    assert_array_equal(alone, bunch.data[0])
    with pytest.raises(ValueError, match="it has no origin time"):
        reader.read_stream(stream)


def test_patterns_folders_and_files(tmp_path):
    for event, channel in (
        ("one", "HHZ"),
        ("one", "HHN"),
        ("one", "HHE"),
        ("two", "HHZ"),
    ):
        (tmp_path / event).mkdir(exist_ok=True)
        file = tmp_path / event / f"{channel}.mseed"
        make_trace(signal(), channel).write(str(file), format="MSEED")
    reader = WaveformReader()
    for sources in (tmp_path, f"{tmp_path}/*/*.mseed", sorted(tmp_path.glob("*/*"))):
        bunch = reader.read(sources, groups="folder")
        assert bunch.groups.tolist() == ["one"]
        assert bunch.rejected["event_id"].tolist() == ["two"]
    with pytest.raises(FileNotFoundError, match="no waveform file"):
        reader.read(f"{tmp_path}/*.sac")
    missing = tmp_path / "one" / "HHR.mseed"
    bunch = reader.read([f"{tmp_path}/one/*.mseed", missing], groups="folder")
    assert bunch.groups.tolist() == ["one"]
    (lost,) = bunch.rejected.to_dict("records")
    assert lost["source"] == str(missing)
    assert lost["reason"] == f"{missing} cannot be read: No such file or directory"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"components": "ZZ"}, "components must be one of"),
        ({"align": "P"}, "needs a window"),
        ({"window": (5, 5)}, "window must be two increasing times"),
        ({"window": (0, 1e9)}, "at most 86400 s apart"),
        ({"window": (np.nan, 5)}, "window must be two increasing times in seconds"),
        ({"sampling_rate": 1e9}, r"sampling_rate must be .*100000\.0\] Hz or None"),
        ({"sampling_rate": np.nan}, "sampling_rate must be .* Hz or None; got nan"),
        ({"channels": ["HHZ"]}, "channels must be an instance of 'str'"),
        ({"rates": "resampled"}, "Did you mean 'resample'"),
        ({"gaps": "zeros"}, "gaps must be one of 'noise', 'reject'; got 'zeros'"),
        ({"max_gap": -1}, r"max_gap must be .* s; got -1\."),
        ({"overlaps": "mean"}, "overlaps must be one of 'first', 'last', 'reject'"),
        ({"dead": None}, "dead must be one of"),
        ({"clipped": True}, "clipped must be one of"),
        ({"response": "vel"}, "response must be one of 'ACC', 'DISP', 'VEL' or None"),
        ({"pad": "zeros"}, "pad must be one of 'noise' or None"),
        ({"pre_filter": (1, 2)}, "pre_filter must be four"),
        ({"pre_filter": (1, 2, 2, 3)}, "pre_filter must be four increasing .* in Hz"),
        ({"random_state": 0.5}, "random_state must be an int"),
    ],
)
def test_parameters_are_checked(parameters, message):
    reader = WaveformReader(**parameters)
    for read in (reader.read, reader.read_stream):
        with pytest.raises(ValueError, match=message):
            read(make_stream())


@pytest.mark.parametrize(
    "parameters",
    [
        {"sampling_rate": np.float32(50), "window": np.array([1, 5])},
        {"sampling_rate": np.int64(50), "window": [np.float32(1), np.float64(5)]},
        {"gaps": "noise", "max_gap": np.inf},
        {"components": np.str_("Z"), "random_state": np.int32(3)},
        {"window": (-5, 5), "pad": "noise"},
    ],
)
def test_numbers_of_numpy_are_parameters_too(parameters):
    assert len(WaveformReader(**parameters).read(make_stream()).data) == 1


def test_the_declaration_covers_every_parameter():
    declared = WaveformReader._parameter_constraints
    assert declared.keys() == WaveformReader().get_params().keys()


@needs_records
def test_france_comes_in_whole():
    table = pd.read_csv(real("france") / "labels.csv", dtype=str)
    table.columns = ["event_id", "event_type"]
    reader = WaveformReader(components="Z12", sampling_rate=40.0, window=(0.0, 60.0))
    bunch = reader.read(real("france"), events=table, groups="folder")
    assert bunch.data.shape == (78, 3, 2400)
    assert not len(bunch.rejected)
    assert len(set(bunch.groups)) == 9
    strict = clone(reader).set_params(components="ZNE")
    bunch = strict.read(real("france"), events=table, groups="folder")
    assert len(bunch.data) + len(bunch.rejected) == 78
    assert bunch.rejected["reason"].str.startswith("it has no component N, E").all()
    model = make_pipeline(
        FingerprintTransformer(sampling_rate=bunch.sampling_rate, flatten=True),
        ExtraTreesClassifier(20, random_state=0),
    )
    predictions = cross_val_predict(
        model, bunch.data, bunch.target, groups=bunch.groups, cv=LeaveOneGroupOut()
    )
    assert len(predictions) == len(bunch.data)
    assert set(predictions) <= {"0", "1"}


@needs_records
@pytest.mark.slow
def test_pnw_files_give_the_arrays(tmp_path):
    with tarfile.open(real("pnw") / "mseed.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    table = pd.read_csv(real("pnw") / "metadata.csv")
    X = np.load(real("pnw") / "waveforms.npz")["X"][:, 0]
    by_event = table.drop_duplicates("event_id").rename(
        columns={"origin_time_utc": "origin_time"}
    )
    reader = WaveformReader(
        components="Z",
        sampling_rate=40.0,
        window=(-20.0, 95.0),
        align="origin",
        clipped="keep",
        pad="noise",
    )
    bunch = reader.read(
        tmp_path, events=by_event, groups=lambda file: file.name.partition("_")[0]
    )
    assert len(bunch.data) == len(table) == 1207
    rows = table.set_index(["event_id", "station", "channel"]).index
    keys = zip(bunch.groups, bunch.stations, bunch.frame["channels"], strict=True)
    found = X[[rows.get_loc(key) for key in keys]]
    pairs = zip(bunch.data.astype(float), found.astype(float), strict=True)
    correlations = [np.corrcoef(*pair)[0, 1] for pair in pairs]
    assert min(correlations) > 0.999

"""Check picks and classes of synthetic streams against the truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.ensemble import EventVoteClassifier
from skseisfp.inference import classify_stream
from skseisfp.inference._onset_checks import agreement, great_circles
from skseisfp.io import WaveformReader, pick_phases
from skseisfp.io.reading_notes import ReadingWarning
from skseisfp.metrics import aggregate_events
from skseisfp.preprocessing import FingerprintTransformer, WaveformPreprocessor

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
RATE = 40.0
ONSETS = {"A": 30.0, "B": 33.0, "C": 37.0}  # seconds
START = pd.Timestamp("2024-01-01", tz="UTC")


def make_samples(seed, kind, onset, seconds=90.0):
    """Return noise and an event: blasts of low frequency, earthquakes of high."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE - onset
    ringing = np.sin(2 * np.pi * {"blast": 3, "quake": 9}[kind] * time)
    event = np.where(time >= 0, 30 * ringing * np.exp(-0.1 * time.clip(0)), 0)
    return event * rng.uniform(0.7, 1.3) + rng.standard_normal(len(time))


def make_stream(kind, seed=0, onsets=ONSETS, channels=("HHZ", "HHN", "HHE")):
    from obspy import Stream, Trace, UTCDateTime

    stream = Stream()
    for station, onset in onsets.items():
        for channel in channels:
            header = {
                "network": "XX",
                "station": station,
                "channel": channel,
                "sampling_rate": RATE,
                "starttime": UTCDateTime(2024, 1, 1),
            }
            seed += 1
            stream.append(Trace(make_samples(seed, kind, onset), header))
    return stream


def true_picks(onsets=ONSETS):
    return pd.DataFrame(
        {
            "station": [f"XX.{name}" for name in onsets],
            "phase": "P",
            "time": [START + pd.Timedelta(s, "s") for s in onsets.values()],
        }
    )


@pytest.fixture(name="reader")
def make_reader():
    return WaveformReader(sampling_rate=RATE, window=(-5, 27), align="P")


@pytest.fixture(name="model", scope="module")
def fit_model():
    X = [
        [make_samples(100 * row + c, kind, 5.0, seconds=32) for c in range(3)]
        for row, kind in enumerate(["blast", "quake"] * 6)
    ]
    model = make_pipeline(
        WaveformPreprocessor(sampling_rate=RATE, f_min=1),
        FingerprintTransformer(sampling_rate=RATE, shape=(16, 16), n_coefficients=30),
        FunctionTransformer(as_rows),
        LogisticRegression(),
    )
    return model.fit(np.array(X), ["blast", "quake"] * 6)


def as_rows(fingerprints):
    return fingerprints.reshape(len(fingerprints), -1)


def test_onsets_become_picks():
    from obspy import Trace

    stream = make_stream("quake")
    gappy = make_stream("quake", onsets={"G": 30.0}, channels=["HHZ"])
    gappy[0].data = np.ma.masked_inside(gappy[0].data, -1e-3, 1e-3)
    noise = make_stream("quake", onsets={"N": 200.0})
    short = make_stream("quake", onsets={"S": 2.0}).slice(
        stream[0].stats.starttime, stream[0].stats.starttime + 4
    )
    picks = pick_phases(stream + gappy + noise + short + Trace(), event_id="e7")
    assert set(picks["event_id"]) == {"e7"}
    assert picks["station"].tolist() == ["XX.A", "XX.B", "XX.C"]
    errors = picks["time"] - true_picks()["time"]
    assert errors.abs().max() < pd.Timedelta(0.1, "s")
    assert pick_phases(noise).empty


@pytest.mark.parametrize("kind", ["blast", "quake"])
@pytest.mark.parametrize("given", [True, False])
def test_the_event_of_a_stream_gets_its_class(model, reader, kind, given):
    picks = true_picks() if given else None
    result = classify_stream(model, make_stream(kind), reader, picks=picks)
    assert result.events["prediction"].to_dict() == {"event": kind}
    assert result.stations["prediction"].tolist() == [kind] * 3
    assert result.stations["station"].tolist() == ["XX.A", "XX.B", "XX.C"]
    assert (result.stations["p_arrival"] == 200 / RATE).all()
    assert (result.stations["snr_db"] > 15).all()
    assert result.rejected.empty


def test_scores_are_those_of_the_model_and_its_records(model, reader):
    stream = make_stream("quake")
    result = classify_stream(model, stream, reader, picks=true_picks(), vote="snr")
    records = reader.read(stream, picks=true_picks().assign(event_id="stream 0")).data
    expected = model.predict_proba(records)
    scores = result.stations[["score_blast", "score_quake"]].to_numpy()
    np.testing.assert_allclose(scores, expected)
    table = aggregate_events(
        expected,
        ["event"] * 3,
        classes=["blast", "quake"],
        vote="snr",
        snr=result.stations["snr_db"],
    )
    pd.testing.assert_frame_equal(result.events, table)
    voter = EventVoteClassifier(model).fit(records, ["quake", "blast", "quake"])
    voted = classify_stream(voter, stream, reader, picks=true_picks())
    alone = voter.predict_proba(records, groups="records")[:, 1]
    np.testing.assert_allclose(voted.stations["score_quake"], alone)


def test_each_event_of_a_stream_gets_a_prediction(model):
    later = make_stream("blast")
    for trace in later:
        trace.stats.starttime += 90
    stream = make_stream("quake") + later
    events = pd.DataFrame(
        {
            "event_id": ["first", "second"],
            "origin_time": START + pd.to_timedelta([25, 115], "s"),
            "event_type": ["earthquake", None],
        }
    )
    picks = pd.concat(
        [
            true_picks().assign(event_id="first"),
            true_picks({name: s + 90 for name, s in ONSETS.items()}).assign(
                event_id="second"
            ),
        ]
    )
    reader = WaveformReader(sampling_rate=RATE, window=(-5, 27), align="P")
    result = classify_stream(model, stream, reader, events=events, picks=picks)
    assert result.events["prediction"].to_dict() == {
        "first": "quake",
        "second": "blast",
    }
    assert result.events["n_records"].tolist() == [3, 3]


def test_recordings_that_are_left_out_have_a_reason(model, reader):
    stream = make_stream("quake")
    stream.remove(stream.select(station="B", channel="HHE")[0])
    result = classify_stream(model, stream, reader, picks=true_picks())
    assert result.stations["station"].tolist() == ["XX.A", "XX.C"]
    assert result.rejected["reason"].str.contains("no component E").tolist() == [True]
    with pytest.raises(ValueError, match="3 x it has no P pick"):
        classify_stream(
            model, make_stream("quake", onsets=dict.fromkeys("ABC", 200.0)), reader
        )


def one_event(seconds=25.0):
    time = START + pd.Timedelta(seconds, "s")
    return pd.DataFrame({"event_id": ["e"], "origin_time": [time]})


def with_a_false_onset(second, station="A"):
    """The stream of an earthquake, with a short burst before it at one station."""
    stream = make_stream("quake")
    first = round(second * RATE)
    burst = 60 * np.random.default_rng(5).standard_normal(80)
    for trace in stream.select(station=station):
        trace.data[first : first + 80] += burst
    return stream


def test_the_threshold_of_onsets_is_a_choice(model, reader):
    stream = make_stream("quake")
    result = classify_stream(model, stream, reader)
    assert result.stations["pick_status"].tolist() == ["automatic"] * 3
    assert result.picks["status"].tolist() == ["automatic"] * 3
    for trace in stream.select(station="B"):  # an event that is weak there
        noise = trace.data[: round(30 * RATE)]
        trace.data = 0.2 * trace.data + np.resize(noise, len(trace.data))
    result = classify_stream(model, stream, reader, pick_options={"threshold": 9.0})
    assert result.stations["station"].tolist() == ["XX.A", "XX.C"]
    assert "it has no P pick" in result.rejected["reason"].tolist()
    with pytest.raises(ValueError, match="threshold must be at most lta / sta"):
        classify_stream(model, stream, reader, pick_options={"threshold": 11.0})


def test_onsets_before_the_origin_are_not_used_in_silence(model, reader):
    picks = true_picks({"A": 12.0, "B": 33.0, "C": 37.0}).assign(event_id="e")
    options = {"events": one_event(), "picks": picks}
    stream = make_stream("quake")
    with pytest.warns(UserWarning, match="Of 3 P picks 1 before the origin. .* left o"):
        result = classify_stream(model, stream, reader, **options)
    assert result.picks.set_index("station")["status"].to_dict() == {
        "XX.A": "before origin",
        "XX.B": "given",
        "XX.C": "given",
    }
    assert result.stations["station"].tolist() == ["XX.B", "XX.C"]
    assert result.rejected["reason"].tolist() == ["its P pick is before the origin"]
    with (
        pytest.warns(UserWarning, match="without agreement are used"),
        pytest.warns(ReadingWarning, match="1 record has P before the origin"),
    ):
        kept = classify_stream(model, stream, reader, doubtful_picks="keep", **options)
    assert kept.stations["pick_status"].tolist() == ["before origin", "given", "given"]
    early = picks.assign(time=START)
    with pytest.raises(ValueError, match="3 x its P pick is before the origin"):
        classify_stream(model, stream, reader, events=one_event(), picks=early)
    with pytest.raises(ValueError, match="doubtful_picks must be one of"):
        classify_stream(model, stream, reader, doubtful_picks="drop", **options)


def test_onsets_are_sought_after_the_origin(model, reader):
    stream = with_a_false_onset(12.0)
    assert pick_phases(stream)["time"].min() < START + pd.Timedelta(13, "s")
    result = classify_stream(model, stream, reader, events=one_event())
    errors = result.picks["time"] - true_picks()["time"]
    assert errors.abs().max() < pd.Timedelta(0.1, "s")
    assert result.events["prediction"].to_dict() == {"e": "quake"}
    assert result.events["n_records"].tolist() == [3]


def test_onsets_without_agreement_are_not_used_in_silence(model, reader):
    stream = with_a_false_onset(72.0, station="C")
    for trace in stream.select(station="C"):
        trace.data[round(30 * RATE) : round(70 * RATE)] = np.resize(
            trace.data[: round(30 * RATE)], round(40 * RATE)
        )
    with pytest.warns(UserWarning, match="1 without agreement between stations"):
        result = classify_stream(model, stream, reader)
    assert result.stations["station"].tolist() == ["XX.A", "XX.B"]
    (why,) = result.rejected["reason"]
    assert why.startswith("its automatic P pick does not agree")
    by_hand = result.picks.drop(columns="status")  # of a person, who is believed
    pad = WaveformReader(**{**reader.get_params(), "pad": "noise"})
    believed = classify_stream(model, stream, pad, picks=by_hand)
    assert believed.stations["pick_status"].tolist() == ["given"] * 3


def test_places_of_stations_narrow_the_agreement(model, reader):
    from obspy.core.inventory import Inventory, Network, Station

    longitudes = {"A": 7.0, "B": 7.05, "C": 7.1}
    codes = [Station(code, 46.0, place, 0.0) for code, place in longitudes.items()]
    near = Inventory([Network("XX", codes)])
    stream = make_stream("quake", onsets={"A": 30.0, "B": 31.0, "C": 45.0})
    assert len(classify_stream(model, stream, reader).stations) == 3
    with pytest.warns(UserWarning, match="1 without agreement"):
        result = classify_stream(model, stream, reader, inventory=near)
    assert result.stations["station"].tolist() == ["XX.A", "XX.B"]


def test_the_onset_of_one_station_is_used_and_said_so(model, reader):
    stream = make_stream("quake", onsets={"A": 30.0})
    with pytest.warns(UserWarning, match="Of 1 P picks 1 of one station alone"):
        result = classify_stream(model, stream, reader)
    assert result.stations["pick_status"].tolist() == ["one station"]


@given(
    seconds=st.lists(st.floats(0, 100), min_size=2, max_size=12),
    wrong=st.floats(200, 1e4),
)
def test_the_largest_set_that_agrees_is_found(seconds, wrong):
    times = np.array([second / 4 for second in seconds] + [wrong])
    agreeing = agreement(times, np.full((len(times), 2), np.nan))
    assert agreeing.tolist() == [True] * len(seconds) + [False]


def test_distances_are_those_of_the_sphere():
    places = np.array([[46.0, 7.0], [47.0, 7.0], [46.0, 8.0]])
    distances = great_circles(places)
    np.testing.assert_allclose(distances[0], [0.0, 111.19, 77.24], atol=0.02)

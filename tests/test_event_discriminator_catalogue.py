"""From a catalogue and waveforms to a catalogue with predictions."""

import io
import json
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from obspy import Stream, Trace, UTCDateTime, read_events
from obspy.clients.fdsn import Client as FDSNClient
from obspy.clients.filesystem.sds import Client
from obspy.core.event import (
    Catalog,
    CreationInfo,
    Event,
    Magnitude,
    Origin,
    Pick,
    WaveformStreamID,
)
from obspy.core.inventory import Inventory, Network, Station
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_read_clients import StreamCentre

from skseisfp import load, save
from skseisfp.archive import SeismicArchive
from skseisfp.inference import EventDiscriminator
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer, WaveformPreprocessor

RATE = 40.0
START = UTCDateTime(2024, 1, 1)
ONSETS = {"A": 30.0, "B": 33.0, "C": 37.0}  # seconds
KINDS = ["explosion", "earthquake"]
PLACES = range(8, 12)  # of events that no fit has seen


def make_samples(seed, kind, onset, seconds=90.0):
    """Return noise and an event: explosions of low frequency, earthquakes of high."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE - onset
    ringing = np.sin(2 * np.pi * {"explosion": 3, "earthquake": 9}[kind] * time)
    event = np.where(time >= 0, 300 * ringing * np.exp(-0.1 * time.clip(0)), 0)
    return event * rng.uniform(0.7, 1.3) + 10 * rng.standard_normal(len(time))


def make_event(number, **facts):
    """Return an event of a catalogue, its traces and its true kind."""
    kind = KINDS[number % 2]
    begin = START + 1000 * number
    stream, picks = Stream(), []
    for place, (station, onset) in enumerate(ONSETS.items()):
        for channel in ("HHZ", "HHN", "HHE"):
            header = {
                "network": "XX",
                "station": station,
                "channel": channel,
                "sampling_rate": RATE,
                "starttime": begin,
            }
            seed = 100 * number + 10 * place + ord(channel[-1])
            stream.append(Trace(make_samples(seed, kind, onset), header))
        where = WaveformStreamID("XX", station, "", "HHZ")
        picks.append(Pick(time=begin + onset, phase_hint="P", waveform_id=where))
    origin = Origin(time=begin + 25, latitude=50, longitude=10, depth=5000)
    event = Event(
        resource_id=f"smi:local/event/{number}",
        origins=[origin],
        magnitudes=[Magnitude(mag=2.0 + 0.1 * (number % 3))],
        picks=picks,
        **facts,
    )
    return event, stream, kind


def make_catalogue(numbers, types=None):
    """Return a catalogue, all traces and the kinds of its events."""
    catalogue, stream, kinds = Catalog(), Stream(), {}
    for number in numbers:
        event, traces, kind = make_event(number)
        event.event_type = kind if types is None else types.get(number)
        catalogue.append(event)
        stream += traces
        kinds[str(number)] = kind
    return catalogue, stream, kinds


def by_number(table):
    """Return a table of events by the ends of their resource identifiers."""
    return table.rename(index=lambda name: name.rpartition("/")[2])


@pytest.fixture(scope="module", name="fitted")
def fit_discriminator():
    catalogue, stream, _ = make_catalogue(range(8))
    reader = WaveformReader(sampling_rate=RATE, window=(-5, 27), align="P")
    pipeline = make_pipeline(
        WaveformPreprocessor(sampling_rate=RATE, f_min=1),
        FingerprintTransformer(
            sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
        ),
        LogisticRegression(),
    )
    bunch = reader.read(stream, events=catalogue)
    return EventDiscriminator(pipeline, reader=reader).fit(bunch)


@pytest.fixture(scope="module", name="new")
def make_new():
    return make_catalogue(PLACES, types={9: "quarry blast", 10: "not reported"})


def test_the_contract_is_that_of_the_reader(fitted):
    contract = fitted.contract_
    assert (contract.sampling_rate, contract.components) == (RATE, "ZNE")
    assert (contract.units, contract.align) == ("counts", "P")
    assert contract.window == (-5.0, 27.0)
    assert contract.record_shape == (3, 1280)
    assert contract.ranges["p_arrival"] == (5.0, 5.0)
    assert contract.kind == "waveforms"
    assert contract.events == {"earthquake": 4, "explosion": 4}


def test_events_and_stations_get_predictions(fitted, new):
    catalogue, stream, kinds = new
    result = fitted.discriminate(catalogue, stream)
    assert by_number(result.events)["decision"].to_dict() == kinds
    assert (result.events["n_stations"] == 3).all()
    assert len(result.stations) == 12
    assert set(result.stations["flags"]) == {""}
    assert (result.stations["snr_db"] > 10).all()
    columns = ["record_id", "event_id", "station", "score_explosion"]
    assert set(columns) <= set(result.stations)
    assert result.rejected.empty


def test_types_of_an_agency_stay_unless_asked(fitted, new):
    catalogue, stream, kinds = new
    before = [event.event_type for event in catalogue]
    kept = fitted.discriminate(catalogue, stream).catalogue
    assert [event.event_type for event in catalogue] == before
    assert [event.event_type for event in kept] == [
        kinds["8"],
        "quarry blast",
        kinds["10"],
        kinds["11"],
    ]
    assert [event.event_type_certainty for event in kept] == [
        "suspected",
        None,
        "suspected",
        "suspected",
    ]
    result = fitted.discriminate(catalogue, stream, overwrite=True)
    assert [event.event_type for event in result.catalogue] == list(kinds.values())


def test_swapped_arguments_and_single_events_raise_by_name(fitted, new):
    catalogue, stream, _ = new
    for given, name in ((stream, "Stream"), (catalogue[0], "Event")):
        message = rf"got {name} \(arguments are catalogue, source\)"
        with pytest.raises(TypeError, match=message):
            fitted.discriminate(given, catalogue)


def test_types_of_other_classes_raise_by_name(fitted, new):
    catalogue, stream, _ = new
    message = "event_types must be of the classes earthquake, explosion; got 'blast'"
    with pytest.raises(ValueError, match=message):
        fitted.discriminate(catalogue, stream, event_types={"blast": "explosion"})


def test_comments_have_probabilities_and_creation_info(fitted, new):
    catalogue, stream, _ = new
    result = fitted.discriminate(catalogue, stream, agency_id="XY")
    for event, (_, row) in zip(result.catalogue, result.events.iterrows(), strict=True):
        (comment,) = event.comments
        assert row["decision"] in comment.text
        assert f"explosion {row['score_explosion']:.3f}" in comment.text
        assert "3 records of 3 stations" in comment.text
        assert comment.creation_info.agency_id == "XY"
        assert comment.creation_info.author == "skseisfp"
        assert event.creation_info.agency_id == "XY"


def test_creation_info_of_an_agency_stays(fitted):
    catalogue, stream, _ = make_catalogue([8])
    catalogue[0].creation_info = CreationInfo(agency_id="ABC")
    result = fitted.discriminate(catalogue, stream, agency_id="XY")
    assert result.catalogue[0].creation_info.agency_id == "ABC"


@pytest.mark.parametrize("kind", ["QUAKEML", "SCML"])
def test_the_catalogue_survives_a_file(fitted, new, kind):
    catalogue, stream, _ = new
    written = fitted.discriminate(catalogue, stream, agency_id="XY").catalogue
    buffer = io.BytesIO()
    written.write(buffer, format=kind)
    buffer.seek(0)
    again = read_events(buffer, format=kind)
    for one, other in zip(written, again, strict=True):
        assert other.event_type == one.event_type
        assert other.event_type_certainty == one.event_type_certainty
        assert other.comments[0].text == one.comments[0].text
        info = other.comments[0].creation_info
        assert (info.agency_id, info.author) == ("XY", "skseisfp")
        assert abs(info.creation_time - one.comments[0].creation_info.creation_time) < 1
        assert other.creation_info.agency_id == "XY"


def test_a_path_of_quakeml_and_a_folder_of_files(fitted, new, tmp_path):
    catalogue, stream, kinds = new
    catalogue.write(str(tmp_path / "events.xml"), format="QUAKEML")
    (tmp_path / "waveforms").mkdir()
    stream.write(str(tmp_path / "waveforms" / "all.mseed"), format="MSEED")
    result = fitted.discriminate(tmp_path / "events.xml", tmp_path / "waveforms")
    assert by_number(result.events)["decision"].to_dict() == kinds
    assert len(result.catalogue) == 4


def test_a_client_of_an_sds_folder(fitted, new, tmp_path):
    catalogue, stream, kinds = new
    for number, trace in enumerate(stream):
        stats = trace.stats
        folder = tmp_path / "2024" / "XX" / stats.station / f"{stats.channel}.D"
        folder.mkdir(parents=True, exist_ok=True)
        trace.write(str(tmp_path / f"{number}.mseed"), format="MSEED")
        with (folder / f"XX.{stats.station}..{stats.channel}.D.2024.001").open(
            "ab"
        ) as day:
            day.write((tmp_path / f"{number}.mseed").read_bytes())
    result = fitted.discriminate(catalogue, Client(str(tmp_path)))
    assert by_number(result.events)["decision"].to_dict() == kinds


@pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning",
    "ignore:pkg_resources is deprecated",
)
def test_a_client_of_a_data_centre(fitted, new):
    catalogue, stream, kinds = new
    whole = Stream([trace.copy() for trace in stream])
    for trace in whole:
        trace.data = trace.data.astype("f4")
    stations = Inventory([Network("XX", [Station(name, 50, 10, 0) for name in ONSETS])])
    with StreamCentre(whole, stations) as centre:
        client = FDSNClient(centre.url)
        result = fitted.discriminate(catalogue, client)
    assert by_number(result.events)["decision"].to_dict() == kinds
    assert set(result.stations["pick_source"]) == {"given"}


def test_a_stream_without_catalogue_is_one_event(fitted):
    _, stream, kind = make_event(9)
    result = fitted.discriminate(None, stream)
    assert result.events["decision"].to_dict() == {"event": kind}
    assert [event.event_type for event in result.catalogue] == [kind]


def test_an_archive_is_read(fitted, tmp_path):
    archive = SeismicArchive(tmp_path / "archive")
    for number in range(12):
        event, stream, kind = make_event(number)
        event.event_type = kind
        archive.add(stream, event)
    again = EventDiscriminator(fitted.estimator, reader=fitted.reader).fit(archive)
    assert again.contract_.n_records == 36
    result = fitted.discriminate(None, archive)
    assert len(result.events) == len(result.catalogue) == 12
    assert (result.events["decision"] != "undecided").all()


def test_dead_and_noise_stations_do_not_vote(fitted):
    catalogue, stream, kinds = make_catalogue([8])
    for trace in stream.select(station="A"):
        trace.data = np.random.default_rng(ord(trace.stats.channel[-1])).normal(
            size=trace.stats.npts, scale=10
        )
    result = fitted.discriminate(catalogue, stream)
    flags = result.stations.set_index("station")["flags"]
    assert flags.to_dict() == {"XX.A": "noise_like", "XX.B": "", "XX.C": ""}
    row = by_number(result.events).loc["8"]
    assert (row["n_stations"], row["flags"], row["decision"]) == (2, "", kinds["8"])
    few = EventDiscriminator(fitted.estimator, reader=fitted.reader, min_stations=3)
    few.fit(_training(fitted.reader))
    row = by_number(few.discriminate(catalogue, stream).events).loc["8"]
    assert (row["flags"], row["decision"]) == ("too_few_stations", "undecided")


def _training(reader):
    catalogue, stream, _ = make_catalogue(range(8))
    return reader.read(stream, events=catalogue)


def test_events_without_records_are_listed(fitted):
    catalogue, stream, _ = make_catalogue([8, 9])
    alone = Stream([t for t in stream if t.stats.starttime < START + 8500])
    result = fitted.discriminate(catalogue, alone)
    row = by_number(result.events).loc["9"]
    assert (row["n_records"], row["decision"]) == (0, "undecided")
    assert result.catalogue[1].comments == []


def test_undecided_events_get_no_type(fitted):
    catalogue, stream, _ = make_catalogue([8], types={})
    for trace in stream:
        trace.data = trace.data * 1e5
    result = fitted.discriminate(catalogue, stream)
    assert result.events["flags"].tolist() == ["out_of_range"]
    assert result.catalogue[0].event_type is None
    assert "undecided" in result.catalogue[0].comments[0].text
    assert "out_of_range" in result.catalogue[0].comments[0].text


def test_magnitudes_out_of_range_are_flagged(fitted):
    bunch = _training(fitted.reader)
    bunch.frame["magnitude"] = np.linspace(2, 3, len(bunch.data))
    model = EventDiscriminator(fitted.estimator).fit(bunch)
    assert model.contract_.ranges["magnitude"] == (2.0, 3.0)
    assert set(model.predict_events(bunch)["flags"]) == {""}
    bunch.frame.loc[:3, "magnitude"] = 4.5
    assert set(model.flag_records(bunch)["flags"][:4]) == {"out_of_range"}
    assert set(model.flag_records(bunch)["flags"][4:]) == {""}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sampling_rate": 20.0}, "sampling rate of 20 Hz; .* fitted on 40 Hz"),
        ({"components": "Z"}, "components 'Z'; .* fitted on 'ZNE'"),
        ({"response": "VEL"}, r"in m/s; .* fitted on counts"),
        ({"window": (-5, 30)}, r"window=\(-5.0, 30.0\)"),
        ({"window": (-10, 22)}, r"window=\(-10.0, 22.0\)"),
        ({"align": "origin"}, "align='origin'"),
    ],
)
@pytest.mark.parametrize("saved", [False, True])
def test_another_reader_raises_by_name(fitted, new, tmp_path, changes, message, saved):
    catalogue, stream, _ = new
    model = fitted
    if saved:
        save(fitted, tmp_path / "model.skops")
        model = load(tmp_path / "model.skops")
    reader = model.reader
    model.reader = WaveformReader(**{**reader.get_params(), **changes})
    try:
        with pytest.raises(ValueError, match=message):
            model.discriminate(catalogue, stream)
    finally:
        model.reader = reader


def test_a_saved_file_keeps_the_contract(fitted, new, tmp_path):
    catalogue, stream, _ = new
    save(fitted, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops")
    assert again.contract_ == fitted.contract_
    assert again.model_card() == fitted.model_card()
    with ZipFile(tmp_path / "model.skops") as file:
        note = json.loads(file.read("skseisfp.json"))
    assert note["model_card"] == fitted.model_card()
    pd.testing.assert_frame_equal(
        again.discriminate(catalogue, stream).events,
        fitted.discriminate(catalogue, stream).events,
    )


def test_a_reader_is_needed(fitted, new):
    catalogue, stream, _ = new
    model = EventDiscriminator(fitted.estimator).fit(_training(fitted.reader))
    with pytest.raises(ValueError, match="discriminate needs a reader"):
        model.discriminate(catalogue, stream)
    with pytest.raises(ValueError, match="An archive needs a reader"):
        model.fit(SeismicArchive.__new__(SeismicArchive))


def test_classes_that_quakeml_does_not_know_raise(fitted, new):
    catalogue, stream, _ = new
    bunch = _training(fitted.reader)
    y = np.where(bunch.target == "earthquake", "natural", "anthropogenic")
    model = EventDiscriminator(fitted.estimator, reader=fitted.reader).fit(bunch, y)
    with pytest.raises(ValueError, match="no event type 'anthropogenic'"):
        model.discriminate(catalogue, stream)
    types = {"natural": "earthquake", "anthropogenic": "quarry blast"}
    result = model.discriminate(catalogue, stream, event_types=types, overwrite=True)
    assert {event.event_type for event in result.catalogue} == set(types.values())

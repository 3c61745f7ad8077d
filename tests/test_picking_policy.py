"""The policy of onsets: which are taken, made, doubtful, and what the result says."""

from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from obspy import Inventory, Stream
from obspy.clients.filesystem.sds import Client
from obspy.core.inventory import Network, Station
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_event_discriminator_catalogue import (
    ONSETS,
    RATE,
    START,
    make_catalogue,
    make_event,
)

from skseisfp import load, save
from skseisfp.archive import SeismicArchive
from skseisfp.inference import EventDiscriminator, PickingPolicy
from skseisfp.inference._discriminator_base import DiscriminatorBase
from skseisfp.inference._source_records import read_archive
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer

pytestmark = pytest.mark.filterwarnings(
    "ignore:[0-9]+ records? ha(s|ve) P before the origin"  # the policies are of these
)


def make_discriminator(picking=None, **window):
    reader = WaveformReader(
        components="Z",
        sampling_rate=RATE,
        **({"window": (-5, 27), "align": "P"} | window),
    )
    pipeline = make_pipeline(
        FingerprintTransformer(
            sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
        ),
        LogisticRegression(),
    )
    return EventDiscriminator(pipeline, reader=reader, picking=picking)


def fit(model):
    catalogue, stream, _ = make_catalogue(range(8))
    return model.fit(model.reader.read(stream, events=catalogue))


@pytest.fixture(scope="module", name="fitted")
def fit_discriminator():
    return fit(make_discriminator())


def with_policy(fitted, **options):
    """Return the discriminator with another policy of onsets."""
    model = clone(fitted)
    vars(model).update(vars(fitted))
    return model.set_params(picking=PickingPolicy(**options))


def event_with(number=8, *, mode=None, late=(0.0, 0.0, 0.0)):
    """Return a catalogue of one event whose picks have a mode and are late by seconds.

    Stations whose pick is late by None have none.
    """
    catalogue, stream, kinds = make_catalogue([number], types={})
    picks = catalogue[0].picks
    for pick, seconds in zip(list(picks), late, strict=True):
        if seconds is None:
            picks.remove(pick)
            continue
        pick.time += seconds
        pick.evaluation_mode = mode
    return catalogue, stream, kinds[str(number)]


def facts(result, *names):
    return result.stations.set_index("station")[list(names)].to_dict("index")


@pytest.mark.parametrize(
    ("mode", "source", "status"),
    [
        ("manual", "manual", "given"),
        ("automatic", "automatic", "automatic"),
        (None, "given", "given"),
    ],
)
def test_the_table_of_records_says_where_onsets_are_from(fitted, mode, source, status):
    catalogue, stream, kind = event_with(mode=mode)
    result = fitted.discriminate(catalogue, stream)
    assert list(result.stations["pick_source"]) == [source] * 3
    assert list(result.stations["pick_status"]) == [status] * 3
    assert result.events["decision"].tolist() == [kind]


def test_onsets_of_events_without_picks_are_found(fitted):
    catalogue, stream, kind = event_with(late=(None, None, None))
    result = fitted.discriminate(catalogue, stream)
    assert list(result.stations["pick_source"]) == ["picked"] * 3
    assert list(result.stations["pick_status"]) == ["automatic"] * 3
    assert result.events["decision"].tolist() == [kind]
    begin = result.stations["start_time"] + pd.to_timedelta(
        result.stations["p_arrival"], unit="s"
    )
    true = (START + 8000).timestamp + np.array(list(ONSETS.values()))
    assert np.abs([t.timestamp() for t in begin] - true).max() < 0.2
    with pytest.raises(ValueError, match="it has no P pick"):
        with_policy(fitted, missing="reject").discriminate(catalogue, stream)


def test_onsets_of_stations_without_picks_are_found_if_asked_for(fitted):
    catalogue, stream, _ = event_with(mode="manual", late=(0.0, None, 0.0))
    result = fitted.discriminate(catalogue, stream)
    assert list(result.stations["station"]) == ["XX.A", "XX.C"]
    assert "it has no P pick" in result.rejected["reason"].tolist()
    result = with_policy(fitted, missing="stations").discriminate(catalogue, stream)
    assert facts(result, "pick_source") == {
        "XX.A": {"pick_source": "manual"},
        "XX.B": {"pick_source": "picked"},
        "XX.C": {"pick_source": "manual"},
    }
    assert result.events["n_stations"].tolist() == [3]


def test_the_threshold_and_the_time_of_the_search_are_choices(fitted):
    catalogue, stream, _ = event_with(late=(None, None, None))
    for options in ({"threshold": 10.0}, {"search": 6.0}):
        model = with_policy(fitted, **options)
        if options == {"search": 6.0}:  # P of A comes 5 s, of B 8 s after the origin
            stations = model.discriminate(catalogue, stream).stations["station"]
            assert stations.tolist() == ["XX.A"]
            continue
        with pytest.raises(ValueError, match="it has no P pick"):
            model.discriminate(catalogue, stream)


@pytest.mark.parametrize("kind", ["folder", "client", "archive"])
def test_onsets_are_found_in_every_source(fitted, tmp_path, kind):
    catalogue, stream, true = event_with(late=(None, None, None))
    if kind == "archive":
        source = SeismicArchive(tmp_path / "archive")
        source.add(stream, catalogue[0])
        source.add(*make_event(9)[1::-1])
    else:
        for trace in stream:
            stats = trace.stats
            folder = tmp_path / "2024" / "XX" / stats.station / f"{stats.channel}.D"
            folder.mkdir(parents=True, exist_ok=True)
            name = f"XX.{stats.station}..{stats.channel}.D.2024.001"
            trace.write(str(folder / name), format="MSEED")
        source = tmp_path if kind == "folder" else Client(str(tmp_path))
    result = fitted.discriminate(catalogue, source)
    of_event = result.stations["event_id"] == "smi:local/event/8"
    assert result.stations.loc[of_event, "pick_source"].tolist() == ["picked"] * 3
    assert result.events["decision"].tolist() == [true]
    if kind == "archive":
        both = fitted.discriminate(None, source)
        assert both.stations.groupby("event_id")["pick_source"].first().tolist() == [
            "picked",
            "given",
        ]


@pytest.mark.parametrize(
    ("modes", "mode", "taken"),
    [
        ("manual", "manual", True),
        ("manual", "automatic", False),
        ("manual", None, False),
        ("not_automatic", None, True),
        ("not_automatic", "automatic", False),
        ("all", "automatic", True),
    ],
)
def test_modes_of_picks_are_a_choice(fitted, modes, mode, taken):
    catalogue, stream, _ = event_with(mode=mode)
    catalogue[0].picks[0].evaluation_mode = "manual"
    model = with_policy(fitted, modes=modes, missing="reject")
    result = model.discriminate(catalogue, stream)
    assert len(result.stations) == (3 if taken else 1)
    if not taken:
        said = "automatic" if mode else "of no known mode"
        assert (
            result.rejected["reason"].tolist()
            == [f"its P pick is {said}, and picking takes modes='{modes}'"] * 2
        )


def test_rejected_picks_are_never_taken(fitted):
    catalogue, stream, _ = event_with(mode="manual")
    catalogue[0].picks[1].evaluation_status = "rejected"
    result = fitted.discriminate(catalogue, stream)
    assert list(result.stations["station"]) == ["XX.A", "XX.C"]


@pytest.mark.parametrize(
    ("mode", "late", "status", "flagged"),
    [
        ("automatic", (0.0, 0.0, 45.0), "no agreement", True),
        ("automatic", (-20.0, 0.0, 0.0), "before origin", True),
        ("manual", (-20.0, 0.0, 0.0), "before origin", True),
        ("manual", (0.0, 0.0, 45.0), "given", False),
    ],
)
def test_records_of_doubtful_onsets_are_flagged_and_do_not_vote(
    fitted, mode, late, status, flagged
):
    catalogue, stream, kind = event_with(mode=mode, late=late)
    station = "XX.C" if late[2] else "XX.A"
    stream = stream.copy()
    for trace in stream:  # so that the window about a late pick is there
        trace.data = np.tile(trace.data, 2)
    result = fitted.discriminate(catalogue, stream)
    row = result.stations.set_index("station").loc[station]
    assert row["pick_status"] == status
    assert ("doubtful_onset" in row["flags"]) == flagged
    if flagged:
        assert result.events["n_stations"].tolist() == [2]
        assert result.events["decision"].tolist() == [kind]
    kept = with_policy(fitted, doubtful="keep").discriminate(catalogue, stream)
    row = kept.stations.set_index("station").loc[station]
    assert row["pick_status"] == status
    assert "doubtful_onset" not in row["flags"]


def test_an_event_of_doubtful_onsets_alone_stays_undecided(fitted):
    catalogue, stream, _ = event_with(mode="automatic", late=(-12.0, -12.0, -15.0))
    result = fitted.discriminate(catalogue, stream)
    assert "doubtful_onset" in result.events["flags"].iloc[0]
    assert result.events["decision"].tolist() == ["undecided"]
    assert result.events["n_stations"].tolist() == [0]
    assert "doubtful_onset" in result.catalogue[0].comments[0].text


def test_one_automatic_onset_is_used_and_said_so(fitted):
    catalogue, stream, kind = event_with(mode="automatic", late=(0.0, None, None))
    result = fitted.discriminate(catalogue, stream)
    assert result.stations["pick_status"].tolist() == ["one station"]
    assert result.events["decision"].tolist() == [kind]


def test_places_of_stations_narrow_the_agreement(fitted):
    catalogue, stream, _ = event_with(mode="automatic", late=(0.0, 0.0, 20.0))
    stations = [Station(name, 50, 10 + 0.1 * at, 0) for at, name in enumerate(ONSETS)]
    inventory = Inventory([Network("XX", stations=stations)], source="test")
    flags = fitted.discriminate(catalogue, stream).stations["flags"]
    assert "doubtful_onset" not in flags.iloc[2]
    result = fitted.discriminate(catalogue, stream, inventory=inventory)
    assert "doubtful_onset" in result.stations["flags"].iloc[2]


def test_a_stream_alone_is_picked_and_its_onsets_must_agree(fitted):
    _, stream, kind = make_event(9)
    result = fitted.discriminate(None, stream)
    assert list(result.stations["pick_source"]) == ["picked"] * 3
    assert list(result.events["decision"]) == [kind]
    apart = stream.copy()
    for trace in apart.select(station="C"):
        trace.stats.starttime += 120
    result = fitted.discriminate(None, apart)
    row = result.stations.set_index("station").loc["XX.C"]
    assert (row["pick_status"], row["flags"]) == ("no agreement", "doubtful_onset")
    with pytest.raises(ValueError, match="it has no P pick"):
        with_policy(fitted, missing="reject").discriminate(None, stream)


def test_windows_from_the_origin_have_no_doubtful_onset():
    model = fit(make_discriminator(window=(0, 40), align="origin"))
    catalogue, stream, _ = event_with(mode="automatic", late=(-20.0, 0.0, 0.0))
    result = model.discriminate(catalogue, stream)
    row = result.stations.set_index("station").loc["XX.A"]
    assert np.isnan(row["p_arrival"])
    assert row["pick_status"] in ("", "before origin")
    assert row["flags"] == ""
    none, stream, _ = event_with(late=(None, None, None))
    assert set(model.discriminate(none, stream).stations["pick_source"]) == {""}


def test_an_archive_is_fitted_by_the_policy(tmp_path):
    archive = SeismicArchive(tmp_path / "archive")
    for number in range(6):
        event, stream, kind = make_event(number)
        event.event_type = kind
        if number == 3:
            event.picks[0].time -= 20
        archive.add(stream.select(channel="HHZ"), event)
    model = make_discriminator().fit(archive)
    assert model.contract_.n_records == 17
    assert set(model.contract_.ranges) >= {"magnitude", "depth_km", "snr_db", "peak"}
    keep = read_archive(model.reader, archive, PickingPolicy(doubtful="keep"))
    assert len(keep.data) == len(keep.target) == 18
    kept = read_archive(model.reader, archive, PickingPolicy())
    assert len(kept.data) == len(kept.frame) == len(kept.target) == 17
    assert kept.rejected["reason"].tolist() == ["its P pick is before the origin"]


def test_the_contract_the_card_and_the_file_hold_the_policy(fitted, tmp_path):
    policy = PickingPolicy(modes="manual", missing="stations", threshold=5.0)
    model = fit(make_discriminator(policy))
    assert model.contract_.picking == policy.get_params()
    card = model.model_card()
    assert "| picks of a catalogue, by evaluation mode | manual |" in card
    assert "| from ratio | 5 |" in card
    path = tmp_path / "model.skops"
    save(model, path)
    again = load(path)
    assert again.picking.get_params() == policy.get_params()
    assert again.contract_ == model.contract_
    with ZipFile(path) as archive:
        assert b"by evaluation mode | manual" in archive.read("skseisfp.json")
    assert fitted.contract_.picking == PickingPolicy().get_params()


def test_files_of_versions_without_policy_use_all_onsets(fitted):
    model = with_policy(fitted)
    model.set_params(picking=None)
    model.contract_ = type(fitted.contract_)(
        **{**vars(fitted.contract_), "picking": {}}
    )
    assert model._picking() is DiscriminatorBase._earlier_picking
    catalogue, stream, _ = event_with(mode="automatic", late=(-12.0, -12.0, -15.0))
    flags = model.discriminate(catalogue, stream).stations["flags"]
    assert not flags.str.contains("doubtful_onset").any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("modes", "automatic"),
        ("missing", "pick"),
        ("threshold", 0),
        ("threshold", 11),
        ("threshold", np.nan),
        ("search", 1.0),
        ("search", np.inf),
        ("doubtful", "reject"),
    ],
)
def test_parameters_out_of_range_raise(fitted, name, value):
    with pytest.raises(ValueError, match=f"{name} must be"):
        fit(make_discriminator(PickingPolicy(**{name: value})))
    with pytest.raises(ValueError, match=f"{name} must be"):
        with_policy(fitted, **{name: value}).discriminate(None, Stream())


def test_the_policy_is_one():
    with pytest.raises(ValueError, match="picking must be an instance of"):
        fit(make_discriminator("manual"))

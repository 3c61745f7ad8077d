"""Records of miniSEED files."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skseisfp.datasets import load_records

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)


def write_miniseed(
    path, traces, *, event="2024001T000000", station="AB.STA", rate=40.0, start=0.0
):
    """Write a file of (channel, samples) with masked gaps left out."""
    import obspy

    stream = obspy.Stream()
    for channel, samples in traces:
        network, name = station.split(".")
        header = {
            "network": network,
            "station": name,
            "channel": channel,
            "sampling_rate": rate,
            "starttime": obspy.UTCDateTime(0) + start,
        }
        stream += obspy.Trace(samples, header)
    folder = path / event
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{station.replace('.', '_')}_{event}.mseed"
    stream.split().write(str(file), format="MSEED")
    return file


def write_folder(path, n_events=2, n_stations=2, **options):
    for event in range(n_events):
        for station in range(n_stations):
            samples = np.full((3, 400), 100 * event + 10 * station)
            samples += np.arange(3)[:, None]
            write_miniseed(
                path / "mseed",
                zip(["HHE", "HHN", "HHZ"], samples.astype(np.int32), strict=True),
                event=f"ev{event}",
                station=f"AB.S{station}",
                **options,
            )
    labels = pd.DataFrame({"time": [f"ev{event}" for event in range(n_events)]})
    labels["label_cat"] = np.arange(n_events) % 2
    labels.to_csv(path / "labels.csv", index=False)
    return path


def assert_bad_file(path, message):
    """Check that one bad file among four good ones is named, or left out."""
    with pytest.raises(ValueError, match=message):
        load_records(path)
    bunch = load_records(path, invalid="reject")
    assert len(bunch.data) == 4
    assert bunch.rejected["reason"].str.contains(message).all()
    return bunch


def test_miniseed(tmp_path):
    bunch = load_records(write_folder(tmp_path))
    assert bunch.data.shape == (4, 3, 400)
    assert_array_equal(bunch.data[:, 0, 0], [2, 12, 102, 112])  # Z is written last
    assert_array_equal(bunch.data[0, :, 0], [2, 1, 0])
    assert_array_equal(bunch.groups, ["ev0", "ev0", "ev1", "ev1"])
    assert_array_equal(bunch.target, [0, 0, 1, 1])
    assert bunch.target.dtype.kind == "i"
    assert_array_equal(bunch.stations, ["AB.S0", "AB.S1", "AB.S0", "AB.S1"])
    assert list(bunch.frame["channels"]) == ["HHE HHN HHZ"] * 4
    assert bunch.frame["p_arrival"].isna().all()


def test_query_and_components_of_miniseed(tmp_path):
    path = write_folder(tmp_path)
    bunch = load_records(path, query="station == 'AB.S1'", components="Z")
    assert_array_equal(bunch.data[:, 0], [12, 112])
    assert list(bunch.rejected["station"]) == ["AB.S0", "AB.S0"]


def test_labels_may_lie_elsewhere(tmp_path):
    path = write_folder(tmp_path / "data")
    labels = pd.DataFrame(
        {
            "magnitude": [1.0, 2.0],
            "event_id": ["ev1", "ev0"],
            "kind": ["blast", "quake"],
        }
    )
    file = tmp_path / "other.csv"
    labels.to_csv(file, index=False)
    bunch = load_records(path, labels=file, target="kind")
    assert_array_equal(bunch.target, ["quake", "quake", "blast", "blast"])
    with pytest.raises(ValueError, match="has the columns magnitude, kind; name"):
        load_records(path, labels=file)
    with pytest.raises(ValueError, match="lacks the columns none"):
        load_records(path, labels=file, target="none")


def test_events_without_labels_and_labels_without_events(tmp_path):
    path = write_folder(tmp_path)
    labels = pd.read_csv(path / "labels.csv")
    labels = labels.replace({"time": {"ev1": "ev9"}})
    labels.to_csv(path / "labels.csv", index=False)
    with pytest.raises(ValueError, match=r"3 records .*(?s:.)*no label_cat") as error:
        load_records(path)
    assert "ev9 has no waveform file" in str(error.value)
    bunch = load_records(path, invalid="reject")
    assert_array_equal(bunch.groups, ["ev0", "ev0"])
    assert len(bunch.rejected) == 3
    labels.loc[1, "time"] = "ev0"
    labels.to_csv(path / "labels.csv", index=False)
    with pytest.raises(ValueError, match="names the event ev0 twice"):
        load_records(path)


@pytest.mark.parametrize("name", ["", "None", "NA"])
def test_a_label_without_event_is_named(tmp_path, name):
    path = write_folder(tmp_path)
    with (path / "labels.csv").open("a") as file:
        file.write(f"{name},earthquake\n")
    with pytest.raises(ValueError, match=r"labels\.csv has no event_id in row \d"):
        load_records(path)


def test_folder_without_miniseed(tmp_path):
    (tmp_path / "labels.csv").write_text("time,label\nev0,1\n")
    with pytest.raises(FileNotFoundError, match=r"no waveform file <event>/\*"):
        load_records(tmp_path)


def test_unreadable_miniseed_is_named(tmp_path):
    path = write_folder(tmp_path)
    (path / "mseed/ev0/AB_BAD_ev0.mseed").write_bytes(b"no miniSEED")
    bunch = assert_bad_file(path, "AB_BAD_ev0.mseed is of no waveform format")
    assert list(bunch.rejected["record_id"]) == ["AB_BAD_ev0"]


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (["HHZ", "HHN", "BHE"], "mixes the instruments"),
        (["HHZ", "HHN", "HH1"], "components 'ZN1'|components '1NZ'"),
        (["HHZ", "HHN"], "choice of components is ZN, that of most records ZNE"),
        (["HHZ", "HHN", "HHX"], "not each of Z"),
    ],
)
def test_wrong_channels_of_miniseed(tmp_path, channels, message):
    path = write_folder(tmp_path)
    samples = np.zeros(400, np.int32)
    traces = [(channel, samples) for channel in channels]
    write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    assert_bad_file(path, message)


def test_gaps_of_miniseed(tmp_path):
    path = write_folder(tmp_path)
    samples = np.ma.arange(400, dtype=np.int32)
    samples[100:120] = np.ma.masked
    traces = [(channel, samples) for channel in ("HHZ", "HHN", "HHE")]
    write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    assert_bad_file(path, "gaps of up to 0.5 s")
    bunch = load_records(path, max_gap=0.5)
    np.testing.assert_allclose(bunch.data[0, 0], np.arange(400.0))


def test_lengths_of_miniseed(tmp_path):
    path = write_folder(tmp_path)
    traces = [(name, np.arange(350, dtype=np.int32)) for name in ("HHZ", "HHN", "HHE")]
    write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    assert_bad_file(path, "length in samples is 350, that of most records 400")
    assert load_records(path, n_samples=300).data.shape == (5, 3, 300)
    with pytest.raises(ValueError, match="it has 350 of 360 samples"):
        load_records(path, n_samples=360)
    padded = load_records(path, n_samples=360, pad="reflect").data
    expected = np.concatenate([np.arange(350), np.arange(348, 338, -1)])
    assert_array_equal(padded[0], [expected] * 3)


def test_components_are_cut_to_their_common_time(tmp_path):
    path = write_folder(tmp_path, n_events=1, n_stations=1)
    samples = np.arange(400, dtype=np.int32)
    file = write_miniseed(path / "mseed", [("HHZ", samples)], event="ev0", start=0.25)
    import obspy

    late = obspy.read(str(file))
    file.unlink()
    early = write_miniseed(
        path / "mseed", [("HHN", samples), ("HHE", samples)], event="ev0"
    )
    (obspy.read(str(early)) + late).write(str(early), format="MSEED")
    bunch = load_records(path, query="station == 'AB.STA'")
    assert bunch.data.shape == (1, 3, 390)
    assert_array_equal(bunch.data[0, 0], np.arange(390))
    assert_array_equal(bunch.data[0, 1], np.arange(10, 400))


def of_two_rates(stream):
    stream[2].stats.sampling_rate = 50.0


def far_apart(stream):
    stream[2].stats.starttime += 3600


def of_two_types(stream):
    later = stream[2].copy()
    later.stats.starttime += 20
    later.data = later.data.astype(np.float32)
    stream.append(later)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (of_two_rates, r"it mixes the sampling rates 40\.0, 50\.0"),
        (far_apart, "its components have no time in common"),
        (of_two_types, "its traces cannot be merged"),
    ],
)
def test_traces_that_do_not_fit_each_other_are_named(tmp_path, change, message):
    import obspy

    path = write_folder(tmp_path)
    samples = np.arange(400, dtype=np.int32)
    traces = [(channel, samples) for channel in ("HHZ", "HHN", "HHE")]
    file = write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    stream = obspy.read(str(file), format="MSEED")
    for trace in stream:
        del trace.stats.mseed
    change(stream)
    parts = []
    for trace in stream:  # obspy warns where one file has several types
        trace.write(str(file), format="MSEED")
        parts.append(file.read_bytes())
    file.write_bytes(b"".join(parts))
    bunch = assert_bad_file(path, message)
    assert list(bunch.rejected["record_id"]) == ["AB_BAD_ev0"]

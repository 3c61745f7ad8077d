import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skseisfp.datasets import load_records, make_seismograms

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)

needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)


def real(name):
    return Path(os.environ["SKSEISFP_DATA"]) / name


def table(n_records=6, **columns):
    frame = pd.DataFrame(
        {
            "record_id": [f"r{row}" for row in range(n_records)],
            "event_id": [f"{row // 2:03d}" for row in range(n_records)],
            "station": "XX.A",
            "event_type": ["earthquake", "explosion"] * (n_records // 2),
            "sampling_rate_hz": 40,
            "snr_db": np.arange(n_records, dtype=float),
        }
    )
    return frame.assign(**columns)


def write_arrays(path, X, frame):
    frame.to_csv(path / "metadata.csv", index=False)
    np.savez(path / "waveforms.npz", X=X)
    return path


def waves(n_records=6, n_channels=3, n_samples=50, dtype=np.float32):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_records, n_channels, n_samples)).astype(dtype)


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


def write_archive(path, n_events=2, n_stations=2, **options):
    for event in range(n_events):
        for station in range(n_stations):
            samples = waves(1, 3, 400, np.int32)[0] * 0 + 100 * event + 10 * station
            samples = samples + np.arange(3)[:, None]
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


# arrays


def test_arrays(tmp_path):
    X = waves()
    bunch = load_records(write_arrays(tmp_path, X, table()))
    assert_array_equal(bunch.data, X)
    assert bunch.data.dtype == np.float32
    assert bunch.components == "ZNE"
    assert bunch.sampling_rate == 40.0
    assert bunch.target_names == ["earthquake", "explosion"]
    assert_array_equal(bunch.target, table()["event_type"])
    assert_array_equal(bunch.groups, ["000", "000", "001", "001", "002", "002"])
    assert_array_equal(bunch.stations, ["XX.A"] * 6)
    assert bunch.frame["arrival_sample"].isna().all()
    assert len(bunch.rejected) == 0
    assert "6 records of 3 events" in bunch.DESCR


@pytest.mark.parametrize("shape", [(6, 50), (6, 1, 50)])
def test_one_component_has_no_axis(tmp_path, shape):
    X = waves(6, 1).reshape(shape)
    bunch = load_records(write_arrays(tmp_path, X, table()))
    assert_array_equal(bunch.data, X.reshape(6, 50))
    assert bunch.components == "Z"


def test_hdf5_equals_npz(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    X = waves()
    table().to_csv(tmp_path / "metadata.csv", index=False)
    with h5py.File(tmp_path / "waveforms.hdf5", "w") as file:
        file["X"] = X
    assert_array_equal(load_records(tmp_path).data, X)


def test_synthetic_records_survive_the_disk(tmp_path):
    made = make_seismograms(12, n_components=3, random_state=0)
    bunch = load_records(write_arrays(tmp_path, made.data, made.frame))
    for name in ("data", "target", "groups", "stations"):
        assert_array_equal(bunch[name], made[name])
    assert_array_equal(bunch.frame["arrival_sample"], made.frame["arrival_sample"])
    assert bunch.components == made.components


def test_components_are_put_in_order(tmp_path):
    X = waves()
    names = ["ZNE", "ENZ", "12Z", "Z12", "NZE", "EZN"]
    order = [[0, 1, 2], [2, 1, 0], [2, 0, 1], [0, 1, 2], [1, 0, 2], [1, 2, 0]]
    path = write_arrays(tmp_path, X, table(components=names))
    expected = np.stack([x[rows] for x, rows in zip(X, order, strict=True)])
    assert_array_equal(load_records(path).data, expected)
    assert_array_equal(load_records(path, components="E").data, expected[:, 2])
    both = load_records(path, components="EZ")
    assert_array_equal(both.data, expected[:, [0, 2]])
    assert both.components == "ZE"


def test_query_selects_and_lists_the_rest(tmp_path):
    X = waves()
    X[0, 0, 0] = np.nan  # never read
    bunch = load_records(write_arrays(tmp_path, X, table()), query="snr_db > 2")
    assert_array_equal(bunch.data, X[3:])
    assert list(bunch.rejected["record_id"]) == ["r0", "r1", "r2"]
    assert set(bunch.rejected["reason"]) == {"not selected by 'snr_db > 2'"}
    assert list(bunch.frame.index) == [0, 1, 2]


def test_first_known_arrival_is_taken(tmp_path):
    frame = table(
        p_sample_analyst=[7, None, None, None, None, None],
        p_sample_auto=[9, 8, -1, -1, 60, -1],
        p_sample=[1, 1, 6, None, None, -1],
    )
    bunch = load_records(write_arrays(tmp_path, waves(), frame))
    nan = np.nan
    assert_array_equal(bunch.frame["arrival_sample"], [7, 8, 6, nan, nan, nan])
    assert_array_equal(bunch.frame["p_sample_auto"], frame["p_sample_auto"])


def test_labels_may_come_from_another_column(tmp_path):
    path = write_arrays(tmp_path, waves(), table(kind=[0, 0, 1, 1, 2, 2]))
    bunch = load_records(path, target="kind")
    assert_array_equal(bunch.target, [0, 0, 1, 1, 2, 2])
    assert bunch.target.dtype.kind == "i"


def test_ids_of_digits_stay_text(tmp_path):
    bunch = load_records(write_arrays(tmp_path, waves(), table()))
    assert list(bunch.frame["event_id"])[:2] == ["000", "000"]


def test_integers_become_float(tmp_path):
    X = (100 * waves()).astype(np.int32)
    bunch = load_records(write_arrays(tmp_path, X, table()))
    assert bunch.data.dtype == np.float64
    assert_array_equal(bunch.data, X)


# records that cannot be taken


def assert_refused_and_rejected(path, row, message, **options):
    """Check that a bad record is named, or left out and listed."""
    with pytest.raises(ValueError, match=f"r{row}: .*{message}"):
        load_records(path, **options)
    bunch = load_records(path, invalid="reject", **options)
    assert list(bunch.rejected["record_id"]) == [f"r{row}"]
    assert bunch.rejected["reason"].str.contains(message).all()
    assert len(bunch.data) == len(bunch.target) == len(bunch.frame) == 5
    assert f"r{row}" not in set(bunch.frame["record_id"])
    return bunch


@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "gaps of up to 0.025 s"), (np.inf, "infinite")]
)
def test_values_that_are_not_finite(tmp_path, value, message):
    X = waves()
    X[4, 1, 10] = value
    assert_refused_and_rejected(write_arrays(tmp_path, X, table()), 4, message)


@pytest.mark.parametrize("column", ["event_type", "event_id"])
def test_missing_entries(tmp_path, column):
    frame = table()
    frame.loc[2, column] = None
    assert_refused_and_rejected(
        write_arrays(tmp_path, waves(), frame), 2, f"no {column}"
    )


def test_impossible_rates(tmp_path):
    frame = table(sampling_rate_hz=[40, 40, 40, 0, 40, 40])
    assert_refused_and_rejected(
        write_arrays(tmp_path, waves(), frame), 3, "its sampling rate"
    )


def test_wrong_components(tmp_path):
    frame = table(components=["ZNE"] * 5 + ["ZZE"])
    assert_refused_and_rejected(write_arrays(tmp_path, waves(), frame), 5, "'ZZE'")
    (tmp_path / "one").mkdir()
    frame = table(components=["Z"] * 5 + ["E"])
    path = write_arrays(tmp_path / "one", waves(6, 1), frame)
    assert_refused_and_rejected(
        path, 5, "choice of components is E, that of most records Z"
    )
    assert_refused_and_rejected(path, 5, "no component Z", components="Z")


def test_mixed_rates_are_refused_or_resampled(tmp_path):
    times = np.arange(400) / 40.0
    tone = np.sin(2 * np.pi * 1.5 * times) + 5.0
    fast = np.sin(2 * np.pi * 1.5 * np.arange(400) / 100.0) + 5.0
    frame = table(
        sampling_rate_hz=[40, 40, 40, 40, 100, 40],
        p_sample=[80, 80, 80, 80, 200, 80],
        s_sample=[120, 170, -1, np.nan, 300, 120],
    )
    path = write_arrays(tmp_path, np.stack([tone] * 4 + [fast, tone]), frame)
    assert_refused_and_rejected(path, 4, "sampling rate in Hz is 100.0, .* 40.0")
    bunch = load_records(path, sampling_rate=40, n_samples=160)
    assert bunch.data.shape == (6, 160)
    assert bunch.sampling_rate == 40.0
    np.testing.assert_allclose(bunch.data[4, 20:140], tone[20:140], atol=0.02)
    assert_array_equal(bunch.data[0], tone[:160])
    assert_array_equal(bunch.frame["arrival_sample"], 80)
    nothing = np.nan
    assert_array_equal(
        bunch.frame["s_sample"], [120, nothing, nothing, nothing, 120, 120]
    )
    assert list(bunch.frame["sampling_rate_hz"]) == [40, 40, 40, 40, 100, 40]


def test_rates_without_a_common_fraction_are_refused(tmp_path):
    frame = table(sampling_rate_hz=[40] * 5 + [40 * 3001.7])
    path = write_arrays(tmp_path, waves(), frame)
    with pytest.raises(ValueError, match="r5: its rate of 120068 Hz is no"):
        load_records(path, sampling_rate=40)


def test_short_gaps_are_bridged(tmp_path):
    X = np.tile(np.arange(50.0), (6, 1))
    X[1, 10:14] = np.nan
    path = write_arrays(tmp_path, X, table())
    assert_refused_and_rejected(path, 1, "gaps of up to 0.1 s", max_gap=0.05)
    bunch = load_records(path, max_gap=0.1)
    np.testing.assert_allclose(bunch.data, np.tile(np.arange(50.0), (6, 1)))
    X[1, :2] = np.nan
    assert_refused_and_rejected(
        write_arrays(tmp_path, X, table()), 1, "gaps", max_gap=1.0
    )


def test_no_record_left(tmp_path):
    path = write_arrays(tmp_path, waves(), table())
    with pytest.raises(ValueError, match=r"No record of .* 6 x not selected by"):
        load_records(path, query="snr_db > 100")


# folders that cannot be read


def test_missing_folder_and_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        load_records(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"neither metadata.csv nor a table"):
        load_records(tmp_path)
    table().to_csv(tmp_path / "metadata.csv")
    with pytest.raises(FileNotFoundError, match=r"one of waveforms.npz and .*neither"):
        load_records(tmp_path)
    (tmp_path / "waveforms.npz").touch()
    (tmp_path / "waveforms.hdf5").touch()
    with pytest.raises(FileNotFoundError, match="it holds both"):
        load_records(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"text"])
def test_unreadable_waveforms_are_named(tmp_path, content):
    table().to_csv(tmp_path / "metadata.csv")
    (tmp_path / "waveforms.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"waveforms[.]npz cannot be read"):
        load_records(tmp_path)


def test_pickled_waveforms_are_refused(tmp_path):
    path = write_arrays(tmp_path, np.array([{}] * 6, dtype=object), table())
    with pytest.raises(ValueError, match=r"waveforms[.]npz cannot be read.*pickle"):
        load_records(path)


@pytest.mark.parametrize(
    "X", [np.zeros(6), np.zeros((6, 1, 1, 5)), np.full((6, 5), "a")]
)
def test_wrong_waveforms_are_refused(tmp_path, X):
    with pytest.raises(ValueError, match="must be numbers of shape"):
        load_records(write_arrays(tmp_path, X, table()))


def test_unreadable_table_is_named(tmp_path):
    write_arrays(tmp_path, waves(), table())
    (tmp_path / "metadata.csv").write_text("")
    with pytest.raises(ValueError, match=r"metadata.csv cannot be read"):
        load_records(tmp_path)


def test_rows_must_match_the_waveforms(tmp_path):
    path = write_arrays(tmp_path, waves(5), table())
    with pytest.raises(ValueError, match="has 6 rows, but there are 5 waveforms"):
        load_records(path)


def test_missing_columns_are_named(tmp_path):
    frame = table().drop(columns=["station", "event_type"])
    path = write_arrays(tmp_path, waves(), frame)
    with pytest.raises(ValueError, match="lacks the columns station, event_type"):
        load_records(path)


def test_columns_without_numbers_are_named(tmp_path):
    path = write_arrays(tmp_path, waves(), table(p_sample="soon"))
    with pytest.raises(ValueError, match=r"column p_sample of .* holds no numbers"):
        load_records(path)


@pytest.mark.parametrize("query", ["quality > 2", "snr_db >", "snr_db"])
def test_wrong_query_is_named(tmp_path, query):
    path = write_arrays(tmp_path, waves(), table())
    with pytest.raises(ValueError, match=f"query '{query}' failed"):
        load_records(path, query=query)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"components": "ZX"}, "components must name some"),
        ({"components": ""}, "components must name some"),
        ({"components": "ZZ"}, "components must name some"),
        ({"sampling_rate": 0}, "sampling_rate == 0"),
        ({"n_samples": 0}, "n_samples == 0"),
        ({"pad": "zero"}, "pad must be one of"),
        ({"max_gap": -1.0}, "max_gap == -1.0"),
        ({"invalid": "ignore"}, "invalid must be one of"),
    ],
)
def test_wrong_options_are_refused(tmp_path, option, message):
    with pytest.raises(ValueError, match=message):
        load_records(tmp_path, **option)


# miniSEED


def test_miniseed(tmp_path):
    bunch = load_records(write_archive(tmp_path))
    assert bunch.data.shape == (4, 3, 400)
    assert_array_equal(bunch.data[:, 0, 0], [2, 12, 102, 112])  # Z is written last
    assert_array_equal(bunch.data[0, :, 0], [2, 1, 0])
    assert_array_equal(bunch.groups, ["ev0", "ev0", "ev1", "ev1"])
    assert_array_equal(bunch.target, [0, 0, 1, 1])
    assert bunch.target.dtype.kind == "i"
    assert_array_equal(bunch.stations, ["AB.S0", "AB.S1", "AB.S0", "AB.S1"])
    assert list(bunch.frame["channels"]) == ["HHE HHN HHZ"] * 4
    assert bunch.frame["arrival_sample"].isna().all()


def test_query_and_components_of_miniseed(tmp_path):
    path = write_archive(tmp_path)
    bunch = load_records(path, query="station == 'AB.S1'", components="Z")
    assert_array_equal(bunch.data[:, 0], [12, 112])
    assert list(bunch.rejected["station"]) == ["AB.S0", "AB.S0"]


def test_labels_may_lie_elsewhere(tmp_path):
    path = write_archive(tmp_path / "data")
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
    path = write_archive(tmp_path)
    labels = pd.read_csv(path / "labels.csv")
    labels = labels.replace({"time": {"ev1": "ev9"}})
    labels.to_csv(path / "labels.csv", index=False)
    with pytest.raises(ValueError, match=r"3 records .*(?s:.)*no label_cat") as error:
        load_records(path)
    assert "ev9 has no miniSEED file" in str(error.value)
    bunch = load_records(path, invalid="reject")
    assert_array_equal(bunch.groups, ["ev0", "ev0"])
    assert len(bunch.rejected) == 3
    labels.loc[1, "time"] = "ev0"
    labels.to_csv(path / "labels.csv", index=False)
    with pytest.raises(ValueError, match="names the event ev0 twice"):
        load_records(path)


def test_folder_without_miniseed(tmp_path):
    (tmp_path / "labels.csv").write_text("time,label\nev0,1\n")
    with pytest.raises(FileNotFoundError, match=r"no file <event>/\*.mseed"):
        load_records(tmp_path)


def assert_bad_file(path, message):
    """Check that one bad file among four good ones is named, or left out."""
    with pytest.raises(ValueError, match=message):
        load_records(path)
    bunch = load_records(path, invalid="reject")
    assert len(bunch.data) == 4
    assert bunch.rejected["reason"].str.contains(message).all()
    return bunch


def test_unreadable_miniseed_is_named(tmp_path):
    path = write_archive(tmp_path)
    (path / "mseed/ev0/AB_BAD_ev0.mseed").write_bytes(b"no miniSEED")
    bunch = assert_bad_file(path, "AB_BAD_ev0.mseed is no miniSEED")
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
    path = write_archive(tmp_path)
    samples = np.zeros(400, np.int32)
    traces = [(channel, samples) for channel in channels]
    write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    assert_bad_file(path, message)


def test_gaps_of_miniseed(tmp_path):
    path = write_archive(tmp_path)
    samples = np.ma.arange(400, dtype=np.int32)
    samples[100:120] = np.ma.masked
    traces = [(channel, samples) for channel in ("HHZ", "HHN", "HHE")]
    write_miniseed(path / "mseed", traces, event="ev0", station="AB.BAD")
    assert_bad_file(path, "gaps of up to 0.5 s")
    bunch = load_records(path, max_gap=0.5)
    np.testing.assert_allclose(bunch.data[0, 0], np.arange(400.0))


def test_lengths_of_miniseed(tmp_path):
    path = write_archive(tmp_path)
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
    path = write_archive(tmp_path, n_events=1, n_stations=1)
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


# real records


@needs_records
def test_pnw():
    bunch = load_records(real("pnw"))
    assert bunch.data.shape == (1207, 4600)
    assert len(set(bunch.groups)) == 237
    assert bunch.sampling_rate == 40.0
    assert bunch.target_names == ["earthquake", "explosion"]
    analyst = bunch.frame["p_sample_analyst"].notna()
    assert analyst.sum() == 21
    assert_array_equal(
        bunch.frame.loc[analyst, "arrival_sample"],
        bunch.frame.loc[analyst, "p_sample_analyst"],
    )
    automatic = ~analyst & (bunch.frame["p_sample_auto"] >= 0)
    assert_array_equal(
        bunch.frame.loc[automatic, "arrival_sample"],
        bunch.frame.loc[automatic, "p_sample_auto"],
    )
    assert bunch.frame["arrival_sample"].isna().sum() == 1207 - 21 - automatic.sum()
    strong = load_records(real("pnw"), query="snr_db > 6")
    assert strong.data.shape == (1137, 4600)
    assert len(set(strong.groups)) == 236
    assert len(strong.rejected) == 70


@needs_records
def test_esec():
    bunch = load_records(real("esec"))
    assert bunch.data.shape == (490, 3, 4600)
    assert bunch.components == "ZNE"
    assert len(set(bunch.groups)) == 113
    assert len(bunch.target_names) == 4
    surface = load_records(real("esec"), target="event_class", components="Z")
    assert surface.target_names == ["surface_event"]
    assert_array_equal(surface.data, bunch.data[:, 0])


@needs_records
def test_france():
    bunch = load_records(real("france"))
    assert bunch.data.shape == (78, 3, 6001)
    assert bunch.sampling_rate == 100.0
    assert len(set(bunch.groups)) == 9
    by_event = bunch.frame.groupby("event_id")["label_cat"].first()
    assert by_event.value_counts().to_dict() == {1: 6, 0: 3}
    slow = load_records(real("france"), sampling_rate=40, n_samples=2400)
    assert slow.data.shape == (78, 3, 2400)

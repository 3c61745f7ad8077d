"""The SeisBench format, checked against the package of that name."""

import os
import warnings

import h5py
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skseisfp.datasets import (
    load_records,
    load_seisbench,
    make_seismograms,
    save_seisbench,
)
from skseisfp.signal.arrivals import arrival_samples

pytestmark = pytest.mark.filterwarnings(
    # seisbench changes its tables in a way that pandas deprecates
    "ignore:The inplace keyword in DataFrame"
)


@pytest.fixture(scope="module")
def seisbench_data(tmp_path_factory):
    """The module `seisbench.data`, which keeps its files out of the home folder."""
    os.environ.setdefault(
        "SEISBENCH_CACHE_ROOT", str(tmp_path_factory.mktemp("seisbench"))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("seisbench.data")


def write_with_seisbench(data, path, *, chunk="", dimension_order="CW", seed=0):
    """Write a set of unequal traces by the writer of SeisBench, buckets and all."""
    rng = np.random.default_rng(seed)
    traces = []
    writer = data.WaveformDataWriter(
        path / f"metadata{chunk}.csv", path / f"waveforms{chunk}.hdf5"
    )
    with writer:
        writer.data_format = {
            "dimension_order": dimension_order,
            "component_order": "ZNE",
            "measurement": "velocity",
            "unit": "counts",
        }
        for row in range(12):
            trace = rng.standard_normal((3, 3000 + 10 * row)).astype(np.float32)
            metadata = {
                "source_id": f"{chunk}ev{row // 3}",
                "source_type": ["earthquake", "explosion"][row // 3 % 2],
                "split": ["train", "dev", "test"][row % 3],
                "station_network_code": "XX",
                "station_code": f"S{row % 3}",
                "trace_sampling_rate_hz": 100,
                "trace_p_arrival_sample": 1000 + row,
            }
            writer.add_trace(metadata, trace if dimension_order == "CW" else trace.T)
            traces.append(trace)
    return traces


@pytest.mark.parametrize("dimension_order", ["CW", "WC"])
def test_sets_of_seisbench_are_read(seisbench_data, tmp_path, dimension_order):
    traces = write_with_seisbench(
        seisbench_data, tmp_path, dimension_order=dimension_order
    )
    bunch = load_seisbench(tmp_path, window=(-5, 10), align="P")
    assert bunch.data.shape == (12, 3, 1500)
    assert bunch.data.dtype == np.float32
    for row, trace in enumerate(traces):
        assert_array_equal(bunch.data[row], trace[:, 500 + row : 2000 + row])
    assert bunch.frame["p_arrival"].eq(5).all()
    assert bunch.frame["trace_p_arrival_sample"].eq(500).all()
    assert bunch.groups.tolist() == [f"ev{row // 3}" for row in range(12)]
    assert bunch.target_names == ["earthquake", "explosion"]
    assert set(bunch.stations) == {"XX.S0", "XX.S1", "XX.S2"}
    test = load_seisbench(
        tmp_path,
        split="test",
        window=(0, 30),
        query="source_id != @first",
        params={"first": "ev0"},
    )
    assert test.frame["split"].eq("test").all()
    assert len(test.data) == 3
    mapped = load_seisbench(
        tmp_path, labels={"explosion": "blast"}, window=(0, 30), invalid="reject"
    )
    assert mapped.target.tolist() == ["blast"] * 6


def test_chunks_are_read_as_one_set(seisbench_data, tmp_path):
    for chunk in ("2001", "2002"):
        write_with_seisbench(seisbench_data, tmp_path, chunk=chunk, seed=int(chunk))
    bunch = load_seisbench(tmp_path, components="Z", sampling_rate=40, window=(0, 30))
    assert bunch.data.shape == (24, 1200)
    assert len(set(bunch.groups)) == 8
    assert bunch.frame["record_id"].is_unique
    (tmp_path / "chunks").write_text("2001\n")
    assert len(load_seisbench(tmp_path, window=(0, 30)).data) == 12


@pytest.mark.parametrize("chunk_size", [None, 7])
def test_seisbench_reads_what_is_written(seisbench_data, tmp_path, chunk_size):
    written = make_seismograms(n_records=20, random_state=0)
    written.frame["split"] = ["train", "test"] * 10
    save_seisbench(written, tmp_path / "set", chunk_size=chunk_size)
    read = seisbench_data.WaveformDataset(tmp_path / "set", component_order="ZNE")
    assert len(read) == 20
    assert len(read.chunks) == (3 if chunk_size else 1)
    channels = [list("ZNE").index(name) for name in written.components]
    data = np.reshape(written.data, (20, len(channels), -1))
    for row in range(20):
        samples, metadata = read.get_sample(row)
        assert_array_equal(samples[channels], data[row])
        assert metadata["source_id"] == written.groups[row]
        assert metadata["source_type"] == written.target.iloc[row]
        assert metadata["trace_sampling_rate_hz"] == written.sampling_rate
        sample = written.frame["p_arrival"][row] * written.sampling_rate
        assert_allclose(metadata["trace_P_arrival_sample"], sample)
    assert len(read.test()) == 10


def test_sets_come_back_as_they_were(tmp_path):
    written = make_seismograms(n_records=9, random_state=0)
    save_seisbench(written, tmp_path / "set", chunk_size=4)
    read = load_seisbench(tmp_path / "set")
    for name in ("data", "target", "groups", "stations"):
        assert_array_equal(read[name], written[name])
    assert read.sampling_rate == written.sampling_rate
    assert read.components == written.components
    for name in ("p_arrival", "s_arrival"):
        assert_array_equal(read.frame[name], written.frame[name])
    again = load_seisbench(tmp_path / "set", sampling_rate=20)
    save_seisbench(again, tmp_path / "second")
    second = load_seisbench(tmp_path / "second")
    assert_array_equal(second.data, again.data)
    for name in ("p_arrival", "s_arrival"):
        samples = arrival_samples(written.frame[name], 20).round()
        assert_array_equal(again.frame[name], samples / 20)
        phase = f"trace_{name[0].upper()}_arrival_sample"
        assert_array_equal(again.frame[phase], samples)
        for column in (name, phase):
            assert_array_equal(second.frame[column], again.frame[column])


def test_pnw_goes_through(tmp_path):
    if "SKSEISFP_DATA" not in os.environ:
        pytest.skip("SKSEISFP_DATA names no real records")
    folder = f"{os.environ['SKSEISFP_DATA']}/pnw"
    written = load_records(folder, query="label_confidence != 'low'")
    save_seisbench(written, tmp_path / "pnw")
    read = load_seisbench(tmp_path / "pnw", dead="keep")
    assert_array_equal(read.data, written.data)
    assert_array_equal(read.groups, written.groups)
    assert pd.Series(read.target).value_counts()["explosion"] > 100


def test_full_folders_are_not_touched(tmp_path):
    bunch = make_seismograms(n_records=4, random_state=0)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="is not empty"):
        save_seisbench(bunch, tmp_path)
    bunch.components = "ZNE" if bunch.data.ndim == 2 else "Z"
    with pytest.raises(ValueError, match=r"bunch\.data must be numbers of shape"):
        save_seisbench(bunch, tmp_path / "set")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_noise_is_an_event_of_its_own_and_missing_channels_are_seen(tmp_path):
    bunch = make_seismograms(n_records=6, random_state=0)
    save_seisbench(bunch, tmp_path / "set")
    table = pd.read_csv(tmp_path / "set/metadata.csv")
    table.loc[:2, "source_id"] = np.nan
    table.to_csv(tmp_path / "set/metadata.csv", index=False)
    assert len(set(load_seisbench(tmp_path / "set").groups[:3])) == 3
    with h5py.File(tmp_path / "set/waveforms.hdf5", "a") as file:
        file["data/bucket0"][1, ..., :] = 0
    with pytest.raises(ValueError, match="a channel that is dead"):
        load_seisbench(tmp_path / "set")
    read = load_seisbench(tmp_path / "set", invalid="reject")
    assert len(read.data) == 5
    assert len(load_seisbench(tmp_path / "set", dead="keep").data) == 6


def test_events_of_a_set_that_names_none_are_not_known(tmp_path):
    save_seisbench(make_seismograms(n_records=6, random_state=0), tmp_path / "set")
    assert load_seisbench(tmp_path / "set").target.index.name == "event_id"
    spoil_metadata(tmp_path / "set", lambda table: table.drop(columns="source_id"))
    read = load_seisbench(tmp_path / "set")
    assert len(set(read.groups)) == 6
    assert read.target.index.name is None
    stated = load_seisbench(tmp_path / "set", event="trace_name")
    assert stated.target.index.tolist() == stated.groups.tolist()


def spoil_metadata(folder, change):
    file = folder / "metadata.csv"
    change(pd.read_csv(file)).to_csv(file, index=False)


def spoil_waveforms(folder, change):
    with h5py.File(folder / "waveforms.hdf5", "a") as file:
        change(file)


def cut_file(folder, name, n_bytes):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:n_bytes])


def other_layout(file):
    file["X"] = file["data/bucket0"][...]
    del file["data"]


def text_bucket(file):
    del file["data/bucket0"]
    file["data/bucket0"] = np.full((6, 1, 4), b"text")


def enormous(file):
    del file["data/bucket0"]
    file["data"].create_dataset(
        "bucket0", shape=(6, 3, 10**12), dtype="f4", chunks=(1, 1, 10**6)
    )


def stated(name, value):
    """A change of what a file states of its format."""

    def change(file):
        del file["data_format"][name]
        file["data_format"][name] = value

    return change


def no_statements(file):
    del file["data_format"]
    file["data_format"] = 1.0


HOSTILE = {
    "truncated": (lambda folder: cut_file(folder, "waveforms.hdf5", 3000), "HDF5"),
    "no hdf5": (lambda folder: cut_file(folder, "waveforms.hdf5", 0), "HDF5"),
    "no table": (lambda folder: cut_file(folder, "metadata.csv", 0), "cannot be read"),
    "layout": (lambda folder: spoil_waveforms(folder, other_layout), "no group data"),
    "text": (lambda folder: spoil_waveforms(folder, text_bucket), "they are |S4"),
    "enormous": (
        lambda folder: (
            spoil_waveforms(folder, enormous),
            spoil_metadata(folder, lambda t: t.assign(trace_name="bucket0$0,:,:")),
        ),
        "they are float32",
    ),
    "column": (
        lambda folder: spoil_metadata(folder, lambda t: t.drop(columns="trace_name")),
        "lacks the columns trace_name",
    ),
    "target": (
        lambda folder: spoil_metadata(folder, lambda t: t.drop(columns="source_type")),
        "lacks the columns source_type",
    ),
    "bucket": (
        lambda folder: spoil_metadata(folder, lambda t: t.assign(trace_name="b$0")),
        "cannot be read",
    ),
    "place": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_name="bucket0$99,:1,:10")
        ),
        "cannot be read",
    ),
    "location": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_name="bucket0$a:b:c:d")
        ),
        "cannot be read",
    ),
    "rate": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_sampling_rate_hz=1e12)
        ),
        "its sampling rate is 1e",
    ),
    "order": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_component_order="QXYZ")
        ),
        "not each of Z",
    ),
    "dimensions": (
        lambda folder: spoil_waveforms(folder, stated("dimension_order", "NCW")),
        "has the dimension order 'NCW', not CW or WC",
    ),
    "format": (
        lambda folder: spoil_waveforms(folder, no_statements),
        r"waveforms\.hdf5 is damaged",
    ),
    "name": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_name=t["trace_name"].where(t.index > 1))
        ),
        r"2 records .*(?s:.)*it has no trace_name",
    ),
    "no names": (
        lambda folder: spoil_metadata(folder, lambda t: t.assign(trace_name=np.nan)),
        r"6 records .*(?s:.)*it has no trace_name",
    ),
    "one axis": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_name="bucket0$0,0,:10")
        ),
        "have 1 axes, not 2",
    ),
    "interval": (
        lambda folder: spoil_metadata(
            folder, lambda t: t.assign(trace_sampling_rate_hz=np.nan, trace_dt_s=0.0)
        ),
        "its sampling rate is inf",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sets_give_named_errors(tmp_path, name):
    spoil, message = HOSTILE[name]
    save_seisbench(make_seismograms(n_records=6, random_state=0), tmp_path / "set")
    spoil(tmp_path / "set")
    with pytest.raises(ValueError, match=message):
        load_seisbench(tmp_path / "set")


@pytest.mark.parametrize(
    "options",
    [{"target": "source_kind"}, {"labels": "no mapping"}, {"split": "dev"}, {}],
    ids=["target", "labels", "split", "second file"],
)
def test_errors_close_all_files(tmp_path, monkeypatch, options):
    save_seisbench(
        make_seismograms(n_records=6, random_state=0), tmp_path / "set", chunk_size=3
    )
    if not options:
        cut_file(tmp_path / "set", "waveforms0001.hdf5", 100)
    opened, open_file = [], h5py.File

    def record(*arguments, **settings):
        opened.append(open_file(*arguments, **settings))
        return opened[-1]

    monkeypatch.setattr(h5py, "File", record)
    with pytest.raises((TypeError, ValueError)):
        load_seisbench(tmp_path / "set", **options)
    assert len(opened) == (2 if options else 1)
    assert not any(opened)  # a file that is open is true


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks metadata\.csv, waveforms"):
        load_seisbench(tmp_path)
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        load_seisbench(tmp_path / "nowhere")


def test_rates_come_from_rates_intervals_and_the_format(tmp_path):
    written = make_seismograms(n_records=6, random_state=0)
    save_seisbench(written, tmp_path / "set")
    interval = 1 / written.sampling_rate
    for known in (np.full(6, interval), np.where(np.arange(6) % 2, interval, np.nan)):
        spoil_metadata(
            tmp_path / "set",
            lambda t, known=known: t.drop(
                columns="trace_sampling_rate_hz", errors="ignore"
            ).assign(trace_dt_s=known),
        )
        read = load_seisbench(tmp_path / "set")
        assert read.sampling_rate == written.sampling_rate
        assert_array_equal(read.frame["p_arrival"], written.frame["p_arrival"])
    spoil_metadata(tmp_path / "set", lambda t: t.assign(trace_dt_s=0.02))
    assert load_seisbench(tmp_path / "set").sampling_rate == 50.0


def test_records_without_p_cannot_be_cut_at_it(tmp_path):
    save_seisbench(make_seismograms(n_records=6, random_state=0), tmp_path / "set")

    def forget_p(table):
        name = "trace_P_arrival_sample"
        return table.assign(**{name: table[name].where(table.index > 1)})

    spoil_metadata(tmp_path / "set", forget_p)
    about_p = {"window": (-1, 4), "align": "P"}
    with pytest.raises(ValueError, match=r"2 records .*(?s:.)*it has no P arrival"):
        load_seisbench(tmp_path / "set", **about_p)
    read = load_seisbench(tmp_path / "set", **about_p, invalid="reject")
    assert len(read.data) == 4
    assert read.frame["p_arrival"].eq(1).all()
    assert len(load_seisbench(tmp_path / "set", window=(0, 5)).data) == 6


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"align": "P"}, "align='P' needs a window"),
        ({"align": "origin"}, "align must be one of 'start', 'P'; got 'origin'"),
        ({"window": (5, 5)}, r"window must be two increasing times .* got \(5, 5\)"),
        ({"window": (0, 5, 9)}, "window must be two increasing times"),
        ({"window": 30}, "window must be two increasing times"),
        ({"window": (0, np.nan)}, "window must be two increasing times"),
        ({"window": ("start", "end")}, "window must be two increasing times"),
        ({"split": "all"}, "split must be one of None, 'train', 'dev', 'test'"),
        ({"split": np.array(["train", "dev"])}, "split must be one of None, 'train'"),
        ({"max_gap": -1}, "max_gap == -1, must be >= 0"),
        ({"max_gap": np.nan}, "max_gap must be a number; got nan"),
        ({"max_gap": 10**400}, "max_gap must not be larger than any float"),
        ({"sampling_rate": 0}, "its sampling rate is 0 Hz"),
        ({"dead": "drop"}, "dead must be one of 'reject', 'keep'"),
        ({"invalid": "keep"}, "invalid must be one of 'raise', 'reject'"),
        ({"components": "ZZ"}, 'components must name some of "ZNE" once each'),
    ],
)
def test_parameters_are_checked_before_the_folder(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        load_seisbench(tmp_path / "nowhere", **options)

"""Records of arrays, and real ones."""

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

RELIABLE = "snr_db > 6 and label_confidence != 'low'"

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
    assert bunch.frame["p_arrival"].isna().all()
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
    assert_array_equal(bunch.frame["p_arrival"], made.frame["p_arrival"])
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


def test_queries_take_params_and_run_no_code(tmp_path):
    path, mark = write_arrays(tmp_path, waves(), table()), tmp_path / "mark"
    bunch = load_records(path, query="snr_db > @limit", params={"limit": 2})
    assert len(bunch.data) == 3
    for query in (
        f"snr_db > @pd.io.common.os.system('touch {mark}')",
        f"snr_db.to_csv('{mark}')",
        "snr_db > @limit",
    ):
        with pytest.raises(ValueError, match=r"query .* failed"):
            load_records(path, query=query)
    assert not mark.exists()


def test_first_known_arrival_is_taken(tmp_path):
    frame = table(
        p_sample_auto=[9, 8, -1, -1, 60, -1],
        p_sample=[1, 1, 6, None, None, -1],
    )
    bunch = load_records(write_arrays(tmp_path, waves(), frame))
    nan = np.nan
    assert_array_equal(bunch.frame["p_arrival"] * 40, [9, 8, 6, nan, nan, nan])
    assert_array_equal(bunch.frame["p_sample_auto"], frame["p_sample_auto"])


def test_times_come_before_samples(tmp_path):
    frame = table(
        p_arrival=[0.5, None, 0.25, None, 1.0, None],
        p_arrival_sample=[1, 8, 1, None, 1, -1],
        s_arrival=[0.75, 1.0, None, None, None, None],
        s_arrival_sample=[None, None, 44, None, None, None],
    )
    bunch = load_records(write_arrays(tmp_path, waves(), frame))
    nan = np.nan
    assert_array_equal(bunch.frame["p_arrival"], [0.5, 0.2, 0.25, nan, 1, nan])
    assert_array_equal(bunch.frame["s_arrival"], [0.75, 1, 1.1, nan, nan, nan])
    assert_array_equal(bunch.frame["p_arrival_sample"], frame["p_arrival_sample"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"p_arrival": [0.5, 20, 0.5, 0.5, 0.5, 0.5]},
            r"p_arrival of .*csv must be .* from 0 to 1\.225 s.*; record 1 has 20\. "
            r"The column p_arrival of .* is in seconds; for samples divide by",
        ),
        ({"s_arrival": [0, 0, 0, -1, 0, 0]}, "s_arrival of .* record 3 has -1"),
        (
            {"p_arrival_sample": [20, 20, 20.5, 20, 20, 20]},
            "p_arrival_sample of .* whole numbers.*; record 2 has 20.5. A column in "
            "seconds is named p_arrival",
        ),
    ],
)
def test_seconds_are_not_taken_for_samples(tmp_path, columns, message):
    path = write_arrays(tmp_path, waves(), table(**columns))
    with pytest.raises(ValueError, match=message):
        load_records(path)


def test_arrivals_of_analysts_are_kept_but_not_used(tmp_path):
    analyst = [7, None, None, 5, None, None]
    frame = table(p_sample_analyst=analyst, p_sample_auto=[9, 8, 6, -1, 4, -1])
    bunch = load_records(write_arrays(tmp_path, waves(), frame))
    nan = np.nan
    assert_array_equal(bunch.frame["p_arrival"] * 40, [9, 8, 6, nan, 4, nan])
    assert_array_equal(bunch.frame["p_sample_analyst"], [7, nan, nan, 5, nan, nan])


def test_labels_may_come_from_another_column(tmp_path):
    path = write_arrays(tmp_path, waves(), table(kind=[0, 0, 1, 1, 2, 2]))
    bunch = load_records(path, target="kind")
    assert_array_equal(bunch.target, [0, 0, 1, 1, 2, 2])
    assert bunch.target.dtype.kind == "i"


def test_ids_of_digits_stay_strings(tmp_path):
    bunch = load_records(write_arrays(tmp_path, waves(), table()))
    assert list(bunch.frame["event_id"])[:2] == ["000", "000"]


def test_integers_become_float(tmp_path):
    X = (100 * waves()).astype(np.int32)
    bunch = load_records(write_arrays(tmp_path, X, table()))
    assert bunch.data.dtype == np.float64
    assert_array_equal(bunch.data, X)


# invalid records


def assert_named_or_left_out(path, row, message, **options):
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
    assert_named_or_left_out(write_arrays(tmp_path, X, table()), 4, message)


@pytest.mark.parametrize("column", ["event_type", "event_id"])
def test_missing_entries(tmp_path, column):
    frame = table()
    frame.loc[2, column] = None
    assert_named_or_left_out(write_arrays(tmp_path, waves(), frame), 2, f"no {column}")


def test_impossible_rates(tmp_path):
    frame = table(sampling_rate_hz=[40, 40, 40, 0, 40, 40])
    assert_named_or_left_out(
        write_arrays(tmp_path, waves(), frame), 3, "its sampling rate"
    )


def test_wrong_components(tmp_path):
    frame = table(components=["ZNE"] * 5 + ["ZZE"])
    assert_named_or_left_out(write_arrays(tmp_path, waves(), frame), 5, "'ZZE'")
    (tmp_path / "one").mkdir()
    frame = table(components=["Z"] * 5 + ["E"])
    path = write_arrays(tmp_path / "one", waves(6, 1), frame)
    assert_named_or_left_out(
        path, 5, "choice of components is E, that of most records Z"
    )
    assert_named_or_left_out(path, 5, "no component Z", components="Z")


def test_mixed_rates_raise_or_are_resampled(tmp_path):
    times = np.arange(400) / 40.0
    tone = np.sin(2 * np.pi * 1.5 * times) + 5.0
    fast = np.sin(2 * np.pi * 1.5 * np.arange(400) / 100.0) + 5.0
    frame = table(
        sampling_rate_hz=[40, 40, 40, 40, 100, 40],
        p_sample=[80, 80, 80, 80, 200, 80],
        s_sample=[120, 170, -1, np.nan, 300, 120],
    )
    path = write_arrays(tmp_path, np.stack([tone] * 4 + [fast, tone]), frame)
    assert_named_or_left_out(path, 4, "sampling rate in Hz is 100.0, .* 40.0")
    bunch = load_records(path, sampling_rate=40, n_samples=160)
    assert bunch.data.shape == (6, 160)
    assert bunch.sampling_rate == 40.0
    np.testing.assert_allclose(bunch.data[4, 20:140], tone[20:140], atol=0.02)
    assert_array_equal(bunch.data[0], tone[:160])
    assert_array_equal(bunch.frame["p_arrival"], 2)
    nothing = np.nan
    assert_array_equal(bunch.frame["s_arrival"], [3, nothing, nothing, nothing, 3, 3])
    assert list(bunch.frame["sampling_rate_hz"]) == [40, 40, 40, 40, 100, 40]


def test_rates_without_a_common_fraction_raise(tmp_path):
    frame = table(sampling_rate_hz=[40] * 5 + [40 * 3001.7])
    path = write_arrays(tmp_path, waves(), frame)
    with pytest.raises(ValueError, match=r"r5: its rate of 120068 Hz .* of 40 Hz"):
        load_records(path, sampling_rate=40)


def test_short_gaps_are_bridged(tmp_path):
    X = np.tile(np.arange(50.0), (6, 1))
    X[1, 10:14] = np.nan
    path = write_arrays(tmp_path, X, table())
    assert_named_or_left_out(path, 1, "gaps of up to 0.1 s", max_gap=0.05)
    bunch = load_records(path, max_gap=0.1)
    np.testing.assert_allclose(bunch.data, np.tile(np.arange(50.0), (6, 1)))
    X[1, :2] = np.nan
    assert_named_or_left_out(write_arrays(tmp_path, X, table()), 1, "gaps", max_gap=1.0)


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


def test_pickled_waveforms_raise(tmp_path):
    path = write_arrays(tmp_path, np.array([{}] * 6, dtype=object), table())
    with pytest.raises(ValueError, match=r"waveforms[.]npz cannot be read.*pickle"):
        load_records(path)


@pytest.mark.parametrize(
    "X", [np.zeros(6), np.zeros((6, 1, 1, 5)), np.full((6, 5), "a")]
)
def test_wrong_waveforms_raise(tmp_path, X):
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
        ({"max_gap": np.nan}, "max_gap must be a number; got nan"),
        ({"sampling_rate": np.nan}, "sampling_rate must be a number; got nan"),
        ({"invalid": "ignore"}, "invalid must be one of"),
    ],
)
def test_wrong_options_raise(tmp_path, option, message):
    with pytest.raises(ValueError, match=message):
        load_records(tmp_path, **option)


# real records


@needs_records
def test_pnw():
    bunch = load_records(real("pnw"))
    assert bunch.data.shape == (1207, 4600)
    assert len(set(bunch.groups)) == 237
    assert bunch.sampling_rate == 40.0
    assert bunch.target_names == ["earthquake", "explosion"]
    assert bunch.frame["p_sample_analyst"].notna().sum() == 21
    automatic = bunch.frame["p_sample_auto"]
    known = automatic.where(automatic >= 0)
    assert_array_equal(bunch.frame["p_arrival"], known / 40)


@needs_records
@pytest.mark.parametrize(
    ("query", "n_records", "n_events"),
    [("snr_db > 6", 1137, 236), (RELIABLE, 1107, 229)],
)
def test_pnw_is_selected_by_a_query(query, n_records, n_events):
    bunch = load_records(real("pnw"), query=query)
    assert bunch.data.shape == (n_records, 4600)
    assert len(set(bunch.groups)) == n_events
    assert len(bunch.rejected) == 1207 - n_records


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

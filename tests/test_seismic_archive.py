import multiprocessing
import os
import pickle
import random
import shutil
import sqlite3
import time
from contextlib import closing
from multiprocessing.connection import wait

import archive_worker
import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream, write_files
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.archive import SeismicArchive
from skseisfp.datasets import make_seismograms
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FilterAugmenter, FingerprintTransformer

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)


def event(name="e1", kind="explosion", **facts):
    return {
        "event_id": name,
        "event_type": kind,
        "origin_time": "2024-01-01T00:00:05",
        **facts,
    }


def reader(**parameters):
    return WaveformReader(
        components="ZNE", sampling_rate=50.0, window=(0.0, 15.0), **parameters
    )


def files_of(archive):
    return sorted(file.name for file in archive.waveforms.iterdir())


@pytest.fixture
def archive(tmp_path):
    return SeismicArchive(tmp_path / "archive")


def test_recordings_come_back_as_they_were(archive):
    stream = make_stream(0)
    stream[0].data = stream[0].data.astype(np.float32)
    (name,) = archive.add(stream, event())
    (reference,) = archive.references()
    assert reference.record_id == name
    again = reference.stream().sort()
    for trace, wanted in zip(again, stream.sort(), strict=True):
        assert trace.id == wanted.id
        assert trace.stats.starttime == wanted.stats.starttime
        assert trace.data.dtype == wanted.data.dtype
        assert_array_equal(trace.data, wanted.data)
    (row,) = archive.query().to_dict("records")
    assert row["event_type"] == "explosion"
    assert row["channels"] == "HHE HHN HHZ"
    assert row["origin_time"] == pd.Timestamp("2024-01-01T00:00:05", tz="UTC")


def test_a_trace_is_added_like_a_stream(archive):
    (trace, *_) = make_stream(0)
    archive.add(trace, event())
    (reference,) = archive.references()
    assert_array_equal(reference.stream()[0].data, trace.data)


def test_gaps_are_kept(archive):
    stream = make_stream(0)
    stream.cutout(stream[0].stats.starttime + 5, stream[0].stats.starttime + 6)
    masked = make_stream(1)[:1]
    masked[0].data = np.ma.masked_array(masked[0].data, mask=False)
    masked[0].data[10:20] = np.ma.masked
    archive.add(stream, "gappy")
    archive.add(masked, "masked")
    gappy, other = (reference.stream() for reference in archive.references())
    assert len(gappy) == 6
    assert np.flatnonzero(np.isnan(other[0].data)).tolist() == list(range(10, 20))


def test_nothing_is_stored_twice(archive):
    first = archive.add(make_stream(0), event())
    files = files_of(archive)
    assert archive.add(make_stream(0), event()) == first
    assert archive.add(make_stream(0)) == first
    assert len(archive.query()) == 1
    assert files_of(archive) == files


def test_a_recording_gets_its_event_later_but_no_second_one(archive):
    archive.add(make_stream(0))
    assert archive.query()["event_id"].isna().all()
    archive.add(make_stream(0), event("e1"))
    assert archive.query()["event_id"].tolist() == ["e1"]
    with pytest.raises(ValueError, match="is of the event e1 already"):
        archive.add(make_stream(0), event("e2"))
    assert archive.query()["event_id"].tolist() == ["e1"]


def test_events_come_from_obspy_with_their_picks(archive):
    from obspy import UTCDateTime
    from obspy.core.event import Event, Origin, Pick, WaveformStreamID

    origin = Origin(time=UTCDateTime(2024, 1, 1), latitude=46.0, longitude=7.0)
    pick = Pick(
        time=UTCDateTime(2024, 1, 1, 0, 0, 9),
        phase_hint="P",
        waveform_id=WaveformStreamID("XX", "A"),
    )
    quake = Event(resource_id="smi:x/e7", event_type="quarry blast", origins=[origin])
    quake.picks = [pick]
    archive.add(make_stream(0), quake)
    archive.add(make_stream(0), quake)
    assert archive.events()["event_type"].tolist() == ["explosion"]
    assert archive.picks()["phase"].tolist() == ["P"]
    bunch = archive.to_bunch(reader())
    assert bunch.frame["p_arrival"].tolist() == [9.0]
    assert bunch.target.tolist() == ["explosion"]


def test_facts_that_are_not_known_do_not_replace_those_that_are(archive):
    archive.add_events(pd.DataFrame([event(latitude=46.0, longitude=7.0)]))
    archive.add_events(pd.DataFrame([{"event_id": "e1", "magnitude": 2.0}]))
    (row,) = archive.events().to_dict("records")
    assert (row["latitude"], row["magnitude"]) == (46.0, 2.0)
    assert row["event_type"] == "explosion"


def test_labels_of_analysts_come_before_types(archive):
    archive.add(make_stream(0), event())
    archive.set_label("e1", "earthquake")
    archive.set_label("e1", "collapse", source="second look")
    assert archive.query("event_type == 'collapse'")["event_id"].tolist() == ["e1"]
    with pytest.raises(ValueError, match="There is no event 'e2'"):
        archive.set_label("e2", "earthquake")


def test_paths_come_from_stations(archive):
    from obspy.core.inventory import Inventory, Network, Station

    archive.add(make_stream(0), event(latitude=46.0, longitude=7.0))
    with pytest.raises(ValueError, match="no stations"):
        archive.query(paths=True)
    archive.add_stations(Inventory([Network("XX", [Station("A", 47.0, 7.0, 0.0)])]))
    near = archive.query(paths=True)["distance_km"]
    assert near.round().tolist() == [111]
    assert archive.to_bunch(reader()).frame["distance_km"].round().tolist() == [111]


def test_queries_name_what_is_wrong(archive):
    with pytest.raises(ValueError, match=r"expression 'speed > 3' failed.*event_type"):
        archive.query("speed > 3")
    with pytest.raises(ValueError, match="a call is not allowed"):
        archive.query("event_id.to_csv('mark')")


def test_queries_take_params(archive):
    for number in range(3):
        archive.add(make_stream(number), event(f"e{number}"))
    chosen = {"params": {"ids": ["e1"]}}
    condition = "event_id in @ids"
    assert archive.query(condition, **chosen)["event_id"].tolist() == ["e1"]
    assert len(archive.references(condition, **chosen)) == 1
    assert archive.to_bunch(reader(), condition, **chosen).groups.tolist() == ["e1"]
    transformer = FingerprintTransformer(sampling_rate=50.0)
    bunch = archive.fingerprints(reader(), transformer, condition, **chosen)
    assert bunch.groups.tolist() == ["e1"]


@pytest.mark.parametrize("copy", [True, False])
def test_folders_are_imported_once(archive, tmp_path, copy):
    write_files(tmp_path / "in", 5)
    (tmp_path / "in/ev001/bad.mseed").write_bytes(b"0" * 600)
    report = archive.import_folder(tmp_path / "in", groups="folder", copy=copy)
    assert report["stored"].tolist().count(True) == 5
    (failed,) = report[~report["stored"]].to_dict("records")
    assert "bad.mseed is of no waveform format" in failed["reason"]
    assert bool(files_of(archive)) == copy
    again = archive.import_folder(tmp_path / "in", groups="folder", copy=copy)
    assert not again["stored"].any()
    assert len(archive.query()) == 5
    data = archive.to_bunch(reader()).data
    direct = reader().read(tmp_path / "in", groups="folder").data
    assert_array_equal(data, direct)


def test_components_in_several_files_are_one_recording(archive, tmp_path):
    for trace in make_stream(0):
        trace.write(str(tmp_path / f"{trace.stats.channel}.mseed"), format="MSEED")
    archive.import_folder(tmp_path / "*.mseed", groups=lambda file: "e1")
    assert archive.query()["channels"].tolist() == ["HHE HHN HHZ"]
    assert len(archive.to_bunch(reader()).data) == 1


def test_references_are_pickled_and_sliced(archive):
    archive.add_many([(make_stream(seed), f"e{seed}") for seed in range(4)])
    references = pickle.loads(pickle.dumps(archive.references()))
    chosen = references[[2, 0]]
    bunch = reader().read(chosen)
    assert bunch.groups.tolist() == ["e2", "e0"]
    assert_array_equal(bunch.data, archive.to_bunch(reader()).data[[2, 0]])
    assert len(pickle.loads(pickle.dumps(archive)).query()) == 4


def test_fingerprints_are_computed_once(archive, monkeypatch):
    archive.add_many([(make_stream(seed), event(f"e{seed}")) for seed in range(3)])
    made = []

    class Counting(FingerprintTransformer):
        def transform(self, X):
            made.append(len(X))
            return super().transform(X)

    fingerprints = Counting(sampling_rate=50.0)
    first = archive.fingerprints(reader(), fingerprints)
    X = archive.to_bunch(reader()).data
    assert_array_equal(
        first.data, FingerprintTransformer(sampling_rate=50).fit_transform(X)
    )
    assert first.data.dtype == np.int8
    assert first.groups.tolist() == ["e0", "e1", "e2"]
    assert sum(made) == 3
    again = archive.fingerprints(
        reader(), fingerprints.set_params(batch_size=1, n_jobs=1)
    )
    assert_array_equal(again.data, first.data)
    assert sum(made) == 3
    archive.add(make_stream(3), event("e3"))
    assert len(archive.fingerprints(reader(), fingerprints).data) == 4
    assert sum(made) == 4
    fingerprints.set_params(n_coefficients=100)
    other = archive.fingerprints(reader(), fingerprints, "event_id == 'e1'")
    assert np.abs(other.data).sum() == 300
    assert sum(made) == 5


def test_a_binary_fingerprint_takes_512_bytes(archive):
    archive.add(make_stream(0)[:1], event())
    vertical = reader().set_params(components="Z")
    fingerprints = FingerprintTransformer(sampling_rate=50.0, encoding="presence")
    archive.fingerprints(vertical, fingerprints)
    with closing(sqlite3.connect(archive.folder / "archive.sqlite")) as connection:
        sizes = connection.execute("SELECT length(bits) FROM fingerprints").fetchall()
    assert sizes == [(512,)]


def test_fingerprints_of_views_and_reasons_for_none(archive):
    archive.add(make_stream(0), event())
    archive.add(make_stream(1, n_samples=500), event("short"))
    pipeline = make_pipeline(
        FilterAugmenter(sampling_rate=50.0), FingerprintTransformer(sampling_rate=50.0)
    )
    bunch = archive.fingerprints(reader(), pipeline)
    assert bunch.target.tolist() == archive.to_bunch(reader()).target.tolist()
    wanted = pipeline.fit_transform(archive.to_bunch(reader()).data)
    assert_array_equal(bunch.data, wanted)
    assert bunch.data.ndim == 5
    assert "samples of the window" in bunch.rejected["reason"][0]
    learns = FingerprintTransformer(standardize="mad")
    with pytest.raises(ValueError, match="learns from other records"):
        archive.fingerprints(reader(), learns)
    with pytest.raises(ValueError, match="must have sampling_rate and window"):
        archive.fingerprints(WaveformReader(), FingerprintTransformer())


def test_fingerprints_follow_origin_times_and_files_that_come_back(archive, tmp_path):
    aligned = reader(align="origin")
    transformer = FingerprintTransformer(sampling_rate=50.0)
    archive.add(make_stream(0), event("e0", origin_time="2024-01-01T00:00:01"))
    first = archive.fingerprints(aligned, transformer).data
    moved = pd.DataFrame([event("e0", origin_time="2024-01-01T00:00:03")])
    archive.add_events(moved)
    second = archive.fingerprints(aligned, transformer).data
    assert not np.array_equal(first, second)
    wanted = transformer.fit_transform(archive.to_bunch(aligned).data)
    assert_array_equal(second, wanted)
    file = tmp_path / "own.mseed"
    make_stream(1).write(str(file), format="MSEED")
    archive.add_events(pd.DataFrame([event("e1")]))
    archive.import_folder(file, copy=False, groups=lambda _: "e1")
    file.rename(tmp_path / "away")
    bunch = archive.fingerprints(reader(), transformer)
    assert "own.mseed cannot be read" in bunch.rejected["reason"][0]
    (tmp_path / "away").rename(file)
    assert len(archive.fingerprints(reader(), transformer).data) == 2


def count_transforms(made):
    """A class of transformers that append the number of records they take."""

    class Counting(FingerprintTransformer):
        def transform(self, X):
            made.append(len(X))
            return super().transform(X)

    return Counting(sampling_rate=50.0)


def test_fingerprints_follow_picks(archive):
    made = []
    aligned, transformer = reader(align="P"), count_transforms(made)
    begin = "2024-01-01T00:00:00"
    archive.add(make_stream(0), event("e0", origin_time=begin))
    archive.add(make_stream(1), event("e1"))
    data = []
    for second in (3, 1, 1):  # the first pick of P counts
        picks = pd.DataFrame({"event_id": ["e0"], "station": "XX.A", "phase": "P"})
        picks["time"] = f"2024-01-01T00:00:0{second}"
        archive.add_events(pd.DataFrame([{"event_id": "e0"}]), picks)
        bunch = archive.fingerprints(aligned, transformer)
        assert bunch.groups.tolist() == ["e0"]
        assert bunch.rejected["event_id"].tolist() == ["e1"]
        assert bunch.rejected["reason"].str.startswith("it has no P pick").all()
        data.append(bunch.data)
    wanted = FingerprintTransformer(sampling_rate=50.0)
    assert_array_equal(data[2], wanted.fit_transform(archive.to_bunch(aligned).data))
    assert_array_equal(data[1], data[2])
    assert not np.array_equal(data[0], data[1])
    assert sum(made) == 2


def test_equal_parameters_of_any_type_have_the_same_fingerprints(archive):
    made = []
    archive.add(make_stream(0), event())
    transformer = count_transforms(made).set_params(n_coefficients=100, shape=(32, 64))
    first = archive.fingerprints(reader(), transformer).data
    transformer.set_params(
        n_coefficients=np.int64(100),
        shape=np.array([32, 64]),
        sampling_rate=np.float64(50),
    )
    window = reader().set_params(window=np.array([0.0, 15.0]))
    assert_array_equal(archive.fingerprints(window, transformer).data, first)
    assert sum(made) == 1


class Weighted(TransformerMixin, BaseEstimator):
    """Samples times weights, which nothing has to be learned for."""

    def __init__(self, weights):
        self.weights = weights

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X * np.asarray(self.weights["of samples"])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def test_long_parameters_count_in_full(archive):
    archive.add(make_stream(0), event())
    fingerprint = FingerprintTransformer(sampling_rate=50.0)
    data = []
    for quiet in (slice(0), slice(200, 400)):
        weights = np.ones((3, 750))
        weights[:, quiet] = 1e-3
        steps = Weighted({"of samples": weights}), fingerprint
        data.append(archive.fingerprints(reader(), make_pipeline(*steps)).data)
    assert not np.array_equal(*data)


@pytest.mark.parametrize(
    "function", [lambda X: X, FunctionTransformer().fit([[0.0]]).transform]
)
def test_functions_have_no_fingerprints_that_last(archive, function):
    archive.add(make_stream(0), event())
    steps = FunctionTransformer(function), FingerprintTransformer(sampling_rate=50.0)
    with pytest.raises(ValueError, match="has no representation that lasts"):
        archive.fingerprints(reader(), make_pipeline(*steps))


def test_recordings_without_event_are_assigned_by_time(archive):
    archive.add(make_stream(0, n_samples=6000))
    table = [event(f"e{at}", origin_time=f"2024-01-01T00:00:{at}0") for at in (1, 3)]
    archive.add_events(pd.DataFrame(table))
    bunch = archive.to_bunch(reader(align="origin"))
    assert bunch.groups.tolist() == ["e1", "e3"]
    samples = make_stream(0, n_samples=6000)
    whole = reader(align="origin").read(samples, events=archive.events())
    assert_array_equal(bunch.data, whole.data)


def test_events_without_label_are_read_and_counted(archive):
    for number in range(3):
        kind = "explosion" if number else None
        archive.add(make_stream(number), event(f"e{number}", kind))
    transformer = FingerprintTransformer(sampling_rate=50.0)
    for read in (
        lambda: archive.to_bunch(reader()),
        lambda: archive.fingerprints(reader(), transformer),
    ):
        with pytest.warns(UserWarning, match="1 of 3 records, of 1 events, have no"):
            bunch = read()
        assert bunch.target.notna().tolist() == [False, True, True]
        assert "1 of 3 records" in bunch.DESCR
        assert bunch.rejected.empty


def test_one_instrument_of_a_station_has_a_fingerprint(archive):
    names = {}
    for code in ("HN", "HH", "BH"):
        stream = make_stream(0)
        for trace in stream:
            trace.stats.channel = code + trace.stats.channel[-1]
        (names[code],) = archive.add(stream, event())
    transformer = FingerprintTransformer(sampling_rate=50.0)
    for _ in range(2):
        bunch = archive.fingerprints(reader(), transformer)
        assert bunch.frame["record_id"].tolist() == [names["HH"]]
        assert bunch.rejected["reason"].str.contains("HH, which comes first").all()
        assert archive.to_bunch(reader()).frame["record_id"].tolist() == [names["HH"]]
    chosen = archive.fingerprints(
        reader(instruments=("BH",)), transformer, exclusions=[names["BH"]]
    )
    assert chosen.frame["record_id"].tolist() == [names["HH"]]
    everything = archive.fingerprints(reader(instruments=None), transformer)
    assert len(everything.data) == 3


def test_models_are_kept(archive):
    pytest.importorskip("skops")
    bunch = make_seismograms(n_records=6, random_state=0)
    model = FingerprintTransformer(sampling_rate=bunch.sampling_rate).fit(bunch.data)
    archive.save_model("fingerprints", model, author="somebody")
    archive.save_model("fingerprints", model, author="somebody else")
    assert archive.models()["facts"].tolist() == [{"author": "somebody else"}]
    again = archive.load_model("fingerprints")
    assert_array_equal(again.transform(bunch.data), model.transform(bunch.data))
    with pytest.raises(
        ValueError, match=r"There is no model 'networks'.* it has fingerprints"
    ):
        archive.load_model("networks")
    file = archive.folder / "models" / archive.models()["file"].iloc[0]
    assert archive.clean() == []
    for model in file.parent.iterdir():
        os.utime(model, (0, 0))
    assert len(archive.clean()) == 1
    assert list(file.parent.iterdir()) == [file]
    file.write_bytes(file.read_bytes()[:-10])
    (damage,) = archive.verify().to_dict("records")
    assert damage["kind"] == "model"
    assert "is damaged" in damage["problem"]
    with pytest.raises(ValueError, match="is not the model 'fingerprints' that was"):
        archive.load_model("fingerprints")
    file.unlink()
    with pytest.raises(ValueError, match="of the model 'fingerprints' is missing"):
        archive.load_model("fingerprints")
    (damage,) = archive.verify().to_dict("records")
    assert damage["problem"] == f"{file} is missing"


def test_another_model_in_the_place_of_one_raises(archive, tmp_path):
    pytest.importorskip("skops")
    for name, rate in (("one", 100), ("other", 50)):
        archive.save_model(name, FingerprintTransformer(sampling_rate=rate))
    files = archive.models()["file"]
    folder = archive.folder / "models"
    (folder / files["one"]).write_bytes((folder / files["other"]).read_bytes())
    assert archive.load_model("other").sampling_rate == 50
    with pytest.raises(ValueError, match="is not the model 'one' that was stored"):
        archive.load_model("one")


def test_damage_is_found_and_named(archive, tmp_path):
    for seed in range(3):
        archive.add(make_stream(seed), event(f"e{seed}"))
    write_files(tmp_path / "in", 1)
    stream = make_stream(7)
    file = tmp_path / "in/ev000/XX.A.mseed"
    stream.write(str(file), format="MSEED")
    archive.import_folder(file, copy=False)
    assert archive.verify().empty
    flipped, cut, removed = (
        archive.waveforms / reference.files[0] for reference in archive.references()[:3]
    )
    data = bytearray(flipped.read_bytes())
    data[len(data) // 2] ^= 1
    flipped.write_bytes(data)
    cut.write_bytes(cut.read_bytes()[:1000])
    removed.unlink()
    stream[0].data[5] += 1
    stream.write(str(file), format="MSEED")
    damage = archive.verify()
    names = archive.query()["record_id"].tolist()
    assert damage["name"].tolist() == names
    for path, problem in zip(
        (flipped, cut, removed, file), damage["problem"], strict=True
    ):
        assert path.name in problem
    report = archive.to_bunch
    with pytest.raises(ValueError, match="No record was taken"):
        report(reader())


def test_a_flipped_bit_of_the_database_is_named(archive):
    from obspy.core.inventory import Inventory, Network, Station

    (name,) = archive.add(make_stream(0), event())
    archive.add_stations(Inventory([Network("XX", [Station("A", 47.0, 7.0, 0.0)])]))
    archive.fingerprints(reader(), FingerprintTransformer(sampling_rate=50.0))
    assert archive.verify().empty
    with closing(sqlite3.connect(archive.folder / "archive.sqlite")) as connection:
        for table, column in (("fingerprints", "bits"), ("documents", "content")):
            ((blob,),) = connection.execute(f"SELECT {column} FROM {table}")
            blob = bytearray(blob)
            blob[100] ^= 1
            connection.execute(f"UPDATE {table} SET {column} = ?", [bytes(blob)])
        connection.commit()
    damage = archive.verify()
    assert damage["kind"].tolist() == ["fingerprint", "stations"]
    assert damage["name"][0] == name
    assert damage["problem"].str.endswith("is damaged").all()


def test_rows_that_belong_to_none_are_named(archive):
    archive.add(make_stream(0), event())
    archive.fingerprints(reader(), FingerprintTransformer(sampling_rate=50.0))
    with closing(sqlite3.connect(archive.folder / "archive.sqlite")) as connection:
        connection.execute("DELETE FROM recordings")
        connection.commit()
    (damage,) = archive.verify().to_dict("records")
    assert (damage["kind"], damage["name"]) == ("database", "archive.sqlite")
    assert damage["problem"].startswith("fingerprints ")


@pytest.fixture
def connections(monkeypatch):
    """All connections to SQLite that are opened, each with its `is_closed`."""
    opened = []

    class Recorded(sqlite3.Connection):
        is_closed = False

        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            opened.append(self)

        def close(self):
            super().close()
            self.is_closed = True

    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3.dbapi2,
        "connect",
        lambda *arguments, **options: connect(
            *arguments, **{"factory": Recorded, **options}
        ),
    )
    return opened


def spoil_file(file):
    file.write_bytes(b"no database" * 100)


def spoil_tables(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE format")
        connection.execute("CREATE TABLE format (name TEXT)")
        connection.commit()


def raise_format(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE format SET number = 99")
        connection.commit()


@pytest.mark.parametrize("spoil", [spoil_file, spoil_tables, raise_format])
def test_an_archive_that_cannot_be_opened_leaves_no_connection(
    archive, connections, spoil
):
    spoil(archive.folder / "archive.sqlite")
    connections.clear()
    with pytest.raises(ValueError, match=r"archive\.sqlite"):
        SeismicArchive(archive.folder)
    assert connections
    assert all(connection.is_closed for connection in connections)


def test_a_connection_that_cannot_be_prepared_is_closed():
    """SQLAlchemy before 2.1 leaves it open if a listener raises."""
    from skseisfp.archive._database import _prepare

    class Broken:
        is_closed = False

        def execute(self, statement):
            raise sqlite3.DatabaseError("file is not a database")

        def close(self):
            self.is_closed = True

    connection = Broken()
    with pytest.raises(sqlite3.DatabaseError):
        _prepare(connection, None)
    assert connection.is_closed


def test_errors_within_a_transaction_leave_no_connection(archive, connections):
    archive.add(make_stream(0), event("e1"))
    with pytest.raises(ValueError, match="is of the event e1 already"):
        archive.add(make_stream(0), event("e2"))
    with pytest.raises(ValueError, match="There is no event"):
        archive.set_label("e9", "earthquake")
    with pytest.raises(ValueError, match="must have sampling_rate"):
        archive.fingerprints(WaveformReader(), FingerprintTransformer())
    with pytest.raises(RuntimeError), archive.database.reading():
        raise RuntimeError
    assert len(connections) > 4
    assert all(connection.is_closed for connection in connections)


def test_a_damaged_database_is_named(archive):
    archive.add(make_stream(0))
    spoil_file(archive.folder / "archive.sqlite")
    with pytest.raises(ValueError, match=r"archive\.sqlite: file is not a database"):
        SeismicArchive(archive.folder)


def test_a_later_format_raises(archive):
    raise_format(archive.folder / "archive.sqlite")
    with pytest.raises(ValueError, match="has the format 99"):
        SeismicArchive(archive.folder)


def test_failed_transactions_leave_nothing(archive, monkeypatch):
    from skseisfp.archive import _writer as _archive_writer

    archive.add(make_stream(0), event("e0"))
    put = _archive_writer._put_recording
    calls = iter(range(10))

    def fail(connection, recording, held):
        if next(calls) == 2:
            raise OSError("No space left on device")
        return put(connection, recording, held)

    monkeypatch.setattr(_archive_writer, "_put_recording", fail)
    pairs = [(make_stream(seed), event(f"e{seed}")) for seed in range(1, 5)]
    with pytest.raises(OSError, match="No space left"):
        archive.add_many(pairs)
    assert archive.events()["event_id"].tolist() == ["e0"]
    assert archive.query()["event_id"].tolist() == ["e0"]
    assert archive.clean() == []
    leftovers = set(files_of(archive)) - set(archive.query()["files"].explode())
    for name in leftovers:
        os.utime(archive.waveforms / name, (0, 0))
    assert set(archive.clean()) == leftovers
    assert len(leftovers) == 1
    assert archive.verify().empty


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["archive_worker", "h5py", "obspy", "skseisfp.archive._importing"]
    )
    return context


def start(processes, work, *arguments):
    """Start a process, and wait until it begins."""
    mine, its = processes.Pipe(duplex=False)
    process = processes.Process(target=work, args=(its, *arguments))
    process.start()
    its.close()
    assert mine.recv() == "begin"
    return process, mine


def drain(connection):
    """Return the messages of a process until it ended."""
    said = []
    try:
        while wait([connection], timeout=60):
            said.append(connection.recv())
    except EOFError:
        return said
    raise TimeoutError("the process does not end")


def test_two_writers_do_not_disturb_each_other(processes, tmp_path):
    write_files(tmp_path / "in", 12)
    target = tmp_path / "archive"
    works = [archive_worker.import_folder, archive_worker.add_files] * 2
    started = [start(processes, work, target, tmp_path / "in") for work in works]
    for process, connection in started:
        assert drain(connection)[-1] == "end"
        process.join()
    archive = SeismicArchive(target)
    assert sorted(archive.query()["event_id"]) == [f"ev{at:03d}" for at in range(12)]
    assert archive.verify().empty


@pytest.mark.slow
def test_killed_imports_lose_nothing(processes, tmp_path):
    write_files(tmp_path / "in", 6)
    rng = random.Random(0)

    def time_import(target):
        """Import undisturbed and return the seconds."""
        process, connection = start(
            processes, archive_worker.import_folder, target, tmp_path / "in"
        )
        began = time.monotonic()
        drain(connection)
        duration = time.monotonic() - began
        process.join()
        return duration

    time_import(tmp_path / "whole")
    whole = set(SeismicArchive(tmp_path / "whole").query()["record_id"])
    killed = cut_short = 0
    while killed < 100:
        if killed % 20 == 0:  # how fast the machine is at present
            duration = time_import(tmp_path / f"timed{killed}")
        target = tmp_path / f"archive{killed}"
        kept = set()
        for work in (archive_worker.import_folder, archive_worker.add_files) * 2:
            process, connection = start(processes, work, target, tmp_path / "in")
            time.sleep(rng.uniform(0, 1.1 * duration))
            process.kill()
            process.join()
            said = set(drain(connection)) - {"end"}
            archive = SeismicArchive(target)
            names = set(archive.query()["record_id"])
            assert archive.verify().empty
            assert kept | said <= names <= whole
            cut_short += names != whole
            kept = names
            killed += 1
        archive.import_folder(tmp_path / "in", groups="folder")
        assert set(archive.query()["record_id"]) == whole
        assert len(archive.query()) == 6
        shutil.rmtree(target)
    assert cut_short > 25

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from archive_worker import make_stream
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from skseisfp.archive import SeismicArchive, seismic_archive
from skseisfp.io import WaveformReader
from skseisfp.io.reading_notes import ReadingWarning
from skseisfp.preprocessing import FingerprintTransformer

distributed = pytest.importorskip("distributed")
# on purpose, while the cluster of the module is open: older versions warn of it
pytestmark = pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler")
READER = WaveformReader(sampling_rate=50.0, window=(0.0, 15.0))
FINGERPRINTS = FingerprintTransformer(sampling_rate=50.0, flatten=True)
SHORT = {"event_id": "short", "event_type": "blast"}


class Noting(FingerprintTransformer):
    """Fingerprints that note which process makes them, once for every batch."""

    def transform(self, X):
        Path(os.environ["NOTES"], f"{os.getpid()}_{time.monotonic_ns()}").touch()
        time.sleep(0.1)
        return super().transform(X)


@contextmanager
def start_cluster(**options):
    with (
        distributed.LocalCluster(
            n_workers=2, dashboard_address=":0", silence_logs=50, **options
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def threads_of_dask():
    with start_cluster(threads_per_worker=1, processes=False) as client:
        yield client


def fill(folder, n_events=10):
    archive = SeismicArchive(folder)
    archive.add_many(
        (
            make_stream(seed),
            {"event_id": f"e{seed}", "event_type": ("blast", "earthquake")[seed % 2]},
        )
        for seed in range(n_events)
    )
    return archive


@pytest.fixture
def archive(tmp_path):
    return fill(tmp_path / "archive")


def fingerprints_of(data, transformer):
    size = transformer.transform(np.zeros((1, *data.shape[1:]), data.dtype)).shape[1]
    return data.map_blocks(
        transformer.transform,
        dtype=np.int8,
        drop_axis=2,
        chunks=(data.chunks[0], (size,)),
    )


def test_blocks_hold_the_records_of_the_archive(archive):
    lazy = archive.to_dask(READER, block_size=4)
    wanted = archive.to_bunch(READER)
    assert lazy.data.chunks == ((4, 4, 2), (3,), (750,))
    assert lazy.data.dtype == np.float32
    for name in ("sampling_rate", "components", "units", "window", "align"):
        assert lazy[name] == wanted[name]
    assert_array_equal(lazy.data.compute(scheduler="threads"), wanted.data)
    assert lazy.target.tolist() == wanted.target.tolist()
    assert lazy.groups.tolist() == wanted.groups.tolist()
    assert lazy.frame["record_id"].tolist() == wanted.frame["record_id"].tolist()


def test_recordings_of_a_lower_rate_are_counted(archive):
    reader = WaveformReader(sampling_rate=125.0, window=(0.0, 15.0))
    message = "10 recordings have a lower rate than 125 Hz, as low as 100 Hz"
    for call in (archive.to_bunch, archive.to_dask):
        with pytest.warns(ReadingWarning, match=message) as said:
            call(reader)
        assert [item.filename for item in said] == [__file__]
    transformer = FingerprintTransformer(sampling_rate=125.0)
    with pytest.warns(ReadingWarning, match=message):
        archive.fingerprints(reader, transformer)


def test_only_the_blocks_that_are_needed_are_read(archive):
    archive.add(make_stream(50), {"event_id": "alone", "event_type": "blast"})
    data = archive.to_dask(READER, block_size=2).data
    (archive.waveforms / archive.references()[-1].files[0]).unlink()
    assert data[:10].compute(scheduler="sync").shape == (10, 3, 750)
    with pytest.raises(ValueError, match=r"XX\.A\.\.HH_.* makes no record: .*missing"):
        data[10:].compute(scheduler="sync")


def test_a_reader_that_changes_later_does_not_change_the_records(archive):
    reader = WaveformReader(components="Z", sampling_rate=50.0, window=(0.0, 15.0))
    data = archive.to_dask(reader).data
    reader.set_params(components="ZNE", window=(0.0, 10.0))
    assert data.compute(scheduler="sync").shape == (10, 750) == data.shape


def test_fingerprints_and_predictions_by_blocks_are_those_without_dask(
    archive, threads_of_dask
):
    whole = archive.to_bunch(READER)
    wanted = FINGERPRINTS.fit_transform(whole.data)
    trees = ExtraTreesClassifier(5, random_state=0)
    model = make_pipeline(FINGERPRINTS, trees).fit(whole.data, whole.target)
    data = archive.to_dask(READER, block_size=3).data
    found = fingerprints_of(data, FINGERPRINTS)
    assert_array_equal(threads_of_dask.compute(found, sync=True), wanted)
    shares = data.map_blocks(
        model.predict_proba, dtype=float, drop_axis=2, chunks=(data.chunks[0], (2,))
    )
    assert_array_equal(
        threads_of_dask.compute(shares, sync=True), model.predict_proba(whole.data)
    )


@pytest.mark.usefixtures("threads_of_dask")
@pytest.mark.parametrize("backend", ["dask", "threading"])
def test_backends_of_joblib_make_the_same_fingerprints(archive, monkeypatch, backend):
    monkeypatch.setattr(seismic_archive, "PART", 3)
    archive.add(make_stream(99, n_samples=500), SHORT)
    wanted = FINGERPRINTS.fit_transform(archive.to_bunch(READER).data)
    with parallel_config(backend=backend):
        bunch = archive.fingerprints(READER, FINGERPRINTS, n_jobs=2)
    assert_array_equal(bunch.data, wanted)
    assert bunch.rejected["event_id"].tolist() == ["short"]
    assert archive.verify().empty


def test_a_rejected_record_is_named_and_left_out_by_exclusions(archive):
    archive.add(make_stream(99, n_samples=500), SHORT)
    lazy = archive.to_dask(READER, block_size=4)
    with pytest.raises(ValueError, match=r"makes no record: .*Leave it out by ex"):
        lazy.data.compute(scheduler="sync")
    rejected = archive.fingerprints(READER, FINGERPRINTS).rejected
    lazy = archive.to_dask(READER, exclusions=rejected)
    assert lazy.data.compute(scheduler="sync").shape == (10, 3, 750)


def test_wrong_parameters_are_named(archive):
    with pytest.raises(ValueError, match="must have sampling_rate and window"):
        archive.to_dask(WaveformReader())
    with pytest.raises(ValueError, match="block_size must be an integer of at least 1"):
        archive.to_dask(READER, block_size=0)
    with pytest.raises(ValueError, match="has no recording to read"):
        archive.to_dask(READER, "event_id == 'none'")


def kill_one(folder, after, killed):
    """Kill one of the processes that leave notes, when there are some notes."""
    while len(notes := sorted(folder.iterdir())) < after:
        time.sleep(0.01)
    killed.append(int(notes[-1].name.partition("_")[0]))
    os.kill(killed[0], signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_of_dask_costs_its_own_work(tmp_path, monkeypatch):
    monkeypatch.setattr(seismic_archive, "PART", 2)
    archive = fill(tmp_path / "archive", 40)
    notes, killed = tmp_path / "notes", []
    notes.mkdir()
    transformer = Noting(sampling_rate=50.0)
    monkeypatch.setenv("NOTES", str(notes))  # for the workers, and those after them
    killer = Thread(target=kill_one, args=(notes, 5, killed))
    with start_cluster(threads_per_worker=1):
        killer.start()
        with parallel_config(backend="dask"):
            bunch = archive.fingerprints(READER, transformer)
    killer.join()
    assert killed
    plain = FingerprintTransformer(sampling_rate=50.0)
    assert_array_equal(bunch.data, plain.fit_transform(archive.to_bunch(READER).data))
    # twenty batches, and what the killed worker had computed and not handed over
    assert 20 <= len(list(notes.iterdir())) <= 25

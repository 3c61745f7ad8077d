"""Work of archives in batches: files kept open, workers, progress."""

from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from archive_worker import make_stream, write_files
from joblib import delayed, parallel_config
from joblib._parallel_backends import ThreadingBackend
from numpy.testing import assert_array_equal

from skseisfp._utils.batches import results_in_order
from skseisfp.archive import (
    SeismicArchive,
    _check,
    _fingerprints,
    _importing,
    _segments,
    seismic_archive,
)
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer

READER = WaveformReader(sampling_rate=50.0, window=(0.0, 15.0))
FINGERPRINTS = FingerprintTransformer(sampling_rate=50.0)


@pytest.fixture
def archive(tmp_path):
    """An archive of six recordings, each in a file of its own."""
    archive = SeismicArchive(tmp_path / "archive")
    for seed in range(6):
        archive.add(make_stream(seed), f"e{seed}")
    return archive


@pytest.fixture
def opened(monkeypatch):
    """Files that are opened, and whether each is open."""
    files = []

    class Counting(h5py.File):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            files.append(self)

    monkeypatch.setattr(h5py, "File", Counting)
    return files


def test_a_file_is_opened_once_for_all_of_its_recordings(tmp_path, opened):
    archive = SeismicArchive(tmp_path / "archive")
    archive.add_many((make_stream(seed), f"e{seed}") for seed in range(5))
    opened.clear()
    archive.fingerprints(READER, FINGERPRINTS)
    assert len(opened) == 1
    assert not any(opened)  # a closed file is false
    assert archive.verify().empty
    assert len(opened) == 2
    assert not any(opened)


def test_few_files_are_open_at_a_time(archive, opened, monkeypatch):
    monkeypatch.setattr(_segments, "MOST_OPEN", 2)
    with _segments.segments_kept_open():
        for reference in archive.references():
            reference.stream()
            assert sum(map(bool, opened)) <= 2
        assert any(opened)
    assert len(opened) == 6
    assert not any(opened)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ["XX.A..HHZ"] * 2),
        ("start_ns", np.arange(300)),
        ("sampling_rate_hz", np.ones((3, 3))),
    ],
)
def test_more_values_than_one_are_damage(archive, name, value):
    reference = archive.references()[0]
    with h5py.File(archive.waveforms / reference.files[0], "a") as content:
        attributes = content[reference.digest]["0"].attrs
        del attributes[name]
        attributes[name] = value
    with pytest.raises(ValueError, match=f"its {name} is not one value"):
        reference.stream()


def test_samples_that_are_no_numbers_are_damage(archive):
    reference = archive.references()[0]
    with h5py.File(archive.waveforms / reference.files[0], "a") as content:
        group = content[reference.digest]
        facts = dict(group["0"].attrs)
        del group["0"]
        group.create_dataset("0", data=["a", "b"]).attrs.update(facts)
    with pytest.raises(ValueError, match="it holds samples of type object"):
        reference.stream()


def test_results_come_in_order_from_any_backend(monkeypatch):
    jobs = [delayed(divmod)(number, 3) for number in range(7)]
    wanted = [divmod(number, 3) for number in range(7)]
    with parallel_config("threading"):
        assert list(results_in_order(jobs, n_jobs=2)) == wanted
        # as multiprocessing and ray
        monkeypatch.setattr(ThreadingBackend, "supports_return_generator", False)
        assert list(results_in_order(jobs, n_jobs=2)) == wanted


def test_fingerprints_that_were_made_outlive_an_error(archive, monkeypatch):
    monkeypatch.setattr(seismic_archive, "PART", 2)
    made = []

    class Failing(FingerprintTransformer):
        def transform(self, X):
            made.append(len(X))
            if len(made) == 2:
                raise KeyboardInterrupt
            return super().transform(X)

    with pytest.raises(KeyboardInterrupt):
        archive.fingerprints(READER, Failing(sampling_rate=50.0))
    bunch = archive.fingerprints(READER, Failing(sampling_rate=50.0))
    assert made == [2, 2, 2, 2]
    wanted = FINGERPRINTS.fit_transform(archive.to_bunch(READER).data)
    assert_array_equal(bunch.data, wanted)


@pytest.fixture
def shown(monkeypatch):
    """What progress is shown: its total, its parts and `verbose`."""
    bars = []

    @contextmanager
    def progress(total, what, verbose, *, by=""):
        bars.append([total, what, verbose, 0])

        def advance(n=1):
            bars[-1][-1] += n

        yield advance

    for module in (_check, _fingerprints, _importing):
        monkeypatch.setattr(module, "progress", progress)
    return bars


def test_long_work_shows_its_progress(tmp_path, shown):
    write_files(tmp_path / "files", 3)
    archive = SeismicArchive(tmp_path / "archive")
    archive.import_folder(tmp_path / "files", groups="folder", verbose=1)
    archive.add(make_stream(9, n_samples=500), "short")
    archive.fingerprints(READER, FINGERPRINTS, verbose=1)
    archive.fingerprints(READER, FINGERPRINTS)
    archive.verify(verbose=1)
    assert shown == [
        [3, "files", 1, 3],
        [4, "recordings", 1, 4],
        [1, "recordings", 0, 1],
        [4, "recordings", 1, 4],
    ]

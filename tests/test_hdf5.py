"""Data of HDF5 files that would lie in other files."""

import os

import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream

from skseisfp import make_seismograms
from skseisfp._utils.hdf5 import check_hdf5_file, hdf5_member, inner_path
from skseisfp.archive import SeismicArchive
from skseisfp.datasets import load_records, load_seisbench, save_seisbench
from skseisfp.signal.waveform import RecordError

h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra io)")


def external_link(group, name, secret):
    group[name] = h5py.ExternalLink(str(secret), "X")


def soft_link(group, name, secret):
    external_link(group, "hidden", secret)
    group[name] = h5py.SoftLink(f"{group.name}/hidden")


def link_without_end(group, name, secret):
    group[name] = h5py.SoftLink(f"{group.name}/{name}")


def external_storage(group, name, secret):
    group.create_dataset(name, (8, 8), "f8", external=[(str(secret), 0, 512)])


def virtual(group, name, secret):
    layout = h5py.VirtualLayout((8, 8), "f8")
    layout[:] = h5py.VirtualSource(str(secret), "X", (8, 8))
    group.create_virtual_dataset(name, layout)


ELSEWHERE = [external_link, soft_link, link_without_end, external_storage, virtual]
KINDS = pytest.mark.parametrize("put", ELSEWHERE)
REASONS = "a link to|a link without end|stored in|virtual"


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "secret.hdf5"
    with h5py.File(file, "w") as content:
        content["X"] = np.ones((8, 8))
    return file


@KINDS
def test_an_object_elsewhere_is_named(put, secret, tmp_path):
    file = tmp_path / "data.hdf5"
    with h5py.File(file, "w") as content:
        put(content.create_group("inner"), "X", secret)
    message = rf"data\.hdf5: /inner/\w+ is ({REASONS})"
    with h5py.File(file) as content, pytest.raises(ValueError, match=message):
        hdf5_member(content, "inner/X")
    with pytest.raises(ValueError, match=message):
        check_hdf5_file(file)


def test_no_other_file_is_opened(tmp_path):
    pipe = tmp_path / "pipe"  # of which no open would ever end
    os.mkfifo(pipe)
    with h5py.File(tmp_path / "data.hdf5", "w") as content:
        external_link(content, "X", pipe)
    with pytest.raises(ValueError, match="a link to"):
        check_hdf5_file(tmp_path / "data.hdf5")


def test_objects_of_the_file_are_found(tmp_path):
    file = tmp_path / "data.hdf5"
    with h5py.File(file, "w") as content:
        content["a/b/X"] = np.arange(3)
        content["a/again"] = h5py.SoftLink("b/X")
        content["a/b/circle"] = content["a"]
        content["a/root"] = h5py.SoftLink("/a/b")
    check_hdf5_file(file)
    with h5py.File(file) as content:
        for path in ("a/b/X", "a/again", "/a/root/X", "a/b/circle/again"):
            assert list(hdf5_member(content, path)) == [0, 1, 2]
        with pytest.raises(KeyError):
            hdf5_member(content, "a/missing")


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/passwd", "..", "", "a\0b"])
def test_names_that_leave_a_folder_raise(name, tmp_path):
    with pytest.raises(ValueError, match="not the name of a file"):
        inner_path(tmp_path, name)
    assert inner_path(tmp_path, "a b.h5") == tmp_path / "a b.h5"


@KINDS
def test_labelled_folders(put, secret, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    table = pd.DataFrame({"event_id": range(8), "event_type": ["a", "b"] * 4})
    table = table.assign(station="A", sampling_rate_hz=100.0)
    table.to_csv(folder / "metadata.csv", index=False)
    with h5py.File(folder / "waveforms.hdf5", "w") as content:
        put(content, "X", secret)
    with pytest.raises(ValueError, match=rf"waveforms\.hdf5.*/\w+ is ({REASONS})"):
        load_records(folder, target="event_type")


@pytest.fixture
def seisbench(tmp_path):
    save_seisbench(make_seismograms(4, random_state=0), tmp_path / "set")
    return tmp_path / "set"


@KINDS
@pytest.mark.parametrize("name", ["data", "data_format"])
def test_seisbench_sets(put, name, secret, seisbench):
    with h5py.File(seisbench / "waveforms.hdf5", "a") as content:
        del content[name]
        put(content, name, secret)
    with pytest.raises(ValueError, match=rf"/\w+ is ({REASONS})"):
        load_seisbench(seisbench)


@KINDS
def test_buckets_of_seisbench_sets(put, secret, seisbench):
    with h5py.File(seisbench / "waveforms.hdf5", "a") as content:
        for name in list(content["data"]):
            del content["data"][name]
            put(content["data"], name, secret)
            content["data"].pop("hidden", None)
    with pytest.raises(ValueError, match=rf"/data/\w+.* is ({REASONS})|hidden"):
        load_seisbench(seisbench)


@pytest.mark.parametrize("chunk", ["/../../set/waveforms", "/etc/passwd"])
def test_chunks_of_seisbench_sets_stay_in_the_folder(chunk, seisbench):
    (seisbench / "chunks").write_text(f"{chunk}\n")
    with pytest.raises(ValueError, match="not the name of a file in"):
        load_seisbench(seisbench)


@pytest.fixture
def archive(tmp_path):
    pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed (extra io)")
    archive = SeismicArchive(tmp_path / "archive")
    archive.add(make_stream(0), "e1")
    return archive


@KINDS
def test_archives(put, secret, archive):
    reference = archive.references()[0]
    file = archive.waveforms / reference.files[0]
    with h5py.File(file, "a") as content:
        del content[reference.digest]["0"]
        put(content[reference.digest], "0", secret)
    with pytest.raises(RecordError, match=rf"{file.name}.* is ({REASONS})"):
        reference.stream()


def test_files_of_archives_stay_in_the_folder(archive):
    from dataclasses import replace

    reference = replace(archive.references()[0], files=("../secret.hdf5",))
    with pytest.raises(RecordError, match="not the name of a file"):
        reference.stream()

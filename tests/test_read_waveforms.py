"""Waveform files of every format by their content; what obspy says; what is skipped."""

import gzip
import io
import pickle
import tarfile
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest

from skseisfp.archive import SeismicArchive
from skseisfp.datasets import load_records
from skseisfp.io import WaveformReader
from skseisfp.io.compressed_files import is_compressed, unpacked
from skseisfp.io.read_waveforms import read_stream, read_waveforms
from skseisfp.io.reading_notes import ReadingWarning, notes_shown_once
from skseisfp.io.stream_files import find_files

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
SAMPLES = np.random.default_rng(0).integers(-999, 999, 3000).astype(np.int32)
# SAC files with this interval make obspy warn, and are read well (obspy#3408).
ODD_INTERVAL = 0.050000161


def make_trace(channel="HHZ", samples=SAMPLES, **changes):
    from obspy import Trace, UTCDateTime

    start = UTCDateTime(2024, 3, 5)
    header = {"network": "XX", "station": "A", "starttime": start}
    header |= {"channel": channel, "sampling_rate": 100.0}
    return Trace(samples, header | changes)


def written(*traces, kind="MSEED", **options):
    """The bytes of traces in a format."""
    from obspy import Stream

    content = io.BytesIO()
    Stream(traces).write(content, format=kind, **options)
    return content.getvalue()


def log_trace():
    samples = np.frombuffer(b"state of health", "S1")
    return written(make_trace("LOG", samples), encoding=0)


def sac_with_a_note():
    from obspy.io.sac import SACTrace

    content = io.BytesIO()
    names = {"kstnm": "A", "kcmpnm": "HHZ", "knetwk": "XX"}
    SACTrace(data=SAMPLES.astype("f4"), delta=ODD_INTERVAL, **names).write(content)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["MSEED", "SAC", "GSE2", "SLIST", "TSPAIR", "AH"])
@pytest.mark.parametrize("name", ["record", "record.mseed", "a[1]*.sac", "record.001"])
def test_the_format_is_seen_in_the_content(tmp_path, kind, name):
    from obspy import Stream

    Stream([make_trace()]).write(str(tmp_path / "file"), format=kind)
    file = (tmp_path / "file").rename(tmp_path / name)
    (trace,) = read_stream(file)
    np.testing.assert_array_equal(trace.data, SAMPLES)
    assert trace.stats.station == "A"


def test_an_sds_archive_is_a_folder(tmp_path):
    for day in (65, 66):
        folder = tmp_path / "2024/XX/A/HHZ.D"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"XX.A..HHZ.D.2024.{day:03d}").write_bytes(written(make_trace()))
    (tmp_path / "README.md").write_text("An archive.")
    (tmp_path / "stations.xml").write_text("<FDSNStationXML/>")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/XX.A..HHZ.D.2024.067").write_bytes(written(make_trace()))
    assert [file.name for file in find_files(tmp_path)] == [
        "XX.A..HHZ.D.2024.065",
        "XX.A..HHZ.D.2024.066",
    ]
    assert len(WaveformReader(components="Z").read(tmp_path).data) == 2


def pack(kind, data):
    """The bytes of a file packed by a program."""
    if kind == "gzip":
        return gzip.compress(data)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:bz2") as archive:
        for name in ("a.mseed", "notes.txt"):
            part = data if name == "a.mseed" else b"not a waveform"
            item = tarfile.TarInfo(f"../../{name}")
            item.size = len(part)
            archive.addfile(item, io.BytesIO(part))
    return content.getvalue()


def test_packed_files_are_unpacked(tmp_path):
    (tmp_path / "a.gz").write_bytes(pack("gzip", written(make_trace())))
    assert len(read_stream(tmp_path / "a.gz")) == 1
    (tmp_path / "a.tar.bz2").write_bytes(pack("tar", written(make_trace())))
    with pytest.warns(ReadingWarning, match=r"a\.tar\.bz2, notes\.txt is of no"):
        assert len(read_stream(tmp_path / "a.tar.bz2")) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.gz", "a.tar.bz2"]


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("skseisfp.io.compressed_files.MOST_BYTES", 10_000)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(ValueError, match=r"bomb\.gz cannot be read: .*more than 10000"):
        read_stream(tmp_path / "bomb.gz")


def test_packed_files_take_no_more_memory_than_they_need():
    packed = gzip.compress(bytes(100_000))
    # a dictionary of 1.5 GiB, said by the head alone
    block = b"\x02\x00!\x01\x25\x00\x00\x00"
    block += zlib.crc32(block).to_bytes(4, "little")
    head = b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F" + block + b"\x01" + bytes(487)
    tracemalloc.start()
    try:
        assert unpacked(packed) == [("", bytes(100_000))]
        assert not is_compressed(head)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_no_pickle_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    class Harm:
        def __reduce__(self):
            return open, ("harm", "w")

    (tmp_path / "a.mseed").write_bytes(pickle.dumps(Harm()))
    with pytest.raises(ValueError, match=r"a\.mseed is of no waveform format"):
        read_stream(tmp_path / "a.mseed")
    (tmp_path / "b").write_bytes(written(make_trace(), kind="PICKLE"))
    with pytest.raises(ValueError, match="b is of no waveform format"):
        read_stream(tmp_path / "b")
    assert not (tmp_path / "harm").exists()


def wfdisc(folder, name):
    """A line of a CSS table that names a file of samples."""
    fields = [
        (0, "A"),
        (7, "HHZ"),
        (15, "  1709596800.00000"),
        (60, "  1709596829.99000"),
        (79, f"{len(SAMPLES):8d}"),
        (88, "100.0000000"),
        (100, "        1.000000"),
        (117, "        1.000000"),
        (143, "s4"),
        (148, folder),
        (213, name),
        (246, "         0"),
    ]
    line = [" "] * 283
    for start, text in fields:
        line[start : start + len(text)] = text
    return ("".join(line) + "\n").encode()


def test_tables_name_no_files_elsewhere(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    for folder in (tmp_path, inside):
        (folder / "samples.w").write_bytes(SAMPLES.astype(">i4").tobytes())
    (inside / "good.wfdisc").write_bytes(wfdisc(".", "samples.w"))
    (trace,) = read_stream(inside / "good.wfdisc")
    np.testing.assert_array_equal(trace.data, SAMPLES)
    for folder in ("..", str(tmp_path)):
        (inside / "bad.wfdisc").write_bytes(wfdisc(folder, "samples.w"))
        with pytest.raises(ValueError, match=r"bad\.wfdisc names a file outside"):
            read_stream(inside / "bad.wfdisc")


@pytest.mark.parametrize("action", ["default", "error"])
def test_what_obspy_says_is_shown_once(tmp_path, action):
    for number in range(3):
        (tmp_path / f"{number}.sac").write_bytes(sac_with_a_note())
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter(action)
        bunch = WaveformReader(components="Z").read(tmp_path)
    assert len(bunch.data) == 3
    (item,) = said
    assert item.category is ReadingWarning
    assert "Notes while reading: 3, on 3 files" in str(item.message)
    assert "0.sac: Sample spacing" in str(item.message)
    assert item.filename == __file__


def test_notes_of_importing_and_of_labelled_folders_are_shown_once(tmp_path):
    for event in ("e1", "e2"):
        (tmp_path / "in" / event).mkdir(parents=True)
        (tmp_path / "in" / event / "a").write_bytes(sac_with_a_note())
    with pytest.warns(ReadingWarning, match="2, on 2 files") as said:
        report = SeismicArchive(tmp_path / "archive").import_folder(tmp_path / "in")
    assert report["stored"].all()
    assert len(said) == 1
    (tmp_path / "in/labels.csv").write_text("event_id,event_type\ne1,x\ne2,y\n")
    with pytest.warns(ReadingWarning, match="2, on 2 files") as said:
        bunch = load_records(tmp_path / "in", sampling_rate=20.0)
    assert bunch.target.tolist() == ["x", "y"]
    assert len(said) == 1


def test_notes_can_be_silenced(tmp_path):
    (tmp_path / "a.sac").write_bytes(sac_with_a_note())
    with warnings.catch_warnings(record=True) as said, notes_shown_once():
        warnings.simplefilter("ignore", ReadingWarning)
        read_stream(tmp_path / "a.sac")
    assert said == []


SKIPPED = {
    "text": (log_trace, "XX.A..LOG is text"),
    "rate 0": (
        lambda: written(make_trace("HHN", sampling_rate=0.0)),
        "XX.A..HHN has the sampling rate 0 Hz",
    ),
    "mass position": (
        lambda: written(make_trace("VMZ", sampling_rate=0.1)),
        "XX.A..VMZ is the state of health of a station",
    ),
    "clock": (
        lambda: written(make_trace("LCQ", sampling_rate=1.0)),
        "XX.A..LCQ is the state of health of a station",
    ),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_channels_without_seismogram_are_listed_and_do_no_harm(tmp_path, name):
    make, reason = SKIPPED[name]
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "f.mseed").write_bytes(written(make_trace()) + make())
    found = read_waveforms(folder / "f.mseed")
    assert [trace.id for trace in found.stream] == ["XX.A..HHZ"]
    assert [" ".join(channel) for channel in found.skipped] == [reason]
    bunch = WaveformReader(components="Z").read(folder)
    assert len(bunch.data) == 1
    assert bunch.rejected["reason"].tolist() == [reason]
    assert bunch.rejected["source"].tolist() == [str(folder / "f.mseed")]
    report = SeismicArchive(tmp_path / "archive").import_folder(folder)
    assert sorted(report["reason"]) == ["", reason]
    (folder / "f.mseed").write_bytes(make())
    with pytest.raises(ValueError, match=rf"f\.mseed holds no seismogram: {reason}"):
        read_waveforms(folder / "f.mseed")


def test_accelerometers_are_seismograms(tmp_path):
    (tmp_path / "a").write_bytes(written(*map(make_trace, ("HNZ", "EHZ", "LHZ"))))
    assert read_waveforms(tmp_path / "a").skipped == ()


def test_a_broken_end_gives_the_rest_with_a_note(tmp_path):
    whole = written(make_trace(), reclen=512)
    (tmp_path / "a").write_bytes(whole[:-100])
    with pytest.warns(ReadingWarning, match=r"a: its last 412 bytes, from byte"):
        (trace,) = read_stream(tmp_path / "a")
    assert 0 < trace.stats.npts < len(SAMPLES)
    np.testing.assert_array_equal(trace.data, SAMPLES[: trace.stats.npts])
    (tmp_path / "a").write_bytes(whole[:512] + b"x" * 77 + whole[512:])
    with pytest.raises(ValueError, match=r"no record at byte 512.*out of step"):
        read_stream(tmp_path / "a")


def test_full_seed_gives_its_waveforms(tmp_path):
    control = b"000001V 0100042 2.4 12" + b" " * 4000
    blank = b"000002   " + b" " * 4000
    content = control[:4096].ljust(4096) + blank.ljust(4096)
    content += written(make_trace(), reclen=4096)
    (tmp_path / "volume.seed").write_bytes(content)
    (trace,) = read_stream(tmp_path / "volume.seed")
    np.testing.assert_array_equal(trace.data, SAMPLES)


def test_files_that_are_none_are_named(tmp_path):
    (tmp_path / "notes").write_text("not a waveform")
    (tmp_path / "a").write_bytes(written(make_trace()))
    bunch = WaveformReader(components="Z").read(tmp_path)
    (reason,) = bunch.rejected["reason"]
    assert reason == f"{tmp_path / 'notes'} is of no waveform format that obspy reads"
    with pytest.raises(ValueError, match=r"nowhere cannot be read: No such file"):
        read_stream(tmp_path / "nowhere")


def test_a_reader_that_goes_in_circles_is_stopped(tmp_path, monkeypatch):
    def circle(*_, **__):
        while True:
            try:
                next(iter(()))
            except Exception:
                continue

    monkeypatch.setattr("skseisfp.io.time_limit.SECONDS", 0.5)
    monkeypatch.setattr("obspy.read", circle)
    (tmp_path / "a").write_bytes(written(make_trace()))
    with pytest.raises(ValueError, match=r"a cannot be read as MSEED: .*more than"):
        read_stream(tmp_path / "a")


def test_lines_longer_than_obspy_copies_are_rejected(tmp_path):
    make_trace().write(str(tmp_path / "a.gse2"), format="GSE2")
    content = (tmp_path / "a.gse2").read_bytes().splitlines()
    at = content.index(b"DAT2") + 1
    content[at] = content[at] * 3
    (tmp_path / "a.gse2").write_bytes(b"\n".join(content))
    with pytest.raises(ValueError, match=r"a\.gse2 has a line of 241 bytes"):
        read_stream(tmp_path / "a.gse2")

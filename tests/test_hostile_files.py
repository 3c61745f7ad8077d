"""Files that are broken or mean harm: a named error, never a crash, hang or half."""

import signal
import struct
import warnings

import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream

from skseisfp.archive import SeismicArchive
from skseisfp.datasets import load_records
from skseisfp.io import WaveformReader
from skseisfp.io.read_waveforms import read_waveforms
from skseisfp.io.reading_notes import ReadingWarning

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
RECORD = 512


@pytest.fixture(autouse=True)
def no_hang():
    """Raise where a test takes too long."""

    def late(*_):
        raise TimeoutError("a hostile file makes it hang")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The bytes of a sound file with records of 512 bytes."""
    file = tmp_path_factory.mktemp("good") / "good.mseed"
    make_stream(0).write(str(file), format="MSEED", reclen=RECORD)
    return file.read_bytes()


def patched(good, at, value):
    """Change the header of every record."""
    data = bytearray(good)
    for start in range(at, len(data), RECORD):
        data[start : start + len(value)] = value
    return bytes(data)


def one_record(good, at, value):
    """Change the second record."""
    data = bytearray(good)
    data[RECORD + at : RECORD + at + len(value)] = value
    return bytes(data)


def written(trace, **options):
    """The bytes of a trace as miniSEED."""
    import io

    content = io.BytesIO()
    trace.write(content, format="MSEED", **options)
    return content.getvalue()


def header(**changes):
    from obspy import UTCDateTime

    start = UTCDateTime(2024, 1, 1)
    base = {"network": "XX", "station": "A", "channel": "HHZ", "sampling_rate": 100.0}
    return {**base, "starttime": start, **changes}


def spread(good):
    """Two pieces a century apart."""
    from obspy import Stream, Trace, UTCDateTime

    samples = np.arange(100, dtype=np.int32)
    late = UTCDateTime(2099, 1, 1)
    pieces = [Trace(samples, header()), Trace(samples, header(starttime=late))]
    return written(Stream(pieces))


def many_pieces(good):
    """More pieces than a recording has."""
    from obspy import Stream, Trace, UTCDateTime

    pieces = [
        Trace(np.arange(3, dtype=np.int32), header(starttime=UTCDateTime(10 * number)))
        for number in range(1200)
    ]
    return written(Stream(pieces), reclen=256)


def rate(value):
    """A file with another sampling rate."""

    def make(good):
        from obspy import Trace

        samples = np.arange(500, dtype=np.int32)
        return written(Trace(samples, header(sampling_rate=value)))

    return make


def mixed_rates(good):
    from obspy import Stream, Trace

    samples = np.arange(500, dtype=np.int32)
    return written(
        Stream([Trace(samples, header(sampling_rate=rate)) for rate in (40.0, 100.0)])
    )


def text_samples(good):
    from obspy import Trace

    samples = np.frombuffer(b"log line " * 20, dtype="|S1")
    return written(Trace(samples, header()), encoding="ASCII")


def pickle_of_commands(good):
    """A pickle that would make a file, which some formats of obspy would run."""
    return b"cos\nsystem\n(S'touch hostile'\ntR."


WAVEFORMS = {
    "empty": lambda good: b"",
    "zeros": lambda good: bytes(4096),
    "text": lambda good: b"not a waveform\n" * 50,
    "html": lambda good: b"<html><body>404</body></html>",
    "random": lambda good: np.random.default_rng(0).bytes(8192),
    "pickle": pickle_of_commands,
    "gzip": lambda good: b"\x1f\x8b\x08" + bytes(500),
    "zip": lambda good: b"PK\x03\x04" + bytes(500),
    "one byte": lambda good: b"0",
    "header only": lambda good: good[:48],
    "garbage between": lambda good: good[:RECORD] + b"x" * 77 + good[RECORD:],
    "no blockette": lambda good: patched(good, 46, bytes(2)),
    "loop of blockettes": lambda good: patched(good, 50, struct.pack(">H", 48)),
    "blockette far away": lambda good: patched(good, 46, b"\xff\xff"),
    "record of 2 bytes": lambda good: patched(good, 54, b"\x01"),
    "record of 4 GB": lambda good: patched(good, 54, b"\x20"),
    "unknown encoding": lambda good: patched(good, 52, b"\x7f"),
    "wrong encoding": lambda good: patched(good, 52, b"\x04"),
    "wrong byte order": lambda good: patched(good, 53, b"\x00"),
    "no samples": lambda good: patched(good, 30, bytes(2)),
    "too many samples": lambda good: patched(good, 30, b"\xff\xff"),
    "data beyond the end": lambda good: patched(good, 44, b"\xff\x00"),
    "day 999": lambda good: patched(good, 22, struct.pack(">H", 999)),
    "hour 99": lambda good: patched(good, 24, b"\x63"),
    "rate 0": lambda good: patched(good, 32, bytes(4)),
    "rate 1 GHz": lambda good: patched(good, 32, struct.pack(">hh", 32767, 32767)),
    "rate 1/GHz": lambda good: patched(good, 32, struct.pack(">hh", -32768, -32768)),
    "rate 1 MHz": rate(1e6),
    "rate 1 per day": rate(1 / 86400),
    "broken Steim frame": lambda good: one_record(good, 128, b"\xaa" * 64),
    "names of bytes": lambda good: patched(good, 8, b"\xff\xfe\xfd\xfc"),
    "name with dots": lambda good: patched(good, 8, b"A.B. "),
    "mixed rates": mixed_rates,
    "text samples": text_samples,
    "centuries": spread,
    "pieces": many_pieces,
}
# What is whole of these is taken, with a note on the rest.
WORN = {
    "cut in record": lambda good: good[: 3 * RECORD - 100],
    "cut in header": lambda good: good[: 2 * RECORD + 20],
    "garbage at the end": lambda good: good + b"garbage",
    "zeros at the end": lambda good: good + bytes(3 * RECORD),
    "zeros between": lambda good: good[: 2 * RECORD] + bytes(RECORD) + good,
    "order of another kind": lambda good: patched(good, 53, b"\x63"),
}
SILENT = {"zeros at the end"}  # loggers fill up their files
KEPT = {"centuries", "wrong encoding"}  # sound as files; the reader rejects them


@pytest.mark.parametrize("name", WAVEFORMS)
def test_waveforms_are_rejected_with_a_reason(good, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "hostile.mseed").write_bytes(WAVEFORMS[name](good))
    with pytest.raises(ValueError, match="No record was taken: 1 x"):
        WaveformReader(components="Z").read(folder, groups="folder")
    archive = SeismicArchive(tmp_path / "archive")
    (row,) = archive.import_folder(folder, groups="folder").to_dict("records")
    if name not in KEPT:
        assert row["reason"]
        assert "hostile.mseed" in row["files"] + row["reason"]
        assert archive.query().empty
        assert list(archive.waveforms.iterdir()) == []
    assert archive.verify().empty
    assert not (tmp_path / "hostile").exists()


@pytest.mark.parametrize("name", WORN)
def test_what_is_whole_is_taken(good, tmp_path, name):
    file = tmp_path / "worn.mseed"
    file.write_bytes(WORN[name](good))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = read_waveforms(file).stream
    file.write_bytes(good)
    whole = {trace.id: trace.data for trace in read_waveforms(file).stream}
    for trace in found:
        expected = whole[trace.id][: trace.stats.npts]
        np.testing.assert_array_equal(trace.data, expected)
    said = [str(item.message) for item in said if item.category is ReadingWarning]
    assert len(said) == (name not in SILENT)
    assert all("worn.mseed" in text for text in said)


@pytest.mark.parametrize("name", WAVEFORMS)
def test_hostile_files_do_not_hurt_their_neighbours(good, tmp_path, name):
    for event, data in (("a", good), ("b", WAVEFORMS[name](good)), ("c", good)):
        (tmp_path / "in" / event).mkdir(parents=True)
        (tmp_path / "in" / event / f"{event}.mseed").write_bytes(data)
    bunch = WaveformReader().read(tmp_path / "in", groups="folder")
    assert bunch.groups.tolist() == ["a", "c"]
    assert len(bunch.rejected) >= 1


SAC = {
    "empty": b"",
    "text": b"not a SAC file" * 60,
    "zeros": bytes(632),
    "short": bytes(100),
    "random": np.random.default_rng(1).bytes(2000),
}


@pytest.mark.parametrize("name", SAC)
def test_sac_files_are_rejected_with_a_reason(tmp_path, name):
    file = tmp_path / "hostile.sac"
    file.write_bytes(SAC[name])
    archive = SeismicArchive(tmp_path / "archive")
    (row,) = archive.import_folder(file).to_dict("records")
    assert "hostile.sac" in row["reason"]
    assert archive.query().empty


def table(**changes):
    frame = pd.DataFrame(
        {
            "event_id": ["a", "b"],
            "station": "X",
            "event_type": ["x", "y"],
            "sampling_rate_hz": 40.0,
        }
    )
    return frame.assign(**changes)


def write_npz(folder, **arrays):
    np.savez(folder / "waveforms.npz", **arrays)


def write_hdf5(folder, name, data):
    import h5py

    with h5py.File(folder / "waveforms.hdf5", "w") as file:
        file[name] = data


X = np.random.default_rng(0).standard_normal((2, 100))
ARRAYS = {
    "pickle in npz": (table(), lambda to: write_npz(to, X=np.array([{}, []], object))),
    "text in npz": (table(), lambda to: write_npz(to, X=np.array(["a", "b"]))),
    "no X in npz": (table(), lambda to: write_npz(to, Y=X)),
    "rows": (table(), lambda to: write_npz(to, X=X[:1])),
    "axes": (table(), lambda to: write_npz(to, X=X[0])),
    "not a number": (table(), lambda to: write_npz(to, X=X * np.nan)),
    "infinite": (table(), lambda to: write_npz(to, X=X * np.inf)),
    "no samples": (table(), lambda to: write_npz(to, X=X[:, :0])),
    "broken npz": (table(), lambda to: (to / "waveforms.npz").write_bytes(b"PK\3\4")),
    "other hdf5": (table(), lambda to: write_hdf5(to, "data/bucket0", X)),
    "broken hdf5": (
        table(),
        lambda to: (to / "waveforms.hdf5").write_bytes(
            b"\x89HDF\r\n\x1a\n" + bytes(99)
        ),
    ),
    "no event column": (
        table().drop(columns="event_id"),
        lambda to: write_npz(to, X=X),
    ),
    "no rate column": (
        table().drop(columns="sampling_rate_hz"),
        lambda to: write_npz(to, X=X),
    ),
    "rate of text": (table(sampling_rate_hz="fast"), lambda to: write_npz(to, X=X)),
    "rate 0": (table(sampling_rate_hz=0.0), lambda to: write_npz(to, X=X)),
    "no events": (table(event_id=None), lambda to: write_npz(to, X=X)),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_raise_with_a_reason(tmp_path, name):
    frame, write = ARRAYS[name]
    frame.to_csv(tmp_path / "metadata.csv", index=False)
    write(tmp_path)
    with pytest.raises(ValueError, match=tmp_path.name):
        load_records(tmp_path)


def test_there_are_sixty_of_them():
    assert len(WAVEFORMS) + len(WORN) + len(SAC) + len(ARRAYS) >= 60

"""Files whose headers promise more samples than they can have, or than fit memory."""

import io
import struct
import tracemalloc
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("obspy", reason="obspy is not installed (extra io)")

from obspy import Stream, Trace, UTCDateTime

from skseisfp.io import WaveformReader, _record_inputs, read_waveforms, time_limit
from skseisfp.signal.waveform import RecordError

START = datetime(2024, 1, 1, tzinfo=UTC)
RATE, LENGTH, MOST = 100.0, 256, 65_535
RECORD_SECONDS = MOST / RATE


def written(stream, **options):
    content = io.BytesIO()
    stream.write(content, format="MSEED", **options)
    return content.getvalue()


def made_trace(samples, channel="HHZ", start=START, rate=RATE):
    header = {"network": "XX", "station": "AAA", "channel": channel}
    header |= {"sampling_rate": rate, "starttime": UTCDateTime(start)}
    return Trace(np.asarray(samples), header)


def made_noise():
    rng = np.random.default_rng(0)
    return made_trace(rng.integers(-(2**28), 2**28, 400_000, dtype=np.int32))


def bomb(n_records, channel="HHZ", seconds=RECORD_SECONDS):
    """Return records of 256 bytes, each of 65,535 samples as it says."""
    (record,) = [written(Stream([made_trace(np.arange(9), channel)]), reclen=LENGTH)]
    records = []
    for number in range(n_records):
        time = START + timedelta(seconds=number * seconds)
        fields = time.year, int(f"{time:%j}"), time.hour, time.minute, time.second
        stamp = struct.pack(">HHBBBBH", *fields, 0, time.microsecond // 100)
        records.append(
            record[:20] + stamp + struct.pack(">H", MOST) + record[32:LENGTH]
        )
    return b"".join(records)


def check_rejected(read, path):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"has samples of [\d,]+ bytes") as error:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 100 * 10**6
    finally:
        tracemalloc.stop()
    assert str(path) in str(error.value)
    assert "more than the 2,147,483,648" in str(error.value)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("bomb") / "day.mseed"
    path.write_bytes(bomb(9000))
    assert path.stat().st_size < 2_400_000
    read_waveforms.read_stream(path, headonly=True)  # loads obspy's formats
    return path


def events_at(*seconds):
    times = [pd.Timestamp(START) + pd.Timedelta(seconds=at) for at in seconds]
    names = [f"e{number}" for number in range(len(times))]
    return pd.DataFrame({"event_id": names, "origin_time": times})


def read_windows(path, window, *seconds):
    reader = WaveformReader(components="Z", align="origin", window=window)
    return reader.read(path, events=events_at(*seconds))


def test_headers_that_promise_too_much(path):
    check_rejected(read_waveforms.read_waveforms, path)
    assert read_waveforms.read_stream(path, headonly=True)[0].stats.npts == 9000 * MOST


def test_windows_that_take_more_than_fits(path):
    days = range(0, int(9000 * RECORD_SECONDS), 86_400)
    check_rejected(lambda path: read_windows(path, (0, 86_400), *days), path)


def test_a_short_window_of_a_file_that_promises_too_much(path, monkeypatch):
    # only what is decoded counts; that the samples are not there is seen by obspy
    with pytest.raises(ValueError, match=r"day\.mseed cannot be read: .*error"):
        read_windows(path, (0, 10), 1000)
    monkeypatch.setattr(_record_inputs, "MOST_DECODED", 0)
    monkeypatch.setattr(read_waveforms, "MOST_DECODED", 4 * MOST - 1)
    with pytest.raises(ValueError, match=r"day\.mseed has samples of 262,140 bytes"):
        read_windows(path, (0, 10), 1000)


def test_channels_that_are_left_out_count(tmp_path, monkeypatch):
    path = tmp_path / "day.mseed"
    path.write_bytes(written(Stream([made_noise()])) + bomb(90, "LOG", seconds=0))
    monkeypatch.setattr(read_waveforms, "MOST_DECODED", 90 * 4 * MOST)
    with pytest.raises(ValueError, match=r"day\.mseed has samples of 23,6.*bytes"):
        read_windows(path, (0, 10), 100)


def test_the_same_records_whether_the_headers_are_asked_or_not(tmp_path, monkeypatch):
    path = tmp_path / "day.mseed"
    path.write_bytes(written(Stream([made_noise()])))
    expected = read_windows(path, (0, 10), 1000)
    monkeypatch.setattr(_record_inputs, "MOST_DECODED", 0)
    found = read_windows(path, (0, 10), 1000)
    np.testing.assert_array_equal(found.data, expected.data)


def test_float64_takes_twice_as_much():
    heads = [
        read_waveforms._read_with_obspy(io.BytesIO(data), len(data), "MSEED", "x", True)
        for data in (
            written(Stream([made_trace(np.zeros(100, kind))]))
            for kind in (np.int32, np.float32, np.float64)
        )
    ]
    assert [read_waveforms.decoded_bytes(head) for head in heads] == [400, 400, 800]


def test_decoding_is_limited_in_time(tmp_path, monkeypatch):
    path = tmp_path / "day.mseed"
    path.write_bytes(written(Stream([made_noise()])))

    def wait(*args, **options):
        while True:
            pass

    head, skipped, decode = _record_inputs.open_input(
        _record_inputs.Input(str(path), path, None)
    )
    monkeypatch.setattr(time_limit, "SECONDS", 0.1)
    monkeypatch.setattr(time_limit, "SECONDS_PER_BYTE", 0.0)
    monkeypatch.setattr("obspy.read", wait)
    with pytest.raises(RecordError, match=r"day\.mseed cannot be read: .*took more"):
        decode([(head[0].stats.starttime, head[0].stats.endtime)])
    assert skipped == ()


def test_files_of_other_formats_are_bounded_by_their_size(tmp_path, monkeypatch):
    path = tmp_path / "record.sac"
    made_trace(np.zeros(1000, np.float32)).write(str(path), format="SAC")
    assert len(read_waveforms.read_stream(path)[0]) == 1000
    monkeypatch.setattr(read_waveforms, "MOST_DECODED", 4000)
    with pytest.raises(RecordError, match=r"record\.sac has more than the 4,000 bytes"):
        read_waveforms.read_stream(path)

"""Inputs that the fuzzing command has found: each an error that says what is wrong."""

import numpy as np
import pandas as pd
import pytest
from obspy import Stream, Trace
from result_cubes import make_cube

from skseisfp._utils.hdf5 import check_heaps, hdf5_member
from skseisfp.io import WaveformReader
from skseisfp.io.read_waveforms import read_waveforms
from skseisfp.io.tables import read_table
from skseisfp.preprocessing import (
    FilterAugmenter,
    FingerprintTransformer,
    PhysicsFeatures,
    ScalogramTransformer,
    SpectrogramTransformer,
    SpectrumTransformer,
    WaveformAugmenter,
    WaveformImageTransformer,
    WaveformPreprocessor,
    select_by_snr,
    stack_stations,
)
from skseisfp.signal import (
    bandpass,
    cut_windows,
    decode,
    encode,
    estimate_cutoffs,
    haar2d,
    highpass,
    inverse_haar2d,
    pack_fingerprints,
    pick_onsets,
    sta_lta,
    unpack_fingerprints,
)
from skseisfp.signal.waveform import RecordError, resampling_factors
from skseisfp.sweep import ResultCube

X = np.random.default_rng(0).standard_normal((2, 800))
RATE = {"sampling_rate": 40.0}
SHORT = {"before": 1.0, "after": 2.0}
TEXT = np.array(["a", "b"])


def make_trace():
    header = {"network": "XX", "station": "ABC", "channel": "HHZ", **RATE}
    return Trace((1000 * X[0]).astype(np.int32), header)


@pytest.mark.parametrize("start", [b"CHK20M", b"WID2 A", b"CHK", b"A"])
def test_a_long_line_that_begins_like_an_end_is_rejected(tmp_path, start):
    """obspy copies it beyond the end of its own memory."""
    file = tmp_path / "a.gse2"
    make_trace().write(str(file), format="GSE2")
    lines = file.read_bytes().splitlines()
    at = lines.index(b"DAT2") + 1
    lines[at] = start + lines[at][len(start) :]
    lines[at + 1] *= 3
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(ValueError, match=r"a\.gse2 has a line of \d+ bytes"):
        read_waveforms(file)


def test_a_long_line_before_the_samples_is_rejected(tmp_path):
    file = tmp_path / "a.gse2"
    make_trace().write(str(file), format="GSE2")
    content = file.read_bytes().replace(b"DAT2\n", b"A" * 500 + b"\nDAT2\n")
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.gse2 has a line of 501 bytes"):
        read_waveforms(file)


def test_a_checksum_before_the_samples_does_not_end_them(tmp_path):
    file = tmp_path / "a.gse2"
    make_trace().write(str(file), format="GSE2")
    lines = file.read_bytes().splitlines()
    at = lines.index(b"DAT2")
    lines[at + 1] *= 3
    file.write_bytes(b"\n".join([*lines[:at], b"CHK2  -451", *lines[at:]]))
    with pytest.raises(ValueError, match=r"a\.gse2 has a line of 241 bytes"):
        read_waveforms(file)


def test_no_record_names_the_first_source(tmp_path):
    trace = make_trace()
    trace.stats.channel = "HHE"
    trace.write(str(tmp_path / "a.mseed"), format="MSEED")
    with pytest.raises(ValueError, match=r"only E \(the first of .*a\.mseed\)$"):
        WaveformReader(components="Z").read(tmp_path / "a.mseed")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"event_id": ["a", None]}, "events has no event_id in row 1"),
        ({"origin_time": ["0000-01-01", "2024-01-01"]}, "origin_time of events holds"),
        ({"origin_time": [True, False]}, "origin_time of events holds no times"),
    ],
)
def test_events_without_id_or_time_are_named(columns, message):
    events = pd.DataFrame({"event_id": ["a", "b"], "origin_time": "2024-01-01"})
    with pytest.raises(ValueError, match=message):
        WaveformReader(components="Z", align="origin", window=(0, 1)).read(
            Stream([make_trace()]), events=events.assign(**columns)
        )


def test_a_rate_of_nearly_nothing_is_not_resampled():
    with pytest.raises(RecordError, match="not a simple fraction"):
        resampling_factors(5e-324, 40.0)


def test_a_cube_without_trials_is_an_empty_table():
    table = pd.DataFrame({"C": [], "score": []}, dtype=float)
    cube = ResultCube.from_table(table, parameters=["C"], metrics=["score"])
    assert len(cube.to_frame()) == 0


FAULTS = {
    "encode": (lambda: encode(TEXT, "signed"), "signs must be"),
    "encode a list": (lambda: encode([1, 2], "signed"), "signs must be .* 2 axes"),
    "decode": (lambda: decode(np.ones((4, 4)), "signed"), "planes must be .* 3 axes"),
    "planes": (lambda: decode(np.ones((1, 4, 4)), "two_channel"), "planes must have"),
    "packed": (lambda: unpack_fingerprints([[0.5]], (2, 4)), "packed must hold bytes"),
    "bytes": (lambda: unpack_fingerprints([[256]], (2, 4)), "packed must hold bytes"),
    "shape": (lambda: unpack_fingerprints([[1]], (-2, -4)), "shape must be"),
    "no shape": (lambda: unpack_fingerprints([[1]], None), "shape must be"),
    "signed": (
        lambda: unpack_fingerprints(np.uint8([[1]]), (2, 4), signed="x"),
        "signed must be a bool",
    ),
    "images": (lambda: haar2d(None), "images must be"),
    "rows": (lambda: inverse_haar2d(np.ones((6, 8))), "rows and columns of images"),
    "cutoffs": (lambda: highpass(X, "0:1:9", **RATE), "cutoffs must be"),
    "rate": (lambda: highpass(X, [1, 1], sampling_rate=None), "sampling_rate must be"),
    "order": (lambda: highpass(X, [1, 1], order=0.5, **RATE), "order must be"),
    "corner": (lambda: bandpass(X, f_min="a", **RATE), "f_min must be"),
    "corner of none": (lambda: bandpass(X, f_max=[1.0], **RATE), "f_max must be"),
    "zero phase": (
        lambda: bandpass(X, f_min=1.0, zero_phase=[1], **RATE),
        "zero_phase must be a bool",
    ),
    "cut-off of text": (lambda: estimate_cutoffs(X, f_min="a", **RATE), "f_min must"),
    "order of a list": (lambda: estimate_cutoffs(X, order=[4], **RATE), "order must"),
    "one axis": (lambda: estimate_cutoffs(X[0], **RATE), "X must have shape"),
    "dict": (lambda: estimate_cutoffs({"a": X}, **RATE), "X must hold real numbers"),
    "no rate": (lambda: estimate_cutoffs(X, sampling_rate=0), "sampling_rate"),
    "sta": (lambda: sta_lta(X, sta="a", **RATE), "sta must be"),
    "lta": (lambda: pick_onsets(X, lta=float("nan"), **RATE), "lta must be"),
    "endless lta": (lambda: sta_lta(X, lta=float("inf"), **RATE), "lta must be short"),
    "before": (
        lambda: cut_windows(X, 5.0, **RATE, **SHORT | {"before": 1e308}),
        "before must be below",
    ),
    "snr": (lambda: select_by_snr(["a", "b"], [0, 1], threshold=1), "snr must hold"),
    "labels": (lambda: select_by_snr([1, 2], 7, threshold=1), "y must have one label"),
    "shifts": (
        lambda: FilterAugmenter(shifts=range(10**18), **RATE).fit(X),
        "at most 1000",
    ),
    "window": (lambda: SpectrogramTransformer(window=()).fit(X), "window must be"),
    "augmented": (lambda: WaveformAugmenter().augment(X[0, :6]), "X must have shape"),
    "noise": (
        lambda: WaveformAugmenter(noise=range(10**18)).augment(X),
        "noise must be",
    ),
    "low cut-off": (
        lambda: highpass(X, [1e-13, 1e-13], **RATE),
        "cutoffs of 1e-13 Hz .* are too low",
    ),
    "no cut-off": (lambda: highpass(X, [5e-324, 1], **RATE), "cutoffs of 4.94066e-324"),
    "high order": (lambda: bandpass(X, f_min=1, order=10**30, **RATE), "order must"),
    "pixels": (
        lambda: WaveformImageTransformer(shape=(2**40, 2**40)).fit(X),
        "shape must have at most",
    ),
    "features": (
        lambda: PhysicsFeatures(features=range(10**18)).fit(X),
        "features must be",
    ),
    "target rate": (
        lambda: WaveformPreprocessor(target_rate=1e-30, **RATE).fit_transform(X),
        "target_rate=1e-30: its rate of 40 Hz",
    ),
    "no fingerprint": (
        lambda: pack_fingerprints(np.uint8(1)),
        "fingerprints must have an axis",
    ),
    "tiny corner": (lambda: bandpass(X, f_max=5e-324, **RATE), "f_max=5e-324"),
    "window of no shape": (
        lambda: SpectrogramTransformer(window=True).fit(X),
        "window must be",
    ),
    "bands": (lambda: SpectrumTransformer(n_bands=10**30).fit(X), "n_bands must be"),
    "singular corner": (lambda: bandpass(X, f_max=1e-30, **RATE), "f_max=1e-30"),
    "no bands": (lambda: PhysicsFeatures(ratio_bands=()).fit(X), "ratio_bands must"),
    "tiny target rate": (
        lambda: WaveformPreprocessor(target_rate=5e-324, **RATE).fit_transform(X),
        "target_rate=5e-324",
    ),
    "bands without width": (
        lambda: SpectrumTransformer(f_max=5e-324).fit(X),
        "bands have no width between f_min and f_max",
    ),
    "flag for a number": (
        lambda: WaveformAugmenter(crop=True).augment(X, np.random.default_rng(0)),
        "crop must be .*; got True",
    ),
    "high rate": (
        lambda: PhysicsFeatures(sampling_rate=1e308).fit(X),
        "sampling_rate=1e.308 Hz gives windows of .* samples",
    ),
    "low rate": (
        lambda: PhysicsFeatures(sampling_rate=5e-324).fit(X),
        "gives windows of 0 samples|gives windows of .*e-32. samples",
    ),
    "one label": (
        lambda: stack_stations(X, np.array(1), groups=[1, 1]),
        r"y must have one value per record; got array\(1\)",
    ),
    "f_max": (
        lambda: FingerprintTransformer(f_max=5e-324, shape=(16, 16)).fit_transform(X),
        "f_min=0.0 Hz must be positive",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_arguments_are_named(name):
    call, message = FAULTS[name]
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("encoding", ["signed", "interleaved", "two_channel"])
def test_booleans_are_encoded(encoding):
    planes = encode(np.eye(4, dtype=bool), encoding)
    assert (planes == encode(np.eye(4, dtype=np.int8), encoding)).all()


def test_a_large_threshold_finds_nothing():
    found = FilterAugmenter(threshold=10**30, fallback=1.0, **RATE).fit_transform(X)
    assert np.isfinite(found).all()


def test_the_least_taper_is_finite():
    made = ScalogramTransformer(taper=5e-324, **RATE).fit_transform(X)
    assert np.isfinite(made).all()


def test_rows_longer_than_the_header_are_named(tmp_path):
    """pandas would take their first cells for an index and shift the columns."""
    file = tmp_path / "metadata.csv"
    file.write_text("a,b\n1,2,3\n4,5,6\n")
    with pytest.raises(ValueError, match=r"metadata\.csv has rows with more cells"):
        read_table(file, [])


@pytest.mark.parametrize("size", [0, 2**64 - 16])
def test_strings_of_a_data_set_without_an_end(tmp_path, size):
    """A size beyond all files leads back to where it stands, in 64 bits."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed (extra io)")
    file = tmp_path / "waveforms.hdf5"
    with h5py.File(file, "w") as content:
        content["order"], content["rows"] = "CW", ["a", "b"]
    with h5py.File(file) as content:
        assert hdf5_member(content, "order")[()] == b"CW"
        assert hdf5_member(content, "rows")[...].tolist() == [b"a", b"b"]
    damaged = bytearray(file.read_bytes())
    heap = damaged.find(b"GCOL")
    damaged[heap + 16] = 1 if size else 0  # number of the first object
    damaged[heap + 24 : heap + 32] = size.to_bytes(8, "little")
    file.write_bytes(damaged)
    for read in (check_heaps, lambda path: hdf5_member(h5py.File(path), "order")):
        with pytest.raises(ValueError, match=r"hdf5 is damaged: a heap of strings"):
            read(file)


def test_a_heap_without_an_end_is_named(tmp_path):
    """HDF5 does not return from reading strings of such a file."""
    file = tmp_path / "cube.nc"
    make_cube(2).to_netcdf(file)
    content = bytearray(file.read_bytes())
    heap = content.find(b"GCOL")
    assert heap >= 0
    content[heap + 16 : heap + 32] = bytes(16)  # its first object is free, of size 0
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"cube\.nc .*a heap of strings has no end"):
        ResultCube.from_netcdf(file)


@pytest.mark.parametrize("transformer", [FingerprintTransformer, ScalogramTransformer])
@pytest.mark.parametrize("shape", [(2**40, 1), (1, 2**40), (2**40, 2**40)])
def test_images_beyond_memory_are_named(transformer, shape):
    with pytest.raises(ValueError, match="shape must have at most 67108864 pixels"):
        transformer(shape=shape).fit(np.eye(2, 800))

"""The scripts of the demonstration page against the package, in Node."""

import numpy as np
import pytest
from node_scripts import needs_node, run_script
from numpy.testing import assert_allclose
from obspy import Stream, Trace, UTCDateTime
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from test_event_discriminator import ONSET, RATE, make_classifier, make_records
from test_exported_runner import VARIANTS, make_hard, settings_of

from skseisfp import FingerprintTransformer
from skseisfp.inference import EventDiscriminator, _runner, export_onnx

pytestmark = needs_node
FLOATS = "((record) => record.map((trace) => Float64Array.from(trace)))"


def as_lists(X):
    return X.reshape(len(X), -1, X.shape[-1]).astype(float).tolist()


def fingerprints_of(settings, X):
    found = run_script(
        "fingerprint.js",
        "((plan) => value.records.map((record) => Array.from(script.fingerprint("
        f"{FLOATS}(record), value.settings, plan).values)))"
        "(script.makePlan(value.settings))",
        {"settings": settings, "records": as_lists(X)},
    )
    return np.array(found)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_fingerprints_are_those_of_the_package_bit_for_bit(variant):
    for X, rows in ((make_hard(), slice(3, 12)), (make_hard(421, 2), slice(3, 6))):
        transformer = FingerprintTransformer(
            sampling_rate=RATE, **{"shape": (32, 32), **variant}
        )
        settings = settings_of(transformer, X)
        X = X[rows]
        expected = transformer.transform(X).reshape(len(X), -1)
        assert (fingerprints_of(settings, X) != expected).sum() == 0


def test_records_of_single_precision_are_as_those_of_double():
    X = np.random.default_rng(0).standard_normal((12, 500), dtype=np.float32)
    transformer = FingerprintTransformer(sampling_rate=RATE, shape=(32, 32))
    settings = settings_of(transformer, X)
    expected = transformer.transform(X).reshape(len(X), -1)
    assert (fingerprints_of(settings, X) != expected).sum() == 0


@pytest.mark.parametrize("n", [1, 2, 8, 45, 77, 240, 421, 2 * 67 * 71, 5749])
def test_transforms_of_any_length_are_those_of_numpy(n):
    x = np.random.default_rng(n).standard_normal((2, n))
    re, im = run_script(
        "fingerprint.js",
        "((re, im) => (script.makeTransform(re.length)(re, im), [re, im].map("
        "(part) => Array.from(part))))"
        "(...value.map((part) => Float64Array.from(part)))",
        x.tolist(),
    )
    found = np.array(re) + 1j * np.array(im)
    assert_allclose(found, np.fft.fft(x[0] + 1j * x[1]), atol=1e-13 * n)


def test_flags_and_calibration_are_those_of_the_runner(tmp_path):
    bunch = make_records()
    discriminator = EventDiscriminator(make_classifier(), p_arrival=ONSET).fit(bunch)
    runner = _runner.Runner(export_onnx(discriminator, tmp_path / "new"))
    X = np.concatenate([bunch.data[:8], make_hard(400)])
    X[1] = np.clip(X[1], -5, 5)
    X[2] *= 1e6
    values = runner.fingerprints(X)
    found = run_script(
        "fingerprint.js",
        f"value.records.map((record, k) => script.flags({FLOATS}(record), "
        "Int8Array.from(value.values[k]), value.limits, value.noise))",
        {
            "records": as_lists(X),
            "values": values.tolist(),
            "limits": runner.settings["limits"],
            "noise": runner.settings["noise"],
        },
    )
    assert found == runner.flag_records(X)
    assert {flag for flags in found for flag in flags} == set(runner.settings["flags"])
    scores = np.array([[0.9, 0.2], [1.0, 0.0], [0.3, 0.7]])
    calibration = runner.settings["calibration"]
    shares = scores / scores.sum(axis=1, keepdims=True)
    for known in (calibration, None):
        found = run_script(
            "fingerprint.js",
            "value.scores.map((row) => script.calibrate(row, value.calibration))",
            {"scores": scores.tolist(), "calibration": known},
        )
        assert_allclose(found, _runner.calibrate(shares, known), atol=1e-12)


def read_back(path):
    """Traces of a miniSEED file by the script."""
    return run_script(
        "recordings.js",
        "((file) => script.readMiniseed(file.buffer.slice(file.byteOffset, "
        "file.byteOffset + file.length)).map((trace) => ({ ...trace, samples: "
        'Array.from(trace.samples) })))(require("fs").readFileSync(value))',
        str(path),
    )


ENCODINGS = {
    "STEIM1": ("i4", (3, 100, 1e4, 1e6)),
    "STEIM2": ("i4", (3, 30, 200, 1e4, 1e6)),
    "INT16": ("i2", (1e3,)),
    "INT32": ("i4", (1e8,)),
    "FLOAT32": ("f4", (1e-9, 1e9)),
    "FLOAT64": ("f8", (1.0,)),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_samples_of_miniseed_are_those_of_obspy(tmp_path, encoding, order):
    dtype, scales = ENCODINGS[encoding]
    rng = np.random.default_rng(0)
    header = {"network": "XX", "station": "ABCDE", "location": "10", "channel": "HHZ"}
    start = UTCDateTime(2024, 2, 29, 23, 59, 58, 123456)
    for scale in scales:
        x = rng.standard_normal(2000) * scale * rng.random(2000) ** 4
        x = x.astype(dtype)
        facts = {**header, "sampling_rate": 0.125 if scale < 10 else 40.0}
        stream = Stream([Trace(x, {**facts, "starttime": start})])
        path = tmp_path / "one.mseed"
        stream.write(
            path, format="MSEED", encoding=encoding, byteorder=order, reclen=512
        )
        (trace,) = read_back(path)
        assert trace["codes"] == list(header.values())
        assert trace["rate"] == facts["sampling_rate"]
        assert trace["start"] == pytest.approx(start.timestamp, abs=1e-6)
        assert np.array(trace["samples"], dtype=dtype).tolist() == x.tolist()


def test_gaps_divide_traces(tmp_path):
    x = np.arange(1000, dtype="i4")
    start = UTCDateTime(2024, 1, 1)
    traces = [
        Trace(x, {"station": "A", "channel": "HHZ", "starttime": start + shift})
        for shift in (0, 1000, 2001)
    ]
    Stream(traces[::-1]).write(tmp_path / "x.mseed", format="MSEED")
    found = read_back(tmp_path / "x.mseed")
    assert [len(trace["samples"]) for trace in found] == [2000, 1000]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-100], "ends within a record"),
        (lambda data: data[:52] + b"\x13" + data[53:], "encoding 19 are not read"),
        (lambda data: data[:72] + b"\7" + data[73:], "does not end with the sample"),
        (lambda data: data[:20] + b"\0\0" + data[22:], "year of a record"),
        (lambda data: data[:46] + b"\0\0" + data[48:], "how long it is"),
    ],
)
def test_damaged_files_are_named(tmp_path, change, message):
    path = tmp_path / "x.mseed"
    x = np.arange(1000, dtype="i4")
    trace = Trace(x, {"station": "A", "channel": "HHZ"})
    trace.write(path, format="MSEED", encoding="STEIM2", byteorder=">", reclen=512)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RuntimeError, match=message):
        read_back(path)


def spans_of(path, components):
    return run_script(
        "recordings.js",
        "((file) => script.read(file.buffer.slice(file.byteOffset, file.byteOffset + "
        "file.length), value.components).map((span) => ({ ...span, channels: "
        "span.channels.map((one) => Array.from(one)) })))"
        '(require("fs").readFileSync(value.path))',
        {"path": str(path), "components": components},
    )


def test_components_are_cut_to_their_common_span_in_order(tmp_path):
    start = UTCDateTime(2024, 1, 1)
    stream = Stream(
        Trace(
            np.arange(100, dtype="i4") + 1000 * k,
            {"station": "A", "channel": f"HH{name}", "starttime": start + shift},
        )
        for k, (name, shift) in enumerate([("1", 0), ("2", 5), ("Z", 2)])
    )
    stream.write(tmp_path / "x.mseed", format="MSEED")
    (span,) = spans_of(tmp_path / "x.mseed", "ZNE")
    assert span["components"] == "ZNE"
    first = [channel[0] for channel in span["channels"]]
    assert first == [2003, 5, 1000]
    assert {len(channel) for channel in span["channels"]} == {95}
    (vertical,) = spans_of(tmp_path / "x.mseed", "Z")
    assert vertical["channels"] == [list(range(2000, 2100))]
    stream[1:].write(tmp_path / "x.mseed", format="MSEED")
    with pytest.raises(RuntimeError, match="has the components ZNE at one rate"):
        spans_of(tmp_path / "x.mseed", "ZNE")


def test_tables_are_read_as_by_the_runner(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Z,N,E\r\n1,2,3\r\n4,5,6\r\n\r\n")
    (span,) = spans_of(path, None)
    assert (span["components"], span["rate"]) == ("ZNE", None)
    assert span["channels"] == _runner.read_records(path, [3, 2])[0].tolist()
    path.write_text("amplitude\n1\n2e3\n")
    (span,) = spans_of(path, "Z")
    assert (span["components"], span["channels"]) == (None, [[1, 2000]])
    for text, message in (
        ("1\ntwo\n", "Sample 1 must be 1 numbers"),
        ("1,2\n3\n", "Sample 1 must be 2 numbers"),
        ("Z\n", "holds no samples"),
        ("", "holds no samples"),
        ("MS\3and more", "version 3 is not read"),
    ):
        path.write_text(text)
        with pytest.raises(RuntimeError, match=message):
            spans_of(path, None)


def test_linear_models_of_channels_see_planes_in_order(tmp_path):
    X = make_hard(n_channels=2)
    transformer = FingerprintTransformer(
        sampling_rate=RATE, shape=(16, 16), n_coefficients=20, encoding="two_channel"
    )
    y = np.arange(len(X)) % 2
    flat = make_pipeline(transformer.set_params(flatten=True), LogisticRegression())
    runner = _runner.Runner(export_onnx(flat.fit(X, y), tmp_path / "new"))
    found = fingerprints_of(runner.settings["fingerprint"], X)
    assert (found == runner.fingerprints(X)).all()

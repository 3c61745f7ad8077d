"""Wrong inputs, one function each; `bad_inputs` runs them and writes their table."""

import gzip
import json
from functools import cache
from zipfile import ZipFile

import numpy as np
import pandas as pd
from bad_inputs import row
from obspy import Stream, Trace
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import skseisfp
from skseisfp import (
    AdaptiveHighpassFilter,
    EventVoteClassifier,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    attach_events,
    event_train_test_split,
    load_records,
)
from skseisfp.datasets import load_seisbench, save_seisbench
from skseisfp.inference import EventDiscriminator
from skseisfp.io import WaveformReader, read_quakeml, read_stationxml
from skseisfp.io.read_waveforms import read_waveforms
from skseisfp.model_selection import evaluate_protocols
from skseisfp.preprocessing import (
    PhysicsFeatures,
    SpectrogramTransformer,
    WaveformPreprocessor,
    stack_stations,
)
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

RATE = 40.0
X = np.random.default_rng(0).standard_normal((12, 800))
Y = np.repeat([0, 1], 6)
EVENTS = np.repeat(np.arange(6), 2)
BITS = (X[:, :256] > 0).astype(np.uint8).reshape(12, 16, 16)
FINGERPRINTS = FingerprintTransformer(
    sampling_rate=RATE, shape=(16, 16), n_coefficients=30, flatten=True
)
MODEL = LogisticRegression().fit(X[:, :4], Y)


def trace(samples=X[0], channel="HHZ", **header):
    """Return a recording of 20 s."""
    counts = np.asarray(1000 * np.asarray(samples), dtype=np.float32)
    known = {"network": "XX", "station": "ABC", "sampling_rate": RATE}
    return Trace(counts, {**known, "channel": channel, **header})


def changed(value, where):
    """Return records with a value at some places."""
    records = X.copy()
    records[where] = value
    return records


def reader(**options):
    """Return a reader of the vertical component."""
    return WaveformReader(components="Z", **options)


# waveforms, catalogues and stations


READING = "Reading files"


@row(READING, "a file that is missing", 'WaveformReader().read("a.mseed")')
def _(folder):
    reader().read(folder / "a.mseed")


@row(READING, "an empty folder", 'WaveformReader().read("day")')
def _(folder):
    (folder / "day").mkdir()
    reader().read(folder / "day")


@row(READING, "a file of no bytes", 'WaveformReader().read("a.mseed")')
def _(folder):
    (folder / "a.mseed").write_bytes(b"")
    reader().read(folder / "a.mseed")


@row(READING, "text in place of a recording", 'WaveformReader().read("a.mseed")')
def _(folder):
    (folder / "a.mseed").write_text("not a waveform\n" * 50)
    reader().read(folder / "a.mseed")


@row(READING, "a sampling rate of 0 Hz", 'read_waveforms("a.mseed")')
def _(folder):
    trace().write(str(folder / "a.mseed"), format="MSEED", reclen=512)
    data = bytearray((folder / "a.mseed").read_bytes())
    for start in range(0, len(data), 512):
        data[start + 32 : start + 36] = bytes(4)
    (folder / "a.mseed").write_bytes(data)
    read_waveforms(folder / "a.mseed")


@row(READING, "a compressed file that breaks off", 'read_waveforms("a.mseed.gz")')
def _(folder):
    trace().write(str(folder / "a.mseed"), format="MSEED")
    packed = gzip.compress((folder / "a.mseed").read_bytes())
    (folder / "a.mseed.gz").write_bytes(packed[:200])
    read_waveforms(folder / "a.mseed.gz")


@row(READING, "packed lines that are too long", 'read_waveforms("a.gse2")')
def _(folder):
    samples = trace()
    samples.data = samples.data.astype(np.int32)
    samples.write(str(folder / "a.gse2"), format="GSE2")
    lines = (folder / "a.gse2").read_bytes().splitlines()
    lines[lines.index(b"DAT2") + 1] *= 3
    (folder / "a.gse2").write_bytes(b"\n".join(lines))
    read_waveforms(folder / "a.gse2")


@row(READING, "text in place of a catalogue", 'read_quakeml("events.xml")')
def _(folder):
    (folder / "events.xml").write_text("no catalogue")
    read_quakeml(folder / "events.xml")


@row(READING, "a catalogue that breaks off", 'read_quakeml("events.xml")')
def _(folder):
    (folder / "events.xml").write_text('<?xml version="1.0"?><quakeml><event>')
    read_quakeml(folder / "events.xml")


@row(READING, "a document type, which can name files", 'read_quakeml("events.xml")')
def _(folder):
    text = '<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><q>&a;</q>'
    (folder / "events.xml").write_text(text)
    read_quakeml(folder / "events.xml")


@row(READING, "a station document that is missing", 'read_stationxml("a.xml")')
def _(folder):
    read_stationxml(folder / "a.xml")


@row(READING, "a catalogue as station document", 'read_stationxml("events.xml")')
def _(folder):
    (folder / "events.xml").write_text("<quakeml/>")
    read_stationxml(folder / "events.xml")


@row(READING, "a column of other times", "WaveformReader().read(..., events=table)")
def _(folder):
    events = pd.DataFrame({"event_id": ["a"], "origin_time": ["yesterday"]})
    reader().read(Stream([trace()]), events=events)


@row(READING, "an event twice", "WaveformReader().read(..., events=table)")
def _(folder):
    events = pd.DataFrame({"event_id": ["a", "a"], "origin_time": "2024-01-01"})
    reader().read(Stream([trace()]), events=events)


@row(READING, "an event without id", "WaveformReader().read(..., events=table)")
def _(folder):
    events = pd.DataFrame({"event_id": ["a", None], "origin_time": "2024-01-01"})
    reader().read(Stream([trace()]), events=events)


@row(READING, "a table without events", "WaveformReader().read(..., events=table)")
def _(folder):
    events = pd.DataFrame({"origin_time": ["2024-01-01"]})
    reader().read(Stream([trace()]), events=events)


# recordings


RECORDS = "Recordings that become no record"


@row(RECORDS, "NaN", "WaveformReader().read(stream)")
def _(folder):
    reader().read(Stream([trace(changed(np.nan, (0, slice(9, 99)))[0])]))


@row(RECORDS, "a stretch of zeros", "WaveformReader().read(stream)")
def _(folder):
    reader().read(Stream([trace(changed(0.0, (0, slice(200, 400)))[0])]))


@row(RECORDS, "one value only", "WaveformReader().read(stream)")
def _(folder):
    reader().read(Stream([trace(np.full(800, 7.0))]))


@row(RECORDS, "pieces with a gap between them", "WaveformReader().read(stream)")
def _(folder):
    late = trace().stats.starttime + 60
    reader().read(Stream([trace(), trace(starttime=late)]))


@row(RECORDS, "pieces of two rates", "WaveformReader().read(stream)")
def _(folder):
    late = trace().stats.starttime + 20
    reader().read(Stream([trace(), trace(sampling_rate=50.0, starttime=late)]))


@row(RECORDS, "no vertical component", 'WaveformReader(components="Z").read(stream)')
def _(folder):
    reader().read(Stream([trace(channel="HHE")]))


@row(RECORDS, "a window that it does not fill", "WaveformReader(window=(0, 60))")
def _(folder):
    reader(window=(0, 60)).read(Stream([trace()]))


@row(RECORDS, "no events to align to", 'WaveformReader(align="origin", window=(0, 9))')
def _(folder):
    reader(align="origin", window=(0, 9)).read(Stream([trace()]))


@row(RECORDS, "no inventory", 'WaveformReader(response="VEL").read(stream)')
def _(folder):
    reader(response="VEL").read(Stream([trace()]))


@row(RECORDS, "an unknown option", 'WaveformReader(components="ZN")')
def _(folder):
    WaveformReader(components="ZN").read(Stream([trace()]))


@row(RECORDS, "a window that ends before it starts", "WaveformReader(window=(9, 5))")
def _(folder):
    reader(window=(9, 5)).read(Stream([trace()]))


@row(RECORDS, "a rate that no instrument has", "WaveformReader(sampling_rate=1e9)")
def _(folder):
    reader(sampling_rate=1e9).read(Stream([trace()]))


@row(RECORDS, "an exclusion of no record", 'read(stream, exclusions=["typo"])')
def _(folder):
    reader().read(Stream([trace()]), exclusions=["typo"])


# labelled folders


FOLDERS = "Labelled folders"


def make_folder(folder, records=X, **columns):
    """Write records with their table."""
    columns = {
        "event_id": EVENTS,
        "station": "XX.ABC",
        "event_type": Y,
        "sampling_rate_hz": RATE,
        **columns,
    }
    table = pd.DataFrame(columns)
    table.to_csv(folder / "metadata.csv", index=False)
    np.savez(folder / "waveforms.npz", X=records)
    return folder


@row(FOLDERS, "a folder that is missing", 'load_records("nowhere")')
def _(folder):
    load_records(folder / "nowhere")


@row(FOLDERS, "a table without waveforms", 'load_records("records")')
def _(folder):
    make_folder(folder)
    (folder / "waveforms.npz").unlink()
    load_records(folder)


@row(FOLDERS, "fewer waveforms than rows", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, X[:5]))


@row(FOLDERS, "objects, which a pickle describes", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, np.array([{}] * 12, object)))


@row(FOLDERS, "NaN in one record", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, changed(np.nan, (3, 5))))


@row(FOLDERS, "a record without label", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, event_type=[None, *Y[1:]]))


@row(FOLDERS, "text as sampling rate", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, sampling_rate_hz="fast"))


@row(FOLDERS, "a sampling rate of 0 Hz", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, sampling_rate_hz=[0.0, *[RATE] * 11]))


@row(FOLDERS, "samples in a column of seconds", 'load_records("records")')
def _(folder):
    load_records(make_folder(folder, p_arrival=np.full(12, 400.0)))


@row(FOLDERS, "labels of a column that is missing", 'load_records(..., target="kind")')
def _(folder):
    load_records(make_folder(folder), target="kind")


@row(FOLDERS, "a column that is missing", 'load_records(..., query="snr > 6")')
def _(folder):
    load_records(make_folder(folder), query="snr > 6")


@row(FOLDERS, "a call", "load_records(..., query=\"open('a')\")")
def _(folder):
    load_records(make_folder(folder), query="open('a')")


@row(FOLDERS, "a gap policy that is unknown", 'load_records(..., invalid="skip")')
def _(folder):
    load_records(make_folder(folder), invalid="skip")


@row(FOLDERS, "a link to another HDF5 file", 'load_records("records")')
def _(folder):
    import h5py

    make_folder(folder)
    (folder / "waveforms.npz").unlink()
    with h5py.File(folder / "waveforms.hdf5", "w") as file:
        file["X"] = h5py.ExternalLink("secret.hdf5", "X")
    load_records(folder)


@row(FOLDERS, "data stored in another file", 'load_records("records")')
def _(folder):
    import h5py

    make_folder(folder)
    (folder / "waveforms.npz").unlink()
    with h5py.File(folder / "waveforms.hdf5", "w") as file:
        file.create_dataset("X", (8, 8), "f8", external=[("secret", 0, 512)])
    load_records(folder)


@row(FOLDERS, "HDF5 of another format", 'load_seisbench("set")')
def _(folder):
    import h5py

    (folder / "metadata.csv").write_text("trace_name,source_type\na$0,earthquake\n")
    with h5py.File(folder / "waveforms.hdf5", "w") as file:
        file["X"] = X
    load_seisbench(folder)


@row(FOLDERS, "a folder that is not empty", 'save_seisbench(bunch, "set")')
def _(folder):
    save_seisbench(load_records(make_folder(folder)), folder)


# fingerprints


FINGERPRINT = "Filters and fingerprints"


@row(FINGERPRINT, "NaN in a record", "FingerprintTransformer().fit_transform(X)")
def _(folder):
    FINGERPRINTS.fit_transform(changed(np.nan, (3, 5)))


@row(FINGERPRINT, "one record without its axis", "FingerprintTransformer().fit(X[0])")
def _(folder):
    FINGERPRINTS.fit(X[0])


@row(FINGERPRINT, "records of several lengths", "FingerprintTransformer().fit(list)")
def _(folder):
    FINGERPRINTS.fit([X[0].tolist(), X[1, :9].tolist()])


@row(FINGERPRINT, "masked samples", "FingerprintTransformer().fit(X)")
def _(folder):
    FINGERPRINTS.fit(np.ma.masked_greater(X, 2.0))


@row(FINGERPRINT, "records of another length", "transformer.transform(X[:, :400])")
def _(folder):
    records = X[:, None]
    FingerprintTransformer(sampling_rate=RATE).fit(records).transform(records[..., 9:])


@row(FINGERPRINT, "a sampling rate of 0 Hz", "FingerprintTransformer(sampling_rate=0)")
def _(folder):
    FingerprintTransformer(sampling_rate=0).fit(X)


@row(FINGERPRINT, "a rate far from the true one", "FingerprintTransformer(f_max=30)")
def _(folder):
    FingerprintTransformer(sampling_rate=RATE, f_max=30).fit(X)


@row(
    FINGERPRINT,
    "a frequency too low for the records",
    "FingerprintTransformer(f_min=...)",
)
def _(folder):
    FingerprintTransformer(sampling_rate=RATE, f_min=0.001).fit(X)


@row(
    FINGERPRINT, "a shape of no powers of two", "FingerprintTransformer(shape=(60, 60))"
)
def _(folder):
    FingerprintTransformer(shape=(60, 60)).fit(X)


@row(FINGERPRINT, "a misspelt encoding", 'FingerprintTransformer(encoding="signd")')
def _(folder):
    FingerprintTransformer(encoding="signd").fit(X)


@row(
    FINGERPRINT, "a window beyond the record", "FingerprintTransformer(window=(0, 60))"
)
def _(folder):
    FingerprintTransformer(sampling_rate=RATE, window=(0, 60)).fit(X)


@row(FINGERPRINT, "more coefficients than there are", "n_coefficients=5000")
def _(folder):
    FingerprintTransformer(shape=(16, 16), n_coefficients=5000).fit(X)


@row(FINGERPRINT, "views without end", "FilterAugmenter(shifts=range(10**9))")
def _(folder):
    FilterAugmenter(shifts=range(10**9)).fit(X)


@row(
    FINGERPRINT, "a filter after the fingerprints", "EventDiscriminator(pipeline).fit()"
)
def _(folder):
    filters = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    model = make_pipeline(FINGERPRINTS, filters, LogisticRegression())
    EventDiscriminator(model).fit(X, Y, groups=EVENTS)


@row(
    FINGERPRINT,
    "a corner above the Nyquist frequency",
    "WaveformPreprocessor(f_max=30)",
)
def _(folder):
    WaveformPreprocessor(sampling_rate=RATE, f_max=30).fit_transform(X)


@row(FINGERPRINT, "an unknown window", 'SpectrogramTransformer(window="hnn")')
def _(folder):
    SpectrogramTransformer(window="hnn").fit(X)


@row(FINGERPRINT, "an unknown group of features", 'PhysicsFeatures(features=["ratio"])')
def _(folder):
    PhysicsFeatures(features=["ratio"]).fit(X)


@row(FINGERPRINT, "P beyond the record", "PhysicsFeatures(p_arrival=99)")
def _(folder):
    PhysicsFeatures(sampling_rate=RATE, p_arrival=99.0).fit_transform(X)


# events


OF_EVENTS = "Events"


@row(OF_EVENTS, "no events", "event_train_test_split(X, y)")
def _(folder):
    event_train_test_split(X, Y)


@row(OF_EVENTS, "too few events", "event_train_test_split(X, y, groups)")
def _(folder):
    event_train_test_split(X, Y, EVENTS[:5])


@row(
    OF_EVENTS, "an event that is missing", "EventVoteClassifier(...).fit(X, y, groups)"
)
def _(folder):
    groups = [None, *EVENTS[1:]]
    EventVoteClassifier(LogisticRegression()).fit(X, Y, groups=groups)


@row(OF_EVENTS, "an event of two labels", "stack_stations(X, y, groups)")
def _(folder):
    stack_stations(X, Y, np.roll(EVENTS, 1))


@row(OF_EVENTS, "events that disagree with the index", "fit(X, y, groups)")
def _(folder):
    labels = attach_events(Y, EVENTS)
    EventVoteClassifier(LogisticRegression()).fit(X, labels, groups=EVENTS // 2)


@row(OF_EVENTS, "fewer ids than records", "attach_events(y, event_id)")
def _(folder):
    attach_events(Y, EVENTS[:5])


@row(OF_EVENTS, "a word in place of events", 'fit(X, y, groups="record")')
def _(folder):
    EventVoteClassifier(LogisticRegression()).fit(X, Y, groups="record")


@row(OF_EVENTS, "no events", "evaluate_protocols(model, X, y, frame)")
def _(folder):
    models = {"model": LogisticRegression()}
    evaluate_protocols(models, X, Y, pd.DataFrame({"a": Y}))


# networks


NETWORKS = "Networks"


def network(**options):
    """Return a small classifier."""
    options = {"max_epochs": 1, "device": "cpu", "random_state": 0, **options}
    return FingerprintClassifier(**options)


@row(NETWORKS, "no epoch", "FingerprintClassifier(max_epochs=0)")
def _(folder):
    network(max_epochs=0).fit(BITS, Y)


@row(NETWORKS, "a misspelt parameter", "module__conv1_filter_sise=3")
def _(folder):
    network(module__conv1_filter_sise=3).fit(BITS, Y)


@row(NETWORKS, "a filter larger than the fingerprint", "module__conv1_filter_size=99")
def _(folder):
    network(module__conv1_filter_size=99).fit(BITS, Y)


@row(NETWORKS, "one class", "FingerprintClassifier().fit(X, y)")
def _(folder):
    network().fit(BITS, Y * 0)


@row(NETWORKS, "fingerprints of another shape", "classifier.predict(X)")
def _(folder):
    fitted_network().predict(BITS[:, :8])


@cache
def fitted_network():
    """Return a classifier that is fitted."""
    return network().fit(BITS, Y)


@row(NETWORKS, "fingerprints of four axes", "FingerprintClassifier().fit(X, y)")
def _(folder):
    network().fit(BITS[:, None], Y)


@row(NETWORKS, "an augmenter that is none", "FingerprintClassifier(augmenter=5)")
def _(folder):
    network(augmenter=5).fit(BITS, Y)


@row(NETWORKS, "a learning rate of 0", "FingerprintClassifier(lr=0)")
def _(folder):
    network(lr=0).fit(BITS, Y)


@row(NETWORKS, "fewer labels than records", "FingerprintClassifier().fit(X, y)")
def _(folder):
    network().fit(BITS, Y[:5])


@row(NETWORKS, "a loss that is NaN", "FingerprintClassifier(lr=1e30)")
def _(folder):
    network(lr=1e30, max_epochs=5).fit(BITS, Y)


# plans


PLANS = "Plans and sweeps"


@row(PLANS, "a range of too many values", 'ExperimentPlan({"C": "0:1:1000000000000"})')
def _(folder):
    ExperimentPlan({"C": "0:1:1000000000000"})


@row(PLANS, "a number beyond all floats", 'ExperimentPlan({"C": "0:2:1e400"})')
def _(folder):
    ExperimentPlan({"C": "0:2:1e400"})


@row(PLANS, "a range that misses its end", 'ExperimentPlan({"C": "0:2:5"})')
def _(folder):
    ExperimentPlan({"C": "0:2:5"})


@row(PLANS, "a range that descends", 'ExperimentPlan({"C": "5:1:1"})')
def _(folder):
    ExperimentPlan({"C": "5:1:1"})


@row(PLANS, "a value twice", 'ExperimentPlan({"C": [1, 1]})')
def _(folder):
    ExperimentPlan({"C": [1, 1]})


@row(PLANS, "a parameter that is varied and fixed", "ExperimentPlan(..., fixed=...)")
def _(folder):
    ExperimentPlan({"C": [1, 2]}, fixed={"C": 1})


@row(PLANS, "a file that is not TOML", 'ExperimentPlan.from_toml("plan.toml")')
def _(folder):
    (folder / "plan.toml").write_text("[ranges\n")
    ExperimentPlan.from_toml(folder / "plan.toml")


@row(PLANS, "a date as value", 'ExperimentPlan.from_toml("plan.toml")')
def _(folder):
    (folder / "plan.toml").write_text("[ranges]\nC = 2024-01-01\n")
    ExperimentPlan.from_toml(folder / "plan.toml")


@row(PLANS, "a table that is unknown", 'ExperimentPlan.from_toml("plan.toml")')
def _(folder):
    (folder / "plan.toml").write_text("[ranges]\nC = 1\n[fixd]\n")
    ExperimentPlan.from_toml(folder / "plan.toml")


@row(PLANS, "a parameter of no step", "plan.check(pipeline)")
def _(folder):
    plan = ExperimentPlan({"svc__c": [1, 2]})
    plan.check(make_pipeline(FingerprintTransformer(), SVC()))


@row(PLANS, "an unknown parameter", "SweepSearchCV(LogisticRegression(), grid)")
def _(folder):
    SweepSearchCV(LogisticRegression(), {"c": [1.0]}, cv=2).fit(X, Y)


@row(PLANS, "another file as store", 'SweepSearchCV(..., store="a.db")')
def _(folder):
    (folder / "a.db").write_text("no data base" * 99)
    search = SweepSearchCV(
        LogisticRegression(), {"C": [1.0]}, cv=2, store=folder / "a.db"
    )
    search.fit(X, Y)


# results


RESULTS = "Stored results"


def make_cube():
    """Return a small cube."""
    table = pd.DataFrame({"C": [0.1, 1.0], "fold": [0, 0], "score": [0.5, 0.75]})
    return ResultCube.from_table(table, parameters=["C"], metrics=["score"])


@row(RESULTS, "a damaged netCDF file", 'ResultCube.from_netcdf("cube.nc")')
def _(folder):
    make_cube().to_netcdf(folder / "cube.nc")
    data = (folder / "cube.nc").read_bytes()
    (folder / "cube.nc").write_bytes(data[:100])
    ResultCube.from_netcdf(folder / "cube.nc")


@row(RESULTS, "HDF5 of another kind", 'ResultCube.from_netcdf("a.nc")')
def _(folder):
    import h5py

    with h5py.File(folder / "a.nc", "w") as file:
        file["X"] = X
    ResultCube.from_netcdf(folder / "a.nc")


@row(RESULTS, "a link to another HDF5 file", 'ResultCube.from_netcdf("a.nc")')
def _(folder):
    import h5py

    with h5py.File(folder / "a.nc", "w") as file:
        file["X"] = h5py.ExternalLink("secret.hdf5", "X")
    ResultCube.from_netcdf(folder / "a.nc")


@row(RESULTS, "a table that breaks off", 'ResultCube.from_table("cube.csv")')
def _(folder):
    make_cube().to_csv(folder / "cube.csv")
    data = (folder / "cube.csv").read_text()
    (folder / "cube.csv").write_text(data[:-5])
    ResultCube.from_table(folder / "cube.csv")


@row(RESULTS, "a label that the header lacks", 'ResultCube.from_table("cube.csv")')
def _(folder):
    make_cube().to_csv(folder / "cube.csv")
    data = (folder / "cube.csv").read_text()
    (folder / "cube.csv").write_text(data.replace("\n0.1,", "\n0.3,"))
    ResultCube.from_table(folder / "cube.csv")


@row(RESULTS, "text in a column of scores", 'ResultCube.from_table("a.csv", ...)')
def _(folder):
    (folder / "a.csv").write_text("C,score\n1,0.5\n2,good\n")
    ResultCube.from_table(folder / "a.csv", parameters=["C"], metrics=["score"])


@row(RESULTS, "a file of another suffix", 'ResultCube.from_table("cube.txt")')
def _(folder):
    ResultCube.from_table(folder / "cube.txt")


@row(RESULTS, "a parameter that the table lacks", "ResultCube.from_table(table, ...)")
def _(folder):
    ResultCube.from_table(pd.DataFrame({"score": [1.0]}), parameters=["C"])


@row(RESULTS, "an unknown metric", 'cube.best("f1")')
def _(folder):
    make_cube().best("f1")


# models


MODELS = "Saved models"


def edited(folder, edit):
    """Write a model of which the schema is edited; load it."""
    skseisfp.save(MODEL, folder / "model.skops")
    with ZipFile(folder / "model.skops") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    edit(schema, members)
    members["schema.json"] = json.dumps(schema).encode()
    with ZipFile(folder / "model.skops", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    skseisfp.load(folder / "model.skops")


@row(MODELS, "a file that is missing", 'skseisfp.load("model.skops")')
def _(folder):
    skseisfp.load(folder / "model.skops")


@row(MODELS, "a pickle", 'skseisfp.load("model.skops")')
def _(folder):
    import pickle

    (folder / "model.skops").write_bytes(pickle.dumps(MODEL))
    skseisfp.load(folder / "model.skops")


@row(MODELS, "a file that breaks off", 'skseisfp.load("model.skops")')
def _(folder):
    skseisfp.save(MODEL, folder / "model.skops")
    data = (folder / "model.skops").read_bytes()
    (folder / "model.skops").write_bytes(data[:-200])
    skseisfp.load(folder / "model.skops")


@row(MODELS, "more memory than is allowed", "skseisfp.load(..., max_bytes=1000)")
def _(folder):
    skseisfp.save(MODEL, folder / "model.skops")
    skseisfp.load(folder / "model.skops", max_bytes=1000)


@row(MODELS, "a command in place of a parameter", 'skseisfp.load("model.skops")')
def _(folder):
    def command(schema, members):
        schema["content"]["content"]["C"] = {
            "__class__": "system",
            "__module__": "posix",
            "__loader__": "FunctionNode",
        }

    edited(folder, command)


@row(MODELS, "an array that says it is larger", 'skseisfp.load("model.skops")')
def _(folder):
    def larger(schema, members):
        name = schema["content"]["content"]["coef_"]["file"]
        members[name] = members[name].replace(b"(1, 4)", b"(9, 9)")

    edited(folder, larger)


@row(MODELS, "an array that is missing", 'skseisfp.load("model.skops")')
def _(folder):
    def missing(schema, members):
        del members[schema["content"]["content"]["coef_"]["file"]]
        schema["content"]["content"]["coef_"]["file"] = "lost.npy"

    edited(folder, missing)


@row(MODELS, "an estimator that is not fitted", 'skseisfp.save(model, "model.skops")')
def _(folder):
    skseisfp.save(LogisticRegression(), folder / "model.skops")


@row(MODELS, "a function without a module", 'skseisfp.save(model, "model.skops")')
def _(folder):
    model = LogisticRegression().fit(X, Y)
    model.set_params(class_weight=lambda y: y)
    skseisfp.save(model, folder / "model.skops")

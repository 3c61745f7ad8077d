"""Valid inputs, made by the package's own generator, and obspy's test files."""

import gzip
import io
import re
import tarfile
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import numpy as np
import pandas as pd

from .mutations import zipped

LARGEST = 65_536  # bytes of a test file of obspy that is taken
# Folders of obspy.io by what their test files hold, mostly
OF_OBSPY = {
    "waveforms": (
        *("ah", "alsep", "ascii", "css", "cybershake", "dmx", "gcf", "gse2"),
        *("kinemetrics", "mseed", "nied", "pdas", "reftek", "rg16", "sac", "seg2"),
        *("segy", "seisan", "sh", "wav", "win", "y"),
    ),
    "catalogues": (
        *("cmtsolution", "csv", "focmec", "gse2", "hypodd", "iaspei", "ndk", "nied"),
        *("nlloc", "nordic", "pde", "quakeml", "scardec", "seiscomp", "zmap"),
    ),
    "stations": ("arclink", "css", "seiscomp", "stationtxt", "stationxml", "xseed"),
}
N_SAMPLES = 800  # of a record: short ones are mutated where it matters
START = "2024-01-01T00:00:00"


def make_seeds(kinds, *, with_obspy=True):
    """Return lists of seeds by kind; a seed maps names of files to their bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seeds = {kind: MAKERS[kind]() for kind in kinds}
        if with_obspy:
            for kind in seeds.keys() & OF_OBSPY.keys():
                seeds[kind] += _of_obspy(kind)
    return seeds


def _of_obspy(kind):
    """Return the small test files of obspy of a kind; none where it has no tests."""
    import obspy

    folder = Path(obspy.__file__).parent / "io"
    files = [
        file
        for name in OF_OBSPY[kind]
        for file in sorted(folder.glob(f"{name}/tests/data/**/*"))
        if file.is_file() and 0 < file.stat().st_size <= LARGEST
    ]
    return [{"fuzzed": file.read_bytes()} for file in files]


@cache
def _records():
    """Return a few records of the generator, of three components."""
    from skseisfp import make_seismograms

    bunch = make_seismograms(12, duration=70.0, n_components=3, random_state=0)
    bunch.data = bunch.data[..., :N_SAMPLES]
    return bunch


def _stream(number=0, dtype=np.int32):
    """Return a Stream of a record of the generator."""
    from obspy import Stream, Trace, UTCDateTime

    samples = _records().data[number]
    samples = (samples / np.abs(samples).max() * 1e5).astype(dtype)
    header = {
        "network": "XX",
        "station": "ABC",
        "location": "00",
        "sampling_rate": 40.0,
        "starttime": UTCDateTime(START),
    }
    return Stream(
        [
            Trace(trace, {**header, "channel": f"HH{code}"})
            for trace, code in zip(samples, "ZNE", strict=True)
        ]
    )


def _written(stream, kind, **options):
    """Return a Stream in a format."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        stream.write(str(file), format=kind, **options)
        return file.read_bytes()


def waveforms():
    """Return recordings of many formats, and packed ones."""
    whole, floats = _stream(), _stream(dtype=np.float32)
    files = [
        _written(whole, "MSEED", reclen=512),
        _written(whole, "MSEED", reclen=4096, encoding="STEIM1"),
        _written(floats, "MSEED", reclen=512),
        _written(floats[:1], "SAC"),
        _written(whole[:1], "SAC", byteorder=">"),
        _written(whole[:1], "GSE2"),
        _written(whole, "SLIST"),
        _written(whole, "TSPAIR"),
        _written(whole[:1], "WAV"),
        _written(whole, "SH_ASC"),
        _written(floats[:1], "SEGY", data_encoding=5),
    ]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        item = tarfile.TarInfo("a.mseed")
        item.size = len(files[0])
        archive.addfile(item, io.BytesIO(files[0]))
    files += [
        gzip.compress(files[0], mtime=0),
        zipped({"a.mseed": files[0], "b.sac": files[3]}),
        packed.getvalue(),
    ]
    return [{"fuzzed": data} for data in files]


def catalogues():
    """Return a catalogue as QuakeML and other formats."""
    from obspy import UTCDateTime
    from obspy.core import event

    events = []
    for number in range(3):
        name = f"smi:local/{number}"
        time = UTCDateTime(START) + 5 + 3600 * number
        pick = event.Pick(
            resource_id=f"{name}/pick",
            time=time + 3,
            phase_hint="P",
            waveform_id=event.WaveformStreamID("XX", "ABC", "00", "HHZ"),
        )
        origin = event.Origin(
            resource_id=f"{name}/origin",
            time=time,
            latitude=46.0,
            longitude=7.0 + number,
            depth=5e3,
        )
        arrival = event.Arrival(
            resource_id=f"{name}/arrival", pick_id=pick.resource_id, phase="P"
        )
        origin.arrivals.append(arrival)
        magnitude = event.Magnitude(resource_id=f"{name}/magnitude", mag=2.5)
        events.append(
            event.Event(
                resource_id=name,
                event_type=("earthquake", "quarry blast", "explosion")[number],
                origins=[origin],
                magnitudes=[magnitude],
                picks=[pick],
            )
        )
    catalogue = event.Catalog(events, resource_id="smi:local/all")
    catalogue.creation_info = None
    files = []
    for kind in ("QUAKEML", "NORDIC", "SC3ML", "ZMAP", "CMTSOLUTION", "NLLOC_OBS"):
        try:
            # NORDIC has the time of its making
            files.append(
                re.sub(
                    rb"\d\d-\d\d-\d\d \d\d:\d\d",
                    b"24-01-01 00:00",
                    _written(catalogue, kind),
                )
            )
        except Exception:  # some take one event or need more of it
            continue
    return [{"fuzzed": data} for data in files]


def stations():
    """Return stations as StationXML and text."""
    from obspy import Inventory, UTCDateTime
    from obspy.core.inventory import Channel, Network, Station

    place = {"latitude": 46.0, "longitude": 7.0, "elevation": 500.0}
    channels = [
        Channel(f"HH{code}", "00", depth=0.0, sample_rate=40.0, **place)
        for code in "ZNE"
    ]
    station = Station("ABC", channels=channels, **place)
    station.start_date = UTCDateTime(2010, 1, 1)
    station.end_date = UTCDateTime(2599, 12, 31)
    inventory = Inventory([Network("XX", [station])], source="seeds")
    inventory.created = UTCDateTime(START)
    files = [
        _written(inventory, "STATIONXML"),
        _written(inventory, "STATIONTXT", level="channel"),
    ]
    return [{"fuzzed": data} for data in files]


def picks():
    """Return tables of events and picks as CSV, and a recording that they belong to."""
    events = pd.DataFrame(
        {
            "event_id": ["e1", "e2"],
            "event_type": ["earthquake", "explosion"],
            "origin_time": ["2024-01-01T00:00:05Z", "2024-01-01T00:00:12Z"],
            "latitude": [46.0, 46.5],
            "longitude": [7.0, 7.5],
        }
    )
    table = pd.DataFrame(
        {
            "event_id": ["e1", "e1", "e2", "e2"],
            "station": ["XX.ABC", "ABC", "XX.ABC", ".ABC"],
            "phase": ["P", "iSg2", "Pn", "S"],
            "time": [f"2024-01-01T00:00:{second}Z" for second in (6, 8, 13, "14.5")],
            "evaluation_mode": ["manual", "automatic", "", "manual"],
            "evaluation_status": ["", "rejected", "final", ""],
            "associated": [True, False, True, False],
        }
    )
    return [
        {
            "fuzzed_events.csv": events.to_csv(index=False).encode(),
            "fuzzed_picks.csv": table.to_csv(index=False).encode(),
            "stream.mseed": _written(_stream(), "MSEED", reclen=512),
        }
    ]


def records():
    """Return folders of labelled records: arrays and a table, or files and labels."""
    bunch = _records()
    frame = pd.DataFrame(
        {
            "record_id": [f"r{row}" for row in range(6)],
            "event_id": [f"e{row // 2}" for row in range(6)],
            "station": [f"XX.{'AB'[row % 2]}" for row in range(6)],
            "event_type": ["earthquake"] * 4 + ["explosion"] * 2,
            "sampling_rate_hz": 40.0,
            "p_arrival": [5.0, 5.5, 4.0, 4.5, 6.0, 6.5],
            "snr_db": [10.0, 12.0, 8.0, 3.0, 20.0, 7.0],
        }
    )
    table = frame.to_csv(index=False).encode()
    X = bunch.data[:6].astype(np.float32)
    arrays = {"fuzzed/metadata.csv": table, "fuzzed/waveforms.npz": _npz(X=X)}
    stored = {"fuzzed/metadata.csv": table, "fuzzed/waveforms.hdf5": _hdf5(X=X)}
    labels = b"event_id,event_type\ne0,earthquake\ne1,explosion\n"
    files = {"fuzzed/labels.csv": labels}
    for number in range(2):
        name = f"fuzzed/mseed/e{number}/a.mseed"
        files[name] = _written(_stream(number), "MSEED", reclen=512)
    return [arrays, stored, files]


def seisbench():
    """Return a set in the SeisBench format."""
    from skseisfp.datasets import load_records, save_seisbench

    with TemporaryDirectory() as folder:
        source, place = Path(folder) / "records", Path(folder) / "fuzzed"
        for name, content in records()[0].items():
            source.mkdir(exist_ok=True)
            (source / Path(name).name).write_bytes(content)
        save_seisbench(load_records(source), place)
        files = {
            f"fuzzed/{file.name}": file.read_bytes() for file in sorted(place.iterdir())
        }
    return [files]


def _npz(**arrays):
    """Return arrays as a zip archive without times."""
    members = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array)
        members[f"{name}.npy"] = buffer.getvalue()
    return zipped(members)


def _hdf5(**arrays):
    """Return arrays as an HDF5 file."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
    return buffer.getvalue()


def models():
    """Return files of fitted estimators of many kinds."""
    from sklearn.cluster import KMeans
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    import skseisfp

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), np.arange(60) % 3
    bits = rng.integers(2, size=(12, 16, 16)).astype(np.uint8)
    events = np.repeat(np.arange(6), 2)
    fingerprints = skseisfp.FingerprintTransformer(
        sampling_rate=40.0, shape=(16, 16), n_coefficients=30, flatten=True
    )
    network = skseisfp.FingerprintClassifier(max_epochs=1, device="cpu", random_state=0)
    pipeline = make_pipeline(fingerprints, LogisticRegression())
    traces = _records().data[:, 0]
    vote = skseisfp.EventVoteClassifier(LogisticRegression())
    network.fit(bits, np.arange(12) % 2)
    network.history_["duration"] = [0.25]  # which differs from run to run
    fitted = [
        LogisticRegression().fit(X, y),
        LogisticRegression(random_state=np.random.RandomState(0)).fit(X, y),
        ExtraTreesClassifier(2, max_depth=3, random_state=0).fit(X, y),
        GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, y),
        HistGradientBoostingClassifier(
            max_iter=2, min_samples_leaf=5, random_state=0
        ).fit(X, y),
        SVC().fit(X, y),
        KNeighborsClassifier(algorithm="brute").fit(X, y),
        KMeans(3, n_init=1, random_state=0).fit(X),
        network,
        pipeline.fit(traces, events % 2),
        vote.fit(X[:12], events % 2, groups=events),
    ]
    with TemporaryDirectory() as folder:
        files = []
        for model in fitted:
            skseisfp.save(model, Path(folder) / "model.skops")
            files.append((Path(folder) / "model.skops").read_bytes())
    return [{"fuzzed.skops": _with_plain_names(data)} for data in files]


def _with_plain_names(data):
    """Return a saved model with numbers in place of addresses of the memory."""
    with ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = members.pop("schema.json").decode()
    numbers = {}
    for address in re.findall(r'"(?:__id__|file)": "?(\d{6,})', schema):
        numbers.setdefault(address, str(len(numbers) + 1))
    schema = re.sub(r"\d{6,}", lambda m: numbers.get(m[0], m[0]), schema)
    renamed = {}
    for name, content in members.items():
        stem, _, suffix = name.partition(".")
        renamed[f"{numbers.get(stem, stem)}.{suffix}"] = content
    return zipped({"schema.json": schema.encode()} | renamed)


def cubes():
    """Return files of cubes, and tables of other programs."""
    from sklearn.linear_model import LogisticRegression

    from skseisfp.sweep import ResultCube, SweepSearchCV

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    grid = {"C": [0.1, 1.0], "fit_intercept": [True, False], "tol": [1e-4]}
    search = SweepSearchCV(LogisticRegression(), grid, cv=2, refit=False)
    cube = ResultCube.from_search(search.fit(X, y))
    for name in ("fit_time", "score_time"):  # which differ from run to run
        cube.dataset[name][:] = 0.25
    plain = pd.DataFrame(search.cv_results_)
    times = [name for name in plain if name.endswith("_time")]
    plain = plain.drop(columns=times)
    simple = pd.DataFrame({"C": [0.1, 1.0], "fold": [0, 0], "score": [0.5, 0.75]})
    with TemporaryDirectory() as folder:
        files = {}
        for suffix, write in {
            "csv": cube.to_csv,
            "parquet": cube.to_parquet,
            "xlsx": cube.to_excel,
            "nc": cube.to_netcdf,
        }.items():
            files[suffix] = Path(write(Path(folder) / f"cube.{suffix}")).read_bytes()
        seeds = [{f"fuzzed.{suffix}": data} for suffix, data in files.items()]
        for table in (plain, simple):
            file = Path(folder) / "plain"
            seeds.append({"fuzzed.csv": table.to_csv(index=False).encode()})
            table.astype({"params": str} if "params" in table else {}).to_parquet(file)
            seeds.append({"fuzzed.parquet": file.read_bytes()})
    return [{name: _without_times(data) for name, data in s.items()} for s in seeds]


def _without_times(data):
    """Return a workbook without the time of its making; others as they are."""
    if not data.startswith(b"PK"):
        return data
    with ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    members[core] = re.sub(
        rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2024-01-01T00:00:00Z", members[core]
    )
    return zipped(members)


def plans():
    """Return experiment plans as TOML."""
    from skseisfp.sweep import ExperimentPlan

    strings = [
        ExperimentPlan(
            {"C": "0.1:0.2:0.9", "kernel": ["linear", "rbf"], "size": (3, 4)},
            fixed={"tol": 1e-4, "class_weight": None},
            name="a plan",
        ).to_toml(),
        ExperimentPlan.published("experiment 1").to_toml(),
        "[ranges]\nlr = [1e-3, 1e-2]\nepochs = '1:1:5'\ncodes = [[1, 2], [3, 4]]\n",
    ]
    return [{"fuzzed.toml": text.encode()} for text in strings]


MAKERS = {
    "waveforms": waveforms,
    "catalogues": catalogues,
    "stations": stations,
    "picks": picks,
    "records": records,
    "seisbench": seisbench,
    "models": models,
    "cubes": cubes,
    "plans": plans,
    "nothing": lambda: [{}],
}

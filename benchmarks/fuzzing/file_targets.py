"""Readers of files, of which the content is mutated."""

import io
from pathlib import Path

import numpy as np
import obspy
import pandas as pd

import skseisfp
from skseisfp.datasets import load_records, load_seisbench
from skseisfp.io import WaveformReader, read_quakeml, read_stationxml, source_paths
from skseisfp.io.read_waveforms import read_waveforms
from skseisfp.neural import FingerprintClassifier
from skseisfp.sweep import ResultCube

from .mutations import mutated, mutated_zip

assert FingerprintClassifier  # loads torch before the memory is limited
EVENTS = pd.DataFrame(
    {
        "event_id": ["e1", "e2"],
        "event_type": ["earthquake", "explosion"],
        "origin_time": pd.to_datetime(["2024-01-01T00:00:05Z", "1970-01-01T00:00:09Z"]),
    }
)
READERS = (
    {"components": "Z"},
    {"components": "ZNE"},
    {"components": "Z", "window": (0, 5), "pad": "noise", "gaps": "noise"},
    {"components": "Z", "sampling_rate": 20.0, "instruments": None, "dead": "keep"},
    {"components": "Z12", "overlaps": "first", "clipped": "keep", "window": (-1, 3)},
    {"components": "Z", "align": "origin", "window": (-2, 4), "max_gap": float("inf")},
)
QUERIES = (None, None, None, "snr_db > 6", "event_id == 'e1'", "nothing > 1")


def _drawn(rng, items):
    """Draw an item."""
    return items[int(rng.integers(len(items)))]


def _mutated_seed(rng, seeds):
    """Return the files of a seed, one or more of them mutated."""
    files = dict(_drawn(rng, seeds))
    names = sorted(files)
    for name in {_drawn(rng, names) for _ in range(1 + rng.integers(2))}:
        other = _drawn(rng, seeds)
        others = list(other.values())
        # most zip archives have checksums, which only a repacked one keeps right
        mutate = mutated_zip if files[name].startswith(b"PK\x03\x04") else mutated
        files[name] = mutate(files[name], rng, others)
    return files


def _plain(rng, seeds):
    """Return mutated files without options."""
    return _mutated_seed(rng, seeds), {}


def _waveforms(rng, seeds):
    """Return a mutated recording and how it is read."""
    files = _mutated_seed(rng, seeds)
    reader = int(rng.integers(len(READERS)))
    by_time = READERS[reader].get("align") == "origin" or rng.random() < 0.3
    only_read = bool(rng.random() < 0.3)  # whatever its channels are
    return files, {"reader": reader, "events": bool(by_time), "only_read": only_read}


def _read_waveforms(case, folder):
    if case.options["only_read"]:
        read_waveforms(folder / "fuzzed")
        return
    reader = WaveformReader(**READERS[case.options["reader"]])
    events = EVENTS if case.options["events"] else None
    reader.read(folder / "fuzzed", events=events)


def _read_catalogue(case, folder):
    found = read_quakeml(folder / "fuzzed")
    if len(found.events):
        stream = _stream()
        reader = WaveformReader(components="Z", align="origin", window=(0, 1))
        try:
            reader.read(stream, events=found)
        except ValueError as error:  # a lack of records is not their fault
            if "No record was taken" not in str(error):
                raise


def _stream():
    """Return a Stream of one trace."""
    samples = np.random.default_rng(0).normal(size=800)
    header = {"station": "ABC", "network": "XX", "channel": "HHZ"}
    header |= {"sampling_rate": 40.0, "starttime": obspy.UTCDateTime(2024, 1, 1)}
    return obspy.Stream([obspy.Trace(samples, header)])


def _read_stations(case, folder):
    found = read_stationxml(folder / "fuzzed")
    stations = found.stations
    records = pd.DataFrame({"event_id": "e", "station": stations["station"]})
    events = pd.DataFrame({"event_id": ["e"], "latitude": 46.0, "longitude": 7.0})
    source_paths(records, events, stations)


def _read_picks(case, folder):
    events, picks = (
        pd.read_csv(folder / f"fuzzed_{name}.csv") for name in ("events", "picks")
    )
    reader = WaveformReader(components="Z", **case.options)
    reader.read(folder / "stream.mseed", events=events, picks=picks)


def _picks(rng, seeds):
    """Return mutated tables of events and picks, and how they are used."""
    align = ("start", "origin", "P")[rng.integers(3)]
    window = None if align == "start" else [-1.0, 3.0]
    files = dict(seeds[0])
    for name in ("fuzzed_events.csv", "fuzzed_picks.csv"):
        if rng.random() < 0.7:
            changed = mutated(files[name], rng, list(files.values())[:2])
            files[name] = changed if _is_table(changed) else files[name]
    return files, {"align": align, "window": window}


def _is_table(data):
    """Return whether pandas reads bytes: what it does not never comes further."""
    try:
        pd.read_csv(io.BytesIO(data))
    except Exception:
        return False
    return True


def _folder(rng, seeds):
    """Return a mutated folder and how it is read."""
    options = {"query": _drawn(rng, QUERIES)}
    options["invalid"] = ("raise", "reject")[rng.integers(2)]
    if rng.random() < 0.3:
        options["sampling_rate"] = 20.0
    return _mutated_seed(rng, seeds), options


def _load_records(case, folder):
    load_records(folder / "fuzzed", **case.options)


def _load_seisbench(case, folder):
    window = {"window": (-2.0, 3.0), "align": "P"} if case.options["query"] else {}
    load_seisbench(folder / "fuzzed", **case.options, **window)


def _load_model(case, folder):
    model = skseisfp.load(folder / "fuzzed.skops", max_bytes=2**26)
    try:
        shape = getattr(model, "fingerprint_shape_", None) or (model.n_features_in_,)
        model.predict(np.zeros((2, *shape), np.uint8))
    except Exception:  # a changed model may predict nothing, but must not crash
        return


def _read_cube(case, folder):
    (file,) = Path(folder).iterdir()
    if file.suffix == ".nc":
        cube = ResultCube.from_netcdf(file)
    else:
        cube = ResultCube.from_table(file, **case.options)
    cube.to_frame()
    repr(cube)


def _cube(rng, seeds):
    """Return a mutated table or cube and how it is read."""
    options = _drawn(rng, ({}, {}, {"parameters": ["C"]}))
    if options and rng.random() < 0.5:
        options = {**options, "metrics": ["score"]}
    files = _mutated_seed(rng, seeds)
    return files, options


def _file_names(case):
    """Return the names of an input of files: the stem of all of them."""
    return ["fuzzed"]


def _table_names(case):
    """Return the names of an input of tables: of the arguments."""
    return ["events", "picks", "fuzzed_events.csv", "fuzzed_picks.csv", "stream.mseed"]


def _folder_names(case):
    """Return the names of an input of a folder."""
    return ["fuzzed", "query"]


TARGETS = {
    "waveform files": ("waveforms", _waveforms, _read_waveforms, _file_names),
    "catalogues": ("catalogues", _plain, _read_catalogue, _file_names),
    "station documents": ("stations", _plain, _read_stations, _file_names),
    "events and picks": ("picks", _picks, _read_picks, _table_names),
    "folders of records": ("records", _folder, _load_records, _folder_names),
    "SeisBench sets": ("seisbench", _folder, _load_seisbench, _folder_names),
    "saved models": ("models", _plain, _load_model, _file_names),
    "cubes and tables": ("cubes", _cube, _read_cube, _file_names),
}

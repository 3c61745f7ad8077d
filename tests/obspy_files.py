"""Every file of obspy's own tests, read by this package and by obspy.

``python tests/obspy_files.py`` writes the tables of the page on formats again.
"""

import re
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

PAGE = Path(__file__).parents[1] / "docs" / "formats.md"
OUTCOMES = ("taken", "fairly rejected", "wrong", "nameless")
OTHERS = "none of these"
# Why a file that obspy reads is rejected: it holds no seismogram.
FAIR = re.compile(
    r"holds no seismogram: \S+ (is text|holds no samples|has the sampling rate)"
)


class Outcome(NamedTuple):
    """A file, its format by obspy, and what became of it."""

    file: str
    format: str
    result: str


@cache
def find():
    """Return the folder of obspy and the files of its tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import obspy

    folder = Path(obspy.__file__).parent
    data = (
        file for file in folder.rglob("*") if "data" in file.relative_to(folder).parts
    )
    files = [file for file in data if "tests" in file.parts and file.is_file()]
    return folder, sorted(files)


def judge(file, read, read_with_obspy, agree):
    """Return the outcome of a file."""
    folder, _ = find()
    name = str(file.relative_to(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind, expected = read_with_obspy(file)
        try:
            found = read(file)
        except ValueError as error:
            if str(file) not in str(error) or not str(error).partition(str(file))[2]:
                return Outcome(name, kind, "nameless")
            fair = expected is None or FAIR.search(str(error))
            return Outcome(name, kind, "fairly rejected" if fair else "wrong")
        right = expected is not None and agree(found, expected)
    return Outcome(name, kind, "taken" if right else "wrong")


def obspy_waveforms(file):
    """Return format and Stream by obspy, None where it reads none."""
    from obspy import read

    try:
        stream = read(str(file))
    except Exception:
        return OTHERS, None
    return stream[0].stats._format, stream


def same_waveforms(found, expected):
    """Return whether all seismograms are those of obspy, and others are listed."""
    listed = {channel.trace_id for channel in found.skipped}
    expected = [trace for trace in expected if trace.stats.npts]
    expected = [trace for trace in expected if trace.id not in listed]
    return len(expected) == len(found.stream) and all(
        one.id == other.id
        and one.stats.starttime == other.stats.starttime
        and one.stats.sampling_rate == other.stats.sampling_rate
        and np.array_equal(one.data, other.data, equal_nan=one.data.dtype.kind == "f")
        for one, other in zip(expected, found.stream, strict=True)
    )


def obspy_events(file):
    """Return format and Catalog by obspy, None where it reads none."""
    from obspy import read_events

    try:
        catalog = read_events(str(file))
    except Exception:
        return OTHERS, None
    return getattr(next(iter(catalog), None), "_format", "no event"), catalog


def same_events(found, expected):
    """Return whether events have times and places of obspy's, and others a reason."""
    places = []
    for event in expected:
        origin = event.preferred_origin() or next(iter(event.origins), None)
        facts = [getattr(origin, name, None) for name in ("latitude", "longitude")]
        time = getattr(origin, "time", None)
        places.append((None if time is None else time.ns, *facts))
    rows = found.events[["origin_time", "latitude", "longitude"]].astype(object)
    rows = rows.where(rows.notna(), None).to_numpy().tolist()
    rows = [(None if time is None else time.value, *place) for time, *place in rows]
    n_events = len(found.events) + len(found.rejected)
    reasons = found.rejected["reason"].str.len().all()
    return set(rows) <= set(places) and n_events >= len(expected) and reasons


def obspy_stations(file):
    """Return a name and the Inventory by obspy, None where it reads none."""
    from obspy import read_inventory

    try:
        inventory = read_inventory(str(file))
    except Exception:
        return OTHERS, None
    return "station documents", inventory


def same_stations(found, expected):
    """Return whether the stations are those of obspy."""
    rows = [
        (f"{network.code}.{station.code}", station.latitude, station.longitude)
        for network in expected
        for station in network
    ]
    columns = ["station", "latitude", "longitude"]
    return found.stations[columns].to_numpy().tolist() == [list(row) for row in rows]


@cache
def outcomes():
    """Return the outcomes of all files by what they are read as."""
    from skseisfp.io.read_quakeml import read_quakeml
    from skseisfp.io.read_stationxml import read_stationxml
    from skseisfp.io.read_waveforms import read_waveforms

    kinds = {
        "waveforms": (read_waveforms, obspy_waveforms, same_waveforms),
        "catalogues": (read_quakeml, obspy_events, same_events),
        "stations": (read_stationxml, obspy_stations, same_stations),
    }
    _, files = find()
    return {
        kind: [judge(file, *functions) for file in files]
        for kind, functions in kinds.items()
    }


def table_of(kind):
    """Return the lines of the table of a kind."""
    found = outcomes()[kind]
    counts = Counter((item.format, item.result) for item in found)
    formats = sorted(
        {item.format for item in found}, key=lambda name: (name == OTHERS, name)
    )
    lines = [
        f"| format | files | {' | '.join(OUTCOMES)} |",
        "|---|---|---|---|---|---|",
    ]
    for name in formats:
        cells = [counts[name, result] for result in OUTCOMES]
        lines.append(f"| {name} | {sum(cells)} | {' | '.join(map(str, cells))} |")
    cells = [sum(counts[name, result] for name in formats) for result in OUTCOMES]
    lines.append(f"| all | {sum(cells)} | {' | '.join(map(str, cells))} |")
    return lines


def marks(kind):
    """Return the marks around a table of the page."""
    return f"<!-- {kind}: begin -->", f"<!-- {kind}: end -->"


def version_line():
    """Return the line that names the version of obspy."""
    from importlib.metadata import version

    return f"Measured with obspy {version('obspy')}."


def write_page():
    """Read all files, and write the tables of the page."""
    text = re.sub(r"Measured with obspy \S+\.", version_line(), PAGE.read_text())
    for kind in ("waveforms", "catalogues", "stations"):
        begin, end = marks(kind)
        before, rest = text.split(begin)
        text = "\n".join(
            [f"{before}{begin}", *table_of(kind), end + rest.split(end)[1]]
        )
    PAGE.write_text(text)


if __name__ == "__main__":
    write_page()

"""Time of `WaveformReader.read` over that of obspy alone, from continuous data.

Day files of two stations and many small files are drawn and written. The windows of
five events are read by obspy's SDS client, by the reader through that client, and by
the reader from the files of the folder; then all small files, by obspy and by the
reader. Every time is the shortest of several, in one process. Fails where the reader
takes more than a stated multiple of the time of obspy.

Run: python benchmarks/bench_read_continuous.py [--files 300]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Figure, conclude
from obspy import Stream, Trace, UTCDateTime, read
from obspy.clients.filesystem.sds import Client

from skseisfp.io import WaveformReader

DAY = UTCDateTime(2024, 3, 5)
RATE = 100.0
N_DAYS = 2
STATIONS = ("A", "B")
ORIGINS = (3600.0, 30000.0, 86350.0, 100000.0, 160000.0)  # seconds from the first day
WINDOW = (-10.0, 110.0)
SMALL = 120.0  # seconds in a small file
# Multiples of the time of obspy; measured: 0.9 to 1.7, 1.6 to 4.2, 1.6 to 1.8.
MOST_BY_CLIENT, MOST_BY_FILES, MOST_SMALL = 2.5, 5.0, 2.5


def make_trace(samples, station, channel, start):
    """Return samples as a trace."""
    header = {
        "network": "XX",
        "station": station,
        "channel": channel,
        "sampling_rate": RATE,
        "starttime": start,
    }
    return Trace(samples, header)


def write_days(folder, rng):
    """Write an SDS tree: a file for each day, station and channel."""
    n_samples = round(86400 * RATE)
    samples = (300 * rng.standard_normal(n_samples)).astype(np.int32)
    for day in (DAY + 86400 * number for number in range(N_DAYS)):
        for station in STATIONS:
            for channel in ("HHZ", "HHN", "HHE"):
                trace = make_trace(samples, station, channel, day)
                place = folder / str(day.year) / "XX" / station / f"{channel}.D"
                place.mkdir(parents=True, exist_ok=True)
                name = f"{trace.id}.D.{day.year}.{day.julday:03d}"
                trace.write(str(place / name), format="MSEED")


def write_small(folder, rng, n_files):
    """Write files of three components, one for each record."""
    folder.mkdir()
    for number in range(n_files):
        stream = Stream()
        for channel in ("HHZ", "HHN", "HHE"):
            samples = (300 * rng.standard_normal(round(SMALL * RATE))).astype(np.int32)
            stream += make_trace(samples, f"S{number:03d}", channel, DAY)
        stream.write(str(folder / f"{number}.mseed"), format="MSEED")


def shortest(function, repeats=3):
    """Return the shortest of the times that a call takes, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def read_windows(client):
    """Read the windows of all events with obspy alone."""
    for origin in ORIGINS:
        window = (DAY + origin + seconds for seconds in WINDOW)
        client.get_waveforms("XX", "*", "*", "HH?", *window)


def main():
    """Write files, time both, and return the number of ratios that are too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    n_files = parser.parse_args().files
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(len(ORIGINS))],
            "origin_time": [(DAY + origin).datetime for origin in ORIGINS],
        }
    )
    windows = WaveformReader(window=WINDOW, align="origin", channels="HH?")
    whole = WaveformReader()
    with tempfile.TemporaryDirectory() as temporary:
        days, small = Path(temporary, "days"), Path(temporary, "small")
        write_days(days, rng)
        write_small(small, rng, n_files)
        client = Client(str(days))
        files = sorted(file for file in days.rglob("*.D.*") if file.is_file())
        cases = [
            ("obspy's SDS client", lambda: read_windows(client), None),
            (
                "reader, by the client",
                lambda: windows.read(client, events=events),
                MOST_BY_CLIENT,
            ),
            (
                f"reader, {len(files)} day files",
                lambda: windows.read(files, events=events),
                MOST_BY_FILES,
            ),
            (
                f"obspy, {n_files} small files",
                lambda: [read(str(file)) for file in sorted(small.iterdir())],
                None,
            ),
            (
                f"reader, {n_files} small files",
                lambda: whole.read(small),
                MOST_SMALL,
            ),
        ]
        figures = []
        for name, function, limit in cases:
            seconds = shortest(function)
            figures.append(Figure(name, np.array([1e3 * seconds]), "ms"))
            if limit is None:
                alone = seconds
                continue
            ratio = np.array([seconds / alone])
            figures.append(Figure(f"{name}, ratio", ratio, "x", at_most=limit))
    return conclude("read_continuous", figures)


if __name__ == "__main__":
    sys.exit(main())

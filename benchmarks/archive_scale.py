"""Time, memory and disk of an archive at three sizes, the largest 53,067 records.

Records of three components and 9,000 samples at 100 Hz, as of the Hainan network
(17,689 of them, 1.9 GB), are drawn and written as miniSEED in pieces, imported piece
by piece, fingerprinted, and split by event; each size in a process of its own. Rates
are by the clock and leave out the drawing; the cost of a record is processor time,
which does not count other work of the machine. Fails where a process needs more than
1.5 GB of resident memory, or where a record of the largest set costs more than 1.5
times one of the smallest. With `--jobs` fingerprints are made by worker processes:
compare their rate, as processor time and memory are those of this process only.

Run: python benchmarks/archive_scale.py [--records 1000 2000 4000] [--folder FOLDER]
    [--jobs 2]
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from joblib.externals.loky import get_reusable_executor
from obspy import Stream, Trace, UTCDateTime
from threadpoolctl import threadpool_limits

from skseisfp import FingerprintTransformer, event_train_test_split
from skseisfp.archive import SeismicArchive
from skseisfp.io import WaveformReader

HAINAN = 17_689
RATE = 100.0
N_SAMPLES = 9_000
PIECE = 500  # records on the disk as miniSEED at a time
RECORDS_PER_EVENT = 10
HEADER = (
    "records import/s finger/s re-read/s  split s ms/record fingers memory GB  disk GB"
)
MOST_MEMORY = 1.5e9  # bytes; the largest set takes 1.32e9 (docs/measurements.md)
MOST_GROWTH = 1.5  # measured: 1.01 (docs/measurements.md)


def draw_record(rng, number):
    """Draw an event that decays in noise, as counts of three components."""
    samples = rng.standard_normal((3, N_SAMPLES), dtype=np.float32)
    onset = int(rng.integers(2000, 4000))
    decay = np.exp(-0.1 * np.arange(N_SAMPLES - onset) / RATE)
    samples[:, onset:] *= 1 + 50 * decay.astype(np.float32)
    start = UTCDateTime(2024, 1, 1) + 200 * (number // RECORDS_PER_EVENT)
    header = {
        "network": "HI",
        "station": f"S{number % RECORDS_PER_EVENT:02d}",
        "sampling_rate": RATE,
        "starttime": start,
    }
    return Stream(
        Trace((1000 * row).astype(np.int32), {**header, "channel": f"HH{letter}"})
        for row, letter in zip(samples, "ZNE", strict=True)
    )


def write_piece(folder, numbers):
    """Write records as miniSEED, a folder for each event."""
    shutil.rmtree(folder, ignore_errors=True)
    for number in numbers:
        place = folder / f"ev{number // RECORDS_PER_EVENT:05d}"
        place.mkdir(parents=True, exist_ok=True)
        stream = draw_record(np.random.default_rng(number), number)
        stream.write(str(place / f"{number}.mseed"), format="MSEED")


def now():
    """Return the time by the clock and by the processor."""
    return np.array([time.perf_counter(), time.process_time()])


def import_pieces(archive, folder, n_records):
    """Import all records, and return the seconds that it took."""
    seconds = np.zeros(2)
    for start in range(0, n_records, PIECE):
        write_piece(folder, range(start, min(start + PIECE, n_records)))
        began = now()
        archive.import_folder(folder, groups="folder")
        seconds += now() - began
    shutil.rmtree(folder)
    ids = archive.events()["event_id"]
    types = np.where(ids.str[2:].astype(int) % 3, "earthquake", "explosion")
    archive.add_events(pd.DataFrame({"event_id": ids, "event_type": types}))
    return seconds


def measure(n_records, folder, n_jobs, results):
    """Fill an archive, compute fingerprints, split them, and send the costs."""
    reader = WaveformReader(sampling_rate=RATE, window=(0.0, N_SAMPLES / RATE))
    transformer = FingerprintTransformer(sampling_rate=RATE)
    archive = SeismicArchive(folder / "archive")
    with threadpool_limits(1):
        importing = import_pieces(archive, folder / "pieces", n_records)
        began = now()
        archive.fingerprints(reader, transformer, n_jobs=n_jobs)
        fingerprinting = now() - began
        began = now()
        bunch = archive.fingerprints(reader, transformer)
        rereading = now() - began
        began = now()
        rows = np.arange(len(bunch.data))
        event_train_test_split(rows, bunch.target, random_state=0)
        splitting = now() - began
    assert bunch.data.shape == (n_records, 1, 3, 64, 64)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    if n_jobs:  # else the process waits for their end, five minutes
        get_reusable_executor().shutdown()
    memory = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    results.put((importing, fingerprinting, rereading, splitting, memory, size))


def run_apart(n_records, folder, n_jobs):
    """Measure one size in a process of its own."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        process = context.Process(
            target=measure, args=(n_records, Path(place), n_jobs, results)
        )
        process.start()
        while process.is_alive() and results.empty():
            process.join(1)
        found = None if results.empty() else results.get()
        process.join()
    if found is None:
        raise SystemExit(f"The process for {n_records} records failed.")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = [HAINAN // 3, HAINAN, 3 * HAINAN]
    parser.add_argument("--records", type=int, nargs="+", default=sizes)
    parser.add_argument("--folder", help="where there is space for three data sets")
    parser.add_argument("--jobs", type=int, help="processes that make fingerprints")
    options = parser.parse_args()
    print(HEADER)
    costs = []
    for n_records in options.records:
        importing, fingerprinting, rereading, splitting, memory, size = run_apart(
            n_records, options.folder, options.jobs
        )
        total = importing + fingerprinting + rereading + splitting
        costs.append(total[1] / n_records)
        rates = n_records / np.array([importing[0], fingerprinting[0], rereading[0]])
        print(
            f"{n_records:7d} {rates[0]:8.0f} {rates[1]:8.0f} {rates[2]:9.0f} "
            f"{splitting[0]:8.2f} {1e3 * costs[-1]:9.1f} "
            f"{1e3 * fingerprinting[1] / n_records:7.1f} "
            f"{memory / 1e9:9.2f} {size / 1e9:8.2f}",
            flush=True,
        )
        if memory > MOST_MEMORY:
            raise SystemExit(f"{memory / 1e9:.2f} GB of resident memory are too much.")
    growth = costs[-1] / costs[0]
    print(f"a record of the largest set costs {growth:.2f} times one of the smallest")
    if growth > MOST_GROWTH:
        raise SystemExit("The cost grows faster than the number of records.")


if __name__ == "__main__":
    main()

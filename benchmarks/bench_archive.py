"""Records of an archive to fingerprints: processor time a record, and two workers.

Records of three components and 9,000 samples at 100 Hz, as in `archive_scale.py`, which
measures whole archives with their memory. Every round computes the fingerprints of all
records under settings that are new to the archive, by this process and by two worker
processes, in turn. The ratio by the clock holds where two cores are free. Of processor
times, it is the work of one process over that of the busier worker, or over half of all
work where this is more: the ratio that free cores would allow.

Run: python benchmarks/bench_archive.py [--records 512] [--rounds 3] [--folder FOLDER]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from archive_scale import N_SAMPLES, RATE, import_pieces
from measuring import Figure, conclude
from threadpoolctl import threadpool_limits

from skseisfp import FingerprintTransformer
from skseisfp.archive import SeismicArchive
from skseisfp.io import WaveformReader

READER = WaveformReader(sampling_rate=RATE, window=(0.0, N_SAMPLES / RATE))
PART = 64  # records in memory, of which fingerprints alone are computed


def settings(number):
    """Return a transformer that an archive has no fingerprints of."""
    return FingerprintTransformer(
        sampling_rate=RATE, dynamic_range_db=60.0 + 1e-6 * number
    )


def processor_times():
    """Return the seconds of this process, and of its workers by their numbers."""
    workers = psutil.Process().children(recursive=True)
    times = {worker.pid: sum(worker.cpu_times()[:2]) for worker in workers}
    return time.process_time(), times


def measure(function):
    """Return the result, seconds by the clock, and processor times here and there."""
    here, workers = processor_times()
    start = time.perf_counter()
    result = function()
    clock = time.perf_counter() - start
    after, after_workers = processor_times()
    work = [seconds - workers.get(pid, 0.0) for pid, seconds in after_workers.items()]
    return result, clock, after - here, work


def measure_rounds(archive, rounds):
    """Return the figures of fingerprints."""
    n_records = len(archive.references())
    some = archive.to_bunch(READER, f"event_id < 'ev{PART // 10:05d}'").data
    transformer = settings(0).fit(some)
    ours, alone, again, main, clocks, works = [], [], [], [], [], []
    for number in range(rounds + 1):  # the first one warms up
        one, two = settings(2 * number + 1), settings(2 * number + 2)
        first = measure(lambda one=one: archive.fingerprints(READER, one))
        second = measure(lambda two=two: archive.fingerprints(READER, two, n_jobs=2))
        third = measure(lambda one=one: archive.fingerprints(READER, one))
        last = measure(lambda: transformer.transform(some))
        assert np.array_equal(first[0].data, third[0].data)
        if number:
            ours.append(1e3 * first[2] / n_records)
            again.append(1e3 * third[2] / n_records)
            alone.append(1e3 * last[2] / len(some))
            main.append(1e3 * second[2] / n_records)
            clocks.append(first[1] / second[1])
            busiest = max(*second[3], (second[2] + sum(second[3])) / 2)
            works.append(first[2] / busiest)
    return [
        Figure("archive to fingerprints", np.array(ours), "ms", at_most=4.0),
        Figure("fingerprints of records in memory", np.array(alone), "ms"),
        Figure("fingerprints read again", np.array(again), "ms"),
        Figure("main process of two workers", np.array(main), "ms"),
        Figure("two workers, by the clock", np.array(clocks), at_least=1.8, limit=0.5),
        Figure("two workers, processor time", np.array(works), at_least=1.8, limit=1.6),
    ]


def main():
    """Measure and list the figures; return the number of limits that are exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where there is space for the records")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, threadpool_limits(1):
        folder = Path(name)
        archive = SeismicArchive(folder / "archive")
        seconds = import_pieces(archive, folder / "pieces", options.records)
        importing = np.array([1e3 * seconds[1] / options.records])
        figures = [
            Figure("miniSEED to archive", importing, "ms"),
            *measure_rounds(archive, options.rounds),
        ]
    return conclude("archive", figures)


if __name__ == "__main__":
    sys.exit(main())

"""Two workers of Dask against one, on an archive, and what a killed worker costs.

Records of three components and 9,000 samples are drawn and imported. Three jobs run on
clusters of one and of two processes of one thread, in turn: fingerprints and
predictions by `map_blocks` over `SeismicArchive.to_dask`, of which no process holds
more than some blocks, and a `SweepSearchCV` by joblib's backend of Dask. The ratio by
the clock holds where two cores are free. That of processor times, all work with one
worker to that of the busiest process with two, or to half of all work where this is
more, is the ratio that free cores would allow. Then a worker is killed halfway through
`SeismicArchive.fingerprints`: batches that were computed twice, and whether the
fingerprints are the same.

Run: python benchmarks/dask_scale.py [--records 2000] [--rounds 3] [--folder FOLDER]
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import numpy as np
from archive_scale import N_SAMPLES, RATE, import_pieces
from distributed import Client, LocalCluster
from joblib import parallel_config
from measuring import Figure, conclude
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from skseisfp import FingerprintTransformer
from skseisfp.archive import SeismicArchive, seismic_archive
from skseisfp.io import WaveformReader
from skseisfp.sweep import SweepSearchCV

BLOCK = 64  # records, 7 MB: a worker holds few of them, and both end together
BAR = 1.7
READER = WaveformReader(sampling_rate=RATE, window=(0.0, N_SAMPLES / RATE))
N_TREES = 200  # 0.2 s a fit


class Noting(FingerprintTransformer):
    """Fingerprints that note which process made them, once for every batch."""

    notes = ""

    def transform(self, X):
        """Make fingerprints, then leave a note."""
        result = super().transform(X)
        Path(self.notes, f"{os.getpid()}_{time.monotonic_ns()}").touch()
        return result


def by_blocks(function, data, *, dtype, n_columns):
    """Return an array of Dask with the results of a function of records."""
    return data.map_blocks(
        function,
        dtype=dtype,
        drop_axis=2,
        chunks=(data.chunks[0], (n_columns,)),
    )


def make_jobs(archive):
    """Return the three jobs by name."""
    bunch = archive.to_dask(READER, block_size=BLOCK)
    data = bunch.data
    transformer = FingerprintTransformer(sampling_rate=RATE, flatten=True)
    few = data[:: len(data) // 40].compute(scheduler="sync")
    labels = bunch.target.to_numpy()[:: len(data) // 40]
    trees = ExtraTreesClassifier(100, random_state=0)
    model = make_pipeline(transformer, trees).fit(few, labels)
    n_columns = transformer.fit_transform(few[:1]).shape[1]
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1500, 64)), np.arange(1500) % 2
    sweep = SweepSearchCV(
        ExtraTreesClassifier(N_TREES, random_state=0),
        {"min_samples_leaf": list(range(1, 9))},
        cv=2,
        refit=False,
    )

    def search():
        with parallel_config(backend="dask"):
            return sweep.fit(X, y).cv_results_["mean_test_score"]

    fingerprints = by_blocks(
        transformer.transform, data, dtype=np.int8, n_columns=n_columns
    )
    shares = by_blocks(model.predict_proba, data, dtype=float, n_columns=2)
    return {
        "fingerprints": fingerprints.compute,
        "predictions": shares.compute,
        "sweep": search,
    }


def measure(job, client):
    """Return the result, seconds by the clock and processor times of all processes.

    The first one is this process, where joblib runs the fits if there is one worker.
    """
    before, here = client.run(time.process_time), time.process_time()
    start = time.perf_counter()
    result = job()
    clock = time.perf_counter() - start
    here = time.process_time() - here
    after = client.run(time.process_time)
    return result, clock, [here, *(after[name] - before[name] for name in before)]


def compare(archive, rounds):
    """Return the figures of one and two workers."""
    jobs = make_jobs(archive)
    clocks = {(name, n): [] for name in jobs for n in (1, 2)}
    works = {key: [] for key in clocks}
    options = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}
    with ExitStack() as stack:
        clusters = {
            n: stack.enter_context(LocalCluster(n_workers=n, **options)) for n in (1, 2)
        }
        for number in range(rounds + 1):  # the first one warms up
            for name, job in jobs.items():
                found = []
                for n, cluster in clusters.items():
                    with Client(cluster) as client:
                        result, clock, work = measure(job, client)
                    found.append(result)
                    if number:
                        clocks[name, n].append(clock)
                        works[name, n].append((sum(work), max(sum(work) / 2, *work)))
                assert np.array_equal(*found), name
    figures = []
    for name in jobs:
        one, two = (np.array(clocks[name, n]) for n in (1, 2))
        work, share = np.array(works[name, 1])[:, 0], np.array(works[name, 2])[:, 1]
        figures += [
            Figure(f"{name}: one worker", one, "s"),
            Figure(f"{name}: two workers, by the clock", one / two, at_least=BAR),
            Figure(f"{name}: two workers, processor time", work / share, at_least=BAR),
        ]
    return figures


def kill_one(notes, after, killed):
    """Kill the process that left the last note, when there are some."""
    while len(files := sorted(notes.iterdir(), key=os.path.getmtime)) < after:
        time.sleep(0.01)
    killed.append(int(files[-1].name.partition("_")[0]))
    os.kill(killed[0], signal.SIGKILL)


def kill_a_worker(archive, folder):
    """Kill one of two workers halfway, and return its cost in batches."""
    notes = folder / "notes"
    notes.mkdir()
    n_batches, killed = -(-len(archive.references()) // seismic_archive.PART), []
    Noting.notes = str(notes)  # goes to the workers with the class
    transformer = Noting(sampling_rate=RATE)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster),
        parallel_config(backend="dask"),
    ):
        killer = Thread(target=kill_one, args=(notes, n_batches // 2, killed))
        killer.start()
        found = archive.fingerprints(READER, transformer).data
        killer.join()
    again = len(list(notes.iterdir())) - n_batches
    plain = FingerprintTransformer(sampling_rate=RATE)
    same = float(np.array_equal(found, archive.fingerprints(READER, plain).data))
    return [
        Figure("killed worker: batches", np.array([n_batches]), ""),
        Figure("killed worker: batches made twice", np.array([again]), "", at_most=2),
        Figure("killed worker: same fingerprints", np.array([same]), "", at_least=1),
    ]


def main():
    """List ratios and the cost of a kill; return the number of missed bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where there is space for the records")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        archive = SeismicArchive(folder / "archive")
        import_pieces(archive, folder / "pieces", options.records)
        figures = compare(archive, options.rounds)
        figures += kill_a_worker(archive, folder)
    return conclude("dask_scale", figures)


if __name__ == "__main__":
    sys.exit(main())

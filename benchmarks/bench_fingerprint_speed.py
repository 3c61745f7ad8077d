"""Fingerprints against the same fingerprints made with `pywt.cwt`, in time and memory.

Records of 12,000 samples at 100 Hz, 64 frequencies, mean power in 64 columns, log
image, 2-D Haar transform, 200 signs. The two ways share all but the wavelet
transform, and take turns. Times are of the processor, with one thread, and so do not
count other work of the machine. `pywt.cwt` runs by its default method, convolution,
and by FFT. Fails where the median ratio is below 100 or 15. Coefficients in common are
those that both fingerprints keep, with the same sign, among those that one of them
keeps.

Run: python benchmarks/bench_fingerprint_speed.py [--repeats N]
"""

import argparse
import time
import tracemalloc

import numpy as np
import pywt
import scipy.signal
from threadpoolctl import threadpool_limits

from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal import haar2d, select_top_k

RATE = 100.0
N_SAMPLES = 12_000
BATCH = 32
LEAST_RATIO = {"conv": 100.0, "fft": 15.0}
LABELS = {"conv": "default method", "fft": 'method="fft"'}


def make_records(n_records, dtype):
    """Make events that decay in red noise."""
    rng = np.random.default_rng(0)
    records = rng.standard_normal((n_records, N_SAMPLES), dtype=np.float32)
    onset = rng.integers(2000, 6000, (n_records, 1))
    seconds = (np.arange(N_SAMPLES, dtype=np.float32) - onset) / RATE
    records *= np.where(seconds > 0, np.exp(-0.15 * seconds.clip(0)), 0.02)
    return records.astype(dtype)


def pywt_fingerprint(record, frequencies, method, precision=12):
    """Compute the fingerprint of one record with `pywt.cwt`."""
    window = scipy.signal.windows.tukey(N_SAMPLES, 0.05).astype(record.dtype)
    scales = RATE / frequencies
    values, _ = pywt.cwt(
        scipy.signal.detrend(record) * window,
        scales,
        "cmor1.8238-1.0",
        sampling_period=1 / RATE,
        method=method,
        precision=precision,
    )
    edges = np.linspace(0, N_SAMPLES, 65).round().astype(int)
    power = np.add.reduceat(np.abs(values) ** 2, edges[:-1], axis=1) / np.diff(edges)
    power *= (4 / scales)[:, None]
    image = 1 + np.log10(np.maximum(power / power.max(), 1e-6)) / 6
    return select_top_k(haar2d(image)[None], 200)[0]


def timed(function, *args):
    """Return the result and the milliseconds of processor time."""
    start = time.process_time()
    result = function(*args)
    return result, 1e3 * (time.process_time() - start)


def jaccard(first, second):
    """Part of the kept coefficients that two fingerprints share, signs included."""
    shared = np.count_nonzero((first == second) & (first != 0))
    return shared / np.count_nonzero((first != 0) | (second != 0))


def compare_speed(dtype, repeats):
    """Time the three ways in turn; return milliseconds and agreement by method."""
    records = make_records(BATCH, dtype)
    transformer = FingerprintTransformer(sampling_rate=RATE).fit(records)
    transformer.transform(records)
    pywt_fingerprint(records[0], transformer.frequencies_, "fft")
    rows = []
    for repeat in range(repeats):
        record = records[repeat % BATCH]
        fingerprints, batch = timed(transformer.transform, records)
        row = {"batch": batch / BATCH}
        _, row["single"] = timed(transformer.transform, record[None])
        for method in LEAST_RATIO:
            theirs, row[method] = timed(
                pywt_fingerprint, record, transformer.frequencies_, method
            )
            row["agreement", method] = jaccard(fingerprints[repeat % BATCH], theirs)
        finer = pywt_fingerprint(record, transformer.frequencies_, "fft", precision=16)
        row["agreement", "finer"] = jaccard(fingerprints[repeat % BATCH], finer)
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def extra_memory(dtype, n_records):
    """Peak of working memory in MiB, beyond input and output."""
    records = make_records(n_records, dtype)
    transformer = FingerprintTransformer(sampling_rate=RATE).fit(records)
    transformer.transform(records[:1])
    tracemalloc.start()
    fingerprints = transformer.transform(records)
    peak = tracemalloc.get_traced_memory()[1] - fingerprints.nbytes
    tracemalloc.stop()
    return peak / 2**20


def report(dtype, repeats):
    """Print the table of one type; return whether the ratios suffice."""
    values = compare_speed(dtype, repeats)
    print(f"\n{dtype}: ms per record (median of {repeats}), ratio min - median - max")
    print(f"  skseisfp, {BATCH} at a time   {np.median(values['batch']):8.2f}")
    print(f"  skseisfp, one at a time  {np.median(values['single']):8.2f}")
    enough = True
    for method, least in LEAST_RATIO.items():
        ratio = values[method] / values["batch"]
        median = np.median(ratio)
        enough &= median >= least
        print(
            f"  pywt.cwt, {LABELS[method]:14} {np.median(values[method]):8.2f}   "
            f"{ratio.min():.0f} - {median:.0f} - {ratio.max():.0f} "
            f"(at least {least:.0f})"
        )
    shared = [np.median(values["agreement", key]) for key in ("conv", "fft", "finer")]
    print(
        "  kept coefficients in common: {:.2f} and {:.2f}, {:.2f} with the wavelet of "
        "pywt sampled finer (precision=16)".format(*shared)
    )
    memory = ", ".join(
        f"{extra_memory(dtype, n):.1f} MiB for {n:,} records" for n in (100, 1000)
    )
    print(f"  memory beyond input and output: {memory}")
    return enough


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(f"Fingerprints of {N_SAMPLES:,} samples at {RATE:g} Hz, one thread")
    with threadpool_limits(1):
        enough = [report(dtype, repeats) for dtype in ("float64", "float32")]
    if not all(enough):
        raise SystemExit("A ratio is below its least value.")


if __name__ == "__main__":
    main()

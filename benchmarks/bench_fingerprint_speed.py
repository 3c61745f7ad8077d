"""Fingerprints, in Fourier transforms of the record and against other ways.

Records of 12,000 samples at 100 Hz, one thread. A fingerprint has 64 frequencies, mean
power in 64 columns, log image, 2-D Haar transform, 200 signs. Its peers are
`scipy.fft.rfft` of the same records; FAST's recipe for the same size: spectrogram (6 s
every 0.2 s), bilinear image, Haar transform, standardised, 200 signs, packed; and the
same fingerprint with `pywt.cwt`, by its default method and by FFT. Coefficients in
common are those that both fingerprints keep, with the same sign, among those that one
of them keeps.

Run: python benchmarks/bench_fingerprint_speed.py [--repeats N]
"""

import argparse
import sys
import tracemalloc

import numpy as np
import pywt
import scipy.fft
import scipy.signal
from measuring import Figure, conclude, take_turns
from PIL import Image
from threadpoolctl import threadpool_limits

from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal import haar2d, select_top_k

RATE = 100.0
N_SAMPLES = 12_000
BATCH = 32
SIZE = 64
KEPT = 200


def make_records(n_records, dtype):
    """Make events that decay in red noise."""
    rng = np.random.default_rng(0)
    records = rng.standard_normal((n_records, N_SAMPLES), dtype=np.float32)
    onset = rng.integers(2000, 6000, (n_records, 1))
    seconds = (np.arange(N_SAMPLES, dtype=np.float32) - onset) / RATE
    records *= np.where(seconds > 0, np.exp(-0.15 * seconds.clip(0)), 0.02)
    return records.astype(dtype)


def fast_coefficients(records):
    """Compute the normalised Haar coefficients of FAST for whole records."""
    frequencies, _, power = scipy.signal.spectrogram(
        records, RATE, window="hann", nperseg=600, noverlap=580
    )
    power = power[:, (frequencies >= 1) & (frequencies <= 40)]
    images = np.stack(
        [
            np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.BILINEAR))
            for image in power.astype(np.float32)
        ]
    )
    levels = pywt.wavedec2(images, "db1", axes=(1, 2))
    rows = pywt.coeffs_to_array(levels, axes=(1, 2))[0].reshape(len(records), -1)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def fast_fingerprints(records, centre, spread):
    """Compute the fingerprints of FAST."""
    rows = (fast_coefficients(records) - centre) / spread
    largest = np.argsort(np.abs(rows), axis=1)[:, -KEPT:]
    signs = np.take_along_axis(np.sign(rows), largest, axis=1)
    bits = np.zeros((len(rows), 2, rows.shape[1]), dtype=bool)
    number = np.arange(len(rows))[:, None]
    bits[number, (signs < 0).astype(int), largest] = True
    return np.packbits(bits.reshape(len(rows), -1), axis=1)


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
    edges = np.linspace(0, N_SAMPLES, SIZE + 1).round().astype(int)
    power = np.add.reduceat(np.abs(values) ** 2, edges[:-1], axis=1) / np.diff(edges)
    power *= (4 / scales)[:, None]
    image = 1 + np.log10(np.maximum(power / power.max(), 1e-6)) / 6
    return select_top_k(haar2d(image)[None], KEPT)[0]


def jaccard(first, second):
    """Part of the kept coefficients that two fingerprints share, signs included."""
    shared = np.count_nonzero((first == second) & (first != 0))
    return shared / np.count_nonzero((first != 0) | (second != 0))


def measure(dtype, repeats):
    """Return the figures of one type."""
    records = make_records(BATCH, dtype)
    transformer = FingerprintTransformer(sampling_rate=RATE).fit(records)
    rows = fast_coefficients(records)
    centre = np.median(rows, axis=0)
    spread = np.median(np.abs(rows - centre), axis=0) + 1e-12
    frequencies = transformer.frequencies_
    cases = {
        "rfft": lambda: scipy.fft.rfft(records),
        "batch": lambda: transformer.transform(records),
        "FAST": lambda: fast_fingerprints(records, centre, spread),
        "single": lambda: transformer.transform(records[:1]),
        "conv": lambda: pywt_fingerprint(records[0], frequencies, "conv"),
        "fft": lambda: pywt_fingerprint(records[0], frequencies, "fft"),
    }
    times = take_turns(cases, repeats)
    for name in ("rfft", "batch", "FAST"):
        times[name] /= BATCH
    ours = times["batch"]
    # In single precision the inverse transforms of all rows, 134,000 points, alone take
    # 20 real transforms of the record, in double precision 15.
    limit = {"float64": 32.0, "float32": 45.0}[dtype]
    return [
        Figure(f"{dtype}: a record of {BATCH} at a time", ours, "ms"),
        Figure(f"{dtype}: a record alone", times["single"], "ms"),
        Figure(
            f"{dtype}: in rffts of the record",
            ours / times["rfft"],
            at_most=25.0,
            limit=limit,
        ),
        Figure(f"{dtype}: FAST's recipe", times["FAST"] / ours, at_least=3.0, limit=1),
        Figure(f"{dtype}: pywt.cwt, default", times["conv"] / ours, at_least=100.0),
        Figure(f"{dtype}: pywt.cwt, FFT", times["fft"] / ours, at_least=15.0),
        *agreement(dtype, records, transformer),
        Figure(f"{dtype}: working memory", extra_memory(dtype), "MiB"),
    ]


def agreement(dtype, records, transformer, n_records=4):
    """Return how far fingerprints made with pywt are the same."""
    ours = transformer.transform(records[:n_records])
    ways = {"default": ("conv", 12), "FFT": ("fft", 12), "FFT, finer": ("fft", 16)}
    for name, (method, precision) in ways.items():
        theirs = [
            pywt_fingerprint(record, transformer.frequencies_, method, precision)
            for record in records[:n_records]
        ]
        shared = [jaccard(*pair) for pair in zip(ours, theirs, strict=True)]
        yield Figure(f"{dtype}: in common with pywt, {name}", np.array(shared), "")


def extra_memory(dtype, n_records=1000):
    """Return the peak of working memory in MiB, beyond input and output."""
    records = make_records(n_records, dtype)
    transformer = FingerprintTransformer(sampling_rate=RATE).fit(records)
    transformer.transform(records[:1])
    tracemalloc.start()
    fingerprints = transformer.transform(records)
    peak = tracemalloc.get_traced_memory()[1] - fingerprints.nbytes
    tracemalloc.stop()
    return np.array([peak / 2**20])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    with threadpool_limits(1):
        figures = [*measure("float64", repeats), *measure("float32", repeats)]
    return conclude("fingerprint_speed", figures)


if __name__ == "__main__":
    sys.exit(main())

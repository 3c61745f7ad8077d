"""Five views of a record and their fingerprints, in fingerprints.

`FilterAugmenter` estimates the cut-off of a record and filters it at five cut-offs;
`FingerprintTransformer` makes the fingerprint of each view. The fast way
(`method="fft"`, `view_tolerance=1e-4`) takes the filters as gains on a spectrum and
computes rows once in which views agree; the exact way, the default, filters in time and
computes every view by itself. Records of 120 s and 12,000 samples hold an event in red
noise, below which cut-offs are 1 to 3 Hz, or in white noise, where they are as low as
they may be. One thread, processor time.

Run: python benchmarks/bench_views.py [--repeats N]
"""

import argparse
import sys

import numpy as np
from bench_fingerprint_speed import RATE, make_records
from measuring import Figure, conclude, take_turns
from threadpoolctl import threadpool_limits

from skseisfp.preprocessing import FilterAugmenter, FingerprintTransformer

BATCH = 32
NOISE = {"white noise": 0.0, "red noise": 0.02}
LIMIT = 6.0  # 4.0 to 4.5 measured, of which 1.1 are the cut-offs


def measure(name, records, repeats):
    """Return the figures of some records."""
    fast = FilterAugmenter(sampling_rate=RATE, method="fft").fit(records)
    exact = FilterAugmenter(sampling_rate=RATE).fit(records)
    views = fast.transform(records)
    single = FingerprintTransformer(sampling_rate=RATE).fit(records)
    shared = FingerprintTransformer(sampling_rate=RATE, view_tolerance=1e-4).fit(views)
    alone = FingerprintTransformer(sampling_rate=RATE).fit(views)
    times = take_turns(
        {
            "fingerprints": lambda: single.transform(records),
            "cut-offs": lambda: fast.estimate_cutoff(records),
            "views": lambda: fast.transform(records),
            "fast": lambda: shared.transform(fast.transform(records)),
            "exact": lambda: alone.transform(exact.transform(records)),
        },
        repeats,
    )
    one = times["fingerprints"]
    ours = shared.transform(views)
    theirs = alone.transform(exact.transform(records))
    kept = (ours == theirs) & (theirs != 0)
    same = kept.sum(axis=(-2, -1)) / np.count_nonzero(theirs, axis=(-2, -1))
    return [
        Figure(f"{name}: a fingerprint", one / BATCH, "ms"),
        Figure(f"{name}: cut-offs", times["cut-offs"] / one),
        Figure(f"{name}: cut-offs and views", times["views"] / one),
        Figure(
            f"{name}: with fingerprints", times["fast"] / one, "x", 4.0, None, LIMIT
        ),
        Figure(f"{name}: with fingerprints, exact", times["exact"] / one),
        Figure(
            f"{name}: kept coefficients that agree",
            100 * same.mean(axis=(1, 2)),
            "%",
            at_least=99.5,
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(1)
    figures = []
    with threadpool_limits(1):
        for name, level in NOISE.items():
            records = make_records(BATCH, "float64")
            noise = rng.standard_normal(records.shape).cumsum(axis=1)
            figures += measure(name, records + level * noise, repeats)
    return conclude("views", figures)


if __name__ == "__main__":
    sys.exit(main())

"""Networks of one shape that are trained together, against separate fits of them.

`fit_together` and separate fits of the same classifiers take turns in one process: on a
CPU in processor time on one thread, on a GPU by the clock. What is printed for each
number of networks is how many times as fast they are together, and the largest
differences of probabilities and of weights. Biases of convolutions are left out, since
a batch normalisation follows, which makes them without effect and their gradients
noise.

Run: python benchmarks/bench_many_networks.py [--device cuda] [--repeats N]
"""

import argparse
import sys
import time

import numpy as np
import torch
from measuring import Figure, conclude
from threadpoolctl import threadpool_limits

from skseisfp.neural import FingerprintClassifier, fit_together

NUMBERS = (2, 5, 10)
N_CLASSES = 3
CASES = {  # records, shape of a fingerprint, batch, epochs
    "MLP, 16 x 16, batch 64": (512, (256,), 64, 4),
    "MLP, 32 x 32, batch 64": (512, (1024,), 64, 4),
    "MLP, 64 x 64, batch 64": (256, (4096,), 64, 2),
    "CNN, 16 x 16, batch 16": (128, (16, 16), 16, 1),
    "CNN, 32 x 32, batch 64": (64, (32, 32), 64, 1),
    "CNN, 64 x 64, batch 64": (64, (64, 64), 64, 1),
}
GAINS = ("MLP, 16 x 16, batch 64", "MLP, 32 x 32, batch 64")  # trained together unasked


def make_classifiers(number, batch, n_epochs, device):
    """Return classifiers that differ in their seed."""
    return [
        FingerprintClassifier(
            batch_size=batch,
            max_epochs=n_epochs,
            device=device,
            n_threads=1,
            random_state=seed,
        )
        for seed in range(number)
    ]


def measure(name, number, device, repeats):
    """Return times as fast in each round, and the largest differences."""
    n_records, shape, batch, n_epochs = CASES[name]
    rng = np.random.default_rng(0)
    X = (rng.random((n_records, *shape)) < 0.1).astype(np.uint8)
    y = rng.integers(0, N_CLASSES, n_records)
    clock = time.process_time if device == "cpu" else time.perf_counter
    ratios = []
    for _ in range(repeats):
        separate = make_classifiers(number, batch, n_epochs, device)
        together = make_classifiers(number, batch, n_epochs, device)
        start = clock()
        for classifier in separate:
            classifier.fit(X, y)
        middle = clock()
        fit_together(together, X, y, always=True)
        ratios.append((middle - start) / (clock() - middle))
    pairs = list(zip(separate, together, strict=True))
    of_probabilities = max(
        np.abs(one.predict_proba(X) - other.predict_proba(X)).max()
        for one, other in pairs
    )
    return np.array(ratios), of_probabilities, max(map(compare_weights, pairs))


def compare_weights(pair):
    """Return the largest difference of the weights that have an effect."""
    states = [classifier.net_.module_.state_dict() for classifier in pair]
    return max(
        (value - states[1][name]).abs().max().item()
        for name, value in states[0].items()
        if not (name.startswith("layers.conv") and name.endswith("bias"))
        and "running_mean" not in name
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    figures = []
    with threadpool_limits(1):
        for name in CASES:
            measure(name, 2, options.device, 1)  # compiles and warms up
            for number in NUMBERS:
                ratios, *differences = measure(
                    name, number, options.device, options.repeats
                )
                bar = {}
                if name in GAINS and options.device == "cpu":
                    bar = {"at_least": 1.2, "limit": 0.95}
                label = f"{number} x {name}"
                figures.append(Figure(f"{label}: times as fast", ratios, **bar))
                print(
                    f"{label}: probabilities differ by {differences[0]:.1e}, "
                    f"weights by {differences[1]:.1e}"
                )
    return conclude(f"many_networks_{options.device}", figures)


if __name__ == "__main__":
    sys.exit(main())

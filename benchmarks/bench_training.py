"""An epoch of training, against plain skorch and against matrix products alone.

The published network trains on 1,546 fingerprints of 64 x 64 in batches of 128: with
`FingerprintClassifier` in compiled loops and in the layers of torch, and with skorch
around the same layers as a user writes them. The roofline is the matrix products of
the same shapes, without anything between them: three for each layer, two for the first.
A fully connected network on fingerprints and one on waveforms follow. All cases take
turns in one process, in processor time on one thread. Two threads are measured by the
clock and in processor time; the bar by the clock holds where two cores are free.

The profile shows where the time of a step goes. With ``--accuracy`` networks of five
seeds are trained on synthetic records and scored on other events.

Run: python benchmarks/bench_training.py [--quick] [--accuracy] [--repeats N]
"""

import argparse
import sys
import time
from importlib.metadata import version
from threading import Thread

import numpy as np
import torch
from measuring import Figure, conclude, take_turns
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupShuffleSplit
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from threadpoolctl import threadpool_limits
from torch import nn

from skseisfp import FingerprintTransformer, make_seismograms
from skseisfp.baselines.exact.upc_ucv import UPCUCVNet
from skseisfp.neural import FingerprintClassifier

N_CLASSES = 3
BATCH = 128
SHAPE = (64, 64)
SMALL_EPOCHS = 10  # of networks whose epoch is short
N_SEEDS = 5
FREE_CORES = 1.8  # below it the clock measures the other work of the machine
LIMIT = 1.4  # of the factor against plain skorch: a busy memory bus slows both
FIT = {"batch_size": BATCH, "device": "cpu"}
PARTS = {  # of a step, by a part of the names of operators
    "convolutions": ("convolution",),
    "matrix products": ("mm",),
    "random numbers": ("random_", "bernoulli_"),
    "passes over memory": (
        *("FusedCycle", "batch_norm", "pool", "threshold", "clamp_min", "mul", "ge"),
        *("copy_", "fill_", "div", "relu"),
    ),
}


def write_network():
    """Return the published network as a user of torch writes it."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.AvgPool2d(2),
        nn.Conv2d(8, 56, 5, padding=2),
        nn.BatchNorm2d(56),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(56 * 16 * 16, N_CLASSES),
    )


def write_mlp():
    """Return the fully connected network as a user of torch writes it."""
    return nn.Sequential(
        nn.Dropout(0.5),
        nn.Linear(SHAPE[0] * SHAPE[1], 32),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(32, N_CLASSES),
    )


def plain_skorch(module, n_epochs=1, **params):
    """Return plain skorch around a module, with the optimizer of ours."""
    return NeuralNetClassifier(
        module,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=1e-3,
        max_epochs=n_epochs,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
        **{**FIT, **params},
    )


def ours(module=None, n_epochs=1, **params):
    """Return our classifier."""
    settings = {"random_state": 0, "n_threads": 1, **FIT, **params}
    return FingerprintClassifier(module, max_epochs=n_epochs, **settings)


def matrix_products(n_items):
    """Return a function with the products of an epoch of the published network."""
    shapes = (  # rows, inputs and outputs of each layer
        (BATCH * 65 * 65, 4, 8),
        (BATCH * 32 * 32, 8 * 25, 56),
        (BATCH, 56 * 16 * 16, N_CLASSES),
    )
    draw = torch.randn
    layers = [(draw(n, i), draw(i, o), draw(n, o)) for n, i, o in shapes]
    places = [[torch.empty(n, o), torch.empty(i, o), torch.empty(n, i)]
              for n, i, o in shapes]  # fmt: skip

    def run():
        for _ in range(-(-n_items // BATCH)):
            for number, (x, weight, gradient) in enumerate(layers):
                output, of_weight, of_x = places[number]
                torch.mm(x, weight, out=output)
                torch.mm(x.T, gradient, out=of_weight)
                if number:
                    torch.mm(gradient, weight.T, out=of_x)

    return run


def make_cases(n_items, rng):
    """Return all cases and the number of items times epochs of each."""
    X = (rng.random((n_items, *SHAPE)) < 0.1).astype(np.uint8)
    y = rng.integers(0, N_CLASSES, n_items)
    planes, flat = X[:, None].astype(np.float32), X.reshape(n_items, -1)
    flat_floats = flat.astype(np.float32)
    waves = rng.standard_normal((n_items // 8, 1, 1, 3, 6000), dtype=np.float32)
    of_waves, n = y[: len(waves)], SMALL_EPOCHS
    shape = {"module__input_shape": waves.shape[2:], "module__n_classes": N_CLASSES}
    return {
        "network, ours": lambda: ours().fit(X, y),
        "network, layers of torch": lambda: ours(fused=False).fit(X, y),
        "network, plain skorch": lambda: plain_skorch(write_network).fit(planes, y),
        "matrix products": matrix_products(n_items),
        "MLP, ours": lambda: ours(n_epochs=n).fit(flat, y),
        "MLP, plain skorch": lambda: plain_skorch(write_mlp, n).fit(flat_floats, y),
        "waveforms, ours": lambda: ours(UPCUCVNet, n).fit(waves, of_waves),
        "waveforms, plain skorch": lambda: plain_skorch(UPCUCVNet, n, **shape).fit(
            waves[:, 0], of_waves
        ),
    }, {"network": n_items, "MLP": n * n_items, "waveforms": n * len(waves)}


def measure_epochs(n_items, repeats):
    """Return the figures of an epoch."""
    cases, counts = make_cases(n_items, np.random.default_rng(0))
    times = take_turns(cases, repeats)
    network, roofline = times["network, ours"], times["matrix products"]
    factor = times["network, plain skorch"] / network
    compiled = times["network, layers of torch"] / network
    figures = [
        Figure(f"{name}, an item", values / counts.get(name.split(",")[0], n_items),
               "ms")
        for name, values in times.items()
    ]  # fmt: skip
    figures += [
        Figure("network: times as fast as skorch", factor, at_least=1.7, limit=LIMIT),
        Figure("network: times as fast as torch's layers", compiled),
        Figure("network: in matrix products", network / roofline, at_most=2, limit=2.6),
    ]
    for name in ("MLP", "waveforms"):
        ratio = times[f"{name}, plain skorch"] / times[f"{name}, ours"]
        label = f"{name}: times as fast as skorch"
        figures.append(Figure(label, ratio, at_least=1, limit=0.9))
    return figures


def cores_of_two_threads():
    """Return how many cores two threads get that need nothing but them."""
    matrix = np.eye(400)

    def work():
        for _ in range(40):
            matrix @ matrix

    threads = [Thread(target=work) for _ in range(2)]
    clock, processor = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.process_time() - processor) / (time.perf_counter() - clock)


def time_fit(X, y, n_threads):
    """Return seconds of a fit: by the clock, of this thread and of all threads."""
    clocks = time.perf_counter, time.thread_time, time.process_time
    start = np.array([clock() for clock in clocks])
    ours(n_threads=n_threads).fit(X, y)
    return np.array([clock() for clock in clocks]) - start


def measure_threads(n_items, repeats):
    """Return the figures of a fit on two threads.

    What they could save is known from processor time: all of it but that of the
    calling thread is divided by two. By the clock they save as much only where two
    cores are free, which is tried after every fit.
    """
    rng = np.random.default_rng(0)
    X = (rng.random((n_items, *SHAPE)) < 0.1).astype(np.uint8)
    y = rng.integers(0, N_CLASSES, n_items)
    rounds, cores = [], []
    for _ in range(repeats):
        rounds.append([time_fit(X, y, n_threads) for n_threads in (1, 2)])
        cores.append(cores_of_two_threads())
    one, two = np.moveaxis(rounds, 0, -1)
    possible = one[2] / (two[1] + (two[2] - two[1]) / 2)
    free = np.median(cores) > FREE_CORES
    bar = {"at_least": 1.6, "limit": 1.2} if free else {}
    return [
        Figure("two threads: cores that were free", np.array(cores), ""),
        Figure("two threads: times as fast, by the clock", one[0] / two[0], **bar),
        Figure("two threads: in processor time", possible, at_least=1.6, limit=1.4),
    ]


def show_profile(name, **params):
    """Print the shares of the parts of a step in its processor time."""
    rng = np.random.default_rng(0)
    X = (rng.random((2 * BATCH, *SHAPE)) < 0.1).astype(np.uint8)
    y = rng.integers(0, N_CLASSES, len(X))
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities) as profile:
        ours(**params).fit(X, y)
    times = dict.fromkeys((*PARTS, "others"), 0.0)
    for event in profile.key_averages():
        parts = (part for part, names in PARTS.items()
                 if any(one in event.key for one in names))  # fmt: skip
        times[next(parts, "others")] += event.self_cpu_time_total
    total = sum(times.values())
    shares = ", ".join(f"{part} {time / total:.0%}" for part, time in times.items())
    print(f"{name}: {shares}")


def compare_accuracy(n_epochs=12, batch_size=16):
    """Print the balanced accuracy by event of each way and seed, on other events."""
    params = {"n_epochs": n_epochs, "batch_size": batch_size}
    schedule = LRScheduler("CosineAnnealingLR", T_max=n_epochs)  # that of ours
    ways = {
        "ours": lambda seed: ours(random_state=seed, **params),
        "layers of torch": lambda seed: ours(random_state=seed, fused=False, **params),
        "plain skorch": lambda seed: plain_skorch(
            write_network, callbacks=[schedule], **params
        ),
    }
    scores = {name: [] for name in ways}
    for seed in range(N_SEEDS):
        bunch = make_seismograms(240, records_per_event=2, random_state=seed)
        transformer = FingerprintTransformer(sampling_rate=bunch.sampling_rate)
        X = transformer.fit_transform(bunch.data)
        y = np.unique(bunch.target, return_inverse=True)[1]
        folds = GroupShuffleSplit(1, test_size=0.4, random_state=seed)
        train, test = next(folds.split(X, y, bunch.groups))
        events, places = np.unique(bunch.groups[test], return_inverse=True)
        for name, make in ways.items():
            torch.manual_seed(seed)
            inputs = X[:, None].astype(np.float32) if name == "plain skorch" else X
            network = make(seed).fit(inputs[train], y[train])
            sums = np.zeros((len(events), N_CLASSES))
            np.add.at(sums, places, network.predict_proba(inputs[test]))
            labels = np.empty(len(events), int)
            labels[places] = y[test]
            scores[name].append(balanced_accuracy_score(labels, sums.argmax(1)))
    print(f"balanced accuracy by event, {N_SEEDS} seeds:")
    for name, values in scores.items():
        cells = " ".join(f"{value:.3f}" for value in values)
        print(f"  {name:16} {cells}   mean {np.mean(values):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="fewer fingerprints")
    parser.add_argument("--accuracy", action="store_true", help="train for scores, too")
    options = parser.parse_args()
    n_items, repeats = (3 * BATCH, 3) if options.quick else (1546, options.repeats)
    torch.set_num_threads(1)
    with threadpool_limits(1):
        figures = measure_epochs(n_items, repeats)
        figures += measure_threads(n_items, repeats)
        print(*(f"{name} {version(name)}" for name in ("torch", "skorch", "numba")))
        show_profile("a step in compiled loops")
        show_profile("a step in the layers of torch", fused=False)
        if options.accuracy:
            compare_accuracy()
    return conclude("training", figures)


if __name__ == "__main__":
    sys.exit(main())

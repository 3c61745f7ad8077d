"""Accuracy and cost of the published network with pool strides 1 and 2.

The paper does not state the stride of its pools; 1 follows from its rules. Both
networks are trained on the same fingerprints, one view a record, in folds by event.

Run: python benchmarks/pool_stride.py [--data FOLDER] [--epochs N]
"""

import argparse
import time

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    load_records,
    make_seismograms,
)
from skseisfp.metrics import bootstrap_interval, paired_bootstrap
from skseisfp.neural import summarize

STRIDES = (1, 2)
FALLBACK = 1.0


def read(folder):
    """Return clear records of a folder, or the default synthetic ones."""
    return (
        load_records(folder, query="snr_db > 6")
        if folder
        else make_seismograms(random_state=0)
    )


def predict_out_of_fold(fingerprints, y, groups, stride, n_epochs):
    """Return probabilities out of fold, and the seconds a record and epoch."""
    network = FingerprintClassifier(
        module__pool1_stride=stride,
        module__pool2_stride=stride,
        max_epochs=n_epochs,
        balance="weights",
        device="cpu",
        random_state=0,
    )
    probabilities = np.empty((len(y), len(np.unique(y))))
    seconds = 0.0
    n_seen = 0
    folds = StratifiedGroupKFold(3, shuffle=True, random_state=0)
    for train, test in folds.split(fingerprints, y, groups):
        start = time.process_time()
        network.fit(fingerprints[train], y.iloc[train])
        seconds += time.process_time() - start
        n_seen += n_epochs * len(train)
        probabilities[test] = network.predict_proba(fingerprints[test])
    return probabilities, seconds / n_seen


def main():
    """Train both networks and print their scores and costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of labelled records")
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    bunch = read(options.data)
    rate, y, groups = bunch.sampling_rate, bunch.target, bunch.groups
    filtered = AdaptiveHighpassFilter(
        sampling_rate=rate, fallback=FALLBACK
    ).fit_transform(bunch.data)
    fingerprints = FingerprintTransformer(sampling_rate=rate, f_min=0.5).fit_transform(
        filtered
    )
    probabilities = {}
    for stride in STRIDES:
        probabilities[stride], seconds = predict_out_of_fold(
            fingerprints, y, groups, stride, options.epochs
        )
        interval = bootstrap_interval(y, probabilities[stride], groups, random_state=0)
        counts = summarize(
            (1, 64, 64),
            len(np.unique(y)),
            pool1_stride=stride,
            pool2_stride=stride,
        )
        n_parameters = int(counts["n_parameters"].sum())
        print(
            f"pool stride {stride}: {n_parameters:,} parameters, event AUC {interval}, "
            f"{1000 * seconds:.1f} ms a fingerprint and epoch",
            flush=True,
        )
    gain = paired_bootstrap(
        y, probabilities[2], probabilities[1], groups, random_state=0
    )
    print(f"stride 2 - stride 1: {gain}")


if __name__ == "__main__":
    main()

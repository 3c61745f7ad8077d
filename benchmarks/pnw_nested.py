"""The nested score of a selection on hard real records, and the naive score.

Everything that was ever compared by its score on these events is a dimension of the
search space: representation (signed fingerprints, fingerprints of two planes,
log-scalograms of 16 x 16 and 64 x 64, physics features), window (16, 24 or 32 s from 3
or 5 s before the onset), head (trees, logistic regression and, on two planes, the
preset "two_plane_linear" of the network) and their settings: leaf, C, epochs and
balance. Band, number of coefficients and filter are fixed. Candidates are drawn at
random, since all of them would take hours; a selection among more of them would be more
optimistic.

Earlier decisions cannot be nested any more: the preset, its window, the band and the
number of coefficients had been selected on most of these very events, so that the
nested score of a space with them is still optimistic. On 106 held-out events the preset
scored 0.70 [0.54, 0.84] at new stations.

The records are those of ``pnw`` and ``pnw_more`` with an SNR above 6 dB and a label of
at least medium confidence. Representations use one record at a time and learn nothing,
so they are computed once, before the folds.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pnw_nested.py
"""

import argparse
import os
from functools import cache
from pathlib import Path
from time import process_time
from typing import NamedTuple

import numpy as np
import pandas as pd
from pnw_protocols import BAND, RATE, align, load
from pnw_protocols import BEFORE as ONSET
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
)
from skseisfp.model_selection import nested_evaluation
from skseisfp.preprocessing import PhysicsFeatures

SETS = ("pnw", "pnw_more")
BEFORE = (3.0, 5.0)
LENGTHS = (16.0, 24.0, 32.0)
IMAGES = ("signed", "two planes", "scalogram 16", "scalogram 64", "physics")
# outer and inner folds: with new stations they count squared
PROTOCOLS = {"event": (5, 3), "new_stations": (3, 2)}


class Choice(NamedTuple):
    """A candidate without the parameters of its head; its fields are dimensions."""

    head: str
    image: str
    before: float
    length: float


def make_representer(aligned):
    """Return the function from image, start and length to features of the records."""
    clear = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    clear = clear.fit_transform(aligned)

    @cache
    def represent(image, before, length):
        window = (ONSET - before, ONSET - before + length)
        if image == "physics":
            first, last = (round(RATE * second) for second in window)
            physics = PhysicsFeatures(
                sampling_rate=RATE, p_arrival=before, nan_policy="zero"
            )
            return physics.fit_transform(clear[..., first:last]).astype(np.float32)
        options = {"sampling_rate": RATE, "window": window, **BAND}
        if image.startswith("scalogram"):
            size = int(image.split()[1])
            images = FingerprintTransformer(**options, shape=(size, size)).fit(clear)
            return images.scalogram(clear).reshape(len(clear), -1).astype(np.float32)
        encoding = "signed" if image == "signed" else "two_channel"
        transformer = FingerprintTransformer(**options, encoding=encoding, flatten=True)
        return transformer.fit_transform(clear).astype(np.int8)

    return represent


def make_space():
    """Return the search space: choices with heads and the grids of their settings."""
    trees = ExtraTreesClassifier(
        300, min_samples_leaf=3, max_features=0.05, class_weight="balanced"
    )
    logistic = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)
    )
    network = FingerprintClassifier.from_preset("two_plane_linear", device="cpu")
    space = {}
    for before in BEFORE:
        for length in LENGTHS:
            for image in IMAGES:
                place = (image, before, length)
                if image != "two planes":  # trees find both signs in one plane
                    space[Choice("trees", *place)] = (
                        trees,
                        {"min_samples_leaf": [1, 3, 10]},
                    )
                space[Choice("logistic", *place)] = (
                    logistic,
                    {"logisticregression__C": [1e-4, 1e-3, 1e-2]},
                )
            space[Choice("network", "two planes", before, length)] = (
                network,
                {"max_epochs": [10, 30, 90], "balance": ["events", "weights"]},
            )
    return space


def main():
    """Evaluate under both protocols and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--candidates", type=int, default=24, help="number drawn")
    parser.add_argument("--protocols", nargs="+", default=list(PROTOCOLS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--verbose", type=int, default=0)
    parser.add_argument("--results", type=Path, default=Path("results/nested"))
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    options.results.mkdir(parents=True, exist_ok=True)
    data, y, frame = load(options.data, SETS)
    aligned = align(data, frame)
    represent = make_representer(aligned)
    space = make_space()
    X = {name: represent(*name[1:]) for name in space}
    counts = pd.Series(y).groupby(frame["event_id"].to_numpy()).first().value_counts()
    print(f"{len(y)} records; events: {counts.to_dict()}")
    for protocol in options.protocols:
        start = process_time()
        n_splits, n_inner_splits = PROTOCOLS[protocol]
        result = nested_evaluation(
            space,
            X,
            y,
            frame,
            protocol=protocol,
            n_splits=n_splits,
            n_inner_splits=n_inner_splits,
            n_iter=options.candidates,
            random_state=options.seed,
            n_jobs=options.jobs,
            verbose=options.verbose,
        )
        print(f"\n{result}\n\nchoices\n{result.choices.to_string()}")
        shown = result.candidates[["score", "low", "high", "inner_score", "n_chosen"]]
        print(f"\ncandidates\n{shown.to_string(float_format='{:.3f}'.format)}")
        print(f"\n{process_time() - start:.0f} s of one processor", flush=True)
        for name in ("choices", "stability", "candidates", "probabilities"):
            table = getattr(result, name)
            table.to_csv(options.results / f"{protocol}_{name}.csv")


if __name__ == "__main__":
    main()

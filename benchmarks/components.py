"""What horizontal components add to a vertical one, on generated records.

The real records that can be ranked have the vertical component only. Here earthquakes,
quarry blasts and mine blasts are generated with three, another set for each seed, and
scored at new events and new stations. Networks and fingerprints have the preset
"two_plane_linear"; every component is filtered at its own cut-off. All comparisons were
fixed before the first run.

Run: python benchmarks/components.py
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from pnw_protocols import BAND, RATE
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
)
from skseisfp.datasets import make_seismograms
from skseisfp.model_selection import evaluate_protocols
from skseisfp.signal import cut_windows

COMPONENTS = "ZNE"
NETWORK = FingerprintClassifier.from_preset("two_plane_linear", device="cpu")
TREES = ExtraTreesClassifier(
    300, min_samples_leaf=3, max_features=0.05, class_weight="balanced"
)


def make_fingerprints(waveforms, n_coefficients):
    """Return flat fingerprints of each component, from 3 s before to 21 s after P."""
    transformer = FingerprintTransformer.from_preset(
        "two_plane_linear", sampling_rate=RATE, n_coefficients=n_coefficients, **BAND
    )
    flat = transformer.fit_transform(waveforms).astype(np.int8)
    return flat.reshape(len(flat), len(COMPONENTS), -1)


def read(n_records, seed):
    """Return a generated set with its records filtered and cut around P."""
    bunch = make_seismograms(
        n_records, n_components=3, sampling_rate=RATE, random_state=seed
    )
    highpass = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    p_arrival = bunch.frame["p_arrival"]
    window = {"before": 3.0, "after": 21.0, "sampling_rate": RATE, "pad": "reflect"}
    return bunch, cut_windows(highpass.fit_transform(bunch.data), p_arrival, **window)


def make_heads(waveforms):
    """Return the heads by name, with the input of each; the vertical comes last."""
    fingerprints = make_fingerprints(waveforms, 200)
    flat = fingerprints.reshape(len(fingerprints), -1)
    third = make_fingerprints(waveforms, 67).reshape(len(fingerprints), -1)
    heads = {}
    for name, head in {"network": NETWORK, "trees": TREES}.items():
        heads |= {
            f"{name}: N": (head, fingerprints[:, 1]),
            f"{name}: E": (head, fingerprints[:, 2]),
            f"{name}: side by side": (head, flat),
            f"{name}: side by side, 67 coefficients each": (head, third),
            f"{name}: mean of one for each": (one_for_each(head), fingerprints),
            f"{name}: Z": (head, fingerprints[:, 0]),
        }
    return heads


def one_for_each(head):
    """Return the mean of a head for each component."""
    members = [
        (name, make_pipeline(FunctionTransformer(partial(take, k)), head))
        for k, name in enumerate(COMPONENTS)
    ]
    return VotingClassifier(members, voting="soft")


def take(component, fingerprints):
    """Return the fingerprints of one component."""
    return fingerprints[:, component]


def evaluate(seed, options):
    """Score all heads on the set of a seed, and each against the same on Z alone."""
    bunch, waveforms = read(options.records, seed)
    heads = make_heads(waveforms)
    result = evaluate_protocols(
        {name: head for name, (head, _) in heads.items()},
        {name: inputs for name, (_, inputs) in heads.items()},
        bunch.target,
        bunch.frame,
        protocols=["new_stations"],
        controls=[],
        threshold_splits=None,
        seeds=[seed],
        n_splits=3,
        n_jobs=options.jobs,
    )
    scores = result.scores[result.scores["metric"] == "roc_auc"]
    pairs = result.differences
    same = pairs["b"] == pairs["a"].str.partition(":")[0] + ": Z"
    gains = pairs[same].rename(columns={"a": "estimator", "difference": "score"})
    return scores, gains


def show(table, title):
    """Print a line for each head and a column for each seed."""
    cells = table.assign(
        cell=[f"{t.score:.3f} [{t.low:.2f}, {t.high:.2f}]" for t in table.itertuples()]
    )
    wide = cells.pivot(index="estimator", columns="seed", values="cell")
    means = cells.groupby("estimator")["score"].mean().sort_values(ascending=False)
    wide = wide.loc[means.index].assign(mean=means.map("{:.3f}".format))
    print(f"\n{title}\n{wide.to_string()}")


def main():
    """Evaluate on all seeds, keep the tables and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=720)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", type=Path, default=Path("results/components"))
    options = parser.parse_args()
    sklearn.set_config(enable_metadata_routing=True)
    NETWORK.set_fit_request(groups=True)
    scores, gains = (
        pd.concat(tables, ignore_index=True)
        for tables in zip(*(evaluate(k, options) for k in options.seeds), strict=True)
    )
    options.results.mkdir(parents=True, exist_ok=True)
    scores.to_csv(options.results / "scores.csv", index=False)
    gains.to_csv(options.results / "gains.csv", index=False)
    show(scores, "event AUC [95 % interval over events]")
    show(gains, "gain over Z alone, paired by event [95 % interval]")


if __name__ == "__main__":
    main()

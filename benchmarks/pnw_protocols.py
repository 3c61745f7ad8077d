"""Models and their controls on hard real records, under all protocols.

The records are those of the folder ``pnw``, with ``--sets pnw pnw_more`` those of the
later addition, too, with an SNR above 6 dB and without labels of low confidence. They
are aligned at their automatic onsets, 5 s after the origin where there is none.

"Recommended" is `MultiRepresentationClassifier`, the untuned mean of three forests; its
members follow. "Network" is `FingerprintClassifier` at its defaults on flat
fingerprints, "linear network" its preset ``"two_plane_linear"``. Window, band, number
of coefficients and network had been selected on these events, or on other folds of
them: the figures describe these records and are not an estimate for others.
Representations that use one record at a time and learn nothing are computed once,
before the folds.

The table has the event AUC, the balanced accuracy at a threshold found by event-grouped
folds inside the training events, Brier score and calibration error, and for each model
whether it is above the best control; then scores on subsets of the events.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pnw_protocols.py
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    MultiRepresentationClassifier,
    load_records,
)
from skseisfp.model_selection import EvaluationLedger, evaluate_protocols
from skseisfp.signal import cut_windows

RATE = 40.0
BEFORE, AFTER = 20.0, 75.0  # seconds of an aligned record about its onset
FALLBACK = 25.0  # seconds: 5 s after the origin, where no onset was picked
NOISE_SECONDS = 18.0  # all records begin 20 s before the origin
BAND = {"f_min": 1.0, "f_max": 16.0}
WINDOW = (BEFORE - 5.0, BEFORE + 27.0)
PLANES_WINDOW = (BEFORE - 3.0, BEFORE + 21.0)
QUERY = "snr_db > 6 and label_confidence != 'low'"
PICKED = "recommended: mean of three forests"


def load(folder, sets=("pnw",)):
    """Return the clear records with trusted labels, the labels and the table."""
    parts = [load_records(Path(folder) / name, query=QUERY) for name in sets]
    data = np.concatenate([part.data for part in parts])
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    return data, np.concatenate([part.target for part in parts]), frame


def align(data, frame):
    """Cut records about their automatic onsets."""
    return cut_windows(
        data,
        frame["p_arrival"],
        sampling_rate=RATE,
        before=BEFORE,
        after=AFTER,
        fallback=FALLBACK,
        pad="reflect",
    )


def take(records, first, last):
    """Return a range of columns."""
    return records[:, first:last]


def make_models(aligned, y):
    """Return the models by name, with the input of each."""
    mean = MultiRepresentationClassifier(
        sampling_rate=RATE, window=WINDOW, p_arrival=BEFORE, random_state=0, **BAND
    ).fit(aligned, y)  # only to represent: the forests are fitted again in every fold
    parts = mean.represent(aligned)
    stacked = np.hstack(list(parts.values()))
    ends = np.cumsum([part.shape[1] for part in parts.values()])
    members = [
        (
            name,
            make_pipeline(
                FunctionTransformer(
                    take, kw_args={"first": end - parts[name].shape[1], "last": end}
                ),
                mean.forests_[name],
            ),
        )
        for name, end in zip(parts, ends, strict=True)
    ]
    models = {PICKED: (VotingClassifier(members, voting="soft"), stacked)}
    models |= {
        f"forest on {name}": (mean.forests_[name], parts[name]) for name in parts
    }
    clear = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    clear = clear.fit_transform(aligned)
    options = {"sampling_rate": RATE, **BAND}
    flat = FingerprintTransformer(flatten=True, window=WINDOW, **options)
    planes = FingerprintTransformer.from_preset(
        "two_plane_linear", window=PLANES_WINDOW, **options
    )
    network = FingerprintClassifier(device="cpu")
    linear = FingerprintClassifier.from_preset("two_plane_linear", device="cpu")
    models["network"] = network, flat.fit_transform(clear)
    models["linear network"] = linear, planes.fit_transform(clear)
    for classifier in (network, linear):
        classifier.set_fit_request(groups=True)
    return models


def main():
    """Evaluate the models, write the tables and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--sets", nargs="+", default=["pnw"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--protocols", nargs="+", help="default: all that are possible")
    parser.add_argument("--only", nargs="+", help="names of models; default: all")
    parser.add_argument("--ledger", help="file of a ledger of looks")
    parser.add_argument("--results", type=Path, default=Path("results/protocols"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    sklearn.set_config(enable_metadata_routing=True)
    data, y, frame = load(options.data, options.sets)
    noise = data[..., : round(NOISE_SECONDS * RATE)]
    models = make_models(align(data, frame), y)
    chosen = options.only or list(models)
    if unknown := set(chosen) - set(models):
        parser.error(f"no models {sorted(unknown)}; there are {list(models)}")
    result = evaluate_protocols(
        {name: models[name][0] for name in chosen},
        {name: models[name][1] for name in chosen},
        y,
        frame,
        noise=noise,
        protocols=options.protocols,
        seeds=options.seeds,
        ledger=EvaluationLedger(options.ledger) if options.ledger else None,
        n_jobs=options.jobs,
    )
    options.results.mkdir(parents=True, exist_ok=True)
    for name in ("scores", "against_controls", "differences", "breakdown"):
        getattr(result, name).to_csv(options.results / f"{name}.csv", index=False)
    (options.results / "summary.txt").write_text(f"{result}\n", encoding="utf-8")
    print(result)


if __name__ == "__main__":
    main()

"""How many events each head needs, on generated records, and transfer to real ones.

Part 1: earthquakes, quarry blasts and mine blasts are generated with three times the
default noise (a median SNR near 8 dB), 2 or 3 records an event. The learning curves of
the heads show how many training events each needs: balanced accuracy by event, folds of
events, four repeats.

Part 2: the same heads are trained on generated records and score real ones (``pnw`` and
``pnw_more``, earthquake or explosion), the reverse, and new events of the same kind of
records: event AUC. The two blasts are one class there.

Nothing is tuned. The input of all heads is 5 s before to 27 s after P; "physics without
onsets" does not know where P is in that window, "physics with onsets" knows P and S of
generated records, and P and the S that follows from origin and P of real ones. The
generator follows the same physics as `PhysicsFeatures`, which is their advantage on its
records. Representations use one record at a time and learn nothing, so they are
computed once.

Run: SKSEISFP_DATA=FOLDER python benchmarks/generated_heads.py
"""

import argparse
import os
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd
from pnw_protocols import BAND, FALLBACK, RATE, load
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
)
from skseisfp.datasets import make_seismograms
from skseisfp.metrics import bootstrap_interval
from skseisfp.model_selection import event_learning_curve
from skseisfp.preprocessing import PhysicsFeatures
from skseisfp.signal import cut_windows

SETS = ("pnw", "pnw_more")
BEFORE, AFTER = 15.0, 60.0  # seconds of an aligned record around P
WINDOW = (BEFORE - 5.0, BEFORE + 27.0)
VP_VS = 1.73  # a Poisson solid
SIZES = (20, 40, 80, 160, 320)  # training events
NOISE_LEVEL = 3.0  # with the default noise all heads score near 1
RECORDS_PER_EVENT = 2.5
BLASTS = ("quarry_blast", "mine_blast")


def generate(n_events, seed):
    """Return aligned generated records, labels, events and phases."""
    bunch = make_seismograms(
        round(n_events * RECORDS_PER_EVENT),
        records_per_event=RECORDS_PER_EVENT,
        noise_level=NOISE_LEVEL,
        sampling_rate=RATE,
        random_state=seed,
    )
    p, s = bunch.frame["p_arrival"].to_numpy(), bunch.frame["s_arrival"].to_numpy()
    known = {"s_arrival": s - p + BEFORE}
    return align(bunch.data, p), bunch.target.to_numpy(), bunch.groups, known


def read(folder):
    """Return aligned real records, labels, events and phases."""
    data, y, frame = load(folder, SETS)
    p = frame["p_arrival"].fillna(FALLBACK).to_numpy()
    known = {"origin": frame["origin_sample"].to_numpy() / RATE - p + BEFORE}
    y = np.where(y == "explosion", "blast", "earthquake")
    return align(data, p), y, frame["event_id"].to_numpy(), known


def align(data, p_arrival):
    """Cut records around P."""
    return cut_windows(
        data,
        p_arrival,
        sampling_rate=RATE,
        before=BEFORE,
        after=AFTER,
        pad="reflect",
    )


def represent(aligned, known):
    """Return the inputs of the heads, by the name of the representation."""
    clear = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    clear = clear.fit_transform(aligned)
    clear = clear.reshape(len(clear), -1)  # one component
    options = {"sampling_rate": RATE, "window": WINDOW, **BAND}
    signed = FingerprintTransformer(**options, flatten=True).fit_transform(clear)
    planes = FingerprintTransformer.from_preset("two_plane_linear", **options)
    images = FingerprintTransformer(**options, shape=(16, 16)).fit(clear)
    physics = PhysicsFeatures(sampling_rate=RATE, vp_vs=VP_VS, nan_policy="zero")
    first, last = (round(RATE * second) for second in WINDOW)
    with_onsets = physics.fit_transform(
        clear, p_arrival=np.full(len(clear), BEFORE), **known
    )
    return {
        "fingerprints": signed.astype(np.int8),
        "two planes": planes.fit_transform(clear).astype(np.int8),
        "scalogram": images.scalogram(clear).reshape(len(clear), -1),
        "physics without onsets": physics.fit_transform(clear[:, first:last]),
        "physics with onsets": with_onsets,
    }


def make_heads():
    """Return the heads by name, with the representation of each."""
    trees = ExtraTreesClassifier(
        300, min_samples_leaf=3, max_features=0.05, class_weight="balanced"
    )
    logistic = make_pipeline(
        StandardScaler(),
        LogisticRegression(C=1e-3, class_weight="balanced", max_iter=2000),
    )
    linear = FingerprintClassifier.from_preset("two_plane_linear", device="cpu")
    return {
        "trees, fingerprints": (trees, "fingerprints"),
        "trees, scalogram 16 x 16": (trees, "scalogram"),
        "trees, physics without onsets": (trees, "physics without onsets"),
        "trees, physics with onsets": (trees, "physics with onsets"),
        "logistic, two planes": (logistic, "two planes"),
        "linear network, two planes": (linear, "two planes"),
        "MLP, fingerprints, defaults": (
            FingerprintClassifier(device="cpu"),
            "fingerprints",
        ),
    }


def draw_curves(heads, inputs, y, events, options):
    """Return the learning curve of every head."""
    curves = {}
    for name, (head, representation) in heads.items():
        start = process_time()
        curves[name] = event_learning_curve(
            head,
            inputs[representation],
            y,
            events,
            train_sizes=[size for size in SIZES if size <= options.events],
            n_repeats=options.repeats,
            metric="balanced_accuracy",
            random_state=options.seed,
            n_jobs=options.jobs,
        )
        print(f"# {name}: {process_time() - start:.0f} s", flush=True)
    return curves


def show_curves(curves):
    """Print the scores by number of events, and the number needed for a level."""
    columns = {
        name: curve.summary().apply(
            lambda row: f"{row.score:.3f} [{row.low:.2f}, {row.high:.2f}]", axis=1
        )
        for name, curve in curves.items()
    }
    print("\nbalanced accuracy by event [95 %], by number of training events")
    print(pd.DataFrame(columns).T.to_string())
    means = pd.DataFrame({name: c.summary()["score"] for name, c in curves.items()})
    levels = np.round(means.iloc[-1].median() - np.array([0.1, 0.05, 0.0]), 2)
    needed = {
        level: (means >= level).idxmax().where((means >= level).any())
        for level in levels
    }
    print("\nfirst size whose mean score is at least so much")
    text = pd.DataFrame(needed).map(lambda n: "never" if pd.isna(n) else f"{n:.0f}")
    print(text.to_string())
    return means


def transfer(heads, generated, real, options):
    """Return the event AUC of every head from data set to data set, and within each."""
    lines = []
    sets = {"generated": generated, "real": real}
    for name, (head, representation) in heads.items():
        line = {}
        for trained, (inputs, y, events) in sets.items():
            X = inputs[representation]
            for tested, (other_inputs, other_y, other_events) in sets.items():
                if trained == tested:
                    scores = predict_new_events(head, X, y, events, options.seed)
                else:
                    fitted = fit(head, X, y, events, options.seed)
                    scores = fitted.predict_proba(other_inputs[representation])
                line[f"{trained} to {tested}"] = bootstrap_interval(
                    other_y, scores, other_events, random_state=options.seed
                )
        lines.append((name, line))
    return pd.DataFrame(dict(lines)).T


def fit(head, X, y, events, seed):
    """Return a head fitted on records, with the events for its early stopping."""
    head = clone(head)
    names = [name for name in head.get_params() if name.endswith("random_state")]
    head.set_params(**dict.fromkeys(names, seed))
    return head.fit(X, pd.Series(y, index=pd.Index(events, name="event_id")))


def predict_new_events(head, X, y, events, seed):
    """Return the probabilities of records by heads trained on other events."""
    scores = np.empty((len(y), 2))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    for train, test in folds.split(X, y, events):
        fitted = fit(head, X[train], y[train], events[train], seed)
        scores[test] = fitted.predict_proba(X[test])
    return scores


def main():
    """Compute curves and transfer, write and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--events", type=int, default=405, help="generated events")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path("results/generated"))
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    options.results.mkdir(parents=True, exist_ok=True)
    start, heads = process_time(), make_heads()
    aligned, y, events, known = generate(options.events, options.seed)
    inputs = represent(aligned, known)
    print(f"generated: {len(y)} records of {len(set(events))} events")
    curves = draw_curves(heads, inputs, y, events, options)
    means = show_curves(curves)
    means.to_csv(options.results / "curves.csv")
    aligned, y_real, events_real, known = read(options.data)
    print(f"\nreal: {len(y_real)} records of {len(set(events_real))} events")
    two_classes = np.where(np.isin(y, BLASTS), "blast", "earthquake")
    transferred = transfer(
        heads,
        (inputs, two_classes, events),
        (represent(aligned, known), y_real, events_real),
        options,
    )
    transferred.to_csv(options.results / "transfer.csv")
    print("\nevent AUC [95 %], trained on the first and scored on the second")
    print(transferred.map(str).to_string())
    print(f"\n{process_time() - start:.0f} s of one processor")


if __name__ == "__main__":
    main()

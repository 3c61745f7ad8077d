"""Event scores on hard real records, under four protocols and beside controls.

The records are those of the folder ``pnw`` with an SNR above 6 dB, from 20 s before to
75 s after the onset. Every pipeline filters them at their own cut-off (1 Hz where none
can be trusted) and prints 32 s around the onset, 1 to 16 Hz, in five views. What looks
at one record at a time and learns nothing is computed once, before the folds.

"Chosen inside" means that scale and encoding of the print are chosen by a grid search
in the training events of each fold; its score is that of the whole choice. The controls
know the station, channel and rate alone, or the noise before the event alone, with
extra trees of smaller leaves; the prior knows nothing.

What takes many fits (a choice inside, the CNN, which sees one view) is only evaluated
under the last protocol, new events at new stations.

Answers are kept in the folder of results, and what is there is not computed again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pnw_protocols.py
"""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from rich.progress import track
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skseisfp import (
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    MultiViewClassifier,
    load_records,
)
from skseisfp.metrics import bootstrap_interval, event_roc_auc, paired_bootstrap
from skseisfp.model_selection import PROTOCOLS, evaluate_protocols, make_protocols
from skseisfp.neural import FingerprintMLP
from skseisfp.signal import cut_windows

RATE = 40.0
BAND = {"f_min": 1.0, "f_max": 16.0}
PRINT_WINDOW = (15.0, 47.0)
NOISE_WINDOW = (0.0, 18.0)
METADATA = ["station", "channel", "original_sampling_rate_hz"]
FORMS = (
    {"scale": "log", "encoding": "signed"},
    {"scale": "log", "encoding": "presence"},
    {"scale": "magnitude", "encoding": "signed"},
    {"scale": "magnitude", "encoding": "presence"},
)
COSTLY = ("MLP on prints, chosen inside", "trees on prints, chosen inside")
COSTLY += ("CNN on prints, one view",)
CONTROLS = ("control: station, channel, rate", "control: noise before the event")
N_FOLDS_INSIDE = 2


class FormSelector(TransformerMixin, BaseEstimator):
    """Pick one form of the prints, of shape (n_records, n_forms, ...)."""

    def __init__(self, *, form=0):
        self.form = form

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Return the prints of the chosen form."""
        return X[:, self.form]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


def read(folder):
    """Read the clear records; return them whole and cut around their onsets."""
    bunch = load_records(Path(folder) / "pnw", query="snr_db > 6")
    aligned = cut_windows(
        bunch.data,
        bunch.frame["arrival_sample"].to_numpy(),
        sampling_rate=RATE,
        before=20.0,
        after=75.0,
        fallback=1000,
        pad="reflect",
    )
    return bunch, aligned


def represent(bunch, aligned):
    """Compute what the estimators see; every step looks at one record at a time."""
    views = FilterAugmenter(sampling_rate=RATE, fallback=1.0).fit_transform(aligned)
    settings = {"sampling_rate": RATE, "window": PRINT_WINDOW, **BAND}
    prints = np.stack(
        [
            FingerprintTransformer(**settings, **form)
            .fit_transform(views)
            .astype(np.int8)
            for form in FORMS
        ],
        axis=1,
    )
    images = {
        n: FingerprintTransformer(**settings, shape=(n, n)).fit(views).scalogram(views)
        for n in (16, 64)
    }
    noise = FingerprintTransformer(
        sampling_rate=RATE, window=NOISE_WINDOW, **BAND, flatten=True
    ).fit_transform(bunch.data)
    return {
        "prints": prints,
        "image 16": images[16],
        "image 64": images[64],
        "noise": noise,
        "metadata": bunch.frame[METADATA],
    }


def make_estimators(represented):
    """Name the estimators and what each of them sees."""
    trees = ExtraTreesClassifier(
        100, min_samples_leaf=15, class_weight="balanced", random_state=0
    )
    records_trees = sklearn.clone(trees).set_params(min_samples_leaf=3)
    view_trees = MultiViewClassifier(trees)
    settings = {"balance": "weights", "device": "cpu", "random_state": 0}
    mlp = FingerprintClassifier(FingerprintMLP, lr=1e-4, max_epochs=10, **settings)
    cnn = FingerprintClassifier(lr=1e-3, max_epochs=12, **settings)
    mlp.set_fit_request(groups=False)
    cnn.set_fit_request(groups=False)
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), METADATA[:2]), remainder="passthrough"
    )
    prints = represented["prints"]
    default = prints[:, 0]
    return {
        "MLP on prints": (mlp, default),
        "MLP on prints, chosen inside": (choose_inside(mlp), prints),
        "CNN on prints, one view": (cnn, default[:, :1]),
        "trees on prints": (view_trees, default),
        "trees on prints, chosen inside": (choose_inside(view_trees), prints),
        "trees on prints, form of the paper": (view_trees, prints[:, 3]),
        "trees on 16 x 16 scalogram": (view_trees, represented["image 16"]),
        "trees on 64 x 64 scalogram": (view_trees, represented["image 64"]),
        CONTROLS[0]: (make_pipeline(encode, records_trees), represented["metadata"]),
        CONTROLS[1]: (records_trees, represented["noise"]),
        "prior": (DummyClassifier(), represented["noise"]),
    }


def choose_inside(head):
    """Choose the form of the print by folds inside the training events."""
    return GridSearchCV(
        Pipeline([("select", FormSelector()), ("head", head)]),
        {"select__form": list(range(len(FORMS)))},
        cv=StratifiedGroupKFold(N_FOLDS_INSIDE),
        scoring=event_roc_auc,
    )


def answer(name, estimator, X, bunch, *, seed, folder, n_jobs):
    """Give all answers of an estimator out of fold, or read them if they are there."""
    slug = "".join(c if c.isalnum() else "_" for c in name)
    path = folder / f"{slug}_{seed}.csv"
    if not path.exists():
        result = evaluate_protocols(
            {name: estimator},
            {name: X},
            bunch.target,
            bunch.frame,
            protocols=PROTOCOLS[-1:] if name in COSTLY else PROTOCOLS,
            seeds=[seed],
            n_resamples=1,
            n_jobs=n_jobs,
        )
        result.probabilities.to_csv(path, index=False)
    return pd.read_csv(path)


def gather(answers, protocol, seed, columns):
    """Return the scored answers of every estimator that ran under a protocol."""
    rows = np.flatnonzero(protocol.scored)
    given = {}
    for name, by_seed in answers.items():
        table = by_seed[seed]
        table = table[table["fits"] == protocol.fits].set_index("record")
        if len(table):
            given[name] = table.reindex(rows)[columns].to_numpy()
    return given


def tabulate(answers, bunch, seeds):
    """Score every estimator, and each against the best control, event by event."""
    classes = np.unique(bunch.target)
    columns = [f"score_{label}" for label in classes]
    scores, gains = [], []
    for seed in seeds:
        options = {"classes": classes, "random_state": seed}
        for protocol in make_protocols(bunch.frame, bunch.target, random_state=seed):
            y, events = bunch.target[protocol.scored], bunch.groups[protocol.scored]
            given = gather(answers, protocol, seed, columns)
            reached = {
                name: bootstrap_interval(y, scored, events, **options)
                for name, scored in given.items()
            }
            scores += [(protocol.name, name, seed, *reached[name]) for name in reached]
            best = max(reached.keys() & set(CONTROLS), key=reached.get, default=None)
            gains += [
                (
                    protocol.name,
                    name,
                    seed,
                    *paired_bootstrap(y, given[name], given[best], events, **options),
                )
                for name in given
                if best and name not in (*CONTROLS, "prior")
            ]
    columns = ["protocol", "estimator", "seed", "value", "low", "high"]
    return pd.DataFrame(scores, columns=columns), pd.DataFrame(gains, columns=columns)


def show(table, title):
    """Print a block for each protocol: a line an estimator, a column a seed."""
    cells = table.assign(
        cell=[f"{t.value:.3f} [{t.low:.2f}, {t.high:.2f}]" for t in table.itertuples()]
    )
    for protocol, block in cells.groupby("protocol", sort=False):
        wide = block.pivot(index="estimator", columns="seed", values="cell")
        means = block.groupby("estimator")["value"].mean().sort_values(ascending=False)
        wide = wide.loc[means.index].assign(mean=means.map("{:.3f}".format))
        print(f"\n{protocol}: {title}")
        print(wide.to_string())


def main():
    """Evaluate, keep and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", help="names of estimators; default: all")
    parser.add_argument("--results", type=Path, default=Path("results/protocols"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    options.results.mkdir(parents=True, exist_ok=True)
    sklearn.set_config(enable_metadata_routing=True)
    bunch, aligned = read(options.data)
    estimators = make_estimators(represent(bunch, aligned))
    chosen = options.only or list(estimators)
    if unknown := set(chosen) - set(estimators):
        parser.error(f"no estimators {unknown}; there are {list(estimators)}")
    answers = {name: {} for name in chosen}
    cells = [(name, seed) for seed in options.seeds for name in chosen]
    for name, seed in track(cells, "evaluating"):
        answers[name][seed] = answer(
            name,
            *estimators[name],
            bunch,
            seed=seed,
            folder=options.results,
            n_jobs=options.jobs,
        )
    scores, gains = tabulate(answers, bunch, options.seeds)
    scores.to_csv(options.results / "scores.csv", index=False)
    gains.to_csv(options.results / "gains.csv", index=False)
    show(scores, "event AUC [95 % interval over events]")
    show(gains, "event AUC above the best control, paired by event [95 % interval]")


if __name__ == "__main__":
    main()

"""Event scores on hard real records, under four protocols and beside controls.

The records are those of the folder ``pnw`` with an SNR above 6 dB, from 20 s before to
75 s after the onset. Prints cover 32 s around the onset, 1 to 16 Hz. What looks at one
record at a time and learns nothing is computed once, before the folds.

The settings of "trees on prints" were registered with the data, before any fit of this
package: log image, signs, high-pass 1 Hz, 300 extra trees of leaf 3 that look at 5 % of
the features. "Defaults" are those of `FingerprintClassifier`. Estimators see view 0,
the record at its own cut-off, or all five views where the name says so.

"Chosen inside" means that everything that was ever compared by its score is chosen by
folds inside the training events of each split, in stages: filter (before or after
the window, with and without a fallback), scale and encoding of the print, then learning
rate, epochs, width and dropout of the net or the leaf of the trees. The score is that
of the whole choice. The controls know the station, channel and rate alone, or the noise
before the event alone; the prior knows nothing.

What takes many fits (a choice inside) or long ones (five views, the convolutional net)
is only evaluated under the last protocol, new events at new stations.

Answers are kept in the folder of results, and what is there is not computed again.

Run: SKSEISFP_DATA=FOLDER python benchmarks/pnw_protocols.py
"""

import argparse
import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from rich.progress import track
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from skseisfp import (
    AdaptiveHighpassFilter,
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
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
FILTERS = (
    {"fallback": 1.0, "before_window": True},
    {"fallback": None, "before_window": True},
    {"fallback": 1.0, "before_window": False},
    {"fallback": None, "before_window": False},
)
ENCODINGS = (
    {"scale": "log", "encoding": "signed"},
    {"scale": "log", "encoding": "presence"},
    {"scale": "magnitude", "encoding": "signed"},
    {"scale": "magnitude", "encoding": "presence"},
)
FORMS = tuple(product(FILTERS, ENCODINGS))
PAPER_FORM = 3
NET_STAGES = (
    {"select__form": range(len(FORMS))},
    {
        "head__lr": [1e-4, 1e-3],
        "head__max_epochs": [10, 30],
    },
    {
        "head__module__hidden_sizes": [(32,), (128,)],
        "head__module__input_dropout_p": [0.0, 0.5],
    },
)
TREE_STAGES = (
    {"select__form": range(len(FORMS)), "head__n_estimators": [100]},
    {"head__min_samples_leaf": [1, 3, 10], "head__n_estimators": [300]},
)
COSTLY = ("MLP on prints, chosen inside", "trees on prints, chosen inside")
COSTLY += ("MLP on prints, defaults, five views", "CNN on prints, defaults")
CONTROLS = ("control: station, channel, rate", "control: noise before the event")
ABOVE_CONTROLS = "event AUC above the best control"
N_FOLDS_INSIDE = 2


class FormSelector(TransformerMixin, BaseEstimator):
    """Pick one of the forms of (n_records, n_forms, n_views, ...)."""

    def __init__(self, *, form=0, flatten=False):
        self.form = form
        self.flatten = flatten

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Return the prints of the chosen form."""
        chosen = X[:, self.form]
        return chosen.reshape(len(X), -1) if self.flatten else chosen

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class ChosenInside(ClassifierMixin, BaseEstimator):
    """Choose by folds inside the training events, stage after stage, then fit."""

    __metadata_request__fit = {"groups": True}

    def __init__(self, estimator, stages):
        self.estimator = estimator
        self.stages = stages

    def fit(self, X, y, groups=None):
        """Carry the best settings of a stage on to the next one."""
        estimator = sklearn.clone(self.estimator)
        for stage in self.stages:
            search = GridSearchCV(
                estimator,
                {name: list(values) for name, values in stage.items()},
                cv=StratifiedGroupKFold(N_FOLDS_INSIDE),
                scoring=event_roc_auc,
                refit=False,
            ).fit(X, y, groups=groups)
            estimator = sklearn.clone(estimator).set_params(**search.best_params_)
        self.estimator_ = estimator.fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the chosen estimator."""
        return self.estimator_.predict_proba(X)


def read(folder):
    """Read the clear records; return them whole and cut around their onsets."""
    bunch = load_records(Path(folder) / "pnw", query="snr_db > 6")
    return bunch, align(bunch.data, bunch.frame["arrival_sample"].to_numpy())


def align(records, onsets):
    """Cut records from 20 s before to 75 s after their onsets, in samples."""
    return cut_windows(
        records,
        onsets,
        sampling_rate=RATE,
        before=20.0,
        after=75.0,
        fallback=1000,
        pad="reflect",
    )


def represent(bunch, aligned):
    """Compute what the estimators see; every step looks at one record at a time."""
    settings = {"sampling_rate": RATE, **BAND}
    first, last = (int(RATE * second) for second in PRINT_WINDOW)
    prints = []
    for chosen in FILTERS:
        augmenter = FilterAugmenter(sampling_rate=RATE, fallback=chosen["fallback"])
        if chosen["before_window"]:
            views, window = augmenter.fit_transform(aligned), PRINT_WINDOW
        else:
            views, window = augmenter.fit_transform(aligned[..., first:last]), None
        for encoding in ENCODINGS:
            transformer = FingerprintTransformer(**settings, **encoding, window=window)
            prints.append(transformer.fit_transform(views).astype(np.int8))
    filtered = AdaptiveHighpassFilter(sampling_rate=RATE, fallback=1.0)
    view = filtered.fit_transform(aligned)
    images = {
        n: FingerprintTransformer(**settings, shape=(n, n), window=PRINT_WINDOW)
        .fit(view)
        .scalogram(view)
        .reshape(len(view), -1)
        for n in (16, 64)
    }
    noise = FingerprintTransformer(**settings, window=NOISE_WINDOW, flatten=True)
    return {
        "prints": np.stack(prints, axis=1),
        "image 16": images[16],
        "image 64": images[64],
        "noise": noise.fit_transform(bunch.data),
        "metadata": bunch.frame[METADATA],
    }


def make_estimators(represented):
    """Name the estimators and what each of them sees."""
    trees = ExtraTreesClassifier(
        300,
        min_samples_leaf=3,
        max_features=0.05,
        class_weight="balanced",
        random_state=0,
    )
    metadata_trees = sklearn.clone(trees).set_params(max_features="sqrt")
    net = FingerprintClassifier(device="cpu", random_state=0)
    mlp = sklearn.clone(net).set_params(module=FingerprintMLP)
    for classifier in (net, mlp):
        classifier.set_fit_request(groups=False)
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), METADATA[:2]), remainder="passthrough"
    )
    prints = represented["prints"]
    flat = prints[:, :, 0].reshape(*prints.shape[:2], -1)
    return {
        "MLP on prints, defaults": (mlp, prints[:, 0, :1]),
        "MLP on prints, defaults, five views": (mlp, prints[:, 0]),
        "MLP on prints, chosen inside": (
            choose_inside(mlp, NET_STAGES),
            prints[:, :, :1],
        ),
        "CNN on prints, defaults": (net, prints[:, 0, :1]),
        "trees on prints": (trees, flat[:, 0]),
        "trees on prints, chosen inside": (
            choose_inside(trees, TREE_STAGES, flatten=True),
            prints[:, :, :1],
        ),
        "trees on prints, form of the paper": (trees, flat[:, PAPER_FORM]),
        "trees on 16 x 16 scalogram": (trees, represented["image 16"]),
        "trees on 64 x 64 scalogram": (trees, represented["image 64"]),
        CONTROLS[0]: (make_pipeline(encode, metadata_trees), represented["metadata"]),
        CONTROLS[1]: (trees, represented["noise"]),
        "prior": (DummyClassifier(), represented["noise"]),
    }


def choose_inside(head, stages, **selection):
    """Let every split choose the form of the print and the settings of the head."""
    pipeline = Pipeline([("select", FormSelector(**selection)), ("head", head)])
    return ChosenInside(pipeline, stages)


def answer(name, estimator, X, bunch, *, seed, folder, n_jobs, protocols, params=None):
    """Give all answers of an estimator out of fold, or read them if they are there."""
    slug = "".join(c if c.isalnum() else "_" for c in name)
    path = folder / f"{slug}_{seed}.csv"
    if not path.exists():
        result = evaluate_protocols(
            {name: estimator},
            {name: X},
            bunch.target,
            bunch.frame,
            protocols=protocols,
            seeds=[seed],
            params=params,
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


def tabulate(answers, bunch, seeds, protocols=PROTOCOLS):
    """Score every estimator, and each against the best control, event by event."""
    classes = np.unique(bunch.target)
    columns = [f"score_{label}" for label in classes]
    scores, gains = [], []
    for seed in seeds:
        options = {"classes": classes, "random_state": seed}
        made = make_protocols(
            bunch.frame, bunch.target, protocols=protocols, random_state=seed
        )
        for protocol in made:
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


def report(scores, gains, folder, *, gain, start=""):
    """Keep the tables of scores and gains and print them.

    Parameters
    ----------
    scores, gains : DataFrame
        What is kept, as `show` takes it.
    folder : Path
        Where.
    gain : str
        What the gains are.
    start : str, default=""
        Start of the names of the files.
    """
    scores.to_csv(folder / f"{start}scores.csv", index=False)
    gains.to_csv(folder / f"{start}gains.csv", index=False)
    show(scores, "event AUC [95 % interval over events]")
    show(gains, f"{gain}, paired by event [95 % interval]")


def make_parser(description, results):
    """Return the parser of a program that evaluates estimators on these records."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", default=os.environ.get("SKSEISFP_DATA"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", help="names of estimators; default: all")
    parser.add_argument("--results", type=Path, default=Path(results))
    parser.add_argument("--jobs", type=int, default=2)
    return parser


def parse(parser):
    """Read the command line, and make the folder of results."""
    options = parser.parse_args()
    if not options.data:
        parser.error("set SKSEISFP_DATA or give --data FOLDER")
    options.results.mkdir(parents=True, exist_ok=True)
    return options


def main():
    """Evaluate, keep and print."""
    parser = make_parser(__doc__.splitlines()[0], "results/protocols")
    options = parse(parser)
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
            protocols=PROTOCOLS[-1:] if name in COSTLY else PROTOCOLS,
        )
    scores, gains = tabulate(answers, bunch, options.seeds)
    report(scores, gains, options.results, gain=ABOVE_CONTROLS)


if __name__ == "__main__":
    main()

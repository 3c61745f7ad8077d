"""
The nature of seismic events: the whole study
=============================================

From waveforms to the prediction for each event: records are filtered, windowed and
turned into fingerprints, a small network is selected by nested cross-validation, and it
is scored on events that neither network nor search has seen, next to simpler
classifiers.

Run as a script it takes all records and leaves tables and figures in ``results/``::

    python examples/first_steps/plot_event_nature_study.py
    python examples/first_steps/plot_event_nature_study.py --data DIR

where ``DIR`` is a folder that :func:`skseisfp.load_records` reads. On this page it runs
on few synthetic records, which gives wide intervals.
"""

# %%
# The setting
# -----------

# sphinx_gallery_thumbnail_number = 4
import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseisfp import (
    FilterAugmenter,
    FingerprintClassifier,
    FingerprintTransformer,
    MultiViewClassifier,
    load_records,
    make_seismograms,
)
from skseisfp.metrics import aggregate_events, make_event_scorer, score_table
from skseisfp.plotting import (
    ConfusionMarginsDisplay,
    CutoffDisplay,
    EventScoresDisplay,
    FingerprintDisplay,
)
from skseisfp.signal import cut_windows

parser = argparse.ArgumentParser(description="Study of the nature of seismic events.")
parser.add_argument("--data", help="folder of labelled records; default: synthetic")
parser.add_argument("--results", default="results", type=Path, help="folder to write")
parser.add_argument("--seed", default=0, type=int, help="seed of all that is drawn")
parser.add_argument("--quick", action="store_true", help="few records and epochs")
options = parser.parse_args()

F_MIN, F_MAX = 1.0 if options.data else 0.5, 16.0  # Hz
SNR_DB = 6.0
UNKNOWN_ARRIVAL = 25.0  # s, taken where no arrival is known
METRICS = ("roc_auc", "accuracy", "balanced_accuracy")
GRID = {
    "module__conv1_filter_size": [2, 5],
    "module__conv2_n_filters": [8] if options.quick else [8, 16],
}
N_EPOCHS = 4 if options.quick else 8
N_FOLDS = 2 if options.quick else 3
N_STEPS = 4 + N_FOLDS

options.results.mkdir(parents=True, exist_ok=True)
progress = Progress(
    TextColumn("[bold]{task.description:<28}"), BarColumn(), TimeElapsedColumn()
)
progress.start()
study = progress.add_task("reading records", total=N_STEPS)


def next_step(description):
    """Move the bar of the study on."""
    progress.update(study, advance=1, description=description)


# %%
# Records
# -------
# Each record belongs to an event, and several stations record an event. Records below
# an SNR of 6 dB and labels of low confidence are left out, where the table says so.

if options.data:
    bunch = load_records(options.data, components="Z")
else:
    bunch = make_seismograms(120 if options.quick else 716, random_state=options.seed)
clear = np.ones(len(bunch.data), dtype=bool)
if options.data and "snr_db" in bunch.frame:
    clear &= (bunch.frame["snr_db"] > SNR_DB).to_numpy()
if options.data and "label_confidence" in bunch.frame:
    clear &= (bunch.frame["label_confidence"] != "low").to_numpy()
X, y, event_id = bunch.data[clear], bunch.target[clear], bunch.groups[clear]
labels = y.to_numpy()
p_arrival = bunch.frame["p_arrival"].to_numpy()[clear]
rate = bunch.sampling_rate
counts = pd.DataFrame({"class": labels, "event": event_id}).groupby("class")["event"]
counts = counts.agg(records="size", events="nunique")
print(counts)

# %%
# Views
# -----
# Every record is filtered at its own cut-off and at four shifted ones. Real records are
# then cut from 5 s before to 27 s after their first arrival, after the filter, which
# estimates the noise from the whole record; the synthetic ones are aligned within 10 s
# and are not cut.

next_step("filtering")
augmenter = FilterAugmenter(sampling_rate=rate)
cutoffs = augmenter.fit(X).estimate_cutoff(X)
views = augmenter.transform(X)
if options.data:
    views = cut_windows(
        views,
        p_arrival,
        sampling_rate=rate,
        fallback=UNKNOWN_ARRIVAL,
        pad="reflect",
    )
print(cutoffs["status"].value_counts().to_string())

classes = np.unique(labels)
from_median = cutoffs.groupby(labels)["cutoff"].transform(
    lambda c: (c - c.median()).abs()
)
typical = from_median.groupby(labels).idxmin()
figure, axes = plt.subplots(
    len(classes),
    2,
    figsize=(9, 3.4 * len(classes)),
    width_ratios=(1.8, 1),
    sharey=True,
    layout="constrained",
)
for ax, label, row in zip(axes, typical.index, typical.to_numpy(), strict=True):
    CutoffDisplay.from_estimator(augmenter, X, record=int(row), ax=ax)
    name = str(label).replace("_", " ")
    ax[0].set_title(f"{name}: {ax[0].get_title(loc='left')}", loc="left")
figure.savefig(options.results / "cutoffs.png", dpi=120)

# %%
# Fingerprints
# ------------
# Filter, window and fingerprint use one record at a time and learn nothing, so
# computing them once, before any split, leaks nothing.

next_step("fingerprints")
transformer = FingerprintTransformer(sampling_rate=rate, f_min=F_MIN, f_max=F_MAX)
fingerprints = transformer.fit_transform(views)
coarse = FingerprintTransformer(
    sampling_rate=rate, f_min=F_MIN, f_max=F_MAX, shape=(16, 16)
)
scalograms = coarse.fit(views[:, 0]).scalogram(views[:, 0]).reshape(len(views), -1)

scalogram_gallery = FingerprintDisplay.from_estimator(
    transformer, views, labels, kind="scalogram", random_state=options.seed
)
scalogram_gallery.figure_.savefig(options.results / "scalograms.png", dpi=120)

# %%
# The fingerprints of the same records:

fingerprint_gallery = FingerprintDisplay.from_estimator(
    transformer, views, labels, random_state=options.seed
)
fingerprint_gallery.figure_.savefig(options.results / "fingerprints.png", dpi=120)

# %%
# Selection and evaluation
# ------------------------
# The outer folds hold out whole events. On the training events a grid search, with
# folds by event again and scored by event, selects the layers of the network; the
# held-out events then score the whole selection.

network = FingerprintClassifier(
    max_epochs=N_EPOCHS, balance="weights", device="cpu", random_state=options.seed
)
search = GridSearchCV(
    network,
    GRID,
    cv=StratifiedGroupKFold(2),
    scoring=make_event_scorer(METRICS),
    refit="roc_auc",  # pyright: ignore[reportArgumentType] (it takes names, too)
    n_jobs=None if options.quick else 2,
)
trees = ExtraTreesClassifier(
    300,
    min_samples_leaf=3,
    max_features=0.05,  # pyright: ignore[reportArgumentType] (it takes shares, too)
    class_weight="balanced",
    n_jobs=None if options.quick else 2,
    random_state=options.seed,
)
logistic = LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000)
flat = fingerprints.reshape(*fingerprints.shape[:2], -1)
models = {
    "network, fingerprints": (search, fingerprints),
    "trees, fingerprints": (MultiViewClassifier(trees), flat),
    "trees, 16 x 16 scalogram": (trees, scalograms),
    "logistic, 16 x 16 scalogram": (
        make_pipeline(StandardScaler(), logistic),
        scalograms,
    ),
    "majority class": (DummyClassifier(), scalograms),
}
probabilities = {name: np.zeros((len(y), len(classes))) for name in models}
trials = []
outer = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=options.seed)
for fold, (train, test) in enumerate(outer.split(X, y, event_id)):
    next_step(f"held-out events {fold + 1} of {N_FOLDS}")
    for name, (model, features) in models.items():
        fit_params = {"groups": event_id[train]} if model is search else {}
        model.fit(features[train], y.iloc[train], **fit_params)
        probabilities[name][test] = model.predict_proba(features[test])
    trials.append(pd.DataFrame(search.cv_results_).assign(outer_fold=fold))

trials = pd.concat(trials, ignore_index=True)
trials.to_csv(options.results / "trials.csv", index=False)
columns = [f"param_{name}" for name in GRID] + [f"mean_test_{name}" for name in METRICS]
print(trials[["outer_fold", *columns]].round(3).to_string(index=False))

# %%
# Scores
# ------
# By event, after a vote of its records, and by record; each with its 95 % interval.

next_step("scores")
scores = pd.concat(
    {
        name: score_table(y, predicted, metrics=METRICS, random_state=options.seed)
        for name, predicted in probabilities.items()
    },
    names=["model"],
)
scores.to_csv(options.results / "scores.csv")
print(scores.round(3).to_string())

display = EventScoresDisplay(
    scores.xs("roc_auc", level="metric"), metric="ROC AUC", chance=0.5
).plot()
display.figure_.savefig(options.results / "scores.png", dpi=120)

# %%
# Which classes are mistaken for which
# ------------------------------------

events = aggregate_events(
    probabilities["network, fingerprints"], event_id, classes=classes, y_true=y
)
events.to_csv(options.results / "events.csv")
confusion = ConfusionMarginsDisplay.from_predictions(
    events["label"], events["prediction"], labels=classes
)
confusion.figure_.savefig(options.results / "confusion.png", dpi=120)

next_step("done")
progress.stop()
print(f"Tables and figures: {options.results.resolve()}")

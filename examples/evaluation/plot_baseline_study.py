"""
Published systems on the same records
=====================================

Each paper has its own data and its own split, so that their figures cannot be compared.
Here some of their systems, the same two heads on fingerprints and on scalograms, and
two controls are compared on the same records and the same folds. Records are generated
and training is short: see :doc:`/study` for real records and confirmed figures.
"""

# %%
# What the papers report
# ----------------------
# A table lists the data on which each figure was measured, and how they were divided.

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintTransformer,
    attach_events,
    make_seismograms,
)
from skseisfp.baselines import LinvilleLSTM, MiaoANN, published_systems
from skseisfp.metrics import event_labels, score_table
from skseisfp.plotting import EventScoresDisplay

names = ["LinvilleLSTM", "MiaoANN", "ErtuncayCNN"]
print(published_systems().loc[names, ["figure", "split"]].to_string())

# %%
# The same heads on two representations
# -------------------------------------
# Both are computed once: they use one record at a time and learn nothing. The
# fingerprint keeps the 200 largest Haar coefficients of the log-scalogram.

bunch = make_seismograms(120, random_state=0)
y, events, rate = bunch.target, bunch.groups, bunch.sampling_rate
records = AdaptiveHighpassFilter(sampling_rate=rate).fit_transform(bunch.data)
settings = {"sampling_rate": rate, "f_min": 1, "f_max": 16}
fingerprint = FingerprintTransformer(**settings, flatten=True)
image = FingerprintTransformer(**settings, shape=(16, 16)).fit(records)
views = {
    "fingerprints": fingerprint.fit_transform(records),
    "scalograms": image.scalogram(records).reshape(len(records), -1),
}
trees = ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0)
logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
systems = {
    f"{head} on {view}": (classifier, X)
    for view, X in views.items()
    for head, classifier in {"trees": trees, "logistic regression": logistic}.items()
}

# %%
# Published systems and controls
# ------------------------------
# Published systems take the waveforms and represent them themselves. The controls know
# nothing: one predicts the shares of the classes, one is trained on labels that were
# shuffled among the events.

of_event = event_labels(y, events)
rng = np.random.default_rng(0)
shuffle = dict(zip(of_event.index, rng.permutation(of_event), strict=True))
shuffled = attach_events([shuffle[event] for event in events], events)
options = {"sampling_rate": rate, "device": "cpu", "random_state": 0}
systems |= {
    "Miao 2020": (MiaoANN(**options, max_epochs=10), bunch.data),
    "Linville 2019": (LinvilleLSTM(**options, max_epochs=2), bunch.data),
    "control: labels shuffled": (trees, views["fingerprints"]),
    "control: prior": (DummyClassifier(), bunch.data),
}

# %%
# Two ways to divide the records
# ------------------------------
# Folds by event keep all records of an event together. Folds by record assign them at
# random: the test then has other records of events in training.

by_event = StratifiedGroupKFold(3, shuffle=True, random_state=0)
by_record = StratifiedKFold(3, shuffle=True, random_state=0)
divisions = {
    "by event": list(by_event.split(records, y, events)),
    "by record": list(by_record.split(records, y)),
}


def out_of_fold(classifier, X, labels, folds):
    """Return the probabilities of every record by a classifier without its fold."""
    probability = np.zeros((len(X), len(of_event.unique())))
    for train, test in folds:
        fitted: Any = clone(classifier)
        fitted.fit(X[train], labels.iloc[train])
        probability[test] = fitted.predict_proba(X[test])
    return probability


predictions = {
    division: {
        name: out_of_fold(
            classifier, X, shuffled if name.endswith("shuffled") else y, folds
        )
        for name, (classifier, X) in systems.items()
    }
    for division, folds in divisions.items()
}

# %%
# Scores by event
# ---------------
# The probabilities of the records of an event are averaged; intervals are those of a
# bootstrap that draws whole events. They overlap: these events cannot rank the heads.

EventScoresDisplay.from_predictions(
    y, predictions["by event"], events, chance=0.5, n_resamples=500, random_state=0
)
plt.show()

# %%
# Calibration
# -----------
# The Brier score is the mean squared error of the probabilities, summed over the three
# classes, and the calibration error their distance from the observed frequencies. A
# constant, the shares of the classes, has the Brier score of the prior.

table = pd.DataFrame(
    {
        name: score_table(
            y,
            given,
            events,
            metrics=["brier_score", "calibration_error"],
            levels="event",
            n_resamples=20,
            random_state=0,
        )["score"].droplevel("level")
        for name, given in predictions["by event"].items()
    }
).T
print(table.round(3).to_string())

# %%
# How much of a score is leakage
# ------------------------------
# The same systems and records, scored record by record as in most papers.

table = pd.DataFrame(
    {
        division: {
            name: score_table(
                y,
                scores,
                events,
                metrics=["roc_auc"],
                levels=["record"],
                n_resamples=20,
                random_state=0,
            ).loc[("record", "roc_auc"), "score"]
            for name, scores in given.items()
        }
        for division, given in predictions.items()
    }
)
table["difference"] = table["by record"] - table["by event"]
print(table.round(3).to_string())

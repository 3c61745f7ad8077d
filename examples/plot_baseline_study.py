"""
Published systems on the same records
=====================================

Each paper has its own data and its own split, so that their figures cannot be compared.
Here some of their systems, two on fingerprints and two controls meet on the same
records and the same folds. Records are generated and training is short: see
:doc:`/study` for real records.
"""

# %%
# What the papers report
# ----------------------
# The catalogue says what a figure was measured on, and how the data were divided.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.baselines import LinvilleLSTM, MiaoANN, catalogue
from skseisfp.metrics import event_labels, score_table
from skseisfp.plotting import EventScoresDisplay

names = ["LinvilleLSTM", "MiaoANN", "ErtuncayCNN"]
print(catalogue().loc[names, ["figure", "split"]].to_string())

# %%
# The systems
# -----------
# All take the records as they are; what each makes of them is inside. The controls know
# nothing: one answers the shares of the classes, one is trained on labels that were
# dealt out anew among the events.

bunch = make_seismograms(180, random_state=0)
X, y, events, rate = bunch.data, bunch.target, bunch.groups, bunch.sampling_rate
of_event = event_labels(y, events)
dealt = dict(
    zip(of_event.index, np.random.default_rng(0).permutation(of_event), strict=True)
)
shuffled = np.array([dealt[event] for event in events])


def on_prints(classifier):
    """Filter records at their own cut-off and make flat prints of them."""
    return make_pipeline(
        AdaptiveHighpassFilter(sampling_rate=rate),
        FingerprintTransformer(sampling_rate=rate, f_min=1, f_max=16, flatten=True),
        classifier,
    )


settings = {"sampling_rate": rate, "device": "cpu", "random_state": 0}
trees = ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0)
systems = {
    "trees on prints": on_prints(trees),
    "net on prints": on_prints(FingerprintClassifier(device="cpu", random_state=0)),
    "Miao 2020": MiaoANN(**settings),
    "Linville 2019": LinvilleLSTM(**settings),
    "control: labels shuffled": on_prints(trees),
    "control: prior": DummyClassifier(),
}

# %%
# Two ways to divide the records
# ------------------------------
# Folds by event keep all records of an event on one side. Folds by record deal them at
# random: the test then has other records of events that were trained on.

by_event = StratifiedGroupKFold(3, shuffle=True, random_state=0)
by_record = StratifiedKFold(3, shuffle=True, random_state=0)
divisions = {
    "by event": list(by_event.split(X, y, events)),
    "by record": list(by_record.split(X, y)),
}
answers = {
    division: {
        name: cross_val_predict(
            system,
            X,
            shuffled if name.endswith("shuffled") else y,
            cv=folds,
            method="predict_proba",
        )
        for name, system in systems.items()
    }
    for division, folds in divisions.items()
}

# %%
# Scores by event
# ---------------
# The answers for the records of an event are averaged; intervals are of a bootstrap
# that draws whole events.

EventScoresDisplay.from_predictions(
    y, answers["by event"], events, chance=0.5, n_resamples=500, random_state=0
)
plt.show()

# %%
# How much of a score is leakage
# ------------------------------
# The same systems and records, scored record by record as most papers do.

table = pd.DataFrame(
    {
        division: {
            name: score_table(
                y,
                scores,
                events,
                metrics=["roc_auc"],
                levels=["record"],
                n_resamples=100,
                random_state=0,
            ).loc[("record", "roc_auc"), "score"]
            for name, scores in given.items()
        }
        for division, given in answers.items()
    }
)
table["difference"] = table["by record"] - table["by event"]
print(table.round(3).to_string())

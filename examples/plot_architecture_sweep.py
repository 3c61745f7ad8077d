"""
Sweeping architectures
======================

A plan names ranges, a search runs all their combinations and stores the results of
every fit, and a cube of the results is plotted in several ways. Here are eight
architectures; the figures of 48 are in :doc:`/sweeps`.
"""

# %%
# A plan
# ------
# Ranges are written as ``"min:step:max"``. The plan finds what is impossible, and
# estimates the cost of a trial, before anything runs.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.metrics import event_roc_auc
from skseisfp.plotting import ConfusionMarginsDisplay, CubeDisplay, HeatMapDisplay
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

bunch = make_seismograms(150, random_state=0)
rate = bunch.sampling_rate
pipeline = Pipeline(
    [
        ("filter", AdaptiveHighpassFilter(sampling_rate=rate)),
        (
            "fingerprint",
            FingerprintTransformer(sampling_rate=rate, f_min=0.5, shape=(32, 32)),
        ),
        ("classifier", FingerprintClassifier(max_epochs=8, lr=3e-3, random_state=0)),
    ]
)
plan = ExperimentPlan(
    {
        "classifier__module__conv1_filter_size": "2:2:4",
        "classifier__module__conv2_n_filters": "8:16:24",
        "classifier__module__dropout2_p": "0.2:0.3:0.5",
    },
    name="eight networks",
)
print(len(plan), "trials; impossible:", len(plan.check(pipeline)))
print(plan.to_toml())

# %%
# A sweep
# -------
# Folds never split an event. Filters and fingerprints are the same in all trials and
# are computed once. With ``store="sweep.db"`` every finished fit would be stored at
# once, and a second run would resume where the first one stopped.

search = SweepSearchCV(
    pipeline,
    plan,
    scoring=event_roc_auc,
    cv=StratifiedGroupKFold(2, shuffle=True, random_state=0),
)
search.fit(bunch.data, bunch.target, groups=bunch.groups)
print(search.best_params_)

# %%
# A cube
# ------
# One axis for each parameter, and one for the folds: mean and spread come from it.

cube = ResultCube.from_search(search)
table = pd.DataFrame(
    {
        "mean": cube.values().to_series(),
        "std": cube.std().to_series(),
        "gradient": cube.gradient().to_series(),
    }
).round(3)
print(table.rename_axis(index=["filter size", "filters", "dropout"]))

# %%
# The mean over the folds:

CubeDisplay.from_cube(cube)
plt.show()

# %%
# The gradient around each trial. Of two trials with equal scores the one on a plateau
# is the safer choice:

CubeDisplay.from_cube(cube, quantity="gradient")
plt.show()

# %%
# How much each parameter matters, per step of the plan:

print(cube.sensitivity())

# %%
# The same cube, one map for each dropout:

HeatMapDisplay.from_cube(cube)
plt.show()

# %%
# Every fit stored its confusion matrix. Here are both folds of the best trial:

ConfusionMarginsDisplay.from_cube(cube)
plt.show()

# %%
# ``plotting.write_report(cube, "sweep.html")`` writes a page on which the cube can be
# rotated and every trial opened. It needs no internet.

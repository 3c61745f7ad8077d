"""
A cube in four variables
========================

Fifty-four trials over four parameters: which ones matter, and is the best trial on a
peak or on a plateau? The results of a sweep are a cube with one axis for each
parameter, and are drawn here in two, three and four of them at once.
"""

# %%
# The sweep
# ---------
# Networks on small fingerprints, two folds that keep events whole.

import matplotlib.pyplot as plt
from sklearn.model_selection import StratifiedGroupKFold

from skseisfp import FingerprintClassifier, FingerprintTransformer, make_seismograms
from skseisfp.metrics import event_roc_auc
from skseisfp.plotting import (
    CubeDisplay,
    HeatMapDisplay,
    ParallelCoordinatesDisplay,
    SurfacesDisplay,
)
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

bunch = make_seismograms(120, noise_level=1, random_state=0)
transformer = FingerprintTransformer(
    sampling_rate=bunch.sampling_rate, f_min=0.5, shape=(16, 16), n_coefficients=60
)
plan = ExperimentPlan(
    {
        "module__conv1_filter_size": "2:1:4",
        "module__conv1_n_filters": "4:4:12",
        "module__conv2_n_filters": "8:8:24",
        "module__dropout2_p": "0.2:0.3:0.5",
    },
    name="four parameters",
)
search = SweepSearchCV(
    FingerprintClassifier(max_epochs=6, lr=5e-3, device="cpu", random_state=0),
    plan,
    scoring=event_roc_auc,
    cv=StratifiedGroupKFold(2, shuffle=True, random_state=0),
)
search.fit(transformer.fit_transform(bunch.data), bunch.target, groups=bunch.groups)
cube = ResultCube.from_search(search)
print(cube)
print("best:", cube.best())

# %%
# All four at once
# ----------------
# Three parameters are the axes, the fourth is the panel. Colour is the event AUC, the
# mean of both folds; the ring is the best trial.

display = CubeDisplay.from_cube(cube)
plt.show()

# %%
# Or the fourth is the marker:

display.plot(fourth="marker")
plt.show()

# %%
# Each trial is a line through its parameters:

ParallelCoordinatesDisplay.from_cube(cube)
plt.show()

# %%
# What matters
# ------------
# The mean change of the score for one step of the plan. Where it is below the spread
# over the folds, these events cannot rank the values.

print(cube.sensitivity().round(4))
print("spread over the folds:", round(float(cube.std().mean()), 4))

# %%
# The mean over the parameters that are not drawn:

print(cube.marginal("conv1_n_filters", "conv2_n_filters").round(3).to_pandas())

# %%
# Slices
# ------
# A slice is a cube again, of fewer parameters. Three of them as maps, two as surfaces:

part = cube.select(dropout2_p=0.2)
HeatMapDisplay.from_cube(part)
plt.show()

# %%

SurfacesDisplay.from_cube(
    cube, parameters=["conv1_n_filters", "conv2_n_filters", "conv1_filter_size"]
)
plt.show()

# %%
# A peak or a plateau?
# --------------------
# The gradient around each trial. Of two trials with equal scores the one with the lower
# gradient is the safer choice.

HeatMapDisplay.from_cube(part, quantity="gradient")
plt.show()

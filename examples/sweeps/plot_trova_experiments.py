"""
The experiments of Trova
========================

Which architecture reads fingerprints best, and would its neighbours have done as well?
Silkin (2024) runs exhaustive sweeps with two objectives, the score and its gradient.
Here is one of twelve networks: plan, sweep, views, confusion matrices and
tables. The figures of a published one, with 48 networks, are in :doc:`/sweeps`.
"""

# %%
# The published plans
# -------------------
# All four are in the package:

# sphinx_gallery_thumbnail_number = 6
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
from skseisfp.plotting import (
    ArchitectureDisplay,
    CubeDisplay,
    CurvesDisplay,
    HeatMapDisplay,
    ParetoDisplay,
)
from skseisfp.sweep import ExperimentPlan, ResultCube, SweepSearchCV

for number in range(1, 5):
    published = ExperimentPlan.published(f"experiment {number}")
    print(f"{published.name}: {len(published)} networks")
print(published.to_toml())

# %%
# A plan
# ------
# Ranges are written as ``"min:step:max"``. The plan finds what is impossible before
# anything runs.

bunch = make_seismograms(150, random_state=0)
rate = bunch.sampling_rate
pipeline = Pipeline(
    [
        ("filter", AdaptiveHighpassFilter(sampling_rate=rate)),
        (
            "fingerprint",
            FingerprintTransformer(sampling_rate=rate, f_min=0.5, shape=(32, 32)),
        ),
        (
            "classifier",
            FingerprintClassifier(max_epochs=6, lr=3e-3, device="cpu", random_state=0),
        ),
    ]
)
plan = ExperimentPlan(
    {
        "classifier__module__conv1_filter_size": "2:1:4",
        "classifier__module__conv2_n_filters": "8:16:24",
        "classifier__module__dropout2_p": "0.2:0.3:0.5",
    },
    name="twelve networks",
)
print(len(plan), "trials; impossible:", len(plan.check(pipeline)))

# %%
# The sweep
# ---------
# Folds never split an event. Filters and fingerprints are the same in all trials and
# are computed once. With ``store="sweep.db"`` every finished fit would be stored at
# once.

search = SweepSearchCV(
    pipeline,
    plan,
    scoring=event_roc_auc,
    cv=StratifiedGroupKFold(2, shuffle=True, random_state=0),
    refit=False,
)
search.fit(bunch.data, bunch.target, groups=bunch.groups)
cube = ResultCube.from_search(search)

# %%
# Tables
# ------
# One row a trial: mean and spread of the score, and its gradient, which is how steep
# the score is around the trial. ``cube.to_csv("sweep.csv")`` writes every fit.

table = pd.DataFrame(
    {
        "mean": cube.values().to_series(),
        "spread": cube.std().to_series(),
        "gradient": cube.gradient().to_series(),
    }
)
table.index.names = ["filter size", "filters", "dropout"]
print(table.sort_values("mean", ascending=False).round(3))

# %%
# How much each parameter matters, per step of the plan:

print(cube.sensitivity().round(3))

# %%
# Two objectives
# --------------
# A high score and a low gradient: on the front are the trials that no other one
# exceeds in both.

ParetoDisplay.from_cube(cube)
plt.show()

# %%

print(cube.pareto().round(3).to_string())

# %%
# Views
# -----
# Of three variables:

CubeDisplay.from_cube(cube)
plt.show()

# %%
# The gradient of the same:

CubeDisplay.from_cube(cube, quantity="gradient")
plt.show()

# %%
# Of two variables, one map for each value of the third:

HeatMapDisplay.from_cube(cube)
plt.show()

# %%
# Of one variable, through the best trial. Four are in
# :doc:`/gallery/sweeps/plot_cube_in_four_variables`.

CurvesDisplay.from_cube(cube, parameters=["conv1_filter_size"])
plt.show()

# %%
# A confusion matrix for each trial
# ---------------------------------
# Every fit has stored its matrices, by record and by event. Here are events, of both
# folds: rows are true classes, columns predicted ones.

classes = [str(name) for name in cube.dataset["true_class"].to_numpy()]
short = [name.replace("_blast", "")[:6] for name in classes]
figure, axes = plt.subplots(3, 4, figsize=(9, 6.6), layout="constrained")
for ax, trial in zip(axes.flat, plan, strict=True):
    matrix = cube.confusion(by="event", **trial)
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.to_numpy().sum(axis=1).max())
    for true in range(len(classes)):
        for predicted in range(len(classes)):
            count = int(matrix.iloc[true, predicted])
            dark = count > matrix.to_numpy().sum(axis=1).max() / 2
            ax.text(
                predicted,
                true,
                count,
                ha="center",
                va="center",
                color="w" if dark else "k",
            )
    size, filters, dropout = (trial[name] for name in cube.parameters)
    mean = float(cube.values().sel(trial))
    ax.set_title(
        f"size {size:g}, {filters:g} filters\ndropout {dropout:g}: AUC {mean:.2f}",
        fontsize="small",
    )
    ax.set_xticks(range(len(classes)), short, fontsize="small")
    ax.set_yticks(range(len(classes)), short, fontsize="small")
figure.supylabel("True class")
figure.supxlabel("Predicted class")
plt.show()

# %%
# The network of the best trial
# -----------------------------
# Which of these is the best on other events, a score on the events of the sweep cannot
# say: :doc:`/gallery/evaluation/plot_nested_evaluation` shows what can.

ArchitectureDisplay.from_cube(cube, input_shape=(1, 32, 32))
plt.show()

# %%
# ``plotting.write_report(cube, "sweep.html")`` writes a page on which the cube can be
# rotated and every trial opened. It needs no internet.

"""
The score of a selection among many pipelines
=============================================

The best score of many pipelines on the same events is part luck, part skill. Nested
cross-validation scores the whole selection instead: in every outer fold the pipeline is
selected by inner folds of the training events, and the test events only score it. Here
a selection is scored with the true labels, and with labels that were shuffled over the
events, where nothing can be learnt.
"""

# %%
# A search space
# --------------
# Generated records of 70 events in strong noise. Everything that might be selected is a
# dimension of the space: the representation, the window, the head and its setting.
# Representations that use one record at a time and learn nothing may be computed once,
# before the folds.

from functools import partial
from itertools import product
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression

from skseisfp import FingerprintTransformer
from skseisfp.datasets import make_seismograms
from skseisfp.metrics import event_labels
from skseisfp.model_selection import nested_evaluation


class Choice(NamedTuple):
    """A name of the search space; its parts are dimensions."""

    head: str
    image: str
    seconds: int


bunch = make_seismograms(
    140,
    classes=("earthquake", "quarry_blast"),
    records_per_event=2,
    noise_level=5,
    random_state=0,
)
heads = {
    "trees": (
        ExtraTreesClassifier(15, class_weight="balanced"),
        {"min_samples_leaf": [1, 5]},
    ),
    "logistic": (
        LogisticRegression(class_weight="balanced", max_iter=500),
        {"C": [0.001, 0.1]},
    ),
}
space, arrays = {}, {}
for image, seconds in product(("fingerprint", "scalogram"), (20, 50)):
    transformer = FingerprintTransformer(
        sampling_rate=bunch.sampling_rate,
        f_min=1,
        f_max=16,
        window=(15, 15 + seconds),
        shape=(16, 16),
        n_coefficients=50,
    ).fit(bunch.data)
    make = transformer.transform if image == "fingerprint" else transformer.scalogram
    features = make(bunch.data).reshape(len(bunch.data), -1)
    for head, item in heads.items():
        space[Choice(head, image, seconds)] = item
        arrays[Choice(head, image, seconds)] = features
print(len(space), "names, with two settings each")

# %%
# True labels
# -----------
# The naive score is that of the best candidate on the very folds by which it was
# selected. The nested score is that of the selection.

evaluate = partial(nested_evaluation, n_splits=5, n_inner_splits=2, n_resamples=200)
result = evaluate(space, arrays, bunch.target, bunch.frame)
print(result)

# %%
# The selected candidate differs from fold to fold: many candidates are within one
# standard error of the best one, so these events cannot rank them.

columns = ["head", "image", "seconds", "inner_score", "outer_score", "n_within_se"]
result.choices[columns].round(2)

# %%
# Shuffled labels
# ---------------
# Every event gets the label of another one. The naive score is above chance
# nevertheless, and the optimism estimates how much of it is luck.

rng = np.random.default_rng(0)
labels = event_labels(bunch.target, bunch.groups)
shuffled = pd.Series(rng.permutation(labels), index=labels.index).loc[bunch.groups]
by_chance = evaluate(space, arrays, shuffled.to_numpy(), bunch.frame)
print(by_chance)

# %%
# Each dot is a candidate. The best of them is the naive score; the band is the interval
# of the nested one.

figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, title, one in zip(
    axes, ("true labels", "shuffled labels"), (result, by_chance), strict=True
):
    table = one.candidates
    ax.axhline(0.5, color="#9aa5b1", linestyle=":")
    ax.axhspan(one.score.low, one.score.high, color="#0b7fab", alpha=0.15)
    ax.axhline(one.score.score, color="#0b7fab", label="nested score")
    ax.plot(table["inner_score"], table["score"], "o", color="#495057", alpha=0.7)
    ax.plot(
        table["inner_score"].iloc[0],
        one.naive.score,
        "D",
        color="#d1495b",
        markersize=9,
        label="naive score: the best one",
    )
    ax.set_title(title)
    ax.set_xlabel("mean inner score of a candidate")
axes[0].set_ylabel("event AUC over the outer folds")
axes[1].legend(frameon=False, loc="upper left")

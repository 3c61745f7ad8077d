"""
Why events must not be split
============================

Records of one event resemble each other, and views of one record even more. A
validation that has them on both sides measures memory, not recognition. Here the labels
of whole events are shuffled: nothing can be learnt, and an honest score is that of
chance.
"""

# %%
# Fingerprints with shuffled labels
# ---------------------------------
# Every event gets the class of another one. Each record has five views.

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skseisfp import (
    FilterAugmenter,
    FingerprintTransformer,
    MultiViewClassifier,
    attach_events,
)
from skseisfp.datasets import make_seismograms
from skseisfp.metrics import event_accuracy, event_labels
from skseisfp.plotting import EventScoresDisplay

bunch = make_seismograms(240, random_state=0)
rng = np.random.default_rng(0)
true_class = event_labels(bunch.target, bunch.groups)
shuffled_class = pd.Series(rng.permutation(true_class), index=true_class.index)
y = shuffled_class.loc[bunch.groups].to_numpy()

views = make_pipeline(
    FilterAugmenter(sampling_rate=bunch.sampling_rate),
    FingerprintTransformer(
        sampling_rate=bunch.sampling_rate, f_min=0.5, flatten=True, n_coefficients=400
    ),
).fit_transform(bunch.data)
print("records, views, features:", views.shape)

# %%
# Three validations
# -----------------
# The nearest neighbour memorises every row of the training set.
#
# 1. Views as rows: five rows a record, split at random. The nearest neighbour of a view
#    is another view of the same record.
# 2. Records split at random: a neighbour may be the same event at another station.
# 3. Whole events: there is nothing to memorise.

n_records, n_views, n_features = views.shape
nearest = KNeighborsClassifier(n_neighbors=1, metric="cosine")
by_view = MultiViewClassifier(nearest)
at_random = KFold(5, shuffle=True, random_state=0)

rows = cross_val_predict(
    nearest,
    views.reshape(-1, n_features),
    np.repeat(y, n_views),
    cv=at_random,
    method="predict_proba",
)
probabilities = {
    "views as rows,\nsplit at random": np.asarray(rows)
    .reshape(n_records, n_views, -1)
    .mean(axis=1),
    "records\nsplit at random": cross_val_predict(
        by_view, views, y, cv=at_random, method="predict_proba"
    ),
    "events kept whole": cross_val_predict(
        by_view, views, y, groups=bunch.groups, cv=GroupKFold(5), method="predict_proba"
    ),
}
EventScoresDisplay.from_predictions(
    y, probabilities, bunch.groups, metric="accuracy", chance=1 / 3, random_state=0
)

# %%
# Only the last one is correct: nothing was learnt. In skseisfp views are an axis, not
# rows, so the first mistake cannot happen. An event scorer raises an error when it does
# not get the events. How the records were split it cannot see; ``check_folds`` can:

try:
    event_accuracy(by_view.fit(views, y), views, y)
except ValueError as error:
    print(str(error)[:64], "...")

# %%
# With the events as the index of ``y`` it counts events, in any tool of scikit-learn;
# labels that loaders return carry them from the start:

y_by_event = attach_events(y, bunch.groups)
scores = cross_val_score(
    by_view,
    views,
    y_by_event,
    groups=bunch.groups,
    cv=GroupKFold(5),
    scoring=event_accuracy,
)
print(scores.round(2))

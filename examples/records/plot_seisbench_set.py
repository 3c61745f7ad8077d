"""
A SeisBench data set
====================

Data sets in the format of SeisBench, such as PNW with its explosions, are read with
their events, labels and splits. One of synthetic records is written here first.
"""

# %%
# Writing
# -------
# Whole events, never single records, go to the splits of the data set.

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from skseisfp import FingerprintTransformer, event_train_test_split, make_seismograms
from skseisfp.datasets import load_seisbench, save_seisbench
from skseisfp.metrics import aggregate_events, event_balanced_accuracy
from skseisfp.plotting import ConfusionMarginsDisplay

temporary = TemporaryDirectory()
folder = Path(temporary.name) / "mine"
drawn = make_seismograms(400, random_state=0)
rows = np.arange(len(drawn.data))
_, test_rows, *_ = event_train_test_split(
    rows, drawn.target, test_size=0.3, random_state=0
)
drawn.frame["split"] = np.where(np.isin(rows, test_rows), "test", "train")
save_seisbench(drawn, folder, chunk_size=200)
print(sorted(file.name for file in folder.iterdir()))

# %%
# Reading
# -------
# Only the requested part is read: a split, a window around the P arrival, one rate.
# `EVENT_TYPES` or a table of your own maps values of `source_type` to labels.

labels = {
    "earthquake": "earthquake",
    "quarry_blast": "explosion",
    "mine_blast": "explosion",
}
options = {
    "labels": labels,
    "sampling_rate": 40.0,
    "window": (-5.0, 27.0),
    "align": "P",
}
train = load_seisbench(folder, split="train", **options)
test = load_seisbench(folder, split="test", **options)
print(train.DESCR)
train.frame[["record_id", "event_id", "station", "split", "p_arrival"]].head()

# %%
# Learning
# --------
# One prediction for each event, from all of its stations. The labels that a reader
# returns carry their events.

model = make_pipeline(
    FingerprintTransformer(sampling_rate=40.0, f_min=0.5, flatten=True),
    ExtraTreesClassifier(300, class_weight="balanced", random_state=0),
)
model.fit(train.data, train.target)
accuracy = event_balanced_accuracy(model, test.data, test.target)
print(f"balanced accuracy of {test.target.index.nunique()} events: {accuracy:.2f}")

# %%
# Events of the test split, by the mean of the probabilities of their stations:

events = aggregate_events(
    model.predict_proba(test.data),
    test.groups,
    classes=model.classes_,
    y_true=test.target,
)
ConfusionMarginsDisplay.from_predictions(events["label"], events["prediction"])
temporary.cleanup()

"""
The chain of Hainan
===================

How sure is an event of many stations? Zhou et al. (2025) divide events, keep records of
a sufficient signal-to-noise ratio, train a light network on random parts of these, and
let the stations of an event vote. All steps are here, on synthetic records; the network
is a reconstruction, and trained for a short time.
"""

# %%
# Records of three components
# ---------------------------
# Longer than the 90 s that the network looks at, so that random parts of them can be
# taken.

# sphinx_gallery_thumbnail_number = 2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skseisfp import make_seismograms
from skseisfp.baselines import HainanCNN
from skseisfp.ensemble import EventVoteClassifier
from skseisfp.metrics import score_table
from skseisfp.model_selection import event_train_test_split
from skseisfp.plotting import ConfusionMarginsDisplay
from skseisfp.preprocessing import WaveformAugmenter, select_by_snr

bunch = make_seismograms(
    320,
    classes=("earthquake", "quarry_blast"),
    records_per_event=5,
    n_components=3,
    duration=110.0,
    noise_level=2.0,
    random_state=0,
)
print("records, components, samples:", bunch.data.shape)

# %%
# Selection by SNR
# ----------------
# A threshold that drops more of one class than of another changes what is learnt, so
# the selection comes with a report.

snr = bunch.frame["snr_db"].to_numpy()
kept, report = select_by_snr(snr, bunch.target, bunch.groups, threshold=3.0)
print(report.T)

# %%
# Events are divided, not records
# -------------------------------
# All records of an event are on the same side.

rows = np.flatnonzero(kept)
train, test, *_, id_train, id_test = event_train_test_split(
    rows, bunch.target[kept], test_size=0.4, random_state=0
)
print(len(set(id_train)), "events to train on,", len(set(id_test)), "to test;")
print("in both:", len(set(id_train) & set(id_test)))

# %%
# Random parts
# ------------
# In every epoch each record is cut at another place, shifted and made noisier in three
# of ten cases. Records to predict are cut about their middle. `HainanCNN` does so by
# itself; here is what three epochs see of one record:

loudest = rows[snr[rows].argmax()]
record = bunch.data[loudest : loudest + 1]
augmenter = WaveformAugmenter(crop=round(90 * bunch.sampling_rate))
rng = np.random.default_rng(0)
parts = [augmenter.augment(record, random_state=rng)[0, 0] for _ in range(3)]
figure, axes = plt.subplots(
    4, 1, figsize=(8, 4.6), sharex=True, sharey=True, layout="constrained"
)
traces = {"record": record[0, 0]} | {
    f"epoch {number}": part for number, part in enumerate(parts, 1)
}
for ax, (name, trace) in zip(axes, traces.items(), strict=True):
    color = "#495057" if name == "record" else "#0b7fab"
    ax.plot(np.arange(len(trace)) / bunch.sampling_rate, trace, color, linewidth=0.5)
    ax.set_title(name, loc="left", size="medium")
    ax.set_yticks([])
axes[-1].set(xlabel="Time, s", xlim=(0, record.shape[-1] / bunch.sampling_rate))
plt.show()

# %%
# The network and the vote
# ------------------------
# Each station has one vote, for its more probable class.

network = HainanCNN(
    sampling_rate=bunch.sampling_rate,
    max_epochs=20,
    lr=3e-3,
    early_stopping=False,
    device="cpu",
    random_state=0,
)
chain = EventVoteClassifier(network, vote="majority")
chain.fit(bunch.data[train], bunch.target.iloc[train])
probability = chain.estimator_.predict_proba(bunch.data[test])
events = chain.predict_events(bunch.data[test], groups=id_test)
print(events.head())

# %%
# By record, and by event after the vote of its stations, with 95 % intervals over
# events:

scores = score_table(
    bunch.target.iloc[test],
    probability,
    id_test,
    metrics=["balanced_accuracy"],
    random_state=0,
)
print(scores.round(2))

# %%
# The stations of each event
# --------------------------
# A dot is the probability of a blast at a station, a diamond the share of the votes of
# an event: above one half it is called a blast.

column = list(chain.classes_).index("quarry_blast")
votes = pd.DataFrame({"event": id_test, "probability": probability[:, column]})
votes["vote"] = votes["probability"] > 0.5
truth = bunch.target.iloc[test].groupby(level="event_id").first()
shares = votes.groupby("event")["vote"].mean()
order = pd.DataFrame({"truth": truth, "share": shares})
order = order.sort_values(["truth", "share"]).reset_index(names="event")
place = pd.Series(order.index, index=order["event"])
figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.axhline(0.5, color="#9aa5b1", linestyle=":")
for label, color in {"earthquake": "#0b7fab", "quarry_blast": "#d1495b"}.items():
    of_class = order[order["truth"] == label]
    own = votes[votes["event"].isin(list(of_class["event"]))]
    name = label.replace("_", " ")
    ax.plot(
        place[own["event"]],
        own["probability"],
        ".",
        color=color,
        alpha=0.5,
        label=f"{name}, a station",
    )
    ax.plot(
        of_class.index,
        of_class["share"],
        "D",
        color=color,
        mfc="none",
        label=f"{name}, event",
    )
ax.set(xlabel="Events of the test", ylabel="Probability, or share of votes", xticks=[])
figure.legend(loc="outside upper center", ncols=4, frameon=False)
plt.show()

# %%
# Events after the vote:

ConfusionMarginsDisplay.from_predictions(
    truth.loc[list(events.index)], events["prediction"], labels=chain.classes_
)
plt.show()

# %%
# :class:`~skseisfp.ensemble.EventVoteClassifier` has other votes, too: ``vote="snr"``
# gives weak stations less weight.

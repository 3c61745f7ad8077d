"""
What a prediction rests on
==========================

Quarry blasts at the surface send out Rg waves, blasts in mines do not. A classifier
learns to distinguish them; which bands and seconds does it look at?
"""

# %%
# A classifier of fingerprints
# ----------------------------
# The records are synthetic. Events of the test were not trained on.

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from skseisfp import (
    FingerprintClassifier,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.inference import event_permutation_importance, explain_records
from skseisfp.plotting import ExplanationDisplay

bunch = make_seismograms(
    480, classes=("quarry_blast", "mine_blast"), noise_level=0.3, random_state=0
)
folds = StratifiedGroupKFold(4).split(bunch.data, bunch.target, bunch.groups)
train, test = next(folds)
transformer = FingerprintTransformer.from_preset(
    "two_plane_linear", sampling_rate=bunch.sampling_rate, f_min=0.5
)
network = FingerprintClassifier.from_preset(
    "two_plane_linear", max_epochs=15, device="cpu", random_state=0
)
pipeline = make_pipeline(transformer, network)
pipeline.fit(bunch.data[train], bunch.target.iloc[train])
accuracy = pipeline.score(bunch.data[test], bunch.target.iloc[test])
print(f"accuracy by record: {accuracy:.2f}")

# %%
# One blast
# ---------
# The gradient of the network goes back through the Haar transform to the scalogram.
# Orange cells speak for a quarry blast. Rg comes after S, below 2 Hz.

is_blast = bunch.target.iloc[test] == "quarry_blast"
blasts = test[is_blast.to_numpy()]
explanation = explain_records(
    pipeline, bunch.data[blasts], target="quarry_blast", windows=18
)
surest = int(np.argmax(explanation.log_odds))
arrivals = {name: bunch.frame[name].iloc[blasts] for name in ("p_arrival", "s_arrival")}
ExplanationDisplay.from_explanation(
    explanation, bunch.data[blasts], record=surest, **arrivals
)

# %%
# The same by occlusion
# ---------------------
# Cells of the record are brought down to the quiet level of their band, and the record
# is predicted again. This needs no network, and takes longer.

row = blasts[surest : surest + 1]
occluded = explain_records(
    pipeline,
    bunch.data[row],
    method="occlusion",
    target="quarry_blast",
    windows=18,
    random_state=0,
)
ExplanationDisplay.from_explanation(
    occluded,
    bunch.data[row],
    **{name: bunch.frame[name].iloc[row] for name in arrivals},
)

# %%
# All events
# ----------
# The content of bands and phases is exchanged between events. The more the event AUC
# falls, the more the classifier rests on it. Delays of charges differ, too, between
# quarries and mines, and show above the band of Rg.

for by in ("band", "phase"):
    result = event_permutation_importance(
        pipeline,
        bunch.data[test],
        bunch.target.iloc[test],
        bunch.groups[test],
        by=by,
        **{name: bunch.frame[name].iloc[test] for name in arrivals},
        n_repeats=3,
        random_state=0,
    )
    print(result.frame.round(3).to_string(), end="\n\n")

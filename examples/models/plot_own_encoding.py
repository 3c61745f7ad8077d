"""
An encoding of your own
=======================

Is it the coarse or the fine coefficients of a fingerprint that distinguish blasts from
earthquakes? An encoding is a class with two methods; here is one that puts coarse and
fine signs on planes of their own, so that each can be left out.
"""

# %%
# The class
# ---------
# `encode` gets the coefficients that are kept, zeros elsewhere, and returns the planes;
# `decode` returns the signs. The names of the planes are all else that is needed:
# shapes of fingerprints and names of features follow. Define the class in a module of
# your own where fitted pipelines are saved.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from skseisfp import FingerprintTransformer, make_seismograms
from skseisfp.plotting import EventScoresDisplay
from skseisfp.signal import Encoding


class ByScale(Encoding):
    """Signs of coarse coefficients on one plane, those of fine ones on the other.

    Parameters
    ----------
    edge : int
        First row and column of the fine coefficients.
    """

    plane_names = ("coarse", "fine")
    dtype = np.int8

    def __init__(self, edge=16):
        self.edge = edge

    def encode(self, kept):
        """Return the two planes of signs."""
        rows, columns = np.indices(kept.shape[-2:])
        coarse = (rows < self.edge) & (columns < self.edge)
        signs = np.sign(kept).astype(np.int8)
        return np.stack([signs * coarse, signs * ~coarse], axis=-3)

    def decode(self, planes):
        """Return the signs of both planes."""
        return planes.sum(axis=-3, dtype=np.int8)


# %%
# Fingerprints with it
# --------------------
# It is a parameter, as the encodings that have a name are.

bunch = make_seismograms(
    240, classes=("earthquake", "quarry_blast"), noise_level=3, random_state=0
)
settings = {"sampling_rate": bunch.sampling_rate, "f_min": 0.5}
transformer = FingerprintTransformer(**settings, encoding=ByScale(edge=16))
fingerprints = transformer.fit_transform(bunch.data)[:, 0]  # of the one component
print("records, planes, rows, columns:", fingerprints.shape)
counts = np.abs(fingerprints).sum(axis=(2, 3)).mean(axis=0)
print(
    "coefficients on each plane:",
    dict(zip(ByScale.plane_names, counts.round().tolist(), strict=True)),
)

flat = FingerprintTransformer(**settings, encoding=ByScale(), flatten=True)
print(flat.fit(bunch.data[:2]).get_feature_names_out()[[0, -1]])

# %%
# The planes of one record, and all of it. Blue is negative, red is positive:

row = int(bunch.frame["snr_db"].to_numpy().argmax())
panels = {
    **dict(zip(ByScale.plane_names, fingerprints[row], strict=True)),
    "decoded": ByScale().decode(fingerprints[row]),
}
figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True, layout="constrained")
for ax, (name, plane) in zip(axes, panels.items(), strict=True):
    ax.imshow(plane, cmap="coolwarm", vmin=-1, vmax=1, origin="lower")
    ax.set_title(f"{name}: {np.abs(plane).sum()} coefficients", loc="left")
    ax.set_xlabel("Haar coefficients in time")
axes[0].set_ylabel("in frequency")
plt.show()

# %%
# Coarse or fine?
# ---------------
# The same forest on either plane, on both, and on the encoding of the package, in folds
# that keep events whole. Bars are 95 % intervals over events: where they overlap, these
# events cannot rank the inputs.

forest = ExtraTreesClassifier(200, min_samples_leaf=3, random_state=0)
inputs = {
    "coarse plane": fingerprints[:, 0],
    "fine plane": fingerprints[:, 1],
    "both planes": fingerprints,
    '"signed"': FingerprintTransformer(**settings).fit_transform(bunch.data),
}
probabilities = {
    name: np.asarray(
        cross_val_predict(
            forest,
            planes.reshape(len(planes), -1),
            bunch.target,
            groups=bunch.groups,
            cv=StratifiedGroupKFold(5, shuffle=True, random_state=0),
            method="predict_proba",
        )
    )
    for name, planes in inputs.items()
}
EventScoresDisplay.from_predictions(
    bunch.target, probabilities, bunch.groups, chance=0.5, random_state=0
)
plt.show()

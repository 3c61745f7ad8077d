"""
From a seismogram to its fingerprint
====================================

A record of a quarry blast goes through every step: its noise is removed, its scalogram
is transformed, and the largest coefficients are kept. The result, 4,096 points with 200
signs among them, still shows the event.
"""

# %%
# The record
# ----------
# One station has recorded a blast under heavy low-frequency noise. P arrives after
# some 20 seconds.

# sphinx_gallery_thumbnail_number = 5
import matplotlib.pyplot as plt
import numpy as np

from skseisfp import AdaptiveHighpassFilter, FilterAugmenter, FingerprintTransformer
from skseisfp.datasets import make_seismograms
from skseisfp.plotting import CutoffDisplay, FingerprintDisplay

bunch = make_seismograms(240, random_state=0)
rate = bunch.sampling_rate
blasts = bunch.frame[bunch.frame["event_type"] == "quarry_blast"]
row = blasts["snr_db"].sub(12).abs().idxmin()
record = bunch.data[row : row + 1]
seconds = np.arange(record.shape[1]) / rate

# %%
# The cut-off
# -----------
# Low-frequency noise is there all the time, an event is not. The filter looks for the
# frequency below which there is more noise, above which more signal. Dashed are the
# cut-offs of the views that augment the record: the same seismogram, filtered a little
# too low and too high.

augmenter = FilterAugmenter(sampling_rate=rate)
CutoffDisplay.from_estimator(augmenter, record)

# %%
# The record before and after the filter:

filtered = AdaptiveHighpassFilter(sampling_rate=rate).fit_transform(record)
figure, axes = plt.subplots(
    2, 1, figsize=(9, 3.6), sharex=True, sharey=True, layout="constrained"
)
for ax, trace, title in zip(
    axes, (record[0], filtered[0]), ("as recorded", "filtered"), strict=True
):
    ax.plot(seconds, trace, linewidth=0.6, color="#0b7fab")
    ax.set_title(title, loc="left", size="medium")
axes[-1].set(xlabel="Time, s", xlim=(0, seconds[-1]))
figure.supylabel("Velocity, nm/s", size="medium")

# %%
# The scalogram and its Haar coefficients
# ---------------------------------------
# The scalogram has logarithmic frequencies, so that rows are equal parts of an octave.
# Its two-dimensional Haar transform sorts what is in the image by scale: coarse shapes
# at the lower left, single pixels at the upper right. Nearly all of it is small.

transformer = FingerprintTransformer(sampling_rate=rate, f_min=0.5).fit(filtered)
FingerprintDisplay.from_estimator(transformer, filtered, kind="scalogram")

# %%
# How much of the image is in its largest coefficients:

coefficients = np.sort(np.abs(transformer.haar_coefficients(filtered)[0].ravel()))[::-1]
energy = np.cumsum(coefficients[1:] ** 2) / np.sum(coefficients[1:] ** 2)
kept = transformer.n_coefficients
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.semilogx(np.arange(1, len(energy) + 1), energy, color="#0b7fab")
ax.axvline(kept, color="#d1495b", linestyle="--")
ax.annotate(
    f"{kept} coefficients: {energy[kept - 1]:.0%}",
    (kept, energy[kept - 1]),
    (-8, -30),
    textcoords="offset points",
    ha="right",
    va="top",
)
ax.set(xlabel="Coefficients kept, largest first", ylabel="Share of the energy")

# %%
# The fingerprint
# ---------------
# Of the 200 largest coefficients only the place and the sign are kept. Gain, polarity,
# offset and linear drift of the record leave no trace in it.

FingerprintDisplay.from_estimator(transformer, filtered)

louder = transformer.transform(-5 * filtered + 100)
print("same fingerprint:", np.array_equal(louder, transformer.transform(filtered)))
print(
    f"smaller than the record by a factor of {transformer.compression_['record']:.0f}"
)

# %%
# Reconstruction
# --------------
# The inverse transform of the signs alone shows how much of the event is preserved.

FingerprintDisplay.from_estimator(transformer, filtered, kind="inverse")

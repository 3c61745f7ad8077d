"""
Out of Python, or out of this package
=====================================

Does a discriminator predict the same on a machine that has neither this package nor
scikit-learn nor torch? It is written as files for NumPy and ONNX Runtime, and runs here
as a program of its own.
"""

# %%
# A discriminator
# ---------------
# Trained on synthetic records. What it was made for, its contract, goes with it.

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline

from skseisfp import FingerprintTransformer, event_train_test_split, make_seismograms
from skseisfp.inference import EventDiscriminator, export_onnx, write_demo

bunch = make_seismograms(
    200, classes=("earthquake", "quarry_blast"), noise_level=2, random_state=0
)
X, X_new, y, _, event_id, _ = event_train_test_split(
    bunch.data, bunch.target, random_state=0
)
pipeline = make_pipeline(
    FingerprintTransformer(
        sampling_rate=bunch.sampling_rate, f_min=0.5, shape=(32, 32), flatten=True
    ),
    ExtraTreesClassifier(100, min_samples_leaf=3, random_state=0),
)
discriminator = EventDiscriminator(
    pipeline, units="counts", sampling_rate=bunch.sampling_rate, random_state=0
).fit(X, y, groups=event_id)

# %%
# As files
# --------
# The model is compared with the classifier before it is written.

temporary = TemporaryDirectory()
folder = export_onnx(discriminator, Path(temporary.name) / "exported")
for path in sorted(folder.iterdir()):
    print(f"{path.name:20} {path.stat().st_size / 1e3:8.1f} kB")
settings = json.loads((folder / "fingerprint.json").read_text())
print(sorted(settings))

# %%
# As a program
# ------------
# One line of JSON for each record:

np.save(folder / "records.npy", X_new)
command = [
    sys.executable,
    str(folder / "run_fingerprint.py"),
    str(folder / "records.npy"),
    "--sampling-rate",
    f"{bunch.sampling_rate:g}",
    "--units",
    "counts",
]
done = subprocess.run(command, capture_output=True, text=True, check=True)
lines = [json.loads(line) for line in done.stdout.splitlines()]
print(json.dumps(lines[0], indent=2))

# %%
# The same probabilities
# ----------------------
# Each dot is a record, by itself, of an event that was not trained on. Above, the
# probabilities on both ways; below, their difference.

column = list(discriminator.classes_).index("quarry_blast")
here = discriminator.predict_proba(X_new, groups=np.arange(len(X_new)))[:, column]
there = np.array([line["probabilities"]["quarry_blast"] for line in lines])
figure, (upper, lower) = plt.subplots(
    2,
    1,
    figsize=(6, 5),
    height_ratios=(3, 1),
    sharex=True,
    layout="constrained",
)
upper.plot([0, 1], [0, 1], color="#9aa5b1", linestyle=":")
upper.plot(here, there, "o", color="#0b7fab", alpha=0.6)
upper.set(ylabel="ONNX Runtime, no package", title="Probability of a quarry blast")
lower.plot(here, (there - here) * 1e6, "o", color="#d1495b", alpha=0.6)
lower.set(xlabel="skseisfp", ylabel="Difference, $10^{-6}$")
plt.show()
print("largest difference below 1e-5:", np.abs(there - here).max() < 1e-5)

# %%
# As a page
# ---------
# :func:`~skseisfp.inference.write_demo` writes a page for a browser that computes
# record, scalogram, fingerprint and prediction by itself. It needs the files of
# onnxruntime-web, which two commands fetch once::
#
#     npm pack onnxruntime-web@1.30.0
#     tar xzf onnxruntime-web-1.30.0.tgz
#
# Where the folder ``package`` is there, the page is written here. :doc:`/deployment`
# shows more.

if Path("package").is_dir():
    print(write_demo(discriminator, Path(temporary.name) / "demo", runtime="package"))
temporary.cleanup()

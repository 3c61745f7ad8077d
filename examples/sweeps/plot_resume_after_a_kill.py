"""
A sweep that was killed
=======================

The power fails in the middle of a sweep. What is lost? Here a sweep runs as a process
of its own, is killed without warning, and is started again: every finished fit is in
its store, and none is computed twice.
"""

# %%
# A script
# --------
# Nothing in it is about resuming: ``store=`` is all. It prints a line whenever a fit is
# done.

import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np

from skseisfp.sweep import ResultCube

SCRIPT = '''
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedGroupKFold

from skseisfp import FingerprintTransformer, make_seismograms
from skseisfp.metrics import event_roc_auc
from skseisfp.sweep import ExperimentPlan, SweepSearchCV


def score(estimator, X, y):
    """Return the event AUC, and say that the fit is done."""
    print("done", flush=True)
    return event_roc_auc(estimator, X, y)


bunch = make_seismograms(120, random_state=0)
transformer = FingerprintTransformer(sampling_rate=40, f_min=0.5, flatten=True)
search = SweepSearchCV(
    ExtraTreesClassifier(100, random_state=0),
    ExperimentPlan(
        {"min_samples_leaf": "1:2:5", "max_features": [0.01, 0.05, 0.2]}
    ),
    scoring=score,
    cv=StratifiedGroupKFold(2),
    store="sweep.db",
)
print("begun", flush=True)
search.fit(transformer.fit_transform(bunch.data), bunch.target, groups=bunch.groups)
'''

temporary = TemporaryDirectory()
folder = Path(temporary.name)
(folder / "my_sweep.py").write_text(SCRIPT)


def run(kill_after=None):
    """Run the script, and kill it after so many fits; return the times of its fits."""
    process = subprocess.Popen(
        [sys.executable, "my_sweep.py"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    done, begun = [], time.perf_counter()
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "begun\n":
                begun = time.perf_counter()
            else:
                done.append(time.perf_counter() - begun)
                if len(done) == kill_after:
                    process.send_signal(signal.SIGKILL)
    return done, process.returncode


# %%
# Killed
# ------
# After seven of eighteen fits it gets SIGKILL, which no program can catch.

first, status = run(kill_after=7)
print("exit status:", status)
cube = ResultCube.from_store(folder / "sweep.db")
stored = int(np.isfinite(cube.dataset[cube.main_metric]).sum())
print(f"{len(first)} fits done, {stored} in the store")

# %%
# The store can be read while a sweep is running, too. Missing fits are NaN:

print(cube.values(partial=True).round(3).to_pandas())

# %%
# Started again
# -------------
# The same script. A fit that was not in the store yet is run again; all others are
# taken from there.

second, status = run()
print("exit status:", status)
cube = ResultCube.from_store(folder / "sweep.db")
n_fits = cube.dataset[cube.main_metric].size
print(f"{stored} + {len(second)} = {n_fits} fits")
assert stored + len(second) == n_fits

# %%
# And once more: nothing is left to do.

third, status = run()
print(f"exit status: {status}; {len(third)} fits")
print(cube.values().round(3).to_pandas())

# %%
# What each start has done
# ------------------------
# Every square is a fit of the plan.

figure, ax = plt.subplots(figsize=(7.5, 2.6), layout="constrained")
for start, (begin, end, lost) in enumerate(
    [(0, stored, len(first) - stored), (stored, n_fits, 0), (n_fits, n_fits, 0)]
):
    taken, new = np.arange(begin), np.arange(begin, end)
    for fits, color, name in (
        (taken, "#c9d3dc", "taken from the store"),
        (new, "#0b7fab", "computed"),
        (np.arange(end, end + lost), "#d1495b", "lost: killed before it was stored"),
    ):
        label = name if len(fits) else ""
        ax.scatter(
            fits + 1,
            np.full(len(fits), start),
            140,
            color,
            marker="s",
            label=label,
        )
ax.set_yticks(range(3), ["first start, killed", "second start", "third start"])
ax.set_xticks(range(1, n_fits + 1))
ax.set(xlabel="Fit", ylim=(2.6, -0.6))
handles, labels = ax.get_legend_handles_labels()
named = dict(zip(labels, handles, strict=True))
figure.legend(named.values(), named, loc="outside upper center", ncols=3, frameon=False)
plt.show()
temporary.cleanup()

"""
Two hundred looks at the same events
====================================

Labels that are shuffled by event cannot be predicted: the true AUC of any classifier
is 0.5. The best of 200 classifiers on the same events has about 0.7 nevertheless. A
ledger counts the looks and corrects the best score for their number.
"""

# %%
# Events without anything to learn
# --------------------------------
# Eighty events of three records with a hundred features each. Twenty events, drawn at
# random, are called blasts.

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from skseisfp.model_selection import EvaluationLedger, SealedSetError

rng = np.random.default_rng(0)
event_id = np.repeat([f"event {number:02d}" for number in range(80)], 3)
X = np.repeat(rng.normal(size=(80, 100)), 3, axis=0) + rng.normal(size=(240, 100))
y = np.repeat(rng.permutation(["blast"] * 20 + ["quake"] * 60), 3)

# %%
# Two hundred looks
# -----------------
# Each look takes other features. The folds keep events whole, and every prediction is
# made out of fold: no single look is wrong.

folder = TemporaryDirectory()
ledger = EvaluationLedger(Path(folder.name) / "looks.db")
folds = list(StratifiedGroupKFold(5).split(X, y, event_id))
classifier = LinearDiscriminantAnalysis()
for _ in range(200):
    features = np.sort(rng.choice(100, rng.integers(2, 6), replace=False))
    predicted = cross_val_predict(
        classifier, X[:, features], y, cv=folds, method="predict_proba"
    )
    ledger.look(
        y,
        np.asarray(predicted),
        event_id,
        name="shuffled",
        pipeline=classifier,
        folds=folds,
        data=X[:, features],
        label=f"features {', '.join(map(str, features))}",
    )

# %%
# The corrected score
# -------------------
# Taken for the only one, the best look is above chance. The ledger permutes the labels
# of the events against all looks at once, and allows for training out of fold:

report = ledger.report("shuffled")
print(report)

# %%
# The best score grows with the number of looks, and so does that of chance. The
# corrected interval contains the true score however many looks there are.

numbers = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 140, 200]
reports = [ledger.report("shuffled", n_looks=n, n_resamples=1000) for n in numbers]
best = np.array([step.best_score for step in reports])
bound = np.array([step.chance_bound for step in reports], dtype=float)
alone = np.array([step.interval[1:] for step in reports if step.interval]).T
corrected = [step.corrected_interval for step in reports if step.corrected_interval]
corrected = np.array([interval[1:] for interval in corrected]).T

figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
axes.fill_between(numbers, *corrected, color="0.88", label="corrected 95 % interval")
axes.fill_between(
    numbers, *alone, color="peachpuff", label="interval of the best look alone"
)
axes.plot(numbers, best, "o-", label="best score so far")
axes.plot(numbers, bound, "k--", label="95 % bound for the best by chance")
axes.axhline(0.5, color="k", linewidth=0.8)
axes.text(200, 0.495, "true score", ha="right", va="top")
axes.set(xscale="log", xlabel="number of looks", ylabel="AUC by event", ylim=(0.2, 1))
axes.set_xticks(numbers, list(map(str, numbers)))
axes.minorticks_off()
figure.legend(loc="outside upper center", ncols=2, frameon=False)
plt.show()

# %%
# One look at sealed events
# -------------------------
# Events that were sealed before the first look have exactly one. The second one raises
# before any work is done, and so does a look at any other set that holds these events.

kept_id = np.repeat([f"kept {number:02d}" for number in range(40)], 3)
kept_y = np.repeat(rng.permutation(["blast"] * 10 + ["quake"] * 30), 3)
kept_records = rng.normal(size=(120, 100))
ledger.register("kept", kept_y, kept_id, seal=True)

model = classifier.fit(X, y)
predicted = model.predict_proba(kept_records)
ledger.look(
    kept_y, predicted, kept_id, pipeline=model, held_out=True, label="all features"
)
print(ledger.report("kept"))

# %%

try:
    ledger.open(kept_y, kept_id, pipeline="another one", label="a better idea")
except SealedSetError as error:
    print(error)

# %%
# The looks stay in the file:

columns = ["set", "metric", "score", "label", "recorded"]
print(ledger.looks()[columns].tail(3).to_string(index=False))
folder.cleanup()

"""Three parameter cubes in full, on the default synthetic records.

The result of a search in part of a cube can be compared with the best of all of it.
Each cube has five parameters and five folds by event; the score is the one-vs-rest area
under the ROC curve by record.

Run: python benchmarks/exhaust_cubes.py [CUBE ...]   (14 minutes on one core)
"""

import argparse
import time
from pathlib import Path

import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from skseisfp import (
    AdaptiveHighpassFilter,
    FingerprintClassifier,
    FingerprintTransformer,
    make_seismograms,
)
from skseisfp.sweep import SweepSearchCV

DATA = Path(__file__).parent / "data"
SCORE = "roc_auc_ovr"
FINGERPRINT = {
    "sampling_rate": 40,
    "f_min": 0.5,
    "shape": (16, 16),
    "n_coefficients": 60,
}
GRIDS = {
    "fingerprint": {
        "fingerprinttransformer__f_min": [0.25, 0.5, 1.0, 2.0, 4.0],
        "fingerprinttransformer__f_max": [6.0, 9.0, 13.0, 20.0],
        "fingerprinttransformer__n_coefficients": [5, 10, 20, 35, 60, 90, 130],
        "fingerprinttransformer__dynamic_range_db": [30.0, 60.0, 90.0],
        "logisticregression__C": [1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1.0],
    },
    "trees": {
        "learning_rate": [0.05, 0.1, 0.3, 0.8],
        "max_depth": [1, 2, 3, 4],
        "max_features": [0.02, 0.05, 0.1, 0.3],
        "n_estimators": [5, 10, 20, 40],
        "subsample": [0.4, 0.7, 1.0],
    },
    "cnn": {
        "module__conv1_filter_size": [1, 2, 3],
        "module__conv1_n_filters": [2, 4, 8],
        "module__dropout1_p": [0.1, 0.3, 0.5],
        "module__conv2_n_filters": [4, 8, 16],
        "lr": [1e-3, 3e-3, 1e-2],
    },
}


def make_estimators():
    """Return the estimator of each cube, and whether it takes records."""
    layers = {"conv1_padding": 0, "check_rules": False}
    return {
        "fingerprint": make_pipeline(
            FingerprintTransformer(**FINGERPRINT, flatten=True),
            LogisticRegression(max_iter=300),
        ),
        "trees": GradientBoostingClassifier(random_state=0),
        "cnn": FingerprintClassifier(
            max_epochs=4,
            device="cpu",
            random_state=0,
            **{f"module__{name}": value for name, value in layers.items()},
        ),
    }


def exhaust(name, records, fingerprints, y, groups):
    """Score all trials of a cube on all folds; return a table, one row a trial."""
    estimator = make_estimators()[name]
    X = {"fingerprint": records, "cnn": fingerprints}.get(name)
    X = fingerprints.reshape(len(fingerprints), -1) if X is None else X
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    search = SweepSearchCV(
        estimator, GRIDS[name], scoring=SCORE, cv=folds, refit=False
    ).fit(X, y, groups=groups)
    table = pd.DataFrame(search.cv_results_["params"])[list(GRIDS[name])]
    for fold in range(search.n_splits_):
        table[f"fold_{fold}"] = search.cv_results_[f"split{fold}_test_score"].round(6)
    return table.sort_values(list(GRIDS[name]), ignore_index=True)


def read_cube(name):
    """Return the table of an exhausted cube."""
    return pd.read_csv(DATA / f"cube_{name}.csv")


def main():
    """Exhaust the cubes and keep them as tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cubes", nargs="*", default=list(GRIDS), metavar="CUBE")
    options = parser.parse_args()
    bunch = make_seismograms(random_state=0)
    records = AdaptiveHighpassFilter(sampling_rate=40, fallback=1.0).fit_transform(
        bunch.data
    )
    fingerprints = FingerprintTransformer(**FINGERPRINT).fit_transform(records)
    DATA.mkdir(exist_ok=True)
    for name in options.cubes:
        start = time.process_time()
        table = exhaust(name, records, fingerprints, bunch.target, bunch.groups)
        table.to_csv(DATA / f"cube_{name}.csv", index=False)
        seconds = time.process_time() - start
        best = table.filter(like="fold_").mean(axis=1).max()
        print(
            f"{name}: {len(table)} trials, best {SCORE} {best:.4f}, {seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""Result cubes made by a formula, for the tests of what is drawn from them."""

import numpy as np
import xarray as xr

from skseisfp.neural import summarize
from skseisfp.sweep import ResultCube

EVIL = "</script><b>x</b>"
FAILURE = "ValueError: <i>no</i> network"
RANGES = {
    "network__module__conv1_filter_size": [1, 2, 3],
    "network__module__conv1_n_filters": [4, 8, 16, 24],
    "network__module__pool1_size": [1, 2],
    "network__module__dropout1_p": [0.1, 0.3, 0.5],
    "network__balance": ["views", "weights"],
    "fingerprints__wavelet": ["morse", EVIL],
}
CENTRE = (1, 2, 1, 1, 0, 1)
CLASSES = ["earthquake", "mine_blast", "quarry_blast"]
N_FOLDS, N_EPOCHS = 3, 8


def make_cube(n_parameters, *, missing=(5,), kept=("confusion", "history")):
    """Make a cube over the first of `RANGES`, the best trial at `CENTRE`.

    `missing` are numbers of trials that failed, `kept` what is kept
    in addition to scores.
    """
    ranges = dict(list(RANGES.items())[:n_parameters])
    accuracy = _accuracies(ranges)
    for number in missing:
        trials = accuracy.reshape(-1, N_FOLDS)
        trials[number % len(trials)] = np.nan
    dims = (*ranges, "fold")
    data = {
        "accuracy": (dims, accuracy),
        "roc_auc": (dims, 1 - (1 - accuracy) ** 2),
        "fit_time": (dims, 2 + accuracy),
        "n_parameters": (dims, _sizes(ranges)),
        "error": (dims, np.where(np.isnan(accuracy), FAILURE, "").astype(object)),
    }
    coords = {name: (name, _labels(values)) for name, values in ranges.items()}
    coords["fold"] = range(N_FOLDS)
    if "confusion" in kept:
        counts = _counts(accuracy)
        matrix = (*dims, "true_class", "predicted_class")
        data["confusion"] = (matrix, counts)
        data["event_confusion"] = (matrix, np.floor(counts / 4))
        coords |= {"true_class": CLASSES, "predicted_class": CLASSES}
    if "history" in kept:
        loss = np.exp(-np.arange(N_EPOCHS) / 4) * (2 - accuracy[..., None])
        data["train_loss"] = ((*dims, "epoch"), loss)
        data["train_accuracy"] = ((*dims, "epoch"), 1 - loss / 3)
        stopped = np.arange(N_EPOCHS) > 5
        data["valid_loss"] = ((*dims, "epoch"), np.where(stopped, np.nan, 1.1 * loss))
    attrs = {
        "main_metric": "accuracy",
        "metrics": ["accuracy", "roc_auc"],
        "fixed": {"network__module__conv2_n_filters": 24},
    }
    return ResultCube(xr.Dataset(data, coords, attrs))


def best_trial(n_parameters):
    """Return the best trial of such a cube by full names."""
    picked = list(RANGES.items())[:n_parameters]
    return {
        name: values[place]
        for (name, values), place in zip(picked, CENTRE, strict=False)
    }


def _labels(values):
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def _accuracies(ranges):
    shape = tuple(map(len, ranges.values()))
    far = sum(
        ((place - middle) / (length - 1)) ** 2
        for place, middle, length in zip(np.indices(shape), CENTRE, shape, strict=False)
    )
    noise = np.random.default_rng(0).uniform(-0.01, 0.01, (*shape, N_FOLDS))
    return 0.95 - 0.06 * far[..., None] + noise


def _sizes(ranges):
    """Return the numbers of parameters of the networks, the same in all folds."""
    networks = {
        name.rpartition("__")[2]: k
        for k, name in enumerate(ranges)
        if "module__" in name
    }
    sizes = np.empty((*map(len, ranges.values()), N_FOLDS))
    for place in np.ndindex(sizes.shape[:-1]):
        values = [row[k] for row, k in zip(ranges.values(), place, strict=True)]
        params = {name: values[k] for name, k in networks.items()}
        layers = summarize((1, 64, 64), 3, conv2_n_filters=24, **params)
        sizes[place] = layers["n_parameters"].sum()
    return sizes


def _counts(accuracy):
    """Return confusion counts, NaN where the trial failed."""
    counts = np.full((*accuracy.shape, 3, 3), 2.0)
    right = np.round(100 * np.nan_to_num(accuracy))
    counts[..., range(3), range(3)] = right[..., None] - [0, 10, 20]
    return np.where(np.isnan(accuracy)[..., None, None], np.nan, counts)

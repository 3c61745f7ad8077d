"""Predictions on disk: one file a fit, written completely or not at all."""

import json
import os
from functools import cache
from hashlib import sha256
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd

from skseisfp import __version__

from .fits import Prediction, divide_by_shares, fit_and_predict, prepare
from .representations import represent

FAILURES = (ValueError, TypeError, ArithmeticError, RuntimeError)


class Pooled(NamedTuple):
    """Predictions of all folds of a kind of fits.

    Parameters
    ----------
    raw : ndarray of shape (n_records, n_classes)
        Probabilities as predicted, NaN where not tested.
    balanced : ndarray of shape (n_records, n_classes)
        The same, divided by the shares of the classes in training.
    fits : list of Prediction
        The fits.
    """

    raw: np.ndarray
    balanced: np.ndarray
    fits: list


def complete(system, data_set, splits, *, seed, budgets, folder):
    """Run the fits of a system on a data set whose predictions are not stored yet.

    Parameters
    ----------
    system : System
        The system.
    data_set : DataSet
        The data set.
    splits : list of Split
        Folds; protocols of the same ``fits`` share them.
    seed : int
        Seed of the system.
    budgets : dict of str to float
        Processor seconds for the training of a network, a thousand training records,
        by the name of the fits.
    folder : Path
        Where the predictions are stored.

    Returns
    -------
    list of str
        Messages of the fits that failed.
    """
    prepared, failures, described = None, [], describe(system, data_set)
    for fits, folds in {split.fits: split.folds for split in splits}.items():
        for k, fold in enumerate(folds):
            path = prediction_path(folder, data_set.name, fits, system.name, seed, k)
            mark = _mark(fold, budgets[fits], described)
            if _is_there(path, mark):
                continue
            try:
                prepared = prepared or prepare(system, data_set, seed)
                made = fit_and_predict(
                    prepared, data_set.y, data_set.events, fold, budgets[fits]
                )
            except FAILURES as error:
                failures.append(f"{path.relative_to(folder)}: {error}")
                continue
            save(path, made, mark)
    return failures


def prediction_path(folder, data_set, fits, system, seed, fold):
    """Return the file of a fit."""
    slugs = (
        "".join(c if c.isalnum() else "_" for c in name)
        for name in (data_set, fits, system)
    )
    return folder.joinpath(*slugs, f"seed{seed}_fold{fold}.npz")


def _mark(fold, budget, described):
    """Return the mark that distinguishes predictions of other folds or settings."""
    digest = sha256()
    for rows in fold:
        digest.update(np.asarray(rows, dtype=np.int64).tobytes() + b"|")
    return f"{digest.hexdigest()[:16]} {budget:g} {described}"


def describe(system, data_set):
    """Return a digest of the settings, the records and the version."""
    settings = sorted(system.make(data_set).get_params().items(), key=str)
    text = f"{settings} {digest(system.view, data_set)} {__version__}"
    return sha256(text.encode()).hexdigest()[:16]


@cache
def digest(view, data_set):
    """Return a digest of the records in the representation of a system."""
    inputs, _ = represent(view, data_set)
    if hasattr(inputs, "columns"):
        inputs = pd.util.hash_pandas_object(inputs).to_numpy()
    names = [np.asarray(part, dtype=str) for part in (data_set.y, data_set.events)]
    return joblib.hash([inputs, *names, data_set.p_times, *data_set.phases.values()])


def _is_there(path, mark):
    """Return whether a file has the predictions with a mark."""
    if not path.exists():
        return False
    with np.load(path) as file:
        return str(file["mark"]) == mark


def save(path, made, mark):
    """Write a prediction to a temporary file, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    costs = made._asdict()
    probabilities = costs.pop("probabilities")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with open(unfinished, "wb") as file:
        np.savez(file, probabilities=probabilities, costs=json.dumps(costs), mark=mark)
    os.replace(unfinished, path)


def read(path):
    """Read a prediction."""
    with np.load(path) as file:
        costs = json.loads(str(file["costs"]))
        return Prediction(probabilities=file["probabilities"], **costs)


def collect(system, data_set, splits, *, seed, budgets, folder):
    """Return the predictions of every kind of fits that is complete.

    Parameters
    ----------
    system, data_set, splits, seed, budgets, folder : object
        As for `complete`.

    Returns
    -------
    dict of str to Pooled
        By the name of the fits.
    """
    found = {}
    described = describe(system, data_set) if system.applies(data_set) else ""
    for fits, folds in {split.fits: split.folds for split in splits}.items():
        paths = [
            prediction_path(folder, data_set.name, fits, system.name, seed, k)
            for k in range(len(folds))
        ]
        marks = [_mark(fold, budgets[fits], described) for fold in folds]
        if all(map(_is_there, paths, marks)):
            found[fits] = _pool(data_set, folds, [read(path) for path in paths])
    return found


def _pool(data_set, folds, made):
    """Put the predictions of all folds together."""
    raw = np.full((len(data_set.y), len(np.unique(data_set.y))), np.nan)
    balanced = raw.copy()
    for (_, test), prediction in zip(folds, made, strict=True):
        raw[test] = prediction.probabilities
        balanced[test] = divide_by_shares(prediction.probabilities, prediction.shares)
    return Pooled(raw, balanced, made)

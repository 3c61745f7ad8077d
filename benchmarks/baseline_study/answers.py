"""Answers on disk: one file a fit, written whole or not at all."""

import json
import os
from functools import cache
from hashlib import sha256

import joblib
import numpy as np
import pandas as pd

from skseisfp import __version__

from .fits import Answer, fit_and_answer, prepare
from .systems import look

FAILURES = (ValueError, TypeError, ArithmeticError, RuntimeError)


def complete(system, data_set, splits, *, seed, budget, folder):
    """Run the fits of a system on a data set that are not there yet.

    Parameters
    ----------
    system : System
        The system.
    data_set : DataSet
        The data set.
    splits : list of Protocol
        Folds; protocols of the same ``fits`` share them.
    seed : int
        Seed of the system.
    budget : float
        Processor seconds for the training of a net, a thousand training records.
    folder : Path
        Where the answers are kept.

    Returns
    -------
    list of str
        What went wrong, one line a fit.
    """
    prepared, failures, described = None, [], describe(system, data_set)
    for fits, folds in {split.fits: split.folds for split in splits}.items():
        for k, fold in enumerate(folds):
            path = answer_path(folder, data_set.name, fits, system.name, seed, k)
            mark = _mark(fold, budget, described)
            if _is_there(path, mark):
                continue
            try:
                prepared = prepared or prepare(system, data_set, seed)
                answer = fit_and_answer(
                    prepared, data_set.y, data_set.events, fold, budget
                )
            except FAILURES as error:
                failures.append(f"{path.relative_to(folder)}: {error}")
                continue
            save(path, answer, mark)
    return failures


def answer_path(folder, data_set, fits, system, seed, fold):
    """Return the file of a fit."""
    slugs = (
        "".join(c if c.isalnum() else "_" for c in name)
        for name in (data_set, fits, system)
    )
    return folder.joinpath(*slugs, f"seed{seed}_fold{fold}.npz")


def _mark(fold, budget, described):
    """Return what tells answers of other folds, budgets or fits apart."""
    digest = sha256()
    for rows in fold:
        digest.update(np.asarray(rows, dtype=np.int64).tobytes() + b"|")
    return f"{digest.hexdigest()[:16]} {budget:g} {described}"


def describe(system, data_set):
    """Return what tells other settings, records or versions apart."""
    settings = sorted(system.make(data_set).get_params().items(), key=str)
    told = f"{settings} {digest(system.see, data_set)} {__version__}"
    return sha256(told.encode()).hexdigest()[:16]


@cache
def digest(see, data_set):
    """Return what tells other records apart, or another view of them."""
    seen, _ = look(see, data_set)
    if hasattr(seen, "columns"):
        seen = pd.util.hash_pandas_object(seen).to_numpy()
    names = [np.asarray(part, dtype=str) for part in (data_set.y, data_set.events)]
    return joblib.hash([seen, *names, data_set.arrivals, *data_set.phases.values()])


def _is_there(path, mark):
    if not path.exists():
        return False
    with np.load(path) as file:
        return str(file["mark"]) == mark


def save(path, answer, mark):
    """Write an answer under another name, then give it its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    costs = answer._asdict()
    scores = costs.pop("scores")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with open(unfinished, "wb") as file:
        np.savez(file, scores=scores, costs=json.dumps(costs), mark=mark)
    os.replace(unfinished, path)


def read(path):
    """Read an answer."""
    with np.load(path) as file:
        return Answer(scores=file["scores"], **json.loads(str(file["costs"])))


def collect(system, data_set, splits, *, seed, budget, folder):
    """Return the answers of every kind of fits that is complete.

    Parameters
    ----------
    system, data_set, splits, seed, budget, folder : object
        As for `complete`.

    Returns
    -------
    dict of str to (ndarray of shape (n_records, n_classes), list of Answer)
        Probabilities by record, NaN where not tested, and the fits.
    """
    n_classes, found = len(np.unique(data_set.y)), {}
    described = describe(system, data_set) if system.fits(data_set) else ""
    for fits, folds in {split.fits: split.folds for split in splits}.items():
        paths = {
            answer_path(folder, data_set.name, fits, system.name, seed, k): mark
            for k, mark in enumerate(_mark(fold, budget, described) for fold in folds)
        }
        if not all(_is_there(path, mark) for path, mark in paths.items()):
            continue
        answers = [read(path) for path in paths]
        pooled = np.full((len(data_set.y), n_classes), np.nan)
        for (_, test), answer in zip(folds, answers, strict=True):
            pooled[test] = answer.scores
        found[fits] = pooled, answers
    return found

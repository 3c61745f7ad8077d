"""Fits of networks of one shape as one job, which trains them at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import delayed

from ._fits import evaluate_fit
from ._threads import single_thread


def join_jobs(jobs: Iterable[tuple], always: bool, n_workers: int) -> Iterator[tuple]:
    """Yield jobs of joblib, those of networks of one shape as one.

    Parameters
    ----------
    jobs : iterable of tuple
        A job for each fit.
    always : bool
        Whether to join them also where separate fits are faster.
    n_workers : int
        Number of workers that there is to be work for.
    """
    from ..neural.fit_together import MOST_TOGETHER  # loads torch

    alike: dict[Any, list[tuple]] = {}
    for job in jobs:
        key = _key(job, always)
        if key is None:
            yield job
        else:
            alike.setdefault(key, []).append(job)
    for some in alike.values():
        length = min(MOST_TOGETHER, -(-len(some) // n_workers))
        for start in range(0, len(some), length):
            part = some[start : start + length]
            if len(part) == 1:
                yield part[0]
            else:
                fits = [(args, options) for _, args, options in part]
                yield delayed(_run_together)(fits, always)


def _key(job, always):
    """Return a key that jobs to be joined share, None for others."""
    from ..neural.fit_together import is_trained_together, shape_key

    _, (_, _, estimator, parameters, X, _), options = job
    name, classifier = _classifier(estimator)
    if name in parameters or "callback_ctx" in options:
        return None
    if options["fit_params"].keys() - {"groups"}:
        return None
    if not is_trained_together(classifier, X, always):
        return None
    return id(X), shape_key(classifier)


def _classifier(estimator) -> tuple[str | None, Any]:
    """Return the name of the step that fits on the records as they are, and the step.

    The step is None if others come before it.
    """
    if type(estimator) is not Pipeline:
        return None, estimator
    *before, (name, classifier) = estimator.steps
    passes = all(step in (None, "passthrough") for _, step in before)
    return name, classifier if passes else None


def _run_together(fits, always):
    """Train the networks of fits at the same time, then score one after the other."""
    from ..neural import fit_together

    classifiers = [_classifier(args[2])[1] for args, _ in fits]
    (_, _, _, _, X, y), options = fits[0]
    groups = options["fit_params"].get("groups")
    rows = [options["train"] for _, options in fits]
    start = time.time()
    with single_thread():
        fit_together(
            classifiers, X, y, rows, groups=groups, always=always, fit_others=False
        )
    trained = [classifier for classifier in classifiers if hasattr(classifier, "net_")]
    share = (time.time() - start) / max(1, len(trained))
    for classifier in trained:
        _keep_fitted(classifier)
    results = []
    for (args, options), classifier in zip(fits, classifiers, strict=True):
        candidate, fold, estimator, parameters, *records = args
        fit = evaluate_fit(estimator, *records, parameters=parameters, **options)
        if classifier in trained:
            fit["fit_time"] += share
        results.append((candidate, fold, fit))
    return results


def _keep_fitted(classifier):
    """Let the next call of `fit` leave a classifier as it is."""

    def fit(*args, **kwargs):
        del vars(classifier)["fit"]
        return classifier

    vars(classifier)["fit"] = fit

"""Estimators that hold other estimators: pipelines, searches, wrappers."""

from collections.abc import Iterator
from typing import Any


def nested(estimator: Any) -> Iterator[Any]:
    """Yield an estimator and the estimators that it holds, from the outermost inwards.

    A pipeline holds its last step; a fitted search or wrapper the estimator that it
    has fitted.
    """
    while estimator is not None:
        yield estimator
        estimator = _held(estimator)


def _held(estimator):
    """Return the estimator that another one holds, None if it holds none."""
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    held = getattr(estimator, "best_estimator_", None)
    return getattr(estimator, "estimator_", None) if held is None else held

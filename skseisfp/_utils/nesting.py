"""Estimators inside estimators."""


def nested(estimator):
    """Yield an estimator and what it holds, inwards to what was trained.

    A pipeline holds its last step; a fitted search or wrapper what it fitted.
    """
    while estimator is not None:
        yield estimator
        estimator = _held(estimator)


def _held(estimator):
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    held = getattr(estimator, "best_estimator_", None)
    return getattr(estimator, "estimator_", None) if held is None else held

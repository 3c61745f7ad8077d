"""Size and time of a trial, before a sweep."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sklearn.base import clone

from ._plan_faults import IMPOSSIBLE, find_faults
from ._set_trial import set_trial

# one epoch more than the first is lost in the noise of a busy machine
EPOCHS = 5  # of the longer of two fits


def trial_size(
    estimator: Any, n_classes: int, input_shape: Sequence[int] | None
) -> dict[str, int]:
    """Return the columns of a trial: parameters and operations of its network."""
    faults = find_faults(estimator, input_shape)
    if any(fault.level == IMPOSSIBLE for fault in faults):
        return {}
    from ..neural.parameter_counts import network_size  # loads torch

    size = network_size(estimator, n_classes, input_shape)
    return {} if size is None else vars(size)


def time_fit(estimator: Any, X: Any, y: Any, fit_params: dict[str, Any]) -> float:
    """Return the seconds of one fit; of a network, as some epochs predict them."""
    from ..neural.parameter_counts import find_network  # loads torch

    classifier, prefix = find_network(estimator)
    if classifier is None:
        return _seconds(estimator, X, y, fit_params)
    first, second = (
        _seconds(
            set_trial(clone(estimator), {f"{prefix}max_epochs": n_epochs}),
            X,
            y,
            fit_params,
        )
        for n_epochs in (1, EPOCHS)
    )
    epoch = max(second - first, 0) / (EPOCHS - 1)
    return first + (classifier.max_epochs - 1) * epoch


def _seconds(estimator, X, y, fit_params):
    copy: Any = clone(estimator)
    start = time.perf_counter()
    copy.fit(X, y, **fit_params)
    return time.perf_counter() - start

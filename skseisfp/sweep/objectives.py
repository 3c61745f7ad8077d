"""Selection of trials by quality and by what should be low."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def pareto_front(cost: npt.ArrayLike, gain: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return whether each trial is on the Pareto front: no other one dominates it.

    A trial dominates another if it costs at most as much and gains at least as much,
    and one of both is better.

    Parameters
    ----------
    cost, gain : ndarray of shape (n_trials,)
        What should be low and what should be high; NaN is never on the front.

    Returns
    -------
    ndarray of bool of shape (n_trials,)
        Whether a trial is on the front.
    """
    cost, gain = np.asarray(cost, float), np.asarray(gain, float)
    front = np.zeros(cost.shape, dtype=bool)
    known = np.flatnonzero(np.isfinite(cost) & np.isfinite(gain))
    best_gain, best_cost = -np.inf, np.nan
    for trial in known[np.lexsort((-gain[known], cost[known]))]:
        front[trial] = gain[trial] > best_gain or (
            gain[trial] == best_gain and cost[trial] == best_cost
        )
        if gain[trial] > best_gain:
            best_gain, best_cost = gain[trial], cost[trial]
    return front


def lexicographic_argmin(keys: Sequence[npt.NDArray]) -> int:
    """Return the trial that is least by the first key, in ties by the next ones.

    Parameters
    ----------
    keys : list of ndarray of shape (n_trials,)
        What should be low, the most important first; NaN is worst.

    Returns
    -------
    int
        The trial; the earliest where all keys tie.
    """
    keys = [np.where(np.isnan(key), np.inf, key) for key in keys]
    return int(np.lexsort(keys[::-1])[0])

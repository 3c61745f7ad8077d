"""Tables of the trials of a result cube."""

import numpy as np
import pandas as pd

from ._cube_slice import compute, short_names


def tabulate_trials(cube, metric=None):
    """Tabulate all trials of a cube, those without a result included.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    metric : str or None
        Metric; None is the main one.

    Returns
    -------
    DataFrame
        One row a trial, the last parameter running fastest; columns ``quality``,
        ``spread``, ``gradient``, and ``n_parameters`` and ``fit_time`` where the cube
        has them. The index has a level for each parameter, by its short name.
    """
    quality = compute(cube, "quality", metric)
    names = short_names(quality.dims)
    values = [quality[name].values.tolist() for name in quality.dims]
    index = pd.MultiIndex.from_product(values, names=names.values())
    columns = {
        quantity: compute(cube, quantity, metric).transpose(*quality.dims)
        for quantity in ("quality", "spread", "gradient")
    }
    for name in ("n_parameters", "fit_time"):
        if name in cube.dataset:
            array = cube.dataset[name]
            array = array.mean("fold") if "fold" in array.dims else array
            columns[name] = array.transpose(*quality.dims)
    return pd.DataFrame(
        {name: array.values.ravel() for name, array in columns.items()}, index=index
    )


def pareto_front(cost, gain):
    """Tell which pairs no other pair beats: at most the cost, at least the gain.

    Parameters
    ----------
    cost, gain : ndarray of shape (n_trials,)
        What should be low and what should be high; NaN is never on the front.

    Returns
    -------
    ndarray of bool of shape (n_trials,)
        Whether a trial is on the front.
    """
    known = np.isfinite(cost) & np.isfinite(gain)
    better = (cost[None, :] <= cost[:, None]) & (gain[None, :] >= gain[:, None])
    strictly = (cost[None, :] < cost[:, None]) | (gain[None, :] > gain[:, None])
    beaten = (better & strictly & known[None, :]).any(axis=1)
    return known & ~beaten

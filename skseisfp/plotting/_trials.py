"""Tables of the trials of a result cube."""

import pandas as pd

from .._utils.names import short_names
from ._cube_slice import compute


def tabulate_trials(cube, metric=None):
    """Tabulate all trials of a cube, including those without a result.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    metric : str or None
        Metric; None is the main one.

    Returns
    -------
    DataFrame
        One row for each trial; the last parameter changes fastest. Columns are
        ``quality``, ``spread``, ``gradient``, and ``n_parameters`` and ``fit_time`` if
        the cube has them. The index has a level for each parameter, by its short name.
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
            columns[name] = cube.dataset[name].mean("fold").transpose(*quality.dims)
    return pd.DataFrame(
        {name: array.values.ravel() for name, array in columns.items()}, index=index
    )

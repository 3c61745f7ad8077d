"""Slices of a result cube: a quantity over a few parameters."""

import numpy as np

from .._utils.checks import check_option
from .._utils.names import find_parameter

QUANTITIES = ("quality", "gradient", "spread")
CMAPS = {"quality": "viridis", "gradient": "magma_r", "spread": "cividis_r"}


def cube_of(search):
    """Return the cube of a fitted search."""
    from ..sweep import ResultCube

    return ResultCube.from_search(search)


def format_value(value):
    """Return a value of a parameter as a string, numbers in their short form."""
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else str(value)


def complete_trial(cube, trial=None, *, metric=None, only_given=False):
    """Return a value for each parameter: the given ones, else those of the best trial.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    trial : dict or None
        Values of some parameters, by full or short name.
    metric : str or None
        Metric of the best trial; None is the main one.
    only_given : bool
        Whether to return the given values only.

    Returns
    -------
    dict
        Labels by full name, in the order of the cube.
    """
    complete = {} if only_given else dict(cube.best(metric))
    for name, value in (trial or {}).items():
        name = find_parameter(cube.parameters, name)
        complete[name] = _find_label(cube.dataset[name], value)
    return complete


def _find_label(axis, value):
    """Return the label of a value of a parameter, which may be the label itself."""
    originals = axis.attrs.get("originals", {})
    labels = axis.values.tolist()
    for label in labels:
        if value is originals.get(label, label) or value == label:
            return label
    for label in labels:
        if label in originals and np.array_equal(originals[label], value):
            return label
    allowed = ", ".join(map(format_value, labels))
    raise ValueError(f"{axis.name} has the values {allowed}; got {value!r}.")


def compute(cube, quantity, metric=None):
    """Return a quantity of all trials as a DataArray over the parameters."""
    check_option("quantity", quantity, QUANTITIES)
    if quantity == "gradient":
        return cube.gradient(metric)
    return cube.std(metric) if quantity == "spread" else cube.values(metric)


def describe(cube, quantity, metric=None):
    """Return the name of a quantity, for axes and colour bars."""
    metric = (metric or cube.main_metric).replace("_", " ")
    kind = {"gradient": "gradient of ", "spread": "standard deviation of "}
    return kind.get(quantity, "") + metric


def take_slice(array, parameters, trial):
    """Return an array over the given parameters; the others are those of the trial."""
    fixed = {name: trial[name] for name in array.dims if name not in parameters}
    return array.sel(fixed).transpose(*parameters)

"""What the displays draw of a result cube: a quantity over a few parameters."""

import numpy as np

from .._utils.names import nearest_name
from .._utils.validation import check_option

QUANTITIES = ("quality", "gradient", "spread")
CMAPS = {"quality": "viridis", "gradient": "magma_r", "spread": "cividis_r"}


def cube_of(search):
    """Return the cube of a fitted search."""
    from ..model_selection import ResultCube

    return ResultCube.from_search(search)


def short_names(parameters):
    """Map parameters to what follows their last ``__``, where that is unambiguous."""
    tails = [name.rpartition("__")[2] for name in parameters]
    return {
        name: tail if tails.count(tail) == 1 else name
        for name, tail in zip(parameters, tails, strict=True)
    }


def format_value(value):
    """Write a value of a parameter: numbers short, the rest as it is."""
    return f"{value:g}" if isinstance(value, (int, float, np.number)) else str(value)


def find_parameter(parameters, name):
    """Return the parameter of a full or short name, or refuse the name."""
    by_short_name = {short: full for full, short in short_names(parameters).items()}
    if name in parameters:
        return name
    if name not in by_short_name:
        hint = nearest_name(name, by_short_name)
        known = ", ".join(by_short_name)
        raise ValueError(f"{name!r} is no parameter of the cube: {known}.{hint}")
    return by_short_name[name]


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
        Return the given values only.

    Returns
    -------
    dict
        Values by full name, in the order of the cube.
    """
    coordinates = cube.values(metric).coords
    complete = {} if only_given else dict(cube.best(metric))
    for name, value in (trial or {}).items():
        name = find_parameter(list(coordinates), name)
        if value not in coordinates[name].values.tolist():
            allowed = ", ".join(map(format_value, coordinates[name].values.tolist()))
            raise ValueError(f"{name} has the values {allowed}; got {value!r}.")
        complete[name] = value
    return complete


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
    """Return an array over the given parameters, the others as in the trial."""
    fixed = {name: trial[name] for name in array.dims if name not in parameters}
    return array.sel(fixed).transpose(*parameters)

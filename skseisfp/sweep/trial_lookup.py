"""Where a trial lies in a result cube: the one place where values are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.names import find_parameter

if TYPE_CHECKING:
    import xarray


SEQUENCES = (list, tuple, np.ndarray)


def originals_of(coordinate: xarray.DataArray) -> list:
    """Return the values along an axis as the search had them, not their labels.

    Parameters
    ----------
    coordinate : xarray.DataArray
        Coordinate of a cube.

    Returns
    -------
    list
        One value for each label.
    """
    originals = coordinate.attrs.get("originals", {})
    return [originals.get(label, label) for label in coordinate.values.tolist()]


def find_place(coordinate: xarray.DataArray, value: Any) -> int:
    """Return the place of a value along an axis.

    Parameters
    ----------
    coordinate : xarray.DataArray
        Coordinate of a cube.
    value : object
        The value as the search had it, or its label.

    Returns
    -------
    int
        The place. The same type goes before an equal value of another type: ``1``,
        ``1.0`` and ``True`` may all lie on one axis.

    Raises
    ------
    ValueError
        If there is no such value.
    """
    labels, originals = coordinate.values.tolist(), originals_of(coordinate)
    for known in (labels, originals):
        for place, item in enumerate(known):
            if item is value or (type(item) is type(value) and _equal(item, value)):
                return place
    for known in (labels, originals):
        for place, item in enumerate(known):
            if not isinstance(item, str) and _equal(item, value):
                return place
    shown = ", ".join(map(str, labels))
    raise ValueError(f"{coordinate.name} has the values {shown}; got {value!r}.")


def complete_trial(
    cube: Any,
    trial: Mapping[str, Any] | None = None,
    *,
    metric: str | None = None,
    only_given: bool = False,
) -> dict[str, Any]:
    """Return a value for each parameter: the given ones, else those of the best trial.

    Parameters
    ----------
    cube : ResultCube
        The cube.
    trial : dict, default=None
        Values of some parameters, by full or short name.
    metric : str, default=None
        Metric of the best trial; None is the main one.
    only_given : bool, default=False
        Return the given values only.

    Returns
    -------
    dict
        Labels by full name.

    Raises
    ------
    ValueError
        If there is no such parameter or value.
    """
    complete = {} if only_given else cube.best(metric)
    for name, value in (trial or {}).items():
        name = find_parameter(cube.parameters, name)
        coordinate = cube.dataset[name]
        complete[name] = coordinate.values.tolist()[find_place(coordinate, value)]
    return complete


def _equal(item, value):
    """Return whether two values are equal, sequences by their elements."""
    if isinstance(item, SEQUENCES) or isinstance(value, SEQUENCES):
        both = isinstance(item, SEQUENCES) and isinstance(value, SEQUENCES)
        return both and _as_list(item) == _as_list(value)
    return bool(item == value)


def _as_list(values):
    """Return a sequence, and those in it, as lists."""
    return [
        _as_list(value) if isinstance(value, SEQUENCES) else value for value in values
    ]

"""The grid that the trials of a search lie on, and the slopes over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.digest import digest
from ._stored_values import is_number, string_of

if TYPE_CHECKING:
    import numpy.typing as npt

MISSING = "(not set)"
MAX_CELLS = 4_000_000  # 32 MB for each metric


@dataclass(frozen=True)
class Axis:
    """One parameter: its values as they were given, and their labels in an array."""

    values: tuple
    labels: npt.NDArray

    @property
    def is_numeric(self) -> bool:
        """Whether the labels are numbers, which then ascend."""
        return self.labels.dtype.kind in "if"


def check_size(shape: Sequence[int]) -> None:
    """Raise if a grid does not fit in memory."""
    if prod(shape) > MAX_CELLS:
        sizes = " x ".join(map(str, shape))
        raise ValueError(
            f"The grid of the trials has {sizes} cells, more than {MAX_CELLS}; a "
            "search that draws from continuous ranges has no grid."
        )


def make_axis(values: Sequence, *, ordered: bool = True) -> Axis:
    """Make an axis of values, the repeated ones once.

    Numbers ascend if ordered; anything else keeps its order and has strings as labels.
    """
    values = _unique(values)
    if values and all(is_number(value) for value in values):
        values = sorted(values) if ordered else values
        integral = all(isinstance(value, Integral) for value in values)
        labels = np.array(values, dtype=None if integral else float)
        exact = labels.dtype.kind in "if" and labels.tolist() == values
        if exact and len(set(labels.tolist())) == len(values):
            return Axis(tuple(values), labels)
    return Axis(tuple(values), _label(values))


def make_axes(
    params: Sequence[Mapping[str, Any]], order: Mapping[str, Any] | Iterable[str] = ()
) -> dict[str, Axis]:
    """Make the axes of all parameters of some trials.

    Parameters
    ----------
    params : list of dict
        Parameters of the trials.
    order : dict or iterable of str
        Names of parameters in the order wanted, with their values where it is a dict.

    Returns
    -------
    dict of Axis
        The axes by name; a parameter that some trials lack has the value `MISSING`.
    """
    known: Mapping = order if isinstance(order, Mapping) else {}
    found = {key: None for trial in params for key in trial}
    names = [name for name in order if name in found]
    names += [name for name in found if name not in names]
    return {
        name: make_axis(
            [*known.get(name, ()), *(trial.get(name, MISSING) for trial in params)]
        )
        for name in names
    }


def find_positions(params: Sequence, axes: Mapping[str, Axis]) -> npt.NDArray:
    """Return the places of trials on the axes, shape (n_trials, n_axes)."""
    columns = []
    for name, axis in axes.items():
        places = {_identity(value): place for place, value in enumerate(axis.values)}
        columns.append(
            [places[_identity(trial.get(name, MISSING))] for trial in params]
        )
    return np.array(columns, dtype=int).reshape(len(axes), len(params)).T


def slopes(
    values: npt.NDArray, axis: int, coordinates: npt.NDArray | None = None
) -> npt.NDArray:
    """Return how steep values are along an axis, whichever way one goes.

    Parameters
    ----------
    values : ndarray
        Values over the grid, NaN where missing.
    axis : int
        The axis.
    coordinates : ndarray, default=None
        Coordinates along the axis; None counts steps.

    Returns
    -------
    ndarray
        Root mean square of the differences to the next and to the previous value, as
        far as there are some; a central difference would be zero on the sharpest peak.
        NaN where a value is missing or has no neighbour.
    """
    values = np.moveaxis(values, axis, -1)
    places = np.arange(values.shape[-1]) if coordinates is None else coordinates
    squares = np.square(np.diff(values, axis=-1) / np.diff(places))
    gap = np.full((*values.shape[:-1], 1), np.nan)
    behind = np.concatenate([gap, squares], axis=-1)
    ahead = np.concatenate([squares, gap], axis=-1)
    both = (behind + ahead) / 2
    found = np.where(np.isnan(both), np.fmax(behind, ahead), both)
    return np.moveaxis(np.sqrt(found), -1, axis)


def steepness(
    values: npt.NDArray, axes: Sequence[Axis], *, per_unit: bool = False
) -> npt.NDArray:
    """Return the norm of the slopes along all numeric axes.

    Parameters
    ----------
    values : ndarray
        Values over the grid, NaN where missing.
    axes : list of Axis
        The axes.
    per_unit : bool, default=False
        Whether slopes are per unit of the parameter instead of per step.

    Returns
    -------
    ndarray
        As `values`. An axis along which a trial has no neighbour adds nothing; NaN
        where that holds for all axes.
    """
    parts = [
        slopes(values, place, axis.labels.astype(float) if per_unit else None)
        for place, axis in enumerate(axes)
        if axis.is_numeric
    ]
    if not parts:
        return np.full(values.shape, np.nan)
    known = np.any(np.isfinite(parts), axis=0)
    return np.where(known, np.sqrt(np.nansum(np.square(parts), axis=0)), np.nan)


def trial_grid(
    params: Sequence[Mapping[str, Any]], values: npt.NDArray
) -> tuple[dict[str, Axis], tuple, npt.NDArray]:
    """Return the varied axes of some trials, their places, and values on the grid."""
    axes = make_axes(list(params))
    axes = {name: axis for name, axis in axes.items() if len(axis.values) > 1}
    places = tuple(find_positions(params, axes).T)
    shape = [len(axis.values) for axis in axes.values()]
    check_size(shape)
    grid = np.full(shape, np.nan)
    grid[places] = values if places else values[-1]
    return axes, places, grid


def trial_steepness(params: Sequence, values: npt.NDArray) -> npt.NDArray:
    """Return the norm of the slopes at each of some trials, as `steepness` does."""
    axes, places, grid = trial_grid(params, values)
    return np.broadcast_to(steepness(grid, list(axes.values()))[places], len(values))


def mean_change(values: npt.NDArray, place: int, axis: Axis) -> float:
    """Return the mean absolute difference that a parameter makes.

    Numeric values are compared with their neighbours, others with all others.
    """
    values = np.moveaxis(values, place, 0)
    first, second = np.triu_indices(len(values), k=1)
    if axis.is_numeric:
        near = second - first == 1
        first, second = first[near], second[near]
    changes = np.abs(values[first] - values[second])
    changes = changes[np.isfinite(changes)]
    return float(changes.mean()) if changes.size else np.nan


def _unique(values):
    return list({_identity(value): value for value in reversed(values)}.values())[::-1]


def _identity(value):
    """Return a key that equal values share; 1, 1.0 and True are three values."""
    if is_number(value):
        return isinstance(value, Integral), value
    return digest(value)


def _label(values):
    """Return different strings for different values."""
    for write in (_string, repr):
        labels = [write(value) for value in values]
        if len(set(labels)) == len(labels):
            return np.array(labels, dtype=object)
    return np.array([f"{label} #{n}" for n, label in enumerate(labels)], dtype=object)


def clean_string(string: str) -> str:
    """Return a string that can be encoded."""
    return string.encode("utf-8", "backslashreplace").decode()


def _string(value):
    return clean_string(value if isinstance(value, str) else string_of(value))

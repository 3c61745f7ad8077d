"""Base class of the displays of a quantity over a few parameters of a cube."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from .._utils.docs import InheritedParameterDocs
from .._utils.names import find_parameter, short_names
from .._utils.optional import import_optional
from ._axes import INK, MUTED
from ._cube_slice import (
    CMAPS,
    complete_trial,
    compute,
    describe,
    format_value,
    take_slice,
)
from .search_display import SearchDisplay

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import DataArray

    from ..sweep import ResultCube

MARK = "#e63946"


class SliceDisplay(InheritedParameterDocs, SearchDisplay):
    """Base class of displays of a quantity over a few parameters of a result cube.

    A subclass adds ``plot``, and may change `min_parameters` and `max_parameters`, the
    numbers of parameters that it can draw over.

    Parameters
    ----------
    values : DataArray
        The quantity over the parameters.
    label : str, default="quality"
        Name of the quantity.
    cmap : str, default="viridis"
        Colours.
    trial : dict, default=None
        Values of the parameters of the trial to mark, by name.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n_columns)
        Axes of the panels.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> import xarray as xr
    >>> from skseisfp.plotting.base import SliceDisplay, get_axes
    >>> class BarDisplay(SliceDisplay):
    ...     max_parameters = 1
    ...
    ...     def plot(self, *, ax=None):
    ...         self.figure_, self.ax_ = get_axes(ax)
    ...         values = self.values.values
    ...         self.ax_[0, 0].bar(range(len(values)), values)
    ...         return self
    >>> values = xr.DataArray([0.7, 0.8, 0.9], coords={"filters": [8, 16, 24]})
    >>> len(BarDisplay(values).plot().ax_[0, 0].patches)
    3
    """

    min_parameters: ClassVar[int] = 1
    max_parameters: ClassVar[int] = 4
    ax_: npt.NDArray[Any]
    figure_: Figure

    def __init__(
        self,
        values: DataArray,
        *,
        label: str = "quality",
        cmap: str = "viridis",
        trial: dict[str, Any] | None = None,
    ) -> None:
        self.values = values
        self.label = label
        self.cmap = cmap
        self.trial = trial

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        parameters: Sequence[str] | None = None,
        metric: str | None = None,
        quantity: str = "quality",
        trial: dict[str, Any] | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a quantity of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        parameters : sequence of str, default=None
            Parameters to draw over, by full or short name, in the order that the
            class documents; None takes those of the cube in their order, as many as
            the display can show.
        metric : str, default=None
            Metric; None is the main one.
        quantity : {"quality", "gradient", "spread"}, default="quality"
            Mean of the metric over the folds, its gradient over the grid, or its
            standard deviation over the folds.
        trial : dict, default=None
            Trial that is marked, and through which the cube is cut if it has more
            parameters; missing values are those of the best trial.
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        display
            The display.

        Raises
        ------
        ValueError
            If the cube has too few parameters, or `parameters` names too few, too
            many or others.
        """
        trial = complete_trial(cube, trial, metric=metric)
        parameters = cls._choose(list(trial), parameters)
        cut = partial(take_slice, parameters=parameters, trial=trial)
        return cls(
            cut(compute(cube, quantity, metric)),
            label=describe(cube, quantity, metric),
            trial=trial,
            **cls._extras(cube, quantity, metric, cut),
        ).plot(ax=ax)

    @abstractmethod
    def plot(self, *, ax: Any = None) -> Self:
        """Draw the quantity.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        display
            The display.
        """

    @classmethod
    def _extras(cls, cube, quantity, metric, cut):
        """Return further arguments of the constructor."""
        return {"cmap": CMAPS[quantity]}

    @classmethod
    def _choose(cls, known, parameters):
        """Return the parameters to draw over; raise if they are too few or too many."""
        if parameters is None:
            parameters = known[: cls.max_parameters]
        parameters = [find_parameter(known, name) for name in parameters]
        low, high = cls.min_parameters, cls.max_parameters
        if not low <= len(set(parameters)) == len(parameters) <= high:
            two = "HeatMapDisplay and SurfacesDisplay draw over two."
            raise ValueError(
                f"{cls.__name__} draws over {low} to {high} different parameters; got "
                f"{len(parameters)}: {', '.join(parameters)}. "
                + (two if len(parameters) == 2 < low else "")
            )
        return parameters

    @property
    def _names(self):
        """Short names of the parameters drawn over."""
        names = short_names(self.trial or self._dims)
        return [names[name] for name in self._dims]

    def _value_labels(self, axis):
        """Return the values of one of the parameters as strings."""
        return [format_value(value) for value in self.values[axis].values.tolist()]

    @property
    def _dims(self):
        """Full names of the parameters drawn over."""
        return tuple(map(str, self.values.dims))

    def _panel_titles(self, axis):
        """Return a title for each value of a parameter."""
        name = self._names[self._dims.index(axis)]
        return [f"{name} = {label}" for label in self._value_labels(axis)]

    def _title_panels(self, column=None, row=None):
        """Write the values of the columns above them, of the rows at their right."""
        if column is not None:
            titles = self._panel_titles(column)
            for panel, title in zip(self.ax_[0], titles, strict=True):
                _write_title(panel, title, (0.5, 1.04), va="bottom", ha="center")
        if row is not None:
            place = {"rotation": -90, "va": "center", "ha": "left"}
            titles = self._panel_titles(row)
            for panel, title in zip(self.ax_[:, -1], titles, strict=True):
                _write_title(panel, title, (1.04, 0.5), **place)

    def _marked_position(self):
        """Return the position of the marked trial along each axis, or None."""
        if self.trial is None:
            return None
        return tuple(
            self.values[name].values.tolist().index(self.trial[name])
            for name in self._dims
        )

    def _norm(self):
        """Return one scale of colours for all panels."""
        colors = import_optional("matplotlib.colors", extra="plot")
        values = self.values.values
        if not np.isfinite(values).any():
            return colors.Normalize(0, 1)
        low, high = np.nanmin(values), np.nanmax(values)
        return colors.Normalize(low, high if high > low else low + 1)

    def _add_colorbar(self, axes, norm, *, pad=0.03):
        """Add a colour bar of the quantity next to some axes."""
        cm = import_optional("matplotlib.cm", extra="plot")
        mappable = cm.ScalarMappable(norm, self.cmap)
        bar = self.figure_.colorbar(mappable, ax=axes, shrink=0.8, pad=pad, aspect=30)
        bar.set_label(self.label, color=INK)
        bar.outline.set_visible(False)

    def _set_ticks(self, ax, which, axis, *, at_most=8):
        """Write the values of a parameter at their positions, some if they are many."""
        labels = self._value_labels(axis)
        step = -(-len(labels) // at_most)
        positions = range(0, len(labels), step)
        ax.set(**{f"{which}ticks": positions})
        ax.set(**{f"{which}ticklabels": [labels[k] for k in positions]})

    def _write_cut(self):
        """Write above the panels at which values the cube is cut."""
        names = short_names(self.trial or {})
        cut = [
            f"{names[name]} = {format_value(value)}"
            for name, value in (self.trial or {}).items()
            if name not in self._dims
        ]
        if cut:
            self.figure_.suptitle("at " + ", ".join(cut), size="medium", color=MUTED)


def _write_title(panel, title, place, **options):
    """Write a title at a place in fractions of a panel."""
    panel.annotate(title, place, xycoords="axes fraction", size="small", **options)

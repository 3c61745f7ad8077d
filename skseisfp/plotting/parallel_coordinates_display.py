"""All trials over all parameters at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._utils.names import short_names
from .._utils.optional import import_optional
from ._axes import FAINT, INK, get_axes
from ._cube_slice import CMAPS, complete_trial, describe, format_value
from ._trials import tabulate_trials
from .search_display import SearchDisplay
from .slice_display import MARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    from ..sweep import ResultCube

BAND = 0.06


class ParallelCoordinatesDisplay(SearchDisplay):
    """Parallel coordinates: an axis for each parameter, a line for each trial.

    The last axis is the value, which also colours the lines. Lines through the same
    value of a parameter are spread a little, the better ones above. The marked trial
    is red.

    Parameters
    ----------
    table : DataFrame
        One row for each trial; the last column is the value, the others are
        parameters. Rows without a value are not drawn.
    label : str, default="quality"
        Name of the values.
    cmap : str, default="viridis"
        Colours.
    trial : dict, default=None
        Values of the parameters of the trial to mark.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.
    lines_ : matplotlib.collections.LineCollection
        Lines of the trials, from the lowest to the highest value.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseisfp.plotting import ParallelCoordinatesDisplay
    >>> table = pd.DataFrame({"size": [1, 1, 2], "quality": [0.7, 0.8, 0.9]})
    >>> len(ParallelCoordinatesDisplay(table).plot().lines_.get_segments())
    3
    """

    ax_: Axes
    figure_: Figure
    lines_: LineCollection

    def __init__(
        self,
        table: pd.DataFrame,
        *,
        label: str = "quality",
        cmap: str = "viridis",
        trial: dict[str, Any] | None = None,
    ) -> None:
        self.table = table
        self.label = label
        self.cmap = cmap
        self.trial = trial

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        metric: str | None = None,
        quantity: str = "quality",
        trial: dict[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw all trials of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        metric : str, default=None
            Metric; None is the main one.
        quantity : {"quality", "gradient", "spread"}, default="quality"
            Mean of the metric over the folds, its gradient over the grid, or its
            standard deviation over the folds.
        trial : dict, default=None
            Trial that is marked; missing values are those of the best trial.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ParallelCoordinatesDisplay
            The display.
        """
        trial = complete_trial(cube, trial, metric=metric)
        names = short_names(trial)
        return cls(
            tabulate_trials(cube, metric)[quantity].reset_index(),
            label=describe(cube, quantity, metric),
            cmap=CMAPS[quantity],
            trial={names[name]: value for name, value in trial.items()},
        ).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the trials.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ParallelCoordinatesDisplay
            The display.
        """
        *names, value = self.table.columns
        # the best are drawn last, on top of the others
        table = self.table.dropna(subset=[value]).sort_values(value, kind="stable")
        self.figure_, axes = get_axes(ax, figsize=(2.5 + 1.7 * len(names), 4.4))
        self.ax_ = axes[0, 0]
        heights = np.column_stack(
            [*(self._spread(table, name) for name in names), _scale(table[value])]
        )
        self._draw_lines(heights, table[value].to_numpy())
        self._draw_marked(table, heights)
        for position, name in enumerate(names):
            self._draw_axis(position, self._categories(name))
        self._draw_value_axis(len(names), table[value])
        self._dress([*names, self.label])
        return self

    def _categories(self, name):
        """Return the values of a parameter in their order."""
        return list(dict.fromkeys(self.table[name]))

    def _spread(self, table, name):
        """Return heights on the axis of a parameter, spread by rank."""
        categories = self._categories(name)
        position = table[name].map({value: k for k, value in enumerate(categories)})
        rank = table.groupby(name, sort=False).cumcount() + 0.5
        share = rank / table.groupby(name)[name].transform("size")
        step = 1 / max(1, len(categories) - 1)
        return position * step + min(BAND, 0.5 * step) * (share - 0.5)

    def _draw_lines(self, heights, values):
        """Draw a line for each trial, coloured by its value."""
        collections = import_optional("matplotlib.collections", extra="plot")
        xs = np.broadcast_to(np.arange(heights.shape[1]), heights.shape)
        self.lines_ = collections.LineCollection(
            np.stack([xs, heights], axis=-1),
            array=values,
            cmap=self.cmap,
            linewidth=1.1,
            alpha=0.75,
        )
        self.ax_.add_collection(self.lines_)

    def _draw_marked(self, table, heights):
        """Draw the marked trial over the others."""
        if self.trial is None:
            return
        marked = np.all([table[k] == value for k, value in self.trial.items()], axis=0)
        for line in heights[marked]:
            self.ax_.plot(line, color=MARK, linewidth=2.4, marker="o", markersize=4)

    def _draw_axis(self, position, categories):
        """Draw the axis of a parameter with its values."""
        self.ax_.axvline(position, color=FAINT, linewidth=1, zorder=0)
        for k, value in enumerate(categories):
            self._write(position, k / max(1, len(categories) - 1), format_value(value))

    def _draw_value_axis(self, position, values):
        """Draw the axis of the value."""
        self.ax_.axvline(position, color=FAINT, linewidth=1, zorder=0)
        for share in np.linspace(0, 1, 5):
            value = values.min() + share * (values.max() - values.min())
            self._write(position, share, f"{value:.3g}")

    def _write(self, position, height, string):
        """Write a value at the right of an axis."""
        self.ax_.text(
            position + 0.04,
            height,
            string,
            va="center",
            size="small",
            color=INK,
            zorder=5,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1},
        )

    def _dress(self, labels):
        """Write the names of the axes."""
        self.ax_.set_xlim(-0.05, len(labels) - 1 + 0.35)
        self.ax_.set_ylim(-0.06, 1.06)
        self.ax_.set_yticks([])
        self.ax_.set_xticks(range(len(labels)), labels)
        self.ax_.tick_params(length=0, pad=8)
        for spine in self.ax_.spines.values():
            spine.set_visible(False)


def _scale(values):
    """Return values from 0 to 1."""
    span = values.max() - values.min()
    return (values - values.min()) / span if span > 0 else pd.Series(0.5, values.index)

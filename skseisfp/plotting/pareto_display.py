"""Quality against cost, with the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from .._utils.checks import check_option
from .._utils.optional import import_optional
from ..sweep.objectives import pareto_front
from ._axes import FAINT, SERIES, get_axes, strip_spines
from ._cube_slice import complete_trial, describe, format_value
from .search_display import SearchDisplay
from .slice_display import MARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..sweep import ResultCube
from ._trials import tabulate_trials

LEGEND_WIDTH = 32  # characters of a line of the key's title
COSTS = {
    "gradient": "gradient of ",
    "spread": "standard deviation of ",
    "n_parameters": "number of parameters",
    "fit_time": "fit time, s",
}


class ParetoDisplay(SearchDisplay):
    """Trials by cost and quality; those that no other trial dominates are joined.

    Bars are one standard deviation over the folds, for the trials of the front, which
    are numbered by cost; the key says which they are. The marked trial has a ring.

    Parameters
    ----------
    cost : array-like of shape (n_trials,)
        Cost, which should be low.
    quality : array-like of shape (n_trials,)
        Quality, which should be high.
    spread : array-like of shape (n_trials,), default=None
        Standard deviation of the quality.
    annotations : sequence of str, default=None
        Labels of the trials, of which the key lists those of the front.
    legend : str, default=""
        Meaning of the annotations, title of the key.
    labels : tuple of two str, default=("cost", "quality")
        Labels of the axes.
    marked : int, default=None
        Row of the trial to mark.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.
    front_ : ndarray of int
        Rows of the trials on the front, by cost.

    Examples
    --------
    >>> from skseisfp.plotting import ParetoDisplay
    >>> display = ParetoDisplay([3, 1, 2], [0.9, 0.7, 0.6]).plot()
    >>> display.front_.tolist()
    [1, 0]
    """

    ax_: Axes
    figure_: Figure
    front_: npt.NDArray[np.intp]

    def __init__(
        self,
        cost: npt.ArrayLike,
        quality: npt.ArrayLike,
        *,
        spread: npt.ArrayLike | None = None,
        annotations: Sequence[str] | None = None,
        legend: str = "",
        labels: tuple[str, str] = ("cost", "quality"),
        marked: int | None = None,
    ) -> None:
        self.cost = cost
        self.quality = quality
        self.spread = spread
        self.annotations = annotations
        self.legend = legend
        self.labels = labels
        self.marked = marked

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        metric: str | None = None,
        cost: str = "gradient",
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
        cost : {"gradient", "spread", "n_parameters", "fit_time"}, default="gradient"
            The cost: the gradient of the metric over the grid, its standard deviation
            over the folds, the size of the network, or the time of a fit.
        trial : dict, default=None
            Trial that is marked; missing values are those of the best trial.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ParetoDisplay
            The display.

        Raises
        ------
        ValueError
            If the cube does not have the cost.
        """
        table = tabulate_trials(cube, metric)
        check_option("cost", cost, [name for name in COSTS if name in table])
        trial = complete_trial(cube, trial, metric=metric)
        name = describe(cube, "quality", metric)
        return cls(
            table[cost].to_numpy(),
            table["quality"].to_numpy(),
            spread=table["spread"].to_numpy(),
            annotations=[
                ", ".join(map(format_value, np.atleast_1d(row)))
                for row in table.index.to_frame().itertuples(index=False)
            ],
            legend=", ".join(table.index.names),
            labels=(COSTS[cost] + (name if COSTS[cost].endswith("of ") else ""), name),
            marked=list(table.index).index(tuple(trial.values())),
        ).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the trials.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ParetoDisplay
            The display.
        """
        cost, quality = np.asarray(self.cost), np.asarray(self.quality)
        self.front_ = np.flatnonzero(pareto_front(cost, quality))
        self.front_ = self.front_[np.argsort(cost[self.front_], kind="stable")]
        self.figure_, axes = get_axes(ax, figsize=(7.2, 4.8))
        self.ax_ = axes[0, 0]
        self.ax_.scatter(cost, quality, s=22, color=FAINT, linewidth=0, alpha=0.8)
        self._draw_front(cost[self.front_], quality[self.front_])
        if self.marked is not None:
            self.ax_.plot(
                cost[self.marked],
                quality[self.marked],
                marker="o",
                markersize=13,
                markerfacecolor="none",
                markeredgecolor=MARK,
                markeredgewidth=2,
            )
        self.ax_.set(xlabel=self.labels[0], ylabel=self.labels[1])
        self.ax_.grid(color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        strip_spines(self.ax_, "right", "top")
        return self

    def _draw_front(self, cost, quality):
        """Draw the trials of the front, joined by steps, with their labels."""
        spread = None if self.spread is None else np.asarray(self.spread)[self.front_]
        self.ax_.plot(
            cost, quality, color=SERIES[0], linewidth=1.2, drawstyle="steps-post"
        )
        self.ax_.errorbar(
            cost, quality, yerr=spread, fmt="o", color=SERIES[0], elinewidth=1
        )
        if self.annotations is None or not len(cost):
            return
        for number, place in enumerate(zip(cost, quality, strict=True), 1):
            self.ax_.annotate(
                str(number),
                place,
                xytext=(6, -5),
                textcoords="offset points",
                size="small",
                va="top",
            )
        lines = import_optional("matplotlib.lines", extra="plot")
        names = [self.annotations[int(row)] for row in self.front_]
        self.ax_.legend(
            handles=[lines.Line2D([], [], linestyle="none") for _ in names],
            labels=[f"{number}: {name}" for number, name in enumerate(names, 1)],
            title=fill(self.legend, LEGEND_WIDTH),
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
            borderaxespad=0,
            handlelength=0,
            handletextpad=0,
            frameon=False,
            fontsize="small",
            title_fontsize="small",
            alignment="left",
        )

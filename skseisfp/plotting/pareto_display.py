"""Quality against what it costs, with the Pareto front."""

import numpy as np

from .._utils.checks import check_option
from ..sweep.objectives import pareto_front
from ._axes import FAINT, MUTED, SERIES, get_axes, strip_spines
from ._cube_slice import complete_trial, cube_of, describe, format_value
from ._slice_display import MARK
from ._trials import tabulate_trials

COSTS = {
    "gradient": "gradient of ",
    "spread": "standard deviation of ",
    "n_parameters": "number of parameters",
    "fit_time": "fit time, s",
}


class ParetoDisplay:
    """Trials by cost and quality; those that no other trial beats are joined.

    Bars are one standard deviation over the folds, for the trials of the front. The
    marked trial has a ring.

    Parameters
    ----------
    cost : array-like of shape (n_trials,)
        What should be low.
    quality : array-like of shape (n_trials,)
        What should be high.
    spread : array-like of shape (n_trials,), default=None
        Standard deviation of the quality.
    texts : sequence of str, default=None
        What is written beside the trials of the front.
    legend : str, default=""
        What the texts say.
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

    def __init__(
        self,
        cost,
        quality,
        *,
        spread=None,
        texts=None,
        legend="",
        labels=("cost", "quality"),
        marked=None,
    ):
        self.cost = cost
        self.quality = quality
        self.spread = spread
        self.texts = texts
        self.legend = legend
        self.labels = labels
        self.marked = marked

    @classmethod
    def from_search(cls, search, **options):
        """Draw the results of a search.

        Parameters
        ----------
        search : GridSearchCV, SweepSearchCV or another search
            A fitted search.
        **options : object
            Options of `from_cube`.

        Returns
        -------
        ParetoDisplay
            The display.
        """
        return cls.from_cube(cube_of(search), **options)

    @classmethod
    def from_cube(cls, cube, *, metric=None, cost="gradient", trial=None, ax=None):
        """Draw all trials of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        metric : str, default=None
            Metric; None is the main one.
        cost : {"gradient", "spread", "n_parameters", "fit_time"}, default="gradient"
            What should be low: the gradient of the metric over the grid, its standard
            deviation over the folds, the size of the network, or the time of a fit.
        trial : dict, default=None
            Trial that is marked; what it leaves out is as in the best trial.
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
            texts=[
                ", ".join(map(format_value, np.atleast_1d(row)))
                for row in table.index.to_frame().itertuples(index=False)
            ],
            legend=", ".join(table.index.names),
            labels=(COSTS[cost] + (name if COSTS[cost].endswith("of ") else ""), name),
            marked=table.index.get_loc(tuple(trial.values())),
        ).plot(ax=ax)

    def plot(self, *, ax=None):
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
        self.ax_.set_title(self.legend, loc="left", size="small", color=MUTED)
        self.ax_.grid(color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        strip_spines(self.ax_, "right", "top")
        return self

    def _draw_front(self, cost, quality):
        spread = None if self.spread is None else np.asarray(self.spread)[self.front_]
        self.ax_.plot(
            cost, quality, color=SERIES[0], linewidth=1.2, drawstyle="steps-post"
        )
        self.ax_.errorbar(
            cost, quality, yerr=spread, fmt="o", color=SERIES[0], elinewidth=1
        )
        for row, x, y in zip(self.front_, cost, quality, strict=True):
            if self.texts is not None:
                self.ax_.annotate(
                    self.texts[row],
                    (x, y),
                    xytext=(7, -4),
                    textcoords="offset points",
                    size="small",
                    va="top",
                )

"""Scores by number of training events, with their intervals."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np

from .._utils.checks import check_option
from ._axes import FAINT, MUTED, SERIES, get_axes, strip_spines
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..model_selection import EventLearningCurve

MARKERS = "osD^vPX*"
COUNTS = ("events", "rarer")


class EventLearningCurveDisplay(DisplayRepr):
    """Learning curves of one or several models over the number of training events.

    Bands are the intervals of the means over repeats. A dashed line and a bar at its
    end are the extrapolation and its interval.

    Parameters
    ----------
    curves : dict of str to EventLearningCurve
        Curves by the names of the models.
    count : {"events", "rarer"}, default="events"
        Events on the horizontal axis: all of them, or those of the rarer class.
    extrapolate_to : int, default=None
        Number of events to extrapolate to; None draws the curves alone. A curve that
        cannot be extrapolated is drawn alone, too.
    chance : float, default=None
        Score of a guess, drawn as a line.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skseisfp.model_selection import event_learning_curve
    >>> from skseisfp.plotting import EventLearningCurveDisplay
    >>> event_id = np.repeat(np.arange(60), 2)
    >>> y = event_id % 2
    >>> X = np.random.default_rng(0).normal(y[:, None], 2, (120, 5))
    >>> curve = event_learning_curve(LogisticRegression(), X, y, event_id)
    >>> EventLearningCurveDisplay.from_curves(curve).ax_.get_xlabel()
    'training events'
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        curves: Mapping[str, EventLearningCurve],
        *,
        count: str = "events",
        extrapolate_to: int | None = None,
        chance: float | None = None,
    ) -> None:
        self.curves = curves
        self.count = count
        self.extrapolate_to = extrapolate_to
        self.chance = chance

    @classmethod
    def from_curves(
        cls,
        curves: EventLearningCurve | Mapping[str, EventLearningCurve],
        *,
        count: str = "events",
        extrapolate_to: int | None = None,
        chance: float | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw learning curves.

        Parameters
        ----------
        curves : EventLearningCurve or dict of str to EventLearningCurve
            One curve, or each by the name of its model; of the same metric.
        count : {"events", "rarer"}, default="events"
            Events on the horizontal axis.
        extrapolate_to : int, default=None
            Number of events to extrapolate to.
        chance : float, default=None
            Score of a guess, drawn as a line.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventLearningCurveDisplay
            The display.

        Raises
        ------
        ValueError
            If there is no curve, if the metrics differ, or if ``count="rarer"`` and
            the rarer classes differ.
        """
        if not isinstance(curves, Mapping):
            curves = {"model": curves}
        display = cls(curves, count=count, extrapolate_to=extrapolate_to, chance=chance)
        return display.plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventLearningCurveDisplay
            The display.
        """
        self._check()
        self.figure_, axes = get_axes(ax, figsize=(7, 4.5))
        self.ax_ = axes[0, 0]
        if self.chance is not None:
            self.ax_.axhline(self.chance, color=FAINT, linestyle=":", zorder=0)
        for number, (name, curve) in enumerate(self.curves.items()):
            color = SERIES[number % len(SERIES)]
            self._draw(name, curve, color, MARKERS[number % len(MARKERS)])
            if self.extrapolate_to is not None:
                self._extrapolate(curve, self.extrapolate_to, color)
        first = next(iter(self.curves.values()))
        rarer = f" of {first.rarer}" if self.count == "rarer" else ""
        self.ax_.set_xlabel(f"training events{rarer}")
        self.ax_.set_ylabel(first.metric.replace("_", " ") + " by event")
        self.ax_.grid(color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        self.ax_.tick_params(length=0, labelcolor=MUTED)
        strip_spines(self.ax_, "right", "top")
        if len(self.curves) > 1:
            self.ax_.legend(frameon=False, loc="best")
        return self

    def _check(self):
        """Raise if curves cannot share axes."""
        check_option("count", self.count, COUNTS)
        if not self.curves:
            raise ValueError("curves must hold one curve or more; got none.")
        metrics = sorted({curve.metric for curve in self.curves.values()})
        if len(metrics) > 1:
            raise ValueError(f"curves must have one metric; got {', '.join(metrics)}.")
        rarer = sorted({str(curve.rarer) for curve in self.curves.values()})
        if self.count == "rarer" and len(rarer) > 1:
            raise ValueError(
                f"count='rarer' needs one rarer class; got {', '.join(rarer)}."
            )

    def _draw(self, name, curve, color, marker):
        """Draw the means over repeats and their band."""
        table = curve.summary()
        counts = table.index if self.count == "events" else table["n_rarer"]
        self.ax_.fill_between(
            counts, table["low"], table["high"], color=color, alpha=0.15, linewidth=0
        )
        self.ax_.plot(counts, table["score"], color=color, marker=marker, label=name)

    def _extrapolate(self, curve, n_events, color):
        """Draw the dashed line from the last size on, if the curve has one."""
        last = curve.summary().iloc[-1]
        n_last = int(last.name)
        if n_events <= n_last:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = curve.extrapolate(n_events)
            if np.isnan(found.score):
                return
            ahead = np.geomspace(n_last, n_events, 12).round().astype(int)
            scores = [curve.extrapolate(int(n)).score for n in ahead]
        # an extrapolated set has the classes in the shares of the last size
        scale = 1 if self.count == "events" else last["n_rarer"] / n_last
        self.ax_.plot(scale * ahead, scores, color=color, linestyle="--", zorder=1)
        self.ax_.errorbar(
            scale * n_events,
            found.score,
            yerr=[[found.score - found.low], [found.high - found.score]],
            color=color,
            capsize=3,
        )

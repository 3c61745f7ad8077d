"""Scores of several models with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..metrics import score_table
from ._axes import SERIES, get_axes, strip_spines
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class EventScoresDisplay(DisplayRepr):
    """Forest plot: the scores of several models, each with its interval.

    Parameters
    ----------
    table : DataFrame
        Columns ``score``, ``low`` and ``high``; the index has the levels ``model``
        and ``level`` (``"event"`` or ``"record"``).
    metric : str, default="score"
        Name of the score, for the axis.
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
    >>> import pandas as pd
    >>> from skseisfp.plotting import EventScoresDisplay
    >>> names = ["model", "level"]
    >>> index = pd.MultiIndex.from_tuples([("network", "event")], names=names)
    >>> table = pd.DataFrame({"score": 0.9, "low": 0.8, "high": 0.95}, index=index)
    >>> EventScoresDisplay(table, metric="accuracy").models
    ['network']
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        table: pd.DataFrame,
        *,
        metric: str = "score",
        chance: float | None = None,
    ) -> None:
        self.table = table
        self.metric = metric
        self.chance = chance

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_scores: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        groups: npt.ArrayLike | None = None,
        *,
        metric: str = "roc_auc",
        chance: float | None = None,
        ax: Axes | None = None,
        **options: Any,
    ) -> Self:
        """Draw the scores of predictions by event and by record.

        Parameters
        ----------
        y_true : array-like of shape (n_records,)
            Labels.
        y_scores : array-like of shape (n_records, n_classes) or (n_records,), or \
dict of them
            Probabilities of one model, or of each model by its name.
        groups : array-like of shape (n_records,), default=None
            Event of each record; None takes the index of `y_true`.
        metric : {"accuracy", "balanced_accuracy", "f1", "roc_auc"}, \
default="roc_auc"
            The score.
        chance : float, default=None
            Score of a guess, drawn as a line.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        **options : dict
            Options of :func:`skseisfp.metrics.score_table`.

        Returns
        -------
        EventScoresDisplay
            The display.

        Raises
        ------
        ValueError
            If `y_scores` is empty, and as :func:`skseisfp.metrics.score_table`.
        """
        if not isinstance(y_scores, Mapping):
            y_scores = {"model": y_scores}
        if not y_scores:
            raise ValueError("y_scores must name at least one model; it is empty.")
        tables = {
            name: score_table(y_true, scores, groups, metrics=[metric], **options)
            for name, scores in y_scores.items()
        }
        table = pd.concat(tables, names=["model"]).xs(metric, level="metric")
        return cls(table, metric=metric, chance=chance).plot(ax=ax)

    @property
    def models(self) -> list[str]:
        """Names of the models in the order of the table."""
        return list(dict.fromkeys(self.table.index.get_level_values("model")))

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventScoresDisplay
            The display.
        """
        models = self.models
        levels = list(dict.fromkeys(self.table.index.get_level_values("level")))
        self.figure_, axes = get_axes(ax, figsize=(7, 1.3 + 0.55 * len(models)))
        self.ax_ = axes[0, 0]
        if self.chance is not None:
            self.ax_.axvline(self.chance, color="#9aa5b1", linestyle=":", zorder=0)
        for k, level in enumerate(levels):
            rows = self.table.xs(level, level="level").loc[models]
            offset = 0.28 * (k - (len(levels) - 1) / 2)
            self._draw_level(level, rows, offset, first=k == 0)
        self.ax_.set_yticks(range(len(models)), models)
        self.ax_.set_ylim(len(models) - 0.4, -0.6)
        self.ax_.set_xlabel(self.metric.replace("_", " "))
        self.ax_.tick_params(axis="y", length=0)
        self.ax_.grid(axis="x", color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        strip_spines(self.ax_, "left", "right", "top")
        if len(levels) > 1:
            self.ax_.legend(
                frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2
            )
        return self

    def _draw_level(self, level, rows, offset, *, first):
        """Draw an interval for each model, and write the scores of the first level."""
        score, low, high = rows[["score", "low", "high"]].to_numpy().T
        self.ax_.errorbar(
            score,
            [k + offset for k in range(len(rows))],
            xerr=np.stack([score - low, high - score]).tolist(),
            fmt="o" if first else "s",
            markersize=7 if first else 5,
            markerfacecolor=SERIES[0] if first else "white",
            color=SERIES[0] if first else SERIES[5],
            elinewidth=2.5 if first else 1.2,
            label=f"by {level}",
        )
        if not first:
            return
        for k in range(len(rows)):
            self.ax_.annotate(
                f"{score[k]:.2f} [{low[k]:.2f}, {high[k]:.2f}]",
                (1.02, k),
                xycoords=self.ax_.get_yaxis_transform(),
                va="center",
                color="#1b2733",
            )

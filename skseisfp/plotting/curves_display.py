"""Panel grid of curves of a quantity over a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ._axes import FAINT, SERIES, get_axes, strip_spines
from ._cube_slice import compute
from .slice_display import MARK, SliceDisplay

if TYPE_CHECKING:
    from xarray import DataArray

MARKERS = "osD^vPX*"


class CurvesDisplay(SliceDisplay):
    """Panel grid of curves: one panel for each pair of values of two parameters.

    The curves run over a third parameter; colour and marker show a fourth one. Bands
    are one standard deviation over the folds to both sides. The marked trial has a
    ring.

    Parameters
    ----------
    values : DataArray
        The quantity over 1 to 4 parameters, in the order rows of panels, columns of
        panels, horizontal, curves. One parameter is horizontal; two are columns and
        horizontal.
    spread : DataArray, default=None
        Standard deviation over the folds.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n_columns)
        Axes of the panels.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Notes
    -----
    Figures 5, 8 and 9 of Silkin [1]_ are of this kind.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import xarray as xr
    >>> from skseisfp.plotting import CurvesDisplay
    >>> coords = {"size": [1, 2], "filters": [8, 16, 24]}
    >>> values = xr.DataArray([[0.7, 0.8, 0.8], [0.8, 0.9, 0.7]], coords=coords)
    >>> CurvesDisplay(values).plot().ax_.shape
    (1, 2)
    """

    def __init__(
        self,
        values: DataArray,
        *,
        spread: DataArray | None = None,
        label: str = "quality",
        trial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(values, label=label, trial=trial)
        self.spread = spread

    @classmethod
    def _extras(cls, cube, quantity, metric, cut):
        """Return the spread of the quality, which the bands show."""
        has_bands = quantity == "quality"
        return {"spread": cut(compute(cube, "spread", metric)) if has_bands else None}

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        CurvesDisplay
            The display.
        """
        values, spread = self._as_grid(self.values), self._as_grid(self.spread)
        n_rows, n_columns = values.shape[:2]
        self.figure_, self.ax_ = get_axes(
            ax,
            n_rows,
            n_columns,
            figsize=(1.6 + max(1.5, 5 / n_columns) * n_columns, 1 + 1.5 * n_rows),
            sharex=True,
            sharey=True,
        )
        for (row, column), panel in np.ndenumerate(self.ax_):
            self._draw_curves(panel, values[row, column], spread[row, column])
            self._dress(panel, row, column)
        # the parameters before the horizontal one are those of rows and columns
        self._title_panels(*reversed(self._dims[: min(2, len(self._dims) - 1)]))
        self._mark_trial()
        self._add_legend(values.shape[3])
        self._write_cut()
        return self

    def _as_grid(self, array):
        """Return an array over rows, columns, horizontal, curves."""
        if array is None:
            return np.full_like(self._as_grid(self.values), np.nan)
        front = max(0, 3 - array.ndim)
        back = max(0, 4 - array.ndim - front)
        return array.values[(*(None,) * front, ..., *(None,) * back)]

    def _style(self, curve):
        """Return colour and marker of a curve."""
        return {
            "color": SERIES[curve % len(SERIES)],
            "marker": MARKERS[curve % len(MARKERS)],
        }

    def _draw_curves(self, panel, values, spread):
        """Draw the curves of a panel with their bands."""
        positions = np.arange(len(values))
        for curve in range(values.shape[1]):
            style = self._style(curve)
            mean, deviation = values[:, curve], spread[:, curve]
            panel.fill_between(
                positions,
                mean - deviation,
                mean + deviation,
                color=style["color"],
                alpha=0.15,
                linewidth=0,
            )
            panel.plot(positions, mean, markersize=3.5, linewidth=1.3, **style)

    def _dress(self, panel, row, column):
        """Write the axes of a panel."""
        n_rows, n_columns = self.ax_.shape
        horizontal = self._dims[min(2, len(self._dims) - 1)]
        self._set_ticks(panel, "x", horizontal)
        panel.grid(color="#e3e7eb", linewidth=0.7)
        panel.set_axisbelow(True)
        panel.tick_params(length=0, labelsize="small", labelcolor="#3d4a57")
        for side in ("left", "bottom"):
            panel.spines[side].set_color(FAINT)
        strip_spines(panel, "right", "top")
        if row == n_rows - 1 and column == n_columns // 2:
            panel.set_xlabel(self._names[self._dims.index(horizontal)])
        if column == 0 and row == n_rows // 2:
            panel.set_ylabel(self.label)

    def _mark_trial(self):
        """Draw a ring about the marked trial."""
        position = self._marked_position()
        if position is None:
            return
        value = self.values.values[position]
        row, column, x = (0, 0, *position[:3])[-3:]
        self.ax_[row, column].plot(
            x,
            value,
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=MARK,
            markeredgewidth=1.8,
            clip_on=False,
        )

    def _add_legend(self, n_curves):
        """Add the legend of the fourth parameter, if there is one."""
        if n_curves == 1:
            return
        lines = self.ax_.flat[0].lines[:n_curves]
        self.figure_.legend(
            lines,
            self._value_labels(self._dims[3]),
            title=self._names[3],
            loc="outside right upper",
            frameon=False,
        )

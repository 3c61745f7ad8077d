"""Heat maps of a quantity over parameters."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ._axes import INK, get_axes, strip_spines
from .slice_display import MARK, SliceDisplay

MAX_WRITTEN = 120  # cells whose values are written; more would be too small to read


class HeatMapDisplay(SliceDisplay):
    """Heat maps over two parameters, in columns and rows for two more.

    The marked trial has a frame. Cells without a result are grey.

    Parameters
    ----------
    values : DataArray
        The quantity over 2 to 4 parameters, in the order horizontal, vertical,
        columns of maps, rows of maps.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n_columns)
        Axes of the maps.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> import xarray as xr
    >>> from skseisfp.plotting import HeatMapDisplay
    >>> coords = {"size": [1, 2], "filters": [8, 16, 24]}
    >>> values = xr.DataArray([[0.7, 0.8, 0.8], [0.8, 0.9, 0.7]], coords=coords)
    >>> HeatMapDisplay(values).plot().ax_.shape
    (1, 1)
    """

    min_parameters = 2

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the maps.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as maps; None makes a figure.

        Returns
        -------
        HeatMapDisplay
            The display.
        """
        values = self.values.values[(..., *(None,) * (4 - self.values.ndim))]
        width, height, n_columns, n_rows = values.shape
        cell = 0.62 if values.size <= MAX_WRITTEN else 0.34
        panel = max(1.6, cell * width), max(1.4, 0.8 * cell * height)
        self.figure_, self.ax_ = get_axes(
            ax,
            n_rows,
            n_columns,
            figsize=(1.9 + panel[0] * n_columns, 0.9 + (panel[1] + 0.2) * n_rows),
            sharex=True,
            sharey=True,
        )
        norm = self._norm()
        for (row, column), panel in np.ndenumerate(self.ax_):
            image = values[:, :, column, row].T
            panel.imshow(
                image, origin="lower", norm=norm, cmap=self.cmap, aspect="auto"
            )
            panel.set_facecolor("#e3e7eb")
            self._write_values(panel, image, norm, values.size)
            self._dress(panel, row, column)
        self._title_panels(*self._dims[2:])
        self._mark_trial()
        self._add_colorbar(self.ax_, norm)
        self._write_cut()
        return self

    def _write_values(self, panel, image, norm, n_cells):
        """Write the values into the cells if they are few."""
        if n_cells > MAX_WRITTEN:
            return
        digits = _digits(self.values.values)
        for (row, column), value in np.ndenumerate(image):
            if np.isfinite(value):
                light = _luma(*panel.images[0].cmap(norm(value))[:3]) > 0.55
                panel.text(
                    column,
                    row,
                    f"{value:.{digits}f}",
                    ha="center",
                    va="center",
                    size="x-small",
                    color=INK if light else "white",
                )

    def _dress(self, panel, row, column):
        """Write the axes of a map."""
        self._set_ticks(panel, "x", self._dims[0])
        self._set_ticks(panel, "y", self._dims[1])
        panel.tick_params(length=0)
        strip_spines(panel, "left", "right", "top", "bottom")
        if row == len(self.ax_) - 1:
            panel.set_xlabel(self._names[0])
        if column == 0:
            panel.set_ylabel(self._names[1])

    def _mark_trial(self):
        """Draw a frame about the marked trial."""
        position = self._marked_position()
        if position is None:
            return
        x, y, column, row = (*position, 0, 0)[:4]
        panel = self.ax_[row, column]
        xs, ys = [-0.5, 0.5, 0.5, -0.5, -0.5], [-0.5, -0.5, 0.5, 0.5, -0.5]
        panel.plot(
            np.add(xs, x), np.add(ys, y), color=MARK, linewidth=2.2, clip_on=False
        )


def _luma(red, green, blue):
    """Return the brightness of a colour, by the weights of ITU-R BT.601."""
    return 0.3 * red + 0.59 * green + 0.11 * blue


def _digits(values):
    """Return the number of digits after the point that distinguish the values."""
    span = np.nanmax(values) - np.nanmin(values) if np.isfinite(values).any() else 1
    return int(np.clip(np.ceil(-np.log10(span)) + 1, 1, 4)) if span > 0 else 2

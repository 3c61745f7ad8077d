"""Surfaces of a quantity over two parameters."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .._utils.optional import import_optional
from ._axes import get_axes
from .slice_display import MARK, SliceDisplay

MAX_COLUMNS = 5


class SurfacesDisplay(SliceDisplay):
    """A row of surfaces over two parameters, one for each value of a third.

    Each value of a fourth parameter has a row. Height and colour are the quantity, and
    each trial colours its own surroundings, halfway to its neighbours; the marked trial
    is a point. Surfaces have holes where a result is missing.

    Parameters
    ----------
    values : DataArray
        The quantity over 2 to 4 parameters, in the order first axis, second axis,
        columns of surfaces, rows of surfaces.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n_columns)
        Three-dimensional axes; those without a surface are hidden.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Notes
    -----
    Figures 4 and 10 of [1]_ are of this kind.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from skseisfp.plotting import SurfacesDisplay
    >>> coords = {"size": [1, 2], "filters": [8, 16], "pool": [1, 2, 3]}
    >>> values = xr.DataArray(np.linspace(0.6, 0.9, 12).reshape(2, 2, 3), coords=coords)
    >>> SurfacesDisplay(values).plot().ax_.shape
    (1, 3)
    """

    min_parameters = 2

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the surfaces.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many three-dimensional axes as panels; None makes a figure.

        Returns
        -------
        SurfacesDisplay
            The display.

        Raises
        ------
        ValueError
            If one of the two axes has a single value.
        """
        values = self.values.values[(..., *(None,) * (4 - self.values.ndim))]
        if min(values.shape[:2]) < 2:
            raise ValueError(
                f"A surface needs two values or more of {self._names[0]} and of "
                f"{self._names[1]}; got {values.shape[0]} and {values.shape[1]}."
            )
        n_rows, n_columns = self._shape_of_panels(*values.shape[2:])
        self.figure_, self.ax_ = get_axes(
            ax,
            n_rows,
            n_columns,
            figsize=(
                1.4 + (4.4 if n_columns == 1 else 3) * n_columns,
                0.6 + 3 * n_rows,
            ),
            subplot_kw={"projection": "3d"},
        )
        norm = self._norm()
        surfaces = values.reshape(*values.shape[:2], -1, order="F")
        for number, panel in enumerate(self.ax_.flat):
            if number >= surfaces.shape[2]:
                panel.set_visible(False)
                continue
            self._draw_surface(panel, surfaces[..., number], norm)
            self._dress(panel, norm)
        self._title()
        self._mark_trial()
        self._add_colorbar(self.ax_, norm, pad=0.06)
        self._write_cut()
        return self

    def _shape_of_panels(self, n_third, n_fourth):
        """Return rows and columns: a long row of a third parameter is folded."""
        if n_fourth > 1:
            return n_fourth, n_third
        n_rows = -(-n_third // MAX_COLUMNS)
        return n_rows, -(-n_third // n_rows)

    def _draw_surface(self, panel, values, norm):
        """Draw a surface; a facet has the colour of the trial at its corner."""
        cm = import_optional("matplotlib.cm", extra="plot")
        heights = _halve(_halve(values).T).T
        x, y = np.indices(heights.shape) / 2
        # facets 2k - 1 and 2k are the surroundings of trial k
        rows, columns = (np.arange(1, size) // 2 for size in heights.shape)
        colors = cm.ScalarMappable(norm, self.cmap).to_rgba(values)
        panel.plot_surface(
            x,
            y,
            np.ma.masked_invalid(heights),
            facecolors=colors[rows][:, columns],
            rstride=1,
            cstride=1,
            edgecolor="white",
            linewidth=0.4,
            shade=False,
        )

    def _dress(self, panel, norm):
        """Write the axes of a surface."""
        for which, axis, name in zip("xy", self._dims, self._names, strict=False):
            self._set_ticks(panel, which, axis, at_most=6)
            panel.set(**{f"{which}label": name})
        for axis in (panel.xaxis, panel.yaxis, panel.zaxis):
            axis.set_pane_color("#f5f7f9")
        panel.set_zlim(norm.vmin, norm.vmax)
        panel.locator_params(axis="z", nbins=4)
        panel.tick_params(labelsize="x-small", pad=-1)
        panel.view_init(elev=28, azim=-125)
        panel.set_box_aspect((1, 1, 0.75), zoom=0.82)

    def _title(self):
        """Write the values of the third and the fourth parameter."""
        if len(self._dims) == 4:
            self._title_panels(*self._dims[2:])
        elif len(self._dims) == 3:
            titles = self._panel_titles(self._dims[2])
            for panel, title in zip(self.ax_.flat, titles, strict=False):
                panel.set_title(title, size="small")

    def _mark_trial(self):
        """Draw the marked trial as a point."""
        position = self._marked_position()
        if position is None:
            return
        x, y, third, fourth = (*position, 0, 0)[:4]
        n_third = self.values.shape[2] if self.values.ndim > 2 else 1
        self.ax_.flat[third + n_third * fourth].plot(
            [x],
            [y],
            [self.values.values[position]],
            marker="o",
            markersize=7,
            color=MARK,
            markeredgecolor="white",
            zorder=100,
        )


def _halve(values):
    """Return the rows with the means of neighbours in between; NaN has no weight."""
    lower, upper = values[:-1], values[1:]
    means = np.where(np.isnan(lower), upper, (lower + upper) / 2)
    halved = np.repeat(values, 2, axis=0)[:-1]
    halved[1::2] = np.where(np.isnan(upper), lower, means)
    return halved

"""The cube of results, coloured by value."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .._utils.checks import check_option
from .._utils.optional import import_optional
from ._axes import FAINT, get_axes
from .curves_display import MARKERS
from .slice_display import MARK, SliceDisplay


class CubeDisplay(SliceDisplay):
    """The 3-D cube: a point for each trial, coloured by its value.

    Axes are three parameters; panels or markers show a fourth one. The marked trial has
    a ring, trials without a result are crosses.

    Parameters
    ----------
    values : DataArray
        The quantity over 3 or 4 parameters.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (1, n_panels)
        Three-dimensional axes of the panels.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Notes
    -----
    Figure 3 of [1]_ is of this kind.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> from skseisfp.plotting import CubeDisplay
    >>> coords = {"size": [1, 2], "filters": [8, 16], "pool": [1, 2]}
    >>> values = xr.DataArray(np.linspace(0.6, 0.9, 8).reshape(2, 2, 2), coords=coords)
    >>> CubeDisplay(values).plot().ax_.shape
    (1, 1)
    """

    min_parameters = 3

    def plot(self, *, ax: Any = None, fourth: str = "panel") -> Self:
        """Draw the cube.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many three-dimensional axes as panels; None makes a figure.
        fourth : {"panel", "marker"}, default="panel"
            How the fourth parameter is shown, if there is one.

        Returns
        -------
        CubeDisplay
            The display.
        """
        check_option("fourth", fourth, ("panel", "marker"))
        values = self.values.values
        values = values[..., None] if values.ndim == 3 else values
        n_fourth = values.shape[3]
        n_panels = n_fourth if fourth == "panel" else 1
        self.figure_, self.ax_ = get_axes(
            ax,
            1,
            n_panels,
            figsize=(1.6 + (4.6 if n_panels == 1 else 3.6) * n_panels, 4.6),
            subplot_kw={"projection": "3d"},
        )
        norm = self._norm()
        for k in range(n_fourth):
            panel = self.ax_[0, k if fourth == "panel" else 0]
            shift = 0 if fourth == "panel" else (k - (n_fourth - 1) / 2) / n_fourth
            marker = "s" if fourth == "panel" else MARKERS[k % len(MARKERS)]
            self._draw_points(panel, values[..., k], norm, marker, 0.7 * shift)
            self._mark_trial(panel, k, 0.7 * shift)
        for panel in self.ax_.flat:
            self._dress(panel)
        if fourth == "panel":
            self._title_panels(*self._dims[3:])
        elif n_fourth > 1:
            self._add_legend()
        self._add_colorbar(self.ax_, norm, pad=0.08)
        self._write_cut()
        return self

    def _draw_points(self, panel, values, norm, marker, shift):
        """Draw a point for each trial, a cross for one without a result."""
        positions = np.indices(values.shape).reshape(3, -1).astype(float)
        positions[0] += shift
        top = values.shape[2] - 1
        values = values.ravel()
        known = np.isfinite(values)
        panel.scatter(
            *positions[:, known],
            c=values[known],
            norm=norm,
            cmap=self.cmap,
            marker=marker,
            s=60,
            depthshade=False,
            edgecolor="white",
            linewidth=0.5,
        )
        panel.scatter(*positions[:, ~known], color=FAINT, marker="x", s=16, linewidth=1)
        self._drop_lines(panel, positions[:2, positions[2] == 0].T, top)

    def _drop_lines(self, panel, feet, top):
        """Draw the columns of trials, which show where in depth a point is."""
        art3d = import_optional("mpl_toolkits.mplot3d.art3d", extra="plot")
        columns = [[(x, y, 0), (x, y, top)] for x, y in feet]
        panel.add_collection3d(
            art3d.Line3DCollection(columns, colors=FAINT, linewidths=0.6, alpha=0.7)
        )

    def _mark_trial(self, panel, fourth, shift):
        """Draw a ring about the marked trial if it is in this panel."""
        position = self._marked_position()
        if position is None or (*position, 0)[3] != fourth:
            return
        x, y, z = position[:3]
        panel.plot(
            [x + shift],
            [y],
            [z],
            marker="o",
            markersize=14,
            markerfacecolor="none",
            markeredgecolor=MARK,
            markeredgewidth=2,
            zorder=100,
        )

    def _dress(self, panel):
        """Write the axes of a panel."""
        for which, axis, name in zip("xyz", self._dims, self._names, strict=False):
            self._set_ticks(panel, which, axis)
            panel.set(**{f"{which}label": name})
            pane = getattr(panel, f"{which}axis")
            pane.set_pane_color("#f5f7f9")
        panel.tick_params(labelsize="small", pad=0)
        panel.view_init(elev=22, azim=-58)
        panel.set_box_aspect(None, zoom=0.82)

    def _add_legend(self):
        """Add the markers of the fourth parameter."""
        handles = [
            self.ax_[0, 0].plot([], [], [], "k", marker=MARKERS[k], linestyle="")[0]
            for k in range(self.values.shape[3])
        ]
        self.figure_.legend(
            handles,
            self._value_labels(self._dims[3]),
            title=self._names[3],
            loc="outside left upper",
            frameon=False,
        )

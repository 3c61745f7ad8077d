"""Axes and colours shared by the displays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._utils.optional import import_optional

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEGATIVE, ZERO, POSITIVE = "#4cc9f0", "#000000", "#ffb000"
SERIES = ("#0b7fab", "#d1495b", "#6a994e", "#7d5ba6", "#bc6c25", "#495057")
SCALOGRAM_CMAP = "magma"
INK, MUTED, FAINT = "#1b2733", "#5c6975", "#9aa5b1"


def import_pyplot():
    """Return pyplot; an error names the extra that installs matplotlib."""
    return import_optional("matplotlib.pyplot", extra="plot")


def get_axes(
    ax: Axes | npt.ArrayLike | None,
    n_rows: int = 1,
    n_columns: int = 1,
    **options: Any,
) -> tuple[Figure, npt.NDArray[Any]]:
    """Return the figure and the axes of a display, new or given ones.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, array of them or None
        Axes to draw on, as many as panels; None makes a figure.
    n_rows, n_columns : int, default=1
        Numbers of rows and columns of panels.
    **options : object
        Options of :func:`matplotlib.pyplot.subplots` for a new figure.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure.
    axes : ndarray of shape (n_rows, n_columns)
        The axes.

    Raises
    ------
    ValueError
        If `ax` has another number of axes.

    Examples
    --------
    >>> from skseisfp.plotting.base import get_axes
    >>> figure, axes = get_axes(None, 2, 3, figsize=(6, 4))
    >>> axes.shape
    (2, 3)
    """
    if ax is None:
        figure, axes = import_pyplot().subplots(
            n_rows, n_columns, squeeze=False, layout="constrained", **options
        )
        return figure, axes
    axes = np.atleast_1d(np.asarray(ax, dtype=object))
    if axes.size != n_rows * n_columns:
        raise ValueError(
            f"ax must hold {n_rows} x {n_columns} axes for this display; "
            f"got {axes.size}."
        )
    return axes.flat[0].figure, axes.reshape(n_rows, n_columns)


def draw_scalogram(ax, image, frequencies, times, **options):
    """Draw an image whose rows are log-spaced frequencies, and return its artist."""
    artist = ax.pcolormesh(
        times,
        frequencies,
        image,
        shading="nearest",
        rasterized=True,
        **{"cmap": SCALOGRAM_CMAP, **options},
    )
    set_frequency_scale(ax)
    return artist


def set_frequency_scale(ax):
    """Give the vertical axis a logarithmic scale of plain numbers of hertz."""
    ticker = import_optional("matplotlib.ticker", extra="plot")
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(ticker.NullFormatter())


def strip_spines(ax: Axes, *sides: str) -> None:
    """Hide the frame of axes on some sides.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.
    *sides : {"left", "right", "top", "bottom"}
        The sides.

    Examples
    --------
    >>> from skseisfp.plotting.base import get_axes, strip_spines
    >>> _, axes = get_axes(None)
    >>> strip_spines(axes[0, 0], "top", "right")
    >>> axes[0, 0].spines["top"].get_visible()
    False
    """
    for side in sides:
        ax.spines[side].set_visible(False)


def round_down(length):
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(length))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= length)

"""Axes and colours shared by the displays."""

import numpy as np

from .._utils.optional import import_optional

NEGATIVE, ZERO, POSITIVE = "#4cc9f0", "#000000", "#ffb000"
SERIES = ("#0b7fab", "#d1495b", "#6a994e", "#7d5ba6", "#bc6c25", "#495057")
SCALOGRAM_CMAP = "magma"
INK, MUTED, FAINT = "#1b2733", "#5c6975", "#9aa5b1"


def import_pyplot():
    """Import pyplot, or say which extra brings matplotlib."""
    return import_optional("matplotlib.pyplot", extra="plot")


def get_axes(ax, n_rows=1, n_columns=1, **options):
    """Return the figure and an array of (n_rows, n_columns) axes, new or given."""
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


def strip_spines(ax, *sides):
    """Hide the frame on the given sides."""
    for side in sides:
        ax.spines[side].set_visible(False)


def round_down(length):
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(length))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= length)

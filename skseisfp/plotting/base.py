"""Tools for authors of displays.

A display is a class that keeps to this contract, which is that of scikit-learn:

- The constructor stores what is drawn, and draws nothing.
- ``plot(*, ax=None)`` draws on given axes, or on those of a new figure, sets ``ax_``
  and ``figure_``, and returns the display.
- Class methods such as ``from_estimator``, ``from_predictions`` and ``from_cube``
  compute what is drawn, and return the display, drawn. Their options are keyword-only.

`get_axes` returns the axes to draw on. `SearchDisplay` adds ``from_search`` to a
display that has ``from_cube``. `SliceDisplay` is the base class of displays of a
quantity over a few parameters of a cube; a subclass adds ``plot``.
"""

from ._axes import FAINT, INK, MUTED, SERIES, get_axes, strip_spines
from .search_display import SearchDisplay
from .slice_display import SliceDisplay

__all__ = [
    "FAINT",
    "INK",
    "MUTED",
    "SERIES",
    "SearchDisplay",
    "SliceDisplay",
    "get_axes",
    "strip_spines",
]

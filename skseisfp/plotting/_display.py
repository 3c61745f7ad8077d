"""Mixin of all displays: a representation that says what they are."""

from __future__ import annotations


class DisplayRepr:
    """Mixin that names a display, and the size of its figure in inches if drawn."""

    def __repr__(self) -> str:
        figure = getattr(self, "figure_", None)
        name = type(self).__name__
        if figure is None:
            return f"{name}(not drawn)"
        width, height = figure.get_size_inches()
        return f"{name}(figure of {width:.3g} x {height:.3g} inches)"

"""Mixin of all displays of result cubes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from ._cube_slice import cube_of
from ._display import DisplayRepr


class SearchDisplay(DisplayRepr, ABC):
    """Mixin of displays that draw a result cube: they draw a fitted search, too.

    A subclass has a class method ``from_cube(cube, **options)`` that returns the
    display, drawn.

    See Also
    --------
    skseisfp.plotting.slice_display.SliceDisplay : Draws a quantity over parameters.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skseisfp.plotting.base import SearchDisplay, get_axes
    >>> class BestDisplay(SearchDisplay):
    ...     @classmethod
    ...     def from_cube(cls, cube, *, ax=None):
    ...         display = cls()
    ...         display.figure_, axes = get_axes(ax)
    ...         display.ax_ = axes[0, 0]
    ...         _ = display.ax_.set_title(str(cube.best()))
    ...         return display
    >>> search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=3)
    >>> search = search.fit(*load_iris(return_X_y=True))
    >>> BestDisplay.from_search(search).ax_.get_title()
    "{'max_depth': 2}"
    """

    @classmethod
    @abstractmethod
    def from_cube(cls, cube: Any, **options: Any) -> Self:
        """Draw a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        **options : object
            Options of the display.

        Returns
        -------
        display
            The display.
        """

    @classmethod
    def from_search(cls, search: Any, **options: Any) -> Self:
        """Draw the results of a search.

        Parameters
        ----------
        search : GridSearchCV, SweepSearchCV or another search
            A fitted search.
        **options : object
            Options of `from_cube`.

        Returns
        -------
        display
            The display.
        """
        return cls.from_cube(cube_of(search), **options)

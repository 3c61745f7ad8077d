"""What the displays of a quantity over a few parameters have in common."""

from functools import partial

import numpy as np

from .._utils.names import find_parameter, short_names
from .._utils.optional import import_optional
from ._axes import INK, MUTED
from ._cube_slice import (
    CMAPS,
    complete_trial,
    compute,
    cube_of,
    describe,
    format_value,
    take_slice,
)

MARK = "#e63946"


class SliceDisplay:
    """Display of a quantity over the parameters that a class can show."""

    _min_parameters, _max_parameters = 1, 4

    def __init__(self, values, *, label="quality", cmap="viridis", trial=None):
        self.values = values
        self.label = label
        self.cmap = cmap
        self.trial = trial

    @classmethod
    def from_search(cls, search, **options):
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

    @classmethod
    def from_cube(
        cls,
        cube,
        *,
        parameters=None,
        metric=None,
        quantity="quality",
        trial=None,
        ax=None,
    ):
        """Draw a quantity of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        parameters : sequence of str, default=None
            Parameters to draw over, by full or short name, in the order that the
            class names; None takes those of the cube in their order, as many as the
            display can show.
        metric : str, default=None
            Metric; None is the main one.
        quantity : {"quality", "gradient", "spread"}, default="quality"
            Mean of the metric over the folds, its gradient over the grid, or its
            standard deviation over the folds.
        trial : dict, default=None
            Trial that is marked, and through which the cube is cut where it has more
            parameters; what it leaves out is as in the best trial.
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        display
            The display.

        Raises
        ------
        ValueError
            If the cube has too few parameters, or `parameters` names too few, too
            many or others.
        """
        trial = complete_trial(cube, trial, metric=metric)
        parameters = cls._choose(list(trial), parameters)
        cut = partial(take_slice, parameters=parameters, trial=trial)
        return cls(
            cut(compute(cube, quantity, metric)),
            label=describe(cube, quantity, metric),
            trial=trial,
            **cls._extras(cube, quantity, metric, cut),
        ).plot(ax=ax)

    @classmethod
    def _extras(cls, cube, quantity, metric, cut):
        """Return what else a display of a quantity takes."""
        return {"cmap": CMAPS[quantity]}

    @classmethod
    def _choose(cls, known, parameters):
        """Return the parameters to draw over, or refuse their number."""
        if parameters is None:
            parameters = known[: cls._max_parameters]
        parameters = [find_parameter(known, name) for name in parameters]
        low, high = cls._min_parameters, cls._max_parameters
        if not low <= len(set(parameters)) == len(parameters) <= high:
            raise ValueError(
                f"{cls.__name__} draws over {low} to {high} different parameters; got "
                f"{len(parameters)}: {', '.join(parameters)}."
            )
        return parameters

    @property
    def _names(self):
        """Short names of the parameters drawn over."""
        names = short_names(self.trial or self.values.dims)
        return [names[name] for name in self.values.dims]

    def _texts(self, axis):
        """Return the values of one of the parameters as texts."""
        return [format_value(value) for value in self.values[axis].values.tolist()]

    @property
    def _dims(self):
        return self.values.dims

    def _panel_texts(self, axis):
        """Return a title for each value of a parameter."""
        name = self._names[self._dims.index(axis)]
        return [f"{name} = {text}" for text in self._texts(axis)]

    def _title_panels(self, column=None, row=None):
        """Name the values of the columns above, those of the rows at the right."""
        if column is not None:
            for panel, text in zip(self.ax_[0], self._panel_texts(column), strict=True):
                _write_title(panel, text, (0.5, 1.04), va="bottom", ha="center")
        if row is not None:
            place = {"rotation": -90, "va": "center", "ha": "left"}
            for panel, text in zip(
                self.ax_[:, -1], self._panel_texts(row), strict=True
            ):
                _write_title(panel, text, (1.04, 0.5), **place)

    def _marked_position(self):
        """Return the position of the marked trial along each axis, or None."""
        if self.trial is None:
            return None
        return tuple(
            self.values[name].values.tolist().index(self.trial[name])
            for name in self._dims
        )

    def _norm(self):
        """Return one scale of colours for all panels."""
        colors = import_optional("matplotlib.colors", extra="plot")
        values = self.values.values
        if not np.isfinite(values).any():
            return colors.Normalize(0, 1)
        low, high = np.nanmin(values), np.nanmax(values)
        return colors.Normalize(low, high if high > low else low + 1)

    def _add_colorbar(self, axes, norm, *, pad=0.03):
        cm = import_optional("matplotlib.cm", extra="plot")
        mappable = cm.ScalarMappable(norm, self.cmap)
        bar = self.figure_.colorbar(mappable, ax=axes, shrink=0.8, pad=pad, aspect=30)
        bar.set_label(self.label, color=INK)
        bar.outline.set_visible(False)

    def _set_ticks(self, ax, which, axis, *, at_most=8):
        """Write the values of a parameter at their positions, some if they are many."""
        texts = self._texts(axis)
        step = -(-len(texts) // at_most)
        positions = range(0, len(texts), step)
        ax.set(**{f"{which}ticks": positions})
        ax.set(**{f"{which}ticklabels": [texts[k] for k in positions]})

    def _write_cut(self):
        """Say above the panels where the cube is cut."""
        names = short_names(self.trial or {})
        cut = [
            f"{names[name]} = {format_value(value)}"
            for name, value in (self.trial or {}).items()
            if name not in self._dims
        ]
        if cut:
            self.figure_.suptitle("at " + ", ".join(cut), size="medium", color=MUTED)


def _write_title(panel, text, place, **options):
    panel.annotate(text, place, xycoords="axes fraction", size="small", **options)

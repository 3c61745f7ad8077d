"""Diagram of a network with the values of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from .._utils.optional import import_optional
from ._architecture_boxes import N_COLUMNS, arrange_boxes, format_shape
from ._axes import FAINT, INK, MUTED, get_axes
from ._cube_slice import complete_trial, cube_of
from ._display import DisplayRepr
from ._trial_layers import read_network, trial_layers, varied_architecture

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from ..sweep import ResultCube

COLOURS = {
    "convolution": ("#dcecf5", "#0b7fab"),
    "average pooling": ("#e3efdd", "#5b8c3e"),
    "dropout": ("#f8ead9", "#bc6c25"),
    "fully connected": ("#e9e2f1", "#7d5ba6"),
}
PLAIN = ("#eef1f4", FAINT)
VARIED = "#c2273f"
WIDTH, HEIGHT, STEP, ROW = 1.35, 1.05, 2.45, 1.7
INCHES_PER_UNIT, POINTS_PER_INCH = 0.8, 11.5


class ArchitectureDisplay(DisplayRepr):
    """Diagram of the layers of a network.

    Each cycle has a row of boxes; the last row has the fully connected layers. Arrows
    are labelled by the shape of the data, boxes by the number of their parameters.
    Values of the parameters that were varied are red.

    Parameters
    ----------
    layers : DataFrame
        Layers as :func:`skseisfp.neural.summarize` tabulates them.
    varied : sequence of str, default=()
        Parameters of the catalogue to be marked.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.
    text_ : dict
        Artists of the strings of each layer, by its name.

    See Also
    --------
    skseisfp.neural.summarize : The same as a table.

    Examples
    --------
    >>> from skseisfp.plotting import ArchitectureDisplay
    >>> display = ArchitectureDisplay.from_params((1, 64, 64), 3, conv1_n_filters=16)
    >>> [text.get_text() for text in display.text_["conv1"]]
    ['convolution', '2 × 2', '16 filters', 'stride 1', 'padding 1', '80']
    """

    ax_: Axes
    figure_: Figure
    text_: dict[str, list[Text]]

    def __init__(self, layers: pd.DataFrame, *, varied: Sequence[str] = ()) -> None:
        self.layers = layers
        self.varied = varied

    @classmethod
    def from_params(
        cls,
        input_shape: tuple[int, int, int] = (1, 64, 64),
        n_classes: int = 3,
        *,
        ax: Axes | None = None,
        **params: Any,
    ) -> Self:
        """Draw an architecture by its parameters.

        Parameters
        ----------
        input_shape : tuple of int, default=(1, 64, 64)
            Channels, rows and columns of one fingerprint.
        n_classes : int, default=3
            Number of classes.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        **params : object
            Parameters of :func:`skseisfp.neural.layer_catalogue`, which are marked;
            the others keep their defaults.

        Returns
        -------
        ArchitectureDisplay
            The display.

        Raises
        ------
        ValueError
            If the architecture is impossible.
        """
        from ..neural import summarize

        layers = summarize(input_shape, n_classes, **params)
        return cls(layers, varied=tuple(params)).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, varied: Sequence[str] = (), ax: Axes | None = None
    ) -> Self:
        """Draw the architecture of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted `FingerprintClassifier` with the convolutional network, or an
            estimator that holds one, such as a pipeline.
        varied : sequence of str, default=()
            Parameters of the catalogue to be marked.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ArchitectureDisplay
            The display.

        Raises
        ------
        ValueError
            If `estimator` does not have a network of fingerprints that are not flat.
        """
        from ..neural import summarize

        shape, architecture = read_network(estimator)
        layers = summarize(shape, len(estimator.classes_), **architecture)
        return cls(layers, varied=varied).plot(ax=ax)

    @classmethod
    def from_search(
        cls, search: Any, *, trial: dict[str, Any] | None = None, ax: Axes | None = None
    ) -> Self:
        """Draw the architecture of a trial of a search.

        Parameters
        ----------
        search : GridSearchCV, SweepSearchCV or another search
            A fitted search over an estimator that holds a `FingerprintClassifier`.
        trial : dict, default=None
            Values of parameters; missing values are those of the best trial.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ArchitectureDisplay
            The display.

        Raises
        ------
        ValueError
            If the search does not have a network of fingerprints that are not flat,
            and as `from_cube`.
        """
        estimator = getattr(search, "best_estimator_", search.estimator)
        input_shape, architecture = read_network(estimator)
        return cls.from_cube(
            cube_of(search),
            trial=trial,
            input_shape=input_shape,
            n_classes=len(search.classes_) if search.refit else None,
            architecture=architecture,
            ax=ax,
        )

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        trial: dict[str, Any] | None = None,
        input_shape: tuple[int, int, int] | None = None,
        n_classes: int | None = None,
        architecture: dict[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the architecture of a trial of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        trial : dict, default=None
            Values of parameters; missing values are those of the best trial.
        input_shape : tuple of int, default=None
            Channels, rows and columns of one fingerprint; None is that of the sweep,
            and (1, 64, 64) where the cube does not know it.
        n_classes : int, default=None
            Number of classes; None is that of the sweep.
        architecture : dict, default=None
            Parameters of :func:`skseisfp.neural.layer_catalogue` that were the same
            in all trials; the others are as the cube has noted them, or defaults.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ArchitectureDisplay
            The display.

        Raises
        ------
        ValueError
            If no parameter of the cube changes the architecture, if the network is
            impossible, or if it has another number of parameters than the trial.
        """
        trial = complete_trial(cube, trial)
        layers = trial_layers(
            cube,
            trial,
            input_shape=input_shape,
            n_classes=n_classes,
            architecture=architecture,
        )
        varied = tuple(varied_architecture(trial).values())
        return cls(layers, varied=varied).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the diagram.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ArchitectureDisplay
            The display.
        """
        rows = arrange_boxes(self.layers, self.varied)
        width, height = STEP * (N_COLUMNS + 1) - 0.3, ROW * len(rows)
        size = INCHES_PER_UNIT * width, INCHES_PER_UNIT * height
        self.figure_, axes = get_axes(ax, figsize=size)
        self.ax_ = axes[0, 0]
        self.ax_.set(xlim=(-0.8, width - 0.8), ylim=(height - 0.7, -0.7))
        self.ax_.set_aspect("equal")
        self.ax_.axis("off")
        self._points = POINTS_PER_INCH * self._measure_unit(width, height)
        self.text_ = {}
        self._draw_input()
        for row, boxes in enumerate(rows):
            for column, box in enumerate(boxes, start=1):
                self._draw_box(box, STEP * column, ROW * row)
                last = row + 1 == len(rows) and column == len(boxes)
                self._draw_arrow(box.shape, column, row, last=last)
        return self

    def _measure_unit(self, width, height):
        """Return the inches of a unit of the drawing."""
        window = self.ax_.get_window_extent()
        unit = min(window.width / width, window.height / height) / self.figure_.dpi
        return min(INCHES_PER_UNIT, unit)

    def _draw_input(self):
        """Draw the box of the fingerprint."""
        shape = self.layers["input_shape"].iloc[0]
        self._frame(0, 0, PLAIN)
        self._write(0, 0, "fingerprint", weight="bold")
        self._draw_arrow(format_shape(shape), 0, 0, last=False)

    def _draw_box(self, box, x, y):
        """Draw a layer: title and settings inside, number of parameters below."""
        self._frame(x, y, COLOURS.get(box.kind, PLAIN))
        lines = [(box.title, False), *box.lines]
        top = y - 0.095 * (len(lines) - 1)
        self.text_[box.name] = [
            self._write(
                x,
                top + 0.19 * k,
                string,
                color=VARIED if varied else INK,
                weight="bold" if varied or k == 0 else "normal",
            )
            for k, (string, varied) in enumerate(lines)
        ]
        if box.n_parameters:
            below = y + HEIGHT / 2 + 0.13
            count = self._write(x, below, f"{box.n_parameters:,}", color=MUTED)
            self.text_[box.name].append(count)

    def _draw_arrow(self, shape, column, row, *, last):
        """Draw the arrow to the next box, round the corner at the end of a row."""
        x, y = STEP * column + WIDTH / 2, ROW * row
        if last:
            total = f"{self.layers['n_parameters'].sum():,} parameters in all"
            self._write(x + 0.15, y, total, color=MUTED, ha="left")
            return
        if column < N_COLUMNS:
            self._write(x + (STEP - WIDTH) / 2, y - 0.12, shape, color=MUTED)
            self._arrow([(x, y), (x + STEP - WIDTH, y)])
            return
        middle, start = y + ROW / 2 + 0.12, STEP - WIDTH / 2
        turn = [(x, y), (x + 0.3, y), (x + 0.3, middle), (start - 0.42, middle)]
        self._arrow([*turn, (start - 0.42, y + ROW), (start, y + ROW)])
        self._write((x + start) / 2, middle - 0.11, shape, color=MUTED)

    def _arrow(self, points):
        """Draw a line through points with an arrowhead at the last one."""
        xs, ys = zip(*points, strict=True)
        self.ax_.plot(xs, ys, color=FAINT, linewidth=1.2, solid_joinstyle="round")
        self.ax_.annotate(
            "",
            points[-1],
            points[-2],
            arrowprops={
                "arrowstyle": "-|>",
                "color": FAINT,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )

    def _frame(self, x, y, colours):
        """Draw the frame of a box about its centre."""
        patches = import_optional("matplotlib.patches", extra="plot")
        self.ax_.add_patch(
            patches.FancyBboxPatch(
                (x - WIDTH / 2, y - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.08",
                facecolor=colours[0],
                edgecolor=colours[1],
                linewidth=1.2,
            )
        )

    def _write(self, x, y, string, **options):
        """Write a string, and return its artist."""
        options = {"ha": "center", "va": "center", "color": INK, **options}
        options["size"] = self._points
        return self.ax_.text(x, y, string, None, **options)

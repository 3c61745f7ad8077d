"""Confusion matrix with recall, precision and accuracy at its margins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix as count_confusions
from sklearn.utils.multiclass import unique_labels

from .._utils.checks import check_option
from ._axes import get_axes, strip_spines
from ._cube_slice import complete_trial
from .search_display import SearchDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from sklearn.base import BaseEstimator

    from ..sweep import ResultCube

CELLS, MARGIN = "Blues", "#eef1f4"
COUNTS = {"record": "confusion", "event": "event_confusion"}


class ConfusionMarginsDisplay(SearchDisplay):
    """Confusion matrix with margins.

    True classes go from left to right, predicted ones upwards. A cell holds its share
    of all items in percent; the top margin holds recall, the right one precision, the
    corner accuracy.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_classes, n_classes)
        Counts; rows are true classes, columns predicted ones, as
        :func:`sklearn.metrics.confusion_matrix` returns them.
    display_labels : sequence of str, default=None
        Names of the classes; None numbers them from 1.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.
    text_ : dict
        Artists of the cells by column and row; index ``n_classes`` is the margin.

    Notes
    -----
    The layout is that of figure 6 of Silkin [1]_.

    References
    ----------
    .. [1] Silkin (2024), Russian Journal of Seismology 6(3), 77-92,
       doi:10.35540/2686-7907.2024.3.05

    Examples
    --------
    >>> from skseisfp.plotting import ConfusionMarginsDisplay
    >>> display = ConfusionMarginsDisplay([[52, 1, 0], [1, 56, 4], [3, 0, 55]])
    >>> display.recall.round(3).tolist(), display.precision.round(3).tolist()
    ([0.981, 0.918, 0.948], [0.929, 0.982, 0.932])
    """

    ax_: Axes
    figure_: Figure
    text_: dict[tuple[int, int], Text]

    def __init__(
        self,
        confusion_matrix: npt.ArrayLike,
        *,
        display_labels: Sequence[str] | None = None,
    ) -> None:
        self.confusion_matrix = np.asarray(confusion_matrix)
        self.display_labels = display_labels

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        labels: npt.ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confusion matrix of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier.
        X : array-like of shape (n_records, ...)
            Input of the classifier.
        y : array-like of shape (n_records,)
            True classes.
        labels : array-like, default=None
            Classes in the order of drawing; None sorts those that occur.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ConfusionMarginsDisplay
            The display.
        """
        classifier: Any = estimator
        return cls.from_predictions(y, classifier.predict(X), labels=labels, ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_pred: npt.ArrayLike,
        *,
        labels: npt.ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confusion matrix of predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_items,)
            True and predicted classes, of records or of events.
        labels : array-like, default=None
            Classes in the order of drawing; None sorts those that occur.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ConfusionMarginsDisplay
            The display.
        """
        labels = unique_labels(y_true, y_pred) if labels is None else labels
        counts = count_confusions(y_true, y_pred, labels=labels)
        names = [str(label) for label in np.asarray(labels)]
        return cls(counts, display_labels=names).plot(ax=ax)

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        trial: dict[str, Any] | None = None,
        pooled: bool = False,
        fold: int | None = None,
        by: str = "record",
        ax: Axes | None = None,
    ) -> Self:
        """Draw the confusion matrix of a trial, or of all trials pooled.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        trial : dict, default=None
            Values of parameters; missing values are those of the best trial.
        pooled : bool, default=False
            Whether to pool all trials that have the values in `trial`, or all trials.
        fold : int, default=None
            Number of the fold from 0; None pools the folds.
        by : {"record", "event"}, default="record"
            Whether records or events are counted.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ConfusionMarginsDisplay
            The display.

        Raises
        ------
        ValueError
            If the cube does not have the matrix.
        """
        check_option("by", by, COUNTS)
        if COUNTS[by] not in cube.dataset:
            raise ValueError(f"The cube has no confusion matrices by {by}.")
        chosen = complete_trial(cube, trial, only_given=pooled)
        counts = cube.dataset[COUNTS[by]].sel(chosen)
        if fold is not None:
            counts = counts.isel(fold=fold)
        classes = ("true_class", "predicted_class")
        others = [name for name in counts.dims if name not in classes]
        counts = counts.sum(others, min_count=1).transpose(*classes)
        if counts.isnull().any():
            raise ValueError(f"The cube has no confusion matrix of the trial {chosen}.")
        labels = [str(label) for label in counts["true_class"].values]
        return cls(counts.values.astype(int), display_labels=labels).plot(ax=ax)

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of each true class that was recognised."""
        return _share(np.diag(self.confusion_matrix), self.confusion_matrix.sum(axis=1))

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Share of the predictions of each class that were right."""
        return _share(np.diag(self.confusion_matrix), self.confusion_matrix.sum(axis=0))

    @property
    def accuracy(self) -> float:
        """Share of the predictions that were right."""
        return np.trace(self.confusion_matrix) / self.confusion_matrix.sum()

    def plot(self, *, ax: Axes | None = None, cmap: str | Colormap = CELLS) -> Self:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        cmap : str or matplotlib.colors.Colormap, default="Blues"
            Colours of the cells.

        Returns
        -------
        ConfusionMarginsDisplay
            The display.
        """
        n_classes = len(self.confusion_matrix)
        size = 1.9 + 0.95 * n_classes
        self.figure_, axes = get_axes(ax, figsize=(size + 1.2, size))
        self.ax_ = axes[0, 0]
        share = self.confusion_matrix.T / self.confusion_matrix.sum()
        self.ax_.imshow(
            np.pad(np.sqrt(share), (0, 1), constant_values=np.nan),
            cmap=cmap,
            vmin=0,
            vmax=1.15 * np.sqrt(share.max()),
            origin="lower",
        )
        self.ax_.set_facecolor(MARGIN)
        self.text_ = {}
        self._write_cells(share)
        self._write_margins()
        self._dress(n_classes)
        return self

    def _write(self, column, row, string, **options):
        """Write into a cell, and keep the artist."""
        self.text_[column, row] = self.ax_.text(
            column, row, string, ha="center", va="center", **options
        )

    def _write_cells(self, share):
        """Write shares in percent, and counts."""
        for (row, column), part in np.ndenumerate(share):
            count = self.confusion_matrix[column, row]
            dark = np.sqrt(part) > 0.6 * np.sqrt(share.max())
            colour = "white" if dark else "#1b2733" if count else "#9aa5b1"
            digits = 1 if part >= 0.1 else 2
            string = f"{100 * part:.{digits}f} %\n{count}" if count else "0"
            self._write(column, row, string, color=colour)

    def _write_margins(self):
        """Write recall, precision and accuracy in percent."""
        n_classes = len(self.confusion_matrix)
        bold = {"weight": "bold", "color": "#1b2733"}
        for k in range(n_classes):
            self._write(k, n_classes, f"{100 * self.recall[k]:.1f}", **bold)
            self._write(n_classes, k, f"{100 * self.precision[k]:.1f}", **bold)
        corner = f"{100 * self.accuracy:.1f}"
        self._write(n_classes, n_classes, corner, size="x-large", **bold)

    def _dress(self, n_classes):
        """Write the axes and the lines between cells."""
        names = self.display_labels
        names = range(1, n_classes + 1) if names is None else names
        names = [str(name).replace("_", " ") for name in names]
        self.ax_.set_xticks(range(n_classes + 1), [*names, "precision, %"])
        self.ax_.set_yticks(range(n_classes + 1), [*names, "recall, %"])
        self.ax_.set_xticks(np.arange(-0.5, n_classes + 1), minor=True)
        self.ax_.set_yticks(np.arange(-0.5, n_classes + 1), minor=True)
        self.ax_.grid(which="minor", color="white", linewidth=2)
        self.ax_.tick_params(which="both", length=0)
        self.ax_.set(xlabel="True class", ylabel="Predicted class")
        strip_spines(self.ax_, "left", "right", "top", "bottom")


def _share(part, whole):
    """Divide counts, NaN where there are none."""
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)

"""Gallery of fingerprints and of the scalograms they come from."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from .._utils.checks import check_option
from .._utils.html import box, fact_table, sized, with_numbers
from .._utils.optional import import_optional
from ..preprocessing import FingerprintTransformer
from ..signal import decode, get_encoding
from ._axes import FAINT, NEGATIVE, POSITIVE, ZERO, draw_scalogram, get_axes
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("fingerprint", "scalogram", "inverse")
LEVELS = (8, 16, 32)  # indices at which the last levels of the Haar transform begin
TIME_INDEX, FREQUENCY_INDEX = "Haar index along time", "Haar index along frequency"


class FingerprintDisplay(DisplayRepr):
    """Gallery of fingerprints or scalograms, a row of panels for each class.

    In a fingerprint black is 0 and white is 1; each sign has its own colour. Its axes
    are the indices of the Haar transform, coarse to fine, along time and logarithmic
    frequency. The axes of scalograms, and of images computed back from fingerprints,
    are in seconds and hertz.

    Parameters
    ----------
    images : ndarray of shape (n_records, rows, columns)
        Fingerprints or scalograms.
    labels : array-like of shape (n_records,), default=None
        Class of each image; None puts all into one row.
    kind : {"fingerprint", "scalogram", "inverse"}, default="fingerprint"
        Kind of the images: fingerprints, scalograms, or images computed back from
        fingerprints.
    frequencies : ndarray of shape (rows,), default=None
        Frequencies of the rows in Hz, for scalograms.
    times : ndarray of shape (columns,), default=None
        Times of the columns in seconds, for scalograms.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (n_classes, n_per_class)
        Axes of the panels; those without an image are hidden.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.plotting import FingerprintDisplay
    >>> bunch = make_seismograms(12, random_state=0)
    >>> transformer = FingerprintTransformer(sampling_rate=40).fit(bunch.data)
    >>> display = FingerprintDisplay.from_estimator(
    ...     transformer, bunch.data, bunch.target, n_per_class=2, random_state=0
    ... )
    >>> display.images.shape, display.ax_.shape
    ((6, 64, 64), (3, 2))
    """

    ax_: npt.NDArray[Any]
    figure_: Figure

    def __init__(
        self,
        images: npt.NDArray,
        *,
        labels: npt.ArrayLike | None = None,
        kind: str = "fingerprint",
        frequencies: npt.NDArray | None = None,
        times: npt.NDArray | None = None,
    ) -> None:
        self.images = images
        self.labels = labels
        self.kind = kind
        self.frequencies = frequencies
        self.times = times

    def _repr_html_(self) -> str:
        images = np.asarray(self.images)
        facts = {
            "Images": sized(images.shape),
            "Not zero": f"{100 * np.count_nonzero(images) / max(images.size, 1):.3g} %",
        }
        if self.labels is not None:
            classes, numbers = np.unique(np.asarray(self.labels), return_counts=True)
            facts["Classes"] = with_numbers(zip(classes, numbers, strict=True))
        return box(f"FingerprintDisplay: {self.kind}", fact_table(facts))

    @classmethod
    def from_estimator(
        cls,
        transformer: FingerprintTransformer | Pipeline,
        X: npt.ArrayLike,
        y: npt.ArrayLike | None = None,
        *,
        kind: str = "fingerprint",
        n_per_class: int = 4,
        random_state: np.random.RandomState | int | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw fingerprints or scalograms of records drawn from each class.

        Parameters
        ----------
        transformer : FingerprintTransformer or Pipeline
            The transformer, or a pipeline with one such step, whose steps before it
            prepare the records. If it is not fitted, a clone is fitted on all records.
        X : array-like of shape (n_records, [n_views, n_channels,] n_samples)
            Records; of several views or channels the first is drawn.
        y : array-like of shape (n_records,), default=None
            Class of each record.
        kind : {"fingerprint", "scalogram", "inverse"}, default="fingerprint"
            Kind of the images: fingerprints, scalograms, or images computed back from
            fingerprints.
        n_per_class : int, default=4
            Largest number of records of each class.
        random_state : int, RandomState instance or None, default=None
            Seed of the draw of the records.
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        FingerprintDisplay
            The display.

        Raises
        ------
        TypeError
            If `transformer` is of another type, or a pipeline without such a step or
            with several.
        ValueError
            If `kind` is not valid.
        """
        check_option("kind", kind, KINDS)
        head, fitted = _fitted_parts(_fingerprint_part(transformer), X, y)
        X = np.asarray(X)
        labels = np.full(len(X), "") if y is None else np.asarray(y)
        random_state = check_random_state(random_state)
        chosen = np.concatenate(
            [
                random_state.permutation(np.flatnonzero(labels == label))[:n_per_class]
                for label in np.unique(labels)
            ]
        )
        return cls(
            _make_images(fitted, head(X[chosen]), kind),
            labels=None if y is None else labels[chosen],
            kind=kind,
            frequencies=fitted.frequencies_,
            times=fitted.times_,
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the gallery.

        Parameters
        ----------
        ax : array of matplotlib.axes.Axes, default=None
            As many axes as panels; None makes a figure.

        Returns
        -------
        FingerprintDisplay
            The display.
        """
        n_images = len(self.images)
        labels = np.full(n_images, "") if self.labels is None else self.labels
        classes, row, counts = np.unique(
            labels, return_inverse=True, return_counts=True
        )
        n_columns = counts.max()
        self.figure_, self.ax_ = get_axes(
            ax,
            len(classes),
            n_columns,
            figsize=(0.9 + 1.9 * n_columns, 0.6 + 1.9 * len(classes)),
            sharex=True,
            sharey=True,
        )
        for panel in self.ax_[np.arange(n_columns) >= counts[:, None]]:
            panel.set_visible(False)
        for k, label in enumerate(classes):
            for panel, image in zip(self.ax_[k], self.images[row == k], strict=False):
                self._draw(panel, image)
            title = str(label).replace("_", " ")
            self.ax_[k, 0].set_title(title, loc="left", weight="bold", size="medium")
        self._label_axes(own_figure=ax is None)
        if self.kind == "fingerprint" and n_images:
            self._add_key(own_figure=ax is None)
        return self

    def _add_key(self, *, own_figure):
        """Add the key of the colours, above a new figure or within the last axes."""
        patches = import_optional("matplotlib.patches", extra="plot")
        shades, names = (ZERO, "white"), ("0", "1, kept coefficient")
        if np.min(self.images) < 0:
            shades = (NEGATIVE, ZERO, POSITIVE)
            names = ("negative", "0, not kept", "positive coefficient")
        handles = [
            patches.Patch(facecolor=shade, edgecolor=FAINT, label=name)
            for shade, name in zip(shades, names, strict=True)
        ]
        place: dict[str, Any] = (
            {"loc": "outside upper right"} if own_figure else {"loc": "upper right"}
        )
        (self.figure_ if own_figure else self.ax_.flat[-1]).legend(
            handles=handles, fontsize="x-small", ncols=len(names), **place
        )

    def _draw(self, ax, image):
        """Draw an image by its kind."""
        if self.kind == "scalogram":
            draw_scalogram(ax, image, self.frequencies, self.times)
        elif self.kind == "inverse":
            limit = np.abs(image).max()
            draw_scalogram(
                ax,
                image,
                self.frequencies,
                self.times,
                cmap="PuOr_r",
                vmin=-limit,
                vmax=limit,
            )
        else:
            draw_fingerprint(ax, image)

    def _label_axes(self, *, own_figure):
        """Label a new figure once, given axes at the edges of the grid."""
        if self.kind == "fingerprint":
            x_label, y_label = TIME_INDEX, FREQUENCY_INDEX
        else:
            x_label, y_label = "Time, s", "Frequency, Hz"
        if own_figure:
            self.figure_.supxlabel(x_label, size="medium")
            self.figure_.supylabel(y_label, size="medium")
            return
        for panel in self.ax_[-1]:
            panel.set_xlabel(x_label)
        for panel in self.ax_[:, 0]:
            panel.set_ylabel(y_label)


def draw_fingerprint(ax: Axes, image: npt.NDArray) -> None:
    """Draw a fingerprint: 0 is black, 1 is white; each sign has its own colour."""
    colors = import_optional("matplotlib.colors", extra="plot")
    shades = (NEGATIVE, ZERO, POSITIVE) if image.min() < 0 else (ZERO, ZERO, "white")
    ax.imshow(
        image,
        cmap=colors.ListedColormap(shades),
        vmin=-1,
        vmax=1,
        origin="lower",
        interpolation="nearest",
        aspect="auto",
    )
    rows, columns = image.shape
    for level in LEVELS:
        ax.axhline(level - 0.5, color="white", alpha=0.25, linewidth=0.6)
        ax.axvline(level - 0.5, color="white", alpha=0.25, linewidth=0.6)
    ax.set_xticks([level for level in (0, *LEVELS) if level < columns])
    ax.set_yticks([level for level in (0, *LEVELS) if level < rows])


def _fingerprint_part(estimator):
    """Return the transformer that makes fingerprints, or the pipeline up to it."""
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps]
    places = [
        k for k, step in enumerate(steps) if isinstance(step, FingerprintTransformer)
    ]
    if len(places) != 1:
        raise TypeError(
            "transformer must be a FingerprintTransformer, or a Pipeline with one such "
            f"step; got {type(estimator).__name__}"
            + (f" with {len(places)}." if isinstance(estimator, Pipeline) else ".")
        )
    return estimator[: places[0] + 1] if isinstance(estimator, Pipeline) else estimator


def _fitted_parts(part, X, y) -> tuple[Callable, Any]:
    """Return the steps before the fitted transformer, and the transformer."""
    last = part[-1] if isinstance(part, Pipeline) else part
    if not hasattr(last, "frequencies_"):
        unfitted: Any = clone(part)
        part = unfitted.fit(X, y)
    if not isinstance(part, Pipeline):
        return np.asarray, part
    return (part[:-1].transform if len(part) > 1 else np.asarray), part[-1]


def _make_images(transformer, X, kind):
    """Make one image for each record, that of its first view and channel."""
    if kind == "scalogram":
        return _first_images(transformer.scalogram(X))
    transformer = copy(transformer).set_params(flatten=False)
    fingerprints = transformer.transform(X)
    if kind == "inverse":
        return _first_images(transformer.inverse_transform(fingerprints))
    encoding = get_encoding(transformer.encoding)
    n_planes = len(encoding.plane_names)
    if n_planes > 1:
        return np.sign(decode(fingerprints[:, 0, :n_planes], encoding))
    return _first_images(fingerprints)


def _first_images(images):
    """Reduce (n_records, ..., rows, columns) to the first image of each record."""
    return images.reshape(len(images), -1, *images.shape[-2:])[:, 0]

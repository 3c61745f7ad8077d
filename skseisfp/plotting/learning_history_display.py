"""Loss or accuracy of training and validation, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_option
from ._axes import get_axes, strip_spines
from ._cube_slice import complete_trial
from .search_display import SearchDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..sweep import ResultCube

QUANTITIES = ("loss", "accuracy")
TRAINING, VALIDATION = "#000000", "#d62728"
INNER = ("best_estimator_", "estimator_", "net_")


class LearningHistoryDisplay(SearchDisplay):
    """Learning history: training black, validation red.

    Lines are means over the folds, bands one standard deviation to both sides. A fold
    that stopped early does not count in later epochs.

    Parameters
    ----------
    train : array-like of shape (n_folds, n_epochs)
        Values of the training part; NaN where a fold had stopped.
    valid : array-like of shape (n_folds, n_epochs), default=None
        Values of the validation part, if there was one.
    quantity : str, default="loss"
        Name of the values.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> from skseisfp.plotting import LearningHistoryDisplay
    >>> display = LearningHistoryDisplay([[1.0, 0.6, 0.5], [1.2, 0.8, 0.5]]).plot()
    >>> display.ax_.lines[0].get_ydata().round(2).tolist()
    [1.1, 0.7, 0.5]
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        train: npt.ArrayLike,
        *,
        valid: npt.ArrayLike | None = None,
        quantity: str = "loss",
    ) -> None:
        self.train = train
        self.valid = valid
        self.quantity = quantity

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, quantity: str = "loss", ax: Axes | None = None
    ) -> Self:
        """Draw the history of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted `FingerprintClassifier`, or an estimator that holds one: a pipeline
            that ends in it, a search with its best estimator, a wrapper, a baseline of
            one network.
        quantity : {"loss", "accuracy"}, default="loss"
            Quantity to draw.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LearningHistoryDisplay
            The display.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it does not hold a network with a history.
        """
        check_option("quantity", quantity, QUANTITIES)
        check_is_fitted(estimator)
        history = _find_history(estimator)
        train = history.get(f"train_{quantity}", ())
        valid = history.get(f"valid_{quantity}")
        return cls(train, valid=valid, quantity=quantity).plot(ax=ax)

    @classmethod
    def from_cube(
        cls,
        cube: ResultCube,
        *,
        trial: dict[str, Any] | None = None,
        quantity: str = "loss",
        ax: Axes | None = None,
    ) -> Self:
        """Draw the history of a trial of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        trial : dict, default=None
            Values of parameters; missing values are those of the best trial.
        quantity : {"loss", "accuracy"}, default="loss"
            Quantity to draw.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LearningHistoryDisplay
            The display.

        Raises
        ------
        ValueError
            If the cube does not have the history of the trial.
        """
        check_option("quantity", quantity, QUANTITIES)
        trial = complete_trial(cube, trial)
        train, valid = (
            cube.dataset[name].sel(trial).transpose("fold", "epoch").values
            if (name := f"{part}_{quantity}") in cube.dataset
            else None
            for part in ("train", "valid")
        )
        if train is None or not np.isfinite(train).any():
            raise ValueError(f"The cube has no {quantity} by epoch of {trial}.")
        return cls(train, valid=valid, quantity=quantity).plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the history.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LearningHistoryDisplay
            The display.
        """
        self.figure_, axes = get_axes(ax, figsize=(6, 3.8))
        self.ax_ = axes[0, 0]
        self._draw(self.train, TRAINING, "training")
        if self.valid is not None and np.isfinite(self.valid).any():
            self._draw(self.valid, VALIDATION, "validation")
        self.ax_.set(xlabel="Epoch", ylabel=self.quantity.capitalize())
        self.ax_.locator_params(axis="x", integer=True)
        self.ax_.grid(color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        self.ax_.legend(frameon=False)
        strip_spines(self.ax_, "right", "top")
        return self

    def _draw(self, folds, colour, label):
        """Draw the mean over the folds and the band about it."""
        folds = np.atleast_2d(np.asarray(folds, dtype=float))
        finite = np.isfinite(folds).any(axis=0)
        folds, epochs = folds[:, finite], 1 + np.flatnonzero(finite)
        mean, deviation = np.nanmean(folds, axis=0), np.nanstd(folds, axis=0)
        self.ax_.plot(epochs, mean, color=colour, linewidth=1.8, label=label)
        if len(folds) > 1:
            low, high = mean - deviation, mean + deviation
            self.ax_.fill_between(
                epochs, low, high, color=colour, alpha=0.15, linewidth=0
            )


def _find_history(estimator):
    """Return the history of the network in an estimator."""
    part = estimator
    while part is not None:
        history = getattr(part, "history_", None)
        if isinstance(history, dict) and "train_loss" in history:
            return history
        part = _inner_part(part)
    raise TypeError(
        "estimator must be a fitted FingerprintClassifier or hold one, as last step of "
        f"a pipeline or as {', '.join(INNER)}; got {type(estimator).__name__}, which "
        "has no network with a history."
    )


def _inner_part(estimator):
    """Return the estimator by which a fitted one predicts, None if there is none."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return next(
        (getattr(estimator, name) for name in INNER if hasattr(estimator, name)), None
    )

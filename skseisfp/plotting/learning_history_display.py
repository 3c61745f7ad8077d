"""Loss or accuracy of training and validation, epoch by epoch."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._utils.checks import check_option
from ._axes import get_axes, strip_spines
from ._cube_slice import complete_trial, cube_of

QUANTITIES = ("loss", "accuracy")
TRAINING, VALIDATION = "#000000", "#d62728"
INNER = ("best_estimator_", "estimator_", "net_")


class LearningHistoryDisplay:
    """Learning history: training black, validation red.

    Lines are means over the folds, bands one standard deviation to both sides. Of a
    fold that stopped early the later epochs are left out.

    Parameters
    ----------
    train : array-like of shape (n_folds, n_epochs)
        Values of the training part; NaN where a fold had stopped.
    valid : array-like of shape (n_folds, n_epochs), default=None
        Values of the validation part, where there was one.
    quantity : str, default="loss"
        What the values are.

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

    def __init__(self, train, *, valid=None, quantity="loss"):
        self.train = train
        self.valid = valid
        self.quantity = quantity

    @classmethod
    def from_estimator(cls, estimator, *, quantity="loss", ax=None):
        """Draw the history of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            A fitted `FingerprintClassifier`, or what holds one: a pipeline that ends in
            it, a search with its best estimator, a wrapper, a baseline of one net.
        quantity : {"loss", "accuracy"}, default="loss"
            What is drawn.
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
            If it holds no network with a history.
        """
        check_option("quantity", quantity, QUANTITIES)
        check_is_fitted(estimator)
        history = _find_history(estimator)
        train, valid = (
            history.get(f"{part}_{quantity}") for part in ("train", "valid")
        )
        return cls(train, valid=valid, quantity=quantity).plot(ax=ax)

    @classmethod
    def from_search(cls, search, **options):
        """Draw the history of a trial of a search that keeps histories.

        Parameters
        ----------
        search : SweepSearchCV
            A fitted search.
        **options : object
            Options of `from_cube`.

        Returns
        -------
        LearningHistoryDisplay
            The display.
        """
        return cls.from_cube(cube_of(search), **options)

    @classmethod
    def from_cube(cls, cube, *, trial=None, quantity="loss", ax=None):
        """Draw the history of a trial of a result cube.

        Parameters
        ----------
        cube : ResultCube
            The cube.
        trial : dict, default=None
            Values of parameters; what it leaves out is as in the best trial.
        quantity : {"loss", "accuracy"}, default="loss"
            What is drawn.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        LearningHistoryDisplay
            The display.

        Raises
        ------
        ValueError
            If the cube has no history of the trial.
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

    def plot(self, *, ax=None):
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
        self.ax_.xaxis.get_major_locator().set_params(integer=True)
        self.ax_.grid(color="#e3e7eb")
        self.ax_.set_axisbelow(True)
        self.ax_.legend(frameon=False)
        strip_spines(self.ax_, "right", "top")
        return self

    def _draw(self, folds, colour, label):
        folds = np.atleast_2d(np.asarray(folds, dtype=float))
        folds = folds[:, np.isfinite(folds).any(axis=0)]
        epochs = np.arange(1, folds.shape[1] + 1)
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
    """Return the estimator that a fitted one answers by, None if there is none."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    return next(
        (getattr(estimator, name) for name in INNER if hasattr(estimator, name)), None
    )

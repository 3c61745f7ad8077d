"""Reliability diagram of the probabilities of events."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import check_scalar, column_or_1d

from .._utils.checks import check_option
from ..events import resolve_groups
from ..metrics import event_labels, wilson_interval
from ._axes import FAINT, INK, MUTED, SERIES, get_axes, strip_spines
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STRATEGIES = ("uniform", "quantile")
MARKERS = "osD^vPX*"
HISTOGRAM_BINS = 20


class EventCalibrationDisplay(DisplayRepr):
    """Reliability diagram by event: how often events of a probability are of a class.

    The probability of an event is the mean of its records. Points are bins of events,
    with Wilson intervals of their frequencies; below is a histogram of the events. The
    legend has the Brier score, and that of a constant: the share of the class.

    Parameters
    ----------
    events : DataFrame of shape (n_events, 2)
        One row per event: ``probability`` of the class, and ``positive``, whether the
        event is of it.
    n_bins : int, default=5
        Number of bins; those without events have no point.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of equal width, or of equally many events.
    confidence_level : float, default=0.95
        Probability that an interval covers the true frequency.
    pos_label : object, default=None
        The class, for the axes.
    name : str, default=None
        Name of the classifier, for the legend.

    Attributes
    ----------
    bins_ : DataFrame
        One row per bin with events: ``n_events``, ``probability`` (mean),
        ``frequency``, and the ends ``low`` and ``high`` of its interval.
    brier_score_ : float
        Mean squared error of the probabilities of events.
    brier_score_of_constant_ : float
        That of a constant, the share of the class.
    ax_ : matplotlib.axes.Axes
        Axes of the diagram.
    histogram_ax_ : matplotlib.axes.Axes or None
        Axes of the histogram, None where `plot` got one Axes.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : Counts records.
    skseisfp.ensemble.EventCalibratedClassifierCV : Calibrates in folds of events.

    Examples
    --------
    >>> import numpy as np
    >>> from skseisfp.plotting import EventCalibrationDisplay
    >>> event_id = np.repeat(np.arange(60), 3)
    >>> y = event_id % 2
    >>> rng = np.random.default_rng(0)
    >>> probability = np.clip(rng.normal(0.3 + 0.4 * y, 0.2), 0, 1)
    >>> display = EventCalibrationDisplay.from_predictions(y, probability, event_id)
    >>> display.bins_["n_events"].sum()
    np.int64(60)
    """

    bins_: pd.DataFrame
    brier_score_: float
    brier_score_of_constant_: float
    ax_: Axes
    histogram_ax_: Axes | None
    figure_: Figure

    def __init__(
        self,
        events: pd.DataFrame,
        *,
        n_bins: int = 5,
        strategy: str = "uniform",
        confidence_level: float = 0.95,
        pos_label: Any = None,
        name: str | None = None,
    ) -> None:
        self.events = events
        self.n_bins = n_bins
        self.strategy = strategy
        self.confidence_level = confidence_level
        self.pos_label = pos_label
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        *,
        n_bins: int = 5,
        strategy: str = "uniform",
        confidence_level: float = 0.95,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the reliability diagram of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            Fitted classifier with ``predict_proba``.
        X : array-like of shape (n_records, ...)
            Records that it was not trained on.
        y : array-like of shape (n_records,)
            Labels; their index ``event_id`` may hold the events.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; ``"records"`` makes each its own event.
        n_bins : int, default=5
            Number of bins.
        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of equally many events.
        confidence_level : float, default=0.95
            Probability that an interval covers the true frequency.
        pos_label : object, default=None
            The class; None is the second of two.
        name : str, default=None
            Name for the legend; None takes that of the class of the estimator.
        ax : matplotlib.axes.Axes or sequence of two, default=None
            Axes of the diagram, or those of diagram and histogram; None makes a figure.

        Returns
        -------
        EventCalibrationDisplay
            The display.

        Raises
        ------
        ValueError
            If the classifier has no probabilities, the class is not one of its classes,
            or the events are not known.
        """
        if not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"estimator must have predict_proba; got {type(estimator).__name__}."
            )
        groups = resolve_groups(y, groups, X=X, needed_by=cls.__name__)
        pos_label = _positive_class(estimator.classes_, pos_label)
        column = list(estimator.classes_).index(pos_label)
        return cls.from_predictions(
            y,
            estimator.predict_proba(X)[:, column],
            groups,
            n_bins=n_bins,
            strategy=strategy,
            confidence_level=confidence_level,
            pos_label=pos_label,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: npt.ArrayLike,
        y_prob: npt.ArrayLike,
        groups: npt.ArrayLike | str | None = None,
        *,
        n_bins: int = 5,
        strategy: str = "uniform",
        confidence_level: float = 0.95,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the reliability diagram of predicted probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_records,)
            Labels; their index ``event_id`` may hold the events.
        y_prob : array-like of shape (n_records,)
            Probability of the class, of each record.
        groups : array-like of shape (n_records,) or "records", default=None
            Event of each record; ``"records"`` makes each its own event.
        n_bins : int, default=5
            Number of bins.
        strategy : {"uniform", "quantile"}, default="uniform"
            Bins of equal width, or of equally many events.
        confidence_level : float, default=0.95
            Probability that an interval covers the true frequency.
        pos_label : object, default=None
            The class; None is the second of two sorted labels.
        name : str, default=None
            Name for the legend.
        ax : matplotlib.axes.Axes or sequence of two, default=None
            Axes of the diagram, or those of diagram and histogram; None makes a figure.

        Returns
        -------
        EventCalibrationDisplay
            The display.

        Raises
        ------
        ValueError
            If `y_prob` holds other values than probabilities, the class does not occur,
            an event straddles labels, or the events are not known.
        """
        groups = resolve_groups(y_true, groups, needed_by=cls.__name__)
        labels = event_labels(y_true, groups)
        pos_label = _positive_class(np.unique(column_or_1d(y_true)), pos_label)
        probability = _check_probabilities(y_prob, len(groups))
        events = pd.DataFrame(
            {
                "probability": pd.Series(probability)
                .groupby(groups, sort=False)
                .mean(),
                "positive": labels == pos_label,
            }
        )
        display = cls(
            events,
            n_bins=n_bins,
            strategy=strategy,
            confidence_level=confidence_level,
            pos_label=pos_label,
            name=name,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the diagram.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or sequence of two, default=None
            Axes of the diagram, or those of diagram and histogram; None makes a figure.
            On the Axes of another display, the second curve is drawn over the first.

        Returns
        -------
        EventCalibrationDisplay
            The display.
        """
        self._compute()
        is_single = ax is not None and np.size(np.asarray(ax, dtype=object)) == 1
        options = (
            {}
            if ax is not None
            else {
                "figsize": (5.2, 6),
                "height_ratios": (4, 1),
                "sharex": True,
            }
        )
        self.figure_, axes = get_axes(ax, 1 if is_single else 2, **options)
        self.ax_ = axes[0, 0]
        self.histogram_ax_ = None if is_single else axes[1, 0]
        number = len(self.ax_.containers)
        color, marker = SERIES[number % len(SERIES)], MARKERS[number % len(MARKERS)]
        self._draw_references()
        self._draw_points(color, marker)
        of_class = "" if self.pos_label is None else f" of {self.pos_label}"
        _dress(self.ax_, f"share{of_class} among the events")
        self.ax_.set_ylim(-0.02, 1.02)
        self.ax_.legend(
            frameon=False, loc="lower left", bbox_to_anchor=(0, 1), fontsize="small"
        )
        if self.histogram_ax_ is not None:
            self._draw_histogram(self.histogram_ax_, color)
        lowest = axes[-1, 0]
        if lowest.xaxis.get_tick_params()["labelbottom"]:
            lowest.set_xlabel(f"probability{of_class}, mean of the event's records")
        return self

    def _compute(self):
        """Set the bins and the Brier scores."""
        check_option("strategy", self.strategy, STRATEGIES)
        check_scalar(self.n_bins, "n_bins", Integral, min_val=1)
        probability = self.events["probability"].to_numpy()
        positive = self.events["positive"].to_numpy(dtype=bool)
        share = positive.mean()
        self.brier_score_ = float(np.mean((probability - positive) ** 2))
        self.brier_score_of_constant_ = float(share * (1 - share))
        edges = np.linspace(0, 1, self.n_bins + 1)
        if self.strategy == "quantile":
            edges = np.quantile(probability, edges)
        place = np.searchsorted(edges[1:-1], probability, side="right")
        rows = []
        for number in np.unique(place):
            inside = place == number
            frequency, low, high = wilson_interval(
                int(positive[inside].sum()),
                int(inside.sum()),
                confidence_level=self.confidence_level,
            )
            rows.append(
                (inside.sum(), probability[inside].mean(), frequency, low, high)
            )
        self.bins_ = pd.DataFrame(
            rows, columns=["n_events", "probability", "frequency", "low", "high"]
        )

    def _draw_references(self):
        """Draw the diagonal and the share of the class, once for all curves."""
        if "calibrated" in self.ax_.get_legend_handles_labels()[1]:
            return
        share = float(self.events["positive"].to_numpy(dtype=float).mean())
        self.ax_.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="calibrated")
        self.ax_.axhline(
            share,
            color=FAINT,
            linestyle="--",
            linewidth=1,
            label=f"constant {share:.2f}: Brier score "
            f"{self.brier_score_of_constant_:.3f}",
        )

    def _draw_points(self, color, marker):
        """Draw the frequency of each bin and its interval."""
        bins = self.bins_
        errors = [bins["frequency"] - bins["low"], bins["high"] - bins["frequency"]]
        name = "" if self.name is None else f"{self.name}: "
        self.ax_.errorbar(
            bins["probability"],
            bins["frequency"],
            yerr=np.maximum(errors, 0),  # rounding, where a frequency is 0 or 1
            color=color,
            marker=marker,
            linewidth=1.2,
            capsize=3,
            label=f"{name}Brier score {self.brier_score_:.3f}",
        )

    def _draw_histogram(self, ax, color):
        """Draw how many events have which probability."""
        edges = np.linspace(0, 1, HISTOGRAM_BINS + 1).tolist()
        ax.hist(self.events["probability"], bins=edges, color=color, alpha=0.6)
        _dress(ax, "events")


def _dress(ax, label):
    """Set limits, grid and frame of one of the axes."""
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylabel(label, color=INK)
    ax.grid(color="#e3e7eb")
    ax.set_axisbelow(True)
    ax.tick_params(length=0, labelcolor=MUTED)
    strip_spines(ax, "right", "top")


def _positive_class(classes, pos_label):
    """Return the class whose probability is drawn."""
    if pos_label is None and len(classes) == 2:
        return classes[1]
    if pos_label is None or pos_label not in classes:
        raise ValueError(
            f"pos_label must be one of the classes {', '.join(map(str, classes))}; got "
            f"{pos_label!r}."
        )
    return pos_label


def _check_probabilities(y_prob, n_records):
    """Return one probability per record."""
    probability = np.asarray(column_or_1d(y_prob), dtype=float)
    if len(probability) != n_records:
        raise ValueError(
            f"y_prob has {len(probability)} probabilities for {n_records} records."
        )
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError(
            "y_prob must hold probabilities, between 0 and 1; got values from "
            f"{probability.min():g} to {probability.max():g}."
        )
    return probability

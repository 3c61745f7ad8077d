"""A record's scalogram with the cut-offs of its high-pass filter."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_scalar

from .._utils.checks import check_per_record
from ..signal import frequency_axis, scalogram
from ._axes import SERIES, draw_scalogram, get_axes, set_frequency_scale, strip_spines
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..preprocessing import AdaptiveHighpassFilter, FilterAugmenter

SHAPE = (64, 64)
DYNAMIC_RANGE_DB = 70.0
LEAST_POWER = 1e-20  # over the largest, for the logarithm: -200 dB, below all noise
CHOSEN = "#2dd4bf"


class CutoffDisplay(DisplayRepr):
    """Where the noise of a record ends and its signal begins.

    At the left is the scalogram in decibels, at the right the power of its rows: the
    values that are exceeded half of the time and a tenth of the time. For stationary
    noise the two curves are close, for an event they are apart. Lines mark the chosen
    cut-off and the shifted ones.

    Parameters
    ----------
    power : ndarray of shape (rows, columns)
        Scalogram, mean power.
    frequencies : ndarray of shape (rows,)
        Frequencies of the rows in Hz.
    times : ndarray of shape (columns,)
        Times of the columns in seconds.
    cutoffs : sequence of float
        Cut-offs in Hz; the chosen one first, NaN if there is none.
    status : str, default=""
        Status of the estimate, for the title.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (2,)
        Axes of the scalogram and of the row powers.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> from skseisfp import FilterAugmenter, make_seismograms
    >>> from skseisfp.plotting import CutoffDisplay
    >>> bunch = make_seismograms(6, random_state=0)
    >>> augmenter = FilterAugmenter(sampling_rate=bunch.sampling_rate)
    >>> display = CutoffDisplay.from_estimator(augmenter, bunch.data, record=2)
    >>> len(display.cutoffs)
    5
    """

    ax_: npt.NDArray[Any]
    figure_: Figure

    def __init__(
        self,
        power: npt.NDArray,
        *,
        frequencies: npt.NDArray,
        times: npt.NDArray,
        cutoffs: Sequence[float],
        status: str = "",
    ) -> None:
        self.power = power
        self.frequencies = frequencies
        self.times = times
        self.cutoffs = cutoffs
        self.status = status

    @classmethod
    def from_estimator(
        cls,
        cutoff_filter: AdaptiveHighpassFilter | FilterAugmenter,
        X: npt.ArrayLike,
        *,
        record: int = 0,
        p_arrival: npt.ArrayLike | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the cut-offs that a filter chooses for a record.

        Parameters
        ----------
        cutoff_filter : AdaptiveHighpassFilter or FilterAugmenter
            The filter.
        X : array-like of shape (n_records, [n_channels,] n_samples)
            Records; of several channels the first is drawn.
        record : int, default=0
            Row of the record.
        p_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample of each record to P; NaN where it is not
            known.
        ax : array of two matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        CutoffDisplay
            The display.

        Raises
        ------
        TypeError
            If `cutoff_filter` is of another type.
        ValueError
            If `X` does not have the record.
        """
        if not hasattr(cutoff_filter, "estimate_cutoff"):
            raise TypeError(
                "cutoff_filter must be an AdaptiveHighpassFilter or a FilterAugmenter; "
                f"got {type(cutoff_filter).__name__}. Of a pipeline pass that step."
            )
        X = np.asarray(X)
        check_scalar(record, "record", Integral, min_val=0, max_val=len(X) - 1)
        if p_arrival is not None:
            p_arrival = check_per_record("p_arrival", p_arrival, len(X), "time")
            p_arrival = p_arrival[record : record + 1]
        X = X[record : record + 1]
        estimate = cutoff_filter.estimate_cutoff(X, p_arrival).iloc[0]
        cutoffs = [estimate["cutoff"]]
        view_cutoffs = getattr(cutoff_filter, "view_cutoffs", None)
        if view_cutoffs is not None:
            cutoffs = view_cutoffs(X, p_arrival)[0].tolist()
        rate, n_samples = cutoff_filter.sampling_rate, X.shape[-1]
        frequencies = frequency_axis(SHAPE[0], n_samples, sampling_rate=rate)
        power = scalogram(
            X.reshape(-1, n_samples)[:1], frequencies, SHAPE[1], sampling_rate=rate
        )
        return cls(
            power[0],
            frequencies=frequencies,
            times=(np.arange(SHAPE[1]) + 0.5) * n_samples / SHAPE[1] / rate,
            cutoffs=cutoffs,
            status=estimate["status"],
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the scalogram, the powers of its rows and the cut-offs.

        Parameters
        ----------
        ax : array of two matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        CutoffDisplay
            The display.
        """
        self.figure_, axes = get_axes(
            ax, 1, 2, figsize=(9, 3.8), width_ratios=(1.8, 1), sharey=True
        )
        self.ax_ = axes[0]
        decibels = 10.0 * np.log10(
            np.maximum(self.power / self.power.max(), LEAST_POWER)
        )
        self._draw_image(self.ax_[0], decibels)
        self._draw_rows(self.ax_[1], decibels)
        return self

    def _draw_image(self, ax, decibels):
        """Draw the scalogram."""
        limits = {"vmin": -DYNAMIC_RANGE_DB, "vmax": 0}
        image = draw_scalogram(ax, decibels, self.frequencies, self.times, **limits)
        bar = self.figure_.colorbar(image, ax=ax, pad=0.02, aspect=30)
        bar.set_label("power, dB")
        bar.outline.set_visible(False)
        self._draw_cutoffs(ax, shifted_colour="white")
        ax.set(xlabel="Time, s", ylabel="Frequency, Hz")
        chosen = self.cutoffs[0]
        title = "passes as it is" if np.isnan(chosen) else f"cut-off {chosen:.2f} Hz"
        status = self.status.replace("_", " ")
        ax.set_title(f"{title} ({status})" if status else title, loc="left")

    def _draw_rows(self, ax, decibels):
        """Draw the power of the rows that is exceeded half and a tenth of the time."""
        loud = np.quantile(decibels, 0.9, axis=1)
        steady = np.median(decibels, axis=1)
        ax.fill_betweenx(self.frequencies, steady, loud, color=SERIES[1], alpha=0.15)
        ax.plot(steady, self.frequencies, color=SERIES[5], label="half of the time")
        ax.plot(loud, self.frequencies, color=SERIES[1], label="a tenth of the time")
        self._draw_cutoffs(ax, shifted_colour="#9aa5b1")
        set_frequency_scale(ax)
        ax.set_ylim(self.frequencies[[0, -1]])
        ax.set(xlabel="Power of the row, dB")
        ax.legend(
            title="exceeded",
            ncols=2,
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            frameon=False,
            fontsize="small",
            title_fontsize="small",
        )
        ax.tick_params(which="both", left=False)
        strip_spines(ax, "left", "right", "top")

    def _draw_cutoffs(self, ax, *, shifted_colour):
        """Draw a line at each cut-off."""
        for cutoff in self.cutoffs[1:]:
            ax.axhline(cutoff, color=shifted_colour, linewidth=0.9, linestyle="--")
        ax.axhline(self.cutoffs[0], color=CHOSEN, linewidth=2.2)

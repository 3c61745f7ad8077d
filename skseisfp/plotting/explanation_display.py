"""Contributions of bands and seconds over a record and its scalogram."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils import check_scalar

from .._utils.checks import check_per_record
from .._utils.optional import import_optional
from ..inference import RecordExplanation, explain_records
from ..signal import scalogram
from ._axes import (
    draw_scalogram,
    get_axes,
    import_pyplot,
    set_frequency_scale,
    strip_spines,
)
from ._display import DisplayRepr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHAPE = (64, 256)  # of the scalogram that is drawn
DYNAMIC_RANGE_DB = 60.0
LEAST_POWER = 1e-20  # over the largest, for the logarithm: -200 dB, below all noise
AGAINST, FOR = "#0b7fab", "#e66101"  # blue and orange, which all kinds of sight part
OPACITY = 0.85  # of the largest contribution, so that the scalogram is seen below


class ExplanationDisplay(DisplayRepr):
    """What speaks for a prediction, and what against it, in a record.

    Above is the record, with its seconds coloured by their contributions; below its
    scalogram, in grey, under the contributions of cells; at the side are the sums of
    the bands. Orange speaks for the class, blue against it.

    Parameters
    ----------
    trace : ndarray of shape (n_samples,)
        One component of the record.
    contributions : ndarray of shape (n_bands, n_windows)
        Contributions to the log-odds of the class.
    sampling_rate : float
        Samples per second (Hz).
    band_edges : ndarray of shape (n_bands + 1,)
        Edges of the bands in Hz.
    window_edges : ndarray of shape (n_windows + 1,)
        Edges of the windows in seconds from the first sample.
    p_arrival, s_arrival : float, default=None
        Seconds from the first sample, for marks.
    title : str, default=""
        Title.

    Attributes
    ----------
    ax_ : ndarray of matplotlib.axes.Axes of shape (2, 2)
        Axes of the record, the key, the scalogram and the bands.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    See Also
    --------
    skseisfp.inference.explain_records : Computes the contributions.

    Notes
    -----
    Lines and letters have the colours of the style of matplotlib, light or dark.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skseisfp import FingerprintTransformer, make_seismograms
    >>> from skseisfp.plotting import ExplanationDisplay
    >>> bunch = make_seismograms(60, random_state=0)
    >>> pipeline = make_pipeline(
    ...     FingerprintTransformer(sampling_rate=40, f_min=0.5, flatten=True),
    ...     LogisticRegression(),
    ... ).fit(bunch.data, bunch.target)
    >>> display = ExplanationDisplay.from_estimator(
    ...     pipeline, bunch, record=3, n_masks=50, random_state=0
    ... )
    >>> display.contributions.shape
    (5, 16)
    """

    ax_: npt.NDArray[Any]
    figure_: Figure

    def __init__(
        self,
        trace: npt.NDArray,
        contributions: npt.NDArray,
        *,
        sampling_rate: float,
        band_edges: npt.NDArray,
        window_edges: npt.NDArray,
        p_arrival: float | None = None,
        s_arrival: float | None = None,
        title: str = "",
    ) -> None:
        self.trace = trace
        self.contributions = contributions
        self.sampling_rate = sampling_rate
        self.band_edges = band_edges
        self.window_edges = window_edges
        self.p_arrival = p_arrival
        self.s_arrival = s_arrival
        self.title = title

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        record: int = 0,
        method: str = "auto",
        target: Any = None,
        bands: int | npt.ArrayLike | None = None,
        windows: int | npt.ArrayLike | None = None,
        sampling_rate: float | None = None,
        n_masks: int | None = None,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        ax: Any = None,
    ) -> Self:
        """Explain the prediction of a record and draw the explanation.

        Parameters
        ----------
        estimator : classifier
            Fitted classifier, see `skseisfp.inference.explain_records`.
        X : array-like of shape (n_records, ..., n_samples) or Bunch
            Records; of several channels the first is drawn.
        record : int, default=0
            Row of the record.
        method : {"auto", "occlusion", "gradient"}, default="auto"
            How contributions are found.
        target : label, default=None
            Class that is explained; None takes the predicted one.
        bands, windows : int or array-like, default=None
            Numbers or edges of the cells.
        sampling_rate : float, default=None
            Samples per second (Hz); None takes that of a Bunch or of the steps.
        n_masks : int, default=None
            Number of random halves of the cells, for the occlusion.
        p_arrival, s_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample, for marks; None takes those of a Bunch.
        random_state : int, RandomState instance or None, default=None
            Seed of the random halves.
        ax : array of four matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ExplanationDisplay
            The display.

        Raises
        ------
        ValueError
            If `X` does not have the record, or as `explain_records`.
        """
        data = np.asarray(_of_bunch(X, "data", X))
        check_scalar(record, "record", Integral, min_val=0, max_val=len(data) - 1)
        rate = _of_bunch(X, "sampling_rate") if sampling_rate is None else sampling_rate
        explanation = explain_records(
            estimator,
            data[record : record + 1],
            method=method,
            target=target,
            bands=bands,
            windows=windows,
            sampling_rate=rate,
            n_masks=n_masks,
            random_state=random_state,
        )
        return cls._draw(explanation, X, (record, 0), (p_arrival, s_arrival), ax)

    @classmethod
    def from_explanation(
        cls,
        explanation: RecordExplanation,
        X: Any,
        *,
        record: int = 0,
        p_arrival: npt.ArrayLike | None = None,
        s_arrival: npt.ArrayLike | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the explanation of a record.

        Parameters
        ----------
        explanation : RecordExplanation
            Explanation of all records of `X`.
        X : array-like of shape (n_records, ..., n_samples) or Bunch
            The records; of several channels the first is drawn.
        record : int, default=0
            Row of the record.
        p_arrival, s_arrival : array-like of shape (n_records,), default=None
            Seconds from the first sample, for marks; None takes those of a Bunch.
        ax : array of four matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        ExplanationDisplay
            The display.

        Raises
        ------
        ValueError
            If `X` does not have the record, or as many records as the explanation.
        """
        n_records = len(np.asarray(_of_bunch(X, "data", X)))
        if n_records != len(explanation.contributions):
            raise ValueError(
                f"X must hold the {len(explanation.contributions)} records that are "
                f"explained; got {n_records}."
            )
        check_scalar(record, "record", Integral, min_val=0, max_val=n_records - 1)
        return cls._draw(explanation, X, (record, record), (p_arrival, s_arrival), ax)

    @classmethod
    def _draw(cls, explanation, X, rows, arrivals, ax):
        """Draw a row of records by a row of an explanation."""
        record, row = rows
        data = np.asarray(_of_bunch(X, "data", X))
        marks = {
            name: _arrival(X, name, given, len(data), record)
            for name, given in zip(("p_arrival", "s_arrival"), arrivals, strict=True)
        }
        target = str(explanation.target[row]).replace("_", " ")
        return cls(
            data[record].reshape(-1, data.shape[-1])[0],
            explanation.contributions[row],
            sampling_rate=explanation.sampling_rate,
            band_edges=explanation.band_edges,
            window_edges=explanation.window_edges,
            **marks,
            title=f"{target}: log-odds {explanation.log_odds[row]:+.1f}, "
            f"by {explanation.method}",
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw record, scalogram, contributions and sums of bands.

        Parameters
        ----------
        ax : array of four matplotlib.axes.Axes, default=None
            Axes of the record, the key, the scalogram and the bands; None makes a
            figure.

        Returns
        -------
        ExplanationDisplay
            The display.
        """
        self.figure_, self.ax_ = get_axes(
            ax, 2, 2, figsize=(10, 5.6), width_ratios=(4, 1), height_ratios=(1, 2)
        )
        (record, key), (image, bars) = self.ax_
        self._draw_record(record)
        self._draw_image(image)
        self._draw_bars(bars)
        self._draw_key(key)
        record.tick_params(labelbottom=False)
        for panel in (record, image):
            panel.set_xlim(0, len(self.trace) / self.sampling_rate)
        return self

    def _draw_record(self, ax):
        """Draw the trace over its coloured seconds."""
        sums = self.contributions.sum(axis=0)
        cmap = _colormap()
        for start, stop, share in zip(
            self.window_edges, self.window_edges[1:], _shares(sums), strict=False
        ):
            ax.axvspan(start, stop, color=cmap(0.5 + share / 2), linewidth=0)
        times = np.arange(len(self.trace)) / self.sampling_rate
        ink = import_pyplot().rcParams["text.color"]
        ax.plot(times, self.trace, color=ink, linewidth=0.6)
        self._draw_arrivals(ax, named=True)
        ax.set_title(self.title, loc="left", pad=16)
        ax.set_yticks([])
        strip_spines(ax, "top", "right", "left")

    def _draw_arrivals(self, ax, *, named):
        """Mark P and S; their letters are above the axes, where nothing else is."""
        ink = import_pyplot().rcParams["text.color"]
        # to both sides, as S may follow soon on P
        marks = ("P", self.p_arrival, "right"), ("S", self.s_arrival, "left")
        for letter, time, side in marks:
            if time is None or np.isnan(time):
                continue
            ax.axvline(time, color=ink, linewidth=1, linestyle="--")
            if named:
                place = {"xytext": (0, 2), "textcoords": "offset points"}
                across = ax.get_xaxis_transform()
                ax.annotate(letter, (time, 1), xycoords=across, ha=side, **place)

    def _draw_image(self, ax):
        """Draw the scalogram and the contributions of its cells."""
        first, last = self.band_edges[[0, -1]]
        frequencies = np.geomspace(first, last, SHAPE[0])
        duration = len(self.trace) / self.sampling_rate
        power = scalogram(
            self.trace[None],
            frequencies,
            SHAPE[1],
            sampling_rate=self.sampling_rate,
            normalize=True,
        )[0]
        is_dark = _is_dark(import_pyplot().rcParams["axes.facecolor"])
        draw_scalogram(
            ax,
            10 * np.log10(np.maximum(power, LEAST_POWER)),
            frequencies,
            (np.arange(SHAPE[1]) + 0.5) * duration / SHAPE[1],
            cmap="gray" if is_dark else "Greys",
            vmin=-DYNAMIC_RANGE_DB,
            vmax=0,
        )
        ax.pcolormesh(
            self.window_edges,
            self.band_edges,
            _shares(self.contributions),
            cmap=_colormap(OPACITY),
            vmin=-1,
            vmax=1,
            rasterized=True,
        )
        self._draw_arrivals(ax, named=False)
        ax.set(xlabel="Time, s", ylabel="Frequency, Hz", ylim=(first, last))

    def _draw_bars(self, ax):
        """Draw the sums of the bands."""
        sums = self.contributions.sum(axis=1)
        ax.barh(
            self.band_edges[:-1],
            sums,
            height=np.diff(self.band_edges) * 0.94,
            align="edge",
            color=np.where(sums > 0, FOR, AGAINST),
        )
        set_frequency_scale(ax)
        ink = import_pyplot().rcParams["text.color"]
        ax.axvline(0, color=ink, linewidth=0.8)
        ax.set(xlabel="Sum of the band", ylim=self.band_edges[[0, -1]])
        ax.tick_params(which="both", left=False, labelleft=False)
        ax.locator_params(axis="x", nbins=3)
        strip_spines(ax, "left", "right", "top")

    def _draw_key(self, ax):
        """Draw the key of the cells."""
        cm = import_optional("matplotlib.cm", extra="plot")
        colors = import_optional("matplotlib.colors", extra="plot")
        largest = np.abs(self.contributions).max() or 1.0
        norm = colors.Normalize(-largest, largest)
        ax.set_axis_off()
        inner = ax.inset_axes((0.05, 0.45, 0.9, 0.12))
        mapped = cm.ScalarMappable(norm, _colormap(OPACITY))
        bar = self.figure_.colorbar(mapped, cax=inner, orientation="horizontal")
        bar.outline.set_visible(False)
        bar.ax.set_xticks(
            [-largest, 0, largest], [f"{-largest:.2g}", "0", f"{largest:.2g}"]
        )
        bar.ax.set_title("cell: against | for", size="small")
        bar.set_label("log-odds", size="small")
        bar.ax.tick_params(labelsize="small")


def _of_bunch(X, name, default=None):
    """Return an entry of a Bunch, or a default for arrays."""
    return X.get(name, default) if hasattr(X, "get") and "data" in X else default


def _arrival(X, name, given, n_records, record):
    """Return an arrival at a record, None where it is not known."""
    if given is None:
        frame = _of_bunch(X, "frame")
        given = None if frame is None else frame.get(name)
    if given is None:
        return None
    return float(check_per_record(name, given, n_records, "time in seconds")[record])


def _shares(values):
    """Return values over the largest magnitude."""
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values


def _colormap(opacity=OPACITY):
    """Return a map from blue over what is below to orange, for any background."""
    colors = import_optional("matplotlib.colors", extra="plot")
    against, for_class = colors.to_rgb(AGAINST), colors.to_rgb(FOR)
    ends = [
        (*against, opacity),
        (*against, 0.0),
        (*for_class, 0.0),
        (*for_class, opacity),
    ]
    places = [0.0, 0.5, 0.5, 1.0]
    return colors.LinearSegmentedColormap.from_list(
        "contributions", list(zip(places, ends, strict=True))
    )


def _is_dark(color):
    """Return whether letters on a colour should be white."""
    colors = import_optional("matplotlib.colors", extra="plot")
    # weights of the brightness of red, green and blue, ITU-R BT.601
    return np.dot(colors.to_rgb(color), (0.299, 0.587, 0.114)) < 0.5

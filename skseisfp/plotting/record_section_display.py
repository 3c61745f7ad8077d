"""Record section of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.isotonic import isotonic_regression

from .._utils.checks import check_option, check_per_record, check_real
from ._axes import FAINT, INK, MUTED, SERIES, get_axes, strip_spines
from ._color_keys import color_keys, colors_by_key, title_of
from ._display import DisplayRepr
from ._event_records import (
    band_in_words,
    filtered,
    number_of_component,
    records_of,
    rows_of_event,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from sklearn.utils import Bunch

PICKS = (("P", SERIES[1], "-"), ("S", SERIES[0], "--"))


class RecordSectionDisplay(DisplayRepr):
    """Record section: the records of an event by distance, with their picks.

    Time runs to the right, distance downwards.

    Parameters
    ----------
    traces : array-like of shape (n_records, n_samples)
        One component of each record, in the order of drawing from above.
    sampling_rate : float
        Sampling rate in Hz.
    stations : array-like of str, shape (n_records,), default=None
        Names for the records; None numbers them from 1.
    distances : array-like of shape (n_records,), default=None
        Distances in km, NaN where they are not known.
    start_times : array-like of shape (n_records,), default=None
        Times of the first samples in seconds; None stands for zeros.
    p_times, s_times : array-like of shape (n_records,), default=None
        Picks in seconds, NaN if there is none.
    reference : str, default="first sample"
        Name of the origin of times.
    title : str, default=None
        Title.
    color_keys : array-like of str, shape (n_records,), default=None
        What the colours of the traces stand for, as the legend names it; None draws
        all alike.
    colors : mapping, default=None
        Colours by key; None takes those of the package.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.
    positions_ : ndarray of shape (n_records,)
        Positions of the records on the vertical axis.

    See Also
    --------
    write_review : Sections of all events on a page, for the selection of records.

    Examples
    --------
    >>> from skseisfp import make_seismograms
    >>> from skseisfp.plotting import RecordSectionDisplay
    >>> bunch = make_seismograms(24, records_per_event=6, random_state=0)
    >>> event_id = bunch.groups[0]
    >>> display = RecordSectionDisplay.from_bunch(bunch, event_id)
    >>> display.ax_.get_xlabel()
    'time from first sample, s'
    """

    ax_: Axes
    figure_: Figure
    positions_: npt.NDArray[np.float64]

    def __init__(
        self,
        traces: npt.ArrayLike,
        *,
        sampling_rate: float,
        stations: npt.ArrayLike | None = None,
        distances: npt.ArrayLike | None = None,
        start_times: npt.ArrayLike | None = None,
        p_times: npt.ArrayLike | None = None,
        s_times: npt.ArrayLike | None = None,
        reference: str = "first sample",
        title: str | None = None,
        color_keys: npt.ArrayLike | None = None,
        colors: Mapping[str, Any] | None = None,
    ) -> None:
        self.traces = traces
        self.sampling_rate = sampling_rate
        self.stations = stations
        self.distances = distances
        self.start_times = start_times
        self.p_times = p_times
        self.s_times = s_times
        self.reference = reference
        self.title = title
        self.color_keys = color_keys
        self.colors = colors

    @classmethod
    def from_bunch(
        cls,
        bunch: Bunch,
        event_id: str,
        *,
        component: str | None = None,
        spacing: str | None = None,
        scale: str = "trace",
        f_min: float | None = None,
        f_max: float | None = None,
        color_by: str | None = None,
        colors: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the records of an event of a bunch.

        Parameters
        ----------
        bunch : Bunch
            Records, as `load_records`, `WaveformReader.read` and others return them.
            Distances are those of the columns `distance_km` or `path_ep_distance_km`
            of its frame, or computed from the coordinates that SeisBench names; picks
            are `p_arrival` and `s_arrival`, in seconds from the first sample; times
            are from the origin time if it is known.
        event_id : str
            The event.
        component : str, default=None
            One of the components of the bunch; None takes the first.
        spacing : {None, "distance", "even"}, default=None
            As in `plot`.
        scale : {"trace", "event"}, default="trace"
            As in `plot`.
        f_min, f_max : float, default=None
            As in `plot`.
        color_by : str, default=None
            Column of the frame of the bunch that the colours of traces stand for; None
            draws all alike.
        colors : mapping, default=None
            Colours by value of this column; None takes those of the package.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        RecordSectionDisplay
            The display.

        Raises
        ------
        ValueError
            If the bunch does not have the event, the component or the column, or the
            corners are not valid.
        """
        channel = number_of_component(bunch, component)
        records = records_of(bunch, rows_of_event(bunch, event_id), channel)
        keys = None
        if color_by is not None:
            frame = bunch.frame.iloc[records.table["row"]]
            keys = np.array(
                color_keys("The frame of the bunch", frame, color_by), dtype=object
            )
        display = cls(
            records.traces,
            sampling_rate=records.sampling_rate,
            stations=records.table["station"],
            distances=records.table["distance_km"],
            start_times=records.table["start_time"],
            p_times=records.table["p_time"],
            s_times=records.table["s_time"],
            reference=records.reference,
            title=records.title,
            color_keys=keys,
            colors=colors,
        )
        return display.plot(
            ax=ax, spacing=spacing, scale=scale, f_min=f_min, f_max=f_max
        )

    def plot(
        self,
        *,
        ax: Axes | None = None,
        spacing: str | None = None,
        scale: str = "trace",
        f_min: float | None = None,
        f_max: float | None = None,
    ) -> Self:
        """Draw the section.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.
        spacing : {None, "distance", "even"}, default=None
            Whether records are at their distances, or one below the other. None takes
            distances if all are known.
        scale : {"trace", "event"}, default="trace"
            Whether each trace has its own scale, or all traces that of the largest.
        f_min, f_max : float, default=None
            Corners in Hz of a filter without delay, see `skseisfp.signal.bandpass`.
            Broad-band records of small events show little but microseism below 1 Hz.

        Returns
        -------
        RecordSectionDisplay
            The display.

        Raises
        ------
        ValueError
            If an option or corner is not valid, something is not given for each
            record, or the spacing is by distances that are not known.
        """
        check_option("spacing", spacing, (None, "distance", "even"))
        check_option("scale", scale, ("trace", "event"))
        limits = {"min_val": 0, "include_boundaries": "neither"}
        check_real("sampling_rate", self.sampling_rate, **limits)
        traces = np.asarray(self.traces, dtype=float)
        if traces.ndim != 2 or 0 in traces.shape:
            raise ValueError(
                "traces must have the shape (n_records, n_samples); got an array of "
                f"shape {traces.shape}."
            )
        traces = filtered(traces, self.sampling_rate, f_min, f_max)
        distances = self._per_record("distances", np.nan)
        known = np.isfinite(distances).all()
        if spacing == "distance" and not known:
            raise ValueError("spacing='distance' needs the distances of all records.")
        by_distance = known if spacing is None else spacing == "distance"
        n_records = len(traces)
        self.positions_ = distances if by_distance else np.arange(float(n_records))
        height = 0.55 * (np.ptp(self.positions_) / max(n_records - 1, 1) or 1.0)
        self.figure_, axes = get_axes(ax, figsize=(8.5, 1.7 + 0.42 * max(n_records, 4)))
        self.ax_ = axes[0, 0]
        self._draw_traces(traces, height, scale)
        self._draw_picks(height)
        self._dress(distances, height, by_distance, band_in_words(f_min, f_max))
        return self

    def _per_record(self, name, default):
        """Return the numbers of the records, or a default if none are given."""
        values, n_records = getattr(self, name), np.shape(self.traces)[0]
        if values is None:
            return np.full(n_records, default)
        values = check_per_record(name, values, n_records, "number")
        return values.astype(float)

    def _draw_traces(self, traces, height, scale):
        """Draw the traces, each about its position."""
        peaks = np.nanmax(np.abs(traces), axis=1, initial=0.0)
        if scale == "event":
            peaks[:] = peaks.max()
        times = np.arange(traces.shape[1]) / self.sampling_rate
        starts = self._per_record("start_times", 0.0)
        keys, colors = self._trace_colors(len(traces))
        for trace, peak, start, y, key in zip(
            traces, peaks, starts, self.positions_, keys, strict=True
        ):
            drawn = y - height * trace / (peak or 1.0)
            self.ax_.plot(start + times, drawn, color=colors[key], linewidth=0.6)
        if self.color_keys is not None:
            for key, color in colors.items():
                self.ax_.plot([], [], color=color, linewidth=2, label=title_of(key))
        duration = traces.shape[1] / self.sampling_rate
        self.ax_.set_xlim(starts.min(), starts.max() + duration)

    def _trace_colors(self, n_records: int) -> tuple[list[str | None], dict]:
        """Return the keys of the records, and a colour for each."""
        if self.color_keys is None:
            return [None] * n_records, {None: INK}
        keys = check_per_record("color_keys", self.color_keys, n_records, "key")
        keys = [None if key is None else str(key) for key in keys]
        return keys, colors_by_key(keys, self.colors)

    def _draw_picks(self, height):
        """Mark the picks on their traces."""
        for phase, color, style in PICKS:
            times = self._per_record(f"{phase.lower()}_times", np.nan)
            known = np.isfinite(times)
            if known.any():
                self.ax_.vlines(
                    times[known],
                    self.positions_[known] - height,
                    self.positions_[known] + height,
                    color=color,
                    linestyle=style,
                    linewidth=1.8,
                    label=f"{phase} pick",
                    zorder=3,
                )

    def _dress(self, distances, height, by_distance, band):
        """Write the axes, the stations and the title."""
        first, last = self.positions_.min(), self.positions_.max()
        self.ax_.set_ylim(last + 1.3 * height, first - 1.3 * height)
        self.ax_.set_xlabel(f"time from {self.reference}, s")
        title = ", ".join(filter(None, (self.title, band)))
        if title:
            self.ax_.set_title(title, loc="left", color=INK)
        names = self.stations
        names = range(1, len(distances) + 1) if names is None else names
        names = check_per_record("stations", names, len(distances), "name").astype(str)
        if by_distance:
            self.ax_.set_ylabel("distance, km")
            self._write_right(names)
        else:
            self.ax_.set_yticks(self.positions_, names)
            self.ax_.tick_params(axis="y", length=0)
            known = [f"{value:.0f} km" if value == value else "" for value in distances]
            self._write_right(known)
        if self.ax_.get_legend_handles_labels()[0]:
            self.ax_.legend(
                frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=4
            )
        strip_spines(self.ax_, "top", "right", *(() if by_distance else ("left",)))

    def _write_right(self, names):
        """Write names at the right side, apart from each other."""
        low, high = sorted(self.ax_.get_ylim())
        least = (high - low) / max(len(names), 12)
        places = _spread(self.positions_, least, low, high)
        across = self.ax_.get_yaxis_transform()
        for name, y, place in zip(names, self.positions_, places, strict=True):
            if not name:
                continue
            if abs(place - y) > 0.05 * least:
                line = {"color": FAINT, "linewidth": 0.6, "clip_on": False}
                self.ax_.plot([1, 1.02], [y, place], transform=across, **line)
            self.ax_.text(
                1.025,
                place,
                name,
                transform=across,
                va="center",
                size="small",
                color=MUTED,
            )


def _spread(positions, least, low, high):
    """Move positions apart to a least distance, as little as possible, within limits.

    The order stays: it is the isotonic regression of positions less the least steps.
    """
    order = np.argsort(positions, kind="stable")
    steps = least * np.arange(len(positions))
    spread = np.empty(len(positions))
    spread[order] = steps + isotonic_regression(
        positions[order] - steps, y_min=low, y_max=max(low, high - steps[-1])
    )
    return spread

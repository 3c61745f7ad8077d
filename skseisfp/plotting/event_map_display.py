"""Map of events and stations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .._utils.optional import import_optional
from ..io.event_tables import as_tables
from ..io.tables import require_columns
from ._axes import FAINT, INK, MUTED, SERIES, get_axes, round_down, strip_spines
from ._color_keys import color_keys, colors_by_key, title_of
from ._display import DisplayRepr
from ._event_records import SOURCE_PLACE, STATION_PLACE
from ._map_places import (
    PLACE,
    as_stations,
    degree_writer,
    figure_size,
    map_limits,
    middle_longitude,
    placed_rows,
    places_in,
    stretch_at,
    turned_around,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from sklearn.utils import Bunch

MARKERS = ("o", "s", "D", "P", "X", "v")
KM_PER_DEGREE = 111.2  # of a great circle of the mean radius of the earth, 6371 km
MOST_NAMED = 40  # stations whose names are written


class EventMapDisplay(DisplayRepr):
    """Map of events, coloured by their class or another key, and of stations.

    A degree of longitude is drawn as long as it is at the middle latitude. There is
    no base map, and nothing is downloaded.

    Parameters
    ----------
    events : DataFrame
        Events: `event_id`, `latitude`, `longitude`, and optionally `event_type`, the
        class. Events without a place are counted, not drawn.
    stations : DataFrame, default=None
        Stations: `station`, `latitude` and `longitude`; of several rows of a station
        the last counts.
    records : DataFrame, default=None
        Records: `event_id` and `station`; each is a line between them.
    color_by : str, default="event_type"
        Column of `events` that the colours stand for.
    colors : mapping, default=None
        Colours by value of this column; None takes those of the package.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes of the drawing, in degrees.
    figure_ : matplotlib.figure.Figure
        Figure of the drawing.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseisfp.plotting import EventMapDisplay
    >>> events = pd.DataFrame(
    ...     {"event_id": ["a", "b"], "latitude": [46.0, 46.5], "longitude": [7.0, 8.0]}
    ... )
    >>> EventMapDisplay.from_tables(events).ax_.get_title("left")
    '2 events'
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self,
        events: pd.DataFrame,
        *,
        stations: pd.DataFrame | None = None,
        records: pd.DataFrame | None = None,
        color_by: str = "event_type",
        colors: Mapping[str, Any] | None = None,
    ) -> None:
        self.events = events
        self.stations = stations
        self.records = records
        self.color_by = color_by
        self.colors = colors

    @classmethod
    def from_tables(
        cls,
        events: Any,
        stations: Any = None,
        *,
        records: pd.DataFrame | None = None,
        color_by: str = "event_type",
        colors: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw a map of the events and stations of tables or documents.

        Parameters
        ----------
        events : DataFrame, Bunch of `read_quakeml`, str or path-like
            Events, or a QuakeML document.
        stations : DataFrame, Bunch of `read_stationxml`, obspy Inventory, str or \
path-like, default=None
            Stations, or a StationXML document.
        records : DataFrame, default=None
            Records: `event_id` and `station`; each is a line between them.
        color_by : str, default="event_type"
            Column of `events` that the colours stand for.
        colors : mapping, default=None
            Colours by value of this column; None takes those of the package.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventMapDisplay
            The display.

        Raises
        ------
        ValueError
            If a table lacks a column, no event has a place, or a place is not on the
            earth.
        """
        events, _ = as_tables(events, None)
        display = cls(
            events,
            stations=as_stations(stations),
            records=records,
            color_by=color_by,
            colors=colors,
        )
        return display.plot(ax=ax)

    @classmethod
    def from_bunch(
        cls,
        bunch: Bunch,
        *,
        events: Any = None,
        stations: Any = None,
        color_by: str = "event_type",
        colors: Mapping[str, Any] | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw a map of the events and stations of records.

        Parameters
        ----------
        bunch : Bunch
            Records, as `load_records`, `WaveformReader.read` and others return them.
        events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
            Places of events. None takes the columns `latitude` and `longitude` of the
            frame of the bunch, or those of sources that SeisBench names.
        stations : DataFrame, Bunch of `read_stationxml`, obspy Inventory, str or \
path-like, default=None
            Places of stations. None takes those that SeisBench names in the frame,
            and draws no stations if there are none.
        color_by : str, default="event_type"
            What the colours stand for: the labels of the bunch, a column of its frame,
            whose first value counts for each event, or a column of `events`.
        colors : mapping, default=None
            Colours by value of this column; None takes those of the package.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventMapDisplay
            The display.

        Raises
        ------
        ValueError
            If no places of events are given, a table has no event or station of the
            bunch, or a place is not on the earth.
        """
        records = pd.DataFrame(
            {
                "event_id": np.asarray(bunch.groups).astype(str),
                "station": np.asarray(bunch.stations).astype(str),
            }
        )
        if bunch.get("target") is not None:
            records["event_type"] = np.asarray(bunch.target)
        frame = bunch.frame.reset_index(drop=True)
        if events is None:
            events = places_in(frame, records["event_id"], (PLACE, SOURCE_PLACE))
            if events is None:
                raise ValueError(
                    "The frame of the bunch has no places of events: neither latitude "
                    f"and longitude nor {' and '.join(SOURCE_PLACE)}; give events, a "
                    "table or QuakeML document that has them."
                )
        if stations is None:
            stations = places_in(frame, records["station"], (STATION_PLACE,))
        events, _ = as_tables(events, None)
        events = _of_bunch("events", events, records["event_id"])
        if color_by != "event_type" and color_by in frame:
            records[color_by] = frame[color_by]
        if color_by in records:
            first = records.groupby("event_id").agg({color_by: "first"})[color_by]
            values = first.reindex(events["event_id"].astype(str)).to_numpy()
            events = events.assign(**{color_by: values})
        stations = as_stations(stations)
        if stations is not None:
            stations = _of_bunch("stations", stations, records["station"])
        display = cls(
            events,
            stations=stations,
            records=records.filter(["event_id", "station"]),
            color_by=color_by,
            colors=colors,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the map.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None makes a figure.

        Returns
        -------
        EventMapDisplay
            The display.

        Raises
        ------
        ValueError
            If a table lacks a column, no event has a place, or a place is not on the
            earth.
        """
        events = placed_rows("events", self.events, "event_id")
        if events.empty:
            raise ValueError(
                f"None of {len(self.events)} events has a place: latitude or longitude "
                "is missing in each."
            )
        stations = pd.DataFrame(columns=["station", *PLACE])
        if self.stations is not None:
            stations = placed_rows("stations", self.stations, "station")
        middle = middle_longitude(events["longitude"])
        events, stations = (
            turned_around(middle, table) for table in (events, stations)
        )
        west, east, south, north = map_limits(events, stations)
        stretch = stretch_at((south + north) / 2)
        ratio = (north - south) / ((east - west) * stretch)
        self.figure_, axes = get_axes(ax, figsize=figure_size(ratio))
        if ax is None:
            self.figure_.set_layout_engine("compressed")
        self.ax_ = axes[0, 0]
        self.ax_.set(xlim=(west, east), ylim=(south, north))
        self.ax_.set_aspect(1 / stretch)
        self._draw_records(events, stations)
        self._draw_stations(stations)
        self._draw_events(events)
        self._draw_scale(stretch)
        self._dress(events, stations)
        return self

    def _draw_records(self, events, stations):
        """Draw a line between the ends of each record."""
        if self.records is None:
            return
        require_columns("records", self.records, ("event_id", "station"))
        pairs = self.records[["event_id", "station"]].astype(str).drop_duplicates()
        ends = pairs.merge(events, on="event_id").merge(
            stations, on="station", suffixes=("_event", "_station")
        )
        lines = ends[
            [f"{name}_{end}" for end in ("event", "station") for name in PLACE[::-1]]
        ]
        collections = import_optional("matplotlib.collections", extra="plot")
        segments = lines.to_numpy(float).reshape(-1, 2, 2)
        self.ax_.add_collection(
            collections.LineCollection(
                segments, colors=FAINT, linewidths=0.5, alpha=0.5
            ),
            autolim=False,
        )

    def _draw_stations(self, stations):
        """Draw the stations, with their names if they are few."""
        if stations.empty:
            return
        self.ax_.scatter(
            stations["longitude"],
            stations["latitude"],
            marker="^",
            s=36,
            color="white",
            edgecolor=INK,
            linewidth=0.9,
            label=f"station ({len(stations)})",
            zorder=3,
        )
        if len(stations) > MOST_NAMED:
            return
        columns = (stations[name] for name in ("station", "longitude", "latitude"))
        for station, longitude, latitude in zip(*columns, strict=True):
            self.ax_.annotate(
                station,
                (longitude, latitude),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                size="x-small",
                color=MUTED,
            )

    def _draw_events(self, events):
        """Draw the events, a colour and a marker for each value of the key."""
        if self.color_by not in events and self.color_by == "event_type":
            groups = [("event", events, SERIES[0], MARKERS[0])]
        else:
            keys = color_keys("events", events, self.color_by)
            groups = [
                (
                    title_of(key),
                    events[[other == key for other in keys]],
                    color,
                    "o" if key is None else MARKERS[number % len(MARKERS)],
                )
                for number, (key, color) in enumerate(
                    colors_by_key(keys, self.colors).items()
                )
            ]
        for name, rows, color, marker in groups:
            if len(rows):
                self.ax_.scatter(
                    rows["longitude"],
                    rows["latitude"],
                    marker=marker,
                    s=42,
                    color=color,
                    edgecolor="white",
                    linewidth=0.6,
                    alpha=0.9,
                    label=f"{name} ({len(rows)})",
                    zorder=4,
                )

    def _draw_scale(self, stretch):
        """Draw a bar of a round number of kilometres."""
        west, east = self.ax_.get_xlim()
        per_degree = KM_PER_DEGREE * stretch
        length = round_down((east - west) * per_degree / 4)
        end = 0.97
        start = end - length / per_degree / (east - west)
        across = self.ax_.transAxes
        self.ax_.plot([start, end], [0.04, 0.04], transform=across, color=INK, lw=2)
        self.ax_.text(
            (start + end) / 2,
            0.055,
            f"{length:g} km",
            transform=across,
            ha="center",
            size="small",
            color=INK,
        )

    def _dress(self, events, stations):
        """Write the axes, the legend and the number of events."""
        ticker = import_optional("matplotlib.ticker", extra="plot")
        for axis, ends in ((self.ax_.xaxis, "WE"), (self.ax_.yaxis, "SN")):
            axis.set_major_locator(ticker.MaxNLocator(5, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(ticker.FuncFormatter(degree_writer(ends)))
        self.ax_.tick_params(color=FAINT, labelcolor=MUTED)
        self.ax_.grid(color="#eef1f4", linewidth=0.8)
        self.ax_.set_axisbelow(True)
        count = f"{len(events)} events"
        if len(events) < len(self.events):
            count += f", {len(self.events) - len(events)} more without a place"
        self.ax_.set_title(count, loc="left", size="medium", color=INK)
        if len(stations) or self.color_by in events:
            self.ax_.legend(
                frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.01)
            )
        strip_spines(self.ax_, "top", "right")


def _of_bunch(name, table, names):
    """Return the rows of a table whose events or stations are in a bunch."""
    require_columns(name, table, (names.name,))
    chosen = table[table[names.name].astype(str).isin(names)]
    if chosen.empty:
        raise ValueError(
            f"{name} has none of the {names.nunique()} {name} of the bunch, such as "
            f"{names.iloc[0]}."
        )
    return chosen

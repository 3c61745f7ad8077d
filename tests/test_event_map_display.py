"""Maps have events and stations at their places, in true proportions."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from sklearn.utils import Bunch

from skseisfp import load_records, make_seismograms
from skseisfp.plotting import EventMapDisplay
from skseisfp.plotting.base import FAINT

pytestmark = [
    pytest.mark.usefixtures("pyplot"),
    pytest.mark.filterwarnings(
        # obspy still lists its plug-ins through an interface that Python deprecates
        "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
    ),
]


def make_events(**columns):
    table = pd.DataFrame(
        {
            "event_id": ["a", "b", "c", "d"],
            "latitude": [46.0, 46.5, 47.0, 46.2],
            "longitude": [7.0, 8.0, 7.5, 7.2],
            "event_type": ["blast", "earthquake", "blast", None],
        }
    )
    return table.assign(**columns)


def make_stations():
    return pd.DataFrame(
        {
            "station": ["XX.A", "XX.B", "XX.A"],
            "latitude": [40.0, 46.6, 46.1],
            "longitude": [7.0, 7.9, 7.4],
        }
    )


def points_in(ax):
    """Map legend entries to places."""
    return {
        artist.get_label(): artist.get_offsets().tolist()
        for artist in ax.collections
        if len(artist.get_offsets()) and not artist.get_label().startswith("_")
    }


def test_events_are_at_their_places_by_class():
    display = EventMapDisplay.from_tables(make_events(), make_stations())
    assert points_in(display.ax_) == {
        "blast (2)": [[7.0, 46.0], [7.5, 47.0]],
        "earthquake (1)": [[8.0, 46.5]],
        "no label (1)": [[7.2, 46.2]],
        "station (2)": [[7.9, 46.6], [7.4, 46.1]],
    }
    kinds = [entry.get_text() for entry in display.ax_.get_legend().get_texts()]
    assert sorted(kinds) == sorted(points_in(display.ax_))
    strings = [text.get_text() for text in display.ax_.texts]
    assert strings[:2] == ["XX.B", "XX.A"]
    assert display.ax_.get_title("left") == "4 events"


def test_events_have_the_colours_of_a_key():
    table = make_events(agency=["uw", "us", None, "uw"])
    display = EventMapDisplay.from_tables(
        table, color_by="agency", colors={"us": "#123456"}
    )
    assert {name: len(places) for name, places in points_in(display.ax_).items()} == {
        "us (1)": 1,
        "uw (2)": 2,
        "no label (1)": 1,
    }
    drawn = {item.get_label(): item for item in display.ax_.collections}
    assert to_hex(drawn["us (1)"].get_facecolor()[0]) == "#123456"
    assert to_hex(drawn["no label (1)"].get_facecolor()[0]) == FAINT
    with pytest.raises(ValueError, match="events lacks the columns region"):
        EventMapDisplay.from_tables(table, color_by="region")
    with pytest.raises(ValueError, match="colors must map values to colours"):
        EventMapDisplay.from_tables(table, colors=["red"])


def test_the_key_may_be_a_column_of_records():
    bunch = make_seismograms(12, records_per_event=4, random_state=0)
    bunch.frame["set"] = np.repeat(["train", "test", "test"], 4)
    names = dict.fromkeys(bunch.groups)
    places = pd.DataFrame(
        {"event_id": list(names), "latitude": [46.0, 47, 48], "longitude": 7.0}
    )
    display = EventMapDisplay.from_bunch(bunch, events=places, color_by="set")
    assert set(points_in(display.ax_)) == {"test (2)", "train (1)"}


@pytest.mark.parametrize("latitude", [0.0, 46.0, -60.0])
def test_a_kilometre_is_as_long_either_way(latitude):
    from obspy.geodetics import gps2dist_azimuth

    table = make_events(latitude=latitude + np.array([0, 0.5, 1.0, 0.2]))
    display = EventMapDisplay.from_tables(table)
    display.figure_.canvas.draw()
    ax = display.ax_
    south, north = ax.get_ylim()
    middle = (south + north) / 2
    across = np.diff(ax.transData.transform([[7, middle], [8, middle]])[:, 0])[0]
    upward = np.diff(ax.transData.transform([[7, middle], [7, middle + 1]])[:, 1])[0]
    metres_across = gps2dist_azimuth(middle, 7, middle, 8)[0]
    metres_upward = gps2dist_azimuth(middle, 7, middle + 1, 7)[0]
    assert across / metres_across == pytest.approx(upward / metres_upward, rel=0.01)
    bar = next(line for line in ax.lines if len(line.get_xdata()) == 2)
    pixels = np.diff(bar.get_transform().transform(bar.get_xydata())[:, 0])[0]
    written = float(ax.texts[-1].get_text().removesuffix(" km"))
    assert pixels / (1000 * written) == pytest.approx(across / metres_across, rel=0.01)


def test_everything_is_within_the_figure():
    display = EventMapDisplay.from_tables(make_events(), make_stations())
    display.figure_.canvas.draw()
    box = display.ax_.get_tightbbox()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= display.figure_.bbox.x1
    assert box.y1 <= display.figure_.bbox.y1


def test_records_are_lines_between_their_ends():
    records = pd.DataFrame(
        {"event_id": ["a", "a", "b", "x"], "station": ["XX.A", "XX.A", "XX.B", "XX.A"]}
    )
    display = EventMapDisplay.from_tables(
        make_events(), make_stations(), records=records
    )
    lines = [one for one in display.ax_.collections if hasattr(one, "get_segments")]
    segments = [segment.tolist() for segment in lines[0].get_segments()]
    assert segments == [[[7.0, 46.0], [7.4, 46.1]], [[8.0, 46.5], [7.9, 46.6]]]


def test_events_without_a_place_are_counted():
    table = make_events(latitude=[46.0, np.nan, np.nan, 46.2])
    display = EventMapDisplay.from_tables(table)
    assert display.ax_.get_title("left") == "2 events, 2 more without a place"
    with pytest.raises(ValueError, match="None of 4 events has a place"):
        EventMapDisplay.from_tables(make_events(latitude=np.nan))


def test_maps_across_the_date_line_are_in_one_piece():
    table = make_events(longitude=[179.5, -179.5, 179.0, -179.0])
    display = EventMapDisplay.from_tables(table.drop(columns="event_type"))
    west, east = display.ax_.get_xlim()
    assert east - west < 3
    write = display.ax_.xaxis.get_major_formatter()
    assert [write(x, 0) for x in (179.5, 180.0, 180.5)] == [
        "179.5°E",
        "180°",
        "179.5°W",
    ]


@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-180, 360)), min_size=1, max_size=8
    )
)
def test_all_places_are_within_the_limits(places):
    from skseisfp.plotting._map_places import (
        map_limits,
        middle_longitude,
        turned_around,
    )

    table = pd.DataFrame(places, columns=["latitude", "longitude"])
    middle = middle_longitude(table["longitude"])
    table = turned_around(middle, table)
    west, east, south, north = map_limits(table, table[:0])
    assert np.isfinite([west, east, south, north]).all()
    assert table["longitude"].between(west, east).all()
    assert table["latitude"].between(south, north).all()
    assert west < east
    assert south < north


def test_documents_are_taken():
    from obspy import UTCDateTime
    from obspy.core.event import Catalog, Event, Origin
    from obspy.core.inventory import Inventory, Network, Station

    event = Event(resource_id="smi:local/a", event_type="quarry blast")
    event.origins = [Origin(time=UTCDateTime(0), latitude=46.0, longitude=7.0)]
    inventory = Inventory([Network("XX", [Station("A", 46.2, 7.1, 0.0)])])
    points = points_in(EventMapDisplay.from_tables(Catalog([event]), inventory).ax_)
    assert points["station (1)"] == [[7.1, 46.2]]
    assert [place for name, place in points.items() if "station" not in name] == [
        [[7.0, 46.0]]
    ]


def bunch_of(frame=None, target=("blast", "blast", "earthquake")):
    return Bunch(
        groups=np.array(["a", "a", "b"]),
        stations=np.array(["XX.A", "XX.B", "XX.A"]),
        target=None if target is None else np.array(target),
        frame=pd.DataFrame(index=range(3)).assign(**(frame or {})),
    )


def test_bunches_are_drawn_with_their_own_classes():
    display = EventMapDisplay.from_bunch(
        bunch_of(), events=make_events(event_type="other"), stations=make_stations()
    )
    points = points_in(display.ax_)
    assert set(points) == {"blast (1)", "earthquake (1)", "station (2)"}
    assert points["earthquake (1)"] == [[8.0, 46.5]]


@pytest.mark.parametrize("names", [("latitude", "longitude"), None])
def test_places_come_from_the_frame(names):
    names = names or ("source_latitude_deg", "source_longitude_deg")
    places = dict(zip(names, ([46.0, np.nan, 47.0], [7.0, np.nan, 8.0]), strict=True))
    display = EventMapDisplay.from_bunch(bunch_of(places, target=None))
    assert points_in(display.ax_)["event (2)"] == [[7.0, 46.0], [8.0, 47.0]]
    places |= {
        "station_latitude_deg": [46.1, 46.2, 46.1],
        "station_longitude_deg": [7.1, 7.2, 7.1],
    }
    display = EventMapDisplay.from_bunch(bunch_of(places))
    assert points_in(display.ax_)["station (2)"] == [[7.1, 46.1], [7.2, 46.2]]


def test_what_is_missing_or_wrong_is_named():
    with pytest.raises(ValueError, match="no places of events: neither latitude"):
        EventMapDisplay.from_bunch(make_seismograms(4, random_state=0))
    stations = make_stations().assign(station="A")
    with pytest.raises(ValueError, match=r"stations has none of the 2 .* as XX\.A"):
        EventMapDisplay.from_bunch(bunch_of(), events=make_events(), stations=stations)
    with pytest.raises(ValueError, match="events has none of the 2 events of the"):
        EventMapDisplay.from_bunch(
            bunch_of(), events=make_events(event_id=list("wxyz"))
        )
    with pytest.raises(ValueError, match="events lacks the columns longitude"):
        EventMapDisplay.from_tables(make_events().drop(columns="longitude"))
    stations = make_stations().drop(columns="latitude")
    with pytest.raises(ValueError, match="stations lacks the columns latitude"):
        EventMapDisplay.from_tables(make_events(), stations)
    with pytest.raises(ValueError, match="records lacks the columns station"):
        EventMapDisplay.from_tables(
            make_events(), make_stations(), records=make_events()
        )
    with pytest.raises(ValueError, match="events has b at latitude 95"):
        EventMapDisplay.from_tables(make_events(latitude=[1, 95, 2, 3]))
    with pytest.raises(ValueError, match="events has a at latitude inf"):
        EventMapDisplay.from_tables(make_events(latitude=[np.inf, 95, 2, 3]))


@pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)
def test_real_events_are_drawn():
    folder = Path(os.environ["SKSEISFP_DATA"]) / "pnw"
    bunch = load_records(folder, query="label_confidence != 'low'")
    display = EventMapDisplay.from_bunch(bunch)
    places = bunch.frame.dropna(subset=["latitude"]).drop_duplicates("event_id")
    counts = places["event_type"].value_counts()
    drawn = {name: len(place) for name, place in points_in(display.ax_).items()}
    assert drawn == {f"{kind} ({count})": count for kind, count in counts.items()}
    west, east = display.ax_.get_xlim()
    assert_allclose([west, east], [-124.8, -116.4], atol=1.5)

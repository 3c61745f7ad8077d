"""Sections show the records of an event where and when they are."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils import Bunch

from skseisfp import load_records, make_seismograms
from skseisfp.io import WaveformReader
from skseisfp.plotting import RecordSectionDisplay
from skseisfp.plotting.base import FAINT
from skseisfp.plotting.record_section_display import _spread

pytestmark = [
    pytest.mark.usefixtures("pyplot"),
    pytest.mark.filterwarnings(
        # obspy still lists its plug-ins through an interface that Python deprecates
        "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
    ),
]
needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)


def make_bunch(n_records=4, *, components="ZNE", frame=None, **facts):
    """Two events by turns; each trace is one spike, whose sample depends on its row."""
    data = np.zeros((n_records, len(components), 100))
    for row in range(n_records):
        for channel in range(len(components)):
            data[row, channel, 20 + 10 * row + channel] = 1 + row
    event_id = np.array(["a", "b"])[np.arange(n_records) % 2]
    table = pd.DataFrame({"record_id": np.arange(n_records), "event_id": event_id})
    return Bunch(
        data=data[:, 0] if len(components) == 1 else data,
        groups=event_id,
        stations=np.array([f"XX.S{row}" for row in range(n_records)]),
        frame=table.assign(**(frame or {})),
        sampling_rate=10.0,
        components=components,
        **facts,
    )


def names_in(ax):
    return [text.get_text() for text in ax.texts]


def traces_in(ax):
    """Return times and amplitudes of traces, not of the lines to their names."""
    lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
    return [line.get_xdata() for line in lines], [line.get_ydata() for line in lines]


def picks_in(ax):
    """Map names to the ends of marks."""
    return {
        artist.get_label(): np.array(artist.get_segments()) for artist in ax.collections
    }


def test_records_of_the_event_are_at_their_distances():
    bunch = make_bunch(6, frame={"distance_km": [30.0, 1, 10, 2, 20, 3]})
    display = RecordSectionDisplay.from_bunch(bunch, "a")
    assert display.positions_.tolist() == [10, 20, 30]
    assert names_in(display.ax_) == ["XX.S2", "XX.S4", "XX.S0"]
    times, drawn = traces_in(display.ax_)
    spikes = [time[np.argmin(y)] for time, y in zip(times, drawn, strict=True)]
    assert_allclose(spikes, [4.0, 6.0, 2.0])
    bottom, top = display.ax_.get_ylim()
    assert bottom > 30 > 10 > top
    assert display.ax_.get_ylabel() == "distance, km"


def test_without_distances_records_are_in_the_order_of_onset():
    frame = {"p_arrival": [5.0, 0, np.nan, 0, 3.0, 0]}
    display = RecordSectionDisplay.from_bunch(make_bunch(6, frame=frame), "a")
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert ticks == ["XX.S4", "XX.S0", "XX.S2"]
    assert display.positions_.tolist() == [0, 1, 2]
    assert_allclose(picks_in(display.ax_)["P pick"][:, 0, 0], [3.0, 5.0])


def test_records_with_some_distances_are_listed_one_below_the_other():
    frame = {"distance_km": [30.0, 0, np.nan, 0, 20, 0]}
    display = RecordSectionDisplay.from_bunch(make_bunch(6, frame=frame), "a")
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert ticks == ["XX.S4", "XX.S0", "XX.S2"]
    assert names_in(display.ax_) == ["20 km", "30 km"]


def test_times_are_from_the_origin_where_it_is_known():
    origin = pd.Timestamp("2024-01-01T00:00:10", tz="UTC")
    starts = origin + pd.to_timedelta([-4.0, 0.0, 2.5, 0.0], unit="s")
    frame = {
        "start_time": starts,
        "origin_time": origin,
        "p_arrival": [7.0, 0, 0.4, 0],
        "s_arrival": [9.0, 0, np.nan, 0],
    }
    display = RecordSectionDisplay.from_bunch(make_bunch(frame=frame), "a")
    assert display.ax_.get_xlabel() == "time from origin, s"
    assert_allclose([times[0] for times in traces_in(display.ax_)[0]], [2.5, -4.0])
    picks = picks_in(display.ax_)
    assert_allclose(picks["P pick"][:, 0, 0], [2.9, 3.0])
    assert_allclose(picks["S pick"][:, 0, 0], [5.0])
    assert_allclose(display.ax_.get_xlim(), (-4.0, 12.5))
    del frame["origin_time"]
    display = RecordSectionDisplay.from_bunch(make_bunch(frame=frame), "a")
    assert display.ax_.get_xlabel() == "time from first sample, s"
    assert_allclose([times[0] for times in traces_in(display.ax_)[0]], [6.5, 0.0])


@pytest.mark.parametrize(("component", "first"), [(None, 20), ("Z", 20), ("E", 22)])
def test_one_component_is_drawn(component, first):
    display = RecordSectionDisplay.from_bunch(make_bunch(), "a", component=component)
    times, drawn = traces_in(display.ax_)
    assert times[0][np.argmin(drawn[0])] == pytest.approx(first / 10)


def test_records_of_one_component_and_references_are_drawn():
    whole = RecordSectionDisplay.from_bunch(make_bunch(), "b")
    single = make_bunch(components="Z")
    lazy = make_bunch()
    lazy.data = np.array(
        [type("Reference", (), {"read": lambda _, x=x: x})() for x in lazy.data]
    )
    for bunch in (single, lazy):
        display = RecordSectionDisplay.from_bunch(bunch, "b")
        for ours, theirs in zip(
            traces_in(display.ax_), traces_in(whole.ax_), strict=True
        ):
            assert_array_equal(ours, theirs)


def test_traces_have_a_scale_each_or_that_of_the_event():
    def heights(**options):
        display = RecordSectionDisplay.from_bunch(make_bunch(), "a", **options)
        return [np.ptp(y) for y in traces_in(display.ax_)[1]]

    first, second = heights()
    assert first == pytest.approx(second)
    first, second = heights(scale="event")
    assert 3 * first == pytest.approx(second)


def test_traces_are_drawn_through_a_filter():
    time = np.arange(1000) / 50
    waves = np.sin(2 * np.pi * 5 * time) * np.ones((2, 1))
    swell = 100 * np.sin(2 * np.pi * 0.1 * time)
    display = RecordSectionDisplay(waves + swell, sampling_rate=50.0, title="a")
    drawn = traces_in(display.plot(f_min=1.0, f_max=10.0).ax_)[1]
    wanted = traces_in(RecordSectionDisplay(waves, sampling_rate=50.0).plot().ax_)[1]
    pair = drawn[1][200:-200], wanted[1][200:-200]
    assert np.corrcoef(*pair)[0, 1] > 0.999
    title = display.ax_.get_title("left")
    assert title == "a, 1 to 10 Hz"
    gappy = waves + swell
    gappy[0, 300:400] = np.nan
    drawn = traces_in(RecordSectionDisplay(gappy, sampling_rate=50.0).plot(f_min=1).ax_)
    assert np.flatnonzero(np.isnan(drawn[1][0])).tolist() == list(range(300, 400))
    for band, name in (({"f_min": 1}, "above 1 Hz"), ({"f_max": 3}, "below 3 Hz")):
        section = RecordSectionDisplay.from_bunch(make_bunch(), "a", **band)
        assert section.ax_.get_title("left") == f"a, {name}"
    with pytest.raises(ValueError, match="corners must satisfy 0 < f_min < f_max"):
        RecordSectionDisplay.from_bunch(make_bunch(), "a", f_min=5.0)


def test_traces_have_the_colours_of_a_key():
    frame = {"distance_km": [3.0, 0, 1.0, 0], "kind": ["y", "q", None, "q"]}
    display = RecordSectionDisplay.from_bunch(
        make_bunch(frame=frame), "a", color_by="kind", colors={"y": "teal"}
    )
    lines = [line for line in display.ax_.lines if len(line.get_xdata()) > 2]
    assert [line.get_color() for line in lines] == [FAINT, "teal"]
    entries = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert entries == ["y", "no label"]
    with pytest.raises(ValueError, match="The frame of the bunch lacks the columns ki"):
        RecordSectionDisplay.from_bunch(make_bunch(), "a", color_by="kind")
    with pytest.raises(ValueError, match="color_keys must have one key per record"):
        RecordSectionDisplay(np.eye(5), sampling_rate=1.0, color_keys=["a"]).plot()


def test_dead_and_gappy_traces_are_drawn():
    traces = np.zeros((3, 50))
    traces[1, 20] = 5.0
    traces[2] = np.nan
    display = RecordSectionDisplay(traces, sampling_rate=5.0).plot()
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert ticks == ["1", "2", "3"]
    display.figure_.canvas.draw()
    bunch = make_bunch()
    bunch.data[0] = np.nan
    display = RecordSectionDisplay.from_bunch(bunch, "a")
    assert np.isnan(traces_in(display.ax_)[1][0]).all()


def test_times_may_be_text(tmp_path):
    """As in a table that was written and read again."""
    origin = pd.Timestamp("2024-01-01T00:00:10", tz="UTC")
    starts = origin + pd.to_timedelta([1.0, 2.0, 3.5, 4.0], unit="s")
    whole = make_bunch(frame={"start_time": starts, "origin_time": origin})
    written = make_bunch()
    whole.frame.to_csv(tmp_path / "table.csv", index=False)
    written.frame = pd.read_csv(tmp_path / "table.csv")
    for bunch in (whole, written):
        display = RecordSectionDisplay.from_bunch(bunch, "a")
        assert display.ax_.get_xlabel() == "time from origin, s"
        starts = [times[0] for times in traces_in(display.ax_)[0]]
        assert_allclose(starts, [1.0, 3.5])


def test_a_section_of_one_record_has_height():
    frame = {"distance_km": [30.0, 0]}
    display = RecordSectionDisplay.from_bunch(make_bunch(2, frame=frame), "a")
    assert display.positions_.tolist() == [30]
    bottom, top = display.ax_.get_ylim()
    assert bottom > 30 > top


def test_titles_name_the_event_and_its_label():
    bunch = make_bunch(target=np.array(["x", "y", "x", "y"]))
    title = RecordSectionDisplay.from_bunch(bunch, "b").ax_.get_title("left")
    assert title == "b, y"
    for options in ({}, {"target": np.array(["x", np.nan] * 2, dtype=object)}):
        bunch = make_bunch(**options)
        title = RecordSectionDisplay.from_bunch(bunch, "b").ax_.get_title("left")
        assert title == "b"


def test_given_axes_are_drawn_on(pyplot):
    figure, ax = pyplot.subplots()
    display = RecordSectionDisplay.from_bunch(make_bunch(), "a", ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure


def test_distances_come_from_columns_or_coordinates_of_seisbench():
    places = {
        "source_latitude_deg": 46.0,
        "source_longitude_deg": 7.0,
        "station_latitude_deg": [48.0, 0, 47.0, 0],
        "station_longitude_deg": 7.0,
    }
    display = RecordSectionDisplay.from_bunch(make_bunch(frame=places), "a")
    assert_allclose(display.positions_, [111.2, 222.3], atol=0.1)
    given = {**places, "path_ep_distance_km": [5.0, 0, 6.0, 0]}
    display = RecordSectionDisplay.from_bunch(make_bunch(frame=given), "a")
    assert display.positions_.tolist() == [5, 6]


def test_invalid_options_are_named():
    bunch = make_bunch()
    with pytest.raises(ValueError, match=r"no event 'c'; it has a, b\."):
        RecordSectionDisplay.from_bunch(bunch, "c")
    with pytest.raises(ValueError, match="component must be one of 'Z', 'N', 'E'"):
        RecordSectionDisplay.from_bunch(bunch, "a", component="T")
    with pytest.raises(ValueError, match="scale must be one of"):
        RecordSectionDisplay.from_bunch(bunch, "a", scale="all")
    with pytest.raises(ValueError, match="spacing must be one of"):
        RecordSectionDisplay.from_bunch(bunch, "a", spacing="onset")
    with pytest.raises(ValueError, match="spacing='distance' needs the distances of"):
        RecordSectionDisplay.from_bunch(bunch, "a", spacing="distance")
    with pytest.raises(ValueError, match=r"traces must have the shape .*\(5,\)"):
        RecordSectionDisplay(np.zeros(5), sampling_rate=1.0).plot()
    with pytest.raises(ValueError, match="sampling_rate == 0"):
        RecordSectionDisplay(np.eye(5), sampling_rate=0.0).plot()
    with pytest.raises(ValueError, match="p_times must have one number per record"):
        RecordSectionDisplay(np.eye(5), sampling_rate=1.0, p_times=[1]).plot()
    with pytest.raises(ValueError, match="stations must have one name per record"):
        RecordSectionDisplay(np.eye(5), sampling_rate=1.0, stations=["A"]).plot()


@given(
    st.lists(st.floats(-1000, 1000), min_size=1, max_size=30),
    st.floats(0.01, 2.0),
)
def test_names_are_apart_and_within_the_axes(positions, share):
    positions = np.array(positions)
    low, high = positions.min() - 10, positions.max() + 10
    least = share * (high - low) / len(positions) / 2
    spread = _spread(positions, least, low, high)
    order = np.argsort(positions, kind="stable")
    assert (np.diff(spread[order]) >= least * (1 - 1e-6)).all()
    assert spread.min() >= low - 1e-6
    assert spread.max() <= high + 1e-6
    if (np.diff(positions[order]) >= least).all():
        assert_allclose(spread, positions, atol=1e-6)


def test_synthetic_events_have_their_picks():
    bunch = make_seismograms(24, records_per_event=6, random_state=0)
    event_id = pd.Series(bunch.groups).mode()[0]
    display = RecordSectionDisplay.from_bunch(bunch, event_id)
    rows = bunch.frame[bunch.frame["event_id"] == event_id].sort_values("distance_km")
    assert_allclose(display.positions_, rows["distance_km"])
    picks = picks_in(display.ax_)
    for name, column in (("P pick", "p_arrival"), ("S pick", "s_arrival")):
        assert_allclose(picks[name][:, 0, 0], rows[column])


@needs_records
def test_real_events_are_drawn():
    folder = Path(os.environ["SKSEISFP_DATA"])
    pnw = load_records(folder / "pnw", query="event_id == 'uw60895227'")
    display = RecordSectionDisplay.from_bunch(pnw, "uw60895227")
    assert len(traces_in(display.ax_)[0]) == len(pnw.data) > 20
    reader = WaveformReader(components="Z12", sampling_rate=100.0)
    france = reader.read(folder / "france/mseed/2022003T041502", groups="folder")
    display = RecordSectionDisplay.from_bunch(france, "2022003T041502", component="2")
    assert len(traces_in(display.ax_)[0]) == 10
    assert display.ax_.get_xlim()[1] > france.data.shape[-1] / 100

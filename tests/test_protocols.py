import numpy as np
import pandas as pd
import pytest

from skseisfp.model_selection import PROTOCOLS, event_regions, make_protocols
from skseisfp.model_selection.protocols import plan_protocols


@pytest.fixture
def catalogue():
    """Forty events in three places over two years, at up to ten stations."""
    return make_catalogue()


def make_catalogue(n_events=40):
    rng = np.random.default_rng(0)
    event, station = np.nonzero(rng.random((n_events, 10)) < 0.6)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in event],
            "station": [f"s{i}" for i in station],
            "origin_time_utc": pd.Timestamp("2020-01-01", tz="UTC")
            + pd.to_timedelta(event * 17.3, "D"),
            "latitude": 45.0 + event % 3 + 0.01 * event,
            "longitude": -120.0 - event % 3,
        }
    )
    return frame, np.where(event % 4 != 0, "quake", "blast")


def by_name(frame, y, **options):
    return {made.name: made for made in make_protocols(frame, y, **options)}


def test_all_protocols_that_the_columns_allow_are_made(catalogue):
    frame, y = catalogue
    assert tuple(by_name(frame, y, n_splits=3)) == PROTOCOLS
    assert list(by_name(frame[["event_id"]], y)) == ["event"]
    assert list(by_name(frame[["event_id", "station"]], y)) == ["event", "new_stations"]


def test_no_event_is_on_both_sides(catalogue):
    frame, y = catalogue
    events = frame["event_id"].to_numpy()
    for protocol in make_protocols(frame, y, n_splits=3):
        tested = np.concatenate([test for _, test in protocol.folds])
        assert len(set(tested)) == len(tested)
        np.testing.assert_array_equal(np.flatnonzero(protocol.scored), sorted(tested))
        for train, test in protocol.folds:
            assert not set(events[train]) & set(events[test])
            assert len(np.unique(y[train])) == 2


def test_protocols_are_what_they_say(catalogue):
    frame, y = catalogue
    made = by_name(frame, y, n_splits=3)
    assert [len(made[name].folds) for name in PROTOCOLS] == [3, 9, 2, 3]
    stations = frame["station"].to_numpy()
    for train, test in made["new_stations"].folds:
        assert not set(stations[train]) & set(stations[test])
    times = frame["origin_time_utc"].to_numpy()
    for train, test in made["later_events"].folds:
        assert times[train].max() < times[test].min()
    assert frame["event_id"][made["later_events"].scored].nunique() == 20
    for train, test in made["new_region"].folds:
        assert set(frame["longitude"][train]).isdisjoint(frame["longitude"][test])
    assert made["event"].scored.all()
    assert made["new_region"].scored.all()


def test_regions_of_a_column_go_before_coordinates(catalogue):
    frame, y = catalogue
    half = np.where(frame["event_id"].str[-1].isin(list("01234")), "low", "high")
    made = by_name(frame.assign(region=half), y, protocols="new_region", n_splits=3)
    folds = [set(half[test]) for _, test in made["new_region"].folds]
    assert folds == [{"low"}, {"high"}]


def test_events_without_coordinates_are_neither_trained_on_nor_tested(catalogue):
    frame, y = catalogue
    unknown = frame["event_id"].isin(["e3", "e5"])
    frame.loc[unknown, "latitude"] = np.nan
    made = by_name(frame, y, protocols="new_region", n_splits=3)["new_region"]
    np.testing.assert_array_equal(made.scored, ~unknown)
    for train, _ in made.folds:
        assert not unknown[train].any()


def test_the_index_of_the_table_does_not_matter(catalogue):
    frame, y = catalogue
    plain = make_protocols(frame, y, n_splits=3)
    rng = np.random.default_rng(1)
    for index in (rng.permutation(len(y)), np.zeros(len(y), int)):
        labelled = make_protocols(
            frame.set_axis(index), pd.Series(y, index=index), n_splits=3
        )
        for a, b in zip(plain, labelled, strict=True):
            for (train_a, test_a), (train_b, test_b) in zip(
                a.folds, b.folds, strict=True
            ):
                np.testing.assert_array_equal(train_a, train_b)
                np.testing.assert_array_equal(test_a, test_b)


def test_reasons_are_given_for_protocols_that_are_not_possible(catalogue):
    frame, y = catalogue
    few = frame.drop(columns=["latitude", "origin_time_utc"])
    few["station"] = few["station"].where(few["station"] < "s3", "s1")
    made, reasons = plan_protocols(few, y, protocols=None, n_splits=3, random_state=0)
    assert [protocol.name for protocol in made] == ["event", "new_stations"]
    assert "needs a column origin_time or" in reasons["later_events"]
    assert "latitude and longitude" in reasons["new_region"]
    _, reasons = plan_protocols(few, y, protocols=None, n_splits=5, random_state=0)
    assert "5 station folds need as many stations" in reasons["new_stations"]


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        (lambda f, y: (f.to_numpy(), y), {}, TypeError, "frame must be a DataFrame"),
        (
            lambda f, y: (f.drop(columns="event_id"), y),
            {},
            ValueError,
            "frame lacks the column event_id; it has station",
        ),
        (
            lambda f, y: (f.drop(columns="station"), y),
            {"protocols": "new_stations"},
            ValueError,
            "'new_stations' needs a column station",
        ),
        (
            lambda f, y: (f.drop(columns="longitude"), y),
            {"protocols": ["new_region"]},
            ValueError,
            "'new_region' needs a column region or latitude and longitude or",
        ),
        (
            lambda f, y: (f.drop(columns="origin_time_utc"), y),
            {"protocols": ["later_events"]},
            ValueError,
            "'later_events' needs a column origin_time or",
        ),
        (
            lambda f, y: (f.assign(origin_time_utc="noon"), y),
            {"protocols": ["later_events"]},
            ValueError,
            "column origin_time_utc of frame must hold datetimes",
        ),
        (
            lambda f, y: (f.assign(latitude=91.0), y),
            {"protocols": ["new_region"]},
            ValueError,
            "latitude must be between -90 and 90 degrees; record 0 has 91",
        ),
        (
            lambda f, y: (f.assign(region=f["station"]), y),
            {"protocols": ["new_region"]},
            ValueError,
            "Every event needs one region; event 'e0'",
        ),
        (
            lambda f, y: (
                f.assign(
                    origin_time_utc=f["origin_time_utc"].where(f["event_id"] != "e0")
                ),
                y,
            ),
            {"protocols": ["later_events"]},
            ValueError,
            "needs the origin time of every event; that of record 0 is missing",
        ),
        (
            lambda f, y: (f.assign(region="alps"), y),
            {"protocols": ["new_region"]},
            ValueError,
            "'new_region' needs two regions or more",
        ),
        (lambda f, y: (f, y), {"protocols": ["night"]}, ValueError, "must be one of"),
        (lambda f, y: (f, y), {"protocols": []}, ValueError, "one name or more"),
        (
            lambda f, y: (f, y),
            {"n_splits": 1},
            ValueError,
            r"n_splits must be an int .*; got 1\.",
        ),
        (
            lambda f, y: (f, y),
            {"n_splits": 12, "protocols": ["event"]},
            ValueError,
            "n_splits=12 event folds need 12 events .* class 'blast' has 10",
        ),
        (
            lambda f, y: (f, np.full(len(y), "quake")),
            {},
            ValueError,
            "two classes or more; got 'quake'",
        ),
        (
            lambda f, y: (f, np.where(f["station"] == "s1", "blast", "quake")),
            {},
            ValueError,
            "straddle labels",
        ),
        (lambda f, y: (f, y[1:]), {}, ValueError, "inconsistent numbers"),
    ],
)
def test_bad_input_is_named(catalogue, change, options, error, message):
    with pytest.raises(error, match=message):
        make_protocols(*change(*catalogue), **options)


def test_a_class_that_is_missing_in_training_is_named():
    frame, _ = make_catalogue()
    late = frame["origin_time_utc"] > frame["origin_time_utc"].quantile(0.6)
    y = np.where(late, "blast", "quake")
    with pytest.raises(
        ValueError, match="'later_events', fold 0: no 'blast' in training"
    ):
        make_protocols(frame, y, protocols="later_events")


# regions


def test_regions_are_places_and_events_are_whole():
    rng = np.random.default_rng(0)
    event = np.repeat(np.arange(30), 3)
    place = np.arange(30) % 3
    latitude = (40.0 + 3 * place + 0.1 * rng.standard_normal(30))[event]
    longitude = np.full(90, 179.9)
    longitude[place[event] == 1] = -179.9  # across the date line is near
    regions = event_regions(latitude, longitude, event, n_regions=3)
    table = pd.DataFrame({"place": place[event], "region": regions})
    assert (table.groupby("place")["region"].nunique() == 1).all()
    assert table["region"].nunique() == 3


def test_neighbours_across_the_date_line_are_one_region():
    regions = event_regions(
        [0.0, 0.0, 0.0], [179.9, -179.9, 0.0], ["a", "b", "c"], n_regions=2
    )
    assert regions.tolist() == [0, 0, 1]


def test_one_known_record_places_the_event():
    regions = event_regions(
        [np.nan, 1.0, 5.0, np.nan],
        [np.nan, 1.0, 5.0, 2.0],
        ["a", "a", "b", "c"],
        n_regions=2,
    )
    assert regions.tolist() == [0, 0, 1, -1]


def test_too_few_places_are_named():
    with pytest.raises(ValueError, match=r"needs as many places; .* have 2"):
        event_regions([1.0, 1.0, 2.0], [1.0, 1.0, 2.0], [1, 2, 3], n_regions=3)

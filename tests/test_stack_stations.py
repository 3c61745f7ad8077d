import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.utils import Bunch

from skseisfp.baselines import AfterZhou2021, ArrayConvNet
from skseisfp.datasets import make_seismograms
from skseisfp.preprocessing import stack_stations


def records(n, shape=(2, 5)):
    """Return records that hold their own number in each sample, from 1."""
    X = np.ones((n, *shape))
    return X * np.arange(1, n + 1).reshape(-1, *[1] * len(shape))


# slots of records


@st.composite
def tables(draw):
    """Records of events at stations, no station twice in an event."""
    places = draw(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 6)),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    times = st.one_of(st.just(np.nan), st.integers(0, 5).map(float))
    p_time = draw(st.lists(times, min_size=len(places), max_size=len(places)))
    return pd.DataFrame(places, columns=["event", "station"]).assign(
        event=lambda t: "e" + t["event"].astype(str),
        station=lambda t: "S" + t["station"].astype(str),
        p_time=p_time,
    )


@given(
    table=tables(),
    order=st.sampled_from(["record", "p_time", "weight", "station"]),
    n_stations=st.none() | st.integers(1, 8),
)
def test_each_record_is_once_in_the_row_of_its_event(table, order, n_stations):
    X = records(len(table))
    y = table["event"].isin(["e0", "e1"]).to_numpy()
    stacked = stack_stations(
        X,
        y,
        table["event"],
        order=order,
        n_stations=n_stations,
        station=table["station"],
        p_time=table["p_time"],
        weight=-table["p_time"],
    )
    n_events, n_slots = stacked.mask.shape
    assert stacked.data.shape == (n_events, n_slots, 2, 5)
    numbers = stacked.data[:, :, 0, 0].astype(int) - 1
    assert (stacked.data == numbers[..., None, None] + 1).all()
    assert_array_equal(numbers < 0, stacked.mask)
    placed = numbers[~stacked.mask]
    left_out = stacked.rejected["record"]
    assert sorted([*placed, *left_out]) == list(range(len(table)))
    row, slot = np.nonzero(~stacked.mask)
    assert_array_equal(table["event"].to_numpy()[placed], stacked.groups[row])
    assert_array_equal(stacked.target.iloc[row], y[placed])
    assert list(stacked.groups) == list(
        table["event"][np.sort(placed)].drop_duplicates()
    ) or len(left_out)
    for name, values in {"row": row, "slot": slot, "record": placed}.items():
        assert_array_equal(stacked.frame[name], values)
    _check_order(stacked, table, order, numbers)


def _check_order(stacked, table, order, numbers):
    if order == "station":
        row, slot = np.nonzero(numbers >= 0)
        stations = table["station"].to_numpy()[numbers[row, slot]]
        assert_array_equal(stations, np.array(stacked.slots)[slot])
        assert stacked.slots == sorted(stacked.slots)
        return
    assert stacked.slots is None
    assert (np.diff(stacked.mask.astype(int)) >= 0).all()
    key = table["p_time"].fillna(np.inf) * (order != "record")
    for event, row in zip(stacked.groups, numbers, strict=True):
        members = table.index[table["event"] == event]
        expected = sorted(members, key=lambda record: (key[record], record))
        assert list(row[row >= 0]) == expected[: numbers.shape[1]]


def test_the_default_has_a_slot_for_every_record():
    stacked = stack_stations(records(5), groups=["b", "a", "b", "b", "a"])
    assert_array_equal(stacked.data[:, :, 0, 0], [[1, 3, 4], [2, 5, 0]])
    assert_array_equal(stacked.mask, [[False] * 3, [False, False, True]])
    assert list(stacked.groups) == ["b", "a"]
    assert stacked.target is None
    assert len(stacked.rejected) == 0
    wide = stack_stations(records(5), groups=["b", "a", "b", "b", "a"], n_stations=4)
    assert wide.mask.sum(axis=1).tolist() == [1, 2]


def test_what_is_left_out_is_reported():
    groups, station = ["a", "a", "a", "b", "c"], ["N", "E", "S", "S", "W"]
    stacked = stack_stations(records(5), groups=groups, n_stations=2, station=station)
    assert stacked.rejected.to_dict("list") == {
        "record": [2],
        "event_id": ["a"],
        "station": ["S"],
        "reason": ["event has more than 2 records"],
    }
    assert "1 records were left out" in stacked.DESCR
    fixed = stack_stations(
        records(5), groups=groups, order="station", n_stations=2, station=station
    )
    assert fixed.slots == ["E", "S"]
    assert list(fixed.groups) == ["a", "b"]
    assert fixed.rejected["record"].tolist() == [0, 4]
    assert set(fixed.rejected["reason"]) == {"its station has no slot"}


def test_new_records_take_the_slots_of_old_ones():
    old = stack_stations(
        records(3), groups=["a", "a", "b"], order="station", station=["W", "E", "W"]
    )
    new = stack_stations(
        records(2), groups=["c", "c"], order=old.slots, station=["N", "W"]
    )
    assert new.slots == old.slots == ["E", "W"]
    again = stack_stations(
        records(2), groups=["c", "c"], order=np.array(old.slots), station=["N", "W"]
    )
    assert_array_equal(again.data, new.data)
    assert_array_equal(new.data[:, :, 0, 0], [[0, 2]])
    assert new.rejected["station"].tolist() == ["N"]


def test_times_may_be_dates():
    p_time = pd.to_datetime(["2020-01-02", None, "2020-01-01"])
    stacked = stack_stations(
        records(3), groups=[7, 7, 7], order="p_time", p_time=p_time
    )
    assert stacked.frame["record"].tolist() == [2, 0, 1]
    assert stacked.groups.tolist() == [7]


# input and output


def test_floating_types_and_one_component():
    X = records(3, (4,)).astype(np.float32)
    before = X.copy()
    stacked = stack_stations(X, groups=[0, 1, 1])
    assert stacked.data.shape == (2, 2, 1, 4)
    assert stacked.data.dtype == np.float32
    assert stack_stations(X.astype(int), groups=[0, 1, 1]).data.dtype == float
    stacked.data[:] = -1
    assert_array_equal(X, before)


def test_a_bunch_brings_what_belongs_to_its_records():
    bunch = make_seismograms(n_records=12, random_state=0)
    stacked = stack_stations(bunch, order="p_time", p_time="p_arrival")
    assert stacked.sampling_rate == bunch.sampling_rate
    assert stacked.components == bunch.components
    frame = stacked.frame
    assert_array_equal(frame["event_id"], np.asarray(bunch.groups)[frame["record"]])
    assert_array_equal(frame["station"], np.asarray(bunch.stations)[frame["record"]])
    assert set(bunch.frame.columns) < set(frame.columns)
    in_rows = stacked.data[~stacked.mask]
    assert_array_equal(in_rows.squeeze(1), bunch.data[frame["record"]])
    labels = dict(zip(bunch.groups, bunch.target, strict=True))
    assert stacked.target.to_dict() == {e: labels[e] for e in stacked.groups}
    labelled = stack_stations(bunch.data, bunch.target)
    assert_array_equal(labelled.groups, stack_stations(bunch).groups)


@pytest.mark.parametrize("baseline", [AfterZhou2021, ArrayConvNet])
def test_classifiers_of_events_take_the_rows(baseline):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(6), [1, 2, 3, 1, 2, 3])
    stacked = stack_stations(
        rng.standard_normal((12, 3, 200)), groups % 2, groups, n_stations=3
    )
    classifier = baseline(max_epochs=1, device="cpu", random_state=0)
    predicted = cross_val_predict(
        classifier,
        stacked.data,
        stacked.target,
        groups=stacked.groups,
        cv=GroupKFold(3),
    )
    assert predicted.shape == (6,)
    mask = np.broadcast_to(stacked.mask[..., None, None], stacked.data.shape)
    masked = np.ma.array(stacked.data, mask=mask)
    classifier.fit(masked, stacked.target)
    assert_array_equal(
        classifier.predict_proba(masked), classifier.predict_proba(stacked.data)
    )


def test_the_rows_are_the_only_copy():
    X = np.ones((200, 3, 2000), np.float32)
    groups = np.arange(200) // 4
    tracemalloc.start()
    stacked = stack_stations(X, groups=groups)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stacked.data.nbytes == X.nbytes
    assert peak < 1.2 * X.nbytes


# errors


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"groups": None}, "stack_stations needs the event of every record"),
        ({"groups": ["a", "a"]}, "one event id per record: got 2 values"),
        ({"groups": ["a", None, "a"]}, "groups is missing for record 1"),
        (
            {"y": [0, 0, 1]},
            "Event 'a' has records of different labels: 0 in record 0 and 1 in",
        ),
        ({"y": [0, None, 0]}, "y is missing for record 1"),
        ({"order": "name"}, "order must be one of"),
        ({"order": 3}, "order must be one of"),
        ({"order": "p_time"}, "needs the p_time of each record"),
        ({"order": "weight"}, "needs the weight of each record"),
        ({"order": "station"}, "needs the station of each record"),
        ({"order": ["N"]}, "needs the station of each record"),
        ({"n_stations": 0}, "n_stations == 0"),
        ({"p_time": [1, 2]}, "p_time must have one value per record"),
        ({"p_time": ["x", "y", "z"]}, "p_time must be numbers or times"),
        ({"weight": ["2020", "2021", "2022"]}, "weight must be numbers, NaN"),
        ({"p_time": "p_arrival"}, "not a column of the frame of a Bunch"),
        (
            {"order": "station", "station": ["N", "", "S"]},
            "station is missing for record 1",
        ),
        (
            {"order": "station", "station": ["N", "N", "N"]},
            "Event 'a' has several records of the station 'N'",
        ),
        (
            {"order": ["N", "N"], "station": ["N", "E", "S"]},
            "order must name each station once",
        ),
        (
            {"order": ["N"], "station": ["N", "E", "S"], "n_stations": 1},
            "n_stations is the length of order",
        ),
        (
            {"order": ["W"], "station": ["N", "E", "S"]},
            r"No record is at a station of order=\['W'\]",
        ),
    ],
)
def test_what_raises(params, message):
    params = {"groups": ["a", "b", "a"], **params}
    with pytest.raises(ValueError, match=message):
        stack_stations(records(3), **params)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((3, 4), np.nan), "contains NaN, first in record 0"),
        (np.ma.masked_equal(records(3), 2), "masked array"),
        (np.ones((3, 2, 2, 4)), "X must have 2 to 3 axes"),
    ],
)
def test_impossible_records(X, message):
    with pytest.raises(ValueError, match=message):
        stack_stations(X, groups=[0, 1, 2])


def test_a_bunch_is_not_contradicted():
    bunch = make_seismograms(n_records=6, random_state=0)
    with pytest.raises(ValueError, match="groups is in the Bunch"):
        stack_stations(bunch, groups=np.arange(6))
    with pytest.raises(ValueError, match="'snr' is not a column"):
        stack_stations(Bunch(**bunch), order="weight", weight="snr")

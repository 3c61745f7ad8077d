"""One function makes the Bunch of records for all that read or make them."""

import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import resample

from skseisfp.archive import SeismicArchive
from skseisfp.datasets import (
    load_records,
    load_seisbench,
    make_seismograms,
    save_seisbench,
)
from skseisfp.inference._record_set import as_record_set
from skseisfp.inference.input_contract import InputContract
from skseisfp.io import WaveformReader
from skseisfp.io.event_tables import first_picks, origin_times
from skseisfp.io.merging import instrument_facts, station_of
from skseisfp.io.record_bunch import (
    drop_deviating,
    facts_of_reader,
    record_bunch,
    require_records,
)
from skseisfp.io.tables import rows_that_match
from skseisfp.model_selection import event_train_test_split
from skseisfp.preprocessing import FingerprintTransformer
from skseisfp.signal.waveform import Waveform

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
OF_ALL = {"data", "target", "target_names", "groups", "stations", "frame", "DESCR"}
OF_WAVEFORMS = OF_ALL | {"sampling_rate", "components"}
OF_READERS = OF_WAVEFORMS | {"units", "window", "align", "rejected"}
READER = WaveformReader(sampling_rate=50.0, window=(0.0, 15.0))


def table(**columns):
    frame = pd.DataFrame(
        {
            "record_id": ["r0", "r1", "r2"],
            "event_id": ["a", None, "a"],
            "station": ["XX.A", "XX.B", None],
        }
    )
    return frame.assign(**columns)


def test_a_record_without_event_is_its_own_event():
    bunch = record_bunch(np.zeros((3, 5)), table(), DESCR="none", more=1)
    assert bunch.groups.tolist() == ["a", "r1", "a"]
    assert bunch.stations.tolist() == ["XX.A", "XX.B", ""]
    assert bunch.target is None
    assert bunch.target_names == []
    assert bunch.more == 1


@pytest.mark.parametrize(
    ("labels", "names", "kind"),
    [
        (["y", "x", "y"], ["x", "y"], "O"),
        (["y", None, "y"], ["y"], "O"),
        ([2, 0, 1], [0, 1, 2], "i"),
    ],
)
def test_labels_keep_their_type_and_their_gaps(labels, names, kind):
    bunch = record_bunch(np.zeros((3, 5)), table(kind=labels), target="kind")
    assert bunch.target.dtype.kind == kind
    assert bunch.target.name == "kind"
    known = [label for label in bunch.target.tolist() if pd.notna(label)]
    assert known == [label for label in labels if label is not None]
    assert bunch.target_names == names


def test_all_readers_return_the_same_entries(tmp_path):
    made = make_seismograms(4, records_per_event=2, duration=70, random_state=0)
    assert set(made) == OF_WAVEFORMS
    made.frame.to_csv(tmp_path / "metadata.csv", index=False)
    np.savez(tmp_path / "waveforms.npz", X=made.data)
    save_seisbench(made, tmp_path / "set")
    archive = SeismicArchive(tmp_path / "archive")
    archive.add(make_stream(0), {"event_id": "a", "event_type": "x"})
    read = [
        load_records(tmp_path),
        load_seisbench(tmp_path / "set"),
        READER.read(make_stream(0)),
        archive.to_bunch(READER),
    ]
    assert all(set(bunch) == OF_WAVEFORMS | {"rejected"} for bunch in read[:2])
    assert all(set(bunch) == OF_READERS for bunch in read[2:])
    transformer = FingerprintTransformer(sampling_rate=50.0)
    fingerprints = archive.fingerprints(READER, transformer)
    assert set(fingerprints) == OF_ALL | {"rejected"}
    unlabelled = read.pop(2)
    assert unlabelled.target is None
    for bunch in (made, *read, fingerprints):
        assert bunch.target.index.names == ["event_id"]
        assert bunch.target.index.tolist() == bunch.groups.tolist()
        assert bunch.target.index.is_unique == (len(bunch.data) == 1)


@pytest.mark.parametrize(
    ("response", "units"),
    [(None, "counts"), ("DISP", "m"), ("VEL", "m/s"), ("ACC", "m/s^2")],
)
def test_the_facts_of_a_reader_are_those_of_a_contract(response, units):
    reader = WaveformReader(window=[0, 15], align="P", response=response)
    facts = facts_of_reader(reader)
    assert facts == {"units": units, "window": (0.0, 15.0), "align": "P"}
    assert as_record_set({"data": [], **facts}).facts["units"] == units
    InputContract("waveforms", (750,), **facts).check_reader(reader)
    assert facts_of_reader(WaveformReader())["window"] is None


@pytest.mark.parametrize("n_unknown", [1, 3])
def test_labels_carry_no_events_where_one_is_not_known(n_unknown):
    events = [None] * n_unknown + ["a"] * (3 - n_unknown)
    frame = table(kind=["y", "x", "y"], event_id=events)
    bunch = record_bunch(np.zeros((3, 5)), frame, target="kind")
    assert bunch.target.index.names == [None]
    assert bunch.target.tolist() == ["y", "x", "y"]
    with pytest.raises(ValueError, match="event_train_test_split needs the event of"):
        event_train_test_split(bunch.data, bunch.target)


@settings(deadline=None)
@given(st.data())
def test_labels_keep_their_rows_and_events_in_every_selection(data):
    n_events = data.draw(st.integers(8, 12))
    numbers = data.draw(st.lists(st.integers(0, n_events - 1), max_size=20))
    event = np.array([*range(n_events), *numbers])  # each event once or more
    frame = pd.DataFrame(
        {
            "record_id": np.arange(len(event)).astype(str),
            "event_id": "e" + pd.Series(event).astype(str),
            "station": "XX.A",
            "kind": event % 2,
        }
    )
    bunch = record_bunch(np.column_stack([event, event]), frame, target="kind")
    X, y = bunch.data, bunch.target
    mask = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(y), max_size=len(y)))
    )
    rows = data.draw(st.permutations(range(len(y))))
    parts = event_train_test_split(X, y, test_size=0.5, random_state=0)
    assert not set(parts[2].index) & set(parts[3].index)
    record_split = train_test_split(X, y, random_state=0)
    for records, labels in (
        (X[mask], y[mask]),
        (X[rows], y.iloc[rows]),
        (parts[0], parts[2]),
        (parts[1], parts[3]),
        record_split[::2],
        record_split[1::2],
        (resample(X, random_state=1), resample(y, random_state=1)),
    ):
        assert labels.index.name == "event_id"
        assert labels.index.tolist() == [f"e{number}" for number in records[:, 0]]
        assert labels.tolist() == (records[:, 0] % 2).tolist()


def test_records_that_differ_from_most_are_left_out():
    def waveform(n_samples=10, components="Z", rate=50.0):
        samples = np.zeros((len(components), n_samples))
        return Waveform(samples, components, rate)

    taken = dict(
        enumerate(
            [
                waveform(),
                waveform(components="ZN"),
                waveform(rate=40.0),
                waveform(11),
                waveform(rate=50.0 + 1e-8),
            ]
        )
    )
    reasons = {}
    drop_deviating(taken, reasons, length="window")
    assert sorted(taken) == [0, 4]
    assert "choice of components is ZN" in reasons[1]
    rates = "sampling rate in Hz is 40.0, that of most records 50.0; "
    assert reasons[2] == f"its {rates}give sampling_rate=50 to resample"
    assert reasons[3].endswith("see the parameter window")


def test_nothing_taken_raises_with_the_most_frequent_reasons():
    rejected = pd.DataFrame({"reason": ["few", *["many"] * 3, *"abcdef"]})
    require_records({0: None}, "No record", rejected)
    with pytest.raises(ValueError, match=r"^No record was taken: 3 x many; 1 x few"):
        require_records({}, "No record", rejected)
    with pytest.raises(ValueError, match="No record was taken: nothing was given"):
        require_records({}, "No record", rejected[:0])


def test_the_first_pick_of_a_phase_counts():
    times = pd.to_datetime(
        ["2024-01-01T00:00:09", "2024-01-01T00:00:07", "2024-01-01T00:00:08", None],
        utc=True,
    )
    picks = pd.DataFrame(
        {
            "event_id": ["e", "e", "e", "f"],
            "station": ["XX.A", "XX.A", "XX.A", "XX.A"],
            "phase": ["P", "Sg", "Pn", None],
            "time": times,
        }
    )
    assert first_picks(picks) == {("e", "XX.A"): times[2]}
    assert first_picks(picks, "S") == {("e", "XX.A"): times[1]}
    assert first_picks(None) == {}


def test_events_without_time_have_no_origin():
    times = pd.to_datetime(["2024-01-01", None], utc=True)
    events = pd.DataFrame({"event_id": ["e", "f"], "origin_time": times})
    assert origin_times(events) == {"e": times[0]}
    assert origin_times(None) == {}


def test_instruments_are_described_by_their_traces():
    traces = list(make_stream(0, station="B"))
    assert instrument_facts(traces) == {
        "station": "XX.B",
        "channels": "HHE HHN HHZ",
        "sampling_rate_hz": 100.0,
    }
    assert station_of("XX.B.00.HH") == "XX.B"


@pytest.mark.parametrize("expression", ["speed > 3", "station", "sum(", "@x"])
def test_expressions_are_conditions_on_the_columns(expression):
    with pytest.raises(ValueError, match=r"query '.*' failed: .*record_id, event_id"):
        rows_that_match("query", table(), expression)
    assert rows_that_match("query", table(), "station == 'XX.A'").tolist() == [
        True,
        False,
        False,
    ]

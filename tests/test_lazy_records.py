"""Check records that are read while training: the same networks, in little memory."""

import gc
import pickle
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict
from torch import nn

from skseisfp.events import attach_events
from skseisfp.io import WaveformReader, lazy_records
from skseisfp.neural import FingerprintClassifier
from skseisfp.preprocessing import WaveformAugmenter, WaveformPreprocessor

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
READS = []


@dataclass(frozen=True)
class FileReference:
    """A record in a file of its own."""

    path: Path

    def read(self):
        """Return the record."""
        READS.append(self.path)
        return np.load(self.path)


class PooledNet(nn.Module):
    """A network of few weights that takes waveforms of any length."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.convolution = nn.Conv1d(input_shape[1], 4, 5, stride=4)
        self.output = nn.Linear(4, n_classes)

    def forward(self, X):
        """Return logits."""
        return self.output(self.convolution(X[:, 0]).relu().mean(dim=-1))


def make_classifier(**params):
    defaults = {
        "augmenter": WaveformAugmenter(probability=0.3),
        "max_epochs": 2,
        "batch_size": 8,
        "device": "cpu",
        "random_state": 0,
    }
    return FingerprintClassifier(PooledNet, **{**defaults, **params})


def write_records(folder, n_records, shape):
    rng = np.random.default_rng(0)
    X = np.empty(n_records, dtype=object)
    for number in range(n_records):
        path = folder / f"{number}.npy"
        np.save(path, rng.standard_normal(shape, dtype=np.float32))
        X[number] = FileReference(path)
    READS.clear()
    return X, np.arange(n_records) % 2


@pytest.fixture(name="stored")
def store_small_records(tmp_path):
    return write_records(tmp_path, 24, (3, 80))


@pytest.mark.parametrize("memory_limit", [None, 0.1, np.inf])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_network_is_that_of_the_array(stored, memory_limit, early_stopping):
    X, y = stored
    y = attach_events(y, np.arange(len(y)))
    eager = np.stack([reference.read() for reference in X])
    lazy = make_classifier(memory_limit=memory_limit, early_stopping=early_stopping)
    scores = lazy.fit(X, y).predict_proba(X)
    expected = clone(lazy).fit(eager, y)
    np.testing.assert_array_equal(expected.predict_proba(eager), scores)
    np.testing.assert_array_equal(lazy.predict_proba(eager), scores)
    assert lazy.history_["train_loss"] == expected.history_["train_loss"]


def test_flat_records_are_read_too(tmp_path):
    X, y = write_records(tmp_path, 12, (40,))
    eager = np.stack([reference.read() for reference in X])
    lazy = FingerprintClassifier(max_epochs=1, device="cpu", random_state=0).fit(X, y)
    expected = clone(lazy).fit(eager, y)
    np.testing.assert_array_equal(lazy.predict_proba(X), expected.predict_proba(eager))


def test_what_fits_is_read_once(stored):
    X, y = stored
    make_classifier().fit(X, y)
    assert len(READS) == len(X)
    READS.clear()
    nbytes = 3 * 80 * 4
    limit = (12 * 8 + 10.5) * nbytes / 2**20
    make_classifier(memory_limit=limit).fit(X, y)
    assert len(READS) == 10 + 2 * (len(X) - 10)


def peak_of(fit):
    """Most bytes that are in use at a time during a fit, beyond those before it."""
    gc.collect()
    tracemalloc.start()
    try:
        fit()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_limit_is_kept(tmp_path):
    X, y = write_records(tmp_path, 60, (3, 9000))
    whole = 60 * 3 * 9000 * 4 / 2**20
    make_classifier(batch_size=2).fit(X[:4], y[:4])  # what is imported counts once
    for limit in (3.0, 4.0):
        lazy = make_classifier(batch_size=2, max_epochs=1, memory_limit=limit)
        assert peak_of(lambda lazy=lazy: lazy.fit(X, y)) < limit * 2**20
        assert peak_of(lambda lazy=lazy: lazy.predict(X)) < limit * 2**20
    unlimited = make_classifier(batch_size=2, max_epochs=1)
    assert peak_of(lambda: unlimited.fit(X, y)) > whole * 2**20 > 6 * 2**20


def test_references_go_through_cross_validation(stored):
    X, y = stored
    eager = np.stack([reference.read() for reference in X])
    np.testing.assert_array_equal(
        cross_val_predict(make_classifier(), X, y, cv=2, method="predict_proba"),
        cross_val_predict(make_classifier(), eager, y, cv=2, method="predict_proba"),
    )


def test_what_cannot_be_read_is_named(stored):
    X, y = stored
    with pytest.raises(ValueError, match=r"memory_limit=0.01 MiB .* 0.0888 MiB"):
        make_classifier(memory_limit=0.01).fit(X, y)
    with pytest.raises(ValueError, match="memory_limit"):
        make_classifier(memory_limit=-1).fit(X, y)
    np.save(X[5].path, np.zeros((3, 81)))
    with pytest.raises(ValueError, match=r"record 5 of X has shape \(3, 81\)"):
        make_classifier().fit(X, y)
    np.save(X[5].path, np.full((3, 80), np.nan))
    with pytest.raises(ValueError, match="record 5 of X holds NaN"):
        make_classifier().fit(X, y)
    X[5].path.unlink()
    with pytest.raises(ValueError, match=r"record 5 of X cannot be read: .*5\.npy"):
        make_classifier().fit(X, y)
    np.save(X[0].path, np.zeros((1, 3, 80)))
    with pytest.raises(ValueError, match=r"shape \(n_features,\) or"):
        make_classifier().fit(X, y)


def make_archive(folder, n_events=4):
    from obspy import Stream, Trace, UTCDateTime

    from skseisfp.archive import SeismicArchive

    archive = SeismicArchive(folder)
    origin = UTCDateTime(2024, 1, 1)
    picks = []
    for number in range(n_events):
        rng = np.random.default_rng(number)
        header = {"network": "XX", "station": "A", "sampling_rate": 50.0}
        start = origin + 3600 * number
        stream = Stream(
            Trace(
                rng.standard_normal(3000),
                header | {"channel": name, "starttime": start},
            )
            for name in ("HHZ", "HHN", "HHE")
        )
        event = {"event_id": f"e{number}", "origin_time": str(start + 5)}
        archive.add(stream, event)
        time = pd.Timestamp((start + 12 + number).datetime, tz="UTC")
        picks.append((f"e{number}", "XX.A", "Pg", time))
    columns = ["event_id", "station", "phase", "time"]
    return archive, pd.DataFrame(picks, columns=columns)


@pytest.mark.parametrize("align", ["start", "origin", "P"])
def test_references_of_an_archive_read_what_the_reader_reads(tmp_path, align):
    archive, picks = make_archive(tmp_path / "archive")
    reader = WaveformReader(sampling_rate=25, window=(1, 31), align=align)
    preprocessor = WaveformPreprocessor(sampling_rate=25, f_min=1)
    events = archive.events()
    X = lazy_records(
        archive.references(),
        reader,
        preprocessor=preprocessor,
        events=events,
        picks=picks,
    )
    bunch = reader.read(
        archive.references(), events=events.drop(columns="event_type"), picks=picks
    )
    expected = preprocessor.fit_transform(bunch.data)
    read = [reference.read() for reference in pickle.loads(pickle.dumps(X))]
    np.testing.assert_array_equal(read, expected)
    assert [r.reference.record_id for r in X] == bunch.frame["record_id"].tolist()


def make_stations(folder):
    """Return an archive of events at stations with several instruments.

    The broad-band instrument of station B is dead in the second event.
    """
    from obspy import Stream, Trace, UTCDateTime

    from skseisfp.archive import SeismicArchive

    archive = SeismicArchive(folder)
    rng = np.random.default_rng(0)
    codes = [("A", "HN"), ("A", "HH"), ("B", "EH"), ("B", "HH"), ("C", "BH")]
    for number in range(3):
        start = UTCDateTime(2024, 1, 1) + 3600 * number
        event = {"event_id": f"e{number}", "origin_time": str(start + 5)}
        for station, code in codes:
            alive = (number, station, code) != (1, "B", "HH")
            header = {"network": "XX", "station": station, "sampling_rate": 50.0}
            stream = Stream(
                Trace(
                    rng.standard_normal(1500) * alive,
                    header | {"channel": code + name, "starttime": start},
                )
                for name in "ZNE"
            )
            archive.add(stream, event)
    return archive


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"instruments": ("HN", "BH")},
        {"instruments": None, "dead": "keep"},
        {"channels": "HH?,BH?", "dead": "keep"},
        {"channels": "?HZ", "components": "Z"},
    ],
    ids=repr,
)
def test_one_instrument_of_a_station_as_when_all_are_read(tmp_path, options):
    archive = make_stations(tmp_path / "archive")
    policy = {"sampling_rate": 50, "window": (1, 21), "align": "origin"}
    reader = WaveformReader(**policy | options)
    bunch = archive.to_bunch(reader)
    # by station, since those of which another instrument is read keep their places
    order = np.lexsort((bunch.stations, bunch.groups))
    X = lazy_records(archive.references(), reader, events=archive.events())
    X = sorted(X, key=lambda record: (record.event_id, record.reference.station))
    if "channels" in options and reader.instruments:  # without any that matches
        assert len(X) == 9
    assert [record.event_id for record in X] == bunch.groups[order].tolist()
    read = [record.read() for record in pickle.loads(pickle.dumps(X))]
    np.testing.assert_array_equal(read, bunch.data[order])


def test_lazy_records_keep_the_order_of_the_preferred_recordings(tmp_path):
    archive = make_stations(tmp_path / "archive")
    X = lazy_records(archive.references(), WaveformReader(window=(1, 21)))
    assert [record.reference.instrument.rpartition(".")[2] for record in X] == [
        *["HH", "HH", "BH"] * 3
    ]
    assert [record.event_id for record in X] == np.repeat(
        ["e0", "e1", "e2"], 3
    ).tolist()


def test_the_reasons_of_all_instruments_are_named(tmp_path):
    archive = make_stations(tmp_path / "archive")
    references = archive.references("event_id == 'e1' and station == 'XX.B'")
    (record,) = lazy_records(references, WaveformReader(window=(1, 99)))
    with pytest.raises(ValueError, match="is dead; it lacks 3450 of 4900"):
        record.read()


def test_a_missing_pick_is_the_reason(tmp_path):
    archive, _ = make_archive(tmp_path / "archive", n_events=1)
    (record,) = lazy_records(
        archive.references(), WaveformReader(window=(0, 9), align="P")
    )
    with pytest.raises(ValueError, match="it has no P pick"):
        record.read()


@pytest.mark.parametrize(
    ("references", "options", "message"),
    [
        (["a.mseed"], {}, "references must be recordings .* number 0 is 'a.mseed'"),
        ("archive", {}, "references must be recordings .* is 'archive'"),
        (Path("archive"), {}, "references must be recordings"),
        ([], {"reader": WaveformReader}, r"reader must be .* WaveformReader\(\)"),
        ([], {"preprocessor": WaveformPreprocessor}, "preprocessor must be an object"),
    ],
)
def test_bad_parts_are_named_before_reading(references, options, message):
    with pytest.raises(TypeError, match=message):
        lazy_records(references, **{"reader": WaveformReader(), **options})

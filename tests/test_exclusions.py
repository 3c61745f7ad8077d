"""A table of exclusions is honoured by everything that reads records."""

import numpy as np
import pandas as pd
import pytest
from archive_worker import make_stream
from numpy.testing import assert_array_equal

from skseisfp.archive import SeismicArchive
from skseisfp.datasets import (
    load_records,
    load_seisbench,
    make_seismograms,
    save_seisbench,
)
from skseisfp.io import WaveformReader
from skseisfp.preprocessing import FingerprintTransformer

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
READER = WaveformReader(sampling_rate=50.0, window=(0.0, 15.0))


def make_streams():
    return [make_stream(number, station=f"S{number}") for number in range(4)]


class OfWaveformReader:
    def __init__(self, folder):
        self.streams = make_streams()

    def read(self, exclusions):
        return READER.read(self.streams, groups=list("aabb"), exclusions=exclusions)


class OfArchive:
    def __init__(self, folder):
        self.archive = SeismicArchive(folder / "archive")
        for stream, event_id in zip(make_streams(), "aabb", strict=True):
            self.archive.add(stream, {"event_id": event_id, "event_type": "x"})

    def read(self, exclusions, expression=None):
        return self.archive.to_bunch(READER, expression, exclusions=exclusions)


class OfFingerprints(OfArchive):
    def read(self, exclusions, expression=None):
        transformer = FingerprintTransformer(sampling_rate=50.0, n_coefficients=20)
        return self.archive.fingerprints(
            READER, transformer, expression, exclusions=exclusions
        )


class OfFolder:
    def __init__(self, folder):
        self.folder = folder
        drawn = make_seismograms(4, records_per_event=2, duration=70, random_state=0)
        drawn.frame.to_csv(folder / "metadata.csv", index=False)
        np.savez(folder / "waveforms.npz", X=drawn.data)

    def read(self, exclusions):
        return load_records(self.folder, exclusions=exclusions)


class OfSeisBench:
    def __init__(self, folder):
        self.folder = folder / "set"
        drawn = make_seismograms(4, records_per_event=2, duration=70, random_state=0)
        save_seisbench(drawn, self.folder)

    def read(self, exclusions):
        return load_seisbench(self.folder, exclusions=exclusions)


KINDS = (OfWaveformReader, OfArchive, OfFingerprints, OfFolder, OfSeisBench)


@pytest.fixture(params=KINDS)
def source(request, tmp_path):
    return request.param(tmp_path)


def test_excluded_records_are_listed_with_their_reason(source, tmp_path):
    everything = source.read(None)
    first, *kept, last = everything.frame["record_id"]
    table = pd.DataFrame(
        {"record_id": [first, last], "event_id": "any", "reason": ["a, “glitch”", ""]}
    )
    table.to_csv(tmp_path / "exclusions.csv", index=False)
    for exclusions in (table, tmp_path / "exclusions.csv"):
        bunch = source.read(exclusions)
        assert bunch.frame["record_id"].tolist() == kept
        assert_array_equal(bunch.data, everything.data[1:-1])
        assert bunch.rejected["record_id"].tolist() == [first, last]
        reasons = ["excluded: a, “glitch”", "excluded: reviewed"]
        assert bunch.rejected["reason"].tolist() == reasons
    bunch = source.read([last])
    assert bunch.frame["record_id"].tolist() == [first, *kept]
    assert bunch.rejected["reason"].tolist() == ["excluded: reviewed"]


@pytest.mark.parametrize("missing", [np.nan, None, "", "  "])
def test_reasons_may_be_missing(missing, tmp_path):
    source = OfFolder(tmp_path)
    table = source.read(None).frame[["record_id"]][:2].assign(reason=missing)
    table.to_csv(tmp_path / "exclusions.csv", index=False)
    for exclusions in (table, tmp_path / "exclusions.csv"):
        reasons = source.read(exclusions).rejected["reason"]
        assert set(reasons) == {"excluded: reviewed"}


def test_the_last_of_several_rows_counts(source):
    (first, *_) = source.read(None).frame["record_id"]
    table = pd.DataFrame({"record_id": first, "reason": ["noise", "clipped"]})
    assert source.read(table).rejected["reason"].tolist() == ["excluded: clipped"]


def test_rows_without_a_record_are_named(source):
    (first, *_) = source.read(None).frame["record_id"]
    with pytest.raises(ValueError, match=r"2 of 3 exclusions match no record: x, y\."):
        source.read([first, "x", "y"])
    many = [f"x{number:02d}" for number in range(20)]
    with pytest.raises(ValueError, match=r"20 of 20 .* x00, .*, x09, \.\.\.\.$"):
        source.read(many)


def test_invalid_tables_are_named(source, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("trace,reason\na,b\n")
    with pytest.raises(ValueError, match=r"list\.csv lacks the columns record_id; it"):
        source.read(file)
    with pytest.raises(ValueError, match="exclusions lacks the columns record_id"):
        source.read(pd.DataFrame({"reason": ["b"]}))
    file.write_text("record_id,reason\n,noise\n")
    with pytest.raises(ValueError, match="no record_id in row 0"):
        source.read(file)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        source.read(tmp_path / "none.csv")


def test_excluding_all_says_so(source):
    everything = source.read(None).frame["record_id"].tolist()
    with pytest.raises(ValueError, match="excluded: reviewed"):
        source.read(everything)


@pytest.mark.parametrize("kind", [OfArchive, OfFingerprints])
def test_a_part_of_an_archive_takes_the_table_of_all_of_it(kind, tmp_path):
    source = kind(tmp_path)
    everything = source.read(None).frame["record_id"].tolist()
    bunch = source.read(everything[1:3], "event_id == 'b'")
    assert bunch.frame["record_id"].tolist() == everything[3:]
    assert bunch.rejected["record_id"].tolist() == everything[2:3]
    with pytest.raises(ValueError, match="match no record: x"):
        source.read([*everything[1:3], "x"], "event_id == 'b'")


@pytest.mark.parametrize("kind", [OfFolder, OfSeisBench])
def test_excluded_records_are_not_read(kind, tmp_path):
    """An invalid record raises no error once it is excluded."""
    source = kind(tmp_path)
    file = next(tmp_path.rglob("metadata.csv"))
    table = pd.read_csv(file)
    table.loc[1, "event_type" if kind is OfFolder else "source_type"] = None
    table.to_csv(file, index=False)
    with pytest.raises(ValueError, match=r"1 records of .* are not valid"):
        source.read(None)
    name = "record_id" if kind is OfFolder else "trace_name_original"
    assert len(source.read([table[name][1]]).data) == 3

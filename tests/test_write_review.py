"""The page of a review holds all records, whatever their names."""

import base64
import json
import os
import re
import weakref
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from review_records import EVIL, make_bunch, make_evil

from skseisfp.datasets import load_records
from skseisfp.io import WaveformReader
from skseisfp.plotting import write_review
from skseisfp.plotting._review_sections import N_COLUMNS, _lows_and_highs

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)


def read_page(page):
    """Return the records of a page in their order, each a dict of strings."""
    text = page.read_text(encoding="utf-8")
    records = []
    for section in text.split('<section class="event"')[1:]:
        event = re.search(r'data-event="([^"]*)" data-label="([^"]*)"', section)
        for part in section.split('<li class="record"')[1:]:
            found = re.findall(r'([\w-]+)="([^"]*)"', part)
            found = {name: unescape(value) for name, value in found}
            found["facts"] = re.search(r"<small>(.*?)</small>", part)[1]
            found["picks"] = re.findall(r'class="([ps])" d="M(\S+)', part)
            found |= {"event": unescape(event[1]), "label": unescape(event[2])}
            records.append(
                {k: v if k == "picks" else unescape(v) for k, v in found.items()}
            )
    return records


def values_of(record):
    levels = np.frombuffer(base64.b64decode(record["data-values"]), np.int8)
    return levels.reshape(-1, 2).astype(float)


def excluded_at_first(page):
    pattern = r'<script type="application/json" id="excluded">(.*?)</script>'
    return json.loads(re.search(pattern, page.read_text(encoding="utf-8"))[1])


def test_the_page_has_all_records_by_event_and_distance(tmp_path):
    bunch = make_bunch()
    page = write_review(bunch, tmp_path / "review.html")
    assert page == tmp_path / "review.html"
    found = read_page(page)
    order = {event: k for k, event in enumerate(pd.unique(bunch.groups))}
    table = bunch.frame.assign(place=bunch.frame["event_id"].map(order))
    table = table.sort_values(["place", "distance_km"])
    assert [record["data-id"] for record in found] == table["record_id"].tolist()
    assert [record["event"] for record in found] == table["event_id"].tolist()
    assert [record["label"] for record in found] == table["event_type"].tolist()
    for record, facts in zip(found, table.itertuples(), strict=True):
        assert (
            record["facts"] == f"{facts.distance_km:.0f} km, SNR {facts.snr_db:.0f} dB"
        )
        assert [phase for phase, _ in record["picks"]] == ["p", "s"]
        times = [float(place) for _, place in record["picks"]]
        assert_allclose(times, [facts.p_arrival, facts.s_arrival], atol=1e-3)


def test_traces_keep_their_lows_and_highs(tmp_path):
    bunch = make_bunch(n_components=3)
    page = write_review(bunch, tmp_path / "review.html", component="N")
    rows = bunch.frame.reset_index().set_index("record_id")["index"]
    for record in read_page(page):
        trace = bunch.data[rows[record["data-id"]], 1].astype(float)
        trace -= trace.mean()
        n_per_column = len(trace) / N_COLUMNS
        assert float(record["data-step"]) == pytest.approx(n_per_column / 40, rel=1e-5)
        values = values_of(record)
        assert values.shape == (N_COLUMNS, 2)
        column = 300
        part = trace[int(column * n_per_column) : int((column + 1) * n_per_column)]
        wanted = np.array([part.min(), part.max()]) / np.abs(trace).max() * 127
        assert_allclose(values[column], wanted, atol=0.51)


@given(
    arrays(
        float,
        st.integers(1, 1500),
        elements=st.floats(-1e9, 1e9) | st.just(np.nan),
    )
)
@example(np.array([2.2e-308]))
def test_lows_are_below_highs_and_the_peak_is_full(trace):
    values = np.frombuffer(_lows_and_highs(trace), np.int8).reshape(-1, 2)
    assert len(values) == min(len(trace), N_COLUMNS)
    assert (values[:, 0] <= values[:, 1]).all()
    peak = np.nanmax(np.abs(trace), initial=0.0)
    assert np.abs(values.astype(int)).max() == (127 if peak else 0)


def test_times_start_where_records_do(tmp_path):
    bunch = make_bunch(4)
    bunch.groups = np.full(4, "event")
    late = np.array([0.0, 1.5, -20.0, 3.0])
    origin = pd.Timestamp("2024-01-01", tz="UTC")
    bunch.frame["origin_time"] = origin
    bunch.frame["start_time"] = origin + pd.to_timedelta(late, unit="s")
    page = write_review(bunch, tmp_path / "review.html")
    starts = dict(zip(bunch.frame["record_id"], late, strict=True))
    for record in read_page(page):
        assert float(record["data-start"]) == starts[record["data-id"]]
        assert record["viewBox"] == "-20.000 -1 93.000 2"
    text = page.read_text(encoding="utf-8")
    assert "s from origin<" in text
    ticks = re.findall(r'<span style="left:(\S+)%">(\S+)</span>', text)
    for place, tick in ticks:
        assert float(place) == pytest.approx((float(tick) + 20) / 93 * 100, abs=0.01)
    assert {"-20", "0", "60"} <= {tick for _, tick in ticks}


def test_the_page_is_one_file_that_names_cannot_break(tmp_path):
    bunch = make_evil(make_bunch(4))
    excluded = pd.DataFrame({"record_id": bunch.frame["record_id"], "reason": EVIL})
    page = write_review(
        bunch, tmp_path / "a.html", title=EVIL, reasons=[EVIL], exclusions=excluded
    )
    text = page.read_text(encoding="utf-8")
    assert text.count("</script>") == 2
    assert "<script>window.evil" not in text
    assert "<b>x" not in text
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=.(?!data:)", text)
    assert [record["data-id"] for record in read_page(page)] == [
        bunch.frame["record_id"][k] for k in np.argsort(bunch.frame["distance_km"])
    ]
    ids = bunch.frame["record_id"]
    assert excluded_at_first(page) == [[record_id, EVIL] for record_id in ids]


def test_an_earlier_table_is_the_first_choice(tmp_path):
    bunch = make_bunch()
    table = pd.DataFrame({"record_id": bunch.frame["record_id"][[3, 1]], "reason": "x"})
    table.to_csv(tmp_path / "table.csv", index=False)
    page = write_review(bunch, tmp_path / "a.html", exclusions=tmp_path / "table.csv")
    assert excluded_at_first(page) == table.to_numpy().tolist()
    with pytest.raises(ValueError, match="1 of 1 exclusions match no record: q"):
        write_review(bunch, tmp_path / "b.html", exclusions=["q"])


def test_wrong_records_are_named(tmp_path):
    bunch = make_bunch()
    with pytest.raises(ValueError, match="component must be one of 'Z'; got 'N'"):
        write_review(bunch, tmp_path / "a.html", component="N")
    names = bunch.frame["record_id"].copy()
    bunch.frame.loc[5, "record_id"] = names[2]
    with pytest.raises(ValueError, match=f"several records {names[2]}"):
        write_review(bunch, tmp_path / "a.html")
    bunch.frame = bunch.frame.drop(columns="record_id")
    with pytest.raises(ValueError, match="bunch lacks the columns record_id"):
        write_review(bunch, tmp_path / "a.html")
    bunch = make_bunch()
    bunch.groups = bunch.groups[:-1]
    with pytest.raises(ValueError, match="groups must have one event id per record"):
        write_review(bunch, tmp_path / "a.html")
    assert not list(tmp_path.iterdir())


class Reference:
    """A record that is read when it is needed, and seen while it is there."""

    alive = weakref.WeakSet()

    def __init__(self, samples):
        self.samples = samples

    def read(self):
        if self.samples is None:
            raise ValueError("the record is damaged")
        record = self.samples.copy().view(Seen)
        self.alive.add(record)
        type(self).most = max(self.most, len(self.alive))
        return record


class Seen(np.ndarray):
    """An array that can be counted."""

    __hash__ = object.__hash__


def as_references(samples):
    references = np.empty(len(samples), dtype=object)
    references[:] = [Reference(record) for record in samples]
    return references


def test_records_are_read_event_by_event(tmp_path):
    bunch = make_bunch(40)
    whole = write_review(bunch, tmp_path / "a.html").read_text(encoding="utf-8")
    bunch.data = as_references(bunch.data)
    Reference.most = 0
    page = write_review(bunch, tmp_path / "b.html")
    assert page.read_text(encoding="utf-8") == whole
    largest = bunch.frame["event_id"].value_counts().max()
    assert 1 < Reference.most <= 2 * largest < len(bunch.data)


def test_a_page_that_fails_leaves_nothing(tmp_path):
    bunch = make_bunch()
    old = tmp_path / "a.html"
    old.write_text("an older page")
    bunch.data = as_references(bunch.data)
    bunch.data[-1] = Reference(None)
    Reference.most = 0
    with pytest.raises(ValueError, match="the record is damaged"):
        write_review(bunch, old)
    assert [file.name for file in tmp_path.iterdir()] == ["a.html"]
    assert old.read_text() == "an older page"


def values_in(page):
    """Map records to the bytes of their traces."""
    found = re.findall(r'data-id="([^"]*)".*?data-values="([^"]*)"', page, re.DOTALL)
    return {name: base64.b64decode(values) for name, values in found}


def test_traces_are_drawn_through_a_filter(tmp_path):
    bunch = make_bunch()
    time = np.arange(bunch.data.shape[-1]) / bunch.sampling_rate
    swell = 1e3 * np.abs(bunch.data).max() * np.sin(2 * np.pi * 0.2 * time)
    noisy = make_bunch()
    noisy.data = bunch.data + swell
    pages = {
        name: write_review(item, tmp_path / f"{name}.html", component="Z", **options)
        for name, item, options in (
            ("raw", noisy, {}),
            ("filtered", noisy, {"f_min": 1.0, "f_max": 15.0}),
            ("wanted", bunch, {"f_min": 1.0, "f_max": 15.0}),
        )
    }
    raw, filtered, wanted = (values_in(pages[name].read_text()) for name in pages)
    for name in wanted:
        traces = [
            np.frombuffer(some[name], np.int8).astype(float)[200:-200]
            for some in (wanted, filtered, raw)
        ]
        likeness = np.corrcoef(traces)[0]
        assert likeness[1] > 0.9 > 0.5 > likeness[2]
    assert "12 records of 3 events, component Z, 1 to 15 Hz<" in (
        pages["filtered"].read_text()
    )
    with pytest.raises(ValueError, match="corners must satisfy"):
        write_review(bunch, tmp_path / "none.html", f_min=30.0)
    assert not (tmp_path / "none.html").exists()


def test_traces_have_the_colours_of_a_key(tmp_path):
    bunch = make_bunch()
    bunch.frame["cause"] = ["quarry_blast", None, "<quake>"] * 4
    path = tmp_path / "page.html"
    page = write_review(
        bunch, path, color_by="cause", colors={"<quake>": "teal"}
    ).read_text()
    strokes = re.findall(r'<li class="record"[^>]*style="--trace:([^"]*)"', page)
    assert len(strokes) == 12
    assert strokes.count("teal") == 4
    legend = re.findall(r'class="key" style="--trace:([^"]*)">([^<]*)<', page)
    assert [name for _, name in legend] == ["&lt;quake&gt;", "quarry blast", "no label"]
    assert {color for color, _ in legend} == set(strokes)
    plain = write_review(make_bunch(), path).read_text()
    assert "--trace:" not in plain.replace("solid var(--trace)", "")
    with pytest.raises(ValueError, match="The frame of the bunch lacks the columns"):
        write_review(bunch, path, color_by="reason")


def test_records_without_label_are_shown(tmp_path):
    bunch = make_bunch()
    bunch.target = pd.Series([None, "quake", None] * 4, dtype=object)
    bunch.groups = np.arange(12).astype(str)
    page = write_review(bunch, tmp_path / "page.html").read_text()
    assert 'data-label="quake"' in page
    assert 'data-label="nan"' not in page
    assert 'data-label="None"' not in page


@needs_records
def test_real_records_are_on_the_page(tmp_path):
    folder = Path(os.environ["SKSEISFP_DATA"])
    reader = WaveformReader(components="Z12", sampling_rate=100.0)
    bunch = reader.read(folder / "france/mseed", groups="folder")
    found = read_page(write_review(bunch, tmp_path / "france.html"))
    assert len(found) == 78
    assert len({record["event"] for record in found}) == 9
    bunch = load_records(folder / "pnw")
    page = write_review(bunch, tmp_path / "pnw.html")
    assert {r["data-id"] for r in read_page(page)} == set(bunch.frame["record_id"])
    assert page.stat().st_size < 2700 * len(bunch.data)

"""A person ticks records on the page, and the readers leave them out."""

import base64
import csv
import json
import os
import re
import time
import weakref
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from skseisfp.datasets import load_records, make_seismograms
from skseisfp.plotting import write_review
from skseisfp.plotting._review_sections import N_COLUMNS, _lows_and_highs
from skseisfp.preprocessing import WaveformReader

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)
EVIL = "</script><script>window.evil = 1</script><b>x</b> & \"a\", 'b'"


def make_bunch(n_records=12, **options):
    return make_seismograms(
        n_records, records_per_event=4, duration=70, random_state=0, **options
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
    rate = bunch.sampling_rate
    for record, facts in zip(found, table.itertuples(), strict=True):
        assert (
            record["facts"] == f"{facts.distance_km:.0f} km, SNR {facts.snr_db:.0f} dB"
        )
        assert [phase for phase, _ in record["picks"]] == ["p", "s"]
        times = [float(place) for _, place in record["picks"]]
        assert_allclose(
            times, [facts.p_sample / rate, facts.s_sample / rate], atol=1e-3
        )


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


def make_evil(bunch):
    """Put what could break a page into all that it shows."""
    bunch.frame["record_id"] = [f"{EVIL} {k}" for k in range(len(bunch.frame))]
    bunch.stations = np.full(len(bunch.frame), EVIL)
    bunch.groups = np.full(len(bunch.frame), EVIL)
    bunch.target = np.full(len(bunch.frame), EVIL)
    return bunch


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


class Page:
    """The open page, with the hand and the eye of a person."""

    def __init__(self, driver, folder):
        self.driver = driver
        self.folder = folder

    def open(self, page):
        self.driver.get(page.as_uri())
        allowed = {"behavior": "allow", "downloadPath": str(self.folder)}
        self.driver.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def find_all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def record(self, number):
        return self.find_all(".record")[number]

    def tick(self, number):
        box = self.record(number).find_element("css selector", "[type=checkbox]")
        self.run("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()

    def reason(self, number):
        return self.record(number).find_element("css selector", ".reason")

    def is_ticked(self, number):
        box = self.record(number).find_element("css selector", "[type=checkbox]")
        return box.is_selected()

    def total(self):
        return self.find("#total").text

    def shown(self):
        return [
            e.get_attribute("data-event") for e in self.find_all(".event:not([hidden])")
        ]

    def show(self, text):
        for option in self.find_all("#show option"):
            if option.text == text:
                option.click()

    def save(self):
        """Return the file that the page gives."""
        file = self.folder / "exclusions.csv"
        file.unlink(missing_ok=True)
        self.find("#save").click()
        WebDriverWait(self.driver, 10).until(lambda _: file.exists())
        return file

    def complaints(self):
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]


def write_folder(folder, bunch):
    bunch.frame.to_csv(folder / "metadata.csv", index=False)
    np.savez(folder / "waveforms.npz", X=bunch.data)
    return load_records(folder)


@pytest.fixture
def page(chromium, tmp_path):
    return Page(chromium, tmp_path)


@pytest.mark.slow
def test_what_is_ticked_is_left_out_by_the_reader(page, tmp_path):
    drawn = make_bunch()
    drawn.frame["record_id"] = [f'=r{k}, "ä", <b>{k}</b> &amp; #' for k in range(12)]
    bunch = write_folder(tmp_path, drawn)
    page.open(write_review(bunch, tmp_path / "review.html"))
    assert page.total() == "0 of 12 records excluded"
    ids = [one.get_attribute("data-id") for one in page.find_all(".record")]
    page.tick(1)
    page.reason(1).send_keys('clipped, "twice"')
    page.reason(4).send_keys("noise")  # which ticks the record
    page.record(7).find_element("css selector", ".trace").click()
    page.tick(8)
    page.tick(8)
    assert page.total() == "3 of 12 records excluded"
    file = page.save()
    with open(file, newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["record_id", "event_id", "station", "reason"]
    table = bunch.frame.set_index("record_id").loc[[ids[k] for k in (1, 4, 7)]]
    assert [row["record_id"] for row in rows] == table.index.tolist()
    assert [row["event_id"] for row in rows] == table["event_id"].tolist()
    assert [row["station"] for row in rows] == table["station"].tolist()
    kept = load_records(tmp_path, exclusions=file)
    rejected = kept.rejected.set_index("record_id")["reason"]
    assert rejected.to_dict() == {
        ids[1]: 'excluded: clipped, "twice"',
        ids[4]: "excluded: noise",
        ids[7]: "excluded: reviewed",
    }
    others = ~bunch.frame["record_id"].isin(rejected.index)
    assert_array_equal(kept.data, bunch.data[others])
    assert page.complaints() == []


@pytest.mark.slow
@needs_records
def test_real_recordings_are_reviewed(page, tmp_path):
    source = Path(os.environ["SKSEISFP_DATA"]) / "france/mseed"
    reader = WaveformReader(components="Z12", sampling_rate=100.0)
    bunch = reader.read(source, groups="folder")
    page.open(write_review(bunch, tmp_path / "review.html", component="1"))
    assert page.total() == "0 of 78 records excluded"
    page.tick(3)
    page.reason(77).send_keys("noise")
    kept = reader.read(source, groups="folder", exclusions=page.save())
    ids = [one.get_attribute("data-id") for one in page.find_all(".record")]
    assert kept.rejected["record_id"].tolist() == [ids[3], ids[77]]
    assert kept.rejected["reason"].tolist() == ["excluded: reviewed", "excluded: noise"]
    others = ~bunch.frame["record_id"].isin(kept.rejected["record_id"])
    assert_array_equal(kept.data, bunch.data[others])


@pytest.mark.slow
def test_the_choice_is_kept_by_the_browser(page, tmp_path):
    bunch = make_bunch()
    file = write_review(bunch, tmp_path / "review.html", exclusions=["ev00001_SY.S06"])
    page.open(file)
    assert page.total() == "1 of 12 records excluded"
    page.tick(5)
    page.reason(5).send_keys("noise")
    page.driver.refresh()
    assert page.total() == "2 of 12 records excluded"
    assert page.is_ticked(5)
    assert page.reason(5).get_attribute("value") == "noise"
    write_review(bunch, file)  # another first choice is another review
    page.driver.refresh()
    assert page.total() == "0 of 12 records excluded"
    page.tick(0)
    page.find("#clear").click()
    page.driver.switch_to.alert.dismiss()
    assert page.total() == "1 of 12 records excluded"
    page.find("#clear").click()
    page.driver.switch_to.alert.accept()
    assert page.total() == "0 of 12 records excluded"
    page.driver.refresh()
    assert page.total() == "0 of 12 records excluded"


@pytest.mark.slow
def test_events_are_excluded_at_once_and_chosen_to_be_shown(page, tmp_path):
    bunch = make_bunch()
    page.open(write_review(bunch, tmp_path / "review.html"))
    events = page.shown()
    assert events == list(dict.fromkeys(bunch.groups))
    sizes = bunch.frame["event_id"].value_counts()
    section = page.find(f"[data-event='{events[0]}']")
    button = section.find_element("css selector", ".all")
    page.tick(0)
    button.click()
    count = section.find_element("css selector", ".count")
    assert count.text == f"{sizes[events[0]]} of {sizes[events[0]]} excluded"
    page.show("with exclusions")
    assert page.shown() == events[:1]
    page.show("without")
    assert page.shown() == events[1:]
    label = bunch.target[0]
    page.show(label)
    wanted = bunch.frame[bunch.frame["event_type"] == label]["event_id"]
    assert page.shown() == list(dict.fromkeys(wanted))
    page.show("all events")
    assert button.text == "keep all"
    button.click()
    assert page.total() == "0 of 12 records excluded"
    assert button.text == "exclude all"


@pytest.mark.slow
def test_records_are_drawn_when_they_are_near(page, tmp_path):
    page.open(write_review(make_bunch(120), tmp_path / "review.html"))
    last = "return [...document.querySelectorAll('.event')].at(-1)"
    drawn = f"{last}.querySelectorAll('.wave').length"
    assert page.run(drawn) == 0
    page.run(f"{last}.scrollIntoView()")
    WebDriverWait(page.driver, 10).until(lambda _: page.run(drawn))
    assert page.run("return document.querySelector('.wave') === null") is False
    first = "return document.querySelector('.event').querySelectorAll('.wave').length"
    WebDriverWait(page.driver, 10).until(lambda _: page.run(first) == 0)
    path = page.run(f"{last}.querySelector('.wave').getAttribute('d')")
    points = np.array([point.split() for point in path[1:].split("L")], dtype=float)
    assert len(points) == 2 * N_COLUMNS
    assert (np.diff(points[::2, 0]) > 0).all()
    assert points[:, 0].max() < 70
    assert 0.99 < np.abs(points[:, 1]).max() <= 1
    assert page.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [1100, 500])
def test_ticks_are_below_their_lines(page, tmp_path, width):
    page.driver.set_window_size(width, 900)
    page.open(write_review(make_bunch(4), tmp_path / "review.html"))
    lines, ticks = page.run(
        "const event = document.querySelector('.event');"
        "const places = (selector) => [...event.querySelectorAll(selector)].map("
        "  (node) => node.getBoundingClientRect()"
        ").map((box) => box.left + box.width / 2);"
        "return [places('.record:first-child .tick'), places('.axis span')]"
    )
    fits = page.run("return document.body.scrollWidth <= innerWidth")
    page.driver.set_window_size(1100, 900)
    assert len(lines) >= 5
    assert_allclose(ticks, lines, atol=1.0)
    assert fits


@pytest.mark.slow
def test_waves_are_the_right_way_up(page, tmp_path):
    bunch = make_bunch(4)
    bunch.data = np.zeros((4, 700))
    bunch.data[:, 70] = 1.0
    page.open(write_review(bunch, tmp_path / "review.html"))
    WebDriverWait(page.driver, 10).until(lambda _: page.find_all(".wave"))
    path = page.find(".wave").get_attribute("d")
    points = np.array([point.split() for point in path[1:].split("L")], dtype=float)
    at, height = points[np.argmax(np.abs(points[:, 1]))]
    assert height < 0  # above the middle
    assert at == pytest.approx(70 / bunch.sampling_rate, abs=0.05)


@pytest.mark.slow
def test_the_page_is_worked_by_keyboard_and_follows_the_system(page, tmp_path):
    page.open(write_review(make_evil(make_bunch(4)), tmp_path / "a.html", title=EVIL))
    box = page.find("[type=checkbox]")
    box.send_keys(Keys.SPACE)
    box.send_keys(Keys.TAB, "spoilt")
    assert page.reason(0).get_attribute("value") == "spoilt"
    assert page.total() == "1 of 4 records excluded"
    assert box.accessible_name.startswith("Exclude ")
    assert page.find("#show").accessible_name == "show"
    assert page.driver.title == page.find("h1").text == EVIL
    assert page.run("return window.evil") is None
    assert page.run("return performance.getEntriesByType('resource').length") == 0
    seen = set()
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        time.sleep(0.2)
        ground = page.find("body").value_of_css_property("background-color")
        seen.add((ground, page.find(".wave").value_of_css_property("stroke")))
    assert len({ground for ground, _ in seen}) == len({ink for _, ink in seen}) == 2
    assert page.complaints() == []

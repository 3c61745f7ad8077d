"""A person ticks records on the page, and the readers leave them out."""

import csv
import os
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from review_records import EVIL, make_bunch, make_evil
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from skseisfp.datasets import load_records
from skseisfp.io import WaveformReader
from skseisfp.plotting import write_review
from skseisfp.plotting._review_sections import N_COLUMNS

pytestmark = pytest.mark.filterwarnings(
    # obspy still lists its plug-ins through an interface that Python deprecates
    "ignore:SelectableGroups dict interface is deprecated:DeprecationWarning"
)
needs_records = pytest.mark.skipif(
    "SKSEISFP_DATA" not in os.environ, reason="SKSEISFP_DATA names no real records"
)


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
    label = bunch.target.iloc[0]
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

"""The checks of the site find what is wrong with a page."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

import check_site
import site_browser
import site_links
from site_searches import SEARCHES

DOCS = Path(__file__).parents[1] / "docs"

INDEX = """<html><head><script src="https://example.org/a.js"></script></head><body>
<a href="good.html#here">1</a> <a href="good.html#there">2</a>
<a href="absent.html">3</a> <a href="https://example.org/absent">4</a>
<a href="../outside.html">5</a> <img src="absent.png"> <p id="top"><a href="#top">6</a>
</body></html>"""
WIDE = """<html><head><link rel="icon" href="data:,"><meta name="viewport"
content="width=device-width"></head><body style="margin: 0">
<div style="width: 800px; height: 20000px">.</div>
<script>console.error("a fault")</script></body></html>"""


@pytest.fixture(name="site")
def make_site(tmp_path):
    """A site with faults; a page above it is not part of it."""
    root = tmp_path / "site"
    root.mkdir()
    (tmp_path / "outside.html").write_text("<html></html>")
    (root / "index.html").write_text(INDEX)
    (root / "good.html").write_text("<html><body><h1 id='here'>.</h1></body></html>")
    (root / "orphan.html").write_text("<html></html>")
    return root


def test_the_crawler_names_every_fault(site):
    pages, n_links, wrong = site_links.crawl(site)
    assert pages.keys() == {"index.html", "good.html"}
    assert n_links == 6
    assert wrong == [
        "index.html fetches https://example.org/a.js from outside",
        "index.html names absent.html, which does not exist",
        "index.html names ../outside.html, which does not exist",
        "index.html names absent.png, which does not exist",
        "index.html names good.html#there, and there is no such place",
        "no page leads to orphan.html",
    ]


def test_console_and_sizes_are_seen_in_the_browser(chromium, tmp_path):
    (tmp_path / "wide.html").write_text(WIDE)
    with site_browser.serve(tmp_path) as base:
        heights, wrong = site_browser.look_at_pages(chromium, base, ["wide.html"])
    assert heights == {"wide.html": 20_000}
    console, width = wrong
    assert "the console says" in console
    assert "a fault" in console
    assert width == "wide.html is 800 pixels wide on a phone of 390"
    (line,) = check_site.too_tall(heights)
    assert line == "wide.html is 20,000 pixels tall; at most 15,000"


def test_a_search_that_misses_its_page_is_named():
    results = {"ROC": ["guide/scores#roc"], "GPU": ["guide/scores_of_gpus", "index"]}
    expected = {"ROC": ("glossary", "guide/scores"), "GPU": ("guide/scores",)}
    (line,) = check_site.wrong_searches(results, expected)
    assert line.startswith("search for 'GPU' finds ['guide/scores_of_gpus', 'index']")


def test_pages_of_searches_exist():
    for page in {page for pages in SEARCHES.values() for page in pages}:
        assert (DOCS / f"{page}.md").is_file()

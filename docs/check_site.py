"""Check a built site: ``python docs/check_site.py FOLDER [--screenshots FOLDER]``.

FOLDER is ``docs/_build/html``. Every page is reached from the start page, and all
links, anchors and pictures exist. In headless Chromium no page writes to the console or
asks for anything from outside, none is taller than 15,000 pixels or wider than a phone,
and the search finds the words of the glossary and those of ``site_searches.py``. The
exit status is 1 if something is wrong. Needs Chromium and its driver.
"""

import argparse
import sys
import time
from pathlib import Path

from lxml import html
from site_browser import (
    TALLEST,
    look_at_pages,
    open_browser,
    search,
    serve,
    take_screenshots,
)
from site_links import crawl
from site_searches import SEARCHES

FIRST = 5  # results among which the right page is
KEY_PAGES = (
    "index",
    "install",
    "first_result_sklearn",
    "guide",
    "guide/records",
    "idea",
    "sweeps",
    "events",
    "glossary",
    "results",
    "api",
    "api/generated/skseisfp.neural.FingerprintClassifier",
    "gallery/index",
    "troubleshooting",
)


def glossary_words(root):
    """Return the words of the glossary."""
    tree = html.parse(root / "glossary.html")
    terms = tree.xpath("//dl[contains(@class, 'glossary')]/dt")
    return [term.text_content().strip().rstrip("#¶") for term in terms]


def wrong_searches(results, expected):
    """Return a line for every search whose right page is not among the results."""
    return [
        f"search for {query!r} finds {found}, and none of {expected[query]}"
        for query, found in results.items()
        if not any(
            place == page or place.startswith(f"{page}#")
            for place in found
            for page in expected[query]
        )
    ]


def too_tall(heights):
    """Return a line for every page that is too tall."""
    return [
        f"{name} is {height:,d} pixels tall; at most {TALLEST:,d}"
        for name, height in heights.items()
        if height > TALLEST
    ]


def main(arguments=None):
    """Print the counts and what is wrong; return whether something is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--screenshots", type=Path, help="write pictures of key pages")
    options = parser.parse_args(arguments)
    root, start = options.folder.resolve(), time.monotonic()

    pages, n_links, wrong = crawl(root)
    print(f"{len(pages)} pages, {n_links:,d} links within the site")
    expected = dict.fromkeys(glossary_words(root), ("glossary",)) | SEARCHES
    looked_at = [name for name in pages if not name.startswith("_modules/")]
    looked_at.append("search.html")
    with serve(root) as base, open_browser() as driver:
        heights, seen = look_at_pages(driver, base, looked_at)
        found = search(driver, base, expected, FIRST)
        if options.screenshots:
            names = [f"{name}.html" for name in KEY_PAGES]
            take_screenshots(driver, base, names, options.screenshots)
    wrong += seen + too_tall(heights) + wrong_searches(found, expected)
    tallest = max(heights, key=heights.get)
    print(
        f"{len(heights)} pages in the browser; {heights[tallest]:,d} pixels: {tallest}"
    )
    print(f"{len(found)} searches")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(wrong)} faults, {time.monotonic() - start:.0f} s")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())

"""Measure the pages of a built site: ``python docs/page_heights.py FOLDER``.

FOLDER is ``docs/_build/html``. The height of every page is printed, the tallest
first, and the width of those that are wider than the window. The exit status is 1 if a
page that a person writes is taller than 15,000 pixels. Needs Chromium and its driver.
"""

import sys
from pathlib import Path
from shutil import which

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

MOST = 15_000
NOT_WRITTEN = (
    "_",
    "api/",
    "bad_inputs",
    "genindex",
    "py-modindex",
    "search",
    "gallery/sg_",
)


def open_browser(width):
    """Start a browser without a window."""
    options = Options()
    options.binary_location = which("chromium") or which("chromium-browser") or ""
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options, Service(which("chromedriver")))
    driver.set_window_size(width, 900)
    return driver


def measure(folder, width):
    """Return height, width and name of every page that a person writes."""
    driver = open_browser(width)
    sizes = []
    for page in sorted(folder.rglob("*.html")):
        name = page.relative_to(folder).as_posix()
        if not name.startswith(NOT_WRITTEN):
            driver.get(page.as_uri())
            root = "return document.documentElement"
            height = driver.execute_script(f"{root}.scrollHeight")
            sizes.append((height, driver.execute_script(f"{root}.scrollWidth"), name))
    driver.quit()
    return sorted(sizes, reverse=True)


def main(folder, width="1280"):
    """Print the sizes, and return whether a page is too tall."""
    sizes = measure(Path(folder).resolve(), int(width))
    for height, extent, name in sizes:
        wide = f", {extent} wide" if extent > int(width) else ""
        print(f"{height:7,d} {name}{wide}")
    return any(height > MOST for height, _, _ in sizes)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

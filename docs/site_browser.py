"""A built site in headless Chromium: console, sizes, search and screenshots."""

import base64
import re
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from shutil import which
from threading import Thread

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.support.wait import WebDriverWait

DESKTOP, PHONE = 1280, 390
TALLEST = 15_000  # pixels
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    # a request to the outside fails, and the console says so
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
# what the console says of the speed of drawing on this machine
OF_THIS_MACHINE = re.compile("GL Driver Message|willReadFrequently")
SIZES = """
const root = document.documentElement;
// what the theme lets scroll within the page
const text = document.querySelector(".bd-article-container") ?? root;
const right = Math.round(text.getBoundingClientRect().left) + text.scrollWidth;
return [Math.max(root.scrollWidth, right), root.scrollHeight];
"""
FIND = """
return Search._performSearch(...Search._parseQuery(arguments[0]))
    .reverse().slice(0, arguments[1]).map(result => result[0] + result[2]);
"""
SHOWN = "return document.querySelector('#search-results ul.search > li') !== null"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serve files and print nothing."""

    def log_message(self, format, *args):
        """Print nothing."""


@contextmanager
def serve(root):
    """Serve a folder on this machine, and yield its address."""
    handler = partial(QuietHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def open_browser():
    """Start a browser without a window, and yield its driver."""
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(which, BROWSERS)))
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def set_width(driver, width, height=900):
    """Set the width of the page in pixels."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": width < 600,
        },
    )


def set_theme(driver, theme):
    """Ask for a light or a dark page, as the system of a reader does."""
    feature = {"name": "prefers-color-scheme", "value": theme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def look_at(driver, address, width):
    """Open a page; return its width and height, and the lines of its console."""
    set_width(driver, width)
    driver.get(address)
    size = driver.execute_script(SIZES)
    return *size, [
        re.sub(r"http://127\.0\.0\.1:\d+/", "", entry["message"])
        for entry in driver.get_log("browser")
        if entry["level"] in ("WARNING", "SEVERE")
        and not OF_THIS_MACHINE.search(entry["message"])
    ]


def look_at_pages(driver, base, names):
    """Look at pages on a phone and on the desktop; return heights and what is wrong."""
    heights, wrong = {}, []
    for name in names:
        width, _, console = look_at(driver, f"{base}/{name}", PHONE)
        wrong += [f"{name}: the console says {line}" for line in console]
        if width > PHONE + 1:  # a pixel of rounding
            wrong.append(f"{name} is {width} pixels wide on a phone of {PHONE}")
        set_width(driver, DESKTOP)
        _, heights[name] = driver.execute_script(SIZES)
    return heights, wrong


def search(driver, base, queries, first):
    """Return the first results of the search of the site for every query."""
    set_width(driver, DESKTOP)
    driver.get(f"{base}/search.html?q=fingerprint")
    wait = WebDriverWait(driver, 20, poll_frequency=0.1)
    wait.until(lambda driver: driver.execute_script(SHOWN))
    return {query: driver.execute_script(FIND, query, first) for query in queries}


def take_screenshots(driver, base, names, folder):
    """Write a picture of every page, desktop and phone, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        set_theme(driver, theme)
        for width in (DESKTOP, PHONE):
            for name in names:
                look_at(driver, f"{base}/{name}", width)
                place = name.removesuffix(".html").replace("/", "-")
                take_screenshot(driver, folder / f"{place}-{width}-{theme}.png")
    set_theme(driver, "light")


def take_screenshot(driver, path):
    """Write a picture of the whole page that is open."""
    picture = driver.execute_cdp_cmd(
        "Page.captureScreenshot", {"captureBeyondViewport": True}
    )
    path.write_bytes(base64.b64decode(picture["data"]))

"""The demonstration page in a browser, against Python, without any server."""

import os
import re
import shutil
import subprocess
import tarfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from numpy.testing import assert_allclose
from obspy import Stream, Trace
from selenium.webdriver.support.wait import WebDriverWait
from sklearn.pipeline import make_pipeline
from test_event_discriminator import ONSET, RATE, make_classifier, make_records
from test_export_onnx import make_network

from skseisfp import FingerprintTransformer
from skseisfp.inference import EventDiscriminator, write_demo
from skseisfp.inference.write_demo import LIBRARY, LOADED

VERSION = "1.30.0"  # of onnxruntime-web
needs_services = pytest.mark.skipif(
    os.environ.get("SKSEISFP_SERVICES") != "1", reason="SKSEISFP_SERVICES is not 1"
)


@pytest.fixture(scope="module")
def bunch():
    bunch = make_records()
    X = np.rint(100 * np.stack([bunch.data, bunch.data[:, ::-1], bunch.data * 2], 1))
    return {**bunch, "data": X, "components": "ZNE"}


@pytest.fixture(scope="module")
def discriminator(bunch):
    pipeline = make_pipeline(
        FingerprintTransformer(sampling_rate=RATE, window=(2, 18)),
        make_network(max_epochs=20, lr=5e-3),
    )
    return EventDiscriminator(pipeline, cv=2, units="counts", p_arrival=ONSET).fit(
        bunch
    )


@pytest.fixture
def false_runtime(tmp_path):
    folder = tmp_path / "package" / "dist"
    folder.mkdir(parents=True)
    for name in (LIBRARY, *LOADED.values()):
        (folder / name).write_text(name)
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """Folder of the npm package onnxruntime-web."""
    npm, folder = shutil.which("npm"), tmp_path_factory.mktemp("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    command = [npm, "pack", "--silent", f"onnxruntime-web@{VERSION}"]
    try:
        subprocess.run(command, cwd=folder, check=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"npm could not download onnxruntime-web: {error}")
    with tarfile.open(folder / f"onnxruntime-web-{VERSION}.tgz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


@pytest.fixture(scope="module")
def folder(discriminator, runtime, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "page"
    write_demo(discriminator, folder, runtime=runtime, title="Blasts & <quakes>")
    return folder


def test_the_folder_holds_the_page_and_the_export(bunch, false_runtime, tmp_path):
    pipeline = make_classifier().fit(bunch["data"], bunch["target"])
    title = "A & <b>"
    parents = (false_runtime, false_runtime.parent)
    for number, runtime in enumerate(parents):
        page = write_demo(
            pipeline, tmp_path / str(number), runtime=runtime, title=title
        )
        assert page.name == "index.html"
        names = {path.name for path in page.parent.iterdir()}
        assert {"model.onnx", "fingerprint.json", "run_fingerprint.py"} < names
        text = page.read_text()
        assert text.count("A &amp; &lt;b&gt;") == 2
        assert "3 component(s), 400 samples at 20 Hz (20 s)" in text
        assert set(re.findall(r'(?:src|href)="([^"#:]+)"', text)) <= names
    assert not re.search(r"https?://", text)


def test_files_that_are_missing_are_named(bunch, false_runtime, tmp_path):
    pipeline = make_classifier().fit(bunch["data"], bunch["target"])
    (false_runtime / LIBRARY).unlink()
    with pytest.raises(FileNotFoundError, match=rf"has no {LIBRARY}. `npm pack"):
        write_demo(pipeline, tmp_path / "new", runtime=false_runtime)
    assert not (tmp_path / "new").exists()


class Page:
    """The open page."""

    def __init__(self, driver, url):
        self.driver = driver
        driver.get(url)
        self.wait(lambda: self.text("status") == "Choose a file." or self.error())
        assert not self.error()

    def wait(self, condition):
        WebDriverWait(self.driver, 20, 0.05).until(lambda _: condition())

    def text(self, name):
        return self.driver.find_element("id", name).text

    def error(self):
        return self.text("error")

    def run(self, script):
        return self.driver.execute_script(script)

    def choose(self, path):
        self.run("byId('status').textContent = ''; byId('error').textContent = ''")
        field = self.driver.find_element("id", "file")
        field.clear()
        field.send_keys(str(path))
        self.settle()

    def settle(self):
        self.wait(lambda: self.text("status").startswith("Pred") or self.error())

    def set(self, name, value):
        self.run(
            f"byId('status').textContent = ''; byId('{name}').value = '{value}';"
            f"byId('{name}').dispatchEvent(new Event('change'))"
        )
        self.settle()

    def complaints(self):
        log = self.driver.get_log("browser")
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]


def write_record(path, record, rate=RATE, components="ZNE", encoding="STEIM2"):
    stream = Stream(
        Trace(
            channel.astype("f4" if encoding.startswith("F") else "i4"),
            {"station": "ABC", "channel": f"HH{name}", "sampling_rate": rate},
        )
        for name, channel in zip(components, record, strict=True)
    )
    stream.write(path, format="MSEED", encoding=encoding)
    return path


def predicted(page):
    return np.array(page.run("return shown.probabilities"))


@needs_services
@pytest.mark.slow
def test_predictions_are_those_of_python(
    chromium, folder, discriminator, bunch, tmp_path
):
    page = Page(chromium, (folder / "index.html").as_uri())
    transformer = discriminator.estimator_[0]
    for row, encoding in enumerate(("STEIM1", "STEIM2", "INT32", "FLOAT32")):
        record = bunch["data"][row]
        page.choose(write_record(tmp_path / "x.mseed", record, encoding=encoding))
        assert page.error() == ""
        proba = discriminator.predict_proba(record[None], groups="records")[0]
        assert_allclose(predicted(page), proba, atol=1e-5)
        values = page.run("return Array.from(shown.values)")
        assert (transformer.transform(record[None]).ravel() == values).all()
        table = discriminator.predict_events(record[None], groups="records")
        expected = [name for name in table["flags"].iloc[0].split(", ") if name]
        assert page.run("return shown.flags") == expected
        decision = table["decision"].iloc[0]
        assert page.text("status") == f"Prediction: {decision}."
    rng = np.random.default_rng(0)
    noise = np.rint(1000 * rng.standard_normal(bunch["data"].shape[1:]))
    assert discriminator.flag_records(noise[None])["flags"].tolist() == ["noise_like"]
    page.choose(write_record(tmp_path / "x.mseed", noise))
    assert page.run("return shown.flags") == ["noise_like"]
    assert "noise_like" in page.text("outcome")
    assert (
        np.ptp(discriminator.predict_proba(bunch["data"], groups="records")[:, 0]) > 0.1
    )
    np.savetxt(tmp_path / "x.csv", bunch["data"][5].T, delimiter=",", fmt="%d")
    page.choose(tmp_path / "x.csv")
    proba = discriminator.predict_proba(bunch["data"][5:6], groups="records")[0]
    assert_allclose(predicted(page), proba, atol=1e-5)
    page.set("rate", 40)
    assert "sampling rate is 40 Hz; must be 20 Hz" in page.error()
    page.set("rate", RATE)
    assert page.error() == ""
    dropped = (
        "const data = new DataTransfer(); data.items.add(new File(['1,2,3'], 'x.csv'));"
        "dispatchEvent(new DragEvent('drop', {dataTransfer: data, cancelable: true}))"
    )
    page.run(dropped)
    page.wait(lambda: "has 1 samples; must have 400" in page.error())
    assert page.complaints() == []


@needs_services
@pytest.mark.slow
def test_long_recordings_are_cut_and_others_are_named(
    chromium, folder, discriminator, bunch, tmp_path
):
    page = Page(chromium, (folder / "index.html").as_uri())
    path = tmp_path / "x.mseed"
    long = np.concatenate([bunch["data"][0], bunch["data"][1]], axis=1)
    page.choose(write_record(path, long))
    assert "takes 20 of 40 s" in page.text("length")
    page.set("start", 20)
    proba = discriminator.predict_proba(bunch["data"][1:2], groups="records")[0]
    assert_allclose(predicted(page), proba, atol=1e-5)
    page.set("start", 21)
    assert "start must be from 0 to 20 s" in page.error()
    dead = bunch["data"][2].copy()
    dead[1] = 0.0
    page.choose(write_record(path, dead))
    assert "undecided" in page.text("outcome")
    assert "no_signal" in page.text("outcome")
    page.run("decision.excluded_below = [0, 0]")
    page.choose(write_record(path, bunch["data"][2]))
    other = discriminator.classes_[np.argmin(predicted(page))]
    assert f"also possible: {other}" in page.text("outcome")
    page.run("decision.excluded_below = null")
    for change, message in (
        ({"rate": 40.0}, "sampling rate is 40 Hz; must be 20 Hz"),
        ({"components": "Z1X"}, "has the components ZNE"),
    ):
        page.choose(write_record(path, bunch["data"][3], **change))
        assert message in page.error()
        assert not page.driver.find_element("id", "result").is_displayed()
    page.choose(write_record(path, bunch["data"][3, :, :100]))
    assert "has 100 samples; must have 400" in page.error()
    path.write_bytes(path.read_bytes()[:-7])
    page.choose(path)
    assert "ends within a record" in page.error()
    assert page.complaints() == []


@needs_services
@pytest.mark.slow
def test_no_request_leaves_and_the_page_fits_phones_and_schemes(
    chromium, folder, bunch, tmp_path
):
    page = Page(chromium, (folder / "index.html").as_uri())
    page.choose(write_record(tmp_path / "x.mseed", bunch["data"][0]))
    page.run(
        "window.blocked = 0; fetch('https://example.org').catch(() => blocked = 1)"
    )
    page.wait(lambda: page.run("return window.blocked") == 1)
    assert page.driver.title == page.driver.find_element("tag name", "h1").text
    file = page.driver.find_element("id", "file")
    assert file.accessible_name == "miniSEED or CSV file, dropped here or chosen"
    pictures = page.driver.find_elements("css selector", "canvas")
    assert len(pictures) == 9
    assert pictures[1].accessible_name.startswith("Scalogram of Z, ")
    metrics = {"deviceScaleFactor": 1, "mobile": True, "width": 390, "height": 800}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert page.run("return document.documentElement.scrollWidth") <= 390
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    seen = set()
    pixel = (
        "return byId('channels').querySelectorAll('canvas')[2].getContext('2d')"
        ".getImageData(0, 0, 1, 1).data.join()"
    )
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        time.sleep(0.2)
        body = page.driver.find_element("tag name", "body")
        seen.add((body.value_of_css_property("background-color"), page.run(pixel)))
    assert len({ground for ground, _ in seen}) == len({ink for _, ink in seen}) == 2


@needs_services
@pytest.mark.slow
def test_the_page_works_from_a_server_of_files(chromium, folder, bunch, tmp_path):
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            asked.append(self.path)

    handler = partial(Handler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/"
            page = Page(chromium, f"{url}index.html")
            page.choose(write_record(tmp_path / "x.mseed", bunch["data"][0]))
            assert page.error() == ""
            names = page.run(
                "return performance.getEntriesByType('resource').map(({name}) => name)"
            )
            assert len(names) > 6
            assert all(name.startswith((url, "blob:")) for name in names)
        finally:
            server.shutdown()
            thread.join()
    assert {path.lstrip("/") for path in asked} < {p.name for p in folder.iterdir()}

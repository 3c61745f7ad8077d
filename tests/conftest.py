"""Fixtures shared by the tests."""

import io
import os
import re
import shutil
import sys
from contextlib import contextmanager

import matplotlib
import pytest
import sklearn
from hypothesis import settings

# an example may take long on a busy machine
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

SAMPLING_RATE = 20.0
SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1100,900",
)


@pytest.fixture(autouse=True)
def closed_figures():
    """Close what a test leaves open: pyplot warns of more than twenty figures."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture
def pyplot():
    """Pyplot that draws to memory; its figures are closed after the test."""
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="module")
def chromium():
    """Driver of headless Chromium, for pages."""
    if os.environ.get("SKSEISFP_SERVICES") != "1":
        pytest.skip("SKSEISFP_SERVICES is not 1")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        pytest.skip("chromium and chromedriver are not both installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(programs[1])
    driver = webdriver.Chrome(options=options, service=service)
    driver.implicitly_wait(5)
    yield driver
    driver.quit()


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Context in which standard error is a terminal; a call returns what it shows."""
    pytest.importorskip("rich", reason="rich is not installed (extra sweep)")

    @contextmanager
    def open_terminal():
        stream = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stream)
            patch.setenv("TERM", "xterm")
            patch.setenv("COLUMNS", "200")
            for name in ("TTY_COMPATIBLE", "TTY_INTERACTIVE"):
                patch.delenv(name, raising=False)
            yield lambda: re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())

    return open_terminal


@pytest.fixture
def routing():
    """Metadata routing is on during the test."""
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="session")
def seismograms():
    """32 records of 16 events of two classes; writing on them is an error."""
    from skseisfp.datasets import make_seismograms

    bunch = make_seismograms(
        32,
        classes=("earthquake", "quarry_blast"),
        records_per_event=2,
        sampling_rate=SAMPLING_RATE,
        duration=70,
        random_state=1,
    )
    bunch.data.flags.writeable = False
    return bunch


@pytest.fixture(scope="session")
def three_steps():
    """Make the pipeline of views, fingerprints and a network, all small.

    Parameters named `memory` or `step__name` change it, and so do whole steps.
    """
    from sklearn.pipeline import Pipeline

    from skseisfp import (
        FilterAugmenter,
        FingerprintClassifier,
        FingerprintTransformer,
    )

    def make(**params):
        pipeline = Pipeline(
            [
                ("augment", FilterAugmenter(sampling_rate=SAMPLING_RATE)),
                (
                    "fingerprint",
                    FingerprintTransformer(
                        sampling_rate=SAMPLING_RATE, shape=(16, 16), n_coefficients=40
                    ),
                ),
                (
                    "classifier",
                    FingerprintClassifier(
                        max_epochs=2,
                        lr=5e-3,
                        module__conv1_n_filters=4,
                        module__conv2_n_filters=4,
                        device="cpu",
                        random_state=1,
                    ),
                ),
            ]
        )
        return pipeline.set_params(**params)

    return make


@pytest.fixture
def fits(tmp_path, monkeypatch):
    """Call to get the numbers of the candidates that were fitted since, in order."""
    from counting import SETTINGS, read_log

    log = tmp_path / "fits.log"
    monkeypatch.setattr(SETTINGS, "log", log)
    return lambda: list(map(int, read_log(log)))


@pytest.fixture
def store(tmp_path):
    """Path of the file of a store that is not there yet."""
    return tmp_path / "study.db"

"""Fixtures shared by the tests."""

import matplotlib
import pytest


@pytest.fixture
def pyplot():
    """Pyplot that draws to memory; its figures are closed after the test."""
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")

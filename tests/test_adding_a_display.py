"""A display from outside the package works as those of the package do."""

import inspect

import numpy as np
import pytest
from result_cubes import make_cube
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skseisfp.plotting.base import (
    FAINT,
    SERIES,
    SearchDisplay,
    SliceDisplay,
    get_axes,
    strip_spines,
)
from skseisfp.sweep import SweepSearchCV

pytestmark = pytest.mark.usefixtures("pyplot")
X, Y = (array[:100] for array in load_iris(return_X_y=True))
GRID = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 4]}


class ReliabilityDisplay(SearchDisplay):
    """Frequency of the second class by its predicted probability."""

    def __init__(self, probability, frequency):
        self.probability = probability
        self.frequency = frequency

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None):
        return cls.from_predictions(y, estimator.predict_proba(X)[:, 1], ax=ax)

    @classmethod
    def from_predictions(cls, y_true, y_prob, *, ax=None):
        halves = np.asarray(y_prob) > 0.5
        means = [
            [np.mean(values[halves == half]) for half in (False, True)]
            for values in (np.asarray(y_prob), np.asarray(y_true))
        ]
        return cls(*means).plot(ax=ax)

    @classmethod
    def from_cube(cls, cube, *, trial=None, ax=None):
        counts = np.asarray(cube.confusion(**(trial or cube.best())))
        shares = counts / counts.sum(axis=1, keepdims=True)
        return cls(range(len(counts)), np.diag(shares)).plot(ax=ax)

    def plot(self, *, ax=None):
        self.figure_, axes = get_axes(ax, figsize=(4, 4))
        self.ax_ = axes[0, 0]
        self.ax_.plot([0, 1], [0, 1], color=FAINT)
        self.ax_.plot(self.probability, self.frequency, "o-", color=SERIES[0])
        strip_spines(self.ax_, "top", "right")
        return self


class BarDisplay(SliceDisplay):
    """Bars of a quantity: a panel for each value of a second parameter.

    Parameters
    ----------
    values : DataArray
        The quantity over 1 or 2 parameters, in the order bars, panels.
    """

    max_parameters = 2

    def plot(self, *, ax=None):
        values = np.atleast_2d(self.values.values.T)
        self.figure_, self.ax_ = get_axes(ax, 1, len(values), sharey=True)
        for panel, heights in zip(self.ax_[0], values, strict=True):
            panel.bar(range(len(heights)), heights, color=SERIES[1])
        return self


def test_from_an_estimator_and_from_predictions():
    model = LogisticRegression().fit(X[::2], Y[::2])
    display = ReliabilityDisplay.from_estimator(model, X, Y)
    same = ReliabilityDisplay.from_predictions(Y, model.predict_proba(X)[:, 1])
    assert display.frequency == same.frequency == [0, 1]
    assert display.ax_.figure is display.figure_
    line = display.ax_.lines[1]
    np.testing.assert_array_equal(line.get_xdata(), display.probability)
    assert line.get_color() == SERIES[0]
    assert not display.ax_.spines["top"].get_visible()
    assert display.ax_.spines["left"].get_visible()


@pytest.mark.parametrize("display", [ReliabilityDisplay, BarDisplay])
def test_on_given_axes(display, pyplot):
    figure, ax = pyplot.subplots()
    drawn = display.from_cube(make_cube(1), ax=ax)
    assert drawn.figure_ is figure
    assert np.ravel(drawn.ax_).tolist() == [ax]
    assert pyplot.get_fignums() == [figure.number]
    with pytest.raises(ValueError, match=r"ax must hold 1 x 1 axes .* got 2"):
        drawn.plot(ax=pyplot.subplots(2)[1])


@pytest.mark.parametrize("quantity", ["quality", "gradient", "spread"])
def test_of_a_slice_of_a_cube(quantity):
    cube = make_cube(3, missing=())
    display = BarDisplay.from_cube(
        cube,
        parameters=["pool1_size", "conv1_filter_size"],
        quantity=quantity,
        trial={"conv1_n_filters": 8},
    )
    expected = {"quality": cube.values, "gradient": cube.gradient, "spread": cube.std}
    values = expected[quantity]().sel(network__module__conv1_n_filters=8).values
    heights = [[bar.get_height() for bar in ax.patches] for ax in display.ax_[0]]
    np.testing.assert_array_equal(heights, values)
    assert display.trial["network__module__conv1_n_filters"] == 8
    assert display.label.endswith("accuracy")


@pytest.mark.parametrize(
    ("display", "search"),
    [
        (ReliabilityDisplay, SweepSearchCV),
        (BarDisplay, SweepSearchCV),
        (BarDisplay, GridSearchCV),
    ],
)
def test_of_searches(display, search):
    fitted = search(DecisionTreeClassifier(random_state=0), GRID, cv=3).fit(X, Y)
    drawn = display.from_search(fitted)
    assert isinstance(drawn, display)
    assert drawn.figure_.axes


def test_parameters_of_a_slice_are_checked():
    with pytest.raises(ValueError, match="BarDisplay draws over 1 to 2 different"):
        BarDisplay.from_cube(make_cube(3), parameters=make_cube(3).parameters)
    with pytest.raises(ValueError, match="quantity must be one of"):
        BarDisplay.from_cube(make_cube(1), quantity="beauty")


def test_inherited_parameters_are_documented():
    doc = inspect.getdoc(BarDisplay)
    assert "over 1 or 2 parameters, in the order bars, panels" in doc
    for entry in ('label : str, default="quality"', "cmap : str", "trial : dict"):
        assert doc.count(entry) == 1
    assert "As many axes as panels" in inspect.getdoc(BarDisplay.plot)
    assert "A fitted search." in inspect.getdoc(ReliabilityDisplay.from_search)


def test_a_display_without_from_cube_cannot_be_made():
    class Half(SearchDisplay):
        pass

    with pytest.raises(TypeError, match="from_cube"):
        Half()

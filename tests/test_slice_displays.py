"""What the displays of a quantity over a few parameters have in common."""

import numpy as np
import pytest
from matplotlib.text import Text
from result_cubes import EVIL, N_FOLDS, best_trial, make_cube
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skseisfp.plotting import (
    CubeDisplay,
    CurvesDisplay,
    HeatMapDisplay,
    ParallelCoordinatesDisplay,
    ParetoDisplay,
    SurfacesDisplay,
)

pytestmark = pytest.mark.usefixtures("pyplot")
SLICES = [CubeDisplay, CurvesDisplay, HeatMapDisplay, SurfacesDisplay]
ALL = pytest.mark.parametrize("display", SLICES)
LEAST = {CubeDisplay: 3, CurvesDisplay: 1, HeatMapDisplay: 2, SurfacesDisplay: 2}


def strings(figure):
    return [text.get_text() for text in figure.findobj(Text)]


@ALL
@pytest.mark.parametrize("n_parameters", [1, 2, 3, 6])
def test_draws_cubes_of_one_to_six_parameters(display, n_parameters):
    cube = make_cube(n_parameters)
    if n_parameters < LEAST[display]:
        with pytest.raises(ValueError, match="draws over"):
            display.from_cube(cube)
        return
    drawn = display.from_cube(cube)
    drawn.figure_.canvas.draw()
    assert drawn.values.ndim == min(4, n_parameters)
    cut = {"at balance = views, wavelet = " + EVIL} if n_parameters == 6 else set()
    assert cut <= set(strings(drawn.figure_))


@ALL
def test_draws_quality_gradient_and_spread(display):
    cube = make_cube(LEAST[display])
    expected = {
        "quality": (cube.values(), "accuracy"),
        "gradient": (cube.gradient(), "gradient of accuracy"),
        "spread": (cube.std(), "standard deviation of accuracy"),
    }
    for quantity, (values, label) in expected.items():
        drawn = display.from_cube(cube, quantity=quantity)
        np.testing.assert_array_equal(drawn.values, values)
        assert label in strings(drawn.figure_)
    other = display.from_cube(cube, metric="roc_auc")
    np.testing.assert_array_equal(other.values, cube.values("roc_auc"))
    with pytest.raises(ValueError, match="quantity must be one of"):
        display.from_cube(cube, quantity="variance")


@ALL
def test_cuts_the_cube_through_the_trial_asked_for(display):
    cube = make_cube(4)
    names = ["dropout1_p", "pool1_size", "conv1_n_filters"]
    drawn = display.from_cube(cube, parameters=names, trial={"conv1_filter_size": 3})
    part = cube.values().sel(network__module__conv1_filter_size=3)
    np.testing.assert_array_equal(drawn.values, part.transpose(*drawn.values.dims))
    assert [name.rpartition("__")[2] for name in drawn.values.dims] == names
    assert "at conv1_filter_size = 3" in strings(drawn.figure_)
    for name in names:
        assert name in " ".join(strings(drawn.figure_))


def test_displays_of_two_parameters_are_named():
    with pytest.raises(ValueError, match=r"got 2: .* HeatMapDisplay and"):
        CubeDisplay.from_cube(make_cube(2))


@ALL
def test_wrong_parameters_raise(display):
    cube = make_cube(4)
    with pytest.raises(ValueError, match="Did you mean 'pool1_size'"):
        display.from_cube(cube, parameters=["pool_size"])
    with pytest.raises(ValueError, match="different parameters"):
        display.from_cube(cube, parameters=["pool1_size"] * 3)
    with pytest.raises(ValueError, match="has the values 1, 2; got 7"):
        display.from_cube(cube, trial={"pool1_size": 7})


@ALL
def test_draws_a_cube_whose_gradient_is_unknown(display):
    cube = make_cube(LEAST[display])
    accuracy = cube.dataset["accuracy"]
    only = np.arange(accuracy.size).reshape(accuracy.shape) < N_FOLDS
    accuracy[:] = np.where(only, accuracy, np.nan)
    drawn = display.from_cube(cube, quantity="gradient")
    assert np.isnan(drawn.values).all()
    drawn.figure_.canvas.draw()


@pytest.mark.parametrize(
    "display", [*SLICES, ParallelCoordinatesDisplay, ParetoDisplay]
)
def test_draws_a_plain_grid_search(display):
    grid = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 4], "criterion": ["gini"]}
    grid["max_features"] = [None, "sqrt"]
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=2)
    drawn = display.from_search(search.fit(*load_iris(return_X_y=True)))
    drawn.figure_.canvas.draw()
    assert drawn.figure_.axes


@ALL
def test_draws_on_given_axes_and_raises_for_others(display, pyplot):
    cube = make_cube(3)
    shape = display.from_cube(cube).ax_.shape
    kind = {"projection": "3d"} if display in (CubeDisplay, SurfacesDisplay) else {}
    figure, axes = pyplot.subplots(*shape, squeeze=False, subplot_kw=kind)
    drawn = display.from_cube(cube, ax=axes)
    assert drawn.figure_ is figure
    assert (drawn.ax_ == axes).all()
    with pytest.raises(ValueError, match="ax must hold"):
        display.from_cube(cube, ax=[*axes.flat, axes.flat[0]])


def test_the_best_trial_is_marked_where_nothing_is_said():
    for n_parameters in (3, 4):
        drawn = HeatMapDisplay.from_cube(make_cube(n_parameters))
        assert drawn.trial == best_trial(n_parameters)

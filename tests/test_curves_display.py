"""The curves have the means of the cube and bands of its spread."""

import numpy as np
import pytest
from result_cubes import make_cube

from skseisfp.plotting import CurvesDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def curves(ax):
    return [line for line in ax.lines if len(line.get_xdata()) > 1]


@pytest.mark.parametrize(
    ("n_parameters", "shape", "n_curves", "n_points"),
    [(1, (1, 1), 1, 3), (2, (1, 3), 1, 4), (3, (3, 4), 1, 2), (4, (3, 4), 3, 2)],
)
def test_panels_and_curves_follow_the_parameters(
    n_parameters, shape, n_curves, n_points
):
    cube = make_cube(n_parameters, missing=())
    display = CurvesDisplay.from_cube(cube)
    assert display.ax_.shape == shape
    drawn = [line.get_ydata() for ax in display.ax_.flat for line in curves(ax)]
    assert np.shape(drawn) == (np.prod(shape) * n_curves, n_points)
    values = cube.values().values
    order = np.moveaxis(values, 2, -1) if n_parameters == 4 else values
    np.testing.assert_array_equal(drawn, order.reshape(-1, n_points))


def test_bands_are_one_standard_deviation():
    cube = make_cube(1, missing=())
    ax = CurvesDisplay.from_cube(cube).ax_[0, 0]
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    mean, deviation = cube.values().values, cube.std().values
    assert heights.max() == pytest.approx((mean + deviation).max())
    assert heights.min() == pytest.approx((mean - deviation).min())


def test_the_ring_is_on_the_marked_trial():
    cube = make_cube(4)
    display = CurvesDisplay.from_cube(cube)
    rings = {
        place: line
        for place, ax in np.ndenumerate(display.ax_)
        for line in ax.lines
        if len(line.get_xdata()) == 1
    }
    ((place, ring),) = rings.items()
    assert place == (1, 2)
    best = cube.values().max()
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (1, best)


def test_the_fourth_parameter_has_a_legend_with_a_marker_each():
    display = CurvesDisplay.from_cube(make_cube(4))
    (legend,) = display.figure_.legends
    assert legend.get_title().get_text() == "dropout1_p"
    assert [text.get_text() for text in legend.get_texts()] == ["0.1", "0.3", "0.5"]
    assert len({line.get_marker() for line in curves(display.ax_[0, 0])}) == 3


def test_panels_name_their_values():
    display = CurvesDisplay.from_cube(make_cube(3))
    assert display.ax_[0, 3].texts[0].get_text() == "conv1_n_filters = 24"
    assert display.ax_[2, 3].texts[-1].get_text() == "conv1_filter_size = 3"

"""Every trial is a line through its values."""

import numpy as np
import pandas as pd
import pytest
from result_cubes import make_cube

from skseisfp.plotting import ParallelCoordinatesDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


@pytest.mark.parametrize("n_parameters", range(1, 7))
def test_a_line_for_each_trial_with_a_result(n_parameters):
    cube = make_cube(n_parameters, missing=(0,))
    display = ParallelCoordinatesDisplay.from_cube(cube)
    lines = np.array(display.lines_.get_segments())
    values = cube.values().values
    assert lines.shape == (values.size - 1, n_parameters + 1, 2)
    assert (np.diff(display.lines_.get_array()) >= 0).all()
    ends = np.interp(
        display.lines_.get_array(), [np.nanmin(values), np.nanmax(values)], [0, 1]
    )
    np.testing.assert_allclose(lines[:, -1, 1], ends)


def test_lines_pass_near_the_values_of_their_trial():
    cube = make_cube(3, missing=())
    display = ParallelCoordinatesDisplay.from_cube(cube)
    values = cube.values().values
    for line, value in zip(
        display.lines_.get_segments(), display.lines_.get_array(), strict=True
    ):
        (place,) = np.argwhere(values == value)
        heights = place / (np.array(values.shape) - 1)
        np.testing.assert_allclose(line[:3, 1], heights, atol=0.031)


def test_the_marked_trial_is_red():
    display = ParallelCoordinatesDisplay.from_cube(make_cube(3), quantity="gradient")
    marked = [line for line in display.ax_.lines if len(line.get_xdata()) == 4]
    assert [line.get_color() for line in marked] == ["#e63946"]
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names[-1] == "gradient of accuracy"


def test_draws_a_table_without_any_result():
    table = pd.DataFrame({"size": [1, 2], "quality": [np.nan, np.nan]})
    display = ParallelCoordinatesDisplay(table).plot()
    display.figure_.canvas.draw()
    assert not display.lines_.get_segments()

"""The points of the cube are its trials."""

import numpy as np
import pytest
from result_cubes import make_cube

from skseisfp.plotting import CubeDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def points(artist):
    return np.column_stack(artist._offsets3d)


def test_a_point_for_each_trial_coloured_by_its_value():
    cube = make_cube(3, missing=(5, 6))
    ax = CubeDisplay.from_cube(cube).ax_[0, 0]
    known, missing, columns = ax.collections
    assert len(columns._segments3d) == 12
    values = cube.values().values
    assert len(points(known)) == 22
    for place, colour in zip(points(known).astype(int), known.get_array(), strict=True):
        assert values[tuple(place)] == colour
    for place in points(missing).astype(int):
        assert np.isnan(values[tuple(place)])
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "4",
        "8",
        "16",
        "24",
    ]
    assert ax.get_zlabel() == "pool1_size"


def test_a_fourth_parameter_has_panels():
    display = CubeDisplay.from_cube(make_cube(4))
    assert display.ax_.shape == (1, 3)
    scales = {ax.collections[0].norm.vmax for ax in display.ax_.flat}
    assert len(scales) == 1
    titles = [ax.texts[0].get_text() for ax in display.ax_.flat]
    assert titles == ["dropout1_p = 0.1", "dropout1_p = 0.3", "dropout1_p = 0.5"]
    assert [len(ax.lines) for ax in display.ax_.flat] == [0, 1, 0]


def test_a_fourth_parameter_may_have_markers():
    display = CubeDisplay.from_cube(make_cube(4)).plot(fourth="marker")
    assert display.ax_.shape == (1, 1)
    (legend,) = display.figure_.legends
    assert [text.get_text() for text in legend.get_texts()] == ["0.1", "0.3", "0.5"]
    shown = [points(artist) for artist in display.ax_[0, 0].collections[::3]]
    places = np.concatenate(shown)
    assert len(np.unique(places, axis=0)) == len(places) == 71
    with pytest.raises(ValueError, match="fourth must be one of"):
        display.plot(fourth="slider")

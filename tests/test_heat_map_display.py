"""The maps have the values of the cube at their places."""

import numpy as np
import pytest
import xarray as xr
from result_cubes import make_cube

from skseisfp.plotting import HeatMapDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def strings(ax):
    return [text.get_text() for text in ax.texts]


def test_maps_run_right_and_up_columns_and_rows_by_further_parameters():
    cube = make_cube(4)
    display = HeatMapDisplay.from_cube(cube)
    assert display.ax_.shape == (3, 2)
    for (row, column), ax in np.ndenumerate(display.ax_):
        image = ax.images[0]
        assert image.origin == "lower"
        expected = cube.values().values[:, :, column, row].T
        np.testing.assert_array_equal(image.get_array().filled(np.nan), expected)
    assert "pool1_size = 2" in strings(display.ax_[0, 1])
    assert "dropout1_p = 0.5" in strings(display.ax_[2, 1])


def test_writes_the_values_and_leaves_missing_cells_empty():
    cube = make_cube(2, missing=(5, 7))
    display = HeatMapDisplay.from_cube(cube)
    written = {text.get_position(): text.get_text() for text in display.ax_[0, 0].texts}
    values = cube.values().values
    assert len(written) == np.isfinite(values).sum()
    for (x, y), text in written.items():
        assert float(text) == pytest.approx(values[x, y], abs=0.006)


def test_frames_the_marked_trial():
    display = HeatMapDisplay.from_cube(make_cube(4), trial={"pool1_size": 1})
    assert [len(ax.lines) for ax in display.ax_.flat] == [0, 0, 1, 0, 0, 0]
    frame = display.ax_[1, 0].lines[0]
    np.testing.assert_array_equal(frame.get_xydata().mean(axis=0).round(), [1, 2])


def test_large_maps_are_not_written_over():
    coords = {"a": range(12), "b": range(11)}
    values = xr.DataArray(np.random.default_rng(0).random((12, 11)), coords=coords)
    assert not HeatMapDisplay(values).plot().ax_[0, 0].texts

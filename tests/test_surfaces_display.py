"""Each surface is a part of the cube."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from result_cubes import make_cube

from skseisfp.plotting import SurfacesDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def colours(ax):
    """Return the colours of the facets, which are kept by depth, in a fixed order."""
    facets = ax.collections[0].get_facecolor()
    return np.array(sorted(map(tuple, facets)))


def test_a_surface_for_each_value_of_the_third_parameter():
    cube = make_cube(3, missing=())
    display = SurfacesDisplay.from_cube(cube)
    assert display.ax_.shape == (1, 2)
    scale = ScalarMappable(Normalize(cube.values().min(), cube.values().max()))
    for k, ax in enumerate(display.ax_.flat):
        values = cube.values().values[..., k]
        n_rows, n_columns = (np.full(size, 2) for size in values.shape)
        n_rows[[0, -1]] = n_columns[[0, -1]] = 1  # half the surroundings at the edge
        facets = scale.to_rgba(
            np.repeat(np.repeat(values, n_rows, axis=0), n_columns, axis=1).ravel()
        )
        expected = sorted(map(tuple, facets))
        np.testing.assert_allclose(colours(ax), expected)
        assert ax.get_title() == f"pool1_size = {k + 1}"
    assert len({ax.get_zlim() for ax in display.ax_.flat}) == 1


def test_a_fourth_parameter_makes_rows():
    display = SurfacesDisplay.from_cube(make_cube(4))
    assert display.ax_.shape == (3, 2)
    assert [len(ax.lines) for ax in display.ax_.flat] == [0, 0, 0, 1, 0, 0]


def test_surfaces_have_holes_where_results_are_missing():
    whole, holed = (
        SurfacesDisplay.from_cube(make_cube(2, missing=missing)).ax_[0, 0]
        for missing in ((), (5,))
    )
    assert (colours(whole)[:, 3] > 0).sum() == 24
    assert (colours(holed)[:, 3] > 0).sum() == 20  # but those of the trial


def test_a_long_row_is_folded():
    coords = {"a": [1, 2], "b": [1, 2], "c": range(8)}
    values = xr.DataArray(np.arange(32.0).reshape(2, 2, 8), coords=coords)
    display = SurfacesDisplay(values).plot()
    assert display.ax_.shape == (2, 4)


def test_a_surface_without_width_raises():
    coords = {"a": [1], "b": [1, 2]}
    with pytest.raises(ValueError, match="two values or more of a"):
        SurfacesDisplay(xr.DataArray([[1.0, 2.0]], coords=coords)).plot()

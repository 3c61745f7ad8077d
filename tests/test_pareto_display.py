"""The front is that of the cube."""

import numpy as np
import pytest
from result_cubes import make_cube

from skseisfp.plotting import ParetoDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


@pytest.mark.parametrize("cost", ["gradient", "spread", "n_parameters", "fit_time"])
def test_joins_the_trials_of_the_front(cost):
    cube = make_cube(4, missing=(3, 4))
    display = ParetoDisplay.from_cube(cube, cost=cost)
    table = cube.pareto(cost=cost).sort_values(cost)
    drawn = display.ax_.lines[0].get_xydata()
    np.testing.assert_allclose(drawn, table[[cost, "accuracy"]])
    key = display.ax_.get_legend()
    rows = table[cube.parameters].to_numpy()
    assert [text.get_text() for text in key.get_texts()] == [
        f"{number}: " + ", ".join(f"{value:g}" for value in row)
        for number, row in enumerate(rows, 1)
    ]
    numbers = [text.get_text() for text in display.ax_.texts]
    assert numbers == [str(number) for number in range(1, len(rows) + 1)]
    title = key.get_title().get_text().replace("\n", " ")
    assert title == ", ".join(name.split("module__")[1] for name in cube.parameters)


def test_bars_are_the_spread_and_the_ring_is_the_marked_trial():
    cube = make_cube(2)
    display = ParetoDisplay.from_cube(cube, cost="n_parameters")
    best = cube.best()
    (container,) = display.ax_.containers
    top = container[2][0].get_segments()[-1][:, 1]
    deviation = float(cube.std().sel(best))
    assert np.diff(top) == pytest.approx(2 * deviation)
    ring = display.ax_.lines[1]
    assert ring.get_markersize() == 13 or display.ax_.lines[-1].get_markersize() == 13


def test_a_cost_that_the_cube_does_not_have_raises():
    cube = make_cube(2)
    del cube.dataset["n_parameters"]
    with pytest.raises(ValueError, match="cost must be one of 'gradient', 'spread'"):
        ParetoDisplay.from_cube(cube, cost="n_parameters")


def test_draws_trials_without_a_spread(pyplot):
    _, ax = pyplot.subplots()
    display = ParetoDisplay([1, 2, np.nan], [0.5, 0.4, 0.9]).plot(ax=ax)
    assert display.ax_ is ax
    assert display.front_.tolist() == [0]

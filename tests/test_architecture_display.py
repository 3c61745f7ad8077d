"""The diagram shows the layers of the network and marks what was varied."""

import numpy as np
import pytest
from result_cubes import make_cube
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseisfp.neural import FingerprintClassifier, summarize
from skseisfp.plotting import ArchitectureDisplay

pytestmark = pytest.mark.usefixtures("pyplot")


def plain(text):
    """Return a string with an ordinary x."""
    return text.get_text().replace("\N{MULTIPLICATION SIGN}", "x")


def written(display):
    return {
        name: [plain(text) for text in strings]
        for name, strings in display.text_.items()
    }


def red(display):
    return {
        plain(text)
        for strings in display.text_.values()
        for text in strings
        if text.get_color() == "#c2273f"
    }


@pytest.fixture(scope="module")
def fitted():
    X = np.random.default_rng(0).integers(0, 2, (12, 1, 1, 16, 16)).astype(np.uint8)
    y = np.repeat(["blast", "quake"], 6)
    classifier = FingerprintClassifier(
        module__conv1_n_filters=4, max_epochs=1, device="cpu", random_state=0
    )
    return classifier.fit(X, y), X, y


def test_writes_every_layer_of_the_published_network():
    display = ArchitectureDisplay.from_params((1, 64, 64), 3)
    strings = written(display)
    assert list(strings) == list(summarize((1, 64, 64), 3).index)
    assert strings["conv2"] == [
        "convolution",
        "5 x 5",
        "56 filters",
        "stride 1",
        "padding 2",
        "11,256",
    ]
    assert strings["dropout1"] == ["dropout", "p = 0.3"]
    assert strings["output"] == ["fully connected", "3 units", "43,011"]
    drawn = [plain(text) for text in display.ax_.texts]
    assert "54,435 parameters in all" in drawn
    assert drawn.count("56 x 16 x 16") == 1


def test_marks_the_varied_values_only():
    display = ArchitectureDisplay.from_params(
        (1, 64, 64), 3, conv1_n_filters=16, hidden_sizes=(128,), hidden_dropout_p=0.2
    )
    assert red(display) == {"16 filters", "128 units", "p = 0.2"}


@pytest.mark.parametrize("n_cycles", [1, 2, 4])
def test_gives_each_cycle_a_row(n_cycles):
    display = ArchitectureDisplay.from_params((1, 64, 64), 3, n_cycles=n_cycles)
    rows = [display.text_[f"relu{k}"][0] for k in range(1, n_cycles + 1)]
    heights = [row.get_position()[1] for row in rows]
    assert len(set(heights)) == n_cycles
    assert heights == sorted(heights)


def test_strings_stay_within_their_boxes():
    display = ArchitectureDisplay.from_params((1, 64, 64), 3)
    display.figure_.canvas.draw()
    boxes = [patch.get_window_extent() for patch in display.ax_.patches]
    for strings in display.text_.values():
        middle = strings[0].get_window_extent()
        home = [box for box in boxes if box.overlaps(middle)]
        assert len(home) == 1
        assert home[0].x0 < middle.x0
        assert middle.x1 < home[0].x1


def test_draws_the_network_of_a_fitted_pipeline(fitted):
    classifier, X, y = fitted
    pipeline = make_pipeline(FunctionTransformer(), classifier).fit(X, y)
    display = ArchitectureDisplay.from_estimator(pipeline, varied=["conv1_n_filters"])
    trained = sum(p.numel() for p in pipeline[-1].net_.module_.parameters())
    assert display.layers["n_parameters"].sum() == trained
    assert red(display) == {"4 filters"}


def test_draws_the_best_trial_of_a_search(fitted):
    classifier, X, y = fitted
    grid = {"module__conv1_filter_size": [2, 3]}
    search = GridSearchCV(classifier, grid, cv=2).fit(X, y)
    display = ArchitectureDisplay.from_search(search)
    best = search.best_params_["module__conv1_filter_size"]
    assert red(display) == {f"{best} x {best}"}
    assert "4 filters" in written(display)["conv1"]
    other = ArchitectureDisplay.from_search(search, trial={"conv1_filter_size": 3})
    assert "3 x 3" in written(other)["conv1"]


def test_draws_a_trial_of_a_cube_with_what_was_fixed(pyplot):
    figure, ax = pyplot.subplots()
    display = ArchitectureDisplay.from_cube(
        make_cube(4), trial={"conv1_n_filters": 24}, ax=ax
    )
    assert display.figure_ is figure
    assert red(display) == {"24 filters", "2 x 2", "p = 0.3"}
    assert "24 filters" in written(display)["conv2"]


def test_another_network_than_that_of_the_trial_raises():
    with pytest.raises(ValueError, match="input_shape, n_classes or arch"):
        ArchitectureDisplay.from_cube(make_cube(2), input_shape=(1, 32, 32))


def test_estimators_and_cubes_without_such_a_network_raise(fitted):
    _, X, y = fitted
    with pytest.raises(ValueError, match="FingerprintClassifier of fingerprints"):
        ArchitectureDisplay.from_estimator(FunctionTransformer())
    flat = FingerprintClassifier(max_epochs=1, device="cpu").fit(X.reshape(12, -1), y)
    with pytest.raises(ValueError, match="not flat"):
        ArchitectureDisplay.from_estimator(flat)
    cube = make_cube(5).select(
        **{
            "conv1_filter_size": 1,
            "conv1_n_filters": 4,
            "pool1_size": 1,
            "dropout1_p": 0.1,
        }
    )
    with pytest.raises(ValueError, match="No parameter of the cube"):
        ArchitectureDisplay.from_cube(cube)

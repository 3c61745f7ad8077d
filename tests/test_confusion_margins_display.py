"""The confusion matrix is that of the paper, margins included."""

import numpy as np
import pytest
from result_cubes import make_cube
from sklearn.dummy import DummyClassifier

from skseisfp.plotting import ConfusionMarginsDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
COUNTS_BY_PREDICTION = np.array([[52, 1, 3], [1, 56, 0], [0, 4, 55]])


def strings(display):
    return {key: text.get_text() for key, text in display.text_.items()}


def test_rebuilds_figure_6_of_the_paper():
    written = strings(ConfusionMarginsDisplay(COUNTS_BY_PREDICTION.T).plot())
    assert [written[k, 3] for k in range(3)] == ["98.1", "91.8", "94.8"]
    assert [written[3, k] for k in range(3)] == ["92.9", "98.2", "93.2"]
    assert written[3, 3] == "94.8"
    cells = [[written[column, row] for column in range(3)] for row in range(3)]
    assert cells == [
        ["30.2 %\n52", "0.58 %\n1", "1.74 %\n3"],
        ["0.58 %\n1", "32.6 %\n56", "0"],
        ["0", "2.33 %\n4", "32.0 %\n55"],
    ]


def test_true_classes_run_right_and_predicted_ones_up():
    display = ConfusionMarginsDisplay.from_predictions(
        ["a", "a", "b"], ["a", "b", "b"], labels=["a", "b"]
    )
    assert [label.get_text() for label in display.ax_.get_xticklabels()][:2] == list(
        "ab"
    )
    positions = display.ax_.transData.transform([(0, 0), (1, 1)])
    assert (positions[1] > positions[0]).all()
    assert strings(display)[0, 1].endswith("\n1")
    assert strings(display)[1, 0] == "0"


def test_a_class_without_event_predictions_has_no_precision():
    display = ConfusionMarginsDisplay(np.array([[2, 0], [1, 0]])).plot()
    assert strings(display)[2, 1] == "nan"


def test_from_estimator_predicts_and_draws_on_the_given_axes(pyplot):
    figure, ax = pyplot.subplots()
    X, y = np.zeros((6, 2)), np.repeat(["blast", "quake"], [2, 4])
    classifier = DummyClassifier(strategy="most_frequent").fit(X, y)
    display = ConfusionMarginsDisplay.from_estimator(classifier, X, y, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    np.testing.assert_array_equal(display.confusion_matrix, [[0, 2], [0, 4]])


def test_a_trial_of_a_cube_pools_its_folds():
    cube = make_cube(3)
    display = ConfusionMarginsDisplay.from_cube(cube, trial={"pool1_size": 1})
    np.testing.assert_array_equal(
        display.confusion_matrix, cube.confusion(pool1_size=1)
    )
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == ["earthquake", "mine blast", "quarry blast", "precision, %"]
    one = ConfusionMarginsDisplay.from_cube(cube, by="event", fold=1)
    np.testing.assert_array_equal(
        one.confusion_matrix, cube.confusion(by="event", fold=1)
    )


def test_all_trials_of_a_cube_or_those_with_a_value_are_pooled(pyplot):
    cube = make_cube(3, missing=(5, 6))
    counts = cube.dataset["confusion"]
    _, ax = pyplot.subplots()
    display = ConfusionMarginsDisplay.from_cube(cube, pooled=True, ax=ax)
    assert display.ax_ is ax
    assert display.confusion_matrix.sum() == counts.sum()
    some = ConfusionMarginsDisplay.from_cube(
        cube, pooled=True, trial={"conv1_filter_size": 2}
    )
    kept = counts.sel(network__module__conv1_filter_size=2)
    assert some.confusion_matrix.sum() == kept.sum()


def test_matrices_that_a_cube_does_not_have_raise():
    with pytest.raises(ValueError, match="no confusion matrices by event"):
        ConfusionMarginsDisplay.from_cube(make_cube(2, kept=()), by="event")
    failed = {"conv1_filter_size": 2, "conv1_n_filters": 8}
    with pytest.raises(ValueError, match="no confusion matrix of the trial"):
        ConfusionMarginsDisplay.from_cube(make_cube(2), trial=failed)
    with pytest.raises(ValueError, match="by must be one of"):
        ConfusionMarginsDisplay.from_cube(make_cube(2), by="station")

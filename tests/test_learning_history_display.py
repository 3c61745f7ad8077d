"""The history is drawn as means and spreads over the folds."""

import numpy as np
import pytest
from result_cubes import make_cube
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skseisfp.baselines import MiaoANN
from skseisfp.datasets import make_seismograms
from skseisfp.ensemble import EventVoteClassifier
from skseisfp.neural import FingerprintClassifier
from skseisfp.plotting import LearningHistoryDisplay

pytestmark = pytest.mark.usefixtures("pyplot")
TRAIN = np.array([[1.0, 0.6, 0.5], [1.4, 0.8, np.nan]])


def test_training_is_black_and_validation_red():
    display = LearningHistoryDisplay(TRAIN, valid=TRAIN + 0.1).plot()
    training, validation = display.ax_.lines
    assert training.get_color() == "#000000"
    assert validation.get_color() == "#d62728"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["training", "validation"]


def test_lines_are_means_and_bands_deviations_of_the_folds_still_running():
    display = LearningHistoryDisplay(TRAIN).plot()
    (line,) = display.ax_.lines
    np.testing.assert_allclose(line.get_xydata(), [(1, 1.2), (2, 0.7), (3, 0.5)])
    (band,) = display.ax_.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.5, 1.4)


def test_one_fold_has_no_band():
    display = LearningHistoryDisplay([3, 2, 1]).plot()
    assert len(display.ax_.lines) == 1
    assert not display.ax_.collections


def test_draws_the_history_of_a_classifier(pyplot):
    X = np.random.default_rng(0).integers(0, 2, (20, 16)).astype(np.uint8)
    classifier = FingerprintClassifier(
        max_epochs=3, early_stopping=True, device="cpu", random_state=0
    ).fit(X, np.repeat([0, 1], 10), groups="records")
    _, ax = pyplot.subplots()
    display = LearningHistoryDisplay.from_estimator(classifier, ax=ax)
    assert display.ax_ is ax
    training, validation = ax.lines
    assert training.get_ydata().tolist() == classifier.history_["train_loss"]
    assert validation.get_ydata().tolist() == classifier.history_["valid_loss"]
    display = LearningHistoryDisplay.from_estimator(classifier, quantity="accuracy")
    drawn = [line.get_ydata().tolist() for line in display.ax_.lines]
    assert drawn == [
        classifier.history_[f"{part}_accuracy"] for part in ("train", "valid")
    ]
    assert display.ax_.get_ylabel() == "Accuracy"


def test_draws_a_trial_of_a_cube():
    cube = make_cube(3)
    display = LearningHistoryDisplay.from_cube(cube, trial={"conv1_n_filters": 4})
    trial = cube.best() | {"network__module__conv1_n_filters": 4}
    losses = cube.dataset[["train_loss", "valid_loss"]].sel(trial).mean("fold")
    training, validation = display.ax_.lines
    np.testing.assert_allclose(training.get_ydata(), losses["train_loss"])
    np.testing.assert_allclose(validation.get_ydata(), losses["valid_loss"][:6])


FINGERPRINTS = np.random.default_rng(0).integers(0, 2, (20, 16)).astype(np.uint8)
LABELS = np.repeat([0, 1], 10)
CLASSIFIER = FingerprintClassifier(max_epochs=2, device="cpu", random_state=0)


@pytest.mark.parametrize(
    ("estimator", "find"),
    [
        (make_pipeline("passthrough", CLASSIFIER), lambda pipeline: pipeline[-1]),
        (
            GridSearchCV(make_pipeline(CLASSIFIER), {}, cv=2),
            lambda search: search.best_estimator_[-1],
        ),
        (EventVoteClassifier(CLASSIFIER), lambda wrapper: wrapper.estimator_),
    ],
    ids=["pipeline", "search", "wrapper"],
)
def test_finds_the_network_in_what_holds_it(estimator, find):
    estimator = clone(estimator).fit(FINGERPRINTS, LABELS)
    display = LearningHistoryDisplay.from_estimator(estimator)
    drawn = display.ax_.lines[0].get_ydata().tolist()
    assert drawn == find(estimator).history_["train_loss"]


def test_finds_the_network_of_a_baseline():
    bunch = make_seismograms(8, random_state=0)
    baseline = MiaoANN(sampling_rate=40, max_epochs=2, device="cpu", random_state=0)
    baseline.fit(bunch.data, bunch.target, groups="records")
    display = LearningHistoryDisplay.from_estimator(baseline)
    drawn = display.ax_.lines[0].get_ydata().tolist()
    assert drawn == baseline.net_.history_["train_loss"]


def test_estimators_without_a_history_raise():
    trees = make_pipeline(ExtraTreesClassifier(2)).fit(FINGERPRINTS, LABELS)
    message = "estimator must be a fitted FingerprintClassifier.*got Pipeline"
    with pytest.raises(TypeError, match=message):
        LearningHistoryDisplay.from_estimator(trees)
    with pytest.raises(NotFittedError):
        LearningHistoryDisplay.from_estimator(CLASSIFIER)


@pytest.mark.parametrize("trial", [None, {"conv1_n_filters": 4}])
def test_a_cube_without_history_raises(trial):
    with pytest.raises(ValueError, match="no loss by epoch"):
        LearningHistoryDisplay.from_cube(make_cube(2, kept=()), trial=trial)

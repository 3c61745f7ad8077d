import numpy as np
import pytest
from sklearn.base import clone

from skseisfp.baselines import AfterYue2023

RATE = 100.0


def three_classes(n=30, seed=0):
    """Return bursts of a frequency for each class, in noise."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n) % 3
    time = np.arange(600) / RATE
    frequency = np.array([2.0, 7.0, 20.0])[kind][:, None, None]
    X = np.sin(2 * np.pi * frequency * time + rng.uniform(0, 6, (n, 2, 1)))
    X += 0.1 * rng.standard_normal(X.shape)
    return X, np.array(["earthquake", "blast", "collapse"])[kind]


def make(**params):
    small = {"max_epochs": 12, "batch_size": 10, "device": "cpu", "random_state": 0}
    return AfterYue2023(**{**small, **params})


@pytest.fixture(scope="module")
def fitted():
    X, y = three_classes()
    return make().fit(X, y)


def test_two_steps_distinguish_three_classes(fitted):
    X, y = three_classes(seed=1)
    assert fitted.classes_.tolist() == ["blast", "collapse", "earthquake"]
    assert fitted.score(X, y) >= 0.9


def test_probabilities_are_those_of_the_steps(fitted):
    X, _ = three_classes(seed=1)
    inputs = fitted._represent(X)
    first, second = fitted.net_.steps_
    assert first.classes_.tolist() == [False, True]
    assert second.classes_.tolist() == ["blast", "collapse"]
    natural, scores = first.predict_proba(inputs), fitted.predict_proba(X)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    np.testing.assert_array_equal(scores[:, 2], natural[:, 1])
    np.testing.assert_allclose(
        scores[:, :2], natural[:, :1] * second.predict_proba(inputs)
    )


def test_the_second_network_is_trained_on_the_other_records_alone(fitted):
    X, y = three_classes()
    inputs, others = fitted._represent(X), y != "earthquake"
    alone = clone(fitted.net_.step).fit(inputs[others], y[others])
    np.testing.assert_array_equal(
        fitted.net_.steps_[1].predict_proba(inputs), alone.predict_proba(inputs)
    )


def test_the_natural_class_can_be_named():
    X, y = three_classes(12)
    classifier = make(natural="collapse", max_epochs=1).fit(X, y)
    assert classifier.net_.first_ == "collapse"
    assert classifier.net_.steps_[1].classes_.tolist() == ["blast", "earthquake"]
    codes = np.unique(y, return_inverse=True)[1]
    assert make(max_epochs=1).fit(X, codes).net_.first_ == 0
    assert make(natural=2, max_epochs=1).fit(X, codes).net_.first_ == 2
    with pytest.raises(ValueError, match=r"natural must be one of .*'noise'"):
        make(natural="noise").fit(X, y)


def test_two_classes_take_one_step():
    X, y = three_classes(12)
    kept = y != "collapse"
    classifier = make(max_epochs=1).fit(X[kept], y[kept])
    assert len(classifier.net_.steps_) == 1
    scores = classifier.predict_proba(X)
    natural = classifier.net_.steps_[0].predict_proba(classifier._represent(X))
    np.testing.assert_array_equal(scores[:, 1], natural[:, 1])
    np.testing.assert_array_equal(scores[:, 0], natural[:, 0])


def test_events_are_kept_whole_in_both_steps():
    X, y = three_classes(36)
    groups = np.arange(36) // 3 % 6 + 10 * (np.arange(36) % 3)
    classifier = make(early_stopping=True, max_epochs=2).fit(X, y, groups)
    again = make(early_stopping=True, max_epochs=2).fit(X, y, groups="records")
    assert (classifier.predict_proba(X) != again.predict_proba(X)).any()
    for step in classifier.net_.steps_:
        assert "valid_loss" in step.history_
    with pytest.raises(ValueError, match="groups"):
        make().fit(X, y, groups[:-1])


def test_another_fit_draws_again_from_the_same_generator():
    X, y = three_classes()
    classifier = make(max_epochs=1, random_state=np.random.RandomState(0))
    first, again = (classifier.fit(X, y).predict_proba(X) for _ in range(2))
    assert not np.array_equal(first, again)
    fresh = make(max_epochs=1, random_state=np.random.RandomState(0)).fit(X, y)
    np.testing.assert_array_equal(fresh.predict_proba(X), first)

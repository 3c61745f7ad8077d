import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch import NeuralNetClassifier

from skseisfp.ensemble import EventVoteClassifier
from skseisfp.metrics import neg_gradient_of_error
from skseisfp.neural import FingerprintClassifier


class Linear(torch.nn.Module):
    """Logits of four features, with dropout that must not be active."""

    def __init__(self, n_classes=2, dropout_p=0.5, probabilities=False):
        super().__init__()
        self.dropout = torch.nn.Dropout(dropout_p)
        self.linear = torch.nn.Linear(4, n_classes)
        self.probabilities = probabilities

    def forward(self, X):
        logits = self.linear(self.dropout(X))
        return torch.softmax(logits, 1) if self.probabilities else logits


@pytest.fixture
def fingerprints():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (60, 4)).astype(np.uint8)
    y = np.where(X[:, 0] ^ (rng.random(60) < 0.2), "quake", "blast")
    return X, y


def make_classifier(**options):
    return FingerprintClassifier(max_epochs=2, random_state=0, **options)


def by_hand(weight, bias, X, y):
    """Return the score of a linear softmax classifier in closed form."""
    logits = X @ weight.T + bias
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    error = p - np.eye(len(bias))[y]
    gradient = [error.T @ X / len(X), error.mean(axis=0)]
    n_weights = weight.size + bias.size
    return -np.sqrt(sum((part**2).sum() for part in gradient) / n_weights)


def test_the_score_is_the_gradient_in_closed_form(fingerprints):
    X, y = fingerprints
    model = make_classifier(module=Linear).fit(X, y)
    linear = model.net_.module_.linear
    expected = by_hand(
        linear.weight.detach().numpy().astype(float),
        linear.bias.detach().numpy().astype(float),
        X,
        np.searchsorted(model.classes_, y),
    )
    assert neg_gradient_of_error(model, X, y) == pytest.approx(expected, rel=1e-4)


def test_batches_make_no_difference(fingerprints, monkeypatch):
    X, y = fingerprints
    model = make_classifier(module=Linear).fit(X, y)
    whole = neg_gradient_of_error(model, X, y)
    monkeypatch.setattr("skseisfp.metrics.gradient.BATCH_SIZE", 7)
    assert neg_gradient_of_error(model, X, y) == pytest.approx(whole, rel=1e-5)


def test_training_makes_the_gradient_small(fingerprints):
    X, y = fingerprints
    options = {"module": Linear, "module__dropout_p": 0.0, "weight_decay": 0.0}
    start = FingerprintClassifier(lr=1e-6, max_epochs=1, random_state=0, **options)
    end = FingerprintClassifier(lr=0.1, max_epochs=150, random_state=0, **options)
    moving = neg_gradient_of_error(start.fit(X, y), X, y)
    resting = neg_gradient_of_error(end.fit(X, y), X, y)
    assert moving < 20 * resting < 0


def test_class_weights_have_no_effect(fingerprints):
    X, y = fingerprints
    y = np.where(np.arange(60) < 15, "blast", y)
    model = make_classifier(module=Linear, balance="weights").fit(X, y)
    linear = model.net_.module_.linear
    expected = by_hand(
        linear.weight.detach().numpy().astype(float),
        linear.bias.detach().numpy().astype(float),
        X,
        np.searchsorted(model.classes_, y),
    )
    assert neg_gradient_of_error(model, X, y) == pytest.approx(expected, rel=1e-4)


def test_network_is_left_as_it_was(fingerprints):
    X, y = fingerprints
    model = make_classifier(module=Linear).fit(X, y)
    before = [w.detach().clone() for w in model.net_.module_.parameters()]
    model.net_.module_.train()
    neg_gradient_of_error(model, X, y)
    assert model.net_.module_.training
    for weight, old in zip(model.net_.module_.parameters(), before, strict=True):
        torch.testing.assert_close(weight.detach(), old)
    again = make_classifier(module=Linear).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_view_0_is_used():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (16, 3, 1, 32, 32)).astype(np.uint8)
    y = np.arange(16) % 2
    model = make_classifier().fit(X, y)
    score = neg_gradient_of_error(model, X, y)
    assert score == neg_gradient_of_error(model, X[:, :1], y)
    assert score == pytest.approx(neg_gradient_of_error(model, X[:, 0, 0], y))
    assert score != neg_gradient_of_error(model, X[:, 1:], y)


def test_through_pipeline_search_and_vote(fingerprints):
    X, y = fingerprints
    flip = FunctionTransformer(lambda X: 1 - X)
    pipeline = Pipeline([("flip", flip), ("network", make_classifier(module=Linear))])
    bare = make_classifier(module=Linear).fit(1 - X, y)
    expected = neg_gradient_of_error(bare, 1 - X, y)
    assert neg_gradient_of_error(pipeline.fit(X, y), X, y) == expected
    vote = EventVoteClassifier(pipeline).fit(X, y)
    assert neg_gradient_of_error(vote, X, y) == expected
    alone = Pipeline([("network", make_classifier(module=Linear))]).fit(1 - X, y)
    assert neg_gradient_of_error(alone, 1 - X, y) == expected


def test_as_a_scorer_in_a_search(fingerprints):
    X, y = fingerprints
    search = GridSearchCV(
        make_classifier(module=Linear),
        {"lr": [1e-3, 1e-1]},
        cv=GroupKFold(3),
        scoring={"quality": "accuracy", "rest": neg_gradient_of_error},
        refit="quality",
        error_score="raise",
    ).fit(X, y, groups=np.arange(60) // 2)
    assert (search.cv_results_["mean_test_rest"] < 0).all()
    assert neg_gradient_of_error(search, X, y) < 0


def test_a_network_that_returns_probabilities(fingerprints):
    X, y = fingerprints
    codes = np.searchsorted(np.unique(y), y)
    plain = NeuralNetClassifier(
        Linear, module__probabilities=True, max_epochs=2, verbose=0, train_split=None
    ).fit(X.astype(np.float32), codes)

    class Holder:
        net_, classes_ = plain, np.array([0, 1])

    linear = plain.module_.linear
    expected = by_hand(
        linear.weight.detach().numpy().astype(float),
        linear.bias.detach().numpy().astype(float),
        X,
        codes,
    )
    assert neg_gradient_of_error(Holder(), X, codes) == pytest.approx(
        expected, rel=1e-4
    )


def test_bad_input_is_named(fingerprints):
    X, y = fingerprints
    with pytest.raises(
        TypeError, match="holds a network as net_; found LogisticRegression"
    ):
        neg_gradient_of_error(LogisticRegression().fit(X, y), X, y)
    with pytest.raises(ValueError, match="'rock', which is none of the classes"):
        neg_gradient_of_error(
            make_classifier(module=Linear).fit(X, y), X, ["rock"] * 60
        )

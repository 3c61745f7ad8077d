from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skseisfp.baselines import AfterSaad2024
from skseisfp.baselines.capsules import (
    MarginLoss,
    RoutedCapsules,
    lengths,
    route,
    squash,
)

SEEDS = st.integers(0, 2**32 - 1)


def draw(*shape, seed=0, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.floats(0, 1e3))
def test_squashed_vectors_keep_their_direction_and_fit_in_a_ball(seed, scale):
    vectors = draw(5, 4, seed=seed, scale=scale)
    squashed = squash(vectors)
    assert (squashed.norm(dim=-1) < 1).all()
    torch.testing.assert_close(
        squashed * vectors.norm(dim=-1, keepdim=True),
        vectors * squashed.norm(dim=-1, keepdim=True),
    )
    order = vectors.norm(dim=-1).argsort()
    assert (squashed.norm(dim=-1)[order].diff() >= 0).all()


@settings(deadline=None, max_examples=50)
@given(SEEDS, st.integers(1, 5), st.integers(2, 4))
def test_each_capsule_is_shared_out_in_full(seed, n_routings, n_capsules):
    votes = draw(3, 6, n_capsules, 4, seed=seed)
    capsules, shares = route(votes, n_routings)
    torch.testing.assert_close(shares.sum(dim=2), torch.ones(3, 6, dtype=votes.dtype))
    assert (shares > 0).all()
    assert capsules.shape == (3, n_capsules, 4)
    assert (capsules.norm(dim=-1) < 1).all()


@settings(deadline=None, max_examples=50)
@given(SEEDS)
def test_neither_order_nor_direction_of_the_space_matters(seed):
    votes = draw(2, 6, 3, 4, seed=seed)
    capsules, _ = route(votes, 3)
    torch.testing.assert_close(route(votes.flip(1), 3)[0], capsules)
    torch.testing.assert_close(route(votes.flip(2), 3)[0], capsules.flip(1))
    rotation, _ = torch.linalg.qr(draw(4, 4, seed=seed))
    torch.testing.assert_close(route(votes @ rotation, 3)[0], capsules @ rotation)


def test_one_round_shares_equally_and_more_reward_agreement():
    votes = draw(1, 8, 2, 4, scale=0.5)
    votes[:, :, 0] = torch.tensor([1.0, 0, 0, 0])
    capsules, shares = route(votes, 1)
    assert (shares == 0.5).all()
    torch.testing.assert_close(capsules, squash(votes.sum(dim=1) / 2))
    agreed = [route(votes, n)[1][0, :, 0].mean() for n in (1, 2, 3, 4)]
    assert all(after > before for before, after in pairwise(agreed))
    before, after = (lengths(route(votes, n)[0])[0] for n in (1, 4))
    assert after[0] > before[0]
    assert after[1] < before[1]


def test_vanishing_capsules_have_positive_lengths_and_finite_gradients():
    layer = RoutedCapsules(5, 4, 3, 4, n_routings=3)
    inputs = torch.zeros(2, 5, 4, requires_grad=True)
    scores = lengths(layer(squash(inputs)))
    assert (scores > 0).all()
    scores.sum().backward()
    assert inputs.grad.isfinite().all()
    assert layer.weight.grad.isfinite().all()


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0.95, 0.05, 0.1], 0.0),
        ([0.5, 0.1, 0.1], 0.4**2),
        ([0.9, 0.5, 0.3], 0.5 * (0.4**2 + 0.2**2)),
        ([0.0, 1.0, 0.0], 0.9**2 + 0.5 * 0.9**2),
    ],
)
def test_the_margin_loss_is_that_of_the_margins(scores, expected):
    scores = torch.tensor([scores, [0.9, 0.0, 0.0]], dtype=torch.float64)
    loss = MarginLoss()(scores, torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(expected / 2)


def fit_network(**params):
    X = np.random.default_rng(0).standard_normal((12, 3, 600))
    X[::2] = X[::2].cumsum(axis=-1)
    y = np.array(["earthquake", "blast", "collapse"] * 4)
    classifier = AfterSaad2024(
        **{
            "shape": (8, 32),
            "max_epochs": 2,
            "batch_size": 6,
            "early_stopping": False,
            "device": "cpu",
            "random_state": 0,
            **params,
        }
    )
    return classifier.fit(X, y), X


def test_probabilities_are_the_relative_lengths_of_the_class_capsules():
    classifier, X = fit_network()
    inputs = torch.as_tensor(classifier._represent(X)[:, 0], dtype=torch.float32)
    module = classifier.net_.net_.module_.eval()
    with torch.no_grad():
        scores = module(inputs).numpy()
    assert ((scores > 0) & (scores < 1)).all()
    np.testing.assert_allclose(
        classifier.predict_proba(X),
        scores / scores.sum(axis=1, keepdims=True),
        rtol=1e-5,
    )
    assert isinstance(classifier.net_.net_.criterion_, MarginLoss)
    dead = classifier.predict_proba(np.zeros_like(X))
    np.testing.assert_allclose(dead.sum(axis=1), 1)


def test_the_rounds_of_routing_change_the_network():
    one, X = fit_network(n_routings=1)
    three, _ = fit_network(n_routings=3)
    assert (one.predict_proba(X) != three.predict_proba(X)).any()


def test_scalograms_of_each_channel_are_relative_to_its_maximum():
    classifier = AfterSaad2024()
    time = np.arange(6000) / 100
    records = np.stack([np.sin(2 * np.pi * f * time) / f for f in (2.0, 8.0, 30.0)])
    images = classifier._represent(records[None])[0, 0]
    assert images.shape == (3, 20, 150)
    np.testing.assert_allclose(images.max(axis=(1, 2)), 1)
    rows = np.geomspace(1, 45, 20)[images.mean(axis=2).argmax(axis=1)]
    np.testing.assert_allclose(rows, [2, 8, 30], rtol=0.15)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"shape": (3, 64)}, "shape must be at least 4 x 4"),
        ({"n_routings": 0}, "n_routings must be an int in .* got 0"),
    ],
)
def test_invalid_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        fit_network(**params)


def test_predictions_do_not_depend_on_other_records():
    classifier, X = fit_network()
    alone = np.concatenate([classifier.predict_proba(record[None]) for record in X])
    np.testing.assert_allclose(classifier.predict_proba(X), alone, rtol=1e-9)
    assert classifier.net_.net_.module_.places.dtype == torch.float32

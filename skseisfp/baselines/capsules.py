"""Capsules: groups of neurons whose direction is a pose and whose length a belief."""

import torch
from torch import nn

_LEAST_SQUARE = 1e-8


def squash(vectors):
    """Shorten vectors to lengths from 0 to 1, along the last axis."""
    square = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * square / ((1 + square) * (square + _LEAST_SQUARE).sqrt())


def lengths(capsules):
    """Return the lengths of capsules, a little above zero where they vanish."""
    return (capsules.square().sum(dim=-1) + _LEAST_SQUARE).sqrt()


def route(votes, n_routings):
    """Let capsules agree on which of the next ones they belong to.

    Parameters
    ----------
    votes : Tensor of shape (n_records, n_inputs, n_capsules, n_dimensions)
        What each capsule says each of the next ones should be.
    n_routings : int
        Number of rounds; the first shares every capsule equally.

    Returns
    -------
    capsules : Tensor of shape (n_records, n_capsules, n_dimensions)
        The next capsules.
    shares : Tensor of shape (n_records, n_inputs, n_capsules)
        How much of each capsule went to each of the next ones; sums of one.
    """
    logits = votes.new_zeros(votes.shape[:-1])
    for number in range(n_routings):
        last = number == n_routings - 1
        seen = votes if last else votes.detach()
        shares = logits.softmax(dim=2)
        capsules = squash((shares[..., None] * seen).sum(dim=1))
        if not last:
            logits = logits + (seen * capsules[:, None]).sum(dim=-1)
    return capsules, shares


class RoutedCapsules(nn.Module):
    """Capsules that are made from others by routing."""

    def __init__(self, n_inputs, input_size, n_capsules, size, *, n_routings):
        super().__init__()
        self.n_routings = n_routings
        self.weight = nn.Parameter(torch.empty(n_inputs, n_capsules, input_size, size))
        nn.init.normal_(self.weight, std=(n_inputs * input_size) ** -0.5)

    def forward(self, X):
        """Return capsules of shape (n_records, n_capsules, size)."""
        votes = torch.einsum("nid,icde->nice", X, self.weight)
        return route(votes, self.n_routings)[0]


class MarginLoss(nn.Module):
    """Loss of the lengths of class capsules.

    The capsule of the true class is to be longer than 0.9, the others shorter than 0.1
    and of half the weight.
    """

    def forward(self, scores, y):
        """Return the mean over records."""
        present = nn.functional.one_hot(y, scores.shape[1]).to(scores.dtype)
        missed = (0.9 - scores).clamp(min=0).square()
        excess = (scores - 0.1).clamp(min=0).square()
        return (present * missed + 0.5 * (1 - present) * excess).sum(dim=1).mean()

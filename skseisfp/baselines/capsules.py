"""Capsules: groups of neurons with a direction, the pose, and a length, the belief."""

from __future__ import annotations

import torch
from torch import nn

_LEAST_SQUARE = 1e-8  # keeps the gradient of a length finite where it vanishes
# margins and weight of absent classes of Sabour, Frosst and Hinton (2017), section 3
_PRESENT = 0.9
_ABSENT = 0.1
_ABSENT_WEIGHT = 0.5


def squash(vectors: torch.Tensor) -> torch.Tensor:
    """Shorten vectors to lengths from 0 to 1, along the last axis."""
    square = vectors.square().sum(dim=-1, keepdim=True)
    return vectors * square / ((1 + square) * (square + _LEAST_SQUARE).sqrt())


def lengths(capsules: torch.Tensor) -> torch.Tensor:
    """Return the lengths of capsules, a little above zero where they vanish."""
    return (capsules.square().sum(dim=-1) + _LEAST_SQUARE).sqrt()


def route(votes: torch.Tensor, n_routings: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Let capsules agree on which of the next ones they belong to.

    Parameters
    ----------
    votes : Tensor of shape (n_records, n_inputs, n_capsules, n_dimensions)
        Prediction of each of the next capsules by each capsule.
    n_routings : int
        Number of rounds; the first shares every capsule equally.

    Returns
    -------
    capsules : Tensor of shape (n_records, n_capsules, n_dimensions)
        The next capsules.
    shares : Tensor of shape (n_records, n_inputs, n_capsules)
        Share of each capsule that went to each of the next ones; sums of one.
    """
    logits = votes.new_zeros(votes.shape[:-1])
    for _ in range(n_routings - 1):  # no gradient goes through the agreement
        capsules, _ = _share(votes.detach(), logits)
        logits = logits + (votes.detach() * capsules[:, None]).sum(dim=-1)
    return _share(votes, logits)


def _share(votes, logits):
    """Return the next capsules for given logits of the shares, and the shares."""
    shares = logits.softmax(dim=2)
    return squash((shares[..., None] * votes).sum(dim=1)), shares


class RoutedCapsules(nn.Module):
    """Capsules that are made from others by routing."""

    def __init__(
        self,
        n_inputs: int,
        input_size: int,
        n_capsules: int,
        size: int,
        *,
        n_routings: int,
    ) -> None:
        super().__init__()
        self.n_routings = n_routings
        self.weight = nn.Parameter(torch.empty(n_inputs, n_capsules, input_size, size))
        # so that the sum of all votes has the variance of the inputs
        nn.init.normal_(self.weight, std=(n_inputs * input_size) ** -0.5)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return capsules of shape (n_records, n_capsules, size)."""
        votes = torch.einsum("nid,icde->nice", X, self.weight)
        return route(votes, self.n_routings)[0]


class MarginLoss(nn.Module):
    """Loss of the lengths of class capsules.

    The capsule of the true class is to be longer than 0.9, the others shorter than 0.1
    and of half the weight.
    """

    def forward(self, scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the mean over records."""
        present = nn.functional.one_hot(y, scores.shape[1]).to(scores.dtype)
        missed = (_PRESENT - scores).clamp(min=0).square()
        excess = (scores - _ABSENT).clamp(min=0).square()
        absent = _ABSENT_WEIGHT * (1 - present)
        return (present * missed + absent * excess).sum(dim=1).mean()

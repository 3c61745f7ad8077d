"""The training of a stack of networks: steps, epochs and their history."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional
from torch.optim.lr_scheduler import CosineAnnealingLR

from ._network_stack import NetworkStack, mask_images


class StackTraining:
    """The training of networks of one shape.

    Parameters
    ----------
    fits : list
        What is trained, each with its `classifier`, its `network`, its items `train`,
        their `batches`, and the `settings` of its optimizer; those of equal settings
        are neighbours.
    """

    def __init__(self, fits: Sequence[Any]) -> None:
        self.fits = fits
        self.device = fits[0].classifier.device_
        shared: list[tuple[dict, int]] = []  # settings, and how many have them
        for fit in fits:
            same = shared and repr(shared[-1][0]) == repr(fit.settings)
            n_before = shared.pop()[1] if same else 0
            shared.append((fit.settings, n_before + 1))
        modules = [fit.network.module_ for fit in fits]
        self.lengths = [length for _, length in shared]
        self.stack = NetworkStack(modules, self.lengths).to(self.device)
        groups = [
            {**settings, "params": self.stack.parts(number)}
            for number, (settings, _) in enumerate(shared)
        ]
        kind: Callable[..., Any] = fits[0].classifier.optimizer
        self.optimizer = kind(groups)
        self.class_weight = self._weigh_classes()

    def _weigh_classes(self):
        """Return the weights of the classes of each network, None without any."""
        weights: list[Any] = [fit.network.criterion_.weight for fit in self.fits]
        if all(weight is None for weight in weights):
            return None
        (known, *_) = (weight for weight in weights if weight is not None)
        ones = torch.ones_like(known)
        return torch.stack([ones if one is None else one for one in weights])

    def run(self) -> npt.NDArray[np.float64]:
        """Train for all epochs, give weights and histories to the networks.

        Returns
        -------
        ndarray of shape (n_steps, n_networks)
            Losses of the batches.
        """
        classifier = self.fits[0].classifier
        schedule = None
        if classifier.lr_schedule == "cosine":
            schedule = CosineAnnealingLR(self.optimizer, classifier.max_epochs)
        losses = [self._run_epoch(schedule) for _ in range(classifier.max_epochs)]
        self.stack.unstack()
        return np.concatenate(losses)

    def _run_epoch(self, schedule):
        """Train for an epoch, note it in the histories, return its losses."""
        start = time.time()
        batches = list(zip(*(fit.batches.draw() for fit in self.fits), strict=True))
        steps = [self._step(indices) for indices in batches]
        losses, hits = torch.stack(steps, dim=1).cpu().numpy().astype(np.float64)
        sizes = [[len(index) for index in indices] for indices in batches]
        means = [np.average(values, axis=0, weights=sizes) for values in (losses, hits)]
        rates = [group["lr"] for group in self.optimizer.param_groups]
        rates = np.repeat(rates, self.lengths)
        if schedule is not None:
            schedule.step()
        for place, fit in enumerate(self.fits):
            history = fit.network.history
            history.new_epoch()
            history.record("epoch", len(history))
            history.record("dur", time.time() - start)
            history.record("train_loss", means[0][place])
            history.record("train_accuracy", means[1][place])
            if schedule is not None:
                history.record("event_lr", rates[place])
        return losses

    def _step(self, indices):
        """Train on a batch of each network; return their losses and accuracies."""
        sizes = [len(index) for index in indices]
        items = [fit.train[at] for fit, at in zip(self.fits, indices, strict=True)]
        X, y = (_stack(parts, max(sizes)) for parts in zip(*items, strict=True))
        X, y = X.to(self.device).to(torch.float32), y.to(self.device)
        mask = mask_images(sizes, self.device)
        self.optimizer.zero_grad()
        output = self.stack(X, sizes)
        losses = _mean_losses(output, y, mask, self.class_weight)
        losses.sum().backward()
        self.optimizer.step()
        hits = (output.detach().argmax(2) == y).to(losses.dtype)
        hits = hits.mean(1) if mask is None else (hits * mask).sum(1) / mask.sum(1)
        return torch.stack([losses.detach(), hits])


def _stack(parts, length):
    """Return tensors as one, filled up with zeros to a length."""
    if all(len(part) == length for part in parts):
        return torch.stack(parts)
    stacked = parts[0].new_zeros((len(parts), length, *parts[0].shape[1:]))
    for place, part in zip(stacked, parts, strict=True):
        place[: len(part)] = part
    return stacked


def _mean_losses(output, y, mask, class_weight):
    """Return the loss of each network, of the items that are there."""
    losses = functional.cross_entropy(
        output.flatten(0, 1), y.flatten(), reduction="none"
    ).view_as(y)
    if mask is None and class_weight is None:
        return losses.mean(1)
    weights = torch.ones_like(losses)
    if class_weight is not None:
        weights = class_weight.gather(1, y)
    if mask is not None:
        weights = weights * mask
    return (losses * weights).sum(1) / weights.sum(1)

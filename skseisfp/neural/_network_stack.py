"""Networks of one shape as one: each has its own weights and its own random numbers.

Images of K networks are the channels of one batch, (n_images, K * n_channels, rows,
columns), which a convolution in K groups and one batch normalisation take. Features are
(K, n_images, n_features), which a product of matrices in batches takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional

from .layers import GeneratorDropout


class _Batch(NamedTuple):
    """How many images each network has, and which are there if not all have as many."""

    sizes: Sequence[int]
    mask: torch.Tensor | None


class NetworkStack(nn.Module):
    """Networks of one shape as one.

    Parameters
    ----------
    modules : list of FingerprintCNN or FingerprintMLP
        The networks; their layers differ in weights and in dropout only.
    lengths : list of int
        Numbers of networks that share the settings of the optimizer, one after another.
    """

    def __init__(self, modules: Sequence[Any], lengths: Sequence[int]) -> None:
        super().__init__()
        rows = list(zip(*(module.layers for module in modules), strict=True))
        self.takes_images = images = isinstance(rows[0][0], nn.Conv2d)
        self.layers = nn.ModuleList()
        for row in rows:
            kind = type(row[0])
            if kind is nn.Flatten:
                self.layers.append(_Flatten(len(row) if images else None))
                images = False
            elif kind is GeneratorDropout:
                self.layers.append(_Dropout(row, of_images=images))
            else:
                self.layers.append(_BUILDERS.get(kind, _Same)(row, lengths))

    def forward(self, X: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
        """Return the logits of the classes.

        Parameters
        ----------
        X : Tensor of shape (n_networks, n_images, ...)
            Fingerprints; those after the images of a network do not count.
        sizes : sequence of int
            Number of images of each network.

        Returns
        -------
        Tensor of shape (n_networks, n_images, n_classes)
            Logits.
        """
        batch = _Batch(sizes, mask_images(sizes, X.device))
        if self.takes_images:
            X = X.transpose(0, 1).flatten(1, 2)
        for layer in self.layers:
            X = layer(X, batch)
        return X

    def parts(self, number: int) -> list[nn.Parameter]:
        """Return the weights of the networks that share settings of the optimizer."""
        return [one.parts[number] for one in self.modules() if isinstance(one, _Tensor)]

    @torch.no_grad()
    def unstack(self) -> None:
        """Give weights and moments back to the networks."""
        for part in self.modules():
            if isinstance(part, (_Tensor, _Norm)):
                part.give_back()


def mask_images(
    sizes: Sequence[int], device: torch.device | str
) -> torch.Tensor | None:
    """Return which images of (n_networks, n_images) are there, None if all are."""
    if min(sizes) == max(sizes):
        return None
    numbers = torch.arange(max(sizes), device=device)
    return numbers < torch.tensor(sizes, device=device)[:, None]


class _Tensor(nn.Module):
    """A weight of all networks, in parts that share settings of the optimizer."""

    def __init__(self, tensors: Sequence[torch.Tensor], lengths: Sequence[int]) -> None:
        super().__init__()
        self.sources = tensors
        stacked = torch.stack([tensor.detach() for tensor in tensors])
        parts = stacked.split(list(lengths))
        self.parts: Any = nn.ParameterList([part.clone() for part in parts])

    def forward(self) -> torch.Tensor:
        """Return the weights of all networks along the first axis."""
        parts = list(self.parts)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def give_back(self) -> None:
        """Copy the weights to the networks."""
        for source, values in zip(self.sources, self(), strict=True):
            source.copy_(values)


class _Convolution(nn.Module):
    """Convolutions, in groups."""

    def __init__(self, layers: Sequence[nn.Conv2d], lengths: Sequence[int]) -> None:
        super().__init__()
        self.weight = _Tensor([layer.weight for layer in layers], lengths)
        self.bias = _Tensor([_bias(layer) for layer in layers], lengths)
        self.settings: Any = layers[0].stride, layers[0].padding, 1, len(layers)

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return the outputs as channels."""
        weight, bias = self.weight().flatten(0, 1), self.bias().flatten()
        return functional.conv2d(x, weight, bias, *self.settings)


class _Linear(nn.Module):
    """Fully connected layers."""

    def __init__(self, layers: Sequence[nn.Linear], lengths: Sequence[int]) -> None:
        super().__init__()
        self.weight = _Tensor([layer.weight for layer in layers], lengths)
        self.bias = _Tensor([_bias(layer) for layer in layers], lengths)

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return the features of each network."""
        return torch.baddbmm(self.bias().unsqueeze(1), x, self.weight().mT)


def _bias(layer):
    """Return the bias of a layer; those of this package have one."""
    assert layer.bias is not None
    return layer.bias


class _Norm(nn.Module):
    """Batch normalisations, each by the moments of its own images."""

    def __init__(self, layers: Sequence[Any], lengths: Sequence[int]) -> None:
        super().__init__()
        self.sources = layers
        self.weight = _Tensor([layer.weight for layer in layers], lengths)
        self.bias = _Tensor([layer.bias for layer in layers], lengths)
        self.mean = torch.cat([layer.running_mean for layer in layers])
        self.variance = torch.cat([layer.running_var for layer in layers])
        self.n_batches = 0

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return normalised images, and update the running moments."""
        first = self.sources[0]
        self.n_batches += 1
        weight, bias = self.weight().flatten(), self.bias().flatten()
        settings = weight, bias, True, first.momentum, first.eps
        if batch.mask is None:
            return functional.batch_norm(x, self.mean, self.variance, *settings)
        n_networks = len(batch.sizes)
        x = x.unflatten(1, (n_networks, -1))
        there = batch.mask.T[:, :, None, None, None].to(x.dtype)
        counts = x.shape[3] * x.shape[4] * there.sum((0, 3, 4))
        mean = (x * there).sum((0, 3, 4)) / counts
        centred = (x - mean[:, :, None, None]) * there
        variance = centred.square().sum((0, 3, 4)) / counts
        self._update(mean, variance * counts / (counts - 1), first.momentum)
        slope = weight * (variance.flatten() + first.eps).rsqrt()
        return centred.flatten(1, 2) * slope[:, None, None] + bias[:, None, None]

    @torch.no_grad()
    def _update(self, mean, variance, momentum):
        """Move the running moments towards those of a batch."""
        self.mean.lerp_(mean.flatten(), momentum)
        self.variance.lerp_(variance.flatten(), momentum)

    def give_back(self) -> None:
        """Copy the running moments to the networks."""
        n_networks = len(self.sources)
        means, variances = self.mean.chunk(n_networks), self.variance.chunk(n_networks)
        for layer, mean, variance in zip(self.sources, means, variances, strict=True):
            layer.running_mean.copy_(mean)
            layer.running_var.copy_(variance)
            layer.num_batches_tracked += self.n_batches


class _Dropout(nn.Module):
    """Dropout of each network by its own probability, drawn from its own generator."""

    scales: torch.Tensor

    def __init__(self, layers: Sequence[GeneratorDropout], of_images: bool) -> None:
        super().__init__()
        self.sources = layers
        self.axis = 1 if of_images else 0
        scales = torch.tensor([1 / (1 - layer.p) for layer in layers])
        self.register_buffer("scales", scales)

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Zero elements at random."""
        if all(layer.p == 0 for layer in self.sources):
            return x
        values = x.unflatten(1, (len(self.sources), -1)) if self.axis else x
        keep = torch.zeros(values.shape, dtype=torch.bool, device=x.device)
        for layer, size, kept in zip(
            self.sources, batch.sizes, keep.movedim(self.axis, 0), strict=True
        ):
            if layer.p:
                words = layer.draw((size, *kept.shape[1:]), x.device)
                torch.ge(words, layer.threshold, out=kept[:size])
            else:
                kept[:] = True
        ones = [1] * (values.ndim - 1 - self.axis)
        scales = self.scales.view(len(self.sources), *ones)
        return (values * keep.to(x.dtype).mul_(scales)).view_as(x)


class _Same(nn.Module):
    """A layer that treats all channels and features alike."""

    def __init__(self, layers: Sequence[nn.Module], lengths: Sequence[int]) -> None:
        super().__init__()
        self.layer = layers[0]

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return the output of the layer."""
        return self.layer(x)


class _Flatten(nn.Module):
    """Make features of images, or of fingerprints."""

    def __init__(self, n_networks: int | None) -> None:
        super().__init__()
        self.n_networks = n_networks  # whose channels images have

    def forward(self, x: torch.Tensor, batch: _Batch) -> torch.Tensor:
        """Return the features of each network."""
        if self.n_networks is not None:
            x = x.unflatten(1, (self.n_networks, -1)).transpose(0, 1)
        return x.flatten(2)


_BUILDERS = {nn.Conv2d: _Convolution, nn.BatchNorm2d: _Norm, nn.Linear: _Linear}

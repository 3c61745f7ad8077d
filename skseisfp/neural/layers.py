"""Layers that draw from a generator of their own, and networks built from a plan."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import nn

from .architecture import BATCH_NORMALIZATION, RELU, Layer
from .catalogue import CONVOLUTION, DROPOUT, FULLY_CONNECTED, POOLING

# values of a 16-bit integer: a probability is rounded by 2**-17 at most, below 1e-5
_LEVELS = 2**16


class GeneratorDropout(nn.Module):
    """Dropout that draws from its own generator, if it is given one.

    The masks are made from 16-bit random integers, several times faster on a CPU than
    `torch.nn.Dropout`; probabilities are exact to 1e-5.

    Parameters
    ----------
    p : float
        Probability to drop an element, in [0, 1).
    """

    p: float
    generator: torch.Generator | None

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zero elements at random while training."""
        if not self.training or self.p == 0:
            return x
        threshold = round(self.p * _LEVELS) - _LEVELS // 2
        keep = self._draw(x) >= threshold
        return x * keep.to(x.dtype).mul_(1 / (1 - self.p))

    def _draw(self, x):
        """Return uniform 16-bit integers in the shape of x."""
        n_words = -(-x.numel() // 4)  # of 64 bits, four integers each
        words = torch.empty(n_words, dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator)
        return words.view(torch.int16)[: x.numel()].view(x.shape)

    def extra_repr(self) -> str:
        """Show the probability."""
        return f"p={self.p}"


class GeneratorModule(nn.Module):
    """A module whose dropout can be given a generator.

    `FingerprintClassifier` passes the generator of each fit to modules that have
    `set_generator`; for the forward pass of others it seeds torch's global one.
    """

    def set_generator(self, generator: torch.Generator | None) -> None:
        """Let all dropout layers draw from a generator.

        Parameters
        ----------
        generator : torch.Generator or None
            A generator on the device of the module; None is the global one.
        """
        for module in self.modules():
            if isinstance(module, GeneratorDropout):
                module.generator = generator


def build_layers(plan: Iterable[Layer]) -> nn.Sequential:
    """Return the torch layers of a plan, flattened before the fully connected ones."""
    layers = OrderedDict()
    for layer in plan:
        if layer.kind == FULLY_CONNECTED and "flatten" not in layers:
            layers["flatten"] = nn.Flatten()
        layers[layer.name] = _BUILDERS[layer.kind](layer)
    return nn.Sequential(layers)


def _convolution(layer):
    """Return the torch layer of a planned convolution."""
    settings = layer.settings
    return nn.Conv2d(
        layer.input_shape[0],
        settings["n_filters"],
        settings["filter_size"],
        settings["stride"],
        settings["padding"],
    )


_BUILDERS = {
    CONVOLUTION: _convolution,
    BATCH_NORMALIZATION: lambda layer: nn.BatchNorm2d(layer.input_shape[0]),
    RELU: lambda layer: nn.ReLU(),
    DROPOUT: lambda layer: GeneratorDropout(layer.settings["p"]),
    POOLING: lambda layer: nn.AvgPool2d(
        layer.settings["size"], layer.settings["stride"]
    ),
    FULLY_CONNECTED: lambda layer: nn.Linear(
        layer.input_shape[0], layer.settings["size"]
    ),
}

"""Layers that draw from a generator of their own, and their making from a plan."""

from collections import OrderedDict

import torch
from torch import nn

from .architecture import BATCH_NORMALIZATION, RELU
from .catalogue import CONVOLUTION, DROPOUT, FULLY_CONNECTED, POOLING

_LEVELS = 2**16


class GeneratorDropout(nn.Module):
    """Dropout that draws from an own generator, if it is given one.

    The masks are made from 16-bit random integers, several times faster on a CPU than
    `torch.nn.Dropout`; probabilities are exact to 1e-5.
    """

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        """Zero elements at random while training."""
        if not self.training or self.p == 0:
            return x
        threshold = round(self.p * _LEVELS) - _LEVELS // 2
        keep = self._draw(x) >= threshold
        return x * keep.to(x.dtype).mul_(1 / (1 - self.p))

    def _draw(self, x):
        """Return uniform 16-bit integers in the shape of x."""
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None, generator=self.generator)
        return words.view(torch.int16)[: x.numel()].view(x.shape)

    def extra_repr(self):
        """Show the probability."""
        return f"p={self.p}"


class GeneratorModule(nn.Module):
    """A module whose dropout can be given a generator.

    `FingerprintClassifier` hands each fit's generator to modules that have
    `set_generator`; around the forward pass of others it lends torch's global one.
    """

    def set_generator(self, generator):
        """Let all dropout layers draw from a generator.

        Parameters
        ----------
        generator : torch.Generator or None
            A generator on the device of the module; None is the global one.
        """
        for module in self.modules():
            if isinstance(module, GeneratorDropout):
                module.generator = generator


def build_layers(plan):
    """Make the torch layers of a plan, flattened before the fully connected ones."""
    layers = OrderedDict()
    for layer in plan:
        if layer.kind == FULLY_CONNECTED and "flatten" not in layers:
            layers["flatten"] = nn.Flatten()
        layers[layer.name] = _BUILDERS[layer.kind](layer)
    return nn.Sequential(layers)


def _convolution(layer):
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

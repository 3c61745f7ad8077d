"""Layers that draw from a generator of their own, and networks built from a plan."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch import nn

from .._compat import has_hooks
from ._fused_training import Cycle, FusedTraining, fused_cycle, output_size
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
        keep = self.draw(x.shape, x.device) >= self.threshold
        return x * keep.to(x.dtype).mul_(1 / (1 - self.p))

    @property
    def threshold(self) -> int:
        """Return the least 16-bit integer whose element is kept."""
        return round(self.p * _LEVELS) - _LEVELS // 2

    def draw(self, shape: Sequence[int], device: torch.device | str) -> torch.Tensor:
        """Return uniform 16-bit integers, one for each element.

        Parameters
        ----------
        shape : tuple of int
            Shape of the elements.
        device : torch.device
            Their device, that of the generator.

        Returns
        -------
        Tensor of int16 of the shape
            The integers.
        """
        n_elements = prod(shape)
        n_words = -(-n_elements // 4)  # of 64 bits, four integers each
        words = torch.empty(n_words, dtype=torch.int64, device=device)
        words.random_(-(2**63), None, generator=self.generator)
        return words.view(torch.int16)[:n_elements].view(shape)

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


class CycleLayers(nn.Sequential):
    """Layers whose cycles are computed at once, while `fused_training` lasts."""

    fused: FusedTraining | None = None

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the output of the last layer."""
        if self.fused is None or not self.training or X.device.type != "cpu":
            return super().forward(X)
        layers = list(self)
        while layers:
            length = len(_CYCLE)
            if _is_cycle(layers[:length], X):
                X = _run_cycle(layers[:length], X, self.fused)
                layers = layers[length:]
            else:
                X = layers.pop(0)(X)
        return X

    def __getstate__(self) -> dict[str, Any]:
        """Return the state, without threads and memory of a fit."""
        return {name: value for name, value in vars(self).items() if name != "fused"}


@contextmanager
def fused_training(module: nn.Module, n_threads: int) -> Iterator[None]:
    """Let a module compute its cycles at once, in compiled loops.

    Parameters
    ----------
    module : Module
        A module; `CycleLayers` in it are changed.
    n_threads : int
        Number of threads; the results do not depend on it.
    """
    parts = [part for part in module.modules() if isinstance(part, CycleLayers)]
    training = FusedTraining(n_threads)
    try:
        for part in parts:
            part.fused = training
        yield
    finally:
        for part in parts:
            part.fused = None
        training.close()


def has_cycles(module: nn.Module) -> bool:
    """Return whether `fused_training` makes a difference for a module."""
    return any(isinstance(part, CycleLayers) for part in module.modules())


def _is_cycle(layers, x):
    """Return whether layers are an unchanged cycle in training."""
    if [type(layer) for layer in layers] != _CYCLE:
        return False
    if any(map(has_hooks, layers)):
        return False
    convolution, norm, _, dropout, _ = layers
    size = output_size(x, convolution.weight, convolution.stride, convolution.padding)
    return (
        norm.training
        and dropout.training
        and x.dtype == convolution.weight.dtype
        and len(x) * prod(size) > 1  # torch raises for the moments of one element
    )


def _run_cycle(layers, x, fused):
    """Return the output of a cycle."""
    convolution, norm, _, dropout, pool = layers
    weight, stride, padding = (
        convolution.weight,
        convolution.stride,
        convolution.padding,
    )
    shape = (len(x), len(weight), *output_size(x, weight, stride, padding))
    cycle = Cycle(
        stride,
        padding,
        norm,
        dropout.threshold,
        1 - dropout.p,
        pool.kernel_size,
        pool.stride,
    )

    def draw():
        return dropout.draw(shape, "cpu").numpy() if dropout.p else None

    return fused_cycle(x, convolution, cycle, draw, fused)


def build_layers(plan: Iterable[Layer]) -> CycleLayers:
    """Return the torch layers of a plan, flattened before the fully connected ones."""
    layers = OrderedDict()
    for layer in plan:
        if layer.kind == FULLY_CONNECTED and "flatten" not in layers:
            layers["flatten"] = nn.Flatten()
        layers[layer.name] = _BUILDERS[layer.kind](layer)
    return CycleLayers(layers)


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


_CYCLE: list[type[nn.Module]] = [
    nn.Conv2d,
    nn.BatchNorm2d,
    nn.ReLU,
    GeneratorDropout,
    nn.AvgPool2d,
]
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

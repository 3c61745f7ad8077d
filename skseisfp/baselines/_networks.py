"""Parts of the published networks that torch lacks."""

from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ..neural.layers import GeneratorModule


def pad_same(X, size, stride, value=0.0):
    """Pad time so that a window gives ceil(n / stride) points, as TensorFlow does."""
    n_samples = X.shape[-1]
    n_out = -(-n_samples // stride)
    total = max((n_out - 1) * stride + size - n_samples, 0)
    return functional.pad(X, (total // 2, total - total // 2), value=value)


def pad_to(X, least):
    """Pad the ends of the last axes with zeros to the sizes that a network needs."""
    first = X.ndim - len(least)
    missing = np.maximum(np.array(least) - X.shape[first:], 0)
    if not missing.any():
        return X
    return np.pad(X, [(0, 0)] * first + [(0, n) for n in missing])


class SameConv1d(nn.Conv1d):
    """Convolution padded as TensorFlow's ``SAME``."""

    def forward(self, X):
        """Convolve."""
        return super().forward(pad_same(X, self.kernel_size[0], self.stride[0]))


class SameMaxPool1d(nn.MaxPool1d):
    """Largest value, padded as TensorFlow's ``SAME``."""

    def forward(self, X):
        """Pool."""
        stride = self.stride
        return super().forward(pad_same(X, self.kernel_size, stride, -torch.inf))


class BinaryHead(nn.Linear):
    """Output of a sigmoid for two classes, of a softmax for more.

    One output z stands for the logits (0, z), whose softmax is the sigmoid of z.
    """

    def __init__(self, n_inputs, n_classes):
        super().__init__(n_inputs, 1 if n_classes == 2 else n_classes)

    def forward(self, X):
        """Return the logits of all classes."""
        logits = super().forward(X)
        if self.out_features > 1:
            return logits
        return torch.cat([torch.zeros_like(logits), logits], dim=1)


class LayeredNet(GeneratorModule):
    """Base of networks whose `layers` are one sequence."""

    layers: nn.Sequential

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X)


class WaveformNet(LayeredNet):
    """Base of networks on records of shape (n_records, 1, n_channels, n_samples)."""

    def forward(self, X, **kwargs):
        """Return the logits of the classes."""
        return self.layers(X[:, 0])


def count_outputs(layers, shape):
    """Count the outputs of layers for one input of a shape."""
    with torch.no_grad():
        output = deepcopy(layers).to("meta").eval()(torch.empty(1, *shape).to("meta"))
    return output[0].numel()


def initialise(module, *, draw=nn.init.xavier_uniform_):
    """Draw the weights, by the default of Keras if no other is given; biases are 0."""
    for part in module.modules():
        if isinstance(part, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            draw(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)

"""Well-known deep networks of images, as networks along time."""

import torch
from torch import nn

from ..neural.layers import GeneratorDropout

# Convolutions and filters between the pools, configurations D and E of Simonyan and
# Zisserman (2015), table 1
_VGG16 = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
_VGG19 = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
# Filters of the four branches of each inception, of which the two in the middle are
# reduced first: Szegedy et al. (2015), table 1
_INCEPTIONS = (
    (
        (64, (96, 128), (16, 32), 32),
        (128, (128, 192), (32, 96), 64),
    ),
    (
        (192, (96, 208), (16, 48), 64),
        (160, (112, 224), (24, 64), 64),
        (128, (128, 256), (24, 64), 64),
        (112, (144, 288), (32, 64), 64),
        (256, (160, 320), (32, 128), 128),
    ),
    (
        (256, (160, 320), (32, 128), 128),
        (384, (192, 384), (48, 128), 128),
    ),
)


class _Inception(nn.Module):
    """Branches of several window sizes, side by side."""

    def __init__(self, n_inputs, sizes):
        super().__init__()
        single, (reduced, middle), (narrow, wide), pooled = sizes
        self.branches = nn.ModuleList(
            [
                _convolution(n_inputs, single, 1),
                _convolution(n_inputs, reduced, 1).extend(
                    _convolution(reduced, middle, 3)
                ),
                _convolution(n_inputs, narrow, 1).extend(_convolution(narrow, wide, 5)),
                nn.Sequential(nn.MaxPool1d(3, stride=1, padding=1)).extend(
                    _convolution(n_inputs, pooled, 1)
                ),
            ]
        )
        self.n_outputs = single + middle + wide + pooled

    def forward(self, X):
        """Return the outputs of all branches."""
        return torch.cat([branch(X) for branch in self.branches], dim=1)


def _convolution(n_inputs, n_filters, size, stride=1):
    """Return a convolution with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv1d(n_inputs, n_filters, size, stride, padding=size // 2),
        nn.BatchNorm1d(n_filters),
        nn.ReLU(),
    )


def _scale(size, width):
    """Return a number of filters times the width, at least one."""
    return max(round(size * width), 1)


def _pool():
    """Return the pool that halves the samples."""
    return nn.MaxPool1d(3, stride=2, padding=1)


def _dense_head(n_inputs, n_classes, width):
    """Return the three fully connected layers of AlexNet and VGG."""
    size = _scale(4096, width)
    return (
        nn.AdaptiveAvgPool1d(7),
        nn.Flatten(),
        nn.Linear(7 * n_inputs, size),
        nn.ReLU(),
        GeneratorDropout(0.5),
        nn.Linear(size, size),
        nn.ReLU(),
        GeneratorDropout(0.5),
        nn.Linear(size, n_classes),
    )


def _make_alex_net(n_inputs, n_classes, width):
    """Return AlexNet along time."""
    sizes = [_scale(n, width) for n in (96, 256, 384, 384, 256)]
    layers = _convolution(n_inputs, sizes[0], 11, stride=4).append(_pool())
    layers.extend(_convolution(sizes[0], sizes[1], 5).append(_pool()))
    for number in (2, 3, 4):
        layers.extend(_convolution(sizes[number - 1], sizes[number], 3))
    return layers.append(_pool()).extend(_dense_head(sizes[-1], n_classes, width))


def _make_vgg(blocks):
    """Return a function that makes a VGG network along time."""

    def make(n_inputs, n_classes, width):
        layers = nn.Sequential()
        for n_convolutions, size in blocks:
            n_filters = _scale(size, width)
            for _ in range(n_convolutions):
                layers.extend(_convolution(n_inputs, n_filters, 3))
                n_inputs = n_filters
            layers.append(nn.MaxPool1d(2))
        return layers.extend(_dense_head(n_inputs, n_classes, width))

    return make


def _make_google_net(n_inputs, n_classes, width):
    """Return GoogLeNet along time, without its auxiliary outputs."""
    first, last = _scale(64, width), _scale(192, width)
    layers = _convolution(n_inputs, first, 7, stride=2).append(_pool())
    layers.extend(_convolution(first, first, 1)).extend(_convolution(first, last, 3))
    n_inputs = last
    for group in _INCEPTIONS:
        layers.append(_pool())
        for single, *middle, pooled in group:
            pairs = [tuple(_scale(n, width) for n in pair) for pair in middle]
            sizes = _scale(single, width), *pairs, _scale(pooled, width)
            inception = _Inception(n_inputs, sizes)
            layers.append(inception)
            n_inputs = inception.n_outputs
    head = (nn.AdaptiveAvgPool1d(1), nn.Flatten(), GeneratorDropout(0.4))
    return layers.extend(head).append(nn.Linear(n_inputs, n_classes))


STRUCTURES = {
    "alexnet": _make_alex_net,
    "vgg16": _make_vgg(_VGG16),
    "vgg19": _make_vgg(_VGG19),
    "googlenet": _make_google_net,
}

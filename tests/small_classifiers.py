"""Small fingerprints, and classifiers that learn them at once, for their tests."""

import numpy as np
import torch
from skorch.callbacks import Callback
from torch import nn

from skseisfp.neural import FingerprintClassifier

N_RECORDS = 36


def make_fingerprints(n=N_RECORDS, seed=0, shape=(16, 16), contrast=0.4):
    """Fingerprints whose upper half is fuller for blasts, eight records an event."""
    rng = np.random.default_rng(seed)
    blast = np.arange(n) % 3 == 0
    X = (rng.random((n, *shape)) < 0.1).astype(np.uint8)
    X[blast, : shape[0] // 2] |= rng.random((blast.sum(), shape[0] // 2, shape[1])) < (
        contrast
    )
    y = np.where(blast, "blast", "earthquake")
    return X, y


def make_views(n=N_RECORDS, n_views=3, n_channels=2):
    X, y = make_fingerprints(n, shape=(16, 16))
    views = np.repeat(X[:, None, None], n_views, axis=1)
    rng = np.random.default_rng(1)
    views = np.repeat(views, n_channels, axis=2)
    return (views ^ (rng.random(views.shape) < 0.05)).astype(np.int8), y


def make_classifier(**params):
    defaults = {
        "max_epochs": 4,
        "batch_size": 16,
        "random_state": 0,
        "module__conv2_n_filters": 8,
        "device": "cpu",
    }
    return FingerprintClassifier(**{**defaults, **params})


def weights(classifier):
    return classifier.net_.module_.state_dict()


def same_weights(first, second):
    return all(map(torch.equal, weights(first).values(), weights(second).values()))


class Foreign(nn.Module):
    """A module with torch's own dropout and without `set_generator`."""

    def __init__(self, n_classes=2, width=4):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.LazyLinear(width), nn.Dropout(0.5), nn.Linear(width, 2)
        )

    def forward(self, X):
        return self.layers(X)


class Module(nn.Module):
    """A module that keeps the shape and the number of classes that it gets."""

    def __init__(self, input_shape, n_classes):
        super().__init__()
        self.given = (tuple(input_shape), n_classes)
        self.layer = nn.Linear(int(np.prod(input_shape)), n_classes)

    def forward(self, X):
        assert X.dtype == torch.float32
        return self.layer(X.flatten(1))


class Stopper(Callback):
    def __init__(self, after=2):
        self.after = after

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.after:
            raise KeyboardInterrupt

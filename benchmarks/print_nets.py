"""Nets on flat prints of two planes, and ways to train them, to be tried out."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from torch import nn

from skseisfp.neural import FingerprintMLP
from skseisfp.signal import haar_matrix

SIZE = 64
MAX_STATIONS = 8


class HaarLevelNet(nn.Module):
    """A narrow layer for each level of the standard Haar transform, then one for all.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of a flat print of two planes of 64 x 64.
    n_classes : int
        Number of classes.
    width : int, default=4
        Outputs of the layer of a level.
    dropout_p : float, default=0.5
        Probability to drop one of them.
    """

    def __init__(self, input_shape, n_classes, *, width=4, dropout_p=0.5):
        super().__init__()
        steps = np.arange(SIZE)
        scale = np.where(steps > 0, np.log2(np.maximum(steps, 1)).astype(int) + 1, 0)
        level = np.add.outer(100 * scale, scale).ravel()
        self.members = [
            torch.from_numpy(np.flatnonzero(np.tile(level == one, 2)))
            for one in np.unique(level)
        ]
        self.levels = nn.ModuleList(
            nn.Linear(len(members), width) for members in self.members
        )
        self.head = nn.Sequential(
            nn.ReLU(),
            nn.Dropout(dropout_p),
            nn.Linear(width * len(self.members), n_classes),
        )

    def forward(self, X):
        """Return the logits."""
        parts = [
            level(X[:, members])
            for level, members in zip(self.levels, self.members, strict=True)
        ]
        return self.head(torch.cat(parts, dim=1))


class InversePrintNet(nn.Module):
    """A convolutional net on the sparse print, back in time and frequency.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of a flat print of two planes of 64 x 64.
    n_classes : int
        Number of classes.
    dropout_p : float, default=0.5
        Probability to drop an input of the last layer.
    """

    def __init__(self, input_shape, n_classes, *, dropout_p=0.5):
        super().__init__()
        haar = torch.tensor(haar_matrix(SIZE), dtype=torch.float32)
        self.register_buffer("haar", haar, persistent=False)
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(8, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(dropout_p),
            nn.Linear(16 * (SIZE // 4) ** 2, n_classes),
        )

    def forward(self, X):
        """Return the logits."""
        planes = X.view(-1, 2, SIZE, SIZE)
        images = self.haar.T @ (planes[:, 0] - planes[:, 1]) @ self.haar
        return self.layers(images[:, None])


class StationPoolNet(nn.Module):
    """One layer for the print of each station, whose outputs are averaged.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of the prints of `MAX_STATIONS` stations in a row; zeros are no station.
    n_classes : int
        Number of classes.
    width : int, default=64
        Outputs of the layer.
    dropout_p : float, default=0.5
        Probability to drop one of them.
    """

    def __init__(self, input_shape, n_classes, *, width=64, dropout_p=0.5):
        super().__init__()
        self.embed = nn.Sequential(
            nn.Linear(input_shape[0] // MAX_STATIONS, width), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Dropout(dropout_p), nn.Linear(width, n_classes))

    def forward(self, X):
        """Return the logits."""
        stations = X.view(len(X), MAX_STATIONS, -1)
        present = stations.any(dim=2, keepdim=True).to(X.dtype)
        pooled = (self.embed(stations) * present).sum(1) / present.sum(1).clamp(min=1)
        return self.head(pooled)


class StationPooled(ClassifierMixin, BaseEstimator):
    """Fit a net on random sets of stations of an event; ask it for whole events.

    The first two columns of X are the code of the event, in base 128; the others are
    the print. Every record is given the answer of its event.

    Parameters
    ----------
    net : FingerprintClassifier
        A net on the prints of `MAX_STATIONS` stations in a row.
    n_sets : int, default=5
        Number of sets drawn of each event, of one to all stations.
    """

    def __init__(self, net, n_sets=5):
        self.net = net
        self.n_sets = n_sets

    def fit(self, X, y, groups):
        """Draw sets of stations and fit the net on them."""
        rng = np.random.default_rng(0)
        groups = np.asarray(groups)
        events, first = np.unique(groups, return_index=True)
        sets = []
        for event in events:
            rows = np.flatnonzero(groups == event)
            largest = min(len(rows), MAX_STATIONS)
            for size in rng.integers(1, largest + 1, self.n_sets):
                sets.append(self._stack(X, rng.permutation(rows)[:size]))
        labels, of_event = (np.repeat(v[first], self.n_sets) for v in (y, groups))
        self.net_ = clone(self.net).fit(np.stack(sets), labels, groups=of_event)
        self.classes_ = self.net_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the event of each record."""
        codes, events = np.unique(X[:, :2], axis=0, return_inverse=True)
        events = events.ravel()
        sets = [
            self._stack(X, np.flatnonzero(events == event)[:MAX_STATIONS])
            for event in range(len(codes))
        ]
        return self.net_.predict_proba(np.stack(sets))[events]

    @staticmethod
    def _stack(X, rows):
        stacked = np.zeros((MAX_STATIONS, X.shape[1] - 2), dtype=np.int8)
        stacked[: len(rows)] = X[rows, 2:]
        return stacked.ravel()


class MixUpIterator:
    """Mix every item of a batch with another; the label is drawn by the shares.

    The loss is linear in the label, so that in the mean this is the mix-up of Zhang et
    al. (2018), whose labels are shares.

    Parameters
    ----------
    dataset : PrintDataset
        The items.
    batch_size : int
        Largest number of items of a batch.
    sampler : iterable of int
        Order of the items.
    alpha : float, default=0.4
        Both parameters of the beta distribution of the shares.
    """

    def __init__(self, dataset, batch_size, sampler, alpha=0.4):
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.alpha = alpha
        self.rng = np.random.default_rng(0)

    def __len__(self):
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self):
        order = np.fromiter(self.sampler, dtype=np.intp)
        for index in np.array_split(order, len(self)):
            X, y = self.dataset[index]
            other = torch.from_numpy(self.rng.permutation(len(index)))
            shares = self.rng.beta(self.alpha, self.alpha, len(index))
            share = torch.tensor(shares, dtype=torch.float32)[:, None]
            kept = torch.from_numpy(self.rng.random(len(index)) < shares)
            yield share * X + (1 - share) * X[other], torch.where(kept, y, y[other])


class Bag(ClassifierMixin, BaseEstimator):
    """Mean of nets of different seeds, each on a bootstrap of events or on all.

    Parameters
    ----------
    net : FingerprintClassifier
        The net.
    n_nets : int, default=5
        Number of nets.
    bootstrap : bool, default=False
        Whether each net sees events drawn with replacement, all of their class.
    """

    def __init__(self, net, n_nets=5, bootstrap=False):
        self.net = net
        self.n_nets = n_nets
        self.bootstrap = bootstrap

    def fit(self, X, y, groups):
        """Fit all nets."""
        rng = np.random.default_rng(0)
        self.nets_ = []
        for seed in range(self.n_nets):
            rows = self._draw(y, groups, rng) if self.bootstrap else slice(None)
            net = clone(self.net).set_params(random_state=seed)
            self.nets_.append(net.fit(X[rows], y[rows], groups=groups[rows]))
        self.classes_ = self.nets_[0].classes_
        return self

    def predict_proba(self, X):
        """Return the mean of the probabilities."""
        return np.mean([net.predict_proba(X) for net in self.nets_], axis=0)

    @staticmethod
    def _draw(y, groups, rng):
        """Return the records of events drawn class by class, each event once."""
        events, first = np.unique(groups, return_index=True)
        drawn = [
            rng.choice(events[y[first] == label], (y[first] == label).sum())
            for label in np.unique(y)
        ]
        return np.flatnonzero(np.isin(groups, np.concatenate(drawn)))


class Pretrained(ClassifierMixin, BaseEstimator):
    """Fit a net whose weights begin where those of another training ended.

    Parameters
    ----------
    net : FingerprintClassifier
        The net.
    weights : dict of ndarray
        State of its module, or of a part of it.
    """

    def __init__(self, net, weights):
        self.net = net
        self.weights = weights

    def fit(self, X, y, groups):
        """Fit the net from these weights on."""
        net = clone(self.net).set_params(module=begin_at, module__weights=self.weights)
        self.net_ = net.fit(X, y, groups=groups)
        self.classes_ = self.net_.classes_
        return self

    def predict_proba(self, X):
        """Return the probabilities of the net."""
        return self.net_.predict_proba(X)


def begin_at(input_shape, n_classes, *, weights, **params):
    """Make a `FingerprintMLP` with given weights."""
    module = FingerprintMLP(input_shape, n_classes, **params)
    module.load_state_dict(
        {name: torch.from_numpy(value) for name, value in weights.items()},
        strict=False,
    )
    return module


def learn_to_complete(prints, *, width=64, n_epochs=30, seed=0):
    """Train a layer without labels, to complete prints of which half was dropped.

    Parameters
    ----------
    prints : ndarray of shape (n_prints, n_features)
        Flat prints of 0 and 1.
    width : int, default=64
        Outputs of the layer.
    n_epochs : int, default=30
        Number of epochs.
    seed : int, default=0
        Seed of weights, order and what is dropped.

    Returns
    -------
    dict of ndarray
        The weights of the first layer of a `FingerprintMLP`.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layer = nn.Linear(prints.shape[1], width)
        completing = nn.Sequential(layer, nn.ReLU(), nn.Linear(width, prints.shape[1]))
    optimizer = torch.optim.AdamW(completing.parameters(), lr=1e-3)
    loss = nn.BCEWithLogitsLoss()
    prints = torch.from_numpy(prints).float()
    for _ in range(n_epochs):
        for rows in torch.randperm(len(prints), generator=generator).split(64):
            kept = torch.rand(prints[rows].shape, generator=generator) < 0.5
            optimizer.zero_grad()
            loss(completing(2 * prints[rows] * kept), prints[rows]).backward()
            optimizer.step()
    return {
        f"layers.2.{name}": value.numpy().copy()
        for name, value in layer.state_dict().items()
    }

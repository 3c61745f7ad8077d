"""Fingerprints as torch data: checked, unrolled into views, sliced in batches."""

import numpy as np
import torch
from sklearn.utils.validation import check_array, validate_data
from torch.utils.data import Dataset

from .._utils.checks import check_unmasked
from .lazy_fingerprints import LazyFingerprints, is_lazy

_AXES = {
    2: "(n_records, n_features)",
    3: "(n_records, rows, columns)",
    5: "(n_records, n_views, n_channels, rows, columns)",
}
_DTYPES = [np.float32, np.int8, np.uint8]


def check_fingerprints(estimator, X, *, reset):
    """Return fingerprints as float32, int8 or uint8, with 2, 3 or 5 axes."""
    if is_lazy(X):
        vars(estimator).pop("n_features_in_", None)
        return LazyFingerprints(X, estimator.memory_limit, estimator.batch_size)
    check_unmasked(X)
    fingerprints = check_array(
        X, allow_nd=True, dtype=_DTYPES, estimator=estimator, input_name="X"
    )
    if fingerprints.ndim == 2:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    elif reset:
        vars(estimator).pop("n_features_in_", None)
        vars(estimator).pop("feature_names_in_", None)
    _check_axes(fingerprints)
    return fingerprints


def _check_axes(X):
    """Raise if a shape is not that of fingerprints: four axes are ambiguous."""
    if X.ndim == 4:
        raise ValueError(
            f"X has 4 axes {X.shape}, which may be views or channels: give one-channel "
            "views as X[:, :, None], one view of several channels as X[:, None]. "
            f"Fingerprints have the axes {_AXES[3]} or {_AXES[5]}."
        )
    if X.ndim not in _AXES:
        raise ValueError(
            f"X has {X.ndim} axes; it must have the axes "
            f"{_AXES[2]}, {_AXES[3]} or {_AXES[5]}."
        )
    if 0 in X.shape:
        raise ValueError(f"X has an empty axis: its shape is {X.shape}.")


def with_views(X):
    """Return a look at X with the axes (n_records, n_views, *fingerprint)."""
    if isinstance(X, LazyFingerprints):
        return X
    if X.ndim == 2:
        return X[:, None]
    return X[:, None, None] if X.ndim == 3 else X


class FingerprintDataset(Dataset):
    """Views of records, each an item with the label of its record.

    Parameters
    ----------
    X : ndarray of shape (n_records, n_views, ...)
        Fingerprints; never copied.
    y : ndarray of shape (n_records,), default=None
        Codes of the classes; zeros without.
    records : ndarray of int, default=None
        The records to take; None takes all.
    n_views : int, default=None
        Take the first views only.
    """

    def __init__(self, X, y=None, records=None, n_views=None):
        self.X = X
        self.y = np.zeros(len(X), dtype=np.int64) if y is None else y
        self.records = np.arange(len(X)) if records is None else records
        self.n_views = X.shape[1] if n_views is None else n_views

    def __len__(self):
        return len(self.records) * self.n_views

    def __getitem__(self, index):
        if np.ndim(index) == 0:
            fingerprints, labels = self[np.array([index])]
            return fingerprints[0], labels[0]
        record, view = np.divmod(index, self.n_views)
        record = self.records[record]
        fingerprints = np.ascontiguousarray(self.X[record, view])
        return torch.from_numpy(fingerprints), torch.from_numpy(self.y[record])


class ShuffleSampler:
    """All items once an epoch, in random order."""

    def __init__(self, dataset, generator):
        self.n_items = len(dataset)
        self.generator = generator

    def __len__(self):
        return self.n_items

    def __iter__(self):
        return iter(torch.randperm(self.n_items, generator=self.generator).tolist())


class BalancedSampler:
    """The same number of views of every class, drawn again each epoch.

    A class whose views do not suffice repeats them; within a class all records give
    the same number of views, give or take one.

    Notes
    -----
    The number is that of all views of the smallest class, but at least the number of
    records of the largest, so that no record is left out of an epoch.
    """

    def __init__(self, dataset, generator):
        self.n_views = dataset.n_views
        labels = dataset.y[dataset.records]
        self.classes = [np.flatnonzero(labels == code) for code in np.unique(labels)]
        sizes = [len(records) for records in self.classes]
        self.n_items = max(max(sizes), min(sizes) * self.n_views)
        self.generator = generator

    def __len__(self):
        return self.n_items * len(self.classes)

    def __iter__(self):
        items = torch.cat([self._draw(records) for records in self.classes])
        order = torch.randperm(len(items), generator=self.generator)
        return iter(items[order].tolist())

    def _draw(self, records):
        """Draw items of one class, all its records taking turns."""
        n_rounds = -(-self.n_items // len(records))
        rounds = []
        views = None
        for turn in range(n_rounds):
            if turn % self.n_views == 0:
                keys = torch.rand(len(records), self.n_views, generator=self.generator)
                views = keys.argsort(1)
            shuffled = torch.randperm(len(records), generator=self.generator)
            items = torch.as_tensor(records) * self.n_views
            rounds.append((items + views[:, turn % self.n_views])[shuffled])
        return torch.cat(rounds)[: self.n_items]


class EventSampler:
    """As many items as there are, drawn with replacement again each epoch.

    All classes are as likely, within a class all its events, within an event all its
    items: a prediction of an event is what counts, however many stations recorded
    it.
    """

    def __init__(self, dataset, groups, generator):
        labels = dataset.y[dataset.records]
        pairs = np.column_stack([labels, np.unique(groups, return_inverse=True)[1]])
        events, event, sizes = np.unique(
            pairs, axis=0, return_inverse=True, return_counts=True
        )
        n_events = np.bincount(events[:, 0])
        weights = 1 / (n_events[labels] * sizes[event.ravel()])
        self.weights = torch.from_numpy(np.repeat(weights, dataset.n_views))
        self.generator = generator

    def __len__(self):
        return len(self.weights)

    def __iter__(self):
        items = torch.multinomial(
            self.weights, len(self), replacement=True, generator=self.generator
        )
        return iter(items.tolist())


class BatchIterator:
    """Slice a dataset in batches of nearly equal size.

    A `torch.utils.data.DataLoader` collates item by item; this one indexes a batch at
    once. Equal sizes keep single leftovers from batch normalisation.

    Parameters
    ----------
    dataset : FingerprintDataset
        The items.
    batch_size : int
        Largest number of items of a batch.
    sampler : iterable of int, default=None
        Order of the items; None keeps theirs.
    """

    def __init__(self, dataset, batch_size, sampler=None):
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = range(len(dataset)) if sampler is None else sampler

    def __len__(self):
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self):
        order = np.fromiter(self.sampler, dtype=np.intp, count=len(self.sampler))
        for index in np.array_split(order, len(self)):
            yield self.dataset[index]

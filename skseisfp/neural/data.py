"""Fingerprints as torch data: validated, unrolled into views, cut into batches."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_array, validate_data
from torch.utils.data import Dataset

from .._utils.checks import check_unmasked
from ..events import event_codes
from .lazy_fingerprints import LazyFingerprints, is_lazy

_AXES = {
    2: "(n_records, n_features)",
    3: "(n_records, rows, columns)",
    5: "(n_records, n_views, n_channels, rows, columns)",
}
_DTYPES = [np.float32, np.int8, np.uint8]
# Largest values of what a network is trained on: fingerprints have 1, the data of
# scikit-learn's checks 103, bytes of images 255, levels in dB some hundred. Waveforms
# in counts and in SI units lie beyond.
_LARGEST = (1e-3, 1e3)


def check_fingerprints(
    estimator: Any, X: Any, *, reset: bool
) -> npt.NDArray | LazyFingerprints:
    """Return fingerprints as float32, int8 or uint8, with 2, 3 or 5 axes.

    Parameters
    ----------
    estimator : FingerprintClassifier
        The classifier, with `memory_limit` and `batch_size`.
    X : array-like
        Fingerprints, or references to records.
    reset : bool
        Whether the number of features is learnt, in fit, or compared.

    Returns
    -------
    ndarray or LazyFingerprints
        The fingerprints; references are not read.

    Raises
    ------
    ValueError
        If the axes are not those of fingerprints, or a value is masked or not finite.
    """
    if is_lazy(X):
        vars(estimator).pop("n_features_in_", None)
        return LazyFingerprints(X, estimator.memory_limit, estimator.batch_size)
    check_unmasked(X)
    fingerprints = check_array(
        X,
        allow_nd=True,
        dtype=_DTYPES,  # pyright: ignore[reportArgumentType]  (a list is documented)
        estimator=estimator,
        input_name="X",
        order="C",  # sums in another order round to another network
    )
    if fingerprints.ndim == 2:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    elif reset:
        vars(estimator).pop("n_features_in_", None)
        vars(estimator).pop("feature_names_in_", None)
    _check_axes(fingerprints)
    return fingerprints


def _check_axes(X):
    """Raise if the axes are not those of fingerprints: four are ambiguous."""
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


def warn_of_waveforms(X: npt.NDArray | LazyFingerprints) -> None:
    """Warn if values are far larger, or smaller, than those of fingerprints.

    Parameters
    ----------
    X : ndarray or LazyFingerprints
        Fingerprints as `check_fingerprints` returns them; references are not read.

    Warns
    -----
    UserWarning
        If the largest absolute value is outside of the usual range.
    """
    if isinstance(X, LazyFingerprints) or X.dtype != np.float32:
        return
    largest = max(float(X.max()), -float(X.min()))
    low, high = _LARGEST
    if largest == 0 or low <= largest <= high:
        return
    warnings.warn(
        f"X has absolute values up to {largest:.3g}, while fingerprints have -1, "
        "0 and 1. If it holds waveforms, put a FingerprintTransformer before the "
        "network; if it holds other features, scale them, as by StandardScaler.",
        UserWarning,
        stacklevel=6,  # where fit is called
    )


def with_views(X: npt.NDArray | LazyFingerprints) -> Any:
    """Return X with the axes (n_records, n_views, *fingerprint), not copied."""
    if isinstance(X, LazyFingerprints):
        return X
    if X.ndim == 2:
        return X[:, None]
    return X[:, None, None] if X.ndim == 3 else X


class FingerprintDataset(Dataset):
    """Views of records, each an item with the label of its record.

    Parameters
    ----------
    X : ndarray or LazyFingerprints of shape (n_records, n_views, ...)
        Fingerprints; never copied.
    y : ndarray of shape (n_records,), default=None
        Class numbers; None takes zeros.
    records : ndarray of int, default=None
        The records to take; None takes all.
    n_views : int, default=None
        Number of views to take, from the first; None takes all.
    weights : ndarray of shape (n_taken,), default=None
        Weight in the loss of each record that is taken. With weights the fingerprints
        of an item are a dict, as skorch takes it: ``X`` and ``sample_weight``.
    """

    def __init__(
        self,
        X: Any,
        y: npt.NDArray | None = None,
        records: npt.NDArray | None = None,
        n_views: int | None = None,
        weights: npt.NDArray | None = None,
    ) -> None:
        self.X = X
        self.y = np.zeros(len(X), dtype=np.int64) if y is None else y
        self.records = np.arange(len(X)) if records is None else records
        self.n_views = X.shape[1] if n_views is None else n_views
        self.weights = weights

    def __len__(self) -> int:
        return len(self.records) * self.n_views

    def __getitem__(self, index: Any) -> tuple[Any, torch.Tensor]:
        if np.ndim(index) == 0:
            item, labels = self[np.array([index])]
            if isinstance(item, dict):
                return {name: values[0] for name, values in item.items()}, labels[0]
            return item[0], labels[0]
        place, view = np.divmod(index, self.n_views)
        record = self.records[place]
        fingerprints = torch.from_numpy(np.ascontiguousarray(self.X[record, view]))
        labels = torch.from_numpy(self.y[record])
        if self.weights is None:
            return fingerprints, labels
        weights = torch.from_numpy(self.weights[place])
        return {"X": fingerprints, "sample_weight": weights}, labels


class ShuffleSampler:
    """All items once an epoch, in random order.

    Parameters
    ----------
    dataset : FingerprintDataset
        The items.
    generator : torch.Generator
        Source of the random numbers.
    """

    def __init__(self, dataset: FingerprintDataset, generator: torch.Generator) -> None:
        self.n_items = len(dataset)
        self.generator = generator

    def __len__(self) -> int:
        return self.n_items

    def __iter__(self) -> Iterator[int]:
        return iter(torch.randperm(self.n_items, generator=self.generator).tolist())


class BalancedSampler:
    """The same number of views of every class, drawn again each epoch.

    A class that has fewer views repeats them; within a class the numbers of views of
    the records differ by one at most.

    Parameters
    ----------
    dataset : FingerprintDataset
        The items.
    generator : torch.Generator
        Source of the random numbers.

    Notes
    -----
    The number is that of all views of the smallest class, but at least the number of
    records of the largest, so that each epoch has every record.
    """

    def __init__(self, dataset: FingerprintDataset, generator: torch.Generator) -> None:
        self.n_views = dataset.n_views
        labels = dataset.y[dataset.records]
        self.classes = [np.flatnonzero(labels == code) for code in np.unique(labels)]
        sizes = [len(records) for records in self.classes]
        self.n_items = max(max(sizes), min(sizes) * self.n_views)
        self.generator = generator

    def __len__(self) -> int:
        return self.n_items * len(self.classes)

    def __iter__(self) -> Iterator[int]:
        items = torch.cat([self._draw(records) for records in self.classes])
        order = torch.randperm(len(items), generator=self.generator)
        return iter(items[order].tolist())

    def _draw(self, records):
        """Draw items of one class: a view of each record, then the next views."""
        n_rounds = -(-self.n_items // len(records))
        rounds = []
        views = torch.empty(0)
        for turn in range(n_rounds):
            if turn % self.n_views == 0:
                keys = torch.rand(len(records), self.n_views, generator=self.generator)
                views = keys.argsort(1)
            shuffled = torch.randperm(len(records), generator=self.generator)
            items = torch.as_tensor(records) * self.n_views
            rounds.append((items + views[:, turn % self.n_views])[shuffled])
        return torch.cat(rounds)[: self.n_items]


class EventSampler:
    """The number of all items, drawn again with replacement in each epoch.

    All classes are equally likely, within a class all its events, and within an event
    all its items, since the predictions of events are scored, however many stations
    recorded them.

    Parameters
    ----------
    dataset : FingerprintDataset
        The items.
    groups : ndarray of shape (n_records,)
        Event of each record of the dataset.
    generator : torch.Generator
        Source of the random numbers.
    """

    def __init__(
        self,
        dataset: FingerprintDataset,
        groups: npt.NDArray,
        generator: torch.Generator,
    ) -> None:
        labels = dataset.y[dataset.records]
        pairs = np.column_stack([labels, event_codes(groups)[0]])
        events, event, sizes = np.unique(
            pairs, axis=0, return_inverse=True, return_counts=True
        )
        n_events = np.bincount(events[:, 0])
        weights = 1 / (n_events[labels] * sizes[event.ravel()])
        self.weights = torch.from_numpy(np.repeat(weights, dataset.n_views))
        self.generator = generator

    def __len__(self) -> int:
        return len(self.weights)

    def __iter__(self) -> Iterator[int]:
        items = torch.multinomial(
            self.weights, len(self), replacement=True, generator=self.generator
        )
        return iter(items.tolist())


class BatchIterator:
    """Cut a dataset into batches of nearly equal size.

    A `torch.utils.data.DataLoader` collates item by item; this one indexes a batch at
    once. Equal sizes leave no batch of one item, which batch normalisation cannot
    train on.

    Parameters
    ----------
    dataset : FingerprintDataset
        The items.
    batch_size : int
        Largest number of items of a batch.
    sampler : iterable of int, default=None
        Order of the items; None keeps theirs.
    """

    def __init__(
        self,
        dataset: FingerprintDataset,
        batch_size: int,
        sampler: Iterable[int] | None = None,
    ) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler: Any = range(len(dataset)) if sampler is None else sampler

    def __len__(self) -> int:
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for index in self.draw():
            yield self.dataset[index]

    def draw(self) -> list[npt.NDArray[np.intp]]:
        """Return the numbers of the items of each batch, drawn again at each call."""
        order = np.fromiter(self.sampler, dtype=np.intp, count=len(self.sampler))
        return np.array_split(order, len(self))

"""Records that are read while a network is trained, within a limit of memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# a batch and its copies while it is read, augmented and trained on: a bound by the
# memory that is traced in tests/test_lazy_records.py
_BATCHES = 12


def is_lazy(X: Any) -> bool:
    """Return whether X is an array of references, objects with a method ``read``."""
    return (
        isinstance(X, np.ndarray)
        and X.dtype == object
        and X.ndim == 1
        and len(X) > 0
        and hasattr(X[0], "read")
    )


class LazyFingerprints:
    """An array of shape (n_records, 1, *fingerprint) that is read as it is indexed.

    Parameters
    ----------
    references : ndarray of object
        References whose `read` returns a record, of shape (n_features,) or
        (n_channels, n_samples).
    memory_limit : float or None
        Mebibytes of all records in memory. Beyond `_BATCHES` batches they hold the
        first records that are read; others are read again.
    batch_size : int
        Largest number of records of a batch.
    """

    dtype = np.dtype(np.float32)

    shape: tuple[int, ...]

    def __init__(
        self, references: npt.NDArray, memory_limit: float | None, batch_size: int
    ) -> None:
        self._references = references
        self._kept: dict[int, npt.NDArray] = {}
        self._n_kept = 1
        first = self._record(0)
        if first.ndim not in (1, 2):
            raise ValueError(
                "references in X must read records of shape (n_features,) or "
                f"(n_channels, n_samples); the first has shape {first.shape}."
            )
        self.shape = (len(references), 1, *(1,) * (first.ndim - 1), *first.shape)
        self._record_shape = first.shape
        self._n_kept = len(references)
        if memory_limit is not None:
            free = memory_limit * 2**20 - _BATCHES * batch_size * first.nbytes
            free = min(free, len(references) * first.nbytes)
            self._n_kept = int(free // first.nbytes)
        if self._n_kept < 1:
            least = (_BATCHES * batch_size + 1) * first.nbytes / 2**20
            raise ValueError(
                f"memory_limit={memory_limit:g} MiB is too small: batches of "
                f"{batch_size} records of shape {first.shape} need {least:.3g} MiB; "
                "choose a smaller batch_size."
            )

    def __len__(self) -> int:
        return len(self._references)

    def __getitem__(self, index: Any) -> npt.NDArray[np.float32]:
        records, _ = index
        batch = np.empty((len(records), *self.shape[2:]), dtype=self.dtype)
        for place, number in enumerate(records):
            record = self._record(number)
            if record.shape != self._record_shape:
                raise ValueError(
                    f"record {number} of X has shape {record.shape}, the first record "
                    f"{self._record_shape}."
                )
            batch[place] = record
        return batch

    def identities(self) -> npt.NDArray[np.uint64]:
        """Return a number for each record; those of one reference have the same."""
        return np.array([id(one) for one in self._references], dtype=np.uint64)

    def _record(self, number):
        """Return a record, from memory if it is kept there."""
        if number in self._kept:
            return self._kept[number]
        try:
            reference: Any = self._references[number]
            record = np.array(reference.read(), dtype=self.dtype)
        except (OSError, ValueError) as error:
            raise ValueError(f"record {number} of X cannot be read: {error}") from error
        if not np.isfinite(record).all():
            raise ValueError(
                f"record {number} of X holds NaN or infinity; samples must be finite."
            )
        if len(self._kept) < self._n_kept:
            self._kept[int(number)] = record
        return record

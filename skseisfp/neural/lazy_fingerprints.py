"""Records that are read while a network is trained, within a limit of memory."""

import numpy as np

_BATCHES = 12  # a batch and its copies while it is read, augmented and handed over


def is_lazy(X):
    """Tell whether X is an array of references, objects with a method ``read``."""
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
        Mebibytes of all records in memory. What `_BATCHES` batches leave of them is
        given to the first records that are read; others are read again.
    batch_size : int
        Largest number of records of a batch.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, references, memory_limit, batch_size):
        self._references = references
        self._kept = {}
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
            room = memory_limit * 2**20 - _BATCHES * batch_size * first.nbytes
            room = min(room, len(references) * first.nbytes)
            self._n_kept = int(room // first.nbytes)
        if self._n_kept < 1:
            least = (_BATCHES * batch_size + 1) * first.nbytes / 2**20
            raise ValueError(
                f"memory_limit={memory_limit:g} MiB does not hold the work on batches "
                f"of {batch_size} records of shape {first.shape}, {least:.3g} MiB; "
                "choose a smaller batch_size."
            )

    def __len__(self):
        return len(self._references)

    def __getitem__(self, index):
        records, _ = index
        batch = np.empty((len(records), *self.shape[2:]), dtype=self.dtype)
        for place, number in enumerate(records):
            record = self._record(number)
            if record.shape != self._record_shape:
                raise ValueError(
                    f"record {number} of X has shape {record.shape}, the first "
                    f"{self._record_shape}."
                )
            batch[place] = record
        return batch

    def _record(self, number):
        """Return a record, from memory if it is there."""
        if number in self._kept:
            return self._kept[number]
        try:
            record = np.array(self._references[number].read(), dtype=self.dtype)
        except (OSError, ValueError) as error:
            raise ValueError(f"record {number} of X cannot be read: {error}") from error
        if not np.isfinite(record).all():
            raise ValueError(
                f"record {number} of X holds NaN or infinity; samples must be finite."
            )
        if len(self._kept) < self._n_kept:
            self._kept[int(number)] = record
        return record

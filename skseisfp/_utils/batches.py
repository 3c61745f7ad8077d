"""Work in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.utils import gen_batches


def map_batches(
    function: Callable[[npt.NDArray], npt.NDArray],
    X: npt.NDArray,
    *,
    batch_size: int,
    n_jobs: int | None,
) -> npt.NDArray:
    """Apply a function to batches of rows, in threads, and join the results.

    Parameters
    ----------
    function : callable
        Takes an array of rows and returns an array with as many rows.
    X : ndarray of shape (n_rows, ...)
        Rows.
    batch_size : int
        Rows in a batch.
    n_jobs : int or None
        Number of threads; the functions must release the lock of the interpreter.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        Results in the order of the rows.
    """
    parallel: Any = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    results: Iterator[npt.NDArray] = parallel(
        delayed(function)(X[batch]) for batch in gen_batches(len(X), batch_size)
    )
    first = next(results)
    joined = np.empty((len(X), *first.shape[1:]), dtype=first.dtype)
    start = 0
    for part in chain([first], results):
        joined[start : start + len(part)] = part
        start += len(part)
    return joined

"""Work in batches of bounded memory."""

from itertools import chain

import numpy as np
from joblib import Parallel, delayed
from sklearn.utils import gen_batches


def map_batches(function, X, *, batch_size, n_jobs):
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
        Number of threads; the functions used here release the interpreter's lock.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        Results in the order of the rows.
    """
    results = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")(
        delayed(function)(X[batch]) for batch in gen_batches(len(X), batch_size)
    )
    first = next(results)
    joined = np.empty((len(X), *first.shape[1:]), dtype=first.dtype)
    start = 0
    for part in chain([first], results):
        joined[start : start + len(part)] = part
        start += len(part)
    return joined

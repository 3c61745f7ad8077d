"""Work in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.utils import gen_batches

from .progress import progress


def map_batches(
    function: Callable[[npt.NDArray], npt.NDArray],
    X: npt.NDArray,
    *,
    batch_size: int,
    n_jobs: int | None,
    verbose: int = 0,
    by: str = "",
    what: str = "records",
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
    verbose : int, default=0
        Whether to show the progress, see `progress`.
    by, what : str
        What does the work, and what the rows are, for the progress.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        Results in the order of the rows.
    """
    parallel: Any = Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    results: Iterator[npt.NDArray] = parallel(
        delayed(function)(X[batch]) for batch in gen_batches(len(X), batch_size)
    )
    with progress(len(X), what, verbose, by=by) as advance:
        first = next(results)
        joined = np.empty((len(X), *first.shape[1:]), dtype=first.dtype)
        start = 0
        for part in chain([first], results):
            joined[start : start + len(part)] = part
            start += len(part)
            advance(len(part))
    return joined


def results_in_order(jobs: Iterable[Any], *, n_jobs: int | None) -> Iterator[Any]:
    """Yield the results of jobs as they come, in the order of the jobs.

    A backend of joblib that returns all results together, such as multiprocessing or
    ray, gets one job a worker at a time.

    Parameters
    ----------
    jobs : iterable
        Calls of functions that joblib's `delayed` made.
    n_jobs : int or None
        Number of jobs at a time.

    Yields
    ------
    object
        A result.
    """
    options: dict[str, Any] = {"n_jobs": n_jobs, "batch_size": 1}
    try:
        parallel: Any = Parallel(**options, return_as="generator")
    except ValueError:
        jobs = iter(jobs)
        with Parallel(**options) as parallel:
            while some := list(islice(jobs, effective_n_jobs(options["n_jobs"]))):
                yield from parallel(some)
    else:
        yield from parallel(jobs)

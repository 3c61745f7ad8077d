"""One thread for each fit of a search."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

from joblib import parallel_config
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

_LIMITS: dict[str, Any] = {"lock": Lock(), "active": 0, "limits": None}


@contextmanager
def single_thread() -> Iterator[None]:
    """Limit BLAS, OpenMP and torch to one thread, and restore their numbers.

    Sums then do not depend on how many fits run at the same time. Concurrent users in
    one process share the limit; the last one lifts it. Jobs of a fit itself, such as
    the trees of a forest, stay in its process.
    """
    with _LIMITS["lock"]:
        if _LIMITS["active"] == 0:
            _LIMITS["limits"] = _controller().limit(limits=1)
        _LIMITS["active"] += 1
    try:
        with _jobs_at_home(), _torch_on_one_thread():
            yield
    finally:
        with _LIMITS["lock"]:
            _LIMITS["active"] -= 1
            if _LIMITS["active"] == 0:
                _LIMITS["limits"].restore_original_limits()


def _jobs_at_home() -> AbstractContextManager:
    """Return the backend of joblib for the jobs of a fit, where it is not the usual.

    That of Dask sends every tree of a forest to some worker, whatever `n_jobs` is: the
    fits of a forest of 200 trees then take twice the processor time.
    """
    backend, _ = get_active_backend()
    if "Dask" in type(backend).__name__:
        return parallel_config(backend="threading")
    return nullcontext()


@cache
def _controller():
    """Return the controller of the loaded libraries; it takes milliseconds."""
    return ThreadpoolController()


def _torch_on_one_thread() -> AbstractContextManager:
    """Return the limit for torch, where it is loaded."""
    if "torch" not in sys.modules:
        return nullcontext()
    from .._utils.torch_sums import reproducible_sums

    return reproducible_sums("cpu")

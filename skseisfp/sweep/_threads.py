"""One thread for each fit of a search."""

import sys
from contextlib import contextmanager, nullcontext
from threading import Lock

from sklearn.utils.parallel import _get_threadpool_controller

_LIMITS = {"lock": Lock(), "active": 0, "limits": None}


@contextmanager
def single_thread():
    """Let BLAS, OpenMP and torch work on one thread, and put that back.

    Sums then do not depend on how many fits run beside each other. Concurrent users
    in one process share the limit; the last one lifts it.
    """
    with _LIMITS["lock"]:
        if _LIMITS["active"] == 0:
            _LIMITS["limits"] = _get_threadpool_controller().limit(limits=1)
        _LIMITS["active"] += 1
    try:
        with _torch_on_one_thread():
            yield
    finally:
        with _LIMITS["lock"]:
            _LIMITS["active"] -= 1
            if _LIMITS["active"] == 0:
                _LIMITS["limits"].restore_original_limits()


def _torch_on_one_thread():
    """Return the limit for torch, where it is loaded."""
    if "torch" not in sys.modules:
        return nullcontext()
    from .._utils.torch_sums import reproducible_sums

    return reproducible_sums("cpu")

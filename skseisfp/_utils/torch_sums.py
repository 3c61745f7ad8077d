"""Sums of torch that do not depend on the number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_LOCK = Lock()
_THREADS = {"active": 0, "outer": 1}


@contextmanager
def reproducible_sums(device: str | torch.device) -> Iterator[None]:
    """Run torch on one thread and cuDNN on deterministic kernels, then restore both.

    Sums then do not depend on the number of threads of the machine or of a search.
    The number belongs to the calling thread, but threads started meanwhile inherit it:
    all of them restore the number that was set before the first. A thread takes over
    the number of others until it asks for it once, so it is asked for first.
    """
    with _LOCK:
        n_threads = torch.get_num_threads()
        if _THREADS["active"] == 0:
            _THREADS["outer"] = n_threads
        _THREADS["active"] += 1
        torch.set_num_threads(1)
    try:
        if torch.device(device).type == "cuda":
            with torch.backends.cudnn.flags(enabled=True, deterministic=True):
                yield
        else:
            yield
    finally:
        with _LOCK:
            _THREADS["active"] -= 1
            torch.set_num_threads(_THREADS["outer"])

"""How a fit is made fast: compiled loops, and the threads that it runs on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import parent_process
from typing import Any

import torch
from joblib.parallel import get_active_backend

from ._fused_loops import load_loops
from .layers import fused_training, has_cycles


def usable_threads() -> int:
    """Return the threads that a fit may take here, one if others run, too.

    They are those of torch, on processors of this process, and one in a worker of
    joblib or in another child process, which share the processors.
    """
    backend: Any = get_active_backend()[0]
    if backend.nesting_level or parent_process() is not None:
        return 1
    return max(1, min(torch.get_num_threads(), _processors()))


def _processors():
    """Return the number of processors of this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_loops(fused: bool | str) -> bool:
    """Return whether the compiled loops are there and wanted.

    Parameters
    ----------
    fused : bool or "auto"
        Whether they are wanted; True raises an ImportError where they are not there.

    Returns
    -------
    bool
        Whether to use them.
    """
    if fused is False:
        return False
    try:
        load_loops()
    except ImportError:
        if fused is True:
            raise
        return False
    return True


def fast_training(
    module: torch.nn.Module,
    device: str | torch.device,
    *,
    fused: bool | str,
    n_threads: int | None,
    usable: int,
) -> AbstractContextManager[None]:
    """Return a context in which a module is trained.

    Parameters
    ----------
    module : Module
        The module.
    device : str or torch.device
        Its device.
    fused : bool or "auto"
        Whether to compute cycles in compiled loops.
    n_threads : int or None
        Threads; None takes the usable ones where results do not depend on them, and
        otherwise one.
    usable : int
        The usable threads.

    Returns
    -------
    context manager
        The context; torch runs on one thread after it.
    """
    if torch.device(device).type != "cpu":
        return nullcontext()
    if has_cycles(module) and has_loops(fused):
        return fused_training(module, n_threads or usable)
    return _threads_of_torch(n_threads or 1)


@contextmanager
def _threads_of_torch(n_threads: int) -> Iterator[None]:
    """Run torch on a number of threads of one that runs on one."""
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(1)

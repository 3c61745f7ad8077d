"""Failures that say nothing about a trial: they may not happen a second time."""

from __future__ import annotations

import errno
import sys
from concurrent.futures.process import BrokenProcessPool
from typing import Any

# of the machine and not of what is computed: no space, no memory, no network
TRANSIENT_CODES = {
    errno.EAGAIN,
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.ESTALE,
}


def is_transient(error: BaseException) -> bool:
    """Return whether a failure may not happen when a fit is run again."""
    if isinstance(error, (MemoryError, ConnectionError, TimeoutError)):
        return True
    if isinstance(error, OSError):
        return error.errno in TRANSIENT_CODES
    torch: Any = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, lost_worker_errors())


def lost_worker_errors() -> tuple[type[BaseException], ...]:
    """Return the errors that say that a worker process was killed.

    They are those of joblib's processes and, where it is loaded, of Dask, which cancels
    a fit if the records that a worker held are lost with it.
    """
    distributed: Any = sys.modules.get("distributed")
    if distributed is None:
        return (BrokenProcessPool,)
    return (
        BrokenProcessPool,
        distributed.scheduler.KilledWorker,
        distributed.client.FutureCancelledError,
    )

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
    return is_lost_worker(error)


def is_lost_worker(error: BaseException) -> bool:
    """Return whether a worker process was killed, of joblib or of Dask."""
    distributed: Any = sys.modules.get("distributed")
    lost = () if distributed is None else (distributed.scheduler.KilledWorker,)
    return isinstance(error, (BrokenProcessPool, *lost))

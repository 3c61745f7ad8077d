"""A limit of time for readers of others, which broken files send in circles."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..signal.waveform import RecordError

# Seconds for a file, and for each of its bytes: no file that obspy reads takes a tenth.
SECONDS, SECONDS_PER_BYTE = 30.0, 1e-5
AGAIN = 1.0  # seconds after which a reader that goes on is interrupted again


class TooLongError(RecordError):
    """Reading was given up."""


class _Interrupt(BaseException):
    """Raised within a reader; nothing that handles an Exception handles it."""


@contextmanager
def limited_time(n_bytes: int) -> Iterator[None]:
    """Interrupt what takes too long, in this thread, whichever it is.

    Parameters
    ----------
    n_bytes : int
        Size of the file, to which the time is adapted.

    Raises
    ------
    TooLongError
        If the time is over. Compiled code is interrupted when it returns.
    """
    seconds = SECONDS + SECONDS_PER_BYTE * n_bytes
    finished, lock = threading.Event(), threading.Lock()
    thread = threading.get_ident()

    def watch():
        wait = seconds
        while not finished.wait(wait):
            with lock:
                if not finished.is_set():
                    _interrupt(thread)
            wait = AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        try:
            yield
        finally:
            with lock:
                finished.set()
            # An interrupt that was sent comes in a loop at the latest. It is not taken
            # back: Python 3.11 would look for it for ever, and hang where it is traced.
            for _ in range(2):
                pass
    except _Interrupt:
        finished.set()
        raise TooLongError(f"reading it took more than {seconds:.0f} s") from None


def _interrupt(thread: int) -> None:
    """Let a thread raise an interrupt soon."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(_Interrupt)
    )

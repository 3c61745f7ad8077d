"""Progress of long work, as bars in a terminal or notebook and nowhere else."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import parent_process
from threading import Lock
from typing import Any

from sklearn.utils.parallel import Parallel

from .optional import import_optional


@contextmanager
def progress(
    total: int | None, what: str, verbose: int, *, by: str = "", done: int = 0
) -> Iterator[Callable[..., None]]:
    """Show how much of some work is done, on the standard error.

    Bars within others, and those of other threads, share one display. Worker processes
    show none.

    Parameters
    ----------
    total : int or None
        Number of parts; None where it is not known.
    what : str
        What the parts are, in the plural: ``"records"``.
    verbose : int
        Whether to show it: if positive, and in a terminal or notebook.
    by : str, default=""
        What does the work, such as the name of a class.
    done : int, default=0
        Parts that were done before.

    Yields
    ------
    callable
        To be called as ``advance(n=1, note=None)`` when `n` more parts are done. `note`
        returns the words after the numbers, and is called where they are shown only.
    """
    console = _find_console() if verbose > 0 else None
    if console is None:
        yield _show_nothing
        return
    bars, bar = _DISPLAY.open(
        console, by, total=total, completed=done, what=what, note=""
    )

    def advance(n: int = 1, note: Callable[[], str] | None = None) -> None:
        bars.update(bar, advance=n, note=f", {note()}" if note else "")

    try:
        yield advance
    finally:
        _DISPLAY.close(bars, bar)


def run_jobs(
    jobs: Iterable[Any], what: str, verbose: int, *, n_jobs: int | None, by: str = ""
) -> list[Any]:
    """Run jobs in parallel, and show how many have ended.

    Parameters
    ----------
    jobs : iterable
        Calls of functions that scikit-learn's `delayed` made.
    what, verbose, by : object
        See `progress`.
    n_jobs : int or None
        Number of jobs at a time, as in joblib.

    Returns
    -------
    list
        Results in the order of the jobs.
    """
    jobs = list(jobs)
    with progress(len(jobs), what, verbose, by=by) as advance:
        parallel: Any = ProgressParallel(advance, n_jobs=n_jobs)
        return list(parallel(jobs))


class ProgressParallel(Parallel):
    """`Parallel` of scikit-learn that reports the jobs that ended.

    Parameters
    ----------
    advance : callable
        What `progress` yields; called with the number of jobs that ended since.
    **options : object
        As joblib takes them. Results and their order are those of joblib.
    """

    def __init__(self, advance: Callable[..., None], **options: Any):
        super().__init__(**options)
        self._advance, self._n_reported = advance, 0

    def print_progress(self):
        """Report the jobs that ended; joblib calls it after each batch of jobs."""
        n_done: int = self.n_completed_tasks
        if n_done < self._n_reported:  # of an earlier call
            self._n_reported = 0
        self._advance(n_done - self._n_reported)
        self._n_reported = n_done


class _Display:
    """The display of all bars that are open in this process."""

    def __init__(self):
        self._lock = Lock()
        self._bars: Any = None
        self._n_open = 0

    def open(self, console, description, **options):
        """Return the bars and the number of a new one."""
        with self._lock:
            if self._bars is None:
                self._bars = _make_bars(console)
                self._bars.start()
            self._n_open += 1
            return self._bars, self._bars.add_task(description, **options)

    def close(self, bars, bar):
        """Remove a bar; the last one stays where it is, and the display ends."""
        with self._lock:
            self._n_open -= 1
            if self._n_open:
                bars.remove_task(bar)
            else:
                self._bars = None
                bars.stop()


_DISPLAY = _Display()


def _show_nothing(n: int = 1, note: Callable[[], str] | None = None) -> None:
    """Take the place of a bar that is not shown."""


def _make_bars(console):
    """Return the bars of a console, without any yet.

    What is printed meanwhile appears above them. It is left alone where it goes to a
    file.
    """
    rich = import_optional("rich.progress", extra="sweep")
    columns = (
        rich.TextColumn("{task.description}", markup=False),  # of a folder, perhaps
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[what]}{task.fields[note]},", markup=False),
        rich.TimeRemainingColumn(),
        rich.TextColumn("left"),
    )
    return rich.Progress(
        *columns,
        console=console,
        redirect_stdout=_is_terminal(sys.stdout),
        redirect_stderr=_is_terminal(sys.stderr),
    )


def _find_console():
    """Return the console to show bars on, None where there is none."""
    in_notebook = "ipykernel" in sys.modules
    if parent_process() is not None or not (in_notebook or _is_terminal(sys.stderr)):
        return None
    try:
        rich = import_optional("rich.console", extra="sweep")
    except ImportError as error:
        return _warn(f"verbose shows no progress: {error}")
    console = rich.Console(stderr=True)
    if console.is_jupyter and find_spec("ipywidgets") is None:
        return _warn("verbose shows no progress in a notebook without ipywidgets.")
    return console if console.is_jupyter or console.is_terminal else None


def _is_terminal(stream):
    """Return whether a stream is a terminal, whatever the environment says of it."""
    stream = getattr(stream, "rich_proxied_file", stream)  # while bars are shown
    return bool(getattr(stream, "isatty", lambda: False)())


def _warn(message):
    """Warn of progress that is not shown."""
    warnings.warn(message, UserWarning, stacklevel=5)

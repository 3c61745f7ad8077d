"""Child processes that run inputs within limits, and are replaced when they die."""

import faulthandler
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
import warnings
from multiprocessing import connection
from pathlib import Path

from .judging import Outcome, judge

REFRESH = 1000  # inputs of a child, so that no input depends on many before it
PRELOADED = ["fuzzing.targets"]


class Child:
    """A process that runs one input at a time.

    Parameters
    ----------
    folder : Path
        Folder of the seeds.
    seconds : float
        Longest time of an input.
    memory : int
        Bytes of address space beyond what the process has when it starts.
    modules : sequence of str
        Modules with further targets.
    """

    def __init__(self, folder, seconds, memory, modules):
        self.seconds = seconds
        self.notes = Path(tempfile.mkstemp(dir=folder, prefix="fault-")[1])
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*PRELOADED, *modules])
        self.pipe, inner = context.Pipe()
        arguments = (inner, folder, self.notes, seconds, memory, modules)
        self.process = context.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        inner.close()
        self.pipe.recv()  # it has loaded all that it needs
        self.n_done, self.job, self.since = 0, None, 0.0

    def start(self, job):
        """Give an input to the process."""
        self.job, self.since = job, time.monotonic()
        self.pipe.send(job)

    def result(self):
        """Return the outcome of the input; None while it runs."""
        if self.pipe.poll():
            try:
                outcome = Outcome(*self.pipe.recv())
            except (EOFError, ConnectionError):
                self.process.join()
                code = self.process.exitcode
                return Outcome("crash", f"exit {code}", self.notes.read_text())
            self.n_done += 1
            return outcome
        if time.monotonic() - self.since > self.seconds:
            return Outcome("hang", _innermost(self.notes), self.notes.read_text())
        return None

    def stop(self):
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        self.notes.unlink(missing_ok=True)


class Pool:
    """Some children, replaced after `REFRESH` inputs or a crash or hang."""

    def __init__(self, n_workers, *arguments):
        self._arguments = arguments
        self._children = dict.fromkeys(range(n_workers))

    def run(self, jobs):
        """Yield each job with its outcome, as soon as it is known."""
        jobs, busy = iter(jobs), set()
        free = list(self._children)
        while True:
            while free and (job := next(jobs, None)) is not None:
                at = free.pop()
                if self._children[at] is None:
                    self._children[at] = Child(*self._arguments)
                self._children[at].start(job)
                busy.add(at)
            if not busy:
                return
            connection.wait([self._children[at].pipe for at in busy], timeout=0.5)
            for at in sorted(busy):
                child = self._children[at]
                outcome = child.result()
                if outcome is None:
                    continue
                busy.discard(at)
                free.append(at)
                yield child.job, outcome
                if outcome.kind in ("crash", "hang") or child.n_done >= REFRESH:
                    child.stop()
                    self._children[at] = None

    def close(self):
        """End all children."""
        for child in filter(None, self._children.values()):
            child.stop()


def run_case(case, target, scratch):
    """Run an input in this process; return its outcome."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    before = os.getcwd()
    try:
        case.write(folder)
        os.chdir(folder)  # where a command in an input would leave its files
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.run(case, folder)
    except Exception as error:
        return judge(error, target.names(case))
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome("taken")


def _serve(pipe, folder, notes, seconds, memory, modules):
    """Run inputs until the parent ends the process."""
    from .targets import make_case, read_seeds, target_of

    for module in modules:
        __import__(module)
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # compiled code writes there
        os.dup2(silence, stream)
    seeds = read_seeds(folder)
    with open(notes, "w") as file, tempfile.TemporaryDirectory() as scratch:
        faulthandler.enable(file)
        used = int(Path("/proc/self/statm").read_text().split()[0])
        limit = used * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pipe.send("ready")
        while True:
            try:
                name, seed, number = pipe.recv()
            except EOFError:
                return
            faulthandler.dump_traceback_later(0.9 * seconds, file=file)
            case = make_case(name, seed, number, seeds)
            outcome = run_case(case, target_of(name), scratch)
            faulthandler.cancel_dump_traceback_later()
            pipe.send(tuple(outcome))


def _innermost(notes):
    """Return the innermost line of Python that a dump of a hang shows."""
    lines = [line.strip() for line in notes.read_text().splitlines()]
    found = [
        line
        for at, line in enumerate(lines)
        if line.startswith("File") and at and "most recent call" in lines[at - 1]
    ]
    return found[-1] if found else "hang"

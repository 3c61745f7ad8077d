"""Targets of the fuzzing command that crash, hang and raise, for its tests."""

import os
import signal
import time

from fuzzing.targets import TARGETS, Target


def _make(rng, seeds):
    """Return files of random bytes."""
    return {"fuzzed": rng.bytes(16)}, {"number": int(rng.integers(1000))}


def _crash(case, folder):
    """End the process, as a fault of compiled code does."""
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang(case, folder):
    """Never return."""
    time.sleep(1000)


def _raise(case, folder):
    """Raise what no caller can use."""
    {}[case.options["number"]]


def _raise_elsewhere(case, folder):
    """Raise from another package, without the name of the file."""
    import json

    json.loads("{")


def _reject(case, folder):
    """Let a reader of the package reject the file."""
    from skseisfp.io.read_waveforms import read_waveforms

    read_waveforms(folder / "fuzzed")


def _exhaust(case, folder):
    """Take more memory than there is."""
    bytearray(1 << 40)


TARGETS |= {
    f"planted {name}": Target("nothing", _make, run, lambda case: ["fuzzed"])
    for name, run in {
        "crash": _crash,
        "hang": _hang,
        "raw": _raise,
        "raw elsewhere": _raise_elsewhere,
        "raw memory": _exhaust,
        "rejected": _reject,
    }.items()
}

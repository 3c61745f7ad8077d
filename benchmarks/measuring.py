"""Measure cases in turn, print figures with their bars, store them as JSON.

Times are of the processor, so that other work of the machine counts little, and every
round runs all cases: what slows the machine slows them alike, and ratios hold. A figure
is the median of the rounds, with its quartiles. Its bar is what it should keep, its
limit what it must not exceed.
"""

import json
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results" / "bench"
HISTORY = RESULTS / "history.jsonl"  # a line a run, from which `trend_page.py` draws
PACKAGES = ("numpy", "scipy", "scikit-learn", "PyWavelets", "skseisfp")


@dataclass
class Figure:
    """Values of one quantity in all rounds, with its bar and its limit."""

    name: str
    values: np.ndarray
    unit: str = "x"
    at_most: float | None = None
    at_least: float | None = None
    limit: float | None = None

    @property
    def median(self):
        """Return the value that is held against the bar."""
        return float(np.median(self.values))

    @property
    def bar(self):
        """Return the bar in words."""
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return "" if self.at_least is None else f">= {self.at_least:g}"

    def keeps(self, most, least):
        """Return whether the median is between a greatest and a least value."""
        return (most is None or self.median <= most) and (
            least is None or self.median >= least
        )

    @property
    def outcome(self):
        """Return how the median stands to bar and limit."""
        if not self.bar:
            return ""
        if self.keeps(self.at_most, self.at_least):
            return "kept"
        upwards = self.at_most is not None
        within = self.limit is not None and self.keeps(
            *((self.limit, None) if upwards else (None, self.limit))
        )
        return f"missed, limit {self.limit:g}" if within else "EXCEEDED"

    def as_record(self):
        """Return the figure as it is stored."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "quartiles": np.quantile(self.values, [0.25, 0.75]).tolist(),
            "rounds": len(self.values),
            "bar": self.bar,
            "bar_value": self.at_least if self.at_most is None else self.at_most,
            "outcome": self.outcome,
        }


def take_turns(cases, repeats):
    """Run cases in turn, after one round to warm up; return milliseconds of each.

    Parameters
    ----------
    cases : dict of str to callable
        What is measured.
    repeats : int
        Rounds.
    """
    times = {name: [] for name in cases}
    for number in range(repeats + 1):
        for name, function in cases.items():
            start = time.process_time()
            function()
            if number:
                times[name].append(1e3 * (time.process_time() - start))
    return {name: np.array(values) for name, values in times.items()}


def machine():
    """Return the processor and the versions."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return {
        "processor": models[0].strip() if models else platform.processor(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def commit():
    """Return the short name of the commit, with + where files differ from it."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty=+"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except OSError:  # without git
        return "unknown"
    return found.stdout.strip() or "unknown"


def conclude(name, figures):
    """Print a table, store it, and return the number of limits that are exceeded."""
    record = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "figures": [figure.as_record() for figure in figures],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    file = RESULTS / f"{name}.json"
    file.write_text(json.dumps(record, indent=1) + "\n")
    with HISTORY.open("a") as history:
        history.write(json.dumps(record) + "\n")
    width = max(len(figure.name) for figure in figures)
    print(" ".join(record["machine"].values()))
    print(f"{'':{width}}   median   quartiles           bar")
    for figure in figures:
        low, high = np.quantile(figure.values, [0.25, 0.75])
        print(
            f"{figure.name:{width}} {figure.median:8.4g} {low:7.4g} to {high:<7.4g} "
            f"{figure.unit:3} {figure.bar:8} {figure.outcome}"
        )
    print(f"stored in {file}\n")
    return sum(figure.outcome == "EXCEEDED" for figure in figures)

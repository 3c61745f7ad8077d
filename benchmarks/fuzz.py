"""Fuzz readers, transformers, plans and loaders, and count what becomes of inputs.

Every input is a mutation of a valid one, drawn from a seed, the name of the target and
its number, so that the same inputs come again. It runs in a child process with limits
of time and of memory. It is *taken*; or *rejected* by an error that names the file or
parameter and says what is wrong; or it is a *crash* of the interpreter, a *hang*, or a
*raw* error: any other one. Inputs of the last three kinds are kept in a folder, each
with its traceback, and `--replay FILE` runs one again in this process.

Run: python benchmarks/fuzz.py [--minutes 30] [--seed 0] [--workers 1]
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).parent))

from fuzzing.cases import Case
from fuzzing.children import Pool, run_case
from fuzzing.judging import OUTCOMES
from fuzzing.seeds import make_seeds
from fuzzing.targets import TARGETS, make_case, target_of, write_seeds

WRONG = ("crash", "hang", "raw")
KEPT_OF_A_CAUSE = 3  # inputs
# An input has longer than the readers themselves give to obspy's, 30 s.
SECONDS = 45.0
MEMORY = 2 << 30  # bytes beyond what a child has at its start


def fuzz(options):
    """Run all targets; return their counts, and whether nothing was wrong."""
    folder = Path(options.folder)
    kinds = {TARGETS[name].seeds for name in options.targets}
    counts, causes = {}, Counter()
    with TemporaryDirectory(prefix="skseisfp-fuzz-") as place:
        place = Path(place)
        seeds = make_seeds(sorted(kinds), with_obspy=not options.own_seeds)
        write_seeds(seeds, place)
        memory = int(options.memory)
        pool = Pool(options.workers, place, options.seconds, memory, options.modules)
        try:
            for name in options.targets:
                found = _fuzz_target(pool, name, options)
                counts[name] = Counter(), 0.0
                counts[name] = _collect(found, name, seeds, folder, causes)
                show_row(name, *counts[name])
        finally:
            pool.close()
    return counts, causes


def _fuzz_target(pool, name, options):
    """Yield the numbers and outcomes of the inputs of a target, for its time."""
    end = time.monotonic() + 60 * options.minutes / len(options.targets)

    def jobs():
        number = 0
        while time.monotonic() < end and number != options.inputs:
            yield name, options.seed, number
            number += 1

    yield from pool.run(jobs())


def _collect(found, name, seeds, folder, causes):
    """Count outcomes; keep inputs of those that are wrong. Return counts and time."""
    counts, start = Counter(), time.monotonic()
    for (_, seed, number), outcome in found:
        counts[outcome.kind] += 1
        if outcome.kind not in WRONG:
            continue
        cause = name, outcome.kind, outcome.where
        causes[cause] += 1
        if causes[cause] <= KEPT_OF_A_CAUSE:
            folder.mkdir(parents=True, exist_ok=True)
            stem = f"{name.replace(' ', '_')}-{seed}-{number}-{outcome.kind}"
            case = make_case(name, seed, number, seeds)
            (folder / f"{stem}.zip").write_bytes(case.to_bytes())
            text = f"{outcome.where}\n\n{outcome.text}"
            (folder / f"{stem}.txt").write_text(text, errors="replace")
    return counts, time.monotonic() - start


def show_head():
    """Print the head of the table."""
    names = ("tried", *OUTCOMES)
    columns = "".join(f"{name:>9}" for name in names)
    print(f"{'target':<24}{columns}{'seconds':>9}{'a second':>9}", flush=True)


def show_row(name, counts, seconds):
    """Print the row of a target."""
    tried = counts.total()
    cells = [tried, *(counts[kind] for kind in OUTCOMES), round(seconds)]
    columns = "".join(f"{cell:>9}" for cell in cells)
    print(f"{name:<24}{columns}{tried / max(seconds, 1e-9):>9.1f}", flush=True)


def show_causes(causes, folder):
    """Print the causes of what is wrong, those of most inputs first."""
    for (name, kind, where), number in causes.most_common():
        print(f"{number:>6} x {kind}: {name}: {where}")
    if causes:
        print(f"Inputs and tracebacks are in {folder}; --replay FILE runs one.")


def replay(file):
    """Run an input again in this process, and print what becomes of it."""
    case = Case.from_bytes(Path(file).read_bytes())
    print(case.target, case.options)
    with TemporaryDirectory() as scratch:
        outcome = run_case(case, target_of(case.target), scratch)
    print(outcome.kind, outcome.where)
    print(outcome.text)
    return outcome


def parse(arguments=None):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30.0, help="for all targets")
    parser.add_argument("--inputs", type=int, default=-1, help="most of a target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of an input")
    parser.add_argument(
        "--memory", type=float, default=MEMORY, help="bytes, of a child"
    )
    parser.add_argument("--targets", type=lambda text: text.split(","))
    parser.add_argument("--folder", default="results/fuzz", help="of wrong inputs")
    parser.add_argument("--own-seeds", action="store_true", help="none of obspy's")
    parser.add_argument("--modules", nargs="*", default=[], help="with more targets")
    parser.add_argument("--replay", metavar="FILE")
    options = parser.parse_args(arguments)
    for module in options.modules:
        __import__(module)
    options.targets = options.targets or list(TARGETS)
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(f"targets are {', '.join(TARGETS)}; not {sorted(unknown)}")
    return options


def main(arguments=None):
    """Fuzz, print the table, and return the exit code."""
    options = parse(arguments)
    if options.replay:
        return int(replay(options.replay).kind in WRONG)
    show_head()
    counts, causes = fuzz(options)
    total = sum((found for found, _ in counts.values()), Counter())
    show_row("all", total, sum(seconds for _, seconds in counts.values()))
    show_causes(causes, options.folder)
    return int(any(total[kind] for kind in WRONG))


if __name__ == "__main__":
    sys.exit(main())

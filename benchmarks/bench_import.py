"""Imports that must be fast, and what they must not load.

Each import runs in an interpreter of its own, in turn with one of NumPy and
scikit-learn alone. Times are by the clock, from a running interpreter to the last line.

Run: python benchmarks/bench_import.py [--repeats N]
"""

import argparse
import json
import subprocess
import sys

import numpy as np
from measuring import Figure, conclude

IMPORTS = {
    "numpy, pandas, sklearn.model_selection": "import numpy, pandas\n"
    "import sklearn.model_selection",
    "import skseisfp": "import skseisfp",
    "event_train_test_split": "from skseisfp import event_train_test_split",
}
BARRED = ("torch", "skorch", "obspy", "matplotlib")
PROGRAM = """
import json, sys, time
start = time.perf_counter()
{statement}
seconds = time.perf_counter() - start
print(json.dumps([1e3 * seconds, [name for name in {barred} if name in sys.modules]]))
"""


def load(statement):
    """Return the milliseconds of an import and which barred packages it loads."""
    program = PROGRAM.format(statement=statement, barred=BARRED)
    completed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return json.loads(completed.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    rounds = [
        {name: load(statement) for name, statement in IMPORTS.items()}
        for _ in range(repeats + 1)
    ][1:]
    figures = []
    for name in IMPORTS:
        milliseconds = np.array([entry[name][0] for entry in rounds])
        figures.append(Figure(name, milliseconds, "ms"))
        if "skseisfp" in IMPORTS[name]:
            loaded = np.array([len(entry[name][1]) for entry in rounds])
            figures.append(Figure(f"{name}: barred packages", loaded, "", at_most=0))
    return conclude("import", figures)


if __name__ == "__main__":
    sys.exit(main())

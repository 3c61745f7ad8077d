"""The command that makes a page of a stored study."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ._arguments import count, output_file
from ._outcome import Outcome
from ._stage import stage

HELP = "write the page of a stored sweep"
DESCRIPTION = """\
Write the results of a sweep, finished or still running, as one HTML page on which its
cube can be rotated and cut.
"""
EXAMPLES = """\
  skseisfp report plan.db -o sweep.html
  skseisfp report sqlite:///sweep.db -o sweep.html --title "Leaves and depths" --json
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("store", metavar="STORE", help="file or URL of Optuna")
    parser.add_argument("-o", "--output", required=True, metavar="FILE.html")
    parser.add_argument("--study", metavar="NAME", help="where there are several")
    parser.add_argument("--title", default="Study")
    parser.add_argument(
        "--input-shape",
        nargs=3,
        type=count,
        metavar=("CHANNELS", "ROWS", "COLUMNS"),
        help="of a fingerprint, for diagrams of networks (default: that of the sweep)",
    )


def run(options: argparse.Namespace) -> Outcome:
    """Write the page."""
    output = output_file(options.output, (".html", ".htm"), "--output")
    with stage("reading the store", options):
        cube = open_cube(options.store, options.study)
    from ..plotting import write_report

    with stage("writing the page", options):
        write_report(
            cube,
            output,
            title=options.title,
            input_shape=options.input_shape and tuple(options.input_shape),
        )
    facts = {"output": output, **describe_cube(cube)}
    return Outcome(facts, f"{output}: {cube!r}, best {facts['best']}")


def open_cube(store: str, study: str | None) -> Any:
    """Return the cube of a store that is there."""
    from ..sweep import ResultCube

    if "://" not in store and not Path(store).is_file():
        raise FileNotFoundError(f"There is no file {store}.")
    return ResultCube.from_store(store, study)


def describe_cube(cube: Any) -> dict[str, Any]:
    """Return the facts of a cube; the best trial is None where none is complete."""
    try:
        best = cube.best()
    except ValueError:
        best = None
    return {
        "parameters": {
            name: cube.dataset[name].values.tolist() for name in cube.parameters
        },
        "metrics": cube.metrics,
        "n_trials": int(cube.values(partial=True).size),
        "n_complete": int(cube.values().notnull().sum()),
        "best": best,
    }

"""The command that makes a page of a stored study."""

from __future__ import annotations

import argparse
from typing import Any

from ._arguments import count, output_file
from ._outcome import Outcome, UsageError
from ._stage import stage
from ._stores import STORE_HELP, describe_cube, in_one_line, open_store, read_studies

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
    parser.add_argument("store", metavar="STORE", help=STORE_HELP)
    parser.add_argument("-o", "--output", required=True, metavar="FILE.html")
    parser.add_argument(
        "--study", metavar="NAME", help="where there are several; `info` lists them"
    )
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
        cube = _open_cube(options.store, options.study)
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


def _open_cube(name: str, study: str | None) -> Any:
    """Return the cube of a study, which must be named where there are several."""
    from ..sweep import ResultCube

    store = open_store(name)
    studies = read_studies(store, name, study)
    if len(studies) > 1:
        raise UsageError(
            f"{name} has {len(studies)} studies; choose one by --study NAME: "
            f"{in_one_line(studies)}."
        )
    return ResultCube.from_store(store, studies["study"].iloc[0])

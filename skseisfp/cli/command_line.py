"""The command line: options, output, errors and exit codes of all commands."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from . import _discriminate, _fingerprint, _info, _report, _sweep, _train
from ._outcome import (
    INCOMPLETE,
    INTERRUPTED,
    USAGE,
    Outcome,
    UsageError,
    as_json,
    one_line,
)

COMMANDS = {
    "fingerprint": _fingerprint,
    "train": _train,
    "sweep": _sweep,
    "report": _report,
    "discriminate": _discriminate,
    "info": _info,
}
PROGRAM = "skseisfp"
CODES = """\
exit codes:
  0    done
  1    the work failed, or some inputs were left out
  2    the command or an option is not valid
  130  interrupted (Ctrl-C); what was stored stays
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments; None takes those of the process.

    Returns
    -------
    int
        0 if it is done, 1 if the work failed or some inputs were left out, 2 if an
        argument is not valid, 130 if it was interrupted.

    Notes
    -----
    Results go to standard output; errors, warnings and inputs that were left out to
    standard error, one line each. Files appear under their names when they are
    complete.

    Examples
    --------
    >>> from skseisfp.cli import main
    >>> main(["info", "no_such_file"])
    1
    """
    try:
        options = make_parser().parse_args(argv)
    except SystemExit as stop:  # after help, or a message on an argument
        return int(stop.code or 0)
    try:
        with _shown_warnings():
            outcome = COMMANDS[options.command].run(options)
        _write(options, outcome)
        return outcome.code
    except KeyboardInterrupt:
        _say("interrupted; what was stored stays")
        return INTERRUPTED
    except BrokenPipeError:  # who reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INCOMPLETE
    except Exception as error:
        return _fail(options, error)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands.

    Returns
    -------
    argparse.ArgumentParser
        The parser; it loads nothing but the standard library.
    """
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Discriminate seismic events: fingerprints, training, searches, "
        "predictions. Every command has --help with examples.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=f"examples:\n{module.EXAMPLES}\n{CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_options(command)
        command.add_argument(
            "--json", action="store_true", help="write results as JSON"
        )
        command.add_argument(
            "--debug", action="store_true", help="show where an error was raised"
        )
    return parser


def _write(options: Any, outcome: Outcome) -> None:
    """Write results, and what was left out."""
    for row in outcome.rejected:
        record = row.get("record_id", "")
        of_record = f" ({record})" if record and record != row["source"] else ""
        _say(f"left out: {row['source']}{of_record}: {one_line(row['reason'])}")
    if options.json:
        status = "incomplete" if outcome.rejected else "done"
        facts = {"command": options.command, "status": status, **outcome.facts}
        print(as_json({**facts, "rejected": outcome.rejected}))
    elif outcome.text:
        print(outcome.text)
    sys.stdout.flush()


def _fail(options: Any, error: Exception) -> int:
    """Write an error as one line; return the exit code."""
    if options.debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    text = one_line(error)
    _say(f"error: {text}")
    code = USAGE if isinstance(error, UsageError) else INCOMPLETE
    if options.json:
        facts = {"command": options.command, "status": "failed", "error": text}
        print(as_json(facts))
    return code


def _say(text: str) -> None:
    """Write a line to standard error."""
    print(f"{PROGRAM}: {text}", file=sys.stderr)


@contextmanager
def _shown_warnings() -> Iterator[None]:
    """Show each warning for users once, as one line; leave out those for developers."""
    said: set[str] = set()

    def show(message: Warning | str, category: Any, *place: Any) -> None:
        text = one_line(str(message))
        if text not in said:
            said.add(text)
            _say(f"warning: {text}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show  # restored at the end of the block
        yield

"""The table of wrong inputs: what is given, to what, and the error that it raises.

``python tests/bad_inputs.py`` writes the tables of the pages again.
"""

import os
import re
import traceback
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import skseisfp

FOLDER = Path(__file__).parents[1] / "docs" / "bad_inputs"
PAGES = {  # and the headings of their tables
    "files": (
        "Reading files",
        "Recordings that become no record",
        "Labelled folders",
    ),
    "records": ("Filters and fingerprints", "Events", "Networks"),
    "sweeps": ("Plans and sweeps", "Stored results", "Saved models"),
}
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
LONGEST = 240  # characters of a message in the table
# Whatever is wrong with what is given is one of these, or inherits from it.
FAIR = (ValueError, TypeError, OSError)
ADDRESS = re.compile(r"\d{6,}(?=\.npy)")  # of an object, by which skops names its file
PACKAGE = Path(skseisfp.__file__).parent


class Row(NamedTuple):
    """An input that is wrong.

    Parameters
    ----------
    group : str
        Heading of the table that it is in.
    given : str
        What is wrong.
    to : str
        What it is given to, as code.
    run : callable
        Takes an empty folder and gives the input.
    """

    group: str
    given: str
    to: str
    run: object


ROWS = []


def row(group, given, to):
    """Register a function as a row."""

    def register(run):
        ROWS.append(Row(group, given, to, run))
        return run

    return register


def error_of(run):
    """Return the error that a function raises in an empty folder, and the folder."""
    before = Path.cwd()
    with TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(name).resolve()
        os.chdir(folder)
        try:
            run(folder)
        except Exception as error:
            return error, folder
        finally:
            os.chdir(before)
    return None, folder


def own_text(error):
    """Return a message without what it quotes of other packages, whose words change."""
    text, cause = str(error), error.__cause__
    while cause is not None:
        file = Path(traceback.extract_tb(cause.__traceback__)[-1].filename)
        if not file.is_relative_to(PACKAGE):
            text = text.replace(str(cause), "...")
        cause = cause.__cause__
    return text


def cell_of(error, folder):
    """Return an error as a cell: its type, and its message in one line."""
    if error is None:
        return "no error"
    text = ADDRESS.sub("1", own_text(error)).replace(f"{folder}/", "")
    text = " ".join(text.split())
    text = text.replace(str(folder), "the folder").replace("|", "\\|")
    if len(text) > LONGEST:
        text = text[: text.rindex(" ", 0, LONGEST)] + " ..."
    text = text.replace("<", "&lt;").replace("*", "\\*").replace("`", "'")
    return f"`{type(error).__name__}`: {text}"


def line_of(item):
    """Return the line of a row."""
    return f"| {item.given} | `{item.to}` | {cell_of(*error_of(item.run))} |"


def table(groups):
    """Run all rows of some groups; return the lines of their tables."""
    lines = []
    for group in groups:
        lines += [f"## {group}", "", "| given | to | error |", "|---|---|---|"]
        lines += [line_of(item) for item in ROWS if item.group == group]
        lines.append("")
    return lines[:-1]


def lines_of_pages():
    """Return the lines of the tables on each page."""
    pages = {name: (FOLDER / f"{name}.md").read_text() for name in PAGES}
    return {
        name: page.split(BEGIN)[1].split(END)[0].strip().splitlines()
        for name, page in pages.items()
    }


def write_pages():
    """Run all rows, and write the tables of the pages."""
    import bad_input_rows

    assert bad_input_rows.X.size  # rows are registered when it is imported
    for name, groups in PAGES.items():
        page = FOLDER / f"{name}.md"
        before, rest = page.read_text().split(BEGIN)
        after = rest.split(END)[1]
        page.write_text("\n".join([f"{before}{BEGIN}", *table(groups), END + after]))


if __name__ == "__main__":
    import sys

    sys.modules["bad_inputs"] = sys.modules["__main__"]  # whose rows the other adds to
    write_pages()

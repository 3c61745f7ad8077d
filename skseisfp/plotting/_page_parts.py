"""Parts of the report and of the review page, from files in this folder."""

from importlib.resources import files

PACKAGE = __name__.rpartition(".")[0]


def read_part(name):
    """Return the content of a file by its name in this folder."""
    return (files(PACKAGE) / name).read_text(encoding="utf-8")

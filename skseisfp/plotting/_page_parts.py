"""Parts of the pages that are written."""

from importlib.resources import files


def read_part(name):
    """Return a part of a page, by its name in this folder."""
    return (files(__package__) / name).read_text(encoding="utf-8")

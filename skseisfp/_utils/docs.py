"""Docstrings of subclasses: inherited parameters are documented by the base class."""

from __future__ import annotations

import inspect
import re

_SECTION = re.compile(
    r"^Parameters\n-{10}\n(.*?)(?=\n\n[A-Z][\w ]+\n-{3,}\n|\Z)", re.M | re.S
)
_ENTRY = re.compile(
    r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : .*)?(?:\n(?:[ ]{4}.*)?)*", re.M
)


class InheritedParameterDocs:
    """Mixin whose subclasses document only the parameters that they add.

    The entries of all other parameters of the constructor come from the nearest base
    class that documents them, in the order of the signature.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        complete_parameters(cls)


def complete_parameters(cls: type) -> None:
    """Add the documentation of inherited parameters to the docstring of a class.

    Parameters
    ----------
    cls : type
        The class; its docstring has a section ``Parameters``, or none of its own
        parameters and a first section after the summary.
    """
    own = vars(cls).get("__doc__")
    if not own:
        return
    doc = inspect.cleandoc(own)
    known = {}
    for base in reversed(cls.__mro__[1:]):
        known |= parameter_entries(inspect.cleandoc(vars(base).get("__doc__") or ""))
    known |= parameter_entries(doc)
    names = [name for name in inspect.signature(cls).parameters if name in known]
    section = "\n".join(dict.fromkeys(known[name] for name in names))
    if section:
        text = _with_section(doc, f"Parameters\n----------\n{section}")
        cls.__doc__ = f"{text.rstrip()}\n"


def parameter_entries(doc: str) -> dict[str, str]:
    """Return the entries of the section ``Parameters`` by the names of parameters."""
    found = _SECTION.search(doc)
    if not found:
        return {}
    return {
        name.lstrip("*"): entry[0].rstrip()
        for entry in _ENTRY.finditer(found[1])
        for name in entry[1].split(", ")
    }


def _with_section(doc, section):
    """Return a docstring with its section ``Parameters`` replaced, or put in."""
    if _SECTION.search(doc):
        return _SECTION.sub(lambda _: section, doc, count=1)
    first = re.search(r"^[A-Z][\w ]+\n-{3,}\n", doc, re.M)
    if not first:
        return f"{doc}\n\n{section}\n"
    return f"{doc[: first.start()]}{section}\n\n{doc[first.start() :]}"

"""Docstrings of baselines: a subclass documents what differs from its base class."""

import ast
import inspect
import re

from .._utils.docs import InheritedParameterDocs, parameter_entries

_ATTRIBUTES = re.compile(
    r"^Attributes\n-{10}\n.*?(?=\n\n[A-Z][\w ]+\n-{3,}\n|\Z)", re.M | re.S
)
_LATER = re.compile(
    r"^(?:Raises|Warns|See Also|Notes|References|Examples)\n-{3,}\n", re.M
)


class InheritedDocs(InheritedParameterDocs):
    """Mixin whose subclasses inherit the documentation of parameters and attributes.

    Parameters that a subclass does not document come from its base class, with the
    defaults of its own signature. So does the section ``Attributes`` where it has none.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if doc := vars(cls).get("__doc__"):
            doc = _with_attributes(_with_defaults(doc, cls), cls)
            cls.__doc__ = f"{doc.rstrip()}\n"


def _with_defaults(doc, cls):
    """Return a docstring whose defaults are those of the signature."""
    parameters = inspect.signature(cls).parameters
    for name, entry in parameter_entries(doc).items():
        heading = entry.partition("\n")[0]
        kind, _, stated = heading.partition("default=")
        default = parameters[name].default
        if stated and not _stands_for(stated, default):
            doc = doc.replace(heading, f"{kind}default={default!r}", 1)
    return doc


def _stands_for(stated, default):
    """Return whether a default as documented is that of the signature."""
    try:
        return ast.literal_eval(stated) == default
    except (ValueError, SyntaxError):  # the name of a class or function
        return True


def _with_attributes(doc, cls):
    """Return a docstring with the attributes of the nearest base that has some."""
    bases = (inspect.cleandoc(base.__doc__ or "") for base in cls.__mro__[1:])
    inherited = next(filter(None, map(_ATTRIBUTES.search, bases)), None)
    if inherited is None or _ATTRIBUTES.search(doc):
        return doc
    later = _LATER.search(doc)
    first = later.start() if later else len(doc)
    return f"{doc[:first].rstrip()}\n\n{inherited[0].rstrip()}\n\n{doc[first:]}"

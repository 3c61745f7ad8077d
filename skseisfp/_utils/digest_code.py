"""What functions and classes do, as values that a digest can be taken of.

Code of installed packages counts by its name, and the versions count elsewhere. Code of
the user, in a script, a notebook or a module next to it, is followed: the names that a
function uses, the bases and the attributes of a class.
"""

import functools
import site
import sys
import sysconfig
from pathlib import Path
from types import (
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)

PACKAGE = __name__.partition(".")[0]
# What Python adds to a class, and what says nothing of what it does.
_NOT_BEHAVIOUR = frozenset(
    {
        "__abstractmethods__",
        "__annotate__",
        "__annotate_func__",
        "__annotations__",
        "__annotations_cache__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__module__",
        "__qualname__",
        "__slotnames__",  # once an object of the class was pickled
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    }
)


def function_parts(function):
    """Return the parts that a function depends on.

    Parameters
    ----------
    function : function
        Any function of Python.

    Returns
    -------
    list
        Its name and code; of a function of the user, or one that is made within
        another, also its defaults, what it encloses and the names that it uses.
    """
    parts = [f"{function.__module__}.{function.__qualname__}", function.__code__]
    if is_user_module(function.__module__) or not _is_importable(function):
        parts += [
            function.__defaults__,
            function.__kwdefaults__,
            [_content(cell) for cell in function.__closure__ or ()],
        ]
    if is_user_module(function.__globals__.get("__name__")):
        parts.append(_used_names(function))
    return parts


def code_parts(code):
    """Return the parts of a code object, without its place in a file."""
    return [code.co_code, code.co_names, code.co_varnames, code.co_consts]


def class_parts(cls):
    """Return the parts that a class depends on.

    Parameters
    ----------
    cls : type
        Any class.

    Returns
    -------
    list
        Its name; of a class of the user also its bases and attributes.
    """
    parts = [f"{cls.__module__}.{cls.__qualname__}"]
    if is_user_module(cls.__module__):
        members = {
            name: _member(part)
            for name, part in vars(cls).items()
            if name not in _NOT_BEHAVIOUR
            and not isinstance(part, (GetSetDescriptorType, MemberDescriptorType))
        }
        parts += [type(cls), list(cls.__bases__), members]
    return parts


def is_user_module(name):
    """Return whether a module is of the user, not of an installed package.

    Parameters
    ----------
    name : str or None
        Name of the module; one that is not imported is the user's.

    Returns
    -------
    bool
        False for the standard library, site-packages and this package.
    """
    root = str(name).partition(".")[0]
    if root == PACKAGE or root in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        return root not in sys.builtin_module_names
    return not any(folder in Path(file).parents for folder in _installed_folders())


@functools.cache
def _installed_folders():
    """Return the folders of the standard library and of installed packages."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [sysconfig.get_path(kind) for kind in kinds]
    folders += [*site.getsitepackages(), site.getusersitepackages()]
    return {Path(folder) for folder in folders} | {
        Path(folder).resolve() for folder in folders
    }


def _used_names(function):
    """Return the values of the names that a function uses, from its module."""
    found = {}
    names = sorted(_names(function.__code__))
    for name in names:
        if name not in function.__globals__:
            continue
        value = function.__globals__[name]
        found[name] = value
        if isinstance(value, ModuleType) and is_user_module(value.__name__):
            found |= {
                f"{name}.{used}": vars(value)[used]
                for used in names
                if used in vars(value)
            }
    return found


def _names(code):
    """Return all names that a code object and those within it use."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _member(part):
    """Return the parts of a member of a class."""
    if isinstance(part, (staticmethod, classmethod)):
        return [type(part).__name__, part.__func__]
    if isinstance(part, property):
        return ["property", part.fget, part.fset, part.fdel]
    if isinstance(part, functools.cached_property):
        return ["cached_property", part.func]
    return part


def _content(cell):
    """Return the content of a cell of a closure, None while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _is_importable(function):
    """Return whether a function is found in its module under its name."""
    item = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        item = getattr(item, name, None)
    return isinstance(item, FunctionType) and item is function

"""Parameters that a class has gained or lost since a file was written.

A parameter that a file lacks takes the value that does what the class did before it had
the parameter: the class declares it in ``_earlier_values``, a dict by name. Where it
declares none, the default of the constructor is taken, with a warning, since nobody has
said that it does the same. A parameter that a class does not know raises an error.
"""

from __future__ import annotations

import inspect
import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from typing import Any
from zipfile import ZipFile

from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator

from .._utils.versions import installed_version
from ._members import SCHEMA, Members
from ._trust import PACKAGE, is_own

REQUIRED = inspect.Parameter.empty
STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class MissingParameterWarning(UserWarning):
    """A saved estimator lacks a parameter, and its default may do something else."""


def with_parameters_of_today(
    path: Any, members: Members, version: str, skops_io: Any
) -> Members:
    """Return a file whose objects have the parameters that their classes have now.

    Parameters
    ----------
    path : path-like
        The file, for the messages.
    members : Members
        What it holds, with a schema that was checked.
    version : str
        Version of this package that has written it.
    skops_io : module
        ``skops.io``.

    Raises
    ------
    ValueError
        If a class does not know a parameter, or needs one that the file lacks.

    Warns
    -----
    MissingParameterWarning
        If nothing says that the default of a missing parameter does the same.
    """
    schema = json.loads(members.schema)
    changed, undeclared = False, {}
    for kind, attributes in _own_objects(schema):
        values, missing = _missing_values(path, kind, attributes["content"], version)
        _check_known(path, kind, attributes["content"], version)
        undeclared |= {f"{kind.__name__}.{name}": values[name] for name in missing}
        for name, value in values.items():
            attributes["content"][name] = _node_of(value, skops_io)
            attributes["key_types"]["content"].append(_node_of(str, skops_io))
            changed = True
    if undeclared:
        _warn(path, undeclared, version)
    return replace_schema(members, json.dumps(schema)) if changed else members


def replace_schema(members: Members, schema: str) -> Members:
    """Return a file with another schema."""
    buffer = io.BytesIO()
    with ZipFile(io.BytesIO(members.data)) as old, ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, schema if name == SCHEMA else old.read(name))
    return members._replace(data=buffer.getvalue(), schema=schema)


def _own_objects(schema: Any) -> Iterator[tuple[type, dict[str, Any]]]:
    """Yield class and node of the attributes of each object of this package."""
    left = [schema]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left.extend(value)
        elif isinstance(value, dict):
            left.extend(value.values())
            attributes = value.get("content")
            if value.get("__loader__") != "ObjectNode" or not attributes:
                continue
            name = f"{value['__module__']}.{value['__class__']}"
            if attributes.get("__loader__") == "DictNode" and is_own(name):
                yield (
                    getattr(import_module(value["__module__"]), value["__class__"]),
                    (attributes),
                )


def _defaults(kind: type) -> dict[str, Any]:
    """Return the parameters of the constructor of a class with their defaults."""
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(kind).parameters.items()
        if parameter.kind not in STARRED
    }
    for field in fields(kind) if is_dataclass(kind) else ():
        if field.default_factory is not MISSING:
            defaults[field.name] = field.default_factory()
    return defaults


def _keeps_names(kind: type) -> bool:
    """Return whether the attributes of a class are its parameters, and fitted ones."""
    return issubclass(kind, (BaseEstimator, BaseCrossValidator)) or is_dataclass(kind)


def _field_names(kind: Any) -> set[str]:
    """Return the names of the fields of a dataclass, also those not initialized."""
    return {field.name for field in fields(kind)} if is_dataclass(kind) else set()


def _missing_values(path, kind, attributes, version):
    """Return the values of parameters that a file lacks, and the names not declared."""
    defaults = _defaults(kind)
    if not _keeps_names(kind) and not defaults.keys() & attributes.keys():
        return {}, []
    declared = getattr(kind, "_earlier_values", {})
    missing = [name for name in defaults if name not in attributes]
    values = {name: declared.get(name, defaults[name]) for name in missing}
    if needed := [name for name in missing if values[name] is REQUIRED]:
        raise ValueError(
            f"{path} was written by skseisfp {version}, without {needed[0]!r}, which "
            f"{kind.__name__} of skseisfp {installed_version(PACKAGE)} needs. Load it "
            "with the version that wrote it, or fit the estimator again."
        )
    return values, [name for name in missing if name not in declared]


def _check_known(path, kind, attributes, version):
    """Raise for a parameter that a class does not know."""
    if not _keeps_names(kind):
        return
    known = _defaults(kind).keys() | _field_names(kind)
    is_passed = getattr(kind, "_is_passed", lambda name: False)
    unknown = [
        name
        for name in attributes
        if name not in known
        and not (name.startswith("_") or name.endswith("_"))
        and not is_passed(name)
    ]
    if unknown:
        raise ValueError(
            f"{path} was written by skseisfp {version}, with the parameter "
            f"{unknown[0]!r} of {kind.__name__}, which skseisfp "
            f"{installed_version(PACKAGE)} does not know. Load it with the version "
            "that wrote it, or fit the estimator again."
        )


def _warn(path, undeclared, version):
    """Warn of parameters whose defaults may do something else."""
    values = ", ".join(f"{name}={value!r}" for name, value in undeclared.items())
    warnings.warn(
        f"{path} was written by skseisfp {version}, before these parameters were "
        f"there; they take their defaults, and predictions may differ: {values}.",
        MissingParameterWarning,
        stacklevel=4,
    )


def _node_of(value, skops_io):
    """Return a value as a node, which shares no id with those of a file."""
    with ZipFile(io.BytesIO(skops_io.dumps(value))) as archive:
        if archive.namelist() != [SCHEMA]:
            raise TypeError(f"{value!r} cannot be a default: it takes a file.")
        node = json.loads(archive.read(SCHEMA))
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            part.pop("__id__", None)
            left.extend(part.values())
        elif isinstance(part, list):
            left.extend(part)
    return {
        name: part
        for name, part in node.items()
        if name not in ("protocol", "_skops_version")
    }

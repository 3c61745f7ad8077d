"""Experiment plans as TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from os import PathLike
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

NONE = {"none": True}
KINDS = {  # of values by their types in Python
    str: "a string",
    bool: "a bool",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "a table",
    datetime: "a date with time",
    date: "a date",
    time: "a time",
}
ALLOWED = "a number, a string, a bool, {none = true} or an array of them"


def write_plan(
    name: str | None, ranges: Mapping[str, Any], fixed: Mapping[str, Any]
) -> str:
    """Return a plan as TOML."""
    lines = [] if name is None else [f"name = {_write(name, 'name')}", ""]
    for title, table in (("ranges", ranges), ("fixed", fixed)):
        lines.append(f"[{title}]")
        for key, value in table.items():
            if title == "ranges" and isinstance(value, (range, np.ndarray)):
                value = [*value] if isinstance(value, range) else value.tolist()
            elif title == "ranges" and isinstance(value, tuple):
                value = [value]
            lines.append(f"{_write_key(key)} = {_write(value, key)}")
        lines.append("")
    return "\n".join(lines)


def read_plan(source: str | PathLike) -> dict[str, Any]:
    """Return the name, the ranges and the fixed values of a plan."""
    place = name_plan(source)
    try:
        tables = tomllib.loads(_text_of(source))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{place} is not TOML: {error}.") from error
    if unknown := tables.keys() - {"name", "ranges", "fixed"}:
        raise ValueError(
            f"{place} has {', '.join(map(repr, sorted(unknown)))}; a plan has a name "
            "and the tables ranges and fixed."
        )
    if "ranges" not in tables:
        raise ValueError(f"{place} has no table ranges.")
    for key in ("ranges", "fixed"):
        if not isinstance(tables.setdefault(key, {}), dict):
            _fail(place, key, tables[key], "a table")
    if not isinstance(tables.get("name", ""), str):
        _fail(place, "name", tables["name"], "a string")
    ranges = {
        key: [_read(item, place, f"ranges.{key}") for item in value]
        if isinstance(value, list)
        else _read(value, place, f"ranges.{key}")
        for key, value in tables["ranges"].items()
    }
    fixed = {
        key: _read(value, place, f"fixed.{key}")
        for key, value in tables["fixed"].items()
    }
    return {"ranges": ranges, "fixed": fixed, "name": tables.get("name")}


def name_plan(source: str | PathLike) -> str:
    """Return the name of a plan in messages."""
    is_text = isinstance(source, str) and "\n" in source
    return "The plan" if is_text else f"The plan {source}"


def _text_of(source):
    """Return the TOML of a source, which has a line break where it is not a path."""
    if isinstance(source, str) and "\n" in source:
        return source
    return Path(source).read_text("utf-8-sig")


def _read(value, place, key):
    """Return a value of TOML as it was: None and tuples have their own forms."""
    if value == NONE:
        return None
    if isinstance(value, list):
        return tuple(_read(item, place, key) for item in value)
    if not isinstance(value, (bool, int, float, str)):
        _fail(place, key, value, ALLOWED)
    return value


def _fail(place, key, value, allowed) -> NoReturn:
    """Raise for a value of another type than is allowed."""
    found = next(kind for type_, kind in KINDS.items() if isinstance(value, type_))
    raise ValueError(f"{place}: {key} must be {allowed}; got {found}.")


def _write_key(key):
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _write(key, key)


def _write(value, key):
    """Return a value in TOML's syntax."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None:
        return "{none = true}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if type(value) in (int, float):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_write(item, key) for item in value)}]"
    raise TypeError(
        f"{key}: a {type(value).__name__} cannot be written to TOML; numbers, strings, "
        "None and tuples of them can."
    )

"""Experiment plans as TOML."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

NONE = {"none": True}


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
    if isinstance(source, str) and "\n" in source:
        text, place = source, "The plan"
    else:
        text, place = Path(source).read_text("utf-8"), f"The plan {source}"
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{place} is not TOML: {error}.") from error
    if unknown := tables.keys() - {"name", "ranges", "fixed"}:
        raise ValueError(
            f"{place} has {', '.join(map(repr, sorted(unknown)))}; a plan has a name "
            "and the tables ranges and fixed."
        )
    if "ranges" not in tables:
        raise ValueError(f"{place} has no table ranges.")
    ranges = {
        key: list(map(_read, value)) if isinstance(value, list) else _read(value)
        for key, value in tables["ranges"].items()
    }
    fixed = {key: _read(value) for key, value in tables.get("fixed", {}).items()}
    return {"ranges": ranges, "fixed": fixed, "name": tables.get("name")}


def _read(value):
    """Return a value of TOML as it was: None and tuples have their own forms."""
    if value == NONE:
        return None
    return tuple(map(_read, value)) if isinstance(value, list) else value


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

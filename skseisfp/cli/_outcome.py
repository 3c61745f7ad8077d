"""What a command has found, as lines for people and as JSON for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

OF_NO_EVENT = "no event of the table begins"  # reason of `skseisfp.io`'s reader
DONE, INCOMPLETE, USAGE, INTERRUPTED = 0, 1, 2, 130  # exit codes; 130 is that of Ctrl-C


class UsageError(Exception):
    """Options contradict each other, or a value is not valid."""


@dataclass(frozen=True)
class Outcome:
    """Result of a command.

    Parameters
    ----------
    facts : dict
        What is written with ``--json``.
    text : str
        What is written without it.
    rejected : list of dict
        Inputs that were left out: ``source`` and ``reason``.
    """

    facts: dict[str, Any]
    text: str
    rejected: list[dict[str, str]] = field(default_factory=list)

    @property
    def code(self) -> int:
        """Exit code."""
        return INCOMPLETE if self.rejected else DONE


def as_json(facts: Any) -> str:
    """Return facts as JSON; what is not finite is null."""
    return json.dumps(plain(facts), indent=2, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value of NumPy, pandas or Python as one that JSON has."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return plain(value.to_dict("records"))
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "isoformat"):
        return None if value != value else value.isoformat()
    return fspath(value) if isinstance(value, PathLike) else str(value)


def one_line(error: BaseException | str) -> str:
    """Return an error or a warning as one line."""
    if isinstance(error, KeyError) and error.args:
        error = str(error.args[0])
    text = " ".join(str(error).split())
    return text or type(error).__name__


def describe(facts: dict[str, Any]) -> str:
    """Return facts as lines of names and values."""
    width = max(map(len, facts), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def rejected_of(table: Any) -> list[dict[str, str]]:
    """Return the rows of a table of rejected recordings as sources and reasons.

    Recordings of no event of a catalogue were not asked for, and are left out of it.
    """
    rows = []
    for row in table.to_dict("records"):
        if str(row["reason"]).startswith(OF_NO_EVENT):
            continue
        names = [row.get("source"), row.get("record_id"), row.get("event_id")]
        known = [str(name) for name in names if isinstance(name, str) and name]
        rows.append(
            {
                "source": known[0] if known else "a recording",
                "record_id": str(row.get("record_id") or ""),
                "reason": str(row["reason"]),
            }
        )
    return rows

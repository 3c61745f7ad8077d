"""Small pieces of static HTML, for representations in notebooks and for pages.

All strings are escaped. Nothing is loaded or run. Colours and fonts are those of what
is around, so that pieces are readable on light and on dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

MOST_ITEMS = 12  # in a list within one line
MOST_ROWS = 20  # of a table
MOST_CHARACTERS = 300  # of one value
SHORT = 12  # characters of a cell that is not broken into lines
TIMES = " \N{MULTIPLICATION SIGN} "
# notebooks align cells to the right and colour every second row
CELL = (
    "text-align:left;vertical-align:top;padding:0.15em 1em 0.15em 0;"
    "background:transparent;color:inherit;border:0;white-space:normal;"
    "overflow-wrap:anywhere"
)
NAME = f"{CELL};font-weight:normal;opacity:0.75;min-width:7em"
HEAD = f"{CELL};font-weight:600;border-bottom:1px solid currentColor;white-space:nowrap"
TABLE = "border-collapse:collapse;margin:0.3em 0;color:inherit;border:0;font-size:1em"
BOX = "overflow-x:auto;color:inherit;background:transparent;max-width:60em"


class Html(str):
    """A string that is HTML already, and is not escaped again."""

    __slots__ = ()


def as_html(value: Any) -> Html:
    """Return a value as HTML: what is HTML as it is, all else as an escaped string."""
    return value if isinstance(value, Html) else Html(escape(shorten(str(value))))


def shorten(string: str, most: int = MOST_CHARACTERS) -> str:
    """Return a string, its middle left out if it is long."""
    if len(string) <= most:
        return string
    half = most // 2
    return f"{string[:half]} \N{HORIZONTAL ELLIPSIS} {string[-half:]}"


def listed(items: Sequence[Any], most: int = MOST_ITEMS) -> str:
    """Return items with commas between them; of many the first, the last, their number.

    Examples
    --------
    >>> from skseisfp._utils.html import listed
    >>> listed([1, 2, 3]), listed(range(40), most=4)
    ('1, 2, 3', '0, 1, 2, …, 39 (40 in all)')
    """
    if len(items) <= most:
        return ", ".join(map(str, items))
    first = ", ".join(str(item) for item in items[: most - 1])
    return f"{first}, \N{HORIZONTAL ELLIPSIS}, {items[-1]} ({len(items):,} in all)"


def counted(number: int, word: str) -> str:
    """Return a number with its word, which gets an ``s`` unless it is one."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def with_numbers(pairs: Iterable[tuple[Any, int]], most: int = MOST_ITEMS) -> str:
    """Return labels with their numbers, as in ``blast (8), quake (9)``."""
    return listed([f"{label} ({number:,})" for label, number in pairs], most)


def sized(shape: Iterable[int]) -> str:
    """Return a shape with multiplication signs."""
    return TIMES.join(f"{length:,}" for length in shape)


def box(title: Any, *parts: Any) -> str:
    """Return a title with parts below it, as a representation of an object."""
    head = f'<div style="font-weight:600">{as_html(title)}</div>'
    return f'<div style="{BOX}">{head}{"".join(map(as_html, parts))}</div>'


def paragraph(text: Any) -> Html:
    """Return a string as a paragraph."""
    return Html(f'<p style="margin:0.3em 0">{as_html(text)}</p>')


def lines(text: str) -> Html:
    """Return a printed text as it is, in letters of equal width."""
    style = "margin:0.3em 0;color:inherit;background:transparent;overflow-x:auto"
    return Html(f'<pre style="{style}">{escape(text)}</pre>')


def fact_table(facts: Mapping[str, Any]) -> Html:
    """Return facts as a table: a name and a value each."""
    rows = "".join(
        f'<tr style="background:transparent"><th scope="row" style="{NAME}">'
        f'{as_html(name)}</th><td style="{CELL}">{as_html(value)}</td></tr>'
        for name, value in facts.items()
    )
    return Html(f'<table style="{TABLE}"><tbody>{rows}</tbody></table>')


def table(
    columns: Sequence[Any], rows: Sequence[Sequence[Any]], most: int = MOST_ROWS
) -> Html:
    """Return a table with a header; rows beyond `most` are counted only."""
    head = "".join(f'<th scope="col" style="{HEAD}">{as_html(c)}</th>' for c in columns)
    body = "".join(
        '<tr style="background:transparent">' + "".join(map(_cell, row)) + "</tr>"
        for row in rows[:most]
    )
    left = len(rows) - most
    more = paragraph(f"and {counted(left, 'row')} more") if left > 0 else ""
    return Html(
        f'<table style="{TABLE}"><thead><tr style="background:transparent">{head}</tr>'
        f"</thead><tbody>{body}</tbody></table>{more}"
    )


def _cell(value):
    """Return a cell of a table; short strings stay on one line."""
    wrap = ";white-space:nowrap" if len(str(value)) <= SHORT else ""
    return f'<td style="{CELL}{wrap}">{as_html(value)}</td>'


def frame_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> Html:
    """Return a DataFrame as pandas shows it, without its own colours; rows as above."""
    made = frame.to_html(max_rows=most, max_cols=MOST_ITEMS, border=0, escape=True)
    left = len(frame) - most
    more = paragraph(f"{counted(len(frame), 'row')} in all") if left > 0 else ""
    return Html(f"{made}{more}")

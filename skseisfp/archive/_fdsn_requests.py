"""Requests to data centres whose answers an archive holds."""

from itertools import groupby

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from ..io.merging import nanoseconds
from ._database import requests


def answered(archive, lines):
    """Return the lines that were answered before."""
    known = _known(archive)
    return [line for line in lines if _key(line) in known]


def unanswered_bulks(archive, lines, size):
    """Return the other lines in lists of one event and about `size` lines."""
    known = _known(archive)
    lines = [line for line in lines if _key(line) not in known]
    return [
        bulk
        for _, part in groupby(lines, key=lambda line: line[0])
        for bulk in split_lines(list(part), size)
    ]


def split_lines(lines, size):
    """Split lines into lists of at most `size`, but no instrument into two."""
    bulks = []
    for _, part in groupby(lines, key=lambda line: line[1][:-1]):
        part = list(part)
        if bulks and len(bulks[-1]) + len(part) <= size:
            bulks[-1] += part
        else:
            bulks.append(part)
    return bulks


def put_answers(archive, lines, outcomes):
    """Store that lines were answered, and how."""
    rows = [
        {**dict(zip(_COLUMNS, _key(line), strict=True)), "outcome": outcome}
        for line, outcome in zip(lines, outcomes, strict=True)
    ]
    with archive.database.writing() as connection:
        connection.execute(insert(requests).on_conflict_do_nothing(), rows)


_COLUMNS = ("event_id", "channel", "start_ns", "end_ns")


def _key(line):
    """Return the values that identify a request."""
    event_id, channel, start, end = line
    return event_id, channel, nanoseconds(start), nanoseconds(end)


def _known(archive):
    """Return the keys of all requests that were answered."""
    query = select(*(requests.c[name] for name in _COLUMNS))
    with archive.database.reading() as connection:
        return set(map(tuple, connection.execute(query)))

"""The page on which records are reviewed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd

from .._utils.checks import check_per_record
from ..io.exclusions import as_exclusions, reasons_to_exclude
from ..io.tables import require_columns
from ._event_records import number_of_component, records_of
from ._page_parts import read_part
from ._review_sections import section_of

if TYPE_CHECKING:
    from sklearn.utils import Bunch

STYLES = ("_report/base.css", "_review/style.css")
REASONS = ("noise", "clipped", "gap or glitch", "other event", "wrong pick")


def write_review(
    bunch: Bunch,
    path: str | os.PathLike[str],
    *,
    component: str | None = None,
    exclusions: Any = None,
    reasons: Sequence[str] = REASONS,
    title: str = "Review",
) -> Path:
    """Write records as a page on which a person selects those to exclude.

    The page is one file without links to others: a section of records for each event,
    from the nearest station on, with their picks, a box to tick and a reason. The
    selection is kept by the browser, and saved from the page as a table
    `exclusions.csv` with `record_id`, `event_id`, `station` and `reason`, which
    `WaveformReader.read`, `SeismicArchive`, `load_records` and `load_seisbench` take as
    `exclusions`.

    Parameters
    ----------
    bunch : Bunch
        Records, as these readers return them; `data` may hold references made by
        `lazy_records`, which are then read event by event. See
        `RecordSectionDisplay.from_bunch` for distances, picks and times.
    path : str or path-like
        File to write.
    component : str, default=None
        Component to draw; None takes the first.
    exclusions : DataFrame, str, path-like or sequence of str, default=None
        Records that are ticked initially, such as a table of an earlier review.
    reasons : sequence of str, default=("noise", "clipped", "gap or glitch", \
"other event", "wrong pick")
        Reasons that the page proposes.
    title : str, default="Review"
        Title of the page.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ValueError
        If records have no or equal names, a row of `exclusions` matches no record, or
        the bunch does not have the component.

    See Also
    --------
    RecordSectionDisplay : The section of one event.

    Notes
    -----
    Records are read and written event by event, and the file appears when it is
    complete. A record takes 2 to 3 kB: the minima and maxima of 600 columns of a trace,
    which has its own scale. To see the input of a network, preprocess the records
    before.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from skseisfp import make_seismograms
    >>> from skseisfp.plotting import write_review
    >>> bunch = make_seismograms(12, random_state=0)
    >>> with TemporaryDirectory() as folder:
    ...     page = write_review(bunch, f"{folder}/review.html")
    ...     page.read_text().count('class="record"')
    12
    """
    channel = number_of_component(bunch, component)
    ids = _record_ids(bunch.frame)
    reasons_to_exclude(exclusions, ids)
    excluded: list[tuple] = list(as_exclusions(exclusions).items())
    groups = check_per_record("bunch.groups", bunch.groups, len(ids), "event id")
    by_event = pd.Series(range(len(ids))).groupby(groups.astype(str), sort=False)
    head, tail = _page(
        title=escape(title),
        digest=sha256(json.dumps([ids, excluded]).encode()).hexdigest()[:16],
        summary=f"{len(ids)} records of {by_event.ngroups} events",
        choices=_choices(bunch),
        reasons="".join(f'<option value="{escape(reason)}">' for reason in reasons),
        excluded=json.dumps(excluded).replace("<", "\\u003c"),
    )
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(head)
            for number, (_, rows) in enumerate(by_event):
                records = records_of(bunch, rows.to_numpy(), channel)
                file.write(section_of(records, number))
            file.write(tail)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _record_ids(frame):
    """Return the names of records, which must differ."""
    require_columns("The frame of the bunch", frame, ("record_id",))
    ids = frame["record_id"].astype(str)
    repeated = ids[ids.duplicated()]
    if len(repeated):
        raise ValueError(f"The bunch has several records {repeated.iloc[0]}.")
    return ids.tolist()


def _page(**facts):
    """Return the parts of the page before and after the events."""
    head, tail = read_part("_review/page.html").split("$events\n")
    facts |= {
        "style": "".join(map(read_part, STYLES)),
        "script": read_part("_review/review.js"),
    }
    return Template(head).substitute(facts), Template(tail).substitute(facts)


def _choices(bunch):
    """Return the options for the events that are shown."""
    options = ["all", "some", "none"], ["all events", "with exclusions", "without"]
    html = "".join(
        f'<option value="{value}">{title}</option>'
        for value, title in zip(*options, strict=True)
    )
    labels = [] if bunch.get("target") is None else pd.unique(np.asarray(bunch.target))
    for label in sorted(map(str, labels)):
        html += f'<option value="label" data-label="{escape(label)}">{escape(label)}'
        html += "</option>"
    return html

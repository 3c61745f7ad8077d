"""The page on which records are reviewed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._utils.atomic import atomic_file
from .._utils.checks import check_per_record
from ..io.exclusions import as_exclusions, reasons_to_exclude
from ..io.tables import require_columns
from ._color_keys import color_keys, colors_by_key, title_of
from ._event_records import band_in_words, filtered, number_of_component, records_of
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
    f_min: float | None = None,
    f_max: float | None = None,
    color_by: str | None = None,
    colors: Mapping[str, str] | None = None,
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
    f_min, f_max : float, default=None
        Corners in Hz of a filter without delay, through which the traces are drawn, see
        `skseisfp.signal.bandpass`. Broad-band records of small events show little but
        microseism below 1 Hz.
    color_by : str, default=None
        Column of the frame of the bunch that the colours of traces stand for; None
        draws all alike.
    colors : mapping, default=None
        Colours of CSS by value of this column; None takes those of the package.
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
        If records have no or equal names, a row of `exclusions` matches no record, the
        bunch does not have the component or the column, or the corners are not valid.

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
    keys, palette = [None] * len(ids), {}
    if color_by is not None:
        keys = color_keys("The frame of the bunch", bunch.frame, color_by)
        palette = colors_by_key(keys, colors)
    band = {"f_min": f_min, "f_max": f_max}
    filtered(np.zeros((1, 1)), bunch.sampling_rate, **band)  # checks the corners
    summary = [f"{len(ids)} records of {by_event.ngroups} events"]
    summary += [] if component is None else [f"component {component}"]
    summary += filter(None, [band_in_words(**band)])
    head, tail = _page(
        title=escape(title),
        digest=sha256(json.dumps([ids, excluded]).encode()).hexdigest()[:16],
        summary=escape(", ".join(summary)),
        colors=_color_legend(palette),
        choices=_choices(bunch),
        reasons="".join(f'<option value="{escape(reason)}">' for reason in reasons),
        excluded=json.dumps(excluded).replace("<", "\\u003c"),
    )
    with atomic_file(path, text=True) as file:
        file.write(head)
        for number, (_, rows) in enumerate(by_event):
            records = records_of(bunch, rows.to_numpy(), channel)
            traces = filtered(records.traces, records.sampling_rate, **band)
            records = records._replace(traces=traces)
            strokes = [palette.get(keys[row], "") for row in records.table["row"]]
            file.write(section_of(records, number, strokes))
        file.write(tail)
    return Path(path)


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


def _color_legend(palette):
    """Return the legend of the colours of traces."""
    return " ".join(
        f'<span class="key" style="--trace:{escape(color)}">'
        f"{escape(title_of(key))}</span>"
        for key, color in palette.items()
    )


def _choices(bunch):
    """Return the options for the events that are shown."""
    options = ["all", "some", "none"], ["all events", "with exclusions", "without"]
    html = "".join(
        f'<option value="{value}">{title}</option>'
        for value, title in zip(*options, strict=True)
    )
    labels = [] if bunch.get("target") is None else pd.unique(np.asarray(bunch.target))
    for label in sorted(str(label) for label in labels if not pd.isna(label)):
        html += f'<option value="label" data-label="{escape(label)}">{escape(label)}'
        html += "</option>"
    return html

"""Sections of records as parts of the review page, one for each event."""

from base64 import b64encode
from html import escape

import numpy as np

from ._axes import round_down

N_COLUMNS = 600  # columns of a trace, of which the page has minima and maxima
LEVELS = 127  # levels of either sign that fit into a byte
N_TICKS = 5  # least number of ticks along time

SECTION = """\
<section class="event" data-event="{event}" data-label="{label}" aria-label="{event}" \
style="--n:{n_records}">
<div class="head"><h2>{event} <small>{facts}</small></h2>
<p class="count"></p><button type="button" class="all">exclude all</button></div>
<ol class="records">
{records}
</ol>
<div class="axis" aria-hidden="true"><div>{ticks}</div><i>s from {reference}</i></div>
</section>
"""
RECORD = """\
<li class="record" data-id="{record_id}" data-station="{station}"{stroke}>
<input type="checkbox" id="{key}" aria-label="Exclude {station}">
<label class="name" for="{key}"><b>{station}</b><small>{facts}</small></label>
<label class="trace" for="{key}" aria-hidden="true"><svg viewBox="{box}" \
preserveAspectRatio="none" data-start="{start}" data-step="{step}" \
data-values="{values}">{marks}</svg></label>
<input class="reason" list="reasons" placeholder="reason" autocomplete="off" \
aria-label="Reason to exclude {station}">
</li>"""


def section_of(records, number, strokes):
    """Return the section of the records of an event, the `number`-th of the page.

    `strokes` are the colours of the traces, "" for the usual one.
    """
    starts = records.table["start_time"]
    first = starts.min()
    span = starts.max() + records.traces.shape[1] / records.sampling_rate - first
    ticks = _ticks(first, span)
    rows = [
        _record(records, row, f"r{number}-{row}", first, span, ticks, strokes[row])
        for row in range(len(records.traces))
    ]
    count = f"{len(rows)} record{'s' if len(rows) > 1 else ''}"
    facts = [count] if records.label is None else [str(records.label), count]
    return SECTION.format(
        event=escape(records.event_id),
        label="" if records.label is None else escape(str(records.label)),
        n_records=len(rows),
        facts=escape(", ".join(facts)),
        records="\n".join(rows),
        ticks="".join(
            f'<span style="left:{100 * (tick - first) / span:.2f}%">{tick:g}</span>'
            for tick in ticks
        ),
        reference=records.reference,
    )


def _record(records, row, key, first, span, ticks, stroke):
    """Return the part of the page for one record."""
    facts = records.table.iloc[row]
    values = _lows_and_highs(records.traces[row])
    lines = [("tick", tick) for tick in ticks]
    lines += [(phase, facts[f"{phase}_time"]) for phase in "ps"]
    n_columns = len(values) // 2
    return RECORD.format(
        record_id=escape(facts["record_id"]),
        station=escape(facts["station"]),
        stroke=f' style="--trace:{escape(stroke)}"' if stroke else "",
        key=key,
        facts=escape(_describe(facts)),
        box=f"{first:.3f} -1 {span:.3f} 2",
        start=f"{facts['start_time']:.3f}",
        step=f"{records.traces.shape[1] / records.sampling_rate / n_columns:.6g}",
        values=b64encode(values).decode("ascii"),
        marks="".join(
            f'<path class="{kind}" d="M{time:.3f} -1V1"/>'
            for kind, time in lines
            if np.isfinite(time)
        ),
    )


def _describe(facts):
    """Return distance and SNR of a record in words, if they are known."""
    known = []
    if np.isfinite(facts["distance_km"]):
        known.append(f"{facts['distance_km']:.0f} km")
    if np.isfinite(facts["snr_db"]):
        known.append(f"SNR {facts['snr_db']:.0f} dB")
    return ", ".join(known)


def _lows_and_highs(trace):
    """Return minima and maxima of a trace relative to its peak, alternating bytes."""
    peak = np.nanmax(np.abs(trace), initial=0.0)
    n_columns = min(N_COLUMNS, len(trace))
    edges = np.linspace(0, len(trace), n_columns, endpoint=False).astype(int)
    known = np.nan_to_num(trace) / (peak or 1.0) * LEVELS
    ends = [np.minimum.reduceat(known, edges), np.maximum.reduceat(known, edges)]
    return np.column_stack(ends).round().astype(np.int8).tobytes()


def _ticks(first, span):
    """Return round times within a span."""
    step = round_down(span / N_TICKS)
    return step * np.arange(np.ceil(first / step), np.floor((first + span) / step) + 1)

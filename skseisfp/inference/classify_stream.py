"""From a stream to the class of its event."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from .._utils.checks import check_option
from ..io.event_tables import as_inventory, as_tables
from ..io.picks import usable_picks
from ..metrics.aggregation import aggregate_events, class_scores
from ..metrics.decisions import (
    check_decides_by_scores,
    decide,
    decision_threshold,
)
from ..signal import snr
from ._onset_checks import (
    ALONE,
    APART,
    COLUMNS,
    EARLY,
    REASONS,
    name_reasons,
    pick_events,
    stations_in,
    with_status,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obspy import Inventory, Stream

    from ..io import WaveformReader

_EVENT = "event"
_IN_WORDS = {
    EARLY: "before the origin",
    APART: "without agreement between stations",
    ALONE: "of one station alone",
}
_COLUMNS = ["record_id", "event_id", "station", "location", "channels", "start_time"]


def classify_stream(
    model: Any,
    stream: Stream,
    reader: WaveformReader,
    *,
    events: pd.DataFrame | Bunch | str | PathLike[str] | None = None,
    picks: pd.DataFrame | None = None,
    inventory: Inventory | str | PathLike[str] | None = None,
    vote: str = "mean",
    tie: str = "mean",
    pick_options: Mapping[str, Any] | None = None,
    doubtful_picks: Literal["reject", "keep"] = "reject",
) -> Bunch:
    """Predict the class of each record of a stream, and of each event.

    Parameters
    ----------
    model : estimator
        A fitted classifier of records, a pipeline for example.
    stream : obspy Stream
        Recordings, of one event unless `events` names several.
    reader : WaveformReader
        How records are made from the stream: the components, sampling rate and window
        that the model was trained on.
    events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
        Events that begin within the stream: `event_id` and `origin_time`, or a
        QuakeML document; their types are not used. None takes the stream as one
        event, named ``"event"``.
    picks : DataFrame, default=None
        Picks: `station`, `phase` and `time`, with several events `event_id` too. None
        takes those of `events`; without these, where the reader aligns to P, onsets by
        `skseisfp.io.pick_phases`, after the origin time of each event if it is known.
    inventory : obspy Inventory, str or path-like, default=None
        Stations, where the reader needs their orientations or responses.
    vote : {"mean", "majority", "snr"}, default="mean"
        How the predictions of stations are combined, see
        `skseisfp.metrics.aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Winner among classes with equally many votes, for ``vote="majority"``.
    pick_options : mapping, default=None
        Options of `skseisfp.io.pick_phases`, such as ``{"threshold": 5.0}``.
    doubtful_picks : {"reject", "keep"}, default="reject"
        What to do with P picks before the origin, and automatic ones that do not agree
        with those of other stations: leave their records out, or use them.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        stations : DataFrame
            One row per record: `record_id`, `event_id`, `station`, `location`,
            `channels`, `start_time`, `p_arrival` (seconds from the first sample) and
            `snr_db` (both NaN without a pick), `prediction`, `score_<class>`, the
            probability of each class, and `pick_status`, that of its P pick, "" without
            one.
        events : DataFrame
            One row per event, as `skseisfp.metrics.aggregate_events` returns it.
        rejected : DataFrame
            Recordings that did not become records, with the reason.
        picks : DataFrame
            P picks: `event_id`, `station`, `phase`, `time` and `status`: ``"given"``,
            ``"automatic"``, or what is doubtful, see Notes.

    Raises
    ------
    ValueError
        If no record can be made, with the reasons, or if a parameter is not valid.

    See Also
    --------
    skseisfp.io.WaveformReader : The policy by which records are made.

    Notes
    -----
    A warning counts P picks of these three states. ``"before origin"``: earlier than
    the origin time of the event. ``"no agreement"``: automatic, by `pick_phases` or the
    `evaluation_mode` of a table, and outside of the largest set of picks that agree
    with one of them. Two agree if they are as far apart as P at 5 km/s needs from one
    station to the other, and 2 s, at most; where `inventory` lacks one of the places,
    30 s. ``"one station"``: automatic, and the only one of its event; it is used.

    Examples
    --------
    >>> import numpy as np
    >>> from obspy import Stream, Trace
    >>> from sklearn.dummy import DummyClassifier
    >>> from skseisfp.inference import classify_stream
    >>> from skseisfp.io import WaveformReader
    >>> rng = np.random.default_rng(0)
    >>> stream = Stream()
    >>> for station in "AB":
    ...     header = {"station": station, "channel": "HHZ", "sampling_rate": 40}
    ...     stream += Trace(rng.standard_normal(2400), header)
    >>> reader = WaveformReader(components="Z", window=(0, 30))
    >>> model = DummyClassifier().fit(np.zeros((3, 1200)), ["blast", "blast", "quake"])
    >>> result = classify_stream(model, stream, reader)
    >>> result.stations["station"].tolist(), result.events["prediction"].tolist()
    (['.A', '.B'], ['blast'])
    """
    check_option("doubtful_picks", doubtful_picks, ("reject", "keep"))
    if events is not None:
        events, picks = as_tables(events, picks)
    elif picks is not None:
        picks = as_tables(None, pd.DataFrame(picks).assign(event_id=_EVENT))[1]
    bunch, checked = _read(
        stream,
        reader,
        (events, picks),
        as_inventory(inventory),
        pick_options,
        doubtful_picks,
    )
    scores = class_scores(model, bunch.data)
    frame = bunch.frame
    ratios = snr(bunch.data, frame["p_arrival"], sampling_rate=bunch.sampling_rate)
    decision = decision_threshold(model)
    check_decides_by_scores(model, bunch.data, scores, decision)
    event_predictions = aggregate_events(
        scores,
        bunch.groups,
        classes=model.classes_,
        vote=vote,
        tie=tie,
        snr=ratios,
        decision=decision,
    )
    stations = frame[[*_COLUMNS, "p_arrival"]].assign(
        snr_db=ratios, prediction=np.asarray(model.classes_)[decide(scores, decision)]
    )
    for column, name in enumerate(model.classes_):
        stations[f"score_{name}"] = scores[:, column]
    stations["pick_status"] = _status_of(stations, checked)
    return Bunch(
        stations=stations,
        events=event_predictions,
        rejected=_name_reasons(bunch, checked),
        picks=checked,
    )


def _status_of(stations, checked):
    """Return the status of the P pick of each record, "" where there is none."""
    keys = zip(checked["event_id"], checked["station"], strict=True)
    status = dict(zip(keys, checked["status"], strict=True))
    keys = zip(stations["event_id"], stations["station"], strict=True)
    return [status.get(key, "") for key in keys]


def _read(stream, reader, tables, inventory, options, doubtful_picks):
    """Return the records of a stream, and the P picks with their status."""
    events, picks = tables
    known = pd.DataFrame({"event_id": [_EVENT], "origin_time": [pd.NaT]})
    known = known if events is None else events
    automatic = picks is None or picks.empty
    if automatic and reader.align == "P":
        picks = pick_events(stream, known, options or {})
    if picks is None:
        nothing = pd.DataFrame(columns=COLUMNS)
        return _records(stream, reader, events, picks, inventory), nothing
    checked = with_status(picks, known, stations_in(stream), inventory)
    doubtful = checked.loc[checked["status"].map(REASONS.__contains__)]
    if doubtful_picks == "reject" and reader.align == "P":
        _check_some_left(checked, doubtful)
    _warn(checked, doubtful_picks)
    if doubtful_picks == "reject" and len(doubtful):
        picks = _without(picks, checked, doubtful)
    bunch = _records(stream, reader, events, picks, inventory)
    return bunch, checked


def _check_some_left(checked, doubtful):
    """Raise if all P picks are doubtful, with the reasons."""
    if len(doubtful) and len(doubtful) == len(checked):
        counts = doubtful["status"].value_counts()
        reasons = "; ".join(f"{n} x {REASONS[name]}" for name, n in counts.items())
        raise ValueError(f"No record was taken: {reasons}")


def _records(stream, reader, events, picks, inventory):
    """Return the records of a stream, whatever the types of its events."""
    if events is not None:
        unlabelled = events.drop(columns="event_type", errors="ignore")
        return reader.read(stream, events=unlabelled, picks=picks, inventory=inventory)
    return reader.read([stream], picks=picks, inventory=inventory, groups=[_EVENT])


def _without(picks, checked, doubtful):
    """Return the picks of S, and those of P that are not doubtful."""
    good = checked.drop(index=doubtful.index).drop(columns="status")
    others = picks.drop(index=usable_picks(picks, "P").index)
    return pd.concat([good, others], ignore_index=True)


def _warn(checked, doubtful_picks):
    """Warn of P picks that are not confirmed, or cannot be right."""
    counts = checked["status"].value_counts()
    found = [
        f"{counts[name]} {text}"
        for name, text in _IN_WORDS.items()
        if counts.get(name, 0)
    ]
    if found:
        done = "are left out" if doubtful_picks == "reject" else "are used"
        warnings.warn(
            f"Of {len(checked)} P picks {', '.join(found)}. Those before the origin "
            f"and without agreement {done}; see pick_status and picks of the result.",
            UserWarning,
            stacklevel=4,
        )


def _name_reasons(bunch, checked):
    """Return the table of rejected records, with why a pick was not used."""
    reasons = {
        (row.event_id, row.station): REASONS[row.status]
        for row in checked.itertuples()
        if row.status in REASONS
    }
    return name_reasons(bunch.rejected, reasons)

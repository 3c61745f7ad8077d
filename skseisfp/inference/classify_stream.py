"""From a stream to the class of its event."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..io import pick_phases
from ..io.event_tables import as_tables
from ..metrics.aggregation import aggregate_events, class_scores
from ..metrics.decisions import (
    check_decides_by_scores,
    decide,
    decision_threshold,
)
from ..signal import snr

if TYPE_CHECKING:
    from obspy import Inventory, Stream

    from ..io import WaveformReader

_EVENT = "event"
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
        takes those of `events`; without these, where the reader aligns to P, onsets
        by `skseisfp.io.pick_phases`.
    inventory : obspy Inventory, str or path-like, default=None
        Stations, where the reader needs their orientations or responses.
    vote : {"mean", "majority", "snr"}, default="mean"
        How the predictions of stations are combined, see
        `skseisfp.metrics.aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Winner among classes with equally many votes, for ``vote="majority"``.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        stations : DataFrame
            One row per record: `record_id`, `event_id`, `station`, `location`,
            `channels`, `start_time`, `p_arrival` (seconds from the first sample) and
            `snr_db` (both NaN without a pick), `prediction` and `score_<class>`, the
            probability of each class.
        events : DataFrame
            One row per event, as `skseisfp.metrics.aggregate_events` returns it.
        rejected : DataFrame
            Recordings that did not become records, with the reason.

    Raises
    ------
    ValueError
        If no record can be made, with the reasons, or if a parameter is not valid.

    See Also
    --------
    skseisfp.io.WaveformReader : The policy by which records are made.

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
    bunch = _read(stream, reader, events, picks, inventory)
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
    return Bunch(stations=stations, events=event_predictions, rejected=bunch.rejected)


def _read(stream, reader, events, picks, inventory):
    """Return the records of a stream, whatever the types of its events."""
    if events is not None:
        events, picks = as_tables(events, picks)
        unlabelled = events.drop(columns="event_type", errors="ignore")
        return reader.read(stream, events=unlabelled, picks=picks, inventory=inventory)
    if picks is not None:
        picks = pd.DataFrame(picks).assign(event_id=_EVENT)
    elif reader.align == "P":
        picks = pick_phases(stream, event_id=_EVENT)
    return reader.read([stream], picks=picks, inventory=inventory, groups=[_EVENT])

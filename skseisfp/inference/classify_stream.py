"""From a stream to the class of its event."""

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from ..io import pick_phases as pick_phases
from ..io.event_tables import as_tables
from ..metrics.aggregation import aggregate_events, class_scores
from ..signal import snr

_EVENT = "event"
_COLUMNS = ["record_id", "event_id", "station", "location", "channels", "start_time"]


def classify_stream(
    model,
    stream,
    reader,
    *,
    events=None,
    picks=None,
    inventory=None,
    vote="mean",
    tie="mean",
):
    """Classify what a stream has recorded, by station and by event.

    Parameters
    ----------
    model : estimator
        A fitted classifier of records, a pipeline for example.
    stream : obspy Stream
        Recordings, of one event unless `events` says more.
    reader : WaveformReader
        How records are made of the stream: the components, sampling rate and window
        that the model was trained on.
    events : DataFrame, Bunch of `read_quakeml`, str or path-like, default=None
        Events that begin within the stream: `event_id` and `origin_time`, or a
        QuakeML document; their types are not looked at. None takes the stream as one
        event, named ``"event"``.
    picks : DataFrame, default=None
        Picks: `station`, `phase` and `time`, with several events `event_id` too. None
        takes those of `events`; without these, where the reader aligns to P, onsets
        by `skseisfp.io.pick_phases`.
    inventory : obspy Inventory, str or path-like, default=None
        Stations, where the reader needs their orientations or responses.
    vote : {"mean", "majority", "snr"}, default="mean"
        How stations make the event prediction, see `skseisfp.metrics.aggregate_events`.
    tie : {"mean", "first"}, default="mean"
        Winner among classes with equally many votes, for ``vote="majority"``.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        With these attributes.

        stations : DataFrame
            One row per record: `record_id`, `event_id`, `station`, `location`,
            `channels`, `start_time`, `arrival_sample` and `snr_db` (NaN without a
            pick), `prediction` and `score_<class>`, the probability of each class.
        events : DataFrame
            One row per event, as `skseisfp.metrics.aggregate_events` returns it.
        rejected : DataFrame
            What became no record, with the reason.

    Raises
    ------
    ValueError
        If no record can be made, with the reasons, or a parameter is not valid.

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
    ratios = snr(bunch.data, frame["arrival_sample"], sampling_rate=bunch.sampling_rate)
    event_predictions = aggregate_events(
        scores, bunch.groups, classes=model.classes_, vote=vote, tie=tie, snr=ratios
    )
    stations = frame[[*_COLUMNS, "arrival_sample"]].assign(
        snr_db=ratios, prediction=np.asarray(model.classes_)[scores.argmax(axis=1)]
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
